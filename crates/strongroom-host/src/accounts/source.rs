//! Where the identity provider's public keys come from: a file, or a URL.

use crate::limits::JWKS_URL_BYTES_MAX;
use axum::http::Uri;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
};

/// Where the identity provider's public keys come from, as `jwks` in `node.toml` says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JwksSource {
    /// A file, which whoever runs the node keeps up to date.
    File(PathBuf),
    /// A URL, which the node asks by itself.
    Url(JwksUrl),
}

/// A URL that keys may be taken from. Holding one proves that nobody on the way can change them, as far as TLS does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwksUrl(Uri);

/// Why keys are not taken from a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwksUrlError {
    /// It is none.
    #[error("`jwks` is no URL and no path: {0}")]
    Malformed(String),
    /// Anybody on the way could put keys of their own in.
    #[error("keys are fetched over https only, or over http from this machine (127.0.0.1, [::1], localhost)")]
    Plain,
    /// A name and a password would end up in logs.
    #[error("the URL of a JWKS holds no user name and no password; public keys need none")]
    Login,
}

impl JwksSource {
    /// Reads what the configuration says: whatever holds `://` is a URL, all else a path.
    ///
    /// # Errors
    /// It is a URL that keys are not taken from.
    pub fn parse(text: &str) -> Result<Self, JwksUrlError> {
        if text.contains("://") { JwksUrl::parse(text).map(Self::Url) } else { Ok(Self::File(text.into())) }
    }

    /// Takes a path that is not absolute from a folder.
    #[must_use]
    pub fn within(self, folder: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(folder.join(path)),
            url @ Self::Url(_) => url,
        }
    }
}

impl JwksUrl {
    fn parse(text: &str) -> Result<Self, JwksUrlError> {
        if text.len() > JWKS_URL_BYTES_MAX {
            return Err(JwksUrlError::Malformed(format!("more than {JWKS_URL_BYTES_MAX} bytes")));
        }
        let uri: Uri = text.parse().map_err(|cause| JwksUrlError::Malformed(format!("{cause}")))?;
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| JwksUrlError::Malformed("it names no host".into()))?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(JwksUrlError::Login);
        }
        match uri.scheme_str() {
            Some("https") => Ok(Self(uri)),
            Some("http") if is_loopback(host) => Ok(Self(uri)),
            _ => Err(JwksUrlError::Plain),
        }
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.0
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl From<PathBuf> for JwksSource {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl fmt::Display for JwksUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Serialize for JwksSource {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::File(path) => path.serialize(output),
            Self::Url(url) => output.collect_str(url),
        }
    }
}

impl<'de> Deserialize<'de> for JwksSource {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(input)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_path_and_a_url_must_be_safe() {
        let file = JwksSource::parse("../identity/jwks.json").unwrap();
        assert_eq!(file, JwksSource::File("../identity/jwks.json".into()));
        assert_eq!(file.within(Path::new("/n")), JwksSource::File("/n/../identity/jwks.json".into()));
        for taken in [
            "https://identity.example/.well-known/jwks.json",
            "https://identity.example:8443/keys?tenant=7",
            "http://127.0.0.1:8080/jwks.json",
            "http://127.9.9.9/",
            "http://[::1]:8080/jwks.json",
            "http://localhost:8080/jwks.json",
        ] {
            let JwksSource::Url(url) = JwksSource::parse(taken).unwrap() else { panic!("{taken} is a URL") };
            assert_eq!(url.to_string(), taken);
        }
        for (refused, why) in [
            ("http://identity.example/jwks.json", JwksUrlError::Plain),
            ("http://localhost.example/jwks.json", JwksUrlError::Plain),
            ("http://10.0.0.1/jwks.json", JwksUrlError::Plain),
            ("ftp://identity.example/jwks.json", JwksUrlError::Plain),
            ("https://me:secret@identity.example/jwks.json", JwksUrlError::Login),
        ] {
            assert_eq!(JwksSource::parse(refused).err(), Some(why), "{refused}");
        }
        for malformed in ["https://", "https:///jwks.json", "file:///etc/jwks.json", "https://a b/"] {
            assert!(matches!(JwksSource::parse(malformed), Err(JwksUrlError::Malformed(_))), "{malformed}");
        }
        let long = format!("https://identity.example/{}", "a".repeat(3000));
        assert!(matches!(JwksSource::parse(&long), Err(JwksUrlError::Malformed(_))));
    }
}
