//! Types as text, the way out: what [`super::type_text`] reads back.

use arrow_schema::{DataType, Field, FieldRef, TimeUnit};

use super::notation::NOTATION_KEY;
use super::scan::{is_word, quote};

/// Writes a type in the form that [`parse_type`](crate::parse_type) reads back.
///
/// A type without a text form is written as Arrow displays it, which is for messages only.
///
/// ```
/// use arrow_schema::DataType;
/// use ndjson_parquet_core::format_type;
///
/// assert_eq!(format_type(&DataType::new_list(DataType::Int64, false)), "list<int64 not null>");
/// ```
pub fn format_type(data_type: &DataType) -> String {
    let mut text = String::new();
    write_type(data_type, None, &mut text);
    text
}

/// Writes the type of a field with its notation, in the form that [`parse_field`](crate::parse_field) reads back.
///
/// ```
/// use ndjson_parquet_core::{format_field_type, parse_field};
///
/// let field = parse_field("at", "Timestamp(ms, Epoch(s)) not null")?;
/// assert_eq!(format_field_type(&field), "timestamp(ms, epoch(s))");
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
pub fn format_field_type(field: &Field) -> String {
    let mut text = String::new();
    write_type(field.data_type(), notation_text(field), &mut text);
    text
}

/// The notation of `field` as text, if it has one.
fn notation_text(field: &Field) -> Option<&str> {
    field.metadata().get(NOTATION_KEY).map(String::as_str)
}

fn write_type(data_type: &DataType, notation: Option<&str>, text: &mut String) {
    let plain = match data_type {
        DataType::Utf8 if notation == Some("json") => "json",
        DataType::Boolean => "boolean",
        DataType::Int8 => "int8",
        DataType::Int16 => "int16",
        DataType::Int32 => "int32",
        DataType::Int64 => "int64",
        DataType::UInt8 => "uint8",
        DataType::UInt16 => "uint16",
        DataType::UInt32 => "uint32",
        DataType::UInt64 => "uint64",
        DataType::Float32 => "float32",
        DataType::Float64 => "float64",
        DataType::Utf8 => "utf8",
        DataType::LargeUtf8 => "large_utf8",
        DataType::Utf8View => "utf8_view",
        DataType::Date32 => "date",
        _ => return write_parameterised(data_type, notation, text),
    };
    text.push_str(plain);
}

fn write_parameterised(data_type: &DataType, notation: Option<&str>, text: &mut String) {
    match data_type {
        DataType::Decimal128(precision, scale) => {
            text.push_str(&format!("decimal({precision},{scale})"));
        }
        DataType::Decimal256(precision, scale) => {
            text.push_str(&format!("decimal256({precision},{scale})"));
        }
        DataType::Time32(unit) | DataType::Time64(unit) => {
            text.push_str(&format!("time({})", unit_name(*unit)));
        }
        DataType::Binary => {
            let notation = notation.map(|notation| format!("({notation})"));
            text.push_str(&format!("binary{}", notation.unwrap_or_default()));
        }
        DataType::Timestamp(unit, zone) => {
            write_timestamp(*unit, zone.as_deref(), notation, text);
        }
        DataType::Dictionary(key, value)
            if (key.as_ref(), value.as_ref()) == (&DataType::Int32, &DataType::Utf8) =>
        {
            text.push_str("dictionary<utf8>");
        }
        DataType::List(child) => write_list("list<", child, text),
        DataType::LargeList(child) => write_list("large_list<", child, text),
        DataType::Map(entries, false) if map_value(entries).is_some() => {
            text.push_str("map<utf8, ");
            map_value(entries).into_iter().for_each(|value| write_column_type(value, text));
            text.push('>');
        }
        DataType::Struct(fields) => {
            text.push_str("struct<");
            for (index, field) in fields.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                write_name(field.name(), text);
                write_column_type(field, text);
            }
            text.push('>');
        }
        other => text.push_str(&other.to_string()),
    }
}

/// The field of the values of a map whose keys are strings, by the field of its entries.
pub(crate) fn map_value(entries: &Field) -> Option<&FieldRef> {
    match entries.data_type() {
        DataType::Struct(pair) => match pair.as_ref() {
            [key, value] if *key.data_type() == DataType::Utf8 && !key.is_nullable() => Some(value),
            _ => None,
        },
        _ => None,
    }
}

fn write_list(opening: &str, child: &Field, text: &mut String) {
    text.push_str(opening);
    if child.name() != Field::LIST_FIELD_DEFAULT_NAME {
        write_name(child.name(), text);
    }
    write_column_type(child, text);
    text.push('>');
}

fn write_timestamp(unit: TimeUnit, zone: Option<&str>, notation: Option<&str>, text: &mut String) {
    text.push_str(&format!("timestamp({}", unit_name(unit)));
    match zone {
        None => {}
        Some("UTC") => text.push_str(", UTC"),
        Some(zone) => text.push_str(&format!(", {}", quote(zone))),
    }
    if let Some(notation) = notation {
        text.push_str(&format!(", {notation}"));
    }
    text.push(')');
}

pub(super) fn unit_name(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}

fn write_name(name: &str, text: &mut String) {
    if !name.is_empty() && name.chars().all(is_word) {
        text.push_str(name);
    } else {
        text.push_str(&quote(name));
    }
    text.push_str(": ");
}

fn write_column_type(field: &Field, text: &mut String) {
    write_type(field.data_type(), notation_text(field), text);
    if !field.is_nullable() {
        text.push_str(" not null");
    }
}
