//! Whether a status note may follow: asked by the auditor before it signs, and by the operator before
//! it counter-signs. Each refuses one that goes back or leaves out a revocation that it knows.

use crate::{
    BundleContents, FleetEntry, Moment, StatusBody, StatusContents, StatusNumber, TrustRoot,
    VerifiedRevocation, body::Body, limits::CLOCK_TOLERANCE_SECONDS,
};
use strongroom_protocol::ids::{Digest, FleetId};

/// A revocation that a party knows, its own or the other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownRevocation {
    /// By which a status names it.
    pub digest: Digest,
    /// The fleet that it is about.
    pub fleet: FleetId,
}

/// Why a status note may not follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// It is about another line of bundles.
    #[error("the status is about another namespace")]
    Namespace,
    /// Its number is not the one that follows.
    #[error("the status has number {met}, {expected} follows")]
    Number {
        /// The one that follows.
        expected: StatusNumber,
        /// The one that it has.
        met: StatusNumber,
    },
    /// It was written before the one before, or lies ahead of the clock.
    #[error("the status's time of issue lies ahead, or before that of the status before")]
    Issued,
    /// It names an older bundle or trust root than the one before.
    #[error("the status goes back behind the one before")]
    GoesBack,
    /// It names another bundle than the newest that both signed.
    #[error("the status does not name the newest bundle that both signed")]
    Bundle,
    /// It names another trust root than the newest.
    #[error("the status does not name the newest trust root")]
    TrustRoot,
    /// It leaves out a revocation of a fleet that the bundle does not list as revoked.
    #[error("the status leaves out the revocation {0}")]
    Omitted(Digest),
}

impl From<&VerifiedRevocation> for KnownRevocation {
    fn from(revocation: &VerifiedRevocation) -> Self {
        Self { digest: revocation.digest(), fleet: revocation.contents().fleet }
    }
}

/// Checks a status note against the one before, the newest bundle that both signed, and every
/// revocation that the party knows.
///
/// # Errors
/// The first rule that is broken; see [`StatusError`].
pub fn admit_status(
    status: &StatusBody,
    previous: Option<&StatusBody>,
    root: &TrustRoot,
    bundle: (&BundleContents, Digest),
    known: &[KnownRevocation],
    now: Moment,
) -> Result<(), StatusError> {
    let contents = status.contents();
    let (newest, digest) = bundle;
    if contents.namespace != root.contents().namespace {
        return Err(StatusError::Namespace);
    }
    check_place(contents, previous.map(Body::contents), now)?;
    if (contents.epoch, contents.bundle) != (newest.epoch, digest) {
        return Err(StatusError::Bundle);
    }
    if contents.trust_root != root.version() {
        return Err(StatusError::TrustRoot);
    }
    let is_listed = |fleet| matches!(newest.fleet(fleet), Some(FleetEntry::Revoked(_)));
    let is_told =
        |known: &KnownRevocation| is_listed(known.fleet) || contents.revocations.contains(&known.digest);
    match known.iter().find(|known| !is_told(known)) {
        Some(omitted) => Err(StatusError::Omitted(omitted.digest)),
        None => Ok(()),
    }
}

fn check_place(
    status: &StatusContents,
    previous: Option<&StatusContents>,
    now: Moment,
) -> Result<(), StatusError> {
    let expected = previous.map_or(Some(StatusNumber(1)), |previous| previous.number.next());
    let expected = expected.unwrap_or(status.number);
    if status.number != expected {
        return Err(StatusError::Number { expected, met: status.number });
    }
    let is_earlier = previous.is_some_and(|previous| status.issued < previous.issued);
    if is_earlier || status.issued > now.plus_seconds(CLOCK_TOLERANCE_SECONDS) {
        return Err(StatusError::Issued);
    }
    let goes_back = |last: &StatusContents| status.epoch < last.epoch || status.trust_root < last.trust_root;
    if previous.is_some_and(goes_back) { Err(StatusError::GoesBack) } else { Ok(()) }
}
