//! The one place where the log's key signs.

use super::{LogError, LogKeeper, LogState, state::SIGNED};
use strongroom_trust::{
    CheckpointBody, ClaimedNote,
    merkle::{prove_consistency, verify_consistency},
};

impl LogKeeper {
    fn bears_key(&self, note: &ClaimedNote) -> bool {
        note.is_signed_by(&self.key).is_ok_and(|signed| signed)
    }

    /// Signs the tree anew that a retired key signed last, and nothing else.
    pub(super) fn renewed(&self, mut state: LogState) -> Result<LogState, LogError> {
        if let Some((note, signed)) = &state.signed
            && !self.bears_key(note)
        {
            state.signed = Some(self.sign(&state, signed.size)?);
        }
        Ok(state)
    }

    /// The checkpoint of a size with the log's signature, read back from the tiles as they lie.
    ///
    /// It is durable before anybody sees it. One that would not follow from the last is not signed.
    pub(super) fn sign(
        &self,
        state: &LogState,
        size: u64,
    ) -> Result<(ClaimedNote, CheckpointBody), LogError> {
        let body = self.body(size)?;
        if let Some((note, signed)) = &state.signed {
            match (signed.size == size, *signed == body) {
                (true, false) => return Err(LogError::Forked),
                (true, true) if self.bears_key(note) => return Ok((note.clone(), body)),
                _ => {}
            }
            let proof = prove_consistency(&self.tree(size), signed.size, size).map_err(LogError::tiles)?;
            verify_consistency(signed.size, &signed.root, size, &body.root, &proof)
                .map_err(|_| LogError::Forked)?;
        }
        let text = body.to_string();
        let line = self.signer.line(&self.key, &text)?;
        let note = ClaimedNote::compose(&text, &[line]).map_err(|_| LogError::Broken(SIGNED.into()))?;
        self.storage.replace(SIGNED, note.as_str().as_bytes())?;
        Ok((note, body))
    }
}
