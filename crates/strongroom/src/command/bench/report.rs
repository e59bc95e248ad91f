//! What a run came to: one JSON object, or a table.

use super::{Operation, load::Measured};
use crate::{fleet_status::FleetStatus, print::grouped};
use serde::Serialize;
use std::collections::BTreeMap;
use strongroom_host::http::NodeStatus;

/// What a run came to.
pub(super) struct Report {
    pub(super) shape: BenchJson,
    hsm_cpu_us_per_op: f64,
    first_error: Option<String>,
    is_cut_short: bool,
}

/// The JSON shape.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct BenchJson {
    op: &'static str,
    nodes: u8,
    clients: u32,
    ops_per_s: f64,
    p50_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    errors: u64,
    node_cpu_us_per_op: f64,
    floor_us_per_op: f64,
    hsm_rss_max_mb: f64,
    vaults: u64,
}

impl Report {
    /// Puts together what clients measured and what nodes say of their processes.
    pub(super) fn of(
        operation: Operation,
        nodes: u8,
        clients: u32,
        before: &FleetStatus,
        after: &FleetStatus,
        mut measured: Measured,
        floor_us: f64,
    ) -> Self {
        measured.micros.sort_unstable();
        let done = u32::try_from(measured.micros.len()).unwrap_or(u32::MAX);
        let per_operation = |cpu_us: u64| rounded(number(cpu_us) / f64::from(done.max(1)));
        let hosts = cpu_us(after, host_cpu_us).saturating_sub(cpu_us(before, host_cpu_us));
        let hsms = cpu_us(after, hsm_cpu_us).saturating_sub(cpu_us(before, hsm_cpu_us));
        let percentile = |percent| rounded(milliseconds(percentile(&measured.micros, percent)));
        let shape = BenchJson {
            op: operation.word(),
            nodes,
            clients,
            ops_per_s: rounded(f64::from(done) / measured.length.as_secs_f64().max(f64::EPSILON)),
            p50_ms: percentile(50),
            p95_ms: percentile(95),
            p99_ms: percentile(99),
            errors: measured.errors,
            node_cpu_us_per_op: per_operation(hosts.saturating_add(hsms)),
            floor_us_per_op: rounded(floor_us),
            hsm_rss_max_mb: rounded(number(hsm_rss_max_kb(after)) * 1024.0 / 1e6),
            vaults: measured.vaults,
        };
        Self {
            shape,
            hsm_cpu_us_per_op: per_operation(hsms),
            first_error: measured.first_error,
            is_cut_short: measured.is_cut_short,
        }
    }

    /// The table for people.
    pub(super) fn to_table(&self) -> String {
        let shape = &self.shape;
        let ratio = shape.node_cpu_us_per_op / shape.floor_us_per_op.max(f64::EPSILON);
        let mut lines = vec![
            format!(
                "{} with {} clients, {} nodes, {} vaults",
                shape.op,
                shape.clients,
                shape.nodes,
                grouped(shape.vaults)
            ),
            format!("  operations per second   {:>10.1}", shape.ops_per_s),
            format!("  latency p50             {:>10.2} ms", shape.p50_ms),
            format!("  latency p95             {:>10.2} ms", shape.p95_ms),
            format!("  latency p99             {:>10.2} ms", shape.p99_ms),
            format!("  errors                  {:>10}", grouped(shape.errors)),
            format!(
                "  node CPU per operation  {:>10.0} µs, {:.0} of them in HSMs",
                shape.node_cpu_us_per_op, self.hsm_cpu_us_per_op
            ),
            format!(
                "  crypto floor            {:>10.0} µs for one recovery: {ratio:.1} times that",
                shape.floor_us_per_op
            ),
            format!("  largest HSM             {:>10.1} MB", shape.hsm_rss_max_mb),
        ];
        if self.is_cut_short {
            lines.push(
                "  ended early: every vault was opened as often as it may be; give more --vaults".into(),
            );
        }
        lines.join("\n")
    }

    /// What to say where operations failed.
    pub(super) fn complaint(&self) -> Option<String> {
        let first = self.first_error.as_ref()?;
        Some(format!("{} operations failed, the first so: {first}.", grouped(self.shape.errors)))
    }
}

/// Time on processors of one process of each node since it started.
fn cpu_us(status: &FleetStatus, of: fn(&NodeStatus) -> u64) -> u64 {
    said(status).map(of).sum()
}

fn host_cpu_us(node: &NodeStatus) -> u64 {
    node.host.cpu_us
}

fn hsm_cpu_us(node: &NodeStatus) -> u64 {
    node.hsm.facts.cpu_us
}

fn hsm_rss_max_kb(status: &FleetStatus) -> u64 {
    said(status).map(|node| node.hsm.facts.rss_max_kb).max().unwrap_or(0)
}

/// What each node said, once.
fn said(status: &FleetStatus) -> impl Iterator<Item = &NodeStatus> {
    let by_number: BTreeMap<_, _> = status
        .nodes
        .iter()
        .filter_map(|node| node.said.as_ref().ok())
        .map(|said| (said.node, said))
        .collect();
    by_number.into_values()
}

/// The value that so many percent of the sorted values do not exceed (nearest rank).
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = sorted.len().saturating_mul(percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

fn milliseconds(micros: u64) -> f64 {
    number(micros) / 1e3
}

/// Exact up to 2^53, which no count here reaches.
fn number(count: u64) -> f64 {
    let (high, low) =
        (u32::try_from(count >> 32).unwrap_or(u32::MAX), u32::try_from(count & 0xffff_ffff).unwrap_or(0));
    f64::from(high) * 4_294_967_296.0 + f64::from(low)
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let sorted: Vec<u64> = (1..=200).collect();
        assert_eq!(percentile(&sorted, 50), 100);
        assert_eq!(percentile(&sorted, 95), 190);
        assert_eq!(percentile(&sorted, 99), 198);
        assert_eq!(percentile(&[7], 99), 7);
        assert_eq!(percentile(&[], 50), 0);
    }

    #[test]
    fn large_counts_keep_their_value() {
        assert_eq!(number(4_294_967_297), 4_294_967_297.0);
        assert_eq!(number(7), 7.0);
    }

    #[test]
    fn the_json_shape_stands() {
        let shape = BenchJson {
            op: "recover",
            nodes: 5,
            clients: 64,
            ops_per_s: 1000.5,
            p50_ms: 9.25,
            p95_ms: 12.0,
            p99_ms: 20.0,
            errors: 0,
            node_cpu_us_per_op: 900.0,
            floor_us_per_op: 300.0,
            hsm_rss_max_mb: 12.5,
            vaults: 200,
        };
        assert_eq!(
            serde_json::to_string(&shape).unwrap(),
            r#"{"op":"recover","nodes":5,"clients":64,"ops_per_s":1000.5,"p50_ms":9.25,"p95_ms":12.0,"p99_ms":20.0,"errors":0,"node_cpu_us_per_op":900.0,"floor_us_per_op":300.0,"hsm_rss_max_mb":12.5,"vaults":200}"#
        );
    }
}
