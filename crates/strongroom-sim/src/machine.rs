//! A host with its disk and, while it runs, its HSM program.

use crate::{
    disk::{Content, Disk},
    moment::Moment,
    names::{Life, MachineId},
    observation,
};
use std::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};
use strongroom_crypto::ChaChaRng;
use strongroom_hsm::{
    effect::{Effect, PlatformDone},
    hsm::Hsm,
};
use strongroom_protocol::{
    genesis::{Birth, SignedGenesisStatement},
    ids::{Era, FleetId, NodeNumber},
    pipe::{HostMessage, HsmStatus, Role},
};

/// Messages that wait for an HSM; more are lost.
pub(crate) const INBOX_MAX: usize = 4096;

/// What a program was last seen to be, so that changes are told once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Told {
    pub(crate) role: Option<Role>,
    pub(crate) term: u64,
    pub(crate) leader: NodeNumber,
    pub(crate) committed: u64,
    pub(crate) applied: u64,
    pub(crate) checkpoint: u64,
}

/// One run of an HSM program.
pub struct Program {
    pub(crate) name: observation::Program,
    pub(crate) hsm: Hsm,
    pub(crate) rng: ChaChaRng,
    pub(crate) inputs: u32,
    pub(crate) inbox: VecDeque<HostMessage>,
    pub(crate) completions: VecDeque<PlatformDone>,
    /// What is left of the effects of the last step.
    pub(crate) effects: VecDeque<Effect>,
    /// Waits for its platform.
    pub(crate) is_blocked: bool,
    /// The log as the program holds it: term and hash by index.
    pub(crate) log: BTreeMap<u64, (u64, u64)>,
    pub(crate) told: Told,
    pub(crate) applied_before: u64,
    /// In which era, and when, each client's request was opened.
    pub(crate) opened: BTreeMap<u64, (Era, Moment)>,
    /// Whether it was refused in this life.
    pub(crate) was_refused: bool,
}

impl Program {
    /// Which run it is.
    pub fn name(&self) -> observation::Program {
        self.name
    }

    /// How it stands by its own words; none before it belongs to a fleet.
    pub fn status(&self) -> Option<HsmStatus> {
        self.hsm.member().map(|member| member.status())
    }

    /// The HSM itself.
    pub fn hsm(&self) -> &Hsm {
        &self.hsm
    }
}

/// What a founding has brought out of an HSM.
#[derive(Default)]
pub(crate) struct Founded {
    pub(crate) birth: Option<Birth>,
    pub(crate) adopted: Option<FleetId>,
    pub(crate) signed: Option<SignedGenesisStatement>,
}

/// A host.
pub struct Machine {
    pub(crate) id: MachineId,
    pub(crate) node: NodeNumber,
    /// Which platform memory its HSM stands on.
    pub(crate) platform: usize,
    pub(crate) disk: Disk,
    pub(crate) program: Option<Program>,
    /// Grows whenever the power fails, so that what was on its way to the disk is not written.
    pub(crate) power: u32,
    /// Gone for good, or a second start that has ended.
    pub(crate) is_gone: bool,
    pub(crate) is_second: bool,
    /// When it may be started again.
    pub(crate) starts_at: Option<Moment>,
    pub(crate) frozen_until: Moment,
    pub(crate) slow_until: Moment,
    pub(crate) clock_stopped_until: Moment,
    pub(crate) desk_free_at: Moment,
    /// The keys that its HSM shows to clients.
    pub(crate) keys: Option<Rc<Vec<u8>>>,
    pub(crate) founded: Founded,
    /// Earlier contents of the disk, for a time machine.
    pub(crate) kept: Vec<Content>,
    /// How often it asked other hosts for nodes; says who is asked first.
    pub(crate) turns: usize,
    /// When its disk was last spoiled.
    pub(crate) spoiled: Option<Moment>,
    /// The last life that began after the disk was spoiled.
    pub(crate) last_life: Option<(Life, Moment)>,
}

impl Machine {
    pub(crate) fn new(id: MachineId, node: NodeNumber, platform: usize, disk: Disk) -> Self {
        Self {
            id,
            node,
            platform,
            disk,
            program: None,
            power: 0,
            is_gone: false,
            is_second: false,
            starts_at: None,
            frozen_until: Moment::default(),
            slow_until: Moment::default(),
            clock_stopped_until: Moment::default(),
            desk_free_at: Moment::default(),
            keys: None,
            founded: Founded::default(),
            kept: Vec::new(),
            turns: 0,
            spoiled: None,
            last_life: None,
        }
    }

    /// Its name.
    pub fn id(&self) -> MachineId {
        self.id
    }

    /// The node that its HSM is.
    pub fn node(&self) -> NodeNumber {
        self.node
    }

    /// Its disk.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Its HSM program, while one runs.
    pub fn program(&self) -> Option<&Program> {
        self.program.as_ref()
    }

    /// Whether it is a second start of an HSM on another machine.
    pub fn is_second(&self) -> bool {
        self.is_second
    }

    /// Whether it is gone for good.
    pub fn is_gone(&self) -> bool {
        self.is_gone
    }
}
