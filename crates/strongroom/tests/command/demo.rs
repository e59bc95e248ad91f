//! The demo: the whole story holds, and nothing of it is left.

use crate::world::{Ended, plain_command};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use tempfile::TempDir;

const STEPS: [&str; 12] = [
    "start",
    "sample",
    "register",
    "backup",
    "kill-leader",
    "restore",
    "heal",
    "kill-all",
    "restore-again",
    "wrong-passwords",
    "right-password-refused",
    "stop",
];

const OTA_STEPS: [&str; 15] = [
    "keys",
    "trust-root",
    "services",
    "fleet",
    "announce",
    "sample",
    "backup",
    "restore",
    "successor",
    "move",
    "restore-moved",
    "revoke",
    "revocation-seen",
    "verify",
    "stop",
];

/// A folder for temporary files, and beside it one to back up.
fn folders() -> TempDir {
    let home = TempDir::new().unwrap();
    fs::create_dir_all(home.path().join("tmp")).unwrap();
    fs::create_dir_all(home.path().join("source/deep")).unwrap();
    fs::write(home.path().join("source/deep/file"), "contents").unwrap();
    home
}

fn demo(home: &Path) -> Command {
    let mut command = plain_command(home);
    command.env("TMPDIR", home.join("tmp")).args(["demo", "source", "--nodes", "3", "--json"]);
    command
}

/// The demo over the air, with further words.
fn ota(home: &Path, more: &[&str]) -> Command {
    let mut command = demo(home);
    command.arg("--ota").args(more);
    command
}

fn names(story: &serde_json::Value) -> Vec<&str> {
    let steps = story["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["ok"] == true && step["ms"].is_u64()), "{story}");
    steps.iter().map(|step| step["name"].as_str().unwrap()).collect()
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn every_step_of_the_demo_holds_and_nothing_is_left() {
    let home = folders();
    let ended = Ended::from(demo(home.path()).output().unwrap()).expect_code(0);
    let story = ended.json();
    assert_eq!(story["ok"], true);
    assert_eq!(names(&story), STEPS);
    assert!(is_empty(&home.path().join("tmp")));
    assert_eq!(fs::read_to_string(home.path().join("source/deep/file")).unwrap(), "contents");
}

#[test]
fn the_demo_over_the_air_ends_with_everything_verified() {
    let home = folders();
    let ended = Ended::from(ota(home.path(), &[]).output().unwrap()).expect_code(0);
    let story = ended.json();
    assert_eq!(story["ok"], true);
    assert_eq!(names(&story), OTA_STEPS);
    assert!(is_empty(&home.path().join("tmp")));
}

/// Runs the demo with an impostor; it ends with exit 6, and these words say why.
fn expect_refusal(who: &str, words: &str) {
    let home = folders();
    let ended = Ended::from(ota(home.path(), &["--impostor", who]).output().unwrap()).expect_code(6);
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    assert!(ended.err.contains("of its own") || ended.err.contains("of their own"), "{}", ended.err);
    assert!(ended.err.contains(words), "{}", ended.err);
    let story = ended.json();
    assert_eq!(story["ok"], false);
    assert_eq!(names(&story)[6..], ["refused", "stop"]);
    assert!(is_empty(&home.path().join("tmp")));
}

#[test]
fn an_impostor_in_place_of_the_auditor_ends_the_demo_with_6() {
    expect_refusal("auditor", "the auditor did not sign the bundle");
}

#[test]
fn an_impostor_in_place_of_the_operator_ends_the_demo_with_6() {
    expect_refusal("operator", "the operator did not sign the bundle");
}

#[test]
fn impostors_in_place_of_the_witnesses_end_the_demo_with_6() {
    expect_refusal("witnesses", "0 witnesses cosigned the checkpoint, 2 have to");
}

#[test]
fn an_impostor_needs_the_demo_over_the_air() {
    let home = folders();
    Ended::from(demo(home.path()).args(["--impostor", "auditor"]).output().unwrap()).expect_code(2);
}

#[test]
fn a_demo_over_the_air_that_is_killed_leaves_no_process() {
    for signal in [Signal::INT, Signal::KILL] {
        let home = folders();
        let mut child = ota(home.path(), &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut processes = wait_for_nodes(&child);
        processes.extend(children(child.id()));
        // Three nodes with their HSMs, two witnesses and the auditor.
        processes.sort_unstable();
        processes.dedup();
        assert!(processes.len() >= 9, "{processes:?}");
        kill_process(pid(child.id()), signal).unwrap();
        assert!(!child.wait().unwrap().success());
        let begun = Instant::now();
        while processes.iter().any(|process| is_there(*process)) {
            assert!(begun.elapsed() < Duration::from_secs(10), "{signal:?}: {processes:?} are still there");
            sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn a_demo_that_is_interrupted_or_killed_leaves_no_process() {
    for (signal, leaves_files) in [(Signal::INT, false), (Signal::KILL, true)] {
        let home = folders();
        let mut child = demo(home.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let nodes = wait_for_nodes(&child);
        kill_process(pid(child.id()), signal).unwrap();
        assert!(!child.wait().unwrap().success());
        let begun = Instant::now();
        while nodes.iter().any(|node| is_there(*node)) {
            assert!(begun.elapsed() < Duration::from_secs(10), "{signal:?}: {nodes:?} are still there");
            sleep(Duration::from_millis(20));
        }
        assert_eq!(is_empty(&home.path().join("tmp")), !leaves_files, "{signal:?}");
    }
}

/// Waits until the demo has three nodes with their HSMs, and gives all six processes.
fn wait_for_nodes(demo: &Child) -> Vec<u32> {
    let begun = Instant::now();
    loop {
        let nodes: Vec<u32> =
            children(demo.id()).into_iter().filter(|child| !children(*child).is_empty()).collect();
        if nodes.len() == 3 {
            return nodes.iter().flat_map(|node| [vec![*node], children(*node)].concat()).collect();
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "the nodes were not started");
        sleep(Duration::from_millis(5));
    }
}

/// The processes whose parent this one is.
fn children(parent: u32) -> Vec<u32> {
    let numbers =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    numbers.filter(|number| parent_of(*number) == Some(parent)).collect()
}

fn parent_of(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// A zombie counts as gone: its parent has only not looked yet.
fn is_there(process: u32) -> bool {
    let is_zombie =
        || fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| stat.contains(") Z "));
    test_kill_process(pid(process)).is_ok() && !is_zombie()
}

fn pid(process: u32) -> Pid {
    Pid::from_raw(i32::try_from(process).unwrap()).unwrap()
}
