//! Vectors with a bound that is part of their type.
//!
//! A length beyond the bound is refused before anything is allocated, and no more than
//! a few items are reserved ahead of what the input holds; so what a decoder of this
//! crate allocates grows with its input and not with what the input claims.

use crate::limits::DECODED_LIST_RESERVE;
use alloc::{format, vec::Vec};
use tls_codec::{DeserializeBytes, Error, SerializeBytes, Size};

/// At most `MAX` bytes, behind a 32-bit length.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Bytes<const MAX: usize>(Vec<u8>);

impl<const MAX: usize> Bytes<MAX> {
    /// Takes the bytes if they are no more than `MAX`.
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() <= MAX).then_some(Self(bytes))
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// Gives the bytes away.
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<const MAX: usize> Size for Bytes<MAX> {
    fn tls_serialized_len(&self) -> usize {
        4 + self.0.len()
    }
}

impl<const MAX: usize> SerializeBytes for Bytes<MAX> {
    fn tls_serialize_bytes(&self) -> Result<Vec<u8>, Error> {
        let length = u32::try_from(self.0.len()).map_err(|_| Error::InvalidVectorLength)?;
        let mut out = Vec::with_capacity(self.tls_serialized_len());
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&self.0);
        Ok(out)
    }
}

impl<const MAX: usize> DeserializeBytes for Bytes<MAX> {
    fn tls_deserialize_bytes(bytes: &[u8]) -> Result<(Self, &[u8]), Error> {
        let (length, rest) = take_length(bytes)?;
        if length > MAX {
            return Err(Error::DecodingError(format!("{length} bytes where at most {MAX} may stand")));
        }
        let (value, rest) = rest.split_at_checked(length).ok_or(Error::EndOfStream)?;
        Ok((Self(value.to_vec()), rest))
    }
}

/// At most `MAX` items, behind a 32-bit count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MAX: usize> List<T, MAX> {
    /// Takes the items if they are no more than `MAX`.
    pub fn new(items: Vec<T>) -> Option<Self> {
        (items.len() <= MAX).then_some(Self(items))
    }

    /// The items.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// Gives the items away.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T: Size, const MAX: usize> Size for List<T, MAX> {
    fn tls_serialized_len(&self) -> usize {
        4 + self.0.iter().map(Size::tls_serialized_len).sum::<usize>()
    }
}

impl<T: SerializeBytes, const MAX: usize> SerializeBytes for List<T, MAX> {
    fn tls_serialize_bytes(&self) -> Result<Vec<u8>, Error> {
        let count = u32::try_from(self.0.len()).map_err(|_| Error::InvalidVectorLength)?;
        let mut out = Vec::with_capacity(self.tls_serialized_len());
        out.extend_from_slice(&count.to_be_bytes());
        for item in &self.0 {
            out.extend_from_slice(&item.tls_serialize_bytes()?);
        }
        Ok(out)
    }
}

impl<T: DeserializeBytes, const MAX: usize> DeserializeBytes for List<T, MAX> {
    fn tls_deserialize_bytes(bytes: &[u8]) -> Result<(Self, &[u8]), Error> {
        let (count, mut rest) = take_length(bytes)?;
        if count > MAX {
            return Err(Error::DecodingError(format!("{count} items where at most {MAX} may stand")));
        }
        let mut items = Vec::with_capacity(count.min(DECODED_LIST_RESERVE));
        for _ in 0..count {
            let (item, after) = T::tls_deserialize_bytes(rest)?;
            items.push(item);
            rest = after;
        }
        Ok((Self(items), rest))
    }
}

/// At most `MAX` bytes of UTF-8 text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text<const MAX: usize>(alloc::string::String);

impl<const MAX: usize> Text<MAX> {
    /// Takes the text, shortened to the last whole character that fits.
    pub fn shortened(text: &str) -> Self {
        let end = (0..=MAX.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
        Self(text.get(..end.unwrap_or(0)).unwrap_or_default().into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Size for Text<MAX> {
    fn tls_serialized_len(&self) -> usize {
        4 + self.0.len()
    }
}

impl<const MAX: usize> SerializeBytes for Text<MAX> {
    fn tls_serialize_bytes(&self) -> Result<Vec<u8>, Error> {
        Bytes::<MAX>(self.0.as_bytes().to_vec()).tls_serialize_bytes()
    }
}

impl<const MAX: usize> DeserializeBytes for Text<MAX> {
    fn tls_deserialize_bytes(bytes: &[u8]) -> Result<(Self, &[u8]), Error> {
        let (value, rest) = Bytes::<MAX>::tls_deserialize_bytes(bytes)?;
        let text = alloc::string::String::from_utf8(value.into_vec())
            .map_err(|_| Error::DecodingError("text that is not UTF-8".into()))?;
        Ok((Self(text), rest))
    }
}

fn take_length(bytes: &[u8]) -> Result<(usize, &[u8]), Error> {
    let (head, rest) = bytes.split_first_chunk::<4>().ok_or(Error::EndOfStream)?;
    let length = usize::try_from(u32::from_be_bytes(*head)).map_err(|_| Error::InvalidVectorLength)?;
    Ok((length, rest))
}
