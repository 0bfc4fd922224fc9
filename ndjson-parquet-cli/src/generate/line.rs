//! A buffer of JSON text that knows where a comma belongs.
//!
//! Values are appended as they will stand in the output: strings are given in escaped form. All
//! number and date formats are written out here, so that no library decides about a byte.

/// One or more NDJSON lines under construction.
pub(super) struct Line {
    bytes: Vec<u8>,
}

/// How a point in time is written.
#[derive(Clone, Copy)]
pub(super) enum TimeStyle {
    /// `2026-01-31T23:59:59Z`
    Seconds,
    /// `2026-01-31T23:59:59.123Z`
    Millis,
    /// `2026-01-31T23:59:59.123456+00:00`
    MicrosWithOffset,
}

impl Line {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { bytes: Vec::with_capacity(capacity) }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Ends the line.
    pub(super) fn end(&mut self) {
        self.bytes.push(b'\n');
    }

    pub(super) fn open_object(&mut self) {
        self.separate();
        self.bytes.push(b'{');
    }

    pub(super) fn close_object(&mut self) {
        self.bytes.push(b'}');
    }

    pub(super) fn open_list(&mut self) {
        self.separate();
        self.bytes.push(b'[');
    }

    pub(super) fn close_list(&mut self) {
        self.bytes.push(b']');
    }

    /// A field's name; its value comes next.
    pub(super) fn key(&mut self, name: &str) -> &mut Self {
        self.open_text();
        self.push(name);
        self.bytes.extend_from_slice(b"\":");
        self
    }

    pub(super) fn null(&mut self) {
        self.separate();
        self.push("null");
    }

    pub(super) fn boolean(&mut self, value: bool) {
        self.separate();
        self.push(if value { "true" } else { "false" });
    }

    pub(super) fn integer(&mut self, value: u64) {
        self.separate();
        self.push_integer(value);
    }

    /// A number of either sign, as its sign and its absolute value.
    pub(super) fn signed(&mut self, negative: bool, value: u64) {
        self.separate();
        if negative && value != 0 {
            self.push("-");
        }
        self.push_integer(value);
    }

    /// A number with a fraction: `value` divided by ten to the power of `decimals`.
    pub(super) fn fraction(&mut self, negative: bool, value: u64, decimals: u32) {
        let unit = 10_u64.pow(decimals);
        self.separate();
        if negative {
            self.push("-");
        }
        self.push_integer(value / unit);
        self.push(".");
        self.push_digits(value % unit, decimals as usize);
    }

    /// A string whose text is `escaped`.
    pub(super) fn text(&mut self, escaped: &str) {
        self.open_text();
        self.push(escaped);
        self.close_text();
    }

    /// A string that holds a point in time, counted in microseconds from 1970.
    pub(super) fn time(&mut self, unix_micros: u64, style: TimeStyle) {
        self.open_text();
        self.push_time(unix_micros, style);
        self.close_text();
    }

    /// A string of `length` hexadecimal digits, taken from `bits` one call per 16 digits.
    pub(super) fn hex(&mut self, length: usize, bits: impl FnMut() -> u64) {
        self.open_text();
        self.push_hex(length, bits);
        self.close_text();
    }

    /// Starts a string that is put together by the `push` functions.
    pub(super) fn open_text(&mut self) {
        self.separate();
        self.bytes.push(b'"');
    }

    pub(super) fn close_text(&mut self) {
        self.bytes.push(b'"');
    }

    /// Appends text as it is.
    pub(super) fn push(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub(super) fn push_integer(&mut self, value: u64) {
        let digits = value.checked_ilog10().unwrap_or(0) as usize + 1;
        self.push_digits(value, digits);
    }

    /// Appends the last `width` digits of `value`, with leading zeros.
    pub(super) fn push_digits(&mut self, mut value: u64, width: usize) {
        let start = self.bytes.len();
        self.bytes.resize(start + width, b'0');
        for digit in self.bytes[start..].iter_mut().rev() {
            *digit = b'0' + (value % 10) as u8;
            value /= 10;
        }
    }

    pub(super) fn push_hex(&mut self, length: usize, mut bits: impl FnMut() -> u64) {
        let mut left = length;
        while left > 0 {
            let mut word = bits();
            for _ in 0..left.min(16) {
                self.bytes.push(HEX_DIGITS[(word & 15) as usize]);
                word >>= 4;
            }
            left -= left.min(16);
        }
    }

    fn push_time(&mut self, unix_micros: u64, style: TimeStyle) {
        let (seconds, micros) = (unix_micros / 1_000_000, unix_micros % 1_000_000);
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil_date(days);
        for (value, width, before) in [
            (year, 4, ""),
            (month, 2, "-"),
            (day, 2, "-"),
            (second / 3600, 2, "T"),
            (second / 60 % 60, 2, ":"),
            (second % 60, 2, ":"),
        ] {
            self.push(before);
            self.push_digits(value, width);
        }
        match style {
            TimeStyle::Seconds => self.push("Z"),
            TimeStyle::Millis => {
                self.push(".");
                self.push_digits(micros / 1000, 3);
                self.push("Z");
            }
            TimeStyle::MicrosWithOffset => {
                self.push(".");
                self.push_digits(micros, 6);
                self.push("+00:00");
            }
        }
    }

    /// Puts a comma before the next key or value unless it is the first of its container, the
    /// value of a key, or the start of a line. A string always ends in a quote, so the last byte
    /// says which.
    fn separate(&mut self) {
        if !matches!(self.bytes.last(), None | Some(b'{' | b'[' | b':' | b'\n')) {
            self.bytes.push(b',');
        }
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
///
/// Counts years from March, so that the leap day comes last: then every fifth of the year has
/// 153 days, and a month's length needs no table.
fn civil_date(days_since_1970: u64) -> (u64, u64, u64) {
    let days = days_since_1970 + DAYS_FROM_0000_03_01;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Days between the first of March of the year 0 and the first of January 1970.
const DAYS_FROM_0000_03_01: u64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Line)) -> String {
        let mut line = Line::with_capacity(64);
        write(&mut line);
        String::from_utf8(line.bytes).unwrap()
    }

    #[test]
    fn commas_stand_between_values_only() {
        let text = written(|line| {
            line.open_object();
            line.key("a").integer(0);
            line.key("b").open_list();
            line.null();
            line.boolean(true);
            line.open_object();
            line.close_object();
            line.close_list();
            line.key("c").text("");
            line.close_object();
            line.end();
            line.open_object();
            line.close_object();
        });
        assert_eq!(text, "{\"a\":0,\"b\":[null,true,{}],\"c\":\"\"}\n{}");
    }

    #[test]
    fn numbers_are_written_with_all_their_digits() {
        assert_eq!(written(|line| line.fraction(true, 1_000_007, 6)), "-1.000007");
        assert_eq!(written(|line| line.fraction(false, 5, 2)), "0.05");
        assert_eq!(written(|line| line.integer(u64::MAX)), "18446744073709551615");
        assert_eq!(written(|line| line.signed(true, 10)), "-10");
        assert_eq!(written(|line| line.signed(true, 0)), "0");
        assert_eq!(written(|line| line.hex(5, || 0xfedcba)), "\"abcde\"");
    }

    #[test]
    fn times_follow_the_calendar() {
        let day = 86_400_000_000;
        let time = |micros, style| written(|line| line.time(micros, style));
        assert_eq!(time(0, TimeStyle::Seconds), "\"1970-01-01T00:00:00Z\"");
        assert_eq!(time(11_016 * day - 1, TimeStyle::Millis), "\"2000-02-28T23:59:59.999Z\"");
        assert_eq!(time(11_016 * day, TimeStyle::Seconds), "\"2000-02-29T00:00:00Z\"");
        assert_eq!(
            time(20_515 * day + 3_661_000_001, TimeStyle::MicrosWithOffset),
            "\"2026-03-03T01:01:01.000001+00:00\""
        );
    }
}
