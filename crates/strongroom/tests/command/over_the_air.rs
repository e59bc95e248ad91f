//! Real fleets that are trusted by a trust root: what nodes hand out, what is refused, and a vault that moves.

use crate::trust_world::makers::{Actors, Draft, bundle, sign_root, status_of};
use crate::world::{Ended, World, tree};
use std::{
    fs,
    io::Write as _,
    net::TcpListener,
    path::Path,
    thread,
    time::{SystemTime, UNIX_EPOCH},
};
use strongroom_trust::{
    BundleContents, Epoch, FleetEntry, Moment, RootContents, Service, ServingFleet, StatusNumber,
    TrustSource as _,
};

fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Moment::from_seconds(since.as_secs()).unwrap()
}

fn days_ago(days: u64) -> Moment {
    Moment::from_seconds(now().seconds() - days * 86_400).unwrap()
}

/// The entry of a fleet of processes.
fn entry(label: &str, world: &World, service: Service) -> FleetEntry {
    let fleet = world.pin.fleet();
    FleetEntry::Serving(ServingFleet {
        label: label.parse().unwrap(),
        service,
        id: fleet.id(),
        identity_key: *fleet.identity_key(),
        members: fleet.members(),
        quorum: fleet.quorum(),
        guesses: fleet.guesses(),
        class: fleet.class(),
        platform: "simulation".parse().unwrap(),
        image: fleet.measurement(),
        evidence: fleet.measurement(),
        configuration: None,
    })
}

/// A unit whose status was written and witnessed at a time.
fn unit(actors: &Actors, epoch: u64, fleets: Vec<FleetEntry>, at: Moment) -> String {
    let (issued, expires) = (days_ago(100), now().plus_days(100));
    let mut draft = Draft::with(BundleContents { epoch: Epoch(epoch), issued, expires, fleets, ..bundle() });
    draft.status = status_of(&draft.bundle);
    draft.status.number = StatusNumber(20 + epoch);
    draft.status.issued = at;
    draft.size = 100 * epoch;
    let time: &'static str = Box::leak(at.to_string().into_boxed_str());
    draft.times = vec![time, time];
    draft.sign(actors).unit.to_string()
}

/// Puts a unit into every node's folder, as an operator does.
fn hand_out(world: &World, unit: &str) {
    for node in 1..=3 {
        let folder = world.path(&format!("fleet/node-{node}/trust"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("unit.new"), unit).unwrap();
        fs::rename(folder.join("unit.new"), folder.join("unit")).unwrap();
    }
}

/// Writes the trust root, which allows the simulation.
fn write_root(world: &World) {
    let actors = Actors::honest();
    let issued = days_ago(200);
    let expires = now().plus_days(400);
    let contents = RootContents { is_simulation: true, issued, expires, ..actors.root_contents(1, 2) };
    let signers: Vec<_> = actors.roots.iter().take(2).map(|(_, root)| root).collect();
    world.write("root", &sign_root(&contents, &signers));
}

/// Runs a command that trusts over the air, at the nodes of these fleets.
fn run(world: &World, device: &str, fleets: &[&World], line: &str) -> Ended {
    let mut command = world.command(device);
    command.env_remove("STRONGROOM_FLEET").args(line.split_whitespace()).args(["--trust", "root"]);
    for endpoint in fleets.iter().flat_map(|fleet| fleet.pin.endpoints()) {
        command.args(["--endpoint", endpoint.as_str()]);
    }
    command.output().unwrap().into()
}

const BACKUP: &str = "backup source --repo repo --password-file password";
const RESTORE: &str = "restore out --repo repo --password-file password";

fn files(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}

#[test]
fn a_backup_is_made_and_restored_with_a_trust_root_in_place_of_a_pin() {
    let world = World::new(10);
    let actors = Actors::honest();
    write_root(&world);
    let nothing = run(&world, "first", &[&world], BACKUP).expect_code(6);
    assert!(nothing.err.contains("hands out what shows that the fleet may be trusted"), "{}", nothing.err);
    let fleets = || vec![entry("f2026a", &world, Service::Active)];
    hand_out(&world, &unit(&actors, 7, fleets(), now()));
    let made = run(&world, "first", &[&world], BACKUP).expect_code(0);
    assert!(made.out.contains("(3 nodes, 10 guesses)"), "{}", made.out);
    assert!(made.err.contains("INSECURE SIMULATION"), "{}", made.err);
    assert!(fs::read_to_string(world.path("repo/strongroom.json")).unwrap().contains("\"bundle_epoch\": 7"));
    run(&world, "second", &[&world], RESTORE).expect_code(0);
    assert_eq!(tree(&world.path("source")), tree(&world.path("out")));
    // The pin opens the same vault.
    world
        .run_on("third", ["restore", "pinned", "--repo", "repo", "--password-file", "password"])
        .expect_code(0);

    fs::remove_dir_all(world.path("out")).unwrap();
    hand_out(&world, &unit(&actors, 8, fleets(), days_ago(15)));
    let asked = run(&world, "fourth", &[&world], RESTORE).expect_code(6);
    assert!(asked.err.contains("more than two weeks") && asked.err.contains("--insist"), "{}", asked.err);
    assert!(!world.path("out").exists());
    run(&world, "fourth", &[&world], &format!("{RESTORE} --insist")).expect_code(0);
}

#[test]
fn whoever_stands_in_for_a_party_gets_exit_6_and_nothing_is_sent() {
    let world = World::new(10);
    write_root(&world);
    let fleets = || vec![entry("f2026a", &world, Service::Active)];
    let mixed = |change: fn(&mut Actors, Actors)| {
        let mut actors = Actors::honest();
        change(&mut actors, Actors::of("thieves"));
        actors
    };
    for (actors, said) in [
        (
            mixed(|actors, thieves| actors.operator = thieves.operator),
            "The operator of the fleet did not sign",
        ),
        (mixed(|actors, thieves| actors.auditor = thieves.auditor), "The independent auditor did not sign"),
        (mixed(|actors, thieves| actors.log = thieves.log), "is not the auditor's"),
        (mixed(|actors, thieves| actors.witnesses = thieves.witnesses), "Too few independent witnesses"),
    ] {
        hand_out(&world, &unit(&actors, 7, fleets(), now()));
        let refused = run(&world, "first", &[&world], BACKUP).expect_code(6);
        assert!(refused.err.contains(said), "{}", refused.err);
        assert!(!world.path("repo/strongroom.json").exists());
        assert_eq!(files(&world.path("devices/first")), 0);
    }
    assert!(world.status().nodes.iter().all(|node| node.said.as_ref().unwrap().vaults == 0));
}

/// Nodes are strangers until a unit says otherwise: what they send is read up to a bound, and nothing is kept of it.
#[test]
fn nodes_that_never_end_their_answer_are_left_and_nothing_is_stored() {
    let world = World::new(10);
    write_root(&world);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                while sent.is_ok() {
                    sent = stream.write_all(&[b'x'; 4096]);
                }
            });
        }
    });
    let mut command = world.command("first");
    command.env_remove("STRONGROOM_FLEET").args(BACKUP.split_whitespace());
    let ended: Ended = command.args(["--trust", "root", "--endpoint", &endpoint]).output().unwrap().into();
    let ended = ended.expect_code(5);
    assert!(ended.err.contains("No node that was named can be reached. Nothing was sent"), "{}", ended.err);
    assert!(!world.path("repo/strongroom.json").exists());
    assert_eq!(files(&world.path("devices/first")), 0);
}

#[test]
fn a_vault_moves_to_the_announced_fleet_and_the_old_one_is_erased() {
    let (old, new) = (World::new(10), World::new(10));
    let actors = Actors::honest();
    write_root(&old);
    // One identity provider for both fleets.
    fs::copy(old.path("fleet/identity/jwks.json"), new.path("fleet/identity/jwks.json")).unwrap();
    let first = unit(&actors, 7, vec![entry("f2023a", &old, Service::Active)], now());
    hand_out(&old, &first);
    run(&old, "first", &[&old], BACKUP).expect_code(0);
    let fleets = vec![entry("f2026a", &new, Service::Active), entry("f2023a", &old, Service::Draining)];
    let second = unit(&actors, 8, fleets, now());
    [&old, &new].into_iter().for_each(|world| hand_out(world, &second));
    // It opens where it is, and without its password it stays there.
    run(&old, "second", &[&old, &new], RESTORE).expect_code(0);
    let reminded = run(&old, "first", &[&old, &new], "backup source --repo repo").expect_code(0);
    assert!(
        reminded.err.contains("being retired") && reminded.err.contains("--password-file"),
        "{}",
        reminded.err
    );
    let moved = run(&old, "first", &[&old, &new], BACKUP).expect_code(0);
    assert!(
        moved.out.contains("The vault moved") && moved.out.contains("The old one is erased."),
        "{}",
        moved.out
    );
    let locator = fs::read_to_string(old.path("repo/strongroom.json")).unwrap();
    assert!(locator.contains(&new.pin.fleet().id().to_hex()), "{locator}");
    fs::remove_dir_all(old.path("out")).unwrap();
    run(&old, "third", &[&new, &old], RESTORE).expect_code(0);
    assert_eq!(tree(&old.path("source")), tree(&old.path("out")));
    let quiet = run(&old, "first", &[&old, &new], "backup source --repo repo").expect_code(0);
    assert!(!quiet.err.contains("retired") && !quiet.out.contains("moved"), "{}{}", quiet.out, quiet.err);
}
