//! Inference over blocks of lines: runs the walker of [`super::learn`] and accounts for each line.

use std::sync::Arc;

use super::Hints;
use super::learn::{Learn, Place, State, Step, observe_array, observe_line, observe_object};
use super::sketch::Sketch;
use crate::decode::block::{Tally, end_of_line};
use crate::error::{BadLine, BadLineKind, Error, ErrorKind, Result};
use crate::json::blank::skip_blanks;
use crate::json::fault::{Fault, FaultKind};
use crate::json::locate::path_at;
use crate::options::DuplicateKeys;
use crate::simd::{Kernel, Selected, Task};

/// What decides what inference sees.
#[derive(Clone, Debug)]
pub(crate) struct InferOptions {
    pub(crate) kernel: Selected,
    pub(crate) hints: Arc<Hints>,
    pub(crate) max_depth: usize,
    pub(crate) max_line_bytes: usize,
    pub(crate) max_columns: usize,
    pub(crate) duplicates: DuplicateKeys,
    /// Whether strings that look like dates and timestamps are typed as such.
    pub(crate) temporal: bool,
    /// Whether values are counted by kind, with where the first of each stands.
    pub(crate) record: bool,
}

/// Learns the sketch of the lines it is shown.
///
/// Memory: the sketch, which `max_columns` bounds, and the first bad line; with records, some 150
/// bytes more for each path and kind.
pub(crate) struct Inferrer {
    options: InferOptions,
    root: Sketch,
    state: State,
    source: Arc<str>,
    tally: Tally,
    first_bad_line: Option<Box<BadLine>>,
}

impl Inferrer {
    pub(crate) fn new(options: InferOptions) -> Self {
        let state = State {
            max_depth: options.max_depth,
            max_columns: options.max_columns,
            duplicates: options.duplicates,
            temporal: options.temporal,
            columns: 0,
            scratch: Vec::new(),
            line_start: 0,
            line_checked: false,
            line: 0,
            offset: 0,
            source: "".into(),
        };
        Self {
            options,
            root: Sketch::default(),
            state,
            source: "".into(),
            tally: Tally::default(),
            first_bad_line: None,
        }
    }

    /// Names the source of the blocks that follow, for messages.
    pub(crate) fn begin_source(&mut self, source: &Arc<str>) {
        self.source = Arc::clone(source);
        self.state.source = Arc::clone(source);
    }

    pub(crate) fn root(&self) -> &Sketch {
        &self.root
    }

    /// Gives the sketch away.
    pub(crate) fn into_root(self) -> Sketch {
        self.root
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The first line that is bad; its number counts from the first block shown.
    pub(crate) fn first_bad_line(&self) -> Option<&BadLine> {
        self.first_bad_line.as_deref()
    }

    /// The lines stand `bytes` further on than was said.
    pub(crate) fn move_by(&mut self, bytes: u64) {
        if let Some(line) = &mut self.first_bad_line {
            line.byte_offset += bytes;
        }
    }

    /// Adds what `other` learnt from the lines that follow those of `self`.
    pub(crate) fn merge(&mut self, mut other: Self) -> Result<()> {
        if self.options.record {
            other.root.move_lines(self.tally.lines);
        }
        self.root.merge(&other.root);
        if let (None, Some(line)) = (&self.first_bad_line, &mut other.first_bad_line) {
            line.line += self.tally.lines;
            self.first_bad_line = other.first_bad_line;
        }
        self.tally.add(&other.tally);
        self.state.columns = self.root.columns();
        if self.state.columns > self.options.max_columns {
            return Err(too_many_columns(self.options.max_columns));
        }
        Ok(())
    }

    /// Learns from the lines of `block[from..length]`; `offset` is where `block[0]` stands.
    pub(crate) fn observe(
        &mut self,
        block: &[u8],
        from: usize,
        length: usize,
        offset: u64,
    ) -> Result<()> {
        if simdutf8::basic::from_utf8(&block[from..length]).is_ok() {
            return self.walk(block, from, length, offset);
        }
        let mut at = from;
        while at < length {
            let end = end_of_line(block, at) + 1;
            match std::str::from_utf8(&block[at..end]) {
                Ok(_) => self.walk(block, at, end, offset)?,
                Err(error) => {
                    let fault = Fault::new(FaultKind::Utf8, at + error.valid_up_to());
                    self.bad_line(block, at, offset, fault)?;
                }
            }
            at = end;
        }
        Ok(())
    }

    /// Counts a line too long to be held.
    pub(crate) fn long_line(&mut self, offset: u64, length: u64, blank: bool) {
        self.tally.lines += 1;
        if blank {
            self.tally.blank += 1;
            return;
        }
        let limit = self.options.max_line_bytes;
        self.keep_bad_line(BadLine {
            source: Arc::clone(&self.source),
            line: self.tally.lines,
            byte_offset: offset,
            length,
            error_offset: limit as u64,
            path: String::new(),
            kind: BadLineKind::LineTooLong,
            message: format!("expected at most {limit} bytes in a line, found {length}"),
            raw: None,
        });
    }

    fn walk(&mut self, block: &[u8], from: usize, to: usize, offset: u64) -> Result<()> {
        let kernel = self.options.kernel;
        match self.options.record {
            true => kernel.run(ObserveLines::<true> { inferrer: self, block, from, to, offset }),
            false => kernel.run(ObserveLines::<false> { inferrer: self, block, from, to, offset }),
        }
    }

    #[cold]
    fn bad_line(&mut self, block: &[u8], start: usize, offset: u64, fault: Fault) -> Result<usize> {
        if fault.kind == FaultKind::TooManyColumns {
            return Err(too_many_columns(self.options.max_columns));
        }
        let end = end_of_line(block, start);
        self.tally.lines += 1;
        let raw = block[start..end].strip_suffix(b"\r").unwrap_or(&block[start..end]);
        self.keep_bad_line(BadLine {
            source: Arc::clone(&self.source),
            line: self.tally.lines,
            byte_offset: offset + start as u64,
            length: raw.len() as u64,
            error_offset: (fault.at - start).min(raw.len()) as u64,
            path: path_at(block, start, fault.at),
            kind: fault.kind.bad_line_kind(),
            message: fault.message(block),
            raw: Some(raw.to_vec()),
        });
        Ok(end + 1)
    }

    fn keep_bad_line(&mut self, line: BadLine) {
        self.tally.reject(line.kind);
        self.first_bad_line.get_or_insert_with(|| Box::new(line));
    }
}

#[inline(always)]
fn observe_lines<L: Learn, const RECORD: bool>(
    learn: L,
    inferrer: &mut Inferrer,
    block: &[u8],
    from: usize,
    to: usize,
    offset: u64,
) -> Result<()> {
    let hints = Arc::clone(&inferrer.options.hints);
    let mut at = from;
    while at < to {
        let start = at;
        let first = skip_blanks(block, start);
        if block[first] == b'\n' {
            inferrer.tally.lines += 1;
            inferrer.tally.blank += 1;
            at = first + 1;
            continue;
        }
        inferrer.state.line_start = first;
        inferrer.state.line_checked = false;
        if RECORD {
            inferrer.state.line = inferrer.tally.lines + 1;
            inferrer.state.offset = offset;
        }
        let place = Place { block, at: first, depth: 0, hint: Some(hints.root()) };
        match observe_line::<L, RECORD>(learn, &mut inferrer.root, place, &mut inferrer.state) {
            Ok(end) => {
                inferrer.tally.lines += 1;
                inferrer.tally.rows += 1;
                at = end + 1;
            }
            Err(fault) => at = inferrer.bad_line(block, start, offset, fault)?,
        }
    }
    Ok(())
}

#[cold]
pub(crate) fn too_many_columns(limit: usize) -> Error {
    let message = format!(
        "expected at most {limit} columns, found more: raise the limit on columns, or give the \
         path of an object that has data for keys a hint such as `PATH=utf8`"
    );
    Error::new(ErrorKind::Limit, message)
}

/// The lines of a block.
struct ObserveLines<'a, const RECORD: bool> {
    inferrer: &'a mut Inferrer,
    block: &'a [u8],
    from: usize,
    to: usize,
    offset: u64,
}

impl<const RECORD: bool> Task for ObserveLines<'_, RECORD> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> Result<()> {
        observe_lines::<K, RECORD>(
            kernel,
            self.inferrer,
            self.block,
            self.from,
            self.to,
            self.offset,
        )
    }
}

impl<K: Kernel> Learn for K {
    #[inline(always)]
    fn enter_object<const RECORD: bool>(
        self,
        sketch: &mut Sketch,
        place: Place<'_>,
        state: &mut State,
    ) -> Step {
        self.enter(ObserveObject::<RECORD> { sketch, place, state })
    }

    #[inline(always)]
    fn enter_array<const RECORD: bool>(
        self,
        sketch: &mut Sketch,
        place: Place<'_>,
        state: &mut State,
    ) -> Step {
        self.enter(ObserveArray::<RECORD> { sketch, place, state })
    }
}

struct ObserveObject<'a, 'b, const RECORD: bool> {
    sketch: &'a mut Sketch,
    place: Place<'b>,
    state: &'a mut State,
}

impl<const RECORD: bool> Task for ObserveObject<'_, '_, RECORD> {
    type Output = Step;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> Step {
        observe_object::<K, RECORD>(kernel, self.sketch, self.place, self.state)
    }
}

struct ObserveArray<'a, 'b, const RECORD: bool> {
    sketch: &'a mut Sketch,
    place: Place<'b>,
    state: &'a mut State,
}

impl<const RECORD: bool> Task for ObserveArray<'_, '_, RECORD> {
    type Output = Step;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> Step {
        observe_array::<K, RECORD>(kernel, self.sketch, self.place, self.state)
    }
}

#[cfg(test)]
mod tests;
