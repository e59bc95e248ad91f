//! How the cost of an operation grows with the number of records, by counting.

use super::Dice;
use strongroom_protocol::{ids::RecordId, pipe::Prefix};

/// What writing one record costs.
struct Cost {
    nodes: usize,
    bytes: usize,
}

/// Bytes of a record's leaf, as they are for a vault with one password.
const LEAF: usize = 700;
/// Bytes of an age in a tree that has seen millions of entries.
const WIDTH: usize = 3;

/// The cost of writing a record that stands in `sorted` already: its leaf, and the inner nodes above it.
fn cost_of(sorted: &[[u8; 32]], record: &[u8; 32]) -> Cost {
    let mut cost = Cost { nodes: 1, bytes: LEAF + 16 };
    for depth in 0..64 {
        let begin_so = span(sorted, record, depth);
        if depth > 0 && begin_so.len() < 2 {
            break;
        }
        let mut plaintext = 5;
        let mut rest = begin_so;
        while let Some(first) = rest.first() {
            let alike = span(rest, first, depth + 1).len();
            plaintext += WIDTH + 32 + if alike == 1 { 32 } else { 0 };
            rest = &rest[alike..];
        }
        cost.nodes += 1;
        cost.bytes += plaintext + 16;
    }
    cost
}

/// Those that share the first `nibbles` half-bytes.
fn span<'a>(sorted: &'a [[u8; 32]], record: &[u8; 32], nibbles: u8) -> &'a [[u8; 32]] {
    let prefix = |bytes: &[u8; 32]| *Prefix::of(&RecordId::new(*bytes), nibbles).as_bytes();
    let wanted = prefix(record);
    let from = sorted.partition_point(|other| prefix(other) < wanted);
    let rest = &sorted[from..];
    &rest[..rest.partition_point(|other| prefix(other) == wanted)]
}

/// Nodes and bytes in thousandths, on average over a sample.
fn average(records: usize) -> (usize, usize) {
    let mut dice = Dice::new(71);
    let mut sorted: Vec<[u8; 32]> = (0..records).map(|_| dice.bytes()).collect();
    sorted.sort_unstable();
    let sample = sorted.iter().step_by(records / 500);
    let costs: Vec<_> = sample.map(|record| cost_of(&sorted, record)).collect();
    let sum = |of: fn(&Cost) -> usize| costs.iter().map(of).sum::<usize>() * 1000 / costs.len();
    (sum(|cost| cost.nodes), sum(|cost| cost.bytes))
}

#[test]
fn a_hundred_times_the_records_cost_less_than_half_as_much_again() {
    let (nodes, bytes) = average(10_000);
    let (nodes_at_million, bytes_at_million) = average(1_000_000);
    let growth = |small: usize, large: usize| large * 100 / small;
    println!("{nodes} {nodes_at_million} {bytes} {bytes_at_million}");
    assert!(growth(nodes, nodes_at_million) <= 140);
    assert!(growth(bytes, bytes_at_million) <= 140);
    assert!(nodes_at_million < 7_000 && bytes_at_million < 4_600_000);
}
