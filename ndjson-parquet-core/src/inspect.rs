//! Describes a Parquet file from its footer: schema, row groups, codecs, statistics, metadata.
//!
//! Reads any Parquet file, not only ours, and no data pages.

mod value;

use std::ffi::OsStr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::arrow::parquet_to_arrow_schema;
use parquet::basic::ConvertedType;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, FileMetaData, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData,
};
use parquet::file::reader::Length;
use parquet::schema::types::ColumnDescriptor;
use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::source::{ParquetSource, Source};

/// What [`inspect`] found in a Parquet file.
///
/// ```
/// use ndjson_parquet_core::{Converter, Sink, Source, inspect};
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("out.parquet");
/// let source = Source::bytes("inline", "{\"id\":1}\n{\"id\":2}\n");
/// Converter::new().convert(vec![source], Sink::file(&path))?;
/// let file = inspect(&path)?;
/// assert_eq!((file.rows, file.row_groups.len()), (2, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Inspection {
    /// Size of the file in bytes.
    pub file_size: u64,
    /// The program that wrote the file, as it names itself.
    pub created_by: Option<String>,
    /// Rows of all row groups.
    pub rows: u64,
    /// Key-value metadata of the footer, in the order of the file.
    pub metadata: Vec<MetadataEntry>,
    /// The top-level columns as Arrow sees them.
    pub fields: Vec<FieldInspection>,
    /// The leaf columns as Parquet stores them.
    pub columns: Vec<ColumnInspection>,
    /// The row groups, in the order of the file.
    pub row_groups: Vec<RowGroupInspection>,
}

/// One key and value of the footer.
///
/// ```
/// use ndjson_parquet_core::{Converter, Sink, Source, inspect};
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("out.parquet");
/// let source = Source::bytes("inline", "{\"id\":1}\n{\"id\":2}\n");
/// Converter::new().convert(vec![source], Sink::file(&path))?;
/// let file = inspect(&path)?;
/// assert!(file.metadata.iter().any(|entry| entry.key == "ndjson-parquet.balance"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MetadataEntry {
    /// The key.
    pub key: String,
    /// The value; Parquet allows none.
    pub value: Option<String>,
}

/// A top-level column as Arrow sees it.
///
/// ```
/// use ndjson_parquet_core::{Converter, Sink, Source, inspect};
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("out.parquet");
/// let source = Source::bytes("inline", "{\"id\":1}\n{\"id\":2}\n");
/// Converter::new().convert(vec![source], Sink::file(&path))?;
/// let file = inspect(&path)?;
/// assert_eq!(file.fields[0].name, "id");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FieldInspection {
    /// Name of the column.
    pub name: String,
    /// The Arrow type, as Arrow displays it.
    pub arrow_type: String,
    /// Whether the column may hold nulls.
    pub nullable: bool,
}

/// A leaf column as Parquet stores it.
///
/// ```
/// use ndjson_parquet_core::{Converter, Sink, Source, inspect};
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("out.parquet");
/// let source = Source::bytes("inline", "{\"id\":1}\n{\"id\":2}\n");
/// Converter::new().convert(vec![source], Sink::file(&path))?;
/// let file = inspect(&path)?;
/// assert_eq!(file.columns[0].physical_type, "INT64");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ColumnInspection {
    /// Path of the leaf, with dots, such as `tags.list.element`.
    pub path: String,
    /// How values are stored, such as `BYTE_ARRAY`.
    pub physical_type: String,
    /// What values mean, such as `String`.
    pub logical_type: Option<String>,
    /// The older notation of the same, such as `UTF8`.
    pub converted_type: Option<String>,
}

/// One row group.
///
/// ```
/// use ndjson_parquet_core::{Converter, Sink, Source, inspect};
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("out.parquet");
/// let source = Source::bytes("inline", "{\"id\":1}\n{\"id\":2}\n");
/// Converter::new().convert(vec![source], Sink::file(&path))?;
/// let file = inspect(&path)?;
/// assert_eq!(file.row_groups[0].rows, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RowGroupInspection {
    /// Rows in the row group.
    pub rows: u64,
    /// Bytes of all its pages, as stored.
    pub compressed_size: u64,
    /// Bytes of all its pages before compression.
    pub uncompressed_size: u64,
    /// Its column chunks, in the order of [`Inspection::columns`].
    pub columns: Vec<ChunkInspection>,
}

/// One leaf column of one row group.
///
/// ```
/// use ndjson_parquet_core::{Converter, Sink, Source, inspect};
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("out.parquet");
/// let source = Source::bytes("inline", "{\"id\":1}\n{\"id\":2}\n");
/// Converter::new().convert(vec![source], Sink::file(&path))?;
/// let file = inspect(&path)?;
/// assert!(file.row_groups[0].columns[0].page_index);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChunkInspection {
    /// Path of the leaf, with dots.
    pub path: String,
    /// The codec, such as `ZSTD`.
    pub codec: String,
    /// The encodings of its pages and levels.
    pub encodings: Vec<String>,
    /// Values, nulls included.
    pub values: u64,
    /// Bytes of its pages as stored.
    pub compressed_size: u64,
    /// Bytes of its pages before compression.
    pub uncompressed_size: u64,
    /// Nulls, where the file tells.
    pub null_count: Option<u64>,
    /// The smallest value as text, where the file tells; long values may be cut.
    pub min: Option<String>,
    /// The largest value as text, where the file tells; long values may be cut and rounded up.
    pub max: Option<String>,
    /// Whether the column begins with a dictionary page.
    pub dictionary: bool,
    /// Whether readers can skip single pages: a column index and an offset index are there.
    pub page_index: bool,
}

/// Reads the footer of the Parquet file at `path`.
///
/// Fails with [`ErrorKind::Source`] where the file cannot be read, and with
/// [`ErrorKind::Parquet`] where it is damaged or no Parquet file. Memory: a small multiple of the
/// footer's size.
///
/// ```
/// use ndjson_parquet_core::{Converter, Sink, Source, inspect};
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("out.parquet");
/// let source = Source::bytes("inline", "{\"id\":1}\n{\"id\":2}\n");
/// Converter::new().convert(vec![source], Sink::file(&path))?;
/// let file = inspect(&path)?;
/// assert_eq!(file.rows, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn inspect(path: impl AsRef<OsStr>) -> Result<Inspection> {
    let file = Source::single(path.as_ref())?;
    let reader = ParquetSource::open(&file)?;
    let parquet_error = |error: ParquetError| {
        let message = format!("expected a complete Parquet file at `{}`: {error}", file.name());
        Error::new(ErrorKind::Parquet, message).with_cause(error)
    };
    let footer = contained(|| ParquetMetaDataReader::new().parse_and_finish(&reader))
        .map_err(parquet_error)?;
    describe(reader.len(), &footer).map_err(parquet_error)
}

fn describe(file_size: u64, footer: &ParquetMetaData) -> Result<Inspection, ParquetError> {
    let file = footer.file_metadata();
    let entries = file.key_value_metadata().map(Vec::as_slice).unwrap_or_default();
    Ok(Inspection {
        file_size,
        created_by: file.created_by().map(str::to_owned),
        rows: unsigned(file.num_rows()),
        metadata: entries
            .iter()
            .map(|entry| MetadataEntry { key: entry.key.clone(), value: entry.value.clone() })
            .collect(),
        fields: fields(file)?,
        columns: file.schema_descr().columns().iter().map(|column| leaf(column)).collect(),
        row_groups: footer.row_groups().iter().map(row_group).collect(),
    })
}

fn fields(file: &FileMetaData) -> Result<Vec<FieldInspection>, ParquetError> {
    // A stored Arrow schema that is damaged must not hide what Parquet itself says.
    let schema =
        contained(|| parquet_to_arrow_schema(file.schema_descr(), file.key_value_metadata()))
            .or_else(|_| contained(|| parquet_to_arrow_schema(file.schema_descr(), None)))?;
    let describe = |field: &std::sync::Arc<arrow_schema::Field>| FieldInspection {
        name: field.name().clone(),
        arrow_type: field.data_type().to_string(),
        nullable: field.is_nullable(),
    };
    Ok(schema.fields().iter().map(describe).collect())
}

fn leaf(column: &ColumnDescriptor) -> ColumnInspection {
    let converted = column.converted_type();
    ColumnInspection {
        path: column.path().string(),
        physical_type: column.physical_type().to_string(),
        logical_type: column.logical_type_ref().map(|logical| format!("{logical:?}")),
        converted_type: (converted != ConvertedType::NONE).then(|| converted.to_string()),
    }
}

fn row_group(group: &RowGroupMetaData) -> RowGroupInspection {
    RowGroupInspection {
        rows: unsigned(group.num_rows()),
        // Not `compressed_size()`, whose sum can overflow in a damaged footer.
        compressed_size: group
            .columns()
            .iter()
            .fold(0, |sum: u64, column| sum.saturating_add(unsigned(column.compressed_size()))),
        uncompressed_size: unsigned(group.total_byte_size()),
        columns: group.columns().iter().map(chunk).collect(),
    }
}

fn chunk(chunk: &ColumnChunkMetaData) -> ChunkInspection {
    let statistics = chunk.statistics();
    let text = |bytes: Option<&[u8]>| bytes.map(|bytes| value::text(chunk.column_descr(), bytes));
    ChunkInspection {
        path: chunk.column_path().string(),
        codec: chunk.compression_codec().to_string(),
        encodings: chunk.encodings().map(|encoding| encoding.to_string()).collect(),
        values: unsigned(chunk.num_values()),
        compressed_size: unsigned(chunk.compressed_size()),
        uncompressed_size: unsigned(chunk.uncompressed_size()),
        null_count: statistics.and_then(|statistics| statistics.null_count_opt()),
        min: text(statistics.and_then(|statistics| statistics.min_bytes_opt())),
        max: text(statistics.and_then(|statistics| statistics.max_bytes_opt())),
        dictionary: chunk.dictionary_page_offset().is_some(),
        page_index: chunk.column_index_offset().is_some() && chunk.offset_index_offset().is_some(),
    }
}

/// Runs a parser of the library on a file that may be damaged. arrow-ipc 59.3 panics on an Arrow
/// schema whose required parts are missing (found by flipping bits in a footer), and a file must
/// not bring the process down. The parsers share nothing that a panic could leave half changed.
fn contained<T>(parse: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    catch_unwind(AssertUnwindSafe(parse))
        .unwrap_or_else(|_| Err(ParquetError::General("the footer is damaged".to_owned())))
}

/// Sizes and counts are signed in the footer; a negative one can only be damage.
fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests;
