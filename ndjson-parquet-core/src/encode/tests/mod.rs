mod oracle;

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use arrow_array::builder::{
    Decimal128Builder, Int64Builder, ListBuilder, StringBuilder, StructBuilder,
};
use arrow_array::types::Int64Type;
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray,
    StructArray, TimestampMicrosecondArray,
};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::BoundaryOrder;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};

use super::file::FileStats;
use super::*;
use crate::error::Result;
use crate::sink::{Sink, StagedOutput};

/// Encodes each list of batches as one row group of a file.
fn encode(
    schema: &SchemaRef,
    options: &ParquetOptions,
    groups: &[Vec<RecordBatch>],
) -> (Bytes, FileStats) {
    let output = Shared::default();
    let stats = encode_into(output.clone(), schema, options, groups).unwrap();
    let bytes = Bytes::from(std::mem::take(&mut *output.0.lock().unwrap()));
    assert_eq!(stats.bytes, bytes.len() as u64);
    (bytes, stats)
}

fn encode_into<W: Write + Send>(
    output: W,
    schema: &SchemaRef,
    options: &ParquetOptions,
    groups: &[Vec<RecordBatch>],
) -> Result<FileStats> {
    let factory = Arc::new(EncoderFactory::new(Arc::clone(schema), options)?);
    let mut file = FileAssembler::new(&factory, output)?;
    for batches in groups {
        let mut encoder = factory.encoder()?;
        batches.iter().try_for_each(|batch| encoder.write(batch.clone()))?;
        file.append(encoder.finish()?)?;
    }
    file.finish(vec![("balance".to_owned(), "even".to_owned())])
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn read(bytes: &Bytes) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).unwrap();
    let schema = Arc::clone(reader.schema());
    let batches: Vec<_> = reader.build().unwrap().map(|batch| batch.unwrap()).collect();
    let batch = concat_batches(&schema, &batches).unwrap();
    // The reader adds the footer's key-values to the schema.
    let schema = Schema::clone(&schema).with_metadata(HashMap::new());
    RecordBatch::try_new(Arc::new(schema), batch.columns().to_vec()).unwrap()
}

fn footer(bytes: &Bytes) -> ParquetMetaData {
    ParquetMetaDataReader::new()
        .with_page_index_policy(PageIndexPolicy::Required)
        .parse_and_finish(bytes)
        .unwrap()
}

fn flat(rows: i64) -> RecordBatch {
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("id", Arc::new(Int64Array::from_iter_values(0..rows)), false),
        (
            "kind",
            Arc::new(StringArray::from_iter_values((0..rows).map(|i| format!("k{}", i % 3)))),
            true,
        ),
        (
            "price",
            Arc::new(Float64Array::from_iter(
                (0..rows).map(|i| (i % 7 > 0).then_some(i as f64 / 3.0)),
            )),
            true,
        ),
        ("paid", Arc::new(BooleanArray::from_iter((0..rows).map(|i| Some(i % 2 == 0)))), true),
        ("none", Arc::new(StringArray::new_null(rows as usize)), true),
        (
            "at",
            Arc::new(TimestampMicrosecondArray::from_iter_values(0..rows).with_timezone("UTC")),
            true,
        ),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

/// Lists of structs of lists, a struct with null parents, a decimal.
fn nested(rows: i64) -> RecordBatch {
    let item = Fields::from(vec![
        Field::new("sku", DataType::Utf8, true),
        Field::new("sizes", DataType::List(Field::new("item", DataType::Int64, true).into()), true),
    ]);
    let fields: Vec<Box<dyn arrow_array::builder::ArrayBuilder>> =
        vec![Box::new(StringBuilder::new()), Box::new(ListBuilder::new(Int64Builder::new()))];
    let mut items = ListBuilder::new(StructBuilder::new(item, fields));
    let mut amount = Decimal128Builder::new().with_precision_and_scale(18, 2).unwrap();
    for i in 0..rows {
        for j in 0..if i % 4 > 0 { i % 3 } else { 0 } {
            let builder = items.values();
            let is_struct = j == 0 || i % 5 > 0;
            let sku = is_struct.then(|| format!("{i}-{j}"));
            builder.field_builder::<StringBuilder>(0).unwrap().append_option(sku);
            let sizes = builder.field_builder::<ListBuilder<Int64Builder>>(1).unwrap();
            let is_list = is_struct && i % 2 == 0;
            if is_list {
                sizes.values().append_option((j > 0).then_some(i));
            }
            sizes.append(is_list);
            builder.append(is_struct);
        }
        items.append(i % 4 > 0);
        amount.append_value(i128::from(i) * 101);
    }
    let count = StructArray::new(
        vec![Field::new("x", DataType::Int64, true)].into(),
        vec![Arc::new(Int64Array::from_iter((0..rows).map(|i| (i % 2 > 0).then_some(i))))],
        Some(NullBuffer::from_iter((0..rows).map(|i| i % 3 > 0))),
    );
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("items", Arc::new(items.finish()), true),
        ("count", Arc::new(count), true),
        ("amount", Arc::new(amount.finish()), true),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

#[test]
fn every_value_reads_back_with_every_codec_and_dictionary_policy() {
    for codec in ["zstd", "snappy", "gzip", "lz4_raw", "none"] {
        for policy in
            [DictionaryPolicy::Adaptive, DictionaryPolicy::Always, DictionaryPolicy::Never]
        {
            let options = ParquetOptions::new()
                .with_compression(codec.parse().unwrap())
                .with_dictionary(policy);
            for batch in [flat(5000), nested(5000)] {
                let groups = [
                    vec![batch.slice(0, 100), batch.slice(100, 2900)],
                    vec![batch.slice(3000, 2000)],
                ];
                let (bytes, stats) = encode(&batch.schema(), &options, &groups);
                assert_eq!(read(&bytes), batch, "{codec} {policy}");
                assert_eq!((stats.rows, stats.row_groups), (5000, 2));
            }
        }
    }
}

#[test]
fn the_same_batches_give_the_same_bytes() {
    for batch in [flat(9000), nested(9000)] {
        let groups =
            [(0, 4000), (4000, 1000), (5000, 4000)].map(|(start, rows)| batch.slice(start, rows));
        let group = |copies: &[RecordBatch; 3]| {
            [vec![copies[0].clone(), copies[1].clone()], vec![copies[2].clone()]]
        };
        let schema = batch.schema();
        let first = encode(&schema, &ParquetOptions::new(), &group(&groups));
        // The same values in buffers of their own, on another thread.
        let second = std::thread::spawn(move || {
            let copies = groups.map(|batch| concat_batches(&schema, [&batch]).unwrap());
            encode(&schema, &ParquetOptions::new(), &group(&copies))
        });
        assert!(first == second.join().unwrap());
    }
}

#[test]
fn memory_size_is_the_same_for_the_same_batches() {
    let sizes = || {
        let batch = flat(40_000);
        let factory =
            Arc::new(EncoderFactory::new(batch.schema(), &ParquetOptions::new()).unwrap());
        let mut encoder = factory.encoder().unwrap();
        let mut sizes = Vec::new();
        for start in (0..40_000).step_by(1000) {
            encoder.write(batch.slice(start, 1000)).unwrap();
            sizes.push(encoder.memory_size());
        }
        assert_eq!(encoder.rows(), 40_000);
        sizes
    };
    let first = sizes();
    assert_eq!(first, sizes());
    assert!(first[0] > 1000 * 8, "the sample counts: {}", first[0]);
    assert!(first[39] > 40_000, "the pages count: {}", first[39]);
}

#[test]
fn a_file_without_rows_is_valid() {
    let schema = flat(1).schema();
    let empty = RecordBatch::new_empty(Arc::clone(&schema));
    for groups in [vec![], vec![vec![]], vec![vec![empty]]] {
        let (bytes, stats) = encode(&schema, &ParquetOptions::new(), &groups);
        assert_eq!((stats.rows, stats.row_groups), (0, 0));
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
        assert_eq!(reader.schema().fields(), schema.fields());
    }
}

#[test]
fn dictionaries_are_chosen_for_each_leaf_of_each_row_group() {
    let mut pick = Vec::new();
    let distinct = flat(5000);
    let constant = {
        let mut columns = distinct.columns().to_vec();
        columns[0] = Arc::new(Int64Array::from_iter_values(std::iter::repeat_n(7, 5000)));
        RecordBatch::try_new(distinct.schema(), columns).unwrap()
    };
    let (bytes, _) = encode(
        &distinct.schema(),
        &ParquetOptions::new(),
        &[vec![distinct.clone()], vec![constant]],
    );
    for group in footer(&bytes).row_groups() {
        let columns = group.columns().iter();
        pick.push(
            columns.map(|chunk| chunk.dictionary_page_offset().is_some()).collect::<Vec<_>>(),
        );
    }
    // id, kind, price (1/3 distinct floats), paid, none (no values, so no page either), at.
    assert!(!pick[0][0] && pick[1][0], "{pick:?}");
    assert_eq!((pick[0][1], pick[0][2], pick[0][3], pick[0][5]), (true, false, false, false));
}

#[test]
fn a_repeated_leaf_gets_its_dictionary_under_the_name_that_parquet_gives_it() {
    let tags = ListArray::from_iter_primitive::<Int64Type, _, _>(
        (0..5000).map(|i| Some(vec![Some(i % 3), None])),
    );
    let ids =
        ListArray::from_iter_primitive::<Int64Type, _, _>((0..5000).map(|i| Some(vec![Some(i)])));
    let columns: [(&str, ArrayRef); 2] = [("tags", Arc::new(tags)), ("ids", Arc::new(ids))];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let (bytes, _) = encode(&batch.schema(), &ParquetOptions::new(), &[vec![batch.clone()]]);
    let footer = footer(&bytes);
    let [tags, ids] = footer.row_group(0).columns() else { panic!("two leaves") };
    assert!(tags.dictionary_page_offset().is_some());
    assert!(ids.dictionary_page_offset().is_none());
}

#[test]
fn a_row_of_many_values_keeps_its_dictionary() {
    let digits = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(
        (0..200_000).map(|i| Some(i % 10)),
    )]);
    let batch = RecordBatch::try_from_iter([("a", Arc::new(digits) as ArrayRef)]).unwrap();
    let groups = [vec![batch.clone(), batch.clone()]];
    let (bytes, _) = encode(&batch.schema(), &ParquetOptions::new(), &groups);
    let footer = footer(&bytes);
    let chunk = footer.row_group(0).column(0);
    assert!(chunk.dictionary_page_offset().is_some());
    assert!(chunk.uncompressed_size() < 400_000, "{} bytes", chunk.uncompressed_size());
    assert_eq!(read(&bytes).num_rows(), 2);
}

#[test]
fn a_dictionary_that_no_page_uses_is_not_written() {
    let text = "x".repeat(9 << 20);
    let column: ArrayRef = Arc::new(StringArray::from_iter_values(std::iter::repeat_n(&text, 2)));
    let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
    let options = ParquetOptions::new().with_dictionary(DictionaryPolicy::Always);
    let (bytes, _) = encode(&batch.schema(), &options, &[vec![batch.clone()]]);
    assert!(footer(&bytes).row_group(0).column(0).dictionary_page_offset().is_none());
    assert_eq!(read(&bytes), batch);
}

/// Cut to 64 bytes, the least string of the second page is less than that of the first.
#[test]
fn the_order_of_pages_is_that_of_their_stored_bounds() {
    let texts = (0..200).map(|row| format!("{}{}t", "x".repeat(63), ["z", "é"][row / 100]));
    let column: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
    let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
    let options = ParquetOptions::new()
        .with_dictionary(DictionaryPolicy::Never)
        .with_data_page_bytes(MIN_DATA_PAGE_BYTES);
    let (bytes, _) = encode(&batch.schema(), &options, &[vec![batch.clone()]]);
    let footer = footer(&bytes);
    let index = &footer.column_index().unwrap()[0][0];
    assert_eq!(index.get_boundary_order(), Some(BoundaryOrder::UNORDERED));
}

#[test]
fn long_lines_are_sampled_by_bytes() {
    let text = "x".repeat(1 << 20);
    let column: ArrayRef = Arc::new(StringArray::from_iter_values(std::iter::repeat_n(&text, 3)));
    let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
    let factory = Arc::new(EncoderFactory::new(batch.schema(), &ParquetOptions::new()).unwrap());
    let mut encoder = factory.encoder().unwrap();
    (0..10).for_each(|_| encoder.write(batch.clone()).unwrap());
    assert!(encoder.memory_size() < 12 << 20, "{}", encoder.memory_size());
    assert_eq!(encoder.finish().unwrap().rows, 30);
}

#[test]
fn the_footer_has_the_indexes_the_writer_and_all_metadata() {
    let batch = flat(50_000);
    let options =
        ParquetOptions::new().with_metadata(vec![("team".to_owned(), "search".to_owned())]);
    let (bytes, _) = encode(&batch.schema(), &options, &[vec![batch.clone()]]);
    let footer = footer(&bytes);
    let file = footer.file_metadata();
    assert_eq!(file.version(), 1);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(file.created_by().unwrap(), format!("ndjson-parquet version {version}"));
    let keys: Vec<_> =
        file.key_value_metadata().unwrap().iter().map(|kv| kv.key.as_str()).collect();
    assert_eq!(keys, ["team", "ARROW:schema", "balance"]);
    let pages = &footer.offset_index().unwrap()[0][0];
    assert_eq!(pages.page_locations().len(), 2, "40,000 rows a page");
    assert!(footer.column_index().is_some());
    let statistics = footer.row_group(0).column(0).statistics().unwrap();
    assert_eq!(statistics.max_bytes_opt().unwrap(), 49_999_i64.to_le_bytes());
}

#[test]
fn what_parquet_cannot_store_is_refused_before_any_row() {
    let kind = |schema: Schema, options: ParquetOptions| {
        EncoderFactory::new(Arc::new(schema), &options).err().unwrap().kind()
    };
    let empty_struct = Field::new("s", DataType::Struct(Fields::empty()), true);
    let column = || Schema::new(vec![Field::new("a", DataType::Int64, true)]);
    let reserved = vec![("ARROW:schema".to_owned(), String::new())];
    for (schema, options) in [
        (Schema::empty(), ParquetOptions::new()),
        (Schema::new(vec![empty_struct]), ParquetOptions::new()),
        (column(), ParquetOptions::new().with_compression(Compression::Zstd(99))),
        (column(), ParquetOptions::new().with_metadata(reserved)),
    ] {
        assert_eq!(kind(schema, options), ErrorKind::Schema);
    }
}

#[test]
fn a_batch_of_another_schema_is_an_error() {
    let factory = Arc::new(EncoderFactory::new(flat(1).schema(), &ParquetOptions::new()).unwrap());
    let error = factory.encoder().unwrap().write(nested(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
}

/// Passes `left` bytes on, then fails.
struct Failing<W> {
    left: usize,
    inner: W,
}

impl<W: Write> Write for Failing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other("disk full"));
        }
        let taken = self.inner.write(&bytes[..bytes.len().min(self.left)])?;
        self.left -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[test]
fn a_write_that_fails_at_any_byte_is_an_output_error_and_leaves_nothing() {
    let batch = flat(3000);
    let groups = [vec![batch.slice(0, 2000)], vec![batch.slice(2000, 1000)]];
    let options = ParquetOptions::new();
    let (bytes, stats) = encode(&batch.schema(), &options, &groups);
    let home = tempfile::TempDir::new().unwrap();
    for sink in [Sink::file, Sink::directory] as [fn(PathBuf) -> Sink; 2] {
        for left in (0..bytes.len()).step_by(211).chain([bytes.len() - 1]) {
            let mut output = StagedOutput::begin(sink(home.path().join("out"))).unwrap();
            let part = Failing { left, inner: output.create_part(0).unwrap() };
            let error = encode_into(part, &batch.schema(), &options, &groups).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Output, "at byte {left}: {error}");
            assert!(error.message().contains("disk full"));
            drop(output);
            assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
        }
    }
    let all = Failing { left: bytes.len(), inner: Vec::new() };
    assert_eq!(encode_into(all, &batch.schema(), &options, &groups).unwrap(), stats);
}

#[test]
fn what_is_published_reads_back() {
    let batch = nested(100);
    let home = tempfile::TempDir::new().unwrap();
    let mut output = StagedOutput::begin(Sink::directory(home.path().join("out"))).unwrap();
    for index in 0..2 {
        let part = output.create_part(index).unwrap();
        encode_into(part, &batch.schema(), &ParquetOptions::new(), &[vec![batch.clone()]]).unwrap();
    }
    for path in output.publish().unwrap().paths {
        assert_eq!(read(&Bytes::from(std::fs::read(path).unwrap())), batch);
    }
}

#[test]
fn encoders_and_row_groups_may_change_threads() {
    fn is_send<T: Send>() {}
    fn is_shared<T: Send + Sync>() {}
    is_shared::<EncoderFactory>();
    is_send::<RowGroupEncoder>();
    is_send::<EncodedRowGroup>();
    is_send::<FileAssembler<Box<dyn Write + Send>>>();
}
