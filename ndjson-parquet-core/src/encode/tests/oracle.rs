//! Our encoder against the Parquet library's own: the same batches, written by both, have to read
//! back the same and to say the same of themselves.

use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, ArrowNativeTypeOp, BinaryArray, BooleanArray, Date32Array, Decimal128Array,
    Decimal256Array, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array,
    LargeStringArray, ListArray, MapArray, RecordBatch, StringArray, StructArray,
    Time32MillisecondArray, Time64MicrosecondArray, Time64NanosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt8Array,
    UInt16Array, UInt32Array, UInt64Array,
};
use arrow_buffer::{NullBuffer, OffsetBuffer, i256};
use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use proptest::prelude::*;

use super::super::{DictionaryPolicy, ParquetOptions};
use super::{encode, footer, read};

/// Small numbers out of a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A number that is small, of any size, or one of the ends of its type.
    fn number(&mut self) -> i64 {
        match self.below(8) {
            0 => self.next() as i64,
            1 => i64::MIN,
            2 => i64::MAX,
            _ => self.below(20) as i64 - 10,
        }
    }

    fn float(&mut self) -> f64 {
        match self.below(8) {
            0 => -0.0,
            1 => 0.0,
            2 => f64::INFINITY,
            3 => f64::from_bits(self.next()),
            4 => f64::NAN,
            _ => self.below(20) as f64 / 3.0,
        }
    }

    fn text(&mut self) -> String {
        let length = [0, 1, 5, 7, 8, 9, 63, 64, 65, 70][self.below(10) as usize];
        let unit = ["a", "b", "é", "a\u{10ffff}", "\u{fffd}"][self.below(5) as usize];
        let mut text: String = std::iter::repeat_n(unit, length / unit.len()).collect();
        text.push_str(["", "x", "é"][self.below(3) as usize]);
        text
    }
}

const ROOT: &[DataType] = &[
    DataType::Boolean,
    DataType::Int8,
    DataType::Int16,
    DataType::Int32,
    DataType::Int64,
    DataType::UInt8,
    DataType::UInt16,
    DataType::UInt32,
    DataType::UInt64,
    DataType::Float32,
    DataType::Float64,
    DataType::Decimal128(1, 0),
    DataType::Decimal128(9, 2),
    DataType::Decimal128(18, 3),
    DataType::Decimal128(19, 4),
    DataType::Decimal128(38, 10),
    DataType::Decimal256(9, 2),
    DataType::Decimal256(18, 3),
    DataType::Decimal256(30, 3),
    DataType::Decimal256(76, 10),
    DataType::Binary,
    DataType::Time32(TimeUnit::Millisecond),
    DataType::Time64(TimeUnit::Microsecond),
    DataType::Time64(TimeUnit::Nanosecond),
    DataType::Date32,
    DataType::Timestamp(TimeUnit::Second, None),
    DataType::Timestamp(TimeUnit::Millisecond, None),
    DataType::Timestamp(TimeUnit::Nanosecond, None),
    DataType::Utf8,
    DataType::LargeUtf8,
    DataType::Utf8View,
];

fn data_type(random: &mut Random, depth: u32) -> DataType {
    let field = |random: &mut Random, name: &str| {
        Field::new(name, data_type(random, depth - 1), random.below(3) > 0)
    };
    match random.below(5) {
        2 if depth > 0 => {
            let pair = [Field::new("key", DataType::Utf8, false), field(random, "value")];
            let entries = Field::new("entries", DataType::Struct(Fields::from_iter(pair)), false);
            DataType::Map(Arc::new(entries), false)
        }
        0 if depth > 0 => DataType::List(Arc::new(field(random, "item"))),
        1 if depth > 0 => {
            let count = 1 + random.below(3);
            let fields = (0..count).map(|index| field(random, &format!("f{index}")));
            DataType::Struct(fields.collect::<Vec<_>>().into())
        }
        _ => ROOT[random.below(ROOT.len() as u64) as usize].clone(),
    }
}

/// Null patterns: none, all, runs, and here and there.
fn validity(random: &mut Random, length: usize, nullable: bool) -> Option<NullBuffer> {
    let pattern = random.below(6);
    let mut is_valid = true;
    nullable.then(|| {
        NullBuffer::from_iter((0..length).map(|_| {
            match pattern {
                0 => is_valid = true,
                1 => is_valid = false,
                2 | 3 => is_valid ^= random.below(20) == 0,
                _ => is_valid = random.below(3) > 0,
            }
            is_valid
        }))
    })
}

fn array(random: &mut Random, field: &Field, length: usize) -> ArrayRef {
    use DataType::*;
    let nulls = validity(random, length, field.is_nullable());
    macro_rules! numbers {
        ($array:ty, $native:ty) => {
            Arc::new(<$array>::new(
                (0..length).map(|_| random.number() as $native).collect(),
                nulls,
            ))
        };
    }
    macro_rules! strings {
        ($array:ty) => {{
            let values = (0..length).map(|i| {
                let text = random.text();
                nulls.as_ref().is_none_or(|nulls| nulls.is_valid(i)).then_some(text)
            });
            Arc::new(<$array>::from_iter(values))
        }};
    }
    match field.data_type() {
        Boolean => {
            let values = (0..length).map(|_| random.below(3) == 0).collect();
            Arc::new(BooleanArray::new(values, nulls))
        }
        Int8 => numbers!(Int8Array, i8),
        Int16 => numbers!(Int16Array, i16),
        Int32 => numbers!(Int32Array, i32),
        Int64 => numbers!(Int64Array, i64),
        UInt8 => numbers!(UInt8Array, u8),
        UInt16 => numbers!(UInt16Array, u16),
        UInt32 => numbers!(UInt32Array, u32),
        UInt64 => numbers!(UInt64Array, u64),
        Date32 => numbers!(Date32Array, i32),
        Timestamp(TimeUnit::Second, _) => numbers!(TimestampSecondArray, i64),
        Timestamp(TimeUnit::Millisecond, _) => numbers!(TimestampMillisecondArray, i64),
        Timestamp(_, _) => numbers!(TimestampNanosecondArray, i64),
        Float32 => {
            let values = (0..length).map(|_| random.float() as f32).collect();
            Arc::new(Float32Array::new(values, nulls))
        }
        Float64 => {
            let values = (0..length).map(|_| random.float()).collect();
            Arc::new(Float64Array::new(values, nulls))
        }
        Decimal128(precision, scale) => {
            let limit = 10_i128.pow(u32::from(*precision));
            let number = |random: &mut Random| i128::from(random.number()) * 7_i128.pow(20) % limit;
            let values = (0..length).map(|_| number(random)).collect();
            let array = Decimal128Array::new(values, nulls);
            Arc::new(array.with_precision_and_scale(*precision, *scale).unwrap())
        }
        Decimal256(precision, scale) => {
            let limit = i256::from_i128(10).pow_checked(u32::from(*precision)).unwrap();
            let factor = i256::from_i128(7).pow_checked(60).unwrap();
            let number = |random: &mut Random| {
                i256::from_i128(random.number().into()).wrapping_mul(factor).wrapping_rem(limit)
            };
            let values = (0..length).map(|_| number(random)).collect();
            let array = Decimal256Array::new(values, nulls);
            Arc::new(array.with_precision_and_scale(*precision, *scale).unwrap())
        }
        Time32(_) => numbers!(Time32MillisecondArray, i32),
        Time64(TimeUnit::Microsecond) => numbers!(Time64MicrosecondArray, i64),
        Time64(_) => numbers!(Time64NanosecondArray, i64),
        Binary => {
            let values = (0..length).map(|i| {
                let length = [0, 1, 5, 63, 64, 65, 70][random.below(7) as usize];
                let byte = [0, 0x61, 0xc3, 0xff][random.below(4) as usize];
                let mut bytes = vec![7];
                bytes.resize(length, byte);
                nulls.as_ref().is_none_or(|nulls| nulls.is_valid(i)).then_some(bytes)
            });
            Arc::new(BinaryArray::from_iter(values))
        }
        Map(entries, _) => {
            let is_map = |i| nulls.as_ref().is_none_or(|nulls: &NullBuffer| nulls.is_valid(i));
            let lengths = (0..length).map(|i| if is_map(i) { random.below(4) as usize } else { 0 });
            let offsets = OffsetBuffer::from_lengths(lengths.collect::<Vec<_>>());
            let pairs = array(random, entries, *offsets.last().unwrap() as usize);
            let pairs = pairs.as_struct().clone();
            Arc::new(MapArray::new(Arc::clone(entries), offsets, pairs, nulls, false))
        }
        Utf8 => strings!(StringArray),
        LargeUtf8 => strings!(LargeStringArray),
        Utf8View => {
            let mut builder = StringViewBuilder::new();
            for i in 0..length {
                let text = random.text();
                let is_valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(i));
                builder.append_option(is_valid.then_some(text));
            }
            Arc::new(builder.finish())
        }
        List(item) => {
            let is_list = |i| nulls.as_ref().is_none_or(|nulls: &NullBuffer| nulls.is_valid(i));
            let lengths =
                (0..length).map(|i| if is_list(i) { random.below(4) as usize } else { 0 });
            let offsets = OffsetBuffer::from_lengths(lengths.collect::<Vec<_>>());
            let values = array(random, item, *offsets.last().unwrap() as usize);
            Arc::new(ListArray::new(Arc::clone(item), offsets, values, nulls))
        }
        Struct(fields) => {
            let columns = fields.iter().map(|field| {
                let column = array(random, field, length);
                mask(field, column, nulls.as_ref())
            });
            let columns = columns.collect();
            Arc::new(StructArray::new(Fields::clone(fields), columns, nulls))
        }
        other => unreachable!("{other}"),
    }
}

/// Empties the lists that a null struct hides: our decoder never makes others.
fn mask(field: &Field, column: ArrayRef, parent: Option<&NullBuffer>) -> ArrayRef {
    let Some(parent) = parent else { return column };
    match field.data_type() {
        DataType::List(item) => {
            let list = column.as_list::<i32>();
            let mut lengths = Vec::new();
            let mut kept = Vec::new();
            for (row, range) in list.value_offsets().windows(2).enumerate() {
                let range = if parent.is_valid(row) { range[0]..range[1] } else { 0..0 };
                lengths.push(range.len());
                kept.extend(range.map(|index| index as u32));
            }
            let values =
                arrow_select::take::take(list.values(), &UInt32Array::from(kept), None).unwrap();
            let offsets = OffsetBuffer::from_lengths(lengths);
            Arc::new(ListArray::new(Arc::clone(item), offsets, values, list.nulls().cloned()))
        }
        DataType::Map(entries, _) => {
            let map = column.as_map();
            let mut lengths = Vec::new();
            let mut kept = Vec::new();
            for (row, range) in map.value_offsets().windows(2).enumerate() {
                let range = if parent.is_valid(row) { range[0]..range[1] } else { 0..0 };
                lengths.push(range.len());
                kept.extend(range.map(|index| index as u32));
            }
            let pairs = arrow_select::take::take(map.entries(), &UInt32Array::from(kept), None);
            let pairs = pairs.unwrap().as_struct().clone();
            let offsets = OffsetBuffer::from_lengths(lengths);
            let nulls = map.nulls().cloned();
            Arc::new(MapArray::new(Arc::clone(entries), offsets, pairs, nulls, false))
        }
        DataType::Struct(fields) => {
            let inner = column.as_struct();
            let columns = fields.iter().zip(inner.columns());
            let columns = columns.map(|(field, column)| mask(field, column.clone(), Some(parent)));
            Arc::new(StructArray::new(fields.clone(), columns.collect(), inner.nulls().cloned()))
        }
        _ => column,
    }
}

fn batch(seed: u64, rows: usize) -> RecordBatch {
    let mut random = Random(seed);
    let fields: Vec<Field> = (0..1 + random.below(4))
        .map(|index| {
            let nullable = random.below(3) > 0;
            Field::new(format!("c{index}"), data_type(&mut random, 3), nullable)
        })
        .collect();
    let columns = fields.iter().map(|field| array(&mut random, field, rows)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

/// The same batch by the Parquet library, with the same settings.
fn written_by_the_library(batch: &RecordBatch, policy: DictionaryPolicy) -> Bytes {
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(policy == DictionaryPolicy::Always)
        .set_statistics_enabled(EnabledStatistics::Page)
        .build();
    let mut out = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut out, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    out.into()
}

/// What a file says of each of its chunks and pages.
fn claims(file: &ParquetMetaData) -> Vec<(String, String)> {
    let mut claims = Vec::new();
    for (index, chunk) in file.row_group(0).columns().iter().enumerate() {
        let column_index = &file.column_index().unwrap()[0][index];
        let offsets = &file.offset_index().unwrap()[0][index];
        let of_chunk = format!(
            "{}: {} values, statistics {:?}, text {:?}, levels {:?} {:?}",
            chunk.column_path(),
            chunk.num_values(),
            chunk.statistics(),
            chunk.unencoded_byte_array_data_bytes(),
            chunk.definition_level_histogram(),
            chunk.repetition_level_histogram(),
        );
        let first_rows = offsets.page_locations.iter().map(|page| page.first_row_index);
        let of_pages = format!(
            "{column_index:?} {:?} {:?}",
            offsets.unencoded_byte_array_data_bytes,
            first_rows.collect::<Vec<_>>(),
        );
        claims.push((of_chunk, of_pages));
    }
    claims
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn files_read_back_and_describe_themselves_as_those_of_the_library(
        seed in any::<u64>(), rows in 1..300_usize, cut in 0..300_usize,
    ) {
        let batch = batch(seed, rows);
        let cut = cut.min(rows);
        for policy in [DictionaryPolicy::Always, DictionaryPolicy::Never] {
            let options = ParquetOptions::new().with_dictionary(policy);
            let portions = vec![batch.slice(0, cut), batch.slice(cut, rows - cut)];
            let (ours, _) = encode(&batch.schema(), &options, &[portions]);
            prop_assert!(read(&ours) == batch);
            let theirs = written_by_the_library(&batch, policy);
            let (ours, theirs) = (claims(&footer(&ours)), claims(&footer(&theirs)));
            prop_assert_eq!(ours.len(), theirs.len());
            for ((our_chunk, our_pages), (chunk, pages)) in ours.into_iter().zip(theirs) {
                prop_assert_eq!(&our_chunk, &chunk);
                // In lists and maps the library takes pages for null that have as many nulls as rows.
                if ![".list.", ".entries."].iter().any(|step| our_chunk.contains(step)) {
                    prop_assert_eq!(our_pages, pages);
                }
            }
        }
    }

    #[test]
    fn pages_do_not_depend_on_how_rows_are_cut_into_batches(
        seed in any::<u64>(), rows in 1..1000_usize, cuts in proptest::collection::vec(1..200_usize, 1..10),
    ) {
        let batch = batch(seed, rows);
        let options = ParquetOptions::new()
            .with_data_page_bytes(1)
            .with_dictionary(DictionaryPolicy::Never);
        let (mut at, mut portions, mut cuts) = (0, Vec::new(), cuts.iter().cycle());
        while at < rows {
            let length = (*cuts.next().unwrap()).min(rows - at);
            portions.push(batch.slice(at, length));
            at += length;
        }
        let (whole, _) = encode(&batch.schema(), &options, &[vec![batch.clone()]]);
        let (cut, _) = encode(&batch.schema(), &options, &[portions]);
        prop_assert!(whole == cut);
        prop_assert!(read(&whole) == batch);
    }
}
