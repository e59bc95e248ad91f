//! An HSM that leads, and answers whatever it is asked with something that only this very request gets.

use std::{
    io::{self, BufReader, BufWriter, Read, Write},
    os::{fd::AsFd, unix::net::UnixStream},
};
use strongroom_protocol::{
    bytes::{Bytes, List, Text},
    decode, encode,
    frame::{AnswerFrame, AnswerFrameBody, Unreadable},
    ids::{Digest, Era, FleetId, LogIndex, NodeNumber, Term, Version},
    limits::{EXCHANGE_BYTES_MAX, FRAME_BYTES_MAX},
    pipe::{Counters, HostMessage, HsmMessage, HsmStatus, Role, ToClient},
};
use strongroom_trust::text_digest;

/// The fleet that it says it belongs to.
pub const FLEET: FleetId = FleetId::new([0xf1; 32]);

/// Plays the HSM, if this process was started as one, and ends the process when its host is gone.
pub fn play_if_asked() {
    if std::env::args().nth(1).as_deref() == Some("--platform") {
        // It ends when its host has gone, however that looks from here.
        let _ = play();
        std::process::exit(0);
    }
}

/// Plays the HSM on the socket that a host gives as standard input.
///
/// # Errors
/// The socket failed, or the host is gone.
pub fn play() -> io::Result<()> {
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let (mut reading, mut writing) = (BufReader::new(socket.try_clone()?), BufWriter::new(socket));
    loop {
        let answer = match hear(&mut reading)? {
            HostMessage::Report => HsmMessage::Status(status()),
            HostMessage::Client(from) => {
                HsmMessage::Answer(ToClient { id: from.id, frame: answer_to(from.frame.as_slice()) })
            }
            _ => continue,
        };
        let body = encode(&answer);
        let length = u32::try_from(body.len()).map_err(io::Error::other)?;
        writing.write_all(&length.to_be_bytes())?;
        writing.write_all(&body)?;
        writing.flush()?;
    }
}

fn hear(reading: &mut impl Read) -> io::Result<HostMessage> {
    let mut length = [0; 4];
    reading.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
    if length > FRAME_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length];
    reading.read_exact(&mut body)?;
    decode(&body).map_err(|cause| io::Error::other(cause.to_string()))
}

/// What a request is answered with; another request gets another answer.
pub fn answer_to(request: &[u8]) -> Bytes<EXCHANGE_BYTES_MAX> {
    let digest = text_digest(&strongroom_protocol::ids::hex(request));
    let body = match request.last().map(|byte| byte % 8) {
        Some(0) => AnswerFrameBody::Unreadable(Unreadable::Busy),
        Some(1) => AnswerFrameBody::Sealed(Bytes::new(digest.as_bytes().repeat(250)).unwrap_or_default()),
        _ => AnswerFrameBody::Sealed(Bytes::new(digest.as_bytes().to_vec()).unwrap_or_default()),
    };
    Bytes::new(encode(&AnswerFrame::new(body))).unwrap_or_default()
}

fn status() -> HsmStatus {
    HsmStatus {
        version: Version,
        node: NodeNumber(1),
        fleet: FLEET,
        role: Role::Leader,
        reason: Text::shortened(""),
        term: Term(3),
        leader: NodeNumber(1),
        last: LogIndex(9),
        committed: LogIndex(8),
        applied: LogIndex(7),
        checkpoint: LogIndex(1),
        era: Era(2),
        vaults: 5,
        root: Digest::new([7; 32]),
        boot: 1,
        sessions: List::default(),
        counters: Counters::default(),
    }
}
