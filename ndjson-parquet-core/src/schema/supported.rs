//! What the engine decodes into and writes: scalars, lists, maps and structs. Everything
//! else is refused before any input is read, with the path of the column.

use std::collections::HashSet;

use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};

use super::notation::Notation;
use super::path::push_key;
use super::type_format::{format_type, map_value};
use super::type_text::is_zone;
use crate::error::{Error, ErrorKind, Result};
use crate::json::path::MAP_STEP;
use crate::options::MAX_COLUMN_DEPTH;

/// Most lists and structs around one another in the type of a column; the row is one level more.
pub(super) const MAX_TYPE_DEPTH: usize = MAX_COLUMN_DEPTH - 1;

/// Fails unless the engine can decode into every column of `schema`.
///
/// Refused are types outside the tables of [`parse_type`](crate::parse_type), notations of another
/// type, binary columns without one, a schema or struct without fields, two fields of one name in one struct, unknown time zones, and nesting that
/// readers do not take ([`MAX_COLUMN_DEPTH`]).
///
/// ```
/// use arrow_schema::{DataType, Field, Schema};
/// use ndjson_parquet_core::check_supported;
///
/// let schema = Schema::new(vec![Field::new("raw", DataType::Binary, true)]);
/// let error = check_supported(&schema).unwrap_err();
/// assert!(error.message().starts_with("column `raw`: "));
/// ```
pub fn check_supported(schema: &Schema) -> Result<()> {
    if schema.fields().is_empty() {
        return Err(refuse("", "expected at least one column, found none"));
    }
    check_fields(schema.fields(), &mut String::new(), 0)
}

/// How many lists and structs stand around one another in `data_type`; stops counting just above
/// [`MAX_TYPE_DEPTH`].
pub(super) fn type_depth(data_type: &DataType) -> usize {
    fn below(data_type: &DataType, above: usize) -> usize {
        match data_type {
            _ if above > MAX_TYPE_DEPTH => above,
            DataType::List(child) | DataType::LargeList(child) => {
                below(child.data_type(), above + 1)
            }
            DataType::Map(entries, _) => {
                map_value(entries).map_or(above + 1, |value| below(value.data_type(), above + 1))
            }
            DataType::Struct(fields) => {
                fields.iter().map(|f| below(f.data_type(), above + 1)).max().unwrap_or(above + 1)
            }
            _ => above,
        }
    }
    below(data_type, 0)
}

fn check_fields(fields: &Fields, path: &mut String, depth: usize) -> Result<()> {
    let mut names = HashSet::new();
    for field in fields {
        let parent = path.len();
        push_key(path, field.name());
        if !names.insert(field.name()) {
            return Err(refuse(path, "expected each name once, found it twice"));
        }
        check_type(field, path, depth)?;
        path.truncate(parent);
    }
    Ok(())
}

fn check_type(field: &Field, path: &mut String, depth: usize) -> Result<()> {
    let notation = Notation::of(field).map_err(|error| refuse(path, error.message()))?;
    match field.data_type() {
        nested if nested.is_nested() && depth == MAX_TYPE_DEPTH => Err(refuse(
            path,
            &format!("expected at most {MAX_COLUMN_DEPTH} levels of nesting, found more"),
        )),
        DataType::List(child) | DataType::LargeList(child) => {
            check_below(child, "[]", path, depth + 1)
        }
        DataType::Map(entries, false) if map_value(entries).is_some() => {
            let mut values = map_value(entries).into_iter();
            values.try_for_each(|value| check_below(value, MAP_STEP, path, depth + 1))
        }
        DataType::Binary if notation.is_none() => Err(refuse(
            path,
            "expected binary(base64) or binary(hex), because JSON has no bytes of its own, found \
             `binary`",
        )),
        DataType::Struct(fields) if fields.is_empty() => Err(refuse(
            path,
            "expected a struct with fields, found one without, which Parquet cannot store",
        )),
        DataType::Struct(fields) => check_fields(fields, path, depth + 1),
        scalar if is_supported_scalar(scalar) => Ok(()),
        other => Err(refuse(
            path,
            &format!("expected a type that can be written, found `{}`", format_type(other)),
        )),
    }
}

fn check_below(child: &Field, step: &str, path: &mut String, depth: usize) -> Result<()> {
    path.push_str(step);
    check_type(child, path, depth)?;
    path.truncate(path.len() - step.len());
    Ok(())
}

fn is_supported_scalar(data_type: &DataType) -> bool {
    use DataType::*;
    match data_type {
        Boolean | Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64 => true,
        Float32 | Float64 | Utf8 | LargeUtf8 | Utf8View | Date32 | Binary => true,
        Time32(TimeUnit::Second | TimeUnit::Millisecond) => true,
        Time64(TimeUnit::Microsecond | TimeUnit::Nanosecond) => true,
        Dictionary(key, value) => (key.as_ref(), value.as_ref()) == (&Int32, &Utf8),
        Decimal128(precision, scale) => is_decimal(*precision, *scale, 38),
        Decimal256(precision, scale) => is_decimal(*precision, *scale, 76),
        Timestamp(_, zone) => zone.as_deref().is_none_or(is_zone),
        _ => false,
    }
}

fn is_decimal(precision: u8, scale: i8, most: u8) -> bool {
    (1..=most).contains(&precision) && u8::try_from(scale).is_ok_and(|scale| scale <= precision)
}

/// The error that the column at `path` (the schema itself where empty) cannot be used.
pub(super) fn refuse(path: &str, message: &str) -> Error {
    let place = if path.is_empty() { "schema".to_owned() } else { format!("column `{path}`") };
    Error::new(ErrorKind::Schema, format!("{place}: {message}"))
}

#[cfg(test)]
mod tests;
