//! A finished column chunk: its pages one after the other, and what the footer says of them.

use std::io::{self, Read};

use bytes::Bytes;
use parquet::bloom_filter::Sbbf;
use parquet::column::writer::ColumnCloseResult;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::writer::SerializedRowGroupWriter;

use super::column_options::ColumnStatistics;
use super::parquet_error;
use crate::error::Result;

/// A finished column chunk.
pub(crate) struct EncodedChunk {
    parts: Vec<Vec<u8>>,
    close: ColumnCloseResult,
}

impl EncodedChunk {
    pub(super) fn new(parts: Vec<Vec<u8>>, close: ColumnCloseResult) -> Self {
        Self { parts, close }
    }

    /// The same with fewer statistics, those of `statistics`.
    pub(super) fn with_statistics(mut self, statistics: ColumnStatistics) -> Result<Self> {
        if statistics != ColumnStatistics::Page {
            self.close.column_index = None;
        }
        if statistics == ColumnStatistics::Off {
            let metadata = self.close.metadata.into_builder().clear_statistics().build();
            self.close.metadata =
                metadata.map_err(|error| parquet_error("could not finish a column", error))?;
        }
        Ok(self)
    }

    /// The same with a Bloom filter.
    pub(super) fn with_bloom_filter(mut self, filter: Option<Sbbf>) -> Self {
        self.close.bloom_filter = filter;
        self
    }

    /// Appends the chunk to a row group.
    pub(super) fn append_to<W: io::Write + Send>(
        self,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> parquet::errors::Result<()> {
        group.append_column(&Parts(self.parts.into_iter().map(Bytes::from).collect()), self.close)
    }
}

/// The parts of a chunk, one after the other.
struct Parts(Vec<Bytes>);

impl Length for Parts {
    fn len(&self) -> u64 {
        self.0.iter().map(|part| part.len() as u64).sum()
    }
}

impl ChunkReader for Parts {
    type T = PartsReader;

    fn get_read(&self, start: u64) -> parquet::errors::Result<PartsReader> {
        let mut reader = PartsReader { parts: self.0.clone().into_iter(), part: Bytes::new() };
        io::copy(&mut (&mut reader).take(start), &mut io::sink())?;
        Ok(reader)
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let mut bytes = vec![0; length];
        self.get_read(start)?.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}

struct PartsReader {
    parts: std::vec::IntoIter<Bytes>,
    part: Bytes,
}

impl Read for PartsReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.part.is_empty() {
            match self.parts.next() {
                Some(part) => self.part = part,
                None => return Ok(0),
            }
        }
        let length = self.part.len().min(out.len());
        out[..length].copy_from_slice(&self.part.split_to(length));
        Ok(length)
    }
}
