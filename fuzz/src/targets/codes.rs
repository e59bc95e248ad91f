//! Recovery codes, as somebody types them from paper.
//!
//! The first byte chooses: any text, which reads as a code that differs from it in as many characters as is said; or
//! a code that the rest damages, which is mended as far as the page promises. Mending searches, which is slow.

use crate::tape::Tape;
use strongroom_client::{RECOVERY_CODE_CHARACTERS, RecoveryCode, RecoveryCodeError};
use strongroom_crypto::ChaChaRng;

/// Twice the wrong characters and once those that cannot be read, up to which a code is mended for certain.
const CERTAIN_MAX: usize = 4;
/// The same, up to which there are codes to be tried.
const POSSIBLE_MAX: usize = 6;
const DAMAGES_MAX: usize = 6;

/// Checks one input.
pub fn run(bytes: &[u8]) {
    let Some((chosen, rest)) = bytes.split_first() else { return };
    if chosen % 2 == 0 { typed(rest) } else { damaged(rest) }
}

/// Reads any text: what comes out is a code that reads as itself, and was told truly how it differs.
fn typed(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let plain = meant(text);
    match RecoveryCode::read(text) {
        Ok(reading) => {
            assert_eq!(plain.len(), RECOVERY_CODE_CHARACTERS);
            let Some(code) = reading.code() else { return };
            let own = meant(&code.to_text());
            let differing = own.iter().zip(&plain).filter(|(one, other)| one != other).count();
            assert_eq!(reading.mended(), differing, "another number of characters was mended");
            assert_reads_as_itself(code);
        }
        Err(RecoveryCodeError::Length(length)) => {
            assert!(length == plain.len() && length != RECOVERY_CODE_CHARACTERS);
        }
        Err(RecoveryCodeError::Character(place)) => assert!((1..=plain.len()).contains(&place)),
        Err(_) => assert_eq!(plain.len(), RECOVERY_CODE_CHARACTERS),
    }
}

/// Damages a code: what can be mended for certain is, and what little more is damaged leaves codes to be tried.
fn damaged(bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    let code = RecoveryCode::random(&mut ChaChaRng::from_seed([tape.byte(); 32]));
    let own = meant(&code.to_text());
    let mut typed = own.clone();
    for _ in 0..usize::from(tape.byte()) % (DAMAGES_MAX + 1) {
        let place = tape.place(typed.len());
        typed[place] = match tape.byte() % 33 {
            32 => '?',
            drawn => own[usize::from(drawn)],
        };
    }
    let places = || own.iter().zip(&typed).filter(|(one, other)| one != other);
    let unreadable = places().filter(|(_, other)| **other == '?').count();
    let damage = 2 * places().count() - unreadable;
    let text: String = typed.iter().collect();
    match RecoveryCode::read(&text) {
        Ok(reading) if damage <= CERTAIN_MAX => {
            let read = reading.code().expect("one code").to_text();
            assert!(*read == *code.to_text(), "another code came out");
            assert_eq!(reading.mended(), places().count());
        }
        Ok(_) => {}
        // A nearer code of another version is nobody's, and is not told from this one by anything but the version.
        Err(error) => {
            assert!(damage > POSSIBLE_MAX || error == RecoveryCodeError::Version, "{error}: {damage}")
        }
    }
}

fn assert_reads_as_itself(code: &RecoveryCode) {
    let text = code.to_text();
    let again = RecoveryCode::read(&text).expect("its own text");
    assert!(again.mended() == 0 && again.code().is_some_and(|again| *again.to_text() == *text));
}

/// The characters that count, told once more: no spaces, no hyphens, upper case, and what looks alike is one.
fn meant(text: &str) -> Vec<char> {
    let counts = |c: &char| !c.is_whitespace() && *c != '-';
    let meant = |c: char| match c.to_ascii_uppercase() {
        'B' => '8',
        'G' => 'C',
        'I' => '1',
        'O' => '0',
        other => other,
    };
    text.chars().filter(counts).map(meant).collect()
}
