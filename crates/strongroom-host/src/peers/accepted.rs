//! Links that other hosts open to this one.

use super::{
    Inbox, PeersPlan,
    message::{self, Found, LinkHello, LinkMessage, Wanted},
};
use crate::{
    hsm::divide,
    limits::{LINK_HELLO_TIMEOUT, LINK_SILENCE_MAX, LINKS_ACCEPTED_MAX},
};
use std::{io, sync::Arc, time::Duration};
use strongroom_protocol::{
    bytes::Bytes,
    ids::{NodeNumber, Version},
    limits::FRAME_BYTES_MAX,
    pipe::{HostMessage, PeerBytes, TreeNodes},
};
use tokio::{
    io::{AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream, tcp::OwnedWriteHalf},
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};

/// Accepts links until its task is dropped.
pub(super) async fn accept(plan: Arc<PeersPlan>, listener: TcpListener, inbox: Arc<dyn Inbox>) {
    let places = Arc::new(Semaphore::new(LINKS_ACCEPTED_MAX));
    let mut links = JoinSet::new();
    loop {
        while links.try_join_next().is_some() {}
        let accepted = listener.accept().await;
        let (Ok((stream, _)), Ok(place)) = (accepted, places.clone().try_acquire_owned()) else {
            // No file descriptor is left, or no place: whoever knocks tries again.
            sleep(Duration::from_millis(20)).await;
            continue;
        };
        let link = AcceptedLink { plan: plan.clone(), inbox: inbox.clone() };
        links.spawn(async move {
            let _place = place;
            if let Err(cause) = link.run(stream).await {
                tracing::debug!(%cause, "an accepted link ended");
            }
        });
    }
}

struct AcceptedLink {
    plan: Arc<PeersPlan>,
    inbox: Arc<dyn Inbox>,
}

impl AcceptedLink {
    async fn run(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let (reading, mut writing) = stream.into_split();
        let mut reading = BufReader::new(reading);
        let first = timeout(LINK_HELLO_TIMEOUT, message::read(&mut reading)).await??;
        let from = self.greet(first, &mut writing).await?;
        loop {
            match timeout(LINK_SILENCE_MAX, message::read(&mut reading)).await?? {
                LinkMessage::Frame(frame) => self.deliver(from, frame).await,
                LinkMessage::Ping => send(&mut writing, &LinkMessage::Pong).await?,
                LinkMessage::Wanted(wanted) => self.ship(wanted, &mut writing).await?,
                LinkMessage::Hello(_) | LinkMessage::Pong | LinkMessage::Found(_) => {
                    return Err(io::ErrorKind::InvalidData.into());
                }
            }
        }
    }

    /// Answers the hello, also where it is refused: the other side's log shall name the reason.
    async fn greet(&self, first: LinkMessage, writing: &mut OwnedWriteHalf) -> io::Result<NodeNumber> {
        let LinkMessage::Hello(hello) = first else { return Err(io::ErrorKind::InvalidData.into()) };
        let ours =
            LinkHello { version: Version, fleet: self.plan.fleet, from: self.plan.node, to: hello.from };
        send(writing, &LinkMessage::Hello(ours)).await?;
        if hello.fleet != self.plan.fleet
            || hello.to != self.plan.node
            || !self.plan.addresses.contains_key(&hello.from)
        {
            tracing::warn!(claimed = hello.from.0, "a link from a node that is no peer was refused");
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(hello.from)
    }

    /// Hands a frame to the HSM; the sender waits while the HSM has too much to do.
    async fn deliver(&self, node: NodeNumber, frame: Bytes<FRAME_BYTES_MAX>) {
        if let Some(input) = self.inbox.input() {
            // A frame that finds no HSM is lost; its session is as well.
            let _ = input.tell(&HostMessage::Peer(PeerBytes { node, frame })).await;
        }
    }

    async fn ship(&self, wanted: Wanted, writing: &mut OwnedWriteHalf) -> io::Result<()> {
        let Wanted { id, nodes } = wanted;
        let store = self.inbox.store();
        let found = tokio::task::spawn_blocking(move || {
            let Some(store) = store else { return Vec::new() };
            // A node that cannot be read is a node that is not here; the store's own door reports it.
            nodes.as_slice().iter().filter_map(|node| store.exact(node).ok().flatten()).collect()
        });
        let pieces: Vec<TreeNodes> = divide(found.await.unwrap_or_default());
        let last = pieces.len().saturating_sub(1);
        for (at, nodes) in pieces.into_iter().enumerate() {
            send(writing, &LinkMessage::Found(Found { id, nodes, last: u8::from(at == last) })).await?;
        }
        Ok(())
    }
}

async fn send(writing: &mut OwnedWriteHalf, message: &LinkMessage) -> io::Result<()> {
    timeout(LINK_SILENCE_MAX, writing.write_all(&message::framed(message))).await?
}
