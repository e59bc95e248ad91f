//! Things that go wrong at one site: a clear message, and the node comes back when the cause is gone.

use crate::world::{Ended, Plan, World, plain_command, program};
use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

#[test]
fn an_hsm_process_that_is_killed_again_and_again_fails_its_node_and_no_other() {
    let mut world = World::of(Plan::default());
    let victim = &a_follower(&mut world);
    for restarts in 1..=5 {
        world.kill_hsm(victim);
        world.wait_for(victim, "a new HSM process", |said| {
            said.hsm.restarts == restarts && said.hsm.process != 0
        });
    }
    world.kill_hsm(victim);
    let failed = world.wait_for(victim, "the end of the restarts", |said| said.state == "failed");
    assert!(
        failed.reason.starts_with("the HSM was started again 5 times and died each time"),
        "{}",
        failed.reason
    );
    assert!(failed.reason.contains("signal: 9 (SIGKILL)"), "{}", failed.reason);
    let status = world.run(["fleet", "status", "--json"]).expect_code(0).json();
    let shown =
        status["nodes"].as_array().unwrap().iter().find(|node| node["name"] == victim.as_str()).unwrap();
    assert_eq!((&shown["state"], &shown["reason"]), (&"down".into(), &failed.reason.into()));
    world.back_up();
    world.fleet.kill(victim);
    world.fleet.start().unwrap();
    world.wait_until_whole();
}

#[test]
fn a_store_that_cannot_be_written_is_named_and_the_node_comes_back() {
    let mut world = World::of(Plan::default());
    let victim = a_follower(&mut world);
    world.fleet.kill(&victim);
    let (store, aside) = (world.path(&format!("fleet/{victim}/store")), world.path("aside"));
    fs::rename(&store, &aside).unwrap();
    fs::write(&store, "").unwrap();
    let ended = run_node(&world, &victim).expect_code(1);
    assert!(ended.err.contains(&format!("fleet/{victim}/store cannot be written")), "{}", ended.err);
    assert!(
        ended.err.contains("Give the user that runs this node the right to write there"),
        "{}",
        ended.err
    );
    world.run(["fleet", "status", "--json"]).expect_code(0);
    fs::remove_file(&store).unwrap();
    fs::rename(&aside, &store).unwrap();
    world.fleet.start().unwrap();
    world.wait_until_whole();
}

#[test]
fn an_hsm_whose_platform_cannot_be_used_says_so_at_its_node() {
    let mut world = World::of(Plan::default());
    let victim = a_follower(&mut world);
    world.fleet.kill(&victim);
    let (anchor, aside) = (world.path(&format!("fleet/{victim}/platform/anchor")), world.path("aside"));
    fs::rename(&anchor, &aside).unwrap();
    world.fleet.start().unwrap();
    let said = world.wait_for(&victim, "the cause", |said| said.reason.contains("this HSM cannot come back"));
    assert!(matches!(said.state.as_str(), "down" | "failed"), "{}: {}", said.state, said.reason);
    world.fleet.kill(&victim);
    fs::rename(&aside, &anchor).unwrap();
    world.fleet.start().unwrap();
    world.wait_until_whole();
}

#[test]
fn a_full_disk_is_named_and_the_node_comes_back_when_there_is_room() {
    let mut world = World::of(Plan::default());
    let victim = a_follower(&mut world);
    world.fleet.kill(&victim);
    let Some(small) = SmallDisk::start(&world, &victim) else {
        println!("skipped: this user may not mount a small disk");
        return;
    };
    world.wait_until_whole();
    let load = world.begin_load(4);
    small.fill();
    let full = world.wait_for(&victim, "the full disk", |said| said.reason.contains("the disk is full"));
    assert!(full.reason.contains("Free some space; the node goes on by itself"), "{}", full.reason);
    // The others go on without it.
    load.wait_for_more(20);
    small.empty();
    world.wait_for(&victim, "the way back", |said| said.state == "follower" && said.leader != 0);
    let vaults = load.stop(&world);
    assert_eq!(world.open_all(vaults), Vec::<String>::new());
}

/// A node whose store lies on a disk of its own, in memory, that only the node's process sees.
struct SmallDisk {
    node: Child,
    ballast: PathBuf,
}

impl SmallDisk {
    /// Starts the node in a mount namespace of its own; none where this user may not.
    fn start(world: &World, name: &str) -> Option<Self> {
        let probe = Command::new("unshare").args(["--mount", "true"]).output();
        if !probe.is_ok_and(|probe| probe.status.success()) {
            return None;
        }
        let store = world.path(&format!("fleet/{name}/store"));
        let script = "cp -a \"$1\" \"$1.aside\" && mount -t tmpfs -o size=160m tmpfs \"$1\" && cp -a \"$1.aside/.\" \"$1\" \
            && exec \"$2\" node run \"$3\"";
        let mut command = plain_command(world.home.path());
        let environment: Vec<_> = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect();
        command = Command::new("unshare");
        command.env_clear().envs(environment).args(["--mount", "sh", "-c", script, "sh"]).arg(&store);
        command.arg(program()).arg(world.path(&format!("fleet/{name}")));
        let log = fs::OpenOptions::new().append(true).open(world.path(&format!("fleet/{name}/log"))).unwrap();
        let node = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let ballast = PathBuf::from(format!("/proc/{}/root{}/ballast", node.id(), store.display()));
        Some(Self { node, ballast })
    }

    /// Takes all the room that is left.
    fn fill(&self) {
        let mut file = fs::File::create(&self.ballast).unwrap();
        while file.write_all(&[0; 64 * 1024]).is_ok() {}
    }

    fn empty(&self) {
        fs::remove_file(&self.ballast).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Both fail only for a child that has ended and was waited for.
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}

fn a_follower(world: &mut World) -> String {
    let leader = world.wait_until_whole();
    if leader == "node-1" { "node-2".into() } else { "node-1".into() }
}

fn run_node(world: &World, name: &str) -> Ended {
    let mut command = plain_command(world.home.path());
    command.args(["node", "run"]).arg(world.path(&format!("fleet/{name}"))).output().unwrap().into()
}
