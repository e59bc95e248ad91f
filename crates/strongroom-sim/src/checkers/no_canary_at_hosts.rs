//! G4: no secret stands in anything that a host sees, however it is written; and no session seals two frames
//! under one number.
//!
//! Every byte of a run is kept and searched at its end, which costs memory and time: some seeds do it, not all.

use crate::{
    checker::{Checker, Violation},
    observation::Observation,
    plan::Plan,
    view::WorldView,
};
use aho_corasick::AhoCorasick;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};
use strongroom_protocol::{
    decode,
    ids::{NodeNumber, hex},
    peer::PeerFrame,
    pipe::HsmMessage,
};

/// One seed in so many searches.
const SEEDS: u64 = 8;

/// See the module.
pub(crate) struct NoCanaryAtHosts {
    searches: bool,
    seen: Vec<Rc<Vec<u8>>>,
    /// The number of the last frame from one program to one node.
    numbers: BTreeMap<(u32, NodeNumber), u64>,
}

impl NoCanaryAtHosts {
    /// Searches in some seeds.
    pub(crate) fn new(plan: &Plan) -> Self {
        Self { searches: plan.seed.is_multiple_of(SEEDS), seen: Vec::new(), numbers: BTreeMap::new() }
    }

    /// A session numbers its frames from zero on, without a gap.
    fn number(&mut self, life: u32, bytes: &[u8]) -> Result<(), Violation> {
        let Ok(HsmMessage::Send(sent)) = decode::<HsmMessage>(bytes) else { return Ok(()) };
        let Ok(PeerFrame::Session(frame)) = decode::<PeerFrame>(sent.frame.as_slice()) else { return Ok(()) };
        let before = self.numbers.insert((life, sent.node), frame.counter);
        if frame.counter != 0 && before.is_none_or(|before| frame.counter != before + 1) {
            let what = format!("frame {} follows frame {before:?} of one session", frame.counter);
            return Err(Violation::new(self.name(), what));
        }
        Ok(())
    }
}

/// A secret as it is, in hex, and in base64 at each of the three alignments.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.to_vec(), hex(secret).into_bytes(), hex(secret).to_uppercase().into_bytes()];
    for skipped in 0..3 {
        let rest = secret.get(skipped..).unwrap_or_default();
        let whole = rest.get(..rest.len() / 3 * 3).unwrap_or_default();
        forms.push(STANDARD_NO_PAD.encode(whole).into_bytes());
        forms.push(URL_SAFE_NO_PAD.encode(whole).into_bytes());
    }
    forms
}

/// Every secret of the run, with a word for it.
fn secrets(world: &WorldView<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let mut secrets = Vec::new();
    for (vault, truth) in world.truth().vaults() {
        secrets.push(("a vault id", vault.as_bytes().to_vec()));
        secrets.push(("a backup key", truth.key.secret().expose().to_vec()));
        let passwords = truth.passwords.values().filter(|password| password.len() >= 6);
        secrets.extend(passwords.map(|password| ("a password", password.clone().into_bytes())));
    }
    for member in members(world) {
        secrets.extend(member.held_keys().iter().map(|key| ("a key of an HSM", key.to_vec())));
        let vaults = world.truth().vaults();
        let seeds = vaults.filter_map(|(vault, _)| member.slot_seed(vault));
        secrets.extend(seeds.map(|seed| ("a slot's seed", seed)));
    }
    secrets
}

fn members<'a>(world: &WorldView<'a>) -> impl Iterator<Item = &'a strongroom_hsm::member::Member> {
    world.machines().iter().filter_map(|machine| machine.program()?.hsm().member())
}

impl Checker for NoCanaryAtHosts {
    fn name(&self) -> &'static str {
        "no_canary_at_hosts"
    }

    fn observe(&mut self, observation: &Observation, _: &WorldView<'_>) -> Result<(), Violation> {
        if let Observation::HostSaw { program, bytes } = observation {
            if self.searches {
                self.seen.push(bytes.clone());
            }
            return self.number(program.life.0, bytes);
        }
        Ok(())
    }

    fn at_end(&mut self, world: &WorldView<'_>) -> Result<(), Violation> {
        if !self.searches {
            return Ok(());
        }
        let secrets: BTreeSet<_> = secrets(world).into_iter().collect();
        let (mut words, mut patterns) = (Vec::new(), Vec::new());
        for (word, secret) in secrets {
            for form in forms(&secret) {
                words.push(word);
                patterns.push(form);
            }
        }
        let Ok(search) = AhoCorasick::new(&patterns) else { return Ok(()) };
        let found = self.seen.iter().find_map(|bytes| search.find(bytes.as_slice()));
        match found.and_then(|found| words.get(found.pattern().as_usize())) {
            Some(word) => Err(Violation::new(self.name(), format!("{word} is visible to a host"))),
            None => Ok(()),
        }
    }

    fn wants_host_bytes(&self) -> bool {
        self.searches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_secret_is_found_in_what_holds_it() {
        let secret = *b"a secret of thirty-two bytes, so";
        for skipped in 0..3 {
            let padded = [&[b'x'; 3][..skipped], &secret[..], b"tail"].concat();
            for text in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded), hex(&padded)] {
                let search = AhoCorasick::new(forms(&secret)).unwrap();
                assert!(search.is_match(&text), "{text}");
            }
        }
    }
}
