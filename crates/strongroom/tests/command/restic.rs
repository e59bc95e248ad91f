//! Stock restic reads the repository with what `strongroom key` prints.
//!
//! Needs `restic` on the path; says that it skipped where there is none.

use crate::world::{World, program, tree};
use std::{fs, process::Command};

#[test]
fn restic_lists_checks_and_restores_with_the_printed_key() {
    if Command::new("restic").arg("version").output().is_err() {
        println!("skipped: there is no restic on this machine");
        return;
    }
    let world = World::new(10);
    world.back_up();
    let restic = |arguments: &[&str]| {
        let mut command = Command::new("restic");
        command.current_dir(world.home.path()).args(["--no-cache", "--repo", "repo"]).args(arguments);
        command.env("RESTIC_PASSWORD_COMMAND", format!("{} key --repo repo", program().display()));
        command.env("STRONGROOM_STATE_DIR", world.path("devices/first"));
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    let listed = world.run(["snapshots", "--repo", "repo", "--json"]).expect_code(0).json();
    assert!(restic(&["snapshots", "--json"]).contains(listed[0]["id"].as_str().unwrap()));
    restic(&["check", "--read-data"]);
    restic(&["restore", "latest", "--target", "by restic"]);
    assert_eq!(tree(&world.path("source")), tree(&world.path("by restic")));
    assert!(fs::read_to_string(world.path("repo/strongroom.json")).unwrap().contains("\"version\": 1"));
}
