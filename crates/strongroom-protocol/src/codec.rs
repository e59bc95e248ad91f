//! The one way in and the one way out of the encoding.
//!
//! `decode` refuses trailing bytes, so that parse then serialise gives the same
//! bytes. The encoding itself is `tls_codec`'s; this module only narrows it.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use tls_codec::{DeserializeBytes, SerializeBytes};

/// A type with exactly one encoding.
pub trait Wire: SerializeBytes + DeserializeBytes + Sized {
    /// The name of the message in `docs/spec/`, for error texts.
    const NAME: &'static str;
}

/// Bytes that are not the encoding of the message they were taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}: {cause}")]
pub struct DecodeError {
    message: &'static str,
    cause: String,
}

impl DecodeError {
    /// Names the message, and the field or rule that was broken.
    pub fn new(message: &'static str, cause: impl ToString) -> Self {
        Self { message, cause: cause.to_string() }
    }

    /// The name of the message that was expected.
    pub fn message(&self) -> &'static str {
        self.message
    }
}

/// Decodes all of `bytes` as one `T`.
///
/// # Errors
/// The bytes are truncated, have a field out of its bounds, hold an unknown
/// variant, or go on after the value.
pub fn decode<T: Wire>(bytes: &[u8]) -> Result<T, DecodeError> {
    T::tls_deserialize_exact_bytes(bytes).map_err(|cause| DecodeError::new(T::NAME, describe(&cause)))
}

/// Encodes `value`.
///
/// Values that were built through their constructors always fit their
/// bounds. One that does not (a vector past its length field) encodes to nothing,
/// and nothing is refused by every decoder.
pub fn encode<T: Wire>(value: &T) -> Vec<u8> {
    value.tls_serialize_bytes().unwrap_or_default()
}

fn describe(cause: &tls_codec::Error) -> String {
    use tls_codec::Error;
    match cause {
        Error::EndOfStream => "truncated".into(),
        Error::TrailingData => "bytes after the end".into(),
        Error::InvalidVectorLength => "a vector's length is out of bounds".into(),
        Error::UnknownValue(value) => alloc::format!("unknown variant {value}"),
        Error::DecodingError(text) => text.clone(),
        _ => "malformed".into(),
    }
}

/// Implements [`Wire`] for a list of types, each under its own name.
#[macro_export]
macro_rules! wire {
    ($($name:ident),+ $(,)?) => {
        $(impl $crate::codec::Wire for $name {
            const NAME: &'static str = stringify!($name);
        })+
    };
}
