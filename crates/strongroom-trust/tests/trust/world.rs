//! Operator, auditor, log, witnesses and fleets, all out of fixed seeds.

#![allow(dead_code)]

use strongroom_crypto::{Secret, note, sign::SigningKey};
use strongroom_protocol::{
    genesis::Class,
    ids::{Digest, FleetId},
};
use strongroom_trust::{
    body::Body,
    cosignature,
    merkle::{MemoryTree, leaf_hash, prove_consistency, prove_inclusion, root_of},
    *,
};

pub fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

pub fn digest(label: &str) -> Digest {
    text_digest(label)
}

pub fn id_of(label: &str) -> FleetId {
    FleetId::new(*digest(&format!("genesis {label}")).as_bytes())
}

/// When the bundle of the tests was written, and when it is looked at.
pub const ISSUED: &str = "2026-11-21T10:00:00Z";
pub const NOW: &str = "2026-11-28T12:00:00Z";

/// Whoever signs: the key by which others know it, and the secret that it has.
pub struct Actor {
    pub key: NoteKey,
    pub secret: SigningKey,
}

pub struct WitnessActor {
    pub name: String,
    pub party: Party,
    pub key: WitnessKey,
    pub secret: SigningKey,
}

fn secret(seed: &str) -> SigningKey {
    SigningKey::from_seed(Secret::new(*digest(seed).as_bytes()))
}

impl Actor {
    pub fn new(name: &str, seed: &str) -> Self {
        let secret = secret(seed);
        Self { key: NoteKey::new(name.parse().unwrap(), secret.public()).unwrap(), secret }
    }

    /// Signs with whatever secret there is, under the key's name.
    pub fn sign(&self, text: &str) -> NoteSignature {
        NoteSignature::new(&self.key, note::sign(&self.secret, text).unwrap().to_vec())
    }
}

impl WitnessActor {
    pub fn new(name: &str, party: Party, seed: &str) -> Self {
        let secret = secret(seed);
        let key = WitnessKey::new(format!("{name}.example").parse().unwrap(), secret.public()).unwrap();
        Self { name: name.into(), party, key, secret }
    }

    pub fn cosign(&self, text: &str, at: Moment) -> NoteSignature {
        let message = cosignature::message(text, at);
        cosignature::line(&self.key, at, &note::sign(&self.secret, &message).unwrap())
    }
}

pub struct PartyActors {
    pub bundle: Actor,
    pub status: Actor,
    pub revocation: Actor,
}

impl PartyActors {
    fn new(party: &str, seed: &str) -> Self {
        let actor =
            |kind: &str| Actor::new(&format!("{party}.example/{kind}"), &format!("{seed} {party} {kind}"));
        Self { bundle: actor("bundle"), status: actor("status"), revocation: actor("revocation") }
    }

    pub fn keys(&self) -> PartyKeys {
        PartyKeys {
            bundle: self.bundle.key.clone(),
            status: self.status.key.clone(),
            revocation: self.revocation.key.clone(),
        }
    }
}

/// Everybody who signs anything.
pub struct Actors {
    pub operator: PartyActors,
    pub auditor: PartyActors,
    pub log: Actor,
    pub witnesses: Vec<WitnessActor>,
    pub roots: Vec<(Party, Actor)>,
}

impl Actors {
    pub fn of(seed: &str) -> Self {
        let witness = |number: usize| {
            let name = format!("witness-{number}");
            WitnessActor::new(&name, Party::Independent, &format!("{seed} {name}"))
        };
        let root = |party: Party| {
            (party, Actor::new(&format!("root.example/{party}"), &format!("{seed} root {party}")))
        };
        Self {
            operator: PartyActors::new("operator", seed),
            auditor: PartyActors::new("auditor", seed),
            log: Actor::new("auditor.example/log", &format!("{seed} log")),
            witnesses: vec![witness(1), witness(2)],
            roots: [Party::Operator, Party::Auditor, Party::Independent].map(root).into(),
        }
    }

    pub fn honest() -> Self {
        Self::of("honest")
    }

    pub fn root_contents(&self, version: u64, quorum: u8) -> RootContents {
        let witness = |actor: &WitnessActor| Witness {
            name: actor.name.clone(),
            key: actor.key.clone(),
            party: actor.party,
        };
        RootContents {
            namespace: "example.messenger.v1".parse().unwrap(),
            version: RootVersion(version),
            issued: at("2026-01-01T00:00:00Z"),
            expires: at("2031-01-01T00:00:00Z"),
            is_simulation: false,
            threshold: 2,
            root_keys: self
                .roots
                .iter()
                .map(|(party, root)| RootKey { party: *party, key: root.key.clone() })
                .collect(),
            operator: self.operator.keys(),
            auditor: self.auditor.keys(),
            policy: Policy {
                logs: vec![self.log.key.clone()],
                witnesses: self.witnesses.iter().map(witness).collect(),
                quorum,
            },
        }
    }

    /// Signs a root with the first so many root keys.
    pub fn sign_root(&self, contents: &RootContents, count: usize) -> String {
        sign_root(contents, &self.roots.iter().take(count).map(|(_, root)| root).collect::<Vec<_>>())
    }

    pub fn root(&self, quorum: u8) -> TrustRoot {
        TrustRoot::told(self.sign_root(&self.root_contents(1, quorum), 2).as_bytes()).unwrap()
    }

    pub fn countersigned(&self, body: &str) -> CountersignedNote {
        sign_twice(body, &self.auditor.bundle, &self.operator.bundle)
    }

    pub fn countersigned_status(&self, body: &str) -> CountersignedNote {
        sign_twice(body, &self.auditor.status, &self.operator.status)
    }
}

pub fn sign_root(contents: &RootContents, signers: &[&Actor]) -> String {
    let text = contents.to_string();
    let lines: Vec<NoteSignature> = signers.iter().map(|actor| actor.sign(&text)).collect();
    ClaimedNote::compose(&text, &lines).unwrap().to_string()
}

pub fn sign_twice(body: &str, auditor: &Actor, operator: &Actor) -> CountersignedNote {
    let leaf = proposed(body, auditor.sign(body)).unwrap().to_string();
    CountersignedNote::compose(&leaf, operator.sign(&leaf)).unwrap()
}

/// A log in memory.
#[derive(Default)]
pub struct Log {
    pub tree: MemoryTree,
    pub leaves: Vec<String>,
}

impl Log {
    pub fn append(&mut self, leaf: &str) -> u64 {
        self.tree.push(leaf.as_bytes());
        self.leaves.push(leaf.into());
        self.tree.size() - 1
    }

    pub fn fill(&mut self, size: u64) {
        while self.tree.size() < size {
            self.tree.push_hash(leaf_hash(&self.tree.size().to_be_bytes()));
        }
    }

    pub fn body(&self, size: u64, origin: &str) -> CheckpointBody {
        let root = root_of(&self.tree, size).unwrap();
        CheckpointBody { origin: origin.into(), size, root, extensions: Vec::new() }
    }

    /// The newest checkpoint, signed by the log and cosigned at these times, one for each witness.
    pub fn checkpoint(&self, actors: &Actors, times: &[&str]) -> ClaimedNote {
        let body = self.body(self.tree.size(), actors.log.key.name().as_str());
        sign_checkpoint(&body, actors, times)
    }

    pub fn proof(&self, index: u64, checkpoint: &ClaimedNote) -> LogProof {
        let path = prove_inclusion(&self.tree, index, self.tree.size()).unwrap();
        LogProof { extra: None, index, path, checkpoint: checkpoint.clone() }
    }

    pub fn consistency(&self, old: u64) -> Vec<Digest> {
        prove_consistency(&self.tree, old, self.tree.size()).unwrap()
    }
}

pub fn sign_checkpoint(body: &CheckpointBody, actors: &Actors, times: &[&str]) -> ClaimedNote {
    let text = body.to_string();
    let mut lines = vec![actors.log.sign(&text)];
    lines.extend(actors.witnesses.iter().zip(times).map(|(witness, time)| witness.cosign(&text, at(time))));
    ClaimedNote::compose(&text, &lines).unwrap()
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
        image: digest(&format!("image {label}")),
        evidence: digest(&format!("evidence {label}")),
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

pub fn bundle() -> BundleContents {
    BundleContents {
        namespace: "example.messenger.v1".parse().unwrap(),
        epoch: Epoch(7),
        previous: Some(digest("bundle 6")),
        issued: at(ISSUED),
        expires: at("2027-11-21T10:00:00Z"),
        trust_root: RootVersion(1),
        fleets: vec![serving("f2026a", Service::Active), serving("f2023a", Service::Draining)],
    }
}

pub fn status_of(bundle: &BundleContents) -> StatusContents {
    StatusContents {
        namespace: bundle.namespace.clone(),
        number: StatusNumber(31),
        issued: at("2026-11-28T10:00:00Z"),
        epoch: bundle.epoch,
        bundle: text_digest(&bundle.to_string()),
        trust_root: RootVersion(1),
        revocations: Vec::new(),
    }
}

/// What a unit is made of; a test changes a part and has it signed and logged.
pub struct Draft {
    pub bundle: BundleContents,
    pub status: StatusContents,
    pub times: Vec<&'static str>,
    pub size: u64,
    pub revocations: Vec<String>,
}

impl Draft {
    pub fn new() -> Self {
        Self::with(bundle())
    }

    pub fn with(bundle: BundleContents) -> Self {
        Self {
            status: status_of(&bundle),
            bundle,
            times: vec!["2026-11-28T10:05:00Z", "2026-11-28T10:06:00Z"],
            size: 1000,
            revocations: Vec::new(),
        }
    }

    pub fn sign(&self, actors: &Actors) -> Signed {
        let bundle = actors.countersigned(&self.bundle.to_string());
        let status = actors.countersigned_status(&self.status.to_string());
        self.log(actors, bundle, status)
    }

    /// Logs notes that were signed in whatever way.
    pub fn log(&self, actors: &Actors, bundle: CountersignedNote, status: CountersignedNote) -> Signed {
        let mut log = Log::default();
        log.fill(self.size.saturating_sub(2) / 2);
        let bundle_index = log.append(bundle.leaf());
        log.fill(self.size.saturating_sub(1));
        let status_index = log.append(status.leaf());
        let checkpoint = log.checkpoint(actors, &self.times);
        let unit = ClaimedDelivery::compose(
            bundle,
            log.proof(bundle_index, &checkpoint),
            status,
            log.proof(status_index, &checkpoint),
            self.revocations.clone(),
        );
        Signed { unit, log, checkpoint }
    }
}

/// A unit with the log behind it.
pub struct Signed {
    pub unit: ClaimedDelivery,
    pub log: Log,
    pub checkpoint: ClaimedNote,
}

impl Signed {
    pub fn bytes(&self) -> Vec<u8> {
        self.unit.to_string().into_bytes()
    }
}

pub fn device() -> DeviceView<'static> {
    DeviceView {
        clock: at(NOW),
        build: at("2026-06-01T00:00:00Z"),
        epochs: ClaimedEpochs::default(),
        memory: None,
        consistency: None,
    }
}

pub fn verify(
    bytes: &[u8],
    root: &TrustRoot,
    device: &DeviceView<'_>,
) -> Result<VerifiedDelivery, TrustError> {
    verify_delivery(ClaimedDelivery::parse(bytes)?, root, device)
}

pub fn revocation(label: &str, signers: &[&Actor]) -> String {
    let body = RevocationBody::compose(&RevocationContents {
        namespace: "example.messenger.v1".parse().unwrap(),
        fleet: id_of(label),
        issued: at("2026-11-27T00:00:00Z"),
        reason: "key-compromise".parse().unwrap(),
    });
    let text = body.unwrap().to_string();
    let lines: Vec<NoteSignature> = signers.iter().map(|actor| actor.sign(&text)).collect();
    ClaimedNote::compose(&text, &lines).unwrap().to_string()
}
