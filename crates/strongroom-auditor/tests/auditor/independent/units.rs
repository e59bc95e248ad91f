//! Ten thousand mutated delivery units, and what this project's verifier says of each.

use crate::{
    storage::{Fate, Memory},
    world::*,
};
use std::{collections::BTreeMap, sync::OnceLock};
use strongroom_crypto::{ChaChaRng, Rng};
use strongroom_trust::{
    CheckpointError, ClaimedDelivery, ClaimedEpochs, DeviceView, NoteError, Service, TrustError, TrustRoot,
    sections::{Sections, compose},
    verify_delivery,
};

const MUTATIONS: usize = 10_000;
const HEADER: &str = "strongroom.example/delivery/v1";
const BUNDLE: usize = 0;
const BUNDLE_PROOF: usize = 1;
const STATUS: usize = 2;
const STATUS_PROOF: usize = 3;

/// A unit, then mutations of it; and what this project's verifier says of each.
pub struct Corpus {
    pub root: TrustRoot,
    pub units: Vec<Vec<u8>>,
    kinds: Vec<&'static str>,
    ours: Vec<Result<(), TrustError>>,
}

impl Corpus {
    /// The one that all tests share.
    pub fn shared() -> &'static Self {
        static CORPUS: OnceLock<Corpus> = OnceLock::new();
        CORPUS.get_or_init(Self::make)
    }

    fn make() -> Self {
        let (world, files) = (World::new(), Memory::default());
        let office = world.office(&files, &Fate::immortal());
        office.adopt().unwrap();
        let first = first_bundle();
        office.enforce(&first).unwrap();
        let old = files.text("public/delivery").unwrap();
        office.enforce(&after(&first, vec![serving("f2026a", Service::Active)])).unwrap();
        let unit = files.text("public/delivery").unwrap();

        let mut dice = Dice(ChaChaRng::from_seed([9; 32]));
        let mut units = vec![unit.clone().into_bytes()];
        let mut kinds = vec!["the unit itself"];
        for number in 0..MUTATIONS {
            let (kind, bytes) = match number % 2 {
                0 => mutated_bytes(unit.as_bytes(), &mut dice),
                _ => mutated_parts(&parts(&unit), &parts(&old), &mut dice),
            };
            kinds.push(kind);
            units.push(bytes);
        }
        let root = world.root();
        let ours = units.iter().map(|unit| verdict(unit, &root)).collect();
        Self { root, units, kinds, ours }
    }

    /// Whatever is believed here the others believe, too; what they believe and this project does not it refuses by
    /// its stricter form alone, and never because somebody did not sign or a leaf does not stand in the log.
    pub fn compare(&self, name: &str, theirs: &[String]) {
        assert_eq!(theirs.len(), self.units.len());
        assert!(self.ours[0].is_ok() && theirs[0] == "ok", "{}", theirs[0]);
        let (mut both, mut stricter) = (0, BTreeMap::<_, usize>::new());
        for (((unit, kind), ours), theirs) in self.units.iter().zip(&self.kinds).zip(&self.ours).zip(theirs) {
            let shown = || String::from_utf8_lossy(unit);
            match (ours, theirs == "ok") {
                (Ok(()), true) => both += 1,
                (Ok(()), false) => panic!("{kind}: {name} refuses it ({theirs}): {}", shown()),
                (Err(error), true) if is_about_form(error) => {
                    *stricter.entry((*kind, error.name())).or_default() += 1;
                }
                (Err(error), true) => panic!("{kind}: {name} believes it ({error}): {}", shown()),
                (Err(_), false) => {}
            }
        }
        let forms: usize = stricter.values().sum();
        let refused = MUTATIONS + 1 - both - forms;
        println!(
            "{name}, {MUTATIONS} mutations: {both} believed and {refused} refused by both, {forms} refused here"
        );
        println!("by form alone: {stricter:?}");
        assert!(both > 500 && refused > 5000, "the mutations show nothing: {both}, {refused}");
    }
}

/// Rules of form that are this project's own: `docs/spec/notes.md`, `docs/spec/delivery.md`.
fn is_about_form(error: &TrustError) -> bool {
    match error {
        TrustError::Unit(_)
        | TrustError::Note { .. }
        | TrustError::Proof { .. }
        | TrustError::Form { .. } => true,
        TrustError::Checkpoint(cause) => matches!(
            cause,
            CheckpointError::Note(_)
                | CheckpointError::Form(_)
                | CheckpointError::LogSignature(NoteError::Repeated(_))
                | CheckpointError::Cosignature(NoteError::Repeated(_))
        ),
        _ => false,
    }
}

fn verdict(unit: &[u8], root: &TrustRoot) -> Result<(), TrustError> {
    let view = DeviceView {
        clock: now(),
        build: at("2026-06-01T00:00:00Z"),
        epochs: ClaimedEpochs::default(),
        memory: None,
        consistency: None,
    };
    verify_delivery(ClaimedDelivery::parse(unit)?, root, &view).map(|_| ())
}

struct Dice(ChaChaRng);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        (u64::from_be_bytes(bytes) % end as u64) as usize
    }
}

/// One byte is changed, left out, cut off behind, exchanged or repeated; the lengths of the sections stay.
fn mutated_bytes(unit: &[u8], dice: &mut Dice) -> (&'static str, Vec<u8>) {
    let mut mutated = unit.to_vec();
    let (kind, place, other) = (dice.below(5), dice.below(unit.len()), dice.below(unit.len()));
    match kind {
        0 => mutated[place] ^= 1 << dice.below(8),
        1 => drop(mutated.remove(place)),
        2 => mutated.truncate(place),
        3 => mutated.swap(place, other),
        _ => mutated.insert(place, unit[other]),
    }
    ("a byte", mutated)
}

type Parts = [String; 4];

fn parts(unit: &str) -> Parts {
    let sections = Sections::parse(unit.as_bytes(), HEADER, 1 << 20, 4).unwrap();
    let texts: Vec<String> =
        sections.iter().map(|(_, bytes)| String::from_utf8(bytes.to_vec()).unwrap()).collect();
    texts.try_into().unwrap()
}

/// One part is changed as somebody would who knows the formats; the lengths of the sections follow.
fn mutated_parts(parts: &Parts, old: &Parts, dice: &mut Dice) -> (&'static str, Vec<u8>) {
    let mut parts = parts.clone();
    let kind = match dice.below(4) {
        0 | 1 => change_checkpoints(&mut parts, dice),
        2 => change_proof(&mut parts, old, dice),
        _ => change_notes(&mut parts, old, dice),
    };
    let names = ["bundle", "bundle-proof", "status", "status-proof"];
    let sections: Vec<(&str, &str)> =
        names.into_iter().zip(&parts).map(|(name, text)| (name, text.as_str())).collect();
    (kind, compose(HEADER, &sections).into_bytes())
}

/// Both checkpoints are changed in one way, but for the last kind.
fn change_checkpoints(parts: &mut Parts, dice: &mut Dice) -> &'static str {
    let (_, checkpoint) = parts[STATUS_PROOF].split_once("\n\n").unwrap();
    let (text, lines) = checkpoint.rsplit_once("\n\n").unwrap();
    let mut text = text.to_owned();
    let mut lines: Vec<String> = lines.lines().map(Into::into).collect();
    let (place, other) = (dice.below(lines.len()), dice.below(lines.len()));
    let kind = match dice.below(9) {
        0 => {
            let stranger = Actor::new(&format!("stranger-{}.example", dice.below(99)));
            lines.insert(place, stranger.sign(&format!("{text}\n")).to_string());
            "a stranger's line"
        }
        1 => {
            lines.remove(place);
            "a line of the checkpoint left out"
        }
        2 => {
            lines.swap(place, other);
            "lines of the checkpoint in another order"
        }
        3 => {
            lines.insert(other, lines[place].clone());
            "a line of the checkpoint twice"
        }
        4 => {
            lines[place] = lines[place].replacen(".example", ".invalid", 1);
            "another name in a line of the checkpoint"
        }
        5 => {
            let size = text.lines().nth(1).unwrap().to_owned();
            let changed: usize = size.parse::<usize>().unwrap() + dice.below(3) - 1;
            text = text.replacen(&format!("\n{size}\n"), &format!("\n{changed}\n"), 1);
            "another size"
        }
        6 => {
            text.push_str("\nan extension");
            "an extension"
        }
        7 => {
            let names: Vec<String> =
                lines.iter().map(|line| line.split(' ').nth(1).unwrap().into()).collect();
            lines[place] = lines[place].replacen(&names[place], &names[other], 1);
            "one's signature under another's name"
        }
        _ => {
            lines[place] = flip_base64(&lines[place], dice);
            "a bit of a line of the checkpoint"
        }
    };
    let whole = format!("{text}\n\n{}\n", lines.join("\n"));
    let is_one_only = dice.below(9) == 0;
    for proof in [BUNDLE_PROOF, STATUS_PROOF] {
        let head = parts[proof].split_once("\n\n").unwrap().0.to_owned();
        if proof == STATUS_PROOF || !is_one_only {
            parts[proof] = format!("{head}\n\n{whole}");
        }
    }
    kind
}

fn change_proof(parts: &mut Parts, old: &Parts, dice: &mut Dice) -> &'static str {
    let proof = [BUNDLE_PROOF, STATUS_PROOF][dice.below(2)];
    let (head, checkpoint) = parts[proof].split_once("\n\n").unwrap();
    let mut lines: Vec<String> = head.lines().map(Into::into).collect();
    let (place, other) = (2 + dice.below(lines.len() - 2), 2 + dice.below(lines.len() - 2));
    let kind = match dice.below(7) {
        0 => {
            let index: usize = lines[1].strip_prefix("index ").unwrap().parse().unwrap();
            lines[1] = format!("index {}", index + dice.below(5) - 2);
            "another index"
        }
        1 => {
            lines.remove(place);
            "a hash left out"
        }
        2 => {
            lines.insert(other, lines[place].clone());
            "a hash twice"
        }
        3 => {
            lines.swap(place, other);
            "hashes in another order"
        }
        4 => {
            lines[place] = flip_base64(&lines[place], dice);
            "a bit of a hash"
        }
        5 => {
            parts.swap(BUNDLE_PROOF, STATUS_PROOF);
            return "the proofs exchanged";
        }
        _ => {
            parts[proof] = old[proof].clone();
            return "an older proof";
        }
    };
    parts[proof] = format!("{}\n\n{checkpoint}", lines.join("\n"));
    kind
}

fn change_notes(parts: &mut Parts, old: &Parts, dice: &mut Dice) -> &'static str {
    let note = [BUNDLE, STATUS][dice.below(2)];
    let mut lines: Vec<String> = parts[note].lines().map(Into::into).collect();
    let place = dice.below(lines.len());
    let kind = match dice.below(7) {
        0 => {
            let stranger = Actor::new(&format!("stranger-{}.example", dice.below(99)));
            let text = parts[note].rsplit_once("\n\n").unwrap().0.to_owned() + "\n";
            lines.push(stranger.sign(&text).to_string());
            "a stranger's line under a note"
        }
        1 => {
            lines.remove(place);
            "a line of a note left out"
        }
        2 => {
            lines.insert(dice.below(lines.len()), lines[place].clone());
            "a line of a note twice"
        }
        3 => {
            let other = dice.below(lines.len());
            lines.swap(place, other);
            "lines of a note exchanged"
        }
        4 => {
            parts.swap(BUNDLE, STATUS);
            return "the notes exchanged";
        }
        5 => {
            parts[note] = old[note].clone();
            return "an older note";
        }
        _ => {
            (parts[note], parts[note + 1]) = (old[note].clone(), old[note + 1].clone());
            return "an older note with its proof";
        }
    };
    parts[note] = lines.join("\n") + "\n";
    kind
}

/// Another digit of the line's base64, which may be one that decodes to the same bytes for whoever is not strict.
fn flip_base64(line: &str, dice: &mut Dice) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let begin = line.rfind(' ').map_or(0, |space| space + 1);
    let end = line.trim_end_matches('=').len();
    let place = if dice.below(4) == 0 { end - 1 } else { begin + dice.below(end - begin) };
    let mut bytes = line.as_bytes().to_vec();
    bytes[place] = DIGITS[dice.below(64)];
    String::from_utf8(bytes).unwrap()
}
