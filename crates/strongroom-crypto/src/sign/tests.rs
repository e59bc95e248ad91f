use super::*;
use crate::label::labels;

fn key() -> SigningKey {
    SigningKey::from_seed(Secret::new([1; 32]))
}

/// The eight encodings of points of small order.
const SMALL_ORDER: [&str; 8] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
];

fn point(text: &str) -> [u8; 32] {
    hex::decode(text).unwrap().try_into().unwrap()
}

#[test]
fn a_golden_signature() {
    assert_eq!(
        hex::encode(key().public()),
        "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"
    );
    assert_eq!(
        hex::encode(key().sign(labels::OWNER_SUCCESS, &[b"fleet", b"vault"])),
        "016de80a8fd169f7fd856f202fb25a86a568e96ab989604384e0fcf6a5b16a83505e51b2053757ae4adde5ae1952c16088486ed6babaf30111c46a8d5117b302"
    );
}

#[test]
fn a_seed_gives_its_key_back() {
    let again = SigningKey::from_seed(key().seed().duplicate());
    assert_eq!(again.public(), key().public());
}

#[test]
fn another_label_part_key_or_signature_is_refused() {
    let signature = key().sign(labels::OWNER_ADD, &[b"fleet", b"vault"]);
    let check = |public: &[u8; 32], label, parts: &[&[u8]], signature: &[u8; 64]| {
        verify(public, label, parts, signature)
    };
    let public = key().public();
    let parts: &[&[u8]] = &[b"fleet", b"vault"];
    assert_eq!(check(&public, labels::OWNER_ADD, parts, &signature), Ok(()));
    let refused = Err(SignatureError);
    assert_eq!(check(&public, labels::OWNER_REMOVE, parts, &signature), refused);
    let shifted: &[&[u8]] = &[b"fleetv", b"ault"];
    assert_eq!(check(&public, labels::OWNER_ADD, shifted, &signature), refused);
    let stranger = SigningKey::from_seed(Secret::new([2; 32])).public();
    assert_eq!(check(&stranger, labels::OWNER_ADD, parts, &signature), refused);
    for position in 0..64 {
        let mut broken = signature;
        broken[position] ^= 1;
        assert_eq!(check(&public, labels::OWNER_ADD, parts, &broken), refused);
    }
}

/// Under a key of small order one signature would fit many messages.
#[test]
fn keys_of_small_order_are_refused() {
    for text in SMALL_ORDER {
        assert_eq!(check_public(&point(text)), Err(SignatureError), "{text}");
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&point(SMALL_ORDER[0]));
        assert_eq!(verify(&point(text), labels::OWNER_ADD, &[], &signature), Err(SignatureError));
    }
    assert_eq!(check_public(&key().public()), Ok(()));
}

/// The commitment of a signature may not be of small order either.
#[test]
fn commitments_of_small_order_are_refused() {
    for text in SMALL_ORDER {
        let mut signature = key().sign(labels::OWNER_ADD, &[]);
        signature[..32].copy_from_slice(&point(text));
        assert_eq!(verify(&key().public(), labels::OWNER_ADD, &[], &signature), Err(SignatureError));
    }
}

/// y = p + 3 and y = p + 4, and y = p with either sign: one of the first two
/// decodes to a point of large order, whose only accepted form is the reduced
/// one.
#[test]
fn public_keys_that_are_not_reduced_are_refused() {
    for low in 0xed..=0xff_u8 {
        for high in [0x7f, 0xff] {
            let mut public = [0xff; 32];
            public[0] = low;
            public[31] = high;
            assert_eq!(check_public(&public), Err(SignatureError), "{low:x}");
        }
    }
}

/// Adding the group's order to the scalar gives another signature for the
/// same message where a verifier does not reduce.
#[test]
fn a_scalar_that_is_not_reduced_is_refused() {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut signature = key().sign(labels::OWNER_ADD, &[]);
    let mut carry = 0;
    for (byte, add) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    assert_eq!(verify(&key().public(), labels::OWNER_ADD, &[], &signature), Err(SignatureError));
}
