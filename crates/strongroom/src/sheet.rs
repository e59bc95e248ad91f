//! The recovery code on paper: what it is, for which vault, and how to use it. Page: `docs/spec/recovery-code.md`, "On paper".
//!
//! One layout in millimetres, drawn as PDF or as SVG. The vault id is not on it: a sheet without the backup must not be
//! enough to address the vault.

mod file;
mod layout;
mod pdf;
mod vector;

pub use file::SheetFile;

use layout::{Layout, Typeface};
use strongroom_client::{Locator, Moment, RecoveryCode};
use strongroom_protocol::ids::{SlotNumber, hex};
use zeroize::Zeroizing;

/// Bytes of the vault id that are printed, so that people can tell vaults apart.
const VAULT_BYTES_SHOWN: usize = 4;
/// Characters of the backup's name that fit on a line.
const NAME_CHARACTERS_MAX: usize = 70;

/// What stands on a sheet. It holds the code, and zeroises it when dropped.
pub struct Sheet {
    code: Zeroizing<String>,
    fleet: String,
    vault: String,
    slot: u8,
    backup: String,
    day: String,
}

impl Sheet {
    /// Puts together what a person needs to know, years from now.
    #[must_use]
    pub fn new(code: &RecoveryCode, locator: &Locator, slot: SlotNumber, backup: &str) -> Self {
        let vault = locator.vault();
        let shown = vault.as_bytes().get(..VAULT_BYTES_SHOWN).unwrap_or_default();
        Self {
            code: code.to_text(),
            fleet: locator.fleet().to_hex(),
            vault: hex(shown),
            slot: slot.get(),
            backup: backup.to_owned(),
            day: today(),
        }
    }

    /// Draws the sheet as SVG.
    #[must_use]
    pub fn to_svg(&self) -> Zeroizing<Vec<u8>> {
        vector::draw(&self.layout())
    }

    /// Draws the sheet as PDF.
    #[must_use]
    pub fn to_pdf(&self) -> Zeroizing<Vec<u8>> {
        pdf::draw(&self.layout())
    }

    fn layout(&self) -> Layout {
        let mut layout = Layout::default();
        layout.text(Typeface::Bold, 20.0, "Recovery code");
        layout.space(2.0);
        for line in [
            "These forty characters open an encrypted backup on any device, without its password.",
            "Whoever has them and the backup can read everything: keep this sheet where nobody else looks,",
            "and make no copy of it on a computer or a phone.",
        ] {
            layout.text(Typeface::Plain, 10.0, line);
        }
        layout.space(8.0);
        let groups: Vec<&str> = self.code.split(' ').collect();
        for half in groups.chunks(4) {
            layout.text(Typeface::Mono, 26.0, &half.join("  "));
        }
        layout.space(6.0);
        layout.square(&self.code.replace(' ', ""), 45.0);
        layout.space(8.0);
        layout.text(Typeface::Bold, 13.0, "For which backup");
        for line in [
            format!("Backup: {}", ending(&self.backup)),
            format!("Vault {} (the first digits of its id), slot {}", self.vault, self.slot),
            format!("Fleet {}", self.fleet),
            format!("Made on {}", self.day),
        ] {
            layout.text(Typeface::Plain, 10.0, &line);
        }
        layout.space(8.0);
        layout.text(Typeface::Bold, 13.0, "How to use it");
        layout.text(Typeface::Mono, 10.0, "strongroom restore FOLDER --repo BACKUP --recovery-code");
        for line in [
            "Capitals and spaces do not matter. Two mistyped characters are mended, or four unreadable ones:",
            "type ? for each of those. B, G, I and O do not occur; they are read as 8, C, 1 and 0.",
            "A wrong code costs no guess. If this sheet was lost or seen, make a new code, which ends this one:",
        ] {
            layout.text(Typeface::Plain, 10.0, line);
        }
        layout.text(Typeface::Mono, 10.0, "strongroom vault add recovery-code --repo BACKUP --replace");
        layout
    }
}

/// As much of a long name as fits on a line; its end tells more than its beginning.
fn ending(name: &str) -> String {
    let skipped = name.chars().count().saturating_sub(NAME_CHARACTERS_MAX);
    let kept: String = name.chars().skip(skipped).collect();
    if skipped == 0 { kept } else { format!("...{kept}") }
}

/// The day, in UTC: `2026-11-21`.
fn today() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let moment = Moment::from_seconds(now.as_secs());
    moment.and_then(|moment| moment.to_string().get(..10).map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
