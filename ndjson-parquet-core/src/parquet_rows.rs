//! The rows of Parquet files, ours or others', as record batches.
//!
//! Takes a file or a directory of files; a damaged file is an error and never a panic.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::error::{Error, ErrorKind, Result};

/// Record batches of several files.
pub(crate) struct Rows {
    /// Files not opened yet, the next one last.
    files: Vec<PathBuf>,
    open: Option<(PathBuf, ParquetRecordBatchReader)>,
}

impl Rows {
    /// The rows of `files`, in their order.
    pub(crate) fn new(mut files: Vec<PathBuf>) -> Self {
        files.reverse();
        Self { files, open: None }
    }

    /// The next batch, `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some((path, reader)) = &mut self.open {
                let batch = contained(path, || reader.next().transpose().map_err(Into::into))?;
                if batch.is_some() {
                    return Ok(batch);
                }
                self.open = None;
            }
            let Some(path) = self.files.pop() else { return Ok(None) };
            let builder = open(&path)?.with_batch_size(READ_ROWS);
            let reader = contained(&path, || builder.build())?;
            self.open = Some((path, reader));
        }
    }
}

/// The file at `path`, or the Parquet files in the directory there, in the order of their names.
pub(crate) fn files_of(path: &Path) -> Result<Vec<PathBuf>> {
    let fail = |error: std::io::Error| {
        let message = format!("`{}` could not be read: {error}", path.display());
        Error::new(ErrorKind::Source, message).with_cause(error)
    };
    if !std::fs::metadata(path).map_err(fail)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(fail)? {
        let file = entry.map_err(fail)?.path();
        if file.extension().is_some_and(|extension| extension == "parquet") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// Opens a Parquet file for reading.
pub(crate) fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>> {
    let file = File::open(path).map_err(|error| {
        let message = format!("`{}` could not be opened: {error}", path.display());
        Error::new(ErrorKind::Source, message).with_cause(error)
    })?;
    contained(path, || ParquetRecordBatchReaderBuilder::try_new(file))
}

/// Runs a step of the Parquet reader, which panics on some damaged files.
fn contained<T>(path: &Path, step: impl FnOnce() -> parquet::errors::Result<T>) -> Result<T> {
    let fail = |what: String| {
        let message = format!("{}: not a readable Parquet file: {what}", path.display());
        Error::new(ErrorKind::Parquet, message)
    };
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(fail(error.to_string()).with_cause(error)),
        Err(_) => Err(fail("the reader failed".to_owned())),
    }
}

/// The error that there is nothing to read at `path`.
pub(crate) fn no_files(path: &Path) -> Error {
    let message = format!("expected Parquet files in `{}`, found none", path.display());
    Error::new(ErrorKind::Parquet, message)
}

const READ_ROWS: usize = 4096;
