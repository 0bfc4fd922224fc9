//! The values of a column that partitions are made of, as numbers or texts.

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, TimeUnit};

use super::spec::{EpochUnit, Level};
use super::time_format::TimeFormat;
use crate::error::{Error, ErrorKind, Result};
use crate::json::temporal::{parse_date, parse_timestamp};
use crate::schema::format_type;

/// How the values of a column become those of a partition.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Text,
    Integer,
    Boolean,
    Date,
    /// The time of a number of which a second, or else a day, has so many.
    Time {
        format: TimeFormat,
        ticks: Ticks,
    },
    /// The time of a text.
    TimeText(TimeFormat),
}

/// What a number of a time column counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ticks {
    Days,
    PerSecond(i64),
}

impl Kind {
    pub(super) fn of(level: &Level, data_type: &DataType) -> Result<Self> {
        use DataType::*;
        let fail = |expected: &str| {
            let (text, found) = (&level.text, format_type(data_type));
            let message = format!("partition `{text}`: expected {expected}, found type {found}");
            Err(Error::new(ErrorKind::Schema, message))
        };
        let integer =
            matches!(data_type, Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64);
        let Some(format) = level.time.clone() else {
            return match data_type {
                Utf8 | LargeUtf8 => Ok(Self::Text),
                Boolean => Ok(Self::Boolean),
                Date32 => Ok(Self::Date),
                Timestamp(..) => fail("a format for times, as in date={ts:%Y-%m-%d}"),
                _ if integer => Ok(Self::Integer),
                _ => fail("a column of text, integers, booleans or dates"),
            };
        };
        let ticks = match (data_type, level.unit) {
            (_, Some(unit)) if integer => Ticks::PerSecond(unit.per_second()),
            (_, Some(_)) => return fail("integers for a unit"),
            (_, None) if integer => return fail("a unit for integers, as in {ts@ms:%H}"),
            (Utf8 | LargeUtf8, None) => return Ok(Self::TimeText(format)),
            (Date32, None) => Ticks::Days,
            (Timestamp(unit, _), None) => Ticks::PerSecond(
                match unit {
                    TimeUnit::Second => EpochUnit::Seconds,
                    TimeUnit::Millisecond => EpochUnit::Millis,
                    TimeUnit::Microsecond => EpochUnit::Micros,
                    TimeUnit::Nanosecond => EpochUnit::Nanos,
                }
                .per_second(),
            ),
            _ => return fail("a timestamp, a date, a text or integers for a format of times"),
        };
        Ok(Self::Time { format, ticks })
    }

    /// What stands for `number`; equal for numbers that belong to one partition.
    pub(super) fn reduce(&self, number: i128) -> i128 {
        match self {
            Self::Time { format, ticks } => {
                // Only numbers of 64 bits come here, and days of 32.
                let seconds = match ticks {
                    Ticks::Days => number * 86_400,
                    Ticks::PerSecond(ticks) => number.div_euclid(i128::from(*ticks)),
                };
                // What is beyond 64 bits is beyond every calendar, as their bounds are too.
                let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
                i128::from(format.span(seconds))
            }
            _ => number,
        }
    }

    /// The value of a partition for what [`Kind::reduce`] gave; `None` where it has none.
    pub(super) fn text(&self, reduced: i128) -> Option<String> {
        match self {
            Self::Integer | Self::Text => Some(reduced.to_string()),
            Self::Boolean => Some((reduced != 0).to_string()),
            Self::Date => TimeFormat::parse("%F").ok()?.text(i64::try_from(reduced).ok()?),
            Self::Time { format, .. } | Self::TimeText(format) => {
                format.text(i64::try_from(reduced).ok()?)
            }
        }
    }
}

/// The column that `path` leads to, and which of its values are there.
pub(super) fn column<'a>(
    columns: &'a [ArrayRef],
    path: &[usize],
) -> Option<(&'a ArrayRef, Option<NullBuffer>)> {
    let (first, rest) = path.split_first()?;
    let array = columns.get(*first)?;
    let nulls = array.nulls().cloned();
    if rest.is_empty() {
        return Some((array, nulls));
    }
    let (array, below) = column(array.as_struct_opt()?.columns(), rest)?;
    Some((array, NullBuffer::union(nulls.as_ref(), below.as_ref())))
}

/// What gives the numbers of `array`; `None` for texts.
pub(super) fn numbers(array: &dyn Array) -> Option<Box<dyn Fn(usize) -> i128 + '_>> {
    use DataType::*;
    Some(match array.data_type() {
        Boolean => {
            let values = array.as_boolean().values();
            Box::new(move |row| i128::from(values.value(row)))
        }
        Int8 => primitive::<Int8Type>(array),
        Int16 => primitive::<Int16Type>(array),
        Int32 => primitive::<Int32Type>(array),
        Int64 => primitive::<Int64Type>(array),
        UInt8 => primitive::<UInt8Type>(array),
        UInt16 => primitive::<UInt16Type>(array),
        UInt32 => primitive::<UInt32Type>(array),
        UInt64 => primitive::<UInt64Type>(array),
        Date32 => primitive::<Date32Type>(array),
        Timestamp(TimeUnit::Second, _) => primitive::<TimestampSecondType>(array),
        Timestamp(TimeUnit::Millisecond, _) => primitive::<TimestampMillisecondType>(array),
        Timestamp(TimeUnit::Microsecond, _) => primitive::<TimestampMicrosecondType>(array),
        Timestamp(TimeUnit::Nanosecond, _) => primitive::<TimestampNanosecondType>(array),
        _ => return None,
    })
}

fn primitive<T: ArrowPrimitiveType>(array: &dyn Array) -> Box<dyn Fn(usize) -> i128 + '_>
where
    T::Native: Into<i128>,
{
    let values = array.as_primitive::<T>().values();
    Box::new(move |row| values[row].into())
}

/// What gives the texts of `array`; `None` for numbers.
pub(super) fn texts<'a>(array: &'a dyn Array) -> Option<Box<dyn Fn(usize) -> &'a str + 'a>> {
    match array.data_type() {
        DataType::Utf8 => {
            let array = array.as_string::<i32>();
            Some(Box::new(move |row| array.value(row)))
        }
        DataType::LargeUtf8 => {
            let array = array.as_string::<i64>();
            Some(Box::new(move |row| array.value(row)))
        }
        _ => None,
    }
}

/// The span of the time that `text` is in RFC 3339, with or without time of day and offset.
pub(super) fn span_of(text: &str, format: &TimeFormat) -> Option<i128> {
    let seconds = match parse_date(text.as_bytes()) {
        Some(days) => i64::from(days) * 86_400,
        None => {
            let time = parse_timestamp(text.as_bytes())?;
            time.seconds - i64::from(time.offset_minutes.unwrap_or(0)) * 60
        }
    };
    Some(i128::from(format.span(seconds)))
}
