//! Texts that a device reads: pin, locator, its own state, a move, endpoints, a log's address, hex, keys that a node
//! shows.
//!
//! The first byte chooses which. A strict text that parses is written as the same bytes; the
//! locator, which is JSON, means the same when it is written and read again.

use strongroom_client::{DeviceState, Locator, LogUrl, PendingMove, limits::LOG_URL_BYTES_MAX};
use strongroom_protocol::ids::{FleetId, hex, unhex};
use strongroom_trust::{ClaimedNodeKeys, Endpoint, Pin, TrustSource};

/// The pin of a fleet whose keys nobody has.
pub const PIN: &str = "version 1\n\
    fleet 4f2a000000000000000000000000000000000000000000000000000000009105\n\
    key d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n\
    members 5\nquorum 3\nguesses 10\nclass durable\n\
    measurement 9c1f000000000000000000000000000000000000000000000000000000000000\n\
    INSECURE SIMULATION\n\
    endpoint http://127.0.0.1:7401\n";

/// Checks one input.
pub fn run(bytes: &[u8]) {
    let Some((chosen, rest)) = bytes.split_first() else { return };
    match chosen % 8 {
        0 => pin(rest),
        1 => locator(rest),
        2 => device_state(rest),
        3 => endpoint(rest),
        4 => node_keys(rest),
        5 => hex_digits(rest),
        6 => pending_move(rest),
        _ => log_url(rest),
    }
}

fn pin(bytes: &[u8]) {
    if let Ok(pin) = Pin::from_bytes(bytes) {
        assert_eq!(pin.to_string().as_bytes(), bytes, "a pin has two texts");
    }
}

fn locator(bytes: &[u8]) {
    if let Ok(locator) = Locator::from_bytes(bytes) {
        let again = Locator::from_bytes(locator.to_json().as_bytes()).expect("its own text");
        assert!(again == locator, "a locator means something else when it is written again");
    }
}

fn device_state(bytes: &[u8]) {
    if let Ok(state) = DeviceState::from_text(bytes) {
        assert!(state.to_text().as_bytes() == bytes, "a device's state has two texts");
    }
}

fn endpoint(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Ok(endpoint) = text.parse::<Endpoint>() {
        assert_eq!(endpoint.as_str(), text, "an endpoint has two texts");
        assert!(!(endpoint.is_https() && text.starts_with("http://")));
        let _ = endpoint.is_loopback();
    }
}

fn pending_move(bytes: &[u8]) {
    if let Ok(moving) = PendingMove::from_text(bytes) {
        assert!(moving.to_text().as_bytes() == bytes, "a move has two texts");
        assert!(moving.is_about(&moving.old) && moving.new.iter().all(|new| moving.is_about(new)));
    }
}

/// What is taken leads to no other host, and nowhere above its own path.
fn log_url(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Ok(url) = text.parse::<LogUrl>() else { return };
    let url = url.to_string();
    assert!(url == text || format!("{url}/") == text, "a log's address has two texts");
    assert!(
        url.parse::<LogUrl>().is_ok_and(|again| again.to_string() == url) && url.len() <= LOG_URL_BYTES_MAX
    );
    let (scheme, rest) = url.split_once("://").expect("a scheme");
    let (authority, path) = rest.split_once('/').unwrap_or((rest, "none"));
    let endpoint: Endpoint = format!("{scheme}://{authority}").parse().expect("an endpoint");
    assert!(endpoint.is_https() || endpoint.is_loopback(), "{url}");
    assert!(path.split('/').all(|segment| !["", ".."].contains(&segment)), "{url}");
    assert!(!path.contains(['?', '#', '%', '\\', '@', ':']), "{url}");
}

/// Nobody can forge the keys of a node of a fleet whose identity key nobody has.
fn node_keys(bytes: &[u8]) {
    let fleet = PIN.parse::<Pin>().expect("a pin").fleet();
    if let Ok(claimed) = ClaimedNodeKeys::from_bytes(bytes) {
        assert!(claimed.verify(&fleet, None).is_err(), "forged keys");
    }
}

fn hex_digits(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Some(id) = FleetId::from_hex(text) {
        assert_eq!(id.to_hex(), text);
    }
    if let Some(four) = unhex::<4>(text) {
        assert_eq!(hex(&four), text);
    }
}
