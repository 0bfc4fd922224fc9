//! The walker of inference: learns which kinds of values stand at which path of one line.
//!
//! It reads a line much like the decoder, predicting keys, and looks at a value only as closely as
//! its kind demands. A line teaches nothing unless all of it is valid: before the first thing that
//! a line would change, the whole line is checked. Generic over the kernel, like the decoder's
//! walker, and entered anew through [`Learn`].

use super::HintNode;
use super::sketch::{Seen, Sketch};
use crate::error::Result;
use crate::json::blank::skip_blanks;
use crate::json::fault::{Fault, FaultKind};
use crate::json::number::{Number, scan_integer, scan_number};
use crate::json::skip::{Literal, expected_value, scan_literal, skip_value, validate_line};
use crate::json::string::{copy_string, skip_string};
use crate::json::temporal::{parse_date, parse_timestamp};
use crate::json::unique::check_unique_keys;
use crate::options::{DuplicateKeys, MAX_COLUMN_DEPTH};
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
}

pub(super) type Step = std::result::Result<usize, Fault>;

/// A kernel that can enter the walker anew, compiled for its instruction set; see
/// `decode::dispatch`.
pub(super) trait Learn: Kernel {
    fn enter_object(self, sketch: &mut Sketch, place: Place<'_>, state: &mut State) -> Step;
    fn enter_array(self, sketch: &mut Sketch, place: Place<'_>, state: &mut State) -> Step;
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
pub(super) fn observe_line<L: Learn>(
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
        b'-' | b'0'..=b'9' => observe_number(learn, sketch, block, at, state),
        b'{' | b'[' if depth >= MAX_COLUMN_DEPTH => {
            let end = skip_value(learn, block, at, depth, state.max_depth)?;
            state.learn(sketch, Seen::DEEP, block)?;
            Ok(end)
        }
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
fn observe_number<L: Learn>(
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
        let sign = if value < 0 { Seen::NEGATIVE } else { Seen::default() };
        state.learn(sketch, Seen::INTEGER.with(sign), block)?;
        return Ok(end);
    }
    let number = scan_number(learn, block, at)?;
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
pub(super) fn observe_object<L: Learn>(
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
pub(super) fn observe_array<L: Learn>(
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
