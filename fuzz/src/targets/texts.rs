//! Texts that a device reads: pin, locator, its own state, a move, endpoints, a log's address, hex, keys that a node
//! shows.
//!
//! The first byte chooses which; from 128 on a good one ([`GOLDEN`]), and the rest says how that is changed. A strict text that parses is written as the same bytes; the
//! locator, which is JSON, means the same when it is written and read again.

use crate::{rewrite::rewritten, tape::Tape};
use std::sync::LazyLock;
use strongroom_client::{DeviceState, Locator, LogUrl, PendingMove, limits::LOG_URL_BYTES_MAX};
use strongroom_protocol::ids::{FleetId, SlotNumber, VaultId, hex, unhex};
use strongroom_trust::{ClaimedNodeKeys, Endpoint, Pin, TrustSource};

/// The pin of a fleet whose keys nobody has.
pub const PIN: &str = "version 1\n\
    fleet 4f2a000000000000000000000000000000000000000000000000000000009105\n\
    key d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n\
    members 5\nquorum 3\nguesses 10\nclass durable\n\
    measurement 9c1f000000000000000000000000000000000000000000000000000000000000\n\
    INSECURE SIMULATION\n\
    endpoint http://127.0.0.1:7401\n";

/// A good text with its name and the byte of its form.
pub type Golden = (&'static str, u8, Vec<u8>);

/// Good texts.
pub static GOLDEN: LazyLock<Vec<Golden>> = LazyLock::new(golden);

/// First bytes from here on choose a good text.
pub const GOLDEN_FROM: u8 = 128;

/// Checks one input.
pub fn run(bytes: &[u8]) {
    let Some((chosen, rest)) = bytes.split_first() else { return };
    if *chosen < GOLDEN_FROM {
        return check(*chosen, rest);
    }
    let place = usize::from(chosen - GOLDEN_FROM) % GOLDEN.len();
    let (_, form, text) = &GOLDEN[place];
    check(*form, &rewritten(text.clone(), &mut Tape::new(rest)));
}

fn check(form: u8, bytes: &[u8]) {
    match form % 8 {
        0 => pin(bytes),
        1 => locator(bytes),
        2 => device_state(bytes),
        3 => endpoint(bytes),
        4 => node_keys(bytes),
        5 => hex_digits(bytes),
        6 => pending_move(bytes),
        _ => log_url(bytes),
    }
}

fn golden() -> Vec<Golden> {
    let pin: Pin = PIN.parse().expect("a pin");
    let locator = Locator::new(pin.fleet().id(), VaultId::new([1; 32]), SlotNumber::FIRST, pin.endpoints());
    let state = "version 1\nfleet ".to_owned()
        + &"4f".repeat(32)
        + "\nvault "
        + &"01".repeat(32)
        + "\ngeneration 1\nown-wrong-guesses 0\nwrong-guesses-seen 2\npending nothing\n";
    let pending = state.replace("pending nothing", "pending attempt")
        + &format!("attempt {}\nlogin-seed {}\n", "02".repeat(16), "03".repeat(32));
    let text = |name: &'static str, form: u8, text: &str| (name, form, text.as_bytes().to_vec());
    vec![
        text("pin", 0, PIN),
        text("locator", 1, &locator.to_json()),
        text("state", 2, &state),
        text("state-attempt", 2, &pending),
        text("endpoint", 3, "https://node-1.example:7401"),
        text("endpoint-6", 3, "http://[::1]:7401"),
        text("hex", 5, &"4f".repeat(32)),
        text("move", 6, &moving("erasing", &["old", "new"])),
        text("move-begun", 6, &moving("registering", &["old"])),
        text("log", 7, "https://auditor.example:8443/logs/2026.a/"),
        text("log-6", 7, "http://[::1]:7401"),
    ]
}

/// A move in that stage, with those places.
fn moving(stage: &str, places: &[&str]) -> String {
    let place = |which: &&str| {
        let (fleet, vault) = ("4f".repeat(32), "01".repeat(32));
        format!("{which}-fleet {fleet}\n{which}-vault {vault}\n{which}-slot 1\n{which}-epoch 7\n")
    };
    format!("version 1\nstage {stage}\n") + &places.iter().map(place).collect::<String>()
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
