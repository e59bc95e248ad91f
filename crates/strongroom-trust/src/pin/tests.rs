use super::*;
use strongroom_protocol::genesis::Class;

const TEXT: &str = "\
version 1
fleet 0101010101010101010101010101010101010101010101010101010101010101
key d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a
members 5
quorum 3
guesses 10
class durable
measurement 0202020202020202020202020202020202020202020202020202020202020202
INSECURE SIMULATION
endpoint http://127.0.0.1:7401
endpoint https://node-2.example
";

fn error_after(from: &str, to: &str) -> String {
    let text = TEXT.replacen(from, to, 1);
    assert_ne!(text, TEXT, "{from} does not stand in the text");
    text.parse::<Pin>().unwrap_err().to_string()
}

#[test]
fn a_pin_is_read_and_written_as_the_same_bytes() {
    let pin: Pin = TEXT.parse().unwrap();
    assert_eq!(pin.to_string(), TEXT);
    let fleet = pin.fleet();
    assert_eq!(fleet.id(), FleetId::new([1; 32]));
    assert_eq!((fleet.members(), fleet.quorum(), fleet.guesses()), (5, 3, 10));
    assert_eq!(fleet.class(), Class::Durable);
    assert!(fleet.is_simulation());
    assert_eq!(pin.endpoints().len(), 2);
}

#[test]
fn a_pin_without_simulation_or_endpoints_is_one_too() {
    let text = TEXT.split("INSECURE").next().unwrap();
    let pin: Pin = text.parse().unwrap();
    assert_eq!(pin.to_string(), text);
    assert!(!pin.fleet().is_simulation());
    assert!(pin.endpoints().is_empty());
}

#[test]
fn every_error_names_its_line_and_cause() {
    let start = "this is no pin of a fleet: line ";
    for (from, to, expected) in [
        (
            "version 1",
            "version 2",
            "1: \"version\": only version 1 is known; a newer program may read this pin",
        ),
        ("fleet 0", "fleet 0g", "2: \"fleet\": wants 64 lower-case hex digits"),
        ("key d75a", "key D75A", "3: \"key\": wants 64 lower-case hex digits"),
        ("members 5", "members 4", "4: \"members\": a fleet has 3, 5, 7 or 9 members"),
        ("members 5", "members 11", "4: \"members\": a fleet has 3, 5, 7 or 9 members"),
        ("quorum 3", "quorum 2", "5: \"quorum\": the majority of 5 members is 3"),
        ("guesses 10", "guesses 0", "6: \"guesses\": wants 1 to 30"),
        ("guesses 10", "guesses 31", "6: \"guesses\": wants 1 to 30"),
        ("guesses 10", "guesses 010", "6: \"guesses\": \"010\" is no number that may stand here"),
        ("class durable", "class Durable", "7: \"class\": wants durable, orderly or volatile"),
        (
            "class durable\n",
            "",
            "7: \"measurement 0202020202020202020202020202020202020202020202020202\" where \"class …\" should stand",
        ),
        ("E SIM", "E  SIM", "9: \"INSECURE\" wants one space and a value without spaces around it"),
        ("E SIMULATION", "E simulation", "9: \"INSECURE\": only INSECURE SIMULATION may stand here"),
        ("https://node-2.example", "http://127.0.0.1:7401", "11: \"endpoint\": stands twice"),
        (
            "endpoint https",
            "Endpoint https",
            "11: \"Endpoint https://node-2.example\" where the text should end",
        ),
    ] {
        assert_eq!(error_after(from, to), format!("{start}{expected}"));
    }
    assert!(error_after("https://node-2.example", "https://node-2.example/v1").contains("line 11"));
}

#[test]
fn a_key_of_small_order_is_refused() {
    let weak = "key 0100000000000000000000000000000000000000000000000000000000000000";
    let good = "key d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    assert_eq!(
        error_after(good, weak),
        "this is no pin of a fleet: line 3: \"key\": is not the canonical form of an Ed25519 public key"
    );
}

#[test]
fn every_truncation_at_or_before_the_fleet_is_refused_and_no_byte_can_be_added() {
    let required = TEXT.find("INSECURE").unwrap();
    for length in 0..required {
        assert!(TEXT[..length].parse::<Pin>().is_err(), "{length}");
    }
    for addition in ["\n", " ", "x", "\0", "endpoint\n", "# a\n"] {
        assert!(format!("{TEXT}{addition}").parse::<Pin>().is_err(), "{addition:?}");
    }
    assert!(TEXT.replace('\n', "\r\n").parse::<Pin>().is_err());
}

#[test]
fn whatever_parses_after_one_changed_byte_is_written_as_it_was_read() {
    for place in 0..TEXT.len() {
        for byte in [b' ', b'\n', b'0', b'9', b'a', b'F', 0, 0xff] {
            let mut bytes = TEXT.as_bytes().to_vec();
            bytes[place] = byte;
            if let Ok(pin) = Pin::from_bytes(&bytes) {
                assert_eq!(pin.to_string().as_bytes(), bytes);
            }
        }
    }
}

#[test]
fn too_many_endpoints_and_a_text_too_long_are_refused() {
    let many: String = (0..17).map(|number| format!("endpoint https://node-{number}.example\n")).collect();
    let text = format!("{}{many}", TEXT.split("endpoint").next().unwrap());
    let error = text.parse::<Pin>().unwrap_err().to_string();
    assert_eq!(error, "this is no pin of a fleet: line 26: \"endpoint\": at most 16 endpoints may stand");
    assert!("a".repeat(9000).parse::<Pin>().unwrap_err().to_string().contains("9000 bytes"));
}
