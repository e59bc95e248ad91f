//! Who has which keys can make whom believe what: every subset of all who sign.

use crate::world::*;
use strongroom_crypto::{Secret, sign::SigningKey};
use strongroom_trust::*;

const OPERATOR: u8 = 1;
const AUDITOR: u8 = 2;
const LOG: u8 = 4;
const WITNESS_1: u8 = 8;
const WITNESS_2: u8 = 16;
const ROOT_KEYS: u8 = 32;

fn copy(actor: &Actor) -> Actor {
    Actor {
        key: actor.key.clone(),
        secret: SigningKey::from_seed(Secret::new(*actor.secret.seed().expose())),
    }
}

/// The honest key's name over a thief's secret, unless the secret was stolen.
fn taken(is_stolen: bool, honest: &Actor, thief: &Actor) -> Actor {
    if is_stolen { copy(honest) } else { Actor { key: honest.key.clone(), ..copy(thief) } }
}

fn taken_party(is_stolen: bool, honest: &PartyActors, thief: &PartyActors) -> PartyActors {
    PartyActors {
        bundle: taken(is_stolen, &honest.bundle, &thief.bundle),
        status: taken(is_stolen, &honest.status, &thief.status),
        revocation: taken(is_stolen, &honest.revocation, &thief.revocation),
    }
}

/// What a thief of these can sign with, under the names that the trust root knows.
fn loot(stolen: u8) -> Actors {
    let (honest, thief) = (Actors::honest(), Actors::of("thief"));
    let has = |what: u8| stolen & what != 0;
    let witness = |place: usize| {
        let (own, other) = (&honest.witnesses[place], &thief.witnesses[place]);
        let source = if has([WITNESS_1, WITNESS_2][place]) { own } else { other };
        let secret = SigningKey::from_seed(Secret::new(*source.secret.seed().expose()));
        WitnessActor { name: own.name.clone(), party: own.party, key: own.key.clone(), secret }
    };
    Actors {
        operator: taken_party(has(OPERATOR), &honest.operator, &thief.operator),
        auditor: taken_party(has(AUDITOR), &honest.auditor, &thief.auditor),
        log: taken(has(LOG), &honest.log, &thief.log),
        witnesses: vec![witness(0), witness(1)],
        roots: honest.roots.iter().map(|(party, root)| (*party, copy(root))).collect(),
    }
}

/// The thief's fleet, at a higher epoch.
fn lie() -> Draft {
    let fleets = vec![serving("thief", Service::Active)];
    Draft::with(BundleContents { epoch: Epoch(8), fleets, ..bundle() })
}

fn is_believed(bytes: &[u8], root: &TrustRoot) -> bool {
    verify(bytes, root, &device()).is_ok_and(|verified| {
        verified.for_registering().is_ok_and(|fleet| fleet.fleet().id() == id_of("thief"))
    })
}

/// Leaves out the lines that the thief cannot make, where a policy might not need them.
fn with_own_lines_only(signed: &Signed, stolen: u8) -> Vec<u8> {
    let lines = signed.checkpoint.signatures();
    let has = [LOG, WITNESS_1, WITNESS_2].map(|what| stolen & what != 0);
    let kept: Vec<NoteSignature> =
        lines.iter().zip(has).filter(|(_, has)| *has).map(|(line, _)| line.clone()).collect();
    if kept.is_empty() {
        return signed.bytes();
    }
    let checkpoint = ClaimedNote::compose(signed.checkpoint.text(), &kept).unwrap();
    let text = signed.unit.to_string();
    crate::delivery::resection(&text, signed.checkpoint.as_str(), checkpoint.as_str()).into_bytes()
}

/// The root keys let a thief name keys of its own.
fn new_root(quorum: u8) -> (String, Vec<u8>) {
    let (honest, thief) = (Actors::honest(), Actors::of("thief"));
    let contents = thief.root_contents(2, quorum);
    let signers: Vec<&Actor> = honest.roots.iter().chain(&thief.roots).map(|(_, root)| root).collect();
    (sign_root(&contents, &signers), lie().sign(&thief).bytes())
}

#[test]
fn thieves_of_every_subset_are_believed_exactly_where_the_policy_says() {
    for quorum in [1, 2] {
        let root = Actors::honest().root(quorum);
        let mut believed = Vec::new();
        for stolen in 0..64u8 {
            let signed = lie().sign(&loot(stolen));
            let mut is = is_believed(&signed.bytes(), &root)
                || is_believed(&with_own_lines_only(&signed, stolen), &root);
            if stolen & ROOT_KEYS != 0 {
                let (next, bytes) = new_root(quorum);
                is |= is_believed(&bytes, &root.followed_by(next.as_bytes()).unwrap());
            }
            if is {
                believed.push(stolen);
            }
        }
        let core = OPERATOR | AUDITOR | LOG;
        let expected: Vec<u8> = (0..64u8)
            .filter(|stolen| {
                let witnesses =
                    [WITNESS_1, WITNESS_2].iter().filter(|witness| stolen & *witness != 0).count();
                let has_core = stolen & core == core;
                stolen & ROOT_KEYS != 0 || (has_core && witnesses >= usize::from(quorum))
            })
            .collect();
        assert_eq!(believed, expected, "quorum {quorum}");
        let (most, least) = (32, if quorum == 1 { 3 } else { 1 });
        assert_eq!(believed.len(), most + least);
    }
}

#[test]
fn without_the_threshold_of_root_keys_no_new_root_is_followed() {
    let (honest, thief) = (Actors::honest(), Actors::of("thief"));
    let contents = thief.root_contents(2, 2);
    let own: Vec<&Actor> = thief.roots.iter().map(|(_, root)| root).collect();
    for place in 0..3 {
        let signers = [own.clone(), vec![&honest.roots[place].1]].concat();
        let next = sign_root(&contents, &signers);
        let refused = honest.root(2).followed_by(next.as_bytes());
        assert_eq!(refused, Err(RootError::PreviousThreshold), "one root key of the threshold of two");
    }
}
