//! Small changes to honest bytes, as the tape says.

use crate::tape::Tape;

/// Changes bytes in one way: a flipped bit, another byte, a cut, an addition, a piece from elsewhere.
pub fn twist(bytes: &mut Vec<u8>, tape: &mut Tape<'_>) {
    let way = tape.byte();
    let at = tape.place(bytes.len());
    match way % 6 {
        0 => flip(bytes, at, 1 << (tape.byte() % 8)),
        1 => flip(bytes, at, tape.byte()),
        2 => bytes.truncate(at),
        3 => bytes.extend_from_slice(tape.chunk()),
        4 => {
            let piece = tape.chunk();
            for (to, from) in bytes.iter_mut().skip(at).zip(piece) {
                *to = *from;
            }
        }
        _ => {
            let from = tape.place(bytes.len());
            let length = usize::from(tape.byte());
            let piece: Vec<u8> = bytes.iter().skip(from).take(length).copied().collect();
            for (to, from) in bytes.iter_mut().skip(at).zip(piece) {
                *to = from;
            }
        }
    }
}

fn flip(bytes: &mut [u8], at: usize, mask: u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= mask;
    }
}
