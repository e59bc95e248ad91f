//! `strongroom verify gossip`.

use crate::{
    error::CommandError,
    exit::Exit,
    files::replace,
    log_view::LogView,
    print::{json, say},
    trust_options::TrustOptions,
};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use strongroom_trust::{
    CheckpointBody, Policy, counted,
    gossip::{EquivocationProof, Gossip, GossipError, compare_trees, compare_with_tree, verify_gossip},
};

const EXAMPLES: &str = "\
Examples:
  strongroom verify gossip mine.checkpoint https://auditor.example/log --trust root.note
  strongroom verify gossip mine.unit yours.unit --trust root.note --out proof
  strongroom verify gossip /srv/log https://mirror.example/log --trust root.note --out proof

A and B are each a log's URL or folder, a checkpoint, a delivery unit, or a device's memory of one. The proof
convinces anybody who has the trust root: strongroom verify equivocation proof --trust root.note.
Exit codes: 0 one history; 6 two; 1 undecided, or one of them cannot be read.";

/// Compare what two people saw of a log: one history, or proof that it told two
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct GossipArguments {
    /// What one of them saw
    #[arg(value_name = "A")]
    first: String,
    /// What the other saw
    #[arg(value_name = "B")]
    second: String,
    /// Where a proof of equivocation is written
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print {"consistent", "sizes"}; "consistent" is null where nothing is decided
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    trust: TrustOptions,
}

/// The JSON shape.
#[derive(Debug, Serialize)]
struct GossipJson {
    consistent: Option<bool>,
    sizes: [u64; 2],
}

impl GossipArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let chain = self.trust.chain()?;
        let policy = &chain.policy_of_all_logs();
        let (first, second) = (LogView::open(&self.first)?, LogView::open(&self.second)?);
        let (a, b) = (first.claimed()?, second.claimed()?);
        let met = compare(policy, (&first, &a), (&second, &b)).map_err(|error| self.cannot(&error))?;
        if self.json {
            let consistent = match met {
                Gossip::Consistent => Some(true),
                Gossip::Undecided => None,
                Gossip::Equivocation(_) => Some(false),
            };
            json(&GossipJson { consistent, sizes: [a.size, b.size] });
        }
        match met {
            Gossip::Consistent => {
                if !self.json {
                    say(format!(
                        "Consistent: one history of {}, {} and {}.",
                        a.origin,
                        a.size,
                        counted(b.size, "entry", "entries")
                    ));
                }
                Ok(())
            }
            Gossip::Undecided => Err(undecided((&first, &a), (&second, &b))),
            Gossip::Equivocation(proof) => Err(self.equivocation(&proof, &a.origin)?),
        }
    }

    fn cannot(&self, error: &GossipError) -> CommandError {
        let (exit, what_to_do) = match error {
            GossipError::OtherLog => (Exit::Usage, "Give two views of one log"),
            GossipError::BadFiles(_) => (
                Exit::Other,
                "They prove nothing: try again, read the log whole (strongroom \
                 verify log), and tell its auditor if it stays so",
            ),
            _ => (
                Exit::OtherFleet,
                "Nothing is proved against the log by it, since it is not shown to be the log's own word",
            ),
        };
        let (first, second) = (&self.first, &self.second);
        CommandError::new(exit, format!("{first} and {second} cannot be compared: {error}. {what_to_do}."))
    }

    fn equivocation(&self, proof: &EquivocationProof, origin: &str) -> Result<CommandError, CommandError> {
        let what = in_words(proof);
        let text = proof.to_string();
        let where_it_is = match &self.out {
            Some(path) => {
                replace(path, text.as_bytes())?;
                format!("The proof ({} bytes) is in {}", text.len(), path.display())
            }
            None => "Give --out FILE to keep the proof".into(),
        };
        Ok(CommandError::untrusted(format!(
            "EQUIVOCATION: {origin} signed two histories: {what}. {where_it_is}; it convinces anybody who has the trust \
             root. Believe neither history, and send it to the operator, the auditor and the witnesses."
        )))
    }
}

/// What a proof shows, in a few words.
pub(super) fn in_words(proof: &EquivocationProof) -> String {
    match proof {
        EquivocationProof::Roots { .. } => "two checkpoints of one size with different roots".into(),
        EquivocationProof::Leaves { first, .. } => format!("entry {} is two different ones", first.index),
        EquivocationProof::Beginnings { .. } => {
            "the entries under the larger checkpoint do not begin with those under the smaller one".into()
        }
    }
}

/// Says which log has to be at hand for a decision.
fn undecided(first: (&LogView, &CheckpointBody), second: (&LogView, &CheckpointBody)) -> CommandError {
    CommandError::other(format!(
        "Nothing is decided: {} counts {}, {} counts {}, and what lies between is not shown. Give the log's URL \
         or folder in place of the larger one; where the log itself counts fewer, it holds something back, or is \
         being written: try again in a minute.",
        first.0.name,
        counted(first.1.size, "entry", "entries"),
        second.0.name,
        second.1.size
    ))
}

/// Decides by the checkpoints alone where that is enough, else by whatever tiles are at hand.
fn compare(
    policy: &Policy,
    first: (&LogView, &CheckpointBody),
    second: (&LogView, &CheckpointBody),
) -> Result<Gossip, GossipError> {
    let (a, b) = (&first.0.checkpoint, &second.0.checkpoint);
    let (smaller, larger) = if first.1.size < second.1.size { (first, second) } else { (second, first) };
    match (smaller.0.tree(smaller.1.size), larger.0.tree(larger.1.size)) {
        (Some(one), Some(other)) => {
            compare_trees(policy, (&smaller.0.checkpoint, &one), (&larger.0.checkpoint, &other))
        }
        (None, Some(tree)) => compare_with_tree(policy, &smaller.0.checkpoint, (&larger.0.checkpoint, &tree)),
        (_, None) => verify_gossip(policy, a, b, None),
    }
}
