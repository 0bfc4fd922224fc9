//! The scanner and its conversions against the standard library and `serde_json`.

use proptest::prelude::*;

use super::{DecimalValue, Number, scan_float, scan_integer, scan_number};
use crate::json::block::padded;
use crate::json::fault::{Fault, FaultKind, NumberFault};
use crate::simd::{Kernel, Task, agreed};

/// The number at an index, by every kernel of this CPU, which must agree.
#[derive(Clone, Copy)]
struct ScanNumber<'a>(&'a [u8], usize);

impl Task for ScanNumber<'_> {
    type Output = Result<Number, Fault>;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> Self::Output {
        scan_number(kernel, self.0, self.1)
    }
}

#[derive(Clone, Copy)]
struct ScanInteger<'a>(&'a [u8], usize);

impl Task for ScanInteger<'_> {
    type Output = Option<(i64, usize)>;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> Self::Output {
        scan_integer(kernel, self.0, self.1)
    }
}

/// The bits of the float, because all kernels must find the same zero.
#[derive(Clone, Copy)]
struct ScanFloat<'a>(&'a [u8], usize);

impl Task for ScanFloat<'_> {
    type Output = Option<(u64, usize)>;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> Self::Output {
        scan_float(kernel, self.0, self.1).map(|(value, end)| (value.to_bits(), end))
    }
}

fn scan_float_all(block: &[u8]) -> Option<(f64, usize)> {
    agreed(ScanFloat(block, 0)).map(|(bits, end)| (f64::from_bits(bits), end))
}

fn scan(text: &str) -> Result<Number, Fault> {
    agreed(ScanNumber(&padded(text.as_bytes()), 0))
}

fn number(text: &str) -> (Number, Vec<u8>) {
    let block = padded(text.as_bytes());
    let number = agreed(ScanNumber(&block, 0)).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
    assert_eq!((number.start, number.end), (0, text.len()), "{text}");
    (number, block)
}

fn to_f64(text: &str) -> Option<f64> {
    let (number, block) = number(text);
    number.to_f64(&block)
}

fn to_decimal(text: &str, precision: u8, scale: i8) -> DecimalValue {
    let (number, block) = number(text);
    number.to_decimal(&block, precision, scale)
}

/// Compares a number's every conversion to that of the standard library.
fn assert_like_oracle(text: &str) {
    let (number, block) = number(text);
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    assert_eq!(number.integer, plain, "{text}");
    if plain {
        assert_eq!(number.to_i64(), text.parse().ok(), "{text}");
        let unsigned = if text == "-0" { Some(0) } else { text.parse().ok() };
        assert_eq!(number.to_u64(), unsigned, "{text}");
        let fast = agreed(ScanInteger(&block, 0));
        let short = text.trim_start_matches('-').len() <= 19 && number.to_i64() != Some(i64::MIN);
        let expected = text.parse().ok().filter(|_| short).map(|value| (value, text.len()));
        assert_eq!(fast, expected, "{text}");
        if let Ok(value) = text.parse::<i128>() {
            let in_range = value.unsigned_abs() < 10_u128.pow(38);
            let expected =
                if in_range { DecimalValue::Exact(value) } else { DecimalValue::OutOfRange };
            assert_eq!(number.to_decimal(&block, 38, 0), expected, "{text}");
            let exact = value as f64 as i128 == value && value != i128::MAX;
            assert_eq!(number.is_exact_f64(&block), exact, "{text}");
        }
    } else {
        assert_eq!(agreed(ScanInteger(&block, 0)), None, "{text}");
    }
    let double: f64 = text.parse().unwrap();
    let expected = double.is_finite().then(|| double.to_bits());
    assert_eq!(number.to_f64(&block).map(f64::to_bits), expected, "{text}");
    let fast = scan_float_all(&block);
    let short = number.digits <= if number.integer { 15 } else { 17 };
    match fast {
        Some((value, end)) => {
            assert_eq!((value.to_bits(), end), (double.to_bits(), text.len()), "{text}");
            assert!(short, "{text}");
        }
        // Not taken: exponents, and what is longer than a window or a mantissa.
        None => assert!(!short || text.contains(['e', 'E']) || text.len() > 19, "{text}"),
    }
    let single: f32 = text.parse().unwrap();
    let expected = single.is_finite().then(|| single.to_bits());
    assert_eq!(number.to_f32(&block).map(f32::to_bits), expected, "{text}");
}

#[test]
fn edges_are_those_of_the_standard_library() {
    let mut texts: Vec<String> = [
        "0",
        "-0",
        "0.0",
        "-0.0",
        "1.0",
        "0e0",
        "0E+5",
        "-0e-5",
        "0.000",
        "1e5",
        "1E5",
        "1e+5",
        "1e-5",
        "1e400",
        "-1e400",
        "1e-400",
        "-1e-400",
        "1e308",
        "1.7976931348623157e308",
        "1.7976931348623159e308",
        "1.797693134862315807e308",
        "5e-324",
        "2e-324",
        "2.4703282292062328e-324",
        "4.9e-324",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "9007199254740993",
        "9007199254740993.0",
        "9007199254740992.5",
        "3.4028235e38",
        "3.4028236e38",
        "3.5e38",
        "1e-45",
        "7e-46",
        "1e-46",
        "16777217",
        "16777217.0",
        "1.00000017881393421514957253748434595763683319091796875001",
        "0.1",
        "0.2",
        "0.3",
        "123456.789",
        "1e22",
        "1e23",
        "9007199254740991e22",
        "9007199254740993e22",
        "8.5070592e37",
        "0.00001",
        "0.000000000000000000000000000000001",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "0e99999999999999999999",
        "100000000000000000000000e-22",
    ]
    .map(String::from)
    .to_vec();
    for edge in [
        0,
        9,
        10,
        99,
        12_345_678,
        99_999_999,
        100_000_000,
        1 << 24,
        1 << 53,
        999_999_999_999_999_999,
        i64::MAX as i128,
        u64::MAX as i128,
        i32::MAX as i128,
        1 << 60,
        1 << 70,
        1 << 100,
        10_i128.pow(18),
        10_i128.pow(19),
        10_i128.pow(20),
        10_i128.pow(37),
        10_i128.pow(38),
        i128::MAX - 2,
    ] {
        for delta in -2..=2 {
            texts.push(format!("{}", edge + delta));
            texts.push(format!("{}", -edge + delta));
        }
    }
    for digits in 1..=45 {
        for digit in ["1", "9", "0"] {
            let run = digit.repeat(digits);
            texts.push(format!("7{run}"));
            texts.push(format!("-7{run}.{run}"));
            texts.push(format!("0.{run}3"));
            texts.push(format!("1{run}e-{digits}"));
        }
    }
    texts.iter().for_each(|text| assert_like_oracle(text));
}

#[test]
fn the_parts_of_a_number_are_told() {
    let parts = |text: &str| {
        let (number, _) = number(text);
        (number.mantissa, number.exponent, number.digits, number.integer, number.truncated)
    };
    assert_eq!(parts("0"), (0, 0, 0, true, false));
    assert_eq!(parts("120"), (120, 0, 3, true, false));
    assert_eq!(parts("1.50"), (150, -2, 3, false, false));
    assert_eq!(parts("0.0012"), (12, -4, 2, false, false));
    assert_eq!(parts("12e3"), (12, 3, 2, false, false));
    assert_eq!(parts("1.5e-3"), (15, -4, 2, false, false));
    assert_eq!(parts("18446744073709551615"), (u64::MAX, 0, 20, true, false));
    assert_eq!(parts("18446744073709551616"), (1_844_674_407_370_955_161, 1, 20, true, true));
    // The 20th digit does not fit; the next would, but then the digits would have a gap.
    let gap = (1_844_674_407_370_955_161, 1, 21, false, true);
    assert_eq!(parts("18446744073709551616.5"), gap);
    assert_eq!(parts("99999999999999999990"), (9_999_999_999_999_999_999, 1, 20, true, false));
    assert_eq!(parts("1e3000000000"), (1, i32::MAX, 1, false, false));
    assert_eq!(parts("1e-3000000000"), (1, i32::MIN, 1, false, false));
}

#[test]
fn whole_numbers_are_integers_however_they_are_written() {
    let whole = |text: &str| (number(text).0.to_i64(), number(text).0.to_u64());
    assert_eq!(whole("1.0"), (Some(1), Some(1)));
    assert_eq!(whole("1e2"), (Some(100), Some(100)));
    assert_eq!(whole("100e-2"), (Some(1), Some(1)));
    assert_eq!(whole("-1.50e1"), (Some(-15), None));
    assert_eq!(whole("-0"), (Some(0), Some(0)));
    assert_eq!(whole("-0.0"), (Some(0), Some(0)));
    assert_eq!(whole("0e99999999999"), (Some(0), Some(0)));
    assert_eq!(whole("1.5"), (None, None));
    assert_eq!(whole("1e-1"), (None, None));
    assert_eq!(whole("15e-1"), (None, None));
    assert_eq!(whole("1e-99999999999"), (None, None));
    assert_eq!(whole("1e19"), (None, Some(10_000_000_000_000_000_000)));
    assert_eq!(whole("1e20"), (None, None));
    assert_eq!(whole("9223372036854775807.000"), (Some(i64::MAX), Some(i64::MAX as u64)));
    assert_eq!(whole("-9223372036854775808e0"), (Some(i64::MIN), None));
    assert_eq!(whole("9.223372036854775808e18"), (None, Some(1 << 63)));
    assert_eq!(whole("18446744073709551615.0"), (None, Some(u64::MAX)));
    assert_eq!(whole("1844674407370955161500e-2"), (None, Some(u64::MAX)));
    assert_eq!(whole("100000000000000000000000000000e-28"), (Some(10), Some(10)));
    assert_eq!(whole("1.00000000000000000000000000001"), (None, None));
}

#[test]
fn other_texts_are_no_numbers() {
    for (text, kind, at) in [
        ("", NumberFault::Integer, 0),
        ("-", NumberFault::Integer, 1),
        ("--1", NumberFault::Integer, 1),
        ("+1", NumberFault::Integer, 0),
        (".5", NumberFault::Integer, 0),
        ("-.5", NumberFault::Integer, 1),
        ("00", NumberFault::LeadingZero, 1),
        ("01", NumberFault::LeadingZero, 1),
        ("-012", NumberFault::LeadingZero, 2),
        ("1.", NumberFault::Fraction, 2),
        ("1.e5", NumberFault::Fraction, 2),
        ("0.", NumberFault::Fraction, 2),
        ("1.-5", NumberFault::Fraction, 2),
        ("1e", NumberFault::Exponent, 2),
        ("1e+", NumberFault::Exponent, 3),
        ("1e+-5", NumberFault::Exponent, 3),
        ("1e.5", NumberFault::Exponent, 2),
        ("0x1", NumberFault::Tail, 1),
        ("1x", NumberFault::Tail, 1),
        ("1.5.5", NumberFault::Tail, 3),
        ("1e5.5", NumberFault::Tail, 3),
        ("1-2", NumberFault::Tail, 1),
        ("1_000", NumberFault::Tail, 1),
        ("1\"", NumberFault::Tail, 1),
        ("1:", NumberFault::Tail, 1),
        ("1é", NumberFault::Tail, 1),
        ("1\u{1}", NumberFault::Tail, 1),
    ] {
        assert_eq!(scan(text), Err(Fault::new(FaultKind::InvalidNumber(kind), at)), "{text}");
        assert_eq!(agreed(ScanInteger(&padded(text.as_bytes()), 0)), None, "{text}");
        assert_eq!(scan_float_all(&padded(text.as_bytes())), None, "{text}");
    }
}

#[test]
fn a_number_ends_at_what_may_follow_a_value() {
    for length in 1..=18 {
        let digits = "7".repeat(length);
        for after in (0..=255_u8).filter(|after| !after.is_ascii_digit()) {
            let block = padded(&[digits.as_bytes(), &[after]].concat());
            let ends = b",}] \t\r\n".contains(&after);
            let expected = ends.then(|| (digits.parse().unwrap(), length));
            assert_eq!(agreed(ScanInteger(&block, 0)), expected);
            if length <= 15 && after != b'.' {
                let expected = ends.then(|| (digits.parse().unwrap(), length));
                assert_eq!(scan_float_all(&block), expected);
            }
            if !b".eE".contains(&after) {
                assert_eq!(agreed(ScanNumber(&block, 0)).is_ok(), ends, "{after}");
            }
        }
    }
}

#[test]
fn decimals_go_by_digits() {
    use DecimalValue::{Exact, OutOfRange, Rounds};
    for (text, precision, scale, expected) in [
        ("0", 1, 0, Exact(0)),
        ("-0.000", 1, 1, Exact(0)),
        ("0e999999999999", 1, 0, Exact(0)),
        ("1.25", 18, 2, Exact(125)),
        ("-1.25", 18, 2, Exact(-125)),
        ("1.250000000000000000000000000000000000000000", 3, 2, Exact(125)),
        ("1.255", 18, 2, Rounds),
        ("1.2500000000000000000000000000000000000000001", 18, 2, Rounds),
        ("1.5", 18, 3, Exact(1500)),
        ("125e-2", 18, 2, Exact(125)),
        ("1e2", 5, 2, Exact(10_000)),
        ("1e3", 5, 2, OutOfRange),
        ("999.99", 5, 2, Exact(99_999)),
        ("1000", 5, 2, OutOfRange),
        ("1000.001", 5, 2, OutOfRange),
        ("999.999", 5, 2, Rounds),
        ("0.001", 5, 2, Rounds),
        ("0.0000001", 5, 2, Rounds),
        ("1e-9999999999", 38, 38, Rounds),
        ("1e9999999999", 38, 0, OutOfRange),
        ("1200", 2, -2, Exact(12)),
        ("1250", 3, -2, Rounds),
        ("12", 3, -2, Rounds),
        ("0.1", 38, 38, Exact(10_i128.pow(37))),
        ("1", 38, 38, OutOfRange),
        ("99999999999999999999999999999999999999", 38, 0, Exact(10_i128.pow(38) - 1)),
        ("100000000000000000000000000000000000000", 38, 0, OutOfRange),
        (
            "1234567890123456789012345678.9012345678",
            38,
            10,
            Exact(12345678901234567890123456789012345678),
        ),
        ("0.0000000000000000000000000000001", 38, 37, Exact(1_000_000)),
    ] {
        assert_eq!(to_decimal(text, precision, scale), expected, "{text} ({precision}, {scale})");
    }
}

#[test]
fn rounding_in_a_float_is_told() {
    for (text, exact, exceeds, rounded) in [
        ("0", true, false, false),
        ("9007199254740992", true, false, false),
        ("9007199254740993", false, false, false),
        ("1e22", true, false, false),
        ("1e23", false, false, false),
        ("0.5", false, false, false),
        ("5.0", true, false, false),
        ("12345678901234567", false, false, false),
        ("123456789012345678", false, true, true),
        ("0.12345678901234567", false, false, false),
        ("0.123456789012345678", false, true, true),
        ("0.12345678901234567000000000000", false, false, false),
        ("1152921504606846976", true, true, false),
        ("1152921504606846977", false, true, true),
        ("1180591620717411303424", true, true, false),
        ("1180591620717411303425", false, true, true),
        ("100000000000000000000", true, false, false),
        ("2.2250738585072014e-308", false, false, false),
        ("2.2250738585072008e-308", false, false, true),
        ("1e-400", false, false, true),
        ("0e-400", true, false, false),
    ] {
        let (number, block) = number(text);
        assert_eq!(number.is_exact_f64(&block), exact, "{text}");
        assert_eq!(number.exceeds_f64_digits(), exceeds, "{text}");
        assert_eq!(number.is_rounded_in_f64(&block), rounded, "{text}");
    }
}

#[test]
fn megabytes_of_digits_keep_their_value() {
    let zeros = "0".repeat(1 << 20);
    assert_eq!(to_f64(&format!("0.{zeros}25e{}", 1 << 20)), Some(0.25));
    assert_eq!(to_f64(&format!("-25{zeros}e-{}", 1 << 20)), Some(-25.0));
    assert_eq!(to_f64(&format!("0.{zeros}")), Some(0.0));
    assert_eq!(to_f64(&format!("0.{zeros}1")), Some(0.0));
    assert_eq!(to_f64(&format!("1{zeros}")), None);
    // Halfway between two floats, and just above it.
    assert_eq!(to_f64(&format!("9007199254740993.{zeros}")), Some(9_007_199_254_740_992.0));
    assert_eq!(to_f64(&format!("9007199254740993.{zeros}1")), Some(9_007_199_254_740_994.0));
    assert_eq!(number(&format!("25{zeros}e-{}", 1 << 20)).0.to_i64(), Some(25));
    assert_eq!(to_decimal(&format!("1.5{zeros}"), 3, 2), DecimalValue::Exact(150));
    assert_eq!(to_decimal(&format!("1.5{zeros}1"), 3, 2), DecimalValue::Rounds);
    assert!(number(&"7".repeat(1 << 20)).0.truncated);
    assert_eq!(to_f64(&format!("1e{}", "9".repeat(1 << 20))), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn random_numbers_are_the_oracles(
        text in "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,24})?([eE][-+]?[0-9]{1,3})?"
    ) {
        assert_like_oracle(&text);
    }

    #[test]
    fn random_floats_are_the_oracles(bits in any::<u64>()) {
        let value = f64::from_bits(bits);
        if value.is_finite() {
            assert_like_oracle(&format!("{value:e}"));
            assert_like_oracle(&format!("{value:.17e}"));
            assert_like_oracle(&format!("{:e}", value as f32 as f64).replace("inf", "1"));
        }
    }

    #[test]
    fn random_texts_are_numbers_where_the_oracle_says_so(text in "[-+.eE0-9]{1,8}") {
        let expected = serde_json::from_str::<serde_json::Number>(&text).is_ok();
        prop_assert_eq!(scan(&text).is_ok(), expected, "{}", text);
    }

    #[test]
    fn decimals_agree_with_integers(
        unscaled in -(10_i128.pow(38) - 1)..10_i128.pow(38), shift in 0..=126_u32, scale in 0..=38_usize,
    ) {
        let unscaled = unscaled >> shift;
        let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let sign = if unscaled < 0 { "-" } else { "" };
        let point = if scale > 0 { "." } else { "" };
        let text = format!("{sign}{whole}{point}{fraction}");
        prop_assert_eq!(to_decimal(&text, 38, scale as i8), DecimalValue::Exact(unscaled), "{}", text);
    }
}
