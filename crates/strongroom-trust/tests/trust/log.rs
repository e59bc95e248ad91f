//! A whole log, read from its tiles.

use crate::world::*;
use std::{cell::RefCell, collections::BTreeMap};
use strongroom_trust::{
    log::{FleetChange, LeafError, LeafKind, LogError, verify_leaf, verify_log},
    merkle::{prove_consistency, prove_inclusion, root_of, verify_consistency},
    tile::{CHECKPOINT_PATH, LogFiles, TileId, TileTree, write_entries},
    *,
};

#[derive(Default)]
pub struct Files(pub RefCell<BTreeMap<String, Vec<u8>>>);

impl LogFiles for Files {
    type Error = String;

    fn read(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, String> {
        let bytes = self.0.borrow().get(path).cloned().ok_or_else(|| format!("no {path}"))?;
        if bytes.len() > bytes_max { Err("too long".into()) } else { Ok(bytes) }
    }
}

/// Publishes a log as its keeper would.
pub fn publish(log: &Log, actors: &Actors) -> Files {
    let files = Files::default();
    for tile in TileId::all(log.tree.size()) {
        let bytes = match tile.level {
            Some(_) => tile.bytes(&log.tree).unwrap(),
            None => {
                let from = tile.index as usize * 256;
                write_entries(&log.leaves[from..from + usize::from(tile.width)]).unwrap()
            }
        };
        files.0.borrow_mut().insert(tile.to_string(), bytes);
    }
    let checkpoint = log.checkpoint(actors, &[NOW, NOW]);
    files.0.borrow_mut().insert(CHECKPOINT_PATH.into(), checkpoint.to_string().into_bytes());
    files
}

fn leaf(body: &str, actor: &Actor) -> String {
    proposed(body, actor.sign(body)).unwrap().to_string()
}

/// A log of an auditor's life: root, proposals, bundles with one void, status notes, a revocation.
pub struct Life {
    pub actors: Actors,
    pub log: Log,
    pub chain: RootChain,
    pub last: Option<BundleContents>,
    pub number: u64,
}

impl Life {
    pub fn new() -> Self {
        let actors = Actors::honest();
        let root = actors.root(2);
        let mut log = Log::default();
        log.append(root.as_str());
        Self { actors, log, chain: RootChain::new(root), last: None, number: 0 }
    }

    pub fn sign_bundle(&mut self, fleets: Vec<FleetEntry>) {
        let epoch = self.last.as_ref().map_or(Epoch(1), |last| last.epoch.next().unwrap());
        let previous = self.last.as_ref().map(|last| text_digest(&last.to_string()));
        let contents = BundleContents { epoch, previous, fleets, ..bundle() };
        let text = contents.to_string();
        self.log.append(&leaf(&text, &self.actors.operator.bundle));
        self.log.append(&leaf(&text, &self.actors.auditor.bundle));
        self.last = Some(contents);
    }

    pub fn sign_status(&mut self) {
        self.number += 1;
        let mut status = status_of(self.last.as_ref().unwrap());
        status.number = StatusNumber(self.number);
        self.log.append(&leaf(&status.to_string(), &self.actors.auditor.status));
    }

    pub fn lived() -> Self {
        let mut life = Self::new();
        life.sign_bundle(vec![serving("f2023a", Service::Active)]);
        life.sign_status();
        // Epoch 2 is void: the operator never counter-signed it, so no status names it.
        life.sign_bundle(vec![serving("stray", Service::Active)]);
        life.sign_bundle(vec![serving("f2026a", Service::Active), serving("f2023a", Service::Draining)]);
        life.sign_status();
        let note = revocation("f2023a", &[&life.actors.auditor.revocation]);
        life.log.append(&note);
        life.sign_bundle(vec![serving("f2026a", Service::Active), revoked("f2023a", 4)]);
        while life.log.tree.size() < 600 {
            life.sign_status();
        }
        life
    }

    fn verify(&self) -> Result<log::LogReport, LogError<String>> {
        verify_log(&publish(&self.log, &self.actors), &self.chain, None)
    }
}

#[test]
fn a_log_is_read_from_its_first_leaf_to_its_last() {
    let life = Life::lived();
    let report = life.verify().unwrap();
    assert_eq!(report.checkpoint.body().size, 600);
    let kinds: Vec<(LeafKind, u64)> = report.kinds.into_iter().collect();
    assert_eq!(
        kinds,
        [
            (LeafKind::Proposal, 4),
            (LeafKind::Bundle, 4),
            (LeafKind::Status, 590),
            (LeafKind::Revocation, 1),
            (LeafKind::Root, 1)
        ]
    );
    let named: Vec<bool> = report.epochs.iter().map(|epoch| epoch.is_named).collect();
    assert_eq!(named, [true, false, true, true]);
    let key = |label: &str| serving(label, Service::Active).serving().unwrap().identity_key;
    let (old, new) = (id_of("f2023a"), id_of("f2026a"));
    assert_eq!(
        report.epochs[2].changes,
        [
            FleetChange::Came { fleet: new, key: Some(key("f2026a")), service: Some(Service::Active) },
            FleetChange::Service { fleet: old, service: Service::Draining },
        ],
        "the void bundle changed nothing"
    );
    assert_eq!(report.epochs[3].changes, [FleetChange::Revoked { fleet: old, key: Some(key("f2023a")) }]);
    assert_eq!(report.revocations.len(), 1);
    assert_eq!(report.status.unwrap().epoch, Epoch(4));
}

#[test]
fn every_changed_tile_entry_and_checkpoint_is_noticed() {
    let life = Life::lived();
    let files = publish(&life.log, &life.actors);
    let paths: Vec<String> = files.0.borrow().keys().cloned().collect();
    assert_eq!(paths.len(), 1 + 3 + 3 + 1, "checkpoint, entries, level 0, level 1: {paths:?}");
    for path in &paths {
        let whole = files.0.borrow()[path].clone();
        for place in [0, whole.len() / 2, whole.len() - 2] {
            files.0.borrow_mut().get_mut(path).unwrap()[place] ^= 1;
            assert!(verify_log(&files, &life.chain, None).is_err(), "{path} at {place}");
            files.0.borrow_mut().insert(path.clone(), whole.clone());
        }
        files.0.borrow_mut().insert(path.clone(), whole[..whole.len() - 1].to_vec());
        assert!(verify_log(&files, &life.chain, None).is_err(), "{path} cut");
        files.0.borrow_mut().remove(path);
        assert!(verify_log(&files, &life.chain, None).is_err(), "{path} missing");
        files.0.borrow_mut().insert(path.clone(), whole);
    }
    assert!(verify_log(&files, &life.chain, None).is_ok());
}

#[test]
fn an_older_checkpoint_shows_forks_and_shrinking() {
    let life = Life::lived();
    let files = publish(&life.log, &life.actors);
    let since = |body: CheckpointBody| verify_log(&files, &life.chain, Some(&body)).map(|_| ()).unwrap_err();
    for size in [1, 255, 256, 257, 600] {
        let body = life.log.body(size, "auditor.example/log");
        assert!(verify_log(&files, &life.chain, Some(&body)).is_ok(), "{size}");
        let forked = CheckpointBody { root: digest("another history"), ..body };
        assert_eq!(since(forked), LogError::Forked(size));
    }
    let mut longer = life.log.body(600, "auditor.example/log");
    longer.size = 601;
    assert_eq!(since(longer), LogError::Shrunk { since: 601, met: 600 });
    assert_eq!(since(life.log.body(600, "stranger.example/log")), LogError::OtherLog);
}

#[test]
fn leaves_that_break_the_rules_are_named() {
    let check = |change: fn(&mut Life), expected: fn(&LeafError) -> bool| {
        let mut life = Life::new();
        life.sign_bundle(vec![serving("f2023a", Service::Active)]);
        life.sign_status();
        change(&mut life);
        let Err(LogError::Leaf { cause, index }) = life.verify() else { panic!() };
        assert!(expected(&cause), "{cause:?}");
        assert_eq!(index, life.log.tree.size() - 1);
    };
    fn again(life: &mut Life, change: fn(&mut BundleContents)) {
        let last = life.last.clone().unwrap();
        let mut next = BundleContents {
            epoch: last.epoch.next().unwrap(),
            previous: Some(text_digest(&last.to_string())),
            ..last
        };
        change(&mut next);
        life.log.append(&leaf(&next.to_string(), &life.actors.auditor.bundle));
    }
    check(
        |life| again(life, |next| next.epoch = Epoch(3)),
        |error| matches!(error, LeafError::BrokenChain { .. }),
    );
    check(
        |life| again(life, |next| next.previous = Some(digest("x"))),
        |error| matches!(error, LeafError::BrokenChain { .. }),
    );
    check(
        |life| again(life, |next| next.trust_root = RootVersion(2)),
        |error| *error == LeafError::UnknownRoot(RootVersion(2)),
    );
    check(
        |life| again(life, |next| next.namespace = "example.other".parse().unwrap()),
        |error| *error == LeafError::Namespace,
    );
    check(
        |life| {
            life.number += 1;
            life.sign_status();
        },
        |error| matches!(error, LeafError::StatusNumber { .. }),
    );
    check(
        |life| {
            life.last.as_mut().unwrap().fleets.push(revoked("f2021a", 1));
            life.sign_status();
        },
        |error| *error == LeafError::StatusBundle(Epoch(1)),
    );
    check(
        |life| {
            let text = status_of(life.last.as_ref().unwrap()).to_string();
            life.log.append(&leaf(&text, &life.actors.auditor.bundle));
        },
        |error| matches!(error, LeafError::Note(NoteError::Missing(_))),
    );
    check(
        |life| {
            let text = life.last.as_ref().unwrap().to_string();
            life.log.append(&leaf(&text, &Actor::new("stranger.example", "stranger")));
        },
        |error| *error == LeafError::Unsigned,
    );
    check(
        |life| {
            let contents =
                RootContents { expires: at("2032-01-01T00:00:00Z"), ..life.actors.root_contents(1, 2) };
            let text = life.actors.sign_root(&contents, 3);
            life.log.append(&text);
        },
        |error| *error == LeafError::OtherRoot(RootVersion(1)),
    );
    check(
        |life| {
            life.log.append("no note\n");
        },
        |error| matches!(error, LeafError::Note(NoteError::NoSignatures)),
    );
}

#[test]
fn notes_of_other_formats_are_counted_and_shown() {
    let mut life = Life::new();
    life.log.append(&leaf("strongroom.example/membership/v1\n", &life.actors.auditor.bundle));
    let report = life.verify().unwrap();
    assert_eq!(report.others, [(1, "strongroom.example/membership/v1".into())]);
    let proposal = leaf(&bundle().to_string(), &life.actors.operator.bundle);
    assert_eq!(verify_leaf(proposal.as_bytes(), &life.chain).unwrap().kind(), LeafKind::Proposal);
    let long = leaf(&format!("{}\n", "x".repeat(60_000)), &life.actors.auditor.bundle);
    let shown = log::VerifiedLeaf::Other("x".repeat(64));
    assert_eq!(
        verify_leaf(long.as_bytes(), &life.chain),
        Ok(shown),
        "a report does not grow with what it names"
    );
}

#[test]
fn proofs_are_made_from_tiles_and_partial_tiles_that_are_gone_lie_in_full_ones() {
    let life = Life::lived();
    let files = publish(&life.log, &life.actors);
    for size in [1, 200, 256, 511, 600] {
        let tree = TileTree::new(&files, size);
        assert_eq!(
            prove_inclusion(&tree, size / 2, size).ok(),
            prove_inclusion(&life.log.tree, size / 2, size).ok()
        );
        assert_eq!(root_of(&tree, size).ok(), root_of(&life.log.tree, size).ok());
    }
    let tree = TileTree::new(&files, 600);
    let proof = prove_consistency(&tree, 300, 600).unwrap();
    let roots = [300, 600].map(|size| root_of(&life.log.tree, size).unwrap());
    assert_eq!(verify_consistency(300, &roots[0], 600, &roots[1], &proof), Ok(()));
    assert!(root_of(&TileTree::new(&files, 900), 900).is_err(), "the log does not reach so far");
}
