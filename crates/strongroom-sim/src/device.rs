//! Devices of honest people: what they want, and how far they have come.

use crate::{
    flows::AnyFlow,
    names::{ClientId, ExchangeId, MachineId, OperationId},
    operation::Wish,
    plan::Plan,
    random::{Random, Stream},
};
use std::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};
use strongroom_client::{Pending, Session};
use strongroom_protocol::ids::{AttemptId, VaultId};

/// What a device knows of one machine.
pub(crate) struct Site {
    /// The keys that the session was begun with, as the host showed them.
    pub(crate) shown: Rc<Vec<u8>>,
    pub(crate) session: Session,
    /// The last attempt that was answered in this session, with what makes its answer readable again.
    pub(crate) kept: Option<(Rc<crate::world::Recipe>, Rc<Vec<u8>>)>,
}

/// Something that is going on.
pub(crate) struct Running {
    pub(crate) operation: OperationId,
    pub(crate) wish: Wish,
    /// The password in it.
    pub(crate) password: String,
    /// None while the device is switched off, or its flow has just ended.
    pub(crate) flow: Option<AnyFlow>,
    pub(crate) exchange: Option<(ExchangeId, strongroom_client::Sealed)>,
    /// What was stored when the device was switched off, or is kept while a message 2 is delivered.
    pub(crate) pending: Option<Pending>,
    /// The vault that was being made when the device was switched off.
    pub(crate) making: Option<VaultId>,
    pub(crate) is_off: bool,
    pub(crate) last_attempt: Option<AttemptId>,
    /// Machines that were asked in vain since something last went well.
    pub(crate) failures: u32,
}

/// One device.
pub(crate) struct Device {
    pub(crate) id: ClientId,
    pub(crate) at: MachineId,
    pub(crate) sites: BTreeMap<MachineId, Site>,
    pub(crate) running: Option<Running>,
    /// Which of its plans counts.
    pub(crate) turn: u32,
}

/// All devices.
pub(crate) struct Devices {
    pub(crate) devices: Vec<Device>,
    pub(crate) random: Random,
    pub(crate) keys: Random,
    /// Operations that are still to be begun.
    pub(crate) left: u32,
    pub(crate) begun: u32,
    returned: u64,
    /// What somebody else does at the same time.
    pub(crate) raced: VecDeque<Wish>,
    /// What is to be asked in the end.
    pub(crate) audit: VecDeque<Wish>,
    pub(crate) passwords: u32,
}

impl Devices {
    pub(crate) fn new(plan: &Plan) -> Self {
        let device = |number| Device {
            id: ClientId(number),
            at: MachineId(number % u16::from(plan.nodes)),
            sites: BTreeMap::new(),
            running: None,
            turn: 0,
        };
        Self {
            devices: (0..plan.clients.max(1)).map(device).collect(),
            random: Random::of(plan.seed, Stream::Clients),
            keys: Random::of(plan.seed, Stream::Devices),
            left: plan.operations,
            begun: 0,
            returned: 0,
            raced: VecDeque::new(),
            audit: VecDeque::new(),
            passwords: 0,
        }
    }

    pub(crate) fn are_done(&self) -> bool {
        self.left == 0 && self.audit.is_empty() && self.devices.iter().all(|device| device.running.is_none())
    }

    /// What still goes on, for people.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        let running = self.devices.iter().filter_map(|device| Some((device, device.running.as_ref()?)));
        running
            .map(|(device, running)| {
                format!("{} of {}: {}", running.operation, device.id, running.wish.word())
            })
            .collect()
    }

    pub(crate) fn returned(&self) -> u64 {
        self.returned
    }

    pub(crate) fn count_returned(&mut self) {
        self.returned += 1;
    }

    pub(crate) fn next_password(&mut self) -> (u32, String) {
        self.passwords += 1;
        let noise = self.random.number();
        (self.passwords, format!("password {} {noise:016x}", self.passwords))
    }
}
