//! Revokes a fleet, or logs somebody else's revocation.

use super::{
    Auditor, AuditorError,
    desk::{Desk, revocations_beside},
};
use strongroom_protocol::ids::{Digest, FleetId};
use strongroom_trust::{
    ClaimedNote, Moment, NoteSignature, Reason, RevocationBody, RevocationContents, RevocationError,
    TrustRoot, VerifiedRevocation,
    body::Body,
    limits::{NOTE_BYTES_MAX, REVOCATIONS_MAX},
};

/// A fleet is not revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// The note is no revocation.
    #[error(transparent)]
    Note(#[from] RevocationError),
    /// No bundle ever listed the fleet.
    #[error("no bundle ever listed the fleet {0}")]
    UnknownFleet(FleetId),
    /// The act did not end; the same call again goes on.
    #[error(transparent)]
    Auditor(#[from] AuditorError),
}

impl Auditor {
    /// Revokes a fleet by the auditor's own key, logs the revocation and a status with it, and puts it into the
    /// delivery unit. One that the auditor revoked already stays so.
    ///
    /// # Errors
    /// See [`RevokeError`].
    pub fn revoke(&self, fleet: FleetId, reason: Reason, now: Moment) -> Result<Digest, RevokeError> {
        let desk = self.desk()?;
        let contents = RevocationContents { namespace: self.namespace.clone(), fleet, issued: now, reason };
        let body = RevocationBody::compose(&contents).map_err(RevocationError::from)?;
        let note = desk.keys.revocation.sign(&body.to_string()).map_err(AuditorError::from)?;
        self.log_revocation(desk, &note, now)
    }

    /// Takes a revocation that the operator or the root keys signed, logs it and a status with it, and puts it into
    /// the delivery unit. Who revoked the fleet already does not do so twice.
    ///
    /// # Errors
    /// See [`RevokeError`].
    pub fn take_revocation(&self, note: &[u8], now: Moment) -> Result<Digest, RevokeError> {
        let note = ClaimedNote::parse(note, NOTE_BYTES_MAX).map_err(RevocationError::from)?;
        // Whoever may not revoke gets no further than this.
        let roots = self.roots()?.ok_or(AuditorError::NoRoot)?;
        let note = stripped(&note, roots.newest())?;
        VerifiedRevocation::verify(note.as_str().as_bytes(), roots.newest())?;
        let desk = self.desk()?;
        self.log_revocation(desk, &note, now)
    }

    fn log_revocation(&self, mut desk: Desk, note: &ClaimedNote, now: Moment) -> Result<Digest, RevokeError> {
        let revocation = VerifiedRevocation::verify(note.as_str().as_bytes(), desk.root())?;
        let fleet = revocation.contents().fleet;
        if !desk.ledger.knows(fleet) {
            return Err(RevokeError::UnknownFleet(fleet));
        }
        let before = desk.revokers(fleet);
        let known = desk.revocations().map(|(known, _)| known).find(|known| known.contents().fleet == fleet);
        if let Some(known) = known.filter(|_| before.joined(revocation.revokers()) == before) {
            let digest = known.digest();
            self.follow_up(&mut desk, now)?;
            return Ok(digest);
        }
        if let Some(bundle) = self.newest_agreed(&desk)?
            && revocations_beside(&desk, &bundle.body).len() >= REVOCATIONS_MAX
        {
            return Err(AuditorError::TooManyRevocations.into());
        }
        self.append(&mut desk, vec![note.as_str().into()])?;
        self.follow_up(&mut desk, now)?;
        Ok(revocation.digest())
    }
}

/// The note with the lines of known keys alone: others would be logged for nothing.
fn stripped(note: &ClaimedNote, root: &TrustRoot) -> Result<ClaimedNote, RevocationError> {
    let contents = root.contents();
    let parties = [&contents.operator.revocation, &contents.auditor.revocation];
    let known = |line: &&NoteSignature| {
        parties.iter().any(|key| line.is_of(key))
            || contents.root_keys.iter().any(|held| line.is_of(&held.key))
    };
    let lines: Vec<NoteSignature> = note.signatures().iter().filter(known).cloned().collect();
    if lines.is_empty() {
        return Err(RevocationError::Unsigned);
    }
    Ok(ClaimedNote::compose(note.text(), &lines)?)
}
