//! Operator, auditor, witnesses and their keys, out of fixed seeds.

use crate::storage::{Fate, Memory, Mortal};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use strongroom_auditor::{
    auditor::{AcceptError, Accepted, AdoptError, Auditor, SignError, SignedBundle},
    evidence::Evidence,
    key::TextSigner,
    keys::{OpenKeys, OwnKey},
    plexi::PlexiKey,
    storage::{Directory, PublicFiles, Storage},
    witness::{Witness, WitnessError},
    witnessing::{WitnessAnswer, WitnessLink},
};
use strongroom_crypto::{Secret, sign::SigningKey};
use strongroom_protocol::{
    genesis::Class,
    ids::{Digest, FleetId},
};
use strongroom_trust::{
    BundleContents, ClaimedDelivery, ClaimedEpochs, ClaimedNote, CountersignedNote, DeviceView, Epoch,
    FleetEntry, Moment, NoteKey, NoteSignature, Party, PartyKeys, Policy, RevokedFleet, RootChain,
    RootContents, RootKey, RootVersion, Service, ServingFleet, TrustRoot, VerifiedDelivery, WitnessKey,
    log::{LogReport, verify_log},
    text_digest, verify_delivery,
    witness::{AddCheckpoint, WitnessRefusal},
};

pub const NAMESPACE: &str = "example.messenger.v1";
pub const ORIGIN: &str = "auditor.example/log";

pub fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

pub fn now() -> Moment {
    at("2026-11-28T12:00:00Z")
}

pub fn secret(seed: &str) -> SigningKey {
    SigningKey::from_seed(Secret::new(*text_digest(seed).as_bytes()))
}

/// Whoever signs notes.
pub struct Actor {
    pub key: NoteKey,
    pub secret: SigningKey,
}

impl Actor {
    pub fn new(name: &str) -> Self {
        let secret = secret(name);
        Self { key: NoteKey::new(name.parse().unwrap(), secret.public()).unwrap(), secret }
    }

    pub fn sign(&self, text: &str) -> NoteSignature {
        self.secret.line(&self.key, text).unwrap()
    }

    pub fn note(&self, text: &str) -> String {
        ClaimedNote::compose(text, &[self.sign(text)]).unwrap().to_string()
    }
}

/// A real witness on files in memory, and what happens to requests on their way to it.
pub struct WitnessAt {
    pub witness: Witness,
    pub files: Memory,
    pub mood: Mutex<Mood>,
    pub clock: Mutex<Moment>,
}

/// What a witness does.
#[derive(Clone)]
pub enum Mood {
    Honest,
    Silent,
    /// Cosigns by another key than its own.
    Forges,
    /// Says that it knows this size.
    Claims(u64),
}

impl WitnessAt {
    pub fn new(name: &str, log: &NoteKey) -> Arc<Self> {
        let files = Memory::default();
        Self::on(name, log, Arc::new(files.clone()), files)
    }

    fn on(name: &str, log: &NoteKey, storage: Arc<dyn Storage>, files: Memory) -> Arc<Self> {
        let secret = secret(name);
        let key = WitnessKey::new(name.parse().unwrap(), secret.public()).unwrap();
        let witness = Witness::new(storage, key, Arc::new(secret));
        witness.watch(log).unwrap();
        Arc::new(Self { witness, files, mood: Mutex::new(Mood::Honest), clock: Mutex::new(now()) })
    }

    pub fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub fn answer(&self, request: &AddCheckpoint) -> Result<WitnessAnswer, String> {
        let mood = self.mood.lock().unwrap().clone();
        match mood {
            Mood::Silent => return Err("no answer".into()),
            Mood::Claims(size) => return Ok(WitnessAnswer::OtherSize(size)),
            Mood::Forges => {
                let forged = secret("somebody").cosignature(
                    &WitnessKey::new("somebody".parse().unwrap(), secret("somebody").public()).unwrap(),
                    request.checkpoint.text(),
                    now(),
                );
                let bytes = forged.unwrap().bytes().to_vec();
                return Ok(WitnessAnswer::Cosigned(vec![NoteSignature::new(self.witness.key(), bytes)]));
            }
            Mood::Honest => {}
        }
        let now = *self.clock.lock().unwrap();
        match self.witness.add_checkpoint(request.to_string().as_bytes(), now) {
            Ok(line) => Ok(WitnessAnswer::Cosigned(vec![line])),
            Err(WitnessError::Refused(WitnessRefusal::OtherSize(size))) => Ok(WitnessAnswer::OtherSize(size)),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The way from a program that can be stopped to a witness.
pub struct Way {
    pub witness: Arc<WitnessAt>,
    pub fate: Fate,
}

impl WitnessLink for Way {
    fn key(&self) -> &WitnessKey {
        self.witness.witness.key()
    }

    fn add_checkpoint(&self, request: &AddCheckpoint) -> Result<WitnessAnswer, String> {
        self.fate.step(|| self.witness.answer(request)).map_err(|error| error.to_string())?
    }
}

/// Everybody who signs anything, and two witnesses.
pub struct World {
    pub operator: [Actor; 3],
    pub auditor: [Actor; 3],
    pub log: Actor,
    pub roots: [(Party, Actor); 3],
    pub witnesses: Vec<Arc<WitnessAt>>,
}

impl World {
    pub fn new() -> Self {
        let party = |name: &str| {
            ["bundle", "status", "revocation"].map(|kind| Actor::new(&format!("{name}.example/{kind}")))
        };
        let root = |party: Party| (party, Actor::new(&format!("root.example/{party}")));
        let log = Actor::new(ORIGIN);
        Self {
            operator: party("operator"),
            auditor: party("auditor"),
            roots: [Party::Operator, Party::Auditor, Party::Independent].map(root),
            witnesses: vec![
                WitnessAt::new("witness-1.example", &log.key),
                WitnessAt::new("witness-2.example", &log.key),
                WitnessAt::new("witness-3.example", &log.key),
            ],
            log,
        }
    }

    /// The same people, with the witnesses' files in folders of their own.
    pub fn on(folder: &std::path::Path) -> Self {
        let mut world = Self::new();
        for witness in &mut world.witnesses {
            let name = witness.witness.key().name().to_string();
            let directory = Directory::open(&folder.join(&name)).unwrap();
            *witness = WitnessAt::on(&name, &world.log.key, Arc::new(directory), Memory::default());
        }
        world
    }

    pub fn policy(&self) -> Policy {
        let witness = |(number, at): (usize, &Arc<WitnessAt>)| strongroom_trust::Witness {
            name: format!("witness-{}", number + 1),
            key: at.witness.key().clone(),
            party: Party::Independent,
        };
        Policy {
            logs: vec![self.log.key.clone()],
            witnesses: self.witnesses.iter().enumerate().map(witness).collect(),
            quorum: 2,
        }
    }

    pub fn root_contents(&self, version: u64) -> RootContents {
        let keys = |[bundle, status, revocation]: &[Actor; 3]| PartyKeys {
            bundle: bundle.key.clone(),
            status: status.key.clone(),
            revocation: revocation.key.clone(),
        };
        RootContents {
            namespace: NAMESPACE.parse().unwrap(),
            version: RootVersion(version),
            issued: at("2026-01-01T00:00:00Z"),
            expires: at("2031-01-01T00:00:00Z"),
            is_simulation: false,
            threshold: 2,
            root_keys: self
                .roots
                .iter()
                .map(|(party, actor)| RootKey { party: *party, key: actor.key.clone() })
                .collect(),
            operator: keys(&self.operator),
            auditor: keys(&self.auditor),
            policy: self.policy(),
        }
    }

    pub fn sign_root(&self, contents: &RootContents) -> String {
        let text = contents.to_string();
        let lines: Vec<_> = self.roots.iter().map(|(_, actor)| actor.sign(&text)).collect();
        ClaimedNote::compose(&text, &lines).unwrap().to_string()
    }

    pub fn root(&self) -> TrustRoot {
        TrustRoot::told(self.sign_root(&self.root_contents(1)).as_bytes()).unwrap()
    }

    pub fn ways(&self, fate: &Fate) -> Vec<Arc<dyn WitnessLink>> {
        let way = |witness: &Arc<WitnessAt>| -> Arc<dyn WitnessLink> {
            Arc::new(Way { witness: witness.clone(), fate: fate.clone() })
        };
        self.witnesses.iter().map(way).collect()
    }
}

/// An auditor and its operator in a world.
pub struct Office<'w> {
    pub world: &'w World,
    pub auditor: Auditor,
    pub evidence: Manifests,
}

/// Manifests by their digests; whatever is asked for and not here cannot be had.
#[derive(Default, Clone)]
pub struct Manifests(pub Arc<Mutex<BTreeMap<Digest, String>>>);

impl Evidence for Manifests {
    fn manifest(&self, _fleet: FleetId, digest: Digest) -> Result<Vec<u8>, String> {
        let found = self.0.lock().unwrap().get(&digest).cloned();
        found.map(String::into_bytes).ok_or_else(|| "not found".into())
    }
}

impl World {
    pub fn keys(&self) -> OpenKeys {
        let own = |actor: &Actor| OwnKey::new(actor.key.clone(), Arc::new(secret(actor.key.name().as_str())));
        let [bundle, status, revocation] = &self.auditor;
        OpenKeys {
            bundle: own(bundle),
            status: own(status),
            revocation: own(revocation),
            log: own(&self.log),
            plexi: Arc::new(PlexiKey::new(&secret("auditor.example/plexi"))),
        }
    }

    /// An auditor on these files, which a fate may stop.
    pub fn office(&self, files: &Memory, fate: &Fate) -> Office<'_> {
        let storage = Arc::new(Mortal { files: files.clone(), fate: fate.clone() });
        self.office_on(storage, fate)
    }

    pub fn office_on(&self, storage: Arc<dyn Storage>, fate: &Fate) -> Office<'_> {
        let auditor = Auditor::new(storage, NAMESPACE.parse().unwrap(), self.keys(), self.ways(fate));
        let evidence = Manifests::default();
        for label in ["f2023a", "f2026a", "stray"] {
            evidence.0.lock().unwrap().insert(text_digest(&manifest_text(label)), self.manifest(label));
        }
        Office { world: self, auditor, evidence }
    }

    pub fn manifest(&self, label: &str) -> String {
        self.operator[0].note(&manifest_text(label))
    }
}

impl Office<'_> {
    pub fn adopt(&self) -> Result<RootVersion, AdoptError> {
        self.auditor.adopt(self.world.sign_root(&self.world.root_contents(1)).as_bytes(), now())
    }

    pub fn sign(&self, bundle: &BundleContents) -> Result<SignedBundle, SignError> {
        let proposal = self.world.operator[0].note(&bundle.to_string());
        self.auditor.sign(proposal.as_bytes(), &self.evidence, now())
    }

    pub fn countersign(&self, leaf: &str, kind: usize) -> String {
        CountersignedNote::compose(leaf, self.world.operator[kind].sign(leaf)).unwrap().as_str().into()
    }

    pub fn accept(&self, leaf: &str, kind: usize) -> Result<Accepted, AcceptError> {
        self.auditor.accept(self.countersign(leaf, kind).as_bytes(), now())
    }

    /// What the auditor waits for, as everybody may read it.
    pub fn waiting(&self, kind: &str) -> Option<String> {
        let read = self.auditor.storage().read(&format!("public/to-countersign/{kind}"), 65_536).unwrap();
        read.map(|bytes| String::from_utf8(bytes).unwrap())
    }

    /// Everything from a proposal to a delivery unit.
    pub fn enforce(&self, bundle: &BundleContents) -> Result<(), String> {
        let signed = self.sign(bundle).map_err(|error| error.to_string())?;
        match self.accept(&signed.leaf, 0) {
            Ok(_) | Err(AcceptError::NotTheLast) => {}
            Err(error) => return Err(error.to_string()),
        }
        self.agree_on_status()
    }

    pub fn agree_on_status(&self) -> Result<(), String> {
        self.auditor.tend(now()).map_err(|error| error.to_string())?;
        match self.waiting("status") {
            Some(leaf) => self.accept(&leaf, 1).map(|_| ()).map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }
}

pub fn manifest_text(label: &str) -> String {
    format!("strongroom.example/evidence/v1\nfleet {label}\n")
}

pub fn id_of(label: &str) -> FleetId {
    FleetId::new(*text_digest(&format!("genesis {label}")).as_bytes())
}

pub fn serving(label: &str, service: Service) -> FleetEntry {
    FleetEntry::Serving(ServingFleet {
        label: label.parse().unwrap(),
        service,
        id: id_of(label),
        identity_key: secret(&format!("fleet {label}")).public(),
        members: 5,
        quorum: 3,
        guesses: 10,
        class: Class::Durable,
        platform: "tpm-measured".parse().unwrap(),
        image: text_digest(&format!("image {label}")),
        evidence: text_digest(&manifest_text(label)),
        configuration: None,
    })
}

pub fn revoked(label: &str, since: u64) -> FleetEntry {
    FleetEntry::Revoked(RevokedFleet {
        label: label.parse().unwrap(),
        id: id_of(label),
        since: Epoch(since),
        reason: "key-compromise".parse().unwrap(),
    })
}

pub fn first_bundle() -> BundleContents {
    BundleContents {
        namespace: NAMESPACE.parse().unwrap(),
        epoch: Epoch(1),
        previous: None,
        issued: at("2026-11-21T10:00:00Z"),
        expires: at("2027-11-21T10:00:00Z"),
        trust_root: RootVersion(1),
        fleets: vec![serving("f2023a", Service::Active)],
    }
}

pub fn after(bundle: &BundleContents, fleets: Vec<FleetEntry>) -> BundleContents {
    BundleContents {
        epoch: bundle.epoch.next().unwrap(),
        previous: Some(text_digest(&bundle.to_string())),
        fleets,
        ..bundle.clone()
    }
}

/// A device that verifies the published unit with the world's trust root.
pub fn verified(files: &Memory, root: &TrustRoot, clock: Moment) -> VerifiedDelivery {
    let unit = files.text("public/delivery").expect("there is a delivery unit");
    let view = DeviceView {
        clock,
        build: at("2026-06-01T00:00:00Z"),
        epochs: ClaimedEpochs::default(),
        memory: None,
        consistency: None,
    };
    verify_delivery(ClaimedDelivery::parse(unit.as_bytes()).unwrap(), root, &view).unwrap()
}

/// The whole log as its readers verify it.
pub fn report(files: &Memory, root: &TrustRoot) -> LogReport {
    verify_log(&PublicFiles::of(Arc::new(files.clone())), &RootChain::new(root.clone()), None).unwrap()
}
