//! The rows of Parquet files, ours or others', as record batches.
//!
//! A damaged file is an error and never a panic.

use std::ffi::OsStr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::RecordBatch;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::error::{Error, ErrorKind, Result};
use crate::source::{ParquetSource, Source};

/// Record batches of several files.
pub(crate) struct Rows {
    /// Files not opened yet, the next one last.
    files: Vec<Source>,
    open: Option<(Source, ParquetRecordBatchReader)>,
}

impl Rows {
    /// The rows of `files`, in their order.
    pub(crate) fn new(mut files: Vec<Source>) -> Self {
        files.reverse();
        Self { files, open: None }
    }

    /// The next batch, `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some((file, reader)) = &mut self.open {
                let batch = contained(file, || reader.next().transpose().map_err(Into::into))?;
                if batch.is_some() {
                    return Ok(batch);
                }
                self.open = None;
            }
            let Some(file) = self.files.pop() else { return Ok(None) };
            let builder = open(&file)?.with_batch_size(READ_ROWS);
            let reader = contained(&file, || builder.build())?;
            self.open = Some((file, reader));
        }
    }
}

/// Opens a Parquet file for reading.
pub(crate) fn open(file: &Source) -> Result<ParquetRecordBatchReaderBuilder<ParquetSource>> {
    let reader = ParquetSource::open(file)?;
    contained(file, || ParquetRecordBatchReaderBuilder::try_new(reader))
}

/// Runs a step of the Parquet reader, which panics on some damaged files.
fn contained<T>(file: &Source, step: impl FnOnce() -> parquet::errors::Result<T>) -> Result<T> {
    let fail = |what: String| {
        let message = format!("{}: not a readable Parquet file: {what}", file.name());
        Error::new(ErrorKind::Parquet, message)
    };
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(fail(error.to_string()).with_cause(error)),
        Err(_) => Err(fail("the reader failed".to_owned())),
    }
}

/// The error that there is nothing to read at `place`.
pub(crate) fn no_files(place: &OsStr) -> Error {
    let message = format!("expected Parquet files in `{}`, found none", place.display());
    Error::new(ErrorKind::Parquet, message)
}

const READ_ROWS: usize = 4096;
