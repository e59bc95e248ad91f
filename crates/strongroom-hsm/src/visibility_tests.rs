//! G4, by search: no secret stands in anything that a host can see, however it is written.

use crate::closure_tests::world::{QUICK, World};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use strongroom_protocol::{
    client::{AttemptAnswer, ChangeAction, RequestBody},
    ids::hex,
};

const PASSWORD: &[u8] = b"canary-password-0123456789-abcdef";

/// A secret in the forms that it might leak in: as it is, in hex, and in base64 at each of the three alignments.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.to_vec(), hex(secret).into_bytes(), hex(secret).to_uppercase().into_bytes()];
    for skipped in 0..3 {
        let rest = &secret[skipped..];
        let whole = &rest[..rest.len() / 3 * 3];
        forms.push(STANDARD_NO_PAD.encode(whole).into_bytes());
        forms.push(URL_SAFE_NO_PAD.encode(whole).into_bytes());
    }
    forms
}

fn stands_in(haystack: &[Vec<u8>], needle: &[u8]) -> bool {
    haystack.iter().any(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
}

#[test]
fn no_secret_is_visible_to_a_host() {
    let mut world = World::founded_at(3, 91, QUICK);
    world.record_frames = true;
    world.record_pipe = true;
    let mut owner = world.new_owner(PASSWORD);
    let upload = world.create_upload(1, &owner);
    let uploaded = world.upload(2, &upload);
    owner.generation = uploaded.generation;
    let confirming = uploaded.confirming.clone().unwrap();
    let (_, export_key) = world
        .success(
            &owner,
            PASSWORD,
            upload.registration,
            upload.attempt,
            &upload.login,
            &confirming.ke2,
            confirming.token,
        )
        .unwrap();
    world.confirm(1, &owner, PASSWORD, &upload, uploaded);
    let seed = {
        let node = world.node(1);
        let member = node.hsm.as_ref().unwrap().member().unwrap();
        member.slot_seed(&owner.vault).unwrap()
    };
    let wrong = world.attempt(owner.vault, b"canary-wrong-password-9876543210");
    assert!(matches!(world.send_attempt(3, &wrong), AttemptAnswer::Answered(_)));
    assert_eq!(world.recover(2, &owner), 10);
    world.vault_status(1, owner.vault);
    world.ticks(500);
    let mut visible: Vec<Vec<u8>> = world.nodes.iter().flat_map(|node| node.disk.bytes()).collect();
    let change = world.signed_change(&owner, 1, ChangeAction::Erase);
    world.exchange(3, RequestBody::Change(change));
    world.ticks(500);
    visible.extend(world.nodes.iter().flat_map(|node| node.disk.bytes()));
    visible.append(&mut world.seen);
    visible.append(&mut world.pipe);

    let secrets: [(&str, &[u8]); 6] = [
        ("the password", PASSWORD),
        ("a wrong password", b"canary-wrong-password-9876543210"),
        ("the backup key", owner.backup_key.expose()),
        ("the export key", export_key.expose()),
        ("the slot's seed", &seed),
        ("the vault id", owner.vault.as_bytes()),
    ];
    for (name, secret) in secrets {
        for form in forms(secret) {
            assert!(!stands_in(&visible, &form), "{name} is visible to a host");
        }
    }
    // The search would find it: the fleet id stands in the clear of every handshake.
    assert!(stands_in(&visible, world.fleet.as_bytes()));
}
