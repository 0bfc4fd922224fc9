//! Times in the names of partitions: a small part of `strftime`, in UTC.

use chrono::{DateTime, Datelike, Timelike};

use crate::error::{Error, ErrorKind, Result};

/// A format such as `%Y-%m-%d`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TimeFormat {
    items: Vec<Item>,
    /// Seconds within which all times look alike: a day, an hour, a minute or a second.
    granule: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Literal(char),
    Year,
    Month,
    Day,
    DayOfYear,
    IsoYear,
    IsoWeek,
    Hour,
    Minute,
    Second,
}

const DAY: i64 = 86_400;

impl TimeFormat {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let fail = |found: &str| {
            let message = format!(
                "partition format `{text}`: expected %Y, %m, %d, %F, %j, %G, %V, %H, %M, %S or %%, \
                 found {found}"
            );
            Err(Error::new(ErrorKind::Schema, message))
        };
        let mut items = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                items.push(Item::Literal(c));
                continue;
            }
            match chars.next() {
                Some('Y') => items.push(Item::Year),
                Some('m') => items.push(Item::Month),
                Some('d') => items.push(Item::Day),
                Some('F') => items.extend([
                    Item::Year,
                    Item::Literal('-'),
                    Item::Month,
                    Item::Literal('-'),
                    Item::Day,
                ]),
                Some('j') => items.push(Item::DayOfYear),
                Some('G') => items.push(Item::IsoYear),
                Some('V') => items.push(Item::IsoWeek),
                Some('H') => items.push(Item::Hour),
                Some('M') => items.push(Item::Minute),
                Some('S') => items.push(Item::Second),
                Some('%') => items.push(Item::Literal('%')),
                Some(other) => return fail(&format!("`%{}`", other.escape_debug())),
                None => return fail("the end"),
            }
        }
        let granules = items.iter().filter_map(|item| item.granule());
        match granules.min() {
            Some(granule) => Ok(Self { items, granule }),
            None => fail("none of them"),
        }
    }

    /// The number of the span that `seconds` since 1970 lie in; times of one span look alike.
    pub(super) fn span(&self, seconds: i64) -> i64 {
        seconds.div_euclid(self.granule)
    }

    /// The times of `span`; `None` outside of the years 1 to 9999, which decoding leaves out too.
    pub(super) fn text(&self, span: i64) -> Option<String> {
        let time = DateTime::from_timestamp(span.checked_mul(self.granule)?, 0)?;
        let is_plain = |year: i32| (1..=9999).contains(&year);
        if !is_plain(time.year()) || !is_plain(time.iso_week().year()) {
            return None;
        }
        let mut text = String::new();
        for item in &self.items {
            match *item {
                Item::Literal(c) => text.push(c),
                Item::Year => text.push_str(&format!("{:04}", time.year())),
                Item::Month => text.push_str(&format!("{:02}", time.month())),
                Item::Day => text.push_str(&format!("{:02}", time.day())),
                Item::DayOfYear => text.push_str(&format!("{:03}", time.ordinal())),
                Item::IsoYear => text.push_str(&format!("{:04}", time.iso_week().year())),
                Item::IsoWeek => text.push_str(&format!("{:02}", time.iso_week().week())),
                Item::Hour => text.push_str(&format!("{:02}", time.hour())),
                Item::Minute => text.push_str(&format!("{:02}", time.minute())),
                Item::Second => text.push_str(&format!("{:02}", time.second())),
            }
        }
        Some(text)
    }
}

impl Item {
    fn granule(self) -> Option<i64> {
        match self {
            Self::Literal(_) => None,
            Self::Second => Some(1),
            Self::Minute => Some(60),
            Self::Hour => Some(3600),
            Self::Year | Self::Month | Self::Day | Self::DayOfYear => Some(DAY),
            Self::IsoYear | Self::IsoWeek => Some(DAY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(format: &str, seconds: i64) -> Option<String> {
        let format = TimeFormat::parse(format).unwrap();
        format.text(format.span(seconds))
    }

    #[test]
    fn times_are_written_as_by_strftime() {
        // The expected texts are those of `date -u -d @SECONDS +FORMAT`.
        for (format, seconds, expected) in [
            ("%Y-%m-%d", 1_767_225_600, "2026-01-01"),
            ("%F", 1_767_225_599, "2025-12-31"),
            ("%H", 1_767_252_000, "07"),
            ("%Y%m%dT%H:%M:%S", 1_709_210_096, "20240229T12:34:56"),
            ("%Y-%j", 1_735_603_200, "2024-366"),
            ("%G-W%V", 1_735_603_200, "2025-W01"),
            ("%d", -1, "31"),
            ("%H%%", -1, "23%"),
            ("%Y", -62_135_596_800, "0001"),
            ("%F", 253_402_300_799, "9999-12-31"),
        ] {
            assert_eq!(text(format, seconds).as_deref(), Some(expected), "{format} of {seconds}");
        }
    }

    #[test]
    fn years_without_four_digits_have_no_text() {
        assert_eq!(text("%d", 253_402_300_800), None);
        assert_eq!(text("%Y", i64::MAX), None);
        assert_eq!(text("%Y", i64::MIN), None);
    }

    #[test]
    fn other_formats_are_an_error_that_lists_the_known_ones() {
        for (format, found) in
            [("%y", "`%y`"), ("%", "the end"), ("plain", "none"), ("", "none"), ("%-d", "`%-`")]
        {
            let error = TimeFormat::parse(format).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Schema);
            assert!(error.message().contains("%Y, %m, %d"), "{error}");
            assert!(error.message().contains(&format!("found {found}")), "{error}");
        }
    }
}
