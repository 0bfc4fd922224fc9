//! Schemas from files: Arrow IPC, Parquet and JSON, told apart by their content.
//!
//! Takes bytes that may be damaged or hostile and gives a schema that the engine writes, without
//! metadata but for notations, or an error of kind `Schema`. Data in the files is never read.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};
use parquet::arrow::{ARROW_SCHEMA_META_KEY, encode_arrow_schema, parquet_to_arrow_schema};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, ParquetMetaDataReader};

use super::ipc::{schema_from_footer, schema_from_message};
use super::json_form::schema_from_json;
use super::leaves::FileSchema;
use super::notation::{NOTATION_KEY, with_notation_of};
use super::parquet_footer::{FooterScan, scan_footer};
use super::supported::check_supported;
use super::type_format::map_value;
use super::type_text::map_of;
use crate::error::{Error, ErrorKind, Result};

/// Reads the schema in a file, whatever its name:
///
/// * Arrow IPC, a file or a stream, with or without data;
/// * Parquet: the schema of its columns;
/// * JSON: `{"fields": [{"name": "id", "type": "int64", "nullable": false}]}`, where `nullable` is
///   true unless given and a struct may have `fields` in place of `type`; or, in short,
///   `{"id": "int64 not null", "tags": "list<utf8>"}`. The types are those of
///   [`parse_field`](crate::parse_field).
///
/// Columns that a file encodes by a dictionary or by runs have the type of their values here, and
/// large lists and list views are lists. Of metadata only notations are kept. The schema passes
/// [`check_supported`]. Reading holds the schema part of the file, at most 64 MiB, in memory, and a
/// decoded schema of a few times that size.
///
/// ```
/// use ndjson_parquet_core::read_schema;
///
/// let folder = std::env::temp_dir();
/// let path = folder.join(format!("schema-{}.json", std::process::id()));
/// std::fs::write(&path, r#"{"id": "int64 not null", "tags": "list<utf8>"}"#).unwrap();
/// let schema = read_schema(&path)?;
/// assert!(!schema.field_with_name("id").unwrap().is_nullable());
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
pub fn read_schema(path: impl AsRef<Path>) -> Result<SchemaRef> {
    let name = path.as_ref().display().to_string();
    let file = File::open(path.as_ref()).map_err(|cause| in_file(&name, unreadable(cause)))?;
    read(file).map_err(|error| in_file(&name, error))
}

/// Reads the schema in `bytes`, as [`read_schema`] does; `name` is what errors call them.
///
/// ```
/// use ndjson_parquet_core::schema_from_bytes;
///
/// let schema = schema_from_bytes("inline", br#"{"fields":[{"name":"id","type":"int64"}]}"#)?;
/// assert_eq!(schema.field(0).name(), "id");
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
pub fn schema_from_bytes(name: &str, bytes: &[u8]) -> Result<SchemaRef> {
    read(Cursor::new(bytes)).map_err(|error| in_file(name, error))
}

/// Reads the schema in a file as its readers see it: that of a Parquet file without the Arrow schema
/// that may be embedded, and with types that the engine does not write.
pub(crate) fn read_file_schema(path: impl AsRef<Path>) -> Result<FileSchema> {
    let name = path.as_ref().display().to_string();
    let file = File::open(path.as_ref()).map_err(|cause| in_file(&name, unreadable(cause)))?;
    read_as_stored(file).map_err(|error| in_file(&name, error))
}

fn read_as_stored<R: Read + Seek>(mut source: R) -> Result<FileSchema> {
    let size = source.seek(SeekFrom::End(0)).map_err(unreadable)?;
    if read_range(&mut source, 0, size.min(4))? != b"PAR1" {
        let schema = Arc::unwrap_or_clone(read(source)?);
        return Ok(FileSchema { schema, leaves: Vec::new() });
    }
    let footer = read_footer(&mut source, size, "Parquet", b"PAR1")?;
    scan_limited(&footer)?;
    let columns = ParquetMetaDataReader::decode_schema(&footer).map_err(damaged)?;
    FileSchema::of_parquet(&columns).map_err(damaged)
}

fn read<R: Read + Seek>(mut source: R) -> Result<SchemaRef> {
    let size = source.seek(SeekFrom::End(0)).map_err(unreadable)?;
    let head = read_range(&mut source, 0, size.min(8))?;
    let schema = match head.as_slice() {
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => {
            let footer = read_footer(&mut source, size, "Arrow", b"ARROW1")?;
            schema_from_footer(&footer)?
        }
        [b'P', b'A', b'R', b'1', ..] => {
            schema_from_parquet(&read_footer(&mut source, size, "Parquet", b"PAR1")?)?
        }
        [b'P', b'A', b'R', b'E', ..] => {
            return Err(schema_error("expected a readable Parquet footer, found an encrypted one"));
        }
        _ => match stream_message(&head, size) {
            Some((start, length)) => schema_from_message(&read_range(&mut source, start, length)?)?,
            None => schema_from_json(&read_range(&mut source, 0, size)?)?,
        },
    };
    check_supported(&schema)?;
    Ok(Arc::new(schema))
}

/// Start and length of the first message if `head` begins an IPC stream: a length before a
/// flatbuffer, since 0.15 with a marker of four bytes 0xff before it.
fn stream_message(head: &[u8], size: u64) -> Option<(u64, u64)> {
    match *head {
        [0xff, 0xff, 0xff, 0xff, a, b, c, d] => {
            Some((8, u64::from(u32::from_le_bytes([a, b, c, d]))))
        }
        // No JSON text has a NUL among its first bytes; UTF-16 does, but then the length that it
        // seems to give is beyond the end.
        [a, b, c, 0, ..] => {
            let length = u64::from(u32::from_le_bytes([a, b, c, 0]));
            (length > 0 && length <= size - 4).then_some((4, length))
        }
        _ => None,
    }
}

/// The footer of a file that ends in its footer, four bytes of length, and `magic`.
fn read_footer<R: Read + Seek>(
    source: &mut R,
    size: u64,
    format: &str,
    magic: &[u8],
) -> Result<Vec<u8>> {
    let tail_size = 4 + magic.len() as u64;
    let Some(before_tail) = size.checked_sub(tail_size) else {
        return Err(schema_error(format!("expected a whole {format} file, found {size} bytes")));
    };
    let tail = read_range(source, before_tail, tail_size)?;
    let Some((&[a, b, c, d], end)) = tail.split_first_chunk::<4>() else {
        return Err(schema_error(format!("expected the end of a {format} file")));
    };
    if end != magic {
        return Err(schema_error(format!(
            "expected a whole {format} file, found one that does not end in `{}`",
            magic.escape_ascii()
        )));
    }
    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
    let Some(start) = before_tail.checked_sub(length).filter(|start| *start >= magic.len() as u64)
    else {
        return Err(schema_error(format!(
            "expected a footer of {format} within the file of {size} bytes, found a length of {length}"
        )));
    };
    read_range(source, start, length)
}

fn read_range<R: Read + Seek>(source: &mut R, start: u64, length: u64) -> Result<Vec<u8>> {
    if length > MAX_SCHEMA_BYTES {
        return Err(schema_error(format!(
            "expected a schema of at most {MAX_SCHEMA_BYTES} bytes, found {length}"
        )));
    }
    source.seek(SeekFrom::Start(start)).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let read = source.take(length).read_to_end(&mut bytes).map_err(unreadable)?;
    if (read as u64) < length {
        return Err(schema_error(format!(
            "expected {length} bytes from byte {start}, found {read}: the file is cut short"
        )));
    }
    Ok(bytes)
}

/// The schema of a Parquet file from its footer; `ARROW:schema`, which names the types that
/// Parquet has no word for, is checked before it is used.
fn schema_from_parquet(footer: &[u8]) -> Result<Schema> {
    let scan = scan_limited(footer)?;
    let embedded = scan.arrow_schema.map(embedded_schema).transpose()?;
    let metadata = embedded.map(|schema| {
        vec![KeyValue::new(ARROW_SCHEMA_META_KEY.to_owned(), encode_arrow_schema(&schema))]
    });
    let columns = ParquetMetaDataReader::decode_schema(footer).map_err(damaged)?;
    let schema = parquet_to_arrow_schema(&columns, metadata.as_ref()).map_err(damaged)?;
    let fields = schema.fields().iter().map(simplified);
    Ok(Schema::new(fields.collect::<Result<Vec<_>>>()?))
}

fn scan_limited(footer: &[u8]) -> Result<FooterScan<'_>> {
    let scan = scan_footer(footer)?;
    if scan.depth > MAX_PARQUET_DEPTH || scan.elements > MAX_PARQUET_ELEMENTS {
        return Err(schema_error(format!(
            "expected a Parquet schema of at most {MAX_PARQUET_DEPTH} levels and \
             {MAX_PARQUET_ELEMENTS} elements, found {} and {}",
            scan.depth, scan.elements
        )));
    }
    Ok(scan)
}

fn damaged(cause: ParquetError) -> Error {
    schema_error("expected a Parquet schema, found a damaged one").with_cause(cause)
}

fn embedded_schema(base64: &[u8]) -> Result<Schema> {
    let message = decode_base64(base64)
        .ok_or_else(|| schema_error(format!("expected base64 in `{ARROW_SCHEMA_META_KEY}`")))?;
    match message.as_slice() {
        [0xff, 0xff, 0xff, 0xff, _, _, _, _, message @ ..] => schema_from_message(message),
        message => schema_from_message(message),
    }
}

/// `field` as the engine has it: of metadata only notations, lists of one kind, and Arrow's names for
/// the parts of maps.
fn simplified(field: &FieldRef) -> Result<Field> {
    let data_type = match field.data_type() {
        DataType::List(child) | DataType::LargeList(child) => {
            DataType::List(Arc::new(simplified(child)?))
        }
        DataType::Struct(fields) => {
            DataType::Struct(fields.iter().map(simplified).collect::<Result<_>>()?)
        }
        DataType::Map(entries, false) => match map_value(entries) {
            Some(value) => map_of(simplified(value)?),
            None => field.data_type().clone(),
        },
        other => other.clone(),
    };
    let notation = field.metadata().get(NOTATION_KEY).map(String::as_str);
    let field = Field::new(field.name(), data_type, field.is_nullable());
    with_notation_of(field, notation)
}

/// Decodes standard base64, padded or not.
fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let unpadded = text.iter().rposition(|c| *c != b'=').map_or(0, |last| last + 1);
    let (mut bits, mut held) = (0u32, 0);
    for c in text.get(..unpadded)? {
        let digit = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(digit)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    Some(bytes)
}

fn in_file(name: &str, error: Error) -> Error {
    schema_error(format!("schema file {name}: {}", error.message())).with_cause(error)
}

fn unreadable(cause: std::io::Error) -> Error {
    schema_error("expected a file that can be read and sought").with_cause(cause)
}

fn schema_error(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Schema, message)
}

/// Far beyond any schema; keeps a damaged length from becoming an allocation.
const MAX_SCHEMA_BYTES: u64 = 64 << 20;
/// parquet's reader recurses once a level. Parquet spells a list as two groups and its element, so
/// that about 500 lists in one another still pass.
const MAX_PARQUET_DEPTH: usize = 1024;
/// parquet's reader needs some hundred bytes for each.
const MAX_PARQUET_ELEMENTS: usize = 1_000_000;

#[cfg(test)]
mod tests;
