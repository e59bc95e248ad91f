//! `strongroom verify equivocation`.

use super::gossip::in_words;
use crate::{error::CommandError, files::read_at_most, print::say, trust_options::TrustOptions};
use clap::Args;
use std::path::PathBuf;
use strongroom_trust::{gossip::EquivocationProof, limits::EQUIVOCATION_BYTES_MAX};

const EXAMPLES: &str = "\
Example:
  strongroom verify equivocation proof --trust root.note

Exit codes: 0 the proof holds: the log told two histories; 6 it proves nothing.";

/// Check a proof that a log told two histories
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct EquivocationArguments {
    /// The proof, as `strongroom verify gossip --out` writes it
    #[arg(value_name = "FILE")]
    proof: PathBuf,
    #[command(flatten)]
    trust: TrustOptions,
}

impl EquivocationArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let chain = self.trust.chain()?;
        let bytes = read_at_most(&self.proof, EQUIVOCATION_BYTES_MAX)?;
        let proof = EquivocationProof::verify(&bytes, &chain.policy_of_all_logs()).map_err(|error| {
            CommandError::untrusted(format!(
                "{} shows nothing against a log of this trust root: {error}. Blame nobody for it.",
                self.proof.display()
            ))
        })?;
        say(format!(
            "The proof holds: the log signed two histories, {}. Believe neither, and tell the operator, the auditor \
             and the witnesses.",
            in_words(&proof)
        ));
        Ok(())
    }
}
