//! Why a delivery unit is not believed: one error for each step, in the order of the steps.

use super::{Concern, Piece};
use crate::{
    CheckpointError, Epoch, LogProofError, Namespace, NoteError, Reason, RevocationError, Revokers,
    RootVersion, SectionsError, StatusNumber, lines::LineError,
};
use strongroom_protocol::ids::{Digest, FleetId};

/// The steps of the verification, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Sizes, sections, and the form of notes and proofs.
    Limits,
    /// The operator signed body and auditor's line, of bundle and status.
    OperatorSignature,
    /// The auditor signed the body, of bundle and status.
    AuditorSignature,
    /// Both texts have their strict form and are about the trust root's namespace.
    Form,
    /// No newer trust root is needed.
    RootVersion,
    /// Both proofs carry one checkpoint, of a trusted log and signed by it.
    Checkpoint,
    /// Enough witnesses cosigned it.
    Witnesses,
    /// Bundle and status stand in the log.
    Inclusion,
    /// The log grew out of the one seen before.
    Consistency,
    /// The witnesses saw the log lately.
    Freshness,
    /// The bundle is no older than what is known, and the only one of its epoch.
    Epoch,
    /// The status is no older than what is known, young, and names this bundle.
    Status,
    /// The fleets may stand in a bundle under this root; the fleet asked for is there and serves.
    Fleets,
    /// Nobody revoked the fleet.
    Revocations,
}

/// Two different notes that both parties signed for one number: proof that they lied to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equivocation {
    /// Which kind of note.
    pub piece: Piece,
    /// The one that the device remembers, whole.
    pub remembered: String,
    /// The one that was met, whole.
    pub met: String,
}

/// Where a floor under the epoch comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FloorSource {
    /// The app shipped with it.
    App,
    /// The device saw it.
    Memory,
    /// The locator names it, and a bundle of it was found.
    Locator,
}

/// Why a delivery unit is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The unit is too large, or no file of its sections.
    #[error("the delivery unit: {0}")]
    Unit(#[from] SectionsError),
    /// A note of it has another form.
    #[error("the {piece}: {cause}")]
    Note {
        /// Which.
        piece: Piece,
        /// What is wrong.
        cause: NoteError,
    },
    /// A proof of it has another form.
    #[error("the {piece}: {cause}")]
    Proof {
        /// Whose.
        piece: Piece,
        /// What is wrong.
        cause: LogProofError,
    },
    /// The operator did not sign.
    #[error("the operator did not sign the {piece}: {cause}")]
    OperatorSignature {
        /// Which.
        piece: Piece,
        /// What is wrong.
        cause: NoteError,
    },
    /// The auditor did not sign.
    #[error("the auditor did not sign the {piece}: {cause}")]
    AuditorSignature {
        /// Which.
        piece: Piece,
        /// What is wrong.
        cause: NoteError,
    },
    /// A text has another form.
    #[error("the {piece}: {cause}")]
    Form {
        /// Which.
        piece: Piece,
        /// What is wrong.
        cause: LineError,
    },
    /// A note is about another line of bundles.
    #[error("the {piece} is about {met}, the trust root about {expected}")]
    Namespace {
        /// Which.
        piece: Piece,
        /// The trust root's.
        expected: Namespace,
        /// The note's.
        met: Namespace,
    },
    /// A note was written under a newer trust root.
    #[error("trust root {needed} is needed, {at_hand} is at hand: fetch the newer ones")]
    RootOutdated {
        /// The version that the note names.
        needed: RootVersion,
        /// The version at hand.
        at_hand: RootVersion,
    },
    /// The two proofs carry different checkpoints.
    #[error("the proofs of bundle and status carry different checkpoints")]
    CheckpointsDiffer,
    /// The checkpoint does not count.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A note does not stand in the log.
    #[error("the {0} does not stand in the log where its proof says")]
    Inclusion(Piece),
    /// The log did not grow out of the one seen before.
    #[error("the log has two histories: the proof of consistency with the checkpoint seen before fails")]
    LogInconsistent,
    /// Two checkpoints of one size have different roots.
    #[error("the log has two faces: two signed checkpoints of one size differ")]
    LogEquivocation {
        /// The checkpoint that the device remembers, whole.
        remembered: String,
        /// The one that was met, whole.
        met: String,
    },
    /// The bundle is older than one that is known to exist.
    #[error("bundle {met} is older than bundle {floor}, which is known to exist")]
    EpochBelow {
        /// The lowest epoch that counts.
        floor: Epoch,
        /// Who says so.
        source_of_floor: FloorSource,
        /// The bundle's.
        met: Epoch,
    },
    /// Both parties signed two notes of one number.
    #[error("two different notes of one number ({}) bear both signatures: keep both and report them", .0.piece)]
    Equivocation(Box<Equivocation>),
    /// The status is older than one that was seen.
    #[error("status {met} is older than status {remembered}, which was seen before")]
    StatusBack {
        /// The one that was seen.
        remembered: StatusNumber,
        /// This one.
        met: StatusNumber,
    },
    /// The status names another bundle.
    #[error("the status names bundle {named} ({digest}), the bundle at hand is another: it is old or void")]
    StatusOtherBundle {
        /// The epoch that it names.
        named: Epoch,
        /// The digest that it names.
        digest: Digest,
    },
    /// A fleet of the bundle is simulated and the trust root allows none.
    #[error("the fleet {0} is a simulation, and the trust root allows none")]
    Simulation(FleetId),
    /// The bundle does not know the fleet.
    #[error("the bundle does not know the fleet {0}")]
    UnknownFleet(FleetId),
    /// No fleet takes new vaults.
    #[error("no fleet takes new vaults at present")]
    NoActiveFleet,
    /// The bundle lists the fleet as revoked.
    #[error("the fleet {fleet} was revoked: {reason}")]
    RevokedByBundle {
        /// The fleet.
        fleet: FleetId,
        /// Why.
        reason: Reason,
    },
    /// A note of a unit is no revocation.
    #[error(transparent)]
    Revocation(#[from] RevocationError),
    /// One revocation stands twice in a unit.
    #[error("a revocation stands twice")]
    RevocationRepeated,
    /// Both parties or the root keys revoked the fleet.
    #[error("the {by} revoked the fleet {fleet} for ever: {reason}")]
    Revoked {
        /// The fleet.
        fleet: FleetId,
        /// Who signed.
        by: Revokers,
        /// Why.
        reason: Reason,
    },
    /// Nobody registers with this.
    #[error("nobody registers now: {0}")]
    Concern(Concern),
}

impl Step {
    /// All steps, in their order.
    pub const ALL: [Self; 14] = [
        Self::Limits,
        Self::OperatorSignature,
        Self::AuditorSignature,
        Self::Form,
        Self::RootVersion,
        Self::Checkpoint,
        Self::Witnesses,
        Self::Inclusion,
        Self::Consistency,
        Self::Freshness,
        Self::Epoch,
        Self::Status,
        Self::Fleets,
        Self::Revocations,
    ];

    /// What is checked, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Limits => "sizes and form of the parts",
            Self::OperatorSignature => "operator's signatures",
            Self::AuditorSignature => "auditor's signatures",
            Self::Form => "strict form and namespace",
            Self::RootVersion => "trust root version",
            Self::Checkpoint => "checkpoint of a trusted log",
            Self::Witnesses => "witnesses",
            Self::Inclusion => "inclusion in the log",
            Self::Consistency => "consistency with the log seen before",
            Self::Freshness => "freshness",
            Self::Epoch => "epoch",
            Self::Status => "status",
            Self::Fleets => "fleets",
            Self::Revocations => "revocations",
        }
    }
}

impl TrustError {
    /// The step that failed; those before it passed.
    pub fn step(&self) -> Step {
        match self {
            Self::Unit(_) | Self::Note { .. } | Self::Proof { .. } => Step::Limits,
            Self::OperatorSignature { .. } => Step::OperatorSignature,
            Self::AuditorSignature { .. } => Step::AuditorSignature,
            Self::Form { .. } | Self::Namespace { .. } => Step::Form,
            Self::RootOutdated { .. } => Step::RootVersion,
            Self::Checkpoint(CheckpointError::Cosignature(_) | CheckpointError::TooFewWitnesses { .. }) => {
                Step::Witnesses
            }
            Self::CheckpointsDiffer | Self::Checkpoint(_) => Step::Checkpoint,
            Self::Inclusion(_) => Step::Inclusion,
            Self::LogInconsistent | Self::LogEquivocation { .. } => Step::Consistency,
            Self::EpochBelow { .. } => Step::Epoch,
            Self::Equivocation(pair) if pair.piece == Piece::Bundle => Step::Epoch,
            Self::Equivocation(_) | Self::StatusBack { .. } | Self::StatusOtherBundle { .. } => Step::Status,
            Self::Simulation(_)
            | Self::UnknownFleet(_)
            | Self::NoActiveFleet
            | Self::RevokedByBundle { .. } => Step::Fleets,
            Self::Revocation(_) | Self::RevocationRepeated | Self::Revoked { .. } => Step::Revocations,
            Self::Concern(concern) => concern.step(),
        }
    }

    /// Its name in the vectors and for scripts.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unit(_) => "unit",
            Self::Note { .. } => "note",
            Self::Proof { .. } => "proof",
            Self::OperatorSignature { .. } => "operator-signature",
            Self::AuditorSignature { .. } => "auditor-signature",
            Self::Form { .. } => "form",
            Self::Namespace { .. } => "namespace",
            Self::RootOutdated { .. } => "root-outdated",
            Self::CheckpointsDiffer => "checkpoints-differ",
            Self::Checkpoint(cause) => cause.name(),
            Self::Inclusion(_) => "inclusion",
            Self::LogInconsistent => "log-inconsistent",
            Self::LogEquivocation { .. } => "log-equivocation",
            Self::EpochBelow { .. } => "epoch-below",
            Self::Equivocation(_) => "equivocation",
            Self::StatusBack { .. } => "status-back",
            Self::StatusOtherBundle { .. } => "status-other-bundle",
            Self::Simulation(_) => "simulation",
            Self::UnknownFleet(_) => "unknown-fleet",
            Self::NoActiveFleet => "no-active-fleet",
            Self::RevokedByBundle { .. } => "revoked-by-bundle",
            Self::Revocation(_) => "revocation",
            Self::RevocationRepeated => "revocation-repeated",
            Self::Revoked { .. } => "revoked",
            Self::Concern(concern) => concern.name(),
        }
    }
}
