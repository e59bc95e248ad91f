//! `strongroom verify log`, `gossip` and `equivocation`: logs in folders and on loopback.

use crate::trust_world::{Desk, Life, Web, makers::*, publish};
use serde_json::json;
use std::{fs, sync::atomic::Ordering};

/// A desk with a trust root and a log of 600 entries.
fn desk() -> (Desk, Life) {
    let (desk, life) = (Desk::new(), Life::lived(600));
    desk.write_root("root.note", &life.actors, 2);
    publish(&life.log, &life.actors, &desk.path("log"));
    (desk, life)
}

#[test]
fn a_log_is_read_whole_and_says_which_keys_came_and_went() {
    let (desk, _) = desk();
    let ended = desk.say("verify log log --trust root.note").expect_code(0);
    for line in [
        "auditor.example/log: 600 entries, ",
        "  4 proposals, 4 bundles, 590 status notes, 1 revocation, 1 trust root",
        "epoch 2   2026-11-21T10:00:00Z   entry 5   no status names it: void, or not in force yet",
        "epoch 3   2026-11-21T10:00:00Z   entry 7",
        "  + 1331…ddfd  active  key 739e588b6806",
        "  ~ e59c…2bc0".trim_end_matches("2bc0"),
        "  - e59c",
        "  revoked  key 6025",
        "status 590   ",
        "the auditor revoked e59c",
        "Every entry, tile and signature holds.",
    ] {
        assert!(ended.out.contains(line), "{line}: {}", ended.out);
    }
    assert!(ended.err.is_empty(), "no bar where there is no terminal: {}", ended.err);
    let shown = desk.say("verify log log --trust root.note --json").expect_code(0).json();
    assert_eq!(shown["entries"]["statuses"], 590);
    assert_eq!((&shown["size"], &shown["origin"]), (&json!(600), &json!("auditor.example/log")));
    let named: Vec<_> = shown["epochs"].as_array().unwrap().iter().map(|epoch| &epoch["named"]).collect();
    assert_eq!(named, [true, false, true, true]);
    assert_eq!(shown["epochs"][3]["changes"][0]["change"], "revoked");
    assert_eq!(shown["revocations"][0]["final"], false);
}

#[test]
fn a_log_on_a_web_server_is_the_same_log() {
    let (desk, _) = desk();
    let web = Web::serve(desk.path("log"), |_| None);
    let from =
        |place: &str| desk.run(["verify", "log", place, "--trust", "root.note", "--json"]).expect_code(0).out;
    assert_eq!(from(&web.url), from("log"));
    assert_eq!(web.answered.load(Ordering::Relaxed), 8, "the checkpoint, and each tile once");
    let ended = desk.run(["verify", "log", &format!("{}/", web.url), "--trust", "root.note"]);
    ended.expect_code(0);
}

#[test]
fn a_server_that_misbehaves_is_told_from_a_log_that_lies() {
    let (desk, _) = desk();
    let verify = |web: &Web| desk.run(["verify", "log", &web.url, "--trust", "root.note"]);
    let broken = Web::serve(desk.path("log"), |path| {
        path.starts_with("tile/0")
            .then_some("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    });
    let ended = verify(&broken).expect_code(1);
    assert!(ended.err.contains("HTTP 500. Nothing is said about the log"), "{}", ended.err);
    let moved = Web::serve(desk.path("log"), |path| {
        (path == "checkpoint")
            .then_some("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    });
    assert!(verify(&moved).expect_code(1).err.contains("it redirects"));
    let endless = Web::serve(desk.path("log"), |path| {
        (path == "checkpoint")
            .then(|| {
                let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
                String::leak(format!("{head}{}", "x".repeat(100_000)))
            })
            .map(|text| &*text)
    });
    assert!(verify(&endless).expect_code(1).err.contains("longer than 65536 bytes"));
    let withheld = Web::serve(desk.path("log"), |path| {
        path.ends_with("tile/entries/001")
            .then_some("HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    });
    let ended = verify(&withheld).expect_code(6);
    assert!(ended.err.contains("The log does not show what its checkpoint counts"), "{}", ended.err);
    let nobody = desk.run(["verify", "log", "http://127.0.0.1:9", "--trust", "root.note"]).expect_code(1);
    assert!(nobody.err.contains("Nothing is known about the log; try again later."), "{}", nobody.err);
}

#[test]
fn each_kind_of_damage_has_its_own_words() {
    let (desk, life) = desk();
    let entries = desk.path("log/tile/entries/000");
    let tile = desk.path("log/tile/0/001");
    let checkpoint = desk.path("log/checkpoint");
    let refused = |words: &str| {
        let ended = desk.say("verify log log --trust root.note").expect_code(6);
        assert!(ended.err.contains(words), "{words}: {}", ended.err);
        assert!(ended.out.is_empty(), "{}", ended.out);
    };
    let with = |path: &std::path::Path, change: &dyn Fn(&mut Vec<u8>), words: &str| {
        let whole = fs::read(path).unwrap();
        let mut bytes = whole.clone();
        change(&mut bytes);
        fs::write(path, bytes).unwrap();
        refused(words);
        fs::write(path, whole).unwrap();
    };
    with(&entries, &|bytes| bytes[100] ^= 1, "entry 0: ");
    with(&entries, &|bytes| bytes.truncate(bytes.len() - 1), "the bundle of entries is cut");
    with(&tile, &|bytes| bytes[5] ^= 1, "tile/0/001 does not hold the hashes of its entries");
    with(&checkpoint, &|bytes| bytes[22] ^= 1, "This log is not to be believed");
    let one_witness = life.log.checkpoint(&life.actors, &[NOW]).to_string();
    with(
        &checkpoint,
        &|bytes| *bytes = one_witness.clone().into(),
        "1 witness cosigned the checkpoint, 2 have to",
    );
    let stranger = Actors::of("stranger");
    let foreign = life.log.checkpoint(&stranger, &[NOW, NOW]).to_string();
    with(&checkpoint, &|bytes| *bytes = foreign.clone().into(), "the log did not sign the checkpoint");
    desk.say("verify log log --trust root.note").expect_code(0);
    desk.say("verify log nowhere --trust root.note").expect_code(2);
    fs::remove_file(&checkpoint).unwrap();
    let ended = desk.say("verify log log --trust root.note").expect_code(1);
    assert!(ended.err.contains("Is this the log's folder or prefix?"), "{}", ended.err);
}

#[test]
fn an_older_checkpoint_shows_what_a_log_did_since() {
    let (desk, life) = desk();
    desk.write("old.checkpoint", life.checkpoint_of(300));
    let ended = desk.say("verify log log --trust root.note --since old.checkpoint").expect_code(0);
    assert!(ended.out.contains("It grew out of the checkpoint of 300 entries."), "{}", ended.out);
    let mut other = Log::default();
    other.fill(300);
    desk.write("other.checkpoint", other.checkpoint(&life.actors, &[]).as_str());
    let ended = desk.say("verify log log --trust root.note --since other.checkpoint").expect_code(6);
    assert!(
        ended.err.contains("the log was rewritten") && ended.err.contains("keep your checkpoint"),
        "{}",
        ended.err
    );
    other.fill(700);
    desk.write("longer.checkpoint", other.checkpoint(&life.actors, &[]).as_str());
    let ended = desk.say("verify log log --trust root.note --since longer.checkpoint").expect_code(6);
    assert!(ended.err.contains("the log has 600 entries, the older checkpoint counts 700"), "{}", ended.err);
    desk.write("stranger.checkpoint", other.checkpoint(&Actors::of("stranger"), &[]).as_str());
    for name in ["stranger.checkpoint", "root.note"] {
        let line = format!("verify log log --trust root.note --since {name}");
        assert!(desk.say(&line).expect_code(2).err.contains("is no checkpoint to begin with"));
    }
}

/// Two logs of one keeper that agree on so many leaves.
fn face(common: u64, size: u64, word: &str) -> Log {
    let mut log = Log::default();
    (0..size).for_each(|index| {
        log.append(&if index < common { format!("same {index}") } else { format!("{word} {index}") });
    });
    log
}

#[test]
fn one_history_is_consistent_from_whatever_is_at_hand() {
    let (desk, life) = desk();
    desk.write("old.checkpoint", life.checkpoint_of(300));
    let web = Web::serve(desk.path("log"), |_| None);
    for (a, b) in [
        ("old.checkpoint", "log"),
        ("log", "old.checkpoint"),
        ("log", "log"),
        ("old.checkpoint", "old.checkpoint"),
    ] {
        let ended = desk.run(["verify", "gossip", a, b, "--trust", "root.note"]).expect_code(0);
        assert!(ended.out.starts_with("Consistent: one history of auditor.example/log"), "{}", ended.out);
    }
    let ended = desk.run(["verify", "gossip", "old.checkpoint", &web.url, "--trust", "root.note", "--json"]);
    assert_eq!(ended.expect_code(0).json(), json!({"consistent": true, "sizes": [300, 600]}));
    desk.write("newer.checkpoint", life.checkpoint_of(400));
    let ended =
        desk.say("verify gossip old.checkpoint newer.checkpoint --trust root.note --json").expect_code(1);
    assert!(
        ended.err.contains("Nothing is decided") && ended.err.contains("in place of the larger one"),
        "{}",
        ended.err
    );
    assert!(ended.json()["consistent"].is_null());
}

#[test]
fn two_histories_are_proved_by_what_is_at_hand() {
    let (desk, actors) = (Desk::new(), Actors::honest());
    desk.write_root("root.note", &actors, 2);
    let (one, other, same_size) = (face(37, 300, "one"), face(37, 500, "other"), face(37, 500, "third"));
    publish(&one, &actors, &desk.path("one"));
    publish(&other, &actors, &desk.path("other"));
    desk.write("one.checkpoint", one.checkpoint(&actors, &[]).as_str());
    desk.write("third.checkpoint", same_size.checkpoint(&actors, &[]).as_str());
    for (a, b, words) in [
        ("one", "other", "entry 37 is two different ones"),
        ("one.checkpoint", "other", "do not begin with those under the smaller one"),
        ("other", "third.checkpoint", "two checkpoints of one size with different roots"),
    ] {
        let ended =
            desk.run(["verify", "gossip", a, b, "--trust", "root.note", "--out", "proof"]).expect_code(6);
        assert!(
            ended.err.starts_with("EQUIVOCATION: auditor.example/log signed two histories"),
            "{}",
            ended.err
        );
        assert!(ended.err.contains(words), "{}", ended.err);
        let proof = fs::read(desk.path("proof")).unwrap();
        assert!(proof.len() < 4096, "{} bytes", proof.len());
        let shown = desk.say("verify equivocation proof --trust root.note").expect_code(0);
        assert!(shown.out.contains(words), "{}", shown.out);
        let mut changed = proof.clone();
        changed[60] ^= 1;
        desk.write("proof", changed);
        let ended = desk.say("verify equivocation proof --trust root.note").expect_code(6);
        assert!(ended.err.contains("shows nothing against a log of this trust root"), "{}", ended.err);
    }
    let undecided = desk.say("verify gossip one third.checkpoint --trust root.note").expect_code(1);
    assert!(
        undecided.err.contains("where the log itself counts fewer, it holds something back"),
        "{}",
        undecided.err
    );
}

#[test]
fn what_is_no_word_of_the_log_blames_nobody() {
    let (desk, life) = desk();
    let stranger = Actors::of("stranger");
    desk.write("stranger.checkpoint", face(0, 600, "x").checkpoint(&stranger, &[]).as_str());
    let ended =
        desk.say("verify gossip log stranger.checkpoint --trust root.note --out proof").expect_code(6);
    assert!(ended.err.contains("Nothing is proved against the log by it"), "{}", ended.err);
    assert!(!desk.path("proof").exists());
    desk.say("verify gossip log root.note --trust root.note").expect_code(2);
    // A mirror whose tiles were changed is no second history.
    let other = face(0, 300, "x");
    desk.write("old.checkpoint", other.checkpoint(&life.actors, &[]).as_str());
    let mut tile = fs::read(desk.path("log/tile/1/000.p/2")).unwrap();
    tile[0] ^= 1;
    desk.write("log/tile/1/000.p/2", tile);
    let ended = desk.say("verify gossip old.checkpoint log --trust root.note --out proof").expect_code(1);
    assert!(ended.err.contains("prove nothing"), "{}", ended.err);
    assert!(!desk.path("proof").exists());
}
