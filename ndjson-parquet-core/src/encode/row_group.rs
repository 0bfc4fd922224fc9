//! Encodes the batches of one row group into column chunks: one encoder for each row group and
//! thread. Takes record batches, gives finished pages; writes no file.

use std::io;
use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_schema::SchemaRef;
use parquet::arrow::add_encoded_arrow_schema_to_metadata;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::arrow::{ARROW_SCHEMA_META_KEY, ArrowSchemaConverter};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::SchemaDescriptor;

use super::dictionary::{SAMPLE_VALUES, choose_dictionaries};
use super::leaves::collect_leaves;
use super::options::{DictionaryPolicy, ParquetOptions};
use super::parquet_error;
use crate::error::{Error, ErrorKind, Result};

/// What all row groups of all files have in common; shared by the threads that encode them.
/// Holds the schema and the options only.
pub(crate) struct EncoderFactory {
    schema: SchemaRef,
    columns: SchemaDescriptor,
    properties: WriterPropertiesBuilder,
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
        let columns = ArrowSchemaConverter::new().convert(&schema).map_err(|error| {
            let message = format!("the schema cannot be stored as Parquet: {error}");
            Error::new(ErrorKind::Schema, message).with_cause(error)
        })?;
        let properties = options.writer_properties(&columns)?;
        let file_properties = file_properties(properties.clone(), &schema, options)?;
        let dictionary = options.dictionary();
        Ok(Self { schema, columns, properties, file_properties, dictionary })
    }

    /// An encoder for one row group.
    pub(crate) fn encoder(self: &Arc<Self>) -> RowGroupEncoder {
        RowGroupEncoder {
            factory: Arc::clone(self),
            sample: Vec::new(),
            sample_bytes: 0,
            writers: Vec::new(),
            rows: 0,
            long_lines: false,
        }
    }

    /// An encoder for a row group that begins with a line of many megabytes. Columns that such a
    /// line fills have neither statistics nor a dictionary, and pages end with the row group: each
    /// of the three would hold another copy of the value while it is encoded.
    pub(crate) fn encoder_of_long_lines(self: &Arc<Self>) -> RowGroupEncoder {
        RowGroupEncoder { long_lines: true, ..self.encoder() }
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

    fn column_writers(
        &self,
        sample: &[RecordBatch],
        long_lines: bool,
    ) -> Result<Vec<ArrowColumnWriter>> {
        let chosen = choose_dictionaries(sample, self.dictionary);
        if chosen.len() != self.columns.num_columns() {
            let message = format!(
                "{} leaf columns were sampled, but Parquet has {}",
                chosen.len(),
                self.columns.num_columns()
            );
            return Err(Error::new(ErrorKind::Internal, message));
        }
        // Matched by position: the names of Parquet's list levels are not worth rebuilding.
        let mut properties = self.properties.clone();
        for (column, dictionary) in self.columns.columns().iter().zip(chosen) {
            properties =
                properties.set_column_dictionary_enabled(column.path().clone(), dictionary);
        }
        if long_lines {
            properties = properties.set_data_page_size_limit(usize::MAX);
            for (column, bytes) in self.columns.columns().iter().zip(leaf_bytes(sample)?) {
                if bytes >= LONG_COLUMN_BYTES {
                    properties = properties
                        .set_column_dictionary_enabled(column.path().clone(), false)
                        .set_column_statistics_enabled(
                            column.path().clone(),
                            EnabledStatistics::None,
                        );
                }
            }
        }
        // The library builds column writers from a file writer only, so it gets one that leads
        // nowhere; page offsets are shifted when the chunks are appended to the real file.
        let root = self.columns.root_schema_ptr();
        SerializedFileWriter::new(io::sink(), root, Arc::new(properties.build()))
            .map(|file| ArrowRowGroupWriterFactory::new(&file, Arc::clone(&self.schema)))
            .and_then(|factory| factory.create_column_writers(0))
            .map_err(|error| parquet_error("could not begin a row group", error))
    }
}

/// Encodes one row group. Holds the row group's compressed pages, one open page per column, and
/// the dictionaries; before the first full sample also the raw batches of that sample, at most
/// 4096 rows or 8 MiB and the batch that reached the limit.
pub(crate) struct RowGroupEncoder {
    factory: Arc<EncoderFactory>,
    sample: Vec<RecordBatch>,
    sample_bytes: usize,
    /// Empty as long as the sample is being collected.
    writers: Vec<ArrowColumnWriter>,
    rows: u64,
    long_lines: bool,
}

impl RowGroupEncoder {
    /// Appends the rows of `batch`. Pages are cut between batches among other places, so the
    /// bytes of a row group depend on how its rows are cut into batches.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.check(batch)?;
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.rows += batch.num_rows() as u64;
        if !self.writers.is_empty() {
            return self.encode(batch);
        }
        self.sample.push(batch.clone());
        self.sample_bytes += slice_bytes(batch)?;
        if self.rows >= SAMPLE_VALUES as u64 || self.sample_bytes >= SAMPLE_BYTES {
            self.start()?;
        }
        Ok(())
    }

    /// Whether this comes from [`EncoderFactory::encoder_of_long_lines`].
    pub(crate) fn has_long_lines(&self) -> bool {
        self.long_lines
    }

    /// Rows written so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes held at the moment; the same for the same batches.
    pub(crate) fn memory_size(&self) -> usize {
        self.sample_bytes + self.writers.iter().map(ArrowColumnWriter::memory_size).sum::<usize>()
    }

    /// Finishes all pages.
    pub(crate) fn close(mut self) -> Result<EncodedRowGroup> {
        if self.writers.is_empty() && self.rows > 0 {
            self.start()?;
        }
        let chunks = self
            .writers
            .into_iter()
            .map(ArrowColumnWriter::close)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| parquet_error("could not finish a row group", error))?;
        Ok(EncodedRowGroup { chunks, rows: self.rows })
    }

    /// Chooses the dictionaries and encodes what was sampled.
    fn start(&mut self) -> Result<()> {
        let sample = std::mem::take(&mut self.sample);
        self.sample_bytes = 0;
        self.writers = self.factory.column_writers(&sample, self.long_lines)?;
        sample.iter().try_for_each(|batch| self.encode(batch))
    }

    fn encode(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut writers = self.writers.iter_mut();
        for (field, array) in self.factory.schema.fields().iter().zip(batch.columns()) {
            let leaves =
                compute_leaves(field, array).map_err(|error| column_error(field.name(), error))?;
            for (leaf, writer) in leaves.iter().zip(&mut writers) {
                writer.write(leaf).map_err(|error| column_error(field.name(), error))?;
            }
        }
        Ok(())
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
#[derive(Debug)]
pub(crate) struct EncodedRowGroup {
    pub(crate) chunks: Vec<ArrowColumnChunk>,
    pub(crate) rows: u64,
}

fn file_properties(
    builder: WriterPropertiesBuilder,
    schema: &SchemaRef,
    options: &ParquetOptions,
) -> Result<Arc<WriterProperties>> {
    if options.metadata().iter().any(|(key, _)| key == ARROW_SCHEMA_META_KEY) {
        let message = format!("the metadata key `{ARROW_SCHEMA_META_KEY}` is reserved");
        return Err(Error::new(ErrorKind::Schema, message));
    }
    let user = options.metadata().iter();
    let user = user.map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    let mut properties = builder.set_key_value_metadata(Some(user)).build();
    add_encoded_arrow_schema_to_metadata(schema, &mut properties);
    Ok(Arc::new(properties))
}

fn column_error(name: &str, error: parquet::errors::ParquetError) -> Error {
    parquet_error(&format!("could not encode column `{name}`"), error)
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

/// Bytes of values in each leaf column.
fn leaf_bytes(batches: &[RecordBatch]) -> Result<Vec<usize>> {
    let mut sums = Vec::new();
    let mut leaves = Vec::new();
    for batch in batches {
        leaves.clear();
        batch.columns().iter().for_each(|array| collect_leaves(array, None, &mut leaves));
        sums.resize(leaves.len(), 0);
        for (sum, leaf) in sums.iter_mut().zip(&leaves) {
            *sum += array_bytes(&leaf.array)?;
        }
    }
    Ok(sums)
}

/// Bytes of a leaf column that no statistics are kept of where lines are long.
const LONG_COLUMN_BYTES: usize = 4 << 20;

/// Raw bytes after which a sample counts as full whatever its rows: 8 MiB keeps 4096 rows of
/// 2 KiB, and bounds what waits when lines are long.
const SAMPLE_BYTES: usize = 8 << 20;
