//! Takes what the operator counter-signed.

use super::{
    Auditor, AuditorError,
    desk::{Desk, STATUS, bundle_path},
};
use crate::storage::public;
use strongroom_trust::{
    BundleBody, CountersignedNote, Epoch, Moment, NoteError, StatusBody, StatusNumber, TrustRoot, body::Body,
};

/// What was counter-signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// A bundle: it is in force once a status names it.
    Bundle(Epoch),
    /// A status: the bundle that it names is in force.
    Status(StatusNumber),
}

/// A counter-signed note is not taken.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// It has another form, or the operator's signature does not verify.
    #[error("the counter-signed note: {0}")]
    Note(#[from] NoteError),
    /// It is not the last of its kind that the auditor signed.
    #[error("the counter-signed note is not the last of its kind that the auditor signed")]
    NotTheLast,
    /// The act did not end; the same call again goes on.
    #[error(transparent)]
    Auditor(#[from] AuditorError),
}

impl Auditor {
    /// Takes a bundle or a status that the operator counter-signed, and does what follows: after a bundle a status
    /// is signed and logged, after a status the delivery unit is made.
    ///
    /// # Errors
    /// See [`AcceptError`].
    pub fn accept(&self, note: &[u8], now: Moment) -> Result<Accepted, AcceptError> {
        let note = CountersignedNote::parse(note)?;
        // Whoever has no signature of the operator's gets no further than this.
        let roots = self.roots()?.ok_or(AuditorError::NoRoot)?;
        verify_operator(&note, roots.newest())?;
        let mut desk = self.desk()?;
        let accepted = match note.body().split('\n').next() {
            Some(BundleBody::HEADER) => self.accept_bundle(&desk, &note)?,
            Some(StatusBody::HEADER) => self.accept_status(&desk, &note)?,
            _ => return Err(AcceptError::NotTheLast),
        };
        self.follow_up(&mut desk, now)?;
        Ok(accepted)
    }

    /// An older bundle is void once a newer one was signed.
    fn accept_bundle(&self, desk: &Desk, note: &CountersignedNote) -> Result<Accepted, AcceptError> {
        let last = desk.ledger.bundles.last().filter(|last| last.leaf == note.leaf());
        let last = last.ok_or(AcceptError::NotTheLast)?;
        let path = bundle_path(&last.body);
        self.storage.replace(&path, note.as_str().as_bytes()).map_err(AuditorError::from)?;
        Ok(Accepted::Bundle(last.body.contents().epoch))
    }

    fn accept_status(&self, desk: &Desk, note: &CountersignedNote) -> Result<Accepted, AcceptError> {
        let last = desk.ledger.statuses.last().filter(|last| last.leaf == note.leaf());
        let last = last.ok_or(AcceptError::NotTheLast)?;
        self.storage.replace(&public(STATUS), note.as_str().as_bytes()).map_err(AuditorError::from)?;
        Ok(Accepted::Status(last.body.contents().number))
    }
}

fn verify_operator(note: &CountersignedNote, root: &TrustRoot) -> Result<(), AcceptError> {
    let keys = &root.contents().operator;
    match note.body().split('\n').next() {
        Some(BundleBody::HEADER) => Ok(note.verify_operator(&keys.bundle)?),
        Some(StatusBody::HEADER) => Ok(note.verify_operator(&keys.status)?),
        _ => Err(AcceptError::NotTheLast),
    }
}
