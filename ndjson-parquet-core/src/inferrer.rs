//! Inference for callers who have bytes and no [`Converter`](crate::Converter).

use std::io::Read;
use std::sync::Arc;

use arrow_schema::Schema;

use crate::decode::block::end_of_line;
use crate::error::{Error, ErrorKind, Result};
use crate::framing::start_of_lines;
use crate::json::blank::is_blank;
use crate::json::block::PADDING;
use crate::lines::{Item, LineBlocks, LineBlocksOptions};
use crate::options::{
    DEFAULT_MAX_COLUMNS, DEFAULT_MAX_DEPTH, DEFAULT_MAX_LINE_BYTES, DuplicateKeys, MAX_MAX_DEPTH,
};
use crate::schema::Hints;
use crate::schema::infer::{InferOptions, Inferrer};
use crate::simd::KernelChoice;

/// The schema of the lines of `reader`, or of the first `max_records` that are not blank, and how
/// many were read.
///
/// The options are those of [`SchemaInferrer::new`]. A bad line is an error that names it.
///
/// Memory: as [`SchemaInferrer`], and a block of 256 KiB or the longest line.
///
/// ```
/// use arrow_schema::DataType;
/// use ndjson_parquet_core::infer_schema;
///
/// let lines = &b"{\"id\":1}\n{\"id\":2.5,\"name\":\"a\"}\n"[..];
/// let (schema, records) = infer_schema(lines, None)?;
/// assert_eq!(records, 2);
/// assert_eq!(*schema.field(0).data_type(), DataType::Float64);
///
/// let (schema, records) = infer_schema(lines, Some(1))?;
/// assert_eq!(records, 1);
/// assert_eq!(*schema.field(0).data_type(), DataType::Int64);
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
pub fn infer_schema(reader: impl Read, max_records: Option<usize>) -> Result<(Schema, usize)> {
    let mut inferrer = SchemaInferrer::new().start()?;
    let wanted = max_records.map_or(u64::MAX, |records| records as u64);
    let mut blocks = LineBlocks::new(reader, LineBlocksOptions::default());
    while inferrer.tally().rows < wanted && inferrer.first_bad_line().is_none() {
        let item = blocks.next_block().map_err(|error| {
            Error::new(ErrorKind::Source, "the input could not be read").with_cause(error)
        })?;
        match item {
            None => break,
            Some(Item::LongLine(line)) => inferrer.long_line(line.offset, line.length, line.blank),
            Some(Item::Block(block)) => {
                let mut at = match block.offset {
                    0 => start_of_lines(block.bytes, block.length, SOURCE)?,
                    _ => 0,
                };
                // All at once, or line by line where the block may hold the last one wanted.
                while at < block.length && inferrer.tally().rows < wanted {
                    let end = match max_records {
                        None => block.length,
                        Some(_) => end_of_line(block.bytes, at) + 1,
                    };
                    inferrer.observe(block.bytes, at, end, block.offset)?;
                    at = end;
                }
            }
        }
    }
    let records = inferrer.tally().rows as usize;
    Ok((resolve(&inferrer, &Hints::new())?, records))
}

/// Learns the schema of NDJSON that comes in pieces, also in pieces that are read in parallel.
///
/// Bytes may be cut anywhere, within a line too. The types and the set of fields do not depend on
/// the order of the lines or on the cuts; fields are ordered by their first appearance.
///
/// Memory: about 150 bytes a path, at most [`DEFAULT_MAX_COLUMNS`] paths unless set otherwise, and
/// a line cut by the end of what came so far. Each [`update`](Self::update) takes a block of 256
/// KiB for as long as it runs.
///
/// ```
/// use ndjson_parquet_core::{SchemaInferrer, format_type};
///
/// let mut first = SchemaInferrer::new();
/// first.update(b"{\"id\":1}\n{\"i")?;
/// let mut second = SchemaInferrer::new();
/// second.update(b"d\":\"two\",\"at\":\"2024-01-01\"}\n")?;
///
/// first.merge(second)?;
/// let schema = first.finish()?;
/// let types: Vec<String> = schema.fields().iter().map(|f| format_type(f.data_type())).collect();
/// assert_eq!(types, ["utf8", "date"]);
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
pub struct SchemaInferrer {
    hints: Arc<Hints>,
    temporal: bool,
    max_depth: usize,
    max_columns: usize,
    max_line_bytes: usize,
    /// The first line, which may begin before these bytes do.
    head: Part,
    /// What follows its line feed, if that was seen.
    body: Option<Body>,
}

/// Whole lines that were learnt, and the begun line behind them.
struct Body {
    inferrer: Inferrer,
    /// Bytes before these lines.
    offset: u64,
    /// Bytes of these lines.
    length: u64,
    tail: Part,
}

/// A part of a line; over the limit nothing is kept but what it was like.
#[derive(Default)]
struct Part {
    bytes: Vec<u8>,
    length: u64,
    has_text: bool,
    ends_in_cr: bool,
}

/// Name of the input in errors.
const SOURCE: &str = "<input>";

impl Default for SchemaInferrer {
    fn default() -> Self {
        Self::new()
    }
}

impl SchemaInferrer {
    /// An inferrer without hints that types dates and timestamps, with the limits
    /// [`DEFAULT_MAX_DEPTH`], [`DEFAULT_MAX_COLUMNS`] and [`DEFAULT_MAX_LINE_BYTES`].
    pub fn new() -> Self {
        Self {
            hints: Arc::default(),
            temporal: true,
            max_depth: DEFAULT_MAX_DEPTH,
            max_columns: DEFAULT_MAX_COLUMNS,
            max_line_bytes: DEFAULT_MAX_LINE_BYTES,
            head: Part::default(),
            body: None,
        }
    }

    /// Types that are given and not inferred (none).
    #[must_use]
    pub fn with_hints(mut self, hints: Hints) -> Self {
        self.hints = Arc::new(hints);
        self
    }

    /// Whether strings that are dates and timestamps become columns of those types (true).
    #[must_use]
    pub fn with_infer_temporal(mut self, temporal: bool) -> Self {
        self.temporal = temporal;
        self
    }

    /// Deepest nesting ([`DEFAULT_MAX_DEPTH`]), at most [`MAX_MAX_DEPTH`].
    #[must_use]
    pub fn with_max_depth(mut self, depth: usize) -> Self {
        self.max_depth = depth.clamp(1, MAX_MAX_DEPTH);
        self
    }

    /// Most columns, nested ones included ([`DEFAULT_MAX_COLUMNS`]).
    #[must_use]
    pub fn with_max_columns(mut self, columns: usize) -> Self {
        self.max_columns = columns;
        self
    }

    /// Longest line in bytes ([`DEFAULT_MAX_LINE_BYTES`]).
    #[must_use]
    pub fn with_max_line_bytes(mut self, bytes: usize) -> Self {
        self.max_line_bytes = bytes.max(1);
        self
    }

    /// Learns from the bytes that follow those of the last call.
    ///
    /// Bad lines are reported by [`finish`](Self::finish); an error here is about too many columns.
    pub fn update(&mut self, lines: &[u8]) -> Result<()> {
        let mut rest = lines;
        if self.body.is_none() {
            let Some(end) = memchr::memchr(b'\n', lines) else {
                self.head.push(lines, self.max_line_bytes);
                return Ok(());
            };
            self.head.push(&lines[..end], self.max_line_bytes);
            rest = &lines[end + 1..];
            let offset = self.head.length + 1;
            let inferrer = self.start()?;
            self.body = Some(Body { inferrer, offset, length: 0, tail: Part::default() });
        }
        let limit = self.max_line_bytes;
        let Some(body) = &mut self.body else { return Ok(()) };
        let Some(last) = memchr::memrchr(b'\n', rest) else {
            body.tail.push(rest, limit);
            return Ok(());
        };
        let first = memchr::memchr(b'\n', rest).unwrap_or(last);
        body.tail.push(&rest[..first], limit);
        body.end_line(limit)?;
        if first < last {
            let whole = &rest[first + 1..=last];
            observe(&mut body.inferrer, whole, body.offset + body.length, limit)?;
            body.length += whole.len() as u64;
        }
        body.tail.push(&rest[last + 1..], limit);
        Ok(())
    }

    /// Adds what `other` learnt from the bytes that follow those of `self`. Both must have the same
    /// options.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        let limit = self.max_line_bytes;
        let Some(body) = &mut self.body else {
            self.head.append(&other.head, limit);
            self.body = other.body;
            if let Some(body) = &mut self.body {
                let moved = self.head.length + 1 - body.offset;
                body.offset += moved;
                body.inferrer.move_by(moved);
            }
            return Ok(());
        };
        body.tail.append(&other.head, limit);
        if let Some(mut next) = other.body {
            body.end_line(limit)?;
            next.inferrer.move_by(body.offset + body.length - next.offset);
            body.inferrer.merge(next.inferrer)?;
            body.length += next.length;
            body.tail = next.tail;
        }
        Ok(())
    }

    /// The schema of all lines, the last one of which may lack its line feed.
    pub fn finish(mut self) -> Result<Schema> {
        let mut inferrer = self.start()?;
        let limit = self.max_line_bytes;
        let head = std::mem::take(&mut self.head);
        if self.body.is_some() || head.length > 0 {
            head.observe_first(&mut inferrer, limit)?;
        }
        if let Some(mut body) = self.body.take() {
            if body.tail.length > 0 {
                body.end_line(limit)?;
            }
            inferrer.merge(body.inferrer)?;
        }
        resolve(&inferrer, &self.hints)
    }

    fn start(&self) -> Result<Inferrer> {
        let mut inferrer = Inferrer::new(InferOptions {
            kernel: KernelChoice::Auto.detect()?,
            hints: Arc::clone(&self.hints),
            max_depth: self.max_depth,
            max_line_bytes: self.max_line_bytes,
            max_columns: self.max_columns,
            duplicates: DuplicateKeys::default(),
            temporal: self.temporal,
            record: false,
        });
        inferrer.begin_source(&SOURCE.into());
        Ok(inferrer)
    }
}

impl Body {
    /// Learns from the begun line, whose end came.
    fn end_line(&mut self, limit: usize) -> Result<()> {
        let line = std::mem::take(&mut self.tail);
        let offset = self.offset + self.length;
        self.length += line.length + 1;
        line.observe(&mut self.inferrer, offset, limit)
    }
}

impl Part {
    fn push(&mut self, bytes: &[u8], limit: usize) {
        let Some(last) = bytes.last() else { return };
        self.length += bytes.len() as u64;
        self.has_text |= !bytes.iter().all(|byte| is_blank(*byte));
        self.ends_in_cr = *last == b'\r';
        if self.is_kept(limit) {
            self.bytes.extend_from_slice(bytes);
        } else {
            self.bytes = Vec::new();
        }
    }

    fn append(&mut self, next: &Self, limit: usize) {
        if next.is_kept(limit) {
            return self.push(&next.bytes, limit);
        }
        self.bytes = Vec::new();
        self.length += next.length;
        self.has_text |= next.has_text;
        self.ends_in_cr = next.ends_in_cr;
    }

    /// Whether `bytes` is all of it: a CR at the end does not count against the limit.
    fn is_kept(&self, limit: usize) -> bool {
        self.length <= limit as u64 + 1
    }

    fn observe(&self, inferrer: &mut Inferrer, offset: u64, limit: usize) -> Result<()> {
        let length = self.length - u64::from(self.ends_in_cr);
        if length > limit as u64 {
            inferrer.long_line(offset, length, !self.has_text);
            return Ok(());
        }
        observe(inferrer, &[&self.bytes[..], b"\n"].concat(), offset, limit)
    }

    /// As [`Self::observe`], of the line at the start of the input.
    fn observe_first(&self, inferrer: &mut Inferrer, limit: usize) -> Result<()> {
        if !self.is_kept(limit) {
            return self.observe(inferrer, 0, limit);
        }
        let length = self.bytes.len() + 1;
        let mut line = self.bytes.clone();
        line.resize(length + PADDING, b'\n');
        let from = start_of_lines(&line, length, SOURCE)?;
        if self.bytes.len() - usize::from(self.ends_in_cr) > limit {
            return self.observe(inferrer, 0, limit);
        }
        inferrer.observe(&line, from, length, 0)
    }
}

/// Learns from whole lines.
fn observe(inferrer: &mut Inferrer, lines: &[u8], offset: u64, limit: usize) -> Result<()> {
    let options = LineBlocksOptions { max_line_bytes: limit, ..LineBlocksOptions::default() };
    let mut blocks = LineBlocks::new(lines, options);
    // Reading from memory fails only for want of memory.
    let failed = |error| Error::new(ErrorKind::Limit, "no memory for a block").with_cause(error);
    while let Some(item) = blocks.next_block().map_err(failed)? {
        match item {
            Item::Block(block) => {
                inferrer.observe(block.bytes, 0, block.length, offset + block.offset)?;
            }
            Item::LongLine(line) => {
                inferrer.long_line(offset + line.offset, line.length, line.blank);
            }
        }
    }
    Ok(())
}

fn resolve(inferrer: &Inferrer, hints: &Hints) -> Result<Schema> {
    if let Some(line) = inferrer.first_bad_line() {
        return Err(line.clone().into());
    }
    inferrer.root().resolve_schema(hints.root()).ok_or_else(|| {
        let message = "expected a line with a field to infer the schema from, found none";
        Error::new(ErrorKind::Schema, message)
    })
}

#[cfg(test)]
mod tests;
