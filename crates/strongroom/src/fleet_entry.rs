//! The fleets of the next bundle: those of the bundle before, what becomes of them, and those that join.
//! Page: `docs/spec/bundle.md`, "Lines".

use crate::{
    access::read_pin,
    error::CommandError,
    files::read_at_most,
    new_fleet::{PIN_FILE, node_folders},
};
use std::{
    path::{Path, PathBuf},
    str::FromStr,
};
use strongroom_host::node::NodeConfig;
use strongroom_protocol::ids::Digest;
use strongroom_trust::{
    ClaimedNote, Epoch, FleetEntry, FleetLabel, PlatformWord, Reason, RevokedFleet, Service, ServingFleet,
    TrustSource as _, VerifiedFleet, limits::LEAF_BYTES_MAX, text_digest,
};

/// The word of a platform that protects nobody.
const SIMULATION: &str = "simulation";

/// A fleet's label and something about it: `f2026a=fleet`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled<T> {
    /// The fleet's name in the bundle.
    pub label: FleetLabel,
    /// What is said about it.
    pub value: T,
}

impl<T: FromStr<Err: std::fmt::Display>> FromStr for Labelled<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (label, value) = text.split_once('=').ok_or("wants LABEL=…, such as f2026a=…")?;
        Ok(Self {
            label: label.parse().map_err(|error| format!("the label {error}"))?,
            value: value.parse().map_err(|error: T::Err| error.to_string())?,
        })
    }
}

/// A fleet's folder, with the label that it gets or has by its own name.
///
/// # Errors
/// The folder's name is no label, and none was given.
pub fn labelled_folder(text: &str) -> Result<Labelled<PathBuf>, String> {
    if let Some((label, folder)) = text.split_once('=') {
        let label = label.parse().map_err(|error| format!("the label {error}"))?;
        return Ok(Labelled { label, value: folder.into() });
    }
    let name = Path::new(text).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let label = name.parse().map_err(|_| {
        format!("the folder's name {name:?} is no label of a fleet: give one, such as f2026a={text}")
    })?;
    Ok(Labelled { label, value: text.into() })
}

/// What is to become of the fleets.
#[derive(Debug, Clone, Default)]
pub struct FleetChanges {
    /// Fleets that join and take new vaults; they come first.
    pub joining: Vec<Labelled<PathBuf>>,
    /// Whether every fleet that took new vaults so far drains.
    pub others_drain: bool,
    /// Fleets that take no new vaults any more.
    pub draining: Vec<FleetLabel>,
    /// Fleets that are never to be spoken to again.
    pub revoked: Vec<Labelled<Reason>>,
    /// Fleets that are not listed any more.
    pub dropped: Vec<FleetLabel>,
    /// What hardware fleets stand on.
    pub platforms: Vec<Labelled<PlatformWord>>,
    /// The manifests of their deployment evidence.
    pub evidence: Vec<Labelled<PathBuf>>,
}

impl FleetChanges {
    /// Makes the fleets of the bundle of this epoch out of those of the bundle before.
    ///
    /// # Errors
    /// A label is unknown, a folder is no fleet's, or something about a fleet is not said.
    pub fn apply(&self, before: &[FleetEntry], epoch: Epoch) -> Result<Vec<FleetEntry>, CommandError> {
        self.check_labels(before)?;
        let joined = self.joining.iter().map(|fleet| self.join(fleet));
        let mut fleets = joined.collect::<Result<Vec<_>, _>>()?;
        let staying = before.iter().filter(|entry| !self.dropped.contains(entry.label()));
        fleets.extend(staying.map(|entry| self.change(entry, epoch)));
        Ok(fleets)
    }

    fn check_labels(&self, before: &[FleetEntry]) -> Result<(), CommandError> {
        let is_known = |label: &FleetLabel| before.iter().any(|entry| entry.label() == label);
        let revoked = self.revoked.iter().map(|fleet| &fleet.label);
        let named = self.draining.iter().chain(revoked).chain(&self.dropped);
        if let Some(unknown) = named.into_iter().find(|label| !is_known(label)) {
            return Err(CommandError::usage(format!(
                "The bundle before lists no fleet \"{unknown}\". Its labels stand in `strongroom bundle show`; give the \
                 bundle before by --previous."
            )));
        }
        let joining = |label: &FleetLabel| self.joining.iter().any(|fleet| fleet.label == *label);
        let platforms = self.platforms.iter().map(|fleet| &fleet.label);
        let about = platforms.chain(self.evidence.iter().map(|fleet| &fleet.label));
        match about.into_iter().find(|label| !joining(label)) {
            Some(other) => Err(CommandError::usage(format!(
                "\"{other}\" does not join with this bundle, so nothing about it can be said. What a fleet stands on is \
                 fixed when it joins."
            ))),
            None => Ok(()),
        }
    }

    fn change(&self, entry: &FleetEntry, epoch: Epoch) -> FleetEntry {
        let FleetEntry::Serving(fleet) = entry else { return entry.clone() };
        if let Some(revoked) = self.revoked.iter().find(|revoked| revoked.label == fleet.label) {
            let reason = revoked.value.clone();
            return FleetEntry::Revoked(RevokedFleet {
                label: fleet.label.clone(),
                id: fleet.id,
                since: epoch,
                reason,
            });
        }
        let drains = self.others_drain || self.draining.contains(&fleet.label);
        let service = if drains { Service::Draining } else { fleet.service };
        FleetEntry::Serving(ServingFleet { service, ..fleet.clone() })
    }

    fn join(&self, fleet: &Labelled<PathBuf>) -> Result<FleetEntry, CommandError> {
        let verified = read_fleet(&fleet.value)?;
        Ok(FleetEntry::Serving(ServingFleet {
            label: fleet.label.clone(),
            service: Service::Active,
            id: verified.id(),
            identity_key: *verified.identity_key(),
            members: verified.members(),
            quorum: verified.quorum(),
            guesses: verified.guesses(),
            class: verified.class(),
            platform: self.platform(&fleet.label, &verified)?,
            image: verified.measurement(),
            evidence: self.manifest(&fleet.label)?,
            configuration: None,
        }))
    }

    fn platform(&self, label: &FleetLabel, fleet: &VerifiedFleet) -> Result<PlatformWord, CommandError> {
        let given =
            self.platforms.iter().find(|platform| platform.label == *label).map(|platform| &platform.value);
        match (given, fleet.is_simulation()) {
            (None, true) => SIMULATION
                .parse()
                .map_err(|error| CommandError::other(format!("The word of the simulation: {error}."))),
            (Some(word), simulated) if word.is_simulation() == simulated => Ok(word.clone()),
            (Some(word), _) => Err(CommandError::usage(format!(
                "The fleet {label} does not stand on {word}, by its own pin. Give what it stands on, or leave --platform \
                 away for a simulation."
            ))),
            (None, false) => Err(CommandError::usage(format!(
                "Nothing says what the fleet {label} stands on. Give --platform {label}=WORD, as its evidence has it."
            ))),
        }
    }

    fn manifest(&self, label: &FleetLabel) -> Result<Digest, CommandError> {
        let given = self.evidence.iter().find(|evidence| evidence.label == *label);
        let path = &given
            .ok_or_else(|| {
                CommandError::usage(format!(
                    "The manifest of the fleet {label}'s deployment evidence is missing. Give --evidence {label}=FILE: the \
                     auditor signs nothing whose evidence it has not seen."
                ))
            })?
            .value;
        let bytes = read_at_most(path, LEAF_BYTES_MAX)?;
        let manifest = ClaimedNote::parse(&bytes, LEAF_BYTES_MAX).map_err(|error| {
            CommandError::usage(format!(
                "{} is no manifest, which is a signed note: {error}. The auditor logs it, and takes nothing else.",
                path.display()
            ))
        })?;
        Ok(text_digest(manifest.text()))
    }
}

/// The fleet in a folder, by its pin, which was written when every member had signed the genesis; every node that
/// lies beside it has to belong to it.
fn read_fleet(folder: &Path) -> Result<VerifiedFleet, CommandError> {
    let fleet = read_pin(&folder.join(PIN_FILE))?.fleet();
    for node in node_folders(folder)? {
        let config = NodeConfig::read(&node).map_err(|error| CommandError::usage(format!("{error}.")))?;
        if config.fleet != fleet.id() {
            return Err(CommandError::usage(format!(
                "{} belongs to the fleet {}, and the pin in {} is of {}. Folders were mixed up: put them right first.",
                node.display(),
                config.fleet,
                folder.display(),
                fleet.id()
            )));
        }
    }
    Ok(fleet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_trust::{BundleBody, body::Body as _};

    fn before() -> Vec<FleetEntry> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/trust/texts/bundle-golden.txt");
        BundleBody::parse(&std::fs::read_to_string(path).unwrap()).unwrap().contents().fleets.clone()
    }

    fn label(text: &str) -> FleetLabel {
        text.parse().unwrap()
    }

    fn words(fleets: &[FleetEntry]) -> Vec<String> {
        fleets.iter().map(|entry| entry.to_string().lines().next().unwrap().to_owned()).collect()
    }

    #[test]
    fn without_changes_the_fleets_stay_as_they_were() {
        assert_eq!(FleetChanges::default().apply(&before(), Epoch(8)).unwrap(), before());
    }

    #[test]
    fn fleets_drain_are_revoked_and_dropped_by_their_labels() {
        let changes = FleetChanges {
            draining: vec![label("f2026a")],
            revoked: vec!["f2023a=key-compromise".parse().unwrap()],
            dropped: vec![label("f2021a")],
            ..FleetChanges::default()
        };
        let fleets = words(&changes.apply(&before(), Epoch(8)).unwrap());
        assert_eq!(fleets.len(), 2);
        assert!(fleets[0].starts_with("fleet f2026a draining"), "{fleets:?}");
        assert_eq!(fleets[1], "fleet f2023a revoked since-epoch 8 reason key-compromise");
    }

    #[test]
    fn a_revoked_fleet_keeps_the_epoch_of_its_revocation() {
        let fleets = words(
            &FleetChanges { others_drain: true, ..FleetChanges::default() }
                .apply(&before(), Epoch(8))
                .unwrap(),
        );
        assert!(fleets[0].starts_with("fleet f2026a draining"), "{fleets:?}");
        assert_eq!(fleets[2], "fleet f2021a revoked since-epoch 5 reason key-compromise");
    }

    #[test]
    fn an_unknown_label_is_named() {
        let changes = FleetChanges { draining: vec![label("f1999a")], ..FleetChanges::default() };
        let error = changes.apply(&before(), Epoch(8)).unwrap_err();
        assert!(error.to_string().contains("lists no fleet \"f1999a\""), "{error}");
        let changes =
            FleetChanges { platforms: vec!["f2026a=tpm".parse().unwrap()], ..FleetChanges::default() };
        assert!(changes.apply(&before(), Epoch(8)).unwrap_err().to_string().contains("does not join"));
    }

    #[test]
    fn a_folder_has_its_own_name_or_the_one_that_is_given() {
        assert_eq!(labelled_folder("a/f2026a").unwrap().label, label("f2026a"));
        assert_eq!(labelled_folder("f2026a=a/My Fleet").unwrap().value, PathBuf::from("a/My Fleet"));
        assert!(labelled_folder("a/My Fleet").unwrap_err().contains("is no label of a fleet"));
        assert!("f2026a".parse::<Labelled<Reason>>().is_err());
        assert!("F=x".parse::<Labelled<Reason>>().is_err());
    }
}
