//! Walking the trees of a snapshot: folders first, links last.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::sync::mpsc::SyncSender;

use rustic_core::Id;
use rustic_core::repofile::{BlobType, Node, NodeType, Tree};

use super::writer::WaitingFile;
use super::{Restore, Walked};
use crate::repository::target::Attributes;
use crate::repository::{RepositoryError, limits};

/// A walk over all trees below a root.
pub(super) struct Walk<'a> {
    restore: &'a Restore<'a>,
    queue: Option<SyncSender<WaitingFile>>,
    pending: Vec<PendingTree>,
    folders: Vec<(PathBuf, Attributes)>,
    links: Vec<Link>,
    special: u64,
    entries: u64,
}

struct PendingTree {
    at: PathBuf,
    depth: usize,
    id: Id,
}

struct Link {
    at: PathBuf,
    points_to: PathBuf,
    attributes: Attributes,
}

impl<'a> Walk<'a> {
    pub(super) fn new(restore: &'a Restore<'a>, queue: SyncSender<WaitingFile>) -> Self {
        Self {
            restore,
            queue: Some(queue),
            pending: Vec::new(),
            folders: Vec::new(),
            links: Vec::new(),
            special: 0,
            entries: 0,
        }
    }

    /// Makes all folders and hands all files to the writers.
    ///
    /// # Errors
    ///
    /// Only where the root itself cannot be read; everything else is reported
    /// to the restore.
    pub(super) fn trees(&mut self, root: &Id) -> Result<(), RepositoryError> {
        let nodes = self.read_tree(root)?;
        self.enter(Path::new(""), 0, nodes);
        while let Some(PendingTree { at, depth, id }) = self.pending.pop() {
            if self.restore.has_failed() {
                break;
            }
            match self.read_tree(&id) {
                Ok(nodes) => self.enter(&at, depth, nodes),
                Err(error) => self.restore.damaged_or_fatal(&at, error),
            }
        }
        Ok(())
    }

    /// Lets the writers end when they have written what waits.
    pub(super) fn close_queue(&mut self) {
        self.queue = None;
    }

    /// Makes the links, and then sets the folders' attributes from the inside out.
    pub(super) fn links_and_folders(self) -> Result<Walked, RepositoryError> {
        let target = &self.restore.target;
        for link in &self.links {
            target.make_link(&link.at, &link.points_to, link.attributes)?;
        }
        for (at, attributes) in self.folders.iter().rev() {
            target.finish_folder(at, *attributes)?;
        }
        Ok(Walked {
            folders: count(self.folders.len()),
            links: count(self.links.len()),
            special: self.special,
        })
    }

    fn read_tree(&self, id: &Id) -> Result<Vec<Node>, RepositoryError> {
        let contents = self.restore.blob(id, BlobType::Tree)?;
        match serde_json::from_slice::<Tree>(&contents) {
            Ok(tree) => Ok(tree.nodes),
            Err(_) => Err(self.damaged("the list of a folder's contents is none")),
        }
    }

    fn enter(&mut self, at: &Path, depth: usize, nodes: Vec<Node>) {
        let mut names = HashSet::with_capacity(nodes.len());
        let first_new = self.pending.len();
        for node in nodes {
            let name = node.name().into_owned();
            let path = at.join(&name);
            let taken = if !is_plain_name(&name) {
                Err(self.damaged("a name in the snapshot is no file name"))
            } else if names.insert(name) {
                self.take(&path, depth, node)
            } else {
                Err(self.damaged("the snapshot has two entries of that name"))
            };
            if let Err(error) = taken {
                self.restore.damaged_or_fatal(&path, error);
            }
        }
        // The last is taken first, so that trees are read in the order they were written in.
        if let Some(new) = self.pending.get_mut(first_new..) {
            new.reverse();
        }
    }

    fn take(&mut self, at: &Path, depth: usize, node: Node) -> Result<(), RepositoryError> {
        self.entries = self.entries.saturating_add(1);
        if self.entries > limits::ENTRIES_MAX || depth >= limits::DEPTH_MAX {
            return Err(self.damaged("the snapshot has more or deeper folders than there can be"));
        }
        let attributes = Attributes::of(&node.meta, node.is_dir());
        match &node.node_type {
            NodeType::Dir => self.take_folder(at, depth, &node, attributes),
            NodeType::File => self.take_file(at, node, attributes),
            NodeType::Symlink { .. } => {
                self.links.push(Link {
                    at: at.to_path_buf(),
                    points_to: node.node_type.to_link().to_path_buf(),
                    attributes,
                });
                Ok(())
            }
            NodeType::Dev { .. } | NodeType::Chardev { .. } | NodeType::Fifo | NodeType::Socket => {
                self.special = self.special.saturating_add(1);
                Ok(())
            }
        }
    }

    fn take_folder(
        &mut self,
        at: &Path,
        depth: usize,
        node: &Node,
        attributes: Attributes,
    ) -> Result<(), RepositoryError> {
        let Some(subtree) = node.subtree else {
            return Err(self.damaged("the snapshot does not say what is in it"));
        };
        self.restore.target.make_folder(at)?;
        self.folders.push((at.to_path_buf(), attributes));
        self.pending.push(PendingTree { at: at.to_path_buf(), depth: depth.saturating_add(1), id: *subtree });
        Ok(())
    }

    fn take_file(&self, at: &Path, node: Node, attributes: Attributes) -> Result<(), RepositoryError> {
        let blobs = match node.content {
            Some(blobs) => blobs,
            None if node.meta.size == 0 => Vec::new(),
            None => return Err(self.damaged("the snapshot does not say what is in it")),
        };
        let file = WaitingFile { at: at.to_path_buf(), blobs, attributes };
        if let Some(queue) = &self.queue {
            // Fails only where all writers are gone, which they have reported then.
            let _ = queue.send(file);
        }
        Ok(())
    }

    fn damaged(&self, what: &str) -> RepositoryError {
        RepositoryError::damaged(&self.restore.repository.location, what)
    }
}

/// Says whether a name is one plain component: no separator, no `.` or `..`, not empty.
fn is_plain_name(name: &OsStr) -> bool {
    let mut components = Path::new(name).components();
    let first = components.next();
    matches!(first, Some(Component::Normal(only)) if only == name) && components.next().is_none()
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::is_plain_name;

    #[test]
    fn only_plain_names_are_plain() {
        for plain in ["a", "..a", "...", "a b", "ä", "-", "a\\b"] {
            assert!(is_plain_name(OsStr::new(plain)), "{plain}");
        }
        for other in ["", ".", "..", "/", "/a", "a/", "a/b", "../a", "./a", "a/."] {
            assert!(!is_plain_name(OsStr::new(other)), "{other}");
        }
    }
}
