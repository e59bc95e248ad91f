//! What two hosts say to each other over a link. Page: `docs/spec/http.md`.

use std::io;
use strongroom_protocol::{
    Wire,
    bytes::{Bytes, List},
    decode, encode,
    ids::{FleetId, NodeNumber, Version},
    limits::{FRAME_BYTES_MAX, TREE_NODES_PER_MESSAGE_MAX},
    pipe::{NodeVersion, TreeNodes},
};
use tls_codec::{TlsDeserializeBytes, TlsSerializeBytes, TlsSize};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Bytes of a message at most: a frame of an HSM and what stands around it.
const MESSAGE_BYTES_MAX: usize = FRAME_BYTES_MAX + 64;

/// The first message of each side.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub(super) struct LinkHello {
    /// The suite's version.
    pub(super) version: Version,
    /// The fleet.
    pub(super) fleet: FleetId,
    /// The speaker.
    pub(super) from: NodeNumber,
    /// The one spoken to.
    pub(super) to: NodeNumber,
}

/// Asks for versions of tree nodes.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub(super) struct Wanted {
    /// The asker's number for it.
    pub(super) id: u64,
    /// Which.
    pub(super) nodes: List<NodeVersion, TREE_NODES_PER_MESSAGE_MAX>,
}

/// Answers [`Wanted`], in one message or several.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub(super) struct Found {
    /// The number of what is answered.
    pub(super) id: u64,
    /// What was found.
    pub(super) nodes: TreeNodes,
    /// 1 if no more comes for this number.
    pub(super) last: u8,
}

/// A message on a link.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub(super) enum LinkMessage {
    /// Says who speaks; the opener first.
    #[tls_codec(discriminant = 1)]
    Hello(LinkHello),
    /// A frame from the opener's HSM to the other's.
    Frame(Bytes<FRAME_BYTES_MAX>),
    /// Asks whether the other is there.
    Ping,
    /// It is.
    Pong,
    /// Asks for tree nodes.
    Wanted(Wanted),
    /// Tree nodes.
    Found(Found),
}

impl Wire for LinkMessage {
    const NAME: &'static str = "LinkMessage";
}

/// Reads one message; nothing is allocated beyond what has come.
pub(super) async fn read(input: &mut (impl AsyncRead + Unpin)) -> io::Result<LinkMessage> {
    let length = input.read_u32().await?;
    if usize::try_from(length).unwrap_or(usize::MAX) > MESSAGE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a message of {length} bytes")));
    }
    let mut body = Vec::new();
    input.take(u64::from(length)).read_to_end(&mut body).await?;
    if body.len() != usize::try_from(length).unwrap_or(usize::MAX) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    decode(&body).map_err(|cause| io::Error::new(io::ErrorKind::InvalidData, cause.to_string()))
}

/// A message as it goes over a link.
pub(super) fn framed(message: &LinkMessage) -> Vec<u8> {
    let body = encode(message);
    let length = u32::try_from(body.len()).unwrap_or_default();
    let mut frame = length.to_be_bytes().to_vec();
    frame.extend_from_slice(&body);
    frame
}
