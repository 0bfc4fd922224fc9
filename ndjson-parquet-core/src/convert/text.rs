//! The text of one unit, block by block: ranges and streams look the same from here.

use std::cell::Cell;
use std::io::{self, Read};

use memchr::memrchr;

use super::feed::{Data, Piece, Unit};
use crate::error::{Error, Result};
use crate::lines::{Item, LineBlocks, LineBlocksOptions};
use crate::source::{RangeReader, Source, into_error};

/// Where the items that follow come from.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    /// Index of the source.
    pub(super) source: usize,
    /// Offset in the source of the text that items count their offsets from.
    pub(super) offset: u64,
}

/// Reads the pieces of `unit` and hands each block or over-long line to `take`, until that fails.
///
/// Before it reads on in a line of [`LONG_BLOCK_BYTES`] it asks `long_line`, which may wait until
/// there is memory for it; false ends the reading.
///
/// Memory: one block of lines, and the chunks that wait in the unit.
pub(super) fn read_unit<E>(
    unit: &Unit,
    sources: &[Source],
    options: LineBlocksOptions,
    mut take: impl FnMut(Origin, Item<'_>) -> Result<(), E>,
    fail: impl Fn(Error) -> E,
    long_line: &dyn Fn() -> bool,
) -> Result<(), E> {
    let mut waiting = None;
    while let Some(piece) = waiting.take().or_else(|| unit.pieces.recv().ok()) {
        let source = piece.source;
        let broken = |error| fail(into_error(sources[source].name(), error));
        let start = Cell::new(0);
        match piece.data {
            Data::Failed(error) => return Err(fail(error)),
            Data::Range { reader, size, start: from, end } => {
                let range = RangeReader::new(reader, size, from, end);
                let text = Gated::new(RangeText { range, start: &start }, long_line);
                let mut lines = LineBlocks::new(text, options);
                while let Some(item) = lines.next_block().map_err(broken)? {
                    take(Origin { source, offset: start.get() }, item)?;
                }
            }
            Data::Chunk { offset, bytes } => {
                let mut failure = None;
                let text = ChunkText {
                    unit,
                    source,
                    bytes,
                    given: 0,
                    waiting: &mut waiting,
                    failure: &mut failure,
                };
                let mut lines = LineBlocks::new(Gated::new(text, long_line), options);
                let ended = loop {
                    match lines.next_block() {
                        Ok(Some(item)) => take(Origin { source, offset }, item)?,
                        Ok(None) => break Ok(()),
                        Err(error) => break Err(error),
                    }
                };
                drop(lines);
                if let Some(error) = failure {
                    return Err(fail(error));
                }
                ended.map_err(broken)?;
            }
        }
    }
    Ok(())
}

/// Size from which a line gets special care to keep memory bounded: lines are rarely that long, and
/// as many of this size as there are threads do not matter.
pub(super) const LONG_BLOCK_BYTES: usize = 8 << 20;

/// Asks before it reads on in a long line.
struct Gated<'a, R> {
    text: R,
    /// Bytes since the last LF.
    line_bytes: usize,
    long_line: &'a dyn Fn() -> bool,
}

impl<'a, R: Read> Gated<'a, R> {
    fn new(text: R, long_line: &'a dyn Fn() -> bool) -> Self {
        Self { text, line_bytes: 0, long_line }
    }
}

impl<R: Read> Read for Gated<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.line_bytes >= LONG_BLOCK_BYTES / 2 && !(self.long_line)() {
            // The pass has failed, so nobody will see this.
            return Err(io::ErrorKind::Other.into());
        }
        let read = self.text.read(buffer)?;
        self.line_bytes = match memrchr(b'\n', buffer.get(..read).unwrap_or_default()) {
            Some(line_end) => read - line_end - 1,
            None => self.line_bytes + read,
        };
        Ok(read)
    }
}

/// A range that tells where its first owned byte stands as soon as it is known.
struct RangeText<'a> {
    range: RangeReader,
    start: &'a Cell<u64>,
}

impl Read for RangeText<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.range.read(buffer)?;
        if let Some(offset) = self.range.start_offset() {
            self.start.set(offset);
        }
        Ok(read)
    }
}

/// The chunks of one source that follow each other in a unit, as one text.
struct ChunkText<'a> {
    unit: &'a Unit,
    source: usize,
    bytes: Vec<u8>,
    given: usize,
    /// Set to the piece after the text.
    waiting: &'a mut Option<Piece>,
    failure: &'a mut Option<Error>,
}

impl Read for ChunkText<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.bytes.len() {
            if self.waiting.is_some() {
                return Ok(0);
            }
            match self.unit.pieces.recv() {
                Ok(Piece { source, data: Data::Chunk { bytes, .. } }) if source == self.source => {
                    self.bytes = bytes;
                    self.given = 0;
                }
                Ok(Piece { data: Data::Failed(error), .. }) => {
                    *self.failure = Some(error);
                    return Err(io::ErrorKind::Other.into());
                }
                Ok(piece) => *self.waiting = Some(piece),
                Err(_) => return Ok(0),
            }
        }
        let length = buffer.len().min(self.bytes.len() - self.given);
        buffer[..length].copy_from_slice(&self.bytes[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}
