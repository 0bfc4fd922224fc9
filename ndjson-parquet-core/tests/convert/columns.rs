//! Options of single columns, Bloom filters, and the order of rows, by the Parquet library's reader.

use std::fmt::Write;
use std::fs::File;
use std::path::Path;

use ndjson_parquet_core::{
    BloomFilter, Converter, ErrorKind, ParquetColumn, ParquetOptions, Partitioning, Sink, SortKey,
    Source, inspect, verify,
};
use parquet::bloom_filter::Sbbf;
use parquet::file::properties::ReaderProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::serialized_reader::ReadOptionsBuilder;

use crate::harness::*;

fn with_columns(columns: &[&str]) -> Converter {
    let columns = columns.iter().map(|column| column.parse().unwrap());
    let parquet = columns.fold(ParquetOptions::new(), ParquetOptions::with_column);
    Converter::new().with_parquet(parquet)
}

fn text(rows: usize) -> String {
    let mut text = String::new();
    for n in 0..rows {
        let mixed = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        writeln!(
            text,
            "{{\"id\":{n},\"s\":\"{mixed:x}\",\"k\":{},\"u\":{{\"a\":\"a{}\",\"b\":{n}}},\"l\":[{n},null]}}",
            n % 7,
            n % 3
        )
        .unwrap();
    }
    text
}

#[test]
fn columns_have_the_codec_dictionary_and_statistics_asked_for() {
    let columns = [
        "id:codec=none,dictionary=always,statistics=chunk",
        "u:codec=gzip:9,statistics=off",
        "u.b:codec=snappy",
        "l[]:dictionary=always,statistics=page",
        "k:dictionary=never",
    ];
    let converted = convert_text(&with_columns(&columns), text(3000));
    let found = inspect(&converted.output).unwrap();
    let chunks: Vec<_> = found.row_groups[0]
        .columns
        .iter()
        .map(|chunk| {
            let has_bounds = chunk.min.is_some() && chunk.max.is_some();
            (
                chunk.path.as_str(),
                chunk.codec.as_str(),
                chunk.dictionary,
                has_bounds,
                chunk.page_index,
            )
        })
        .collect();
    let expected = [
        ("id", "UNCOMPRESSED", true, true, false),
        ("s", "ZSTD", false, true, true),
        ("k", "ZSTD", false, true, true),
        ("u.a", "GZIP", true, false, false),
        ("u.b", "SNAPPY", false, false, false),
        ("l.list.item", "ZSTD", true, true, true),
    ];
    assert_eq!(chunks, expected);
}

#[test]
fn an_option_of_a_column_that_is_not_there_is_an_error_and_one_that_comes_late_is_none() {
    let convert =
        |converter: &Converter, text: &str| convert(converter, vec![Source::bytes("in", text)]);
    let error = failure(convert(&with_columns(&["x:codec=none"]), "{\"id\":1}\n"));
    assert_eq!(error.kind(), ErrorKind::Schema);
    assert!(
        error.message().contains("column `x:codec=none`: expected a column of this name"),
        "{error}"
    );
    let error = failure(convert(&with_columns(&["b:bloom=on"]), "{\"b\":true}\n"));
    assert!(
        error
            .message()
            .contains("column `b`: expected a type that can have a Bloom filter, found boolean"),
        "{error}"
    );
    let late = "{\"id\":1}\n".repeat(100) + "{\"x\":2}\n";
    let converter = with_columns(&["x:codec=none"]).with_sample_bytes(10);
    let converted = convert(&converter, &late).unwrap();
    let found = inspect(&converted.output).unwrap();
    assert_eq!(found.row_groups[0].columns[1].codec, "UNCOMPRESSED");
}

/// The filters of the first row group, by the Parquet library's reader.
fn filters(path: &Path) -> Vec<Option<Sbbf>> {
    let properties = ReaderProperties::builder().set_read_bloom_filter(true).build();
    let options = ReadOptionsBuilder::new().with_reader_properties(properties).build();
    let file = File::open(path).unwrap();
    let reader = SerializedFileReader::new_with_options(file, options).unwrap();
    let group = reader.get_row_group(0).unwrap();
    (0..group.num_columns()).map(|column| group.get_column_bloom_filter(column).cloned()).collect()
}

#[test]
fn a_bloom_filter_has_every_value_and_few_others() {
    let columns =
        ["id:bloom=on", "s:bloom=on,fpp=0.001,dictionary=always", "u.a:bloom=on,ndv=1000"];
    let converted = convert_text(&with_columns(&columns), text(3000));
    let filters = filters(&converted.output);
    let has: Vec<_> = filters.iter().map(Option::is_some).collect();
    assert_eq!(has, [true, true, false, true, false, false]);
    let id = filters[0].as_ref().unwrap();
    assert!((0..3000_i64).all(|n| id.check(&n)));
    let wrong = (3000..13_000_i64).filter(|n| id.check(n)).count();
    assert!(wrong < 200, "{wrong} of 10000");
    // Made smaller once the values were known, from the 1.2 MB for as many values as rows.
    assert!(id.num_blocks() * 32 <= 16 << 10, "{} blocks", id.num_blocks());
    let s = filters[1].as_ref().unwrap();
    let text_of = |n: u64| format!("{:x}", (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    assert!((0..3000).all(|n| s.check(text_of(n).as_str())));
    let wrong = (3000..13_000).filter(|n| s.check(text_of(*n).as_str())).count();
    assert!(wrong < 40, "{wrong} of 10000");
    let a = filters[2 + 1].as_ref().unwrap();
    assert!(["a0", "a1", "a2"].iter().all(|text| a.check(*text)) && !a.check("a3"));
}

/// The Parquet library writes the same values with filters of its own, and finds the same in both.
#[test]
fn bloom_filters_of_every_type_find_what_those_of_the_parquet_library_find() {
    let types = "struct<a: int8, b: int16, c: int32, d: uint8, e: uint16, f: uint32, g: uint64, h: float32, \
                 i: float64, j: decimal(9,2), k: decimal(18,2), l: decimal(38,2), m: date32, n: timestamp(ms), \
                 o: timestamp(us, UTC), p: timestamp(ns), q: large_utf8, r: utf8_view, s: list<int64>>";
    let arrow_schema::DataType::Struct(fields) = ndjson_parquet_core::parse_type(types).unwrap()
    else {
        panic!("a struct")
    };
    let mut text = String::new();
    for n in 0..50 {
        writeln!(
            text,
            "{{\"a\":-{n},\"b\":-{n},\"c\":-{n},\"d\":{n},\"e\":{n},\"f\":42949672{n:02},\"g\":184467440737095516{n:02},\
             \"h\":{n}.5,\"i\":{n}.1,\"j\":-{n}.25,\"k\":-{n}.25,\"l\":-{n}.25,\"m\":\"2024-01-{:02}\",\
             \"n\":\"2024-01-01T00:00:{n:02}\",\"o\":\"2024-01-01T00:00:{n:02}Z\",\"p\":\"2024-01-01T00:00:{n:02}\",\
             \"q\":\"q{n}\",\"r\":\"a text of more than twelve bytes {n}\",\"s\":[{n},null]}}\n{{}}",
            1 + n % 28
        )
        .unwrap();
    }
    let names: Vec<_> = fields.iter().map(|field| field.name().clone()).collect();
    let schema = std::sync::Arc::new(arrow_schema::Schema::new(fields));
    let filter = BloomFilter::new().with_ndv(100);
    let columns =
        names.iter().map(|name| ParquetColumn::new(name).unwrap().with_bloom_filter(filter));
    let parquet = columns.fold(ParquetOptions::new(), ParquetOptions::with_column);
    let converter = Converter::new().with_schema(schema).with_parquet(parquet);
    let converted = convert_text(&converter, text);

    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(
        File::open(&converted.output).unwrap(),
    )
    .unwrap();
    let properties = parquet::file::properties::WriterProperties::builder()
        .set_bloom_filter_enabled(true)
        .set_bloom_filter_max_ndv(100)
        .set_bloom_filter_fpp(0.01)
        .build();
    let theirs = converted.place.path("theirs.parquet");
    let mut writer = parquet::arrow::ArrowWriter::try_new(
        File::create(&theirs).unwrap(),
        reader.schema().clone(),
        Some(properties),
    )
    .unwrap();
    for batch in reader.build().unwrap() {
        writer.write(&batch.unwrap()).unwrap();
    }
    writer.close().unwrap();
    let blocks = |filter: &Option<Sbbf>| {
        let mut bytes = Vec::new();
        let mut filter = filter.clone().unwrap();
        // Both as small as can be, whatever size they were made with.
        filter.fold_to_target_fpp(0.5);
        filter.write(&mut bytes).unwrap();
        bytes
    };
    let (ours, theirs) = (filters(&converted.output), filters(&theirs));
    for ((name, ours), theirs) in names.iter().zip(&ours).zip(&theirs) {
        assert_eq!(blocks(ours), blocks(theirs), "{name}");
    }
}

#[test]
fn rows_are_sorted_within_row_groups_and_the_footer_says_so() {
    let mut text = String::new();
    for n in 0..1000_u64 {
        let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let k = if n % 10 == 3 { "null".to_owned() } else { (mixed % 5).to_string() };
        writeln!(
            text,
            "{{\"id\":{n},\"u\":{{\"a\":1,\"b\":2}},\"k\":{k},\"s\":\"s{}\"}}",
            mixed % 4
        )
        .unwrap();
    }
    let keys: Vec<SortKey> = ["k:desc:nulls-first", "s"].map(|key| key.parse().unwrap()).to_vec();
    let parquet = ParquetOptions::new().with_sort(keys).with_row_group_rows(300);
    let converter = Converter::new().with_parquet(parquet);
    let converted = convert_text(&converter, text.as_str());
    // By hand: the same by Rust's own sort, which is stable.
    let mut expected = Vec::new();
    for group in parse_lines(&text).chunks(300) {
        let mut group = group.to_vec();
        group.sort_by_key(|row| {
            let k = row["k"].as_i64();
            (k.is_some(), std::cmp::Reverse(k), row["s"].as_str().unwrap().to_owned())
        });
        expected.extend(group);
    }
    assert!(converted.rows() == expected);
    let reader = SerializedFileReader::new(File::open(&converted.output).unwrap()).unwrap();
    assert_eq!(reader.metadata().num_row_groups(), 4);
    for group in reader.metadata().row_groups() {
        let columns = group.sorting_columns().unwrap();
        let columns: Vec<_> = columns
            .iter()
            .map(|column| (column.column_idx, column.descending, column.nulls_first))
            .collect();
        assert_eq!(columns, [(3, true, true), (4, false, false)]);
    }
    // A value that changed is found in its new place, and a missing line as well.
    let sources = |text: String| vec![Source::bytes("in", text)];
    let found = converted.verify(sources(text.replace("\"id\":13,", "\"id\":14,")));
    assert_eq!(found.differences.len(), 1, "{:?}", found.differences);
    assert!(found.differences[0].ends_with("column `id` differs"));
    let (_, rest) = text.split_once('\n').unwrap();
    assert!(!converted.verify(sources(rest.to_owned())).differences.is_empty());
}

#[test]
fn sorted_output_is_the_same_for_any_number_of_threads_in_partitions_too() {
    let text = text(5000);
    let parquet = || {
        let parquet =
            ParquetOptions::new().with_sort(vec![SortKey::new("s").with_descending(true)]);
        parquet.with_row_group_bytes(1).with_row_group_rows(70)
    };
    let mut first = None;
    for count in [1, 2, 8] {
        let place = Place::new();
        let converter = Converter::new()
            .with_partitioning(Partitioning::new().with_levels("k").unwrap())
            .with_parquet(parquet())
            .with_threads(threads(count));
        let source = vec![Source::bytes("in", text.as_str())];
        let output = place.path("out");
        let summary = converter.convert(source.clone(), Sink::directory(&output)).unwrap();
        let found = verify(&Converter::new(), source, &output).unwrap();
        assert_eq!(found.differences, [""; 0]);
        assert_eq!(summary.partitions, 7);
        let bytes: Vec<_> =
            summary.files.iter().map(|file| std::fs::read(&file.path).unwrap()).collect();
        assert!(*first.get_or_insert_with(|| bytes.clone()) == bytes, "{count} threads");
    }
}

#[test]
fn what_has_no_order_cannot_be_sorted_by() {
    for (key, words) in
        [("x", "no column of this name"), ("u", "lists or objects"), ("l", "lists or objects")]
    {
        let parquet = ParquetOptions::new().with_sort(vec![SortKey::new(key)]);
        let converter = Converter::new().with_parquet(parquet);
        let error = failure(convert(&converter, vec![Source::bytes("in", text(3))]));
        assert_eq!(error.kind(), ErrorKind::Schema);
        assert!(error.message().contains(words), "{error}");
    }
}

#[test]
fn a_filter_has_room_for_the_rows_of_a_row_group_and_no_more() {
    let convert = |ndv: u64| {
        let parquet = ParquetOptions::new()
            .with_column(format!("id:bloom=on,ndv={ndv}").parse().unwrap())
            .with_row_group_rows(1000);
        convert_text(&Converter::new().with_parquet(parquet), text(3000)).summary.bytes_out
    };
    assert_eq!(convert(1000), convert(u64::MAX));
    assert!(convert(100) < convert(1000));
}
