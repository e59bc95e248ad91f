use super::*;
use crate::fake_hsm::{FakeHsm, FakeLaunch, entry, status};
use std::{sync::mpsc, thread::JoinHandle, time::Duration};
use strongroom_protocol::{
    bytes::List,
    ids::{LogIndex, NodeNumber, RecordId},
    limits::FRAME_BYTES_MAX,
    pipe::{
        Append, Commit, DropBelow, Fetch, FetchLog, FetchNodes, HsmMessage, NodeName, NodeVersion, Prefix,
        Role, ToClient, TreeNode,
    },
};
use tempfile::TempDir;

struct Rig {
    hsm: Hsm,
    supervisor: JoinHandle<()>,
    _folder: TempDir,
}

impl Rig {
    fn start(script: impl Fn(FakeHsm) + Send + Sync + 'static) -> Self {
        let folder = TempDir::new().unwrap();
        let policy = RestartPolicy {
            pause: Duration::from_millis(1),
            pause_max: Duration::from_millis(5),
            store_pause: Duration::from_millis(5),
            ..RestartPolicy::default()
        };
        let (hsm, supervisor) = Hsm::start(FakeLaunch::new(script), folder.path().into(), policy).unwrap();
        Self { hsm, supervisor, _folder: folder }
    }

    /// A rig whose HSM says `said` after its start and hands over what it then hears.
    fn saying(said: Vec<HsmMessage>) -> (Self, mpsc::Receiver<HostMessage>) {
        let (heard, hears) = mpsc::channel();
        let rig = Self::start(move |mut hsm| {
            said.iter().for_each(|message| hsm.say(message));
            while let Some(message) = hsm.hear_more() {
                heard.send(message).unwrap();
            }
        });
        (rig, hears)
    }

    async fn until(&self, wanted: impl Fn(&Condition) -> bool) -> Condition {
        let mut watch = self.hsm.watch();
        tokio::time::timeout(Duration::from_secs(10), watch.wait_for(wanted)).await.unwrap().unwrap().clone()
    }

    async fn stop(self) {
        self.hsm.stop();
        tokio::task::spawn_blocking(move || self.supervisor.join()).await.unwrap().unwrap();
        assert_eq!(self.hsm.condition(), Condition::Stopped);
    }
}

fn next(hears: &mpsc::Receiver<HostMessage>) -> HostMessage {
    hears.recv_timeout(Duration::from_secs(10)).unwrap()
}

fn append(cut: u64, indices: &[u64]) -> HsmMessage {
    let entries = indices.iter().map(|index| entry(*index, 1)).collect();
    HsmMessage::Append(Append { cut: LogIndex(cut), entries: List::new(entries).unwrap() })
}

fn commit(batch: u64) -> HsmMessage {
    HsmMessage::Commit(Commit { batch, head_table: Bytes::new(vec![batch as u8]).unwrap() })
}

fn root(version: u64) -> TreeNode {
    TreeNode {
        name: NodeName::Inner(Prefix::ROOT),
        version: LogIndex(version),
        ciphertext: Bytes::new(vec![version as u8; 10]).unwrap(),
    }
}

fn tree(nodes: Vec<TreeNode>) -> HsmMessage {
    HsmMessage::Tree(List::new(nodes).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn effects_are_carried_out_in_order() {
    let record = RecordId::new([1; 32]);
    let (rig, hears) = Rig::saying(vec![
        append(0, &[1, 2, 3]),
        commit(1),
        append(3, &[3, 4]),
        HsmMessage::FetchLog(FetchLog { first: LogIndex(2), last: LogIndex(9) }),
        tree(vec![root(1)]),
        HsmMessage::Fetch(Fetch { fetch: 5, index: LogIndex(9), records: List::new(vec![record]).unwrap() }),
        tree(vec![root(2)]),
        HsmMessage::FlushTree(LogIndex(2)),
        commit(2),
        HsmMessage::FetchNodes(FetchNodes {
            fetch: 6,
            nodes: List::new(vec![NodeVersion { name: root(1).name, version: LogIndex(1) }]).unwrap(),
            elsewhere: 0,
        }),
    ]);
    assert!(matches!(next(&hears), HostMessage::Start(start) if start.log_last == LogIndex(0)));
    assert_eq!(next(&hears), HostMessage::Stored(1));
    let HostMessage::Log(log) = next(&hears) else { panic!("the log comes next") };
    assert_eq!(log.entries.as_slice(), [entry(2, 1), entry(3, 1), entry(4, 1)]);
    assert_eq!(log.last, 1);
    let HostMessage::Path(path) = next(&hears) else { panic!("the path comes next") };
    assert_eq!((path.fetch, path.last, path.nodes.into_vec()), (5, 1, vec![root(1)]));
    assert_eq!(next(&hears), HostMessage::TreeWritten(LogIndex(2)));
    assert_eq!(next(&hears), HostMessage::Stored(2));
    let HostMessage::Shipped(shipped) = next(&hears) else { panic!("the shipment comes next") };
    assert_eq!((shipped.fetch, shipped.last, shipped.nodes.into_vec()), (6, 1, vec![root(1)]));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_has_is_answered_with_nothing() {
    let nodes = List::new(vec![NodeVersion { name: root(1).name, version: LogIndex(1) }]).unwrap();
    let (rig, hears) = Rig::saying(vec![
        HsmMessage::FetchNodes(FetchNodes { fetch: 1, nodes, elsewhere: 1 }),
        HsmMessage::FetchLog(FetchLog { first: LogIndex(5), last: LogIndex(2) }),
        HsmMessage::Drop(DropBelow { log: LogIndex(5), tree: LogIndex(5) }),
    ]);
    assert!(matches!(next(&hears), HostMessage::Start(_)));
    let mut rest = [next(&hears), next(&hears)];
    rest.sort_by_key(|message| matches!(message, HostMessage::Shipped(_)));
    assert!(matches!(&rest[0], HostMessage::Log(log) if log.last == 1 && log.entries.as_slice().is_empty()));
    assert!(
        matches!(&rest[1], HostMessage::Shipped(fetched) if fetched.last == 1 && fetched.nodes.as_slice().is_empty())
    );
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_needs_several_messages_says_which_is_the_last() {
    let big = |version| TreeNode { ciphertext: Bytes::new(vec![0; 32 * 1024]).unwrap(), ..root(version) };
    let versions: Vec<_> = (1..=40).collect();
    let nodes = versions
        .iter()
        .map(|version| NodeVersion { name: root(1).name, version: LogIndex(*version) })
        .collect();
    let mut said: Vec<_> = versions.iter().map(|version| tree(vec![big(*version)])).collect();
    said.push(HsmMessage::FetchNodes(FetchNodes {
        fetch: 1,
        nodes: List::new(nodes).unwrap(),
        elsewhere: 0,
    }));
    let (rig, hears) = Rig::saying(said);
    assert!(matches!(next(&hears), HostMessage::Start(_)));
    let mut lasts = Vec::new();
    let mut count = 0;
    while count < 40 {
        let HostMessage::Shipped(piece) = next(&hears) else { panic!("shipments come") };
        count += piece.nodes.as_slice().len();
        lasts.push(piece.last);
    }
    assert_eq!(lasts, [0, 0, 1]);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_hsm_hears_first_where_the_log_and_the_head_table_stand() {
    let (heard, hears) = mpsc::channel();
    let rig = Rig::start(move |mut hsm| {
        let first = hsm.hear().unwrap();
        heard.send(first).unwrap();
        hsm.say(&append(0, &[4, 5]));
        hsm.say(&commit(7));
        assert_eq!(hsm.hear_more(), Some(HostMessage::Stored(7)));
    });
    assert!(
        matches!(next(&hears), HostMessage::Start(start) if start.head_table.is_empty() && start.log_first == LogIndex(0))
    );
    let HostMessage::Start(start) = next(&hears) else { panic!("start comes first") };
    assert_eq!(
        (start.head_table.as_slice(), start.log_first, start.log_last),
        (&[7][..], LogIndex(4), LogIndex(5))
    );
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ticks_and_wishes_for_reports_come_by_themselves() {
    let (heard, hears) = mpsc::channel();
    let rig = Rig::start(move |mut hsm| {
        while let Some(message) = hsm.hear() {
            heard.send(message).unwrap();
        }
    });
    let first: Vec<_> = (0..40).map(|_| next(&hears)).collect();
    assert!(first.iter().filter(|message| **message == HostMessage::Tick).count() > 30);
    assert!(first.contains(&HostMessage::Report));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_is_answered_by_its_number() {
    let rig = Rig::start(|mut hsm| {
        let mut held = Vec::new();
        hsm.serve(|hsm, message| {
            let HostMessage::Client(from) = message else { return };
            held.push(from);
            if held.len() == 2 {
                for from in held.drain(..).rev() {
                    hsm.say(&HsmMessage::Answer(ToClient { id: from.id, frame: from.frame }));
                }
            }
        });
    });
    rig.until(|condition| *condition == Condition::Running).await;
    let (one, two) = tokio::join!(rig.hsm.exchange(vec![1]), rig.hsm.exchange(vec![2]));
    assert_eq!((one, two), (Ok(vec![1]), Ok(vec![2])));
    assert_eq!(rig.hsm.waiting(), 0);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dying_hsm_leaves_nobody_waiting_and_is_started_again() {
    let rig = Rig::start(|mut hsm| {
        // It dies of its first client.
        while !matches!(hsm.hear_more(), Some(HostMessage::Client(_)) | None) {}
    });
    rig.until(|condition| *condition == Condition::Running).await;
    assert_eq!(rig.hsm.exchange(vec![1]).await, Err(ExchangeError::NotServing));
    rig.until(|_| rig.hsm.restarts() == 1).await;
    rig.until(|condition| *condition == Condition::Running).await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hsm_that_dies_too_often_fails_the_node() {
    let (started, starts) = mpsc::channel();
    let rig = Rig::start(move |mut hsm| {
        started.send(()).unwrap();
        hsm.say(&HsmMessage::Stop(strongroom_protocol::bytes::Text::shortened("broken\u{1b}[1m")));
    });
    let failed = rig.until(|condition| matches!(condition, Condition::Failed { .. })).await;
    let Condition::Failed { reason } = failed else { panic!("it has failed") };
    assert!(
        reason.contains("started again 5 times") && reason.contains("the HSM stopped: broken\\u{1b}[1m"),
        "{reason}"
    );
    assert_eq!(starts.try_iter().count(), 6);
    assert_eq!(rig.hsm.exchange(vec![1]).await, Err(ExchangeError::NotServing));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hsm_whose_frames_do_not_decode_counts_as_dead() {
    let long = u32::try_from(FRAME_BYTES_MAX + 1).unwrap().to_be_bytes();
    for garbage in [vec![0, 0, 0, 1, 0xff], vec![0, 0, 0, 0], long.to_vec(), vec![0, 0, 0, 9, 1], vec![0, 0]]
    {
        let rig = Rig::start(move |mut hsm| hsm.say_bytes(&garbage));
        rig.until(|condition| matches!(condition, Condition::Failed { .. })).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hsm_that_cannot_be_started_fails_the_node_with_the_program_s_name() {
    let folder = TempDir::new().unwrap();
    let launch = launch::HsmProgram {
        path: "/nowhere/strongroom-hsm".into(),
        platform_folder: folder.path().join("p"),
        checkpoint_seconds: None,
    };
    let policy = RestartPolicy { pause: Duration::from_millis(1), ..RestartPolicy::default() };
    let (hsm, _) = Hsm::start(Box::new(launch), folder.path().join("s"), policy).unwrap();
    let mut watch = hsm.watch();
    let failed =
        watch.wait_for(|condition| matches!(condition, Condition::Failed { .. })).await.unwrap().clone();
    let Condition::Failed { reason } = failed else { panic!("it has failed") };
    assert!(reason.contains("/nowhere/strongroom-hsm cannot be started: No such file"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_process_is_started_and_ends_with_its_socket() {
    let folder = TempDir::new().unwrap();
    let script = folder.path().join("hsm");
    std::fs::write(&script, "#!/bin/sh\necho \"arguments: $*\" >&2\nexec cat <&0 >/dev/null\n").unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let platform_folder = folder.path().join("platform");
    let launch = launch::HsmProgram { path: script, platform_folder, checkpoint_seconds: Some(3) };
    let (hsm, supervisor) =
        Hsm::start(Box::new(launch), folder.path().join("s"), RestartPolicy::default()).unwrap();
    let mut watch = hsm.watch();
    watch.wait_for(|condition| *condition == Condition::Running).await.unwrap();
    let process = hsm.process();
    assert!(process != 0 && std::path::Path::new(&format!("/proc/{process}")).exists());
    hsm.stop();
    tokio::task::spawn_blocking(move || supervisor.join()).await.unwrap().unwrap();
    assert!(!std::path::Path::new(&format!("/proc/{process}")).exists());
    assert!(folder.path().join("platform").is_dir());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hsm_that_writes_without_reading_deadlocks_nobody() {
    let (done, dones) = mpsc::channel();
    let rig = Rig::start(move |mut hsm| {
        hsm.say(&tree(
            (1..=200)
                .map(|version| TreeNode { ciphertext: Bytes::new(vec![1; 4096]).unwrap(), ..root(version) })
                .collect(),
        ));
        let nodes: Vec<_> =
            (1..=200).map(|version| NodeVersion { name: root(1).name, version: LogIndex(version) }).collect();
        // Far more answers than fit the socket, asked for before the first is read.
        for fetch in 0..50 {
            let nodes = List::new(nodes.clone()).unwrap();
            hsm.say(&HsmMessage::FetchNodes(FetchNodes { fetch, nodes, elsewhere: 0 }));
        }
        let mut last = 0;
        while last < 50 {
            if let Some(HostMessage::Shipped(piece)) = hsm.hear_more() {
                last += u64::from(piece.last);
            }
        }
        done.send(()).unwrap();
        hsm.serve(|_, _| {});
    });
    dones.recv_timeout(Duration::from_secs(30)).unwrap();
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_status_are_shown_and_forgotten_with_the_hsm() {
    let rig = Rig::start(|mut hsm| {
        hsm.say(&HsmMessage::Status(status(Role::Follower)));
        while !matches!(hsm.hear_more(), Some(HostMessage::PeerLost(_)) | None) {}
    });
    let seen = tokio::time::timeout(Duration::from_secs(10), async {
        while rig.hsm.status().is_none() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        rig.hsm.status().unwrap()
    });
    assert_eq!(seen.await.unwrap().applied, LogIndex(7));
    assert!(rig.hsm.reports());
    let input = rig.hsm.inbox().input().unwrap();
    input.tell(&HostMessage::PeerLost(NodeNumber(2))).await.unwrap();
    rig.until(|_| rig.hsm.restarts() == 1).await;
    rig.stop().await;
}
