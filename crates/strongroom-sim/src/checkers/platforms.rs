//! What checkers have in common when they look at platform memories.

use crate::{
    observation::{AnchorSeen, Program},
    view::WorldView,
};
use strongroom_hsm::anchor::Anchor;
use strongroom_protocol::ids::NodeNumber;

/// The whole copies of a node's anchor.
pub(super) fn anchors_of(world: &WorldView<'_>, node: NodeNumber) -> Vec<Anchor> {
    let copies = world.platform(node).map(|platform| platform.image().copies()).unwrap_or_default();
    copies.iter().filter_map(|copy| Anchor::decode(copy).ok()).collect()
}

/// Whether a program's node has an anchor of its own that still names this boot of it.
pub(super) fn holds_anchor(world: &WorldView<'_>, program: &Program) -> bool {
    let running = world.machine(program.machine).and_then(|machine| machine.program());
    let own = running.and_then(|running| running.hsm().member()).map(|member| member.incarnation());
    anchors_of(world, program.node).iter().any(|held| Some(held.incarnation) == own)
}

/// Whether an anchor is in the node's own platform memory, and not in a copy that somebody made.
pub(super) fn is_own(world: &WorldView<'_>, program: &Program, anchor: &AnchorSeen) -> bool {
    anchors_of(world, program.node).iter().any(|held| held.incarnation == anchor.incarnation)
}
