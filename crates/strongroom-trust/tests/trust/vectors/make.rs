//! Collects the files of the vectors and their index.

use super::{texts, units};
use crate::world::*;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use strongroom_protocol::ids::Digest;
use strongroom_trust::{
    gossip::{EquivocationProof, Gossip, compare_trees},
    merkle::root_of,
    witness::AddCheckpoint,
    *,
};

/// Files by path, and the lists of the index.
#[derive(Default)]
pub struct Vectors {
    pub files: BTreeMap<String, Vec<u8>>,
    pub lists: BTreeMap<&'static str, Vec<Value>>,
}

impl Vectors {
    pub fn file(&mut self, path: &str, bytes: impl Into<Vec<u8>>) -> String {
        let bytes = bytes.into();
        let old = self.files.insert(path.into(), bytes.clone());
        assert!(old.is_none_or(|old| old == bytes), "{path} twice");
        path.into()
    }

    pub fn entry(&mut self, list: &'static str, entry: Value) {
        self.lists.entry(list).or_default().push(entry);
    }
}

pub fn base64(hash: &Digest) -> String {
    STANDARD.encode(hash.as_bytes())
}

pub fn files() -> BTreeMap<String, Vec<u8>> {
    let mut vectors = Vectors::default();
    texts::make(&mut vectors);
    units::make(&mut vectors);
    chains(&mut vectors);
    requests(&mut vectors);
    equivocations(&mut vectors);
    let index = serde_json::to_string_pretty(&json!(vectors.lists)).unwrap();
    vectors.file("index.json", format!("{index}\n"));
    vectors.files
}

fn chains(vectors: &mut Vectors) {
    let (old, new) = (Actors::honest(), Actors::of("second"));
    let told = vectors.file("roots/quorum-2.txt", old.root(2).as_str());
    let sign = |contents: &RootContents, old_count: usize, new_count: usize| {
        let signers = old.roots.iter().take(old_count).chain(new.roots.iter().take(new_count));
        sign_root(contents, &signers.map(|(_, root)| root).collect::<Vec<_>>())
    };
    let good = new.root_contents(2, 2);
    let versions = |number| RootContents { version: RootVersion(number), ..good.clone() };
    let foreign = RootContents { namespace: "example.other".parse().unwrap(), ..good.clone() };
    let earlier = RootContents { issued: at("2025-12-31T00:00:00Z"), ..good.clone() };
    for (name, root, result) in [
        ("golden", sign(&good, 2, 2), "accepted"),
        ("one-old-root-key", sign(&good, 1, 3), "previous-threshold"),
        ("one-new-root-key", sign(&good, 3, 1), "own-threshold"),
        ("version-again", sign(&versions(1), 2, 2), "version"),
        ("version-skipped", sign(&versions(3), 2, 2), "version"),
        ("other-namespace", sign(&foreign, 2, 2), "namespace"),
        ("earlier", sign(&earlier, 2, 2), "earlier"),
    ] {
        let text = format!("strongroom.example/trust-roots/v1\nroot {}\n{root}", root.len());
        let file = vectors.file(&format!("chains/{name}.txt"), text);
        let newest = if result == "accepted" { 2 } else { 1 };
        vectors.entry(
            "chains",
            json!({"name": name, "root": told, "file": file, "result": result, "newest": newest}),
        );
    }
}

fn requests(vectors: &mut Vectors) {
    let actors = Actors::honest();
    let mut log = Log::default();
    log.fill(21);
    let mut add = |name: &str, request: String, remembered: Option<(u64, Digest)>, status: u64| {
        let file = vectors.file(&format!("requests/{name}.txt"), request);
        let mut entry =
            json!({"name": name, "file": file, "log": actors.log.key.to_string(), "status": status});
        if let Some((size, root)) = remembered {
            entry["remembered-size"] = size.into();
            entry["remembered-root"] = base64(&root).into();
        }
        vectors.entry("requests", entry);
    };
    let request = |old_size, actors: &Actors| {
        AddCheckpoint { old_size, proof: log.consistency(old_size), checkpoint: log.checkpoint(actors, &[]) }
            .to_string()
    };
    let root = |size| log.body(size, "").root;
    let good = request(13, &actors);
    add("golden", good.clone(), Some((13, root(13))), 200);
    add("first", request(0, &actors), None, 200);
    add("unchanged", request(21, &actors), Some((21, root(21))), 200);
    add("old-beyond-new", good.replacen("old 13", "old 22", 1), Some((13, root(13))), 400);
    add("leading-zero", good.replacen("old 13", "old 013", 1), Some((13, root(13))), 400);
    add("wrong-key", request(13, &Actors::of("thief")), Some((13, root(13))), 403);
    let stranger = Actors { log: Actor::new("stranger.example/log", "stranger"), ..Actors::honest() };
    add("unknown-log", request(13, &stranger), Some((13, root(13))), 404);
    add("other-size", good.clone(), Some((12, root(12))), 409);
    add("other-history", good, Some((13, digest("another history"))), 422);
    add("other-root-of-one-size", request(21, &actors), Some((21, digest("another root"))), 422);
}

fn equivocations(vectors: &mut Vectors) {
    let actors = Actors::honest();
    let policy = actors.root_contents(1, 2).policy;
    let face = |size: u64, word: &str| {
        let mut log = Log::default();
        log.fill(3);
        (3..size).for_each(|index| {
            log.append(&format!("{word} {index}"));
        });
        let checkpoint = log.checkpoint(&actors, &[]);
        (log, checkpoint)
    };
    let mut add = |name: &str, proof: String, valid: bool| {
        let file = vectors.file(&format!("equivocations/{name}.txt"), proof);
        vectors.entry(
            "equivocations",
            json!({"name": name, "root": "roots/quorum-2.txt", "file": file, "valid": valid}),
        );
    };
    let ((one, a), (other, b)) = (face(8, "one"), face(8, "other"));
    let roots = EquivocationProof::Roots { first: a.clone(), second: b };
    add("roots", roots.to_string(), true);
    add(
        "same-checkpoint-twice",
        EquivocationProof::Roots { first: a.clone(), second: a.clone() }.to_string(),
        false,
    );
    let (longer, c) = face(11, "other");
    let (first, second) = (a.to_string(), c.to_string());
    let met =
        compare_trees(&policy, (first.as_bytes(), &one.tree), (second.as_bytes(), &longer.tree)).unwrap();
    let Gossip::Equivocation(leaves) = met else { panic!() };
    add("leaves", leaves.to_string(), true);
    add("leaves-of-two-indexes", leaves.to_string().replacen("index 3\n", "index 4\n", 1), false);
    drop(other);
    let proof = |root, log: &Log| EquivocationProof::Beginnings {
        first: a.clone(),
        second: c.clone(),
        root,
        consistency: log.consistency(8),
    };
    add("beginnings", proof(root_of(&longer.tree, 8).unwrap(), &longer).to_string(), true);
    add("beginnings-of-one-root", proof(root_of(&one.tree, 8).unwrap(), &longer).to_string(), false);
    add("beginnings-with-a-made-up-root", proof(digest("made up"), &longer).to_string(), false);
}
