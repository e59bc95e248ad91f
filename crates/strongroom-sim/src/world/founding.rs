//! The founding of the fleet, without faults: birth, genesis, founding, signing, pinning, the first leader.

use super::World;
use crate::{event::Event, observation::Phase};
use strongroom_protocol::{
    bytes::List,
    genesis::{Genesis, Member, SignedGenesisStatement},
    ids::{Digest, Version},
    pipe::{HostMessage, Role},
};
use strongroom_trust::{Pin, TrustSource, verify_genesis_statement};

/// Events that any part of a founding may take.
const EVENTS_MAX: u32 = 400_000;

/// The founding did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the founding did not end: {0}")]
pub(crate) struct NotFounded(&'static str);

impl World {
    /// Founds the fleet and waits for its first leader.
    pub(crate) fn found(&mut self) -> Result<(), NotFounded> {
        self.begin_phase(Phase::Founding);
        for at in 0..self.machines.len() {
            let machine = self.machines[at].id;
            self.power_on(machine);
            self.tell(machine, HostMessage::Birth);
            let spread = self.random.programs.below(100);
            self.plan_in(spread, Event::Tick(machine));
        }
        self.until("a birth", |world| world.machines.iter().all(|host| host.founded.birth.is_some()))?;
        let genesis = self.genesis()?;
        self.tell_all(&HostMessage::Adopt(genesis.clone()));
        self.until("an adoption", |world| world.machines.iter().all(|host| host.founded.adopted.is_some()))?;
        self.tell(crate::names::MachineId(0), HostMessage::Found);
        let mut patience = 0;
        while !self.machines.iter().all(|host| host.founded.signed.is_some()) {
            patience += 1;
            if patience > 200 {
                return Err(NotFounded("the signatures"));
            }
            self.tell_all(&HostMessage::Sign);
            (0..200).for_each(|_| self.step());
        }
        self.trust(&genesis)?;
        self.restart_all();
        self.until("a leader", Self::has_leader)
    }

    fn until(&mut self, what: &'static str, holds: impl Fn(&Self) -> bool) -> Result<(), NotFounded> {
        for _ in 0..EVENTS_MAX {
            if holds(self) {
                return Ok(());
            }
            self.step();
        }
        Err(NotFounded(what))
    }

    fn tell_all(&mut self, message: &HostMessage) {
        for at in 0..self.machines.len() {
            let machine = self.machines[at].id;
            self.tell(machine, message.clone());
        }
    }

    fn genesis(&mut self) -> Result<Genesis, NotFounded> {
        let births = self.machines.iter().filter_map(|host| Some((host.node, host.founded.birth.clone()?)));
        let members: Vec<Member> = births.map(|(node, birth)| Member { node, birth }).collect();
        let measurement = members.first().ok_or(NotFounded("a birth"))?.birth.measurement;
        Ok(Genesis {
            version: Version,
            nonce: self.random.programs.bytes(),
            rehearsal: 0,
            members: List::new(members).ok_or(NotFounded("too many members"))?,
            quorum: self.plan.nodes / 2 + 1,
            guesses: self.plan.guesses,
            measurement,
            vendor_roots: Digest::new([0; 32]),
        })
    }

    /// What was founded is verified and pinned, as an app's makers do it.
    fn trust(&mut self, genesis: &Genesis) -> Result<(), NotFounded> {
        let signed: Vec<SignedGenesisStatement> =
            self.machines.iter().filter_map(|host| host.founded.signed.clone()).collect();
        let verified = verify_genesis_statement(genesis, &signed)
            .map_err(|_| NotFounded("the statement does not verify"))?;
        let pin = Pin::from_genesis(&verified, Vec::new()).map_err(|_| NotFounded("the pin"))?;
        self.trusted = Some(pin.fleet());
        self.fleet = pin.fleet().id();
        Ok(())
    }

    fn restart_all(&mut self) {
        for at in 0..self.machines.len() {
            let machine = self.machines[at].id;
            self.crash_for(machine, crate::observation::End::Killed, 1);
        }
    }

    /// Whether a leader is there whom a majority follows.
    fn has_leader(&self) -> bool {
        let told = self.machines.iter().filter_map(|host| Some((host.node, host.program.as_ref()?.told)));
        let told: Vec<_> = told.collect();
        told.iter().any(|(node, of)| {
            let follow =
                told.iter().filter(|(_, other)| other.leader == *node && other.term == of.term).count();
            of.role == Some(Role::Leader) && follow > usize::from(self.plan.nodes) / 2
        })
    }

    /// Faults begin, and clients begin to work.
    pub(crate) fn begin_chaos(&mut self) {
        self.begin_phase(Phase::Chaos);
        self.plan_in(1_000, Event::Mischief);
        self.wake_devices();
    }
}
