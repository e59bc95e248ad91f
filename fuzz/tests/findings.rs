//! What the fuzzers found, each in its smallest form.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use strongroom_fuzz::{
    puppet::{blank, enveloped},
    scene::Scene,
};
use strongroom_hsm::{peer::PeerBody, raft_wire::RaftKind};
use strongroom_protocol::{
    bytes::Bytes,
    ids::{LogIndex, NodeNumber, Term},
    pipe::{HostMessage, PeerBytes},
};

/// An HSM with sessions, and one message of a member whose HSM is broken.
fn told(body: impl FnOnce(u64, u64) -> PeerBody) -> Scene {
    let mut scene = Scene::one();
    scene.start(1);
    scene.ticks(5);
    let status = scene.world.status(1);
    let frame = scene.puppets[0].say(body(status.term.0, status.last.0)).expect("a session");
    let frame = Bytes::new(frame).unwrap();
    scene.world.tell(1, HostMessage::Peer(PeerBytes { node: NodeNumber(2), frame }));
    scene.settle();
    scene
}

#[test]
fn an_append_of_term_zero_beyond_the_log_is_passed_over() {
    let mut scene = told(|term, last| {
        let mut message = blank(RaftKind::Append);
        message.term = Term(term + 1);
        message.index = LogIndex(last + 2);
        message.commit = LogIndex(last + 2);
        enveloped(message)
    });
    scene.ticks(300);
    assert!(scene.world.is_running(1));
}

#[test]
fn a_term_at_the_end_of_all_numbers_is_passed_over() {
    for kind in [RaftKind::Heartbeat, RaftKind::RequestVote, RaftKind::Snapshot] {
        let mut scene = told(|_, last| {
            let mut message = blank(kind);
            message.term = Term(u64::MAX);
            message.checkpoint = LogIndex(last + 1);
            enveloped(message)
        });
        assert!(scene.world.status(1).term.0 < 1000, "{kind:?}");
        scene.ticks(300);
        assert!(scene.world.status(1).term.0 < 1000, "{kind:?}");
    }
}
