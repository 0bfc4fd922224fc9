//! Arrow IPC metadata (flatbuffers) -> [`Schema`], without arrow-ipc's own conversion, which
//! panics on tables that a verifier accepts but no writer makes.
//!
//! Of field metadata only notations are kept. Dictionary and run-end encoded columns become their value type,
//! large lists and list views become `List`: the values are the same, the engine's layout differs.
//! Verification ends at 60 levels of nesting, as in all of Arrow's Rust readers.

use std::fmt;
use std::sync::Arc;

use arrow_ipc as ipc;
use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};

use super::notation::{NOTATION_KEY, with_notation_of};
use super::path::push_key;
use super::supported::refuse;
use super::type_text::map_of;
use crate::error::{Error, ErrorKind, Result};
use crate::json::path::MAP_STEP;

/// Reads the schema from a flatbuffer `Message`, as at the start of an IPC stream.
pub(super) fn schema_from_message(bytes: &[u8]) -> Result<Schema> {
    let message = ipc::root_as_message(bytes).map_err(|cause| damaged("a message", cause))?;
    message.header_as_schema().map_or_else(|| Err(no_schema("message")), to_schema)
}

/// Reads the schema from a flatbuffer `Footer`, as at the end of an IPC file.
pub(super) fn schema_from_footer(bytes: &[u8]) -> Result<Schema> {
    let footer = ipc::root_as_footer(bytes).map_err(|cause| damaged("a footer", cause))?;
    footer.schema().map_or_else(|| Err(no_schema("footer")), to_schema)
}

fn to_schema(schema: ipc::Schema<'_>) -> Result<Schema> {
    let mut path = String::new();
    let fields = schema.fields().into_iter().flatten();
    let fields =
        fields.map(|field| to_named_field(field, &mut path)).collect::<Result<Fields>>()?;
    Ok(Schema::new(fields))
}

fn to_named_field(field: ipc::Field<'_>, path: &mut String) -> Result<Field> {
    let parent = path.len();
    push_key(path, field.name().unwrap_or_default());
    let converted = to_field(field, path);
    path.truncate(parent);
    converted
}

fn to_field(field: ipc::Field<'_>, path: &mut String) -> Result<Field> {
    let name = field.name().unwrap_or_default();
    let converted = Field::new(name, to_data_type(field, path)?, field.nullable());
    let mut metadata = field.custom_metadata().into_iter().flatten();
    let notation = metadata.find(|entry| entry.key() == Some(NOTATION_KEY));
    with_notation_of(converted, notation.and_then(|entry| entry.value()))
        .map_err(|error| refuse(path, error.message()))
}

/// The type of `field`, of its values where it is encoded by a dictionary.
fn to_data_type(field: ipc::Field<'_>, path: &mut String) -> Result<DataType> {
    match field.type_type() {
        ipc::Type::List | ipc::Type::LargeList | ipc::Type::ListView | ipc::Type::LargeListView => {
            let Some(child) = last_child_of(field, 1) else {
                return Err(refuse(path, "expected a list with one child, found a damaged one"));
            };
            path.push_str("[]");
            let child = to_field(child, path)?;
            path.truncate(path.len() - "[]".len());
            Ok(DataType::List(Arc::new(child)))
        }
        ipc::Type::Map => to_map(field, path),
        ipc::Type::RunEndEncoded => match last_child_of(field, 2) {
            Some(values) => to_data_type(values, path),
            None => Err(refuse(path, "expected run ends and values, found a damaged field")),
        },
        ipc::Type::Struct_ => {
            let children = field.children().into_iter().flatten();
            let fields =
                children.map(|child| to_named_field(child, path)).collect::<Result<_>>()?;
            Ok(DataType::Struct(fields))
        }
        other => to_scalar(field).ok_or_else(|| {
            let name = other.variant_name().unwrap_or("unknown");
            refuse(path, &format!("expected a type that can be written, found Arrow's {name}"))
        }),
    }
}

/// A map of strings, with Arrow's names for its parts.
fn to_map(field: ipc::Field<'_>, path: &mut String) -> Result<DataType> {
    let pair = last_child_of(field, 1).and_then(|entries| {
        let key = entries.children().filter(|pair| pair.len() == 2)?.iter().next()?;
        Some((key, last_child_of(entries, 2)?))
    });
    let Some((key, value)) = pair else {
        return Err(refuse(path, "expected a map with keys and values, found a damaged one"));
    };
    if key.type_type() != ipc::Type::Utf8 {
        return Err(refuse(path, "expected a map whose keys are strings"));
    }
    path.push_str(MAP_STEP);
    let value = to_field(value, path)?;
    path.truncate(path.len() - MAP_STEP.len());
    Ok(map_of(value))
}

/// The last child of a field that has exactly `count` of them.
fn last_child_of(field: ipc::Field<'_>, count: usize) -> Option<ipc::Field<'_>> {
    let children = field.children().filter(|children| children.len() == count)?;
    children.iter().next_back()
}

fn to_scalar(field: ipc::Field<'_>) -> Option<DataType> {
    match field.type_type() {
        ipc::Type::Bool => Some(DataType::Boolean),
        ipc::Type::Utf8 => Some(DataType::Utf8),
        ipc::Type::LargeUtf8 => Some(DataType::LargeUtf8),
        ipc::Type::Utf8View => Some(DataType::Utf8View),
        ipc::Type::Int => field.type_as_int().and_then(to_integer),
        ipc::Type::FloatingPoint => match field.type_as_floating_point()?.precision() {
            ipc::Precision::SINGLE => Some(DataType::Float32),
            ipc::Precision::DOUBLE => Some(DataType::Float64),
            _ => None,
        },
        ipc::Type::Date => {
            (field.type_as_date()?.unit() == ipc::DateUnit::DAY).then_some(DataType::Date32)
        }
        ipc::Type::Decimal => {
            let decimal = field.type_as_decimal()?;
            let precision = u8::try_from(decimal.precision()).ok()?;
            let scale = i8::try_from(decimal.scale()).ok()?;
            match decimal.bitWidth() {
                128 => Some(DataType::Decimal128(precision, scale)),
                256 => Some(DataType::Decimal256(precision, scale)),
                _ => None,
            }
        }
        ipc::Type::Binary => Some(DataType::Binary),
        ipc::Type::Time => {
            let time = field.type_as_time()?;
            match (to_time_unit(time.unit())?, time.bitWidth()) {
                (unit @ (TimeUnit::Second | TimeUnit::Millisecond), 32) => {
                    Some(DataType::Time32(unit))
                }
                (unit @ (TimeUnit::Microsecond | TimeUnit::Nanosecond), 64) => {
                    Some(DataType::Time64(unit))
                }
                _ => None,
            }
        }
        ipc::Type::Timestamp => {
            let timestamp = field.type_as_timestamp()?;
            let zone = timestamp.timezone().map(Arc::from);
            Some(DataType::Timestamp(to_time_unit(timestamp.unit())?, zone))
        }
        _ => None,
    }
}

fn to_integer(integer: ipc::Int<'_>) -> Option<DataType> {
    match (integer.bitWidth(), integer.is_signed()) {
        (8, true) => Some(DataType::Int8),
        (16, true) => Some(DataType::Int16),
        (32, true) => Some(DataType::Int32),
        (64, true) => Some(DataType::Int64),
        (8, false) => Some(DataType::UInt8),
        (16, false) => Some(DataType::UInt16),
        (32, false) => Some(DataType::UInt32),
        (64, false) => Some(DataType::UInt64),
        _ => None,
    }
}

fn to_time_unit(unit: ipc::TimeUnit) -> Option<TimeUnit> {
    match unit {
        ipc::TimeUnit::SECOND => Some(TimeUnit::Second),
        ipc::TimeUnit::MILLISECOND => Some(TimeUnit::Millisecond),
        ipc::TimeUnit::MICROSECOND => Some(TimeUnit::Microsecond),
        ipc::TimeUnit::NANOSECOND => Some(TimeUnit::Nanosecond),
        _ => None,
    }
}

/// `cause` is a flatbuffers error, whose first line says what is wrong and whose others trace it.
fn damaged(expected: &str, cause: impl fmt::Display) -> Error {
    let cause = cause.to_string();
    let found = cause.lines().next().unwrap_or_default();
    let message = format!("expected {expected} in Arrow's IPC metadata, found damage: {found}");
    Error::new(ErrorKind::Schema, message).with_cause(cause)
}

fn no_schema(place: &str) -> Error {
    Error::new(ErrorKind::Schema, format!("expected a schema in Arrow's IPC {place}, found none"))
}
