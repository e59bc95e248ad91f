//! What gets lost is sent again, byte for byte, and costs no guess.

use crate::fake_transport::{Act, Arrived, FakeTransport, run};
use strongroom_client::{ClientError, Confirmation, Credential};
use strongroom_protocol::{
    client::{Refusal, RequestKind},
    frame::Unreadable,
};

const STEPS_OF_REGISTRATION: usize = 3;
const STEPS_OF_RECOVERY: usize = 2;
const STEPS_OF_CHANGE: usize = 4;

fn right() -> Credential {
    Credential::password("right")
}

/// `count` exchanges that go through, and then one act.
fn after(count: usize, act: Act) -> Vec<Act> {
    let mut acts: Vec<Act> = (0..count).map(|_| Act::Pass).collect();
    acts.push(act);
    acts
}

fn losses() -> [fn() -> Act; 7] {
    [
        || Act::LoseRequest,
        || Act::LoseAnswer,
        || Act::Refuse(Refusal::Busy),
        || Act::Refuse(Refusal::NoMajority),
        || Act::Unreadable(Unreadable::Malformed),
        || Act::Restart,
        || Act::Garbage(vec![0; 40]),
    ]
}

fn all_equal(arrived: &[Arrived]) -> bool {
    arrived.iter().all(|one| one.request == arrived[0].request)
}

/// Every kind but Register, whose repetition draws another seed, reaches the fleet in one form only.
fn assert_idempotent(net: &FakeTransport) {
    use RequestKind::{Attempt, Change, Create, Register, Status};
    for kind in [Register, Create, Change, Attempt, Status] {
        assert!(all_equal(&net.arrived(kind)), "{kind:?}");
    }
}

#[test]
fn a_registration_survives_any_loss_at_every_step() {
    for step in 0..STEPS_OF_REGISTRATION {
        for loss in losses() {
            let net = FakeTransport::new();
            net.script(after(step, loss()));
            let (locator, key) = run(net.client(1).register(right())).unwrap();
            assert_idempotent(&net);
            assert!(all_equal(&net.arrived(RequestKind::Success)));
            let vault = &net.world().fleet.vaults[&locator.vault()];
            assert_eq!((vault.left, vault.failed, vault.successes), (10, 0, 1));
            drop(key);
        }
    }
}

#[test]
fn a_recovery_survives_any_loss_at_every_step_and_spends_one_guess() {
    for step in 0..STEPS_OF_RECOVERY {
        for loss in losses() {
            let net = FakeTransport::new();
            let (locator, key) = run(net.client(1).register(right())).unwrap();
            net.world().arrived.clear();
            net.script(after(step, loss()));
            let recovered = run(net.client(2).recover(&locator, right())).unwrap();
            assert!(recovered.key.matches(&key));
            assert_eq!(recovered.confirmation, Confirmation::Confirmed { left: 10 });
            assert_idempotent(&net);
            assert!(all_equal(&net.arrived(RequestKind::Success)));
            assert_eq!(net.world().fleet.vaults[&locator.vault()].successes, 2);
        }
    }
}

#[test]
fn a_change_survives_any_loss_at_every_step() {
    for step in 0..STEPS_OF_CHANGE {
        for loss in losses() {
            let net = FakeTransport::new();
            let client = net.client(1);
            let (locator, key) = run(client.register(right())).unwrap();
            net.world().arrived.clear();
            net.script(after(step, loss()));
            let changed = run(client.change_password(&locator, &key, Credential::password("new"))).unwrap();
            assert_eq!((changed.generation.0, changed.left, changed.is_confirmed), (2, 10, true));
            assert_idempotent(&net);
        }
    }
}

#[test]
fn an_erasure_survives_any_loss_at_every_step() {
    for step in 0..2 {
        for loss in losses() {
            let net = FakeTransport::new();
            let client = net.client(1);
            let (locator, key) = run(client.register(right())).unwrap();
            net.world().arrived.clear();
            net.script(after(step, loss()));
            run(client.erase(&locator, &key)).unwrap();
            assert_idempotent(&net);
        }
    }
}

#[test]
fn a_lost_answer_to_a_wrong_guess_spends_no_second_one() {
    let net = FakeTransport::new();
    let (locator, _) = run(net.client(1).register(right())).unwrap();
    net.script([Act::LoseAnswer, Act::LoseAnswer, Act::LoseAnswer]);
    let error = run(net.client(2).recover(&locator, Credential::password("wrong"))).unwrap_err();
    assert!(matches!(error, ClientError::WrongPassword { left: 9, failed: 0, .. }), "{error}");
    assert_eq!(net.arrived(RequestKind::Attempt).len(), 4);
}

#[test]
fn a_dead_token_of_a_registration_is_renewed_by_the_same_upload() {
    let net = FakeTransport::new();
    net.script([Act::Pass, Act::Pass, Act::Checkpoint]);
    let (locator, _) = run(net.client(1).register(right())).unwrap();
    let uploads = net.arrived(RequestKind::Create);
    assert_eq!(uploads.len(), 2);
    assert!(all_equal(&uploads));
    let vault = &net.world().fleet.vaults[&locator.vault()];
    assert_eq!((vault.left, vault.successes), (10, 1));
}

#[test]
fn a_dead_token_of_a_recovery_is_renewed_by_the_same_attempt() {
    let net = FakeTransport::new();
    let (locator, key) = run(net.client(1).register(right())).unwrap();
    net.script([Act::Pass, Act::Checkpoint]);
    let recovered = run(net.client(2).recover(&locator, right())).unwrap();
    assert!(recovered.key.matches(&key));
    let attempts = net.arrived(RequestKind::Attempt);
    assert_eq!(attempts.len(), 2);
    assert!(all_equal(&attempts));
    assert_eq!(net.world().fleet.vaults[&locator.vault()].left, 10);
}

#[test]
fn a_token_that_dies_again_and_again_does_not_keep_the_key_back() {
    let net = FakeTransport::new();
    let (locator, key) = run(net.client(1).register(right())).unwrap();
    net.script((0..20).map(|turn| if turn % 2 == 0 { Act::Pass } else { Act::Checkpoint }));
    let recovered = run(net.client(2).recover(&locator, right())).unwrap();
    assert!(recovered.key.matches(&key));
    assert_eq!(recovered.confirmation, Confirmation::Refused(Refusal::TokenDead));
    assert!(all_equal(&net.arrived(RequestKind::Attempt)));
    assert_eq!(net.world().fleet.vaults[&locator.vault()].left, 9);
}

#[test]
fn a_dead_ticket_is_replaced_by_another_registration() {
    let net = FakeTransport::new();
    net.script([Act::Pass, Act::Checkpoint]);
    let (locator, key) = run(net.client(1).register(right())).unwrap();
    assert_eq!(net.arrived(RequestKind::Register).len(), 2);
    assert!(run(net.client(2).recover(&locator, right())).unwrap().key.matches(&key));
}

#[test]
fn message_2_goes_in_a_context_of_its_own_where_the_node_forgot_the_first() {
    let net = FakeTransport::new();
    let (locator, _) = run(net.client(1).register(right())).unwrap();
    net.world().arrived.clear();
    net.script([Act::Pass, Act::ForgetContexts]);
    run(net.client(2).recover(&locator, right())).unwrap();
    let world = net.world();
    let seen: Vec<_> = world.arrived.iter().map(|arrived| (arrived.kind, arrived.is_continued)).collect();
    assert_eq!(seen, [(RequestKind::Attempt, false), (RequestKind::Success, false)]);
    assert_eq!(world.arrived[0].node, world.arrived[1].node);
}

#[test]
fn a_recovery_begun_at_one_node_ends_at_another() {
    let net = FakeTransport::new();
    let (locator, _) = run(net.client(1).register(right())).unwrap();
    net.world().arrived.clear();
    net.script([Act::Pass, Act::LoseRequest]);
    run(net.client(2).recover(&locator, right())).unwrap();
    let world = net.world();
    assert_ne!(world.arrived[0].node, world.arrived[1].node);
    assert!(!world.arrived[1].is_continued);
}

#[test]
fn a_restarted_fleet_is_asked_for_its_keys_again_once_a_node() {
    let net = FakeTransport::new();
    let client = net.client(1);
    let (locator, _) = run(client.register(right())).unwrap();
    assert_eq!(net.world().keys_asked, 1);
    run(client.status(&locator)).unwrap();
    let asked = net.world().keys_asked;
    net.world().nodes.iter_mut().for_each(crate::fake_node::FakeNode::restart);
    run(client.status(&locator)).unwrap();
    assert!(net.world().keys_asked <= asked + 1);
}
