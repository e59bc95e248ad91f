//! Who may speak to this node at all: accounts of the operator's identity provider.
//!
//! A request carries a bearer token (RFC 6750), a JWT (RFC 7519) signed with EdDSA or ES256 by
//! a key in a JWKS (RFC 7517). This keeps strangers from filling the disk; no
//! HSM relies on it, and no guess limit rests on it.
//!
//! The JWKS is a file that is read again when it changes, or a URL of the identity provider
//! that is asked now and then. Page: `docs/spec/node.md`.
//!
//! Invariants:
//! - The algorithm follows from the key, never from the token.
//! - Signature, issuer, audience, expiry and account are all checked, or the token is refused.
//! - A provider that cannot be reached locks nobody out whose key is known.
//!
//! Absent on purpose: finding a provider's JWKS by its issuer (OpenID discovery). The URL stands
//! in the configuration.

mod fetch;
mod jwks;
mod kept;
mod provider;
#[cfg(test)]
mod provider_tests;
mod source;
mod suite;
#[cfg(test)]
pub(crate) mod tests;

pub use jwks::{JwksError, KeysError};
pub(crate) use provider::FetchCounts;
pub use source::{JwksSource, JwksUrl, JwksUrlError};

use crate::limits::{ACCOUNT_BYTES_MAX, TOKEN_BYTES_MAX, TOKEN_LEEWAY_SECONDS, TOKENS_REMEMBERED_MAX};
use jsonwebtoken::{Algorithm, Validation, errors::ErrorKind};
use jwks::{JwksFile, TrustedKey};
use provider::{FetchPace, ProviderKeys};
use serde::Deserialize;
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

/// An account, as the identity provider names it. Holding one proves that a token for it was checked.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Account(Arc<str>);

impl Account {
    /// The account's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a request is not let in; said to the client as it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unauthorized {
    /// There is no bearer token.
    #[error("no bearer token: send the header `Authorization: Bearer <token>`")]
    Missing,
    /// The token is not a JWT, or is too long.
    #[error("the token is not a JSON web token")]
    Malformed,
    /// The token names a key that the identity provider does not have, as far as this node knows.
    #[error("the identity provider has no key of the id that the token names, as far as this node knows")]
    UnknownKey,
    /// There are no keys to check a token with, by no fault of the token.
    #[error("this node could not fetch the identity provider's keys yet")]
    NoKeys,
    /// No trusted key made the signature.
    #[error("no key of the identity provider made this token's signature")]
    Untrusted,
    /// The token's algorithm is not its key's.
    #[error("the token's algorithm is not the one of its key (EdDSA or ES256)")]
    Algorithm,
    /// The token is too old.
    #[error("the token has expired; this node's clock says {clock} s since 1970")]
    Expired {
        /// Seconds since 1970, by this node's clock.
        clock: u64,
    },
    /// The token is not valid yet.
    #[error("the token is not valid yet; this node's clock says {clock} s since 1970")]
    TooEarly {
        /// Seconds since 1970, by this node's clock.
        clock: u64,
    },
    /// The token comes from somebody else.
    #[error("the token's issuer is not the one that this node trusts")]
    Issuer,
    /// The token is meant for somebody else.
    #[error("the token's audience is not this fleet")]
    Audience,
    /// The token names no account.
    #[error("the token lacks a claim: exp, iss, aud and sub are needed")]
    Claim,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
}

/// The check of bearer tokens.
pub struct Accounts {
    keys: Keys,
    issuer: String,
    audience: String,
    remembered: Mutex<Remembered>,
}

/// Where the trusted keys come from.
enum Keys {
    File(JwksFile),
    Provider(ProviderKeys),
}

/// Tokens whose signature was good, so that a client's next request costs no signature check.
#[derive(Default)]
struct Remembered {
    /// The state of the key file that they were checked with.
    edition: u64,
    tokens: HashMap<String, (Account, u64)>,
}

impl Accounts {
    /// Reads the keys in a file, or begins to fetch them from a URL, with a copy in `folder`; tokens must
    /// come from `issuer` and be meant for `audience`.
    ///
    /// With a URL it must be called within a tokio runtime, and a provider that does not answer is no
    /// error: the node takes part in its fleet meanwhile.
    ///
    /// # Errors
    /// The file cannot be read, is no JWKS, or holds no key of a known kind.
    pub fn open(jwks: &JwksSource, folder: &Path, issuer: &str, audience: &str) -> Result<Self, JwksError> {
        Self::open_at(jwks, folder, issuer, audience, FetchPace::default())
    }

    fn open_at(
        jwks: &JwksSource,
        folder: &Path,
        issuer: &str,
        audience: &str,
        pace: FetchPace,
    ) -> Result<Self, JwksError> {
        suite::install();
        let keys = match jwks {
            JwksSource::File(path) => Keys::File(JwksFile::open(path)?),
            JwksSource::Url(url) => Keys::Provider(ProviderKeys::start(url.clone(), folder, pace)?),
        };
        Ok(Self { keys, issuer: issuer.into(), audience: audience.into(), remembered: Mutex::default() })
    }

    /// Checks the value of an `Authorization` header. Where it names an unknown key and the keys come from a URL,
    /// that is asked first, at most once a minute.
    ///
    /// # Errors
    /// Says why the request is not let in.
    pub async fn admit(&self, authorization: Option<&str>) -> Result<Account, Unauthorized> {
        match (self.check(authorization), &self.keys) {
            (Err(Unauthorized::UnknownKey), Keys::Provider(provider)) if provider.ask_anew().await => {
                self.check(authorization)
            }
            (checked, _) => checked,
        }
    }

    /// Whether there are keys to check tokens with.
    pub fn has_keys(&self) -> bool {
        !self.keys.current().1.is_empty()
    }

    /// What became of the fetches; none where the keys are a file.
    pub(crate) fn fetches(&self) -> Option<FetchCounts> {
        match &self.keys {
            Keys::File(_) => None,
            Keys::Provider(provider) => Some(provider.counts()),
        }
    }

    /// Checks the value of an `Authorization` header with the keys as they stand.
    ///
    /// # Errors
    /// Says why the request is not let in.
    pub fn check(&self, authorization: Option<&str>) -> Result<Account, Unauthorized> {
        let token = bearer(authorization.ok_or(Unauthorized::Missing)?)?;
        let (edition, keys) = self.keys.current();
        if keys.is_empty() {
            return Err(Unauthorized::NoKeys);
        }
        let clock = clock();
        if let Some(account) = self.remembered(edition, token, clock) {
            return Ok(account);
        }
        let claims = self.verify(token, &keys)?;
        if claims.sub.is_empty() || claims.sub.len() > ACCOUNT_BYTES_MAX {
            return Err(Unauthorized::Claim);
        }
        let account = Account(claims.sub.into());
        self.remember(edition, token, &account, claims.exp);
        Ok(account)
    }

    fn verify(&self, token: &str, keys: &[TrustedKey]) -> Result<Claims, Unauthorized> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Unauthorized::Malformed)?;
        let mut reason = Unauthorized::UnknownKey;
        for key in keys.iter().filter(|key| key.may_have_signed(header.kid.as_deref())) {
            match jsonwebtoken::decode::<Claims>(token, &key.key, &self.validation(key.algorithm)) {
                Ok(token) => return Ok(token.claims),
                Err(cause) => reason = explain(cause.kind()),
            }
        }
        Err(reason)
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = TOKEN_LEEWAY_SECONDS;
        validation
    }

    fn remembered(&self, edition: u64, token: &str, clock: u64) -> Option<Account> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let (account, expires) = remembered.tokens.get(token).filter(|_| remembered.edition == edition)?;
        (clock < *expires).then(|| account.clone())
    }

    fn remember(&self, edition: u64, token: &str, account: &Account, expires: u64) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.edition != edition || remembered.tokens.len() >= TOKENS_REMEMBERED_MAX {
            remembered.tokens.clear();
            remembered.edition = edition;
        }
        remembered.tokens.insert(token.to_owned(), (account.clone(), expires));
    }
}

impl Keys {
    fn current(&self) -> (u64, Arc<Vec<TrustedKey>>) {
        match self {
            Self::File(file) => file.current(),
            Self::Provider(provider) => provider.current(),
        }
    }
}

fn bearer(authorization: &str) -> Result<&str, Unauthorized> {
    let (scheme, token) = authorization.split_once(' ').ok_or(Unauthorized::Missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Unauthorized::Missing);
    }
    let token = token.trim();
    if token.is_empty() || token.len() > TOKEN_BYTES_MAX {
        return Err(Unauthorized::Malformed);
    }
    Ok(token)
}

fn explain(cause: &ErrorKind) -> Unauthorized {
    match cause {
        ErrorKind::InvalidSignature => Unauthorized::Untrusted,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => Unauthorized::Algorithm,
        ErrorKind::ExpiredSignature => Unauthorized::Expired { clock: clock() },
        ErrorKind::ImmatureSignature => Unauthorized::TooEarly { clock: clock() },
        ErrorKind::InvalidIssuer => Unauthorized::Issuer,
        ErrorKind::InvalidAudience => Unauthorized::Audience,
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::Json(_) => Unauthorized::Claim,
        _ => Unauthorized::Malformed,
    }
}

/// Seconds since 1970; zero by a clock that stands before.
fn clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
