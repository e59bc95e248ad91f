//! The golden and broken samples of `vectors/trust`, from which inputs of the trust targets begin.

use crate::trust_world::at;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};
use strongroom_protocol::ids::Digest;
use strongroom_trust::{Epoch, Memory, Moment, TrustRoot, sections::Sections};

/// One delivery unit with the device that it is shown to.
pub struct UnitVector {
    /// Its name in the index.
    pub name: String,
    /// What verifying it comes to.
    pub outcome: String,
    /// Header and sections, as far as it has any.
    pub sections: Vec<(String, Vec<u8>)>,
    /// The whole unit.
    pub bytes: Vec<u8>,
    /// By its place in [`Vectors::roots`].
    pub root: usize,
    /// By its place in [`Vectors::memories`].
    pub memory: Option<usize>,
    /// The device's clock.
    pub clock: Moment,
    /// The epoch that the app ships, that the locator names, that was found.
    pub epochs: [Option<Epoch>; 3],
    /// The proof between the memory's checkpoint and the unit's.
    pub consistency: Option<Vec<Digest>>,
}

/// All of them.
pub struct Vectors {
    /// The units.
    pub units: Vec<UnitVector>,
    /// The trust roots that they are verified by.
    pub roots: Vec<TrustRoot>,
    /// What devices remember.
    pub memories: Vec<Memory>,
    /// Every text that stands in a signed note of any of them.
    pub signed: BTreeSet<String>,
}

/// Read at their first use.
pub static VECTORS: LazyLock<Vectors> = LazyLock::new(read);

/// The first line of a unit.
pub const UNIT_HEADER: &str = "strongroom.example/delivery/v1";

/// One file of the folder.
pub fn file(path: impl AsRef<Path>) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../vectors/trust");
    fs::read(folder.join(path)).expect("a vector")
}

/// The sections of a file; none where it has another form.
pub fn sections_of(bytes: &[u8], header: &'static str) -> Vec<(String, Vec<u8>)> {
    let read = Sections::parse(bytes, header, usize::MAX, usize::MAX);
    read.map(|read| read.iter().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect())
        .unwrap_or_default()
}

fn read() -> Vectors {
    let index: Value = serde_json::from_slice(&file("index.json")).expect("an index");
    let mut read =
        Vectors { units: Vec::new(), roots: Vec::new(), memories: Vec::new(), signed: BTreeSet::new() };
    let (mut roots, mut memories): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for unit in index["units"].as_array().expect("units") {
        let path = |key: &str| unit[key].as_str();
        let root = place(&mut roots, path("root").expect("a root"), |path| {
            read.roots.push(TrustRoot::told(&file(path)).expect("a root"));
        });
        let memory = path("memory").map(|path| {
            place(&mut memories, path, |path| {
                read.memories.push(Memory::parse(&file(path)).expect("a memory"));
            })
        });
        let bytes = file(path("file").expect("a file"));
        let sections = sections_of(&bytes, UNIT_HEADER);
        read.signed.extend(sections.iter().flat_map(|(_, bytes)| texts_of(bytes)));
        let epoch = |key: &str| unit[key].as_u64().map(Epoch);
        read.units.push(UnitVector {
            name: path("name").expect("a name").into(),
            outcome: path("verify").expect("an outcome").into(),
            sections,
            bytes,
            root,
            memory,
            clock: at(path("clock").expect("a clock")),
            epochs: [epoch("app"), epoch("locator"), epoch("found")],
            consistency: hashes(&unit["consistency"]),
        });
    }
    read
}

/// The place of a file among those that were read before; a new one is read.
fn place(known: &mut Vec<String>, path: &str, read: impl FnOnce(&str)) -> usize {
    known.iter().position(|known| known == path).unwrap_or_else(|| {
        read(path);
        known.push(path.into());
        known.len() - 1
    })
}

/// Every beginning of a text that a signature may stand under: what comes before a blank line.
pub fn texts_of(bytes: &[u8]) -> Vec<String> {
    let Ok(text) = str::from_utf8(bytes) else { return Vec::new() };
    let mut texts: Vec<String> =
        text.match_indices("\n\n").map(|(blank, _)| text[..=blank].to_owned()).collect();
    // A proof's checkpoint begins after its own blank line.
    if let Some((_, checkpoint)) = text.split_once("\n\n") {
        texts.extend(checkpoint.split_once("\n\n").map(|(text, _)| format!("{text}\n")));
    }
    texts
}

fn hashes(value: &Value) -> Option<Vec<Digest>> {
    let hash = |hash: &Value| {
        let bytes = STANDARD.decode(hash.as_str().expect("a text")).expect("base64");
        Digest::new(bytes.try_into().expect("a hash"))
    };
    Some(value.as_array()?.iter().map(hash).collect())
}
