//! What the network does to frames, what strangers send, and what members say whose HSMs are broken.

use super::Scene;
use crate::{
    home::HOME,
    puppet::{blank, enveloped},
    tape::Tape,
    twist::twist,
};
use strongroom_hsm::{
    entry::entry_digest,
    peer::PeerBody,
    raft_wire::{RaftKind, RaftMessage},
};
use strongroom_protocol::{
    bytes::{Bytes, List},
    decode, encode,
    ids::{Digest, LogIndex, NodeNumber, Term},
    pipe::{HostMessage, HsmStatus, PeerBytes, StoredEntry},
};

/// A frame on its way is lost, doubled, delayed or changed.
pub fn network(scene: &mut Scene, tape: &mut Tape<'_>) {
    let way = tape.byte();
    if way % 8 == 7 {
        let line = (tape.byte() % 3 + 1, tape.byte() % 3 + 1);
        if !scene.world.cut.remove(&line) {
            scene.world.cut.insert(line);
        }
        return;
    }
    let at = tape.place(scene.world.network.len());
    let Some((from, to, mut frame)) = scene.world.network.remove(at) else { return };
    match way % 4 {
        0 => return,
        1 => scene.world.network.push_back((from, to, frame.clone())),
        2 => twist(&mut frame, tape),
        _ => {}
    }
    scene.world.network.push_back((from, to, frame));
}

/// A frame that no session of this scene sealed.
pub fn stranger(scene: &mut Scene, tape: &mut Tape<'_>) {
    let number = scene.real(tape);
    let node = NodeNumber(tape.byte() % 5);
    let mut frame = match tape.byte() % 2 {
        0 => HOME.frames[tape.place(HOME.frames.len())].clone(),
        _ => tape.chunk().to_vec(),
    };
    if tape.byte().is_multiple_of(2) {
        twist(&mut frame, tape);
    }
    if let Some(frame) = Bytes::new(frame) {
        scene.world.tell(number, HostMessage::Peer(PeerBytes { node, frame }));
    }
}

/// A puppet falls silent, or speaks again.
pub fn quiet(scene: &mut Scene, tape: &mut Tape<'_>) {
    let at = tape.place(scene.puppets.len());
    if let Some(puppet) = scene.puppets.get_mut(at) {
        puppet.is_quiet = !puppet.is_quiet;
    }
}

/// A puppet says the tape's bytes, as a message or not even that.
pub fn puppet_says(scene: &mut Scene, tape: &mut Tape<'_>) {
    let at = tape.place(scene.puppets.len());
    let bytes = tape.chunk();
    scene.puppet_lies(at, |puppet| puppet.say_bytes(bytes));
}

/// A puppet hands a checkpoint over, its own or one that the tape changed.
pub fn hand_over(scene: &mut Scene, tape: &mut Tape<'_>) {
    let at = tape.place(scene.puppets.len());
    let number = tape.byte() % 3 + 1;
    let is_older = tape.byte() % 4 == 3;
    let mut handed = if is_older { HOME.handed_over(number) } else { HOME.handed_later(number) };
    let checkpoint = &mut handed.checkpoint;
    match tape.byte() % 6 {
        0 => {}
        1 => checkpoint.index = LogIndex(tape.eight()),
        2 => checkpoint.term = Term(tape.eight()),
        3 => checkpoint.root = Bytes::new(tape.chunk().to_vec()).unwrap_or_default(),
        4 => checkpoint.keys.era.0 = tape.eight(),
        _ => {
            checkpoint.index.0 += u64::from(tape.byte());
            checkpoint.term.0 += u64::from(tape.byte());
        }
    }
    scene.puppet_lies(at, |puppet| puppet.say(PeerBody::HandedOver(handed)));
}

/// A puppet says a raft message whose numbers lie near those of the HSM.
pub fn puppet_says_raft(scene: &mut Scene, tape: &mut Tape<'_>) {
    let at = tape.place(scene.puppets.len());
    let Some(status) =
        scene.world.node(1).hsm.as_ref().and_then(|hsm| hsm.member()).map(|member| member.status())
    else {
        return;
    };
    let entries = entries(scene, &status, tape);
    let mut message = raft_message(&status, tape);
    if message.kind == RaftKind::Append || tape.byte() == 255 {
        message.entries = entries;
    }
    let mut body = enveloped(message);
    if let PeerBody::Raft(envelope) = &mut body
        && tape.byte().is_multiple_of(2)
    {
        envelope.digest_before = Digest::new(tape.array());
        envelope.digest_after = digest_behind(&envelope.digest_before, &envelope.message);
    }
    scene.puppet_lies(at, |puppet| puppet.say(body));
}

fn digest_behind(before: &Digest, message: &RaftMessage) -> Digest {
    message.entries.as_slice().iter().fold(*before, |digest, entry| {
        entry_digest(&digest, entry.index.0, entry.term.0, entry.kind, entry.data.as_slice())
    })
}

fn raft_message(status: &HsmStatus, tape: &mut Tape<'_>) -> RaftMessage {
    use RaftKind::{
        Append, AppendResponse, Heartbeat, HeartbeatResponse, RequestPreVote, RequestPreVoteResponse,
        RequestVote, RequestVoteResponse, Snapshot, TimeoutNow,
    };
    const KINDS: [RaftKind; 10] = [
        Append,
        AppendResponse,
        Heartbeat,
        HeartbeatResponse,
        RequestPreVote,
        RequestPreVoteResponse,
        RequestVote,
        RequestVoteResponse,
        Snapshot,
        TimeoutNow,
    ];
    let mut message = blank(KINDS[usize::from(tape.byte()) % KINDS.len()]);
    let (term, last) = (status.term.0, status.last.0);
    message.term = Term(near(term, tape));
    message.log_term = Term(near(term, tape));
    message.index = LogIndex(near(last, tape));
    message.commit = LogIndex(near(last, tape));
    message.commit_term = Term(near(term, tape));
    message.checkpoint = LogIndex(near(last, tape));
    message.checkpoint_term = Term(near(term, tape));
    message.reject = tape.byte() % 2;
    message.reject_hint = LogIndex(near(last, tape));
    let context = tape.byte();
    message.context = Bytes::new(tape.take(usize::from(context % 17)).to_vec()).unwrap_or_default();
    message
}

/// A number near another one, or any.
fn near(number: u64, tape: &mut Tape<'_>) -> u64 {
    match tape.byte() {
        255 => tape.eight(),
        254 => 0,
        253 => u64::MAX,
        offset @ 0..128 => number.saturating_add(u64::from(offset)),
        offset => number.saturating_sub(u64::from(255 - offset)),
    }
}

/// Entries behind the HSM's last: of its own log, twisted, or the tape's.
fn entries(scene: &Scene, status: &HsmStatus, tape: &mut Tape<'_>) -> List<StoredEntry, 4096> {
    let log: Vec<&StoredEntry> = scene.world.node(1).disk.log.values().collect();
    let mut entries = Vec::new();
    for _ in 0..tape.byte() % 4 {
        let mut bytes = match log.get(tape.place(log.len())) {
            Some(entry) => encode(*entry),
            None => tape.chunk().to_vec(),
        };
        if tape.byte().is_multiple_of(2) {
            twist(&mut bytes, tape);
        }
        let Ok(mut entry) = decode::<StoredEntry>(&bytes) else { continue };
        if tape.byte().is_multiple_of(2) {
            let place = u64::try_from(entries.len()).expect("few");
            entry.index = LogIndex(near(status.last.0.saturating_add(1 + place), tape));
            entry.term = Term(near(status.term.0, tape));
        }
        entries.push(entry);
    }
    List::new(entries).expect("few")
}

impl Scene {
    /// A member's HSM is broken from now on, so the others may stop.
    fn puppet_lies(&mut self, at: usize, say: impl FnOnce(&mut crate::puppet::Puppet) -> Option<Vec<u8>>) {
        let Some(puppet) = self.puppets.get_mut(at) else { return };
        let node = puppet.node;
        if let Some(frame) = say(puppet).and_then(Bytes::new) {
            self.world.tell(1, HostMessage::Peer(PeerBytes { node, frame }));
            self.lie_to(1);
        }
    }
}
