//! Where a node is reached. Page: `docs/spec/pin.md`.
//!
//! An endpoint is an address and never a source of trust: who answers there is
//! believed only after [`crate::ClaimedNodeKeys::verify`].

use crate::limits::ENDPOINT_BYTES_MAX;
use std::fmt;
use std::str::FromStr;

/// `http://` or `https://`, a lower-case host, and a port if it is not the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint(String);

/// A text is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an endpoint is http:// or https://, a lower-case host and perhaps a port: {0}")]
pub struct EndpointError(&'static str);

impl Endpoint {
    /// The text, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether what is sent there is hidden from the network by TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Whether it names this very machine by a loopback address or `localhost`.
    pub fn is_loopback(&self) -> bool {
        let host = host_and_port(&self.0).map(|(host, _)| host).unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        if text.len() > ENDPOINT_BYTES_MAX {
            return Err(EndpointError("it is too long"));
        }
        let (host, port) = host_and_port(text).ok_or(EndpointError("the scheme is another one"))?;
        if let Some(port) = port
            && port.parse::<u16>().ok().is_none_or(|number| number == 0 || number.to_string() != port)
        {
            return Err(EndpointError("the port is no number from 1 to 65535"));
        }
        if !is_host(host) {
            return Err(EndpointError("the host is missing, or has characters that may not stand in one"));
        }
        Ok(Self(text.into()))
    }
}

impl AsRef<str> for Endpoint {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn host_and_port(text: &str) -> Option<(&str, Option<&str>)> {
    let authority = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    if authority.ends_with(']') {
        return Some((authority, None));
    }
    Some(authority.rsplit_once(':').map_or((authority, None), |(host, port)| (host, Some(port))))
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok_and(|parsed| parsed.to_string() == address);
    }
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    !host.is_empty() && host.chars().all(is_allowed) && !host.starts_with(['-', '.']) && !host.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_endpoints_are_taken_as_they_stand() {
        for text in
            ["http://127.0.0.1:7401", "https://node-1.example", "https://[::1]:7401", "http://localhost:80"]
        {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn paths_credentials_upper_case_and_odd_ports_are_refused() {
        for text in [
            "",
            "ftp://a",
            "a",
            "https://",
            "https://a/",
            "https://a/b",
            "https://user@a",
            "https://A",
            "https://a:0",
            "https://a:65536",
            "https://a:080",
            "https://a:",
            "https://a b",
            "https://a?b",
            "https://[::1",
            "https://[0:0:0:0:0:0:0:1]",
            "https://a..b",
            "https://[::1]x",
        ] {
            assert!(text.parse::<Endpoint>().is_err(), "{text}");
        }
        assert!(format!("https://{}", "a".repeat(248)).parse::<Endpoint>().is_err());
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let is_loopback = |text: &str| text.parse::<Endpoint>().unwrap().is_loopback();
        assert!(is_loopback("http://127.0.0.1:7401"));
        assert!(is_loopback("http://[::1]:7401"));
        assert!(is_loopback("http://localhost"));
        assert!(!is_loopback("http://127.0.0.1.example"));
        assert!(!is_loopback("http://192.168.0.1"));
        assert!(!is_loopback("http://localhost.example:80"));
    }
}
