//! What is due without anybody asking.

use super::{Auditor, AuditorError, desk::Desk};
use crate::{keys::settle, limits::REFRESH_SECONDS};
use strongroom_trust::{Moment, StatusNumber};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tended {
    /// The status that was signed.
    pub status: Option<StatusNumber>,
    /// Whether the newest checkpoint was cosigned anew.
    pub is_refreshed: bool,
}

impl Auditor {
    /// Does what is due: ends what an earlier act began, signs the weekly status, has the newest checkpoint cosigned
    /// anew once a day, and publishes what follows. To be called every minute or so.
    ///
    /// # Errors
    /// See [`AuditorError`].
    pub fn tend(&self, now: Moment) -> Result<Tended, AuditorError> {
        let mut desk = self.desk()?;
        let status = if desk.root().is_expired(now) { None } else { self.sign_due_status(&mut desk, now)? };
        let is_refreshed = status.is_none() && self.refresh(&desk, now)?;
        self.publish(&desk, now)?;
        settle(&*self.storage, desk.root())?;
        Ok(Tended { status, is_refreshed })
    }

    /// What follows from every new note.
    pub(super) fn follow_up(&self, desk: &mut Desk, now: Moment) -> Result<(), AuditorError> {
        if !desk.root().is_expired(now) {
            self.sign_due_status(desk, now)?;
        }
        self.publish(desk, now)
    }

    fn refresh(&self, desk: &Desk, now: Moment) -> Result<bool, AuditorError> {
        let policy = &desk.root().contents().policy;
        let witnessed = desk.log.witnessed(policy)?;
        if now.seconds_since(witnessed.quorum_time()) < REFRESH_SECONDS {
            return Ok(false);
        }
        desk.log.complete(policy, &self.witnesses)?;
        Ok(true)
    }
}
