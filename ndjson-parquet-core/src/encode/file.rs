//! Appends finished row groups, in order, to one Parquet file.
//!
//! The pages go straight from the memory in which they were finished to the output. The key-value
//! metadata come last, because the balance sheet of a conversion is known only when the last line has
//! been read.

use std::io::{self, IoSlice, Write};
use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::metadata::{
    FileMetaData, KeyValue, ParquetMetaDataBuilder, ParquetMetaDataWriter, RowGroupMetaData,
};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::page_index::offset_index::OffsetIndexMetaData;
use parquet::file::writer::TrackedWrite;

use super::chunk::EncodedChunk;
use super::parquet_error;
use super::row_group::{EncodedRowGroup, EncoderFactory};
use crate::error::{Error, ErrorKind, Result};

/// Writes one Parquet file from [`EncodedRowGroup`]s. Holds the footer of what was written, some
/// hundred bytes for each column of each row group.
pub(crate) struct FileAssembler<W> {
    factory: Arc<EncoderFactory>,
    output: W,
    bytes: u64,
    rows: u64,
    row_groups: Vec<RowGroupMetaData>,
    column_indexes: Vec<Vec<ColumnIndexMetaData>>,
    offset_indexes: Vec<Vec<OffsetIndexMetaData>>,
}

/// What a finished file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileStats {
    pub(crate) rows: u64,
    pub(crate) row_groups: usize,
    pub(crate) bytes: u64,
}

impl<W: Write> FileAssembler<W> {
    /// Begins a file in `output`; its row groups come from encoders of the same `factory`.
    pub(crate) fn new(factory: &Arc<EncoderFactory>, mut output: W) -> Result<Self> {
        output.write_all(MAGIC).map_err(not_written)?;
        Ok(Self {
            factory: Arc::clone(factory),
            output,
            bytes: MAGIC.len() as u64,
            rows: 0,
            row_groups: Vec::new(),
            column_indexes: Vec::new(),
            offset_indexes: Vec::new(),
        })
    }

    /// Appends a row group; one without rows leaves no trace.
    pub(crate) fn append(&mut self, group: EncodedRowGroup) -> Result<()> {
        if group.rows == 0 {
            return Ok(());
        }
        if self.row_groups.len() == MAX_ROW_GROUPS {
            let message = format!(
                "expected at most {MAX_ROW_GROUPS} row groups in a Parquet file, found more: \
                 raise the size of row groups or write to a directory of several files"
            );
            return Err(Error::new(ErrorKind::Limit, message));
        }
        let EncodedRowGroup { store, chunks, rows } = group;
        let pieces = chunks.iter().flat_map(|chunk| chunk.pieces(&store));
        let mut pieces: Vec<_> = pieces.map(IoSlice::new).collect();
        write_all_vectored(&mut self.output, &mut pieces).map_err(not_written)?;
        self.enter(chunks, rows).map_err(|error| parquet_error("could not end a row group", error))
    }

    /// Enters the chunks of a row group, whose pages were just written, in the footer, and writes their
    /// Bloom filters.
    fn enter(&mut self, chunks: Vec<EncodedChunk>, rows: u64) -> Result<(), ParquetError> {
        let begin = self.bytes;
        let mut uncompressed_bytes = 0;
        let filters_begin =
            begin + chunks.iter().map(|chunk| chunk.close.bytes_written).sum::<u64>();
        let mut filters = Vec::new();
        let mut columns = Vec::with_capacity(chunks.len());
        let mut column_indexes = Vec::with_capacity(chunks.len());
        let mut offset_indexes = Vec::with_capacity(chunks.len());
        for EncodedChunk { close, .. } in chunks {
            let offset = self.bytes as i64;
            self.bytes += close.bytes_written;
            uncompressed_bytes += close.metadata.uncompressed_size();
            let dictionary = close.metadata.dictionary_page_offset().map(|page| offset + page);
            let data = offset + close.metadata.data_page_offset();
            let moved = close.metadata.into_builder().set_data_page_offset(data);
            let mut moved = moved.set_dictionary_page_offset(dictionary);
            if let Some(filter) = close.bloom_filter {
                let at = filters.len();
                filter.write(&mut filters)?;
                moved = moved
                    .set_bloom_filter_offset(Some(filters_begin as i64 + at as i64))
                    .set_bloom_filter_length(Some((filters.len() - at) as i32));
            }
            columns.push(moved.build()?);
            column_indexes.push(close.column_index.unwrap_or(ColumnIndexMetaData::NONE));
            offset_indexes.extend(close.offset_index.map(|mut index| {
                index.page_locations.iter_mut().for_each(|page| page.offset += offset);
                index
            }));
        }
        let metadata = RowGroupMetaData::builder(Arc::clone(self.factory.columns()))
            .set_column_metadata(columns)
            .set_total_byte_size(uncompressed_bytes)
            .set_num_rows(rows as i64)
            .set_sorting_columns(self.factory.sorting_columns())
            .set_ordinal(self.row_groups.len() as i16)
            .set_file_offset(begin as i64)
            .build()?;
        self.output.write_all(&filters)?;
        self.bytes += filters.len() as u64;
        self.rows += rows;
        self.row_groups.push(metadata);
        self.column_indexes.push(column_indexes);
        self.offset_indexes.push(offset_indexes);
        Ok(())
    }

    /// Bytes written so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes the indexes and the footer with `key_values` after the user's own, and flushes.
    pub(crate) fn finish(mut self, key_values: Vec<(String, String)>) -> Result<FileStats> {
        let row_groups = self.row_groups.len();
        let footer = self
            .footer(key_values)
            .map_err(|error| parquet_error("could not finish the Parquet file", error))?;
        self.output.write_all(&footer).and_then(|()| self.output.flush()).map_err(not_written)?;
        let bytes = self.bytes + footer.len() as u64;
        Ok(FileStats { rows: self.rows, row_groups, bytes })
    }

    fn footer(&mut self, key_values: Vec<(String, String)>) -> Result<Vec<u8>, ParquetError> {
        let new = key_values.into_iter().map(|(key, value)| KeyValue::new(key, value));
        let key_values = self.factory.key_values().iter().cloned().chain(new).collect();
        let metadata = FileMetaData::new(
            FORMAT_VERSION,
            self.rows as i64,
            Some(CREATED_BY.to_owned()),
            Some(key_values),
            Arc::clone(self.factory.columns()),
            // The writer of metadata knows the orders of all types itself.
            None,
        );
        let metadata = ParquetMetaDataBuilder::new(metadata)
            .set_row_groups(std::mem::take(&mut self.row_groups))
            .set_column_index(Some(std::mem::take(&mut self.column_indexes)))
            .set_offset_index(Some(std::mem::take(&mut self.offset_indexes)))
            .build();
        let mut footer = Footer { bytes: Vec::new(), before: self.bytes };
        let mut tracked = TrackedWrite::new(&mut footer);
        // The library counts from the beginning of the file.
        advance(&mut tracked, self.bytes)?;
        ParquetMetaDataWriter::new_with_tracked(tracked, &metadata).finish()?;
        Ok(footer.bytes)
    }
}

/// The footer in memory; the first `before` bytes that are written count for nothing.
struct Footer {
    before: u64,
    bytes: Vec<u8>,
}

impl Write for Footer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let ignored = self.before.min(bytes.len() as u64);
        self.before -= ignored;
        self.bytes.extend_from_slice(&bytes[ignored as usize..]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Makes a writer of the library count `bytes`, in steps that it does not copy.
fn advance(tracked: &mut TrackedWrite<impl Write>, bytes: u64) -> io::Result<()> {
    static ZEROS: [u8; 16 << 10] = [0; 16 << 10];
    let mut left = bytes;
    while left > 0 {
        let step = left.min(ZEROS.len() as u64);
        tracked.write_all(&ZEROS[..step as usize])?;
        left -= step;
    }
    Ok(())
}

fn write_all_vectored(output: &mut impl Write, mut pieces: &mut [IoSlice<'_>]) -> io::Result<()> {
    while !pieces.is_empty() {
        match output.write_vectored(pieces) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut pieces, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn not_written(error: io::Error) -> Error {
    let message = format!("could not write the output: {error}");
    Error::new(ErrorKind::Output, message).with_cause(error)
}

/// The first bytes of a Parquet file.
const MAGIC: &[u8] = b"PAR1";
/// Of the format: pages and encodings are those of the first version.
const FORMAT_VERSION: i32 = 1;
const CREATED_BY: &str = concat!("ndjson-parquet version ", env!("CARGO_PKG_VERSION"));
/// The footer numbers row groups with 16 bits, from 0 to 32,767.
const MAX_ROW_GROUPS: usize = 1 << 15;
