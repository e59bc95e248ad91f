//! The tree as an HSM holds it, in a process of its own, and what memory that takes.
//!
//! The outer process is the host; the inner one holds the tree and nothing else, so its resident memory is the
//! tree's. They speak over the inner one's standard input and output.

use crate::{CONTEXT, LEAF_BYTES, bytes, host::Host};
use std::{
    io::{self, BufReader, BufWriter, Read, Write},
    process::{Command, Stdio},
};
use strongroom_crypto::{ChaChaRng, Rng, Secret, SecretBytes};
use strongroom_hsm::tree::{OpenTree, Root};
use strongroom_protocol::{
    bytes::List,
    decode, encode,
    ids::{LogIndex, RecordId},
    limits::{FETCHED_RECORDS_MAX, OPEN_TREE_BYTES_MAX},
    pipe::{DropBelow, Fetch, Fetched, HostMessage, HsmMessage, TreeNode},
};

/// Says that this process is the inner one.
pub(crate) const INSIDE: &str = "inside";

/// Random writes after all records are there.
const WRITES: usize = 100_000;

/// Runs one inner process for each count, and is its host.
pub(crate) fn outside(counts: Vec<usize>) -> io::Result<()> {
    println!("| records | nodes per op | bytes per op | resident, kB | most ever resident, kB |");
    println!("|--:|--:|--:|--:|--:|");
    for count in counts {
        let program = std::env::current_exe()?;
        let mut inner = Command::new(program)
            .args([INSIDE, &count.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut from = BufReader::new(inner.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let mut to = BufWriter::new(inner.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let mut host = Host::default();
        let (mut nodes, mut sealed) = (0, 0);
        loop {
            match read(&mut from)? {
                HsmMessage::Tree(stored) => {
                    nodes += stored.as_slice().len();
                    sealed += stored.as_slice().iter().map(|node| node.ciphertext.len()).sum::<usize>();
                    stored.as_slice().iter().for_each(|node| host.put(node));
                }
                HsmMessage::Fetch(fetch) => {
                    let found =
                        fetch.records.as_slice().iter().flat_map(|record| host.path(record)).collect();
                    let nodes = List::new(found).unwrap_or_default();
                    write(
                        &mut to,
                        &encode(&HostMessage::Path(Fetched { fetch: fetch.fetch, nodes, last: 1 })),
                    )?;
                    to.flush()?;
                }
                // All records are laid down: what follows is counted.
                HsmMessage::FlushTree(_) => (nodes, sealed) = (0, 0),
                HsmMessage::Drop(DropBelow { log: LogIndex(resident), tree: LogIndex(most) }) => {
                    let each = |sum: usize| sum as f64 / WRITES as f64;
                    println!("| {count} | {:.2} | {:.0} | {resident} | {most} |", each(nodes), each(sealed));
                    break;
                }
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
        drop(to);
        inner.wait()?;
    }
    Ok(())
}

/// Holds the tree: lays records down, writes random ones, and tells its own memory at the end.
pub(crate) fn inside(counts: Vec<usize>) -> io::Result<()> {
    let count = counts.first().copied().unwrap_or(0);
    let mut pipe = Pipe { from: BufReader::new(io::stdin()), to: BufWriter::new(io::stdout()), fetches: 0 };
    let mut tree = OpenTree::at(&CONTEXT, &Root::empty());
    let mut rng = ChaChaRng::from_seed([3; 32]);
    let mut index = LogIndex(1);
    let mut all = count;
    while all > 0 {
        let batch: Vec<_> = (0..all.min(FETCHED_RECORDS_MAX)).map(|at| record(all - 1 - at)).collect();
        all -= batch.len();
        pipe.apply(&mut tree, &batch, &mut index, &mut rng)?;
    }
    pipe.store(tree.seal().1)?;
    pipe.tell(&HsmMessage::FlushTree(index))?;
    for _ in 0..WRITES / FETCHED_RECORDS_MAX + 1 {
        let batch: Vec<_> = (0..FETCHED_RECORDS_MAX)
            .map(|_| record((u64::from_le_bytes(bytes(&mut rng)) % count.max(1) as u64) as usize))
            .collect();
        pipe.apply(&mut tree, &batch, &mut index, &mut rng)?;
    }
    let (resident, most) = own_memory()?;
    pipe.tell(&HsmMessage::Drop(DropBelow { log: LogIndex(resident), tree: LogIndex(most) }))
}

struct Pipe {
    from: BufReader<io::Stdin>,
    to: BufWriter<io::Stdout>,
    fetches: u64,
}

impl Pipe {
    /// Does what an HSM does with a round of entries.
    fn apply(
        &mut self,
        tree: &mut OpenTree,
        records: &[RecordId],
        index: &mut LogIndex,
        rng: &mut ChaChaRng,
    ) -> io::Result<()> {
        let shut: Vec<_> = records.iter().filter(|record| !tree.is_open(record)).copied().collect();
        if !shut.is_empty() {
            self.fetches += 1;
            let asked = List::new(shut).unwrap_or_default();
            self.tell(&HsmMessage::Fetch(Fetch { fetch: self.fetches, index: *index, records: asked }))?;
            let HostMessage::Path(brought) = decode(&frame(&mut self.from)?).map_err(io::Error::other)?
            else {
                return Err(io::ErrorKind::InvalidData.into());
            };
            tree.open(records, brought.nodes.into_vec()).map_err(io::Error::other)?;
        }
        for record in records {
            index.0 += 1;
            let seed = Secret::<32>::random(rng as &mut dyn Rng);
            tree.write(record, SecretBytes::new(vec![7; LEAF_BYTES]), &seed, *index)
                .map_err(io::Error::other)?;
        }
        self.store(tree.make_room(OPEN_TREE_BYTES_MAX))
    }

    fn store(&mut self, nodes: Vec<TreeNode>) -> io::Result<()> {
        for piece in nodes.chunks(256) {
            self.tell(&HsmMessage::Tree(List::new(piece.to_vec()).unwrap_or_default()))?;
        }
        Ok(())
    }

    fn tell(&mut self, message: &HsmMessage) -> io::Result<()> {
        write(&mut self.to, &encode(message))?;
        self.to.flush()
    }
}

/// Record ids are uniform; these are drawn from their number, so that nobody has to remember them.
fn record(number: usize) -> RecordId {
    let mut seed = [4; 32];
    seed.iter_mut().zip(number.to_le_bytes()).for_each(|(to, from)| *to = from);
    RecordId::new(bytes(&mut ChaChaRng::from_seed(seed)))
}

/// Resident kilobytes of this process, now and at most ever.
fn own_memory() -> io::Result<(u64, u64)> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = |name: &str| {
        let found = status.lines().find_map(|line| line.strip_prefix(name));
        found.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    };
    Ok((line("VmRSS:"), line("VmHWM:")))
}

fn read(from: &mut impl Read) -> io::Result<HsmMessage> {
    decode(&frame(from)?).map_err(io::Error::other)
}

fn frame(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn write(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(&u32::try_from(bytes.len()).map_err(io::Error::other)?.to_be_bytes())?;
    to.write_all(bytes)
}
