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
use arrow_json::writer::NullableEncoder;
use arrow_json::{Encoder, EncoderFactory, EncoderOptions};
use arrow_schema::{ArrowError, DataType, FieldRef, TimeUnit};
use chrono::{DateTime, SecondsFormat, Utc};

/// Makes the encoders of such columns.
#[derive(Debug)]
pub(super) struct Moments;

impl EncoderFactory for Moments {
    fn make_default_encoder<'a>(
        &self,
        _: &'a FieldRef,
        array: &'a dyn Array,
        _: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        let DataType::Timestamp(unit, zone) = array.data_type() else { return Ok(None) };
        let values = match unit {
            TimeUnit::Second => array.as_primitive::<TimestampSecondType>().values(),
            TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().values(),
            TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().values(),
            TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().values(),
        };
        let encoder = MomentEncoder { values: values.clone(), unit: *unit, utc: zone.is_some() };
        Ok(Some(NullableEncoder::new(Box::new(encoder), array.nulls().cloned())))
    }
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

fn moment(value: i64, unit: TimeUnit) -> Option<DateTime<Utc>> {
    match unit {
        TimeUnit::Second => DateTime::from_timestamp(value, 0),
        TimeUnit::Millisecond => DateTime::from_timestamp_millis(value),
        TimeUnit::Microsecond => DateTime::from_timestamp_micros(value),
        TimeUnit::Nanosecond => Some(DateTime::from_timestamp_nanos(value)),
    }
}
