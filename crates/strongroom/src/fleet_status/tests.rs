use super::*;

const STATUS: &str = r#"{"name":"node-1","node":1,"fleet":"4f2a000000000000000000000000000000000000000000000000000000009105",
"platform":"INSECURE SIMULATION","state":"leader","reason":"","term":19,"leader":1,"last":1204,"committed":1204,
"applied":1204,"checkpoint":1000,"era":3,"root":"","vaults":41,"boot":2,"sessions":[2,3],"links":[2,3],
"counters":{"requests":0,"unreadable":0,"refused":0,"guesses_answered":0,"successes":0,"slots_erased":0,
"entries_applied":0,"batches":0,"tree_nodes":0,"tree_bytes":0,"checkpoints":0,"campaigns":0},
"hsm":{"process":7,"restarts":0,"rss_kb":1,"rss_max_kb":2,"cpu_us":3},"host":{"rss_kb":1,"rss_max_kb":2,"cpu_us":3}}"#;

fn said(number: u8, state: &str) -> NodeReport {
    let mut status: NodeStatus = serde_json::from_str(STATUS).unwrap();
    status.name = format!("node-{number}");
    status.node = number;
    status.state = state.into();
    NodeReport { endpoint: endpoint(number), name: String::new(), said: Ok(status) }
}

fn silent(number: u8) -> NodeReport {
    NodeReport::silent(endpoint(number), format!("node-{number}"), "no connection: Connection refused".into())
}

fn endpoint(number: u8) -> Endpoint {
    format!("http://127.0.0.1:740{number}").parse().unwrap()
}

#[test]
fn a_leader_that_a_majority_follows_makes_a_majority() {
    let status = FleetStatus::of(None, vec![said(1, "leader"), said(2, "follower"), silent(3)]);
    assert!(status.has_majority() && !status.is_whole());
    assert_eq!(status.check_majority(), Ok(()));
    assert_eq!(
        serde_json::to_string(&status.to_json()).unwrap(),
        r#"{"majority":true,"leader":"node-1","nodes":[{"name":"node-1","state":"leader","reason":"","term":19,"applied":1204},{"name":"node-2","state":"follower","reason":"","term":19,"applied":1204},{"name":"node-3","state":"down","reason":"no connection: Connection refused","term":0,"applied":0}]}"#
    );
}

#[test]
fn a_leader_of_a_minority_is_no_majority() {
    let status = FleetStatus::of(None, vec![said(1, "leader"), silent(2), silent(3)]);
    assert!(!status.has_majority());
    let error = status.check_majority().unwrap_err();
    assert_eq!(error.exit(), Exit::NoMajority);
    assert!(error.to_string().contains("1 of 3 is up. Where the fleet has more nodes"), "{error}");
    let json = serde_json::to_string(&status.to_json()).unwrap();
    assert!(json.starts_with(r#"{"majority":false,"leader":null,"#), "{json}");
}

#[test]
fn a_follower_in_an_older_term_does_not_count() {
    let mut late = said(2, "follower");
    late.said.as_mut().unwrap().term = 18;
    assert!(!FleetStatus::of(None, vec![said(1, "leader"), late, silent(3)]).has_majority());
}

#[test]
fn every_state_is_one_of_four() {
    let states = ["leader", "follower", "candidate", "refused", "starting", "down", "failed"];
    let shown: Vec<_> = states.iter().map(|state| said(1, state).state()).collect();
    assert_eq!(shown, ["leader", "follower", "follower", "refused", "down", "down", "down"]);
    assert_eq!(said(1, "candidate").reason(), "no leader is known");
}

#[test]
fn a_node_that_no_member_of_the_majority_speaks_with_says_what_that_means() {
    let mut shut_out = said(4, "candidate");
    shut_out.said.as_mut().unwrap().leader = 0;
    let member = |number: u8, state: &str, sessions: &[u8]| {
        let mut member = said(number, state);
        let status = member.said.as_mut().unwrap();
        (status.links, status.sessions) = (vec![1, 2, 3, 4, 5], sessions.to_vec());
        member
    };
    let reason = |speaks: &[u8]| {
        let members =
            [member(1, "leader", &[2, 3]), member(2, "follower", &[1, 3]), member(3, "follower", speaks)];
        let mut status = FleetStatus::of(None, members.to_vec());
        status.nodes.extend([shut_out.clone(), silent(5)]);
        assert_eq!(status.reason(&status.nodes[0]), "");
        status.reason(&status.nodes[3])
    };
    assert!(reason(&[1, 2]).contains("they have shut it out as a copy"), "{}", reason(&[1, 2]));
    // Whoever is spoken with, by one only, is not shut out by all.
    assert_eq!(reason(&[1, 2, 4]), "no leader is known");
}

#[test]
fn an_hsm_that_was_started_anew_is_shown() {
    let mut restarted = said(2, "follower");
    restarted.said.as_mut().unwrap().hsm.restarts = 3;
    let table = FleetStatus::of(None, vec![said(1, "leader"), restarted]).to_table();
    assert!(table.lines().nth(1).unwrap().contains("boot 2   http"), "{table}");
    assert!(table.lines().nth(2).unwrap().contains("boot 2   HSM restarted 3 times   http"), "{table}");
}

#[test]
fn a_reason_stays_visible_after_it_has_healed() {
    let mut healed = said(2, "follower");
    healed.said.as_mut().unwrap().reason = "its disk was put back to an older copy".into();
    let table = FleetStatus::of(None, vec![said(1, "leader"), healed]).to_table();
    assert!(table.contains("node-2  follower") && table.contains("put back to an older copy"), "{table}");
    assert!(table.starts_with("2 endpoints   majority: yes   vaults: 41"), "{table}");
}
