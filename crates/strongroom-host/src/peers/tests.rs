use super::*;
use crate::{fake_hsm::FLEET, hsm::session::TestOutput};
use message::{LinkHello, LinkMessage};
use std::time::Duration;
use strongroom_protocol::{
    ids::{LogIndex, Version},
    pipe::{HostMessage, NodeName, PeerBytes, Prefix},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// A node without an HSM: a test hears what its HSM would.
struct TestInbox {
    input: HsmInput,
    store: Arc<Store>,
    _folder: TempDir,
}

impl Inbox for TestInbox {
    fn input(&self) -> Option<HsmInput> {
        Some(self.input.clone())
    }

    fn store(&self) -> Option<Arc<Store>> {
        Some(self.store.clone())
    }
}

struct TestNode {
    peers: Peers,
    running: Option<Running>,
    heard: TestOutput,
    inbox: Arc<TestInbox>,
}

fn inbox() -> (Arc<TestInbox>, TestOutput) {
    let folder = TempDir::new().unwrap();
    let (input, heard) = HsmInput::to_test();
    let store = Arc::new(Store::open(folder.path()).unwrap());
    (Arc::new(TestInbox { input, store, _folder: folder }), heard)
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

fn start(node: u8, fleet: FleetId, listener: TcpListener, others: &[(u8, &str)]) -> TestNode {
    let addresses = others.iter().map(|(node, address)| (NodeNumber(*node), (*address).to_owned())).collect();
    let (inbox, heard) = inbox();
    let plan = PeersPlan { fleet, node: NodeNumber(node), addresses };
    let (peers, running) = Peers::start(plan, listener, inbox.clone());
    TestNode { peers, running: Some(running), heard, inbox }
}

async fn pair() -> (TestNode, TestNode, String) {
    let ((one, one_address), (two, two_address)) = (listener().await, listener().await);
    let one = start(1, FLEET, one, &[(2, &two_address)]);
    let two = start(2, FLEET, two, &[(1, &one_address)]);
    up(&one).await;
    up(&two).await;
    (one, two, two_address)
}

async fn up(node: &TestNode) {
    let links = async {
        while node.peers.up().is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(Duration::from_secs(10), links).await.unwrap();
}

async fn hear(node: &mut TestNode) -> HostMessage {
    timeout(Duration::from_secs(20), node.heard.next()).await.unwrap()
}

fn frame(byte: u8, length: usize) -> Bytes<FRAME_BYTES_MAX> {
    Bytes::new(vec![byte; length]).unwrap()
}

fn hello(fleet: FleetId, from: u8, to: u8) -> Vec<u8> {
    let hello = LinkHello { version: Version, fleet, from: NodeNumber(from), to: NodeNumber(to) };
    message::framed(&LinkMessage::Hello(hello))
}

#[tokio::test]
async fn frames_arrive_in_order_and_name_their_sender() {
    let (one, mut two, _) = pair().await;
    for byte in 0..100 {
        one.peers.send(NodeNumber(2), frame(byte, 1000));
    }
    one.peers.send(NodeNumber(9), frame(0, 1));
    for byte in 0..100 {
        let expected = PeerBytes { node: NodeNumber(1), frame: frame(byte, 1000) };
        assert_eq!(hear(&mut two).await, HostMessage::Peer(expected));
    }
}

#[tokio::test]
async fn a_lost_link_is_reported_and_made_anew() {
    let (one, mut two, two_address) = pair().await;
    drop(one);
    assert_eq!(hear(&mut two).await, HostMessage::PeerLost(NodeNumber(1)));
    assert!(two.peers.up().is_empty());
    two.running.take();
    let again = loop {
        if let Ok(listener) = TcpListener::bind(&two_address).await {
            break listener;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let (one, _) = listener().await;
    let one = start(1, FLEET, one, &[(2, &two_address)]);
    let mut two = start(2, FLEET, again, &[(1, "127.0.0.1:1")]);
    up(&one).await;
    one.peers.send(NodeNumber(2), frame(1, 1));
    assert!(matches!(hear(&mut two).await, HostMessage::Peer(_)));
}

#[tokio::test]
async fn tree_nodes_are_fetched_from_whoever_has_them() {
    let (one, two, _) = pair().await;
    let node = |version, length| TreeNode {
        name: NodeName::Inner(Prefix::ROOT),
        version: LogIndex(version),
        ciphertext: Bytes::new(vec![version as u8; length]).unwrap(),
    };
    let stored: Vec<_> = (1..=40).map(|version| node(version, 32 * 1024)).collect();
    two.inbox.store.write_tree(stored.clone()).unwrap();
    let wanted = |version| NodeVersion { name: NodeName::Inner(Prefix::ROOT), version: LogIndex(version) };
    let mut found = one.peers.fetch((1..=41).map(wanted).collect()).await;
    found.sort_by_key(|node| node.version);
    assert_eq!(found, stored);
    assert!(one.peers.shipments.is_empty());
}

#[tokio::test]
async fn a_rotten_copy_is_not_all_that_is_ever_brought() {
    let (one, two, three) = (listener().await, listener().await, listener().await);
    let asks = start(1, FLEET, one.0, &[(2, &two.1), (3, &three.1)]);
    let holders = [
        start(2, FLEET, two.0, &[(1, &one.1), (3, &three.1)]),
        start(3, FLEET, three.0, &[(1, &one.1), (2, &two.1)]),
    ];
    let (name, version) = (NodeName::Inner(Prefix::ROOT), LogIndex(1));
    for (byte, holder) in (1..).zip(&holders) {
        let copy = TreeNode { name, version, ciphertext: Bytes::new(vec![byte]).unwrap() };
        holder.inbox.store.write_tree(vec![copy]).unwrap();
    }
    timeout(Duration::from_secs(10), async {
        while asks.peers.up().len() < 2 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
    .unwrap();
    let mut brought = Vec::new();
    for _ in 0..2 {
        let found = asks.peers.fetch(vec![NodeVersion { name, version }]).await;
        brought.extend(found.into_iter().map(|node| node.ciphertext.into_vec()));
    }
    brought.sort();
    assert_eq!(brought, [[1], [2]]);
}

#[tokio::test]
async fn a_host_of_another_fleet_is_no_peer() {
    let ((one, one_address), (two, two_address)) = (listener().await, listener().await);
    let one = start(1, FLEET, one, &[(2, &two_address)]);
    let two = start(2, FleetId::new([9; 32]), two, &[(1, &one_address)]);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(one.peers.up().is_empty() && two.peers.up().is_empty());
}

#[tokio::test]
async fn garbage_ends_a_link_and_nothing_else() {
    let (listener, address) = listener().await;
    let mut one = start(1, FLEET, listener, &[(2, "127.0.0.1:1")]);
    let long = u32::try_from(FRAME_BYTES_MAX + 65).unwrap().to_be_bytes().to_vec();
    let mut hello_then_hello = hello(FLEET, 2, 1);
    hello_then_hello.extend(hello(FLEET, 2, 1));
    let cases = [
        vec![0, 0, 0, 1, 0xff],
        long,
        vec![0, 0, 0, 0],
        message::framed(&LinkMessage::Ping),
        hello(FleetId::new([9; 32]), 2, 1),
        hello(FLEET, 7, 1),
        hello(FLEET, 1, 1),
        hello(FLEET, 2, 3),
        hello_then_hello,
    ];
    for bytes in cases {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        let mut rest = Vec::new();
        // The link ends, with a hello at most and perhaps a reset.
        let _ = timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await.unwrap();
        assert!(rest.len() <= 40, "{bytes:?}");
    }
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(&hello(FLEET, 2, 1)).await.unwrap();
    stream.write_all(&message::framed(&LinkMessage::Frame(frame(5, 3)))).await.unwrap();
    assert_eq!(
        hear(&mut one).await,
        HostMessage::Peer(PeerBytes { node: NodeNumber(2), frame: frame(5, 3) })
    );
    // A stranger that hangs up parts no nodes: the next thing heard is the next stranger's frame.
    drop(stream);
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(&hello(FLEET, 2, 1)).await.unwrap();
    stream.write_all(&message::framed(&LinkMessage::Frame(frame(6, 3)))).await.unwrap();
    assert_eq!(
        hear(&mut one).await,
        HostMessage::Peer(PeerBytes { node: NodeNumber(2), frame: frame(6, 3) })
    );
}

#[tokio::test]
async fn a_peer_that_takes_nothing_costs_its_link_and_never_the_sender() {
    let (stuck, stuck_address) = listener().await;
    let (one, _) = listener().await;
    let mut one = start(1, FLEET, one, &[(2, &stuck_address)]);
    let (mut accepted, _) = stuck.accept().await.unwrap();
    accepted.write_all(&hello(FLEET, 2, 1)).await.unwrap();
    up(&one).await;
    let begun = std::time::Instant::now();
    for _ in 0..64 {
        one.peers.send(NodeNumber(2), frame(0, 1024 * 1024 - 64));
    }
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(hear(&mut one).await, HostMessage::PeerLost(NodeNumber(2)));
    assert_eq!(one.peers.links.get(&NodeNumber(2)).unwrap().waiting_bytes.load(Ordering::Relaxed), 0);
}

#[test]
fn a_link_message_survives_the_wire_and_nothing_shorter_or_longer_does() {
    let hello = LinkHello { version: Version, fleet: FLEET, from: NodeNumber(1), to: NodeNumber(2) };
    let bytes = strongroom_protocol::encode(&LinkMessage::Hello(hello.clone()));
    let mut golden = vec![1, 1];
    golden.extend([0xf1; 32]);
    golden.extend([1, 2]);
    assert_eq!(bytes, golden);
    assert_eq!(strongroom_protocol::decode::<LinkMessage>(&bytes), Ok(LinkMessage::Hello(hello)));
    for length in 0..bytes.len() {
        assert!(strongroom_protocol::decode::<LinkMessage>(&bytes[..length]).is_err());
    }
    golden.push(0);
    assert!(strongroom_protocol::decode::<LinkMessage>(&golden).is_err());
}
