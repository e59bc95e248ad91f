//! A platform in memory, for tests and the simulator.
//!
//! Same rules as the others. Handles share one device, so two boots can stand on one anchor;
//! an [`Image`] is what a thief or an operator with a copying machine takes away, and
//! may be put back later.

use crate::{
    anchor::{ANCHOR_BYTES, Anchor},
    platform::{
        Platform, PlatformError, STATES_MAX, measurement_of,
        slots::{Slot, Slots},
    },
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use strongroom_crypto::{ChaChaRng, Secret};
use strongroom_protocol::{
    genesis::{Class, Platform as Kind},
    ids::Digest,
};

const PLACE: &str = "memory";

/// A handle on a device in memory.
#[derive(Clone)]
pub struct Memory {
    device: Arc<Mutex<Device>>,
}

/// All that a device remembers: both copies of its anchor and its sealed states.
#[derive(Clone)]
pub struct Image {
    first: Vec<u8>,
    second: Vec<u8>,
    states: Vec<Vec<u8>>,
}

struct Device {
    name: Digest,
    class: Class,
    measurement: Digest,
    rng: ChaChaRng,
    image: Image,
    writes: u64,
    cut: Option<Cut>,
    dark: bool,
}

/// When the power goes.
struct Cut {
    write: u64,
    bytes: usize,
}

impl Image {
    /// Both copies of the anchor.
    #[must_use]
    pub fn copies(&self) -> [Vec<u8>; 2] {
        [self.first.clone(), self.second.clone()]
    }

    /// The sealed states, the oldest first.
    #[must_use]
    pub fn states(&self) -> &[Vec<u8>] {
        &self.states
    }
}

impl Memory {
    /// Makes a device; the seed gives its name and all its randomness.
    #[must_use]
    pub fn new(seed: [u8; 32], class: Class) -> Self {
        let mut rng = ChaChaRng::from_seed(seed);
        let name = Digest::new(*Secret::random(&mut rng).expose());
        let image = Image { first: vec![0; ANCHOR_BYTES], second: vec![0; ANCHOR_BYTES], states: Vec::new() };
        let measurement = measurement_of(b"a program in memory");
        let device = Device { name, class, measurement, rng, image, writes: 0, cut: None, dark: false };
        Self { device: Arc::new(Mutex::new(device)) }
    }

    /// Copies all that the device remembers.
    #[must_use]
    pub fn image(&self) -> Image {
        self.shared().image.clone()
    }

    /// Puts an earlier copy back, as no real device lets anybody do.
    pub fn put_back(&self, image: Image) {
        self.shared().image = image;
    }

    /// Counts the writes so far: each copy of an anchor and each sealed state is one.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.shared().writes
    }

    /// Cuts the power in the middle of a write, counted from here and from zero, after so many
    /// of its bytes. Nothing works until [`Memory::restore_power`].
    pub fn cut_power(&self, write: u64, bytes: usize) {
        let mut device = self.shared();
        device.cut = Some(Cut { write: device.writes.saturating_add(write), bytes });
    }

    /// Gives the power back.
    pub fn restore_power(&self) {
        let mut device = self.shared();
        device.cut = None;
        device.dark = false;
    }

    fn shared(&self) -> MutexGuard<'_, Device> {
        self.device.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn powered(&self) -> Result<MutexGuard<'_, Device>, PlatformError> {
        let device = self.shared();
        if device.dark { Err(no_power()) } else { Ok(device) }
    }
}

fn no_power() -> PlatformError {
    PlatformError::Medium { place: PLACE.into(), cause: "the power is off".into() }
}

impl Device {
    fn slots(&self) -> Result<Slots, PlatformError> {
        Slots::read(&self.image.first, &self.image.second, PLACE)
    }

    fn write_anchor(&mut self, slots: &Slots, anchor: &Anchor, both: bool) -> Result<(), PlatformError> {
        let copy = anchor.encode();
        for slot in slots.targets(both) {
            let reached = self.reached(copy.expose().len());
            let old = match slot {
                Slot::First => &mut self.image.first,
                Slot::Second => &mut self.image.second,
            };
            for (to, from) in old.iter_mut().zip(copy.expose()).take(reached) {
                *to = *from;
            }
            self.powered()?;
        }
        Ok(())
    }

    /// How many bytes of the next write reach the medium.
    fn reached(&mut self, length: usize) -> usize {
        let write = self.writes;
        self.writes = write.saturating_add(1);
        match &self.cut {
            Some(cut) if cut.write == write => {
                self.dark = true;
                cut.bytes.min(length)
            }
            _ => length,
        }
    }

    fn powered(&self) -> Result<(), PlatformError> {
        if self.dark { Err(no_power()) } else { Ok(()) }
    }
}

impl Platform for Memory {
    fn read_anchor(&mut self) -> Result<Option<Anchor>, PlatformError> {
        Ok(self.powered()?.slots()?.into_anchor())
    }

    fn take_over(&mut self, incarnation: [u8; 16]) -> Result<Option<Anchor>, PlatformError> {
        let mut device = self.powered()?;
        let slots = device.slots()?;
        let taken = slots.taken_over(incarnation)?;
        if let Some(anchor) = &taken {
            device.write_anchor(&slots, anchor, false)?;
        }
        Ok(taken)
    }

    fn swap_anchor(&mut self, anchor: &Anchor, both: bool) -> Result<(), PlatformError> {
        let mut device = self.powered()?;
        let slots = device.slots()?;
        slots.check_swap(anchor)?;
        device.write_anchor(&slots, anchor, both)
    }

    fn read_states(&mut self) -> Result<Vec<Vec<u8>>, PlatformError> {
        Ok(self.powered()?.image.states.iter().rev().cloned().collect())
    }

    fn write_state(&mut self, sealed: &[u8]) -> Result<(), PlatformError> {
        let mut device = self.powered()?;
        if device.image.states.len() >= STATES_MAX {
            return Err(PlatformError::TooManyStates(PLACE.into()));
        }
        let reached = device.reached(sealed.len());
        device.image.states.push(sealed.iter().copied().take(reached).collect());
        device.powered()
    }

    fn forget_old_states(&mut self) -> Result<(), PlatformError> {
        let mut device = self.powered()?;
        let last = device.image.states.pop();
        device.image.states = last.into_iter().collect();
        Ok(())
    }

    fn draw_seed(&mut self) -> Result<Secret<32>, PlatformError> {
        Ok(Secret::random(&mut self.powered()?.rng))
    }

    fn device(&self) -> Digest {
        self.shared().name
    }

    fn measurement(&self) -> Digest {
        self.shared().measurement
    }

    fn kind(&self) -> Kind {
        Kind::Simulation
    }

    fn class(&self) -> Class {
        self.shared().class
    }
}
