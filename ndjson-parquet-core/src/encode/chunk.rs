//! A finished column chunk: its pages one after the other, and what the footer says of them.

use std::ops::Range;

use parquet::bloom_filter::Sbbf;
use parquet::column::writer::ColumnCloseResult;

use super::column_options::ColumnStatistics;
use super::page_store::PageStore;
use super::parquet_error;
use crate::error::Result;

/// A finished column chunk.
pub(crate) struct EncodedChunk {
    parts: Vec<Part>,
    /// Offsets count from the beginning of the chunk.
    pub(super) close: ColumnCloseResult,
}

/// A part of a column chunk.
pub(super) enum Part {
    /// A range of the row group's [`PageStore`].
    Stored(Range<usize>),
    /// A large page.
    Large(Vec<u8>),
}

impl EncodedChunk {
    pub(super) fn new(parts: Vec<Part>, close: ColumnCloseResult) -> Self {
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

    /// The bytes of the chunk in pieces, those of its pages that are in `store` from there.
    pub(super) fn pieces<'a>(&'a self, store: &'a PageStore) -> impl Iterator<Item = &'a [u8]> {
        self.parts.iter().flat_map(|part| {
            let (range, large) = match part {
                Part::Stored(range) => (range.clone(), None),
                Part::Large(bytes) => (0..0, Some(bytes.as_slice())),
            };
            store.pieces(range).chain(large)
        })
    }
}
