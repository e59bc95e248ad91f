//! What a run came to, as a table or as JSON.

use super::{audit::Vaults, journal::Book};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// A run that has ended.
pub struct Report {
    pub seed: u64,
    pub length: Duration,
    pub book: Book,
    pub vaults: Option<Vaults>,
    /// Questions to nodes without a majority that stayed without an answer.
    pub unanswered: usize,
}

impl Report {
    pub fn is_good(&self) -> bool {
        self.book.violations.is_empty() && self.vaults.is_some()
    }

    /// The share of seconds in which somebody was answered.
    fn availability(&self) -> f64 {
        let seconds = self.length.as_secs().max(1);
        let answered = self.book.seconds.iter().take(usize::try_from(seconds).unwrap()).filter(|is| **is);
        answered.count() as f64 / seconds as f64
    }

    pub fn to_json(&self) -> Value {
        let book = &self.book;
        let mut operations: Map<String, Value> = Map::new();
        for ((kind, outcome), count) in &book.operations {
            let outcomes = operations.entry(*kind).or_insert_with(|| json!({}));
            outcomes[*outcome] = json!(count);
        }
        json!({
            "ok": self.is_good(),
            "seed": self.seed,
            "seconds": self.length.as_secs(),
            "operations": operations,
            "faults": book.faults,
            "vaults": self.vaults.map(|vaults| json!({
                "open": vaults.open,
                "guesses_used_up": vaults.guesses_used_up,
                "erased_by_owner": vaults.erased_by_owner,
                "broken": vaults.broken,
            })),
            "unanswered_without_majority": self.unanswered,
            "availability": self.availability(),
            "longest_wait_ms": millis(book.longest_wait),
            "longest_silence_ms": millis(book.longest_silence),
            "longest_silence_with_majority_ms": millis(book.longest_silence_with_majority),
            "violations": book.violations,
        })
    }

    pub fn print(&self) {
        let book = &self.book;
        println!("\nseed {}, {} s of faults under load\n", self.seed, self.length.as_secs());
        println!("{:<22} {:<22} {:>8}", "operation", "outcome", "count");
        for ((kind, outcome), count) in &book.operations {
            println!("{kind:<22} {outcome:<22} {count:>8}");
        }
        let total: u64 = book.operations.values().sum();
        println!("{:<22} {:<22} {total:>8}\n", "all", "");
        println!("{:<45} {:>8}", "fault", "count");
        for (kind, count) in &book.faults {
            println!("{kind:<45} {count:>8}");
        }
        println!("{:<45} {:>8}\n", "all", book.faults.values().sum::<u64>());
        if let Some(vaults) = self.vaults {
            println!("vaults that open with their last password      {:>6}", vaults.open);
            println!("vaults whose guesses are used up               {:>6}", vaults.guesses_used_up);
            println!("vaults that their owner erased                 {:>6}", vaults.erased_by_owner);
            println!("vaults lost or told of what cannot be          {:>6}", vaults.broken);
        }
        println!("questions without a majority, none answered    {:>6}", self.unanswered);
        println!("seconds in which somebody was answered         {:>6.1} %", 100.0 * self.availability());
        println!("longest operation                              {:>6} ms", millis(book.longest_wait));
        println!("longest silence                                {:>6} ms", millis(book.longest_silence));
        let with_majority = millis(book.longest_silence_with_majority);
        println!("longest silence with a majority there          {with_majority:>6} ms");
        println!("violations                                     {:>6}", book.violations.len());
        book.violations.iter().for_each(|violation| println!("  {violation}"));
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap()
}
