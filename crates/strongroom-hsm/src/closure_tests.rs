//! G3, by brute force: from everything that hosts ever saw and everything that members
//! hold now, opens all that opens, to a fixpoint, and looks for the seed of an erased slot.

#[path = "../tests/world/mod.rs"]
pub(crate) mod world;

use crate::{
    anchor::Anchor,
    closure::{Closure, RawKey, Seen},
};
use strongroom_protocol::{
    client::{AttemptAnswer, ChangeAction, Request, RequestBody},
    decode, encode,
    frame::{ChannelAssociated, ChannelInfo, Opening, RequestFrame},
    ids::{Configuration, NodeNumber, Version},
};
use world::{QUICK, World};

/// Looks at every disk as it is now, and at every frame so far.
fn look(seen: &mut Seen, world: &mut World) {
    for node in &world.nodes {
        node.platform.states.iter().for_each(|state| seen.state(state));
        seen.head(&node.disk.head);
        node.disk.log.values().for_each(|entry| seen.entry(entry));
        node.disk.tree.values().flat_map(|versions| versions.values()).for_each(|node| seen.node(node));
    }
    world.seen.drain(..).for_each(|frame| seen.frame(&frame));
}

/// Recorded requests of clients, as far as a live channel key opens them.
fn open_requests(world: &World, requests: &[(u8, Vec<u8>)]) -> Vec<Request> {
    let opened = requests.iter().filter_map(|(number, bytes)| {
        let frame: RequestFrame = decode(bytes).unwrap();
        let Opening::New(new) = &frame.opening else { return None };
        let info = ChannelInfo {
            version: Version,
            fleet: world.fleet,
            configuration: Configuration(1),
            node: NodeNumber(*number),
        };
        let associated = encode(&ChannelAssociated { info: info.clone(), kind: frame.kind });
        let member = world.node(*number).hsm.as_ref()?.member()?;
        member.try_recorded(&encode(&info), &new.encapsulation, &associated, frame.ciphertext.as_slice())
    });
    opened.collect()
}

fn live_keys(world: &World, except: Option<u8>) -> Vec<RawKey> {
    let members = world.nodes.iter().filter(|node| Some(node.number.0) != except);
    members.filter_map(|node| node.hsm.as_ref()?.member()).flat_map(|member| member.held_keys()).collect()
}

fn anchors(world: &World) -> Vec<Anchor> {
    let copies = world.nodes.iter().flat_map(|node| node.platform.copies.iter().flatten());
    copies.map(|copy| Anchor::decode(copy).unwrap()).collect()
}

#[test]
fn the_closure_of_what_is_held_opens_no_erased_slot() {
    let mut world = World::founded_at(5, 90, QUICK);
    world.record_frames = true;
    let mut seen = Seen::default();
    let mut requests = Vec::new();
    let mut owner = world.new_owner(b"pw");
    let upload = world.create_upload(1, &owner);
    let recorded = world.seal(1, upload.body.clone());
    requests.push((1, recorded.frame));
    let uploaded = world.upload(1, &upload);
    owner.generation = uploaded.generation;
    world.confirm(1, &owner, b"pw", &upload, uploaded);
    let other = world.register(2, b"stays");
    look(&mut seen, &mut world);
    world.ticks(450);
    look(&mut seen, &mut world);
    let before = (anchors(&world), live_keys(&world, None));

    for _ in 0..10 {
        let attempt = world.attempt(owner.vault, b"wrong");
        assert!(matches!(world.send_attempt(3, &attempt), AttemptAnswer::Answered(_)));
        look(&mut seen, &mut world);
    }
    let attempt = world.attempt(owner.vault, b"pw");
    assert!(matches!(world.send_attempt(4, &attempt), AttemptAnswer::Erased));
    // Another vault lives and dies within this era; its upload crosses the line to the member that is cut off next.
    let frozen = (1..=5).find(|number| Some(*number) != world.leader()).unwrap();
    let mut brief = world.new_owner(b"brief");
    let brief_upload = world.create_upload(frozen, &brief);
    let uploaded = world.upload(frozen, &brief_upload);
    brief.generation = uploaded.generation;
    look(&mut seen, &mut world);
    let erase = world.signed_change(&brief, 1, ChangeAction::Erase);
    world.exchange(frozen, RequestBody::Change(erase));
    let erased_at = world.status(world.leader().unwrap()).last;
    look(&mut seen, &mut world);
    // A member is cut off right after, in the era of the erasure; the others go on.
    for other in 1..=5 {
        world.cut.insert((frozen, other));
        world.cut.insert((other, frozen));
    }
    let mut recorded = world.status(world.leader().unwrap()).checkpoint;
    let mut checkpoints = 0;
    for _ in 0..4000 {
        world.tick();
        look(&mut seen, &mut world);
        let now = world.status(world.leader().unwrap()).checkpoint;
        if now > recorded && now > erased_at {
            checkpoints += 1;
            recorded = now;
        }
        let everywhere = (1..=5)
            .filter(|number| *number != frozen)
            .all(|number| world.status(number).checkpoint >= recorded);
        if checkpoints >= 2 && everywhere {
            break;
        }
    }
    assert!(checkpoints >= 2, "two checkpoints after the erasure");

    let registration = upload.registration;
    let fleet = world.fleet;
    let running: Vec<Anchor> = (1..=5)
        .filter(|number| *number != frozen)
        .flat_map(|number| world.node(number).platform.copies.clone())
        .flatten()
        .map(|copy| Anchor::decode(&copy).unwrap())
        .collect();
    let now = Closure::of(
        fleet,
        &seen,
        &running,
        &live_keys(&world, Some(frozen)),
        &open_requests(&world, &requests),
    );
    assert!(now.opened() > 20, "the closure opens what is live: {}", now.opened());
    assert!(!now.opens(&registration), "an erased slot falls out of what is held");
    assert!(
        !now.opens(&brief_upload.registration),
        "a slot that lived within one era falls out of what is held"
    );
    assert!(now.seeds() > 0, "a live slot is found, so the search sees what it looks for");
    let then = Closure::of(fleet, &seen, &before.0, &before.1, &[]);
    assert!(then.opens(&registration), "with the anchors of before the slot opens, so the test would notice");
    let leader = world.leader().unwrap();
    assert_eq!(world.recover(leader, &other), 10);
}
