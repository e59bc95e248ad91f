//! Who signs what in a unit that is made anew, and what honest keys have signed.

use crate::{
    tape::Tape,
    trust_world::{
        Actor, Actors, Draft, ISSUED, Log, NOW, PartyActors, at, device, id_of, sign_checkpoint, verify,
    },
    twist::twist,
    vectors::{UNIT_HEADER, sections_of, texts_of},
};
use std::{collections::BTreeSet, sync::LazyLock};
use strongroom_crypto::note;
use strongroom_protocol::ids::Digest;
use strongroom_trust::{
    ClaimedDelivery, ClaimedNote, CountersignedNote, Memory, Moment, NoteSignature, RevocationBody,
    RevocationContents, TrustRoot, body::Body,
};

/// Leaves of a log at most.
const LEAVES_MAX: u64 = 40;
/// Times that stand in notes: good ones, old ones, ones ahead.
const TIMES: [&str; 8] = [
    "2026-11-28T10:00:00Z",
    ISSUED,
    NOW,
    "2026-11-01T00:00:00Z",
    "2027-06-01T00:00:00Z",
    "2027-12-01T00:00:00Z",
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
];

/// Who can sign, who is trusted, and what a device remembers of a unit that it believed before.
pub(super) struct Stage {
    actors: Actors,
    strangers: Actors,
    /// The trust roots, of quorum 1 and 2.
    pub(super) roots: [TrustRoot; 2],
    /// What the device remembers.
    pub(super) before: Memory,
    before_texts: BTreeSet<String>,
}

/// Set up at its first use, with stand-ins where the build has them.
pub(super) static STAGE: LazyLock<Stage> = LazyLock::new(set_up);

fn set_up() -> Stage {
    let actors = Actors::honest();
    let roots = [actors.root(1), actors.root(2)];
    let unit = Draft { size: 8, ..Draft::new() }.sign(&actors).bytes();
    let before = verify(&unit, &roots[1], &device()).expect("an honest unit").memory().expect("a memory");
    let sections = sections_of(&unit, UNIT_HEADER);
    let before_texts = sections.iter().flat_map(|(_, bytes)| texts_of(bytes)).collect();
    Stage { strangers: Actors::of("strangers"), actors, roots, before, before_texts }
}

/// One of the times.
pub(super) fn time(tape: &mut Tape<'_>) -> Moment {
    at(TIMES[usize::from(tape.byte()) % TIMES.len()])
}

/// The parties at work for one input.
pub(super) struct Forge<'s> {
    stage: &'s Stage,
    /// Every text that honest keys signed.
    pub(super) signed: BTreeSet<String>,
}

impl<'s> Forge<'s> {
    pub(super) fn new(stage: &'s Stage) -> Self {
        Self { stage, signed: stage.before_texts.clone() }
    }

    /// A body as it was written or twisted, the auditor's line, the operator's.
    pub(super) fn note(
        &mut self,
        tape: &mut Tape<'_>,
        body: String,
        kind: fn(&PartyActors) -> &Actor,
    ) -> Option<CountersignedNote> {
        let body = odd(tape, body)?;
        let Stage { actors, strangers, .. } = self.stage;
        let (auditor, operator) = (kind(&actors.auditor), kind(&actors.operator));
        let line = self.sign(tape, &body, auditor, [kind(&strangers.auditor), operator])?;
        let leaf = ClaimedNote::compose(&body, &[line]).ok()?.to_string();
        let line =
            self.sign(tape, &leaf, operator, [kind(&strangers.operator), &actors.operator.revocation])?;
        CountersignedNote::compose(&leaf, line).ok()
    }

    /// Mostly the honest key signs; else another one under the good name, or the good one under another name.
    fn sign(
        &mut self,
        tape: &mut Tape<'_>,
        text: &str,
        honest: &Actor,
        others: [&Actor; 2],
    ) -> Option<NoteSignature> {
        let (key, secret) = match tape.byte() {
            1 => (&honest.key, &others[0].secret),
            2 => (&honest.key, &others[1].secret),
            3 => (&others[0].key, &honest.secret),
            _ => (&honest.key, &honest.secret),
        };
        if std::ptr::eq(secret, &honest.secret) {
            self.signed.insert(text.to_owned());
        }
        Some(NoteSignature::new(key, note::sign(secret, text).ok()?.to_vec()))
    }

    /// Puts both notes into a log, has its checkpoint signed, and puts the unit together.
    pub(super) fn logged(
        &mut self,
        tape: &mut Tape<'_>,
        bundle: CountersignedNote,
        status: CountersignedNote,
    ) -> ClaimedDelivery {
        let size = u64::from(tape.byte()) % LEAVES_MAX + 2;
        let places = [u64::from(tape.byte()) % size, (u64::from(tape.byte()) + 1) % size];
        let mut log = Log::default();
        for index in 0..size {
            if index == places[0] {
                log.append(bundle.leaf());
            } else if index == places[1] {
                log.append(status.leaf());
            } else {
                log.fill(index + 1);
            }
        }
        let checkpoints = [self.checkpoint(tape, &log), self.checkpoint(tape, &log)];
        // Mostly there is one checkpoint, as there should be.
        let second = usize::from(tape.byte() == 1);
        let mut proofs = [log.proof(places[0], &checkpoints[0]), log.proof(places[1], &checkpoints[second])];
        if tape.byte() == 1 {
            proofs[tape.place(2)].index = u64::from(tape.byte());
        }
        let revocations = (0..tape.byte() % 4).filter_map(|_| self.revocation(tape)).collect();
        let [bundle_proof, status_proof] = proofs;
        ClaimedDelivery::compose(bundle, bundle_proof, status, status_proof, revocations)
    }

    fn checkpoint(&mut self, tape: &mut Tape<'_>, log: &Log) -> ClaimedNote {
        let Stage { actors, strangers, .. } = self.stage;
        let mut body = log.body(log.tree.size(), actors.log.key.name().as_str());
        match tape.byte() {
            1 => body.size += 1,
            2 => body.root = Digest::new([7; 32]),
            3 => body.origin = "another.example/log".into(),
            4 => body.extensions = vec!["extension".into(); usize::from(tape.byte() % 20)],
            _ => {}
        }
        let times: Vec<&str> =
            (tape.byte() % 3..2).map(|_| TIMES[usize::from(tape.byte()) % TIMES.len()]).collect();
        if tape.byte() == 1 {
            return sign_checkpoint(&body, strangers, &times);
        }
        self.signed.insert(body.to_string());
        sign_checkpoint(&body, actors, &times)
    }

    /// A revocation by any of those who may, by strangers, or by nobody.
    fn revocation(&mut self, tape: &mut Tape<'_>) -> Option<String> {
        let Stage { actors, strangers, .. } = self.stage;
        let contents = RevocationContents {
            namespace: "example.messenger.v1".parse().ok()?,
            fleet: id_of(["f2026a", "f2023a", "f2001a"][tape.place(3)]),
            issued: time(tape),
            reason: "key-compromise".parse().ok()?,
        };
        let text = odd(tape, RevocationBody::compose(&contents).ok()?.to_string())?;
        let roots = actors.roots.iter().map(|(_, root)| root);
        let may = [&actors.operator.revocation, &actors.auditor.revocation].into_iter().chain(roots);
        let all: Vec<&Actor> =
            may.chain([&strangers.operator.revocation, &actors.auditor.bundle, &actors.log]).collect();
        let signers = tape.byte();
        let chosen = all.iter().zip(0..).filter(|(_, bit)| signers & (1 << bit) != 0);
        let lines: Option<Vec<NoteSignature>> = chosen
            .map(|(actor, _)| {
                Some(NoteSignature::new(&actor.key, note::sign(&actor.secret, &text).ok()?.to_vec()))
            })
            .collect();
        if signers & 0b1_1111 != 0 {
            self.signed.insert(text.clone());
        }
        Some(ClaimedNote::compose(&text, &lines?).ok()?.to_string())
    }
}

/// A text as it is, or with a change that honest parties would not make.
fn odd(tape: &mut Tape<'_>, text: String) -> Option<String> {
    if tape.byte() != 1 {
        return Some(text);
    }
    let mut bytes = text.into_bytes();
    twist(&mut bytes, tape);
    String::from_utf8(bytes).ok()
}
