//! The scenes reach what they are for: an HSM among puppets leads, answers and is handed over.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use strongroom_fuzz::{
    home::HOME,
    scene::{Scene, client_request, twist_disk},
    tape::Tape,
    world::Disk,
};
use strongroom_protocol::{
    bytes::Bytes,
    pipe::{FromClient, HostMessage, Role},
};

#[test]
fn an_hsm_among_puppets_leads_and_answers_clients() {
    let mut scene = Scene::one();
    scene.start(1);
    scene.ticks(130);
    let before = scene.world.status(1);
    assert_eq!(before.role, Role::Leader);
    assert_eq!(before.sessions.as_slice().len(), 2);
    // Node 1, an attempt with the right password.
    client_request(&mut scene, &mut Tape::new(&[0, 1, 0, 0]));
    scene.ticks(20);
    let after = scene.world.status(1);
    assert_eq!(after.counters.guesses_answered, 1);
    assert!(after.applied > before.applied);
    assert_eq!(scene.world.answers.len(), 1);
}

#[test]
fn three_hsms_have_a_leader_when_the_tape_begins() {
    let mut scene = Scene::three();
    scene.ticks(130);
    assert!(scene.world.leader().is_some());
}

#[test]
fn a_member_without_its_disk_is_handed_over_by_a_puppet() {
    let mut scene = Scene::one();
    scene.world.node_mut(1).disk = Disk::default();
    scene.start(1);
    scene.settle();
    assert_eq!(scene.world.status(1).role, Role::Refused);
    scene.ticks(400);
    assert_ne!(scene.world.status(1).role, Role::Refused);
    assert!(scene.world.status(1).checkpoint.0 > 1);
}

#[test]
fn a_disk_that_was_put_back_is_refused() {
    let mut scene = Scene::one();
    scene.start(1);
    twist_disk(&mut scene, &mut Tape::new(&[0, 0, 0]));
    scene.settle();
    assert_eq!(scene.world.status(1).role, Role::Refused);
}

#[test]
fn a_fault_without_a_lie_is_a_finding() {
    let mut scene = Scene::one();
    // An HSM that was not started takes no batch; nobody tells the scene of the lie.
    scene.world.tell(1, HostMessage::Stored(7));
    scene.settle();
    assert!(scene.world.node(1).fault.is_some());
    let played =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| scene.play(&[], &mut Tape::new(&[]))));
    assert!(played.is_err());
}

#[test]
fn a_strangers_request_is_answered_as_unreadable() {
    let mut scene = Scene::one();
    scene.start(1);
    scene.ticks(130);
    let frame = Bytes::new(HOME.request.clone()).unwrap();
    scene.world.tell(1, HostMessage::Client(FromClient { id: 1 << 40, frame }));
    scene.settle();
    assert!(scene.world.answers.contains_key(&(1 << 40)));
    assert_eq!(scene.world.status(1).counters.unreadable, 1);
}
