//! A node that is started twice: one of the two says why it stops, and no term has two leaders (G2).

use crate::world::{Ended, Plan, World, copy, plain_command};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::TcpListener,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use strongroom::fleet_status::FleetStatus;
use strongroom_host::http::NodeStatus;
use strongroom_trust::Endpoint;

/// How long both are watched after one has stopped.
const WATCHED: Duration = Duration::from_secs(5);

/// A folder that makes a second node out of one that runs: other ports, everything else as given.
struct Second {
    folder: PathBuf,
    endpoint: Endpoint,
}

impl Second {
    fn of(world: &World, name: &str) -> Self {
        let folder = world.path("second");
        fs::create_dir_all(&folder).unwrap();
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (clients, peers) = (free(), free());
        let text = fs::read_to_string(world.path(&format!("fleet/{name}/node.toml"))).unwrap();
        let changed = text.lines().map(|line| match line.split_once(" = ") {
            Some(("listen", _)) => format!("listen = \"{clients}\"\n"),
            Some(("peer_listen", _)) => format!("peer_listen = \"{peers}\"\n"),
            Some(("jwks", _)) => "jwks = \"../fleet/identity/jwks.json\"\n".to_owned(),
            _ => format!("{line}\n"),
        });
        fs::write(folder.join("node.toml"), changed.collect::<String>()).unwrap();
        Self { folder, endpoint: format!("http://{clients}").parse().unwrap() }
    }

    fn command(&self, home: &Path) -> Command {
        let mut command = plain_command(home);
        command.args(["node", "run"]).arg(&self.folder);
        command
    }
}

/// A child that goes with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only for a child that has ended and was waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_second_node_on_a_running_one_s_folder_or_store_says_why_it_stops() {
    let mut world = World::of(Plan::default());
    let ended =
        Ended::from(plain_command(world.home.path()).args(["node", "run", "fleet/node-1"]).output().unwrap());
    let ended = ended.expect_code(1);
    assert!(ended.err.contains("Is another node running there?"), "{}", ended.err);

    // With ports of its own it comes as far as the store.
    let second = Second::of(&world, "node-1");
    symlink(world.path("fleet/node-1/store"), second.folder.join("store")).unwrap();
    let ended = Ended::from(second.command(world.home.path()).output().unwrap()).expect_code(1);
    assert!(ended.err.contains("is in use by another process. Stop the other node"), "{}", ended.err);
    world.wait_until_whole();
}

#[test]
fn of_two_nodes_on_one_platform_one_stops_and_no_term_has_two_leaders() {
    let mut world = World::of(Plan { nodes: 5, ..Plan::default() });
    let leader = world.wait_until_whole();
    let load = world.begin_load(4);
    let second = Second::of(&world, &leader);
    // The platform is the very same; the store is a copy, which no lock protects.
    symlink(world.path(&format!("fleet/{leader}/platform")), second.folder.join("platform")).unwrap();
    copy(&world.path(&format!("fleet/{leader}/store")), &second.folder.join("store"));
    let log = fs::File::create(world.path("second.log")).unwrap();
    let mut command = second.command(world.home.path());
    let _running = Running(command.stderr(log).stdout(Stdio::null()).spawn().unwrap());

    let logs = [world.path(&format!("fleet/{leader}/log")), world.path("second.log")];
    let has_stopped = || {
        let is_told =
            |log: &PathBuf| fs::read_to_string(log).unwrap().contains("the anchor belongs to another boot");
        logs.iter().any(is_told)
    };
    let endpoints = [world.fleet.endpoints(), vec![second.endpoint.clone()]].concat();
    let mut leaders: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    let (begun, mut stopped, mut last) = (Instant::now(), None, Vec::new());
    while stopped.is_none_or(|stopped: Instant| stopped.elapsed() < WATCHED) {
        let status = world.runtime.block_on(FleetStatus::ask(None, &endpoints)).unwrap();
        last = status.nodes.into_iter().filter_map(|node| Some((node.endpoint, node.said.ok()?))).collect();
        for (endpoint, node) in last.iter().filter(|(_, node)| node.state == "leader") {
            leaders.entry(node.term).or_default().insert(endpoint.to_string());
        }
        if stopped.is_none() && has_stopped() {
            stopped = Some(Instant::now());
        }
        assert!(begun.elapsed() < Duration::from_secs(40), "neither of the two stops");
        sleep(Duration::from_millis(20));
    }
    assert!(leaders.values().all(|leaders| leaders.len() == 1), "a term has two leaders: {leaders:?}");
    assert!(leaders.len() > 1, "the fleet went on in a later term: {leaders:?}");
    let at_work =
        |node: &NodeStatus| matches!(node.state.as_str(), "leader" | "follower") && node.leader != 0;
    let of_both: Vec<_> = last.iter().filter(|(_, node)| node.name == leader && at_work(node)).collect();
    assert!(of_both.len() <= 1, "both are at work: {of_both:?}");
    load.wait_for_more(20);
    let vaults = load.stop(&world);
    assert_eq!(world.open_all(vaults), Vec::<String>::new());
}
