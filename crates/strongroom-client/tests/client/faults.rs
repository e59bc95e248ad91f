//! What the network and the hosts do, told apart.

use crate::fake_transport::{Act, FLEET, FOREIGN, FakeTransport, run};
use std::time::Duration;
use strongroom_client::{
    BuildError, Client, ClientError, Confirmation, Credential, Locator, Pin, TransportError,
};
use strongroom_crypto::ChaChaRng;
use strongroom_protocol::{
    client::{Refusal, RequestKind},
    ids::VaultId,
};

fn right() -> Credential {
    Credential::password("right")
}

fn registered(net: &FakeTransport) -> Locator {
    run(net.client(1).register(right())).unwrap().0
}

fn break_nodes(net: &FakeTransport, nodes: impl IntoIterator<Item = usize>, error: &TransportError) {
    let mut world = net.world();
    world.broken = nodes.into_iter().map(|node| (node, error.clone())).collect();
}

fn unreachable() -> TransportError {
    TransportError::Unreachable("connection refused".into())
}

#[test]
fn any_two_nodes_may_be_away() {
    let net = FakeTransport::new();
    let locator = registered(&net);
    for (away, seed) in [[0, 1], [1, 4], [2, 3]].into_iter().zip([10, 20, 30]) {
        break_nodes(&net, away, &unreachable());
        for turn in 0..5 {
            run(net.client(seed + turn).recover(&locator, right())).unwrap();
        }
    }
}

#[test]
fn nobody_there_is_told_within_the_deadline() {
    let net = FakeTransport::new();
    let locator = registered(&net);
    break_nodes(&net, 0..5, &unreachable());
    let began = net.world().now;
    let error = run(net.client(2).recover(&locator, right())).unwrap_err();
    assert!(
        matches!(&error, ClientError::Unreachable { endpoints: 5, cause } if cause == "connection refused")
    );
    assert_eq!(error.exit_code(), 5);
    let took = net.world().now - began;
    assert!(took >= Duration::from_secs(12) && took < Duration::from_secs(15), "{took:?}");
}

#[test]
fn no_majority_is_told_with_the_number_of_nodes_that_were_reached() {
    for act in [|| Act::Refuse(Refusal::NoMajority), || Act::Fail(TransportError::NoMajority)] {
        let net = FakeTransport::new();
        let locator = registered(&net);
        break_nodes(&net, [0, 2, 3], &unreachable());
        net.script((0..500).map(|_| act()));
        let began = net.world().now;
        let error = run(net.client(2).recover(&locator, right())).unwrap_err();
        assert!(matches!(error, ClientError::NoMajority { reachable: 2, endpoints: 5 }), "{error}");
        assert_eq!(error.exit_code(), 5);
        assert!(net.world().now - began < Duration::from_secs(15));
        assert_eq!(net.world().fleet.vaults[&locator.vault()].left, 10);
    }
}

#[test]
fn nodes_that_were_not_asked_in_time_are_looked_at_before_they_are_counted() {
    for first in 0..5 {
        let net = FakeTransport::new();
        let locator = registered(&net);
        let alive = [first, (first + 1) % 5];
        break_nodes(&net, (0..5).filter(|node| !alive.contains(node)), &unreachable());
        // The two that are there take all the time there is, wherever the client begins.
        net.world().patience = Duration::from_secs(6);
        net.script((0..500).map(|_| Act::LoseRequest));
        let error = run(net.client(2).recover(&locator, right())).unwrap_err();
        assert!(matches!(error, ClientError::NoMajority { reachable: 2, endpoints: 5 }), "{error}");
    }
}

#[test]
fn a_fleet_that_finds_its_majority_again_answers_the_same_attempt() {
    let net = FakeTransport::new();
    let locator = registered(&net);
    net.script((0..12).map(|_| Act::Refuse(Refusal::NoMajority)));
    run(net.client(2).recover(&locator, right())).unwrap();
    let attempts = net.arrived(RequestKind::Attempt);
    assert_eq!(attempts.len(), 13);
    assert!(attempts.iter().all(|attempt| attempt.request == attempts[0].request));
}

#[test]
fn a_key_in_hand_is_given_though_nobody_takes_its_confirmation() {
    let net = FakeTransport::new();
    let locator = registered(&net);
    net.script(std::iter::once(Act::Pass).chain((0..500).map(|_| Act::Refuse(Refusal::NoMajority))));
    let recovered = run(net.client(2).recover(&locator, right())).unwrap();
    assert_eq!(recovered.confirmation, Confirmation::Undelivered);
}

#[test]
fn another_fleet_ends_everything_at_once_and_sees_no_request() {
    let net = FakeTransport::new();
    let locator = registered(&net);
    net.world().arrived.clear();
    net.world().foreign = vec![0, 1, 2, 3, 4];
    let asked = net.world().keys_asked;
    let error = run(net.client(2).recover(&locator, right())).unwrap_err();
    let ClientError::Untrusted { expected, met, place } = &error else { panic!("{error}") };
    assert_eq!((*expected, *met), (FLEET, FOREIGN));
    assert!(place.starts_with("http://127.0.0.1:740"), "{place}");
    assert_eq!(error.exit_code(), 6);
    assert_eq!(net.world().keys_asked, asked + 1);
    assert!(net.world().arrived.is_empty());
}

#[test]
fn a_locator_of_another_fleet_is_refused_before_anything_is_sent() {
    let net = FakeTransport::new();
    let locator =
        Locator::new(FOREIGN, VaultId::new([1; 32]), strongroom_protocol::ids::SlotNumber::FIRST, &[]);
    let error = run(net.client(1).recover(&locator, right())).unwrap_err();
    assert!(matches!(&error, ClientError::Untrusted { place, .. } if place == "the locator"));
    assert_eq!(net.world().keys_asked, 0);
}

#[test]
fn an_account_that_is_not_authorised_is_told_at_once() {
    let net = FakeTransport::new();
    let locator = registered(&net);
    for status in [401, 403] {
        net.script([Act::Fail(TransportError::NotAuthorised(status))]);
        let error = run(net.client(2).recover(&locator, right())).unwrap_err();
        assert!(matches!(error, ClientError::NotAuthorised { status: s, .. } if s == status));
        assert_eq!(error.exit_code(), 8);
    }
}

#[test]
fn a_rate_limit_is_waited_for_where_there_is_time_and_told_where_there_is_none() {
    let net = FakeTransport::new();
    let locator = registered(&net);
    let limited = |seconds| TransportError::RateLimited { retry_after: Some(Duration::from_secs(seconds)) };
    net.script((0..5).map(|_| Act::Fail(limited(4))));
    let began = net.world().now;
    run(net.client(2).recover(&locator, right())).unwrap();
    let took = net.world().now - began;
    assert!(took >= Duration::from_secs(3) && took < Duration::from_secs(6), "{took:?}");

    net.script((0..5).map(|_| Act::Fail(limited(600))));
    let error = run(net.client(3).recover(&locator, right())).unwrap_err();
    assert!(
        matches!(error, ClientError::RateLimited { retry_after } if retry_after.as_secs() >= 590),
        "{error}"
    );
}

#[test]
fn a_fleet_with_too_much_to_do_is_told_from_one_without_a_majority() {
    let net = FakeTransport::new();
    let locator = registered(&net);
    net.script((0..500).map(|_| Act::Refuse(Refusal::Busy)));
    assert!(matches!(run(net.client(2).recover(&locator, right())), Err(ClientError::Busy)));
}

#[test]
fn a_client_is_not_built_without_trust_endpoints_or_tls() {
    let net = FakeTransport::new();
    let rng = || ChaChaRng::from_seed([1; 32]);
    let build = |builder: strongroom_client::Builder| builder.build_with(net.clone(), rng()).err();
    assert_eq!(build(Client::builder()), Some(BuildError::NoTrust));
    let text = net.pin().to_string();
    let bare: Pin = text.split("endpoint").next().unwrap().parse().unwrap();
    assert_eq!(build(Client::builder().trust(&bare)), Some(BuildError::NoEndpoint));
    let remote = Client::builder().trust(&bare).endpoints(["http://node-1.example"]);
    assert!(matches!(build(remote), Some(BuildError::PlainHttp(_))));
    let allowed = Client::builder().trust(&bare).endpoints(["http://node-1.example"]).allow_plain_http();
    assert_eq!(build(allowed), None);
    assert_eq!(build(Client::builder().trust(&bare).endpoints(["https://node-1.example"])), None);
    let wrong = Client::builder().trust(&bare).endpoints(["node-1.example"]);
    assert!(matches!(build(wrong), Some(BuildError::Endpoint { .. })));
}
