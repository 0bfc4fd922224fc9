//! Timestamps in a form of the user's own, in the notation of `strftime`.
//!
//! The subset is small on purpose: a format names each part of a moment once, and reads nothing that
//! it does not name. Slower than the fixed forms of [`super::temporal`], because pieces have no place
//! of their own.

#[cfg(test)]
mod tests;

use super::temporal::{Timestamp, days_of, days_of_year, in_range, parse_offset};

/// What a format may name, for messages.
pub(crate) const SPECIFIERS: &str =
    "%Y %y %m %b %B %d %e %j %a %A %H %I %p %M %S %.f %3f %6f %9f %z %:z %F %T %%";

/// A format, checked and taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimeFormat {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Literal(char),
    Year,
    YearOfCentury,
    Month,
    MonthName {
        full: bool,
    },
    Day {
        padded: bool,
    },
    DayOfYear,
    Weekday {
        full: bool,
    },
    Hour,
    HourOfHalf,
    HalfOfDay,
    Minute,
    Second,
    /// A point and one to nine digits, or nothing.
    PointAndFraction,
    /// So many digits.
    Fraction(u8),
    Offset,
}

impl TimeFormat {
    /// Reads a format; the error says what is expected of one.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if first != '%' {
                pieces.push(Piece::Literal(first));
                rest = &rest[first.len_utf8()..];
                continue;
            }
            let Some((specifier, found)) =
                SPECIFIER_PIECES.iter().find(|(specifier, _)| rest.starts_with(specifier))
            else {
                return Err(format!("a format of {SPECIFIERS} and other characters"));
            };
            pieces.extend_from_slice(found);
            rest = &rest[specifier.len()..];
        }
        let format = Self { text: text.to_owned(), pieces };
        format.check()?;
        Ok(format)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether texts of this format tell their offset.
    pub(crate) fn has_offset(&self) -> bool {
        self.has(Part::Offset)
    }

    /// The moment that `text` names, if it is of this format.
    pub(crate) fn read(&self, text: &[u8]) -> Option<Timestamp> {
        let mut moment = Moment::default();
        let mut rest = text;
        for piece in &self.pieces {
            rest = moment.read(*piece, rest)?;
        }
        if rest.is_empty() { moment.to_timestamp() } else { None }
    }

    /// Fails unless the format tells a day and, if at all, a time of day, each part once.
    fn check(&self) -> Result<(), String> {
        let twice = PARTS.iter().any(|part| self.parts().filter(|found| found == part).count() > 1);
        if twice {
            return Err("a format that names each part of a moment once".to_owned());
        }
        let day = self.has(Part::Month) && self.has(Part::Day) && !self.has(Part::DayOfYear);
        let of_year = self.has(Part::DayOfYear) && !self.has(Part::Month) && !self.has(Part::Day);
        if !self.has(Part::Year) || !(day || of_year) {
            return Err("a format with a year, a month and a day, or a year and %j".to_owned());
        }
        let halves = self.pieces.contains(&Piece::HourOfHalf);
        if halves != self.has(Part::Half) {
            return Err("a format with both %I and %p, or with neither".to_owned());
        }
        let finer = [Part::Hour, Part::Minute, Part::Second, Part::Fraction];
        if finer.windows(2).any(|pair| self.has(pair[1]) && !self.has(pair[0])) {
            return Err("a format whose finer parts of a day follow from the coarser".to_owned());
        }
        Ok(())
    }

    fn has(&self, part: Part) -> bool {
        self.parts().any(|found| found == part)
    }

    fn parts(&self) -> impl Iterator<Item = Part> {
        self.pieces.iter().filter_map(|piece| piece.part())
    }
}

/// What a piece tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year,
    Month,
    Day,
    DayOfYear,
    Weekday,
    Hour,
    Half,
    Minute,
    Second,
    Fraction,
    Offset,
}

const PARTS: [Part; 11] = [
    Part::Year,
    Part::Month,
    Part::Day,
    Part::DayOfYear,
    Part::Weekday,
    Part::Hour,
    Part::Half,
    Part::Minute,
    Part::Second,
    Part::Fraction,
    Part::Offset,
];

impl Piece {
    fn part(self) -> Option<Part> {
        Some(match self {
            Self::Literal(_) => return None,
            Self::Year | Self::YearOfCentury => Part::Year,
            Self::Month | Self::MonthName { .. } => Part::Month,
            Self::Day { .. } => Part::Day,
            Self::DayOfYear => Part::DayOfYear,
            Self::Weekday { .. } => Part::Weekday,
            Self::Hour | Self::HourOfHalf => Part::Hour,
            Self::HalfOfDay => Part::Half,
            Self::Minute => Part::Minute,
            Self::Second => Part::Second,
            Self::PointAndFraction | Self::Fraction(_) => Part::Fraction,
            Self::Offset => Part::Offset,
        })
    }
}

/// What was read so far.
#[derive(Default)]
struct Moment {
    year: i32,
    month: i32,
    day: i32,
    /// 0 where it is not told.
    day_of_year: i32,
    /// From Monday, 0.
    weekday: Option<i32>,
    hour: i32,
    /// 12 in the afternoon.
    half: i32,
    minute: i32,
    second: i32,
    nanos: u32,
    fraction_digits: u8,
    offset_minutes: Option<i32>,
}

impl Moment {
    /// Reads one piece at the beginning of `text` and gives what follows.
    fn read<'t>(&mut self, piece: Piece, text: &'t [u8]) -> Option<&'t [u8]> {
        let (value, rest) = match piece {
            Piece::Literal(literal) => {
                return text.strip_prefix(literal.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Piece::MonthName { full } => name(text, &MONTHS, full)?,
            Piece::Weekday { full } => name(text, &WEEKDAYS, full)?,
            Piece::HalfOfDay => name(text, &["AM", "PM"], true)?,
            Piece::PointAndFraction => return self.read_fraction(text),
            Piece::Fraction(digits) => {
                let (value, rest) = number(text, usize::from(digits), usize::from(digits))?;
                self.nanos = value as u32 * 10_u32.pow(9 - u32::from(digits));
                self.fraction_digits = digits;
                return Some(rest);
            }
            Piece::Offset => return self.read_offset(text),
            Piece::Year => number(text, 4, 4)?,
            Piece::YearOfCentury => number(text, 2, 2)?,
            Piece::DayOfYear => number(text, 1, 3)?,
            Piece::Day { padded: true } => number(text.strip_prefix(b" ").unwrap_or(text), 1, 2)?,
            _ => number(text, 1, 2)?,
        };
        match piece {
            Piece::Year => self.year = value,
            // As POSIX has it.
            Piece::YearOfCentury => self.year = value + if value < 69 { 2000 } else { 1900 },
            Piece::Month => self.month = value,
            Piece::MonthName { .. } => self.month = value + 1,
            Piece::Day { .. } => self.day = value,
            Piece::DayOfYear => self.day_of_year = (value > 0).then_some(value)?,
            Piece::Weekday { .. } => self.weekday = Some(value),
            Piece::Hour => self.hour = (value < 24).then_some(value)?,
            Piece::HourOfHalf => self.hour = (1..=12).contains(&value).then_some(value % 12)?,
            Piece::HalfOfDay => self.half = value * 12,
            Piece::Minute => self.minute = (value < 60).then_some(value)?,
            Piece::Second => self.second = (value < 60).then_some(value)?,
            Piece::Literal(_) | Piece::PointAndFraction | Piece::Fraction(_) | Piece::Offset => {}
        }
        Some(rest)
    }

    fn read_fraction<'t>(&mut self, text: &'t [u8]) -> Option<&'t [u8]> {
        let Some(digits) = text.strip_prefix(b".") else { return Some(text) };
        let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (value, rest) = number(digits, length, length).filter(|_| (1..=9).contains(&length))?;
        self.nanos = value as u32 * 10_u32.pow(9 - length as u32);
        self.fraction_digits = length as u8;
        Some(rest)
    }

    fn read_offset<'t>(&mut self, text: &'t [u8]) -> Option<&'t [u8]> {
        // The longest form first: `±HH:MM`, `±HHMM`, `±HH`, `Z`.
        let forms = [6, 5, 3, 1].into_iter().filter_map(|length| text.split_at_checked(length));
        let mut offsets = forms.filter_map(|(form, rest)| Some((parse_offset(form)?.0?, rest)));
        let (minutes, rest) = offsets.next()?;
        self.offset_minutes = Some(minutes);
        Some(rest)
    }

    fn to_timestamp(&self) -> Option<Timestamp> {
        let days = match self.day_of_year {
            0 => days_of(self.year, self.month, self.day)?,
            day => days_of(self.year, 1, 1)
                .filter(|_| day <= days_of_year(self.year))
                .map(|first| first + day - 1)?,
        };
        // The first day of 1970 was a Thursday.
        if self.weekday.is_some_and(|weekday| (days + 3).rem_euclid(7) != weekday) {
            return None;
        }
        let second_of_day = (self.hour + self.half) * 3600 + self.minute * 60 + self.second;
        in_range(Timestamp {
            seconds: i64::from(days) * 86_400 + i64::from(second_of_day),
            nanos: self.nanos,
            fraction_digits: self.fraction_digits,
            offset_minutes: self.offset_minutes,
            canonical: false,
        })
    }
}

/// The number of `least` to `most` digits, at most nine, that `text` begins with, and what follows.
fn number(text: &[u8], least: usize, most: usize) -> Option<(i32, &[u8])> {
    let length = text.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) =
        text.split_at_checked(length).filter(|_| length >= least && length <= 9)?;
    let value = digits.iter().fold(0, |value, digit| value * 10 + i32::from(digit - b'0'));
    Some((value, rest))
}

/// The position of the name that `text` begins with, in letters of either case, and what follows;
/// of the names whole or their first three letters.
fn name<'t>(text: &'t [u8], names: &[&str], full: bool) -> Option<(i32, &'t [u8])> {
    names.iter().enumerate().find_map(|(index, name)| {
        let name = if full { name } else { &name[..3] };
        let (found, rest) = text.split_at_checked(name.len())?;
        found.eq_ignore_ascii_case(name.as_bytes()).then_some((index as i32, rest))
    })
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

const DATE: [Piece; 5] = [
    Piece::Year,
    Piece::Literal('-'),
    Piece::Month,
    Piece::Literal('-'),
    Piece::Day { padded: false },
];
const CLOCK: [Piece; 5] =
    [Piece::Hour, Piece::Literal(':'), Piece::Minute, Piece::Literal(':'), Piece::Second];

/// Each specifier and what it reads.
static SPECIFIER_PIECES: [(&str, &[Piece]); 24] = [
    ("%Y", &[Piece::Year]),
    ("%y", &[Piece::YearOfCentury]),
    ("%m", &[Piece::Month]),
    ("%b", &[Piece::MonthName { full: false }]),
    ("%B", &[Piece::MonthName { full: true }]),
    ("%d", &[Piece::Day { padded: false }]),
    ("%e", &[Piece::Day { padded: true }]),
    ("%j", &[Piece::DayOfYear]),
    ("%a", &[Piece::Weekday { full: false }]),
    ("%A", &[Piece::Weekday { full: true }]),
    ("%H", &[Piece::Hour]),
    ("%I", &[Piece::HourOfHalf]),
    ("%p", &[Piece::HalfOfDay]),
    ("%M", &[Piece::Minute]),
    ("%S", &[Piece::Second]),
    ("%.f", &[Piece::PointAndFraction]),
    ("%3f", &[Piece::Fraction(3)]),
    ("%6f", &[Piece::Fraction(6)]),
    ("%9f", &[Piece::Fraction(9)]),
    ("%z", &[Piece::Offset]),
    ("%:z", &[Piece::Offset]),
    ("%F", &DATE),
    ("%T", &CLOCK),
    ("%%", &[Piece::Literal('%')]),
];
