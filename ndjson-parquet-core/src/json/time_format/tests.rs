use chrono::{DateTime, FixedOffset, TimeZone};
use proptest::prelude::*;

use super::{SPECIFIERS, TimeFormat};

fn format(text: &str) -> TimeFormat {
    TimeFormat::parse(text).unwrap()
}

/// Seconds, nanoseconds and minutes of offset.
fn read(of: &str, text: &str) -> Option<(i64, u32, Option<i32>)> {
    let moment = format(of).read(text.as_bytes())?;
    Some((moment.seconds, moment.nanos, moment.offset_minutes))
}

/// 2024-02-29T12:34:56.
const LEAP: i64 = 1_709_210_096;
/// 2024-02-29.
const DAY: i64 = LEAP - 45_296;

#[test]
fn texts_are_read_as_their_format_says() {
    for (of, text, expected) in [
        ("%d/%m/%Y %H:%M:%S", "29/02/2024 12:34:56", Some((LEAP, 0, None))),
        ("%d/%m/%Y %H:%M:%S", "29/2/2024 12:34:56", Some((LEAP, 0, None))),
        ("%d/%m/%Y", "29/02/2024", Some((DAY, 0, None))),
        ("%m/%d/%y", "02/29/24", Some((DAY, 0, None))),
        ("%y-%m-%d", "68-01-01", Some((3_092_601_600, 0, None))),
        ("%y-%m-%d", "69-01-01", Some((-31_536_000, 0, None))),
        ("%Y%m%d%H%M%S", "20240229123456", Some((LEAP, 0, None))),
        ("%F %T", "2024-02-29 12:34:56", Some((LEAP, 0, None))),
        ("%FT%T%.f", "2024-02-29T12:34:56.789", Some((LEAP, 789_000_000, None))),
        ("%FT%T%.f", "2024-02-29T12:34:56", Some((LEAP, 0, None))),
        ("%FT%T%.f", "2024-02-29T12:34:56.123456789", Some((LEAP, 123_456_789, None))),
        ("%T,%3f %F", "12:34:56,007 2024-02-29", Some((LEAP, 7_000_000, None))),
        ("%T%6f %F", "12:34:56000007 2024-02-29", Some((LEAP, 7_000, None))),
        ("%T%9f %F", "12:34:56000000007 2024-02-29", Some((LEAP, 7, None))),
        ("%d/%b/%Y:%T %z", "29/Feb/2024:14:34:56 +0200", Some((LEAP + 7200, 0, Some(120)))),
        ("%F %T %z", "2024-02-29 12:34:56 Z", Some((LEAP, 0, Some(0)))),
        ("%F %T%:z", "2024-02-29 12:34:56-11:30", Some((LEAP, 0, Some(-690)))),
        ("%F %T%z", "2024-02-29 12:34:56+02", Some((LEAP, 0, Some(120)))),
        ("%A, %d %B %Y", "thursday, 29 FEBRUARY 2024", Some((DAY, 0, None))),
        ("%a %b %e %Y", "Thu Feb 29 2024", Some((DAY, 0, None))),
        ("%b %e %Y", "Feb  1 2024", Some((DAY - 28 * 86_400, 0, None))),
        ("%Y-%j", "2024-060", Some((DAY, 0, None))),
        ("%Y-%j", "2023-365", Some((1_703_980_800, 0, None))),
        ("%F %I:%M %p", "2024-02-29 12:34 PM", Some((LEAP - 56, 0, None))),
        ("%F %I:%M %p", "2024-02-29 12:34 am", Some((DAY + 34 * 60, 0, None))),
        ("%F %I %p", "2024-02-29 1 PM", Some((DAY + 13 * 3600, 0, None))),
        ("100%% %F é", "100% 2024-02-29 é", Some((DAY, 0, None))),
        // What is no such text, or no such moment.
        ("%d/%m/%Y", "30/02/2024", None),
        ("%d/%m/%Y", "29/02/2023", None),
        ("%d/%m/%Y", "29/02/24", None),
        ("%d/%m/%Y", "29/02/2024 ", None),
        ("%d/%m/%Y", " 29/02/2024", None),
        ("%d/%m/%Y", "", None),
        ("%d/%m/%Y", "01/01/0000", None),
        ("%d/%m/%Y", "01/01/+2024", None),
        ("%d/%m/%Y", "\u{660}\u{661}/01/2024", None),
        ("%F %T", "2024-02-29 24:00:00", None),
        ("%F %T", "2024-02-29 12:60:00", None),
        ("%F %T", "2024-02-29 12:34:60", None),
        ("%FT%T%.f", "2024-02-29T12:34:56.", None),
        ("%FT%T%.f", "2024-02-29T12:34:56.1234567890", None),
        ("%F %T%3f", "2024-02-29 12:34:5612", None),
        ("%F %I:%M %p", "2024-02-29 13:34 PM", None),
        ("%F %I:%M %p", "2024-02-29 0:34 PM", None),
        ("%a %F", "Fri 2024-02-29", None),
        ("%Y-%j", "2023-366", None),
        ("%Y-%j", "2023-0", None),
        ("%F %T%z", "2024-02-29 12:34:56+24:00", None),
        ("%F %T%z", "0001-01-01 00:00:00+01:00", None),
    ] {
        assert_eq!(read(of, text), expected, "{of}: {text}");
    }
}

#[test]
fn formats_that_tell_no_moment_are_errors() {
    for (text, message) in [
        ("", "with a year, a month and a day"),
        ("%H:%M", "with a year, a month and a day"),
        ("%Y-%m", "with a year, a month and a day"),
        ("%Y-%m-%j", "with a year, a month and a day"),
        ("%Y-%m-%d %j", "with a year, a month and a day"),
        ("%F %y", "each part of a moment once"),
        ("%F %H %I %p", "each part of a moment once"),
        ("%F %a %A", "each part of a moment once"),
        ("%F %I", "both %I and %p"),
        ("%F %H %p", "both %I and %p"),
        ("%F %M", "follow from the coarser"),
        ("%F %H:%S", "follow from the coarser"),
        ("%F %H:%M%.f", "follow from the coarser"),
        ("%F %q", "a format of %Y %y"),
        ("%F %", "a format of %Y %y"),
        ("%F %s", "a format of %Y %y"),
        ("%F %f", "a format of %Y %y"),
    ] {
        let error = TimeFormat::parse(text).unwrap_err();
        assert!(error.contains(message), "{text}: {error}");
    }
    // The message names what there is.
    for specifier in SPECIFIERS.split(' ') {
        assert!(super::SPECIFIER_PIECES.iter().any(|(known, _)| known == &specifier));
    }
    assert_eq!(SPECIFIERS.split(' ').count(), super::SPECIFIER_PIECES.len());
}

proptest! {
    #[test]
    fn what_chrono_writes_is_read(
        seconds in -62_000_000_000_i64..250_000_000_000,
        nanos in 0_u32..1_000_000_000,
        minutes in -720..720,
        of in prop::sample::select(vec![
            "%Y-%m-%dT%H:%M:%S%.f%:z", "%d/%b/%Y:%H:%M:%S,%9f %z", "%A %e %B %Y %I.%M.%S %p %9f%z",
            "%j of %Y, %T%.f %:z", "%z %Y%m%d%H%M%S%9f", "%a, %d %b %Y %T%.f %z",
        ]),
    ) {
        let zone = FixedOffset::east_opt(minutes * 60).unwrap();
        let moment = zone.timestamp_opt(seconds, nanos).unwrap();
        let text = moment.format(of).to_string();
        let offset = Some(minutes);
        let local = seconds + i64::from(minutes) * 60;
        prop_assert_eq!(read(of, &text), Some((local, nanos, offset)), "{}", text);
    }

    #[test]
    fn what_is_read_chrono_reads_alike(
        text in "[0-3]?[0-9]/[01]?[0-9]/[0-9]{4} [0-2]?[0-9]:[0-6]?[0-9]:[0-6]?[0-9] [+-][0-2][0-9][0-6][0-9]",
    ) {
        let of = "%d/%m/%Y %H:%M:%S %z";
        if let Some((seconds, _, offset)) = read(of, &text) {
            let oracle = DateTime::parse_from_str(&text, of).unwrap();
            prop_assert_eq!(oracle.timestamp(), seconds - i64::from(offset.unwrap()) * 60);
        }
    }

    #[test]
    fn any_text_and_any_format_are_read_or_refused(
        of in "(%[YymbBdejaAHIpMSzFT%]|%.f|%3f|[ /:é]){0,10}|\\PC{0,9}", text in "\\PC{0,30}|[0-9 /:]{0,30}",
    ) {
        if let Ok(format) = TimeFormat::parse(&of) {
            format.read(text.as_bytes());
        }
    }
}
