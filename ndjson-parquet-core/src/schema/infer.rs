//! Inference: the walker that learns which kinds of values stand at which path.
//!
//! It reads a line much like the decoder, predicting keys, and looks at a value only as closely as
//! its kind demands. A line teaches nothing unless all of it is valid: before the first thing that
//! a line would change, the whole line is checked.

use std::sync::Arc;

use super::sketch::{Seen, Sketch};
use super::{HintNode, Hints};
use crate::decode::block::{Tally, end_of_line};
use crate::error::{BadLine, BadLineKind, Error, ErrorKind, Result};
use crate::fields::NO_KEY;
use crate::json::blank::skip_blanks;
use crate::json::fault::{Fault, FaultKind};
use crate::json::locate::path_at;
use crate::json::number::{Number, scan_integer, scan_number};
use crate::json::skip::{Literal, expected_value, scan_literal, skip_value, validate_line};
use crate::json::string::{copy_string, skip_string};
use crate::json::temporal::{parse_date, parse_timestamp};
use crate::json::unique::check_unique_keys;
use crate::options::DuplicateKeys;
use crate::simd::{Kernel, Scalar, Selected};

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
}

/// Learns the sketch of the lines it is shown.
///
/// Memory: the sketch, which `max_columns` bounds, and the first bad line.
pub(crate) struct Inferrer {
    options: InferOptions,
    root: Sketch,
    state: State,
    source: Arc<str>,
    tally: Tally,
    first_bad_line: Option<Box<BadLine>>,
}

/// What the walker needs besides the sketch that it stands at.
struct State {
    max_depth: usize,
    max_columns: usize,
    duplicates: DuplicateKeys,
    temporal: bool,
    columns: usize,
    scratch: Vec<u8>,
    line_start: usize,
    line_checked: bool,
}

type Step = std::result::Result<usize, Fault>;

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
    }

    pub(crate) fn root(&self) -> &Sketch {
        &self.root
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
        match self.options.kernel {
            Selected::Scalar(kernel) => observe_lines(kernel, self, block, from, to, offset),
            #[cfg(target_arch = "x86_64")]
            Selected::Avx2(kernel) => avx2::observe(kernel, self, block, from, to, offset),
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

/// A kernel that can enter the walker anew, compiled for its instruction set; see
/// `decode::dispatch`.
trait Learn: Kernel {
    fn enter_object(self, sketch: &mut Sketch, place: Place<'_>, state: &mut State) -> Step;
    fn enter_array(self, sketch: &mut Sketch, place: Place<'_>, state: &mut State) -> Step;
}

/// Where the walker stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    block: &'a [u8],
    /// Index of the value's first byte.
    at: usize,
    /// Nesting level of the object or array around the value.
    depth: usize,
    hint: Option<&'a HintNode>,
}

#[inline(always)]
fn observe_lines<L: Learn>(
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
        let place = Place { block, at: first, depth: 0, hint: Some(hints.root()) };
        match observe_line(learn, &mut inferrer.root, place, &mut inferrer.state) {
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

#[inline(always)]
fn observe_line<L: Learn>(
    learn: L,
    root: &mut Sketch,
    place: Place<'_>,
    state: &mut State,
) -> Step {
    let Place { block, at, .. } = place;
    if block[at] != b'{' {
        return Err(Fault::new(FaultKind::ExpectedObject, at));
    }
    let end = observe_object(learn, root, place, state)?;
    let end = skip_blanks(block, end);
    if block[end] != b'\n' {
        return Err(Fault::new(FaultKind::TrailingText, end));
    }
    Ok(end)
}

#[inline(always)]
fn observe_value<L: Learn>(
    learn: L,
    sketch: &mut Sketch,
    place: Place<'_>,
    state: &mut State,
) -> Step {
    let Place { block, at, depth, .. } = place;
    if sketch.is_given() {
        return skip_value(learn, block, at, depth, state.max_depth);
    }
    match block[at] {
        b'"' => {
            let span = skip_string(learn, block, at + 1)?;
            if !sketch.seen.has(Seen::TEXT) {
                let kind = match span.escaped {
                    false => state.classify(&block[at + 1..span.end]),
                    true => state.classify_escaped(block, at),
                };
                state.learn(sketch, kind, block)?;
            }
            Ok(span.end + 1)
        }
        b'-' | b'0'..=b'9' => observe_number(sketch, block, at, state),
        b'{' => learn.enter_object(sketch, place, state),
        b'[' => learn.enter_array(sketch, place, state),
        b't' | b'f' | b'n' => {
            let (literal, end) = scan_literal(block, at)?;
            let null = matches!(literal, Literal::Null);
            state.learn(sketch, if null { Seen::NULL } else { Seen::BOOLEAN }, block)?;
            Ok(end)
        }
        _ => Err(expected_value(block, at)),
    }
}

#[inline(always)]
fn observe_number(sketch: &mut Sketch, block: &[u8], at: usize, state: &mut State) -> Step {
    // Integers of up to 15 digits are exact as floats and teach nothing else.
    if let Some((value, end)) = scan_integer(block, at)
        && value.unsigned_abs() < 1_000_000_000_000_000
    {
        let sign = if value < 0 { Seen::NEGATIVE } else { Seen::default() };
        state.learn(sketch, Seen::INTEGER.with(sign), block)?;
        return Ok(end);
    }
    let number = scan_number(block, at)?;
    let kind = kind_of_number(&number, block);
    state.learn(sketch, kind, block)?;
    if kind.has(Seen::UNSIGNED) || kind.has(Seen::BIG) {
        let digits = number.digits as u8;
        if digits > sketch.digits {
            state.check_line(block)?;
            sketch.digits = digits;
        }
    }
    Ok(number.end)
}

fn kind_of_number(number: &Number, block: &[u8]) -> Seen {
    if !number.integer {
        let fits = number.to_f64(block).is_some();
        return if fits { Seen::FLOAT } else { Seen::OVERFLOW };
    }
    let kind = if number.to_i64().is_some() {
        Seen::INTEGER
    } else if number.to_u64().is_some() {
        Seen::UNSIGNED
    } else if number.digits <= 38 {
        Seen::BIG
    } else {
        Seen::HUGE
    };
    let negative = number.negative && (number.mantissa != 0 || number.truncated);
    let kind = if negative { kind.with(Seen::NEGATIVE) } else { kind };
    if number.is_exact_f64(block) { kind } else { kind.with(Seen::INEXACT) }
}

#[inline(always)]
fn observe_object<L: Learn>(
    learn: L,
    sketch: &mut Sketch,
    place: Place<'_>,
    state: &mut State,
) -> Step {
    let Place { block, at, depth, hint } = place;
    if depth >= state.max_depth {
        return Err(Fault::new(FaultKind::TooDeep, at));
    }
    let mut at = skip_blanks(block, at + 1);
    if block[at] == b'}' {
        state.learn(sketch, Seen::EMPTY_OBJECT, block)?;
        return Ok(at + 1);
    }
    state.learn(sketch, Seen::OBJECT, block)?;
    let mut previous = NO_KEY;
    loop {
        let key = sketch.fields.read_key(learn, block, at, previous, &mut state.scratch);
        let key = key.map_err(|fault| match (fault.kind, previous) {
            (FaultKind::ExpectedKey, NO_KEY) => fault,
            (FaultKind::ExpectedKey, _) => Fault::new(FaultKind::ExpectedKeyAfterComma, fault.at),
            _ => fault,
        })?;
        let index = match key.index {
            Some(index) => index,
            None => {
                let name = key.text.bytes(block, &state.scratch);
                let name = String::from_utf8_lossy(name).into_owned();
                state.add_field(sketch, &name, hint, block, at)?
            }
        };
        previous = index;
        let hint = hint.and_then(|hint| hint.field(&sketch.fields.entry(index).name));
        let place = Place { block, at: key.value, depth: depth + 1, hint };
        at = observe_value(learn, sketch.fields.value_mut(index), place, state)?;
        at = skip_blanks(block, at);
        match block[at] {
            b',' => at = skip_blanks(block, at + 1),
            b'}' => return Ok(at + 1),
            _ => return Err(Fault::new(FaultKind::ExpectedCommaOrBrace, at)),
        }
    }
}

#[inline(always)]
fn observe_array<L: Learn>(
    learn: L,
    sketch: &mut Sketch,
    place: Place<'_>,
    state: &mut State,
) -> Step {
    let Place { block, at, depth, hint } = place;
    if depth >= state.max_depth {
        return Err(Fault::new(FaultKind::TooDeep, at));
    }
    state.learn(sketch, Seen::ARRAY, block)?;
    let mut at = skip_blanks(block, at + 1);
    if block[at] == b']' {
        return Ok(at + 1);
    }
    let hint = hint.and_then(HintNode::element);
    let element = state.element_of(sketch, hint, block, at)?;
    loop {
        let place = Place { block, at, depth: depth + 1, hint };
        at = observe_value(learn, element, place, state)?;
        at = skip_blanks(block, at);
        match block[at] {
            b',' => at = skip_blanks(block, at + 1),
            b']' => return Ok(at + 1),
            _ => return Err(Fault::new(FaultKind::ExpectedCommaOrBracket, at)),
        }
    }
}

impl State {
    /// Adds `kinds` to what was seen, if the line is valid.
    #[inline(always)]
    fn learn(&mut self, sketch: &mut Sketch, kinds: Seen, block: &[u8]) -> Result<(), Fault> {
        let seen = sketch.seen.with(kinds);
        if seen != sketch.seen {
            self.check_line(block)?;
            sketch.seen = seen;
        }
        Ok(())
    }

    /// Checks the whole line, once.
    #[cold]
    fn check_line(&mut self, block: &[u8]) -> Result<(), Fault> {
        if !self.line_checked {
            validate_line(Scalar, block, self.line_start, self.max_depth)?;
            if self.duplicates == DuplicateKeys::Error {
                check_unique_keys(block, self.line_start, self.max_depth)?;
            }
            self.line_checked = true;
        }
        Ok(())
    }

    #[cold]
    fn add_field(
        &mut self,
        sketch: &mut Sketch,
        name: &str,
        hint: Option<&HintNode>,
        block: &[u8],
        at: usize,
    ) -> Result<usize, Fault> {
        self.check_line(block)?;
        self.add_column(at)?;
        let hint = hint.and_then(|hint| hint.field(name));
        Ok(sketch.fields.push(name, new_sketch(hint)))
    }

    fn element_of<'s>(
        &mut self,
        sketch: &'s mut Sketch,
        hint: Option<&HintNode>,
        block: &[u8],
        at: usize,
    ) -> Result<&'s mut Sketch, Fault> {
        if sketch.element.is_none() {
            self.check_line(block)?;
            self.add_column(at)?;
        }
        Ok(sketch.element.get_or_insert_with(|| Box::new(new_sketch(hint))))
    }

    fn add_column(&mut self, at: usize) -> Result<(), Fault> {
        if self.columns >= self.max_columns {
            return Err(Fault::new(FaultKind::TooManyColumns, at));
        }
        self.columns += 1;
        Ok(())
    }

    /// The kind of a string.
    fn classify(&self, text: &[u8]) -> Seen {
        // The shortest date has 10 bytes, the longest timestamp 32: `YYYY-MM-DDTHH:MM:SS.ffffff+HH:MM`.
        if !self.temporal || !(10..=32).contains(&text.len()) || text[4] != b'-' {
            return Seen::TEXT;
        }
        if parse_date(text).is_some() {
            return Seen::DATE;
        }
        match parse_timestamp(text) {
            Some(timestamp) if timestamp.canonical => match timestamp.offset_minutes {
                Some(_) => Seen::INSTANT,
                None => Seen::LOCAL,
            },
            _ => Seen::TEXT,
        }
    }

    #[cold]
    fn classify_escaped(&mut self, block: &[u8], at: usize) -> Seen {
        self.scratch.clear();
        let mut text = std::mem::take(&mut self.scratch);
        // The string was checked before, so it can be copied.
        let kind = match copy_string(Scalar, block, at + 1, &mut text) {
            Ok(_) => self.classify(&text),
            Err(_) => Seen::TEXT,
        };
        self.scratch = text;
        kind
    }
}

fn new_sketch(hint: Option<&HintNode>) -> Sketch {
    match hint {
        Some(hint) if hint.data_type().is_some() => Sketch::given(),
        Some(_) => Sketch::shaped(),
        None => Sketch::default(),
    }
}

#[cold]
pub(crate) fn too_many_columns(limit: usize) -> Error {
    let message = format!(
        "expected at most {limit} columns, found more: raise the limit on columns, or give the \
         path of an object that has data for keys a hint such as `PATH=utf8`"
    );
    Error::new(ErrorKind::Limit, message)
}

impl Learn for Scalar {
    fn enter_object(self, sketch: &mut Sketch, place: Place<'_>, state: &mut State) -> Step {
        observe_object(self, sketch, place, state)
    }

    fn enter_array(self, sketch: &mut Sketch, place: Place<'_>, state: &mut State) -> Step {
        observe_array(self, sketch, place, state)
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "entries with target features are unsafe to call")]
mod avx2 {
    use super::*;
    use crate::simd::Avx2;

    pub(super) fn observe(
        kernel: Avx2,
        inferrer: &mut Inferrer,
        block: &[u8],
        from: usize,
        to: usize,
        offset: u64,
    ) -> Result<()> {
        // SAFETY: `Avx2` values exist only where the CPU has these features.
        unsafe { observe_entry(kernel, inferrer, block, from, to, offset) }
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn observe_entry(
        kernel: Avx2,
        inferrer: &mut Inferrer,
        block: &[u8],
        from: usize,
        to: usize,
        offset: u64,
    ) -> Result<()> {
        observe_lines(kernel, inferrer, block, from, to, offset)
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn object_entry(
        kernel: Avx2,
        sketch: &mut Sketch,
        place: Place<'_>,
        state: &mut State,
    ) -> Step {
        observe_object(kernel, sketch, place, state)
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn array_entry(kernel: Avx2, sketch: &mut Sketch, place: Place<'_>, state: &mut State) -> Step {
        observe_array(kernel, sketch, place, state)
    }

    impl Learn for Avx2 {
        #[inline(always)]
        fn enter_object(self, sketch: &mut Sketch, place: Place<'_>, state: &mut State) -> Step {
            // SAFETY: `Avx2` values exist only where the CPU has these features.
            unsafe { object_entry(self, sketch, place, state) }
        }

        #[inline(always)]
        fn enter_array(self, sketch: &mut Sketch, place: Place<'_>, state: &mut State) -> Step {
            // SAFETY: `Avx2` values exist only where the CPU has these features.
            unsafe { array_entry(self, sketch, place, state) }
        }
    }
}

#[cfg(test)]
mod tests;
