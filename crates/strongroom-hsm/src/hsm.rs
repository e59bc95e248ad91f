//! The HSM as one pure function of its state: [`Hsm::step`].
//!
//! No clock, thread, file, socket or ambient randomness is reachable from here. Time comes in
//! as ticks, on which nothing safe rests; randomness is an argument; what is to be done goes
//! out as effects. So the same code runs in a sandboxed process, in an enclave and, far
//! faster than real time, in a simulator.
//!
//! After a [`Fault`] the HSM answers nothing more.

use crate::{
    anchor::Anchor,
    effect::{Effects, Input, PlatformDone},
    fault::Fault,
    founding,
    keeper::{Keeper, Kept},
    member::Member,
    replica::Pace,
    state::{SealedState, open_state},
};
use strongroom_crypto::{Rng, sign::SigningKey};
use strongroom_protocol::{
    bytes::Text,
    genesis::{Birth, Class, Genesis, Platform},
    ids::{Digest, FleetId, NodeNumber, Version},
    pipe::{HostMessage, HsmMessage},
};

/// What the platform knows of itself, and what it kept.
pub struct Boot {
    /// The anchor as this boot has taken it over; none before the birth.
    pub anchor: Option<Anchor>,
    /// Every sealed state on the platform.
    pub states: Vec<Vec<u8>>,
    /// A fresh anchor for an HSM that is born in this boot.
    pub first_anchor: Anchor,
    /// Names the device.
    pub device: Digest,
    /// The digest of the HSM program.
    pub measurement: Digest,
    /// What the HSM stands on.
    pub platform: Platform,
    /// What its anchor survives.
    pub class: Class,
    /// When checkpoints are proposed.
    pub pace: Pace,
}

/// How far an HSM has come in its life.
enum Life {
    /// It has no identity yet.
    Unborn(Keeper),
    /// The birth is being written.
    BeingBorn(Keeper, SigningKey),
    /// It has an identity and belongs to no fleet.
    Born(Keeper, SigningKey),
    /// The genesis is being written.
    Adopting(Keeper, SigningKey, Box<(FleetId, NodeNumber, Genesis)>),
    /// It belongs to a fleet.
    Member(Box<Member>),
    /// A fault has stopped it.
    Stopped,
}

/// The trusted program.
pub struct Hsm {
    life: Life,
    device: Digest,
    measurement: Digest,
    platform: Platform,
    class: Class,
    pace: Pace,
}

const NO_FLEET: FleetId = FleetId::new([0; 32]);

impl Hsm {
    /// An HSM as it comes out of a boot.
    ///
    /// # Errors
    /// No sealed state opens under the anchor's state key: the platform's files are not
    /// those that the anchor belongs to.
    pub fn boot(boot: Boot) -> Result<Self, Fault> {
        let Boot { anchor, states, first_anchor, device, measurement, platform, class, pace } = boot;
        let life = match anchor {
            None => Life::Unborn(Keeper::new(first_anchor)),
            Some(anchor) => {
                let opened =
                    states.iter().find_map(|sealed| open_state(sealed, &anchor.fleet, &anchor.state_key));
                let state = opened.ok_or(Fault::Own("no sealed state opens under the anchor's key"))?;
                resume(state, anchor, pace)
            }
        };
        Ok(Self { life, device, measurement, platform, class, pace })
    }

    /// Takes one input, and gives what is to be done.
    ///
    /// # Errors
    /// An invariant is broken; the HSM has stopped, and the effects end in a
    /// [`HsmMessage::Stop`] that names it.
    pub fn step(&mut self, input: Input, rng: &mut dyn Rng, effects: &mut Effects) -> Result<(), Fault> {
        let outcome = match input {
            Input::Host(message) => self.on_host(message, rng, effects),
            Input::Platform(done) => self.on_platform(&done, rng, effects),
        };
        if let Err(fault) = &outcome {
            self.life = Life::Stopped;
            effects.host(HsmMessage::Stop(Text::shortened(&fault.to_string())));
        }
        outcome
    }

    /// The member, if the HSM belongs to a fleet.
    pub fn member(&self) -> Option<&Member> {
        match &self.life {
            Life::Member(member) => Some(member),
            _ => None,
        }
    }

    fn on_host(
        &mut self,
        message: HostMessage,
        rng: &mut dyn Rng,
        effects: &mut Effects,
    ) -> Result<(), Fault> {
        match (message, &mut self.life) {
            (_, Life::Stopped) => Ok(()),
            (HostMessage::Birth, _) => self.give_birth(rng, effects),
            (HostMessage::Adopt(genesis), _) => self.adopt(genesis, rng, effects),
            (HostMessage::Found, Life::Member(member)) => founding::found(member, rng, effects),
            (HostMessage::Sign, Life::Member(member)) => {
                if let Some(signed) = founding::sign(member) {
                    effects.host(HsmMessage::Signed(signed));
                }
                Ok(())
            }
            (HostMessage::Start(start), Life::Member(member)) => member.start(&start, rng, effects),
            (HostMessage::Tick, Life::Member(member)) => member.tick(rng, effects),
            (HostMessage::Client(from), Life::Member(member)) => member.client(&from, rng, effects),
            (HostMessage::Peer(from), Life::Member(member)) => member.peer(&from, rng, effects),
            (HostMessage::PeerLost(node), Life::Member(member)) => {
                member.peer_lost(node);
                Ok(())
            }
            (HostMessage::Stored(batch), Life::Member(member)) => member.stored(batch, effects),
            (HostMessage::Path(fetched), Life::Member(member)) => member.path(fetched, rng, effects),
            (HostMessage::Log(entries), Life::Member(member)) => member.log(entries, rng, effects),
            (HostMessage::TreeWritten(index), Life::Member(member)) => {
                member.tree_written(index, rng, effects)
            }
            (HostMessage::Shipped(fetched), Life::Member(member)) => member.shipped(fetched, rng, effects),
            (HostMessage::Report, Life::Member(member)) => {
                effects.host(HsmMessage::Status(member.status()));
                Ok(())
            }
            (
                HostMessage::Tick | HostMessage::PeerLost(_) | HostMessage::Report | HostMessage::Peer(_),
                _,
            ) => Ok(()),
            (HostMessage::Start(_), _) => Err(Fault::Host("starts an HSM that belongs to no fleet")),
            _ => Err(Fault::Host("asks an HSM that belongs to no fleet for what only a member does")),
        }
    }

    fn on_platform(
        &mut self,
        done: &PlatformDone,
        rng: &mut dyn Rng,
        effects: &mut Effects,
    ) -> Result<(), Fault> {
        match core::mem::replace(&mut self.life, Life::Stopped) {
            Life::Member(mut member) => {
                member.platform(done, rng, effects)?;
                self.life = Life::Member(member);
            }
            Life::BeingBorn(mut keeper, node_key) => {
                self.life = if keeper.done(done, effects)? {
                    effects.host(HsmMessage::Born(self.birth(&node_key)));
                    Life::Born(keeper, node_key)
                } else {
                    Life::BeingBorn(keeper, node_key)
                };
            }
            Life::Adopting(mut keeper, node_key, adopted) => {
                self.life = if keeper.done(done, effects)? {
                    let (fleet, node, genesis) = *adopted;
                    effects.host(HsmMessage::Adopted(fleet));
                    Life::Member(Box::new(Member::new(
                        fleet, node, genesis, node_key, None, keeper, self.pace,
                    )))
                } else {
                    Life::Adopting(keeper, node_key, adopted)
                };
            }
            other => self.life = other,
        }
        Ok(())
    }

    /// Makes the identity the first time, and shows it every time.
    fn give_birth(&mut self, rng: &mut dyn Rng, effects: &mut Effects) -> Result<(), Fault> {
        match core::mem::replace(&mut self.life, Life::Stopped) {
            Life::Unborn(mut keeper) => {
                let node_key = SigningKey::generate(rng);
                let state = founding::newborn(&node_key);
                keeper.begin(Kept { head: None, state: Some(state), fleet: NO_FLEET }, rng, effects)?;
                self.life = Life::BeingBorn(keeper, node_key);
            }
            Life::Born(keeper, node_key) => {
                effects.host(HsmMessage::Born(self.birth(&node_key)));
                self.life = Life::Born(keeper, node_key);
            }
            Life::Member(member) => {
                effects.host(HsmMessage::Born(self.birth(member.node_key())));
                self.life = Life::Member(member);
            }
            other => self.life = other,
        }
        Ok(())
    }

    /// Adopts the genesis, once in a life.
    fn adopt(&mut self, genesis: Genesis, rng: &mut dyn Rng, effects: &mut Effects) -> Result<(), Fault> {
        match core::mem::replace(&mut self.life, Life::Stopped) {
            Life::Born(mut keeper, node_key) => {
                let own = self.birth(&node_key);
                let (fleet, node) = founding::check_genesis(&genesis, &own)?;
                let mut state = founding::newborn(&node_key);
                state.genesis = Some(genesis.clone());
                state.node = node;
                keeper.begin(Kept { head: None, state: Some(state), fleet }, rng, effects)?;
                self.life = Life::Adopting(keeper, node_key, Box::new((fleet, node, genesis)));
                Ok(())
            }
            Life::Member(member) => {
                let same = founding::fleet_id(&genesis) == member.fleet();
                if same {
                    effects.host(HsmMessage::Adopted(member.fleet()));
                }
                self.life = Life::Member(member);
                if same { Ok(()) } else { Err(Fault::Host("hands in a second genesis")) }
            }
            other => {
                self.life = other;
                Err(Fault::Host("hands a genesis to an HSM that is not born"))
            }
        }
    }

    fn birth(&self, node_key: &SigningKey) -> Birth {
        founding::birth(node_key, self.device, self.measurement, self.platform, self.class)
    }
}

fn resume(state: SealedState, anchor: Anchor, pace: Pace) -> Life {
    let SealedState { version: Version, node_key, genesis, node, founded } = state;
    let node_key = SigningKey::from_seed(node_key.0);
    let fleet = anchor.fleet;
    let keeper = Keeper::new(anchor);
    match genesis {
        None => Life::Born(keeper, node_key),
        Some(genesis) => {
            Life::Member(Box::new(Member::new(fleet, node, genesis, node_key, founded, keeper, pace)))
        }
    }
}
