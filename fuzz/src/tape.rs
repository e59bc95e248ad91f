//! The fuzzer's bytes, read from the front; an end reads as zeros.

/// What is left of an input.
pub struct Tape<'a>(&'a [u8]);

impl<'a> Tape<'a> {
    /// Takes an input.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One byte.
    pub fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    /// Two bytes, big-endian.
    pub fn two(&mut self) -> u16 {
        u16::from_be_bytes(self.array())
    }

    /// Eight bytes, big-endian.
    pub fn eight(&mut self) -> u64 {
        u64::from_be_bytes(self.array())
    }

    /// `N` bytes, filled with zeros.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let taken = self.take(N);
        array[..taken.len()].copy_from_slice(taken);
        array
    }

    /// At most `length` bytes.
    pub fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// As many bytes as the next two say.
    pub fn chunk(&mut self) -> &'a [u8] {
        let length = usize::from(self.two());
        self.take(length)
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.0)
    }

    /// A place among `count`; zero where there is none.
    pub fn place(&mut self, count: usize) -> usize {
        usize::from(self.two()) % count.max(1)
    }
}
