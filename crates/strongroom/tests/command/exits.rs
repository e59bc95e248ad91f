//! Each exit code, by a real case.

use crate::world::{PASSWORD, World, found};
use std::{fs, time::Instant};

const RESTORE: [&str; 6] = ["restore", "out", "--repo", "repo", "--password-file", "password"];

#[test]
fn a_used_up_and_an_erased_vault_end_with_4() {
    let world = World::new(2);
    world.back_up();
    for (guess, left) in [("wrong 1", "1 guess is left"), ("wrong 2", "No guess is left")] {
        let ended =
            world.run_with_stdin("thief", &["restore", "out", "--repo", "repo", "--password-stdin"], guess);
        assert!(ended.expect_code(3).err.contains(left));
    }
    for device in ["second", "third"] {
        let ended = world.run_on(device, RESTORE).expect_code(4);
        assert!(ended.err.contains("This vault is erased"), "{}", ended.err);
    }
    // The device that holds the key backs up on, sets a new password, and has all guesses again.
    world.back_up();
    world
        .run(["vault", "change-password", "--repo", "repo", "--new-password-file", "password"])
        .expect_code(0);
    world.run_on("second", RESTORE).expect_code(0);

    world.run(["vault", "erase", "--repo", "repo"]).expect_code(2);
    world.run(["vault", "erase", "--repo", "repo", "--yes"]).expect_code(0);
    world.run(["vault", "status", "--repo", "repo"]).expect_code(4);
    let arguments = ["restore", "again", "--repo", "repo", "--password-file", "password"];
    world.run_on("third", arguments).expect_code(4);
}

#[test]
fn a_fleet_without_a_majority_ends_with_5_in_time_and_goes_on_later() {
    let mut world = World::new(10);
    world.back_up();
    let leader = world.wait_until_whole();
    let other = if leader == "node-1" { "node-2" } else { "node-1" };
    world.fleet.kill(&leader);
    world.fleet.kill(other);
    let begun = Instant::now();
    let ended = world.run_on("second", RESTORE).expect_code(5);
    assert!(begun.elapsed().as_secs() < 15, "{:?}", begun.elapsed());
    assert!(
        ended.err.contains("The fleet cannot answer: 1 of 3 nodes is reachable, 2 are needed."),
        "{}",
        ended.err
    );
    let status = world.run(["fleet", "status", "--json"]).expect_code(5).json();
    assert_eq!((&status["majority"], &status["leader"]), (&false.into(), &serde_json::Value::Null));
    assert_eq!(status["nodes"].as_array().unwrap().iter().filter(|node| node["state"] == "down").count(), 2);

    world.fleet.start().unwrap();
    world.wait_until_whole();
    let status = world.run(["fleet", "status", "--json"]).expect_code(0).json();
    assert_eq!(status["majority"], true);
    let arguments = ["vault", "status", "--repo", "repo", "--json"];
    let left = world.run(arguments).expect_code(0).json()["slots"][0]["guesses_left"].as_u64().unwrap();
    assert!(left >= 9, "an attempt without an answer takes at most its own guess");
    world.run_on("second", RESTORE).expect_code(0);
}

#[test]
fn another_fleet_than_the_pinned_one_ends_with_6() {
    let world = World::new(10);
    let (other, folder) = found(10);
    let pin = fs::read_to_string(folder.join("fleet.pin")).unwrap();
    let own = fs::read_to_string(world.path("fleet/fleet.pin")).unwrap();
    // The pin of one fleet with the addresses of another: what somebody in between looks like.
    let endpoints = |text: &str, wanted: bool| {
        text.lines()
            .filter(|line| line.starts_with("endpoint") == wanted)
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    world.write("mixed.pin", &(endpoints(&pin, false) + &endpoints(&own, true)));
    drop(other);

    let arguments =
        ["backup", "source", "--repo", "repo", "--password-file", "password", "--fleet", "mixed.pin"];
    let ended = world.run(arguments).expect_code(6);
    assert!(ended.err.contains("This fleet is not the one you trust."), "{}", ended.err);
    assert!(ended.err.contains("as mixed.pin says"), "{}", ended.err);
    world.run(["fleet", "status", "--fleet", "mixed.pin"]).expect_code(6);

    // With the right pin it begins anew; nothing was made at the wrong one.
    world.back_up();
    let mut restore = RESTORE.to_vec();
    restore.extend(["--fleet", "mixed.pin"]);
    assert!(world.run_on("second", restore).expect_code(6).err.contains("at the locator"));
}

#[test]
fn a_missing_or_damaged_backup_ends_with_7() {
    let world = World::new(10);
    world.run(["restore", "out", "--repo", "nowhere"]).expect_code(7);
    world.back_up();
    let locator = fs::read_to_string(world.path("repo/strongroom.json")).unwrap();
    world.write("repo/strongroom.json", "{}");
    world.run_on("second", RESTORE).expect_code(7);
    fs::remove_file(world.path("repo/strongroom.json")).unwrap();
    world.run_on("second", RESTORE).expect_code(7);
    // A backup that lost its locator is no place for a new vault.
    world
        .run_on("second", ["backup", "source", "--repo", "repo", "--password-file", "password"])
        .expect_code(7);
    let unknown = format!("\"vault\": \"{}\"", "ab".repeat(32));
    let start = locator.find("\"vault\"").unwrap();
    let end = start + unknown.len();
    world.write("repo/strongroom.json", &format!("{}{unknown}{}", &locator[..start], &locator[end..]));
    let ended = world.run_on("second", RESTORE).expect_code(7);
    assert!(ended.err.contains("The fleet knows no vault"), "{}", ended.err);

    world.write("repo/strongroom.json", &locator);
    damage_packs(&world);
    world.run_on("second", RESTORE).expect_code(7);
}

/// Overwrites every data file of the repository with noise of the same length.
fn damage_packs(world: &World) {
    for folder in fs::read_dir(world.path("repo/data")).unwrap() {
        for pack in fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = pack.unwrap().path();
            let length = fs::metadata(&path).unwrap().len();
            fs::remove_file(&path).unwrap();
            fs::write(&path, vec![0x5a; usize::try_from(length).unwrap()]).unwrap();
        }
    }
}

#[test]
fn an_account_without_a_valid_token_ends_with_8() {
    let world = World::new(10);
    world.write("forged", "eyJhbGciOiJub25lIn0.e30.");
    let backup = ["backup", "source", "--repo", "repo", "--password-file", "password"];
    let mut without = world.command("first");
    let without = without.env_remove("STRONGROOM_TOKEN_FILE").args(backup).output().unwrap();
    assert_eq!(without.status.code(), Some(8));
    let mut forged = backup.to_vec();
    forged.extend(["--token-file", "forged"]);
    let ended = world.run(forged).expect_code(8);
    assert!(ended.err.contains("strongroom fleet token"), "{}", ended.err);
    // The same device goes on once it has a token.
    world.back_up();
    world
        .run_with_stdin("second", &["restore", "out", "--repo", "repo", "--password-stdin"], PASSWORD)
        .expect_code(0);
}

#[test]
fn a_wrong_call_ends_with_2_and_changes_nothing() {
    let world = World::new(10);
    world
        .run(["backup", "source", "--repo", "repo", "--fleet", "no.pin", "--password-file", "password"])
        .expect_code(2);
    assert!(!world.path("repo").exists());
    let created = world.run(["fleet", "create", "fleet"]).expect_code(2);
    assert!(created.err.contains("is not empty"), "{}", created.err);
    world.back_up();
    let before = world.run(["vault", "status", "--repo", "repo", "--json"]).out;
    let ended = world.run_on("second", ["restore", "source", "--repo", "repo", "--password-file", "wrong"]);
    assert!(ended.expect_code(2).err.contains("is not empty"));
    assert_eq!(world.run(["vault", "status", "--repo", "repo", "--json"]).out, before);
}
