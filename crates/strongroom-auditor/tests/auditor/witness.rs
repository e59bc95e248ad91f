//! The witness: what it cosigns, what it refuses, and what it stored before it answered.

use crate::{
    storage::{Fate, Memory, Mortal},
    world::*,
};
use std::sync::Arc;
use strongroom_auditor::witness::{Witness, WitnessError};
use strongroom_protocol::ids::Digest;
use strongroom_trust::{
    CheckpointBody, ClaimedNote, WitnessKey,
    merkle::{MemoryTree, prove_consistency, root_of},
    text_digest,
    witness::{AddCheckpoint, WitnessRefusal},
};

fn tree(label: &str) -> MemoryTree {
    let mut tree = MemoryTree::default();
    (0..20).for_each(|number| tree.push(format!("{label} {number}").as_bytes()));
    tree
}

fn request(log: &Actor, tree: &MemoryTree, old: u64, new: u64) -> Vec<u8> {
    let body = CheckpointBody {
        origin: log.key.name().to_string(),
        size: new,
        root: root_of(tree, new).unwrap(),
        extensions: vec![],
    };
    let proof: Vec<Digest> = prove_consistency(tree, old, new).unwrap();
    let checkpoint = ClaimedNote::compose(&body.to_string(), &[log.sign(&body.to_string())]).unwrap();
    AddCheckpoint { old_size: old, proof, checkpoint }.to_string().into_bytes()
}

fn witness(files: &Memory) -> Witness {
    let secret = secret("witness");
    let key = WitnessKey::new("witness.example".parse().unwrap(), secret.public()).unwrap();
    Witness::new(Arc::new(files.clone()), key, Arc::new(secret))
}

fn refusal(outcome: Result<strongroom_trust::NoteSignature, WitnessError>) -> WitnessRefusal {
    match outcome {
        Err(WitnessError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_log_that_grows_is_cosigned_and_every_other_is_refused_by_its_status() {
    let (log, files) = (Actor::new(ORIGIN), Memory::default());
    let (honest, forked) = (tree("honest"), tree("forked"));
    let witness = witness(&files);
    assert_eq!(
        refusal(witness.add_checkpoint(&request(&log, &honest, 0, 5), now())),
        WitnessRefusal::UnknownLog
    );
    witness.watch(&log.key).unwrap();
    witness.watch(&log.key).unwrap();
    assert_eq!(witness.logs().unwrap().len(), 1);
    witness.add_checkpoint(&request(&log, &honest, 0, 5), now()).unwrap();
    let before = files.copy();
    let refused = [
        (request(&log, &honest, 0, 9), WitnessRefusal::OtherSize(5), 409),
        (request(&log, &honest, 4, 9), WitnessRefusal::OtherSize(5), 409),
        (request(&log, &forked, 5, 9), WitnessRefusal::Inconsistent, 422),
        (request(&log, &forked, 5, 5), WitnessRefusal::Inconsistent, 422),
        (request(&log, &honest, 9, 5), WitnessRefusal::Malformed, 400),
        (b"old 5\n".to_vec(), WitnessRefusal::Malformed, 400),
    ];
    for (request, expected, status) in refused {
        let met = refusal(witness.add_checkpoint(&request, now()));
        assert_eq!((met.status(), &met), (status, &expected));
    }
    let stranger = Actor { key: log.key.clone(), secret: secret("stranger") };
    let text = "auditor.example/log\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    let line = strongroom_crypto::note::sign(&stranger.secret, text).unwrap();
    let line = strongroom_trust::NoteSignature::new(&log.key, line.to_vec());
    let forged = format!("old 5\n\n{}", ClaimedNote::compose(text, &[line]).unwrap());
    assert_eq!(refusal(witness.add_checkpoint(forged.as_bytes(), now())).status(), 403);
    assert_eq!(
        *files.files.lock().unwrap(),
        *before.files.lock().unwrap(),
        "what is refused changes nothing"
    );
    let line = witness.add_checkpoint(&request(&log, &honest, 5, 9), now()).unwrap();
    assert!(line.is_of(witness.key()));
}

#[test]
fn what_was_cosigned_can_be_fetched_with_both_signatures() {
    let (log, files) = (Actor::new(ORIGIN), Memory::default());
    let witness = witness(&files);
    witness.watch(&log.key).unwrap();
    let hash = text_digest(ORIGIN).to_string();
    assert_eq!(witness.checkpoint(&hash).unwrap(), None);
    witness.add_checkpoint(&request(&log, &tree("honest"), 0, 5), now()).unwrap();
    let bytes = witness.checkpoint(&hash).unwrap().unwrap();
    let note = ClaimedNote::parse(&bytes, 65_536).unwrap();
    assert_eq!(note.is_signed_by(&log.key), Ok(true));
    assert_eq!(note.cosigned_by(witness.key()), Ok(Some(now())));
    for path in ["", "../private/key", &hash[1..], &hash.to_uppercase()] {
        assert_eq!(witness.checkpoint(path).unwrap(), None, "{path}");
    }
}

#[test]
fn an_unchanged_checkpoint_is_cosigned_again_with_the_new_time() {
    let (log, files) = (Actor::new(ORIGIN), Memory::default());
    let witness = witness(&files);
    witness.watch(&log.key).unwrap();
    let honest = tree("honest");
    witness.add_checkpoint(&request(&log, &honest, 0, 5), now()).unwrap();
    let later = at("2026-12-01T00:00:00Z");
    witness.add_checkpoint(&request(&log, &honest, 5, 5), later).unwrap();
    let bytes = witness.checkpoint(&text_digest(ORIGIN).to_string()).unwrap().unwrap();
    let note = ClaimedNote::parse(&bytes, 65_536).unwrap();
    assert_eq!(note.cosigned_by(witness.key()), Ok(Some(later)));
}

#[test]
fn no_cosignature_leaves_before_its_checkpoint_is_stored() {
    let log = Actor::new(ORIGIN);
    let honest = tree("honest");
    for is_after in [false, true] {
        let files = Memory::default();
        witness(&files).watch(&log.key).unwrap();
        let fate = Fate::dies_at(0, is_after);
        let dying = Witness::new(
            Arc::new(Mortal { files: files.clone(), fate: fate.clone() }),
            witness(&files).key().clone(),
            Arc::new(secret("witness")),
        );
        assert!(dying.add_checkpoint(&request(&log, &honest, 0, 5), now()).is_err());
        assert_eq!(fate.taken(), 1, "there is one step, and it comes before the answer");
        let living = witness(&files);
        let outcome = living.add_checkpoint(&request(&log, &tree("forked"), 0, 5), now());
        match is_after {
            true => assert_eq!(refusal(outcome), WitnessRefusal::OtherSize(5)),
            false => assert!(outcome.is_ok(), "it had cosigned nothing"),
        }
    }
}

#[test]
fn requests_at_once_never_roll_the_witness_back() {
    let (log, folder) = (Actor::new(ORIGIN), tempfile::tempdir().unwrap());
    let directory = strongroom_auditor::storage::Directory::create(folder.path()).unwrap();
    let secret = secret("witness");
    let key = WitnessKey::new("witness.example".parse().unwrap(), secret.public()).unwrap();
    let witness = Witness::new(Arc::new(directory), key, Arc::new(secret));
    witness.watch(&log.key).unwrap();
    let honest = tree("honest");
    let requests: Vec<_> = (1..=20).map(|size| request(&log, &honest, 0, size)).collect();
    let cosigned: usize = std::thread::scope(|scope| {
        let ask = |request: &Vec<u8>| {
            let witness = witness.clone();
            let request = request.clone();
            scope.spawn(move || usize::from(witness.add_checkpoint(&request, now()).is_ok()))
        };
        let asking: Vec<_> = requests.iter().map(ask).collect();
        asking.into_iter().map(|asked| asked.join().unwrap()).sum()
    });
    assert_eq!(cosigned, 1, "all but the first find another size");
}
