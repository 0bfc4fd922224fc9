//! The walker of inference: learns which kinds of values stand at which path of one line.
//!
//! It reads a line much like the decoder, predicting keys, and looks at a value only as closely as
//! its kind demands. A line teaches nothing unless all of it is valid: before the first thing that
//! a line would change, the whole line is checked. Generic over the kernel, like the decoder's
//! walker, and entered anew through [`Learn`].
//!
//! With `RECORD` it also counts the values of each kind and remembers where the first of them stands.
//! A line then teaches something with every value, so it is checked before it is walked. Without, the
//! walker is compiled as if there were no records.

use std::sync::Arc;

use super::HintNode;
use super::kind::Kind;
use super::record::Evidence;
use super::sketch::{Seen, Sketch};
use crate::error::Result;
use crate::json::blank::skip_blanks;
use crate::json::fault::{Fault, FaultKind};
use crate::json::number::{Number, scan_integer, scan_number};
use crate::json::skip::{Literal, expected_value, scan_literal, skip_value, validate_line};
use crate::json::string::{copy_string, skip_string};
use crate::json::temporal::{parse_date, parse_timestamp};
use crate::json::unique::check_unique_keys;
use crate::options::{DuplicateKeys, MAX_COLUMN_DEPTH, MAX_MAX_DEPTH};
use crate::simd::{Kernel, Scalar};

/// What the walker needs besides the sketch that it stands at.
pub(super) struct State {
    pub(super) max_depth: usize,
    pub(super) max_columns: usize,
    pub(super) duplicates: DuplicateKeys,
    pub(super) temporal: bool,
    pub(super) columns: usize,
    pub(super) scratch: Vec<u8>,
    pub(super) line_start: usize,
    pub(super) line_checked: bool,
    /// Of the line, for records: its number, where the block stands in the source, and the source.
    pub(super) line: u64,
    pub(super) offset: u64,
    pub(super) source: Arc<str>,
}

pub(super) type Step = std::result::Result<usize, Fault>;

/// A kernel that can enter the walker anew, compiled for its instruction set; see
/// `decode::dispatch`.
pub(super) trait Learn: Kernel {
    fn enter_object<const RECORD: bool>(
        self,
        sketch: &mut Sketch,
        place: Place<'_>,
        state: &mut State,
    ) -> Step;
    fn enter_array<const RECORD: bool>(
        self,
        sketch: &mut Sketch,
        place: Place<'_>,
        state: &mut State,
    ) -> Step;
}

/// Where the walker stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) block: &'a [u8],
    /// Index of the value's first byte.
    pub(super) at: usize,
    /// Nesting level of the object or array around the value.
    pub(super) depth: usize,
    pub(super) hint: Option<&'a HintNode>,
}

#[inline(always)]
pub(super) fn observe_line<L: Learn, const RECORD: bool>(
    learn: L,
    root: &mut Sketch,
    place: Place<'_>,
    state: &mut State,
) -> Step {
    let Place { block, at, .. } = place;
    if RECORD {
        validate_line(learn, block, at, state.max_depth)?;
        // Finds the text valid, and looks for keys that are there twice where that is asked for.
        state.check_line(block)?;
    }
    if block[at] != b'{' {
        return Err(Fault::new(FaultKind::ExpectedObject, at));
    }
    let end = observe_object::<L, RECORD>(learn, root, place, state)?;
    let end = skip_blanks(block, end);
    if block[end] != b'\n' {
        return Err(Fault::new(FaultKind::TrailingText, end));
    }
    Ok(end)
}

#[inline(always)]
fn observe_value<L: Learn, const RECORD: bool>(
    learn: L,
    sketch: &mut Sketch,
    place: Place<'_>,
    state: &mut State,
) -> Step {
    let Place { block, at, depth, .. } = place;
    if sketch.is_given() {
        let end = skip_value(learn, block, at, depth, state.max_depth)?;
        if RECORD {
            state.record(sketch, Kind::Hinted, block, at);
        }
        return Ok(end);
    }
    match block[at] {
        b'"' => {
            let span = skip_string(learn, block, at + 1)?;
            if RECORD {
                let kind = match span.escaped {
                    false => kind_of_text(&block[at + 1..span.end]),
                    true => state.unescaped(block, at, kind_of_text),
                };
                state.record(sketch, kind, block, at);
                state.learn(sketch, kind.seen(state.temporal), block)?;
            } else if !sketch.seen.has(Seen::TEXT) {
                let temporal = state.temporal;
                let kind = match span.escaped {
                    false => classify(&block[at + 1..span.end], temporal),
                    true => state.unescaped(block, at, |text| classify(text, temporal)),
                };
                state.learn(sketch, kind, block)?;
            }
            Ok(span.end + 1)
        }
        b'-' | b'0'..=b'9' => observe_number::<L, RECORD>(learn, sketch, block, at, state),
        b'{' | b'[' if depth >= MAX_COLUMN_DEPTH => {
            let end = skip_value(learn, block, at, depth, state.max_depth)?;
            if RECORD {
                state.record(sketch, Kind::Deep, block, at);
            }
            state.learn(sketch, Seen::DEEP, block)?;
            Ok(end)
        }
        b'{' => learn.enter_object::<RECORD>(sketch, place, state),
        b'[' => learn.enter_array::<RECORD>(sketch, place, state),
        b't' | b'f' | b'n' => {
            let (literal, end) = scan_literal(block, at)?;
            let null = matches!(literal, Literal::Null);
            if RECORD {
                state.record(sketch, if null { Kind::Null } else { Kind::Boolean }, block, at);
            }
            state.learn(sketch, if null { Seen::NULL } else { Seen::BOOLEAN }, block)?;
            Ok(end)
        }
        _ => Err(expected_value(block, at)),
    }
}

#[inline(always)]
fn observe_number<L: Learn, const RECORD: bool>(
    learn: L,
    sketch: &mut Sketch,
    block: &[u8],
    at: usize,
    state: &mut State,
) -> Step {
    // Integers of up to 15 digits are exact as floats and teach nothing else.
    if let Some((value, end)) = scan_integer(learn, block, at)
        && value.unsigned_abs() < 1_000_000_000_000_000
    {
        if RECORD {
            state.record(sketch, Kind::of_integer(value), block, at);
        }
        let sign = if value < 0 { Seen::NEGATIVE } else { Seen::default() };
        state.learn(sketch, Seen::INTEGER.with(sign), block)?;
        return Ok(end);
    }
    let number = scan_number(learn, block, at)?;
    let kind = kind_of_number(&number, block);
    if RECORD {
        state.record(sketch, Kind::of_number(&number, kind), block, at);
    }
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
pub(super) fn observe_object<L: Learn, const RECORD: bool>(
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
        if RECORD {
            state.record(sketch, Kind::EmptyObject, block, place.at);
        }
        state.learn(sketch, Seen::EMPTY_OBJECT, block)?;
        return Ok(at + 1);
    }
    if RECORD {
        state.record(sketch, Kind::Object, block, place.at);
    }
    state.learn(sketch, Seen::OBJECT, block)?;
    let mut order = sketch.fields.start();
    let first = at;
    loop {
        let key = sketch.fields.read_key(learn, block, at, &mut order, &mut state.scratch);
        let key = key.map_err(|fault| fault.at_key(at == first))?;
        let (value, text) = (key.value, key.text);
        let index = match key.entry {
            Some((index, _)) => index,
            None => {
                let name = text.bytes(block, &state.scratch);
                let name = String::from_utf8_lossy(name).into_owned();
                let index = state.add_field(sketch, &name, hint, block, at)?;
                order = sketch.fields.after(index);
                index
            }
        };
        let hint = hint.and_then(|hint| hint.field(sketch.fields.name(index)));
        let place = Place { block, at: value, depth: depth + 1, hint };
        at = observe_value::<L, RECORD>(learn, sketch.fields.value_mut(index), place, state)?;
        at = skip_blanks(block, at);
        match block[at] {
            b',' => at = skip_blanks(block, at + 1),
            b'}' => return Ok(at + 1),
            _ => return Err(Fault::new(FaultKind::ExpectedCommaOrBrace, at)),
        }
    }
}

#[inline(always)]
pub(super) fn observe_array<L: Learn, const RECORD: bool>(
    learn: L,
    sketch: &mut Sketch,
    place: Place<'_>,
    state: &mut State,
) -> Step {
    let Place { block, at, depth, hint } = place;
    if depth >= state.max_depth {
        return Err(Fault::new(FaultKind::TooDeep, at));
    }
    if RECORD {
        state.record(sketch, Kind::List, block, at);
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
        at = observe_value::<L, RECORD>(learn, element, place, state)?;
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

    /// Counts a value of `kind`, whose first byte is at `at`, in a line that was checked.
    #[inline(always)]
    fn record(&self, sketch: &mut Sketch, kind: Kind, block: &[u8], at: usize) {
        let record = sketch.record.get_or_insert_default();
        if !record.count(kind, self.line) {
            record.begin(kind, self.line, self.evidence(block, at));
        }
    }

    #[cold]
    fn evidence(&self, block: &[u8], at: usize) -> Evidence {
        // The value was found valid, so it has an end.
        let end = skip_value(Scalar, block, at, 0, MAX_MAX_DEPTH).unwrap_or(at);
        Evidence::new(&self.source, self.line, self.offset + at as u64, &block[at..end])
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

    /// What `classify` says of the text of the string at `at`, which has escapes.
    #[cold]
    fn unescaped<T>(&mut self, block: &[u8], at: usize, classify: impl Fn(&[u8]) -> T) -> T {
        self.scratch.clear();
        let mut text = std::mem::take(&mut self.scratch);
        // The string was checked before, so it can be copied; an empty text is text in any case.
        let copied = copy_string(Scalar, block, at + 1, &mut text);
        let kind = classify(if copied.is_ok() { &text } else { b"" });
        self.scratch = text;
        kind
    }
}

/// The kind of a string.
fn classify(text: &[u8], temporal: bool) -> Seen {
    // The shortest date has 10 bytes, the longest timestamp 32: `YYYY-MM-DDTHH:MM:SS.ffffff+HH:MM`.
    if !temporal || !(10..=32).contains(&text.len()) || text[4] != b'-' {
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

/// The kind of a string for a record, which also tells units, and forms that inference takes for text.
fn kind_of_text(text: &[u8]) -> Kind {
    // Nanoseconds take 35 bytes.
    if !(10..=35).contains(&text.len()) || text[4] != b'-' {
        return Kind::Text;
    }
    if parse_date(text).is_some() {
        return Kind::Date;
    }
    parse_timestamp(text).map_or(Kind::Text, |timestamp| Kind::of_timestamp(&timestamp))
}

fn new_sketch(hint: Option<&HintNode>) -> Sketch {
    match hint {
        Some(hint) if hint.data_type().is_some() => Sketch::given(),
        Some(_) => Sketch::shaped(),
        None => Sketch::default(),
    }
}
