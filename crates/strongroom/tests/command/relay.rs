//! Somebody between the client and the nodes who sends every message again, to every node (G2).

use crate::{
    load::LOAD_PASSWORD,
    world::{Plan, World},
};
use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};
use strongroom_client::{ClientError, Credential};

/// How often a message is sent to its own node, the client's own time included.
const TIMES_AT_OWN_NODE: usize = 3;

/// Stands before every node of a fleet.
struct Relay {
    nodes: Vec<SocketAddr>,
    /// Every message that went through, as bytes of HTTP.
    recorded: Mutex<Vec<Vec<u8>>>,
}

impl Relay {
    /// Begins to listen; gives the addresses to give to clients, one for each node.
    fn before(world: &World) -> (Arc<Self>, Vec<String>) {
        let address = |endpoint: String| endpoint.trim_start_matches("http://").parse().unwrap();
        let nodes: Vec<SocketAddr> =
            world.fleet.endpoints().iter().map(|endpoint| address(endpoint.to_string())).collect();
        let relay = Arc::new(Self { nodes, recorded: Mutex::default() });
        let stand = |node: usize| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let endpoint = format!("http://{}", listener.local_addr().unwrap());
            let relay = relay.clone();
            // It ends with the test's process; nobody comes once the test is over.
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let relay = relay.clone();
                    thread::spawn(move || relay.carry(stream, node));
                }
            });
            endpoint
        };
        let endpoints = (0..relay.nodes.len()).map(stand).collect();
        (relay, endpoints)
    }

    /// Carries one request and its answer, and sends the request again wherever it can.
    fn carry(&self, mut client: TcpStream, node: usize) -> io::Result<()> {
        let request = read_request(&mut client)?;
        if request.starts_with(b"POST ") {
            self.recorded.lock().unwrap().push(request.clone());
            for (other, address) in self.nodes.iter().enumerate() {
                let times = if other == node { TIMES_AT_OWN_NODE - 1 } else { 1 };
                for _ in 0..times {
                    // A node that is asked what it cannot read may close; the next one is asked all the same.
                    let _ = ask(*address, &request);
                }
            }
        }
        client.write_all(&ask(self.nodes[node], &request)?)
    }

    /// Sends everything that ever went through to every node once more; gives how many were answered.
    fn replay_all(&self) -> usize {
        let recorded = self.recorded.lock().unwrap().clone();
        let each = recorded.iter().flat_map(|request| self.nodes.iter().map(move |node| (node, request)));
        each.filter(|(node, request)| ask(**node, request).is_ok_and(|answer| !answer.is_empty())).count()
    }
}

/// Reads a request of HTTP and asks for the end of the connection after it.
fn read_request(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    client.set_read_timeout(Some(Duration::from_secs(10)))?;
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            let whole = end + 4 + length.unwrap_or(0_usize);
            if bytes.len() >= whole {
                let body = bytes.split_off(end);
                bytes.extend_from_slice(b"\r\nConnection: close");
                return Ok([bytes, body].concat());
            }
        }
        match client.read(&mut part)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => bytes.extend_from_slice(&part[..read]),
        }
    }
}

fn ask(node: SocketAddr, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(node)?;
    stream.set_read_timeout(Some(Duration::from_secs(15)))?;
    stream.write_all(request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

#[test]
fn a_relay_that_sends_every_message_to_every_node_of_processes_gains_and_costs_no_guess() {
    let world = World::of(Plan { nodes: 5, ..Plan::default() });
    let (relay, endpoints) = Relay::before(&world);
    let locator = world.register("me").locator;
    for guess in 0..10_u8 {
        let place = usize::from(guess) % 5;
        let thief = world.client_of("thief", &endpoints[place..=place]);
        let wrong = Credential::password(format!("wrong {guess}"));
        match world.runtime.block_on(thief.recover(&locator, wrong)) {
            Err(ClientError::WrongPassword { left, .. }) => assert_eq!(left, 9 - guess),
            other => panic!("guess {guess}: {:?}", other.err()),
        }
    }
    let recorded = relay.recorded.lock().unwrap().len();
    assert!(recorded >= 10, "{recorded} messages went through");
    assert_eq!(relay.replay_all(), recorded * 5);
    for endpoint in &endpoints {
        let owner = world.client_of("me", std::slice::from_ref(endpoint));
        let right = Credential::password(LOAD_PASSWORD);
        let refused = world.runtime.block_on(owner.recover(&locator, right)).err();
        assert!(matches!(refused, Some(ClientError::Erased)), "{refused:?}");
    }
    // What was recorded tells no more after the end than before.
    relay.replay_all();
    let status = world.runtime.block_on(world.client("me").status(&locator)).unwrap();
    assert_eq!(status.left, 0);
}
