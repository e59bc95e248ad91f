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

/// Bytes of a configuration file at most.
const CONFIG_BYTES_MAX: u64 = 64 * 1024;

/// What every command that speaks to a fleet takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Fleet, account and device")]
pub struct FleetOptions {
    /// The pin of the fleet to trust, a file
    #[arg(long, value_name = "PIN", env = "STRONGROOM_FLEET")]
    pub fleet: Option<PathBuf>,
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
    token_file: Option<PathBuf>,
    state_dir: Option<PathBuf>,
}

/// What options, environment and configuration file come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The pin's file.
    pub fleet: Option<PathBuf>,
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
        Ok(Self {
            fleet: options.fleet.clone().or(config.fleet),
            token_file: options.token_file.clone().or(config.token_file),
            state_dir: state_dir.ok_or_else(|| CommandError::usage(nowhere))?,
        })
    }
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
        };
        let settings = Settings::merge(&options, config(), None).unwrap();
        assert_eq!(settings.fleet, Some("other.pin".into()));
        assert_eq!(settings.token_file, Some("token".into()));
        assert_eq!(settings.state_dir, PathBuf::from("device"));
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
