//! The finished pages of a column chunk, with what the footer and the page index say about them.
//!
//! A data page is of version 1: levels and values are compressed together.

use std::sync::Arc;

use parquet::basic::{
    BoundaryOrder, Compression as Codec, Encoding, PageType, SortOrder, Type as PhysicalType,
};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, ColumnIndexBuilder, LevelHistogram, OffsetIndexBuilder, PageEncodingStats,
};
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::schema::types::ColumnDescPtr;

use super::bounds::{Bound, Bounds};
use super::chunk::{EncodedChunk, Part};
use super::codec::PageCompressor;
use super::page_header::Header;
use super::page_store::PageStore;
use super::parquet_error;
use super::values::PageValues;
use crate::error::Result;

/// What all columns that a thread encodes use in turn.
pub(super) struct Scratch {
    /// One for each codec that columns have.
    compressors: Vec<PageCompressor>,
    pub(super) page: RawPage,
    compressed: Vec<u8>,
    /// Definition levels.
    pub(super) levels: Vec<u8>,
    /// The finished pages of the row group.
    pub(super) store: PageStore,
}

impl Scratch {
    pub(super) fn new(compressors: Vec<PageCompressor>, store: PageStore) -> Self {
        let page = RawPage::default();
        Self { compressors, page, compressed: Vec::new(), levels: Vec::new(), store }
    }
}

/// A page before compression.
#[derive(Default)]
pub(super) struct RawPage {
    /// Levels, and what else was written for this page.
    pub(super) head: Vec<u8>,
    /// What comes after the head, in the buffer in which a column gathered it.
    pub(super) values: Vec<u8>,
}

impl RawPage {
    fn len(&self) -> usize {
        self.head.len() + self.values.len()
    }

    /// The whole page, in `head`.
    fn joined(&mut self) -> &[u8] {
        let Self { head, values } = self;
        if values.len() > LARGE_PAGE_BYTES {
            // There shall not be two copies of a value of many megabytes.
            let levels = std::mem::replace(head, std::mem::take(values));
            head.reserve_exact(levels.len());
            head.splice(0..0, levels);
        } else {
            head.extend_from_slice(values);
            values.clear();
        }
        head
    }

    fn clear(&mut self) {
        release_or_clear(&mut self.head);
        release_or_clear(&mut self.values);
    }
}

/// From this size on a page is moved rather than copied, and its memory is not kept: a line of
/// many megabytes must not take a multiple of itself.
pub(super) const LARGE_PAGE_BYTES: usize = 4 << 20;

fn release_or_clear(buffer: &mut Vec<u8>) {
    if buffer.len() > LARGE_PAGE_BYTES { *buffer = Vec::new() } else { buffer.clear() }
}

/// Counts of one page.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageCounts {
    /// Entries, whether they have a value or not.
    pub(super) entries: usize,
    pub(super) values: usize,
    pub(super) rows: usize,
}

/// The pages of one column chunk.
pub(super) struct Pages<B> {
    column: ColumnDescPtr,
    codec: Codec,
    /// Index of its compressor.
    compressor: usize,
    /// Headers and pages, in the order of the file.
    parts: Vec<Part>,
    /// Bytes of each page with its header, its rows, and its strings.
    sizes: Vec<(usize, usize, Option<u64>)>,
    bytes: usize,
    uncompressed_bytes: usize,
    entries: usize,
    rows: usize,
    nulls: usize,
    text_bytes: Option<u64>,
    encodings: Vec<PageEncodingStats>,
    index: ColumnIndexBuilder,
    /// Of all pages; `None` where a page has values without bounds too.
    bounds: Option<Bounds<B>>,
    /// Of the last page that has any, as stored.
    last_bounds: Option<Bounds<B>>,
    ascending: bool,
    descending: bool,
}

impl<B: Bound> Pages<B> {
    pub(super) fn new(column: ColumnDescPtr, codec: Codec, compressor: usize) -> Self {
        let index = ColumnIndexBuilder::new(column.physical_type());
        Self {
            column,
            codec,
            compressor,
            parts: Vec::new(),
            sizes: Vec::new(),
            bytes: 0,
            uncompressed_bytes: 0,
            entries: 0,
            rows: 0,
            nulls: 0,
            text_bytes: None,
            encodings: Vec::new(),
            index,
            bounds: None,
            last_bounds: None,
            ascending: true,
            descending: true,
        }
    }

    pub(super) fn column(&self) -> &ColumnDescPtr {
        &self.column
    }

    /// Bytes of the pages so far.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes the data page in `scratch.page`.
    pub(super) fn add(
        &mut self,
        counts: PageCounts,
        values: PageValues<B>,
        histograms: &Histograms,
        scratch: &mut Scratch,
    ) -> Result<()> {
        let header = Header::Data { entries: counts.entries, encoding: values.encoding };
        let size = self.finish_page(header, scratch)?;
        self.sizes.push((size, counts.rows, values.text_bytes));
        self.count_encoding(PageType::DATA_PAGE, values.encoding);
        self.entries += counts.entries;
        self.rows += counts.rows;
        self.nulls += counts.entries - counts.values;
        if let Some(bytes) = values.text_bytes {
            *self.text_bytes.get_or_insert(0) += bytes;
        }
        self.index_page(counts, values.bounds);
        self.index.append_histograms(&histograms.repetition(), &histograms.definition());
        Ok(())
    }

    fn index_page(&mut self, counts: PageCounts, bounds: Option<Bounds<B>>) {
        let nulls = (counts.entries - counts.values) as i64;
        if counts.values == 0 {
            return self.index.append(true, Vec::new(), Vec::new(), nulls);
        }
        let Some(bounds) = bounds else { return self.index.to_invalid() };
        let Some((upper, _)) = bounds.max.upper() else { return self.index.to_invalid() };
        let (lower, _) = bounds.min.lower();
        self.index.append(false, self.stored(lower), self.stored(upper), nulls);
        // Readers search what is stored: cutting strings short can change their order.
        let stored = B::stored(&bounds);
        if let Some(last) = &self.last_bounds {
            self.ascending &= last.ascend_to(&stored);
            self.descending &= stored.ascend_to(last);
        }
        match &mut self.bounds {
            Some(all) => all.merge(&bounds),
            all => *all = Some(bounds.clone()),
        }
        self.last_bounds = Some(stored);
    }

    /// A bound in as many bytes as the column has for each value.
    fn stored(&self, mut bound: Vec<u8>) -> Vec<u8> {
        if self.column.physical_type() == PhysicalType::FIXED_LEN_BYTE_ARRAY {
            bound.drain(..bound.len() - self.column.type_length() as usize);
        }
        bound
    }

    /// Adds `scratch.page` under `header`, compressed, and clears it; the bytes that both take.
    fn finish_page(&mut self, header: Header, scratch: &mut Scratch) -> Result<usize> {
        let Scratch { compressors, page, compressed, store, .. } = scratch;
        let compressor = &mut compressors[self.compressor];
        let page_bytes = page.len();
        let mut stored_bytes = page_bytes;
        if !compressor.is_none() {
            stored_bytes = compressor.compress(page.joined(), compressed)?;
        }
        let header = header.bytes(page_bytes, stored_bytes)?;
        self.store(&header, store);
        if compressor.is_none() {
            self.store(&page.head, store);
            self.store_or_take(&mut page.values, page_bytes - page.head.len(), store);
        } else {
            self.store_or_take(compressed, stored_bytes, store);
        }
        page.clear();
        let size = header.len() + stored_bytes;
        self.bytes += size;
        self.uncompressed_bytes += header.len() + page_bytes;
        Ok(size)
    }

    /// Adds the first `length` bytes of `buffer`, which may be taken.
    fn store_or_take(&mut self, buffer: &mut Vec<u8>, length: usize, store: &mut PageStore) {
        if length <= LARGE_PAGE_BYTES {
            return self.store(&buffer[..length], store);
        }
        let mut taken = std::mem::take(buffer);
        taken.truncate(length);
        taken.shrink_to_fit();
        self.parts.push(Part::Large(taken));
    }

    fn store(&mut self, bytes: &[u8], store: &mut PageStore) {
        let begin = store.len();
        store.append(bytes);
        match self.parts.last_mut() {
            Some(Part::Stored(last)) if last.end == begin => last.end = store.len(),
            _ => self.parts.push(Part::Stored(begin..store.len())),
        }
    }

    fn count_encoding(&mut self, page_type: PageType, encoding: Encoding) {
        match self.encodings.last_mut() {
            Some(last) if last.page_type == page_type && last.encoding == encoding => {
                last.count += 1;
            }
            _ => self.encodings.push(PageEncodingStats { page_type, encoding, count: 1 }),
        }
    }

    /// Ends the chunk, with a dictionary if `scratch.page` has one, of so many values. What is added
    /// next belongs to another chunk.
    pub(super) fn finish(
        &mut self,
        dictionary: Option<usize>,
        histograms: &Histograms,
        scratch: &mut Scratch,
    ) -> Result<EncodedChunk> {
        let mut dictionary_bytes = None;
        if let Some(values) = dictionary {
            // It is known last, and comes first.
            let data_pages = std::mem::take(&mut self.parts);
            dictionary_bytes = Some(self.finish_page(Header::Dictionary { values }, scratch)?);
            self.parts.extend(data_pages);
            self.count_encoding(PageType::DICTIONARY_PAGE, Encoding::PLAIN);
            self.encodings.rotate_right(1);
        }
        let close = self.close(dictionary_bytes, histograms);
        let close = close.map_err(|error| parquet_error("could not finish a column", error))?;
        let next = Self::new(Arc::clone(&self.column), self.codec, self.compressor);
        Ok(EncodedChunk::new(std::mem::replace(self, next).parts, close))
    }

    fn close(
        &mut self,
        dictionary_bytes: Option<usize>,
        histograms: &Histograms,
    ) -> Result<ColumnCloseResult, ParquetError> {
        let mut encodings: Vec<_> = self.encodings.iter().map(|stats| stats.encoding).collect();
        // That of levels, which page headers name even where there are none.
        encodings.push(Encoding::RLE);
        let metadata = ColumnChunkMetaData::builder(self.column.clone())
            .set_compression(self.codec)
            .set_encodings(encodings)
            .set_page_encoding_stats(std::mem::take(&mut self.encodings))
            .set_total_compressed_size(self.bytes as i64)
            .set_total_uncompressed_size(self.uncompressed_bytes as i64)
            .set_num_values(self.entries as i64)
            .set_data_page_offset(dictionary_bytes.unwrap_or(0) as i64)
            .set_dictionary_page_offset(dictionary_bytes.map(|_| 0))
            .set_statistics(self.statistics())
            .set_unencoded_byte_array_data_bytes(self.text_bytes.map(|bytes| bytes as i64))
            .set_repetition_level_histogram(histograms.repetition())
            .set_definition_level_histogram(histograms.definition())
            .build()?;
        let column_index = self.finish_index()?;
        let mut offset_index = OffsetIndexBuilder::new();
        let mut offset = dictionary_bytes.unwrap_or(0);
        for (size, rows, text_bytes) in &self.sizes {
            offset_index.append_row_count(*rows as i64);
            offset_index.append_offset_and_size(offset as i64, *size as i32);
            let text_bytes = text_bytes.map(|bytes| bytes as i64);
            offset_index.append_unencoded_byte_array_data_bytes(text_bytes);
            offset += size;
        }
        Ok(ColumnCloseResult {
            bytes_written: self.bytes as u64,
            rows_written: self.rows as u64,
            metadata,
            bloom_filter: None,
            column_index,
            offset_index: Some(offset_index.build()),
        })
    }

    fn finish_index(
        &mut self,
    ) -> Result<Option<parquet::file::page_index::column_index::ColumnIndexMetaData>, ParquetError>
    {
        let physical_type = self.column.physical_type();
        let mut index = std::mem::replace(&mut self.index, ColumnIndexBuilder::new(physical_type));
        index.set_boundary_order(match (self.ascending, self.descending) {
            (true, _) => BoundaryOrder::ASCENDING,
            (false, true) => BoundaryOrder::DESCENDING,
            (false, false) => BoundaryOrder::UNORDERED,
        });
        index.valid().then(|| index.build()).transpose()
    }

    /// Statistics of the chunk: only the count of nulls, where a page has no bounds.
    fn statistics(&self) -> Statistics {
        let bounds = self.bounds.as_ref().filter(|_| self.index.valid());
        let bounds = bounds.and_then(|bounds| Some((bounds.min.lower(), bounds.max.upper()?)));
        let ((min, min_is_exact), (max, max_is_exact)) = match bounds {
            Some(((min, min_is_exact), (max, max_is_exact))) => {
                ((Some(self.stored(min)), min_is_exact), (Some(self.stored(max)), max_is_exact))
            }
            None => ((None, false), (None, false)),
        };
        let nulls = Some(self.nulls as u64);
        // Fields of an older version of the format serve columns in the order of signed numbers.
        let is_signed = self.column.sort_order() == SortOrder::SIGNED;
        macro_rules! statistics {
            ($read:expr) => {{
                let read = $read;
                ValueStatistics::new(min.map(&read), max.map(&read), None, nulls, false)
                    .with_backwards_compatible_min_max(is_signed)
                    .with_min_is_exact(min_is_exact)
                    .with_max_is_exact(max_is_exact)
                    .into()
            }};
        }
        match self.column.physical_type() {
            PhysicalType::BOOLEAN => statistics!(|bytes: Vec<u8>| bytes[0] != 0),
            PhysicalType::INT32 => statistics!(|bytes: Vec<u8>| i32::from_le_bytes(array(&bytes))),
            PhysicalType::INT64 => statistics!(|bytes: Vec<u8>| i64::from_le_bytes(array(&bytes))),
            PhysicalType::FLOAT => statistics!(|bytes: Vec<u8>| f32::from_le_bytes(array(&bytes))),
            PhysicalType::DOUBLE => {
                statistics!(|bytes: Vec<u8>| f64::from_le_bytes(array(&bytes)))
            }
            PhysicalType::FIXED_LEN_BYTE_ARRAY => {
                statistics!(|bytes: Vec<u8>| FixedLenByteArray::from(ByteArray::from(bytes)))
            }
            PhysicalType::BYTE_ARRAY | PhysicalType::INT96 => {
                statistics!(|bytes: Vec<u8>| ByteArray::from(bytes))
            }
        }
    }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.first_chunk().copied().unwrap_or([0; N])
}

/// How often each level occurs.
#[derive(Debug, Clone)]
pub(super) struct Histograms {
    pub(super) definition: Vec<i64>,
    pub(super) repetition: Vec<i64>,
}

impl Histograms {
    pub(super) fn new(max_definition: u8, max_repetition: u8) -> Self {
        Self {
            definition: vec![0; usize::from(max_definition) + 1],
            repetition: vec![0; usize::from(max_repetition) + 1],
        }
    }

    /// Moves what was counted to `sum`.
    pub(super) fn move_to(&mut self, sum: &mut Self) {
        let mut counts = self.definition.iter_mut().chain(&mut self.repetition);
        for sum in sum.definition.iter_mut().chain(&mut sum.repetition) {
            *sum += counts.next().map_or(0, std::mem::take);
        }
    }

    pub(super) fn clear(&mut self) {
        self.definition.fill(0);
        self.repetition.fill(0);
    }

    fn definition(&self) -> Option<LevelHistogram> {
        (self.definition.len() > 1).then(|| self.definition.clone().into())
    }

    fn repetition(&self) -> Option<LevelHistogram> {
        (self.repetition.len() > 1).then(|| self.repetition.clone().into())
    }
}

/// How often `level` is in `levels`. As many as a byte can count at a time: with wider counts this was
/// a tenth of the instructions of converting `github` uncompressed.
fn count_level(levels: &[u8], level: u8) -> usize {
    let count = |levels: &[u8]| levels.iter().map(|other| u8::from(*other == level)).sum::<u8>();
    levels.chunks(usize::from(u8::MAX)).map(|levels| usize::from(count(levels))).sum()
}

/// Adds to `counts` how often each level is in `levels`.
pub(super) fn count_levels(levels: &[u8], counts: &mut [i64]) {
    let mut rest = levels.len();
    for (level, count) in counts.iter_mut().enumerate().skip(1) {
        let found = count_level(levels, level as u8);
        *count += found as i64;
        rest -= found;
    }
    counts[0] += rest as i64;
}
