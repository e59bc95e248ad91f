//! Finds the codes that a damaged word may have been.
//!
//! The code's distance is five, so a word with *e* wrong and *s* unreadable symbols has one code at most where
//! 2e + s ≤ 4. Where there is none, those with 2e + s ≤ 6 are few, and each may be tried.

use super::{
    CHECKS, RECOVERY_CODE_CHARACTERS, Symbols,
    checks::{Remainder, columns, remainder},
    field::{inverse, multiply},
};
use zeroize::Zeroizing;

/// 2e + s up to which there is one code at most.
const CERTAIN_MAX: usize = 4;
/// 2e + s up to which codes are looked for.
const POSSIBLE_MAX: usize = 6;
/// Codes that are tried at most.
const CANDIDATES_MAX: usize = 64;

/// What a word may have been.
pub(super) struct Mended {
    /// The codes, one where it is certain.
    pub(super) words: Vec<Zeroizing<Symbols>>,
    /// Symbols that were wrong or unreadable, in each of them.
    pub(super) changes: usize,
    /// Whether there is no other code as near.
    pub(super) is_certain: bool,
}

/// Finds the nearest codes; none, where the damage is too great.
pub(super) fn mend(symbols: &Symbols, unreadable: &[bool; RECOVERY_CODE_CHARACTERS]) -> Mended {
    let erased: Vec<usize> =
        unreadable.iter().enumerate().filter(|(_, is)| **is).map(|(place, _)| place).collect();
    let mut mended = Mended { words: Vec::new(), changes: erased.len(), is_certain: false };
    if erased.len() > CHECKS {
        return mended;
    }
    let mut search = Search {
        symbols,
        left: remainder(symbols),
        columns: columns(),
        places: erased.clone(),
        found: Vec::new(),
    };
    for wrong in 0..=POSSIBLE_MAX.saturating_sub(erased.len()) / 2 {
        search.choose(wrong, 0, &erased);
        mended.changes = wrong.saturating_add(erased.len());
        mended.is_certain = wrong.saturating_add(mended.changes) <= CERTAIN_MAX;
        if mended.is_certain && !search.found.is_empty() {
            break;
        }
    }
    mended.words = search.found;
    mended
}

/// A search through all sets of places that may be wrong.
struct Search<'a> {
    symbols: &'a Symbols,
    left: Remainder,
    columns: [Remainder; RECOVERY_CODE_CHARACTERS],
    /// Unreadable places, and then those that are taken for wrong.
    places: Vec<usize>,
    found: Vec<Zeroizing<Symbols>>,
}

impl Search<'_> {
    /// Takes so many more places from `from` on for wrong, in every way.
    fn choose(&mut self, more: usize, from: usize, erased: &[usize]) {
        if more == 0 {
            return self.look(erased.len());
        }
        for place in (from..RECOVERY_CODE_CHARACTERS).filter(|place| !erased.contains(place)) {
            self.places.push(place);
            self.choose(more.saturating_sub(1), place.saturating_add(1), erased);
            self.places.pop();
        }
    }

    /// Looks whether changes at these places alone make a code.
    fn look(&mut self, erased: usize) {
        let columns: Vec<Remainder> =
            self.places.iter().filter_map(|place| self.columns.get(*place).copied()).collect();
        let Some(values) = combination(&columns, self.left) else { return };
        // A place taken for wrong that needs no change belongs to a smaller set.
        let mut values_of_wrong = values.iter().take(self.places.len()).skip(erased);
        if values_of_wrong.any(|value| *value == 0) || self.found.len() >= CANDIDATES_MAX {
            return;
        }
        let mut word = Zeroizing::new(*self.symbols);
        for (place, value) in self.places.iter().zip(values) {
            if let Some(symbol) = word.get_mut(*place) {
                *symbol ^= value;
            }
        }
        self.found.push(word);
    }
}

/// A vector, and how it is combined from the columns.
#[derive(Clone, Copy)]
struct Combined {
    vector: Remainder,
    values: [u8; CHECKS],
}

impl Combined {
    fn add(&mut self, other: &Self, times: u8) {
        let (vector, values) =
            (self.vector.iter_mut().zip(other.vector), self.values.iter_mut().zip(other.values));
        vector.chain(values).for_each(|(out, value)| *out ^= multiply(value, times));
    }

    fn at(&self, place: usize) -> u8 {
        self.vector.get(place).copied().unwrap_or(0)
    }

    /// Takes off what the vectors before it account for.
    fn reduce(&mut self, basis: &[(usize, Self)]) {
        for (pivot, vector) in basis {
            let times = self.at(*pivot);
            self.add(vector, times);
        }
    }
}

/// Values by which the columns, at most five, add up to the target; nothing where there are none, or many.
fn combination(columns: &[Remainder], target: Remainder) -> Option<[u8; CHECKS]> {
    let mut basis: Vec<(usize, Combined)> = Vec::with_capacity(CHECKS);
    for (number, column) in columns.iter().enumerate() {
        let mut values = [0; CHECKS];
        *values.get_mut(number)? = 1;
        let mut next = Combined { vector: *column, values };
        next.reduce(&basis);
        let pivot = next.vector.iter().position(|value| *value != 0)?;
        let mut scaled = Combined { vector: [0; CHECKS], values: [0; CHECKS] };
        scaled.add(&next, inverse(next.at(pivot)));
        basis.push((pivot, scaled));
    }
    let mut rest = Combined { vector: target, values: [0; CHECKS] };
    rest.reduce(&basis);
    rest.vector.iter().all(|value| *value == 0).then_some(rest.values)
}
