//! Numbers: the grammar of RFC 8259, and exact conversion into what columns hold.
//!
//! A scan keeps the digits as an integer and a power of ten; see [`Number`]. Only what these cannot
//! tell goes back to the text. Conversions are in `number/convert.rs` and `number/round.rs`.

mod convert;
mod round;
#[cfg(test)]
mod tests;

pub(crate) use convert::DecimalValue;

use convert::POWERS_U64;
use round::nearest_f64;

use super::blank::is_blank;
use super::block::{byte, window, word};
use super::fault::{Fault, FaultKind, NumberFault};
use crate::simd::{Kernel, Scalar};

/// A number of the block, checked and taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    /// Index of the first byte, which may be the minus.
    pub(crate) start: usize,
    /// Index after the last byte.
    pub(crate) end: usize,
    pub(crate) negative: bool,
    /// The first 19 significant digits, or 20 where they fit.
    pub(crate) mantissa: u64,
    /// The value is `mantissa * 10^exponent`, exactly unless `truncated`. Saturates.
    pub(crate) exponent: i32,
    /// Digits of the text before the exponent, without leading zeros; 0 for a zero.
    pub(crate) digits: u32,
    /// Whether the text has neither a fraction nor an exponent.
    pub(crate) integer: bool,
    /// Whether digits other than zero follow those of the mantissa.
    pub(crate) truncated: bool,
}

/// Scans the number at `at`. The byte after it must be one that may follow a value.
#[inline(always)]
pub(crate) fn scan_number<K: Kernel>(kernel: K, block: &[u8], at: usize) -> Result<Number, Fault> {
    // A branch, where adding the sign to the index would make every load wait for it.
    if byte(block, at) == b'-' {
        let number = scan_magnitude(kernel, block, at + 1)?;
        return Ok(Number { start: at, negative: true, ..number });
    }
    scan_magnitude(kernel, block, at)
}

#[inline(always)]
fn scan_magnitude<K: Kernel>(kernel: K, block: &[u8], start: usize) -> Result<Number, Fault> {
    let mut at = start;
    let mut significand = Significand::default();
    match byte(block, at) {
        b'0' => {
            at += 1;
            if byte(block, at).is_ascii_digit() {
                return Err(fault(NumberFault::LeadingZero, at));
            }
        }
        b'1'..=b'9' => at = significand.scan(kernel, block, at),
        _ => return Err(fault(NumberFault::Integer, at)),
    }
    let whole_end = at;
    let mut fraction_digits = 0;
    if byte(block, at) == b'.' {
        at = significand.scan_fraction(kernel, block, at + 1);
        fraction_digits = at - whole_end - 1;
        if fraction_digits == 0 {
            return Err(fault(NumberFault::Fraction, at));
        }
    }
    let mut exponent = significand.dropped as i64 - fraction_digits as i64;
    if byte(block, at) | 0x20 == b'e' {
        let (written, end) = scan_exponent(block, at + 1)?;
        exponent += written;
        at = end;
    }
    if !ends_value(byte(block, at)) {
        return Err(fault(NumberFault::Tail, at));
    }
    Ok(Number {
        start,
        end: at,
        negative: false,
        mantissa: significand.mantissa,
        exponent: exponent.clamp(i32::MIN.into(), i32::MAX.into()) as i32,
        digits: u32::try_from(significand.kept + significand.dropped).unwrap_or(u32::MAX),
        integer: at == whole_end,
        truncated: significand.truncated,
    })
}

/// The integer at `at` and the index after it, if it is only that and fits; everything else, errors
/// too, is left to [`scan_number`].
#[inline(always)]
pub(crate) fn scan_integer<K: Kernel>(kernel: K, block: &[u8], at: usize) -> Option<(i64, usize)> {
    let digits = Digits::of(kernel, block, at)?;
    let end = digits.first + digits.whole;
    if digits.whole > SAFE_DIGITS || !ends_value(byte(block, end)) {
        return None;
    }
    let value = append_digits(kernel, 0, block, digits.first, digits.whole);
    let value = i64::try_from(value).ok()?;
    let minus = i64::from(digits.minus);
    Some(((value ^ -minus) + minus, end))
}

/// The number at `at` as the nearest 64-bit float, and the index after it, if it is written without
/// an exponent and with no more digits than a float keeps; everything else, errors too, is left to
/// [`scan_number`].
#[inline(always)]
pub(crate) fn scan_float<K: Kernel>(kernel: K, block: &[u8], at: usize) -> Option<(f64, usize)> {
    let Digits { minus, first, whole, rest } = Digits::of(kernel, block, at)?;
    let point = first + whole;
    let (mantissa, fraction, end) = match byte(block, point) {
        b'.' => {
            let fraction = (rest >> 1).trailing_ones() as usize;
            let mantissa = join_digits(kernel, block, (first, whole), (point + 1, fraction))?;
            // Up to 17 digits every f64 survives text.
            (
                Some(mantissa).filter(|mantissa| *mantissa < POWERS_U64[17])?,
                fraction,
                point + 1 + fraction,
            )
        }
        // Up to 15 digits every decimal survives an f64.
        _ if whole <= 15 => (append_digits(kernel, 0, block, first, whole), 0, point),
        _ => return None,
    };
    if !ends_value(byte(block, end)) {
        return None;
    }
    let magnitude = nearest_f64(mantissa, -(fraction as i32))?;
    let sign = u64::from(minus) << 63;
    Some((f64::from_bits(magnitude.to_bits() | sign), end))
}

/// The digits before the point of a number, and what follows in the first 32 bytes.
struct Digits {
    /// 1 where the number has a minus, 0 where it has none.
    minus: u32,
    /// Index of the first digit.
    first: usize,
    /// Digits before the point: at least one, and no zero before others.
    whole: usize,
    /// Bit i is set when the byte i bytes after those is a digit.
    rest: u64,
}

impl Digits {
    /// Whether there is a minus decides no branch: with data of both signs nothing could predict it.
    /// It is computed, not compared, because a comparison sets a byte of a register whose other bytes
    /// may still be in the making for the number before.
    #[inline(always)]
    fn of<K: Kernel>(kernel: K, block: &[u8], at: usize) -> Option<Self> {
        let minus = u32::from(byte(block, at) ^ b'-').wrapping_sub(1) >> 31;
        let digits = u64::from(kernel.digits(window(block, at))) >> minus;
        let whole = digits.trailing_ones() as usize;
        let first = at + minus as usize;
        if whole == 0 || (whole > 1 && byte(block, first) == b'0') {
            return None;
        }
        Some(Self { minus, first, whole, rest: digits >> whole })
    }
}

/// The number of two runs of digits, each given by its index and length, one behind the other, if
/// it has no more digits than surely fit and the second run has at least one.
#[inline(always)]
fn join_digits<K: Kernel>(
    kernel: K,
    block: &[u8],
    (first, whole): (usize, usize),
    (second, fraction): (usize, usize),
) -> Option<u64> {
    if whole > 16 || fraction == 0 || whole + fraction > SAFE_DIGITS {
        return None;
    }
    let head = fraction.min(16);
    let windows = [window(block, first), window(block, second)];
    let [high, low] = kernel.two_leading_digits(windows, [whole, head]);
    let value = high.wrapping_mul(POWERS_U64[head]).wrapping_add(low);
    if fraction <= 16 {
        return Some(value);
    }
    Some(append_digits(kernel, value, block, second + head, fraction - head))
}

/// `value` with the `count` digits at `at` behind it, which is less than 10^19.
#[inline(always)]
fn append_digits<K: Kernel>(kernel: K, value: u64, block: &[u8], at: usize, count: usize) -> u64 {
    let head = count.min(16);
    let digits = kernel.leading_digits(window(block, at), head);
    let value = value.wrapping_mul(POWERS_U64[head]).wrapping_add(digits);
    // Without the branch, which cannot be predicted for floats, all numbers were 8 % slower.
    if count <= 16 {
        return value;
    }
    let rest = count - head;
    let digits = kernel.leading_digits(window(block, at + head), rest);
    value.wrapping_mul(POWERS_U64[rest & 15]).wrapping_add(digits)
}

/// Whether `byte` may follow a number. A match compiles to one test of a bit mask.
#[inline(always)]
fn ends_value(byte: u8) -> bool {
    is_blank(byte) || matches!(byte, b',' | b'}' | b']' | b'\n')
}

/// The digits of a number as they are read.
#[derive(Default)]
struct Significand {
    mantissa: u64,
    /// Digits in the mantissa; leading zeros are none.
    kept: usize,
    /// Digits after those.
    dropped: usize,
    /// Whether a dropped digit is not zero.
    truncated: bool,
}

impl Significand {
    /// Takes the digits from `at` on and returns the index after them. The first digit of all must
    /// not be a zero.
    #[inline(always)]
    fn scan<K: Kernel>(&mut self, kernel: K, block: &[u8], at: usize) -> usize {
        let count = kernel.digits(window(block, at)).trailing_ones() as usize;
        if self.kept + count > SAFE_DIGITS {
            return self.scan_long(block, at);
        }
        self.mantissa = append_digits(kernel, self.mantissa, block, at, count);
        self.kept += count;
        at + count
    }

    #[inline(always)]
    fn scan_fraction<K: Kernel>(&mut self, kernel: K, block: &[u8], at: usize) -> usize {
        let at = if self.kept == 0 { skip_zeros(block, at) } else { at };
        self.scan(kernel, block, at)
    }

    /// The rest of a text that may have more digits than the mantissa can hold.
    #[cold]
    fn scan_long(&mut self, block: &[u8], mut at: usize) -> usize {
        loop {
            let digit = byte(block, at).wrapping_sub(b'0');
            if digit > 9 {
                return at;
            }
            let Some(mantissa) = self.mantissa_with(digit) else { break };
            self.mantissa = mantissa;
            self.kept += 1;
            at += 1;
        }
        loop {
            let run = window::<32>(block, at);
            let count = Scalar.digits(run).trailing_ones() as usize;
            self.truncated |= run[..count].iter().any(|digit| *digit != b'0');
            self.dropped += count;
            at += count;
            if count < run.len() {
                return at;
            }
        }
    }

    /// The mantissa with one more digit, unless it is full.
    fn mantissa_with(&self, digit: u8) -> Option<u64> {
        if self.dropped > 0 {
            return None;
        }
        self.mantissa.checked_mul(10)?.checked_add(digit.into())
    }
}

fn skip_zeros(block: &[u8], mut at: usize) -> usize {
    loop {
        let zeros = (word(block, at) ^ ZEROS).trailing_zeros() as usize / 8;
        at += zeros;
        if zeros < 8 {
            return at;
        }
    }
}

/// The exponent whose text, after the `e`, begins at `at`, and the index after it.
#[inline(always)]
fn scan_exponent(block: &[u8], mut at: usize) -> Result<(i64, usize), Fault> {
    let sign = byte(block, at);
    if matches!(sign, b'+' | b'-') {
        at += 1;
    }
    let first = at;
    let mut exponent = 0;
    loop {
        let digit = byte(block, at).wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        exponent = (exponent * 10 + i64::from(digit)).min(LARGEST_EXPONENT);
        at += 1;
    }
    if at == first {
        return Err(fault(NumberFault::Exponent, at));
    }
    Ok((if sign == b'-' { -exponent } else { exponent }, at))
}

#[cold]
fn fault(number: NumberFault, at: usize) -> Fault {
    Fault::new(FaultKind::InvalidNumber(number), at)
}

/// Any number of this many digits fits a u64.
const SAFE_DIGITS: usize = 19;
/// Far past every type's range, and far from overflowing when a line's length is added.
const LARGEST_EXPONENT: i64 = 1 << 50;
const ZEROS: u64 = 0x3030_3030_3030_3030;
