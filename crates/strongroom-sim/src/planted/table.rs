//! The table of bugs, for people and for programs.

use super::Row;
use std::fmt::Write as _;

/// Prints what came of the hunts.
pub fn print(rows: &[Row], is_json: bool) {
    if is_json {
        println!("{}", serde_json::Value::Array(rows.iter().map(json).collect()));
    } else {
        print!("{}", text(rows));
    }
}

fn text(rows: &[Row]) -> String {
    let mut text = format!("{:<28} {:<4} {:>7} {:>6}  {}\n", "bug", "for", "median", "most", "caught by");
    for row in rows {
        let median = row.median().map_or_else(|| "-".into(), |median| median.to_string());
        let caught = row.hunts.iter().filter(|hunt| hunt.caught.is_some()).count();
        let most = row.hunts.iter().map(|hunt| hunt.seeds).max().unwrap_or(0);
        let mut by = row.checkers().join(", ");
        if caught < row.hunts.len() {
            let reached: u64 = row.hunts.iter().map(|hunt| hunt.reached).sum();
            let _ = write!(
                by,
                " NOT CAUGHT in {} of {} hunts; reached {reached} times",
                row.hunts.len() - caught,
                row.hunts.len()
            );
        }
        let (name, guarantee) = (row.bug.name(), row.bug.guarantee());
        let _ = writeln!(text, "{name:<28} {guarantee:<4} {median:>7} {most:>6}  {by}");
    }
    let caught = rows.iter().filter(|row| row.is_caught()).count();
    let _ = writeln!(text, "{caught} of {} bugs are caught", rows.len());
    text
}

fn json(row: &Row) -> serde_json::Value {
    let hunts: Vec<_> = row
        .hunts
        .iter()
        .map(|hunt| {
            serde_json::json!({
                "seeds": hunt.seeds,
                "seed": hunt.caught.as_ref().map(|caught| caught.seed),
                "checker": hunt.caught.as_ref().map(|caught| caught.checker),
                "what": hunt.caught.as_ref().map(|caught| caught.what.as_str()),
                "reached": hunt.reached,
            })
        })
        .collect();
    serde_json::json!({
        "bug": row.bug.name(),
        "guarantee": row.bug.guarantee(),
        "description": row.bug.description(),
        "seeds_max": row.seeds_max,
        "median": row.median(),
        "caught": row.is_caught(),
        "hunts": hunts,
    })
}
