//! The five checks: what is left of the code, as a polynomial, when it is divided by the generator.

use super::{CHECKS, RECOVERY_CODE_CHARACTERS, Symbols, field::multiply};

/// x^5 + 23x^4 + 2x^3 + 2x^2 + 23x + 1, without its first term.
const GENERATOR: [u8; CHECKS] = [23, 2, 2, 23, 1];

/// A polynomial of degree four at most, its highest term first.
pub(super) type Remainder = [u8; CHECKS];

/// What is left of a word; zeros for a code.
pub(super) fn remainder(symbols: &[u8]) -> Remainder {
    symbols.iter().fold([0; CHECKS], |left, symbol| step(left, *symbol))
}

/// Multiplies by x, adds a symbol, and takes the generator off.
fn step(left: Remainder, symbol: u8) -> Remainder {
    let [first, second, third, fourth, fifth] = left;
    let mut next = [second, third, fourth, fifth, symbol];
    for (out, term) in next.iter_mut().zip(GENERATOR) {
        *out ^= multiply(first, term);
    }
    next
}

/// What one symbol of value one at each place leaves.
pub(super) fn columns() -> [Remainder; RECOVERY_CODE_CHARACTERS] {
    let mut columns = [[0; CHECKS]; RECOVERY_CODE_CHARACTERS];
    let mut last = [0, 0, 0, 0, 1];
    for column in columns.iter_mut().rev() {
        *column = last;
        last = step(last, 0);
    }
    columns
}

/// Puts the checks behind the other symbols.
pub(super) fn put(symbols: &mut Symbols) {
    let (_, checks) = symbols.split_at_mut(RECOVERY_CODE_CHARACTERS.saturating_sub(CHECKS));
    checks.fill(0);
    let left = remainder(symbols);
    let (_, checks) = symbols.split_at_mut(RECOVERY_CODE_CHARACTERS.saturating_sub(CHECKS));
    checks.copy_from_slice(&left);
}
