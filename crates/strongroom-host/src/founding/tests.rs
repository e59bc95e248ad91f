use super::*;
use crate::{
    fake_hsm::{FLEET, FakeHsm, FakeLaunch},
    node::CONFIG_FILE,
};
use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicUsize, Ordering},
};
use strongroom_protocol::{
    bytes::Bytes,
    genesis::{Class, Platform},
    pipe::{Append, Commit, HostMessage, HsmMessage, PeerBytes},
};
use tempfile::TempDir;

fn plan(dir: &Path) -> FleetPlan {
    FleetPlan {
        dir: dir.to_path_buf(),
        nodes: 3,
        guesses: 10,
        rehearsal: false,
        base_port: 7400,
        host: "127.0.0.1".into(),
        hsm_program: "strongroom-hsm".into(),
        checkpoint_seconds: None,
        origins: Vec::new(),
        accounts: AccountsConfig {
            jwks: crate::accounts::JwksSource::File("../identity/jwks.json".into()),
            issuer: "i".into(),
            audience: "a".into(),
        },
        limits: RateLimits::default(),
    }
}

fn birth(byte: u8, measurement: u8) -> Birth {
    Birth {
        version: Version,
        device: Digest::new([byte; 32]),
        node_key: [byte; 32],
        measurement: Digest::new([measurement; 32]),
        platform: Platform::Simulation,
        class: Class::Durable,
        attestation: Bytes::default(),
    }
}

fn signed(node: u8, checkpoint: u8) -> SignedGenesisStatement {
    SignedGenesisStatement {
        statement: GenesisStatement {
            version: Version,
            fleet: FLEET,
            fleet_key: [7; 32],
            checkpoint: Digest::new([checkpoint; 32]),
        },
        node: NodeNumber(node),
        signature: [node; 64],
    }
}

/// How the fake HSMs differ from good ones.
#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    None,
    OtherProgram,
    OtherFleet,
    OtherCheckpoint,
    Dies,
}

/// Node 1 hands its secret to the others as a peer frame; who has it appends an entry, and signs when that is durable.
fn member(mut hsm: FakeHsm, node: u8, flaw: Flaw) {
    let mut holds = false;
    let odd = node == 3;
    let store = |hsm: &mut FakeHsm| {
        let entries = List::new(vec![crate::fake_hsm::entry(1, 1)]).unwrap();
        hsm.say(&HsmMessage::Append(Append { cut: strongroom_protocol::ids::LogIndex(0), entries }));
        hsm.say(&HsmMessage::Commit(Commit { batch: 1, head_table: Bytes::new(vec![1]).unwrap() }));
    };
    hsm.serve(|hsm, message| match message {
        HostMessage::Birth => {
            let measurement = if odd && flaw == Flaw::OtherProgram { 2 } else { 1 };
            hsm.say(&HsmMessage::Born(birth(node, measurement)));
        }
        HostMessage::Adopt(genesis) => {
            let members: Vec<_> = genesis.members.as_slice().iter().map(|member| member.node.0).collect();
            assert_eq!((members, genesis.quorum, genesis.guesses), (vec![1, 2, 3], 2, 10));
            let fleet = if odd && flaw == Flaw::OtherFleet { FleetId::new([2; 32]) } else { FLEET };
            hsm.say(&HsmMessage::Adopted(fleet));
        }
        HostMessage::Found => {
            assert_eq!(node, 1);
            for other in [2, 3] {
                let frame = Bytes::new(vec![9; 10]).unwrap();
                hsm.say(&HsmMessage::Send(PeerBytes { node: NodeNumber(other), frame }));
            }
            store(hsm);
        }
        HostMessage::Peer(from) => {
            assert_eq!((from.node, from.frame.len()), (NodeNumber(1), 10));
            store(hsm);
        }
        HostMessage::Stored(1) => holds = true,
        HostMessage::Sign if odd && flaw == Flaw::Dies => {
            hsm.say(&HsmMessage::Stop(strongroom_protocol::bytes::Text::shortened("broken")));
        }
        HostMessage::Sign if holds => {
            let checkpoint = if odd && flaw == Flaw::OtherCheckpoint { 2 } else { 1 };
            hsm.say(&HsmMessage::Signed(signed(node, checkpoint)));
        }
        HostMessage::Sign => {}
        HostMessage::Start(_) => panic!("no service is begun in a founding"),
        _ => {}
    });
}

async fn found(plan: FleetPlan, flaw: Flaw) -> (Result<FoundedFleet, FoundingError>, Vec<FoundingStep>) {
    let next = AtomicU8::new(1);
    let ended = Arc::new(AtomicUsize::new(0));
    let counting = ended.clone();
    let launch = move |_: &Path| -> Box<dyn Launch> {
        let (node, counting) = (next.fetch_add(1, Ordering::Relaxed), counting.clone());
        FakeLaunch::new(move |hsm| {
            member(hsm, node, flaw);
            counting.fetch_add(1, Ordering::Relaxed);
        })
    };
    let nodes = usize::from(plan.nodes);
    let mut steps = Vec::new();
    let founded = found_with(plan, launch, |step| steps.push(step)).await;
    while ended.load(Ordering::Relaxed) < nodes {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    (founded, steps)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_is_founded_and_its_folders_are_ready_to_run() {
    let dir = TempDir::new().unwrap();
    let (founded, steps) = found(plan(dir.path()), Flaw::None).await;
    let founded = founded.unwrap();
    assert_eq!((founded.fleet, founded.statement.fleet_key), (FLEET, [7; 32]));
    assert_eq!(founded.signatures.iter().map(|signed| signed.node.0).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(founded.addresses, ["127.0.0.1:7401", "127.0.0.1:7402", "127.0.0.1:7403"]);
    assert_eq!(
        (steps.len(), steps.last().map(|step| matches!(step, FoundingStep::Signed(_)))),
        (9, Some(true))
    );
    for (folder, node) in founded.folders.iter().zip(1..) {
        let config = NodeConfig::read(folder).unwrap();
        assert_eq!(
            (config.node, config.fleet, config.listen),
            (NodeNumber(node), FLEET, format!("127.0.0.1:{}", 7400 + u16::from(node)))
        );
        assert!(
            config.peers.iter().all(|peer| peer.node != node
                && peer.address == format!("127.0.0.1:{}", 7500 + u16::from(peer.node)))
        );
        assert_eq!(config.peers.len(), 2);
        let store = crate::store::Store::open(&folder.join(crate::node::STORE_FOLDER)).unwrap();
        assert_eq!(store.head_tables().unwrap()[0], [1]);
    }
    let again =
        found_with(plan(dir.path()), |_: &Path| -> Box<dyn Launch> { panic!("nothing is started") }, |_| {})
            .await;
    assert!(matches!(again, Err(FoundingError::Exists { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn members_that_do_not_agree_found_nothing_and_leave_nothing() {
    for (flaw, said) in [
        (Flaw::OtherProgram, "different programs"),
        (Flaw::OtherFleet, "different fleet ids"),
        (Flaw::OtherCheckpoint, "different statements"),
        (Flaw::Dies, "the HSM of node 3 ended: the HSM stopped: broken"),
    ] {
        let dir = TempDir::new().unwrap();
        let refused = found(plan(dir.path()), flaw).await.0.err().unwrap().to_string();
        assert!(refused.contains(said), "{refused}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_interrupted_founding_left_is_begun_again() {
    let dir = TempDir::new().unwrap();
    std::fs::create_dir_all(dir.path().join("node-2/platform")).unwrap();
    std::fs::write(dir.path().join("node-2/platform/anchor"), "left").unwrap();
    found(FleetPlan { base_port: 0, ..plan(dir.path()) }, Flaw::None).await.0.unwrap();
    assert!(!dir.path().join("node-2/platform/anchor").exists());
    assert!(dir.path().join("node-2").join(CONFIG_FILE).exists());
}

#[test]
fn free_ports_are_none_that_a_connection_may_hold_at_the_next_start() {
    let dir = TempDir::new().unwrap();
    let ports = folders::choose_ports(&FleetPlan { base_port: 0, nodes: 9, ..plan(dir.path()) }).unwrap();
    let all: std::collections::BTreeSet<_> =
        ports.iter().flat_map(|ports| [ports.clients, ports.peers]).collect();
    assert_eq!(all.len(), 18);
    // Linux gives connections those from 32768 on, the registry of ports those from 49152 on.
    assert!(all.iter().all(|port| (10_000..32_000).contains(port)), "{all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_cannot_be_is_refused_before_anything_is_made() {
    let dir = TempDir::new().unwrap();
    let good = plan(dir.path());
    let refuse = |plan: FleetPlan| async move {
        found_with(plan, |_: &Path| -> Box<dyn Launch> { panic!("nothing is started") }, |_| {})
            .await
            .err()
            .unwrap()
    };
    for nodes in [0, 1, 2, 4, 10, 11] {
        assert!(
            matches!(refuse(FleetPlan { nodes, ..good.clone() }).await, FoundingError::Nodes { .. }),
            "{nodes}"
        );
    }
    for guesses in [0, 31] {
        assert!(matches!(refuse(FleetPlan { guesses, ..good.clone() }).await, FoundingError::Guesses { .. }));
    }
    assert!(matches!(
        refuse(FleetPlan { base_port: 65_500, ..good.clone() }).await,
        FoundingError::Ports { .. }
    ));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_not_there_is_named() {
    let dir = TempDir::new().unwrap();
    let missing = FleetPlan { hsm_program: "/nowhere/strongroom-hsm".into(), ..plan(dir.path()) };
    let refused = found_fleet(missing, |_| {}).await.err().unwrap().to_string();
    assert!(
        refused.contains("node 1 cannot be started (/nowhere/strongroom-hsm): No such file"),
        "{refused}"
    );
}
