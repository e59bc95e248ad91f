//! Fleets of processes: up and down again, seen from outside, and measured.

use crate::world::{Ended, found, plain_command};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    net::TcpStream,
    path::Path,
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant},
};

#[test]
fn a_fleet_that_is_up_says_so_and_sigterm_ends_it_in_order() {
    let (home, folder) = found(10);
    let mut up = plain_command(home.path());
    let mut up =
        up.args(["fleet", "up", "fleet"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = wait_for_status(home.path());
    assert_eq!(status["majority"], true);
    let names: Vec<_> = status["nodes"].as_array().unwrap().iter().map(|node| node["name"].clone()).collect();
    assert_eq!(names, ["node-1", "node-2", "node-3"]);
    assert!(names.contains(&status["leader"]), "{status}");

    let addresses = addresses(&folder);
    assert!(addresses.iter().all(|address| TcpStream::connect(address).is_ok()));
    let pid = Pid::from_raw(i32::try_from(up.id()).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    assert!(up.wait().unwrap().success());
    assert!(addresses.iter().all(|address| TcpStream::connect(address).is_err()));
}

fn wait_for_status(home: &Path) -> serde_json::Value {
    let begun = Instant::now();
    loop {
        let mut command = plain_command(home);
        let ended =
            command.args(["fleet", "status", "--fleet", "fleet/fleet.pin", "--json"]).output().unwrap();
        let ended = Ended::from(ended);
        if ended.code == 0 {
            return ended.json();
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{}{}", ended.out, ended.err);
        sleep(Duration::from_millis(50));
    }
}

fn addresses(folder: &Path) -> Vec<String> {
    let pin = std::fs::read_to_string(folder.join("fleet.pin")).unwrap();
    pin.lines().filter_map(|line| line.strip_prefix("endpoint http://")).map(str::to_owned).collect()
}

#[test]
fn a_short_bench_prints_its_shape() {
    let home = tempfile::tempdir().unwrap();
    let mut command = plain_command(home.path());
    command.args([
        "bench",
        "--nodes",
        "3",
        "--clients",
        "4",
        "--seconds",
        "1",
        "--vaults",
        "20",
        "--op",
        "mixed",
        "--json",
    ]);
    let report = Ended::from(command.output().unwrap()).expect_code(0).json();
    let keys: Vec<_> = report.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = [
        "op",
        "nodes",
        "clients",
        "ops_per_s",
        "p50_ms",
        "p95_ms",
        "p99_ms",
        "errors",
        "node_cpu_us_per_op",
        "floor_us_per_op",
        "hsm_rss_max_mb",
        "vaults",
    ];
    expected.sort_unstable();
    let mut keys = keys;
    keys.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!((&report["op"], &report["nodes"], &report["errors"]), (&"mixed".into(), &3.into(), &0.into()));
    for positive in ["ops_per_s", "p50_ms", "node_cpu_us_per_op", "floor_us_per_op", "hsm_rss_max_mb"] {
        assert!(report[positive].as_f64().unwrap() > 0.0, "{positive}: {report}");
    }
    assert!(std::fs::read_dir(home.path()).unwrap().next().is_none());
}
