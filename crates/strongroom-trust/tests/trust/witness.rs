//! A witness's decisions, with the status codes of the published protocol.

use crate::world::*;
use strongroom_trust::{
    cosignature,
    merkle::EMPTY_ROOT,
    witness::{AddCheckpoint, WitnessRefusal, Witnessed},
    *,
};

fn log_of(size: u64) -> Log {
    let mut log = Log::default();
    log.fill(size);
    log
}

fn request(log: &Log, old_size: u64, actors: &Actors) -> AddCheckpoint {
    AddCheckpoint { old_size, proof: log.consistency(old_size), checkpoint: log.checkpoint(actors, &[]) }
}

fn decide(request: &AddCheckpoint, remembered: Option<Witnessed>) -> Result<Witnessed, u16> {
    let actors = Actors::honest();
    let read = AddCheckpoint::parse(request.to_string().as_bytes()).map_err(|refusal| refusal.status())?;
    assert_eq!(&read, request);
    let logs = [actors.log.key];
    read.decide(&logs, |_| remembered).map(|admitted| admitted.state()).map_err(|refusal| refusal.status())
}

#[test]
fn growth_is_admitted_and_an_unchanged_checkpoint_again() {
    let actors = Actors::honest();
    let log = log_of(21);
    let state = |size: u64| Some(Witnessed { size, root: log.body(size, "").root });
    assert_eq!(decide(&request(&log, 0, &actors), None), Ok(state(21).unwrap()));
    for old in 1..=21 {
        assert_eq!(decide(&request(&log, old, &actors), state(old)), Ok(state(21).unwrap()));
    }
    let empty = request(&log_of(0), 0, &actors);
    assert_eq!(decide(&empty, None), Ok(Witnessed { size: 0, root: EMPTY_ROOT }));
}

#[test]
fn each_refusal_has_its_status_code() {
    let actors = Actors::honest();
    let log = log_of(21);
    let good = request(&log, 13, &actors);
    let remembered = Some(Witnessed { size: 13, root: log.body(13, "").root });
    let with = |change: &dyn Fn(&mut AddCheckpoint), remembered| {
        let mut request = good.clone();
        change(&mut request);
        decide(&request, remembered).unwrap_err()
    };
    assert_eq!(with(&|request| request.old_size = 22, remembered), 400);
    assert_eq!(
        with(&|request| request.checkpoint = log.checkpoint(&Actors::of("thief"), &[]), remembered),
        403
    );
    let stranger = Actors { log: Actor::new("stranger.example/log", "stranger"), ..Actors::honest() };
    assert_eq!(with(&|request| request.checkpoint = log.checkpoint(&stranger, &[]), remembered), 404);
    let other = Some(Witnessed { size: 12, root: log.body(12, "").root });
    assert_eq!(with(&|_| {}, other), 409);
    assert_eq!(with(&|_| {}, None), 409);
    assert_eq!(
        with(
            &|request| {
                request.proof.pop();
            },
            remembered
        ),
        422
    );
    assert_eq!(with(&|_| {}, Some(Witnessed { size: 13, root: digest("another history") })), 422);
    let mut proved = request(&log, 0, &actors);
    proved.proof = good.proof.clone();
    assert_eq!(decide(&proved, None), Err(422), "nothing proves growth from nothing");
    let mut shown = request(&log, 21, &actors);
    assert_eq!(decide(&shown, Some(Witnessed { size: 21, root: digest("x") })), Err(422));
    shown.old_size = 22;
    assert_eq!(decide(&shown, None), Err(400));
    let empty = CheckpointBody {
        origin: "auditor.example/log".into(),
        size: 0,
        root: digest("x"),
        extensions: vec![],
    };
    let checkpoint = sign_checkpoint(&empty, &actors, &[]);
    assert_eq!(decide(&AddCheckpoint { old_size: 0, proof: vec![], checkpoint }, None), Err(422));
    assert_eq!(WitnessRefusal::OtherSize(7).status(), 409);
}

#[test]
fn a_request_has_one_form() {
    let actors = Actors::honest();
    let text = request(&log_of(21), 13, &actors).to_string();
    for (from, to) in [
        ("old 13", "old 013"),
        ("old 13", "old -13"),
        ("old 13", "old  13"),
        ("old 13", "size 13"),
        ("old 13\n", "old 13\n\n"),
        ("old 13\n", "old 13\nAAAA\n"),
        ("old 13\n", "old 13\r\n"),
    ] {
        let broken = text.replacen(from, to, 1);
        let logs = [actors.log.key.clone()];
        let decided = AddCheckpoint::parse(broken.as_bytes()).and_then(|read| read.decide(&logs, |_| None));
        assert_eq!(decided, Err(WitnessRefusal::Malformed), "{to}");
    }
    let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    let many = text.replacen("old 13\n", &format!("old 13\n{}", hash.repeat(64)), 1);
    assert_eq!(AddCheckpoint::parse(many.as_bytes()), Err(WitnessRefusal::Malformed));
    assert_eq!(AddCheckpoint::parse(&vec![b'a'; 1 << 20]), Err(WitnessRefusal::Malformed));
}

#[test]
fn a_cosignature_counts_for_its_checkpoint_time_and_witness_only() {
    let actors = Actors::honest();
    let log = log_of(5);
    let text = log.body(5, "auditor.example/log").to_string();
    let witness = &actors.witnesses[0];
    let line = cosignature::cosign(&witness.key, &witness.secret, &text, at(NOW)).unwrap();
    let note = ClaimedNote::compose(&text, std::slice::from_ref(&line)).unwrap();
    assert_eq!(note.cosigned_by(&witness.key), Ok(Some(at(NOW))));
    assert_eq!(note.cosigned_by(&actors.witnesses[1].key), Ok(None));
    let other = log.body(4, "auditor.example/log").to_string();
    assert!(
        ClaimedNote::compose(&other, std::slice::from_ref(&line)).unwrap().cosigned_by(&witness.key).is_err()
    );
    for place in [0, 7, 8, 71] {
        let mut bytes = line.bytes().to_vec();
        bytes[place] ^= 1;
        let changed = NoteSignature::new(&witness.key, bytes);
        assert!(
            ClaimedNote::compose(&text, &[changed]).unwrap().cosigned_by(&witness.key).is_err(),
            "{place}"
        );
    }
    assert!(cosignature::cosign(&witness.key, &actors.log.secret, &text, at(NOW)).is_err());
}
