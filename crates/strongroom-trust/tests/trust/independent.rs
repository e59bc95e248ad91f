//! What we write is read by other people's libraries, and what they write by us.

use crate::world::*;
use signed_note::{Note, StandardVerifier, Verifier, VerifierList};
use strongroom_protocol::ids::Digest;
use strongroom_trust::{
    merkle::{
        MemoryTree, Subtrees, leaf_hash, prove_consistency, prove_inclusion, root_of, verify_consistency,
        verify_inclusion,
    },
    tile::TileId,
    *,
};

fn verifiers(keys: &[&NoteKey]) -> VerifierList {
    let list = keys
        .iter()
        .map(|key| Box::new(StandardVerifier::new(&key.to_string()).unwrap()) as Box<dyn Verifier>);
    VerifierList::new(list.collect())
}

#[test]
fn another_parser_of_signed_notes_reads_ours_and_verifies_both_layers() {
    let actors = Actors::honest();
    let note = actors.countersigned(&bundle().to_string());
    let outer = Note::from_bytes(note.as_str().as_bytes()).unwrap();
    assert_eq!(outer.text(), note.leaf().as_bytes());
    let (known, unknown) = outer.verify(&verifiers(&[&actors.operator.bundle.key])).unwrap();
    assert_eq!((known.len(), unknown.len()), (1, 0));
    let inner = Note::from_bytes(outer.text()).unwrap();
    assert_eq!(inner.text(), note.body().as_bytes());
    assert_eq!(inner.verify(&verifiers(&[&actors.auditor.bundle.key])).unwrap().0.len(), 1);
    assert!(outer.verify(&verifiers(&[&actors.auditor.bundle.key])).is_err());
}

#[test]
fn both_parsers_agree_on_changed_notes() {
    let actors = Actors::honest();
    let text = "a text\n\nwith an empty line\n";
    let lines = [actors.log.sign(text), actors.auditor.bundle.sign(text)];
    let whole = ClaimedNote::compose(text, &lines).unwrap().to_string().into_bytes();
    let theirs = verifiers(&[&actors.log.key, &actors.auditor.bundle.key]);
    let (mut agreed, mut verified) = (0, 0);
    for place in 0..whole.len() {
        for byte in [b'\n', b' ', b'+', b'A', b'=', 0, 0x80, whole[place] ^ 1] {
            let mut bytes = whole.clone();
            bytes[place] = byte;
            let ours = ClaimedNote::parse(&bytes, 4096);
            let other = Note::from_bytes(&bytes);
            assert_eq!(ours.is_ok(), other.is_ok(), "byte {place} as {byte}: {ours:?}");
            let (Ok(ours), Ok(other)) = (ours, other) else { continue };
            agreed += 1;
            assert_eq!(ours.text().as_bytes(), other.text());
            let keys = [&actors.log.key, &actors.auditor.bundle.key];
            let count: Result<usize, NoteError> =
                keys.iter().map(|key| ours.is_signed_by(key).map(usize::from)).sum();
            let met = other.verify(&theirs).map(|(known, _)| known.len());
            match (count, met) {
                (Ok(0) | Err(_), Err(_)) => {}
                (Ok(ours), Ok(theirs)) => {
                    assert_eq!(ours, theirs, "byte {place} as {byte}");
                    verified += 1;
                }
                (ours, theirs) => panic!("byte {place} as {byte}: {ours:?}, {theirs:?}"),
            }
        }
    }
    assert!(agreed > 500 && verified > 50, "{agreed}, {verified}");
}

#[test]
fn the_published_note_and_cosignature_verify() {
    let key: NoteKey =
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k".parse().unwrap();
    let note = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    let note = ClaimedNote::parse(note.as_bytes(), 4096).unwrap();
    assert_eq!(note.is_signed_by(&key), Ok(true));
}

#[test]
fn another_library_of_logs_computes_the_same_roots_proofs_and_paths() {
    let mut tree = MemoryTree::default();
    let mut stored = Vec::new();
    struct Stored<'a>(&'a [tlog_tiles::Hash]);
    impl tlog_tiles::HashReader for Stored<'_> {
        fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
            Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
        }
    }
    let ours = |hash: &tlog_tiles::Hash| Digest::new(hash.0);
    for size in 1..=70u64 {
        let leaf = format!("leaf {size}");
        let hashes = tlog_tiles::stored_hashes(size - 1, leaf.as_bytes(), &Stored(&stored)).unwrap();
        stored.extend(hashes);
        tree.push(leaf.as_bytes());
        let reader = Stored(&stored);
        let root = root_of(&tree, size).unwrap();
        let their_root = tlog_tiles::tree_hash(size, &reader).unwrap();
        assert_eq!(root, ours(&their_root));
        for index in 0..size {
            let path = prove_inclusion(&tree, index, size).unwrap();
            let theirs = tlog_tiles::prove_record(size, index, &reader).unwrap();
            assert_eq!(path, theirs.iter().map(ours).collect::<Vec<_>>(), "{index} of {size}");
            let leaf = tree.subtree(0, index).unwrap();
            assert_eq!(verify_inclusion(index, &leaf, size, &root, &path), Ok(()));
        }
        for old in 1..=size {
            let proof = prove_consistency(&tree, old, size).unwrap();
            let theirs = tlog_tiles::prove_tree(size, old, &reader).unwrap();
            assert_eq!(proof, theirs.iter().map(ours).collect::<Vec<_>>(), "{old} to {size}");
            let old_root = root_of(&tree, old).unwrap();
            assert_eq!(verify_consistency(old, &old_root, size, &root, &proof), Ok(()));
        }
    }
    assert_eq!(leaf_hash(b"leaf"), ours(&tlog_tiles::record_hash(b"leaf")));
    for (level, index, width) in [(0, 0, 256), (0, 1_234_067, 256), (1, 999, 7), (2, 1000, 255)] {
        let mine = TileId { level: Some(level), index, width };
        let theirs = tlog_tiles::Tile::new(8, level, index, u32::from(width), false).path();
        // That library writes the tile's height too, as Go's module log does.
        assert_eq!(mine.to_string(), theirs.replacen("tile/8/", "tile/", 1));
    }
}

#[test]
fn another_library_reads_our_checkpoints() {
    let actors = Actors::honest();
    let mut log = Log::default();
    log.fill(5);
    let note = log.checkpoint(&actors, &[NOW, NOW]);
    let theirs = tlog_tiles::Checkpoint::from_bytes(note.text().as_bytes()).unwrap();
    assert_eq!((theirs.origin(), theirs.size()), ("auditor.example/log", 5));
    assert_eq!(theirs.to_bytes(), note.text().as_bytes());
}
