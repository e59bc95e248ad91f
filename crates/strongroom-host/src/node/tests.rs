use super::*;
use crate::{
    development_identity::{AUDIENCE, DevelopmentIdentity, ISSUER},
    fake_hsm::{FLEET, FakeHsm, FakeLaunch},
    rates::RateLimits,
};
use strongroom_protocol::pipe::HostMessage;
use tempfile::TempDir;

/// A node with a fake HSM, and whoever may ask it.
pub(crate) struct TestNode {
    pub(crate) node: Node,
    pub(crate) token: String,
    pub(crate) folder: TempDir,
}

pub(crate) fn config(folder: &Path, limits: RateLimits) -> NodeConfig {
    NodeConfig {
        folder: folder.to_path_buf(),
        node: NodeNumber(1),
        name: "node-1".into(),
        fleet: FLEET,
        listen: "127.0.0.1:0".into(),
        peer_listen: "127.0.0.1:0".into(),
        hsm_program: None,
        checkpoint_seconds: None,
        origins: vec!["https://app.example".into()],
        accounts: AccountsConfig {
            jwks: folder.join("identity/jwks.json").into(),
            issuer: ISSUER.into(),
            audience: AUDIENCE.into(),
        },
        limits,
        peers: Vec::new(),
    }
}

/// Starts a node whose HSM is played by `script`.
pub(crate) async fn start(limits: RateLimits, script: impl Fn(FakeHsm) + Send + Sync + 'static) -> TestNode {
    let folder = TempDir::new().unwrap();
    let identity = DevelopmentIdentity::create(&folder.path().join("identity")).unwrap();
    let token = identity.token("anna", Duration::from_secs(60)).unwrap();
    let policy = RestartPolicy { pause: Duration::from_millis(1), ..RestartPolicy::default() };
    let node =
        Node::start_with(config(folder.path(), limits), FakeLaunch::new(script), policy).await.unwrap();
    let mut watch = node.hsm().watch();
    let is_started = |condition: &Condition| *condition != Condition::Starting;
    watch.wait_for(is_started).await.unwrap();
    TestNode { node, token, folder }
}

#[test]
fn what_is_no_origin_is_refused() {
    let folder = TempDir::new().unwrap();
    let mut config = config(folder.path(), RateLimits::default());
    for origin in ["https://app.example", "http://localhost:7470", "https://[::1]:8443"] {
        config.origins = vec![origin.into()];
        config.write().unwrap();
        assert_eq!(NodeConfig::read(folder.path()).unwrap(), config);
    }
    for origin in
        ["*", "null", "app.example", "https://app.example/", "https://me@app.example", "ftp://app.example"]
    {
        config.origins = vec![origin.into()];
        config.write().unwrap();
        let error = NodeConfig::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("is no origin"), "{origin}: {error}");
    }
}

#[test]
fn a_configuration_survives_its_file() {
    let folder = TempDir::new().unwrap();
    let mut config = config(folder.path(), RateLimits::default());
    config.peers = vec![PeerConfig { node: 2, address: "node-2.example:7501".into() }];
    config.write().unwrap();
    assert_eq!(NodeConfig::read(folder.path()).unwrap(), config);
}

#[test]
fn the_page_s_sample_is_a_configuration() {
    let page = include_str!("../../../../docs/spec/node.md");
    let sample = page.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join(CONFIG_FILE), sample).unwrap();
    let config = NodeConfig::read(folder.path()).unwrap();
    let url = "https://identity.example/.well-known/jwks.json";
    assert_eq!(config.accounts.jwks, crate::accounts::JwksSource::parse(url).unwrap());
    assert_eq!((config.node, config.limits), (NodeNumber(1), RateLimits::default()));
    let peers: Vec<_> = config.peers.iter().map(|peer| (peer.node, peer.address.as_str())).collect();
    assert_eq!(peers, [(2, "node-2.example:7501"), (3, "node-3.example:7501")]);
    config.write().unwrap();
    assert_eq!(NodeConfig::read(folder.path()).unwrap(), config);
}

#[test]
fn what_is_wrong_in_a_configuration_is_said_with_its_place() {
    let folder = TempDir::new().unwrap();
    let mut good = config(folder.path(), RateLimits::default());
    good.peers = vec![PeerConfig { node: 2, address: "127.0.0.1:7502".into() }];
    good.write().unwrap();
    let path = folder.path().join(CONFIG_FILE);
    let text = std::fs::read_to_string(&path).unwrap();
    let refused = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} stands in\n{text}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        NodeConfig::read(folder.path()).err().unwrap().to_string()
    };
    for (from, to, said) in [
        ("node = 1\n", "node = 0\n", "nodes are counted from 1"),
        ("node = 1\n", "", "missing field `node`"),
        ("node = 1\n", "node = 1\ncolour = \"red\"\n", "unknown field `colour`"),
        ("127.0.0.1:0", "7401", "an address is written host:port"),
        ("127.0.0.1:0", "127.0.0.1:99999", "an address is written host:port"),
        ("f1f1", "F1F1", "64 lower-case hex digits"),
        ("node = 2", "node = 1", "peer 1 is this node itself"),
        ("jwks = \"", "jwks = \"http://elsewhere.example", "keys are fetched over https only"),
        ("total_burst = 40000", "total_burst = -1", "total_burst"),
        ("[limits]", "[limits", "TOML parse error at line"),
    ] {
        let text = refused(from, to);
        assert!(text.contains(said) && text.contains("node.toml"), "{text}");
    }
    assert!(refused("node = 1\n", "node = 0\n").contains("line 1, column 8"));
    std::fs::write(&path, " ".repeat(70_000)).unwrap();
    assert!(matches!(NodeConfig::read(folder.path()), Err(ConfigError::Unreadable { .. })));
    assert!(
        NodeConfig::read(&folder.path().join("none")).err().unwrap().to_string().contains("fleet create")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_named_with_its_field() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = TempDir::new().unwrap();
    DevelopmentIdentity::create(&folder.path().join("identity")).unwrap();
    let mut config = config(folder.path(), RateLimits::OFF);
    config.peer_listen = taken.local_addr().unwrap().to_string();
    let launch = FakeLaunch::new(|_| {});
    let refused = Node::start_with(config, launch, RestartPolicy::default()).await.err().unwrap().to_string();
    assert!(
        refused.contains(&taken.local_addr().unwrap().to_string()) && refused.contains("`peer_listen`"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_node_has_closed_its_store_and_its_ports() {
    let started = start(RateLimits::OFF, |mut hsm| hsm.serve(|_, _| {})).await;
    let address = started.node.address();
    started.node.stop().await;
    std::net::TcpListener::bind(address).unwrap();
    crate::store::Store::open(&started.folder.path().join(STORE_FOLDER)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_node_gives_the_answers_it_owes() {
    let started = start(RateLimits::OFF, |mut hsm| {
        hsm.serve(|hsm, message| {
            if let HostMessage::Client(from) = message {
                std::thread::sleep(Duration::from_millis(300));
                hsm.say(&strongroom_protocol::pipe::HsmMessage::Answer(
                    strongroom_protocol::pipe::ToClient { id: from.id, frame: from.frame },
                ));
            }
        });
    })
    .await;
    let address = started.node.address();
    let request = crate::http::tests::exchange_request(&started.token, &crate::http::tests::request_frame(4));
    let answer = tokio::spawn(async move { crate::http::tests::send(address, &request).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    started.node.stop().await;
    assert_eq!(answer.await.unwrap().status, 200);
}
