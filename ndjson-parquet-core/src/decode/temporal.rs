//! Timestamp columns: any unit, with or without a zone.

use std::sync::Arc;

use arrow_array::timezone::Tz;
use arrow_array::types::{
    ArrowTimestampType, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{ArrayRef, PrimitiveArray};
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, Offset, TimeZone};

use super::primitive::PrimitiveColumn;
use crate::error::{Error, ErrorKind, Result};
use crate::json::temporal::{LastDate, Timestamp};

/// Values and validity of a timestamp column.
///
/// Memory: 8 bytes a row, and 8 bytes a run of nulls.
#[derive(Debug)]
pub(crate) struct TimestampColumn {
    values: PrimitiveColumn<Int64Type>,
    unit: TimeUnit,
    zone: Option<Arc<str>>,
    /// The zone in which a text without offset is read; `None` for UTC.
    local: Option<Tz>,
    /// The date of the last value.
    pub(crate) date: LastDate,
}

impl TimestampColumn {
    pub(crate) fn new(unit: TimeUnit, zone: Option<&str>) -> Result<Self> {
        let local = match zone {
            None | Some("UTC" | "Z" | "+00:00") => None,
            Some(zone) => Some(zone.parse::<Tz>().map_err(|cause| {
                let message = format!("expected a time zone, found `{zone}`");
                Error::new(ErrorKind::Schema, message).with_cause(cause)
            })?),
        };
        let zone = zone.map(Into::into);
        let values = PrimitiveColumn::new(DataType::Int64);
        Ok(Self { values, unit, zone, local, date: LastDate::default() })
    }

    pub(crate) fn data_type(&self) -> DataType {
        DataType::Timestamp(self.unit, self.zone.clone())
    }

    pub(crate) fn unit(&self) -> TimeUnit {
        self.unit
    }

    pub(crate) fn has_zone(&self) -> bool {
        self.zone.is_some()
    }

    /// `timestamp` in the column's unit since 1970-01-01 00:00 UTC, or `None` if it is out of
    /// range, ambiguous in the column's zone, or (without `truncate`) finer than the unit.
    #[inline(always)]
    pub(crate) fn value_of(&self, timestamp: &Timestamp, truncate: bool) -> Option<i64> {
        let offset = match (timestamp.offset_minutes, &self.local) {
            (Some(minutes), _) => i64::from(minutes) * 60,
            (None, None) => 0,
            (None, Some(zone)) => offset_in(zone, timestamp.seconds)?,
        };
        let seconds = timestamp.seconds - offset;
        let (units, nanos_each): (i64, u32) = match self.unit {
            TimeUnit::Second => (1, 1_000_000_000),
            TimeUnit::Millisecond => (1_000, 1_000_000),
            TimeUnit::Microsecond => (1_000_000, 1_000),
            TimeUnit::Nanosecond => (1_000_000_000, 1),
        };
        if !truncate && !timestamp.nanos.is_multiple_of(nanos_each) {
            return None;
        }
        let fraction = i64::from(timestamp.nanos / nanos_each);
        match seconds.checked_mul(units).and_then(|value| value.checked_add(fraction)) {
            Some(value) => Some(value),
            // The first second of the range overflows before the fraction is added.
            None => {
                let value = i128::from(seconds) * i128::from(units) + i128::from(fraction);
                i64::try_from(value).ok()
            }
        }
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, row: usize, value: i64) {
        self.values.push(row, value);
    }

    pub(crate) fn pad(&mut self, rows: usize) {
        self.values.pad(rows);
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
    }

    pub(crate) fn finish(&mut self) -> ArrayRef {
        let values = self.values.finish_values();
        match self.unit {
            TimeUnit::Second => self.with_unit::<TimestampSecondType>(&values),
            TimeUnit::Millisecond => self.with_unit::<TimestampMillisecondType>(&values),
            TimeUnit::Microsecond => self.with_unit::<TimestampMicrosecondType>(&values),
            TimeUnit::Nanosecond => self.with_unit::<TimestampNanosecondType>(&values),
        }
    }

    fn with_unit<T: ArrowTimestampType>(&self, values: &PrimitiveArray<Int64Type>) -> ArrayRef {
        Arc::new(values.reinterpret_cast::<T>().with_timezone_opt(self.zone.clone()))
    }
}

/// Seconds by which local time in `zone` is ahead of UTC at `local` (epoch seconds of a wall
/// clock); `None` where the clock was set and that time came twice or never.
#[cold]
fn offset_in(zone: &Tz, local: i64) -> Option<i64> {
    let naive = DateTime::from_timestamp(local, 0)?.naive_utc();
    let offset = zone.offset_from_local_datetime(&naive).single()?;
    Some(i64::from(offset.fix().local_minus_utc()))
}
