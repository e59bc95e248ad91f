//! The hosts of the test's world: their disks, and what they do for their HSMs.

use super::World;
use std::collections::BTreeMap;
use strongroom_hsm::effect::Input;
use strongroom_protocol::{
    bytes::List,
    decode, encode,
    frame::AnswerFrame,
    ids::RecordId,
    pipe::{
        Fetched, HostMessage, HsmMessage, LogEntries, NodeName, PeerBytes, Prefix, StoredEntry, TreeNode,
    },
};

/// What a host keeps on disk.
#[derive(Clone, Default)]
pub struct Disk {
    pub log: BTreeMap<u64, StoredEntry>,
    pub head: Vec<u8>,
    pub head_before: Vec<u8>,
    pub tree: BTreeMap<NodeName, BTreeMap<u64, TreeNode>>,
}

impl Disk {
    pub(super) fn newest(&self, name: NodeName, index: u64) -> Option<&TreeNode> {
        self.tree.get(&name)?.range(..=index).next_back().map(|(_, node)| node)
    }

    pub fn path(&self, record: &RecordId, index: u64) -> Vec<TreeNode> {
        let mut nodes = Vec::new();
        for nibbles in 0..=64 {
            match self.newest(NodeName::Inner(Prefix::of(record, nibbles)), index) {
                Some(node) => nodes.push(node.clone()),
                // Before the first checkpoint nodes below the top may be there without it.
                None if nibbles == 0 => {}
                None => break,
            }
        }
        nodes.extend(self.newest(NodeName::Leaf(*record), index).cloned());
        nodes
    }

    /// Every byte that a host can see at rest.
    pub fn bytes(&self) -> Vec<Vec<u8>> {
        let mut all: Vec<Vec<u8>> = self.log.values().map(encode).collect();
        all.push(self.head.clone());
        all.push(self.head_before.clone());
        all.extend(self.tree.values().flat_map(BTreeMap::values).map(encode));
        all
    }
}

impl World {
    pub(super) fn on_host(&mut self, at: usize, message: HsmMessage) {
        let number = self.nodes[at].number;
        match message {
            HsmMessage::Send(PeerBytes { node, frame }) => {
                let frame = frame.into_vec();
                if self.record_frames {
                    self.seen.push(frame.clone());
                }
                self.network.push_back((number, node, frame));
            }
            HsmMessage::FetchNodes(ask) => {
                let from: Vec<usize> = if ask.elsewhere == 1 {
                    (0..self.nodes.len()).filter(|other| *other != at).collect()
                } else {
                    vec![at]
                };
                let mut nodes = Vec::new();
                for wanted in ask.nodes.as_slice() {
                    let found = from.iter().find_map(|other| {
                        self.nodes[*other].disk.tree.get(&wanted.name)?.get(&wanted.version.0).cloned()
                    });
                    nodes.extend(found);
                }
                self.ship(at, ask.fetch, nodes, ask.elsewhere == 1);
            }
            HsmMessage::Answer(to) => {
                let frame: AnswerFrame = decode(to.frame.as_slice()).expect("an answer frame");
                self.answers.insert(to.id, frame);
            }
            other => self.on_own_host(at, other),
        }
    }

    fn ship(&mut self, at: usize, fetch: u64, nodes: Vec<TreeNode>, elsewhere: bool) {
        let node = &mut self.nodes[at];
        let shipped = |nodes: Vec<TreeNode>, last| {
            Input::Host(HostMessage::Shipped(Fetched {
                fetch,
                nodes: List::new(nodes).expect("nodes"),
                last,
            }))
        };
        let Some(at_once) = node.slow_shipping.filter(|_| elsewhere) else {
            node.inbox.push_back(shipped(nodes, 1));
            return;
        };
        for part in nodes.chunks(at_once) {
            node.shipping.push_back(shipped(part.to_vec(), 0));
        }
        node.shipping.push_back(shipped(Vec::new(), 1));
    }

    fn on_own_host(&mut self, at: usize, message: HsmMessage) {
        let node = &mut self.nodes[at];
        match message {
            HsmMessage::Born(birth) => node.born = Some(birth),
            HsmMessage::Adopted(fleet) => node.adopted = Some(fleet),
            HsmMessage::Signed(signed) => node.signed = Some(signed),
            HsmMessage::Status(status) => node.status = Some(status),
            HsmMessage::Keys(keys) => node.keys = Some(keys),
            HsmMessage::Stop(reason) => node.stopped = Some(reason.as_str().to_owned()),
            HsmMessage::Append(append) => {
                if append.cut.0 != 0 {
                    node.disk.log.retain(|index, _| *index < append.cut.0);
                }
                for entry in append.entries.into_vec() {
                    node.disk.log.insert(entry.index.0, entry);
                }
            }
            HsmMessage::Commit(commit) => {
                let head = commit.head_table.into_vec();
                node.disk.head_before = core::mem::replace(&mut node.disk.head, head);
                if node.holds_disk {
                    node.hold_disk.push_back(commit.batch);
                } else {
                    node.inbox.push_back(Input::Host(HostMessage::Stored(commit.batch)));
                }
            }
            HsmMessage::Tree(nodes) => {
                for tree_node in nodes.into_vec() {
                    node.disk.tree.entry(tree_node.name).or_default().insert(tree_node.version.0, tree_node);
                }
            }
            HsmMessage::FlushTree(index) => {
                node.inbox.push_back(Input::Host(HostMessage::TreeWritten(index)))
            }
            HsmMessage::Fetch(fetch) => {
                let mut nodes = Vec::new();
                for record in fetch.records.as_slice() {
                    for found in node.disk.path(record, fetch.index.0) {
                        if !nodes.contains(&found) {
                            nodes.push(found);
                        }
                    }
                }
                let fetched =
                    Fetched { fetch: fetch.fetch, nodes: List::new(nodes).expect("nodes"), last: 1 };
                node.inbox.push_back(Input::Host(HostMessage::Path(fetched)));
            }
            HsmMessage::FetchLog(range) => {
                let entries =
                    node.disk.log.range(range.first.0..=range.last.0).map(|(_, entry)| entry.clone());
                let entries: Vec<StoredEntry> = entries.collect();
                let entries = List::new(entries).expect("entries");
                node.inbox.push_back(Input::Host(HostMessage::Log(LogEntries { entries, last: 1 })));
            }
            HsmMessage::Drop(below) => {
                node.disk.log.retain(|index, _| *index >= below.log.0);
                for versions in node.disk.tree.values_mut() {
                    let newest = versions.range(..=below.tree.0).next_back().map(|(version, _)| *version);
                    if let Some(newest) = newest {
                        versions.retain(|version, _| *version >= newest);
                    }
                }
            }
            HsmMessage::Send(_) | HsmMessage::FetchNodes(_) | HsmMessage::Answer(_) => {}
        }
    }
}
