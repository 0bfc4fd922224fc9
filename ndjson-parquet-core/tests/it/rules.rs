//! Rules that show only where inference, decoding and the balance sheet meet.

use std::fs::File;
use std::sync::Arc;

use arrow_array::Array;
use arrow_schema::{DataType, Field, Schema};
use arrow_select::concat::concat_batches;
use ndjson_parquet_core::{
    ColumnSummary, Converter, DuplicateKeys, OnError, Sink, Source, Summary, TypeConflicts,
    format_type, infer_schema,
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

use crate::support::{read, reader, rows, schema};

/// What a conversion wrote.
struct Converted {
    rows: Vec<Value>,
    columns: Vec<String>,
    summary: Summary,
}

impl Converted {
    fn values(&self, column: &str) -> Vec<Value> {
        self.rows.iter().map(|row| row[column].clone()).collect()
    }

    fn count(&self, column: &str) -> &ColumnSummary {
        let mut columns = self.summary.balance.columns.iter();
        columns.find(|count| count.path == column).unwrap()
    }
}

fn convert(converter: &Converter, text: &str) -> Converted {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.parquet");
    let summary = converter.convert(vec![Source::bytes("in", text)], Sink::file(&path)).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap();
    let schema = reader.schema().clone();
    let batches: Vec<_> = reader.build().unwrap().map(|batch| batch.unwrap()).collect();
    let columns = schema.fields().iter().map(|field| field.name().clone()).collect();
    Converted { rows: rows(&concat_batches(&schema, &batches).unwrap()), columns, summary }
}

#[test]
fn a_mixed_column_has_strings_as_they_are_and_anything_else_as_raw_json() {
    let text = concat!(
        "{\"v\":\"a \\\"b\\\"\"}\n",
        "{\"v\":{\"b\": 1.0}}\n",
        "{\"v\":[true,\"c\"]}\n",
        "{\"v\":1.50}\n",
        "{\"v\":null}\n",
    );
    let expected = [
        json!("a \"b\""),
        json!("{\"b\": 1.0}"),
        json!("[true,\"c\"]"),
        json!("1.50"),
        json!(null),
    ];
    let given = Converter::new().with_schema(schema(&[("v", "utf8")]));
    for converter in [Converter::new(), given] {
        let found = convert(&converter, text);
        assert_eq!(found.values("v"), expected);
        let count = found.count("v");
        assert_eq!((&*count.data_type, count.typed, count.widened, count.null), ("utf8", 1, 3, 1));
    }
}

#[test]
fn numbers_that_no_float_holds_together_are_text_as_written() {
    let found = convert(&Converter::new(), "{\"v\":1.50}\n{\"v\":9007199254740993}\n{\"v\":1e3}\n");
    assert_eq!(found.values("v"), ["1.50", "9007199254740993", "1e3"]);
}

#[test]
fn without_temporal_inference_dates_and_timestamps_are_text_as_written() {
    let converter = Converter::new().with_infer_temporal(false);
    let row = json!({
        "day": "2024-02-29", "local": "2024-02-29 12:34:56", "instant": "2024-02-29T12:34:56+02:00",
    });
    assert_eq!(convert(&converter, &format!("{row}\n")).rows, [row]);
}

#[test]
fn a_given_type_takes_forms_that_inference_does_not_read_as_it() {
    for (given, value, inferred) in [
        ("int64", "1.0", "float64"),
        ("int64", "1e2", "float64"),
        ("decimal(5,2)", "1.5", "float64"),
        ("float64", "9007199254740993", "int64"),
        ("utf8", "true", "boolean"),
        ("timestamp(us)", "\"2024-02-29\"", "date"),
        ("timestamp(us, UTC)", "\"2024-02-29T12:34Z\"", "utf8"),
        ("timestamp(us, UTC)", "\"2024-02-29t12:34:56z\"", "utf8"),
        ("timestamp(us, UTC)", "\"2024-02-29T12:34:56+0200\"", "utf8"),
        ("timestamp(ns)", "\"2024-02-29T12:34:56.1234567\"", "utf8"),
    ] {
        let line = format!("{{\"v\":{value}}}\n");
        let output = read(&reader(&[("v", given)]), &line);
        let nulls = |index: usize| output.batch.column(index).null_count();
        assert_eq!((nulls(0), nulls(1)), (0, 1), "{value} in {given}");
        let (schema, _) = infer_schema(line.as_bytes(), None).unwrap();
        assert_eq!(format_type(schema.field(0).data_type()), inferred, "{value}");
    }
}

#[test]
fn duplicate_keys_in_raw_text_and_among_unknown_fields_are_looked_for_on_error_only() {
    let line = "{\"t\":{\"a\":1,\"a\":2},\"x\":3,\"x\":4}\n";
    let converter = Converter::new().with_schema(schema(&[("t", "utf8")]));
    for duplicates in [DuplicateKeys::Last, DuplicateKeys::First] {
        let found = convert(&converter.clone().with_duplicate_keys(duplicates), line);
        assert_eq!(found.values("t"), ["{\"a\":1,\"a\":2}"]);
        assert_eq!(found.values("_rescued_data"), ["{\"x\":3,\"x\":4}"]);
        assert_eq!(found.summary.balance.duplicate_keys, 0);
    }
    for line in ["{\"t\":{\"a\":1,\"a\":2}}\n", "{\"x\":3,\"x\":4}\n"] {
        let strict = converter.clone().with_duplicate_keys(DuplicateKeys::Error);
        let found = convert(&strict.with_on_error(OnError::Skip), line);
        assert_eq!(found.summary.balance.rejected_by_kind["duplicate_key"], 1);
    }
}

#[test]
fn inference_heeds_every_value_of_a_key_that_comes_twice() {
    let found = convert(&Converter::new(), "{\"a\":\"x\",\"a\":1}\n");
    assert_eq!(found.rows, [json!({ "a": "1" })]);
}

#[test]
fn a_file_of_which_every_line_was_rejected_has_no_rows_and_one_column() {
    let found = convert(&Converter::new().with_on_error(OnError::Skip), "nope\n[]\n");
    assert_eq!(found.columns, ["_rescued_data"]);
    assert_eq!(found.rows, [Value::Null; 0]);
    assert_eq!((found.summary.balance.lines, found.summary.balance.rejected), (2, 2));
}

#[test]
fn every_row_of_a_column_is_counted_as_what_became_of_it() {
    let text = concat!(
        "{\"a\":1,\"t\":\"x\"}\n",
        "{\"a\":null,\"t\":2}\n",
        "{\"t\":null}\n",
        "{\"a\":\"no\"}\n",
        "{\"a\":1.5}\n",
    );
    let converter = Converter::new().with_schema(schema(&[("a", "int64"), ("t", "utf8")]));
    let counts = |converter: &Converter, column: &str| {
        let found = convert(converter, text);
        let of = found.count(column);
        [of.typed, of.widened, of.null, of.absent, of.rescued, of.nulled]
    };
    assert_eq!(counts(&converter, "a"), [1, 0, 1, 1, 2, 0]);
    assert_eq!(counts(&converter, "t"), [1, 1, 1, 2, 0, 0]);
    let dropping = converter.with_type_conflicts(TypeConflicts::Null);
    assert_eq!(counts(&dropping, "a"), [1, 0, 1, 1, 0, 2]);
}

/// 2.2250738585072014e-308 is the smallest number with all 53 bits, 1.17549435e-38 with all 24.
#[test]
fn numbers_too_small_for_all_their_digits_are_counted_as_rounded() {
    let rounded = |data_type, values: [&str; 4]| {
        let schema = Schema::new(vec![Field::new("f", data_type, true)]);
        let lines = values.map(|value| format!("{{\"f\":{value}}}\n")).concat();
        let summary = Converter::new()
            .with_schema(Arc::new(schema))
            .convert(vec![Source::bytes("inline", lines)], Sink::writer("memory", std::io::sink()))
            .unwrap();
        let column = &summary.balance.columns[0];
        (column.typed, column.rounded)
    };
    let doubles = ["2.2250738585072014e-308", "0e-400", "5e-324", "1e-400"];
    assert_eq!(rounded(DataType::Float64, doubles), (4, 2));
    assert_eq!(rounded(DataType::Float32, ["1.17549435e-38", "0", "1e-40", "-1e-60"]), (4, 2));
}

/// 2^24 + 1 is the first integer that a 32-bit float cannot hold.
#[test]
fn integers_that_a_float32_column_changes_are_counted_as_rounded() {
    let schema = Schema::new(vec![Field::new("f", DataType::Float32, true)]);
    let lines = "{\"f\":16777216}\n{\"f\":16777217}\n{\"f\":0.1}\n{\"f\":0.1000000000001}\n";
    let summary = Converter::new()
        .with_schema(Arc::new(schema))
        .convert(vec![Source::bytes("inline", lines)], Sink::writer("memory", std::io::sink()))
        .unwrap();
    let column = &summary.balance.columns[0];
    assert_eq!((column.typed, column.rounded), (4, 2));
}
