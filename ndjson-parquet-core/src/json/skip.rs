//! Whole values that nobody wants as columns: checked in full, and passed over.
//!
//! Nesting is kept in a stack of bits, not on the call stack, so hostile depth costs nothing.

#[cfg(test)]
mod suite_tests;
#[cfg(test)]
mod tests;

use super::blank::skip_blanks;
use super::block::{byte, word};
use super::fault::{Fault, FaultKind, NumberFault};
use super::number::scan_number;
use super::string::skip_string;
use crate::MAX_MAX_DEPTH;
use crate::simd::Kernel;

/// The three words of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Literal {
    True,
    False,
    Null,
}

/// Checks the line that begins at `at`: blanks, one object, blanks. Returns the index of its LF.
#[inline(always)]
pub(crate) fn validate_line<K: Kernel>(
    kernel: K,
    block: &[u8],
    at: usize,
    max_depth: usize,
) -> Result<usize, Fault> {
    let at = skip_blanks(block, at);
    if byte(block, at) != b'{' {
        return Err(Fault::new(FaultKind::ExpectedObject, at));
    }
    let at = skip_value(kernel, block, at, 0, max_depth)?;
    let at = skip_blanks(block, at);
    if byte(block, at) != b'\n' {
        return Err(Fault::new(FaultKind::TrailingText, at));
    }
    Ok(at)
}

/// Checks the value whose first byte is at `at` and returns the index after it. `depth` is the
/// nesting level of the container that the value is in; the line's own object is level 1. Levels
/// past `max_depth`, which is at most 512, are a fault at their bracket.
#[inline(always)]
pub(crate) fn skip_value<K: Kernel>(
    kernel: K,
    block: &[u8],
    mut at: usize,
    depth: usize,
    max_depth: usize,
) -> Result<usize, Fault> {
    let mut nest = Nest::new(max_depth.saturating_sub(depth));
    let mut member = None;
    loop {
        if let Some(expected) = member.take() {
            at = skip_key(kernel, block, at, expected)?;
        }
        at = match byte(block, at) {
            b'"' => skip_string(kernel, block, at + 1)?.end + 1,
            b'-' | b'0'..=b'9' => scan_number(kernel, block, at)?.end,
            b't' | b'f' | b'n' => scan_literal(block, at)?.1,
            bracket @ (b'{' | b'[') => {
                let is_object = bracket == b'{';
                nest.open(is_object, at)?;
                at = skip_blanks(block, at + 1);
                if !closes(byte(block, at), is_object) {
                    member = is_object.then_some(FaultKind::ExpectedKey);
                    continue;
                }
                nest.close();
                at + 1
            }
            _ => return Err(expected_value(block, at)),
        };
        // After a value: close what ends here; a comma leads to the next value.
        loop {
            let Some(is_object) = nest.innermost() else { return Ok(at) };
            at = skip_blanks(block, at);
            let next = byte(block, at);
            if next == b',' {
                at = skip_blanks(block, at + 1);
                member = is_object.then_some(FaultKind::ExpectedKeyAfterComma);
                break;
            }
            if !closes(next, is_object) {
                return Err(expected_comma(at, is_object));
            }
            nest.close();
            at += 1;
        }
    }
}

/// The literal at `at` and the index after it. What follows it is the caller's to check.
#[inline(always)]
pub(crate) fn scan_literal(block: &[u8], at: usize) -> Result<(Literal, usize), Fault> {
    let word = word(block, at);
    if word & FOUR_BYTES == u64::from(u32::from_le_bytes(*b"true")) {
        return Ok((Literal::True, at + 4));
    }
    if word & FOUR_BYTES == u64::from(u32::from_le_bytes(*b"null")) {
        return Ok((Literal::Null, at + 4));
    }
    if word & FIVE_BYTES == u64::from_le_bytes(*b"false\0\0\0") {
        return Ok((Literal::False, at + 5));
    }
    Err(Fault::new(FaultKind::InvalidLiteral, at))
}

/// The `true` or `false` at `at` and the index after it; anything else is left to [`scan_literal`].
/// No branch depends on which it is: nothing could predict it.
#[inline(always)]
pub(crate) fn scan_boolean(block: &[u8], at: usize) -> Option<(bool, usize)> {
    let word = word(block, at);
    let is_true = word & FOUR_BYTES == u64::from(u32::from_le_bytes(*b"true"));
    let is_false = word & FIVE_BYTES == u64::from_le_bytes(*b"false\0\0\0");
    (is_true | is_false).then(|| (is_true, at + 5 - usize::from(is_true)))
}

/// Checks a key with its colon and returns the index of the value's first byte.
#[inline(always)]
fn skip_key<K: Kernel>(
    kernel: K,
    block: &[u8],
    at: usize,
    expected: FaultKind,
) -> Result<usize, Fault> {
    if byte(block, at) != b'"' {
        return Err(Fault::new(expected, at));
    }
    let at = skip_string(kernel, block, at + 1)?.end + 1;
    let at = skip_blanks(block, at);
    if byte(block, at) != b':' {
        return Err(Fault::new(FaultKind::ExpectedColon, at));
    }
    Ok(skip_blanks(block, at + 1))
}

#[inline(always)]
fn closes(byte: u8, is_object: bool) -> bool {
    // `{` + 2 is `}` and `[` + 2 is `]`, but two plain compares say it.
    byte == if is_object { b'}' } else { b']' }
}

#[cold]
fn expected_comma(at: usize, is_object: bool) -> Fault {
    let kind = match is_object {
        true => FaultKind::ExpectedCommaOrBrace,
        false => FaultKind::ExpectedCommaOrBracket,
    };
    Fault::new(kind, at)
}

/// The fault where no value begins at `at`; people do write `+1` and `.5`.
#[cold]
pub(crate) fn expected_value(block: &[u8], at: usize) -> Fault {
    let kind = match byte(block, at) {
        b'+' | b'.' => FaultKind::InvalidNumber(NumberFault::Integer),
        _ => FaultKind::ExpectedValue,
    };
    Fault::new(kind, at)
}

/// The open brackets, outermost first: one bit each, set for an object.
struct Nest {
    bits: [u64; MAX_MAX_DEPTH / 64],
    open: usize,
    limit: usize,
}

impl Nest {
    #[inline(always)]
    fn new(limit: usize) -> Self {
        Self { bits: [0; MAX_MAX_DEPTH / 64], open: 0, limit: limit.min(MAX_MAX_DEPTH) }
    }

    #[inline(always)]
    fn open(&mut self, is_object: bool, at: usize) -> Result<(), Fault> {
        let too_deep = Fault::new(FaultKind::TooDeep, at);
        if self.open >= self.limit {
            return Err(too_deep);
        }
        let bits = self.bits.get_mut(self.open / 64).ok_or(too_deep)?;
        let bit = 1 << (self.open % 64);
        *bits = if is_object { *bits | bit } else { *bits & !bit };
        self.open += 1;
        Ok(())
    }

    #[inline(always)]
    fn close(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    /// Whether the innermost open bracket is an object's; `None` when none is open.
    #[inline(always)]
    fn innermost(&self) -> Option<bool> {
        let last = self.open.checked_sub(1)?;
        self.bits.get(last / 64).map(|bits| bits >> (last % 64) & 1 == 1)
    }
}

const FOUR_BYTES: u64 = 0xffff_ffff;
const FIVE_BYTES: u64 = 0xff_ffff_ffff;
