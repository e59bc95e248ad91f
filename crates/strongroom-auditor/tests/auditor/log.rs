//! The log: grows through every stop, and never tells two histories.

use crate::{
    storage::{Fate, Memory, Mortal},
    world::*,
};
use std::{collections::BTreeSet, sync::Arc};
use strongroom_auditor::{
    log::{LogError, LogKeeper},
    storage::Storage,
};
use strongroom_trust::{
    CheckpointBody,
    merkle::{MemoryTree, root_of, verify_consistency},
    text_digest,
    tile::{LogFiles, TileId},
};

fn keeper(world: &World, storage: Arc<dyn Storage>) -> LogKeeper {
    LogKeeper::new(storage, world.log.key.clone(), Arc::new(secret(ORIGIN)))
}

fn leaf(number: u64) -> Vec<u8> {
    format!("leaf {number}\n").repeat(number as usize % 7 + 1).into_bytes()
}

fn append(
    world: &World,
    keeper: &LogKeeper,
    fate: &Fate,
    leaves: Vec<Vec<u8>>,
) -> Result<CheckpointBody, LogError> {
    keeper.begin(leaves)?;
    Ok(keeper.complete(&world.policy(), &world.ways(fate))?.body().clone())
}

/// Grows a log to a size at least, by batches of changing lengths.
fn grow(world: &World, files: &Memory, size: u64) {
    let keeper = keeper(world, Arc::new(files.clone()));
    let mut held = keeper.state().unwrap().published_size();
    while held < size {
        let end = (held + 1 + held % 20).min(size);
        held = append(world, &keeper, &Fate::immortal(), (held..end).map(leaf).collect()).unwrap().size;
    }
}

fn expected(size: u64) -> MemoryTree {
    let mut tree = MemoryTree::default();
    (0..size).for_each(|number| tree.push(&leaf(number)));
    tree
}

#[test]
fn a_log_of_any_size_has_the_root_the_tiles_and_the_entries_that_it_should() {
    let (world, files) = (World::new(), Memory::default());
    for size in [1, 2, 255, 256, 257, 300, 512, 700] {
        grow(&world, &files, size);
        let keeper = keeper(&world, Arc::new(files.clone()));
        let tree = expected(size);
        let witnessed = keeper.witnessed(&world.policy()).unwrap();
        assert_eq!(witnessed.body().size, size);
        assert_eq!(witnessed.body().root, root_of(&tree, size).unwrap());
        assert_eq!(witnessed.times().len(), 3);
        for id in TileId::all(size).filter(|id| id.level.is_some()) {
            let read = keeper.files().read(&id.to_string(), 8192).unwrap();
            assert_eq!(read, id.bytes(&tree).unwrap(), "{id}");
        }
        assert_eq!(keeper.leaves().unwrap(), (0..size).map(leaf).collect::<Vec<_>>());
        for index in [0, size / 2, size - 1] {
            let proof = keeper.prove(index, &witnessed).unwrap();
            let text = String::from_utf8(leaf(index)).unwrap();
            assert!(proof.verify_inclusion(&text, size, &witnessed.body().root).is_ok(), "{index} of {size}");
        }
    }
    let partial: Vec<String> = files.paths().into_iter().filter(|path| path.contains(".p/")).collect();
    assert!(partial.iter().all(|path| path.contains("/002.p/") || path.contains("/1/000.p/")), "{partial:?}");
}

/// What a log's key ever signed, as witnesses and the public saw it and as it lies on disk.
fn signed(files: &Memory) -> Option<CheckpointBody> {
    let text = files.text("private/signed")?;
    Some(
        CheckpointBody::parse(text.split("\n\n").next().map(|text| format!("{text}\n")).unwrap().as_str())
            .unwrap(),
    )
}

/// Stops the program in every step of appending a batch, once before the step has an effect and once after, and
/// goes on with a new one.
fn stop_at_every_step(start: u64, count: u64) {
    let mut step = 0;
    let mut ends = BTreeSet::new();
    loop {
        let mut stops = 0;
        for is_after in [false, true] {
            let (world, files) = (World::new(), Memory::default());
            grow(&world, &files, start);
            let fate = Fate::dies_at(step, is_after);
            let dying = keeper(&world, Arc::new(Mortal { files: files.clone(), fate: fate.clone() }));
            let leaves: Vec<_> = (start..start + count).map(leaf).collect();
            let outcome = append(&world, &dying, &fate, leaves.clone());
            stops += u32::from(fate.is_dead());
            if has_entries(&files, start + count) {
                assert!(
                    cosigned(&world, start + count) >= 2,
                    "leaves are public and no quorum has cosigned them"
                );
            }
            let first = signed(&files);
            let living = keeper(&world, Arc::new(files.clone()));
            let begun = living.state().unwrap().batch.is_some();
            ends.insert((outcome.is_ok(), begun));
            let end = match begun || living.state().unwrap().published_size() == start + count {
                true => {
                    living.complete(&world.policy(), &world.ways(&Fate::immortal())).unwrap().body().clone()
                }
                false => append(&world, &living, &Fate::immortal(), leaves).unwrap(),
            };
            assert_eq!(end.size, start + count, "step {step}");
            assert_eq!(end.root, root_of(&expected(end.size), end.size).unwrap());
            if let Some(first) = first.filter(|first| first.size > 0) {
                let proof =
                    strongroom_trust::merkle::prove_consistency(&expected(end.size), first.size, end.size);
                verify_consistency(first.size, &first.root, end.size, &end.root, &proof.unwrap()).unwrap();
            }
            assert_eq!(living.leaves().unwrap().len() as u64, end.size);
            assert!(files.text("private/next").is_none());
        }
        if stops == 0 {
            break;
        }
        step += 1;
    }
    assert!(step > 8, "{step} steps");
    assert_eq!(ends, BTreeSet::from([(false, false), (false, true), (true, false)]));
}

/// Whether the leaves of a log of this size lie where everybody can read them.
fn has_entries(files: &Memory, size: u64) -> bool {
    let mut bundles = TileId::all(size).filter(|id| id.level.is_none());
    bundles.all(|id| files.files.lock().unwrap().contains_key(&format!("public/{id}")))
}

/// How many witnesses cosigned a log of this size.
fn cosigned(world: &World, size: u64) -> usize {
    let path = format!("public/{}/checkpoint", text_digest(ORIGIN));
    let is_cosigned = |text: String| text.starts_with(&format!("{ORIGIN}\n{size}\n"));
    world.witnesses.iter().filter(|witness| witness.files.text(&path).is_some_and(is_cosigned)).count()
}

#[test]
fn a_stop_at_any_step_of_the_first_batch_leaves_one_history() {
    stop_at_every_step(0, 3);
}

#[test]
fn a_stop_at_any_step_within_a_tile_leaves_one_history() {
    stop_at_every_step(7, 2);
}

#[test]
fn a_stop_at_any_step_while_tiles_become_full_leaves_one_history() {
    stop_at_every_step(250, 20);
}

#[test]
fn without_a_quorum_nothing_is_public_and_the_next_call_goes_on() {
    let (world, files) = (World::new(), Memory::default());
    grow(&world, &files, 5);
    let keeper = keeper(&world, Arc::new(files.clone()));
    world.witnesses[0].set(Mood::Silent);
    world.witnesses[1].set(Mood::Silent);
    let before = files.text("public/checkpoint");
    let error = append(&world, &keeper, &Fate::immortal(), vec![leaf(5)]).unwrap_err();
    let LogError::TooFewWitnesses { needed: 2, met: 1, failures } = error else { panic!("{error}") };
    assert_eq!(failures[0].to_string(), "witness-1.example: no answer");
    assert_eq!(files.text("public/checkpoint"), before);
    assert!(!files.paths().contains(&"public/tile/entries/000.p/6".to_string()));
    assert_eq!(signed(&files).unwrap().size, 5, "nothing is signed while too few witnesses are there");
    assert!(matches!(keeper.begin(vec![leaf(9)]), Err(LogError::Pending)));
    world.witnesses[0].set(Mood::Honest);
    let end = keeper.complete(&world.policy(), &world.ways(&Fate::immortal())).unwrap();
    assert_eq!((end.body().size, end.times().len()), (6, 2));
}

#[test]
fn a_forged_cosignature_does_not_count() {
    let (world, files) = (World::new(), Memory::default());
    let keeper = keeper(&world, Arc::new(files.clone()));
    world.witnesses[0].set(Mood::Forges);
    world.witnesses[1].set(Mood::Forges);
    let error = append(&world, &keeper, &Fate::immortal(), vec![leaf(0)]).unwrap_err();
    assert!(error.to_string().contains("witness-1.example: its cosignature does not verify"), "{error}");
    world.witnesses[0].set(Mood::Honest);
    assert!(keeper.complete(&world.policy(), &world.ways(&Fate::immortal())).is_ok());
}

#[test]
fn one_witness_that_lies_about_the_size_stops_nobody() {
    let (world, files) = (World::new(), Memory::default());
    grow(&world, &files, 5);
    world.witnesses[2].set(Mood::Claims(1000));
    let keeper = keeper(&world, Arc::new(files.clone()));
    assert_eq!(append(&world, &keeper, &Fate::immortal(), vec![leaf(5)]).unwrap().size, 6);
    world.witnesses[2].set(Mood::Claims(0));
    assert_eq!(append(&world, &keeper, &Fate::immortal(), vec![leaf(6)]).unwrap().size, 7);
}

#[test]
fn a_witness_that_missed_growth_is_brought_up_to_date() {
    let (world, files) = (World::new(), Memory::default());
    grow(&world, &files, 5);
    world.witnesses[2].set(Mood::Silent);
    grow(&world, &files, 270);
    world.witnesses[2].set(Mood::Honest);
    grow(&world, &files, 271);
    let witnessed = keeper(&world, Arc::new(files)).witnessed(&world.policy()).unwrap();
    assert_eq!(witnessed.times().len(), 3);
}

#[test]
fn a_folder_that_was_put_back_signs_nothing() {
    let (world, files) = (World::new(), Memory::default());
    grow(&world, &files, 5);
    let old = files.copy();
    grow(&world, &files, 9);
    let keeper = keeper(&world, Arc::new(old.clone()));
    let error = append(&world, &keeper, &Fate::immortal(), vec![b"another leaf\n".to_vec()]).unwrap_err();
    assert!(matches!(error, LogError::PutBack { witnessed: 9, held: 5 }), "{error}");
    assert_eq!(signed(&old).unwrap().size, 5);
}

#[test]
fn fresh_cosignatures_cost_no_growth() {
    let (world, files) = (World::new(), Memory::default());
    grow(&world, &files, 5);
    let later = at("2026-12-05T12:00:00Z");
    world.witnesses.iter().for_each(|witness| *witness.clock.lock().unwrap() = later);
    world.witnesses[0].set(Mood::Silent);
    let keeper = keeper(&world, Arc::new(files.clone()));
    let fresh = keeper.complete(&world.policy(), &world.ways(&Fate::immortal())).unwrap();
    assert_eq!((fresh.body().size, fresh.quorum_time()), (5, later));
    assert_eq!(fresh.times().len(), 3, "the line of the witness that was silent stays");
    assert!(matches!(
        self::keeper(&world, Arc::new(Memory::default())).complete(&world.policy(), &[]),
        Err(LogError::Empty)
    ));
}

#[test]
fn damaged_files_are_named_and_nothing_is_signed() {
    let (world, files) = (World::new(), Memory::default());
    grow(&world, &files, 300);
    let needed = ["public/checkpoint", "private/signed", "public/tile/0/001.p/44", "public/tile/1/000.p/1"];
    for path in needed {
        let whole = files.files.lock().unwrap()[path].clone();
        let damaged = files.copy();
        // Of the checkpoint the text; its cosignatures are asked for anew.
        let place = if path.ends_with("checkpoint") { 30 } else { whole.len() / 2 };
        damaged.files.lock().unwrap().get_mut(path).unwrap()[place] ^= 1;
        let keeper = keeper(&world, Arc::new(damaged.clone()));
        let outcome = append(&world, &keeper, &Fate::immortal(), vec![leaf(300)]);
        assert!(outcome.is_err(), "{path}");
        assert!(damaged.text("private/signed").is_none_or(|text| !text.contains("\n301\n")), "{path}");
    }
}

#[test]
fn what_was_shown_once_is_never_shown_otherwise() {
    let (world, files) = (World::new(), Memory::default());
    grow(&world, &files, 5);
    files.replace("public/tile/0/000.p/6", &[7; 192]).unwrap();
    let keeper = keeper(&world, Arc::new(files.clone()));
    let error = append(&world, &keeper, &Fate::immortal(), vec![leaf(5)]).unwrap_err();
    assert!(matches!(&error, LogError::Broken(path) if path == "public/tile/0/000.p/6"), "{error}");
    assert_eq!(files.files.lock().unwrap()["public/tile/0/000.p/6"], [7; 192]);
    assert_eq!(signed(&files).unwrap().size, 5);
}

/// A log of five leaves with a sixth that was signed and that no witness saw.
fn signed_and_not_witnessed(world: &World) -> Memory {
    for step in 0.. {
        let files = Memory::default();
        grow(world, &files, 5);
        let fate = Fate::dies_at(step, true);
        let dying = keeper(world, Arc::new(Mortal { files: files.clone(), fate: fate.clone() }));
        assert!(append(world, &dying, &fate, vec![leaf(5)]).is_err());
        if signed(&files).unwrap().size == 6 {
            return files;
        }
        world.witnesses.iter().for_each(|witness| witness.files.remove("public").unwrap());
    }
    panic!()
}

#[test]
fn what_was_signed_and_is_damaged_before_it_is_witnessed_is_not_published() {
    let world = World::new();
    let files = signed_and_not_witnessed(&world);
    for path in ["public/tile/0/000.p/6", "private/next"] {
        let damaged = files.copy();
        *damaged.files.lock().unwrap().get_mut(path).unwrap().last_mut().unwrap() ^= 1;
        let living = keeper(&world, Arc::new(damaged.clone()));
        let error = living.complete(&world.policy(), &world.ways(&Fate::immortal())).unwrap_err();
        assert!(matches!(error, LogError::Broken(_)), "{path}: {error}");
        assert_eq!(living.state().unwrap().published_size(), 5);
    }
    // A tile and the batch that fit each other, and not what was signed.
    let damaged = files.copy();
    damaged.remove("public/tile/0/000.p/6").unwrap();
    *damaged.files.lock().unwrap().get_mut("private/next").unwrap().last_mut().unwrap() ^= 1;
    let error = keeper(&world, Arc::new(damaged))
        .complete(&world.policy(), &world.ways(&Fate::immortal()))
        .unwrap_err();
    assert!(matches!(error, LogError::Forked), "{error}");
    let end =
        keeper(&world, Arc::new(files)).complete(&world.policy(), &world.ways(&Fate::immortal())).unwrap();
    assert_eq!(end.body().size, 6);
}
