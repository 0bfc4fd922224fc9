//! Encodes the batches of one row group after the other into column chunks: one encoder for each
//! thread. Takes record batches, gives finished pages; writes no file.

use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, FieldRef, SchemaRef};
use parquet::arrow::{ARROW_SCHEMA_META_KEY, encode_arrow_schema};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor};

use super::bloom::ChunkFilter;
use super::chunk::EncodedChunk;
use super::codec::PageCompressor;
use super::column::{Column, ColumnOptions, PageLimits, new_column};
use super::column_options::{BloomFilter, ColumnStatistics};
use super::compression::Compression;
use super::dictionary::{Candidate, SAMPLE_VALUES, choose_dictionaries};
use super::json_columns::columns_of;
use super::options::{DictionaryPolicy, ParquetOptions};
use super::page_store::{PageStore, SegmentPool};
use super::pages::Scratch;
use super::shred::shred;
use super::sort::SortOrder;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::path::push_key;

/// What all row groups of all files have in common; shared by the threads that encode them.
/// Holds the schema and the options only.
pub(crate) struct EncoderFactory {
    schema: SchemaRef,
    columns: SchemaDescPtr,
    /// In the order of Parquet's columns.
    leaves: Vec<LeafOptions>,
    /// Codecs of the columns, each once.
    codecs: Vec<Compression>,
    limits: PageLimits,
    row_group_rows: u64,
    sort: Option<SortOrder>,
    /// Of every file: the user's, and the Arrow schema.
    key_values: Vec<KeyValue>,
    segments: Arc<SegmentPool>,
}

impl EncoderFactory {
    /// Checks that `schema` and `options` can become a Parquet file.
    pub(crate) fn new(schema: SchemaRef, options: &ParquetOptions) -> Result<Self> {
        if schema.fields().is_empty() {
            let message = "expected a schema with at least one column, found none: \
                           Parquet cannot count the rows of a table without columns";
            return Err(Error::new(ErrorKind::Schema, message));
        }
        let columns = columns_of(&schema).map_err(|error| {
            let message = format!("the schema cannot be stored as Parquet: {error}");
            Error::new(ErrorKind::Schema, message).with_cause(error)
        })?;
        let leaves = leaf_options(&schema, options)?;
        let mut codecs = Vec::new();
        for leaf in &leaves {
            if !codecs.contains(&leaf.compression) {
                codecs.push(leaf.compression);
            }
        }
        let sort = SortOrder::new(options.sort(), &schema)?;
        let factory = Self {
            limits: PageLimits { bytes: options.data_page_bytes(), rows: page_rows(&columns) },
            key_values: key_values(&schema, options)?,
            sort,
            codecs,
            row_group_rows: options.row_group_rows(),
            schema,
            columns: Arc::new(columns),
            segments: Arc::default(),
            leaves,
        };
        factory.new_columns()?;
        Ok(factory)
    }

    /// An encoder, ready for its first row group.
    pub(crate) fn encoder(self: &Arc<Self>) -> Result<RowGroupEncoder> {
        let compressors = self.codecs.iter().map(|codec| PageCompressor::new(*codec));
        Ok(RowGroupEncoder {
            factory: Arc::clone(self),
            scratch: Scratch::new(
                compressors.collect::<Result<_>>()?,
                PageStore::new(Arc::clone(&self.segments)),
            ),
            sample: Vec::new(),
            sample_bytes: 0,
            is_sampling: true,
            columns: self.new_columns()?,
            rows: 0,
        })
    }

    pub(super) fn columns(&self) -> &SchemaDescPtr {
        &self.columns
    }

    /// How the rows of each row group are sorted, if they are.
    pub(super) fn sorting_columns(&self) -> Option<Vec<SortingColumn>> {
        self.sort.as_ref().map(SortOrder::to_footer)
    }

    /// The metadata that every file begins with.
    pub(super) fn key_values(&self) -> &[KeyValue] {
        &self.key_values
    }

    /// One column for each leaf.
    fn new_columns(&self) -> Result<Vec<Box<dyn Column>>> {
        let leaves = self.columns.columns().iter().zip(&self.leaves);
        if self.leaves.len() != self.columns.num_columns() {
            let (found, expected) = (self.leaves.len(), self.columns.num_columns());
            let message = format!("the schema has {found} leaf columns, but Parquet {expected}");
            return Err(Error::new(ErrorKind::Internal, message));
        }
        leaves
            .map(|(column, leaf)| {
                let compressor = self.codecs.iter().position(|codec| *codec == leaf.compression);
                let options = ColumnOptions {
                    column: Arc::clone(column),
                    codec: leaf.compression.to_parquet()?,
                    compressor: compressor.unwrap_or(0),
                    limits: self.limits,
                    statistics: leaf.statistics,
                    bloom_filter: leaf.bloom_filter.map(|filter| (filter, self.row_group_rows)),
                };
                new_column(&leaf.data_type, options)
            })
            .collect()
    }
}

/// Encodes row groups. Holds the row group's compressed pages, one open page per column, and
/// the dictionaries; before the first full sample also the raw batches of that sample, at most
/// 4096 rows or 8 MiB and the batch that reached the limit. Where rows are sorted, all of the row group's are
/// such a sample. The memory of open pages is kept for the next row group.
pub(crate) struct RowGroupEncoder {
    factory: Arc<EncoderFactory>,
    scratch: Scratch,
    sample: Vec<RecordBatch>,
    sample_bytes: usize,
    is_sampling: bool,
    columns: Vec<Box<dyn Column>>,
    rows: u64,
}

impl RowGroupEncoder {
    /// Appends the rows of `batch`. Where pages are cut does not depend on how the rows are cut
    /// into batches; the sample that dictionaries are chosen by does, a little.
    pub(crate) fn write(&mut self, batch: RecordBatch) -> Result<()> {
        self.check(&batch)?;
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.rows += batch.num_rows() as u64;
        if !self.is_sampling {
            return self.encode(&batch);
        }
        self.sample_bytes += slice_bytes(&batch)?;
        self.sample.push(batch);
        // What is to be sorted is a sample until all of it is there.
        let is_full = self.rows >= SAMPLE_VALUES as u64 || self.sample_bytes >= SAMPLE_BYTES;
        if is_full && self.factory.sort.is_none() { self.start() } else { Ok(()) }
    }

    /// Rows written so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes held at the moment; the same for the same batches.
    pub(crate) fn memory_size(&self) -> usize {
        // Rows are there twice while they are sorted.
        let copies = if self.factory.sort.is_some() { 2 } else { 1 };
        copies * self.sample_bytes
            + self.columns.iter().map(|column| column.memory_size()).sum::<usize>()
    }

    /// Finishes all pages; what is written next begins another row group.
    pub(crate) fn finish(&mut self) -> Result<EncodedRowGroup> {
        if self.is_sampling && self.rows > 0 {
            self.start()?;
        }
        let scratch = &mut self.scratch;
        let mut chunks = Vec::new();
        if self.rows > 0 {
            let columns = self.columns.iter_mut().map(|column| column.finish(scratch));
            chunks = columns.collect::<Result<Vec<_>>>()?;
        }
        self.is_sampling = true;
        let (store, rows) = (scratch.store.take(), std::mem::take(&mut self.rows));
        Ok(EncodedRowGroup { store, chunks, rows })
    }

    /// Chooses the dictionaries and encodes what was sampled.
    fn start(&mut self) -> Result<()> {
        let sample = std::mem::take(&mut self.sample);
        self.sample_bytes = 0;
        let candidates = self.factory.leaves.iter().map(|leaf| Candidate {
            data_type: &leaf.data_type,
            policy: leaf.dictionary,
            compressed: leaf.compression != Compression::None,
        });
        let dictionaries = choose_dictionaries(&candidates.collect::<Vec<_>>(), &sample)?;
        for (column, dictionary) in self.columns.iter_mut().zip(dictionaries) {
            column.begin(dictionary)?;
        }
        self.is_sampling = false;
        let factory = Arc::clone(&self.factory);
        match &factory.sort {
            None => sample.iter().try_for_each(|batch| self.encode(batch)),
            Some(order) => {
                let sorted = order.sort(&sample)?;
                drop(sample);
                self.encode(&sorted)
            }
        }
    }

    fn encode(&mut self, batch: &RecordBatch) -> Result<()> {
        let scratch = &mut self.scratch;
        let mut columns = self.columns.iter_mut().zip(shred(batch)?);
        columns.try_for_each(|(column, leaf)| column.write(&leaf, scratch))
    }

    fn check(&self, batch: &RecordBatch) -> Result<()> {
        let expected = &self.factory.schema;
        if Arc::ptr_eq(expected, batch.schema_ref())
            || expected.fields() == batch.schema_ref().fields()
        {
            return Ok(());
        }
        let message = "a record batch does not have the schema of the Parquet file";
        Err(Error::new(ErrorKind::Internal, message))
    }
}

/// A row group without a file: the pages of every column, and their statistics.
pub(crate) struct EncodedRowGroup {
    pub(super) store: PageStore,
    pub(super) chunks: Vec<EncodedChunk>,
    pub(crate) rows: u64,
}

/// The user's metadata and the Arrow schema, by which Arrow's readers find the types again.
fn key_values(schema: &SchemaRef, options: &ParquetOptions) -> Result<Vec<KeyValue>> {
    if options.metadata().iter().any(|(key, _)| key == ARROW_SCHEMA_META_KEY) {
        let message = format!("the metadata key `{ARROW_SCHEMA_META_KEY}` is reserved");
        return Err(Error::new(ErrorKind::Schema, message));
    }
    let user = options.metadata().iter();
    let user = user.map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let arrow = KeyValue::new(ARROW_SCHEMA_META_KEY.to_owned(), encode_arrow_schema(schema));
    Ok(user.chain([arrow]).collect())
}

/// What one leaf column is, and is to have.
struct LeafOptions {
    data_type: DataType,
    compression: Compression,
    dictionary: DictionaryPolicy,
    statistics: ColumnStatistics,
    bloom_filter: Option<BloomFilter>,
}

/// The leaves of `schema`, each with what `options` say of it. Fails on options of columns that are not there.
fn leaf_options(schema: &SchemaRef, options: &ParquetOptions) -> Result<Vec<LeafOptions>> {
    let mut leaves = Vec::new();
    for field in schema.fields() {
        collect_leaves(field, String::new(), &mut leaves);
    }
    for column in options.columns() {
        if !leaves.iter().any(|(path, _)| column.covers(path)) {
            let message = format!("column `{column}`: expected a column of this name, found none");
            return Err(Error::new(ErrorKind::Schema, message));
        }
    }
    let with_options = |(path, data_type): (String, DataType)| {
        let mut leaf = LeafOptions {
            data_type,
            compression: options.compression(),
            dictionary: options.dictionary(),
            statistics: ColumnStatistics::default(),
            bloom_filter: None,
        };
        for column in options.columns().iter().filter(|column| column.covers(&path)) {
            leaf.compression = column.compression.unwrap_or(leaf.compression);
            leaf.dictionary = column.dictionary.unwrap_or(leaf.dictionary);
            leaf.statistics = column.statistics.unwrap_or(leaf.statistics);
            leaf.bloom_filter = column.bloom_filter.unwrap_or(leaf.bloom_filter);
        }
        if leaf.bloom_filter.is_some() {
            ChunkFilter::check(&path, &leaf.data_type)?;
        }
        Ok(leaf)
    };
    leaves.into_iter().map(with_options).collect()
}

/// Appends the paths and types of the leaves of `field`, in the order of Parquet's columns; `path` leads to
/// the field.
fn collect_leaves(field: &FieldRef, mut path: String, out: &mut Vec<(String, DataType)>) {
    push_key(&mut path, field.name());
    let mut data_type = field.data_type();
    while let DataType::List(item) = data_type {
        path.push_str("[]");
        data_type = item.data_type();
    }
    match data_type {
        DataType::Struct(fields) => {
            fields.iter().for_each(|field| collect_leaves(field, path.clone(), out));
        }
        DataType::Map(entries, _) => match entries.data_type() {
            // Its keys and its values.
            DataType::Struct(fields) => {
                fields.iter().for_each(|field| collect_leaves(field, path.clone(), out));
            }
            other => out.push((path, other.clone())),
        },
        other => out.push((path, other.clone())),
    }
}

/// Rows after which a page is closed. Wide and nested files have mostly tiny pages, whose fixed
/// costs 100,000 rows cut (3 % of time, 2 % of size measured); for narrow files it was slower, and
/// 20,000 made columns that compress well up to 17 % larger.
fn page_rows(columns: &SchemaDescriptor) -> usize {
    let nested = columns.columns().iter().any(|column| column.path().parts().len() > 1);
    if nested || columns.num_columns() > WIDE_COLUMNS { 100_000 } else { 40_000 }
}

/// Bytes of the values themselves: unlike the capacity of their buffers, which may have served
/// larger batches before, this is the same on every thread.
fn slice_bytes(batch: &RecordBatch) -> Result<usize> {
    batch.columns().iter().try_fold(0, |sum, array| Ok(sum + array_bytes(array)?))
}

fn array_bytes(array: &dyn Array) -> Result<usize> {
    array.to_data().get_slice_memory_size().map_err(|error| {
        Error::new(ErrorKind::Internal, "a column's size is unknown").with_cause(error)
    })
}

/// Raw bytes after which a sample counts as full whatever its rows: 8 MiB keeps 4096 rows of
/// 2 KiB, and bounds what waits when lines are long.
const SAMPLE_BYTES: usize = 8 << 20;
/// A file with more leaf columns than this counts as wide; the measured wide shape had 192 and
/// the narrow ones at most 10, so the exact figure matters little.
const WIDE_COLUMNS: usize = 32;
