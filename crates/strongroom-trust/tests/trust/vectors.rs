//! The vectors in the folder `vectors/trust` of the workspace: made here, from fixed seeds, and run here.
//!
//! `STRONGROOM_WRITE_VECTORS=1` writes them; without it they are compared with what lies there, and
//! then what lies there is run. What is expected stands as a literal beside what makes each vector.

mod make;
mod texts;
mod units;

use crate::world::*;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::PathBuf};
use strongroom_protocol::ids::{Digest, FleetId};
use strongroom_trust::{
    body::Body,
    gossip::EquivocationProof,
    witness::{AddCheckpoint, Witnessed},
    *,
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors/trust")
}

fn file(path: &Value) -> Vec<u8> {
    fs::read(folder().join(path.as_str().unwrap())).unwrap()
}

fn on_disk() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder()];
    while let Some(path) = folders.pop() {
        for entry in fs::read_dir(path).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder()).unwrap().to_string_lossy().into_owned();
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}

#[test]
fn the_vectors_are_those_that_are_made() {
    let made = make::files();
    if std::env::var_os("STRONGROOM_WRITE_VECTORS").is_some() {
        let _ = fs::remove_dir_all(folder());
        for (path, bytes) in &made {
            let path = folder().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
    let there = on_disk();
    assert_eq!(there.keys().collect::<Vec<_>>(), made.keys().collect::<Vec<_>>());
    for (path, bytes) in &made {
        assert!(
            there[path] == *bytes,
            "{path} differs from what is made: {}",
            String::from_utf8_lossy(bytes)
        );
    }
}

fn index() -> Value {
    serde_json::from_slice(&fs::read(folder().join("index.json")).unwrap()).unwrap()
}

fn moment(value: &Value) -> Moment {
    at(value.as_str().unwrap())
}

fn hashes(value: &Value) -> Option<Vec<Digest>> {
    let hashes = value
        .as_array()?
        .iter()
        .map(|hash| Digest::new(STANDARD.decode(hash.as_str().unwrap()).unwrap().try_into().unwrap()));
    Some(hashes.collect())
}

#[test]
fn every_vector_of_a_unit_comes_out_as_it_says() {
    let index = index();
    let units = index["units"].as_array().unwrap();
    assert!(units.len() > 60, "{}", units.len());
    for unit in units {
        let name = unit["name"].as_str().unwrap();
        let root = TrustRoot::told(&file(&unit["root"])).unwrap();
        let memory = unit["memory"].as_str().map(|_| Memory::parse(&file(&unit["memory"])).unwrap());
        let consistency = hashes(&unit["consistency"]);
        let epoch = |key: &str| unit[key].as_u64().map(Epoch);
        let view = DeviceView {
            clock: moment(&unit["clock"]),
            build: moment(&unit["build"]),
            epochs: ClaimedEpochs { app: epoch("app"), locator: epoch("locator"), found: epoch("found") },
            memory: memory.as_ref(),
            consistency: consistency.as_deref(),
        };
        let outcome = verify(&file(&unit["file"]), &root, &view);
        let verify = outcome.as_ref().map_or_else(TrustError::name, |_| "accepted");
        assert_eq!(verify, unit["verify"].as_str().unwrap(), "{name}: {:?}", outcome.as_ref().err());
        let Ok(verified) = outcome else { continue };
        assert_eq!(registering(&verified), unit["register"].as_str().unwrap(), "{name}");
        let fleet = FleetId::from_hex(unit["fleet"].as_str().unwrap()).unwrap();
        assert_eq!(recovering(&verified, fleet), unit["recover"].as_str().unwrap(), "{name}");
    }
}

fn registering(verified: &VerifiedDelivery) -> String {
    match verified.for_registering() {
        Ok(fleet) => format!("accepted {}", fleet.fleet().id()),
        Err(error) => error.name().into(),
    }
}

fn recovering(verified: &VerifiedDelivery, fleet: FleetId) -> String {
    match verified.for_recovering(fleet) {
        Ok(Recovery::Clear(_)) => "accepted".into(),
        Ok(Recovery::Ask(asked)) => {
            let names: Vec<&str> = asked.questions().iter().map(Concern::name).collect();
            format!("ask {}", names.join(" "))
        }
        Err(error) => error.name().into(),
    }
}

#[test]
fn every_vector_of_a_text_comes_out_as_it_says() {
    let index = index();
    for text in index["texts"].as_array().unwrap() {
        let name = text["name"].as_str().unwrap();
        let read = String::from_utf8(file(&text["file"])).unwrap();
        let line = match text["kind"].as_str().unwrap() {
            "bundle" => BundleBody::parse(&read).err(),
            "status" => StatusBody::parse(&read).err(),
            "revocation" => RevocationBody::parse(&read).err(),
            "trust-root" => RootBody::parse(&read).err(),
            kind => panic!("{kind}"),
        };
        assert_eq!(line.map(|error| error.line as u64), text["line"].as_u64(), "{name}");
    }
}

#[test]
fn every_vector_of_a_chain_a_request_and_an_equivocation_comes_out_as_it_says() {
    let index = index();
    for chain in index["chains"].as_array().unwrap() {
        let mut roots = RootChain::new(TrustRoot::told(&file(&chain["root"])).unwrap());
        let result = roots.follow(&file(&chain["file"]));
        let met = result.as_ref().map_or_else(|error| error.name(), |()| "accepted");
        assert_eq!(met, chain["result"].as_str().unwrap(), "{}", chain["name"]);
        assert_eq!(roots.newest().version().0, chain["newest"].as_u64().unwrap());
    }
    for request in index["requests"].as_array().unwrap() {
        let logs = [request["log"].as_str().unwrap().parse::<NoteKey>().unwrap()];
        let remembered = request["remembered-size"].as_u64().map(|size| Witnessed {
            size,
            root: hashes(&Value::Array(vec![request["remembered-root"].clone()])).unwrap()[0],
        });
        let decided =
            AddCheckpoint::parse(&file(&request["file"])).and_then(|read| read.decide(&logs, |_| remembered));
        let status = decided.map_or_else(|refusal| refusal.status(), |_| 200);
        assert_eq!(u64::from(status), request["status"].as_u64().unwrap(), "{}", request["name"]);
    }
    for proof in index["equivocations"].as_array().unwrap() {
        let root = TrustRoot::told(&file(&proof["root"])).unwrap();
        let read = EquivocationProof::verify(&file(&proof["file"]), &root.contents().policy);
        assert_eq!(read.is_ok(), proof["valid"].as_bool().unwrap(), "{}", proof["name"]);
    }
}
