//! One leaf column of one row group: takes the leaves of batches, cuts them into pages.

use std::ops::Range;

use arrow_schema::DataType;
use parquet::basic::Compression as Codec;
use parquet::schema::types::ColumnDescPtr;

use super::bloom::ChunkFilter;
use super::bounds::Cut;
use super::chunk::EncodedChunk;
use super::column_options::{BloomFilter, ColumnStatistics};
use super::hybrid::LevelWriter;
use super::pages::{Histograms, PageCounts, Pages, Scratch, count_levels};
use super::shred::Leaf;
use super::values::{Booleans, Fixed, Native, Text, Values, WideDecimal, WidestDecimal};
use crate::error::{Error, ErrorKind, Result};

/// A column that is being written, one row group after the other.
pub(super) trait Column: Send {
    /// Begins a row group, with a dictionary or without. Those before it have to be finished.
    fn begin(&mut self, dictionary: bool) -> Result<()>;

    fn write(&mut self, leaf: &Leaf, scratch: &mut Scratch) -> Result<()>;

    /// Ends the row group. Keeps the memory of buffers for the next one.
    fn finish(&mut self, scratch: &mut Scratch) -> Result<EncodedChunk>;

    /// Bytes held, the same for the same values.
    fn memory_size(&self) -> usize;
}

/// When a page ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageLimits {
    /// Bytes of values before compression; a page of one row may have more.
    pub(super) bytes: usize,
    pub(super) rows: usize,
}

/// What the encoders of a column have in common.
#[derive(Clone)]
pub(super) struct ColumnOptions {
    pub(super) column: ColumnDescPtr,
    pub(super) codec: Codec,
    /// Index of the compressor for that codec.
    pub(super) compressor: usize,
    pub(super) limits: PageLimits,
    pub(super) statistics: ColumnStatistics,
    /// The filter, and how many rows there can be.
    pub(super) bloom_filter: Option<(BloomFilter, u64)>,
}

/// A column of `data_type`, in the physical type that the Parquet library gives it.
pub(super) fn new_column(data_type: &DataType, options: ColumnOptions) -> Result<Box<dyn Column>> {
    use DataType::*;
    Ok(match data_type {
        Boolean => boxed(Booleans::new(), options),
        Int8 | Int16 | Int32 | Date32 | Time32(_) => fixed::<i32>(options),
        UInt8 | UInt16 | UInt32 => fixed::<u32>(options),
        Int64 | Timestamp(..) | Time64(_) => fixed::<i64>(options),
        UInt64 => fixed::<u64>(options),
        Float32 => fixed::<f32>(options),
        Float64 => fixed::<f64>(options),
        Decimal128(..) | Decimal256(..) => match options.column.physical_type() {
            parquet::basic::Type::INT32 => fixed::<i32>(options),
            parquet::basic::Type::INT64 => fixed::<i64>(options),
            _ => {
                let width = options.column.type_length() as usize;
                match data_type {
                    Decimal128(..) => boxed(Fixed::<WideDecimal>::new(width), options),
                    _ => boxed(Fixed::<WidestDecimal>::new(width), options),
                }
            }
        },
        Utf8 | LargeUtf8 | Utf8View => boxed(Text::new(Cut::BetweenCharacters), options),
        Binary => boxed(Text::new(Cut::Anywhere), options),
        other => {
            let message = format!("there is no encoder for columns of type {other}");
            return Err(Error::new(ErrorKind::Schema, message));
        }
    })
}

fn fixed<N: Native + 'static>(options: ColumnOptions) -> Box<dyn Column> {
    boxed(Fixed::<N>::new(N::BYTES), options)
}

fn boxed<V: Values<Bound: Send> + Send + 'static>(
    values: V,
    options: ColumnOptions,
) -> Box<dyn Column> {
    let max_definition = options.column.max_def_level() as u8;
    let max_repetition = options.column.max_rep_level() as u8;
    let histograms = Histograms::new(max_definition, max_repetition);
    Box::new(ColumnWriter {
        values,
        limits: options.limits,
        definition: LevelWriter::new(max_definition),
        repetition: LevelWriter::new(max_repetition),
        max_definition,
        max_repetition,
        counts: PageCounts { entries: 0, values: 0, rows: 0 },
        histograms: histograms.clone(),
        chunk_histograms: histograms,
        statistics: options.statistics,
        filter_options: options.bloom_filter,
        filter: None,
        pages: Pages::new(options.column, options.codec, options.compressor),
    })
}

/// Bytes of a dictionary from which on values are stored plain, as in most Parquet writers.
const MAX_DICTIONARY_BYTES: usize = 1 << 20;
/// Bytes of plain values in one row from which on they do not go into a dictionary, which would
/// hold another copy if they did not repeat.
const MAX_DICTIONARY_PORTION: usize = 8 << 20;

struct ColumnWriter<V: Values> {
    values: V,
    limits: PageLimits,
    definition: LevelWriter,
    repetition: LevelWriter,
    max_definition: u8,
    max_repetition: u8,
    /// Of the open page.
    counts: PageCounts,
    histograms: Histograms,
    chunk_histograms: Histograms,
    statistics: ColumnStatistics,
    filter_options: Option<(BloomFilter, u64)>,
    /// Of the open row group.
    filter: Option<ChunkFilter>,
    pages: Pages<V::Bound>,
}

impl<V: Values<Bound: Send> + Send> Column for ColumnWriter<V> {
    fn write(&mut self, leaf: &Leaf, scratch: &mut Scratch) -> Result<()> {
        let mut row = 0;
        while row < leaf.node.rows() {
            // Plain values end their page where they do not fit any more, indices after a portion.
            let is_full = self.values.dictionary_bytes().is_some()
                && self.values.page_bytes() >= self.limits.bytes;
            if is_full || self.counts.rows >= self.limits.rows {
                self.finish_page(scratch)?;
            }
            let rows = self.fitting(leaf, row);
            if rows == 0 {
                self.finish_page(scratch)?;
                continue;
            }
            let (at, end) = (leaf.node.row(row), leaf.node.row(row + rows));
            let slots = at.slot..end.slot;
            if let Some(dictionary) = self.values.dictionary_bytes()
                && (dictionary >= MAX_DICTIONARY_BYTES
                    || self.plain_bytes(leaf, slots.clone()) >= MAX_DICTIONARY_PORTION)
            {
                self.finish_page(scratch)?;
                self.values.give_up_dictionary();
            }
            if let Some(filter) = &mut self.filter {
                filter.add(&leaf.array, leaf.validity.as_ref(), slots.clone());
            }
            self.append_levels(leaf, at.entry..end.entry, slots.clone(), &mut scratch.levels);
            self.counts.values += self.values.append(&leaf.array, leaf.validity.as_ref(), slots)?;
            self.counts.rows += rows;
            self.counts.entries += end.entry - at.entry;
            row += rows;
        }
        Ok(())
    }

    fn begin(&mut self, dictionary: bool) -> Result<()> {
        self.values.begin(dictionary);
        let filter = self
            .filter_options
            .map(|(filter, rows)| ChunkFilter::new(filter, rows, self.pages.column()));
        self.filter = filter.transpose()?;
        Ok(())
    }

    fn finish(&mut self, scratch: &mut Scratch) -> Result<EncodedChunk> {
        self.finish_page(scratch)?;
        let dictionary = self.values.finish_dictionary(&mut scratch.page);
        let chunk = self.pages.finish(dictionary, &self.chunk_histograms, scratch)?;
        self.chunk_histograms.clear();
        let filter = self.filter.take().map(ChunkFilter::finish);
        Ok(chunk.with_statistics(self.statistics)?.with_bloom_filter(filter))
    }

    fn memory_size(&self) -> usize {
        let levels = self.definition.len() + self.repetition.len();
        let filter = self.filter.as_ref().map_or(0, ChunkFilter::memory_size);
        self.pages.bytes() + self.values.memory_size() + levels + filter
    }
}

impl<V: Values> ColumnWriter<V> {
    fn plain_bytes(&self, leaf: &Leaf, slots: Range<usize>) -> usize {
        let present = leaf.present(slots.clone());
        self.values.plain_bytes(&leaf.array, slots, present)
    }

    /// How many rows from `row` on the open page has room for. At least one where the page is
    /// empty, however large it is.
    fn fitting(&self, leaf: &Leaf, row: usize) -> usize {
        let node = &leaf.node;
        // Indices are small, so a page has room for them; what counts is the growth of the
        // dictionary, which is looked at between portions of this size.
        let bytes_left = match self.values.dictionary_bytes() {
            Some(_) => self.limits.bytes,
            None => self.limits.bytes.saturating_sub(self.values.page_bytes()),
        };
        let begin = node.row(row).slot;
        let fits =
            |rows: usize| self.plain_bytes(leaf, begin..node.row(row + rows).slot) <= bytes_left;
        let most = (self.limits.rows - self.counts.rows).min(node.rows() - row);
        if fits(most) {
            return most;
        }
        // The most rows that fit, between `least` and `most`.
        let (mut least, mut most) = (0, most);
        while most - least > 1 {
            let middle = least + (most - least) / 2;
            if fits(middle) { least = middle } else { most = middle }
        }
        if self.counts.rows == 0 { least.max(1) } else { least }
    }

    fn append_levels(
        &mut self,
        leaf: &Leaf,
        entries: Range<usize>,
        slots: Range<usize>,
        scratch: &mut Vec<u8>,
    ) {
        if self.max_repetition > 0 {
            let levels = &leaf.node.repetition()[entries.clone()];
            self.repetition.extend(levels);
            count_levels(levels, &mut self.histograms.repetition);
        }
        if self.max_definition == 0 {
            return;
        }
        let present = leaf.present(slots.clone());
        if leaf.node.max_definition == 0 {
            // No list and no struct: the levels are the validity.
            self.histograms.definition[0] += (slots.len() - present) as i64;
            self.histograms.definition[1] += present as i64;
            if present == 0 || present == slots.len() {
                return self.definition.repeat(u8::from(present > 0), slots.len());
            }
        }
        let levels = if leaf.nullable && present > 0 {
            leaf.node.definition_below(leaf.validity.as_ref(), entries, slots, scratch);
            scratch.as_slice()
        } else {
            leaf.node.definition(entries)
        };
        self.definition.extend(levels);
        if leaf.node.max_definition > 0 {
            count_levels(levels, &mut self.histograms.definition);
        }
    }

    fn finish_page(&mut self, scratch: &mut Scratch) -> Result<()> {
        if self.counts.entries == 0 {
            return Ok(());
        }
        if self.max_repetition > 0 {
            self.repetition.finish(&mut scratch.page.head);
        }
        if self.max_definition > 0 {
            self.definition.finish(&mut scratch.page.head);
        }
        let values = self.values.finish_page(&mut scratch.page);
        self.pages.add(self.counts, values, &self.histograms, scratch)?;
        self.histograms.move_to(&mut self.chunk_histograms);
        self.counts = PageCounts { entries: 0, values: 0, rows: 0 };
        Ok(())
    }
}
