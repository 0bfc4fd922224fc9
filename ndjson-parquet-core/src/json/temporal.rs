//! Dates and times in strings: RFC 3339 and the forms of ISO 8601 next to it.
//!
//! The layout is fixed, so each field is read where it must be. The calendar is the proleptic
//! Gregorian one; there is no leap second and no hour 24.

#[cfg(test)]
mod tests;

use super::block::{byte, window};
use crate::simd::Kernel;

/// A date and a time of day as written, before the offset is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timestamp {
    /// Seconds from 1970-01-01 00:00:00 to the written clock time, whatever its offset.
    pub(crate) seconds: i64,
    pub(crate) nanos: u32,
    /// Digits of the fraction as written, 0 to 9.
    pub(crate) fraction_digits: u8,
    /// Minutes that the clock is ahead of UTC; `None` when no offset is written.
    pub(crate) offset_minutes: Option<i32>,
    /// Whether the text has the one form that inference takes for a timestamp:
    /// `YYYY-MM-DD[T ]HH:MM:SS[.f{1,6}][Z|±HH:MM]`.
    pub(crate) canonical: bool,
}

/// Days from 1970-01-01 to a `YYYY-MM-DD` of the years 0001 to 9999.
pub(crate) fn parse_date(text: &[u8]) -> Option<i32> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text else { return None };
    let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
    let month = two_digits(m1, m2)?;
    days_of(year, month, two_digits(d1, d2)?)
}

/// Days from 1970-01-01 to a day of the years 1 to 9999, if the calendar has it.
pub(super) fn days_of(year: i32, month: i32, day: i32) -> Option<i32> {
    let is_valid =
        year >= 1 && (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
    is_valid.then(|| days_from_epoch(year, month, day))
}

/// Nanoseconds of the day of a `HH:MM:SS[.f{1,9}]`.
pub(crate) fn parse_time(text: &[u8]) -> Option<i64> {
    let (clock, rest) = text.split_first_chunk::<5>()?;
    let minutes = parse_clock(clock)?;
    let (Some(second), rest) = parse_seconds(rest)? else { return None };
    let (nanos, rest) = match rest {
        [b'.', rest @ ..] => parse_fraction(rest).map(|(nanos, _, rest)| (nanos, rest))?,
        _ => (0, rest),
    };
    let seconds = i64::from(minutes) * 60 + i64::from(second);
    rest.is_empty().then_some(seconds * 1_000_000_000 + i64::from(nanos))
}

/// `timestamp`, if its instant is one that all readers have a form for.
pub(super) fn in_range(timestamp: Timestamp) -> Option<Timestamp> {
    let offset = i64::from(timestamp.offset_minutes.unwrap_or(0)) * 60;
    is_in_range(timestamp.seconds - offset).then_some(timestamp)
}

/// Whether an instant, in seconds from 1970-01-01 00:00 UTC, is in the years 1 to 9999 of UTC.
pub(crate) fn is_in_range(seconds: i64) -> bool {
    UTC_SECONDS.contains(&seconds)
}

/// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z: other years have no form that all readers take.
const UTC_SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// The date and time of `YYYY-MM-DD`, `T`, `t` or a space, `HH:MM[:SS[.f{1,9}]]` and perhaps an
/// offset: `Z`, `z`, `±HH:MM`, `±HHMM` or `±HH`.
pub(crate) fn parse_timestamp(text: &[u8]) -> Option<Timestamp> {
    let (date, rest) = text.split_first_chunk::<10>()?;
    let days = parse_date(date)?;
    let ([separator, clock @ ..], rest) = rest.split_first_chunk::<6>()?;
    if !matches!(separator, b'T' | b't' | b' ') {
        return None;
    }
    let minutes = parse_clock(clock)?;
    let (second, rest) = parse_seconds(rest)?;
    let (nanos, fraction_digits, rest) = match (second, rest) {
        (Some(_), [b'.', rest @ ..]) => parse_fraction(rest)?,
        _ => (0, 0, rest),
    };
    let (offset_minutes, canonical_offset) = parse_offset(rest)?;
    let second_of_day = i64::from(minutes) * 60 + i64::from(second.unwrap_or(0));
    let seconds = i64::from(days) * 86_400 + second_of_day;
    if !UTC_SECONDS.contains(&(seconds - i64::from(offset_minutes.unwrap_or(0)) * 60)) {
        return None;
    }
    Some(Timestamp {
        seconds,
        nanos,
        fraction_digits,
        offset_minutes,
        canonical: *separator != b't'
            && second.is_some()
            && fraction_digits <= 6
            && canonical_offset,
    })
}

/// The date that was read last, since most rows of a file are of one day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LastDate {
    text: [u8; 10],
    days: i32,
}

impl Default for LastDate {
    fn default() -> Self {
        Self { text: *b"1970-01-01", days: 0 }
    }
}

impl LastDate {
    #[inline(always)]
    fn days(&mut self, text: &[u8; 10]) -> Option<i32> {
        if self.text != *text {
            *self = Self { text: *text, days: parse_date(text)? };
        }
        Some(self.days)
    }
}

/// The date in the string whose text begins at `at`, the byte after the opening quote, and the
/// index after the closing quote; anything else is left to [`parse_date`].
#[inline(always)]
pub(crate) fn scan_date(block: &[u8], at: usize) -> Option<(i32, usize)> {
    let [text @ .., quote] = window::<11>(block, at);
    let days = parse_date(text).filter(|_| *quote == b'"')?;
    Some((days, at + 11))
}

/// The timestamp in the string whose text begins at `at`, the byte after the opening quote, and the
/// index after the closing quote, if it is written `YYYY-MM-DD[T ]HH:MM:SS[.f{1,9}][Z|±HH:MM]`;
/// anything else is left to [`parse_timestamp`].
#[inline(always)]
pub(crate) fn scan_timestamp<K: Kernel>(
    kernel: K,
    block: &[u8],
    at: usize,
    last: &mut LastDate,
) -> Option<(Timestamp, usize)> {
    let window = window::<32>(block, at);
    let (date, [separator, rest @ ..]) = window.split_first_chunk()? else { return None };
    let clock = scan_clock(*rest.first_chunk()?)?;
    if !matches!(separator, b'T' | b' ') {
        return None;
    }
    let days = last.days(date)?;
    let mut end = at + CLOCK_END;
    let (mut nanos, mut fraction_digits) = (0, 0);
    if window[CLOCK_END] == b'.' {
        fraction_digits = (kernel.digits(window) >> (CLOCK_END + 1)).trailing_ones() as usize;
        if fraction_digits == 0 {
            return None;
        }
        let scale = NANOS.get(fraction_digits)?;
        let fraction = super::block::window(block, end + 1);
        nanos = kernel.leading_digits(fraction, fraction_digits) as u32 * scale;
        end += 1 + fraction_digits;
    }
    let (offset_minutes, end) = scan_offset(block, end)?;
    let seconds = i64::from(days) * 86_400 + clock;
    if !UTC_SECONDS.contains(&(seconds - i64::from(offset_minutes.unwrap_or(0)) * 60)) {
        return None;
    }
    let timestamp = Timestamp {
        seconds,
        nanos,
        fraction_digits: fraction_digits as u8,
        offset_minutes,
        canonical: fraction_digits <= 6,
    };
    Some((timestamp, end))
}

/// Seconds of the day of a `HH:MM:SS`, all of it at once.
#[inline(always)]
fn scan_clock(text: [u8; 8]) -> Option<i64> {
    let digits = u64::from_le_bytes(text) ^ u64::from_le_bytes(*b"00:00:00");
    // A byte gets its high bit where a digit is above nine, or a colon no colon.
    let checked = digits | digits.wrapping_add(0x7676_7f76_767f_7676);
    // Each ten and its one are added up in the byte of the ten.
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let [hours, minutes, seconds] = [0, 24, 48].map(|bits| pairs >> bits & 0xff);
    let is_valid = checked & 0x8080_8080_8080_8080 == 0;
    (is_valid && hours < 24 && minutes < 60 && seconds < 60)
        .then_some((hours * 3600 + minutes * 60 + seconds) as i64)
}

/// The minutes of the offset at `at`, if there is one, and the index after the closing quote.
#[inline(always)]
fn scan_offset(block: &[u8], at: usize) -> Option<(Option<i32>, usize)> {
    let sign = match byte(block, at) {
        b'"' => return Some((None, at + 1)),
        b'Z' => return (byte(block, at + 1) == b'"').then_some((Some(0), at + 2)),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let [clock @ .., quote] = window::<6>(block, at + 1);
    let minutes = parse_clock(clock).filter(|_| *quote == b'"')?;
    Some((Some(sign * minutes), at + 7))
}

/// Length of `YYYY-MM-DDTHH:MM:SS`.
const CLOCK_END: usize = 19;
/// Nanoseconds in the last of so many digits after the point.
static NANOS: [u32; 10] =
    [0, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

/// Minutes of the day of a `HH:MM`.
fn parse_clock(text: &[u8; 5]) -> Option<i32> {
    let [h1, h2, b':', m1, m2] = *text else { return None };
    let (hour, minute) = (two_digits(h1, h2)?, two_digits(m1, m2)?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// The seconds of `:SS` and what follows, or none if the text goes on without.
fn parse_seconds(text: &[u8]) -> Option<(Option<i32>, &[u8])> {
    let [b':', rest @ ..] = text else { return Some((None, text)) };
    let ([s1, s2], rest) = rest.split_first_chunk::<2>()?;
    let second = two_digits(*s1, *s2)?;
    (second < 60).then_some((Some(second), rest))
}

/// The nanoseconds of one to nine digits, their number, and what follows.
fn parse_fraction(text: &[u8]) -> Option<(u32, u8, &[u8])> {
    let mut nanos = 0;
    let mut digits = 0;
    let mut rest = text;
    while let [digit @ b'0'..=b'9', tail @ ..] = rest {
        if digits == 9 {
            return None;
        }
        nanos = nanos * 10 + u32::from(digit - b'0');
        digits += 1;
        rest = tail;
    }
    (digits > 0).then(|| (nanos * 10_u32.pow(9 - u32::from(digits)), digits, rest))
}

/// The offset in minutes, if there is one, and whether it is written in the canonical form.
pub(super) fn parse_offset(text: &[u8]) -> Option<(Option<i32>, bool)> {
    let (sign, digits) = match text {
        [] => return Some((None, true)),
        [b'Z'] => return Some((Some(0), true)),
        [b'z'] => return Some((Some(0), false)),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (clock, canonical) = match *digits {
        [h1, h2, b':', m1, m2] => ([h1, h2, b':', m1, m2], true),
        [h1, h2, m1, m2] => ([h1, h2, b':', m1, m2], false),
        [h1, h2] => ([h1, h2, b':', b'0', b'0'], false),
        _ => return None,
    };
    Some((Some(sign * parse_clock(&clock)?), canonical))
}

#[inline(always)]
fn two_digits(tens: u8, ones: u8) -> Option<i32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i32::from(tens) * 10 + i32::from(ones))
}

pub(super) fn days_of_year(year: i32) -> i32 {
    337 + days_in_month(year, 2)
}

fn days_in_month(year: i32, month: i32) -> i32 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts from a year that begins in March, so that the leap day is its last.
fn days_from_epoch(year: i32, month: i32, day: i32) -> i32 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days_of_years = year * 365 + year / 4 - year / 100 + year / 400;
    // March to July repeats: 31, 30, 31, 30, 31 days make 153.
    let days_of_months = (month * 153 + 2) / 5;
    days_of_years + days_of_months + day - 1 - DAYS_TO_EPOCH
}

/// Days from 0000-03-01 to 1970-01-01.
const DAYS_TO_EPOCH: i32 = 719_468;
