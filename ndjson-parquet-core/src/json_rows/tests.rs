use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_schema::{DataType, Schema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use serde_json::Value;

use super::JsonRows;
use crate::schema::parse_type;
use crate::{Converter, ErrorKind, Hints, Sink, Source};

fn columns(text: &str) -> Arc<Schema> {
    let DataType::Struct(fields) = parse_type(&format!("struct<{text}>")).unwrap() else {
        panic!("a struct")
    };
    Arc::new(Schema::new(fields))
}

fn converted(converter: &Converter, text: &str, path: &Path) {
    let sink = Sink::file(path).with_overwrite(true);
    converter.convert(vec![Source::bytes("in", text)], sink).unwrap();
}

fn rows(rows: JsonRows, path: &Path) -> String {
    let mut text = Vec::new();
    let count = rows.write(path, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.lines().count() as u64, count);
    text
}

fn batches(path: &Path) -> Vec<RecordBatch> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    reader.build().unwrap().collect::<Result<_, _>>().unwrap()
}

const EVERY_TYPE: &str = "\
b: boolean, i8: int8, i64: int64, u64: uint64, f32: float32, f64: float64, d: decimal(38,4), \
s: utf8, large: large_utf8, view: utf8_view, day: date, ts: timestamp(us), ns: timestamp(ns), \
utc: timestamp(ms, UTC), berlin: timestamp(us, \"Europe/Berlin\"), l: list<list<int32>>, \
o: struct<x: struct<y: utf8>, z: list<struct<k: decimal(5,2)>>>";

#[test]
fn every_type_is_written_as_json_reads_it() {
    let line = "{\"b\":true,\"i8\":-8,\"i64\":-9223372036854775808,\"u64\":18446744073709551615,\
                \"f32\":0.1,\"f64\":1.5,\"d\":1234567890123456789012345678901234.5678,\
                \"s\":\"\\\"\\u0000é\\n\",\"large\":\"l\",\"view\":\"a text of more than twelve\",\
                \"day\":\"1969-12-31\",\"ts\":\"2024-02-29T01:02:03.000004\",\
                \"ns\":\"2024-02-29T01:02:03.000000004\",\"utc\":\"2024-02-29T01:02:03.004Z\",\
                \"berlin\":\"2024-07-01T12:00:00+02:00\",\"l\":[[1,null],[],null],\
                \"o\":{\"x\":{\"y\":\"\"},\"z\":[{\"k\":-0.05},null]}}\n";
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.parquet");
    converted(&Converter::new().with_schema(columns(EVERY_TYPE)), line, &path);
    let line = line.replace("2024-07-01T12:00:00+02:00", "2024-07-01T10:00:00Z");
    assert_eq!(rows(JsonRows::new(), &path), line);
}

#[test]
fn nulls_leave_no_key_unless_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.parquet");
    let text = "{\"a\":1}\n{\"b\":{\"c\":null,\"d\":[null]}}\n{}\n";
    converted(
        &Converter::new()
            .with_schema(columns("a: int64, b: struct<c: int64, d: list<int64>>"))
            .with_unknown_fields(crate::UnknownFields::Ignore)
            .with_type_conflicts(crate::TypeConflicts::Error),
        text,
        &path,
    );
    let expected = "{\"a\":1}\n{\"b\":{\"d\":[null]}}\n{}\n";
    assert_eq!(rows(JsonRows::new(), &path), expected);
    let expected = "{\"a\":1,\"b\":null}\n{\"a\":null,\"b\":{\"c\":null,\"d\":[null]}}\n\
                    {\"a\":null,\"b\":null}\n";
    assert_eq!(rows(JsonRows::new().with_explicit_nulls(true), &path), expected);
}

#[test]
fn rescued_values_go_back_to_where_they_were() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.parquet");
    let text = "{\"a\":\"x\",\"n.w\":{\"deep\":[1.50]}}\n\
                {\"a\":1,\"l\":[{\"k\":1},{\"k\":\"t\"}]}\n\
                {\"l\":[7,{\"k\":2,\"é \\\"\":1e400}]}\n{\"a\":2}\n";
    converted(
        &Converter::new().with_schema(columns("a: int64, l: list<struct<k: int64>>")),
        text,
        &path,
    );
    let rows_as_text = rows(JsonRows::new(), &path);
    assert!(
        rows_as_text.lines().next().unwrap().starts_with("{\"_rescued_data\":\""),
        "{rows_as_text}"
    );
    let merged = rows(JsonRows::new().with_merge_rescued(true), &path);
    let values = |text: &str| -> Vec<Value> {
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    assert_eq!(values(&merged), values(text));
}

#[test]
fn a_rescued_value_without_a_place_keeps_its_column() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.parquet");
    // A column of the user's own, as text.
    let hints = Hints::new().with_hint("_rescued_data=utf8").unwrap();
    for rescued in ["{\"a\":2}", "{\"a.b\":2}", "{\"l[3]\":2}", "{\"\":1}", "{\"a[\":1}", "no JSON"]
    {
        let line =
            serde_json::json!({"a": 1, "l": [1], "_rescued_data": rescued}).to_string() + "\n";
        converted(&Converter::new().with_hints(hints.clone()), &line, &path);
        let merged = rows(JsonRows::new().with_merge_rescued(true), &path);
        let found: Value = serde_json::from_str(&merged).unwrap();
        assert_eq!(found, serde_json::from_str::<Value>(&line).unwrap(), "{rescued}");
    }
}

#[test]
fn a_limit_ends_the_rows_of_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out");
    let text: String = (0..20_000).map(|n| format!("{{\"n\":{n}}}\n")).collect();
    let parquet = crate::ParquetOptions::new().with_row_group_bytes(1).with_row_group_rows(5000);
    let converter = Converter::new().with_parquet(parquet).with_target_file_bytes(1);
    converter.convert(vec![Source::bytes("in", text.clone())], Sink::directory(&path)).unwrap();
    assert!(std::fs::read_dir(&path).unwrap().count() > 1);
    assert_eq!(rows(JsonRows::new(), &path), text);
    for limit in [0, 1, 4096, 4097, 19_999, 20_000, u64::MAX] {
        let found = rows(JsonRows::new().with_limit(limit), &path);
        assert!(text.starts_with(&found) && found.lines().count() as u64 == limit.min(20_000));
    }
}

#[test]
fn what_cannot_be_read_or_written_is_an_error_of_its_kind() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let kind = |path: &Path| JsonRows::new().write(path, Full).unwrap_err().kind();
    assert_eq!(kind(directory.path()), ErrorKind::Parquet);
    assert_eq!(kind(&directory.path().join("none")), ErrorKind::Source);
    let path = directory.path().join("out.parquet");
    converted(&Converter::new(), "{\"a\":1}\n", &path);
    assert_eq!(kind(&path), ErrorKind::Output);
}

/// A value for each column of [`EVERY_TYPE`] that is there, in any notation that fits its type.
fn any_row() -> impl Strategy<Value = Value> {
    let text = || any::<String>().prop_map(Value::from);
    let moment = |format: &'static str| {
        (-62_000_000_000_i64..250_000_000_000, 0_u32..1_000_000_000).prop_map(
            move |(seconds, nanos)| {
                let moment = chrono::DateTime::from_timestamp(seconds, nanos).unwrap();
                Value::from(moment.format(format).to_string())
            },
        )
    };
    let decimal =
        |digits: &'static str| digits.prop_map(|text| serde_json::from_str(&text).unwrap());
    let fields: Vec<(&str, BoxedStrategy<Value>)> = vec![
        ("b", any::<bool>().prop_map(Value::from).boxed()),
        ("i8", any::<i8>().prop_map(Value::from).boxed()),
        ("i64", any::<i64>().prop_map(Value::from).boxed()),
        ("u64", any::<u64>().prop_map(Value::from).boxed()),
        ("f32", any::<f32>().prop_map(Value::from).boxed()),
        ("f64", any::<f64>().prop_map(Value::from).boxed()),
        ("d", decimal("-?[1-9][0-9]{0,33}(\\.[0-9]{1,4})?").boxed()),
        ("s", text().boxed()),
        ("large", text().boxed()),
        ("view", text().boxed()),
        ("day", moment("%Y-%m-%d").boxed()),
        ("ts", moment("%Y-%m-%dT%H:%M:%S%.6f").boxed()),
        ("ns", Just(Value::from("2100-01-01T00:00:00.000000001")).boxed()),
        ("utc", moment("%Y-%m-%dT%H:%M:%S%.3fZ").boxed()),
        ("berlin", moment("%Y-%m-%dT%H:%M:%S%.6f-08:00").boxed()),
        ("l", Just(serde_json::json!([[1, null], [], null])).boxed()),
        ("o", text().prop_map(|y| serde_json::json!({"x": {"y": y}, "z": [{"k": 1.25}]})).boxed()),
        ("new", text().boxed()),
    ];
    let fields: Vec<_> = fields
        .into_iter()
        .map(|(name, values)| {
            // What does not fit, and nulls, among them.
            let odd = prop_oneof![Just(Value::Null), Just(serde_json::json!({"odd": [1]}))];
            prop::option::of(prop_oneof![8 => values, 1 => odd])
                .prop_map(move |value| (name, value))
        })
        .collect();
    fields.prop_map(|fields| {
        let fields = fields.into_iter();
        fields.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_written_converts_to_the_same_columns(
        lines in prop::collection::vec(any_row(), 1..20),
        nulls in any::<bool>(),
        merge in any::<bool>(),
    ) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let directory = tempfile::tempdir().unwrap();
        let (first, second) = (directory.path().join("1.parquet"), directory.path().join("2.parquet"));
        let converter = Converter::new().with_schema(columns(EVERY_TYPE));
        converted(&converter, &text, &first);
        let back = JsonRows::new().with_explicit_nulls(nulls).with_merge_rescued(merge);
        converted(&converter, &rows(back, &first), &second);
        let (mut first, mut second) = (batches(&first), batches(&second));
        // The order of what was rescued is that of the line; without merging, it is a field that the
        // schema does not have.
        let rescued = |batches: &mut [RecordBatch]| -> Vec<Option<Value>> {
            let columns = batches.iter_mut().map(|batch| batch.remove_column(17));
            let texts = columns.flat_map(|column| {
                let texts = column.as_string::<i32>().iter();
                texts.map(|text| text.map(|text| serde_json::from_str(text).unwrap())).collect::<Vec<_>>()
            });
            texts.collect()
        };
        let (was, is) = (rescued(&mut first), rescued(&mut second));
        prop_assert!(!merge || was == is);
        let columns = |batches: &[RecordBatch]| {
            batches.iter().map(|batch| batch.columns().to_vec()).collect::<Vec<_>>()
        };
        prop_assert_eq!(columns(&first), columns(&second));
    }
}

#[test]
fn every_entry_of_a_map_is_written_those_of_null_too() {
    let text = "{\"m\":{\"a\":null,\"b\":1}}\n{\"m\":{\"a\":null}}\n{\"m\":{}}\n{}\n";
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.parquet");
    converted(&Converter::new().with_schema(columns("m: map<utf8, int64>")), text, &path);
    assert_eq!(rows(JsonRows::new(), &path), text);
}
