//! Profiles of readers: what is written for a reader, and what the readers themselves say.
//!
//! `NDJSON_PARQUET_PYTHON` names a Python with pyarrow and DuckDB, `NDJSON_PARQUET_SPARK` one with
//! pyarrow and PySpark 3.5, `NDJSON_PARQUET_ICEBERG` one with pyarrow and PyIceberg; a test without
//! its Python is not run.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use arrow_schema::{DataType, Schema};
use ndjson_parquet_core::{
    Converter, ErrorKind, Hints, ReaderProfile, Severity, Sink, Source, check_profile, parse_type,
};
use serde_json::Value;

use crate::harness::*;

#[test]
fn inferred_given_and_hinted_types_are_those_that_the_reader_takes() {
    let text = "{\"a\":18446744073709551615,\"b\":1,\"l\":[[1]]}\n";
    let hints = Hints::new().with_hint("b=timestamp(ns)").unwrap();
    let converter = Converter::new().with_profile(ReaderProfile::Redshift);
    let converted = convert_text(&converter.clone().with_hints(hints), text);
    let expected = [
        ("a", "decimal(20,0)"),
        ("b", "timestamp(us)"),
        ("l", "list<utf8>"),
        ("_rescued_data", "utf8"),
    ];
    assert_eq!(converted.columns(), pairs(&expected));
    let row = &converted.rows()[0];
    assert_eq!(row["l"], serde_json::json!(["[1]"]));
    assert_eq!(check_profile(ReaderProfile::Redshift, &converted.output).unwrap(), []);

    let fields = [arrow_schema::Field::new("n", DataType::UInt8, true)];
    let given = converter.with_schema(Arc::new(Schema::new(fields.to_vec())));
    let converted = convert_text(&given, "{\"n\":255}\n");
    assert_eq!(converted.columns()[0], ("n".to_owned(), "int16".to_owned()));
    assert_eq!(converted.rows()[0]["n"], 255);
}

#[test]
fn names_that_clash_are_an_error_wherever_they_appear() {
    let text = format!("{}{{\"Id\":1}}\n", "{\"id\":1}\n".repeat(100));
    for sample in [10, 1 << 20] {
        let converter =
            Converter::new().with_profile(ReaderProfile::Athena).with_sample_bytes(sample);
        let error = failure(convert(&converter, vec![Source::bytes("in", text.clone())]));
        assert_eq!(error.kind(), ErrorKind::Schema);
        assert!(error.message().contains("column `Id`: "), "{error}");
    }
}

/// An adapted column holds lines that would have changed the inferred type: the sample must not
/// decide. Of these 19 digits, a negative number makes a decimal of 19 where it is seen.
#[test]
fn a_profile_gives_the_same_bytes_for_every_sample() {
    for late in ["-1", "1.5", "\"x\"", "[1]", "123456789012345678901", "null"] {
        let first = "{\"n\":9223372036854775808}\n".repeat(50);
        let text = format!("{first}{{\"n\":{late}}}\n");
        let convert = |sample| {
            let converter = Converter::new().with_profile(ReaderProfile::Athena);
            convert_text(&converter.with_sample_bytes(sample), text.clone())
        };
        let (small, large) = (convert(1), convert(1 << 20));
        assert_eq!(small.columns(), large.columns(), "{late}");
        assert!(small.bytes() == large.bytes(), "{late}");
    }
}

#[test]
fn spark_refuses_what_the_profile_says_it_refuses() {
    compare_refusals("NDJSON_PARQUET_SPARK", ReaderProfile::Spark, SPARK);
}

#[test]
fn iceberg_refuses_what_the_profile_says_it_refuses() {
    compare_refusals("NDJSON_PARQUET_ICEBERG", ReaderProfile::Iceberg, ICEBERG);
}

#[test]
fn duckdb_refuses_what_the_profile_says_it_refuses() {
    compare_refusals("NDJSON_PARQUET_PYTHON", ReaderProfile::DuckDb, DUCKDB);
}

#[test]
fn spark_reads_every_type_that_is_written_for_it() {
    let Some(python) = interpreter("NDJSON_PARQUET_SPARK") else { return };
    let place = Place::new();
    let line = "{\"i8\":-8,\"u64\":18446744073709551615,\"f\":1.5,\"d\":12345678901234567890.5,\
                \"s\":\"é\",\"b\":true,\"day\":\"2024-02-29\",\"ns\":\"2024-02-29T01:02:03.000004\",\
                \"z\":\"2024-02-29T01:02:03.000004+01:00\",\"l\":[[1],null],\"o\":{\"k\":[{\"x\":2}]}}\n";
    let input = place.write("in.ndjson", format!("{line}{{}}\n"));
    let types = "struct<i8: int8, u64: uint64, f: float32, d: decimal(38,1), s: large_utf8, \
                 b: boolean, day: date, ns: timestamp(ns), z: timestamp(ns, \"Europe/Berlin\"), \
                 l: list<list<int32>>, o: struct<k: list<struct<x: uint8>>>>";
    let DataType::Struct(fields) = parse_type(types).unwrap() else { panic!("a struct") };
    let output = place.path("out.parquet");
    Converter::new()
        .with_profile(ReaderProfile::Spark)
        .with_schema(Arc::new(Schema::new(fields)))
        .convert(vec![Source::path(&input)], Sink::file(&output))
        .unwrap();
    let found = run(&python, SPARK_VALUES, &output);
    let expected = "[-8, Decimal('18446744073709551615'), 1.5, Decimal('12345678901234567890.5'), \
                    'é', True, datetime.date(2024, 2, 29), \
                    datetime.datetime(2024, 2, 29, 1, 2, 3, 4), \
                    datetime.datetime(2024, 2, 29, 0, 2, 3, 4), [[1], None], Row(k=[Row(x=2)]), \
                    None]\n[None, None, None, None, None, None, None, None, None, None, None, None]\n";
    assert_eq!(found, expected);
}

/// Files of one column each, written by pyarrow, and whether the reader reads them.
fn compare_refusals(variable: &str, profile: ReaderProfile, script: &str) {
    let Some(python) = interpreter(variable) else { return };
    let place = Place::new();
    let found = run(&python, &format!("{WRITE}{script}"), &place.path(""));
    let found: BTreeMap<String, Value> = serde_json::from_str(&found).unwrap();
    assert!(found.len() > 30, "{found:?}");
    for (name, answer) in found {
        let findings = check_profile(profile, place.path(&format!("{name}.parquet"))).unwrap();
        let refused = findings.iter().any(|finding| finding.severity == Severity::Refused);
        assert_eq!(refused, !answer.is_null(), "{name}: {profile} says {answer}, we {findings:?}");
    }
}

fn interpreter(variable: &str) -> Option<String> {
    let python = std::env::var(variable).ok();
    if python.is_none() {
        println!("NOT RUN: {variable} names no Python");
    }
    python
}

fn run(python: &str, script: &str, argument: &Path) -> String {
    let found = Command::new(python).args(["-c", script]).arg(argument).output().unwrap();
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    String::from_utf8(found.stdout).unwrap()
}

const WRITE: &str = r#"
import decimal, glob, json, os, sys, warnings
import pyarrow as pa, pyarrow.parquet as pq
warnings.filterwarnings("ignore")
os.chdir(sys.argv[1])

def column(name, values, type=None, **options):
    table(name, [pa.array(values, type)], ["c"], **options)

def table(name, columns, names, **options):
    pq.write_table(pa.table(columns, names=names), name + ".parquet", version="2.6",
                   store_schema=False, **options)

for bits in (8, 16, 32, 64):
    column(f"int{bits}", [2 ** (bits - 1) - 1], getattr(pa, f"int{bits}")())
    column(f"uint{bits}", [2 ** bits - 1], getattr(pa, f"uint{bits}")())
for unit in ("s", "ms", "us", "ns"):
    column(f"timestamp_{unit}", [1], pa.timestamp(unit))
    column(f"timestamp_{unit}_utc", [1], pa.timestamp(unit, "+00:00"))
column("int96", [1], pa.timestamp("ns"), use_deprecated_int96_timestamps=True)
column("time_ms", [1], pa.time32("ms"))
column("time_us", [1], pa.time64("us"))
column("time_ns", [1], pa.time64("ns"))
column("null", [None], pa.null())
column("float16", [1.0], pa.float16())
column("float32", [1.0], pa.float32())
column("float64", [1.0])
column("boolean", [True])
column("date", [1], pa.date32())
column("text", ["x"])
column("bytes", [b"x"])
column("fixed", [b"xx"], pa.binary(2))
column("uuid", [b"0123456789abcdef"], pa.uuid())
column("decimal38", [decimal.Decimal(1)], pa.decimal128(38, 3))
column("decimal50", [decimal.Decimal("1" * 50)], pa.decimal256(50, 0))
column("decimal20of256", [decimal.Decimal(1)], pa.decimal256(20, 0))
column("lists", [[[1]]])
column("map", [[("k", 1)]], pa.map_(pa.string(), pa.int64()))
column("struct", [{"x": 1}])
one = pa.array([1])
table("clash", [one, one], ["id", "Id"])
table("duplicate", [one, one], ["id", "id"])
table("dots", [one, pa.array([{"b": 1}])], ["a.b", "a"])
column("nested_clash", [{"id": 1, "Id": 2}], pa.struct([("id", pa.int64()), ("Id", pa.int64())]))
for number, name in enumerate(["a b", "a,b", "a=b", "a(b)", "a.b", "a\nb", "a`b", "é", "select", "x" * 300]):
    table(f"name{number}", [one], [name])
answers = {}
names = [path[:-len(".parquet")] for path in sorted(glob.glob("*.parquet"))]
"#;

const SPARK: &str = r#"
from pyspark.sql import SparkSession
session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
session = session.config("spark.driver.bindAddress", "127.0.0.1")
session = session.config("spark.driver.host", "127.0.0.1").getOrCreate()
session.sparkContext.setLogLevel("OFF")
for name in names:
    try:
        session.read.parquet(name + ".parquet").collect()
        answers[name] = None
    except Exception as error:
        answers[name] = str(error).splitlines()[0]
session.stop()
print(json.dumps(answers))
"#;

const ICEBERG: &str = r#"
from pyiceberg.catalog.sql import SqlCatalog
catalog = SqlCatalog("test", uri=f"sqlite:///{os.getcwd()}/catalog", warehouse=f"file://{os.getcwd()}")
catalog.create_namespace("n")
for name in names:
    try:
        table = catalog.create_table(f"n.{name}", schema=pq.read_schema(name + ".parquet"))
        table.add_files([os.path.abspath(name + ".parquet")])
        table.scan().to_arrow()
        answers[name] = None
    except Exception as error:
        answers[name] = str(error)
print(json.dumps(answers))
"#;

/// DuckDB reads everything, so decimals count as read where their text is that of pyarrow's values.
const DUCKDB: &str = r#"
import duckdb
for name in names:
    path = name + ".parquet"
    try:
        columns = duckdb.sql(f"from '{path}'").columns
        casts = ", ".join('"' + column + '"::varchar' for column in columns)
        found = duckdb.sql(f"select {casts} from '{path}'").fetchall()[0]
        answers[name] = None
        if name.startswith("decimal"):
            wanted = pq.ParquetFile(path).read().column(0)[0].as_py()
            answers[name] = None if found[0] == str(wanted) else found[0]
    except Exception as error:
        answers[name] = str(error)
print(json.dumps(answers))
"#;

const SPARK_VALUES: &str = r#"
import sys
from pyspark.sql import SparkSession
session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
session = session.config("spark.driver.bindAddress", "127.0.0.1")
session = session.config("spark.driver.host", "127.0.0.1")
session = session.config("spark.sql.session.timeZone", "UTC").getOrCreate()
session.sparkContext.setLogLevel("OFF")
for row in session.read.parquet(sys.argv[1]).collect():
    print(list(row))
session.stop()
"#;
