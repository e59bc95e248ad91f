//! A point in time, in whole seconds of UTC. One text: `2026-11-21T10:00:00Z`.
//!
//! Absent on purpose: a clock. Time is an argument everywhere in this crate.

use crate::limits::DAY_SECONDS;
use std::fmt;
use std::str::FromStr;

/// Seconds since 1970, until the end of the year 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

/// A text is no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("wants a time of the form 2026-11-21T10:00:00Z")]
pub struct MomentError;

impl Moment {
    /// The first moment.
    pub const FIRST: Self = Self(0);
    /// The last moment that has a text.
    pub const LAST: Self = Self(253_402_300_799);

    /// Takes seconds since 1970, up to the end of the year 9999.
    pub fn from_seconds(seconds: u64) -> Option<Self> {
        (seconds <= Self::LAST.0).then_some(Self(seconds))
    }

    /// Seconds since 1970.
    pub fn seconds(self) -> u64 {
        self.0
    }

    /// Seconds from an earlier moment to this one; zero if that one is later.
    pub fn seconds_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment so many seconds later, or the last one.
    #[must_use]
    pub fn plus_seconds(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds).min(Self::LAST.0))
    }

    /// The moment so many days later, or the last one.
    #[must_use]
    pub fn plus_days(self, days: u64) -> Self {
        self.plus_seconds(days.saturating_mul(DAY_SECONDS))
    }
}

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        let moment = read(text).ok_or(MomentError)?;
        (moment.to_string() == text).then_some(moment).ok_or(MomentError)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date_of(self.0 / DAY_SECONDS);
        let second = self.0 % DAY_SECONDS;
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Reads the fields where they stand; whether each is in its bounds shows when the moment is written again.
fn read(text: &str) -> Option<Moment> {
    if text.len() != 20 || !text.is_ascii() {
        return None;
    }
    let field = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let days = days_of(field(0, 4)?, field(5, 7)?, field(8, 10)?)?;
    let (hour, minute, second) = (field(11, 13)?, field(14, 16)?, field(17, 19)?);
    let seconds = hour.checked_mul(3600)?.checked_add(minute.checked_mul(60)?)?.checked_add(second)?;
    Moment::from_seconds(days.checked_mul(DAY_SECONDS)?.checked_add(seconds)?)
}

/// Days from the first of March of the year 0 to the first of January 1970.
const DAYS_BEFORE_1970: u64 = 719_468;
const DAYS_OF_400_YEARS: u64 = 146_097;

/// Days since 1970 of a date of the Gregorian calendar; years begin in March here, so that the
/// leap day is the last of its year.
fn days_of(year: u64, month: u64, day: u64) -> Option<u64> {
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_count = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year;
    day_count.checked_sub(DAYS_BEFORE_1970)
}

/// The date of a day since 1970.
fn date_of(days: u64) -> (u64, u64, u64) {
    let days = days + DAYS_BEFORE_1970;
    let (era, day_of_era) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / (DAYS_OF_400_YEARS - 1)) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_and_written_as_the_calendar_has_them() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("2026-11-21T10:00:00Z", 1_795_255_200),
            ("2100-03-01T00:00:00Z", 4_107_542_400),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            assert_eq!(text.parse::<Moment>().unwrap().seconds(), seconds, "{text}");
            assert_eq!(Moment::from_seconds(seconds).unwrap().to_string(), text);
        }
    }

    #[test]
    fn every_day_of_eight_thousand_years_is_read_as_it_was_written() {
        for day in (0..2_932_896).step_by(17) {
            let moment = Moment(day * DAY_SECONDS + 86_399);
            assert_eq!(moment.to_string().parse(), Ok(moment));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "2026-11-21",
            "2026-11-21T10:00:00",
            "2026-11-21T10:00:00z",
            "2026-11-21 10:00:00Z",
            "2026-11-21T10:00:00+00:00",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-11-31T00:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T10:60:00Z",
            "2026-11-21T10:00:60Z",
            "+026-11-21T10:00:00Z",
            "1969-12-31T23:59:59Z",
            "2026-11-2\u{e9}T10:00:0Z",
        ] {
            assert_eq!(text.parse::<Moment>(), Err(MomentError), "{text}");
        }
        assert_eq!(Moment::from_seconds(253_402_300_800), None);
    }
}
