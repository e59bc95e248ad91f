//! Owner signatures and the hashes under them.

use strongroom_crypto::{ChaChaRng, Secret, labels, sign::SigningKey};
use strongroom_protocol::{
    client::{self, ChangeAction, Refusal, SlotKind},
    ids::{FleetId, Generation, SlotNumber, VaultId, hex, unhex},
};

use super::{
    super::{
        Seed, change_hash, ke1_hash,
        owner::{SuccessStatement, verify_owner, verify_success_signature},
        proposal::{Action, Change, Create, Spend},
        upload_hash,
    },
    world::{attempt, registration, slot},
};

const FLEET: FleetId = FleetId::new([1; 32]);
const VAULT: VaultId = VaultId::new([2; 32]);
const OTHER: [u8; 32] = [0xee; 32];

fn key() -> SigningKey {
    SigningKey::generate(&mut ChaChaRng::from_seed([3; 32]))
}

fn upload() -> client::SlotUpload {
    client::SlotUpload {
        slot: SlotNumber::FIRST,
        kind: SlotKind::Password,
        registration: registration(4),
        stretching: 1,
        ticket: [5; 112],
        record: [6; 192],
        wrapped_key: [7; 72],
        confirmation: Some(client::Confirmation { attempt: attempt(8), ke1: [9; 96] }),
    }
}

/// Signs as `docs/spec/vault.md` says, written out by hand.
fn signed(action: ChangeAction) -> client::Change {
    let label = match action {
        ChangeAction::Add(_) => labels::OWNER_ADD,
        ChangeAction::Replace(_) => labels::OWNER_REPLACE,
        ChangeAction::Remove(_) => labels::OWNER_REMOVE,
        ChangeAction::Erase => labels::OWNER_ERASE,
    };
    let hash = change_hash(&FLEET, &VAULT, Generation(7), &action);
    let signature = key().sign(label, &[&[1; 32], &[2; 32], &[0, 0, 0, 0, 0, 0, 0, 7], hash.as_bytes()]);
    client::Change { vault: VAULT, generation: Generation(7), action, signature }
}

fn verdict(change: &client::Change) -> Result<(), Refusal> {
    verify_owner(&FLEET, change, &key().public())
}

#[test]
fn the_owner_signs_every_kind_of_change() {
    for action in [
        ChangeAction::Add(upload()),
        ChangeAction::Replace(upload()),
        ChangeAction::Remove(slot(2)),
        ChangeAction::Erase,
    ] {
        assert_eq!(verdict(&signed(action)), Ok(()));
    }
}

#[test]
fn a_signature_for_another_fleet_vault_generation_or_key_is_refused() {
    let change = signed(ChangeAction::Erase);
    let foreign = Err(Refusal::ForeignSignature);
    assert_eq!(verify_owner(&FleetId::new(OTHER), &change, &key().public()), foreign);
    let stranger = SigningKey::generate(&mut ChaChaRng::from_seed([4; 32]));
    assert_eq!(verify_owner(&FLEET, &change, &stranger.public()), foreign);
    assert_eq!(verdict(&client::Change { vault: VaultId::new(OTHER), ..change.clone() }), foreign);
    assert_eq!(verdict(&client::Change { generation: Generation(8), ..change.clone() }), foreign);
    assert_eq!(verdict(&client::Change { signature: [0; 64], ..change }), foreign);
}

#[test]
fn a_signature_for_another_kind_or_content_is_refused() {
    let added = signed(ChangeAction::Add(upload()));
    let foreign = Err(Refusal::ForeignSignature);
    assert_eq!(
        verdict(&client::Change { action: ChangeAction::Replace(upload()), ..added.clone() }),
        foreign
    );
    let mut other_ticket = upload();
    other_ticket.ticket[50] ^= 1;
    assert_eq!(
        verdict(&client::Change { action: ChangeAction::Add(other_ticket), ..added.clone() }),
        foreign
    );
    let mut other_ke1 = upload();
    other_ke1.confirmation.as_mut().unwrap().ke1[50] ^= 1;
    assert_eq!(verdict(&client::Change { action: ChangeAction::Add(other_ke1), ..added }), foreign);
    let removed = signed(ChangeAction::Remove(slot(2)));
    assert_eq!(verdict(&client::Change { action: ChangeAction::Remove(slot(3)), ..removed }), foreign);
}

#[test]
fn a_signature_of_one_kind_is_none_of_another_even_over_the_same_parts() {
    let mut change = signed(ChangeAction::Erase);
    let hash = change_hash(&FLEET, &VAULT, Generation(7), &ChangeAction::Erase);
    let parts: [&[u8]; 4] = [&[1; 32], &[2; 32], &[0, 0, 0, 0, 0, 0, 0, 7], hash.as_bytes()];
    for label in [labels::OWNER_ADD, labels::OWNER_REPLACE, labels::OWNER_REMOVE, labels::OWNER_SUCCESS] {
        change.signature = key().sign(label, &parts);
        assert_eq!(verdict(&change), Err(Refusal::ForeignSignature));
    }
}

#[test]
fn a_success_is_signed_for_one_attempt_of_one_registration() {
    let statement = SuccessStatement {
        fleet: &FLEET,
        vault: &VAULT,
        slot: slot(1),
        registration: registration(4),
        attempt: attempt(8),
    };
    let signature = key().sign(labels::OWNER_SUCCESS, &[&[1; 32], &[2; 32], &[1], &[4; 16], &[8; 16]]);
    let verdict =
        |statement: &SuccessStatement<'_>| verify_success_signature(statement, &key().public(), &signature);
    assert_eq!(verdict(&statement), Ok(()));
    let (fleet, vault) = (FleetId::new(OTHER), VaultId::new(OTHER));
    for other in [
        SuccessStatement { fleet: &fleet, ..statement },
        SuccessStatement { vault: &vault, ..statement },
        SuccessStatement { slot: slot(2), ..statement },
        SuccessStatement { registration: registration(5), ..statement },
        SuccessStatement { attempt: attempt(9), ..statement },
    ] {
        assert_eq!(verdict(&other), Err(Refusal::ForeignSignature));
    }
}

#[test]
fn golden_signatures() {
    let key = SigningKey::from_seed(Secret::new([3; 32])).public();
    assert_eq!(hex(&key), "ed4928c628d1c2c6eae90338905995612959273a5c63f93636c14614ac8737d1");
    let signature = unhex(concat!(
        "43138031346b19d78c5c16dedeff3d9c6263ea71b78a57d68c0dff1b6955a282",
        "a5d437a86e5c7039c94d0cf7eafdb76b341fd45ef2c4229d29f5cfb0d0e5200e"
    ))
    .unwrap();
    let change =
        client::Change { vault: VAULT, generation: Generation(7), action: ChangeAction::Erase, signature };
    assert_eq!(verify_owner(&FLEET, &change, &key), Ok(()));
    let signature = unhex(concat!(
        "d50d332b51fe7cb0ed902a6649494927e9e51281838140018b81b521ba1c41f9",
        "0a4fca0b44bab4ffdb569cf9b0bf03a92f09f5d36fd5ea7c0a74cf12c8127d03"
    ))
    .unwrap();
    let (registration, attempt) = (registration(4), attempt(8));
    let statement = SuccessStatement { fleet: &FLEET, vault: &VAULT, slot: slot(1), registration, attempt };
    assert_eq!(verify_success_signature(&statement, &key, &signature), Ok(()));
}

#[test]
fn golden_hashes() {
    let create = client::Create { vault: VAULT, owner_key: [3; 32], slot: upload() };
    assert_eq!(
        upload_hash(&FLEET, &create).to_hex(),
        "411809b54f211f039f3f2b3e3cc2ebf0e1a2ed2d1d3c2fb7aee0eaec7014c9f8"
    );
    let action = ChangeAction::Replace(upload());
    assert_eq!(
        change_hash(&FLEET, &VAULT, Generation(7), &action).to_hex(),
        "90f7bfa341a392617c1feedf693e8e1bc640a09a21a9003e3510af3a40653693"
    );
    assert_eq!(
        ke1_hash(&[9; 96]).to_hex(),
        "7e0deb4187f8bf09145df031c775d5a68a1053a5b4c0d6f99bfba46b63af3715"
    );
}

#[test]
fn a_proposal_holds_hashes_where_the_request_held_more() {
    let seed = || Some(Seed::new(Secret::new([10; 64])));
    let request = client::Create { vault: VAULT, owner_key: key().public(), slot: upload() };
    let create = Create::of(&FLEET, &request, seed()).unwrap();
    assert_eq!(create.upload, upload_hash(&FLEET, &request));
    assert_eq!(create.slot.confirmation.unwrap().ke1, ke1_hash(&[9; 96]));
    assert_eq!(create.slot.seed.unwrap().secret().expose(), &[10; 64]);
    let change = Change::of(&FLEET, &signed(ChangeAction::Replace(upload())), seed());
    assert_eq!(change.change, change_hash(&FLEET, &VAULT, Generation(7), &ChangeAction::Replace(upload())));
    assert!(matches!(change.action, Action::Replace(new) if new.seed.is_some()));
    let spend =
        Spend::of(&client::Attempt { vault: VAULT, slot: slot(1), attempt: attempt(8), ke1: [9; 96] });
    assert_eq!((spend.attempt, spend.ke1), (attempt(8), ke1_hash(&[9; 96])));
}

#[test]
fn an_owner_key_that_could_never_sign_is_refused() {
    let request = client::Create { vault: VAULT, owner_key: [0; 32], slot: upload() };
    assert!(matches!(Create::of(&FLEET, &request, None), Err(Refusal::Malformed)));
}
