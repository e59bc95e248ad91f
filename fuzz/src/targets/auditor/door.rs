//! The auditor's door: notes that the operator signed, or a stranger, or nobody, in any order.
//!
//! What is taken is what the operator signed, word for word, and was waited for; what is refused changes no file; and
//! whatever is brought, the log and the unit hold for everybody afterwards.

use crate::{
    auditor_world::{Actor, NAMESPACE, Office, World, first_bundle, id_of, now, report, secret, verified},
    storage::{Fate, Memory},
    tape::Tape,
    twist::twist,
};
use std::{collections::BTreeMap, sync::LazyLock};
use strongroom_auditor::auditor::{AcceptError, Accepted, RevokeError};
use strongroom_trust::{ClaimedNote, CountersignedNote, NoteKey, NoteSignature};

const ACTS_MAX: usize = 6;
/// What waits for the operator's signature; each kind has a key of its own.
const KINDS: [&str; 2] = ["bundle", "status"];

type Files = BTreeMap<String, Vec<u8>>;

/// A folder as it was, with those of the witnesses.
struct Stage {
    files: Files,
    witnesses: Vec<Files>,
}

/// A folder after a bundle was signed, after the operator countersigned it, and once it is in force.
struct House {
    stages: Vec<Stage>,
    /// What the auditor signed, by its kind.
    leaves: [String; 2],
}

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let (world, files) = (World::new(), Memory::default());
    let office = world.office(&files, &Fate::immortal());
    office.adopt().expect("a root");
    let bundle = office.sign(&first_bundle()).expect("a bundle").leaf;
    let mut stages = vec![Stage::of(&world, &files)];
    office.accept(&bundle, 0).expect("a countersigned bundle");
    office.auditor.tend(now()).expect("what is due");
    stages.push(Stage::of(&world, &files));
    let status = office.waiting("status").expect("a status");
    office.accept(&status, 1).expect("a countersigned status");
    stages.push(Stage::of(&world, &files));
    House { stages, leaves: [bundle, status] }
});

impl Stage {
    fn of(world: &World, files: &Memory) -> Self {
        let witnesses = world.witnesses.iter().map(|witness| contents(&witness.files)).collect();
        Self { files: contents(files), witnesses }
    }

    /// Puts everything back as it was.
    fn restore(&self, world: &World, files: &Memory) {
        put(files, &self.files);
        for (witness, files) in world.witnesses.iter().zip(&self.witnesses) {
            put(&witness.files, files);
        }
    }
}

fn contents(files: &Memory) -> Files {
    files.files.lock().expect("files").clone()
}

fn put(files: &Memory, contents: &Files) {
    files.files.lock().expect("files").clone_from(contents);
}

pub(super) fn run(tape: &mut Tape<'_>) -> usize {
    let stage = &HOUSE.stages[tape.place(HOUSE.stages.len())];
    let (world, files) = (World::new(), Memory::default());
    stage.restore(&world, &files);
    let office = world.office(&files, &Fate::immortal());
    let mut count = 0;
    for _ in 0..ACTS_MAX {
        if tape.is_empty() {
            break;
        }
        count += usize::from(act(&office, &files, tape));
    }
    office.auditor.tend(now()).expect("what is due");
    report(&files, &world.root());
    if files.text("public/delivery").is_some() {
        verified(&files, &world.root(), now());
    }
    count
}

/// Does one thing; says whether something was taken.
fn act(office: &Office<'_>, files: &Memory, tape: &mut Tape<'_>) -> bool {
    match tape.byte() % 5 {
        0 => countersigned(office, files, tape, 0),
        1 => countersigned(office, files, tape, 1),
        2 => revocation(office, files, tape),
        3 => {
            office.auditor.tend(now()).expect("what is due");
            false
        }
        _ => anything(office, files, tape),
    }
}

/// A note that was waited for, or was taken before, with somebody's signature under it.
fn countersigned(office: &Office<'_>, files: &Memory, tape: &mut Tape<'_>, kind: usize) -> bool {
    let waiting = office.waiting(KINDS[kind]);
    let leaf = waiting.clone().unwrap_or_else(|| HOUSE.leaves[kind].clone());
    let honest = office.countersign(&leaf, kind);
    let operator = &office.world.operator;
    let line = match tape.byte() % 6 {
        2 => operator[1 - kind].sign(&leaf),
        3 => impostor(&operator[kind]).sign(&leaf),
        4 => office.world.auditor[kind].sign(&leaf),
        _ => operator[kind].sign(&leaf),
    };
    let note = CountersignedNote::compose(&leaf, line).map(|note| note.as_str().to_owned());
    let mut bytes = note.unwrap_or_default().into_bytes();
    if tape.byte() == 1 {
        twist(&mut bytes, tape);
    }
    let is_honest = bytes == honest.as_bytes();
    let before = contents(files);
    match office.auditor.accept(&bytes, now()) {
        Ok(accepted) => {
            assert!(is_honest, "taken, and not what the operator signed");
            assert_eq!(matches!(accepted, Accepted::Bundle(_)), kind == 0);
            true
        }
        Err(AcceptError::Auditor(error)) => panic!("out of order: {error}"),
        Err(refusal) => {
            assert!(!is_honest || waiting.is_none(), "what was waited for is refused: {refusal}");
            assert!(contents(files) == before, "a refusal left something behind");
            false
        }
    }
}

/// Somebody with another key under the same name.
fn impostor(actor: &Actor) -> Actor {
    let secret = secret("an impostor");
    let key = NoteKey::new(actor.key.name().clone(), secret.public()).expect("a key");
    Actor { key, secret }
}

/// A revocation that the parties, some of the roots, a stranger or an impostor signed.
fn revocation(office: &Office<'_>, files: &Memory, tape: &mut Tape<'_>) -> bool {
    let (world, ways) = (office.world, tape.byte());
    let is_known = tape.byte() != 1;
    let fleet = id_of(if is_known { "f2023a" } else { "nobody's" });
    let text = format!(
        "strongroom.example/fleet-revocation/v1\nnamespace {NAMESPACE}\ngenesis sha256:{fleet}\n\
         issued 2026-11-28T11:00:00Z\nreason stolen\n"
    );
    let lines = signers(world, ways).iter().map(|signer| signer.sign(&text)).collect::<Vec<NoteSignature>>();
    let note = ClaimedNote::compose(&text, &lines).map(|note| note.to_string());
    let mut bytes = note.unwrap_or_default().into_bytes();
    let honest = bytes.clone();
    if tape.byte() == 1 {
        twist(&mut bytes, tape);
    }
    let (parties, roots) = ((ways & 3).count_ones(), (ways >> 2 & 7).count_ones());
    let before = contents(files);
    match office.auditor.take_revocation(&bytes, now()) {
        Ok(_) => {
            assert!(bytes.starts_with(text.as_bytes()), "taken, and nobody wrote it");
            assert!(is_known && (parties > 0 || roots >= 2), "taken, and nobody signed it who may");
            let logged = report(files, &world.root()).revocations.len();
            assert!(logged > 0, "taken, and not logged");
            true
        }
        Err(RevokeError::Auditor(error)) => panic!("out of order: {error}"),
        Err(refusal) => {
            let is_good = is_known && parties > 0 && bytes == honest;
            assert!(!is_good, "a revocation by a party is refused: {refusal}");
            assert!(contents(files) == before, "a refusal left something behind");
            false
        }
    }
}

/// Operator, auditor, the three holders of root keys, somebody else, and an impostor of the operator's, by the bits of a byte.
fn signers(world: &World, ways: u8) -> Vec<Actor> {
    let own = |actor: &Actor| Actor { key: actor.key.clone(), secret: secret(actor.key.name().as_str()) };
    let mut all = vec![own(&world.operator[2]), own(&world.auditor[2])];
    all.extend(world.roots.iter().map(|(_, actor)| own(actor)));
    all.extend([Actor::new("stranger"), impostor(&world.operator[2])]);
    all.into_iter().enumerate().filter(|(bit, _)| ways >> bit & 1 == 1).map(|(_, actor)| actor).collect()
}

/// Bytes that nobody signed.
fn anything(office: &Office<'_>, files: &Memory, tape: &mut Tape<'_>) -> bool {
    let (is_revocation, bytes) = (tape.byte() == 1, tape.chunk());
    let before = contents(files);
    let refused = match is_revocation {
        true => matches!(office.auditor.take_revocation(bytes, now()), Err(RevokeError::Note(_))),
        false => {
            matches!(office.auditor.accept(bytes, now()), Err(AcceptError::Note(_) | AcceptError::NotTheLast))
        }
    };
    assert!(refused && contents(files) == before, "what nobody signed had an effect");
    false
}
