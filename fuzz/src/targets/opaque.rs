//! Points, scalars and envelopes from strangers: OPAQUE, the wrapped key, the channel and the handshake's KEM.
//!
//! The first byte chooses whose message is twisted in one honest exchange. Nothing panics, and what
//! was changed never counts: no login, no export key, no session.

use crate::{tape::Tape, twist::twist};
use std::sync::LazyLock;
use strongroom_crypto::{
    ChaChaRng, Secret,
    channel::{ChannelKeyPair, ClientContext, HsmContext},
    kem::{HandshakeKeyPair, encapsulate},
    opaque::{
        ClientLogin, ClientRegistration, Identities, LoginState, begin_login, check_ke1, check_record,
        check_request, evaluate_registration, finish_login,
    },
    sign::{SigningKey, check_public},
    stretching::NoStretching,
    wrap::{unwrap_backup_key, wrap_backup_key},
};

const PASSWORD: &[u8] = b"pw";
const NAMES: Identities<'static> = Identities { client: b"client", server: b"server" };

/// One honest registration and login.
struct Honest {
    seed: Secret<64>,
    request: [u8; 32],
    registration: [u8; 32],
    response: [u8; 64],
    record: [u8; 192],
    export: Secret<64>,
    login: Vec<u8>,
    ke1: [u8; 96],
    state: Vec<u8>,
    ke2: [u8; 320],
    ke3: [u8; 64],
}

static HONEST: LazyLock<Honest> = LazyLock::new(|| {
    let rng = &mut ChaChaRng::from_seed([1; 32]);
    let seed = Secret::new([2; 64]);
    let registration = [3; 32];
    let (device, request) =
        ClientRegistration::start(PASSWORD, &mut ChaChaRng::from_seed(registration)).expect("a start");
    let response = evaluate_registration(&seed, &request).expect("a response");
    let registered = device.finish(PASSWORD, &response, NAMES, &NoStretching, rng).expect("a record");
    let (login, ke1) = ClientLogin::start(PASSWORD, rng).expect("a start");
    let login_bytes = login.to_bytes().expose().to_vec();
    let (state, ke2) = begin_login(&seed, &registered.record, &ke1, NAMES, rng).expect("KE2");
    let done = login.finish(PASSWORD, &ke2, NAMES, &NoStretching, rng).expect("KE3");
    Honest {
        seed,
        request,
        registration,
        response,
        record: registered.record,
        export: registered.export_key,
        login: login_bytes,
        ke1,
        state: state.to_bytes().expose().to_vec(),
        ke2,
        ke3: done.ke3,
    }
});

/// Checks one input.
pub fn run(bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    let honest = &*HONEST;
    match tape.byte() % 9 {
        0 => request(honest, &mut tape),
        1 => response(honest, &mut tape),
        2 => record(honest, &mut tape),
        3 => ke1(honest, &mut tape),
        4 => ke2(honest, &mut tape),
        5 => ke3(honest, &mut tape),
        6 => wrapped(honest, &mut tape),
        7 => channel(&mut tape),
        _ => handshake(&mut tape),
    }
}

/// The honest bytes twisted, of the same length, and whether they are others now.
fn twisted<const N: usize>(honest: &[u8; N], tape: &mut Tape<'_>) -> ([u8; N], bool) {
    let mut bytes = honest.to_vec();
    while !tape.is_empty() {
        twist(&mut bytes, tape);
    }
    bytes.resize(N, 0);
    let bytes: [u8; N] = bytes.try_into().expect("N bytes");
    (bytes, bytes != *honest)
}

fn request(honest: &Honest, tape: &mut Tape<'_>) {
    let (request, _) = twisted(&honest.request, tape);
    let checked = check_request(&request).is_ok();
    assert_eq!(checked, evaluate_registration(&honest.seed, &request).is_ok(), "checked and not evaluated");
}

fn response(honest: &Honest, tape: &mut Tape<'_>) {
    let (response, _) = twisted(&honest.response, tape);
    let rng = &mut ChaChaRng::from_seed(honest.registration);
    let (device, _) = ClientRegistration::start(PASSWORD, rng).expect("a start");
    let _ = device.finish(PASSWORD, &response, NAMES, &NoStretching, rng);
}

fn record(honest: &Honest, tape: &mut Tape<'_>) {
    let (record, changed) = twisted(&honest.record, tape);
    let checked = check_record(&record).is_ok();
    let rng = &mut ChaChaRng::from_seed([4; 32]);
    let begun = begin_login(&honest.seed, &record, &honest.ke1, NAMES, rng);
    assert_eq!(checked, begun.is_ok(), "a record that is checked is answered");
    if let Ok((_, ke2)) = begun {
        let login = ClientLogin::from_bytes(&honest.login).expect("a login");
        let done = login.finish(PASSWORD, &ke2, NAMES, &NoStretching, rng).is_ok();
        assert!(done || changed, "an honest record logs in");
    }
}

fn ke1(honest: &Honest, tape: &mut Tape<'_>) {
    let (ke1, changed) = twisted(&honest.ke1, tape);
    let checked = check_ke1(&ke1).is_ok();
    let rng = &mut ChaChaRng::from_seed([4; 32]);
    let begun = begin_login(&honest.seed, &honest.record, &ke1, NAMES, rng);
    assert_eq!(checked, begun.is_ok(), "a KE1 that is checked is answered");
    if let Ok((_, ke2)) = begun {
        let login = ClientLogin::from_bytes(&honest.login).expect("a login");
        let done = login.finish(PASSWORD, &ke2, NAMES, &NoStretching, rng).is_ok();
        assert_eq!(done, !changed, "a KE2 is for one KE1");
    }
}

fn ke2(honest: &Honest, tape: &mut Tape<'_>) {
    let (ke2, changed) = twisted(&honest.ke2, tape);
    let login = ClientLogin::from_bytes(&honest.login).expect("a login");
    let done = login.finish(PASSWORD, &ke2, NAMES, &NoStretching, &mut ChaChaRng::from_seed([4; 32])).is_ok();
    assert_eq!(done, !changed, "a device believes one KE2");
}

fn ke3(honest: &Honest, tape: &mut Tape<'_>) {
    let (ke3, changed) = twisted(&honest.ke3, tape);
    let state = LoginState::from_bytes(&honest.state).expect("a state");
    assert_eq!(finish_login(state, &ke3, NAMES).is_ok(), !changed, "an HSM believes one KE3");
}

fn wrapped(honest: &Honest, tape: &mut Tape<'_>) {
    let rng = &mut ChaChaRng::from_seed([5; 32]);
    let key = Secret::new([6; 32]);
    let whole = wrap_backup_key(&honest.export, &[7; 32], &[8; 32], 1, &key, rng);
    let (bytes, changed) = twisted(&whole, tape);
    let opened = unwrap_backup_key(&honest.export, &[7; 32], &[8; 32], 1, &bytes);
    assert_eq!(opened.is_ok(), !changed, "a wrapped key was changed");
    let public: [u8; 32] = bytes[..32].try_into().expect("32 bytes");
    if check_public(&public).is_ok() {
        assert!(SigningKey::from_seed(key).public() != public);
    }
}

fn channel(tape: &mut Tape<'_>) {
    let rng = &mut ChaChaRng::from_seed([9; 32]);
    let pair = ChannelKeyPair::from_seed(&Secret::new([10; 32]));
    let (mut device, encapsulated) = ClientContext::open_to(pair.public(), b"info", rng).expect("a context");
    let sealed = device.seal_next(b"about", b"request");
    if tape.byte().is_multiple_of(2) {
        let (encapsulated, changed) = twisted(&encapsulated, tape);
        let opened = HsmContext::open(&pair, b"info", &encapsulated, b"about", &sealed);
        assert_eq!(opened.is_ok(), !changed, "a foreign encapsulation opens");
    } else {
        let (public, _) = twisted(pair.public(), tape);
        let _ = ClientContext::open_to(&public, b"info", rng);
    }
}

fn handshake(tape: &mut Tape<'_>) {
    let rng = &mut ChaChaRng::from_seed([11; 32]);
    let pair = HandshakeKeyPair::generate(rng);
    let (encapsulated, sent) = encapsulate(pair.public(), b"info", rng).expect("an encapsulation");
    if tape.byte().is_multiple_of(2) {
        let (encapsulated, changed) = twisted(&encapsulated, tape);
        if let Ok(received) = pair.decapsulate(&encapsulated, b"info") {
            assert_eq!(received.matches(&sent), !changed, "two encapsulations of one secret");
        }
    } else {
        let (public, _) = twisted(pair.public(), tape);
        let _ = encapsulate(&public, b"info", rng);
    }
}
