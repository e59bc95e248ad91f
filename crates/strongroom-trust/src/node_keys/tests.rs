use super::*;
use crate::{Pin, TrustSource};
use strongroom_crypto::{Secret, sign::SigningKey};
use strongroom_protocol::{
    encode,
    ids::{Version, hex},
    keys::{ChannelKeyStatement, Endorsement},
};

const CHANNEL_KEY: [u8; CHANNEL_KEY_BYTES] = [7; CHANNEL_KEY_BYTES];

fn fleet_key() -> SigningKey {
    SigningKey::from_seed(Secret::new([1; 32]))
}

fn node_key() -> SigningKey {
    SigningKey::from_seed(Secret::new([2; 32]))
}

fn fleet() -> VerifiedFleet {
    let text = format!(
        "version 1\nfleet {}\nkey {}\nmembers 5\nquorum 3\nguesses 10\nclass durable\nmeasurement {}\n",
        hex(&[9; 32]),
        hex(&fleet_key().public()),
        hex(&[8; 32])
    );
    text.parse::<Pin>().unwrap().fleet()
}

fn keys() -> NodeKeys {
    let (fleet, configuration, node, era) = ([9; 32], 1u32.to_be_bytes(), [4], 6u64.to_be_bytes());
    let node_key = node_key();
    let endorsed: [&[u8]; 4] = [&fleet, &configuration, &node, &node_key.public()];
    let stated: [&[u8]; 5] = [&fleet, &configuration, &node, &era, &CHANNEL_KEY];
    NodeKeys {
        version: Version,
        endorsement: Endorsement {
            fleet: FleetId::new(fleet),
            configuration: Configuration(1),
            node: NodeNumber(4),
            node_key: node_key.public(),
            signature: fleet_key().sign(labels::ENDORSEMENT_SIGNATURE, &endorsed),
        },
        statement: ChannelKeyStatement {
            era: Era(6),
            channel_key: CHANNEL_KEY,
            signature: node_key.sign(labels::CHANNEL_STATEMENT_SIGNATURE, &stated),
        },
    }
}

fn refusal(change: impl FnOnce(&mut NodeKeys)) -> NodeKeysError {
    let mut keys = keys();
    change(&mut keys);
    ClaimedNodeKeys::new(keys).verify(&fleet(), None).err().unwrap()
}

#[test]
fn a_whole_chain_is_believed() {
    let claimed = ClaimedNodeKeys::from_bytes(&encode(&keys())).unwrap();
    let verified = claimed.verify(&fleet(), Some(NodeNumber(4))).ok().unwrap();
    assert_eq!(verified.node(), NodeNumber(4));
    assert_eq!(verified.era(), Era(6));
    assert_eq!(verified.channel_key(), &CHANNEL_KEY);
    assert_eq!(verified.fleet(), FleetId::new([9; 32]));
}

#[test]
fn another_fleet_is_named_with_the_expected_one() {
    let error = refusal(|keys| keys.endorsement.fleet = FleetId::new([3; 32]));
    let (expected, met) = (FleetId::new([9; 32]), FleetId::new([3; 32]));
    assert_eq!(error, NodeKeysError::ForeignFleet { expected, met });
}

#[test]
fn every_changed_field_breaks_its_own_link() {
    use NodeKeysError::{BadEndorsement, BadStatement, NumberZero};
    assert_eq!(refusal(|keys| keys.endorsement.configuration = Configuration(2)), BadEndorsement);
    assert_eq!(refusal(|keys| keys.endorsement.node = NodeNumber(5)), BadEndorsement);
    assert_eq!(refusal(|keys| keys.endorsement.node_key[0] ^= 1), BadEndorsement);
    assert_eq!(refusal(|keys| keys.endorsement.signature[0] ^= 1), BadEndorsement);
    assert_eq!(refusal(|keys| keys.statement.era = Era(7)), BadStatement);
    assert_eq!(refusal(|keys| keys.statement.channel_key[0] ^= 1), BadStatement);
    assert_eq!(refusal(|keys| keys.statement.signature[63] ^= 1), BadStatement);
    assert_eq!(refusal(|keys| keys.endorsement.node = NodeNumber(0)), NumberZero);
    assert_eq!(refusal(|keys| keys.endorsement.configuration = Configuration(0)), NumberZero);
}

#[test]
fn a_signature_under_the_other_label_does_not_count() {
    let error = refusal(|keys| {
        let (configuration, node, key) = (1u32.to_be_bytes(), [4], keys.endorsement.node_key);
        let parts: [&[u8]; 4] = [&[9; 32], &configuration, &node, &key];
        keys.endorsement.signature = fleet_key().sign(labels::CHANNEL_STATEMENT_SIGNATURE, &parts);
    });
    assert_eq!(error, NodeKeysError::BadEndorsement);
}

#[test]
fn another_node_than_the_expected_one_is_refused() {
    let error = ClaimedNodeKeys::new(keys()).verify(&fleet(), Some(NodeNumber(1))).err().unwrap();
    assert_eq!(error, NodeKeysError::OtherNode { expected: NodeNumber(1), met: NodeNumber(4) });
}

#[test]
fn every_truncation_and_every_trailing_byte_is_refused() {
    let bytes = encode(&keys());
    for length in 0..bytes.len() {
        assert!(ClaimedNodeKeys::from_bytes(&bytes[..length]).is_err());
    }
    assert!(ClaimedNodeKeys::from_bytes(&[bytes.as_slice(), &[0]].concat()).is_err());
}
