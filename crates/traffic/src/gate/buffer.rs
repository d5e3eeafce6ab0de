//! A bounded buffer between two sockets, with a line in it up to which bytes may go on.

/// Enough for a segment of loopback or a few of a network; two per connection are all the memory it takes.
const SIZE: usize = 16 * 1024;

/// Bytes that were read and not yet written: first those that may go on, then those that may not yet.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Box<[u8]>,
    start: usize,
    line: usize,
    end: usize,
}

impl Buffer {
    /// A buffer that begins with bytes that may not go on yet; no more than fit.
    pub(super) fn with(bytes: &[u8]) -> Self {
        let mut buffer = Self {
            bytes: vec![0; SIZE].into_boxed_slice(),
            start: 0,
            line: 0,
            end: bytes.len(),
        };
        buffer.bytes[..bytes.len()].copy_from_slice(bytes);
        buffer
    }

    /// Where bytes can be read to; empty when full.
    pub(super) fn room(&mut self) -> &mut [u8] {
        &mut self.bytes[self.end..]
    }

    pub(super) fn has_room(&self) -> bool {
        self.end < SIZE
    }

    /// So many bytes have been read into the room.
    pub(super) fn filled(&mut self, count: usize) {
        self.end += count;
    }

    /// The bytes that may not go on yet.
    pub(super) fn stopped(&self) -> &[u8] {
        &self.bytes[self.line..self.end]
    }

    /// So many of the stopped bytes may go on.
    pub(super) fn pass(&mut self, count: usize) {
        self.line += count;
    }

    /// The bytes that may go on.
    pub(super) fn passed(&self) -> &[u8] {
        &self.bytes[self.start..self.line]
    }

    /// So many of them have gone.
    pub(super) fn sent(&mut self, count: usize) {
        self.start += count;
        if self.start == self.end {
            (self.start, self.line, self.end) = (0, 0, 0);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }
}
