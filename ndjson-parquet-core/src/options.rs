//! Policies and limits: what happens to lines and values that do not fit. Every default is a
//! `DEFAULT_*` constant here and nowhere else.

use serde::{Deserialize, Serialize};

/// Longest line in bytes, without its line end: 64 MiB.
pub const DEFAULT_MAX_LINE_BYTES: usize = 64 << 20;
/// Deepest nesting of a line; the line's own object is level 1.
pub const DEFAULT_MAX_DEPTH: usize = 128;
/// The largest `max_depth` that can be asked for.
pub const MAX_MAX_DEPTH: usize = 512;
/// Most levels of lists and structs that become columns, the row included; inference keeps what
/// lies deeper as JSON text, and a given schema that is deeper is refused.
///
/// Readers set the limit: pyarrow refuses files with more than 49 lists or 99 structs around one
/// another, and DuckDB takes time exponential in the lists.
pub const MAX_COLUMN_DEPTH: usize = 24;
/// Most columns, nested ones included, that inference may find.
pub const DEFAULT_MAX_COLUMNS: usize = 10_000;

/// What to do with a line that cannot become a row.
///
/// ```
/// use std::sync::Arc;
/// use arrow_schema::{DataType, Field, Schema};
/// use ndjson_parquet_core::*;
///
/// let schema = Schema::new(vec![Field::new("id", DataType::Int64, true)]);
/// let reader = ReaderBuilder::new(Arc::new(schema)).with_on_error(OnError::Skip);
/// let batch = reader.build(&b"no JSON\n{\"id\":1}\n"[..])?.next().expect("a batch")?;
/// assert_eq!(batch.num_rows(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnError {
    /// Stop with an error that names the line.
    #[default]
    Error,
    /// Keep the line, with its position and the reason, in the quarantine file and go on.
    Quarantine,
    /// Count the line and go on.
    Skip,
}

/// What to do with a field that the schema does not have.
///
/// ```
/// use std::sync::Arc;
/// use arrow_schema::{DataType, Field, Schema};
/// use ndjson_parquet_core::*;
///
/// let schema = Schema::new(vec![Field::new("id", DataType::Int64, true)]);
/// let reader = ReaderBuilder::new(Arc::new(schema)).with_unknown_fields(UnknownFields::Error);
/// let error = reader.build(&b"{\"id\":1,\"new\":2}\n"[..])?.next().expect("an error").unwrap_err();
/// assert!(error.to_string().contains("new"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnknownFields {
    /// Add a column for it (needs inference; the default there).
    Evolve,
    /// Keep its raw JSON in `_rescued_data` (the default with an explicit schema).
    Rescue,
    /// Drop it and count it.
    Ignore,
    /// Stop with an error.
    Error,
}

/// What to do with a value that does not fit the type of its column.
///
/// ```
/// use std::sync::Arc;
/// use arrow_schema::{DataType, Field, Schema};
/// use ndjson_parquet_core::*;
///
/// let schema = Schema::new(vec![Field::new("id", DataType::Int64, true)]);
/// let reader = ReaderBuilder::new(Arc::new(schema)).with_type_conflicts(TypeConflicts::Null);
/// let batch = reader.build(&b"{\"id\":1.5}\n"[..])?.next().expect("a batch")?;
/// assert_eq!(batch.column(0).null_count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TypeConflicts {
    /// Widen the column so that it holds both (needs inference; the default there).
    Widen,
    /// Null in the column, the raw JSON in `_rescued_data` (the default with an explicit schema).
    Rescue,
    /// Null in the column, counted.
    Null,
    /// Put the whole line into quarantine.
    Quarantine,
    /// Stop with an error.
    Error,
}

/// What to do with a key that occurs twice in one object.
///
/// ```
/// use std::sync::Arc;
/// use arrow_schema::{DataType, Field, Schema};
/// use ndjson_parquet_core::*;
///
/// let schema = Schema::new(vec![Field::new("id", DataType::Int64, true)]);
/// let reader = ReaderBuilder::new(Arc::new(schema)).with_duplicate_keys(DuplicateKeys::Error);
/// let error = reader.build(&b"{\"id\":1,\"id\":2}\n"[..])?.next().expect("an error").unwrap_err();
/// assert!(error.to_string().contains("twice"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DuplicateKeys {
    /// Keep the last value, as most JSON parsers do; counted.
    #[default]
    Last,
    /// Keep the first value; counted.
    First,
    /// Treat the line as bad.
    Error,
}

/// Name of the column that holds what did not fit the schema.
pub const RESCUED_DATA: &str = "_rescued_data";
