//! What a scanned number is in a column: exact integers, correctly rounded floats, decimals by
//! their digits.

use arrow_buffer::i256;

use super::super::block::byte;
use super::Number;
use super::round::nearest_f64;

/// A number in a decimal column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecimalValue {
    /// The value times `10^scale`.
    Exact(i128),
    /// In range, but with more fraction digits than the scale.
    Rounds,
    /// More digits before the point than precision and scale leave, whatever its fraction.
    OutOfRange,
}

impl Number {
    /// The exact value, however it is written: `1.0`, `1e2` and `100e-2` too.
    pub(crate) fn to_i64(self) -> Option<i64> {
        let magnitude = i128::from(self.whole()?);
        i64::try_from(if self.negative { -magnitude } else { magnitude }).ok()
    }

    /// The exact value, however it is written; `-0` is 0.
    pub(crate) fn to_u64(self) -> Option<u64> {
        self.whole().filter(|magnitude| !self.negative || *magnitude == 0)
    }

    /// The nearest float, ties to even; `None` if that is an infinity. `-0` keeps its sign.
    #[inline(always)]
    pub(crate) fn to_f64(self, block: &[u8]) -> Option<f64> {
        // Without the shorter way for mantissas of up to 53 bits: whether a float has 15 digits or 17
        // cannot be predicted, and a wrong guess costs more than the longer way.
        if !self.truncated
            && let Some(magnitude) = nearest_f64(self.mantissa, self.exponent)
        {
            return Some(if self.negative { -magnitude } else { magnitude });
        }
        self.parse_float(block).filter(|value: &f64| value.is_finite())
    }

    /// The nearest 32-bit float, rounded once, from the text.
    #[inline(always)]
    pub(crate) fn to_f32(self, block: &[u8]) -> Option<f32> {
        if self.mantissa <= 1 << 24 && !self.truncated {
            let power = POWERS_F32.get(self.exponent.unsigned_abs() as usize);
            if let Some(power) = power {
                let mantissa = self.mantissa as f32;
                // Both operands are exact, so the one operation rounds correctly (Clinger).
                let value = if self.exponent < 0 { mantissa / power } else { mantissa * power };
                return Some(if self.negative { -value } else { value });
            }
        }
        self.parse_float(block).filter(|value: &f32| value.is_finite())
    }

    /// The value times `10^scale` for a decimal of `precision` (at most 38) digits.
    pub(crate) fn to_decimal(self, block: &[u8], precision: u8, scale: i8) -> DecimalValue {
        if self.mantissa == 0 {
            return DecimalValue::Exact(0);
        }
        // The unscaled value has as many digits as stand before the point that the scale moves.
        let kept = self.point() + i64::from(scale);
        if kept > i64::from(precision.min(38)) {
            return DecimalValue::OutOfRange;
        }
        let Ok(kept) = usize::try_from(kept) else { return DecimalValue::Rounds };
        if !self.truncated {
            return self.scale_mantissa(i64::from(self.exponent) + i64::from(scale));
        }
        let digits = self.significant_digits(block);
        let mut unscaled = 0;
        for digit in digits.clone().chain(std::iter::repeat(0)).take(kept) {
            unscaled = unscaled * 10 + i128::from(digit);
        }
        if digits.skip(kept).any(|digit| digit != 0) {
            return DecimalValue::Rounds;
        }
        DecimalValue::Exact(if self.negative { -unscaled } else { unscaled })
    }

    /// The value times `10^scale` for a decimal of `precision` (at most 76) digits, if that is an
    /// integer of so many digits.
    #[cold]
    pub(crate) fn to_decimal256(self, block: &[u8], precision: u8, scale: i8) -> Option<i256> {
        if self.mantissa == 0 {
            return Some(i256::ZERO);
        }
        let kept = self.point() + i64::from(scale);
        let kept = usize::try_from(kept).ok().filter(|kept| *kept <= usize::from(precision))?;
        let digits = self.significant_digits(block);
        if digits.clone().skip(kept).any(|digit| digit != 0) {
            return None;
        }
        let ten = i256::from_i128(10);
        let unscaled =
            digits.chain(std::iter::repeat(0)).take(kept).fold(i256::ZERO, |value, digit| {
                value.wrapping_mul(ten).wrapping_add(i256::from_i128(digit.into()))
            });
        Some(if self.negative { unscaled.wrapping_neg() } else { unscaled })
    }

    /// The value times `10^shift`, if that is an integer that fits; with `floor`, the largest integer
    /// that is not greater.
    pub(crate) fn to_scaled_i64(self, shift: i32, floor: bool) -> Option<i64> {
        let exponent = self.exponent.saturating_add(shift);
        let exact = Self { exponent, ..self }.to_i64();
        if exact.is_some() || !floor || exponent > 0 {
            return exact;
        }
        // What is no integer is cut; what is one, and too large, is so afterwards as well.
        let power = POWERS_U64.get(exponent.unsigned_abs() as usize);
        let whole = i128::from(power.map_or(0, |power| self.mantissa / power));
        i64::try_from(if self.negative { -whole - 1 } else { whole }).ok()
    }

    /// The mantissa times a power of ten that leaves 0 to 38 digits before the point.
    #[inline(always)]
    fn scale_mantissa(self, exponent: i64) -> DecimalValue {
        let sign = if self.negative { -1 } else { 1 };
        let index = exponent.unsigned_abs() as usize;
        if exponent >= 0 {
            // At least one digit, so at most 37 zeros.
            let power = POWERS_I128.get(index).copied().unwrap_or(0);
            return DecimalValue::Exact(sign * i128::from(self.mantissa) * power);
        }
        // With a digit before the point the divisor is no larger than the mantissa.
        let Some(power) = POWERS_U64.get(index) else { return DecimalValue::Rounds };
        if !self.mantissa.is_multiple_of(*power) {
            return DecimalValue::Rounds;
        }
        DecimalValue::Exact(sign * i128::from(self.mantissa / power))
    }

    /// Whether the value is an integer that a 64-bit float holds exactly.
    pub(crate) fn is_exact_f64(&self, block: &[u8]) -> bool {
        if self.truncated {
            return self.integer && self.is_exact_long_integer(block);
        }
        if self.mantissa == 0 {
            return true;
        }
        let (mantissa, exponent) = self.without_trailing_zeros();
        // A float has 53 bits from the highest one set to the lowest one set; the twos of the power
        // of ten are zeros below those.
        let odd = mantissa >> mantissa.trailing_zeros();
        let power = u32::try_from(exponent).ok().and_then(|exponent| 5_u64.checked_pow(exponent));
        power.and_then(|power| odd.checked_mul(power)).is_some_and(|odd| odd < 1 << 53)
    }

    /// Whether the text has more than 17 significant digits, not counting trailing zeros: more than
    /// a 64-bit float can tell apart.
    pub(crate) fn exceeds_f64_digits(&self) -> bool {
        self.truncated || self.without_trailing_zeros().0 >= 10_u64.pow(17)
    }

    /// Whether a 64-bit float loses digits of the text: it has more than 17 significant ones and is
    /// no integer that a float holds exactly, as 2^60 is, or it is so small that floats have fewer.
    pub(crate) fn is_rounded_in_f64(&self, block: &[u8]) -> bool {
        if self.exceeds_f64_digits() {
            return !self.is_exact_f64(block);
        }
        let tiny = |value: f64| value.abs() < f64::MIN_POSITIVE;
        self.mantissa != 0 && self.exponent < 0 && self.to_f64(block).is_some_and(tiny)
    }

    /// The magnitude, if it is an integer that fits.
    #[inline(always)]
    fn whole(&self) -> Option<u64> {
        // Digits past the mantissa, if one is not zero, make an integer too large or a fraction.
        if self.truncated {
            return None;
        }
        if self.exponent == 0 || self.mantissa == 0 {
            return Some(self.mantissa);
        }
        // A power that does not fit makes a number too large, or a fraction.
        let power = *POWERS_U64.get(self.exponent.unsigned_abs() as usize)?;
        if self.exponent > 0 {
            return self.mantissa.checked_mul(power);
        }
        self.mantissa.is_multiple_of(power).then(|| self.mantissa / power)
    }

    fn without_trailing_zeros(&self) -> (u64, i64) {
        let (mut mantissa, mut exponent) = (self.mantissa, i64::from(self.exponent));
        while mantissa != 0 && mantissa.is_multiple_of(10) {
            mantissa /= 10;
            exponent += 1;
        }
        (mantissa, exponent)
    }

    /// Where the point stands, counted from before the first significant digit: the value is
    /// `0.DIGITS * 10^point`. The mantissa must not be 0.
    fn point(&self) -> i64 {
        i64::from(self.exponent) + i64::from(self.mantissa.ilog10()) + 1
    }

    /// The digits before the exponent, without the leading zeros.
    fn significant_digits<'a>(&self, block: &'a [u8]) -> impl Iterator<Item = u8> + Clone + 'a {
        (self.start..self.end)
            .map(|at| byte(block, at))
            .take_while(|byte| byte | 0x20 != b'e')
            .filter(u8::is_ascii_digit)
            .map(|digit| digit - b'0')
            .skip_while(|digit| *digit == 0)
    }

    #[cold]
    fn is_exact_long_integer(&self, block: &[u8]) -> bool {
        let Some(float) = self.to_f64(block) else { return false };
        // A float prints all the digits of an integer.
        let printed = format!("{:.0}", float.abs());
        printed.bytes().map(|digit| digit - b'0').eq(self.significant_digits(block))
    }

    #[cold]
    #[inline(never)]
    fn parse_float<F: fast_float2::FastFloat>(&self, block: &[u8]) -> Option<F> {
        if self.end - self.start > LONGEST_PLAIN_TEXT {
            return fast_float2::parse(self.short_text(block)).ok();
        }
        fast_float2::parse(block.get(self.start..self.end)?).ok()
    }

    /// A short text that rounds to the same float. The parser stops reading an exponent at five
    /// digits, which is wrong where a megabyte of zeros makes up for it.
    fn short_text(&self, block: &[u8]) -> String {
        let sign = if self.negative { "-" } else { "" };
        if self.mantissa == 0 {
            return format!("{sign}0");
        }
        let mut digits = self.significant_digits(block);
        let mut text = format!("{sign}0.");
        text.extend(digits.by_ref().take(DECISIVE_DIGITS).map(|digit| char::from(digit + b'0')));
        if digits.any(|digit| digit != 0) {
            text.push('1');
        }
        format!("{text}e{}", self.point())
    }
}

const fn powers_u64() -> [u64; 20] {
    let mut powers = [1; 20];
    let mut index = 1;
    while index < powers.len() {
        powers[index] = powers[index - 1] * 10;
        index += 1;
    }
    powers
}

const fn powers_i128() -> [i128; 39] {
    let mut powers = [1; 39];
    let mut index = 1;
    while index < powers.len() {
        powers[index] = powers[index - 1] * 10;
        index += 1;
    }
    powers
}

/// All powers of ten of the type.
pub(super) static POWERS_U64: [u64; 20] = powers_u64();
static POWERS_I128: [i128; 39] = powers_i128();
/// Powers of ten that a 32-bit float holds exactly.
static POWERS_F32: [f32; 11] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];
/// A text of at most this length and an exponent of six digits is far out of every float's range,
/// whichever six they are.
const LONGEST_PLAIN_TEXT: usize = 1_000;
/// The midpoint between two 64-bit floats has at most 768 significant digits; of what follows only
/// matters whether it is zero.
const DECISIVE_DIGITS: usize = 800;
