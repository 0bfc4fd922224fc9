//! Other engines read our files: pyarrow and DuckDB find the values that Python's json module finds
//! in the input.
//!
//! Runs where `NDJSON_PARQUET_PYTHON` names a Python that has both, as `scripts/test` sees to.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use arrow_schema::{DataType, Schema};
use ndjson_parquet_core::{
    Compression, Converter, DictionaryPolicy, MAX_COLUMN_DEPTH, ParquetOptions, Partitioning, Sink,
    Source, parse_type,
};

use crate::harness::*;

const CODECS: [Compression; 5] = [
    Compression::Zstd(1),
    Compression::Snappy,
    Compression::Gzip(6),
    Compression::Lz4Raw,
    Compression::None,
];

#[test]
fn pyarrow_and_duckdb_read_every_inferred_type_in_every_codec() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let input = place.write("in.ndjson", inferred_rows());
    for (index, codec) in CODECS.into_iter().enumerate() {
        for dictionary in [DictionaryPolicy::Adaptive, DictionaryPolicy::Always] {
            let output = place.path(&format!("{index}-{dictionary}.parquet"));
            let converter = Converter::new().with_sample_bytes(100).with_parquet(
                ParquetOptions::new()
                    .with_compression(codec)
                    .with_dictionary(dictionary)
                    .with_row_group_rows(150)
                    .with_data_page_bytes(1),
            );
            converter.convert(vec![Source::path(&input)], Sink::file(&output)).unwrap();
            compare(&python, &input, &output);
        }
    }
}

#[test]
fn pyarrow_and_duckdb_read_every_type_of_a_schema() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let input = place.write("in.ndjson", typed_rows());
    let output = place.path("out.parquet");
    let types = "struct<int_8: int8, int_16: int16, int_32: int32, int_64: int64, uint_8: uint8, \
                 uint_16: uint16, uint_32: uint32, uint_64: uint64, f_32: float32, f_64: float64, \
                 dec_a: decimal(18,2), dec_b: decimal(38,10), dec_c: decimal(4,1), \
                 t_large: large_utf8, t_view: utf8_view, t: utf8, \
                 ts_s: timestamp(s), tsz_s: timestamp(s, UTC), ts_ms: timestamp(ms), ts_ns: timestamp(ns), tsz_ms: timestamp(ms, UTC), \
                 l_i: list<int16>, o: struct<k: utf8 not null, l: list<float32>>>";
    let DataType::Struct(fields) = parse_type(types).unwrap() else { panic!("a struct") };
    let converter = Converter::new().with_schema(Arc::new(Schema::new(fields)));
    let summary = converter.convert(vec![Source::path(&input)], Sink::file(&output)).unwrap();
    assert_eq!(summary.balance.columns.iter().map(|column| column.rescued).sum::<u64>(), 0);
    compare(&python, &input, &output);
}

#[test]
fn pyarrow_and_duckdb_read_a_directory_an_empty_file_and_deep_nesting() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let input = place.write("in.ndjson", inferred_rows().repeat(20));
    let output = place.path("out");
    let parquet = ParquetOptions::new().with_row_group_bytes(1);
    let converter = Converter::new().with_parquet(parquet).with_target_file_bytes(1);
    converter.convert(vec![Source::path(&input)], Sink::directory(&output)).unwrap();
    assert!(parquet_files(&output).len() > 3);
    compare(&python, &input, &output);

    let input = place.write("empty.ndjson", "");
    let output = place.path("empty.parquet");
    let schema = Schema::new(vec![arrow_schema::Field::new("s", DataType::Utf8, true)]);
    let converter = Converter::new().with_schema(Arc::new(schema));
    converter.convert(vec![Source::path(&input)], Sink::file(&output)).unwrap();
    compare(&python, &input, &output);

    let lists = MAX_COLUMN_DEPTH - 1;
    let deep = format!("{{\"l\":{}1{}}}\n", "[".repeat(lists), "]".repeat(lists));
    let input = place.write("deep.ndjson", deep);
    let output = place.path("deep.parquet");
    Converter::new().convert(vec![Source::path(&input)], Sink::file(&output)).unwrap();
    compare(&python, &input, &output);
}

#[test]
fn pyarrow_and_duckdb_read_partitions_as_one_table() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let mut text = String::new();
    let countries = [
        "\"NO\"",
        "\"a/b=c\"",
        "\"50% {x}:[1]\"",
        "null",
        "\"\"",
        "\"\u{e9}\\n\\u0001\\\\\"",
        "\"..\"",
    ];
    for n in 0..2000 {
        let country = countries[n % countries.len()];
        let hour = n % 11;
        let ts = format!("\"2026-01-{:02}T{hour:02}:59:59Z\"", 1 + n % 3);
        let ts = if n % 13 == 0 { "null" } else { &ts };
        writeln!(text, "{{\"id\":{n},\"c\":{country},\"ts\":{ts},\"k\":{},\"l\":[{n}]}}", n % 5)
            .unwrap();
    }
    let input = place.write("in.ndjson", text);
    for (name, keep) in [("dropped", false), ("kept", true)] {
        let output = place.path(name);
        let by = Partitioning::new().with_levels("c/day={ts:%Y-%m-%d}/hour={ts:%H}/k").unwrap();
        let parquet = ParquetOptions::new().with_row_group_rows(5);
        let converter = Converter::new()
            .with_partitioning(by.with_keep_columns(keep))
            .with_target_file_bytes(1)
            .with_parquet(parquet);
        let summary =
            converter.convert(vec![Source::path(&input)], Sink::directory(&output)).unwrap();
        assert!(summary.files.len() as u64 > summary.partitions);
        let found = Command::new(&python)
            .args(["-c", PARTITIONS])
            .arg(&input)
            .arg(&output)
            .output()
            .unwrap();
        assert!(found.status.success(), "{name}: {}", String::from_utf8_lossy(&found.stderr));
    }
}

#[test]
fn duckdb_skips_row_groups_by_bloom_filters() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let text: String =
        (0..3000).map(|n| format!("{{\"id\":{},\"s\":\"t{n}\"}}\n", n * 2)).collect();
    let output = place.path("out.parquet");
    let parquet = ["id:bloom=on", "s:bloom=on,fpp=0.001"]
        .map(|column| column.parse().unwrap())
        .into_iter()
        .fold(ParquetOptions::new().with_row_group_rows(1000), ParquetOptions::with_column);
    let converter = Converter::new().with_parquet(parquet);
    converter.convert(vec![Source::bytes("in", text)], Sink::file(&output)).unwrap();
    let found = Command::new(&python).args(["-c", PROBE]).arg(&output).output().unwrap();
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
}

fn python() -> Option<String> {
    let python = std::env::var("NDJSON_PARQUET_PYTHON").ok();
    if python.is_none() {
        println!("NOT RUN: NDJSON_PARQUET_PYTHON names no Python with pyarrow and duckdb");
    }
    python
}

fn compare(python: &str, input: &Path, output: &Path) {
    let files = parquet_files(output);
    let found = Command::new(python)
        .args(["-c", COMPARE])
        .arg(input)
        .args(&files)
        .output()
        .unwrap_or_else(|error| panic!("NDJSON_PARQUET_PYTHON={python} does not run: {error}"));
    assert!(
        found.status.success(),
        "{}: {}{}",
        output.display(),
        String::from_utf8_lossy(&found.stdout),
        String::from_utf8_lossy(&found.stderr)
    );
}

/// Rows of every type that inference gives. The name of a column begins with its kind, which tells
/// the script what to expect.
fn inferred_rows() -> String {
    let mut text = String::new();
    for n in 0..400_i64 {
        if n % 10 == 9 {
            text.push_str("{}\n");
            continue;
        }
        let big = i128::from(n) * 98_765_432_109_876_543_210;
        write!(
            text,
            "{{\"int\":{},\"uint\":{},\"dec\":{big},\"f\":{}.1e{},\"b\":{},\"t\":\"t{} \\u00e9\\ud83d\\ude00\\n\",",
            n - 200,
            u64::MAX - n as u64,
            n - 100,
            n % 40 - 20,
            n % 2 == 0,
            n % 13
        )
        .unwrap();
        write!(
            text,
            "\"date\":\"{:04}-02-{:02}\",\"ts\":\"2024-0{}-01T0{}:00:00.{:06}\",\
             \"tsz\":\"1969-12-31T2{}:59:59.5{}\",\"null\":null,\"j_empty\":{{}},",
            1900 + n,
            1 + n % 28,
            1 + n % 9,
            n % 10,
            n,
            n % 4,
            ["Z", "+02:00", "-11:30"][n as usize % 3]
        )
        .unwrap();
        let mixed = ["1", "\"one\"", "true"][n as usize % 3];
        let list = ["[]", "null", "[1]", "[1,null,3]"][n as usize % 4];
        writeln!(
            text,
            "\"j_mixed\":{mixed},\"l\":{list},\"ll\":[{list},[],[{n}]],\"o\":{{\"a\":{n},\"b\":{{\"c\":[{n}.5]}}}},\
             \"lo\":[{{\"x\":{n}}},{{\"y\":\"{n}\"}},null,{{\"x\":null,\"y\":null}}]}}"
        )
        .unwrap();
    }
    text
}

fn typed_rows() -> String {
    let mut text = String::new();
    for n in 0..300_i64 {
        let sign = if n % 2 == 0 { "-" } else { "" };
        writeln!(
            text,
            "{{\"int_8\":{},\"int_16\":{sign}{},\"int_32\":{sign}2147483{n:03},\"int_64\":{sign}9223372036854775{n:03},\
             \"uint_8\":{},\"uint_16\":{},\"uint_32\":4294967{:03},\"uint_64\":18446744073709551{n:03},\
             \"f_32\":{sign}{n}.25,\"f_64\":{sign}{n}.1,\"dec_a\":{sign}1234567890123456.{:02},\
             \"dec_b\":{sign}{n}.0123456789,\"dec_c\":{n}.5,\
             \"t_large\":\"large {n}\",\"t_view\":\"a text of more than twelve bytes {n}\",\"t\":\"\",\
             \"ts_s\":\"1960-01-01T00:00:07\",\"tsz_s\":\"2024-01-01T00:00:07Z\",\
             \"ts_ms\":\"1960-01-01T00:00:00.{n:03}\",\
             \"ts_ns\":\"2024-01-01T00:00:00.000{n:03}\",\"tsz_ms\":\"2024-01-01T00:00:00.{n:03}Z\",\
             \"l_i\":[{n},null],\"o\":{{\"k\":\"{n}\",\"l\":[0.5]}}}}",
            n % 256 - 128,
            n * 109,
            n % 256,
            n * 218,
            n % 296,
            n % 100,
        )
        .unwrap();
    }
    text + "{}\n"
}

/// Which row groups DuckDB leaves out for a value, by the filters alone.
const PROBE: &str = r#"
import sys
import duckdb

def excluded(column, value):
    rows = duckdb.execute(
        "select bloom_filter_excludes from parquet_bloom_probe(?, ?, ?)",
        [sys.argv[1], column, value]).fetchall()
    return [excludes for (excludes,) in rows]

for number in range(0, 3000, 50):
    here = number // 1000
    for column, value in [("id", number * 2), ("s", f"t{number}")]:
        assert not excluded(column, value)[here], (column, value)
# Values between those that are there.
wrong = sum(not all(excluded("id", number * 2 + 1)) for number in range(100))
assert wrong < 15, wrong
"#;

/// The partitions as both engines see them, beside what follows from Python's json module.
const PARTITIONS: &str = r#"
import json, sys
import duckdb, pyarrow as pa, pyarrow.dataset as ds

source, output = sys.argv[1:]
expected = {}
with open(source, encoding="utf-8") as lines:
    for line in lines:
        row = json.loads(line)
        ts = row["ts"]
        expected[row["id"]] = (
            row["c"] or None, ts and ts[:10], ts and ts[11:13], str(row["k"]), row["l"])

def check(engine, rows):
    # Where the files have the columns, the empty text is itself.
    found = {id: (c or None, day, hour, str(k), l) for id, c, day, hour, k, l in rows}
    assert len(rows) == len(expected), (engine, len(rows))
    for number, wanted in expected.items():
        assert found[number] == wanted, (engine, number, found[number], wanted)

check("duckdb", duckdb.sql(
    f"select id, c, day, hour, k, l from read_parquet('{output}/**/*.parquet', "
    "hive_partitioning = true, hive_types_autocast = false)").fetchall())

names = ["c", "day", "hour", "k"]
schema = pa.schema([(name, pa.int64() if name == "k" else pa.string()) for name in names])
table = ds.dataset(output, partitioning=ds.partitioning(schema, flavor="hive")).to_table()
check("pyarrow", [
    tuple(row[name] for name in ["id", *names, "l"]) for row in table.to_pylist()])
"#;

/// The oracle: what the columns hold follows from their names and from Python's json module.
const COMPARE: &str = r#"
import datetime, decimal, json, struct, sys
import duckdb, pyarrow.parquet as pq

source, files = sys.argv[1], sys.argv[2:]
UTC = datetime.timezone.utc
LISTS = {"l": None, "ll": None, "lo": {"x": None, "y": None}}
OBJECTS = {"o": [{"a": None, "b": {"c": None}}, {"k": None, "l": None}]}

def micros(moment):
    since = moment - datetime.datetime(1970, 1, 1, tzinfo=moment.tzinfo)
    return (since.days * 86400 + since.seconds) * 1000000 + since.microseconds

def fill(value, shape):
    if value is None or shape is None:
        return value
    return {key: fill(value.get(key), below) for key, below in shape.items()}

def expect(name, value, raw):
    kind = name.split("_")[0]
    if value is None:
        return None
    if kind == "dec":
        return decimal.Decimal(raw)
    if name == "f_32":
        return struct.unpack("f", struct.pack("f", float(value)))[0]
    if kind == "f":
        return float(value)
    if kind == "date":
        return datetime.date.fromisoformat(value)
    if kind == "ts":
        return micros(datetime.datetime.fromisoformat(value.ljust(26, "0") if "." in value else value))
    if kind == "tsz":
        value = value.replace("Z", "+00:00")
        seconds, offset = value[:19], value[-6:]
        fraction = value[19:-6].lstrip(".").ljust(6, "0")
        moment = datetime.datetime.fromisoformat(seconds + "." + fraction + offset)
        return micros(moment.astimezone(UTC))
    if kind == "j":
        return value if isinstance(value, str) else json.dumps(value)
    if name == "lo":
        return [fill(item, LISTS["lo"]) for item in value]
    if name == "o":
        return fill(value, next(shape for shape in OBJECTS["o"] if set(value) <= set(shape)))
    return value

class Raw(float):
    def __new__(cls, text):
        self = super().__new__(cls, text)
        self.text = text
        return self

expected = []
with open(source, encoding="utf-8") as lines:
    for line in lines:
        row = json.loads(line, parse_float=Raw)
        expected.append({
            name: expect(name, value, getattr(value, "text", None) or str(value))
            for name, value in row.items()
        })

def stored(name, value):
    if isinstance(value, datetime.datetime):
        return micros(value)
    if hasattr(value, "to_pydatetime"):
        return micros(value.to_pydatetime())
    return value

def check(engine, rows):
    assert len(rows) == len(expected), (engine, len(rows), len(expected))
    for number, (row, wanted) in enumerate(zip(rows, expected), 1):
        for name, value in row.items():
            found, wants = stored(name, value), wanted.get(name)
            assert found == wants and type(found) in (type(wants), float, decimal.Decimal), (
                engine, "row", number, name, "found", found, "expected", wants)
        assert set(wanted) <= set(row), (engine, number, set(wanted) - set(row))

check("pyarrow", [row for file in files for row in pq.read_table(file).to_pylist()])

relation = duckdb.read_parquet(files)
moments = [name for name in relation.columns if name.startswith("ts")]
replaced = ", ".join(f"epoch_us({name}) as {name}" for name in moments)
query = f"select * replace ({replaced}) from relation" if moments else "select * from relation"
result = duckdb.sql(query)
check("duckdb", [dict(zip(result.columns, row)) for row in result.fetchall()])
"#;
