//! Values in the notation of their field, so that a column of it takes them again.

use std::fmt::Write;

use arrow_array::cast::AsArray;
use arrow_array::timezone::Tz;
use arrow_array::{Array, BinaryArray, StringArray};
use arrow_buffer::ScalarBuffer;
use arrow_json::writer::NullableEncoder;
use arrow_json::{Encoder, EncoderFactory, EncoderOptions};
use arrow_schema::{ArrowError, DataType, FieldRef, TimeUnit};
use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::value::RawValue;

use super::moments::{moment, moment_encoder, values_of};
use super::nested::nested_encoder;
use crate::schema::{Notation, digits_of_second};

/// Makes the encoders of columns that have a notation, and of timestamps.
#[derive(Debug)]
pub(super) struct Notations;

impl EncoderFactory for Notations {
    fn make_default_encoder<'a>(
        &self,
        field: &'a FieldRef,
        array: &'a dyn Array,
        options: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        if array.data_type().is_nested() {
            return nested_encoder(array, options);
        }
        // Another writer's idea of a notation is none.
        let notation = Notation::of(field).unwrap_or_default();
        Ok(match notation {
            Some(notation) if array.data_type() == field.data_type() => {
                let nulls = array.nulls().cloned();
                let encoder = encoder(notation, array);
                encoder.map(|encoder| NullableEncoder::new(encoder, nulls))
            }
            _ => moment_encoder(array),
        })
    }
}

fn encoder(notation: Notation, array: &dyn Array) -> Option<Box<dyn Encoder + '_>> {
    Some(match notation {
        Notation::Json => Box::new(JsonText(array.as_string())),
        Notation::Base64 => Box::new(Base64(array.as_binary())),
        Notation::Hex => Box::new(Hex(array.as_binary())),
        Notation::Epoch(written) => {
            let (values, unit, _) = values_of(array)?;
            Box::new(Epoch { values, shift: digits_of_second(unit) - digits_of_second(written) })
        }
        Notation::Format(format) => {
            let (values, unit, _) = values_of(array)?;
            let zone = match array.data_type() {
                DataType::Timestamp(_, Some(zone)) if !format.has_offset() => zone.parse().ok(),
                _ => None,
            };
            Box::new(Formatted { values, unit, zone, format: format.as_str().to_owned() })
        }
    })
}

struct JsonText<'a>(&'a StringArray);

impl Encoder for JsonText<'_> {
    fn encode(&mut self, index: usize, out: &mut Vec<u8>) {
        let text = self.0.value(index);
        if serde_json::from_str::<&RawValue>(text).is_ok() {
            // A line feed, which ours never have, is a blank between tokens.
            out.extend(text.bytes().map(|byte| if byte == b'\n' { b' ' } else { byte }));
        } else {
            push_string(text, out);
        }
    }
}

struct Base64<'a>(&'a BinaryArray);

impl Encoder for Base64<'_> {
    fn encode(&mut self, index: usize, out: &mut Vec<u8>) {
        push_string(&BASE64_STANDARD.encode(self.0.value(index)), out);
    }
}

struct Hex<'a>(&'a BinaryArray);

impl Encoder for Hex<'_> {
    fn encode(&mut self, index: usize, out: &mut Vec<u8>) {
        let digits = self.0.value(index).iter().fold(String::new(), |mut digits, byte| {
            // Writing to a string cannot fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        });
        push_string(&digits, out);
    }
}

/// Numbers of a unit that has `shift` digits fewer than that of the column.
struct Epoch {
    values: ScalarBuffer<i64>,
    shift: i32,
}

impl Encoder for Epoch {
    fn encode(&mut self, index: usize, out: &mut Vec<u8>) {
        let value = self.values[index];
        let sign = if value < 0 { "-" } else { "" };
        let mut digits = value.unsigned_abs().to_string();
        let places = self.shift.unsigned_abs() as usize;
        if self.shift <= 0 {
            digits.push_str(&"0".repeat(if value == 0 { 0 } else { places }));
        } else {
            digits = format!("{digits:0>width$}", width = places + 1);
            digits.insert(digits.len() - places, '.');
            digits.truncate(digits.trim_end_matches('0').trim_end_matches('.').len());
        }
        out.extend_from_slice(format!("{sign}{digits}").as_bytes());
    }
}

struct Formatted {
    values: ScalarBuffer<i64>,
    unit: TimeUnit,
    /// In which texts without offset are read; `None` for UTC.
    zone: Option<Tz>,
    format: String,
}

impl Encoder for Formatted {
    fn encode(&mut self, index: usize, out: &mut Vec<u8>) {
        let value = self.values[index];
        let text = match (moment(value, self.unit), self.zone) {
            (Some(moment), Some(zone)) => {
                moment.with_timezone(&zone).format(&self.format).to_string()
            }
            (Some(moment), None) => moment.format(&self.format).to_string(),
            // Beyond every calendar, so of another writer: as it is stored.
            (None, _) => return out.extend_from_slice(value.to_string().as_bytes()),
        };
        push_string(&text, out);
    }
}

pub(super) fn push_string(text: &str, out: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}
