//! A small generator of repeatable numbers; nothing secret comes from it.

/// SplitMix64: 64 bits of state, every seed a good one (Steele, Lea, Flood 2014).
pub(super) struct Generator(u64);

impl Generator {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Draws 64 bits.
    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Draws a number below `end`, which is at least 1.
    pub(super) const fn below(&mut self, end: u64) -> u64 {
        let end = if end == 0 { 1 } else { end };
        self.next() % end
    }

    /// Draws one of `choices`, or the default where there is none.
    pub(super) fn one_of<T: Copy + Default>(&mut self, choices: &[T]) -> T {
        let end = u64::try_from(choices.len()).unwrap_or(u64::MAX);
        let at = usize::try_from(self.below(end)).unwrap_or(0);
        choices.get(at).copied().unwrap_or_default()
    }

    /// Draws `length` bytes.
    pub(super) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length.saturating_add(8));
        while bytes.len() < length {
            bytes.extend_from_slice(&self.next().to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::Generator;

    #[test]
    fn it_gives_the_published_numbers() {
        let mut generator = Generator::new(1_234_567);
        assert_eq!(generator.next(), 6_457_827_717_110_365_317);
        assert_eq!(generator.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn bytes_have_the_length_asked_for() {
        let mut generator = Generator::new(0);
        assert_eq!(generator.bytes(0).len(), 0);
        assert_eq!(generator.bytes(13).len(), 13);
    }
}
