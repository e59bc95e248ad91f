//! Signs the status: which bundle is the newest.

use super::{
    Auditor, AuditorError,
    desk::{Agreed, Desk, revocations_beside},
};
use crate::limits::STATUS_SECONDS;
use std::collections::BTreeSet;
use strongroom_protocol::ids::Digest;
use strongroom_trust::{
    BundleBody, Moment, StatusBody, StatusContents, StatusNumber,
    admission::{KnownRevocation, admit_status},
    body::Body,
    limits::REVOCATIONS_MAX,
};

impl Auditor {
    /// Signs and logs a status where one is due: a week after the last, or when the last says what is no longer so.
    /// Before the first bundle that both parties signed there is none.
    pub(super) fn sign_due_status(
        &self,
        desk: &mut Desk,
        now: Moment,
    ) -> Result<Option<StatusNumber>, AuditorError> {
        let Some(bundle) = self.newest_agreed(desk)? else { return Ok(None) };
        let last = desk.ledger.statuses.last().map(|last| last.body.clone());
        let next = self.next_status(desk, &bundle, last.as_ref(), now)?;
        if last.as_ref().is_some_and(|last| !is_due(last.contents(), &next, now)) {
            return Ok(None);
        }
        self.check(desk, &bundle, last.as_ref(), &next, now)?;
        let leaf = desk.keys.status.sign(&next.to_string())?;
        self.append(desk, vec![leaf.as_str().into()])?;
        Ok(Some(next.number))
    }

    fn next_status(
        &self,
        desk: &Desk,
        bundle: &Agreed<BundleBody>,
        last: Option<&StatusBody>,
        now: Moment,
    ) -> Result<StatusContents, AuditorError> {
        let last = last.map(Body::contents);
        let number = last.map_or(Some(StatusNumber(1)), |last| last.number.next());
        let revocations: BTreeSet<Digest> =
            revocations_beside(desk, &bundle.body).into_iter().map(|(digest, _)| digest).collect();
        if revocations.len() > REVOCATIONS_MAX {
            return Err(AuditorError::TooManyRevocations);
        }
        Ok(StatusContents {
            namespace: self.namespace.clone(),
            number: number.unwrap_or(StatusNumber(u64::MAX)),
            issued: now,
            epoch: bundle.body.contents().epoch,
            bundle: bundle.body.digest(),
            trust_root: desk.root().version(),
            revocations: revocations.into_iter().collect(),
        })
    }

    /// The auditor's own rules hold for its own status too.
    fn check(
        &self,
        desk: &Desk,
        bundle: &Agreed<BundleBody>,
        last: Option<&StatusBody>,
        next: &StatusContents,
        now: Moment,
    ) -> Result<(), AuditorError> {
        let body = StatusBody::compose(next).map_err(|_| AuditorError::TooManyRevocations)?;
        let known: Vec<KnownRevocation> =
            desk.revocations().map(|(revocation, _)| (&revocation).into()).collect();
        let newest = (bundle.body.contents(), bundle.body.digest());
        Ok(admit_status(&body, last, desk.root(), newest, &known, now)?)
    }
}

fn is_due(last: &StatusContents, next: &StatusContents, now: Moment) -> bool {
    let says_the_same = (last.epoch, last.bundle, last.trust_root, &last.revocations)
        == (next.epoch, next.bundle, next.trust_root, &next.revocations);
    !says_the_same || now.seconds_since(last.issued) >= STATUS_SECONDS
}
