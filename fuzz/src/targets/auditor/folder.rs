//! The three files by which a log knows how far it is: what it takes for its state is what was written there, and
//! holds together.

use crate::{
    auditor_world::{Actor, ORIGIN, secret},
    storage::Memory,
    tape::Tape,
    trust_world::Log,
    twist::twist,
};
use std::sync::{Arc, LazyLock};
use strongroom_auditor::{
    limits::BATCH_LEAVES_MAX,
    log::{LogKeeper, LogState},
    storage::Storage,
};
use strongroom_trust::{CheckpointBody, ClaimedNote, tile::write_entries};

const PUBLISHED: &str = "public/checkpoint";
const SIGNED: &str = "private/signed";
const NEXT: &str = "private/next";
/// Leaves of the log at most.
const SIZE_MAX: u64 = 24;

/// The log's key, a stranger's of the same name, and two histories.
struct Stage {
    log: Actor,
    stranger: Actor,
    faces: [Log; 2],
}

static STAGE: LazyLock<Stage> = LazyLock::new(|| {
    let face = |name: &str| {
        let mut log = Log::default();
        (0..SIZE_MAX + BATCH_LEAVES_MAX as u64).for_each(|number| {
            log.append(&format!("{name} {number}"));
        });
        log
    };
    let log = Actor::new(ORIGIN);
    let other = secret("another log");
    let key = strongroom_trust::NoteKey::new(log.key.name().clone(), other.public()).expect("a key");
    Stage { log, stranger: Actor { key, secret: other }, faces: [face("one"), face("other")] }
});

/// One checkpoint as it was meant.
struct Meant {
    body: CheckpointBody,
    is_own: bool,
}

pub(super) fn run(tape: &mut Tape<'_>) -> usize {
    let files = Memory::default();
    let published = put_checkpoint(&files, PUBLISHED, tape);
    let signed = put_checkpoint(&files, SIGNED, tape);
    let batch = put_batch(&files, published.as_ref().map_or(0, |meant| meant.body.size), tape);
    let is_twisted = tape.byte() == 1 && twist_one(&files, tape);
    let keeper = LogKeeper::new(Arc::new(files.clone()), STAGE.log.key.clone(), Arc::new(secret(ORIGIN)));
    let met = keeper.state();
    if !is_twisted {
        assert_eq!(met.is_ok(), holds(published.as_ref(), signed.as_ref(), batch), "{met:?}");
    }
    match met {
        Ok(state) => check(&state, &files),
        Err(_) => 0,
    }
}

/// Nothing, or what the log or a stranger signed of one of two histories.
fn put_checkpoint(files: &Memory, path: &str, tape: &mut Tape<'_>) -> Option<Meant> {
    let size = u64::from(tape.byte()) % (SIZE_MAX + 1);
    let ways = tape.byte();
    if size == 0 {
        return None;
    }
    let body = STAGE.faces[usize::from(ways & 1)].body(size, ORIGIN);
    let is_own = ways & 6 != 6;
    let signer = if is_own { &STAGE.log } else { &STAGE.stranger };
    let text = body.to_string();
    let note = ClaimedNote::compose(&text, &[signer.sign(&text)]).expect("a note");
    files.replace(path, note.as_str().as_bytes()).expect("files in memory");
    Some(Meant { body, is_own })
}

/// Nothing, or leaves that begin near the end of what is published; gives where they begin and end.
fn put_batch(files: &Memory, published: u64, tape: &mut Tape<'_>) -> Option<(u64, u64)> {
    let count = u64::from(tape.byte()) % (BATCH_LEAVES_MAX as u64 + 1);
    if count == 0 {
        return None;
    }
    let start = match tape.byte() % 4 {
        0 => published,
        1 => published.saturating_sub(count),
        2 => published.saturating_sub(1),
        _ => published + 1,
    };
    let leaves: Vec<Vec<u8>> =
        (0..count).map(|number| [tape.take(3), &number.to_be_bytes()].concat()).collect();
    files.replace(NEXT, &batch_text(start, &leaves)).expect("files in memory");
    Some((start, start + count))
}

/// The file of a batch, as its page has it.
fn batch_text(start: u64, leaves: &[Vec<u8>]) -> Vec<u8> {
    let head = format!("strongroom.example/log-batch/v1\nstart {start}\nleaves {}\n\n", leaves.len());
    [head.into_bytes(), write_entries(leaves).expect("entries")].concat()
}

/// Changes one file; says whether it is another then.
fn twist_one(files: &Memory, tape: &mut Tape<'_>) -> bool {
    let paths = files.paths();
    let Some(path) = paths.get(tape.place(paths.len())) else { return false };
    let before = files.read(path, usize::MAX).expect("files in memory").expect("a file");
    let mut bytes = before.clone();
    twist(&mut bytes, tape);
    files.replace(path, &bytes).expect("files in memory");
    bytes != before
}

/// The rules of a folder, told once more.
fn holds(published: Option<&Meant>, signed: Option<&Meant>, batch: Option<(u64, u64)>) -> bool {
    let size = |meant: Option<&Meant>| meant.map_or(0, |meant| meant.body.size);
    let (is, was) = (size(published), size(signed));
    // A batch whose leaves are all published was left behind by a stop.
    let batch = batch.filter(|(_, end)| *end != is);
    let target = batch.map_or(is, |(_, end)| end);
    let is_own = |meant: Option<&Meant>| meant.is_none_or(|meant| meant.is_own);
    let roots_agree = match (published, signed) {
        (Some(one), Some(other)) => is != was || one.body == other.body,
        (Some(_), None) => false,
        (None, _) => true,
    };
    let batch_fits = batch.is_none_or(|(start, _)| start == is);
    is_own(published) && is_own(signed) && roots_agree && batch_fits && (was == is || was == target)
}

/// Nothing stands in the state that does not stand in the files, signed by the log where it has to be.
fn check(state: &LogState, files: &Memory) -> usize {
    let is_own = |body: &CheckpointBody| {
        body.size <= SIZE_MAX && STAGE.faces.iter().any(|face| face.body(body.size, ORIGIN) == *body)
    };
    for (note, body) in state.published.iter().chain(&state.signed) {
        assert!(is_own(body) && note.text() == body.to_string(), "the log never signed {body}");
    }
    let Some(batch) = &state.batch else { return 1 };
    assert!((1..=BATCH_LEAVES_MAX).contains(&batch.leaves().len()));
    assert_eq!(batch.start(), state.published_size(), "leaves that do not follow");
    assert!(state.signed_size() == state.published_size() || state.signed_size() == batch.end());
    let bytes = files.read(NEXT, usize::MAX).expect("files in memory");
    assert!(bytes == Some(batch_text(batch.start(), batch.leaves())), "a batch has two texts");
    1
}
