//! The push decoder: bytes in, as they come; record batches out.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use crate::decode::block::{BlockDecoder, Outcome};
use crate::error::{BadLine, Error, ErrorKind, Result};
use crate::framing::{check_first_line, is_blank_so_far, start_of_lines};
use crate::json::blank::is_blank;
use crate::json::block::PADDING;
use crate::lines::DEFAULT_BLOCK_BYTES;

/// Decodes bytes as they come.
///
/// Hand bytes to [`decode`](Self::decode) until it takes fewer than it was given, then take the
/// batch with [`flush`](Self::flush); at the end of the input call [`finish`](Self::finish), and
/// `flush` until it gives `None`. Lines may be cut anywhere between two calls.
///
/// Memory: one block of 256 KiB or the longest line, and the rows of one batch.
///
/// ```
/// use std::sync::Arc;
/// use arrow_schema::{DataType, Field, Schema};
/// use ndjson_parquet_core::ReaderBuilder;
///
/// let schema = Schema::new(vec![Field::new("id", DataType::Int64, true)]);
/// let mut decoder = ReaderBuilder::new(Arc::new(schema)).build_decoder()?;
/// decoder.decode(b"{\"id\":1}\n{\"i")?;
/// decoder.decode(b"d\":2}")?;
/// decoder.finish()?;
/// assert_eq!(decoder.flush()?.expect("a batch").num_rows(), 2);
/// assert!(decoder.flush()?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Decoder {
    lines: BlockDecoder,
    max_line_bytes: usize,
    /// Bytes not decoded yet, and room for the padding.
    buffer: Vec<u8>,
    /// Index in `buffer` of the next line to decode, and of the end of the lines in it.
    next: usize,
    whole: usize,
    /// Offset of `buffer[0]` in the input.
    offset: u64,
    started: bool,
    /// The line that is too long to be held, while it goes on.
    long_line: Option<LongLine>,
    failed: bool,
}

/// What became of the lines decoded so far: `lines = rows + blank + rejected`.
///
/// ```
/// use std::sync::Arc;
/// use arrow_schema::{DataType, Field, Schema};
/// use ndjson_parquet_core::{OnError, ReaderBuilder};
///
/// let schema = Schema::new(vec![Field::new("id", DataType::Int64, true)]);
/// let builder = ReaderBuilder::new(Arc::new(schema)).with_on_error(OnError::Skip);
/// let mut decoder = builder.build_decoder()?;
/// decoder.decode(b"{\"id\":1}\n\n{\"id\":\n")?;
/// let counts = decoder.counts();
/// assert_eq!((counts.lines, counts.rows, counts.blank, counts.rejected), (3, 1, 1, 1));
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LineCounts {
    /// Lines, blank ones included.
    pub lines: u64,
    /// Lines that became rows.
    pub rows: u64,
    /// Lines of nothing but white space.
    pub blank: u64,
    /// Lines that became no row, whether quarantined or skipped.
    pub rejected: u64,
}

struct LongLine {
    offset: u64,
    length: u64,
    blank: bool,
    ends_in_cr: bool,
}

impl Decoder {
    pub(crate) fn new(lines: BlockDecoder, max_line_bytes: usize) -> Self {
        Self {
            lines,
            max_line_bytes,
            buffer: Vec::new(),
            next: 0,
            whole: 0,
            offset: 0,
            started: false,
            long_line: None,
            failed: false,
        }
    }

    /// The schema of the batches.
    pub fn schema(&self) -> SchemaRef {
        self.lines.schema()
    }

    /// Decodes `input` and returns how many bytes of it were taken: all of them, or fewer when the
    /// batch is full.
    ///
    /// After an error, [`flush`](Self::flush) gives the rows before it, and nothing more is taken.
    pub fn decode(&mut self, input: &[u8]) -> Result<usize> {
        self.check_failed()?;
        let mut taken = 0;
        while taken < input.len() {
            if self.decode_whole_lines()? {
                return Ok(taken);
            }
            taken += match self.decode_in_place(&input[taken..])? {
                0 => self.take(&input[taken..])?,
                decoded => decoded,
            };
        }
        self.decode_whole_lines()?;
        Ok(taken)
    }

    /// Tells that the input is at its end: a last line without LF becomes a row.
    pub fn finish(&mut self) -> Result<()> {
        self.check_failed()?;
        if let Some(line) = self.long_line.take() {
            return self.end_long_line(line, 0);
        }
        let length = self.buffer.len() - self.whole;
        if length > self.max_line_bytes + usize::from(self.buffer.ends_with(b"\r")) {
            // Then nothing else is in the buffer: a block is not longer than the limit.
            let line = self.begin_long_line();
            return self.end_long_line(line, 0);
        } else if length > 0 {
            self.buffer.push(b'\n');
            self.whole = self.buffer.len();
        }
        Ok(())
    }

    /// The rows decoded so far as a record batch, or `None` if there are none left.
    pub fn flush(&mut self) -> Result<Option<RecordBatch>> {
        self.decode_whole_lines()?;
        self.lines.flush()
    }

    /// What became of the lines decoded so far.
    pub fn counts(&self) -> LineCounts {
        let tally = self.lines.tally();
        LineCounts {
            lines: tally.lines,
            rows: tally.rows,
            blank: tally.blank,
            rejected: tally.rejected,
        }
    }

    /// Whether bytes of a line without its end are held.
    pub fn has_partial_record(&self) -> bool {
        self.buffer.len() > self.whole || self.long_line.is_some()
    }

    /// The lines put into quarantine since the last call; they are held until they are taken.
    pub fn take_rejects(&mut self) -> Vec<BadLine> {
        self.lines.take_rejects()
    }

    /// Decodes whole lines of `input` where they are, if they need nothing that is held; how many
    /// bytes that was.
    fn decode_in_place(&mut self, input: &[u8]) -> Result<usize> {
        let is_clean = self.started && self.long_line.is_none() && self.next == self.buffer.len();
        // No line of a block is longer than the limit. What follows it serves as its padding.
        let block = DEFAULT_BLOCK_BYTES.min(self.max_line_bytes);
        let room = input.len().saturating_sub(PADDING).min(block);
        let Some(end) = memchr::memrchr(b'\n', &input[..room]).filter(|_| is_clean) else {
            return Ok(0);
        };
        self.drop_decoded();
        let whole = end + 1;
        let outcome = self.lines.decode(&input[..whole + PADDING], 0, whole, self.offset, false);
        let decoded = match outcome {
            Outcome::Done => whole,
            Outcome::Full(next) => next,
            Outcome::Misfit(line) | Outcome::Stop(line) => return Err(self.stop(*line)),
        };
        self.offset += decoded as u64;
        Ok(decoded)
    }

    /// Copies bytes of `input` to the buffer: what a begun line lacks, or up to a block.
    fn take(&mut self, input: &[u8]) -> Result<usize> {
        if self.long_line.is_some() {
            return self.pass_over(input);
        }
        self.drop_decoded();
        let held = self.buffer.len();
        // A block has no room for a line over the limit; what grows beyond it is one line.
        let block = DEFAULT_BLOCK_BYTES.min(self.max_line_bytes);
        let room = match held {
            0 => block,
            _ => {
                let line_end = memchr::memchr(b'\n', input).map_or(input.len(), |end| end + 1);
                line_end.min((self.max_line_bytes + 2).saturating_sub(held))
            }
        };
        let length = room.min(input.len());
        self.buffer.extend_from_slice(&input[..length]);
        match memchr::memrchr(b'\n', &self.buffer[held..]) {
            Some(_) if self.holds_long_line() => {
                self.buffer.pop();
                let line = self.begin_long_line();
                self.offset += 1;
                self.end_long_line(line, 1)?;
            }
            Some(end) => self.whole = held + end + 1,
            None if self.buffer.len() > self.max_line_bytes + 1 => {
                self.long_line = Some(self.begin_long_line());
            }
            None => {}
        }
        Ok(length)
    }

    /// Whether the buffer is one line, with its end, that is longer than the limit.
    fn holds_long_line(&self) -> bool {
        self.buffer.len() == self.max_line_bytes + 2
            && self.buffer.ends_with(b"\n")
            && !self.buffer.ends_with(b"\r\n")
            && memchr::memchr(b'\n', &self.buffer) == Some(self.max_line_bytes + 1)
    }

    fn drop_decoded(&mut self) {
        self.buffer.drain(..self.next);
        self.offset += self.next as u64;
        self.whole -= self.next;
        self.next = 0;
    }

    /// Decodes the whole lines in the buffer; true when the batch is full.
    fn decode_whole_lines(&mut self) -> Result<bool> {
        while self.next < self.whole && !self.failed {
            if self.lines.is_full() {
                return Ok(true);
            }
            let (whole, held) = (self.whole, self.buffer.len());
            let padding = [b'\n'; PADDING];
            let mut covered = [0; PADDING];
            self.buffer.resize(held.max(whole + PADDING), b'\n');
            covered.copy_from_slice(&self.buffer[whole..whole + PADDING]);
            self.buffer[whole..whole + PADDING].copy_from_slice(&padding);
            let outcome = self.decode_block();
            self.buffer[whole..whole + PADDING].copy_from_slice(&covered);
            self.buffer.truncate(held);
            match outcome.inspect_err(|_| self.failed = true)? {
                Outcome::Done => self.next = whole,
                Outcome::Full(next) => self.next = next,
                Outcome::Misfit(line) | Outcome::Stop(line) => return Err(self.stop(*line)),
            }
        }
        Ok(self.lines.is_full())
    }

    fn decode_block(&mut self) -> Result<Outcome> {
        let block = &self.buffer[..self.whole + PADDING];
        if !self.started {
            let name = self.lines.source_name();
            if self.offset + self.next as u64 == 0 {
                self.next = start_of_lines(block, self.whole, &name)?;
            } else {
                check_first_line(block, self.next, &name)?;
            }
            self.started = !is_blank_so_far(block, self.next);
        }
        Ok(self.lines.decode(block, self.next, self.whole, self.offset, false))
    }

    /// Drops the line that the buffer holds, except what has to be known of it.
    fn begin_long_line(&mut self) -> LongLine {
        let bytes = std::mem::take(&mut self.buffer);
        let line = LongLine {
            offset: self.offset,
            length: bytes.len() as u64,
            blank: bytes.iter().all(|byte| is_blank(*byte)),
            ends_in_cr: bytes.last() == Some(&b'\r'),
        };
        self.offset += line.length;
        (self.next, self.whole) = (0, 0);
        line
    }

    /// Reads on in a line that is too long, keeping nothing of it.
    fn pass_over(&mut self, input: &[u8]) -> Result<usize> {
        let end = memchr::memchr(b'\n', input);
        let bytes = &input[..end.unwrap_or(input.len())];
        let Some(mut line) = self.long_line.take() else { return Ok(0) };
        line.length += bytes.len() as u64;
        line.blank &= bytes.iter().all(|byte| is_blank(*byte));
        line.ends_in_cr = bytes.last().map_or(line.ends_in_cr, |last| *last == b'\r');
        self.offset += bytes.len() as u64;
        match end {
            None => self.long_line = Some(line),
            Some(_) => {
                self.offset += 1;
                self.end_long_line(line, 1)?;
            }
        }
        Ok(bytes.len() + usize::from(end.is_some()))
    }

    fn end_long_line(&mut self, line: LongLine, line_feeds: u8) -> Result<()> {
        self.started |= !line.blank;
        let returns = u8::from(line.ends_in_cr);
        let length = line.length - u64::from(returns);
        match self.lines.long_line(line.offset, length, returns + line_feeds, line.blank) {
            Outcome::Misfit(line) | Outcome::Stop(line) => Err(self.stop(*line)),
            Outcome::Done | Outcome::Full(_) => Ok(()),
        }
    }

    fn stop(&mut self, line: BadLine) -> Error {
        self.failed = true;
        Error::from(line)
    }

    fn check_failed(&self) -> Result<()> {
        let message = "expected no more input after an error";
        if self.failed { Err(Error::new(ErrorKind::Source, message)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
