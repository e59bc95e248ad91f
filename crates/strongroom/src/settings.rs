//! Which fleet, which account, which device: options, environment, configuration file, in that order.
//!
//! The locator beside a backup is no source of any of them: it lies in storage that nobody trusts.

use crate::error::CommandError;
use clap::Args;
use serde::Deserialize;
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use strongroom_client::{Endpoint, LogUrl};

/// Bytes of a configuration file at most.
const CONFIG_BYTES_MAX: u64 = 64 * 1024;

/// What every command that speaks to a fleet takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Fleet, account and device")]
pub struct FleetOptions {
    /// The pin of the fleet to trust, a file
    #[arg(long, value_name = "PIN", env = "STRONGROOM_FLEET")]
    pub fleet: Option<PathBuf>,
    /// The trust root, a file, in place of a pin: nodes then show which fleet operator and auditor vouch for
    #[arg(long, value_name = "ROOT", env = "STRONGROOM_TRUST")]
    pub trust: Option<PathBuf>,
    /// A node to ask, in place of the pin's; can be given again. With --trust, nodes of every fleet
    #[arg(long = "endpoint", value_name = "URL", env = "STRONGROOM_ENDPOINTS", value_delimiter = ',')]
    pub endpoints: Vec<Endpoint>,
    /// With --trust, where the audit log is read, to see that it only grew
    #[arg(long, value_name = "URL", env = "STRONGROOM_AUDIT_LOG")]
    pub audit_log: Option<LogUrl>,
    /// With --trust, go on although something speaks against the fleet; what it is was told before
    #[arg(long)]
    pub insist: bool,
    /// A file with the account's token
    #[arg(long, value_name = "F", env = "STRONGROOM_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,
    /// Where this device keeps its own state [default: $XDG_STATE_HOME/strongroom]
    #[arg(long, value_name = "DIR", env = "STRONGROOM_STATE_DIR")]
    pub state_dir: Option<PathBuf>,
}

/// The configuration file, `$XDG_CONFIG_HOME/strongroom/config.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    fleet: Option<PathBuf>,
    trust: Option<PathBuf>,
    #[serde(default)]
    endpoints: Vec<String>,
    audit_log: Option<String>,
    token_file: Option<PathBuf>,
    state_dir: Option<PathBuf>,
}

/// What options, environment and configuration file come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The pin's file.
    pub fleet: Option<PathBuf>,
    /// The trust root's file; never beside a pin's.
    pub trust: Option<PathBuf>,
    /// Where nodes are reached, in place of the pin's endpoints.
    pub endpoints: Vec<Endpoint>,
    /// Where the audit log is read.
    pub audit_log: Option<LogUrl>,
    /// Whether the person insists although something speaks against the fleet.
    pub insist: bool,
    /// The token's file.
    pub token_file: Option<PathBuf>,
    /// The device's own folder.
    pub state_dir: PathBuf,
}

impl Settings {
    /// Reads the configuration file and puts the options before it.
    ///
    /// # Errors
    /// The configuration file cannot be read or is wrong, or nothing says where the device's state is kept.
    pub fn read(options: &FleetOptions) -> Result<Self, CommandError> {
        let variable =
            |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = variable("HOME");
        let below_home = |folder: &str| home.as_ref().map(|home| home.join(folder));
        let config_home = variable("XDG_CONFIG_HOME").or_else(|| below_home(".config"));
        let state_home = variable("XDG_STATE_HOME").or_else(|| below_home(".local/state"));
        let config = match config_home.map(|folder| folder.join("strongroom/config.toml")) {
            Some(path) => ConfigFile::read(&path)?,
            None => ConfigFile::default(),
        };
        Self::merge(options, config, state_home)
    }

    fn merge(
        options: &FleetOptions,
        config: ConfigFile,
        state_home: Option<PathBuf>,
    ) -> Result<Self, CommandError> {
        let state_dir = options.state_dir.clone().or(config.state_dir);
        let state_dir = state_dir.or_else(|| state_home.map(|folder| folder.join("strongroom")));
        let nowhere = "Nothing says where this device keeps its state. Give --state-dir, or set HOME.";
        let (fleet, trust) = one_of((&options.fleet, &options.trust), (config.fleet, config.trust))?;
        Ok(Self {
            fleet,
            trust,
            endpoints: endpoints(&options.endpoints, &config.endpoints)?,
            audit_log: audit_log(options.audit_log.as_ref(), config.audit_log.as_deref())?,
            insist: options.insist,
            token_file: options.token_file.clone().or(config.token_file),
            state_dir: state_dir.ok_or_else(|| CommandError::usage(nowhere))?,
        })
    }
}

/// A pin or a trust root: an option comes before the configuration file, whichever of the two it names.
fn one_of(
    (pin, root): (&Option<PathBuf>, &Option<PathBuf>),
    config: (Option<PathBuf>, Option<PathBuf>),
) -> Result<(Option<PathBuf>, Option<PathBuf>), CommandError> {
    let chosen = if pin.is_some() || root.is_some() { (pin.clone(), root.clone()) } else { config };
    if chosen.0.is_some() && chosen.1.is_some() {
        let both = "A pin and a trust root were given. Give --fleet PIN where the fleet is pinned, or --trust ROOT \
                    where operator and auditor vouch for it.";
        return Err(CommandError::usage(both));
    }
    Ok(chosen)
}

fn endpoints(options: &[Endpoint], config: &[String]) -> Result<Vec<Endpoint>, CommandError> {
    if !options.is_empty() {
        return Ok(options.to_vec());
    }
    let read = |text: &String| {
        text.parse()
            .map_err(|error| CommandError::usage(format!("endpoints in config.toml: {text}: {error}.")))
    };
    config.iter().map(read).collect()
}

fn audit_log(option: Option<&LogUrl>, config: Option<&str>) -> Result<Option<LogUrl>, CommandError> {
    let read = |text: &str| {
        text.parse()
            .map_err(|error| CommandError::usage(format!("audit_log in config.toml: {text}: {error}.")))
    };
    option.map_or_else(|| config.map(read).transpose(), |option| Ok(Some(option.clone())))
}

impl ConfigFile {
    /// Reads the file; one that is missing says nothing.
    fn read(path: &Path) -> Result<Self, CommandError> {
        let text = match read_bounded(path, CONFIG_BYTES_MAX) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(CommandError::file(path, "read", &error)),
        };
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, CommandError> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let cause = error.to_string();
            CommandError::usage(format!("{} is wrong: {}", path.display(), cause.trim_end()))
        })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let below = |given: Option<PathBuf>| given.map(|given| folder.join(given));
        Ok(Self {
            fleet: below(config.fleet),
            trust: below(config.trust),
            endpoints: config.endpoints,
            audit_log: config.audit_log,
            token_file: below(config.token_file),
            state_dir: below(config.state_dir),
        })
    }
}

/// Reads a text file of at most so many bytes.
///
/// # Errors
/// The system refuses, the file is longer, or it is no UTF-8.
pub fn read_bounded(path: &Path, bytes_max: u64) -> io::Result<String> {
    use io::Read as _;
    let mut text = String::new();
    let read = fs::File::open(path)?.take(bytes_max.saturating_add(1)).read_to_string(&mut text)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > bytes_max {
        return Err(io::Error::other(format!("it is longer than {bytes_max} bytes")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> ConfigFile {
        let text = "fleet = \"family.pin\"\ntoken_file = \"/run/token\"\nstate_dir = \"state\"\n";
        ConfigFile::parse(text, Path::new("/etc/strongroom/config.toml")).unwrap()
    }

    #[test]
    fn the_configuration_file_says_what_no_option_says() {
        let settings =
            Settings::merge(&FleetOptions::default(), config(), Some("/home/me/state".into())).unwrap();
        assert_eq!(settings.fleet, Some("/etc/strongroom/family.pin".into()));
        assert_eq!(settings.token_file, Some("/run/token".into()));
        assert_eq!(settings.state_dir, PathBuf::from("/etc/strongroom/state"));
    }

    #[test]
    fn an_option_comes_before_the_configuration_file() {
        let options = FleetOptions {
            fleet: Some("other.pin".into()),
            token_file: Some("token".into()),
            state_dir: Some("device".into()),
            ..FleetOptions::default()
        };
        let settings = Settings::merge(&options, config(), None).unwrap();
        assert_eq!(settings.fleet, Some("other.pin".into()));
        assert_eq!(settings.token_file, Some("token".into()));
        assert_eq!(settings.state_dir, PathBuf::from("device"));
    }

    #[test]
    fn a_trust_root_takes_the_place_of_a_pin_and_never_stands_beside_one() {
        let root = FleetOptions { trust: Some("root".into()), ..FleetOptions::default() };
        let settings = Settings::merge(&root, config(), None).unwrap();
        assert_eq!((settings.fleet, settings.trust), (None, Some("root".into())));
        let both = FleetOptions { fleet: Some("pin".into()), ..root };
        assert_eq!(Settings::merge(&both, config(), None).unwrap_err().exit().code(), 2);
        let text =
            "trust = \"root\"\nendpoints = [\"https://a.example\"]\naudit_log = \"https://log.example\"\n";
        let file = ConfigFile::parse(text, Path::new("/etc/config.toml")).unwrap();
        let settings = Settings::merge(&FleetOptions::default(), file, Some("/s".into())).unwrap();
        assert_eq!(settings.trust, Some("/etc/root".into()));
        assert_eq!(settings.endpoints, ["https://a.example".parse().unwrap()]);
        assert_eq!(settings.audit_log, Some("https://log.example".parse().unwrap()));
        let file = ConfigFile::parse("endpoints = [\"a\"]\n", Path::new("config.toml")).unwrap();
        let error = Settings::merge(&FleetOptions::default(), file, Some("/s".into())).unwrap_err();
        assert!(error.to_string().contains("endpoints in config.toml: a:"), "{error}");
    }

    #[test]
    fn without_either_only_the_state_has_a_place() {
        let settings =
            Settings::merge(&FleetOptions::default(), ConfigFile::default(), Some("/home/me/state".into()))
                .unwrap();
        assert_eq!(settings.fleet, None);
        assert_eq!(settings.state_dir, PathBuf::from("/home/me/state/strongroom"));
        let error = Settings::merge(&FleetOptions::default(), ConfigFile::default(), None).unwrap_err();
        assert_eq!(error.exit().code(), 2);
    }

    #[test]
    fn an_unknown_field_is_named() {
        let error = ConfigFile::parse("flete = \"x\"", Path::new("config.toml")).unwrap_err();
        assert!(error.to_string().contains("unknown field `flete`"), "{error}");
        assert_eq!(error.exit().code(), 2);
    }

    #[test]
    fn a_missing_file_says_nothing() {
        assert_eq!(ConfigFile::read(Path::new("/nowhere/config.toml")), Ok(ConfigFile::default()));
    }
}
