//! Schemas as JSON, both ways.
//!
//! The full form is `{"fields": [{"name": "id", "type": "int64", "nullable": false}, ...]}`, where
//! a struct may have `fields` in place of `type`. The short form is `{"id": "int64 not null", ...}`.

use std::fmt;

use arrow_schema::{Field, Schema};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Value, json};

use super::path::push_key;
use super::supported::{MAX_TYPE_DEPTH, check_supported, refuse};
use super::type_format::format_field_type;
use super::type_text::{parse_field, parse_typed};
use crate::error::{Error, ErrorKind, Result};

/// Writes a schema as JSON that [`read_schema`](crate::read_schema) reads back: one column a line
/// group, types in the form of [`format_field_type`], `nullable` only where it is false. Of metadata
/// only notations have a place in it.
///
/// ```
/// use arrow_schema::{DataType, Field, Schema};
/// use ndjson_parquet_core::{schema_from_bytes, schema_to_json};
///
/// let schema = Schema::new(vec![Field::new("id", DataType::Int64, false)]);
/// let json = schema_to_json(&schema);
/// assert_eq!(*schema_from_bytes("schema.json", json.as_bytes())?, schema);
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
pub fn schema_to_json(schema: &Schema) -> String {
    let fields = schema.fields().iter().map(|field| {
        let mut form = json!({"name": field.name(), "type": format_field_type(field)});
        if !field.is_nullable() {
            form["nullable"] = false.into();
        }
        form
    });
    let form = json!({ "fields": fields.collect::<Vec<_>>() });
    format!("{form:#}\n")
}

/// Reads either form; every type in it is one that the engine writes.
pub(super) fn schema_from_json(bytes: &[u8]) -> Result<Schema> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // Decides on the form only: a `Value` would hide a key that is there twice.
    let probe: Value = serde_json::from_slice(bytes).map_err(not_json)?;
    let fields = if probe.get("fields").is_some_and(Value::is_array) {
        let form: SchemaForm = serde_json::from_slice(bytes).map_err(not_json)?;
        to_fields(form.fields, &mut String::new(), 0)?
    } else {
        let Columns(columns) = serde_json::from_slice(bytes).map_err(not_json)?;
        columns.into_iter().map(short_field).collect::<Result<_>>()?
    };
    let schema = Schema::new(fields);
    check_supported(&schema)?;
    Ok(schema)
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaForm {
    fields: Vec<FieldForm>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldForm {
    name: String,
    r#type: Option<String>,
    fields: Option<Vec<FieldForm>>,
    #[serde(default = "yes")]
    nullable: bool,
}

fn yes() -> bool {
    true
}

fn to_fields(forms: Vec<FieldForm>, path: &mut String, depth: usize) -> Result<Vec<Field>> {
    let mut fields = Vec::with_capacity(forms.len());
    for form in forms {
        let parent = path.len();
        push_key(path, &form.name);
        let typed = match (form.r#type, form.fields) {
            (Some(text), None) => parse_typed(&text).map_err(|error| in_column(path, error))?,
            (None, Some(_)) if depth == MAX_TYPE_DEPTH => {
                return Err(refuse(path, "expected less nesting"));
            }
            (None, Some(children)) => {
                Field::new_struct("", to_fields(children, path, depth + 1)?, true)
            }
            (Some(_), Some(_)) => {
                return Err(refuse(path, "expected one of `type` and `fields`, found both"));
            }
            (None, None) => {
                return Err(refuse(path, "expected one of `type` and `fields`, found neither"));
            }
        };
        path.truncate(parent);
        fields.push(typed.with_name(form.name).with_nullable(form.nullable));
    }
    Ok(fields)
}

fn short_field((name, text): (String, String)) -> Result<Field> {
    let mut path = String::new();
    push_key(&mut path, &name);
    parse_field(&name, &text).map_err(|error| in_column(&path, error))
}

fn in_column(path: &str, error: Error) -> Error {
    refuse(path, error.message())
}

fn not_json(cause: serde_json::Error) -> Error {
    let message = format!("expected a schema as JSON, Arrow IPC or Parquet, found: {cause}");
    Error::new(ErrorKind::Schema, message).with_cause(cause)
}

/// The members of the short form, in their order and with repeated keys.
struct Columns(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ColumnsVisitor)
    }
}

struct ColumnsVisitor;

impl<'de> Visitor<'de> for ColumnsVisitor {
    type Value = Columns;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of column names and types, or one with an array `fields`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Columns, A::Error> {
        let mut columns = Vec::new();
        while let Some(column) = members.next_entry()? {
            columns.push(column);
        }
        Ok(Columns(columns))
    }
}

#[cfg(test)]
mod tests;
