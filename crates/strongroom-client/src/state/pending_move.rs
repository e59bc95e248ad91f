//! What a device keeps of a vault that moves to another fleet. Page: `docs/spec/flows.md`, "Moving".

use super::StateTextError;
use crate::{Locator, limits::MOVE_BYTES_MAX};
use core::fmt::Write;
use strongroom_protocol::ids::{FleetId, SlotNumber, VaultId, hex};
use strongroom_trust::lines::{LineError, Lines};

/// A vault on its way from one fleet to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingMove {
    /// Where the vault was.
    pub old: Locator,
    /// Where it will be, once a fleet and a vault id were chosen.
    pub new: Option<Locator>,
    /// What is to be done next.
    pub stage: MoveStage,
}

/// What of a move is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveStage {
    /// The new vault is to be made and confirmed.
    Registering,
    /// The new locator is to be put beside the backup.
    Publishing,
    /// The old vault is to be erased.
    Erasing,
}

impl PendingMove {
    /// Whether the locator is of the old or of the new vault.
    pub fn is_about(&self, locator: &Locator) -> bool {
        let is_same = |other: &Locator| other.fleet() == locator.fleet() && other.vault() == locator.vault();
        is_same(&self.old) || self.new.as_ref().is_some_and(is_same)
    }

    /// Writes it down.
    pub fn to_text(&self) -> String {
        let mut text = format!("version 1\nstage {}\n", self.stage.word());
        write_place(&mut text, "old", &self.old);
        if let Some(new) = &self.new {
            write_place(&mut text, "new", new);
        }
        text
    }

    /// Reads what [`Self::to_text`] wrote. The locators come back without endpoints.
    ///
    /// # Errors
    /// The text is another one; the error names the line.
    pub fn from_text(text: &[u8]) -> Result<Self, StateTextError> {
        let mut lines = Lines::of(text, MOVE_BYTES_MAX)?;
        let version = lines.expect("version")?;
        if version.text() != "1" {
            return Err(version.error("only version 1 is known").into());
        }
        let stage = lines.expect("stage")?;
        let stages = [MoveStage::Registering, MoveStage::Publishing, MoveStage::Erasing];
        let known = stages.into_iter().find(|known| known.word() == stage.text());
        let known = known.ok_or_else(|| stage.error("wants registering, publishing or erasing"))?;
        let old = read_place(&mut lines, OLD)?.ok_or_else(|| stage.error("the old vault is missing"))?;
        let new = read_place(&mut lines, NEW)?;
        lines.end()?;
        if new.is_none() && known != MoveStage::Registering {
            return Err(stage.error("the new vault is missing").into());
        }
        Ok(Self { old, new, stage: known })
    }
}

impl MoveStage {
    fn word(self) -> &'static str {
        match self {
            Self::Registering => "registering",
            Self::Publishing => "publishing",
            Self::Erasing => "erasing",
        }
    }
}

/// The words before a locator's fields.
type PlaceWords = [&'static str; 4];
const OLD: PlaceWords = ["old-fleet", "old-vault", "old-slot", "old-epoch"];
const NEW: PlaceWords = ["new-fleet", "new-vault", "new-slot", "new-epoch"];

fn write_place(text: &mut String, which: &str, place: &Locator) {
    let (fleet, vault) = (place.fleet(), hex(place.vault().as_bytes()));
    let (slot, epoch) = (place.slot().get(), place.bundle_epoch());
    // Writing into a string cannot fail.
    let _ = write!(
        text,
        "{which}-fleet {fleet}\n{which}-vault {vault}\n{which}-slot {slot}\n{which}-epoch {epoch}\n"
    );
}

fn read_place(lines: &mut Lines<'_>, words: PlaceWords) -> Result<Option<Locator>, LineError> {
    let [fleet, vault, slot, epoch] = words;
    let Some(fleet) = lines.optional(fleet)? else { return Ok(None) };
    let fleet = FleetId::new(fleet.hex()?);
    let vault = VaultId::new(lines.expect(vault)?.hex()?);
    let slot = lines.expect(slot)?;
    let number = SlotNumber::new(slot.number()?).ok_or_else(|| slot.error("wants a number from 1 to 8"))?;
    let epoch = lines.expect(epoch)?.number()?;
    Ok(Some(Locator::new(fleet, vault, number, &[]).named_by_epoch(epoch)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(number: u8) -> Locator {
        let (fleet, vault) = (FleetId::new([number; 32]), VaultId::new([number + 10; 32]));
        Locator::new(fleet, vault, SlotNumber::FIRST, &[]).named_by_epoch(number.into())
    }

    fn moving() -> PendingMove {
        PendingMove { old: place(1), new: Some(place(2)), stage: MoveStage::Erasing }
    }

    #[test]
    fn a_move_is_written_and_read() {
        let text = moving().to_text();
        assert!(text.starts_with("version 1\nstage erasing\nold-fleet 0101"), "{text}");
        assert!(text.ends_with("new-slot 1\nnew-epoch 2\n"), "{text}");
        assert_eq!(PendingMove::from_text(text.as_bytes()), Ok(moving()));
        let begun = PendingMove { new: None, stage: MoveStage::Registering, ..moving() };
        assert_eq!(PendingMove::from_text(begun.to_text().as_bytes()), Ok(begun));
    }

    #[test]
    fn every_cut_and_every_other_word_is_refused() {
        let text = moving().to_text();
        // Where the new vault's lines are all gone, the stage says that they are missing.
        for length in 0..text.len() {
            assert!(PendingMove::from_text(&text.as_bytes()[..length]).is_err(), "{length}");
        }
        for (from, to) in [("version 1", "version 2"), ("erasing", "erased"), ("old-slot 1", "old-slot 9")] {
            assert!(PendingMove::from_text(text.replacen(from, to, 1).as_bytes()).is_err(), "{to}");
        }
        assert!(PendingMove::from_text(format!("{text}x").as_bytes()).is_err());
    }

    #[test]
    fn a_move_is_about_both_its_vaults_and_no_other() {
        assert!(moving().is_about(&place(1)) && moving().is_about(&place(2)));
        assert!(!moving().is_about(&place(3)));
    }
}
