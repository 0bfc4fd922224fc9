//! A minimum or maximum of a column as text.

use std::fmt::Write;

use arrow_buffer::i256;
use chrono::DateTime;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::schema::types::ColumnDescriptor;

/// `bytes` in the notation of the column's type; hexadecimal where there is none.
pub(super) fn text(column: &ColumnDescriptor, bytes: &[u8]) -> String {
    if column.converted_type() == ConvertedType::DECIMAL
        || matches!(column.logical_type_ref(), Some(LogicalType::Decimal { .. }))
    {
        return decimal(column, bytes);
    }
    let text = match column.physical_type() {
        Type::BOOLEAN => bytes.first().map(|byte| (*byte != 0).to_string()),
        Type::INT32 => bytes.try_into().ok().map(|raw| int(column, i32::from_le_bytes(raw).into())),
        Type::INT64 => bytes.try_into().ok().map(|raw| int(column, i64::from_le_bytes(raw))),
        Type::FLOAT => bytes.try_into().ok().map(|raw| f32::from_le_bytes(raw).to_string()),
        Type::DOUBLE => bytes.try_into().ok().map(|raw| f64::from_le_bytes(raw).to_string()),
        Type::BYTE_ARRAY => std::str::from_utf8(bytes).ok().map(str::to_owned),
        Type::INT96 | Type::FIXED_LEN_BYTE_ARRAY => None,
    };
    text.unwrap_or_else(|| hexadecimal(bytes))
}

fn int(column: &ColumnDescriptor, value: i64) -> String {
    let moment = match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Timestamp(stamp)), _) => {
            let zone = if stamp.is_adjusted_to_u_t_c { "Z" } else { "" };
            moment(value, stamp.unit).map(|at| format!("{}{zone}", at.format(DATE_AND_TIME)))
        }
        (Some(LogicalType::Date), _) | (None, ConvertedType::DATE) => value
            .checked_mul(SECONDS_OF_A_DAY)
            .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
            .map(|at| at.format("%Y-%m-%d").to_string()),
        (Some(LogicalType::Time(time)), _) => time_of_day(value, time.unit),
        (Some(LogicalType::Integer(integer)), _) if !integer.is_signed => {
            Some(match column.physical_type() {
                Type::INT32 => (value as u32).to_string(),
                _ => (value as u64).to_string(),
            })
        }
        _ => None,
    };
    moment.unwrap_or_else(|| value.to_string())
}

fn moment(value: i64, unit: TimeUnit) -> Option<DateTime<chrono::Utc>> {
    match unit {
        TimeUnit::MILLIS => DateTime::from_timestamp_millis(value),
        TimeUnit::MICROS => DateTime::from_timestamp_micros(value),
        TimeUnit::NANOS => Some(DateTime::from_timestamp_nanos(value)),
    }
}

fn time_of_day(value: i64, unit: TimeUnit) -> Option<String> {
    let nanos_each = match unit {
        TimeUnit::MILLIS => 1_000_000,
        TimeUnit::MICROS => 1_000,
        TimeUnit::NANOS => 1,
    };
    let since_epoch = DateTime::from_timestamp_nanos(value.checked_mul(nanos_each)?);
    (since_epoch.timestamp().div_euclid(SECONDS_OF_A_DAY) == 0)
        .then(|| since_epoch.format("%H:%M:%S%.f").to_string())
}

fn decimal(column: &ColumnDescriptor, bytes: &[u8]) -> String {
    let unscaled: Option<i256> = match column.physical_type() {
        Type::INT32 => bytes.try_into().ok().map(|raw| i32::from_le_bytes(raw).into()),
        Type::INT64 => bytes.try_into().ok().map(|raw| i64::from_le_bytes(raw).into()),
        _ => big_endian(bytes),
    };
    let Some(unscaled) = unscaled else { return hexadecimal(bytes) };
    let scale = usize::try_from(column.type_scale()).unwrap_or(0);
    // No decimal that Arrow knows has more digits; a damaged scale must not ask for more zeros.
    if scale == 0 || scale > 76 {
        return unscaled.to_string();
    }
    let text = unscaled.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

/// Two's complement, big end first, as Parquet stores long decimals.
fn big_endian(bytes: &[u8]) -> Option<i256> {
    if bytes.is_empty() || bytes.len() > 32 {
        return None;
    }
    let fill = if bytes[0] & 0x80 == 0 { 0 } else { 0xff };
    let mut raw = [fill; 32];
    raw[32 - bytes.len()..].copy_from_slice(bytes);
    Some(i256::from_be_bytes(raw))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::from("0x"), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

const DATE_AND_TIME: &str = "%Y-%m-%dT%H:%M:%S%.f";
const SECONDS_OF_A_DAY: i64 = 86_400;
