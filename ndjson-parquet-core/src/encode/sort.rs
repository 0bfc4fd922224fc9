//! The order of the rows within each row group, and its one textual form `COLUMN[:desc][:nulls-first]`.

use std::fmt;
use std::str::FromStr;

use arrow_array::{ArrayRef, RecordBatch, UInt32Array};
use arrow_ord::sort::{SortColumn, SortOptions, lexsort_to_indices};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use arrow_select::concat::concat;
use arrow_select::interleave::interleave_record_batch;
use parquet::file::metadata::SortingColumn;

use crate::error::{Error, ErrorKind, Result};
use crate::schema::path::{cut_once, parse_field_path, push_key};

/// A column that rows are sorted by.
///
/// ```
/// use ndjson_parquet_core::{ParquetOptions, SortKey};
///
/// let keys = vec![SortKey::new("user"), "ts:desc:nulls-first".parse()?];
/// let options = ParquetOptions::new().with_sort(keys);
/// # drop(options);
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    column: String,
    descending: bool,
    nulls_first: bool,
}

impl SortKey {
    /// The top-level column of this name, ascending, nulls last.
    pub fn new(column: impl Into<String>) -> Self {
        Self { column: column.into(), descending: false, nulls_first: false }
    }

    /// Whether the largest value comes first (false).
    #[must_use]
    pub fn with_descending(self, descending: bool) -> Self {
        Self { descending, ..self }
    }

    /// Whether nulls come before all values (false), in either direction.
    #[must_use]
    pub fn with_nulls_first(self, nulls_first: bool) -> Self {
        Self { nulls_first, ..self }
    }
}

impl FromStr for SortKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let fail = |found: &str| {
            let message = format!(
                "sort `{text}`: expected COLUMN[:desc][:nulls-first] of a top-level column, found {found}"
            );
            Err(Error::new(ErrorKind::Schema, message))
        };
        let (path, options) = match cut_once(text, ':') {
            Some((path, options)) => (path, options.split(':').collect()),
            None => (text, Vec::new()),
        };
        let Ok([column]) = <[String; 1]>::try_from(parse_field_path(path)?) else {
            return fail("a field within one");
        };
        let mut key = Self::new(column);
        for option in options {
            key = match option {
                "asc" => key.with_descending(false),
                "desc" => key.with_descending(true),
                "nulls-first" => key.with_nulls_first(true),
                "nulls-last" => key.with_nulls_first(false),
                other => return fail(&format!("`{other}`")),
            };
        }
        Ok(key)
    }
}

impl fmt::Display for SortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut path = String::new();
        push_key(&mut path, &self.column);
        let descending = if self.descending { ":desc" } else { "" };
        let nulls_first = if self.nulls_first { ":nulls-first" } else { "" };
        write!(f, "{path}{descending}{nulls_first}")
    }
}

/// The keys of a schema. Equal rows keep their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SortOrder {
    /// Columns, from the first key on.
    keys: Vec<(usize, SortOptions)>,
    /// The same as numbers of leaves.
    leaves: Vec<usize>,
}

impl SortOrder {
    /// `None` without keys. Fails on columns that are missing or have no order.
    pub(super) fn new(keys: &[SortKey], schema: &Schema) -> Result<Option<Self>> {
        let mut order = Self { keys: Vec::new(), leaves: Vec::new() };
        for key in keys {
            let fail = |found: String| {
                let message =
                    format!("sort `{key}`: expected a column with an order, found {found}");
                Error::new(ErrorKind::Schema, message)
            };
            let (index, field) = schema
                .column_with_name(&key.column)
                .ok_or_else(|| fail("no column of this name".to_owned()))?;
            if matches!(field.data_type(), DataType::Struct(_) | DataType::List(_)) {
                return Err(fail("one of lists or objects".to_owned()));
            }
            let options = SortOptions { descending: key.descending, nulls_first: key.nulls_first };
            order.keys.push((index, options));
            order.leaves.push(schema.fields()[..index].iter().map(|field| leaves(field)).sum());
        }
        Ok((!keys.is_empty()).then_some(order))
    }

    /// What the footer of a file with the columns of `schema` says.
    pub(crate) fn from_footer(columns: &[SortingColumn], schema: &Schema) -> Option<Self> {
        let mut order = Self { keys: Vec::new(), leaves: Vec::new() };
        for column in columns {
            let leaf = usize::try_from(column.column_idx).ok()?;
            let mut before = 0;
            let index = schema.fields().iter().position(|field| {
                before += leaves(field);
                before > leaf
            })?;
            let SortingColumn { descending, nulls_first, .. } = *column;
            order.keys.push((index, SortOptions { descending, nulls_first }));
            order.leaves.push(leaf);
        }
        (!columns.is_empty()).then_some(order)
    }

    pub(super) fn to_footer(&self) -> Vec<SortingColumn> {
        let leaves = self.leaves.iter().zip(&self.keys);
        let column = |(leaf, (_, options)): (&usize, &(usize, SortOptions))| SortingColumn {
            column_idx: *leaf as i32,
            descending: options.descending,
            nulls_first: options.nulls_first,
        };
        leaves.map(column).collect()
    }

    /// All rows of `batches`, of which there is at least one, in order.
    pub(crate) fn sort(&self, batches: &[RecordBatch]) -> Result<RecordBatch> {
        self.sorted(batches).map_err(|error| {
            Error::new(ErrorKind::Internal, "rows could not be sorted").with_cause(error)
        })
    }

    fn sorted(&self, batches: &[RecordBatch]) -> Result<RecordBatch, ArrowError> {
        let rows: Vec<(usize, usize)> = batches
            .iter()
            .enumerate()
            .flat_map(|(batch, rows)| (0..rows.num_rows()).map(move |row| (batch, row)))
            .collect();
        let mut columns = Vec::new();
        for (index, options) in &self.keys {
            let parts: Vec<_> = batches.iter().map(|batch| batch.column(*index).as_ref()).collect();
            columns.push(SortColumn { values: concat(&parts)?, options: Some(*options) });
        }
        // The place tells equal rows apart, so that there is one order.
        let places: ArrayRef =
            std::sync::Arc::new(UInt32Array::from_iter_values(0..rows.len() as u32));
        columns.push(SortColumn { values: places, options: None });
        let order = lexsort_to_indices(&columns, None)?;
        let sorted: Vec<_> = order.values().iter().map(|place| rows[*place as usize]).collect();
        interleave_record_batch(&batches.iter().collect::<Vec<_>>(), &sorted)
    }
}

/// How many leaves `field` has.
fn leaves(field: &Field) -> usize {
    match field.data_type() {
        DataType::Struct(fields) => fields.iter().map(|field| leaves(field)).sum(),
        DataType::List(item) => leaves(item),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sort_keys_read_back_what_they_display() {
        for text in ["a", "a:desc", "a:nulls-first", "\"a.b:c\":desc:nulls-first"] {
            assert_eq!(text.parse::<SortKey>().unwrap().to_string(), text);
        }
        assert_eq!("a:asc:nulls-last".parse::<SortKey>().unwrap(), SortKey::new("a"));
        for (text, found) in [("a.b", "a field within one"), ("a:down", "`down`"), ("", "a key")] {
            let error = text.parse::<SortKey>().unwrap_err();
            assert!(error.message().contains(found), "{error}");
        }
    }
}
