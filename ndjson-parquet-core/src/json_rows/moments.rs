//! Timestamps: those with a zone in UTC, the others without offset.
//!
//! With the offset of their zone the first would not be exact: before clocks were set by zones, offsets had
//! seconds, as Berlin's of 53 minutes and 28 seconds, for which RFC 3339 has no place.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use arrow_buffer::ScalarBuffer;
use arrow_json::Encoder;
use arrow_json::writer::NullableEncoder;
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, SecondsFormat, Utc};

/// The encoder of a column of timestamps.
pub(super) fn moment_encoder(array: &dyn Array) -> Option<NullableEncoder<'_>> {
    let (values, unit, utc) = values_of(array)?;
    let encoder = MomentEncoder { values, unit, utc };
    Some(NullableEncoder::new(Box::new(encoder), array.nulls().cloned()))
}

/// The values of a column of timestamps, their unit, and whether they have a zone.
pub(super) fn values_of(array: &dyn Array) -> Option<(ScalarBuffer<i64>, TimeUnit, bool)> {
    let DataType::Timestamp(unit, zone) = array.data_type() else { return None };
    let values = match unit {
        TimeUnit::Second => array.as_primitive::<TimestampSecondType>().values(),
        TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().values(),
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().values(),
        TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().values(),
    };
    Some((values.clone(), *unit, zone.is_some()))
}

struct MomentEncoder {
    values: ScalarBuffer<i64>,
    unit: TimeUnit,
    utc: bool,
}

impl Encoder for MomentEncoder {
    fn encode(&mut self, index: usize, out: &mut Vec<u8>) {
        let value = self.values[index];
        let text = match moment(value, self.unit) {
            Some(moment) => {
                let text = moment.to_rfc3339_opts(SecondsFormat::AutoSi, true);
                format!("\"{}\"", if self.utc { &text } else { text.trim_end_matches('Z') })
            }
            // Beyond every calendar, so of another writer: as it is stored.
            None => value.to_string(),
        };
        out.extend_from_slice(text.as_bytes());
    }
}

pub(super) fn moment(value: i64, unit: TimeUnit) -> Option<DateTime<Utc>> {
    match unit {
        TimeUnit::Second => DateTime::from_timestamp(value, 0),
        TimeUnit::Millisecond => DateTime::from_timestamp_millis(value),
        TimeUnit::Microsecond => DateTime::from_timestamp_micros(value),
        TimeUnit::Nanosecond => Some(DateTime::from_timestamp_nanos(value)),
    }
}
