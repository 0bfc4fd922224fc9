//! What the engine decodes into and writes: scalars, `List` and `Struct`. Everything else is
//! refused before any input is read, with the path of the column.

use std::collections::HashSet;

use arrow_schema::{DataType, Field, Fields, Schema};

use super::path::push_key;
use super::type_text::{format_type, is_zone};
use crate::error::{Error, ErrorKind, Result};
use crate::options::MAX_COLUMN_DEPTH;

/// Most lists and structs around one another in the type of a column; the row is one level more.
pub(super) const MAX_TYPE_DEPTH: usize = MAX_COLUMN_DEPTH - 1;

/// Fails unless the engine can decode into every column of `schema`.
///
/// Refused are types outside the table of [`parse_type`](crate::parse_type), a schema or struct
/// without fields, two fields of one name in one struct, unknown time zones, and nesting that
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
            DataType::List(child) => below(child.data_type(), above + 1),
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
    match field.data_type() {
        DataType::List(_) | DataType::Struct(_) if depth == MAX_TYPE_DEPTH => Err(refuse(
            path,
            &format!("expected at most {MAX_COLUMN_DEPTH} levels of nesting, found more"),
        )),
        DataType::List(child) => {
            path.push_str("[]");
            check_type(child, path, depth + 1)?;
            path.truncate(path.len() - "[]".len());
            Ok(())
        }
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

fn is_supported_scalar(data_type: &DataType) -> bool {
    use DataType::*;
    match data_type {
        Boolean | Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64 => true,
        Float32 | Float64 | Utf8 | LargeUtf8 | Utf8View | Date32 => true,
        Decimal128(precision, scale) => {
            (1..=38).contains(precision) && u8::try_from(*scale).is_ok_and(|s| s <= *precision)
        }
        Timestamp(_, zone) => zone.as_deref().is_none_or(is_zone),
        _ => false,
    }
}

/// The error that the column at `path` (the schema itself where empty) cannot be used.
pub(super) fn refuse(path: &str, message: &str) -> Error {
    let place = if path.is_empty() { "schema".to_owned() } else { format!("column `{path}`") };
    Error::new(ErrorKind::Schema, format!("{place}: {message}"))
}

#[cfg(test)]
mod tests;
