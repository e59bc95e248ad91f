//! Every vector of a delivery unit, as the caller of the client meets it.

use crate::air::*;
use crate::fake_transport::run;
use crate::folder::Folder;
use crate::trust_world::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use strongroom_client::{
    ClientError, Credential, Locator, OverTheAir,
    trust::{Wanted, advice, advice_on_concern, advice_on_root},
};
use strongroom_protocol::ids::{FleetId, SlotNumber, VaultId, hex};
use strongroom_trust::{sections::compose, *};

fn file(path: &Value) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors/trust");
    std::fs::read(folder.join(path.as_str().unwrap())).unwrap()
}

fn index() -> Value {
    serde_json::from_slice(&file(&Value::from("index.json"))).unwrap()
}

/// What the device of a vector remembers, as it lies in its folder.
fn remember(folder: &Folder, root: &TrustRoot, memory: &Value) {
    if memory.is_null() {
        return;
    }
    let memory = String::from_utf8(file(memory)).unwrap();
    let roots = "strongroom.example/trust-roots/v1\n";
    let text = compose("strongroom.example/device-trust/v1", &[("roots", roots), ("memory", &memory)]);
    let name = text_digest(root.contents().namespace.as_str());
    std::fs::write(folder.path().join(format!("{}.trust", hex(&name.as_bytes()[..8]))), text).unwrap();
}

/// The name of what came of it, as the vectors have it.
fn outcome(result: Result<strongroom_client::Trusted, ClientError>) -> String {
    match result {
        Ok(trusted) => format!("accepted {}", trusted.fleet().id()),
        Err(ClientError::Trust { cause, .. }) => cause.name().into(),
        Err(ClientError::Unconfirmed(questions)) => {
            let names: Vec<_> = questions.concerns().iter().map(Concern::name).collect();
            format!("ask {}", names.join(" "))
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn every_vector_reaches_the_caller_under_its_own_name_and_a_refused_one_changes_and_sends_nothing() {
    let (index, mut seen) = (index(), 0);
    for vector in index["units"].as_array().unwrap() {
        // Proofs of consistency the client makes itself, and what another node showed it finds itself.
        if !vector["consistency"].is_null() || !vector["found"].is_null() {
            continue;
        }
        seen += 1;
        let name = vector["name"].as_str().unwrap();
        let (air, folder) = (Air::new(), Folder::new());
        let root = TrustRoot::told(&file(&vector["root"])).unwrap();
        remember(&folder, &root, &vector["memory"]);
        let kept =
            || files(&folder, "trust").iter().map(|path| std::fs::read(path).unwrap()).collect::<Vec<_>>();
        let before = kept();
        let mut trust = OverTheAir::new(root.clone()).built(at(vector["build"].as_str().unwrap()));
        if let Some(floor) = vector["app"].as_u64() {
            trust = trust.floor(Epoch(floor));
        }
        air.set_clock(vector["clock"].as_str().unwrap());
        let text = file(&vector["file"]);
        air.papers().unit = match String::from_utf8(text) {
            Ok(text) => Paper::Text(text),
            Err(_) => continue,
        };
        let device = |seed| air.client_with(seed, trust.clone(), Some(&folder));
        let verify = vector["verify"].as_str().unwrap();
        if verify != "accepted" {
            assert_eq!(outcome(run(device(1).believe(Wanted::NewVault))), verify, "{name}");
            let error = run(device(2).register(Credential::password("right"))).unwrap_err();
            assert_eq!((error.exit_code(), error.advice().is_some()), (6, true), "{name}");
            assert_eq!(kept(), before, "{name}");
            assert!(air.is_silent(), "{name}");
            continue;
        }
        let fleet = FleetId::from_hex(vector["fleet"].as_str().unwrap()).unwrap();
        let locator = Locator::new(fleet, VaultId::new([1; 32]), SlotNumber::FIRST, &[]);
        let locator = locator.named_by_epoch(vector["locator"].as_u64().unwrap_or(0));
        if vector["locator"].is_null() {
            assert_eq!(
                outcome(run(device(3).believe(Wanted::NewVault))),
                vector["register"].as_str().unwrap(),
                "{name}"
            );
            let met = outcome(run(device(4).believe(Wanted::Vault(fleet))));
            let expected =
                vector["recover"].as_str().unwrap().replace("accepted", &format!("accepted {fleet}"));
            assert_eq!(met, expected, "{name}");
        } else {
            let client = device(5);
            let _ = run(client.status(&locator));
            assert_eq!(client.trusted().unwrap().warnings()[0].name(), "locator-ahead", "{name}");
        }
    }
    assert!(seen > 60, "{seen}");
}

fn is_one_sentence(text: &str) -> bool {
    let says_what_to_do = text.contains(": ");
    says_what_to_do && !text.ends_with('.') && !text.contains(". ") && text.starts_with(char::is_uppercase)
}

#[test]
fn every_refusal_and_every_concern_has_one_sentence_that_says_what_to_do() {
    let mut told: BTreeMap<String, &str> = BTreeMap::new();
    for vector in index()["units"].as_array().unwrap() {
        let root = TrustRoot::told(&file(&vector["root"])).unwrap();
        let mut view = device();
        view.clock = at(vector["clock"].as_str().unwrap());
        let memory = vector["memory"].as_str().map(|_| Memory::parse(&file(&vector["memory"])).unwrap());
        view.memory = memory.as_ref();
        view.epochs.app = vector["app"].as_u64().map(Epoch);
        view.epochs.locator = vector["locator"].as_u64().map(Epoch);
        match verify(&file(&vector["file"]), &root, &view) {
            Err(error) => drop(told.insert(error.name().into(), advice(&error))),
            Ok(verified) => {
                let concerns = verified.concerns().iter();
                told.extend(concerns.map(|concern| (concern.name().into(), advice_on_concern(concern))));
                if let Err(error) = verified.for_registering() {
                    told.insert(error.name().into(), advice(&error));
                }
            }
        }
    }
    for chain in index()["chains"].as_array().unwrap() {
        let mut roots = RootChain::new(TrustRoot::told(&file(&chain["root"])).unwrap());
        if let Err(error) = roots.follow(&file(&chain["file"])) {
            told.insert(format!("root {}", error.name()), advice_on_root(&error));
        }
    }
    assert!(told.len() > 30, "{:?}", told.keys());
    for (name, sentence) in told {
        assert!(is_one_sentence(sentence), "{name}: {sentence}");
    }
}
