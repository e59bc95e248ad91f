//! The key tree: versions of nodes, and the paths of records.

use super::{Store, StoreError, cache::Newest, keys, lock};
use fjall::OwnedWriteBatch;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use strongroom_protocol::{
    bytes::Bytes,
    ids::{LogIndex, RecordId},
    pipe::{NodeName, NodeVersion, Prefix, TreeNode},
};

impl Store {
    /// Writes versions of tree nodes. A version that is there already is replaced.
    ///
    /// They are durable with the next [`Store::commit`] or [`Store::flush`].
    ///
    /// # Errors
    /// The disk fails.
    pub fn write_tree(&self, nodes: Vec<TreeNode>) -> Result<(), StoreError> {
        // Sorted, so that the versions of a node come oldest first, and each once.
        let versions: BTreeMap<_, _> =
            nodes.into_iter().map(|node| ((node.name, node.version), node.ciphertext)).collect();
        let mut batch = self.database.batch();
        let mut newest_now: HashMap<NodeName, Newest> = HashMap::new();
        let mut before = None;
        for ((name, version), ciphertext) in versions {
            let this = NodeVersion { name, version };
            let ciphertext = fjall::Slice::from(ciphertext.into_vec());
            batch.insert(&self.nodes, keys::version(&this), ciphertext.clone());
            let newest = match newest_now.get(&name) {
                Some(newest) => Some(newest.version),
                None => self.newest_version(&name)?,
            };
            match newest {
                Some(newest) if newest > version => self.note_late(&mut batch, &this, newest, before)?,
                Some(newest) if newest < version => self.note_superseded(&mut batch, newest, &this),
                _ => {}
            }
            if newest.is_none_or(|newest| newest <= version) {
                newest_now.insert(name, Newest { version, ciphertext });
            }
            before = Some(this);
        }
        for (name, newest) in &newest_now {
            batch.insert(&self.newest, keys::name(name), newest.version.0.to_be_bytes());
        }
        batch.commit().map_err(|cause| self.error(cause))?;
        let mut cache = lock(&self.cache);
        newest_now.into_iter().for_each(|(name, newest)| cache.put(name, newest));
        Ok(())
    }

    /// The nodes on the paths of records: of every node the newest version that is not newer than `index`.
    ///
    /// For each record the inner nodes from the root down as long as they exist, the root itself
    /// apart, and its leaf. No node comes twice.
    ///
    /// # Errors
    /// The disk fails or the store is damaged.
    pub fn path(&self, index: LogIndex, records: &[RecordId]) -> Result<Vec<TreeNode>, StoreError> {
        let mut seen = BTreeSet::new();
        let mut path = Vec::new();
        for record in records {
            for name in keys::inner_names(record) {
                if seen.contains(&name) {
                    continue;
                }
                match self.at(name, index)? {
                    Some(node) => {
                        seen.insert(name);
                        path.push(node);
                    }
                    // Before the first checkpoint nodes below the top may be there without it.
                    None if name == NodeName::Inner(Prefix::ROOT) => {}
                    None => break,
                }
            }
            let leaf = NodeName::Leaf(*record);
            if seen.insert(leaf) {
                path.extend(self.at(leaf, index)?);
            }
        }
        Ok(path)
    }

    /// One version of one node, if it is there.
    ///
    /// # Errors
    /// The disk fails or the store is damaged.
    pub fn exact(&self, node: &NodeVersion) -> Result<Option<TreeNode>, StoreError> {
        let found = self.nodes.get(keys::version(node)).map_err(|cause| self.error(cause))?;
        found.map(|ciphertext| self.tree_node(node.name, node.version, &ciphertext)).transpose()
    }

    /// The newest version of a node that is not newer than `index`.
    fn at(&self, name: NodeName, index: LogIndex) -> Result<Option<TreeNode>, StoreError> {
        let Some(newest) = self.newest_node(&name)? else { return Ok(None) };
        if newest.version <= index {
            return self.tree_node(name, newest.version, &newest.ciphertext).map(Some);
        }
        let from = keys::version(&NodeVersion { name, version: LogIndex(0) });
        let to = keys::version(&NodeVersion { name, version: index });
        let Some(item) = self.nodes.range(from..=to).next_back() else { return Ok(None) };
        let (key, ciphertext) = item.into_inner().map_err(|cause| self.error(cause))?;
        let version = keys::version_of(&key).ok_or_else(|| self.damaged("a tree node has no version"))?;
        self.tree_node(name, version, &ciphertext).map(Some)
    }

    fn newest_node(&self, name: &NodeName) -> Result<Option<Newest>, StoreError> {
        if let Some(found) = lock(&self.cache).find(name) {
            return Ok(Some(found));
        }
        let Some(version) = self.newest_on_disk(name)? else { return Ok(None) };
        let key = keys::version(&NodeVersion { name: *name, version });
        let found = self.nodes.get(key).map_err(|cause| self.error(cause))?;
        // A node whose newest version is lost is a node that is not there; the HSM finds it elsewhere.
        let Some(ciphertext) = found else { return Ok(None) };
        let newest = Newest { version, ciphertext };
        lock(&self.cache).put(*name, newest.clone());
        Ok(Some(newest))
    }

    fn newest_version(&self, name: &NodeName) -> Result<Option<LogIndex>, StoreError> {
        if let Some(found) = lock(&self.cache).find(name) {
            return Ok(Some(found.version));
        }
        self.newest_on_disk(name)
    }

    fn newest_on_disk(&self, name: &NodeName) -> Result<Option<LogIndex>, StoreError> {
        let found = self.newest.get(keys::name(name)).map_err(|cause| self.error(cause))?;
        found
            .map(|version| {
                keys::entry_index(&version).ok_or_else(|| self.damaged("a newest version is not a number"))
            })
            .transpose()
    }

    /// Notes that a version of a node has a newer one.
    fn note_superseded(&self, batch: &mut OwnedWriteBatch, version: LogIndex, newer: &NodeVersion) {
        let old = NodeVersion { name: newer.name, version };
        batch.insert(&self.superseded, keys::superseded(newer.version, &old), []);
        lock(&self.dropping).noted(newer.version);
    }

    /// Notes a version that is written after a newer one: it has a newer one at once, and the one before it has one more.
    fn note_late(
        &self,
        batch: &mut OwnedWriteBatch,
        this: &NodeVersion,
        newest: LogIndex,
        before_in_batch: Option<NodeVersion>,
    ) -> Result<(), StoreError> {
        let bound = |version| keys::version(&NodeVersion { name: this.name, version });
        let after = bound(LogIndex(this.version.0.saturating_add(1)))..=bound(newest);
        let newer = self.version_at(self.nodes.range(after).next())?.unwrap_or(newest);
        self.note_superseded(batch, this.version, &NodeVersion { name: this.name, version: newer });
        let on_disk =
            self.version_at(self.nodes.range(bound(LogIndex(0))..bound(this.version)).next_back())?;
        let in_batch = before_in_batch.filter(|before| before.name == this.name).map(|before| before.version);
        if let Some(version) = on_disk.max(in_batch) {
            self.note_superseded(batch, version, this);
        }
        Ok(())
    }

    fn version_at(&self, item: Option<fjall::Guard>) -> Result<Option<LogIndex>, StoreError> {
        let Some(item) = item else { return Ok(None) };
        let key = item.key().map_err(|cause| self.error(cause))?;
        Ok(keys::version_of(&key))
    }

    fn tree_node(
        &self,
        name: NodeName,
        version: LogIndex,
        ciphertext: &[u8],
    ) -> Result<TreeNode, StoreError> {
        let ciphertext = Bytes::new(ciphertext.to_vec())
            .ok_or_else(|| self.damaged("a tree node is longer than any can be"))?;
        Ok(TreeNode { name, version, ciphertext })
    }
}
