//! What comes back to an HSM under its own seal: tickets, tokens, sealed state, head table, log entries.
//!
//! The first byte chooses. The tape stands inside a good seal, so that what lies behind the seal
//! is reached; or it twists the sealed bytes, and then nothing opens.

use crate::{tape::Tape, twist::twist};
use strongroom_crypto::{ChaChaRng, Secret, opaque::LoginState};
use strongroom_hsm::{
    anchor::Anchor,
    effect::{Effects, Input},
    entry::{EntryBody, EntryHeader, open_entry, read_sealed, seal_entry},
    hsm::{Boot, Hsm},
    replica::Pace,
    state::{HeadTable, SealedState, head_hash, open_head, open_state, seal_head, seal_state},
    ticket::{TicketBinding, TicketKey, TicketKeys, open_ticket, seal_ticket},
    token::{TokenAttempt, open_token, seal_token},
    vault::Seed,
};
use strongroom_protocol::{
    bytes::Bytes,
    decode, encode,
    genesis::{Class, Platform},
    ids::{
        AttemptId, Digest, Era, FleetId, Generation, LogIndex, Partition, RecordId, RegistrationId,
        SlotNumber, VaultId, Version,
    },
    limits::TICKET_BYTES,
    pipe::{HostMessage, Start},
};
use tls_codec::DeserializeBytes;

const FLEET: FleetId = FleetId::new([1; 32]);

/// Checks one input.
pub fn run(bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    match tape.byte() % 6 {
        0 => ticket(&mut tape),
        1 => token_inside(&mut tape),
        2 => token_twisted(&mut tape),
        3 => state(&mut tape),
        4 => head(&mut tape),
        _ => entry(&mut tape),
    }
}

fn rng() -> ChaChaRng {
    ChaChaRng::from_seed([2; 32])
}

fn ticket(tape: &mut Tape<'_>) {
    let (key, older) = (Secret::new([3; 32]), Secret::new([4; 32]));
    let vault = VaultId::new(tape.array());
    let binding = TicketBinding {
        fleet: &FLEET,
        vault: &vault,
        slot: SlotNumber::new(tape.byte()).unwrap_or(SlotNumber::FIRST),
        registration: RegistrationId::new(tape.array()),
        generation: Generation(tape.eight()),
    };
    let seed = Seed::new(Secret::new([5; 64]));
    let whole = seal_ticket(TicketKey { era: Era(9), key: &key }, &binding, &seed, &mut rng());
    let mut bytes = whole.to_vec();
    while !tape.is_empty() {
        twist(&mut bytes, tape);
    }
    bytes.resize(TICKET_BYTES, 0);
    let bytes: [u8; TICKET_BYTES] = bytes.try_into().expect("a ticket's length");
    let keys = TicketKeys {
        current: TicketKey { era: Era(9), key: &key },
        previous: Some(TicketKey { era: Era(8), key: &older }),
    };
    assert_eq!(open_ticket(&keys, &binding, &bytes).is_ok(), bytes == whole, "a ticket was changed");
}

fn token_keys(key: &Secret<32>) -> TicketKeys<'_> {
    TicketKeys { current: TicketKey { era: Era(9), key }, previous: None }
}

/// Whatever attempt and login state stand in a token come out of it.
fn token_inside(tape: &mut Tape<'_>) {
    let key = Secret::new([3; 32]);
    let keys = token_keys(&key);
    let Ok((attempt, rest)) = TokenAttempt::tls_deserialize_bytes(tape.rest()) else { return };
    let Ok(login) = LoginState::from_bytes(rest) else { return };
    let token = seal_token(keys.current, &FLEET, &attempt, &login, &mut rng());
    let opened = open_token(&keys, &FLEET, &token).expect("a token that was just made");
    assert!(opened.attempt == attempt && opened.login.to_bytes().expose() == rest);
}

fn token_twisted(tape: &mut Tape<'_>) {
    let key = Secret::new([3; 32]);
    let keys = token_keys(&key);
    let attempt = TokenAttempt {
        vault: VaultId::new([6; 32]),
        slot: SlotNumber::FIRST,
        registration: RegistrationId::new([7; 16]),
        attempt: AttemptId::new([8; 16]),
    };
    let login = LoginState::from_bytes(&[9; 128]).expect("a state");
    let whole = seal_token(keys.current, &FLEET, &attempt, &login, &mut rng()).into_vec();
    let mut bytes = whole.clone();
    while !tape.is_empty() {
        twist(&mut bytes, tape);
    }
    let Some(token) = Bytes::new(bytes) else { return };
    assert_eq!(open_token(&keys, &FLEET, &token).is_ok(), token.as_slice() == whole, "a token was changed");
}

/// An HSM boots from any state that its own key opens, and takes what its host says then.
fn state(tape: &mut Tape<'_>) {
    let key = Secret::new([3; 32]);
    let head = tape.chunk();
    let Ok(state) = decode::<SealedState>(tape.rest()) else { return };
    let sealed = seal_state(&state, &FLEET, &key, &mut rng());
    assert!(open_state(&sealed, &FLEET, &key).is_some(), "a state that was just sealed");
    let mut anchor = Anchor::first([1; 16], key);
    anchor.fleet = FLEET;
    let head_table = sealed_head(head, &anchor.state_key);
    anchor.head_table = head_hash(&head_table);
    let boot = Boot {
        anchor: Some(anchor),
        states: vec![sealed],
        first_anchor: Anchor::first([2; 16], Secret::new([4; 32])),
        device: Digest::new([1; 32]),
        measurement: Digest::new([7; 32]),
        platform: Platform::Simulation,
        class: Class::Durable,
        pace: Pace::default(),
    };
    let Ok(mut hsm) = Hsm::boot(boot) else { return };
    let start = Start {
        head_table: Bytes::new(head_table).unwrap_or_default(),
        head_table_before: Bytes::default(),
        log_first: LogIndex(0),
        log_last: LogIndex(0),
    };
    let messages = [HostMessage::Birth, HostMessage::Start(start), HostMessage::Sign, HostMessage::Found];
    let ticks = core::iter::repeat_n(HostMessage::Tick, 4).chain([HostMessage::Report]);
    for message in messages.into_iter().chain(ticks) {
        if hsm.step(Input::Host(message), &mut rng(), &mut Effects::default()).is_err() {
            return;
        }
    }
}

/// The head table that the tape holds; the bytes themselves where they are none.
fn sealed_head(bytes: &[u8], key: &Secret<32>) -> Vec<u8> {
    match decode::<HeadTable>(bytes) {
        Ok(head) => seal_head(&head, &FLEET, key, &mut rng()),
        Err(_) => bytes.to_vec(),
    }
}

fn head(tape: &mut Tape<'_>) {
    let key = Secret::new([3; 32]);
    let Ok(head) = decode::<HeadTable>(tape.chunk()) else { return };
    let whole = seal_head(&head, &FLEET, &key, &mut rng());
    let opened = open_head(&whole, &FLEET, &key).expect("a head table that was just sealed");
    assert!(encode(&opened) == encode(&head));
    let mut bytes = whole.clone();
    while !tape.is_empty() {
        twist(&mut bytes, tape);
    }
    assert_eq!(open_head(&bytes, &FLEET, &key).is_some(), bytes == whole, "a head table was changed");
    assert_eq!(head_hash(&bytes) == head_hash(&whole), bytes == whole);
}

fn entry(tape: &mut Tape<'_>) {
    let key = Secret::new([3; 32]);
    let record = (tape.byte() % 2 == 1).then(|| RecordId::new([6; 32]));
    let header = EntryHeader { version: Version, partition: Partition(0), era: Era(tape.eight()), record };
    let Ok(body) = decode::<EntryBody>(tape.chunk()) else { return };
    let Some(whole) = seal_entry(&FLEET, header, &key, &body, &mut rng()) else { return };
    let sealed = read_sealed(&whole).expect("an entry that was just sealed");
    let opened = open_entry(&FLEET, &sealed, &key).expect("an entry that was just sealed");
    assert!(encode(&opened) == encode(&body));
    let mut bytes = whole.clone();
    while !tape.is_empty() {
        twist(&mut bytes, tape);
    }
    if let Ok(read) = read_sealed(&bytes) {
        assert_eq!(open_entry(&FLEET, &read, &key).is_ok(), bytes == whole, "an entry was changed");
    }
}
