//! Units of the vectors whose parts are changed, swapped, dropped, repeated, or taken from other units.

use super::judge;
use crate::{
    tape::Tape,
    twist::twist,
    vectors::{UNIT_HEADER, UnitVector, VECTORS},
};
use strongroom_trust::{ClaimedEpochs, DeviceView, Epoch, Moment};

const ACTS_MAX: usize = 8;
/// Copies of a section at most: more than a unit may have, and enough to outgrow it.
const COPIES_MAX: u8 = 80;
/// Bytes up to which sections are repeated: more than a unit may have.
const REPEATED_BYTES_MAX: usize = 300 * 1024;

/// A unit that is being taken apart, and the device that it will be shown to.
struct Shown {
    sections: Vec<(String, Vec<u8>)>,
    bytes: Vec<u8>,
    root: usize,
    memory: Option<usize>,
    clock: Moment,
    epochs: [Option<Epoch>; 3],
    consistency: Option<Vec<strongroom_protocol::ids::Digest>>,
}

pub(super) fn run(tape: &mut Tape<'_>) -> &'static str {
    let units = &VECTORS.units;
    let mut shown = Shown::of(&units[usize::from(tape.byte()) % units.len()]);
    for _ in 0..ACTS_MAX {
        if tape.is_empty() {
            break;
        }
        shown.act(tape);
    }
    shown.show()
}

impl Shown {
    fn of(unit: &UnitVector) -> Self {
        Self {
            sections: unit.sections.clone(),
            bytes: unit.bytes.clone(),
            root: unit.root,
            memory: unit.memory,
            clock: unit.clock,
            epochs: unit.epochs,
            consistency: unit.consistency.clone(),
        }
    }

    fn act(&mut self, tape: &mut Tape<'_>) {
        match tape.byte() % 10 {
            0 | 1 => self.change_section(tape),
            2 => self.take_section(tape),
            3 => self.repeat_section(tape),
            4 => self.drop_or_swap(tape),
            5 => self.clock = Moment::from_seconds(tape.eight() % Moment::LAST.seconds()).expect("a moment"),
            6 => self.epochs[tape.place(3)] = Some(Epoch(u64::from(tape.byte() % 10))),
            7 => self.memory = tape.byte().checked_sub(1).map(|place| usize::from(place) % 2),
            8 => self.root = tape.place(VECTORS.roots.len()),
            // What is left of the tape changes the whole unit, lengths of sections included.
            _ => twist(&mut self.bytes, tape),
        }
    }

    /// Changes bytes within a section, whose length follows.
    fn change_section(&mut self, tape: &mut Tape<'_>) {
        let place = tape.place(self.sections.len());
        if let Some((_, bytes)) = self.sections.get_mut(place) {
            twist(bytes, tape);
        }
        self.write();
    }

    /// Puts a section of another unit in a section's place.
    fn take_section(&mut self, tape: &mut Tape<'_>) {
        let other = &VECTORS.units[tape.place(VECTORS.units.len())];
        let (from, to) = (tape.place(other.sections.len()), tape.place(self.sections.len() + 1));
        let Some((name, bytes)) = other.sections.get(from) else { return };
        match self.sections.get_mut(to) {
            Some((_, old)) => old.clone_from(bytes),
            None => self.sections.push((name.clone(), bytes.clone())),
        }
        self.consistency.clone_from(&other.consistency);
        self.write();
    }

    fn repeat_section(&mut self, tape: &mut Tape<'_>) {
        let (place, copies) = (tape.place(self.sections.len()), tape.byte() % COPIES_MAX);
        let Some((name, bytes)) = self.sections.get(place).cloned() else { return };
        let room = REPEATED_BYTES_MAX.saturating_sub(self.bytes.len()) / bytes.len().max(1);
        let copies = usize::from(copies).min(room);
        if tape.byte().is_multiple_of(2) {
            self.sections.extend((0..copies).map(|_| (name.clone(), bytes.clone())));
        } else if let Some((_, grown)) = self.sections.get_mut(place) {
            (0..copies).for_each(|_| grown.extend_from_slice(&bytes));
        }
        self.write();
    }

    fn drop_or_swap(&mut self, tape: &mut Tape<'_>) {
        let (one, other) = (tape.place(self.sections.len()), tape.place(self.sections.len()));
        if one < self.sections.len() && one == other {
            self.sections.remove(one);
        } else if one < self.sections.len() {
            self.sections.swap(one, other);
        }
        self.write();
    }

    fn write(&mut self) {
        let mut bytes = format!("{UNIT_HEADER}\n").into_bytes();
        for (name, section) in &self.sections {
            bytes.extend_from_slice(format!("{name} {}\n", section.len()).as_bytes());
            bytes.extend_from_slice(section);
        }
        self.bytes = bytes;
    }

    fn show(&self) -> &'static str {
        let [app, locator, found] = self.epochs;
        let device = DeviceView {
            clock: self.clock,
            build: crate::trust_world::at("2026-06-01T00:00:00Z"),
            epochs: ClaimedEpochs { app, locator, found },
            memory: self.memory.and_then(|place| VECTORS.memories.get(place)),
            consistency: self.consistency.as_deref(),
        };
        judge(&self.bytes, &VECTORS.roots[self.root], &device, &VECTORS.signed)
    }
}
