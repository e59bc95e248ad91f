//! The network between the nodes, and between clients and nodes: relays that cut, swallow or delay what goes through.

use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

/// Pieces that one direction of a connection holds while they wait.
const PIECES_MAX: usize = 64;
const PIECE_BYTES: usize = 64 * 1024;

/// What a line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Open,
    /// Every connection is closed, and so is every new one.
    Cut,
    /// Connections stay and nothing comes through, there or back or both. What was swallowed is gone.
    Swallow {
        there: bool,
        back: bool,
    },
    /// Everything comes through later.
    Slow(Duration),
}

/// A relay to one place.
pub struct Line {
    pub address: SocketAddr,
    flow: watch::Sender<Flow>,
}

#[derive(Clone, Copy)]
enum Way {
    There,
    Back,
}

impl Line {
    /// Begins to listen on loopback. It ends with the runtime.
    pub async fn to(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (flow, state) = watch::channel(Flow::Open);
        tokio::spawn(serve(listener, target, state));
        Self { address, flow }
    }

    pub fn set(&self, flow: Flow) {
        self.flow.send_replace(flow);
    }
}

async fn serve(listener: TcpListener, target: String, state: watch::Receiver<Flow>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(carry(stream, target.clone(), state.clone()))),
            // No file descriptor is left: whoever knocks tries again.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Carries one connection until either side ends it or the line is cut.
async fn carry(near: TcpStream, target: String, mut state: watch::Receiver<Flow>) {
    if *state.borrow() == Flow::Cut {
        return;
    }
    let Ok(far) = TcpStream::connect(target).await else { return };
    if near.set_nodelay(true).and_then(|()| far.set_nodelay(true)).is_err() {
        return;
    }
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    tokio::select! {
        () = pump(near_in, far_out, state.clone(), Way::There) => {}
        () = pump(far_in, near_out, state.clone(), Way::Back) => {}
        _ = state.wait_for(|flow| *flow == Flow::Cut) => {}
    }
}

async fn pump(from: OwnedReadHalf, to: OwnedWriteHalf, state: watch::Receiver<Flow>, way: Way) {
    let (queue, waiting) = mpsc::channel(PIECES_MAX);
    // What was taken is given before the connection ends.
    tokio::join!(take(from, queue, state, way), give(to, waiting));
}

async fn take(
    mut from: OwnedReadHalf,
    queue: mpsc::Sender<(Instant, Vec<u8>)>,
    state: watch::Receiver<Flow>,
    way: Way,
) {
    let mut piece = vec![0; PIECE_BYTES];
    let mut has_swallowed = false;
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        let flow = *state.borrow();
        let delay = match (flow, way) {
            (Flow::Swallow { there: true, .. }, Way::There)
            | (Flow::Swallow { back: true, .. }, Way::Back) => {
                has_swallowed = true;
                continue;
            }
            (Flow::Slow(delay), _) => delay,
            _ => Duration::ZERO,
        };
        // What follows a hole makes no sense to the other side.
        if has_swallowed || queue.send((Instant::now() + delay, piece[..read].to_vec())).await.is_err() {
            return;
        }
    }
}

async fn give(mut to: OwnedWriteHalf, mut waiting: mpsc::Receiver<(Instant, Vec<u8>)>) {
    while let Some((at, piece)) = waiting.recv().await {
        sleep_until(at).await;
        if to.write_all(&piece).await.is_err() {
            return;
        }
    }
}
