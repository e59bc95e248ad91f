//! What the HSM asks of the store, in the order in which it asks.

use super::{
    frames,
    session::{Effect, Elsewhere, HsmInput, Outside, SharedWriter},
};
use crate::{
    limits::DROP_EVERY_JOBS,
    store::{Store, StoreError},
};
use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, TryRecvError},
    },
};
use strongroom_protocol::{
    bytes::List,
    ids::LogIndex,
    limits::{TREE_BYTES_PER_MESSAGE, TREE_NODES_PER_MESSAGE_MAX},
    pipe::{
        Append, Commit, DropBelow, Fetch, FetchLog, FetchNodes, Fetched, HostMessage, LogEntries, TreeNode,
        TreeNodes,
    },
};

/// A message that is for the store.
pub(super) enum Job {
    Append(Append),
    Commit(Commit),
    Tree(TreeNodes),
    FlushTree(LogIndex),
    Fetch(Fetch),
    FetchLog(FetchLog),
    FetchNodes(FetchNodes),
    Drop(DropBelow),
}

/// Works on jobs one after the other until there will be no more.
pub(super) struct Desk {
    pub(super) store: Arc<Store>,
    pub(super) writer: SharedWriter,
    pub(super) outside: Arc<dyn Outside>,
    pub(super) input: HsmInput,
    pub(super) waiting: Arc<AtomicUsize>,
}

impl Desk {
    /// Works until the other end of `jobs` is gone and all are done.
    ///
    /// # Errors
    /// The store fails; the jobs after the one that failed are not begun.
    pub(super) fn work(&self, jobs: &Receiver<Job>) -> Result<(), StoreError> {
        let mut since_drop = 0;
        let mut more_to_drop = true;
        loop {
            let job = match jobs.try_recv() {
                Ok(job) => Some(job),
                Err(TryRecvError::Disconnected) => return Ok(()),
                Err(TryRecvError::Empty) if more_to_drop => None,
                Err(TryRecvError::Empty) => match jobs.recv() {
                    Ok(job) => Some(job),
                    Err(_) => return Ok(()),
                },
            };
            since_drop += 1;
            if job.is_none() || (more_to_drop && since_drop >= DROP_EVERY_JOBS) {
                more_to_drop = self.store.drop_slice()?;
                since_drop = 0;
            }
            let Some(job) = job else { continue };
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            more_to_drop |= matches!(job, Job::Drop(_));
            self.handle(job)?;
        }
    }

    fn handle(&self, job: Job) -> Result<(), StoreError> {
        match job {
            Job::Append(append) => self.store.append(append.cut, append.entries.into_vec())?,
            Job::Commit(commit) => {
                self.store.commit(commit.head_table.into_vec())?;
                self.tell([HostMessage::Stored(commit.batch)]);
            }
            Job::Tree(nodes) => self.store.write_tree(nodes.into_vec())?,
            Job::FlushTree(index) => {
                self.store.flush()?;
                self.tell([HostMessage::TreeWritten(index)]);
            }
            Job::Fetch(fetch) => {
                let nodes = self.store.path(fetch.index, fetch.records.as_slice())?;
                self.tell(fetched(fetch.fetch, nodes).map(HostMessage::Path));
            }
            Job::FetchLog(range) => self.fetch_log(range)?,
            Job::FetchNodes(fetch) => self.fetch_nodes(fetch)?,
            Job::Drop(below) => self.store.drop_below(below),
        }
        Ok(())
    }

    fn fetch_log(&self, range: FetchLog) -> Result<(), StoreError> {
        let last = range.last.min(self.store.bounds().last);
        let mut first = range.first;
        loop {
            let entries = self.store.log(first, last)?;
            let next = entries.last().and_then(|entry| entry.index.0.checked_add(1)).map(LogIndex);
            let is_last = next.is_none_or(|next| next > last);
            let entries = List::new(entries).unwrap_or_default();
            self.tell([HostMessage::Log(LogEntries { entries, last: u8::from(is_last) })]);
            match next {
                Some(next) if !is_last => first = next,
                _ => return Ok(()),
            }
        }
    }

    fn fetch_nodes(&self, fetch: FetchNodes) -> Result<(), StoreError> {
        let FetchNodes { fetch, nodes, elsewhere } = fetch;
        if elsewhere != 0 {
            let elsewhere = Elsewhere { fetch, missing: nodes.into_vec(), input: self.input.clone() };
            self.outside.take(Effect::Elsewhere(elsewhere));
            return Ok(());
        }
        // A question about the own store is about nothing else: to the HSM, a node that is there stands for all below it.
        let own = nodes.as_slice().iter().filter_map(|node| self.store.exact(node).transpose());
        self.tell(shipped(fetch, own.collect::<Result<_, _>>()?));
        Ok(())
    }

    /// Writes to the HSM at once, without the queue that clients and peers wait in.
    ///
    /// A socket that fails ends the session elsewhere, so nothing is reported here.
    fn tell(&self, messages: impl IntoIterator<Item = HostMessage>) {
        let mut writer = super::lock(&self.writer);
        for message in messages {
            if frames::write(&mut *writer, &message).is_err() {
                return;
            }
        }
        let _ = writer.flush();
    }
}

/// Answers to a fetch of nodes.
pub(crate) fn shipped(fetch: u64, nodes: Vec<TreeNode>) -> impl Iterator<Item = HostMessage> {
    fetched(fetch, nodes).map(HostMessage::Shipped)
}

/// Divides nodes among as many messages as they need; at least one.
fn fetched(fetch: u64, nodes: Vec<TreeNode>) -> impl Iterator<Item = Fetched> {
    let mut pieces = divide(nodes);
    let last = pieces.len().saturating_sub(1);
    pieces
        .drain(..)
        .enumerate()
        .map(|(at, nodes)| Fetched { fetch, nodes, last: u8::from(at == last) })
        .collect::<Vec<_>>()
        .into_iter()
}

/// Divides nodes so that each piece fits a message; there is at least one piece.
pub(crate) fn divide(nodes: Vec<TreeNode>) -> Vec<TreeNodes> {
    let mut pieces = Vec::new();
    let (mut piece, mut bytes) = (Vec::new(), 0);
    for node in nodes {
        let size = node.ciphertext.len() + 64;
        if !piece.is_empty()
            && (bytes + size > TREE_BYTES_PER_MESSAGE || piece.len() >= TREE_NODES_PER_MESSAGE_MAX)
        {
            pieces.extend(List::new(std::mem::take(&mut piece)));
            bytes = 0;
        }
        bytes += size;
        piece.push(node);
    }
    pieces.extend(List::new(piece));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{BufWriter, Read},
        os::unix::net::UnixStream,
        sync::Mutex,
    };
    use strongroom_protocol::pipe::{NodeName, NodeVersion, Prefix};
    use tempfile::TempDir;

    /// Notes which nodes other hosts are asked for.
    #[derive(Default)]
    struct Asked(Mutex<Vec<Vec<NodeVersion>>>);

    impl Outside for Asked {
        fn take(&self, effect: Effect) {
            let Effect::Elsewhere(elsewhere) = effect else { panic!("nothing else is asked of the desk") };
            self.0.lock().unwrap().push(elsewhere.missing);
        }
    }

    fn version(number: u64) -> NodeVersion {
        NodeVersion { name: NodeName::Inner(Prefix::ROOT), version: LogIndex(number) }
    }

    #[test]
    fn a_question_about_the_own_store_is_asked_of_no_other_host_and_any_other_of_them_alone() {
        let folder = TempDir::new().unwrap();
        let store = Arc::new(Store::open(folder.path()).unwrap());
        let NodeVersion { name, version: held } = version(1);
        let node = TreeNode { name, version: held, ciphertext: Default::default() };
        store.write_tree(vec![node]).unwrap();
        let (hears, mut hsm) = UnixStream::pair().unwrap();
        let (input, _output) = HsmInput::to_test();
        let asked = Arc::new(Asked::default());
        let writer = Arc::new(Mutex::new(BufWriter::new(hears)));
        let desk = Desk { store, writer, outside: asked.clone(), input, waiting: Arc::default() };
        let nodes = List::new(vec![version(1), version(2)]).unwrap();

        desk.fetch_nodes(FetchNodes { fetch: 7, nodes: nodes.clone(), elsewhere: 0 }).unwrap();
        assert!(asked.0.lock().unwrap().is_empty());
        desk.fetch_nodes(FetchNodes { fetch: 8, nodes, elsewhere: 1 }).unwrap();
        assert_eq!(*asked.0.lock().unwrap(), [[version(1), version(2)]]);

        drop(desk);
        let mut bytes = Vec::new();
        hsm.read_to_end(&mut bytes).unwrap();
        let HostMessage::Shipped(shipped) = strongroom_protocol::decode(&bytes[4..]).unwrap() else {
            panic!("a shipment is answered")
        };
        assert_eq!((shipped.fetch, shipped.last), (7, 1));
        assert_eq!(
            shipped.nodes.as_slice().iter().map(|node| node.version).collect::<Vec<_>>(),
            [LogIndex(1)]
        );
    }
}
