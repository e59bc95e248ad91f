//! A fleet of three that was founded once in this process, and from which every scene begins.

use crate::world::{
    Disk, PlatformMemory, QUICK, World,
    client::{Owner, Try},
};
use std::sync::LazyLock;
use strongroom_crypto::{Secret, sign::SigningKey};
use strongroom_hsm::{
    peer::HandedOver,
    state::{SealedState, open_state},
};
use strongroom_protocol::{
    client::{RequestBody, Status},
    genesis::Genesis,
    ids::{FleetId, Generation, VaultId},
};

/// The password of the one vault.
pub const PASSWORD: &[u8] = b"pw";

/// What platforms and disks hold of the fleet, and what its one client knows.
pub struct Home {
    platforms: Vec<PlatformMemory>,
    disks: Vec<Disk>,
    /// Disks from before the last entries.
    pub older: Vec<Disk>,
    /// Platforms and disks of the same fleet one checkpoint later.
    later: Vec<(PlatformMemory, Disk)>,
    fleet: FleetId,
    genesis: Genesis,
    vault: VaultId,
    backup_key: Secret<32>,
    generation: Generation,
    /// Frames between HSMs as the network saw them, each kind a few times.
    pub frames: Vec<Vec<u8>>,
    /// Messages between hosts and HSMs.
    pub pipe: Vec<Vec<u8>>,
    /// A client's request as it was sent.
    pub request: Vec<u8>,
}

/// Founded at its first use.
pub static HOME: LazyLock<Home> = LazyLock::new(found);

/// Puts hashes in the place of curves for this thread, in the fuzzers' build alone. A scene needs dozens of handshakes;
/// the public-key work itself has the target `opaque`. `STRONGROOM_FUZZ_REAL` keeps the real thing.
pub fn use_stand_ins() {
    #[cfg(strongroom_sim)]
    strongroom_crypto::stand_in::use_stand_ins(std::env::var_os("STRONGROOM_FUZZ_REAL").is_none());
}

/// Takes the real thing again, where what is read was signed with real keys.
pub fn use_real_keys() {
    #[cfg(strongroom_sim)]
    strongroom_crypto::stand_in::use_stand_ins(false);
}

fn found() -> Home {
    use_stand_ins();
    let mut world = World::founded_at(3, 90, QUICK);
    world.record_frames = true;
    world.record_pipe = true;
    let owner = world.register(1, PASSWORD);
    world.until("a checkpoint", 2000, |world| (1..=3).all(|number| world.status(number).checkpoint.0 > 1));
    world.restart(3);
    world.until("a leader", 3000, |world| world.leader().is_some());
    let older = disks(&world);
    let wrong: Try = world.attempt(owner.vault, b"wrong");
    world.send_attempt(2, &wrong);
    world.recover(1, &owner);
    let request = world.seal(1, RequestBody::Status(Status { vault: owner.vault })).frame;
    let platforms = world.nodes.iter().map(|node| node.platform.clone()).collect();
    let disks_now = disks(&world);
    let last = (1..=3).map(|number| world.status(number).last).max().expect("three");
    world.until("a later checkpoint", 2000, |world| {
        (1..=3).all(|number| world.status(number).checkpoint > last)
    });
    world.assert_sound();
    Home {
        platforms,
        disks: disks_now,
        later: world.nodes.iter().map(|node| (node.platform.clone(), node.disk.clone())).collect(),
        older,
        fleet: world.fleet,
        genesis: world.genesis.clone().expect("a genesis"),
        vault: owner.vault,
        backup_key: owner.backup_key,
        generation: owner.generation,
        frames: spread(core::mem::take(&mut world.seen), 64),
        pipe: spread(core::mem::take(&mut world.pipe), 256),
        request,
    }
}

fn disks(world: &World) -> Vec<Disk> {
    world.nodes.iter().map(|node| node.disk.clone()).collect()
}

/// Some of many, from all over.
fn spread(all: Vec<Vec<u8>>, count: usize) -> Vec<Vec<u8>> {
    let each = (all.len() / count).max(1);
    all.into_iter().step_by(each).take(count).collect()
}

impl Home {
    /// A world whose HSMs are off, with the fleet's platforms and disks.
    pub fn world(&self) -> World {
        let mut world = World::unborn(3, 91, QUICK);
        world.fleet = self.fleet;
        world.genesis = Some(self.genesis.clone());
        for (node, (platform, disk)) in world.nodes.iter_mut().zip(self.platforms.iter().zip(&self.disks)) {
            node.platform = platform.clone();
            node.disk = disk.clone();
        }
        world
    }

    /// The vault's owner.
    pub fn owner(&self) -> Owner {
        Owner {
            vault: self.vault,
            backup_key: self.backup_key.duplicate(),
            password: PASSWORD.to_vec(),
            generation: self.generation,
        }
    }

    /// The fleet.
    pub fn fleet(&self) -> FleetId {
        self.fleet
    }

    /// The genesis.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// A node's disk as a scene begins with it.
    pub fn disk(&self, number: u8) -> &Disk {
        &self.disks[usize::from(number) - 1]
    }

    /// A member's identity key, out of its platform.
    pub fn node_key(&self, number: u8) -> SigningKey {
        SigningKey::from_seed(self.state(number).node_key.0)
    }

    /// What an honest member hands over.
    pub fn handed_over(&self, number: u8) -> HandedOver {
        handed(self.state(number))
    }

    /// What an honest member hands over that has gone on for one checkpoint.
    pub fn handed_later(&self, number: u8) -> HandedOver {
        handed(self.opened(&self.later[usize::from(number) - 1].0))
    }

    /// A node's disk one checkpoint later.
    pub fn later_disk(&self, number: u8) -> &Disk {
        &self.later[usize::from(number) - 1].1
    }

    /// A member's sealed state, opened.
    pub fn state(&self, number: u8) -> SealedState {
        self.opened(&self.platforms[usize::from(number) - 1])
    }

    fn opened(&self, platform: &PlatformMemory) -> SealedState {
        let anchor = platform.newest().expect("an anchor");
        let states = platform.states.iter();
        states.rev().find_map(|state| open_state(state, &self.fleet, &anchor.state_key)).expect("a state")
    }
}

fn handed(state: SealedState) -> HandedOver {
    let founded = state.founded.expect("a founded member");
    HandedOver { secrets: founded.secrets, checkpoint: founded.checkpoint }
}
