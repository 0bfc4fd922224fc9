//! Rows of Parquet files as NDJSON: the way back.
//!
//! Takes any Parquet file, or a directory of them, and writes one object a row. [`rescued`] puts what
//! is in `_rescued_data` back where it was, [`moments`] writes timestamps, [`notations`] what is
//! written as its field says, [`nested`] lists and maps of such. Holds one batch of rows, as columns and as text.

mod moments;
mod nested;
mod notations;
mod rescued;

use std::ffi::OsStr;
use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, StringArray};
use arrow_json::WriterBuilder;
use arrow_json::writer::LineDelimited;
use arrow_schema::{ArrowError, DataType};
use notations::Notations;
use rescued::merge;

use crate::error::{Error, ErrorKind, Result};
use crate::options::RESCUED_DATA;
use crate::parquet_rows::{Rows, no_files};
use crate::source::parquet_files;

/// Writes rows of Parquet files as NDJSON.
///
/// Numbers, decimals among them, are written with all their digits, timestamps as RFC 3339, in UTC
/// where they have a zone, dates as `yyyy-mm-dd`, bytes as hexadecimal text, maps as objects; values of
/// a field with a notation ([`parse_field`](crate::parse_field)) in that. What
/// [`Converter`](crate::Converter) wrote comes back with the same values.
///
/// ```
/// use ndjson_parquet_core::{Converter, JsonRows, Sink, Source};
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("out.parquet");
/// let source = Source::bytes("inline", "{\"id\":1}\n{\"id\":null,\"s\":\"x\"}\n");
/// Converter::new().convert(vec![source], Sink::file(&path))?;
/// let mut text = Vec::new();
/// assert_eq!(JsonRows::new().write(&path, &mut text)?, 2);
/// assert_eq!(text, b"{\"id\":1}\n{\"s\":\"x\"}\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JsonRows {
    explicit_nulls: bool,
    limit: Option<u64>,
    merge_rescued: bool,
}

impl JsonRows {
    /// All rows, without the keys of nulls.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether nulls are written (false), or leave no key.
    #[must_use]
    pub fn with_explicit_nulls(mut self, nulls: bool) -> Self {
        self.explicit_nulls = nulls;
        self
    }

    /// Stops after this many rows (never).
    #[must_use]
    pub fn with_limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }

    /// Whether what is in `_rescued_data` is put back where it was in the line (false), or the
    /// column is written as any other. A row in which there is no such place keeps the column.
    #[must_use]
    pub fn with_merge_rescued(mut self, merge: bool) -> Self {
        self.merge_rescued = merge;
        self
    }

    /// Writes the rows of the file or object at `place`, a path or a URL, or of the files `*.parquet` in
    /// the directory or below the prefix there, and gives their number.
    ///
    /// An error of `output` is one of kind [`ErrorKind::Output`] whose cause is the [`io::Error`].
    pub fn write(&self, place: impl AsRef<OsStr>, mut output: impl Write) -> Result<u64> {
        let files = parquet_files(place.as_ref())?;
        if files.is_empty() {
            return Err(no_files(place.as_ref()));
        }
        let mut rows = Rows::new(files);
        let mut written = 0;
        while self.limit.is_none_or(|limit| written < limit) {
            let Some(batch) = rows.next()? else { break };
            let left = self.limit.map_or(u64::MAX, |limit| limit - written);
            let batch = match usize::try_from(left) {
                Ok(left) if left < batch.num_rows() => batch.slice(0, left),
                _ => batch,
            };
            self.write_batch(&batch, &mut output)?;
            written += batch.num_rows() as u64;
        }
        Ok(written)
    }

    fn write_batch(&self, batch: &RecordBatch, output: &mut impl Write) -> Result<()> {
        let mut text = Vec::new();
        let rescued = if self.merge_rescued { rescued_column(batch) } else { None };
        let Some((index, rescued)) = rescued else {
            self.encode(batch, &mut text)?;
            return output.write_all(&text).map_err(unwritable);
        };
        let mut rest = batch.clone();
        rest.remove_column(index);
        self.encode(&rest, &mut text)?;
        let mut lines = text.split_inclusive(|byte| *byte == b'\n');
        for row in 0..batch.num_rows() {
            // Rows without any column are written as nothing.
            let line = lines.next().unwrap_or(b"{}\n");
            if rescued.is_null(row) {
                output.write_all(line).map_err(unwritable)?;
            } else {
                let mut line = merge(line, rescued.value(row))?;
                line.push(b'\n');
                output.write_all(&line).map_err(unwritable)?;
            }
        }
        Ok(())
    }

    fn encode(&self, batch: &RecordBatch, text: &mut Vec<u8>) -> Result<()> {
        let mut writer = WriterBuilder::new()
            .with_explicit_nulls(self.explicit_nulls)
            .with_encoder_factory(Arc::new(Notations))
            .build::<_, LineDelimited>(text);
        writer.write(batch).and_then(|()| writer.finish()).map_err(|error: ArrowError| {
            let message = format!("expected columns that JSON has values for: {error}");
            Error::new(ErrorKind::Parquet, message).with_cause(error)
        })
    }
}

/// The column `_rescued_data`, and where it is.
fn rescued_column(batch: &RecordBatch) -> Option<(usize, StringArray)> {
    let index = batch.schema().index_of(RESCUED_DATA).ok()?;
    let column = batch.column(index);
    (*column.data_type() == DataType::Utf8).then(|| (index, column.as_string::<i32>().clone()))
}

fn unwritable(error: io::Error) -> Error {
    Error::new(ErrorKind::Output, format!("could not write the rows: {error}")).with_cause(error)
}

#[cfg(test)]
mod tests;
