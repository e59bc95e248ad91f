//! Running HSMs. Which scene is played, and what the tape may do in it, is all that tells these targets apart.

use crate::{
    acts,
    scene::{
        Act, Scene, client_request, hand_over, hold, host_says, moves, network, puppet_says,
        puppet_says_raft, quiet, raw_request, restart, stranger, tick_one, ticks, twist_disk, twist_inbox,
    },
    tape::Tape,
};

/// What clients, strangers, a bad network and a slow host may do: no HSM stops for any of it.
const HONEST: [Act; 12] = acts![
    ticks,
    ticks,
    moves,
    tick_one,
    client_request,
    client_request,
    raw_request,
    stranger,
    network,
    restart,
    hold,
    quiet,
];

/// All of it, and every lie.
const ALL: [Act; 20] = acts![
    ticks,
    ticks,
    moves,
    tick_one,
    client_request,
    client_request,
    raw_request,
    stranger,
    network,
    restart,
    hold,
    quiet,
    host_says,
    twist_inbox,
    twist_inbox,
    twist_disk,
    puppet_says,
    puppet_says_raft,
    puppet_says_raft,
    hand_over,
];

/// Ticks after which the HSM among puppets leads.
const TICKS_TO_LEAD: usize = 130;

/// One HSM among puppets, from its start; everything may happen.
pub fn step(bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    let mut scene = Scene::one();
    scene.start(1);
    if tape.byte() % 2 == 1 {
        scene.ticks(TICKS_TO_LEAD);
    }
    scene.play(&ALL, &mut tape);
}

/// One HSM that leads; nobody lies, so it never stops.
pub fn doors(bytes: &[u8]) {
    let mut scene = Scene::one();
    scene.start(1);
    scene.ticks(TICKS_TO_LEAD);
    scene.play(&HONEST, &mut Tape::new(bytes));
}

/// Three real HSMs. The first byte says whether hosts may lie; a lie to one stops no other.
pub fn fleet(bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    let acts: &[Act] = if tape.byte().is_multiple_of(2) { &HONEST } else { &ALL };
    let mut scene = Scene::three();
    scene.ticks(TICKS_TO_LEAD);
    scene.play(acts, &mut tape);
}

/// What a member says inside its session: consensus, hand-over, anything.
pub fn peer_session(bytes: &[u8]) {
    const ACTS: [Act; 6] =
        acts![ticks, client_request, puppet_says, puppet_says_raft, puppet_says_raft, hand_over];
    let mut tape = Tape::new(bytes);
    let mut scene = Scene::one();
    scene.start(1);
    scene.ticks(if tape.byte() % 2 == 1 { TICKS_TO_LEAD } else { 2 });
    scene.play(&ACTS, &mut tape);
}

/// A disk that was put back, swapped or damaged, what its host answers from it, and the healing.
pub fn storage(bytes: &[u8]) {
    const ACTS: [Act; 7] = acts![ticks, ticks, moves, client_request, twist_inbox, twist_disk, host_says];
    let mut tape = Tape::new(bytes);
    let mut scene = Scene::one();
    scene.start(1);
    twist_disk(&mut scene, &mut tape);
    scene.play(&ACTS, &mut tape);
}

/// A refused member takes checkpoints over, honest or not, over a host that ships nodes, honest or not.
pub fn handover(bytes: &[u8]) {
    const ACTS: [Act; 6] = acts![ticks, moves, moves, twist_inbox, hand_over, hand_over];
    let mut tape = Tape::new(bytes);
    let mut scene = Scene::one();
    scene.world.node_mut(1).disk = crate::world::Disk::default();
    scene.start(1);
    scene.ticks(2);
    scene.play(&ACTS, &mut tape);
}
