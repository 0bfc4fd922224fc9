//! Cuts a stream of bytes into blocks of whole lines, with padding behind them for the decoder's
//! wide loads. Takes any `Read`, gives [`Item`]s; does not look into lines.
//!
//! The sequence of items is a function of the bytes and the options only: a block is filled to its
//! full size before it is cut at its last LF, however the bytes arrive.

#[cfg(test)]
mod tests;

use std::io::{self, Read};

use memchr::{memchr, memrchr};

use crate::options::DEFAULT_MAX_LINE_BYTES;
use crate::source::checked_read;

/// Bytes of a block: fits in the L2 cache of every current server with room for the columns.
pub(crate) const DEFAULT_BLOCK_BYTES: usize = 256 << 10;

/// Bytes of LF behind every block: two of the widest loads.
pub(crate) const BLOCK_PADDING: usize = 128;

/// How a stream is cut into blocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineBlocksOptions {
    /// Size of a block, unless one line is longer. Not more than `max_line_bytes` is used, so that no
    /// line within a block of this size can be over the limit.
    pub(crate) block_bytes: usize,
    /// Longest line, without its LF or CRLF.
    pub(crate) max_line_bytes: usize,
}

impl Default for LineBlocksOptions {
    fn default() -> Self {
        Self { block_bytes: DEFAULT_BLOCK_BYTES, max_line_bytes: DEFAULT_MAX_LINE_BYTES }
    }
}

/// What comes next in a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item<'a> {
    Block(Block<'a>),
    LongLine(LongLine),
}

/// Whole lines.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    /// `length` bytes of lines, each ended by LF, then [`BLOCK_PADDING`] bytes of LF.
    pub(crate) bytes: &'a [u8],
    /// Bytes of the lines; never 0.
    pub(crate) length: usize,
    /// Offset of the first byte in the reader's stream.
    pub(crate) offset: u64,
    /// The last LF is not in the stream: it ended without one.
    pub(crate) synthetic_end: bool,
}

impl Block<'_> {
    /// The lines without the padding.
    #[cfg(test)]
    pub(crate) fn lines(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Bytes of the stream that the block stands for.
    pub(crate) fn stream_bytes(&self) -> u64 {
        self.length as u64 - u64::from(self.synthetic_end)
    }
}

/// A line over the limit, which was read and thrown away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LongLine {
    /// Offset of the first byte in the reader's stream.
    pub(crate) offset: u64,
    /// Bytes without the line end.
    pub(crate) length: u64,
    /// Bytes of the line end: 1 for LF, 2 for CRLF, one less where the stream lacks the LF.
    pub(crate) end_bytes: u8,
    /// The line has nothing but spaces, tabs and CRs.
    pub(crate) blank: bool,
    /// The line has an LF.
    pub(crate) terminated: bool,
}

/// Reads blocks of lines into one buffer that is used again for each.
///
/// The buffer has about `block_bytes`. It grows for a longer line, to about `max_line_bytes` at most,
/// and shrinks when [`KEEP_GROWN`] blocks in a row have not needed it, above [`MOST_KEPT`] at once.
pub(crate) struct LineBlocks<R> {
    source: R,
    block_bytes: usize,
    max_line_bytes: usize,
    buffer: Vec<u8>,
    /// Bytes in the buffer that were read.
    filled: usize,
    /// Of these, bytes known to have no LF.
    searched: usize,
    /// Bytes of the block that is out; they are dropped before the next one is read.
    given: usize,
    /// What the padding of that block has overwritten.
    covered: [u8; BLOCK_PADDING],
    /// Offset of the buffer's first byte in the stream.
    offset: u64,
    ended: bool,
    /// Blocks since the buffer was last needed at its present size.
    small_blocks: u32,
}

impl<R: Read> LineBlocks<R> {
    pub(crate) fn new(source: R, options: LineBlocksOptions) -> Self {
        let max_line_bytes = options.max_line_bytes.max(1);
        Self {
            source,
            block_bytes: options.block_bytes.clamp(1, max_line_bytes),
            max_line_bytes,
            buffer: Vec::new(),
            filled: 0,
            searched: 0,
            given: 0,
            covered: [b'\n'; BLOCK_PADDING],
            offset: 0,
            ended: false,
            small_blocks: 0,
        }
    }

    /// Bytes of the stream in all items so far.
    #[cfg(test)]
    pub(crate) fn bytes_given(&self) -> u64 {
        self.offset + self.given.min(self.filled) as u64
    }

    /// The next block or over-long line; `None` at the end. After an error the stream is of no use.
    pub(crate) fn next_block(&mut self) -> io::Result<Option<Item<'_>>> {
        self.drop_given();
        let longest = self.max_line_bytes.saturating_add(2);
        let mut target = self.block_bytes;
        loop {
            while target < longest && target <= self.searched {
                target = target.saturating_mul(2).min(longest);
            }
            self.fill(target)?;
            let last_end = memrchr(b'\n', &self.buffer[self.searched..self.filled])
                .map(|found| self.searched + found);
            if let Some(last_end) = last_end {
                if self.first_line_is_long(last_end) {
                    return self.discard_line().map(|line| Some(Item::LongLine(line)));
                }
                let length = if self.ended { self.filled } else { last_end + 1 };
                return Ok(Some(Item::Block(self.give(length))));
            }
            self.searched = self.filled;
            if self.ended && self.filled == 0 {
                return Ok(None);
            }
            if self.filled >= longest || (self.ended && self.rest_is_long()) {
                return self.discard_line().map(|line| Some(Item::LongLine(line)));
            }
            if self.ended {
                return Ok(Some(Item::Block(self.give(self.filled))));
            }
        }
    }

    /// Whether the line that ends at `line_end` is over the limit.
    ///
    /// It can only be the first of the buffer: a block of `block_bytes` has room for none over the
    /// limit, and a grown buffer, of at most `max_line_bytes + 2`, for none but its first.
    fn first_line_is_long(&self, line_end: usize) -> bool {
        line_end == self.max_line_bytes.saturating_add(1)
            && memchr(b'\n', &self.buffer[self.searched..line_end]).is_none()
            && self.buffer[line_end - 1] != b'\r'
    }

    /// Whether the buffer's last line, which has no LF and is all there is, is over the limit.
    fn rest_is_long(&self) -> bool {
        let line_end = usize::from(self.buffer[self.filled - 1] == b'\r');
        self.filled - line_end > self.max_line_bytes
    }

    /// Hands out the first `length` bytes, with an LF if they lack one, and padding.
    fn give(&mut self, length: usize) -> Block<'_> {
        let synthetic_end = self.buffer[length - 1] != b'\n';
        let given = length + usize::from(synthetic_end);
        self.covered.copy_from_slice(&self.buffer[given..given + BLOCK_PADDING]);
        self.buffer[length..given + BLOCK_PADDING].fill(b'\n');
        self.given = given;
        Block {
            bytes: &self.buffer[..given + BLOCK_PADDING],
            length: given,
            offset: self.offset,
            synthetic_end,
        }
    }

    /// Makes room where the last block was: the begun line behind it moves to the front.
    fn drop_given(&mut self) {
        if self.given == 0 {
            return;
        }
        self.buffer[self.given..self.given + BLOCK_PADDING].copy_from_slice(&self.covered);
        let dropped = self.given.min(self.filled);
        self.buffer.copy_within(dropped..self.filled, 0);
        self.small_blocks = if self.filled > self.block_bytes { 0 } else { self.small_blocks + 1 };
        self.filled -= dropped;
        self.offset += dropped as u64;
        self.searched = self.filled;
        self.given = 0;
        let is_due = self.small_blocks >= KEEP_GROWN || self.buffer.len() > MOST_KEPT;
        if is_due && self.filled <= self.block_bytes {
            self.shrink();
        }
    }

    fn shrink(&mut self) {
        self.small_blocks = 0;
        let usual = buffer_bytes(self.block_bytes);
        if self.buffer.len() > usual {
            self.buffer.truncate(usual);
            self.buffer.shrink_to_fit();
        }
    }

    /// Reads until `target` bytes are in the buffer or the stream ends.
    fn fill(&mut self, target: usize) -> io::Result<()> {
        self.grow(buffer_bytes(target))?;
        while self.filled < target && !self.ended {
            let room = target - self.filled;
            match self.source.read(&mut self.buffer[self.filled..target]) {
                Ok(0) => self.ended = true,
                Ok(taken) => self.filled += checked_read(taken, room)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn grow(&mut self, length: usize) -> io::Result<()> {
        if length > self.buffer.len() {
            self.buffer
                .try_reserve_exact(length - self.buffer.len())
                .map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
            self.buffer.resize(length, b'\n');
        }
        Ok(())
    }

    /// Drops the first line, of which the buffer has the beginning or all, reading on to its end.
    fn discard_line(&mut self) -> io::Result<LongLine> {
        let offset = self.offset;
        let mut blank = true;
        let mut last = 0;
        loop {
            let line_end = memchr(b'\n', &self.buffer[..self.filled]);
            let of_line = line_end.unwrap_or(self.filled);
            blank = blank && self.buffer[..of_line].iter().all(|byte| is_blank(*byte));
            last = self.buffer[..of_line].last().copied().unwrap_or(last);
            let dropped = of_line + usize::from(line_end.is_some());
            self.buffer.copy_within(dropped..self.filled, 0);
            self.filled -= dropped;
            self.searched = 0;
            self.offset += dropped as u64;
            let terminated = line_end.is_some();
            if terminated || (self.ended && self.filled == 0) {
                let end_bytes = u8::from(terminated) + u8::from(last == b'\r');
                let length = self.offset - offset - u64::from(end_bytes);
                return Ok(LongLine { offset, length, end_bytes, blank, terminated });
            }
            self.shrink();
            self.fill(self.block_bytes)?;
        }
    }
}

/// Blanks within a line, by RFC 8259.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

/// Room for `target` bytes, an LF that the stream lacks, and the padding.
fn buffer_bytes(target: usize) -> usize {
    target.saturating_add(1 + BLOCK_PADDING)
}

/// A source with many long lines would otherwise grow and shrink the buffer for each of them.
const KEEP_GROWN: u32 = 8;
/// A larger buffer is given up at once: others need the memory to encode what was in it.
const MOST_KEPT: usize = 8 << 20;
