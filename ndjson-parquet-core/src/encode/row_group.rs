//! Encodes the batches of one row group after the other into column chunks: one encoder for each
//! thread. Takes record batches, gives finished pages; writes no file.

use std::io;
use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, FieldRef, SchemaRef};
use parquet::arrow::{ARROW_SCHEMA_META_KEY, add_encoded_arrow_schema_to_metadata};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::SchemaDescriptor;

use super::codec::PageCompressor;
use super::column::{Column, ColumnOptions, PageLimits, new_column};
use super::compression::Compression;
use super::dictionary::{SAMPLE_VALUES, choose_dictionaries};
use super::json_columns::columns_of;
use super::options::{DictionaryPolicy, ParquetOptions};
use super::pages::{EncodedChunk, Scratch};
use super::parquet_error;
use super::shred::shred;
use crate::error::{Error, ErrorKind, Result};

/// What all row groups of all files have in common; shared by the threads that encode them.
/// Holds the schema and the options only.
pub(crate) struct EncoderFactory {
    schema: SchemaRef,
    columns: SchemaDescriptor,
    /// Types of the leaf columns.
    leaves: Vec<DataType>,
    compression: Compression,
    limits: PageLimits,
    file_properties: Arc<WriterProperties>,
    dictionary: DictionaryPolicy,
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
        let mut leaves = Vec::new();
        schema.fields().iter().for_each(|field| collect_leaf_types(field, &mut leaves));
        let factory = Self {
            limits: PageLimits { bytes: options.data_page_bytes(), rows: page_rows(&columns) },
            file_properties: file_properties(&schema, options)?,
            compression: options.compression(),
            dictionary: options.dictionary(),
            schema,
            columns,
            leaves,
        };
        factory.new_columns(&vec![false; factory.leaves.len()])?;
        Ok(factory)
    }

    /// An encoder, ready for its first row group.
    pub(crate) fn encoder(self: &Arc<Self>) -> Result<RowGroupEncoder> {
        Ok(RowGroupEncoder {
            factory: Arc::clone(self),
            scratch: Scratch::new(PageCompressor::new(self.compression)?),
            sample: Vec::new(),
            sample_bytes: 0,
            columns: Vec::new(),
            rows: 0,
        })
    }

    /// The output side of a file whose row groups come from this factory.
    pub(super) fn file_writer<W: io::Write + Send>(
        &self,
        output: W,
    ) -> Result<SerializedFileWriter<W>> {
        let root = self.columns.root_schema_ptr();
        SerializedFileWriter::new(output, root, Arc::clone(&self.file_properties))
            .map_err(|error| parquet_error("could not begin the Parquet file", error))
    }

    /// One column for each leaf, with a dictionary where `dictionaries` says so.
    fn new_columns(&self, dictionaries: &[bool]) -> Result<Vec<Box<dyn Column>>> {
        let leaves = self.columns.columns().iter().zip(&self.leaves);
        if self.leaves.len() != self.columns.num_columns() {
            let (found, expected) = (self.leaves.len(), self.columns.num_columns());
            let message = format!("the schema has {found} leaf columns, but Parquet {expected}");
            return Err(Error::new(ErrorKind::Internal, message));
        }
        leaves
            .zip(dictionaries)
            .map(|((column, data_type), dictionary)| {
                let options = ColumnOptions {
                    column: Arc::clone(column),
                    codec: self.compression.to_parquet()?,
                    limits: self.limits,
                    dictionary: *dictionary,
                };
                new_column(data_type, options)
            })
            .collect()
    }
}

/// Encodes row groups. Holds the row group's compressed pages, one open page per column, and
/// the dictionaries; before the first full sample also the raw batches of that sample, at most
/// 4096 rows or 8 MiB and the batch that reached the limit.
pub(crate) struct RowGroupEncoder {
    factory: Arc<EncoderFactory>,
    scratch: Scratch,
    sample: Vec<RecordBatch>,
    sample_bytes: usize,
    /// Empty as long as the sample is being collected.
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
        if !self.columns.is_empty() {
            return self.encode(&batch);
        }
        self.sample_bytes += slice_bytes(&batch)?;
        self.sample.push(batch);
        if self.rows >= SAMPLE_VALUES as u64 || self.sample_bytes >= SAMPLE_BYTES {
            self.start()?;
        }
        Ok(())
    }

    /// Rows written so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes held at the moment; the same for the same batches.
    pub(crate) fn memory_size(&self) -> usize {
        self.sample_bytes + self.columns.iter().map(|column| column.memory_size()).sum::<usize>()
    }

    /// Finishes all pages; what is written next begins another row group.
    pub(crate) fn finish(&mut self) -> Result<EncodedRowGroup> {
        if self.columns.is_empty() && self.rows > 0 {
            self.start()?;
        }
        let scratch = &mut self.scratch;
        let chunks = self.columns.drain(..).map(|column| column.finish(scratch));
        let chunks = chunks.collect::<Result<Vec<_>>>()?;
        Ok(EncodedRowGroup { chunks, rows: std::mem::take(&mut self.rows) })
    }

    /// Chooses the dictionaries and encodes what was sampled.
    fn start(&mut self) -> Result<()> {
        let sample = std::mem::take(&mut self.sample);
        self.sample_bytes = 0;
        let EncoderFactory { leaves, dictionary, compression, .. } = &*self.factory;
        let compressed = *compression != Compression::None;
        let dictionaries = choose_dictionaries(leaves, &sample, *dictionary, compressed)?;
        self.columns = self.factory.new_columns(&dictionaries)?;
        sample.iter().try_for_each(|batch| self.encode(batch))
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
    pub(super) chunks: Vec<EncodedChunk>,
    pub(crate) rows: u64,
}

/// What the file says of itself; pages are none of the library's business.
fn file_properties(schema: &SchemaRef, options: &ParquetOptions) -> Result<Arc<WriterProperties>> {
    if options.metadata().iter().any(|(key, _)| key == ARROW_SCHEMA_META_KEY) {
        let message = format!("the metadata key `{ARROW_SCHEMA_META_KEY}` is reserved");
        return Err(Error::new(ErrorKind::Schema, message));
    }
    let user = options.metadata().iter();
    let user = user.map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by(CREATED_BY.to_owned())
        .set_key_value_metadata(Some(user))
        .build();
    add_encoded_arrow_schema_to_metadata(schema, &mut properties);
    Ok(Arc::new(properties))
}

/// Appends the types of the leaves of `field`, in the order of Parquet's columns.
fn collect_leaf_types(field: &FieldRef, out: &mut Vec<DataType>) {
    match field.data_type() {
        DataType::Struct(fields) => {
            fields.iter().for_each(|field| collect_leaf_types(field, out));
        }
        DataType::List(item) | DataType::Map(item, _) => collect_leaf_types(item, out),
        other => out.push(other.clone()),
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
const CREATED_BY: &str = concat!("ndjson-parquet version ", env!("CARGO_PKG_VERSION"));
