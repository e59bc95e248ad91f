//! Where the tiles of an audit log are read.

use crate::limits::LOG_URL_BYTES_MAX;
use core::{fmt, str::FromStr};
use strongroom_trust::{Endpoint, EndpointError};

/// The prefix of a log's files: an endpoint and perhaps a path, such as `https://auditor.example/log`.
///
/// It is an address and no source of trust: what is read there is held against signed checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogUrl(String);

/// A text is no prefix of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogUrlError {
    /// The part before the path is no endpoint.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The path has characters that may not stand in one, or the whole is too long.
    #[error("the path of a log's URL holds letters, digits, dots, hyphens and single slashes")]
    Path,
    /// Anybody on the way could say what the device asks for.
    #[error("a log on another machine is read over https")]
    Plain,
}

impl FromStr for LogUrl {
    type Err = LogUrlError;

    fn from_str(text: &str) -> Result<Self, LogUrlError> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let after_scheme = text.find("://").map_or(0, |place| place.saturating_add(3));
        let path_at = text.get(after_scheme..).and_then(|rest| rest.find('/'));
        let (authority, path) = match path_at.map(|place| after_scheme.saturating_add(place)) {
            Some(place) => text.split_at_checked(place).ok_or(LogUrlError::Path)?,
            None => (text, ""),
        };
        let endpoint: Endpoint = authority.parse()?;
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        let is_segment =
            |segment: &str| !["", ".", ".."].contains(&segment) && segment.chars().all(is_allowed);
        let is_path = path.is_empty() || path.split('/').skip(1).all(is_segment);
        if !is_path || text.len() > LOG_URL_BYTES_MAX {
            return Err(LogUrlError::Path);
        }
        if !endpoint.is_https() && !endpoint.is_loopback() {
            return Err(LogUrlError::Plain);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for LogUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_an_endpoint_and_perhaps_a_path() {
        for (text, taken) in [
            ("https://auditor.example", "https://auditor.example"),
            ("https://auditor.example/", "https://auditor.example"),
            ("https://auditor.example:8443/logs/2026.a/", "https://auditor.example:8443/logs/2026.a"),
            ("http://127.0.0.1:8080/log", "http://127.0.0.1:8080/log"),
            ("https://[::1]/log", "https://[::1]/log"),
        ] {
            assert_eq!(text.parse::<LogUrl>().unwrap().to_string(), taken);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "auditor.example/log",
            "https://a/b?c",
            "https://a//b",
            "https://a/../b",
            "https://a/./b",
            "https://a/%2e",
        ] {
            assert!(text.parse::<LogUrl>().is_err(), "{text}");
        }
        assert_eq!("http://auditor.example".parse::<LogUrl>(), Err(LogUrlError::Plain));
        assert!(format!("https://a/{}", "b".repeat(600)).parse::<LogUrl>().is_err());
    }
}
