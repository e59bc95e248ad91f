//! `strongroom bundle publish`.

use crate::{
    error::CommandError,
    files::{read_at_most, replace},
    new_fleet::node_folders,
    print::{note, say},
    trust_options::{TrustOptions, now},
    unit_report::{Outcome, UnitReport, concerns_in_words, refusal_in_words},
};
use clap::Args;
use std::{fs, path::PathBuf};
use strongroom_host::{
    node::{CONFIG_FILE, NodeConfig},
    trust::{ROOTS_FILE, TRUST_FOLDER, UNIT_FILE},
};
use strongroom_trust::{
    ClaimedDelivery, ClaimedEpochs, DeviceView, Memory, Moment, RootChain, TrustRoot,
    limits::{ROOTS_BYTES_MAX, UNIT_BYTES_MAX},
    verify_delivery,
};

const EXAMPLES: &str = "\
Examples:
  strongroom bundle publish unit.txt --trust root.note --fleet fleet
  strongroom bundle publish unit.txt --trust root.note --roots roots.chain --fleet old --fleet new
  strongroom bundle publish unit.txt --trust root.note --fleet node-1        at a site with one node

The unit is verified first, as a new device would, and against the one that each node serves now; then it is put in
its place by rename, and served from the next request on. Revoked and draining fleets get it, too: their clients
learn by it where to go. Exit codes: 0 every node has it; 6 it is not to be believed, or goes back.";

/// Give a verified delivery unit to the nodes of fleets
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct PublishArguments {
    /// The delivery unit, as the auditor published it
    #[arg(value_name = "UNIT")]
    unit: PathBuf,
    /// A fleet's folder, or one node's; can be given again
    #[arg(long = "fleet", value_name = "DIR", required = true)]
    fleets: Vec<PathBuf>,
    #[command(flatten)]
    trust: TrustOptions,
}

/// A node that is to serve the unit.
struct Receiver {
    folder: PathBuf,
    config: NodeConfig,
}

impl PublishArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let chain = self.trust.chain()?;
        let bytes = read_at_most(&self.unit, UNIT_BYTES_MAX)?;
        let receivers = self.receivers()?;
        let at = now();
        check(&bytes, chain.newest(), at, None)?;
        receivers.iter().try_for_each(|receiver| receiver.check(&bytes, &chain, at))?;
        let roots = self.trust.roots.is_some().then(|| chain.file_after(first_version(&chain)));
        for receiver in &receivers {
            receiver.take(&bytes, roots.as_deref())?;
            say(format!("{} has it", receiver.folder.display()));
        }
        Ok(())
    }

    fn receivers(&self) -> Result<Vec<Receiver>, CommandError> {
        let mut receivers = Vec::new();
        for folder in &self.fleets {
            let folders = match folder.join(CONFIG_FILE).is_file() {
                true => vec![folder.clone()],
                false => node_folders(folder)?,
            };
            for folder in folders {
                let config =
                    NodeConfig::read(&folder).map_err(|error| CommandError::other(format!("{error}.")))?;
                receivers.push(Receiver { folder, config });
            }
        }
        Ok(receivers)
    }
}

impl Receiver {
    /// Checks that the unit knows the node's fleet, and does not go back behind the one that the node serves.
    fn check(&self, bytes: &[u8], chain: &RootChain, at: Moment) -> Result<(), CommandError> {
        let served = self.served(chain.clone(), at);
        check(bytes, chain.newest(), at, served.as_ref()).map_err(|error| {
            CommandError::new(
                error.exit(),
                format!("{} serves a unit already. {error}", self.folder.display()),
            )
        })?;
        let unit =
            ClaimedDelivery::parse(bytes).map_err(|error| CommandError::untrusted(format!("{error}.")))?;
        let fleet = self.config.fleet;
        let line = format!("sha256:{fleet}");
        if unit.bundle().body().split([' ', '\n']).any(|word| word == line) {
            return Ok(());
        }
        Err(CommandError::usage(format!(
            "{} belongs to the fleet {fleet}, which this bundle does not list. Give the folders of fleets that it lists \
             (strongroom bundle show).",
            self.folder.display()
        )))
    }

    /// What the node serves now, if that may be believed; a unit of before a change of keys is of an older root.
    fn served(&self, mut chain: RootChain, at: Moment) -> Option<Memory> {
        let folder = self.folder.join(TRUST_FOLDER);
        // Roots that do not follow change nothing.
        let _ = read_at_most(&folder.join(ROOTS_FILE), ROOTS_BYTES_MAX).map(|roots| chain.follow(&roots));
        let bytes = read_at_most(&folder.join(UNIT_FILE), UNIT_BYTES_MAX).ok()?;
        let under = |root: &TrustRoot| {
            ClaimedDelivery::parse(&bytes).and_then(|unit| verify_delivery(unit, root, &device(at, None)))
        };
        let newest = under(chain.newest());
        let unit = newest.or_else(|error| chain.roots().find_map(|root| under(root).ok()).ok_or(error));
        match unit {
            Ok(unit) => unit.memory().ok(),
            Err(error) => {
                let folder = self.folder.display();
                note(format!("What {folder} serves is not to be believed ({error}); it is replaced."));
                None
            }
        }
    }

    /// Roots before the unit, which may name the newest of them.
    fn take(&self, unit: &[u8], roots: Option<&str>) -> Result<(), CommandError> {
        let folder = self.folder.join(TRUST_FOLDER);
        fs::create_dir_all(&folder).map_err(|error| CommandError::file(&folder, "made", &error))?;
        if let Some(roots) = roots {
            replace(&folder.join(ROOTS_FILE), roots.as_bytes())?;
        }
        replace(&folder.join(UNIT_FILE), unit)
    }
}

fn device(at: Moment, memory: Option<&Memory>) -> DeviceView<'_> {
    DeviceView {
        clock: at,
        build: Moment::FIRST,
        epochs: ClaimedEpochs::default(),
        memory,
        consistency: None,
    }
}

fn check(bytes: &[u8], root: &TrustRoot, at: Moment, memory: Option<&Memory>) -> Result<(), CommandError> {
    let refused = match UnitReport::of(bytes, root, &device(at, memory)).outcome {
        Outcome::Good(_) => return Ok(()),
        Outcome::Refused(error) => format!("Nothing was published: {}", refusal_in_words(&error)),
        Outcome::Doubtful(concerns) => format!(
            "Nothing was published, since nobody would register with it: get a newer unit from the auditor.{}",
            concerns_in_words(&concerns)
        ),
    };
    Err(CommandError::untrusted(refused))
}

fn first_version(chain: &RootChain) -> strongroom_trust::RootVersion {
    chain.roots().map(TrustRoot::version).min().unwrap_or(chain.newest().version())
}
