//! Everything that a checker may be told.
//!
//! Bytes and messages are shared, not copied: whoever wants to keep them clones the `Rc`.

use crate::{
    fault::Fault,
    moment::Moment,
    names::{ClientId, ExchangeId, Life, MachineId, OperationId},
    operation::{Outcome, Wish},
};
use std::rc::Rc;
use strongroom_protocol::{
    client::{Answer, Request},
    frame::Unreadable,
    ids::{AttemptId, Digest, Era, LogIndex, NodeNumber, RegistrationId, SlotNumber, Term, VaultId},
    limits::{KE1_BYTES, KE2_BYTES},
    pipe::{NodeName, Role},
};

/// Which run of which HSM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// The host that runs it.
    pub machine: MachineId,
    /// The node that it is.
    pub node: NodeNumber,
    /// Tells it from every other run.
    pub life: Life,
}

/// The parts of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Birth, genesis, founding, the first leader; without faults.
    Founding,
    /// Faults are injected, clients work.
    Chaos,
    /// Whatever was broken is mended; clients finish what they have begun.
    Calm,
    /// Every acknowledged vault is asked for.
    Audit,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The process was killed, or its host closed the pipe.
    Killed,
    /// The machine lost its power: what was not on disk is gone.
    PowerLost,
    /// The HSM stopped itself.
    Stopped(strongroom_hsm::fault::Fault),
}

/// Where a KE2 stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ke2Source {
    /// The answer to an attempt: a guess.
    Attempt,
    /// The answer to an upload or change, for the KE1 in it: no guess.
    Upload,
}

/// A KE2 that has left a node.
#[derive(Clone)]
pub struct Ke2 {
    /// What it answered.
    pub source: Ke2Source,
    /// The vault.
    pub vault: VaultId,
    /// The slot.
    pub slot: SlotNumber,
    /// The registration whose keys answered.
    pub registration: RegistrationId,
    /// The attempt, as the request names it.
    pub attempt: AttemptId,
    /// The KE1 that it answers. Its first 32 bytes are the blinded element.
    pub ke1: [u8; KE1_BYTES],
    /// KE2. Its first 32 bytes are the evaluated element.
    pub ke2: [u8; KE2_BYTES],
    /// Guesses left, as the answer says.
    pub left: u8,
}

/// An answer at the moment at which it leaves the node, whether or not it ever arrives.
#[derive(Clone)]
pub struct AnswerLeft {
    /// Who answers.
    pub program: Program,
    /// The exchange that is answered.
    pub exchange: ExchangeId,
    /// Who sent the request first; a replayed frame bears its author's name.
    pub client: ClientId,
    /// Whether somebody else sends the frame again.
    pub is_replayed: bool,
    /// The vault that is asked about.
    pub vault: VaultId,
    /// The operation that the request belongs to; none for an enemy's.
    pub operation: Option<OperationId>,
    /// What was asked.
    pub request: Rc<Request>,
    /// The answer.
    pub answer: Rc<Answer>,
    /// The era in which the program opened the request.
    pub opened_in: Era,
    /// When the program opened the request.
    pub opened_at: Moment,
    /// The program's applied index before the step that answers.
    pub applied_before: LogIndex,
    /// The program's applied index after it.
    pub applied_after: LogIndex,
}

/// An anchor as the platform memory holds it from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnchorSeen {
    /// The boot counter.
    pub boot: u64,
    /// The incarnation.
    pub incarnation: [u8; 16],
    /// The sequence.
    pub sequence: u64,
    /// The hash of the head table that it names.
    pub head_table: Digest,
    /// The term of the head table.
    pub term_max: u64,
    /// The last index of the head table.
    pub index_max: u64,
}

/// One thing that happened.
#[derive(Clone)]
pub enum Observation {
    /// A part of the run begins.
    PhaseBegan(Phase),
    /// A fault is injected; on one node where it concerns one.
    FaultInjected(Fault, Option<NodeNumber>),

    /// A program has started and taken its anchor over.
    Started {
        /// Which.
        program: Program,
        /// The anchor after the take-over; none before the birth.
        anchor: Option<AnchorSeen>,
    },
    /// A program could not start.
    NotStarted {
        /// Which.
        program: Program,
        /// Why.
        why: String,
    },
    /// A program has ended.
    Ended {
        /// Which.
        program: Program,
        /// How.
        end: End,
    },
    /// A program's role or term is another than before.
    Role {
        /// Which.
        program: Program,
        /// What it does.
        role: Role,
        /// Its term.
        term: Term,
        /// The leader that it knows; zero for none.
        leader: NodeNumber,
    },

    /// A program hands its host an entry to write, or has read it back from its host and found it good.
    EntryHeld {
        /// Which program.
        program: Program,
        /// The entry's place.
        index: LogIndex,
        /// Its term.
        term: Term,
        /// The hash of its bytes.
        digest: u64,
    },
    /// A program has applied an entry of its log, which is therefore committed. Told once for each entry and life.
    EntryCommitted {
        /// Which program.
        program: Program,
        /// The entry's place.
        index: LogIndex,
        /// Its term.
        term: Term,
        /// The hash of its bytes, as in [`Self::EntryHeld`].
        digest: u64,
    },
    /// A program's applied index has grown.
    Applied {
        /// Which program.
        program: Program,
        /// From here.
        from: LogIndex,
        /// To here.
        to: LogIndex,
    },
    /// A program has recorded a checkpoint, by itself or by hand-over.
    CheckpointRecorded {
        /// Which program.
        program: Program,
        /// The checkpoint.
        index: LogIndex,
        /// The hash of its tree's root.
        root: Digest,
    },
    /// A program hands its host a version of a tree node. It is a function of the log, so equal everywhere.
    TreeNode {
        /// Which program.
        program: Program,
        /// The node.
        name: NodeName,
        /// Its version.
        version: LogIndex,
        /// The hash of its ciphertext.
        digest: u64,
    },

    /// A host reports a batch as durable.
    BatchReported {
        /// To which program.
        program: Program,
        /// The batch.
        batch: u64,
        /// The hash of its head table, as an anchor names it.
        head_table: Digest,
        /// The last entry on the host's disk; zero for none.
        last: LogIndex,
        /// Whether it is on disk, or the host lies.
        is_durable: bool,
    },
    /// A program has replaced the anchor.
    AnchorSwapped {
        /// Which program.
        program: Program,
        /// What it is now.
        anchor: AnchorSeen,
        /// Whether both copies were overwritten.
        both: bool,
    },
    /// A program has forgotten its older sealed states.
    OldStatesForgotten(Program),
    /// A machine's disk is no longer what its HSM was told that it is.
    DiskDamaged(MachineId, NodeNumber),
    /// A node whose disk was damaged takes part again.
    NodeHealed(NodeNumber),

    /// Bytes that a host sees: what its HSM writes to it, frames for peers and clients included.
    HostSaw {
        /// Whose HSM wrote them.
        program: Program,
        /// The encoded [`strongroom_protocol::pipe::HsmMessage`].
        bytes: Rc<Vec<u8>>,
    },
    /// A frame to a peer leaves a node.
    PeerFrameLeft {
        /// Who speaks.
        program: Program,
        /// To whom.
        to: NodeNumber,
        /// How many bytes.
        bytes: usize,
    },

    /// A client begins something.
    Invoked {
        /// Who.
        client: ClientId,
        /// What it is called.
        operation: OperationId,
        /// What it wants.
        wish: Wish,
    },
    /// A request leaves a client, for the first time or again.
    RequestLeft {
        /// Who.
        client: ClientId,
        /// The operation; none for an enemy's request.
        operation: Option<OperationId>,
        /// The exchange.
        exchange: ExchangeId,
        /// To whom.
        machine: MachineId,
        /// The vault that is asked about.
        vault: VaultId,
        /// What is asked.
        request: Rc<Request>,
    },
    /// A frame that somebody recorded is sent once more.
    RequestReplayed {
        /// The exchange that it was recorded from.
        recorded: ExchangeId,
        /// The new exchange.
        exchange: ExchangeId,
        /// To whom.
        machine: MachineId,
    },
    /// An answer leaves a node.
    AnswerLeft(AnswerLeft),
    /// A KE2 leaves a node; told beside the [`Self::AnswerLeft`] that holds it.
    Ke2Left(Program, Ke2),
    /// A node tells a client that it could not read its request.
    UnreadableLeft {
        /// Who.
        program: Program,
        /// The exchange.
        exchange: ExchangeId,
        /// Why.
        cause: Unreadable,
    },
    /// An answer has reached its client, and the client could open it.
    AnswerTaken {
        /// Who.
        client: ClientId,
        /// The operation; none for an enemy's request.
        operation: Option<OperationId>,
        /// The exchange.
        exchange: ExchangeId,
        /// What was asked.
        request: Rc<Request>,
        /// The answer.
        answer: Rc<Answer>,
    },
    /// A device was switched off in the middle of something; it goes on later with what it had stored.
    Interrupted {
        /// Who.
        client: ClientId,
        /// What.
        operation: OperationId,
    },
    /// A client has come to the end of something.
    Returned {
        /// Who.
        client: ClientId,
        /// What it was called.
        operation: OperationId,
        /// How it ended.
        outcome: Outcome,
    },
}
