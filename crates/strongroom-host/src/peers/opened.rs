//! The link that this node opens to one peer, again and again.

use super::{
    Inbox, Link, Outgoing, PeersPlan,
    message::{self, LinkHello, LinkMessage, Wanted},
    shipment::Shipments,
};
use crate::limits::{LINK_HELLO_TIMEOUT, LINK_PAUSE, LINK_PAUSE_MAX, LINK_PING_INTERVAL, LINK_SILENCE_MAX};
use std::{
    io,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use strongroom_protocol::{
    bytes::List,
    ids::{NodeNumber, Version},
    pipe::HostMessage,
};
use tokio::{
    io::{AsyncWriteExt, BufReader, BufWriter},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    time::{sleep, timeout},
};

/// Opens the link to one peer and keeps it open.
pub(super) struct Opener {
    pub(super) plan: Arc<PeersPlan>,
    pub(super) node: NodeNumber,
    pub(super) address: String,
    pub(super) link: Arc<Link>,
    pub(super) inbox: Arc<dyn Inbox>,
    pub(super) shipments: Arc<Shipments>,
}

impl Opener {
    /// Runs until its task is dropped.
    pub(super) async fn run(self, mut outgoing: mpsc::Receiver<Outgoing>) {
        let mut pause = LINK_PAUSE;
        let mut last_cause = String::new();
        loop {
            let cause = match self.open().await {
                Ok((reading, writing)) => {
                    tracing::info!(peer = self.node.0, "the link is up");
                    pause = LINK_PAUSE;
                    last_cause.clear();
                    self.keep(reading, writing, &mut outgoing).await
                }
                Err(cause) => cause,
            };
            self.lost(&mut outgoing).await;
            let cause = cause.to_string();
            if cause != last_cause {
                tracing::warn!(peer = self.node.0, address = %self.address, %cause, "no link");
                last_cause = cause;
            }
            sleep(jittered(pause)).await;
            pause = (pause * 2).min(LINK_PAUSE_MAX);
        }
    }

    async fn open(&self) -> io::Result<(BufReader<OwnedReadHalf>, BufWriter<OwnedWriteHalf>)> {
        let timed_out = |_| io::Error::from(io::ErrorKind::TimedOut);
        timeout(LINK_HELLO_TIMEOUT, self.connect()).await.map_err(timed_out)?
    }

    async fn connect(&self) -> io::Result<(BufReader<OwnedReadHalf>, BufWriter<OwnedWriteHalf>)> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        let (reading, writing) = stream.into_split();
        let (mut reading, mut writing) = (BufReader::new(reading), BufWriter::new(writing));
        let hello =
            LinkHello { version: Version, fleet: self.plan.fleet, from: self.plan.node, to: self.node };
        writing.write_all(&message::framed(&LinkMessage::Hello(hello))).await?;
        writing.flush().await?;
        match message::read(&mut reading).await? {
            LinkMessage::Hello(theirs) if theirs.fleet == self.plan.fleet && theirs.from == self.node => {
                Ok((reading, writing))
            }
            LinkMessage::Hello(theirs) => Err(io::Error::other(format!(
                "node {} of fleet {} answers there, and node {} of fleet {} is wanted",
                theirs.from, theirs.fleet, self.node, self.plan.fleet
            ))),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Carries messages until the link is lost; says why.
    async fn keep(
        &self,
        reading: BufReader<OwnedReadHalf>,
        mut writing: BufWriter<OwnedWriteHalf>,
        outgoing: &mut mpsc::Receiver<Outgoing>,
    ) -> io::Error {
        self.link.is_up.store(true, Ordering::Relaxed);
        let heard = hear(reading, &self.shipments);
        tokio::pin!(heard);
        let mut ping = tokio::time::interval(LINK_PING_INTERVAL);
        loop {
            let sent = tokio::select! {
                cause = &mut heard => return cause,
                () = self.link.overflow.notified() => {
                    return io::Error::other("more waits for the peer than may; the link is made anew");
                }
                _ = ping.tick() => send_all(&mut writing, &LinkMessage::Ping, outgoing, &self.link).await,
                message = outgoing.recv() => {
                    let Some(message) = message else { return io::ErrorKind::BrokenPipe.into() };
                    self.link.left(&message);
                    send_all(&mut writing, &wire(message), outgoing, &self.link).await
                }
            };
            if let Err(cause) = sent {
                return cause;
            }
        }
    }

    /// Drops what waits: it belongs to sessions that end here. Then tells the HSM.
    async fn lost(&self, outgoing: &mut mpsc::Receiver<Outgoing>) {
        let was_up = self.link.is_up.swap(false, Ordering::Relaxed);
        while let Ok(message) = outgoing.try_recv() {
            self.link.left(&message);
        }
        if let Some(input) = self.inbox.input().filter(|_| was_up) {
            // An HSM that is gone has no session to lose.
            let _ = input.tell(&HostMessage::PeerLost(self.node)).await;
        }
    }
}

/// Writes a message, and those that wait behind it, then flushes.
async fn send_all(
    writing: &mut BufWriter<OwnedWriteHalf>,
    first: &LinkMessage,
    outgoing: &mut mpsc::Receiver<Outgoing>,
    link: &Link,
) -> io::Result<()> {
    let send = async {
        writing.write_all(&message::framed(first)).await?;
        while let Ok(message) = outgoing.try_recv() {
            link.left(&message);
            writing.write_all(&message::framed(&wire(message))).await?;
        }
        writing.flush().await
    };
    timeout(LINK_SILENCE_MAX, send).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// Hears the other side until it is silent for too long or says what it should not.
async fn hear(mut reading: BufReader<OwnedReadHalf>, shipments: &Shipments) -> io::Error {
    loop {
        match timeout(LINK_SILENCE_MAX, message::read(&mut reading)).await {
            Ok(Ok(LinkMessage::Pong)) => {}
            Ok(Ok(LinkMessage::Found(found))) => shipments.arrived(found),
            Ok(Ok(_)) => return io::ErrorKind::InvalidData.into(),
            Ok(Err(cause)) => return cause,
            Err(_) => return io::ErrorKind::TimedOut.into(),
        }
    }
}

fn wire(message: Outgoing) -> LinkMessage {
    match message {
        Outgoing::Frame(frame) => LinkMessage::Frame(frame),
        Outgoing::Wanted(id, nodes) => {
            LinkMessage::Wanted(Wanted { id, nodes: List::new(nodes).unwrap_or_default() })
        }
    }
}

/// Half the pause to all of it, so that nodes which lost each other do not come back in step.
fn jittered(pause: Duration) -> Duration {
    let half = pause / 2;
    let mut byte = [0];
    // Without randomness the whole pause is as good.
    let share = getrandom::fill(&mut byte).map_or(255, |()| byte[0]);
    half + half * u32::from(share) / 255
}
