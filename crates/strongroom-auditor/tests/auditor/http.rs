//! Auditor and witnesses as services on loopback, each by its own door.

use crate::world::*;
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};
use strongroom_auditor::{
    auditor::Auditor,
    service::{clock, run_auditor, run_witness},
    storage::Directory,
    web::{Answer, WebClient, WebError},
    witnessing::{HttpWitness, WitnessLink},
};
use strongroom_trust::{
    BundleContents, ClaimedDelivery, ClaimedEpochs, DeviceView, Moment, RootChain, TrustRoot,
    log::verify_log, text_digest, tile::LogFiles, verify_delivery,
};
use tokio::{net::TcpListener, runtime::Runtime, sync::watch};

/// A log as it is served.
struct Served<'a>(&'a WebClient, &'a str);

impl LogFiles for Served<'_> {
    type Error = String;

    fn read(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, String> {
        let url = format!("{}/{path}", self.1);
        let answer =
            self.0.fetch(&url, bytes_max, Duration::from_secs(10)).map_err(|error| error.to_string())?;
        if answer.status == 200 { Ok(answer.body) } else { Err(format!("HTTP {}", answer.status)) }
    }
}

/// Two witnesses of three and an auditor; everything ends with it.
pub struct Services {
    _runtime: Runtime,
    pub stop: watch::Sender<bool>,
    pub auditor: Arc<Auditor>,
    pub url: String,
    pub witness_urls: Vec<String>,
    pub client: WebClient,
    _folder: tempfile::TempDir,
}

impl Services {
    pub fn start(world: &World) -> Self {
        let runtime = Runtime::new().unwrap();
        let (stop, stopped) = watch::channel(false);
        let client = WebClient::new().unwrap();
        let mut links: Vec<Arc<dyn WitnessLink>> = Vec::new();
        let mut witness_urls = Vec::new();
        for at in &world.witnesses {
            let (listener, url) = listen(&runtime);
            runtime.spawn(run_witness(at.witness.clone(), listener, stopped.clone()));
            links.push(Arc::new(HttpWitness::new(at.witness.key().clone(), &url, client.clone())));
            witness_urls.push(url);
        }
        let folder = tempfile::tempdir().unwrap();
        let directory = Directory::create(folder.path()).unwrap();
        let auditor =
            Arc::new(Auditor::new(Arc::new(directory), NAMESPACE.parse().unwrap(), world.keys(), links));
        let (listener, url) = listen(&runtime);
        runtime.spawn(run_auditor(auditor.clone(), listener, stopped));
        Self { _runtime: runtime, stop, auditor, url, witness_urls, client, _folder: folder }
    }

    pub fn fetch(&self, path: &str) -> Answer {
        self.client.fetch(&format!("{}{path}", self.url), 1 << 20, Duration::from_secs(10)).unwrap()
    }

    pub fn post(&self, url: &str, body: &str) -> Answer {
        self.client.post(url, body.into(), 1 << 20, Duration::from_secs(10)).unwrap()
    }

    fn text(&self, path: &str) -> String {
        let answer = self.fetch(path);
        assert_eq!(answer.status, 200, "{path}");
        String::from_utf8(answer.body).unwrap()
    }

    /// From proposal to unit, by what is served and posted.
    pub fn enforce(&self, world: &World, bundle: &BundleContents) {
        let proposal = world.operator[0].note(&bundle.to_string());
        let evidence = Manifests::default();
        for label in ["f2023a", "f2026a"] {
            evidence.0.lock().unwrap().insert(text_digest(&manifest_text(label)), world.manifest(label));
        }
        self.auditor.sign(proposal.as_bytes(), &evidence, clock()).unwrap();
        for (kind, key) in [("bundle", 0), ("status", 1)] {
            let leaf = self.text(&format!("/to-countersign/{kind}"));
            let line = world.operator[key].sign(&leaf);
            let note = strongroom_trust::CountersignedNote::compose(&leaf, line).unwrap();
            let answer = self.post(&format!("{}/notes", self.url), note.as_str());
            assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        }
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

fn listen(runtime: &Runtime) -> (TcpListener, String) {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// A bundle and a root of today: the services look at the machine's clock.
pub fn todays(world: &World) -> (BundleContents, TrustRoot) {
    let now = clock();
    let bundle = BundleContents { issued: now, expires: now.plus_days(300), ..first_bundle() };
    let mut contents = world.root_contents(1);
    contents.issued = Moment::from_seconds(now.seconds() - 86_400).unwrap();
    contents.expires = now.plus_days(1000);
    let root = TrustRoot::told(world.sign_root(&contents).as_bytes()).unwrap();
    (bundle, root)
}

#[test]
fn everything_that_devices_readers_and_operators_need_is_served() {
    let world = World::new();
    let services = Services::start(&world);
    let (bundle, root) = todays(&world);
    services.auditor.adopt(root.as_str().as_bytes(), clock()).unwrap();
    services.enforce(&world, &bundle);

    let unit = ClaimedDelivery::parse(services.text("/delivery").as_bytes()).unwrap();
    let view = DeviceView {
        clock: clock(),
        build: Moment::FIRST,
        epochs: ClaimedEpochs::default(),
        memory: None,
        consistency: None,
    };
    let verified = verify_delivery(unit, &root, &view).unwrap();
    assert_eq!(verified.concerns(), []);
    let chain = RootChain::new(root);
    let report = verify_log(&Served(&services.client, &services.url), &chain, None).unwrap();
    assert_eq!(report.checkpoint.body().size, verified.checkpoint().body().size);
    assert!(services.text("/").contains("<h1>Fleet keys of example.messenger.v1</h1>"));
    assert!(services.text("/bundles/1").starts_with("strongroom.example/fleet-bundle/v1\n"));
    assert!(services.text("/status").starts_with("strongroom.example/fleet-status/v1\n"));
    assert!(services.text("/trust-roots").starts_with("strongroom.example/trust-roots/v1\n"));
    let manifest = text_digest(&manifest_text("f2023a"));
    assert_eq!(services.text(&format!("/evidence/{manifest}")), world.manifest("f2023a"));
    for path in ["/info", "/namespaces", "/namespaces/example.messenger.v1"] {
        serde_json::from_str::<serde_json::Value>(&services.text(path)).unwrap();
    }
    assert!(services.text("/namespaces/example.messenger.v1/audits/1").contains("\"epoch\":1,"));
    assert!(services.text("/namespaces/example.messenger.v1/last-verified-epoch").contains("\"epoch\":1,"));
    for path in [
        "/namespaces/example.other",
        "/namespaces/example.messenger.v1/audits/2",
        "/tile/0/../../private/keys/log",
        "/tile/0/%2e%2e/%2e%2e/private/keys/log",
        "/tile/..%2fcheckpoint",
        "/private/keys/log",
        "/evidence/..%2f..%2fprivate%2fkeys%2flog",
        "/to-countersign/status",
        "/bundles/9",
        "/nothing",
    ] {
        assert!((400..500).contains(&services.fetch(path).status), "{path}");
    }
}

#[test]
fn the_witness_answers_as_the_published_page_has_it() {
    let world = World::new();
    let services = Services::start(&world);
    let (bundle, root) = todays(&world);
    services.auditor.adopt(root.as_str().as_bytes(), clock()).unwrap();
    let url = &services.witness_urls[0];
    let add = format!("{url}/add-checkpoint");
    let stored = format!("{url}/{}/checkpoint", text_digest(ORIGIN));
    let stored = || services.client.fetch(&stored, 1 << 16, Duration::from_secs(10)).unwrap();
    let first = stored();
    assert_eq!(first.status, 200);
    let text = String::from_utf8(first.body).unwrap();
    let again = services.post(&add, &format!("old 1\n\n{text}"));
    assert_eq!(again.status, 200, "an unchanged checkpoint is cosigned again");
    assert!(String::from_utf8(again.body).unwrap().starts_with("\u{2014} witness-1.example "));
    services.enforce(&world, &bundle);
    let conflict = services.post(&add, &format!("old 0\n\n{text}"));
    let size = services.text("/checkpoint").lines().nth(1).unwrap().to_string();
    assert_eq!((conflict.status, String::from_utf8(conflict.body).unwrap()), (409, format!("{size}\n")));
    assert_eq!(services.post(&add, "old 1\n").status, 400);
    assert_eq!(services.post(&add, &format!("old 2\n\n{text}")).status, 400);
    assert_eq!(
        services
            .post(&add, &format!("old 0\n\n{}", text.replace("auditor.example/log\n1", "other\n1")))
            .status,
        404
    );
    assert_eq!(
        services.post(&add, &format!("old 0\n\n{}", text.replace("log\n1\n", "log\n2\n"))).status,
        403
    );
    assert_eq!(services.post(&add, &"x".repeat(100_000)).status, 413);
    let unknown = format!("{url}/{}/checkpoint", text_digest("other"));
    assert_eq!(services.client.fetch(&unknown, 1 << 16, Duration::from_secs(10)).unwrap().status, 404);
}

#[test]
fn strangers_notes_are_refused_and_long_ones_are_not_read() {
    let world = World::new();
    let services = Services::start(&world);
    let notes = format!("{}/notes", services.url);
    let (bundle, root) = todays(&world);
    services.auditor.adopt(root.as_str().as_bytes(), clock()).unwrap();
    services.enforce(&world, &bundle);
    let before = services.text("/checkpoint");
    let leaf = services.text("/bundles/1");
    for body in ["", "no note\n", &leaf.replace("active", "draining")] {
        assert_eq!(services.post(&notes, body).status, 403);
    }
    assert_eq!(services.post(&notes, &"x".repeat(40_000)).status, 413);
    let text = format!(
        "strongroom.example/fleet-revocation/v1\nnamespace {NAMESPACE}\ngenesis sha256:{}\nissued {}\nreason stolen\n",
        id_of("f2023a"),
        clock()
    );
    assert_eq!(services.post(&notes, &world.operator[0].note(&text)).status, 403);
    assert_eq!(services.text("/checkpoint"), before);
    assert_eq!(services.post(&notes, &world.operator[2].note(&text)).status, 200);
    assert!(services.text("/delivery").contains("\nrevocation "));
}

/// Reads a request, answers it with a head, and goes on as it is told until the other side has gone away.
fn misbehaving(answer: fn(&mut TcpStream) -> std::io::Result<()>) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let read = stream.read(&mut [0; 4096]);
                let told = read.and_then(|_| stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n"));
                told.and_then(|()| answer(&mut stream))
            });
        }
    });
    url
}

/// A witness, or whoever has the evidence, may be anybody.
#[test]
fn a_server_that_never_ends_its_answer_is_left() {
    let client = WebClient::new().unwrap();
    let endless = misbehaving(|stream| {
        loop {
            stream.write_all(&[b'x'; 4096])?;
        }
    });
    let long = client.fetch(&endless, 65_536, Duration::from_secs(60));
    assert_eq!(long, Err(WebError::Body), "it is cut at the bound");
    let silent = misbehaving(|stream| stream.read_to_end(&mut Vec::new()).map(|_| ()));
    let late = client.fetch(&silent, 65_536, Duration::from_millis(300));
    assert_eq!(late, Err(WebError::TimedOut));

    let world = World::new();
    let witness = HttpWitness::new(world.witnesses[0].witness.key().clone(), &endless, client);
    let note = strongroom_trust::ClaimedNote::parse(world.log.note("a text\n").as_bytes(), 4096).unwrap();
    let request = strongroom_trust::witness::AddCheckpoint { old_size: 0, proof: vec![], checkpoint: note };
    let failed = witness.add_checkpoint(&request).unwrap_err();
    assert!(failed.contains("too long or broke off"), "{failed}");
}
