//! The delivery unit, and what the meters show of it.

use super::{Paper, sections};
use std::time::SystemTime;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

const HEADER: &str = "strongroom.example/delivery/v1";

/// A delivery unit that has the form of one.
pub(crate) struct Unit {
    pub(crate) paper: Paper,
    /// The bundle's epoch.
    pub(crate) epoch: u64,
    /// The status note's number.
    pub(crate) status: u64,
    expires: OffsetDateTime,
    issued: OffsetDateTime,
}

impl Unit {
    pub(super) fn read(text: String) -> Result<Self, &'static str> {
        let read = sections::read(&text, HEADER).ok_or("it is no delivery unit")?;
        let note = |wanted| read.iter().find(|(name, _)| *name == wanted).map(|(_, note)| *note);
        let (bundle, status) = note("bundle").zip(note("status")).ok_or("bundle or status is missing")?;
        let number = |note, word| sections::value(note, word)?.parse().ok();
        let moment = |note, word| OffsetDateTime::parse(sections::value(note, word)?, &Rfc3339).ok();
        let numbers = number(bundle, "epoch").zip(number(status, "number"));
        let times = moment(bundle, "expires").zip(moment(status, "issued"));
        let ((epoch, status), (expires, issued)) =
            numbers.zip(times).ok_or("epoch, number or times cannot be read")?;
        Ok(Self { epoch, status, expires, issued, paper: Paper::new(text) })
    }

    /// Seconds since the status note was written: from 14 days on nobody registers.
    pub(crate) fn status_age_seconds(&self, now: SystemTime) -> u64 {
        (OffsetDateTime::from(now) - self.issued).whole_seconds().try_into().unwrap_or(0)
    }

    /// Seconds until the bundle expires.
    pub(crate) fn seconds_left(&self, now: SystemTime) -> u64 {
        (self.expires - OffsetDateTime::from(now)).whole_seconds().try_into().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const GOLDEN: &str = include_str!("../../../../vectors/trust/units/golden.txt");

    #[test]
    fn a_unit_s_numbers_and_ages_are_read() {
        let unit = Unit::read(GOLDEN.into()).ok().unwrap();
        assert_eq!((unit.epoch, unit.status), (7, 31));
        // 2026-11-29T10:00:00Z, a day after the status was written.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_946_400);
        assert_eq!(unit.status_age_seconds(now), 86_400);
        assert_eq!(unit.seconds_left(now), 357 * 86_400);
        assert_eq!(unit.status_age_seconds(SystemTime::UNIX_EPOCH), 0);
    }

    #[test]
    fn what_no_client_could_read_is_no_unit() {
        let cut = GOLDEN.get(..GOLDEN.len() - 1).unwrap();
        for text in ["", "epoch 7\n", cut, &GOLDEN.replacen("epoch 7", "epoch x", 1)] {
            assert!(Unit::read(text.into()).is_err());
        }
    }
}
