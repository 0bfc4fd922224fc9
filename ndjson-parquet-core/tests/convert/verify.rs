//! `verify` finds every difference between input and output. That it finds none where there is
//! none is part of most other tests.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use ndjson_parquet_core::{
    Converter, ErrorKind, OnError, ParquetOptions, Sink, Source, Verification, verify,
};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use crate::harness::*;

fn text() -> String {
    (0..5000).map(|n| format!("{{\"id\":{n},\"s\":\"{}\"}}\n", n % 7)).collect()
}

fn check(input: &str, output: &Path) -> Verification {
    verify(&Converter::new(), vec![Source::bytes("in", input)], output).unwrap()
}

fn assert_finds(found: &Verification, difference: &str) {
    let listed = &found.differences;
    assert!(listed.iter().any(|found| found.contains(difference)), "{difference}: {listed:?}");
}

#[test]
fn a_changed_value_in_the_input_is_found() {
    let converted = convert_text(&Converter::new(), text());
    let changed = text().replace("{\"id\":4321,", "{\"id\":4320,");
    let found = check(&changed, &converted.output);
    assert_eq!(found.differences, ["row 4322: column `id` differs"]);
}

#[test]
fn a_missing_and_an_extra_line_are_found() {
    let converted = convert_text(&Converter::new(), text());
    let missing = text().replacen("{\"id\":0,\"s\":\"0\"}\n", "", 1);
    let found = check(&missing, &converted.output);
    assert_finds(&found, "lines: the input has 4999, the footers say 5000");
    assert_finds(&found, "1 stored rows have no line in the input");
    let found = check(&(text() + "{\"id\":1}\n"), &converted.output);
    assert_finds(&found, "1 rows of the input are not stored");
    assert_finds(&found, "rows: the input has 5001, the footers say 5000");
    let found = check(&(text() + "\n"), &converted.output);
    assert_finds(&found, "blank lines: the input has 1, the footers say 0");
}

#[test]
fn a_bad_line_that_was_not_there_is_found() {
    let converted = convert_text(&Converter::new(), text());
    assert_finds(&check(&(text() + "oops\n"), &converted.output), "line 5001");
    let skipping = Converter::new().with_on_error(OnError::Skip);
    let converted = convert_text(&skipping, text() + "{oop\n");
    let found = check(&(text() + "[12]\n"), &converted.output);
    assert_finds(&found, "lines rejected as not_an_object: the input has 1, the footers say 0");
}

#[test]
fn a_removed_part_file_is_found_whichever_it_is() {
    let place = Place::new();
    let output = place.path("out");
    let parquet = ParquetOptions::new().with_row_group_bytes(1);
    let converter = Converter::new().with_parquet(parquet).with_target_file_bytes(1);
    converter
        .convert(vec![Source::bytes("in", text().repeat(3))], Sink::directory(&output))
        .unwrap();
    let files = parquet_files(&output);
    assert!(files.len() >= 3);
    assert_eq!(check(&text().repeat(3), &output).differences, [""; 0]);
    for file in [0, 1, files.len() - 1] {
        let hidden = place.path("hidden");
        std::fs::rename(&files[file], &hidden).unwrap();
        let found = check(&text().repeat(3), &output);
        assert_finds(&found, "rows of the input are not stored");
        assert_finds(&found, "lines: the input has 15000");
        std::fs::rename(&hidden, &files[file]).unwrap();
    }
}

/// Writes the file anew with the Parquet library, with `change` applied to its rows and `edit` to
/// its key-values.
fn rewrite(
    path: &Path,
    change: impl Fn(RecordBatch) -> RecordBatch,
    edit: impl Fn(&str, String) -> String,
) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let metadata = reader.metadata().file_metadata().key_value_metadata().unwrap();
    let metadata: Vec<_> = metadata
        .iter()
        .filter(|entry| entry.key.starts_with("ndjson-parquet."))
        .map(|entry| KeyValue {
            key: entry.key.clone(),
            value: entry.value.clone().map(|value| edit(&entry.key, value)),
        })
        .collect();
    let batches: Vec<_> = reader.build().unwrap().map(|batch| change(batch.unwrap())).collect();
    let schema = Arc::new(arrow_schema::Schema::new(batches[0].schema_ref().fields().clone()));
    let properties = WriterProperties::builder().set_key_value_metadata(Some(metadata)).build();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, schema.clone(), Some(properties)).unwrap();
    for batch in batches {
        let batch = RecordBatch::try_new(schema.clone(), batch.columns().to_vec()).unwrap();
        writer.write(&batch).unwrap();
    }
    writer.close().unwrap();
}

#[test]
fn a_changed_value_in_the_parquet_file_is_found() {
    let converted = convert_text(&Converter::new(), text());
    rewrite(&converted.output, |batch| batch, |_, value| value);
    assert_eq!(check(&text(), &converted.output).differences, [""; 0]);
    let change = |batch: RecordBatch| {
        let ids = batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap();
        let ids = ids.iter().map(|id| id.map(|id| if id == 1234 { -1 } else { id }));
        let ids: ArrayRef = Arc::new(Int64Array::from_iter(ids));
        RecordBatch::try_new(batch.schema(), vec![ids, batch.column(1).clone()]).unwrap()
    };
    rewrite(&converted.output, change, |_, value| value);
    let found = check(&text(), &converted.output);
    assert_eq!(found.differences, ["row 1235: column `id` differs"]);
}

#[test]
fn every_changed_number_of_the_footers_balance_is_found() {
    let text = "{\"a\":1,\"a\":2}\n\n{\"a\":null,\"b\":{\"c\":1}}\n[]\n{\"b\":{},\"x\":1}\n{\"a\":\"y\"}\n";
    let schema = "a: int64, b: struct<c: float64>";
    let fields = ndjson_parquet_core::parse_type(&format!("struct<{schema}>")).unwrap();
    let arrow_schema::DataType::Struct(fields) = fields else { panic!("a struct") };
    let converter = Converter::new()
        .with_schema(Arc::new(arrow_schema::Schema::new(fields)))
        .with_on_error(OnError::Skip);
    let converted = convert_text(&converter, text);
    let original = footer(&converted.output, "ndjson-parquet.balance").unwrap();
    let keys = [
        "lines",
        "rows",
        "blank",
        "rejected",
        "bytes_in",
        "duplicate_keys",
        "unknown_rescued",
        "unknown_ignored",
        "not_an_object",
        "typed",
        "widened",
        "null",
        "absent",
        "rounded",
        "rescued",
        "nulled",
    ];
    for key in keys {
        let (head, tail) = original
            .split_once(&format!("\"{key}\":"))
            .unwrap_or_else(|| panic!("no {key} in {original}"));
        let digits = tail.find(|c: char| !c.is_ascii_digit()).unwrap();
        let number: u64 = tail[..digits].parse().unwrap();
        let tampered = format!("{head}\"{key}\":{}{}", number + 1, &tail[digits..]);
        let edit = |entry: &str, value: String| {
            if entry == "ndjson-parquet.balance" { tampered.clone() } else { value }
        };
        rewrite(&converted.output, |batch| batch, edit);
        let found = check(text, &converted.output);
        assert!(!found.differences.is_empty(), "{key} was {number}");
    }
}

#[test]
fn what_is_no_output_of_ours_cannot_be_verified() {
    let place = Place::new();
    let source = || vec![Source::bytes("in", "{}\n")];
    let missing = verify(&Converter::new(), source(), place.path("gone")).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Source);
    let text = place.write("text.parquet", "no parquet");
    let damaged = verify(&Converter::new(), source(), &text).unwrap_err();
    assert_eq!(damaged.kind(), ErrorKind::Parquet);
    let converted = convert_text(&Converter::new(), text_of_one_row());
    rewrite(&converted.output, |batch| batch, |_, value| value);
    let bytes = converted.bytes();
    for cut in [1, 8, bytes.len() / 2] {
        let cut = place.write("cut.parquet", &bytes[..bytes.len() - cut]);
        let error = verify(&Converter::new(), source(), &cut).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Parquet);
    }
}

fn text_of_one_row() -> &'static str {
    "{\"a\":1}\n"
}
