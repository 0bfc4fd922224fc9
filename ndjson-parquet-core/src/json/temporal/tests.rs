//! Dates against `chrono`; times by hand.

use chrono::{Datelike, NaiveDate};

use super::{LastDate, Timestamp, parse_date, parse_timestamp, scan_date, scan_timestamp};
use crate::json::block::padded;
use crate::simd::{Kernel, Task, agreed};

#[derive(Clone, Copy)]
struct ScanTimestamp<'a>(&'a [u8]);

impl Task for ScanTimestamp<'_> {
    type Output = Option<(Timestamp, usize)>;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> Self::Output {
        scan_timestamp(kernel, self.0, 0, &mut LastDate::default())
    }
}

/// What [`scan_timestamp`] finds in a string that begins with `text`: if anything, what
/// [`parse_timestamp`] finds there.
fn scan(text: &[u8]) -> Option<Timestamp> {
    let block = padded(&[text, b"\","].concat());
    agreed(ScanTimestamp(&block)).map(|(timestamp, end)| {
        assert_eq!(block[end - 1], b'"');
        let text = &block[..end - 1];
        assert_eq!(parse_timestamp(text), Some(timestamp), "{}", text.escape_ascii());
        timestamp
    })
}

#[test]
fn every_day_of_ten_thousand_years_is_the_oracles() {
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
    for year in 0..=9999 {
        for month in 0..=13 {
            for day in [0, 1, 2, 15, 27, 28, 29, 30, 31, 32] {
                let text = format!("{year:04}-{month:02}-{day:02}");
                let expected = NaiveDate::from_ymd_opt(year, month, day)
                    .filter(|date| date.year() >= 1)
                    .map(|date| (date - epoch).num_days() as i32);
                assert_eq!(parse_date(text.as_bytes()), expected, "{text}");
                let block = padded(format!("{text}\"").as_bytes());
                assert_eq!(scan_date(&block, 0), expected.map(|days| (days, 11)), "{text}");
            }
        }
    }
}

#[test]
fn dates_have_one_form() {
    for text in [
        "",
        "2024",
        "2024-01",
        "2024-1-1",
        "2024-01-1",
        "24-01-01",
        "20240101",
        "2024/01/01",
        "2024-01-01 ",
        " 2024-01-01",
        "02024-01-01",
        "-024-01-01",
        "+024-01-01",
        "2024-0a-01",
        "2024-01-01T",
        "２024-01-01",
    ] {
        assert_eq!(parse_date(text.as_bytes()), None, "{text}");
    }
    assert_eq!(parse_date(b"1970-01-01"), Some(0));
    assert_eq!(parse_date(b"0001-01-01"), Some(-719_162));
    assert_eq!(parse_date(b"9999-12-31"), Some(2_932_896));
}

#[test]
fn timestamps_have_these_forms() {
    // 2024-02-29 is day 19782.
    let day = 19_782 * 86_400;
    let full = day + 13 * 3600 + 14 * 60 + 15;
    let cases = [
        ("2024-02-29T13:14", full - 15, 0, 0, None, false),
        ("2024-02-29T13:14:15", full, 0, 0, None, true),
        ("2024-02-29 13:14:15", full, 0, 0, None, true),
        ("2024-02-29t13:14:15", full, 0, 0, None, false),
        ("2024-02-29T13:14:15.1", full, 100_000_000, 1, None, true),
        ("2024-02-29T13:14:15.000000", full, 0, 6, None, true),
        ("2024-02-29T13:14:15.0000001", full, 100, 7, None, false),
        ("2024-02-29T13:14:15.123456789Z", full, 123_456_789, 9, Some(0), false),
        ("2024-02-29T13:14:15Z", full, 0, 0, Some(0), true),
        ("2024-02-29T13:14:15z", full, 0, 0, Some(0), false),
        ("2024-02-29T13:14:15+02:30", full, 0, 0, Some(150), true),
        ("2024-02-29 13:14:15.5-02:30", full, 500_000_000, 1, Some(-150), true),
        ("2024-02-29T13:14:15+0230", full, 0, 0, Some(150), false),
        ("2024-02-29T13:14:15-02", full, 0, 0, Some(-120), false),
        ("2024-02-29T13:14:15-00:00", full, 0, 0, Some(0), true),
        ("2024-02-29T13:14:15+23:59", full, 0, 0, Some(1439), true),
        ("2024-02-29T13:14Z", full - 15, 0, 0, Some(0), false),
        ("2024-02-29T13:14+01:00", full - 15, 0, 0, Some(60), false),
        ("2024-02-29T00:00:00Z", day, 0, 0, Some(0), true),
        ("2024-02-29T23:59:59Z", day + 86_399, 0, 0, Some(0), true),
        ("1969-12-31T23:59:59.9", -1, 900_000_000, 1, None, true),
        ("0001-01-01T00:00:00", -62_135_596_800, 0, 0, None, true),
    ];
    for (text, seconds, nanos, fraction_digits, offset_minutes, canonical) in cases {
        let expected = Timestamp { seconds, nanos, fraction_digits, offset_minutes, canonical };
        assert_eq!(parse_timestamp(text.as_bytes()), Some(expected), "{text}");
        let found = scan(text.as_bytes());
        assert_eq!(found, Some(expected).filter(|_| found.is_some() || canonical), "{text}");
    }
}

#[test]
fn other_texts_are_no_timestamps() {
    let rests = [
        "",
        "T",
        "T13",
        "T13:",
        "T13:1",
        "T1314",
        "T13:14:",
        "T13:14:1",
        "T13:14:15.",
        "T13:14:15,5",
        "T13:14.5",
        "T13:14:15.1234567890",
        "T24:00:00",
        "T13:60:00",
        "T13:14:60",
        "T23:59:60Z",
        "T13:14:15+",
        "T13:14:15+1",
        "T13:14:15+123",
        "T13:14:15+1:23",
        "T13:14:15+24:00",
        "T13:14:15+23:60",
        "T13:14:15+02:30:00",
        "T13:14:15 Z",
        "T13:14:15ZZ",
        "T13:14:15Z ",
        "  13:14:15",
        "_13:14:15",
        "T13:14:15 +02:00",
        "T13:14:15.5.5",
        "T13:14:15.-5",
        "T-1:14:15",
    ];
    for rest in rests {
        let text = format!("2024-02-29{rest}");
        assert_eq!(parse_timestamp(text.as_bytes()), None, "{text}");
        assert_eq!(scan(text.as_bytes()), None, "{text}");
    }
    for text in ["2023-02-29T00:00:00", "0000-01-01T00:00:00", "2024-02-30T00:00", "13:14:15"] {
        assert_eq!(parse_timestamp(text.as_bytes()), None, "{text}");
    }
}

/// In UTC they are of the year 0 or 10000, which Python's datetime, for one, does not have.
#[test]
fn timestamps_outside_of_the_years_1_to_9999_in_utc_are_none() {
    for (text, is_timestamp) in [
        ("9999-12-31T23:59:59Z", true),
        ("9999-12-31T23:59:59-00:01", false),
        ("9999-12-31T23:58:59-00:01", true),
        ("0001-01-01T00:00:00+00:00", true),
        ("0001-01-01T00:00:59+00:01", false),
        ("0001-01-01T00:01:00+00:01", true),
    ] {
        assert_eq!(parse_timestamp(text.as_bytes()).is_some(), is_timestamp, "{text}");
        assert_eq!(scan(text.as_bytes()).is_some(), is_timestamp, "{text}");
    }
}

#[test]
fn no_prefix_and_no_changed_byte_can_panic() {
    let text = b"2024-02-29T13:14:15.123456789+02:30";
    for length in 0..text.len() {
        parse_timestamp(&text[..length]);
        scan(&text[..length]);
        for byte in 0..=255 {
            let mut changed = *text;
            changed[length] = byte;
            parse_timestamp(&changed);
            scan(&changed);
        }
    }
}

#[test]
fn the_last_date_is_not_taken_for_another() {
    let mut last = LastDate::default();
    for (text, expected) in [
        ("2024-02-29", Some(19_782)),
        ("2024-02-29", Some(19_782)),
        ("2024-02-30", None),
        ("2024-02-28", Some(19_781)),
        ("1970-01-01", Some(0)),
    ] {
        assert_eq!(last.days(text.as_bytes().try_into().unwrap()), expected, "{text}");
    }
}

#[test]
fn a_date_is_a_whole_string() {
    for (text, expected) in [
        ("2024-02-29\"", Some((19_782, 11))),
        ("2024-02-29 \"", None),
        ("2024-02-30\"", None),
        ("2024-02-2\"", None),
        ("2024-02-29", None),
    ] {
        assert_eq!(scan_date(&padded(text.as_bytes()), 0), expected, "{text}");
    }
}
