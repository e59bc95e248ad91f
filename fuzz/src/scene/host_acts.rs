//! What hosts, disks and platforms do: delays and crashes that they may, and lies.

use super::Scene;
use crate::{home::HOME, tape::Tape, twist::twist, world::Disk};
use strongroom_hsm::effect::{Input, PlatformDone};
use strongroom_protocol::{
    bytes::Bytes,
    decode, encode,
    ids::{LogIndex, NodeNumber},
    pipe::{HostMessage, Start, StoredEntry, TreeNode},
};

impl Scene {
    /// The host begins the service, with what stands on its disk.
    pub fn start(&mut self, number: u8) {
        let disk = &self.world.node(number).disk;
        let start = Start {
            head_table: Bytes::new(disk.head.clone()).unwrap_or_default(),
            head_table_before: Bytes::new(disk.head_before.clone()).unwrap_or_default(),
            log_first: LogIndex(disk.log.keys().next().copied().unwrap_or(0)),
            log_last: LogIndex(disk.log.keys().next_back().copied().unwrap_or(0)),
        };
        self.world.tell(number, HostMessage::Start(start));
    }

    fn crash(&mut self, number: u8) {
        let had_stopped = self.world.node(number).fault.is_some();
        self.world.kill(number);
        self.world.power_on(number);
        let node = self.world.node_mut(number);
        node.hold_platform = false;
        node.holds_disk = false;
        // A fault is looked at before it is forgotten by the restart.
        assert!(!had_stopped || self.lied_to.contains(&number));
    }
}

/// The program ends and starts again; its host may be slow to begin the service.
pub fn restart(scene: &mut Scene, tape: &mut Tape<'_>) {
    let number = scene.real(tape);
    scene.crash(number);
    if tape.byte() < 240 {
        scene.start(number);
    }
}

/// A slow platform or disk, or its end.
pub fn hold(scene: &mut Scene, tape: &mut Tape<'_>) {
    let number = scene.real(tape);
    let what = tape.byte();
    let node = scene.world.node_mut(number);
    match what % 4 {
        0 => node.hold_platform = !node.hold_platform,
        1 => node.holds_disk = true,
        2 => {
            node.holds_disk = false;
            let held = core::mem::take(&mut node.hold_disk);
            node.inbox.extend(held.into_iter().map(|batch| Input::Host(HostMessage::Stored(batch))));
        }
        _ => node.slow_shipping = (what > 128).then_some(1 + usize::from(what % 8)),
    }
}

/// Any message of the pipe, out of its turn.
pub fn host_says(scene: &mut Scene, tape: &mut Tape<'_>) {
    let number = scene.real(tape);
    let message = match tape.byte() % 10 {
        0 => HostMessage::Report,
        1 => HostMessage::PeerLost(NodeNumber(tape.byte())),
        2 => HostMessage::Sign,
        3 => HostMessage::Birth,
        4 => HostMessage::Adopt(HOME.genesis().clone()),
        5 => return scene.lie(number, HostMessage::Stored(tape.eight())),
        6 => return scene.lie(number, HostMessage::TreeWritten(LogIndex(tape.eight()))),
        7 => {
            let mut bytes = HOME.pipe[tape.place(HOME.pipe.len())].clone();
            twist(&mut bytes, tape);
            let Ok(message) = decode::<HostMessage>(&bytes) else { return };
            return scene.lie(number, message);
        }
        8 => {
            let Ok(message) = decode::<HostMessage>(tape.chunk()) else { return };
            return scene.lie(number, message);
        }
        _ => {
            scene.lie_to(number);
            return scene.start(number);
        }
    };
    scene.world.tell(number, message);
}

/// What waits for an HSM is lost, doubled, swapped or changed on the way.
pub fn twist_inbox(scene: &mut Scene, tape: &mut Tape<'_>) {
    let number = scene.real(tape);
    let at = tape.place(scene.world.node(number).inbox.len());
    let way = tape.byte();
    let inbox = &mut scene.world.node_mut(number).inbox;
    let Some(input) = inbox.remove(at) else { return };
    let input = match input {
        // An answer is looked at by the request's number, so requests stay as they are.
        Input::Host(HostMessage::Client(_) | HostMessage::Tick) => {
            inbox.insert(at, input);
            return;
        }
        Input::Host(message) => twist_message(message, way, tape),
        Input::Platform(done) => twist_done(done, way),
    };
    for input in input {
        let inbox = &mut scene.world.node_mut(number).inbox;
        inbox.insert(if way >= 128 { inbox.len() } else { at.min(inbox.len()) }, input);
    }
    scene.lie_to(number);
}

fn twist_message(message: HostMessage, way: u8, tape: &mut Tape<'_>) -> Vec<Input> {
    match way % 4 {
        0 => Vec::new(),
        1 => vec![Input::Host(message.clone()), Input::Host(message)],
        2 => vec![Input::Host(message)],
        _ => {
            let mut bytes = encode(&message);
            twist(&mut bytes, tape);
            decode::<HostMessage>(&bytes).map(Input::Host).into_iter().collect()
        }
    }
}

fn twist_done(done: PlatformDone, way: u8) -> Vec<Input> {
    let done = match way % 8 {
        0 => return Vec::new(),
        1 => return vec![Input::Platform(done.clone()), Input::Platform(done)],
        2 => PlatformDone::StateWritten,
        3 => PlatformDone::Swapped,
        4 => PlatformDone::OldStatesForgotten,
        5 => PlatformDone::AnchorHolds(u64::from(way)),
        6 => PlatformDone::Failed("the tape".into()),
        _ => PlatformDone::Superseded,
    };
    vec![Input::Platform(done)]
}

/// The disk is put back, swapped or damaged, and the program starts again on it.
pub fn twist_disk(scene: &mut Scene, tape: &mut Tape<'_>) {
    let number = scene.real(tape);
    scene.lie_to(number);
    for _ in 0..=tape.byte() % 4 {
        twist_once(&mut scene.world.node_mut(number).disk, number, tape);
    }
    scene.crash(number);
    scene.start(number);
}

fn twist_once(disk: &mut Disk, number: u8, tape: &mut Tape<'_>) {
    match tape.byte() % 10 {
        0 => *disk = HOME.older[usize::from(number) - 1].clone(),
        1 => *disk = HOME.disk(number % 3 + 1).clone(),
        2 => twist(&mut disk.head, tape),
        3 => core::mem::swap(&mut disk.head, &mut disk.head_before),
        4 => disk.head.clear(),
        5 => {
            let at = tape.place(disk.log.len());
            let index = disk.log.keys().nth(at).copied();
            index.and_then(|index| disk.log.remove(&index));
        }
        6 => {
            let at = tape.place(disk.log.len());
            if let Some((_, entry)) = disk.log.iter_mut().nth(at) {
                let mut bytes = encode(entry);
                twist(&mut bytes, tape);
                *entry = decode::<StoredEntry>(&bytes).unwrap_or(entry.clone());
            }
        }
        7 => disk.tree.clear(),
        8 => {
            let at = tape.place(disk.tree.len());
            if let Some(newest) = disk.tree.values_mut().nth(at).and_then(|versions| versions.last_entry()) {
                newest.remove();
            }
        }
        _ => {
            let at = tape.place(disk.tree.len());
            if let Some(mut newest) =
                disk.tree.values_mut().nth(at).and_then(|versions| versions.last_entry())
            {
                let mut bytes = encode(newest.get());
                twist(&mut bytes, tape);
                if let Ok(node) = decode::<TreeNode>(&bytes) {
                    newest.insert(node);
                }
            }
        }
    }
}

impl Scene {
    /// A node that is a real HSM.
    pub fn real(&self, tape: &mut Tape<'_>) -> u8 {
        let number = tape.byte() % 3 + 1;
        if self.puppets.is_empty() { number } else { 1 }
    }

    fn lie(&mut self, number: u8, message: HostMessage) {
        self.lie_to(number);
        self.world.tell(number, message);
    }
}
