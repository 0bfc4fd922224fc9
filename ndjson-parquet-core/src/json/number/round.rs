//! The float nearest to a decimal, by the algorithm of Eisel and Lemire ("Number parsing at a
//! gigabyte per second", 2021): one multiplication by a 128-bit power of five, sometimes two.
//!
//! Covers the exponents that data has; for the rest, and for the rare text that 128 bits do not
//! decide, the caller goes back to the text.

/// The 64-bit float nearest to `mantissa * 10^exponent`, ties to even, or `None` when it has to be
/// found in another way.
#[inline(always)]
pub(super) fn nearest_f64(mantissa: u64, exponent: i32) -> Option<f64> {
    if mantissa == 0 {
        return Some(0.0);
    }
    let power = POWERS.get(usize::try_from(exponent.wrapping_add(LARGEST)).ok()?)?;
    let zeros = mantissa.leading_zeros();
    let (low, high) = multiply(mantissa << zeros, power);
    // Outside of this range the power is not exact, and so many ones may hide a carry.
    if low == u64::MAX && !(-27..=55).contains(&exponent) {
        return None;
    }
    let top_bit = (high >> 63) as i32;
    let shift = top_bit + 64 - (FRACTION_BITS + 3);
    let mut fraction = high >> shift;
    // Exactly between two floats: only where the power is small can that be.
    let may_tie = low <= 1 && (-4..=23).contains(&exponent);
    if may_tie && fraction & 3 == 1 && fraction << shift == high {
        fraction &= !1;
    }
    fraction = (fraction + (fraction & 1)) >> 1;
    // No exponent of the table leaves the range of normal floats.
    let mut binary = binary_exponent(exponent) + top_bit - zeros as i32 + EXPONENT_BIAS;
    if fraction >= 2 << FRACTION_BITS {
        fraction = 1 << FRACTION_BITS;
        binary += 1;
    }
    fraction &= !(1 << FRACTION_BITS);
    Some(f64::from_bits(fraction | (binary as u64) << FRACTION_BITS))
}

/// The low and the high half of the upper 128 bits of `mantissa * power`; the low half is
/// approximate where it cannot matter.
#[inline(always)]
fn multiply(mantissa: u64, power: &(u64, u64)) -> (u64, u64) {
    let first = u128::from(mantissa) * u128::from(power.0);
    let (low, high) = (first as u64, (first >> 64) as u64);
    // The bits below those that are kept decide unless all of them are ones.
    let undecided = u64::MAX >> (FRACTION_BITS + 3);
    if high & undecided != undecided {
        return (low, high);
    }
    let second = u128::from(mantissa) * u128::from(power.1);
    let (low, carry) = low.overflowing_add((second >> 64) as u64);
    (low, high + u64::from(carry))
}

/// The exponent of the highest bit of `10^exponent`, as 63 bits and more of a product have it.
#[inline(always)]
fn binary_exponent(exponent: i32) -> i32 {
    // 217706 / 2^16 is the logarithm of ten to the base of two, near enough for the table.
    ((exponent * 217_706) >> 16) + 63
}

/// High and low half of the first 128 bits of `5^exponent`.
const fn power_of_five(exponent: i32) -> (u64, u64) {
    let mut power: u128 = 1;
    let mut count = exponent.unsigned_abs();
    while count > 0 {
        power *= 5;
        count -= 1;
    }
    if exponent >= 0 {
        power <<= power.leading_zeros();
        return ((power >> 64) as u64, power as u64);
    }
    // Long division: 128 bits of one over the power. The remainder stays below the power, which is
    // below 2^127, so doubling it does not overflow.
    let mut quotient: u128 = 0;
    let mut remainder: u128 = 1;
    while quotient >> 127 == 0 {
        remainder <<= 1;
        quotient <<= 1;
        if remainder >= power {
            remainder -= power;
            quotient |= 1;
        }
    }
    // Rounded up where the mantissa times the power must not fall short of an exact product.
    if exponent >= -27 {
        quotient += 1;
    }
    ((quotient >> 64) as u64, quotient as u64)
}

const fn powers_of_five() -> [(u64, u64); 2 * LARGEST as usize + 1] {
    let mut powers = [(0, 0); 2 * LARGEST as usize + 1];
    let mut index = 0;
    while index < powers.len() {
        powers[index] = power_of_five(index as i32 - LARGEST);
        index += 1;
    }
    powers
}

/// Largest exponent in the table, either way: its power of five leaves a bit of 128 free, so that
/// the table can be computed at compile time.
const LARGEST: i32 = 54;
static POWERS: [(u64, u64); 2 * LARGEST as usize + 1] = powers_of_five();
const FRACTION_BITS: i32 = 52;
const EXPONENT_BIAS: i32 = 1023;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether the result, if there is one, is that of the standard library.
    fn is_nearest(mantissa: u64, exponent: i32) -> bool {
        let expected: f64 = format!("{mantissa}e{exponent}").parse().unwrap();
        nearest_f64(mantissa, exponent).is_none_or(|float| float.to_bits() == expected.to_bits())
    }

    #[test]
    fn powers_of_five_begin_as_published() {
        // From the table of the paper's authors: 5^0, 5^1, 5^27, 5^-1, 5^-27, 5^-28.
        assert_eq!(power_of_five(0), (0x8000_0000_0000_0000, 0));
        assert_eq!(power_of_five(1), (0xa000_0000_0000_0000, 0));
        assert_eq!(power_of_five(27), (0xcecb_8f27_f420_0f3a, 0));
        assert_eq!(power_of_five(-1), (0xcccc_cccc_cccc_cccc, 0xcccc_cccc_cccc_cccd));
        assert_eq!(power_of_five(-2), (0xa3d7_0a3d_70a3_d70a, 0x3d70_a3d7_0a3d_70a4));
    }

    #[test]
    fn every_exponent_of_the_table_decides_plain_mantissas() {
        for exponent in -LARGEST..=LARGEST {
            for mantissa in [1, 3, 9, 123_456_789, 12_345_678_901_234_567, u64::MAX] {
                assert!(nearest_f64(mantissa, exponent).is_some(), "{mantissa}e{exponent}");
                assert!(is_nearest(mantissa, exponent), "{mantissa}e{exponent}");
            }
        }
        assert_eq!(nearest_f64(1, LARGEST + 1), None);
        assert_eq!(nearest_f64(1, -LARGEST - 1), None);
        assert_eq!(nearest_f64(1, i32::MAX), None);
        assert_eq!(nearest_f64(1, i32::MIN), None);
    }

    #[test]
    fn ties_go_to_even() {
        // Between two floats: 2^53 + 1, 2^54 + 2 and 2^54 + 6 units, and halves of small ones.
        for mantissa in [(1 << 53) + 1, (1 << 54) + 2, (1 << 54) + 6, (1 << 59) + 64] {
            assert!(is_nearest(mantissa, 0), "{mantissa}");
            assert!(is_nearest(mantissa * 5, -1), "{mantissa}");
            assert!(is_nearest(mantissa * 25, -2), "{mantissa}");
        }
        assert!(is_nearest(u64::MAX, 0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn floats_are_those_of_the_standard_library(
            mantissa in any::<u64>(), shift in 0..64_u32, exponent in -60..60_i32,
        ) {
            prop_assert!(is_nearest(mantissa >> shift, exponent));
        }

        #[test]
        fn neighbours_of_midpoints_round_as_the_standard_library_rounds(
            bits in 0x3000_0000_0000_0000_u64..0x4fff_ffff_ffff_ffff, off in 0..3_u64,
        ) {
            // 19 digits around the point half way to the next float.
            let float = f64::from_bits(bits);
            let next = f64::from_bits(bits + 1);
            let text = format!("{:.18e}", float / 2.0 + next / 2.0);
            let (digits, exponent) = text.split_once('e').unwrap();
            let mantissa: u64 = digits.replace('.', "").parse().unwrap();
            let exponent: i32 = exponent.parse().unwrap();
            prop_assert!(is_nearest(mantissa - 1 + off, exponent - 18));
        }
    }
}
