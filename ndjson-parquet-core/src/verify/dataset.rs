//! The Parquet side of `verify`: the files of an output, their footers and their rows in order.

use std::ffi::OsStr;
use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::convert::footer::{BALANCE_KEY, REPLAY_KEY, SETTINGS_KEY, Settings};
use crate::error::{Error, ErrorKind, Result};
use crate::parquet_rows::{Rows, no_files, open};
use crate::replay::Origin;
use crate::source::{ParquetSource, Source, parquet_files};
use crate::summary::Balance;

/// One file, or the part files of a directory in the order of their names.
pub(super) struct Dataset {
    files: Vec<Source>,
    pub(super) schema: SchemaRef,
    pub(super) settings: Settings,
    /// The balance of all files.
    pub(super) balance: Balance,
    /// Of which quarantine file the rows are, if they were replayed.
    pub(super) replay: Option<Origin>,
    /// Rows that the files say they have.
    pub(super) row_count: u64,
}

impl Dataset {
    pub(super) fn open(path: &OsStr) -> Result<Self> {
        let mut dataset: Option<Self> = None;
        for file in parquet_files(path)? {
            let reader = open(&file)?;
            let found = Self::describe(&file, &reader)?;
            match &mut dataset {
                None => dataset = Some(found),
                Some(dataset) => dataset.join(found)?,
            }
        }
        dataset.ok_or_else(|| no_files(path))
    }

    fn describe(
        file: &Source,
        reader: &ParquetRecordBatchReaderBuilder<ParquetSource>,
    ) -> Result<Self> {
        let metadata = reader.metadata().file_metadata();
        let look_for = |key: &str| {
            let mut entries = metadata.key_value_metadata().into_iter().flatten();
            entries.find(|entry| entry.key == key).and_then(|entry| entry.value.as_deref())
        };
        let find = |key: &str| {
            look_for(key).ok_or_else(|| {
                let message = format!(
                    "{}: expected `{key}` in the footer, found a file that was not written by \
                     ndjson-parquet",
                    file.name()
                );
                Error::new(ErrorKind::Parquet, message)
            })
        };
        let parse = |error: serde_json::Error| {
            let message = format!("{}: the footer's balance cannot be read", file.name());
            Error::new(ErrorKind::Parquet, message).with_cause(error)
        };
        let fields = reader.schema().fields().clone();
        Ok(Self {
            files: vec![file.clone()],
            // The reader adds the footer's key-values to the schema; the rows have nothing of it.
            schema: Arc::new(Schema::new(fields)),
            settings: serde_json::from_str(find(SETTINGS_KEY)?).map_err(parse)?,
            balance: serde_json::from_str(find(BALANCE_KEY)?).map_err(parse)?,
            replay: look_for(REPLAY_KEY).map(serde_json::from_str).transpose().map_err(parse)?,
            row_count: u64::try_from(metadata.num_rows()).unwrap_or(0),
        })
    }

    fn join(&mut self, other: Self) -> Result<()> {
        if self.schema != other.schema || self.settings != other.settings {
            let message = format!(
                "expected files of one conversion, found `{}` with another schema or settings",
                other.files[0].name()
            );
            return Err(Error::new(ErrorKind::Parquet, message));
        }
        self.files.extend(other.files);
        self.balance.add(&other.balance);
        self.row_count += other.row_count;
        Ok(())
    }

    /// The rows of all files, in order.
    pub(super) fn rows(&self) -> Rows {
        Rows::new(self.files.clone())
    }
}
