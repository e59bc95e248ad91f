use super::*;
use std::time::Duration;
use strongroom_client::{ClientError, Pin};
use strongroom_protocol::ids::FleetId;
use strongroom_trust::TrustSource as _;

const PIN: &str = "version 1
fleet 4f2a000000000000000000000000000000000000000000000000000000009105
key d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a
members 5
quorum 3
guesses 10
class durable
measurement 9c1f000000000000000000000000000000000000000000000000000000000000
";

fn explained(error: &ClientError) -> (u8, String) {
    let fleet = PIN.parse::<Pin>().unwrap().fleet();
    let explained = explain(error, Some(&fleet), Path::new("family.pin"));
    (explained.exit().code(), explained.to_string())
}

#[test]
fn a_wrong_password_says_how_many_guesses_are_left() {
    let of = |left| explained(&ClientError::WrongPassword { left, failed: 1, failed_elsewhere: 0 });
    let (code, text) = of(9);
    assert_eq!(code, 3);
    assert!(text.starts_with("Wrong password. 9 guesses are left;"), "{text}");
    assert!(of(1).1.starts_with("Wrong password. 1 guess is left;"));
    assert!(of(0).1.starts_with("Wrong password. No guess is left:"));
}

#[test]
fn a_fleet_without_a_majority_says_how_many_are_missing() {
    let (code, text) = explained(&ClientError::NoMajority { reachable: 2, endpoints: 5 });
    assert_eq!(code, 5);
    assert!(text.contains("2 of 5 nodes are reachable, 3 are needed"), "{text}");
    let (code, text) = explained(&ClientError::Unreachable { endpoints: 5, cause: "refused".into() });
    assert_eq!(code, 5);
    assert!(text.contains("0 of 5 nodes") && text.contains("refused"), "{text}");
}

#[test]
fn another_fleet_is_shown_beside_the_pinned_one() {
    let error = ClientError::Untrusted {
        expected: FleetId::new([0x4f; 32]),
        met: FleetId::new([0x77; 32]),
        place: "https://node-2.example".into(),
    };
    let (code, text) = explained(&error);
    assert_eq!(code, 6);
    assert!(text.contains(&"4f".repeat(32)) && text.contains("as family.pin says"), "{text}");
    assert!(text.contains(&"77".repeat(32)) && text.contains("at https://node-2.example"), "{text}");
}

#[test]
fn every_other_error_has_its_documented_code() {
    let refused = ClientError::NotAuthorised { endpoint: "http://localhost:1".parse().unwrap(), status: 401 };
    assert_eq!(explained(&ClientError::Erased).0, 4);
    assert_eq!(explained(&ClientError::Absent).0, 7);
    assert_eq!(explained(&ClientError::Damaged).0, 7);
    assert_eq!(explained(&refused).0, 8);
    assert_eq!(explained(&ClientError::RateLimited { retry_after: Duration::from_secs(3) }).0, 1);
    assert_eq!(explained(&ClientError::Busy), (1, "The fleet has too much to do; try again.".into()));
}

#[test]
fn a_damaged_or_missing_backup_has_a_code_of_its_own() {
    let location = || "/mnt/backup".to_owned();
    let code = |error: RepositoryError| CommandError::from(error).exit().code();
    assert_eq!(code(RepositoryError::Missing { location: location() }), 7);
    assert_eq!(code(RepositoryError::Damaged { location: location(), what: "x".into() }), 7);
    assert_eq!(code(RepositoryError::NoSnapshot { location: location() }), 7);
    assert_eq!(code(RepositoryError::TargetNotEmpty { path: "/x".into() }), 2);
    assert_eq!(code(RepositoryError::Exists { location: location() }), 1);
    assert_eq!(CommandError::from(LocatorError::Version(2)).exit().code(), 7);
}
