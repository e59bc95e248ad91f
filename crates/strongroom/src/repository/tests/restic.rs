//! Stock restic and this module read one another's repositories.
//!
//! Needs `restic` on the path; says that it skipped where there is none.

use std::process::Command;

use super::*;

fn restic(bench: &Bench, arguments: &[&str]) -> Option<String> {
    let output = Command::new("restic")
        .args(["--no-cache", "--repo"])
        .arg(bench.path("repo"))
        .args(arguments)
        .env("RESTIC_PASSWORD", KEY)
        .output();
    let Ok(output) = output else {
        println!("skipped: there is no restic on this machine");
        return None;
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    Some(text(&output.stdout))
}

fn some_tree(bench: &Bench) {
    bench.write("large", noise(9, 3_000_000));
    bench.write("folder/ünïcödé", "x");
    bench.write("empty", "");
    link("folder", bench.source().join("link"));
    set_mode(&bench.source().join("empty"), 0o600);
}

#[test]
fn restic_lists_checks_and_restores_what_was_backed_up_here() {
    let bench = Bench::new();
    bench.location().write_locator(b"{}").unwrap();
    some_tree(&bench);
    let id = bench.backed_up().snapshot;
    bench.write("folder/later", "later");
    bench.back_up();

    let Some(listed) = restic(&bench, &["snapshots", "--json"]) else {
        return;
    };
    assert!(listed.contains(&id), "{listed}");
    let source = fs::canonicalize(bench.source()).unwrap();
    assert!(listed.contains(source.to_str().unwrap()), "{listed}");
    restic(&bench, &["check", "--read-data"]);
    let target = bench.path("by restic");
    restic(&bench, &["restore", "latest", "--target", target.to_str().unwrap()]);
    assert_equal(&bench.source(), &target);
}

#[test]
fn what_restic_backed_up_is_listed_checked_and_restored_here() {
    let bench = Bench::new();
    fs::remove_dir_all(bench.path("repo")).unwrap();
    some_tree(&bench);
    if restic(&bench, &["init"]).is_none() {
        return;
    }
    let source = fs::canonicalize(bench.source()).unwrap();
    restic(&bench, &["backup", source.to_str().unwrap()]);

    let repository = bench.reopened().unwrap();
    assert_eq!(repository.snapshots().unwrap().len(), 1);
    repository.check(&Progress::silent()).unwrap();
    let target = bench.restored(None).unwrap();
    let inside = target.join(source.strip_prefix("/").unwrap());
    assert_equal(&source, &inside);
}

#[test]
fn restic_prunes_and_the_rest_still_restores_here() {
    let bench = Bench::new();
    bench.write("large", noise(1, 2_000_000));
    bench.back_up();
    fs::remove_file(bench.source().join("large")).unwrap();
    bench.write("other", noise(2, 2_000_000));
    bench.back_up();
    if restic(&bench, &["forget", "--keep-last", "1", "--prune"]).is_none() {
        return;
    }
    assert_eq!(bench.repository.snapshots().unwrap().len(), 1);
    bench.repository.check(&Progress::silent()).unwrap();
    assert_equal(&bench.source(), &bench.restored(None).unwrap());
    bench.write("third", "after pruning");
    bench.back_up();
    assert_equal(&bench.source(), &bench.restored(None).unwrap());
}
