//! From leaves to a checkpoint that everybody may read.

use super::{
    Batch, LogError, LogKeeper, LogState,
    state::{NEXT, SIGNED},
};
use crate::{
    storage::public,
    witnessing::{WitnessLink, ask_all},
};
use std::sync::Arc;
use strongroom_protocol::ids::Digest;
use strongroom_trust::{
    CheckpointBody, ClaimedNote, NoteSignature, Policy, WitnessedCheckpoint, merkle::prove_consistency,
    tile::CHECKPOINT_PATH,
};

impl LogKeeper {
    /// Begins to append leaves. Once this returns they will stand in the log, whatever stops the program;
    /// [`Self::complete`] brings them there.
    ///
    /// # Errors
    /// See [`LogError`]; [`LogError::Pending`] where earlier ones are not there yet.
    pub fn begin(&self, leaves: Vec<Vec<u8>>) -> Result<u64, LogError> {
        let state = self.state()?;
        if state.batch.is_some() {
            return Err(LogError::Pending);
        }
        let batch = Batch::new(state.published_size(), leaves)?;
        self.storage.replace(NEXT, &batch.to_bytes()?)?;
        Ok(batch.start())
    }

    /// Brings what was begun into the log, and has the newest checkpoint cosigned; without anything begun it gets
    /// fresh cosignatures of the checkpoint that is there.
    ///
    /// # Errors
    /// See [`LogError`]; the next call goes on where this one stopped.
    pub fn complete(
        &self,
        policy: &Policy,
        witnesses: &[Arc<dyn WitnessLink>],
    ) -> Result<WitnessedCheckpoint, LogError> {
        let state = self.renewed(self.state()?)?;
        if state.target() == 0 {
            return Err(LogError::Empty);
        }
        if let Some(batch) = &state.batch {
            if state.signed_size() < batch.end() {
                self.check_not_put_back(&state, policy, witnesses)?;
            }
            self.write_hashes(batch)?;
        }
        let (note, body) = self.sign(&state, state.target())?;
        let witnessed = self.gather(&state, (&note, &body), policy, witnesses)?;
        if let Some(batch) = &state.batch {
            self.write_entries(batch)?;
        }
        self.storage.replace(&public(CHECKPOINT_PATH), witnessed.note().as_str().as_bytes())?;
        self.storage.remove(NEXT)?;
        if let Some(batch) = &state.batch {
            self.prune(batch)?;
        }
        Ok(witnessed)
    }

    /// The checkpoint that everybody may read, if it still counts under a policy.
    ///
    /// # Errors
    /// See [`LogError`].
    pub fn witnessed(&self, policy: &Policy) -> Result<WitnessedCheckpoint, LogError> {
        let (note, _) = self.state()?.published.ok_or(LogError::Empty)?;
        Ok(policy.verify(&note)?)
    }

    /// Before the log's key signs a larger tree, witnesses say that they know none that is larger than this
    /// folder does: else the folder was put back, and a second history would be signed.
    fn check_not_put_back(
        &self,
        state: &LogState,
        policy: &Policy,
        witnesses: &[Arc<dyn WitnessLink>],
    ) -> Result<(), LogError> {
        let Some((note, body)) = &state.signed else { return Ok(()) };
        let answers =
            ask_all(&self.known(policy, witnesses), note, body, body.size, |old| self.grown(old, body));
        let needed = usize::from(policy.quorum);
        let met = answers.iter().filter(|answer| answer.knows_no_more_than(body.size)).count();
        if met >= needed {
            return Ok(());
        }
        let ahead =
            answers.iter().filter_map(|answer| answer.known_size()).filter(|size| *size > body.size).max();
        match ahead {
            Some(witnessed) => Err(LogError::PutBack { witnessed, held: body.size }),
            None => {
                let failures = answers.into_iter().filter_map(|answer| answer.failure()).collect();
                Err(LogError::TooFewWitnesses { needed, met, failures })
            }
        }
    }

    /// Asks every witness, and puts their lines under the checkpoint. Of one that does not answer the line that
    /// is there already stays.
    fn gather(
        &self,
        state: &LogState,
        signed: (&ClaimedNote, &CheckpointBody),
        policy: &Policy,
        witnesses: &[Arc<dyn WitnessLink>],
    ) -> Result<WitnessedCheckpoint, LogError> {
        let (note, body) = signed;
        let known = self.known(policy, witnesses);
        let answers = ask_all(&known, note, body, state.published_size(), |old| self.grown(old, body));
        let mut lines: Vec<NoteSignature> = note.signatures().to_vec();
        for witness in &policy.witnesses {
            let fresh = answers.iter().find_map(|answer| answer.line_of(&witness.key));
            let kept = || {
                let (published, _) = state.published.as_ref().filter(|(_, old)| old == body)?;
                published.signatures().iter().find(|line| line.is_of(&witness.key)).cloned()
            };
            lines.extend(fresh.or_else(kept));
        }
        let note = ClaimedNote::compose(note.text(), &lines).map_err(|_| LogError::Broken(SIGNED.into()))?;
        match policy.verify(&note) {
            Err(strongroom_trust::CheckpointError::TooFewWitnesses { needed, met }) => {
                let failures = answers.into_iter().filter_map(|answer| answer.failure()).collect();
                Err(LogError::TooFewWitnesses { needed, met, failures })
            }
            verified => Ok(verified?),
        }
    }

    /// Proves to a witness that the log grew from a size that it knows.
    fn grown(&self, old: u64, body: &CheckpointBody) -> Result<Vec<Digest>, String> {
        prove_consistency(&self.tree(body.size), old, body.size).map_err(|cause| cause.to_string())
    }

    /// The links to witnesses that the policy names.
    fn known(&self, policy: &Policy, witnesses: &[Arc<dyn WitnessLink>]) -> Vec<Arc<dyn WitnessLink>> {
        let is_named =
            |link: &&Arc<dyn WitnessLink>| policy.witnesses.iter().any(|named| named.key == *link.key());
        witnesses.iter().filter(is_named).cloned().collect()
    }
}
