//! Appends finished row groups, in order, to one Parquet file.
//!
//! The key-value metadata come last, because the balance sheet of a conversion is known only when
//! the last line has been read.

use std::io::Write;

use parquet::file::metadata::KeyValue;
use parquet::file::writer::SerializedFileWriter;

use super::parquet_error;
use super::row_group::{EncodedRowGroup, EncoderFactory};
use crate::error::{Error, ErrorKind, Result};

/// Writes one Parquet file from [`EncodedRowGroup`]s. Holds the footer of what was written (some
/// hundred bytes for each column of each row group) and a small write buffer.
pub(crate) struct FileAssembler<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    rows: u64,
    row_groups: usize,
}

/// What a finished file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileStats {
    pub(crate) rows: u64,
    pub(crate) row_groups: usize,
    pub(crate) bytes: u64,
}

impl<W: Write + Send> FileAssembler<W> {
    /// Begins a file in `output`; its row groups come from encoders of the same `factory`.
    pub(crate) fn new(factory: &EncoderFactory, output: W) -> Result<Self> {
        Ok(Self { writer: factory.file_writer(output)?, rows: 0, row_groups: 0 })
    }

    /// Appends a row group; one without rows leaves no trace.
    pub(crate) fn append(&mut self, group: EncodedRowGroup) -> Result<()> {
        if group.rows == 0 {
            return Ok(());
        }
        if self.row_groups == MAX_ROW_GROUPS {
            let message = format!(
                "expected at most {MAX_ROW_GROUPS} row groups in a Parquet file, found more: \
                 raise the size of row groups or write to a directory of several files"
            );
            return Err(Error::new(ErrorKind::Limit, message));
        }
        let append = |writer: &mut SerializedFileWriter<W>| {
            let mut target = writer.next_row_group()?;
            for chunk in group.chunks {
                chunk.append_to(&mut target)?;
            }
            target.close().map(drop)
        };
        append(&mut self.writer)
            .map_err(|error| parquet_error("could not append a row group", error))?;
        self.rows += group.rows;
        self.row_groups += 1;
        Ok(())
    }

    /// Bytes written so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.writer.bytes_written() as u64
    }

    /// Writes the indexes and the footer with `key_values` after the user's own, and flushes.
    pub(crate) fn finish(mut self, key_values: Vec<(String, String)>) -> Result<FileStats> {
        for (key, value) in key_values {
            self.writer.append_key_value_metadata(KeyValue::new(key, value));
        }
        self.writer
            .finish()
            .map_err(|error| parquet_error("could not finish the Parquet file", error))?;
        // The library flushes its own buffer only.
        self.writer.inner_mut().flush().map_err(|error| {
            let message = format!("could not write the output: {error}");
            Error::new(ErrorKind::Output, message).with_cause(error)
        })?;
        Ok(FileStats { rows: self.rows, row_groups: self.row_groups, bytes: self.bytes() })
    }
}

/// The footer numbers row groups with 16 bits, from 0 to 32,767.
const MAX_ROW_GROUPS: usize = 1 << 15;
