//! Strings: copied with their escapes resolved, or skipped; either way every escape is checked.
//!
//! A window of 64 bytes is classified at once. Its bytes are appended whole and cut back to the run
//! before the first special byte, which is cheaper than a copy of the exact length.

#[cfg(test)]
mod tests;

use super::block::{byte, window};
use super::fault::{Fault, FaultKind};
use crate::simd::{Kernel, simple_escape};

/// Where a skipped string ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StringSpan {
    /// Index of the closing quote.
    pub(crate) end: usize,
    /// Whether the text has escapes, so that its bytes are not its value.
    pub(crate) escaped: bool,
}

/// Appends the value of the string whose text begins at `at`, the byte after the opening quote, and
/// returns the index after the closing quote. After a fault `out` may hold a part of the value.
#[inline(always)]
pub(crate) fn copy_string<K: Kernel>(
    kernel: K,
    block: &[u8],
    mut at: usize,
    out: &mut Vec<u8>,
) -> Result<usize, Fault> {
    loop {
        let start = at;
        let mut specials = kernel.string_specials(window(block, start));
        if specials == 0 {
            // A step of fixed length, so that the next window need not wait for this one's result.
            append_run(out, window(block, start), WINDOW);
            at += WINDOW;
            continue;
        }
        if K::UNESCAPES && byte(block, start + specials.trailing_zeros() as usize) == b'\\' {
            return copy_escaped(kernel, block, at, out);
        }
        // Each turn takes the run up to the next special byte of the window, then that byte.
        loop {
            let run = specials.trailing_zeros() as usize - (at - start);
            append_run(out, window(block, at), run);
            at += run;
            if specials == 0 {
                break;
            }
            match byte(block, at) {
                b'"' => return Ok(at + 1),
                b'\\' => at = unescape(block, at, out)?,
                _ => return Err(control_character(block, at)),
            }
            if at - start >= WINDOW {
                break;
            }
            specials &= u64::MAX << (at - start);
        }
    }
}

/// As [`copy_string`] where escapes are likely: every window is unescaped without a look whether it
/// has one, because a guess would often be wrong.
#[inline(always)]
fn copy_escaped<K: Kernel>(
    kernel: K,
    block: &[u8],
    mut at: usize,
    out: &mut Vec<u8>,
) -> Result<usize, Fault> {
    loop {
        let text = kernel.unescape(window(block, at));
        append_run(out, &text.bytes, text.written);
        if text.read == WINDOW {
            // A step of fixed length, as above.
            at += WINDOW;
            continue;
        }
        at += text.read;
        match byte(block, at) {
            b'"' => return Ok(at + 1),
            b'\\' => at = unescape(block, at, out)?,
            _ => return Err(control_character(block, at)),
        }
    }
}

/// Finds the end of the string whose text begins at `at`, the byte after the opening quote.
#[inline(always)]
pub(crate) fn skip_string<K: Kernel>(
    kernel: K,
    block: &[u8],
    mut at: usize,
) -> Result<StringSpan, Fault> {
    let mut escaped = false;
    loop {
        let start = at;
        let mut specials = kernel.string_specials(window(block, start));
        if specials == 0 {
            at += WINDOW;
            continue;
        }
        loop {
            at = start + specials.trailing_zeros() as usize;
            if specials == 0 {
                break;
            }
            match byte(block, at) {
                b'"' => return Ok(StringSpan { end: at, escaped }),
                b'\\' => at = skip_escape(block, at)?,
                _ => return Err(control_character(block, at)),
            }
            escaped = true;
            if at - start >= WINDOW {
                break;
            }
            specials &= u64::MAX << (at - start);
        }
    }
}

/// Appends the first `run` bytes of the window.
///
/// `extend_from_slice` and `truncate` do the same, but the compiler makes a call of the former now
/// and then, and a copy of unknown length in it.
#[inline(always)]
fn append_run(out: &mut Vec<u8>, window: &[u8; WINDOW], run: usize) {
    out.reserve(WINDOW);
    #[expect(unsafe_code, reason = "bytes written behind the end become part of the vector")]
    // SAFETY: there is room for WINDOW bytes behind the end, and no one else's bytes are in it; as
    // many are written before at most that many are added to the length.
    unsafe {
        let end = out.as_mut_ptr().add(out.len());
        end.copy_from_nonoverlapping(window.as_ptr(), WINDOW);
        out.set_len(out.len() + run.min(WINDOW));
    }
}

/// Appends the character of the escape at `at` and returns the index after it.
#[inline(always)]
fn unescape(block: &[u8], at: usize, out: &mut Vec<u8>) -> Result<usize, Fault> {
    let character = simple_escape(byte(block, at + 1));
    if character != 0 {
        out.push(character);
        return Ok(at + 2);
    }
    let (character, end) = scan_unicode_escape(block, at)?;
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(end)
}

#[inline(always)]
fn skip_escape(block: &[u8], at: usize) -> Result<usize, Fault> {
    if simple_escape(byte(block, at + 1)) != 0 {
        return Ok(at + 2);
    }
    Ok(scan_unicode_escape(block, at)?.1)
}

/// The character of the `\u` escape, or of the pair of them, at `at`, and the index after it.
fn scan_unicode_escape(block: &[u8], at: usize) -> Result<(char, usize), Fault> {
    let first = scan_code_unit(block, at)?;
    if let Some(character) = char::from_u32(first) {
        return Ok((character, at + UNICODE_ESCAPE));
    }
    // No character, so a surrogate: a high one with a low one behind it is a pair.
    let lone = Fault::new(FaultKind::LoneSurrogate, at);
    let second = scan_code_unit(block, at + UNICODE_ESCAPE).map_err(|_| lone)?;
    if !(0xd800..0xdc00).contains(&first) || !(0xdc00..0xe000).contains(&second) {
        return Err(lone);
    }
    let code_point = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    let character = char::from_u32(code_point).ok_or(lone)?;
    Ok((character, at + 2 * UNICODE_ESCAPE))
}

/// The four hexadecimal digits of the `\uXXXX` at `at`.
#[inline(always)]
fn scan_code_unit(block: &[u8], at: usize) -> Result<u32, Fault> {
    let [backslash, letter, digits @ ..] = *window::<UNICODE_ESCAPE>(block, at);
    let [a, b, c, d] = digits.map(|digit| HEXADECIMAL[usize::from(digit)]);
    if (a | b | c | d) & NO_DIGIT != 0 || [backslash, letter] != *b"\\u" {
        return Err(invalid_escape(block, at));
    }
    Ok(u32::from_be_bytes([0, 0, a << 4 | b, c << 4 | d]))
}

#[cold]
fn invalid_escape(block: &[u8], at: usize) -> Fault {
    // The letters and digits that are right, up to where the line ends.
    let is_right = |offset: usize| match byte(block, at + offset) {
        b'u' => offset == 1,
        digit => offset > 1 && digit.is_ascii_hexdigit(),
    };
    let right = (1..UNICODE_ESCAPE).take_while(|offset| is_right(*offset)).count();
    match byte(block, at + 1 + right) {
        b'\n' => Fault::new(FaultKind::UnexpectedEnd, at + 1 + right),
        _ => Fault::new(FaultKind::InvalidEscape, at),
    }
}

#[cold]
fn control_character(block: &[u8], at: usize) -> Fault {
    let kind = match byte(block, at) {
        b'\n' => FaultKind::UnexpectedEnd,
        _ => FaultKind::ControlCharacter,
    };
    Fault::new(kind, at)
}

const fn hexadecimal() -> [u8; 256] {
    let mut table = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        table[b"0123456789abcdef"[value] as usize] = value as u8;
        table[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    table
}

/// The value of each hexadecimal digit.
static HEXADECIMAL: [u8; 256] = hexadecimal();
const NO_DIGIT: u8 = 0xf0;
/// Bytes classified at once.
const WINDOW: usize = 64;
/// Length of `\uXXXX`.
const UNICODE_ESCAPE: usize = 6;
