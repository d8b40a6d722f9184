//! What do these bytes choose? Takes a fuzzer's bytes for dice, so that made-up rows, documents and damages grow with what it learns.

/// Bytes that are used up one after the other; behind their end all choices are the first.
#[derive(Debug)]
pub(crate) struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// One of so many, from 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let wide = usize::from(self.byte());
        let wide = if count > 256 { wide << 8 | usize::from(self.byte()) } else { wide };
        wide % count.max(1)
    }

    pub(crate) fn number(&mut self) -> u64 {
        let length = 1 + self.below(8);
        (0..length).fold(0, |number, _| number << 8 | u64::from(self.byte()))
    }

    /// A few bytes as they are.
    pub(crate) fn bytes(&mut self, most: usize) -> &'a [u8] {
        let count = self.below(most + 1).min(self.0.len());
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    /// A few bytes as text.
    pub(crate) fn text(&mut self, most: usize) -> String {
        String::from_utf8_lossy(self.bytes(most)).into_owned()
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.0
    }
}
