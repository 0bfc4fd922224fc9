//! Decodes blocks of whole lines into record batches, and accounts for every line.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{Schema, SchemaRef};

use super::context::{ColumnCounts, FieldCounts, RowContext};
use super::nested::StructColumn;
use super::node::compile;
use super::policies::Policies;
use super::text::TextColumn;
use super::walk::{Cursor, Slot, Step, Walk, write_fields};
use crate::error::{BadLine, BadLineKind, Error, ErrorKind, Result};
use crate::json::blank::skip_blanks;
use crate::json::fault::{Fault, FaultKind};
use crate::json::locate::path_at;
use crate::json::skip::validate_line;
use crate::json::string::skip_string;
use crate::json::unique::check_unique_keys;
use crate::options::{DuplicateKeys, OnError, TypeConflicts, UnknownFields};
use crate::schema::sketch::Sketch;
use crate::simd::{Scalar, Selected};

/// Everything that decides what a [`BlockDecoder`] does with its input.
#[derive(Clone, Debug)]
pub(crate) struct DecodeOptions {
    pub(crate) kernel: Selected,
    pub(crate) policies: Policies,
    pub(crate) on_error: OnError,
    pub(crate) max_line_bytes: usize,
    /// Rows after which a batch is full.
    pub(crate) batch_rows: usize,
    /// Bytes of input after which a batch is full.
    pub(crate) batch_bytes: usize,
}

/// Turns blocks of whole lines into record batches.
///
/// Memory: the decoded rows of one batch, and the rejected lines until they are taken.
pub(crate) struct BlockDecoder {
    pub(super) kernel: Selected,
    schema: SchemaRef,
    root: StructColumn,
    /// `_rescued_data` and its position in the schema.
    rescue: Option<(usize, TextColumn<i32>)>,
    context: RowContext,
    options: DecodeOptions,
    rows: usize,
    row_limit: usize,
    batch_bytes: usize,
    source: Arc<str>,
    base: u64,
    /// Index after an LF that is not in the source.
    synthetic_end: usize,
    tally: Tally,
    rejects: Vec<BadLine>,
    reject_bytes: usize,
    flushed_rows: u64,
}

/// What became of the lines of one stretch of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) lines: u64,
    pub(crate) rows: u64,
    pub(crate) blank: u64,
    pub(crate) rejected: u64,
    /// The same by [`BadLineKind`].
    pub(crate) rejected_by_kind: [u64; BadLineKind::COUNT],
    /// Bytes of these lines, line ends included.
    pub(crate) bytes: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.rows += other.rows;
        self.blank += other.blank;
        self.rejected += other.rejected;
        for (sum, count) in self.rejected_by_kind.iter_mut().zip(other.rejected_by_kind) {
            *sum += count;
        }
        self.bytes += other.bytes;
    }

    pub(crate) fn reject(&mut self, kind: BadLineKind) {
        self.rejected += 1;
        self.rejected_by_kind[kind as usize] += 1;
    }
}

/// How far [`BlockDecoder::decode`] came.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// All lines are decoded.
    Done,
    /// The batch is full; the next line begins at this index.
    Full(usize),
    /// A valid line does not fit the inferred schema.
    Misfit(Box<BadLine>),
    /// A line is bad, and the policy is to stop.
    Stop(Box<BadLine>),
}

impl BlockDecoder {
    /// A decoder for `schema`, of which the column at `rescue` is `_rescued_data`.
    ///
    /// `sketch` is what the schema was inferred from: values that would change it are then a
    /// [`Outcome::Misfit`] where the policies say widen or evolve.
    pub(crate) fn new(
        schema: SchemaRef,
        rescue: Option<usize>,
        sketch: Option<&Sketch>,
        options: DecodeOptions,
    ) -> Result<Self> {
        let fields = schema.fields().iter().enumerate();
        let fields = fields.filter(|(index, _)| Some(*index) != rescue);
        let data = Schema::new(fields.map(|(_, field)| Arc::clone(field)).collect::<Vec<_>>());
        let widen = options.policies.conflicts == TypeConflicts::Widen;
        let evolve = options.policies.unknown == UnknownFields::Evolve;
        let (mut root, nodes) = compile(&data, sketch, widen, evolve)?;
        root.has_rescue = rescue.is_some();
        let row_limit = options.batch_rows;
        Ok(Self {
            kernel: options.kernel,
            schema,
            root,
            rescue: rescue.map(|index| (index, TextColumn::new())),
            context: RowContext::new(options.policies, nodes),
            options,
            rows: 0,
            row_limit,
            batch_bytes: 0,
            source: "".into(),
            base: 0,
            synthetic_end: usize::MAX,
            tally: Tally::default(),
            rejects: Vec::new(),
            reject_bytes: 0,
            flushed_rows: 0,
        })
    }

    /// Names the source of the blocks that follow, for messages; lines count from 1 again.
    pub(crate) fn begin_source(&mut self, source: &Arc<str>) {
        self.source = Arc::clone(source);
        self.tally = Tally::default();
    }

    pub(crate) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    pub(crate) fn source_name(&self) -> Arc<str> {
        Arc::clone(&self.source)
    }

    /// Decodes the lines of `block[from..length]`; `offset` is where `block[0]` stands in the
    /// source, and `block` ends in padding after `length`. With `synthetic_end` the last LF is not
    /// in the source and not counted.
    pub(crate) fn decode(
        &mut self,
        block: &[u8],
        from: usize,
        length: usize,
        offset: u64,
        synthetic_end: bool,
    ) -> Outcome {
        self.base = offset;
        self.synthetic_end = if synthetic_end { length } else { usize::MAX };
        if simdutf8::basic::from_utf8(&block[from..length]).is_ok() {
            return self.walk(block, from, length);
        }
        self.decode_each_line(block, from, length)
    }

    /// Decodes a block that is not UTF-8 as a whole: only its bad lines suffer.
    #[cold]
    fn decode_each_line(&mut self, block: &[u8], from: usize, length: usize) -> Outcome {
        let mut at = from;
        while at < length {
            let end = end_of_line(block, at) + 1;
            let outcome = match std::str::from_utf8(&block[at..end]) {
                Ok(_) => self.walk(block, at, end),
                Err(error) => {
                    let fault = Fault { kind: FaultKind::Utf8, at: at + error.valid_up_to() };
                    self.bad_line(block, at, fault).map_or_else(|stop| stop, |_| Outcome::Done)
                }
            };
            match outcome {
                Outcome::Done => at = end,
                other => return other,
            }
        }
        Outcome::Done
    }

    /// Counts a line that is too long to be held: `length` bytes without the line end, at `offset`.
    pub(crate) fn long_line(
        &mut self,
        offset: u64,
        length: u64,
        end_bytes: u8,
        blank: bool,
    ) -> Outcome {
        self.tally.lines += 1;
        self.tally.bytes += length + u64::from(end_bytes);
        if blank {
            self.tally.blank += 1;
            return Outcome::Done;
        }
        let limit = self.options.max_line_bytes;
        let line = BadLine {
            source: Arc::clone(&self.source),
            line: self.tally.lines,
            byte_offset: offset,
            length,
            error_offset: limit as u64,
            path: String::new(),
            kind: BadLineKind::LineTooLong,
            message: format!("expected at most {limit} bytes in a line, found {length}"),
            raw: None,
        };
        self.reject(line).map_or_else(|stop| stop, |()| Outcome::Done)
    }

    /// Ends the present batch after `rows` rows at the latest.
    pub(crate) fn limit_rows(&mut self, rows: u64) {
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        self.row_limit = rows.min(self.options.batch_rows);
    }

    /// Counts bytes that belong to no line, such as a byte order mark.
    pub(crate) fn add_bytes(&mut self, bytes: u64) {
        self.tally.bytes += bytes;
    }

    /// The decoded rows as a record batch, or `None` if there are none.
    pub(crate) fn flush(&mut self) -> Result<Option<RecordBatch>> {
        if self.rows == 0 {
            return Ok(None);
        }
        let rows = std::mem::take(&mut self.rows);
        self.batch_bytes = 0;
        self.flushed_rows += rows as u64;
        let build = |error| {
            Error::new(ErrorKind::Internal, "the decoded columns do not make a record batch")
                .with_cause(error)
        };
        let children = self.root.finish_children(rows, rows, &mut self.context);
        let mut arrays = children.map_err(build)?;
        if let Some((index, column)) = &mut self.rescue {
            column.pad(rows);
            arrays.insert(*index, column.finish());
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options);
        batch.map(Some).map_err(build)
    }

    /// Rows flushed since the last call, for progress reports.
    pub(crate) fn take_flushed_rows(&mut self) -> u64 {
        std::mem::take(&mut self.flushed_rows)
    }

    /// What became of the lines since [`Self::take_tally`] or [`Self::begin_source`].
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// What became of the lines since the last call or [`Self::begin_source`].
    pub(crate) fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// The lines rejected since the last call; their line numbers count from the last tally.
    pub(crate) fn take_rejects(&mut self) -> Vec<BadLine> {
        self.reject_bytes = 0;
        std::mem::take(&mut self.rejects)
    }

    /// Bytes of memory that the rejected lines hold until they are taken.
    pub(crate) fn reject_bytes(&self) -> usize {
        self.reject_bytes
    }

    /// The counts of the batches flushed so far, one entry a column in preorder.
    pub(crate) fn take_counts(&mut self) -> (Vec<ColumnCounts>, FieldCounts) {
        let empty = vec![ColumnCounts::default(); self.context.columns.len()];
        let columns = std::mem::replace(&mut self.context.columns, empty);
        (columns, std::mem::take(&mut self.context.fields))
    }

    /// Paths and types of the columns in preorder, as the counts list them.
    pub(crate) fn columns(&self) -> Vec<(String, String)> {
        let mut columns = Vec::new();
        self.root.describe(&mut columns);
        columns
    }

    /// Rolls back the line that begins at `start` and treats it as the policies say.
    ///
    /// Gives the index after its line end, or why to stop.
    #[cold]
    fn bad_line(&mut self, block: &[u8], start: usize, fault: Fault) -> Result<usize, Outcome> {
        self.root.truncate(self.rows);
        self.context.roll_back();
        let end = end_of_line(block, start);
        // A line that is no JSON is reported as such, whatever else did not fit before.
        let fault = match fault.kind {
            FaultKind::Utf8 => fault,
            _ => validate_line(Scalar, block, start, self.context.policies.max_depth)
                .err()
                .unwrap_or(fault),
        };
        self.tally.lines += 1;
        self.count_bytes(start, end + 1);
        let line = self.describe_bad_line(block, start, end, fault);
        if fault.kind == FaultKind::Misfit {
            return Err(Outcome::Misfit(Box::new(line)));
        }
        let quarantine = self.context.policies.conflicts == TypeConflicts::Quarantine;
        match fault.kind {
            FaultKind::UnknownField => return Err(Outcome::Stop(Box::new(line))),
            FaultKind::Conflict if self.context.policies.conflicts == TypeConflicts::Error => {
                return Err(Outcome::Stop(Box::new(line)));
            }
            FaultKind::Conflict if quarantine => self.keep_reject(line),
            _ => self.reject(line)?,
        }
        Ok(end + 1)
    }

    fn describe_bad_line(&self, block: &[u8], start: usize, end: usize, fault: Fault) -> BadLine {
        let raw = &block[start..end];
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        let expected = &self.context.expected;
        let message = match fault.kind {
            FaultKind::Conflict | FaultKind::MissingValue | FaultKind::Misfit
                if !expected.is_empty() =>
            {
                let complaint = match fault.kind {
                    FaultKind::Conflict => self.context.complaint.as_str(),
                    _ => "",
                };
                let separator = if complaint.is_empty() { "" } else { ": " };
                fault.message_expecting(block, expected) + separator + complaint
            }
            _ => fault.message(block),
        };
        BadLine {
            source: Arc::clone(&self.source),
            line: self.tally.lines,
            byte_offset: self.base + start as u64,
            length: raw.len() as u64,
            error_offset: (fault.at - start).min(raw.len()) as u64,
            path: self.path_of(block, start, fault),
            kind: fault.kind.bad_line_kind(),
            message,
            raw: Some(raw.to_vec()),
        }
    }

    fn path_of(&self, block: &[u8], start: usize, fault: Fault) -> String {
        match (fault.kind, block[fault.at]) {
            (FaultKind::MissingValue, b'}') => self.context.missing.clone(),
            // The fault lies at a key: the path is that of its value.
            (FaultKind::UnknownField | FaultKind::DuplicateKey, _) => {
                path_at(block, start, end_of_key(block, fault.at))
            }
            (FaultKind::Misfit, b'"') if self.context.expected.is_empty() => {
                path_at(block, start, end_of_key(block, fault.at))
            }
            _ => path_at(block, start, fault.at),
        }
    }

    /// Treats a bad line as `on_error` says.
    fn reject(&mut self, line: BadLine) -> Result<(), Outcome> {
        match self.options.on_error {
            OnError::Error => return Err(Outcome::Stop(Box::new(line))),
            OnError::Quarantine => self.keep_reject(line),
            OnError::Skip => self.tally.reject(line.kind),
        }
        Ok(())
    }

    fn keep_reject(&mut self, line: BadLine) {
        self.tally.reject(line.kind);
        self.reject_bytes +=
            size_of::<BadLine>() + line.path.len() + line.raw.as_ref().map_or(0, Vec::len);
        self.rejects.push(line);
    }

    /// Counts the bytes of a line that begins at `start`, up to the next line.
    #[inline(always)]
    fn count_bytes(&mut self, start: usize, next: usize) {
        self.tally.bytes += (next - start - usize::from(next == self.synthetic_end)) as u64;
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows >= self.row_limit || self.batch_bytes >= self.options.batch_bytes
    }
}

/// Walks the lines of `block[from..to]`, which are valid UTF-8.
#[inline(always)]
pub(super) fn walk_lines<W: Walk>(
    walk: W,
    decoder: &mut BlockDecoder,
    block: &[u8],
    from: usize,
    to: usize,
) -> Outcome {
    let mut at = from;
    while at < to {
        let start = at;
        let first = skip_blanks(block, start);
        if block[first] == b'\n' {
            decoder.tally.lines += 1;
            decoder.tally.blank += 1;
            at = first + 1;
            decoder.count_bytes(start, at);
            continue;
        }
        match walk_line(walk, decoder, block, first) {
            Ok(end) => {
                decoder.commit(block);
                at = end + 1;
                decoder.tally.lines += 1;
                decoder.tally.rows += 1;
                decoder.count_bytes(start, at);
                decoder.batch_bytes += at - start;
                if decoder.is_full() {
                    return Outcome::Full(at);
                }
            }
            Err(fault) => match decoder.bad_line(block, start, fault) {
                Ok(next) => at = next,
                Err(outcome) => return outcome,
            },
        }
    }
    Outcome::Done
}

/// Walks the line whose first byte that is not blank is at `first`; gives the index of its LF.
#[inline(always)]
fn walk_line<W: Walk>(walk: W, decoder: &mut BlockDecoder, block: &[u8], first: usize) -> Step {
    if block[first] != b'{' {
        return Err(Fault { kind: FaultKind::ExpectedObject, at: first });
    }
    if decoder.context.policies.duplicates == DuplicateKeys::Error {
        check_unique_keys(block, first, decoder.context.policies.max_depth)?;
    }
    let slot = Slot { at: first, row: decoder.rows };
    let mut cursor = Cursor { block, context: &mut decoder.context, depth: 0 };
    let end = write_fields(walk, &mut decoder.root, slot, &mut cursor)?;
    let end = skip_blanks(block, end);
    if block[end] != b'\n' {
        return Err(Fault { kind: FaultKind::TrailingText, at: end });
    }
    Ok(end)
}

impl BlockDecoder {
    /// Makes the row just walked part of the batch.
    #[inline(always)]
    fn commit(&mut self, block: &[u8]) {
        if self.context.has_rescued()
            && let Some((_, column)) = &mut self.rescue
        {
            let text = column.begin(self.rows);
            let before = text.len();
            self.context.write_rescued(block, text);
            self.batch_bytes += text.len() - before;
            column.end();
        }
        self.rows += 1;
        self.context.commit();
    }
}

/// Index after the key that begins at `at`, in a line that is valid.
fn end_of_key(block: &[u8], at: usize) -> usize {
    skip_string(Scalar, block, at + 1).map_or(at, |span| span.end + 1)
}

/// Index of the LF that ends the line around `at`.
pub(crate) fn end_of_line(block: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &block[at..]).map_or(block.len() - 1, |length| at + length)
}
