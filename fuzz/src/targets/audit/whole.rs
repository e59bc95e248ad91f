//! A whole log in files, some of them changed: what is read as a log is the log that its keeper signed.

use super::STAGE;
use crate::{
    tape::Tape,
    trust_world::{Actor, Actors, Log, bundle, digest, status_of},
    twist::twist,
};
use std::{cell::RefCell, collections::BTreeMap};
use strongroom_crypto::note;
use strongroom_trust::{
    CheckpointBody, Epoch, NoteSignature, RootChain, RootVersion, StatusNumber,
    log::{LogError, verify_log},
    merkle::{leaf_hash, root_of},
    proposed, text_digest,
    tile::{CHECKPOINT_PATH, LogFiles, TileId, write_entries},
};

/// Leaves of the log at most; one bundle of entries holds 256.
const LEAVES_MAX: u64 = 300;
const CHANGES_MAX: usize = 4;

/// Files in memory, and which of them were asked for.
struct Files {
    files: BTreeMap<String, Vec<u8>>,
    asked: RefCell<u64>,
}

impl LogFiles for Files {
    type Error = ();

    fn read(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, ()> {
        *self.asked.borrow_mut() += 1;
        self.files.get(path).filter(|bytes| bytes.len() <= bytes_max).cloned().ok_or(())
    }
}

pub(super) fn run(tape: &mut Tape<'_>) -> usize {
    let actors = &STAGE.actors;
    let chain = RootChain::new(actors.root(2));
    let size = match tape.byte() {
        long @ 250.. => 250 + u64::from(long - 250) * 10,
        short => u64::from(short % 24),
    };
    let is_odd = tape.byte() == 1;
    let (log, is_broken) = written(tape, actors, size.min(LEAVES_MAX), is_odd);
    let mut files = files_of(&log, actors);
    let honest = files.files.clone();
    if tape.byte() == 1 {
        swap_leaf(&log, actors, &mut files);
    }
    for _ in 0..CHANGES_MAX {
        if tape.is_empty() {
            break;
        }
        change(&mut files.files, tape);
    }
    let since = since(tape, &log);
    let met = verify_log(&files, &chain, since.as_ref());
    assert!(*files.asked.borrow() < 64, "a log of {size} leaves is asked for in too many files");
    let is_honest = files.files == honest;
    match met {
        Ok(report) => {
            assert!(!is_broken, "a log that breaks the rules between leaves is believed");
            assert!(*report.checkpoint.body() == log.body(log.tree.size(), actors.log.key.name().as_str()));
            assert_eq!(report.kinds.values().sum::<u64>(), log.tree.size());
            let leaf = |(index, at): (u64, &str)| log.leaves[index as usize].contains(at);
            assert!(report.others.iter().all(|(index, line)| leaf((*index, line))));
            assert!(
                report.epochs.iter().all(|epoch| log.leaves[epoch.index as usize].starts_with("strongroom"))
            );
            assert!(since.is_none_or(|since| root_of(&log.tree, since.size) == Ok(since.root)));
            return log.leaves.len();
        }
        Err(LogError::Leaf { index, .. }) => assert!(is_odd || !is_honest, "leaf {index} is refused"),
        Err(LogError::OtherLog | LogError::Shrunk { .. } | LogError::Forked(_)) => {
            assert!(
                since.is_some_and(|since| !is_own(&log, &since)) || !is_honest,
                "an honest log is said to lie"
            );
        }
        Err(error) => assert!(!is_honest, "{error:?}"),
    }
    0
}

/// A log of bundles, statuses and notes of other formats; an odd one may break the rules between leaves, and then says so.
fn written(tape: &mut Tape<'_>, actors: &Actors, size: u64, is_odd: bool) -> (Log, bool) {
    let mut log = Log::default();
    let (mut last, mut number, mut is_broken) = (None, 0, false);
    for index in 0..size {
        let odd = if is_odd { tape.byte() } else { 0 };
        let mut contents = bundle();
        let (epoch, previous) = last.map_or((1, None), |(epoch, digest)| (epoch + 1, Some(digest)));
        (contents.epoch, contents.previous) = (Epoch(epoch + u64::from(odd == 1)), previous);
        contents.trust_root = RootVersion(1 + u64::from(odd == 2));
        let kind = if size > 30 { 2 } else { index % 3 };
        let (text, signer) = match kind {
            0 => (contents.to_string(), &actors.auditor.bundle),
            1 => {
                contents.epoch = Epoch(epoch.saturating_sub(1).max(1));
                let mut status = status_of(&contents);
                number += 1;
                status.number = StatusNumber(number + u64::from(odd == 3));
                status.bundle = last.map_or(digest("none"), |(_, digest)| digest);
                (status.to_string(), &actors.auditor.status)
            }
            _ => (format!("strongroom.example/other/v1\n{index}\n"), &actors.auditor.revocation),
        };
        if kind == 0 {
            last = Some((contents.epoch.0, text_digest(&text)));
        }
        is_broken |= match kind {
            0 => matches!(odd, 1 | 2 | 4),
            1 => odd == 4 || (odd == 3 && number > 1),
            _ => false,
        };
        log.append(&leaf(&text, if odd == 4 { &actors.log } else { signer }));
    }
    (log, is_broken)
}

fn leaf(text: &str, signer: &Actor) -> String {
    let signature = note::sign(&signer.secret, text).expect("a signature");
    proposed(text, NoteSignature::new(&signer.key, signature.to_vec())).expect("a note").to_string()
}

fn files_of(log: &Log, actors: &Actors) -> Files {
    let size = log.tree.size();
    let mut files = BTreeMap::new();
    for tile in TileId::all(size) {
        let bytes = match tile.level {
            Some(_) => tile.bytes(&log.tree).expect("hashes"),
            None => {
                let first = usize::try_from(tile.index).expect("small") * 256;
                write_entries(&log.leaves[first..first + usize::from(tile.width)]).expect("entries")
            }
        };
        files.insert(tile.to_string(), bytes);
    }
    let times = ["2026-11-28T10:05:00Z", "2026-11-28T10:06:00Z"];
    files.insert(CHECKPOINT_PATH.into(), log.checkpoint(actors, &times).to_string().into_bytes());
    Files { files, asked: RefCell::new(0) }
}

/// Puts all files of another log into place, whose last leaf is another, but for the checkpoint.
fn swap_leaf(log: &Log, actors: &Actors, files: &mut Files) {
    let mut other = Log::default();
    let Some((_, rest)) = log.leaves.split_last() else { return };
    for leaf in rest {
        other.append(leaf);
    }
    other.append(&leaf("strongroom.example/other/v1\nanother\n", &actors.auditor.revocation));
    let checkpoint = files.files.get(CHECKPOINT_PATH).cloned();
    files.files = files_of(&other, actors).files;
    files.files.extend(checkpoint.map(|checkpoint| (CHECKPOINT_PATH.into(), checkpoint)));
}

/// Whether a checkpoint is one of this log's own.
fn is_own(log: &Log, since: &CheckpointBody) -> bool {
    since.size <= log.tree.size()
        && *since == log.body(since.size, &since.origin)
        && since.origin == STAGE.actors.log.key.name().as_str()
}

fn change(files: &mut BTreeMap<String, Vec<u8>>, tape: &mut Tape<'_>) {
    let place = tape.place(files.len());
    let Some((path, mut bytes)) = files.iter().nth(place).map(|(path, bytes)| (path.clone(), bytes.clone()))
    else {
        return;
    };
    match tape.byte() % 4 {
        0 => drop(files.remove(&path)),
        1 => {
            let other = tape.place(files.len());
            let taken = files.values().nth(other).cloned().unwrap_or_default();
            files.insert(path, taken);
        }
        _ => {
            twist(&mut bytes, tape);
            files.insert(path, bytes);
        }
    }
}

/// An older checkpoint of this log, or what somebody made up as one.
fn since(tape: &mut Tape<'_>, log: &Log) -> Option<CheckpointBody> {
    let origin = STAGE.actors.log.key.name().as_str();
    let size = u64::from(tape.byte());
    match tape.byte() % 4 {
        0 => None,
        1 => Some(log.body(size.min(log.tree.size()), origin)),
        2 => Some(CheckpointBody { root: leaf_hash(b"made up"), size: size.max(1), ..log.body(0, origin) }),
        _ => Some(log.body(0, "another.example/log")),
    }
}
