//! Numbers: the grammar of RFC 8259, and exact conversion into what columns hold.
//!
//! A scan keeps the digits as an integer and a power of ten; see [`Number`]. Only what these cannot
//! tell goes back to the text. Conversions are in `number/convert.rs` and `number/round.rs`.

mod convert;
mod round;
#[cfg(test)]
mod tests;

pub(crate) use convert::DecimalValue;

use super::blank::is_blank;
use super::block::{byte, word};
use super::fault::{Fault, FaultKind, NumberFault};

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
pub(crate) fn scan_number(block: &[u8], at: usize) -> Result<Number, Fault> {
    // A branch, where adding the sign to the index would make every load wait for it.
    if byte(block, at) == b'-' {
        let number = scan_magnitude(block, at + 1)?;
        return Ok(Number { start: at, negative: true, ..number });
    }
    scan_magnitude(block, at)
}

#[inline(always)]
fn scan_magnitude(block: &[u8], start: usize) -> Result<Number, Fault> {
    let mut at = start;
    let mut significand = Significand::default();
    match byte(block, at) {
        b'0' => {
            at += 1;
            if byte(block, at).is_ascii_digit() {
                return Err(fault(NumberFault::LeadingZero, at));
            }
        }
        b'1'..=b'9' => at = significand.scan(block, at),
        _ => return Err(fault(NumberFault::Integer, at)),
    }
    let whole_end = at;
    let mut fraction_digits = 0;
    if byte(block, at) == b'.' {
        at = significand.scan_fraction(block, at + 1);
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

/// The integer at `at` and the index after it, if it has at most 18 digits and is only that;
/// everything else, errors too, is left to [`scan_number`].
#[inline(always)]
pub(crate) fn scan_integer(block: &[u8], at: usize) -> Option<(i64, usize)> {
    // A branch, where adding the sign to the index would make every load wait for it.
    if byte(block, at) == b'-' {
        let (value, end) = scan_natural(block, at + 1)?;
        return Some((-value, end));
    }
    scan_natural(block, at)
}

#[inline(always)]
fn scan_natural(block: &[u8], first: usize) -> Option<(i64, usize)> {
    let mut at = first;
    let mut value = 0;
    loop {
        let digits = word(block, at) ^ ZEROS;
        let count = count_digits(digits);
        if at - first + count > 18 {
            return None;
        }
        value = append_digits(value, digits, count);
        at += count;
        if count < 8 {
            break;
        }
    }
    let has_leading_zero = byte(block, first) == b'0' && at - first > 1;
    if at == first || has_leading_zero || !ends_value(byte(block, at)) {
        return None;
    }
    Some((value as i64, at))
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
    fn scan(&mut self, block: &[u8], mut at: usize) -> usize {
        loop {
            let digits = word(block, at) ^ ZEROS;
            let others = not_digits(digits);
            if others == 0 && self.kept + 8 <= SAFE_DIGITS {
                // A step of fixed length, so that the next word need not wait for a bit count.
                self.mantissa = self.mantissa * 100_000_000 + eight_digits(digits);
                self.kept += 8;
                at += 8;
                continue;
            }
            let count = others.trailing_zeros() as usize / 8;
            if self.kept + count > SAFE_DIGITS {
                return self.scan_long(block, at);
            }
            self.mantissa = append_digits(self.mantissa, digits, count);
            self.kept += count;
            return at + count;
        }
    }

    #[inline(always)]
    fn scan_fraction(&mut self, block: &[u8], at: usize) -> usize {
        let at = if self.kept == 0 { skip_zeros(block, at) } else { at };
        self.scan(block, at)
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
            let digits = word(block, at) ^ ZEROS;
            let count = count_digits(digits);
            self.truncated |= lowest_bytes(digits, count) != 0;
            self.dropped += count;
            at += count;
            if count < 8 {
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

/// How many of the eight bytes, lowest first, are digits before the first that is none. The bytes
/// have been XORed with `ZEROS`, so a digit is a byte below ten.
#[inline(always)]
fn count_digits(digits: u64) -> usize {
    not_digits(digits).trailing_zeros() as usize / 8
}

/// The high bit of each byte that is not a digit XORed with `ZEROS`.
#[inline(always)]
fn not_digits(digits: u64) -> u64 {
    (((digits & LOW_SEVEN) + TEN_TO_HIGH_BIT) | digits) & HIGH_BITS
}

/// `value` with the lowest `count` digits of the word behind it.
#[inline(always)]
fn append_digits(value: u64, digits: u64, count: usize) -> u64 {
    // Moved to the top, the digits have zeros in front of them, which change nothing.
    value * POWERS_OF_TEN[count & 15] + eight_digits(lowest_bytes(digits, count))
}

/// The value of eight digits, the first one lowest.
#[inline(always)]
fn eight_digits(digits: u64) -> u64 {
    // Pairs, then fours and eights: each multiplication adds two neighbours up.
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let upper = (pairs & PAIR_MASK).wrapping_mul(0x000f_4240_0000_0064);
    let lower = (pairs >> 16 & PAIR_MASK).wrapping_mul(0x0000_2710_0000_0001);
    upper.wrapping_add(lower) >> 32
}

/// The lowest `count` bytes, moved to the top.
#[inline(always)]
fn lowest_bytes(word: u64, count: usize) -> u64 {
    // In two halves, because one shift by all 64 bits is not defined.
    let half = 4 * (8 - count);
    word << half << half
}

#[cold]
fn fault(number: NumberFault, at: usize) -> Fault {
    Fault::new(FaultKind::InvalidNumber(number), at)
}

/// Powers of ten up to 10^8, as many digits as one word has; the rest keeps the index in bounds.
static POWERS_OF_TEN: [u64; 16] =
    [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 0, 0, 0, 0, 0, 0, 0];
/// Any number of this many digits fits a u64.
const SAFE_DIGITS: usize = 19;
/// Far past every type's range, and far from overflowing when a line's length is added.
const LARGEST_EXPONENT: i64 = 1 << 50;
const ZEROS: u64 = 0x3030_3030_3030_3030;
const LOW_SEVEN: u64 = 0x7f7f_7f7f_7f7f_7f7f;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
/// Added to a byte below 128, it sets the high bit if the byte is ten or more.
const TEN_TO_HIGH_BIT: u64 = 0x7676_7676_7676_7676;
const PAIR_MASK: u64 = 0x0000_00ff_0000_00ff;
