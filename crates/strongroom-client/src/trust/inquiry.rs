//! Asks nodes for the fleet, and makes of their answers what may be believed. Page: `docs/spec/flows.md`, "Trust".
//!
//! Each node is asked for newer trust roots, then for its delivery unit; where the log can be read, the log is asked
//! for tiles. The first unit that leaves nothing to ask ends it. A node that lies, or that is stale, makes the
//! inquiry go on with the next; two statements of which both parties or the log signed both end it at once.

use super::{
    Believed, OverTheAir, TrustState,
    state::{Checkpoint, Proved},
    tiles::{Compared, Tiles},
};
use crate::limits::TILES_MAX;
use strongroom_protocol::ids::Digest;
use strongroom_trust::{
    ClaimedDelivery, ClaimedEpochs, Concern, DeviceView, Epoch, Equivocation, MemoryError, Moment, RootError,
    Step, TrustError, VerifiedDelivery,
    gossip::{Gossip, verify_gossip},
    limits::{ROOTS_BYTES_MAX, UNIT_BYTES_MAX},
    sections::compose,
    tile::TILE_BYTES_MAX,
    verify_delivery,
};

/// The first line of a file with two notes of one number.
const CONFLICT_HEADER: &str = "strongroom.example/conflicting-notes/v1";

/// An inquiry between two questions.
pub struct Inquiry {
    rules: OverTheAir,
    clock: Moment,
    locator: Option<Epoch>,
    state: TrustState,
    nodes: usize,
    node: usize,
    best: Option<VerifiedDelivery>,
    failure: Option<InquiryError>,
    /// Why this node's trust roots were not followed.
    unfollowed: Option<RootError>,
    stage: Stage,
}

enum Stage {
    Roots,
    Unit,
    Comparing { unit: ClaimedDelivery, verified: Box<VerifiedDelivery>, tiles: Tiles, path: String },
}

/// What is to be fetched next: whatever answers a GET, of at most so many bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// A path at a node, which is counted from zero.
    Node {
        /// Which node.
        node: usize,
        /// The path, such as `/v1/trust`.
        path: String,
        /// Bytes that the answer may have.
        bytes_max: usize,
    },
    /// A path below the log's prefix.
    Log {
        /// The path, such as `tile/0/000`.
        path: String,
        /// Bytes that the answer may have.
        bytes_max: usize,
    },
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// These bytes.
    Bytes(Vec<u8>),
    /// There is no such thing there.
    Absent,
    /// No answer that counts, and why.
    Unheard(String),
}

/// How an inquiry goes on.
pub enum Asked {
    /// With [`Inquiry::question`].
    Next(Inquiry),
    /// Something may be believed. The state is to be stored before the fleet is spoken to.
    Believed(Box<Believed>, TrustState),
    /// Nothing may be believed. The state is to be stored all the same.
    Failed(InquiryError, TrustState),
}

/// Why nothing may be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InquiryError {
    /// No node could be asked; what the last one said.
    Unreachable(String),
    /// No node has a delivery unit.
    NoUnit,
    /// The trust roots that a node hands out do not follow.
    Roots(RootError),
    /// What is to be remembered of a unit cannot be read again.
    Memory(MemoryError),
    /// A unit is not believed.
    Unit {
        /// At which step, and why.
        cause: Box<TrustError>,
        /// Proof for everybody else, where there is one.
        evidence: Option<String>,
    },
}

impl Inquiry {
    /// Begins with the first of so many nodes. `locator` is the epoch that the locator names.
    pub fn begin(
        rules: OverTheAir,
        clock: Moment,
        locator: Option<Epoch>,
        state: TrustState,
        nodes: usize,
    ) -> Self {
        let (best, failure, unfollowed, stage) = (None, None, None, Stage::Roots);
        Self { rules, clock, locator, state, nodes, node: 0, best, failure, unfollowed, stage }
    }

    /// What is to be fetched now.
    pub fn question(&self) -> Question {
        let node = self.node;
        match &self.stage {
            Stage::Roots => {
                let path = format!("/v1/trust/roots?from={}", self.state.chain().newest().version());
                Question::Node { node, path, bytes_max: ROOTS_BYTES_MAX }
            }
            Stage::Unit => Question::Node { node, path: "/v1/trust".into(), bytes_max: UNIT_BYTES_MAX },
            Stage::Comparing { path, .. } => Question::Log { path: path.clone(), bytes_max: TILE_BYTES_MAX },
        }
    }

    /// Takes the answer to [`Self::question`].
    pub fn answered(mut self, answer: Answer) -> Asked {
        let stage = core::mem::replace(&mut self.stage, Stage::Unit);
        match (stage, answer) {
            (Stage::Roots | Stage::Unit, Answer::Unheard(cause)) => {
                self.failed(InquiryError::Unreachable(cause))
            }
            (Stage::Roots, Answer::Absent) => Asked::Next(self),
            (Stage::Roots, Answer::Bytes(file)) => {
                // A file that does not follow changes nothing; the unit may stand without it.
                self.unfollowed = self.state.follow(&file).err();
                Asked::Next(self)
            }
            (Stage::Unit, Answer::Absent) => self.failed(InquiryError::NoUnit),
            (Stage::Unit, Answer::Bytes(bytes)) => self.unit_heard(&bytes),
            (Stage::Comparing { unit, verified, mut tiles, path }, answer) => {
                match answer {
                    Answer::Bytes(bytes) => tiles.put(path, Some(bytes)),
                    Answer::Absent => tiles.put(path, None),
                    // A log that cannot be read keeps nobody from anything.
                    Answer::Unheard(_) => return self.judge(*verified, Proved::default()),
                }
                self.compare(unit, verified, tiles)
            }
        }
    }

    fn unit_heard(self, bytes: &[u8]) -> Asked {
        let verified =
            ClaimedDelivery::parse(bytes).and_then(|unit| Ok((self.verify(unit.clone(), None)?, unit)));
        match verified {
            Err(cause) => self.refused(cause),
            Ok((verified, unit)) if self.rules.log_url().is_some() => {
                self.compare(unit, Box::new(verified), Tiles::default())
            }
            Ok((verified, _)) => self.judge(verified, Proved::default()),
        }
    }

    fn verify(
        &self,
        unit: ClaimedDelivery,
        consistency: Option<&[Digest]>,
    ) -> Result<VerifiedDelivery, TrustError> {
        let found = self.best.as_ref().map(|best| best.bundle().epoch);
        let device = DeviceView {
            clock: self.clock,
            build: self.rules.build(),
            epochs: ClaimedEpochs { app: self.rules.epoch_floor(), locator: self.locator, found },
            memory: self.state.memory(),
            consistency,
        };
        verify_delivery(unit, self.state.chain().newest(), &device)
    }

    /// Holds the unit's checkpoint against the remembered ones, as far as tiles are at hand.
    fn compare(mut self, unit: ClaimedDelivery, verified: Box<VerifiedDelivery>, tiles: Tiles) -> Asked {
        let memory = self
            .state
            .memory()
            .map(|memory| Checkpoint { note: memory.checkpoint().clone(), body: memory.log().clone() });
        let unproved = self.state.unproved().cloned();
        let mut proofs = [None, None];
        for (proof, old) in proofs.iter_mut().zip([memory, unproved]) {
            let met = verified.checkpoint();
            let Some(old) = old.filter(|old| is_comparable(old, met.body().size, &met.body().origin)) else {
                continue;
            };
            let policy = self.state.chain().policy_of_all_logs();
            match tiles.compare(&policy, &old, met) {
                Compared::Wants(path) if tiles.count() < TILES_MAX => {
                    self.stage = Stage::Comparing { unit, verified, tiles, path };
                    return Asked::Next(self);
                }
                Compared::Wants(_) | Compared::Unknown => {}
                Compared::Grown(hashes) => *proof = Some(hashes),
                Compared::Forked(evidence) => {
                    let evidence = evidence.map(|proof| proof.to_string());
                    let cause = TrustError::LogInconsistent.into();
                    return self.over(InquiryError::Unit { cause, evidence });
                }
            }
        }
        let [memory, unproved] = proofs;
        let proved = Proved { memory: memory.is_some(), unproved: unproved.is_some() };
        match memory.map(|hashes| self.verify(unit, Some(&hashes))) {
            None => self.judge(*verified, proved),
            Some(Ok(verified)) => self.judge(verified, proved),
            Some(Err(cause)) => self.refused(cause),
        }
    }

    /// Takes a verified unit in, and goes on with the next node where another may have a better one.
    fn judge(mut self, verified: VerifiedDelivery, proved: Proved) -> Asked {
        if let Err(cause) = self.state.absorb(&verified, proved) {
            return self.failed(InquiryError::Memory(cause));
        }
        let is_settled = !verified.concerns().iter().any(may_be_better_elsewhere);
        let rank = |unit: &VerifiedDelivery| {
            (
                unit.bundle().epoch,
                unit.status().number,
                unit.checkpoint().quorum_time(),
                unit.checkpoint().body().size,
            )
        };
        if self.best.as_ref().is_none_or(|best| is_settled || rank(best) < rank(&verified)) {
            self.best = Some(verified);
        }
        if is_settled { self.conclude() } else { self.next_node() }
    }

    fn refused(mut self, cause: TrustError) -> Asked {
        if let Some(cause) = self.unfollowed.take().filter(|_| rests_on_roots(cause.step())) {
            return self.failed(InquiryError::Roots(cause));
        }
        let evidence = self.evidence_of(&cause);
        let is_final = evidence.is_some();
        let error = InquiryError::Unit { cause: Box::new(cause), evidence };
        if is_final { self.over(error) } else { self.failed(error) }
    }

    /// Both statements of somebody who signed two that exclude each other.
    fn evidence_of(&self, cause: &TrustError) -> Option<String> {
        let conflict = |remembered: &str, met: &str| {
            compose(CONFLICT_HEADER, &[("remembered", remembered), ("met", met)])
        };
        match cause {
            TrustError::Equivocation(pair) => {
                let Equivocation { remembered, met, .. } = &**pair;
                Some(conflict(remembered, met))
            }
            TrustError::LogEquivocation { remembered, met } => {
                let policy = self.state.chain().policy_of_all_logs();
                Some(match verify_gossip(&policy, remembered.as_bytes(), met.as_bytes(), None) {
                    Ok(Gossip::Equivocation(proof)) => proof.to_string(),
                    _ => conflict(remembered, met),
                })
            }
            _ => None,
        }
    }

    fn failed(mut self, error: InquiryError) -> Asked {
        self.note(error);
        self.next_node()
    }

    /// Keeps the first of the gravest failures.
    fn note(&mut self, error: InquiryError) {
        if self.failure.as_ref().is_none_or(|known| gravity(known) < gravity(&error)) {
            self.failure = Some(error);
        }
    }

    fn next_node(mut self) -> Asked {
        self.node = self.node.saturating_add(1);
        (self.stage, self.unfollowed) = (Stage::Roots, None);
        if self.node < self.nodes { Asked::Next(self) } else { self.conclude() }
    }

    fn conclude(self) -> Asked {
        match self.best {
            Some(best) => Asked::Believed(Box::new(Believed::new(best)), self.state),
            None => Asked::Failed(self.failure.unwrap_or(InquiryError::NoUnit), self.state),
        }
    }

    fn over(self, error: InquiryError) -> Asked {
        Asked::Failed(error, self.state)
    }
}

/// Whether tiles can say anything of a remembered checkpoint.
fn is_comparable(old: &Checkpoint, met_size: u64, met_origin: &str) -> bool {
    old.body.origin == met_origin && old.body.size != met_size && old.body.size > 0 && met_size > 0
}

/// Whether another node may hand out a unit without this concern.
fn may_be_better_elsewhere(concern: &Concern) -> bool {
    concern.blocks_registering() || matches!(concern, Concern::LocatorAhead { .. })
}

fn gravity(error: &InquiryError) -> u8 {
    match error {
        InquiryError::Unreachable(_) => 0,
        InquiryError::NoUnit => 1,
        InquiryError::Roots(_) | InquiryError::Memory(_) | InquiryError::Unit { .. } => 2,
    }
}

/// Whether a unit may have been refused for want of the roots that did not follow.
fn rests_on_roots(step: Step) -> bool {
    matches!(
        step,
        Step::OperatorSignature
            | Step::AuditorSignature
            | Step::RootVersion
            | Step::Checkpoint
            | Step::Witnesses
    )
}
