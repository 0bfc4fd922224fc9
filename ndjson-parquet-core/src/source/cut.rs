//! Cuts a stream into the same ranges that random access would give; see `range` for the rule.

use memchr::memchr;

/// Tells which range of `range_bytes` owns which bytes of a stream that arrives in chunks.
///
/// Holds no data: a chunk goes out as it came in, or in as many parts as ranges own parts of it.
pub(crate) struct StreamCutter {
    range_bytes: u64,
    /// Offset in the stream of the next chunk.
    position: u64,
    /// The range that owns the byte at `position`.
    range: u64,
}

/// Bytes of one range. The range is complete when a piece of a later one comes, or at the end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// `k` for the range `[k * range_bytes, (k + 1) * range_bytes)`; never falls from piece to piece
    /// and jumps over ranges that own nothing.
    pub(crate) range: u64,
    /// Offset of the first byte in the stream.
    pub(crate) offset: u64,
    /// Never empty.
    pub(crate) bytes: Vec<u8>,
}

impl StreamCutter {
    /// Ranges of `range_bytes`, which is at least 1.
    pub(crate) fn new(range_bytes: u64) -> Self {
        Self { range_bytes: range_bytes.max(1), position: 0, range: 0 }
    }

    /// Gives the next chunk of the stream to the ranges that own it.
    pub(crate) fn push(&mut self, mut chunk: Vec<u8>) -> Vec<Piece> {
        let mut pieces = Vec::with_capacity(1);
        while let Some(cut) = self.next_cut(&chunk) {
            let rest = chunk.split_off(cut);
            self.emit(chunk, &mut pieces);
            self.range = self.position / self.range_bytes;
            chunk = rest;
        }
        self.emit(chunk, &mut pieces);
        pieces
    }

    /// Where in `chunk`, the bytes from `position` on, the present range ends.
    fn next_cut(&self, chunk: &[u8]) -> Option<usize> {
        let boundary = (self.range + 1).saturating_mul(self.range_bytes);
        // A line that crosses the boundary may have begun many chunks ago.
        let from = usize::try_from((boundary - 1).saturating_sub(self.position)).ok()?;
        let line_end = memchr(b'\n', chunk.get(from..)?)?;
        Some(from + line_end + 1)
    }

    fn emit(&mut self, bytes: Vec<u8>, pieces: &mut Vec<Piece>) {
        if bytes.is_empty() {
            return;
        }
        let offset = self.position;
        self.position += bytes.len() as u64;
        pieces.push(Piece { range: self.range, offset, bytes });
    }
}
