//! A frame of the pipe: a 32-bit length and one message. Page: `docs/spec/pipe.md`.

use std::io::{self, Read, Write};
use strongroom_protocol::{Wire, decode, encode, limits::FRAME_BYTES_MAX};

/// Why a frame could not be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    /// The other side is gone.
    #[error("the socket is closed")]
    Closed,
    /// The socket failed.
    #[error("the socket failed: {0}")]
    Socket(#[from] io::Error),
    /// The frame is longer than any may be.
    #[error("a frame of {0} bytes, where at most {FRAME_BYTES_MAX} may come")]
    TooLong(usize),
    /// The frame is no message.
    #[error("a frame that does not decode: {0}")]
    Malformed(#[from] strongroom_protocol::DecodeError),
}

/// Reads one message; nothing is allocated beyond what has come.
pub(crate) fn read<T: Wire>(input: &mut impl Read) -> Result<T, FrameError> {
    let mut head = [0; 4];
    match input.read_exact(&mut head) {
        Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => return Err(FrameError::Closed),
        read => read?,
    }
    let length = u32::from_be_bytes(head);
    let bytes = usize::try_from(length).unwrap_or(usize::MAX);
    if bytes > FRAME_BYTES_MAX {
        return Err(FrameError::TooLong(bytes));
    }
    let mut body = Vec::new();
    input.take(u64::from(length)).read_to_end(&mut body)?;
    if body.len() < bytes {
        return Err(FrameError::Closed);
    }
    Ok(decode(&body)?)
}

/// A message as it goes over the pipe; nothing where it is longer than a frame may be.
pub(crate) fn framed<T: Wire>(message: &T) -> Option<Vec<u8>> {
    let body = encode(message);
    let length =
        u32::try_from(body.len()).ok().filter(|_| !body.is_empty() && body.len() <= FRAME_BYTES_MAX)?;
    let mut frame = Vec::with_capacity(4 + body.len());
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&body);
    Some(frame)
}

/// Writes one message without flushing it.
pub(crate) fn write<T: Wire>(output: &mut impl Write, message: &T) -> io::Result<()> {
    let frame = framed(message).ok_or(io::ErrorKind::InvalidInput)?;
    output.write_all(&frame)
}
