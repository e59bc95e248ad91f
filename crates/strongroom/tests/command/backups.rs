//! Backing up on one device and restoring on another.

use crate::world::{PASSWORD, World, tree};
use serde_json::json;

#[test]
fn what_one_device_backs_up_another_restores() {
    let world = World::new(10);
    let first = world.back_up();
    assert!(first.out.contains("(3 nodes, 10 guesses) and checked with one recovery."), "{}", first.out);
    assert!(first.err.contains("INSECURE SIMULATION"), "{}", first.err);

    // Later runs on the same device need neither password nor fleet.
    world.write("source/later", "later");
    let mut without_fleet = world.command("first");
    without_fleet.env_remove("STRONGROOM_FLEET").args(["backup", "source", "--repo", "repo"]);
    assert!(without_fleet.status().unwrap().success());

    let listed = world.run(["snapshots", "--repo", "repo", "--json"]).expect_code(0).json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let older = listed[0]["id"].as_str().unwrap();

    world.write("wrong", "a wrong one");
    let wrong = world.run_on("second", ["restore", "out", "--repo", "repo", "--password-file", "wrong"]);
    assert!(wrong.expect_code(3).err.contains("Wrong password. 9 guesses are left;"));
    let restored =
        world.run_with_stdin("third", &["restore", "out", "--repo", "repo", "--password-stdin"], PASSWORD);
    let restored = restored.expect_code(0);
    assert!(
        restored.err.contains("1 wrong guess was made (1 of them not on this device)"),
        "{}",
        restored.err
    );
    assert_eq!(tree(&world.path("source")), tree(&world.path("out")));

    let arguments = ["restore", "older", "--repo", "repo", "--snapshot", &older[..8]];
    world.run_on("third", arguments).expect_code(0);
    assert!(!world.path("older/later").exists() && world.path("older/notes").exists());
}

#[test]
fn a_vault_tells_how_it_stands_and_takes_a_new_password() {
    let world = World::new(5);
    world.back_up();
    world.write("wrong", "a wrong one");
    world.run_on("second", ["restore", "out", "--repo", "repo", "--password-file", "wrong"]).expect_code(3);
    let status = world.run(["vault", "status", "--repo", "repo", "--json"]).expect_code(0).json();
    let slot = json!({ "kind": "password", "guesses_left": 4, "failed_since_success": 1 });
    assert_eq!(status, json!({ "generation": 1, "slots": [slot] }));

    world.write("new", "a new password");
    let change = ["vault", "change-password", "--repo", "repo", "--new-password-file", "new"];
    assert!(world.run(change).expect_code(0).out.contains("5 guesses are left"));
    world
        .run_on("second", ["restore", "out", "--repo", "repo", "--password-file", "password"])
        .expect_code(3);
    world.run_on("second", ["restore", "out", "--repo", "repo", "--password-file", "new"]).expect_code(0);
    assert_eq!(tree(&world.path("source")), tree(&world.path("out")));
}

#[test]
fn a_locator_without_a_backup_is_not_written_over_while_its_vault_stands() {
    let world = World::new(10);
    world.back_up();
    let locator = std::fs::read(world.path("repo/strongroom.json")).unwrap();
    std::fs::create_dir(world.path("other")).unwrap();
    std::fs::write(world.path("other/strongroom.json"), &locator).unwrap();
    let back_up = ["backup", "source", "--repo", "other", "--password-file", "password"];
    world.run_on("second", back_up).expect_code(0);
    assert_eq!(std::fs::read(world.path("other/strongroom.json")).unwrap(), locator);
    // A device with another password makes no vault in its place either.
    world.write("wrong", "a wrong one");
    std::fs::create_dir(world.path("third")).unwrap();
    std::fs::write(world.path("third/strongroom.json"), &locator).unwrap();
    let wrong = ["backup", "source", "--repo", "third", "--password-file", "wrong"];
    world.run_on("third", wrong).expect_code(3);
    assert_eq!(std::fs::read(world.path("third/strongroom.json")).unwrap(), locator);
    // Where the vault is gone, another takes its place.
    world.run(["vault", "erase", "--repo", "repo", "--yes"]).expect_code(0);
    let ended =
        world.run_on("fourth", ["backup", "source", "--repo", "third", "--password-file", "password"]);
    ended.expect_code(0);
    assert_ne!(std::fs::read(world.path("third/strongroom.json")).unwrap(), locator);
}

#[test]
fn the_64_digit_key_restores_without_the_fleet() {
    let mut world = World::new(10);
    world.back_up();
    let key = world.run(["key", "--repo", "repo", "--backup-key"]).expect_code(0).out;
    assert_eq!(key.split_whitespace().count(), 16, "{key}");
    world.write("key", &key);
    world.fleet.kill_all();
    world.run_on("second", ["restore", "out", "--repo", "repo", "--key-file", "key"]).expect_code(0);
    assert_eq!(tree(&world.path("source")), tree(&world.path("out")));
}

#[test]
fn the_configuration_file_names_the_fleet() {
    let world = World::new(10);
    world.write(
        ".config/strongroom/config.toml",
        "fleet = \"../../fleet/fleet.pin\"\ntoken_file = \"../../token\"\nstate_dir = \"../../devices/configured\"\n",
    );
    let mut command = crate::world::plain_command(world.home.path());
    command.args(["backup", "source", "--repo", "repo", "--password-file", "password"]);
    assert!(command.status().unwrap().success());
    assert!(world.path("devices/configured").is_dir());
}
