//! Delivery units: good ones, and one for each way of being wrong.

use super::make::{Vectors, base64};
use crate::{delivery::resection, world::*};
use serde_json::{Map, Value};
use strongroom_trust::*;

/// One vector that is being put together.
struct Case {
    name: String,
    bytes: Vec<u8>,
    fields: Map<String, Value>,
}

impl Case {
    fn new(name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let mut case = Self { name: name.into(), bytes: bytes.into(), fields: Map::new() };
        for (key, value) in
            [("root", "roots/quorum-2.txt"), ("clock", NOW), ("build", "2026-06-01T00:00:00Z")]
        {
            case.fields.insert(key.into(), value.into());
        }
        case.fleet("f2026a")
            .fields([("verify", "accepted".into()), ("recover", "accepted".into())])
            .fields([("register", format!("accepted {}", id_of("f2026a")).into())])
    }

    fn fields<const N: usize>(mut self, fields: [(&str, Value); N]) -> Self {
        for (key, value) in fields {
            self.fields.insert(key.into(), value);
        }
        self
    }

    fn fleet(self, label: &str) -> Self {
        let id = id_of(label).to_string();
        self.fields([("fleet", id.into())])
    }

    fn refused(mut self, error: &str) -> Self {
        for key in ["register", "recover", "fleet"] {
            self.fields.remove(key);
        }
        self.fields([("verify", error.into())])
    }

    /// Verified, and this comes of registering and recovering.
    fn comes(self, register: &str, recover: &str) -> Self {
        self.fields([("register", register.into()), ("recover", recover.into())])
    }

    fn add(mut self, vectors: &mut Vectors) {
        let file = vectors.file(&format!("units/{}.txt", self.name), self.bytes);
        self.fields.insert("name".into(), self.name.into());
        self.fields.insert("file".into(), file.into());
        vectors.entry("units", Value::Object(self.fields));
    }
}

fn small() -> Draft {
    Draft { size: 5, ..Draft::new() }
}

fn small_with(change: impl FnOnce(&mut BundleContents)) -> Draft {
    let mut contents = bundle();
    change(&mut contents);
    Draft { size: 5, ..Draft::with(contents) }
}

fn status_with(change: impl FnOnce(&mut StatusContents)) -> Draft {
    let mut draft = small();
    change(&mut draft.status);
    draft
}

pub fn make(vectors: &mut Vectors) {
    let actors = Actors::honest();
    vectors.file("roots/quorum-2.txt", actors.root(2).as_str());
    vectors.file("roots/quorum-1.txt", actors.root(1).as_str());
    let contents = RootContents { is_simulation: true, ..actors.root_contents(1, 2) };
    vectors.file("roots/simulation.txt", actors.sign_root(&contents, 2));
    golden(vectors, &actors);
    forms(vectors, &actors);
    signatures(vectors, &actors);
    bodies(vectors, &actors);
    checkpoints(vectors, &actors);
    times(vectors, &actors);
    epochs(vectors, &actors);
    fleets(vectors, &actors);
    revocations(vectors, &actors);
}

fn golden(vectors: &mut Vectors, actors: &Actors) {
    let signed = Draft::new().sign(actors);
    Case::new("golden", signed.bytes()).add(vectors);
    Case::new("golden-draining", signed.bytes()).fleet("f2023a").add(vectors);
    Case::new("one-witness-is-enough", signed.bytes())
        .fields([("root", "roots/quorum-1.txt".into())])
        .add(vectors);
    let stranger = Actor::new("stranger.example", "stranger").sign(signed.checkpoint.text());
    let lines = [signed.checkpoint.signatures().to_vec(), vec![stranger]].concat();
    let more = ClaimedNote::compose(signed.checkpoint.text(), &lines).unwrap();
    let text = resection(&signed.unit.to_string(), signed.checkpoint.as_str(), more.as_str());
    Case::new("line-of-an-unknown-key", text).add(vectors);
}

fn forms(vectors: &mut Vectors, actors: &Actors) {
    let text = small().sign(actors).unit.to_string();
    let mut add = |name: &str, bytes: String, error: &str| Case::new(name, bytes).refused(error).add(vectors);
    add("header", text.replacen("delivery/v1", "delivery/v2", 1), "unit");
    add("cut", text[..text.len() - 1].into(), "unit");
    add("byte-after-the-end", format!("{text}\n"), "unit");
    add("unknown-section", format!("{text}remark 5\nnone\n"), "unit");
    let length = text.split('\n').nth(1).unwrap();
    add("length-with-leading-zero", text.replacen(length, &length.replace(' ', " 0"), 1), "unit");
    add("status-before-bundle", text.replacen("bundle ", "status ", 1), "unit");
    add("control-character", text.replacen("epoch 7", "epoch\t7", 1), "note");
    add(
        "signature-not-base64",
        text.replacen("\u{2014} auditor.example/bundle ", "\u{2014} auditor.example/bundle*", 1),
        "note",
    );
    add("proof-header", text.replacen("tlog-proof@v1", "tlog-proof@v2", 1), "proof");
    add("index-with-plus", text.replacen("index 1\n", "index +\n", 1), "proof");
    let second = text.rfind("index ").unwrap();
    add("index-out-of-the-log", format!("{}index 9\n{}", &text[..second], &text[second + 8..]), "inclusion");
}

fn signatures(vectors: &mut Vectors, actors: &Actors) {
    let draft = small();
    let (auditor, operator) = (&actors.auditor, &actors.operator);
    let (body, status) = (draft.bundle.to_string(), draft.status.to_string());
    let good = (actors.countersigned(&body), actors.countersigned_status(&status));
    let mut add = |name: &str, bundle: &CountersignedNote, note: &CountersignedNote, error: &str| {
        Case::new(name, draft.log(actors, bundle.clone(), note.clone()).bytes()).refused(error).add(vectors);
    };
    add(
        "bundle-signers-swapped",
        &sign_twice(&body, &operator.bundle, &auditor.bundle),
        &good.1,
        "operator-signature",
    );
    add(
        "bundle-auditor-twice",
        &sign_twice(&body, &auditor.bundle, &auditor.bundle),
        &good.1,
        "operator-signature",
    );
    add(
        "bundle-operator-twice",
        &sign_twice(&body, &operator.bundle, &operator.bundle),
        &good.1,
        "auditor-signature",
    );
    let thief = Actors::of("thief");
    add(
        "bundle-operator-wrong-key",
        &sign_twice(&body, &auditor.bundle, &thief.operator.bundle),
        &good.1,
        "operator-signature",
    );
    add(
        "bundle-auditor-wrong-key",
        &sign_twice(&body, &thief.auditor.bundle, &operator.bundle),
        &good.1,
        "auditor-signature",
    );
    add(
        "bundle-by-status-keys",
        &sign_twice(&body, &auditor.status, &operator.status),
        &good.1,
        "operator-signature",
    );
    add(
        "bundle-by-the-auditors-status-key",
        &sign_twice(&body, &auditor.status, &operator.bundle),
        &good.1,
        "auditor-signature",
    );
    add(
        "status-signers-swapped",
        &good.0,
        &sign_twice(&status, &operator.status, &auditor.status),
        "operator-signature",
    );
    add(
        "status-by-bundle-keys",
        &good.0,
        &sign_twice(&status, &auditor.bundle, &operator.bundle),
        "operator-signature",
    );
    add(
        "status-by-the-auditors-bundle-key",
        &good.0,
        &sign_twice(&status, &auditor.bundle, &operator.status),
        "auditor-signature",
    );
    let leaf = proposed(&body, auditor.bundle.sign(&body)).unwrap().to_string();
    let bare = CountersignedNote::compose(&leaf, operator.bundle.sign(&body)).unwrap();
    add("bundle-operator-over-the-body-alone", &bare, &good.1, "operator-signature");
    let other = proposed(&body, auditor.bundle.sign(&status)).unwrap().to_string();
    let other = CountersignedNote::compose(&other, operator.bundle.sign(&other)).unwrap();
    add("bundle-auditor-over-another-text", &other, &good.1, "auditor-signature");
}

fn bodies(vectors: &mut Vectors, actors: &Actors) {
    let mut add = |name: &str, draft: Draft, error: &str| {
        Case::new(name, draft.sign(actors).bytes()).refused(error).add(vectors);
    };
    add(
        "bundle-namespace",
        small_with(|bundle| bundle.namespace = "example.other".parse().unwrap()),
        "namespace",
    );
    add(
        "status-namespace",
        status_with(|status| status.namespace = "example.other".parse().unwrap()),
        "namespace",
    );
    add("bundle-of-a-newer-root", small_with(|bundle| bundle.trust_root = RootVersion(2)), "root-outdated");
    add("status-of-a-newer-root", status_with(|status| status.trust_root = RootVersion(2)), "root-outdated");
    add("status-of-another-epoch", status_with(|status| status.epoch = Epoch(8)), "status-other-bundle");
    add(
        "status-of-another-digest",
        status_with(|status| status.bundle = digest("void")),
        "status-other-bundle",
    );
    let draft = small();
    let long = draft.bundle.to_string().replace("expires 2027", "expires 2029");
    let signed = draft.log(
        actors,
        actors.countersigned(&long),
        actors.countersigned_status(&draft.status.to_string()),
    );
    Case::new("bundle-form", signed.bytes()).refused("form").add(vectors);
}

fn checkpoints(vectors: &mut Vectors, actors: &Actors) {
    let draft = small();
    let signed = draft.sign(actors);
    let text = signed.unit.to_string();
    let mut add = |name: &str, checkpoint: &ClaimedNote, error: &str| {
        let unit = resection(&text, signed.checkpoint.as_str(), checkpoint.as_str());
        Case::new(name, unit).refused(error).add(vectors);
    };
    let lines = signed.checkpoint.signatures();
    let only = |places: &[usize]| {
        let lines: Vec<NoteSignature> = places.iter().map(|place| lines[*place].clone()).collect();
        ClaimedNote::compose(signed.checkpoint.text(), &lines).unwrap()
    };
    add("checkpoint-without-the-log", &only(&[1, 2]), "log-unsigned");
    add("checkpoint-with-one-witness", &only(&[0, 1]), "too-few-witnesses");
    add("checkpoint-with-one-witness-twice", &only(&[0, 1, 1]), "cosignature");
    add("checkpoint-with-the-log-twice", &only(&[0, 0, 1, 2]), "log-signature");
    let body = |size, origin| signed.log.body(size, origin);
    add(
        "checkpoint-of-another-log",
        &sign_checkpoint(&body(5, "other.example/log"), actors, &draft.times),
        "foreign-origin",
    );
    add(
        "checkpoint-from-before",
        &sign_checkpoint(&body(4, "auditor.example/log"), actors, &draft.times),
        "inclusion",
    );
    let thief = Actors::of("thief");
    let wrong =
        NoteSignature::new(&actors.log.key, thief.log.sign(signed.checkpoint.text()).bytes().to_vec());
    let forged = [wrong, lines[1].clone(), lines[2].clone()];
    add(
        "checkpoint-with-a-forged-log-line",
        &ClaimedNote::compose(signed.checkpoint.text(), &forged).unwrap(),
        "log-signature",
    );
    let other = actors.witnesses[0].cosign(&body(4, "auditor.example/log").to_string(), at(NOW));
    let forged = [lines[0].clone(), other, lines[2].clone()];
    add(
        "cosignature-of-another-checkpoint",
        &ClaimedNote::compose(signed.checkpoint.text(), &forged).unwrap(),
        "cosignature",
    );
    for (name, from, to) in
        [("index-one-less", "index 1\n", "index 0\n"), ("index-one-more", "index 1\n", "index 2\n")]
    {
        Case::new(name, text.replace(from, to)).refused("inclusion").add(vectors);
    }
    let newer = signed.log.checkpoint(actors, &["2026-11-28T11:00:00Z", "2026-11-28T11:00:00Z"]);
    let at_second = text.rfind(signed.checkpoint.as_str()).unwrap();
    let differ = format!("{}{}", &text[..at_second], newer.as_str());
    Case::new("two-checkpoints", differ).refused("checkpoints-differ").add(vectors);
}

fn times(vectors: &mut Vectors, actors: &Actors) {
    let bytes = small().sign(actors).bytes();
    let mut add = |name: &str, bytes: &[u8], clock: &str, first: &str, all: &str| {
        let case = Case::new(name, bytes).fields([("clock", clock.into())]);
        case.comes(first, &format!("ask {all}")).add(vectors);
    };
    add("status-fifteen-days-old", &bytes, "2026-12-12T10:00:01Z", "status-stale", "status-stale");
    add(
        "witnesses-fifteen-days-old",
        &bytes,
        "2026-12-12T10:05:01Z",
        "witnesses-stale",
        "witnesses-stale status-stale",
    );
    let over = "witnesses-stale bundle-expired status-stale";
    add("bundle-expired", &bytes, "2027-11-21T10:00:00Z", "witnesses-stale", over);
    let all = format!("root-expired {over}");
    add("root-expired", &bytes, "2031-01-01T00:00:00Z", "root-expired", &all);
    let ahead = Draft { times: vec!["2026-11-28T10:05:00Z", "2026-11-28T13:00:01Z"], ..small() };
    add("cosignature-from-the-future", &ahead.sign(actors).bytes(), NOW, "future", "future");
    let ahead = status_with(|status| status.issued = at("2026-11-28T13:00:01Z"));
    add("status-from-the-future", &ahead.sign(actors).bytes(), NOW, "future", "future");
    let old = Draft { times: vec!["2026-11-01T00:00:00Z", "2026-11-28T10:00:00Z"], ..small() };
    add("second-witness-stale", &old.sign(actors).bytes(), NOW, "witnesses-stale", "witnesses-stale");
}

fn epochs(vectors: &mut Vectors, actors: &Actors) {
    let draft = Draft { size: 6, ..Draft::new() };
    let signed = draft.sign(actors);
    let root = actors.root(2);
    let memory = verify(&signed.bytes(), &root, &device()).unwrap().memory().unwrap();
    let memory_file = vectors.file("memories/epoch-7.txt", memory.to_string());
    let with = |name: &str, draft: &Draft| {
        Case::new(name, draft.sign(actors).bytes()).fields([("memory", memory_file.clone().into())])
    };
    let bytes = signed.bytes();
    Case::new("remembered", bytes.clone()).fields([("memory", memory_file.clone().into())]).add(vectors);
    let floors = |name: &str, key: &str| Case::new(name, bytes.clone()).fields([(key, 8.into())]);
    floors("below-the-app", "app").refused("epoch-below").add(vectors);
    floors("below-the-locator-that-was-found", "locator")
        .fields([("found", 8.into())])
        .refused("epoch-below")
        .add(vectors);
    floors("below-the-locator-that-was-not-found", "locator").add(vectors);
    let older = Draft { size: 7, ..small_with(|bundle| bundle.epoch = Epoch(6)) };
    with("below-the-memory", &older).refused("epoch-below").add(vectors);
    let other = Draft { size: 7, ..small_with(|bundle| bundle.fleets.truncate(1)) };
    with("another-bundle-of-one-epoch", &other).refused("equivocation").add(vectors);
    let back = Draft { size: 7, ..status_with(|status| status.number = StatusNumber(30)) };
    with("status-goes-back", &back).refused("status-back").add(vectors);
    let other = Draft { size: 7, ..status_with(|status| status.issued = at("2026-11-28T11:00:00Z")) };
    with("another-status-of-one-number", &other).refused("equivocation").add(vectors);
    let other = Draft { size: 6, ..status_with(|status| status.number = StatusNumber(32)) };
    with("another-log-of-one-size", &other).refused("log-equivocation").add(vectors);
    grown(vectors, actors, signed, &memory_file);
}

fn grown(vectors: &mut Vectors, actors: &Actors, signed: Signed, memory: &str) {
    let draft = Draft::new();
    let mut log = signed.log;
    log.fill(9);
    let checkpoint = log.checkpoint(actors, &draft.times);
    let unit = ClaimedDelivery::compose(
        actors.countersigned(&draft.bundle.to_string()),
        log.proof(2, &checkpoint),
        actors.countersigned_status(&draft.status.to_string()),
        log.proof(5, &checkpoint),
        Vec::new(),
    );
    let proof: Vec<Value> = log.consistency(6).iter().map(|hash| base64(hash).into()).collect();
    let case = |name: &str| Case::new(name, unit.to_string()).fields([("memory", memory.into())]);
    case("grown-and-proved").fields([("consistency", proof.clone().into())]).add(vectors);
    case("grown-and-not-proved").add(vectors);
    let broken: Vec<Value> = proof.into_iter().skip(1).collect();
    case("grown-with-another-proof")
        .fields([("consistency", broken.into())])
        .refused("log-inconsistent")
        .add(vectors);
    let later = verify(unit.to_string().as_bytes(), &actors.root(2), &device()).unwrap().memory().unwrap();
    let later = vectors.file("memories/size-9.txt", later.to_string());
    let behind = Case::new("log-behind", signed.unit.to_string()).fields([("memory", later.into())]);
    behind.comes("log-behind", "ask log-behind").add(vectors);
}

fn fleets(vectors: &mut Vectors, actors: &Actors) {
    let simulated = small_with(|bundle| {
        let FleetEntry::Serving(fleet) = &mut bundle.fleets[1] else { panic!() };
        fleet.platform = "simulation".parse().unwrap();
    });
    let bytes = simulated.sign(actors).bytes();
    Case::new("simulation", bytes.clone()).refused("simulation").add(vectors);
    Case::new("simulation-allowed", bytes).fields([("root", "roots/simulation.txt".into())]).add(vectors);
    let bytes = small().sign(actors).bytes();
    let registers = format!("accepted {}", id_of("f2026a"));
    Case::new("unknown-fleet", bytes).fleet("f1999a").comes(&registers, "unknown-fleet").add(vectors);
    let none =
        small_with(|bundle| bundle.fleets = vec![serving("f2023a", Service::Draining), revoked("f2026a", 7)]);
    Case::new("no-active-fleet", none.sign(actors).bytes())
        .comes("no-active-fleet", "revoked-by-bundle")
        .add(vectors);
}

fn revocations(vectors: &mut Vectors, actors: &Actors) {
    let (operator, auditor) = (&actors.operator.revocation, &actors.auditor.revocation);
    let roots: Vec<&Actor> = actors.roots.iter().map(|(_, root)| root).collect();
    let mut add = |name: &str, revocations: Vec<String>, register: &str, recover: &str| {
        let draft = Draft { revocations, ..small() };
        Case::new(name, draft.sign(actors).bytes()).comes(register, recover).add(vectors);
    };
    let by = |signers: &[&Actor]| revocation("f2026a", signers);
    add("revoked-by-the-auditor", vec![by(&[auditor])], "revoked-by-one", "ask revoked-by-one");
    add("revoked-by-the-operator", vec![by(&[operator])], "revoked-by-one", "ask revoked-by-one");
    add("revoked-by-both", vec![by(&[operator, auditor])], "revoked", "revoked");
    add("revoked-by-both-apart", vec![by(&[operator]), by(&[auditor])], "revoked", "revoked");
    add("revoked-by-the-root-keys", vec![by(&roots[..2])], "revoked", "revoked");
    let withheld = status_with(|status| status.revocations = vec![digest("a revocation")]);
    let case = Case::new("revocation-withheld", withheld.sign(actors).bytes());
    case.comes("revocation-withheld", "ask revocation-withheld").add(vectors);
    let mut refuse = |name: &str, revocations: Vec<String>, error: &str| {
        let draft = Draft { revocations, ..small() };
        Case::new(name, draft.sign(actors).bytes()).refused(error).add(vectors);
    };
    refuse("revocation-by-a-stranger", vec![by(&[&Actor::new("stranger", "stranger")])], "revocation");
    refuse("revocation-by-the-auditors-bundle-key", vec![by(&[&actors.auditor.bundle])], "revocation");
    refuse("revocation-by-one-root-key", vec![by(&roots[..1])], "revocation");
    refuse("revocation-twice", vec![by(&[auditor]), by(&[auditor])], "revocation-repeated");
}
