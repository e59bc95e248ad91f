//! A node's configuration: `node.toml` in its folder.
//!
//! ```toml
//! node = 1
//! name = "node-1"
//! fleet = "4f2a…"                       # the fleet id, 64 hex digits
//! listen = "127.0.0.1:7401"             # for clients
//! peer_listen = "127.0.0.1:7501"        # for the other nodes
//! hsm_program = "/usr/libexec/strongroom-hsm"   # if it is not beside the command
//!
//! [accounts]
//! jwks = "../identity/jwks.json"        # or "https://identity.example/.well-known/jwks.json"
//! issuer = "https://identity.example"
//! audience = "strongroom"
//!
//! [limits]                              # requests; 0 is no limit
//! per_account_per_second = 100
//! per_account_burst = 500
//! total_per_second = 20000
//! total_burst = 40000
//!
//! [[peers]]
//! node = 2
//! address = "node-2.example:7501"
//! ```
//!
//! Paths that are not absolute are taken from the node's folder. A field that is not known is an error. Page:
//! `docs/spec/node.md`.

use crate::{accounts::JwksSource, limits::CONFIG_BYTES_MAX, rates::RateLimits};
use axum::http::Uri;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};
use strongroom_protocol::{
    ids::{FleetId, NodeNumber},
    limits::MEMBERS_MAX,
};

/// The configuration's file in a node's folder.
pub const CONFIG_FILE: &str = "node.toml";

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{} cannot be read ({cause}). Is this a node's folder? `strongroom fleet create` makes them", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A field is wrong, missing or unknown; the text names line and column.
    #[error("{}: {cause}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        cause: String,
    },
    /// The fields do not go together.
    #[error("{}: {cause}", path.display())]
    Contradiction {
        /// The file.
        path: PathBuf,
        /// What does not go together, and what to do.
        cause: String,
    },
    /// The file cannot be written.
    #[error("{} cannot be written: {cause}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

/// A node's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeConfig {
    /// The node's folder; not in the file.
    #[serde(skip)]
    pub folder: PathBuf,
    /// The node's number, from 1.
    #[serde(serialize_with = "write_node", deserialize_with = "read_node")]
    pub node: NodeNumber,
    /// Its name, for people.
    pub name: String,
    /// The fleet.
    #[serde(serialize_with = "write_fleet", deserialize_with = "read_fleet")]
    pub fleet: FleetId,
    /// Where clients come, `host:port`.
    #[serde(deserialize_with = "read_address")]
    pub listen: String,
    /// Where other nodes come, `host:port`.
    #[serde(deserialize_with = "read_address")]
    pub peer_listen: String,
    /// The HSM program, if not the one the command brings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hsm_program: Option<PathBuf>,
    /// Seconds between two checkpoints, for rehearsals and tests; else the HSM program's own choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint_seconds: Option<u32>,
    /// Origins of pages whose scripts may ask this node, `https://app.example`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// Whose tokens are taken.
    pub accounts: AccountsConfig,
    /// How often accounts may ask.
    #[serde(default)]
    pub limits: RateLimits,
    /// The other nodes.
    pub peers: Vec<PeerConfig>,
}

/// Whose tokens a node takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountsConfig {
    /// The identity provider's public keys: a file, or a URL.
    pub jwks: JwksSource,
    /// The tokens' issuer.
    pub issuer: String,
    /// The tokens' audience.
    pub audience: String,
}

/// Another node of the fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerConfig {
    /// Its number.
    pub node: u8,
    /// Where it is reached, `host:port`.
    #[serde(deserialize_with = "read_address")]
    pub address: String,
}

impl NodeConfig {
    /// Reads the configuration of the node in `folder`.
    ///
    /// # Errors
    /// The file cannot be read, or something in it is wrong; the error says where and what to do.
    pub fn read(folder: &Path) -> Result<Self, ConfigError> {
        let path = folder.join(CONFIG_FILE);
        let text =
            read_bounded(&path).map_err(|cause| ConfigError::Unreadable { path: path.clone(), cause })?;
        let mut config: Self = toml::from_str(&text)
            .map_err(|cause| ConfigError::Malformed { path: path.clone(), cause: cause.to_string() })?;
        config.check().map_err(|cause| ConfigError::Contradiction { path, cause })?;
        config.folder = folder.to_path_buf();
        config.accounts.jwks = config.accounts.jwks.within(folder);
        config.hsm_program = config.hsm_program.map(|path| folder.join(path));
        Ok(config)
    }

    /// Writes the configuration into its folder.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self) -> Result<(), ConfigError> {
        let path = self.folder.join(CONFIG_FILE);
        let unwritable = |cause| ConfigError::Unwritable { path: path.clone(), cause };
        let text = toml::to_string(self).map_err(|cause| unwritable(io::Error::other(cause)))?;
        std::fs::write(&path, text).map_err(unwritable)
    }

    fn check(&self) -> Result<(), String> {
        let mut numbers = BTreeSet::from([self.node.0]);
        for peer in &self.peers {
            if peer.node == self.node.0 {
                return Err(format!("peer {} is this node itself; leave it out of [[peers]]", peer.node));
            }
            if peer.node == 0 || !numbers.insert(peer.node) {
                return Err(format!(
                    "peer {} stands twice, or is 0; each other node stands once in [[peers]]",
                    peer.node
                ));
            }
        }
        if numbers.len() > MEMBERS_MAX {
            return Err(format!("{} nodes; a fleet has {MEMBERS_MAX} at most", numbers.len()));
        }
        if let Some(origin) = self.origins.iter().find(|origin| !is_origin(origin)) {
            return Err(format!(
                "{origin:?} is no origin; one is written https://app.example, without a path or a slash at the end"
            ));
        }
        Ok(())
    }
}

/// Whether a text is an origin as browsers write it: scheme, host, perhaps a port, and nothing more.
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let (Some("http" | "https"), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
    !authority.as_str().contains('@')
        && text == format!("{}://{authority}", uri.scheme_str().unwrap_or_default())
}

fn read_bounded(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(CONFIG_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > CONFIG_BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("more than {CONFIG_BYTES_MAX} bytes"),
        ));
    }
    Ok(text)
}

fn read_node<'de, D: Deserializer<'de>>(input: D) -> Result<NodeNumber, D::Error> {
    let number = u8::deserialize(input)?;
    if number == 0 {
        return Err(D::Error::custom("nodes are counted from 1"));
    }
    Ok(NodeNumber(number))
}

fn write_node<S: Serializer>(node: &NodeNumber, output: S) -> Result<S::Ok, S::Error> {
    output.serialize_u8(node.0)
}

fn read_fleet<'de, D: Deserializer<'de>>(input: D) -> Result<FleetId, D::Error> {
    let text = String::deserialize(input)?;
    FleetId::from_hex(&text)
        .ok_or_else(|| D::Error::custom("a fleet id has 64 lower-case hex digits; it stands in the pin"))
}

fn write_fleet<S: Serializer>(fleet: &FleetId, output: S) -> Result<S::Ok, S::Error> {
    output.serialize_str(&fleet.to_hex())
}

fn read_address<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    let text = String::deserialize(input)?;
    let port =
        text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse::<u16>());
    match port {
        Some(Ok(_)) => Ok(text),
        _ => Err(D::Error::custom("an address is written host:port, as in 127.0.0.1:7401")),
    }
}
