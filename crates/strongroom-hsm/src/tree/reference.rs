//! What opens a tree node: a version and a key.

use strongroom_crypto::{Secret, SecretBytes, hash::digest, labels};
use strongroom_protocol::{
    DecodeError,
    ids::{Digest, LogIndex},
};

/// Bytes of an encoded root that is not empty.
const ROOT_BYTES: usize = 1 + 8 + 32;

/// Names one version of a tree node and holds the key that opens it.
///
/// Holding it gives that node and everything below it, as it stood then.
pub struct NodeReference {
    /// The index of the last entry that touched the node.
    pub version: LogIndex,
    /// The key that this version is sealed under.
    pub key: Secret<32>,
}

impl NodeReference {
    /// Makes a second holder of the same reference.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self { version: self.version, key: self.key.duplicate() }
    }
}

/// Holds what opens the whole tree: nothing while there is no record, else the
/// reference of the inner node at the empty prefix.
pub struct Root(Option<NodeReference>);

impl Root {
    /// Gives the root of the tree without records.
    #[must_use]
    pub const fn empty() -> Self {
        Self(None)
    }

    pub(super) const fn of(reference: NodeReference) -> Self {
        Self(Some(reference))
    }

    pub(super) const fn reference(&self) -> Option<&NodeReference> {
        self.0.as_ref()
    }

    /// Gives the index of the last entry that wrote a record; zero where there is none.
    #[must_use]
    pub fn version(&self) -> LogIndex {
        self.0.as_ref().map_or(LogIndex(0), |reference| reference.version)
    }

    /// Makes a second holder of the same root.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.as_ref().map(NodeReference::duplicate))
    }

    /// Encodes it: a zero byte, or a one byte, the version and the key.
    #[must_use]
    pub fn encode(&self) -> SecretBytes {
        let mut out = Vec::with_capacity(ROOT_BYTES);
        match &self.0 {
            None => out.push(0),
            Some(NodeReference { version, key }) => {
                out.push(1);
                out.extend_from_slice(&version.0.to_be_bytes());
                out.extend_from_slice(key.expose());
            }
        }
        SecretBytes::new(out)
    }

    /// Decodes all of `bytes`.
    ///
    /// # Errors
    /// The bytes are truncated, go on after the root, begin with neither zero nor
    /// one, or name version zero.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let refuse = |cause: &str| DecodeError::new("Root", cause);
        let (kind, rest) = bytes.split_first().ok_or_else(|| refuse("truncated"))?;
        match kind {
            0 if rest.is_empty() => return Ok(Self::empty()),
            0 => return Err(refuse("bytes after the end")),
            1 => {}
            _ => return Err(refuse("neither empty nor a reference")),
        }
        let (version, key) = rest.split_first_chunk().ok_or_else(|| refuse("truncated"))?;
        let version = LogIndex(u64::from_be_bytes(*version));
        if version == LogIndex(0) {
            return Err(refuse("version zero"));
        }
        let key = Secret::from_slice(key).ok_or_else(|| refuse("the key is not 32 bytes long"))?;
        Ok(Self::of(NodeReference { version, key }))
    }

    /// Hashes it, for comparing with other members; the hash opens nothing.
    #[must_use]
    pub fn hash(&self) -> Digest {
        Digest::new(digest(labels::ROOT_HASH, &[self.encode().expose()]))
    }
}
