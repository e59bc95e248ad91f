use super::*;
use strongroom_protocol::{
    client::{RequestBody, SlotKind, Status},
    ids::{RegistrationId, SlotNumber},
    limits::{RECORD_BYTES, TICKET_BYTES, WRAPPED_KEY_BYTES},
};

const HEAD: &str = "version 1
fleet 0909090909090909090909090909090909090909090909090909090909090909
vault 0202020202020202020202020202020202020202020202020202020202020202
generation 3
own-wrong-guesses 1
wrong-guesses-seen 4
";

fn state(pending: Option<Pending>) -> DeviceState {
    DeviceState {
        fleet: FleetId::new([9; 32]),
        vault: VaultId::new([2; 32]),
        generation: Generation(3),
        memory: GuessMemory { own: 1, seen: 4 },
        pending,
    }
}

fn attempt(success: Option<Vec<u8>>) -> Pending {
    let (attempt, login_seed) = (AttemptId::new([5; 16]), Secret::new([6; 32]));
    Pending::Attempt(PendingAttempt { attempt, login_seed, success })
}

fn upload(purpose: Purpose) -> Pending {
    let slot = SlotUpload {
        slot: SlotNumber::FIRST,
        kind: SlotKind::Password,
        registration: RegistrationId::new([7; 16]),
        stretching: 1,
        ticket: [1; TICKET_BYTES],
        record: [2; RECORD_BYTES],
        wrapped_key: [3; WRAPPED_KEY_BYTES],
        confirmation: None,
    };
    let (attempt, login_seed) = (AttemptId::new([5; 16]), Secret::new([6; 32]));
    Pending::Upload(PendingUpload { purpose, slot, attempt, login_seed, success: None })
}

fn request() -> Vec<u8> {
    encode(&Request::new(RequestBody::Status(Status { vault: VaultId::new([2; 32]) })))
}

#[test]
fn a_state_is_lines_of_plain_text() {
    assert_eq!(state(None).to_text().as_str(), format!("{HEAD}pending nothing\n"));
    let text = state(Some(attempt(None))).to_text();
    let login = format!("attempt {}\nlogin-seed {}\n", "05".repeat(16), "06".repeat(32));
    assert_eq!(text.as_str(), format!("{HEAD}pending attempt\n{login}"));
}

#[test]
fn whatever_is_written_is_read_and_written_the_same() {
    let all = [
        None,
        Some(Pending::Registration),
        Some(attempt(None)),
        Some(attempt(Some(request()))),
        Some(upload(Purpose::Create)),
        Some(upload(Purpose::Add(Generation(3)))),
        Some(upload(Purpose::Replace(Generation(3)))),
    ];
    for pending in all {
        let text = state(pending).to_text();
        let read = DeviceState::from_text(text.as_bytes()).ok().unwrap();
        assert_eq!(read.to_text().as_str(), text.as_str());
    }
}

#[test]
fn truncated_changed_and_longer_texts_are_refused_by_line() {
    let text = state(Some(upload(Purpose::Replace(Generation(3))))).to_text();
    for length in 0..text.len() {
        assert!(DeviceState::from_text(&text.as_bytes()[..length]).is_err(), "{length}");
    }
    assert!(DeviceState::from_text(format!("{}x 1\n", text.as_str()).as_bytes()).is_err());
    for (from, to, line) in [
        ("version 1", "version 2", "line 1:"),
        ("generation 3\nown", "generation 03\nown", "line 4:"),
        ("pending upload", "pending uploads", "line 7:"),
        ("purpose replace", "purpose create", "line 9:"),
        ("slot 01", "slot 09", "line 10:"),
        ("attempt 05", "attempt 0", "line 11:"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, *text);
        let error = DeviceState::from_text(changed.as_bytes()).err().unwrap().to_string();
        assert!(error.contains(line), "{error}");
    }
}
