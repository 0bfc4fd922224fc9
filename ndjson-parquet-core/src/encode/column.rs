//! One leaf column of one row group: takes the leaves of batches, cuts them into pages.

use std::ops::Range;

use arrow_schema::DataType;
use parquet::basic::Compression as Codec;
use parquet::schema::types::ColumnDescPtr;

use super::hybrid::LevelWriter;
use super::pages::{EncodedChunk, Histograms, PageCounts, Pages, Scratch, count_levels};
use super::shred::{Leaf, Position};
use super::values::{Booleans, Fixed, Native, Text, Values, WideDecimal};
use crate::error::{Error, ErrorKind, Result};

/// A column that is being written.
pub(super) trait Column: Send {
    fn write(&mut self, leaf: &Leaf, scratch: &mut Scratch) -> Result<()>;

    fn finish(self: Box<Self>, scratch: &mut Scratch) -> Result<EncodedChunk>;

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
    pub(super) limits: PageLimits,
    pub(super) dictionary: bool,
}

/// A column of `data_type`, in the physical type that the Parquet library gives it.
pub(super) fn new_column(data_type: &DataType, options: ColumnOptions) -> Result<Box<dyn Column>> {
    use DataType::*;
    let dictionary = options.dictionary;
    Ok(match data_type {
        Boolean => boxed(Booleans::new(), options),
        Int8 | Int16 | Int32 | Date32 => fixed::<i32>(options),
        UInt8 | UInt16 | UInt32 => fixed::<u32>(options),
        Int64 | Timestamp(..) => fixed::<i64>(options),
        UInt64 => fixed::<u64>(options),
        Float32 => fixed::<f32>(options),
        Float64 => fixed::<f64>(options),
        Decimal128(..) => match options.column.physical_type() {
            parquet::basic::Type::INT32 => fixed::<i32>(options),
            parquet::basic::Type::INT64 => fixed::<i64>(options),
            _ => {
                let width = options.column.type_length() as usize;
                boxed(Fixed::<WideDecimal>::new(width, dictionary), options)
            }
        },
        Utf8 | LargeUtf8 | Utf8View => boxed(Text::new(dictionary), options),
        other => {
            let message = format!("there is no encoder for columns of type {other}");
            return Err(Error::new(ErrorKind::Schema, message));
        }
    })
}

fn fixed<N: Native + 'static>(options: ColumnOptions) -> Box<dyn Column> {
    boxed(Fixed::<N>::new(N::BYTES, options.dictionary), options)
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
        pages: Pages::new(options.column, options.codec),
    })
}

/// Bytes of a dictionary from which on values are stored plain, as in most Parquet writers.
const MAX_DICTIONARY_BYTES: usize = 1 << 20;

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
    pages: Pages<V::Bound>,
}

impl<V: Values<Bound: Send> + Send> Column for ColumnWriter<V> {
    fn write(&mut self, leaf: &Leaf, scratch: &mut Scratch) -> Result<()> {
        let mut at = Position::default();
        while at.entry < leaf.node.entries() {
            // Plain values end their page where they do not fit any more, indices after a portion.
            let is_full = self.values.dictionary_bytes().is_some()
                && self.values.page_bytes() >= self.limits.bytes;
            if is_full || self.counts.rows >= self.limits.rows {
                self.finish_page(scratch)?;
            }
            let (end, rows) = self.fitting(leaf, at);
            if rows == 0 {
                self.finish_page(scratch)?;
                continue;
            }
            let bytes = self.plain_bytes(leaf, at.slot..end.slot);
            if let Some(dictionary) = self.values.dictionary_bytes()
                && (dictionary >= MAX_DICTIONARY_BYTES || bytes > MAX_DICTIONARY_BYTES)
            {
                self.finish_page(scratch)?;
                self.values.give_up_dictionary();
            }
            self.append_levels(leaf, at.entry..end.entry, at.slot, &mut scratch.levels);
            let slots = at.slot..end.slot;
            self.counts.values += self.values.append(&leaf.array, leaf.validity.as_ref(), slots)?;
            self.counts.rows += rows;
            self.counts.entries += end.entry - at.entry;
            at = end;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, scratch: &mut Scratch) -> Result<EncodedChunk> {
        self.finish_page(scratch)?;
        let dictionary = self.values.finish_dictionary();
        self.pages.finish(dictionary, &self.chunk_histograms, scratch)
    }

    fn memory_size(&self) -> usize {
        let levels = self.definition.len() + self.repetition.len();
        self.pages.bytes() + self.values.memory_size() + levels
    }
}

impl<V: Values> ColumnWriter<V> {
    fn plain_bytes(&self, leaf: &Leaf, slots: Range<usize>) -> usize {
        let present = match &leaf.validity {
            None => slots.len(),
            Some(validity) => slots.len() - validity.slice(slots.start, slots.len()).null_count(),
        };
        self.values.plain_bytes(&leaf.array, slots, present)
    }

    /// The end of those rows from `at` on that the open page has room for. At least one row where
    /// the page is empty, however large it is.
    fn fitting(&self, leaf: &Leaf, at: Position) -> (Position, usize) {
        let rows_left = self.limits.rows - self.counts.rows;
        // Indices are small, so a page has room for them; what counts is the growth of the
        // dictionary, which is looked at between portions of this size.
        let bytes_left = match self.values.dictionary_bytes() {
            Some(_) => self.limits.bytes,
            None => self.limits.bytes.saturating_sub(self.values.page_bytes()),
        };
        let fits = |end: Position| self.plain_bytes(leaf, at.slot..end.slot) <= bytes_left;
        let (mut end, mut rows) = leaf.node.rows(at, rows_left);
        if fits(end) {
            return (end, rows);
        }
        // The most rows that fit, between `least` and `rows`.
        let mut least = 0;
        while rows - least > 1 {
            let middle = least + (rows - least) / 2;
            (end, _) = leaf.node.rows(at, middle);
            if fits(end) { least = middle } else { rows = middle }
        }
        let is_empty = self.counts.rows == 0;
        leaf.node.rows(at, if is_empty { least.max(1) } else { least })
    }

    fn append_levels(
        &mut self,
        leaf: &Leaf,
        entries: Range<usize>,
        slot: usize,
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
        if leaf.nullable && leaf.node.max_definition == 0 {
            // No list and no struct: the levels are the validity.
            let validity = leaf.validity.as_ref().map(|nulls| nulls.slice(slot, entries.len()));
            let nulls = validity.as_ref().map_or(0, |validity| validity.null_count());
            self.histograms.definition[0] += nulls as i64;
            self.histograms.definition[1] += (entries.len() - nulls) as i64;
            if nulls == 0 || nulls == entries.len() {
                return self.definition.repeat(u8::from(nulls == 0), entries.len());
            }
        }
        let levels = if leaf.nullable {
            leaf.node.definition_below(leaf.validity.as_ref(), entries, slot, scratch);
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
        scratch.page.clear();
        if self.max_repetition > 0 {
            self.repetition.finish(&mut scratch.page);
        }
        if self.max_definition > 0 {
            self.definition.finish(&mut scratch.page);
        }
        let values = self.values.finish_page(&mut scratch.page);
        self.pages.add(self.counts, values, &self.histograms, scratch)?;
        self.histograms.move_to(&mut self.chunk_histograms);
        self.counts = PageCounts { entries: 0, values: 0, rows: 0 };
        Ok(())
    }
}
