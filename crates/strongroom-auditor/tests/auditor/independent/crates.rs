//! A verifier of delivery units out of the crates `signed_note` and `tlog_tiles`.
//!
//! Nothing of this project's code is in here: what is read is what docs/spec says of the files.

use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};
use signed_note::{Note, StandardVerifier, Verifier, VerifierList, key_id};
use std::collections::BTreeMap;
use tlog_tiles::{Checkpoint, Hash, check_record, record_hash};

/// The keys of a trust root, by the lines that name them.
pub struct Keys {
    lines: BTreeMap<String, String>,
    witnesses: Vec<String>,
    quorum: usize,
}

/// A witness's line: C2SP tlog-cosignature, version 1.
struct Cosigner {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl Verifier for Cosigner {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        let Some((time, signature)) = signature.split_first_chunk() else { return false };
        let head = format!("cosignature/v1\ntime {}\n", u64::from_be_bytes(*time));
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        self.key.verify_strict(&[head.as_bytes(), text].concat(), &signature).is_ok()
    }
}

impl Keys {
    /// Reads the lines of a trust root.
    pub fn of(root: &str) -> Self {
        let mut keys = Self { lines: BTreeMap::new(), witnesses: Vec::new(), quorum: 0 };
        for line in root.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["log", key] => drop(keys.lines.insert("log".into(), key.into())),
                [party @ ("operator" | "auditor"), kind, key] => {
                    keys.lines.insert(format!("{party} {kind}"), key.into());
                }
                ["witness", _, key] => keys.witnesses.push(key.into()),
                ["group", "witnesses", quorum, ..] => keys.quorum = quorum.parse().unwrap(),
                _ => {}
            }
        }
        keys
    }

    /// Verifies signatures, checkpoint, witnesses and inclusion of a unit, and that the status names the bundle.
    pub fn verify(&self, unit: &[u8]) -> Result<(), String> {
        let sections = split(unit).ok_or("sections")?;
        let section = |name: &str| sections.get(name).copied().ok_or(format!("no {name}"));
        let (bundle, body) = self.open_twice(section("bundle")?, "bundle")?;
        let (status, status_body) = self.open_twice(section("status")?, "status")?;
        let one = self.included(section("bundle-proof")?, &bundle)?;
        let other = self.included(section("status-proof")?, &status)?;
        let digest: String = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
        let named = format!(" sha256:{digest}\n");
        match (one == other, status_body.contains(&named)) {
            (false, _) => Err("two checkpoints".into()),
            (_, false) => Err("the status names another bundle".into()),
            (true, true) => Ok(()),
        }
    }

    /// The operator's line covers body and auditor's line, the auditor's the body.
    fn open_twice(&self, note: &[u8], kind: &str) -> Result<(Vec<u8>, String), String> {
        let outer = self.open(note, &[format!("operator {kind}")])?;
        let inner = self.open(&outer, &[format!("auditor {kind}")])?;
        Ok((outer, String::from_utf8(inner).map_err(|error| error.to_string())?))
    }

    fn open(&self, note: &[u8], names: &[String]) -> Result<Vec<u8>, String> {
        let verifier = |name: &String| -> Box<dyn Verifier> {
            Box::new(StandardVerifier::new(&self.lines[name]).unwrap())
        };
        let note = Note::from_bytes(note).map_err(|error| error.to_string())?;
        note.verify(&VerifierList::new(names.iter().map(verifier).collect()))
            .map_err(|error| error.to_string())?;
        Ok(note.text().to_vec())
    }

    /// Verifies a C2SP tlog-proof of a leaf, and gives its checkpoint.
    fn included(&self, proof: &[u8], leaf: &[u8]) -> Result<String, String> {
        let text = std::str::from_utf8(proof).map_err(|error| error.to_string())?;
        let (head, checkpoint) = text.split_once("\n\n").ok_or("proof")?;
        let mut lines = head.split('\n');
        if lines.next() != Some("c2sp.org/tlog-proof@v1") {
            return Err("proof".into());
        }
        let index = lines.next().and_then(|line| line.strip_prefix("index ")?.parse().ok()).ok_or("index")?;
        let path: Result<Vec<Hash>, _> = lines.map(Hash::parse_hash).collect();
        let path = path.map_err(|error| error.to_string())?;
        let log = self.open_checkpoint(checkpoint)?;
        check_record(&path, log.size(), *log.hash(), index, record_hash(leaf))
            .map_err(|error| error.to_string())?;
        Ok(checkpoint.into())
    }

    fn open_checkpoint(&self, checkpoint: &str) -> Result<Checkpoint, String> {
        let text = self.open(checkpoint.as_bytes(), &["log".into()])?;
        let cosigners: Vec<Box<dyn Verifier>> = self.witnesses.iter().map(|key| cosigner(key)).collect();
        let note = Note::from_bytes(checkpoint.as_bytes()).map_err(|error| error.to_string())?;
        let (cosigned, _) = note.verify(&VerifierList::new(cosigners)).map_err(|error| error.to_string())?;
        let log = Checkpoint::from_bytes(&text).map_err(|error| error.to_string())?;
        let is_of_log = self.lines["log"].split('+').next() == Some(log.origin());
        match cosigned.len() >= self.quorum && is_of_log {
            true => Ok(log),
            false => Err(format!("{} cosignatures under {}", cosigned.len(), log.origin())),
        }
    }
}

fn cosigner(vkey: &str) -> Box<dyn Verifier> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let [name, _, material] = vkey.splitn(3, '+').collect::<Vec<_>>().try_into().unwrap();
    let material = STANDARD.decode(material).unwrap();
    let key = VerifyingKey::from_bytes(material[1..].try_into().unwrap()).unwrap();
    Box::new(Cosigner { name: name.into(), id: key_id(name, &material), key })
}

fn split(unit: &[u8]) -> Option<BTreeMap<&str, &[u8]>> {
    let mut rest = unit.strip_prefix(b"strongroom.example/delivery/v1\n")?;
    let mut sections = BTreeMap::new();
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let (name, length) = std::str::from_utf8(&rest[..end]).ok()?.split_once(' ')?;
        let (bytes, after) = rest[end + 1..].split_at_checked(length.parse().ok()?)?;
        sections.insert(name, bytes);
        rest = after;
    }
    Some(sections)
}
