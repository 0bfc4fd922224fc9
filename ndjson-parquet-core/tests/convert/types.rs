//! The types with notations and those beside the plain ones, from NDJSON to Parquet and back.

use std::process::Command;
use std::sync::Arc;

use ndjson_parquet_core::{
    Converter, DictionaryPolicy, ErrorKind, Hints, JsonRows, ParquetOptions, ReaderProfile, Sink,
    Source, TypeConflicts, inspect, parse_field, read_schema, schema_from_bytes, schema_to_json,
};
use serde_json::{Value, json};

use crate::harness::*;

const HINTS: [&str; 13] = [
    "at=timestamp(us, UTC, epoch(ms))",
    "day=timestamp(ms, format(\"%d/%m/%Y\"))",
    "local=timestamp(s, \"Europe/Berlin\", format(\"%d/%m/%Y %H:%M:%S\"))",
    "raw=json",
    "b64=binary(base64)",
    "items[].hex=binary(hex)",
    "kind=dictionary<utf8>",
    "large=large_list<int64>",
    "dec=decimal256(60,3)",
    "time=time(us)",
    "seconds=time(s)",
    "tags=map<utf8, int64>",
    "deep=map<utf8, list<map<utf8, json>>>",
];

fn hints() -> Hints {
    HINTS.iter().try_fold(Hints::new(), |hints, hint| hints.with_hint(hint)).unwrap()
}

fn converter() -> Converter {
    let parquet = ParquetOptions::new().with_row_group_bytes(1).with_data_page_bytes(1);
    Converter::new().with_hints(hints()).with_parquet(parquet)
}

/// Rows of every type, of which every eleventh has values that do not fit.
fn text(rows: usize) -> String {
    let line = |n: usize| {
        if n % 11 == 10 {
            return format!(
                "{{\"id\":{n},\"at\":\"x\",\"day\":\"2024\",\"b64\":\"!\",\"items\":[{{\"hex\":\"0\"}}],\
                 \"dec\":1.2345,\"time\":1,\"tags\":{{\"k\":\"v\",\"l\":1}},\"deep\":{{\"a\":[1]}}}}\n"
            );
        }
        if n % 11 == 9 {
            return format!("{{\"id\":{n},\"raw\":null,\"tags\":{{}},\"time\":null}}\n");
        }
        format!(
            "{{\"id\":{n},\"at\":{}.25,\"day\":\"{:02}/{:02}/2024\",\"local\":\"01/07/2024 12:00:{:02}\",\
             \"raw\":{{ \"n\" : [{n}, \"\\u0041\"]}},\"b64\":\"{}==\",\"items\":[{{\"hex\":\"{:08x}\"}},{{}}],\
             \"kind\":\"k{}\",\"large\":[{n},null],\"dec\":-{}123456789012345678901234567890.5,\
             \"time\":\"{:02}:00:00.{:06}\",\"seconds\":\"00:00:{:02}\",\"tags\":{{\"z\":{n},\"a\":null,\"z\":7}},\
             \"deep\":{{\"a\":[{{\"b\":{{}}}},null],\"c\":[]}}}}\n",
            1_700_000_000_000 + n,
            1 + n % 28,
            1 + n % 12,
            n % 60,
            ["AA", "AQ", "/w", "Zg"][n % 4],
            n.wrapping_mul(2_654_435_761) & 0xffff_ffff,
            n % 5,
            n + 1,
            n % 24,
            n % 1_000_000,
            n % 60,
        )
    };
    (0..rows).map(line).collect()
}

#[test]
fn every_type_is_converted_verified_and_accounted_for() {
    let converted = convert_text(&converter(), text(220));
    let column = |path: &str| {
        let columns = &converted.summary.balance.columns;
        columns.iter().find(|column| column.path == path).unwrap_or_else(|| panic!("{path}"))
    };
    for (path, data_type, typed, null, rescued) in [
        ("at", "timestamp(us, UTC, epoch(ms))", 180, 0, 20),
        ("day", "timestamp(ms, format(\"%d/%m/%Y\"))", 180, 0, 20),
        ("raw", "json", 180, 20, 0),
        ("b64", "binary(base64)", 180, 0, 20),
        ("items[].hex", "binary(hex)", 180, 0, 20),
        ("kind", "utf8", 180, 0, 0),
        ("large", "list<int64>", 180, 0, 0),
        ("dec", "decimal256(60,3)", 180, 0, 20),
        ("time", "time(us)", 180, 20, 20),
        ("seconds", "time(ms)", 180, 0, 0),
        ("tags", "map<utf8, int64>", 220, 0, 0),
        ("tags[*]", "int64", 200, 180, 20),
        ("deep[*][]", "map<utf8, json>", 180, 180, 20),
        ("deep[*][][*]", "json", 180, 0, 0),
    ] {
        let found = column(path);
        assert_eq!(found.data_type, data_type);
        assert_eq!((found.typed, found.null, found.rescued), (typed, null, rescued), "{path}");
    }
    assert_eq!(converted.summary.balance.duplicate_keys, 180);
}

#[test]
fn the_schema_of_the_file_and_of_a_text_decode_the_same_input_to_the_same_file() {
    let place = Place::new();
    let first = convert_text(&converter(), text(50));
    let schema = read_schema(&first.output).unwrap();
    let written = place.write("schema.json", schema_to_json(&schema));
    assert_eq!(read_schema(written).unwrap(), schema);
    let rows = |converted: &Converted| ndjson(converted, JsonRows::new());
    for (schema, name) in
        [(schema.clone(), "file"), (read_schema(place.path("schema.json")).unwrap(), "text")]
    {
        // The column of rescued values is there already, and used where it stands.
        let parquet = ParquetOptions::new().with_row_group_bytes(1).with_data_page_bytes(1);
        let converter = Converter::new().with_schema(schema).with_parquet(parquet);
        let second = convert_text(&converter, text(50));
        assert_eq!(rows(&second), rows(&first), "{name}");
    }
}

fn ndjson(converted: &Converted, rows: JsonRows) -> String {
    let mut text = Vec::new();
    rows.write(&converted.output, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn rows_are_written_in_the_notation_that_their_column_reads() {
    let lines = "{\"at\":1700000000000.25,\"day\":\"05/06/2024\",\"local\":\"01/07/2024 12:00:00\",\
                 \"raw\":{ \"n\" : [1, \"\\u0041\"]},\"b64\":\"/w==\",\"items\":[{\"hex\":\"00ff\"}],\
                 \"kind\":\"k\",\"large\":[1],\"dec\":-123456789012345678901234567890.500,\
                 \"time\":\"12:34:56.000001\",\"seconds\":\"00:00:01\",\"tags\":{\"z\":1,\"a\":2},\
                 \"deep\":{\"a\":[{\"b\":[ ]}]}}\n\
                 {\"at\":-0.001,\"raw\":\"a \\/ b\",\"b64\":\"\",\"tags\":{}}\n\
                 {\"at\":0,\"raw\":-0}\n";
    let converted = convert_text(&converter(), lines);
    assert_eq!(ndjson(&converted, JsonRows::new()), lines);
    let unit = |of: &str, text: &str| {
        let hints = Hints::new().with_hint(&format!("v={of}")).unwrap();
        let converted = convert_text(&Converter::new().with_hints(hints), text);
        assert_eq!(ndjson(&converted, JsonRows::new()), text, "{of}");
    };
    unit("list<binary(base64)>", "{\"v\":[\"Zg==\",null,\"\"]}\n{\"v\":[]}\n{}\n");
    unit("large_list<list<json>>", "{\"v\":[[{ },1],[null]]}\n");
    unit(
        "map<utf8, list<timestamp(us, epoch(s))>>",
        "{\"v\":{\"a\":[1.5,0],\"b\":[]}}\n{\"v\":{}}\n",
    );
    unit("timestamp(ms, epoch(ns))", "{\"v\":1700000000001000000}\n{\"v\":0}\n{\"v\":-1000000}\n");
    unit("timestamp(ns, epoch(s))", "{\"v\":1.000000001}\n{\"v\":-1.5}\n{\"v\":12}\n");
    unit(
        "timestamp(ms, UTC, format(\"%F %T%.f %z\"))",
        "{\"v\":\"2024-01-01 00:00:00.500 +0000\"}\n",
    );
    // With what was rescued where it was, the rows are the lines.
    let converted = convert_text(&converter(), text(44));
    let merged = ndjson(&converted, JsonRows::new().with_merge_rescued(true));
    let again = convert_text(&converter(), merged.clone());
    assert_eq!(ndjson(&again, JsonRows::new().with_merge_rescued(true)), merged);
    let values = |text: &str| -> Vec<Value> {
        let lines = parse_lines(text).into_iter();
        lines.filter(|row| row["id"].as_u64().unwrap() % 11 == 10).collect()
    };
    assert_eq!(values(&merged), values(&text(44)));
}

#[test]
fn bytes_of_every_type_are_the_same_for_any_number_of_threads() {
    let source = Source::bytes("in", text(4000));
    let mut expected = None;
    for count in [1, 2, 8] {
        let converter = converter().with_threads(threads(count)).with_sample_bytes(1000);
        let converted = convert(&converter, vec![source.clone()]).unwrap();
        assert!(converted.summary.row_groups >= 6);
        let found = converted.bytes();
        assert!(*expected.get_or_insert_with(|| found.clone()) == found, "{count}");
    }
}

#[test]
fn policies_count_every_value_of_every_type() {
    for (policy, nulled) in [(TypeConflicts::Null, 20), (TypeConflicts::Rescue, 0)] {
        let converter = converter().with_type_conflicts(policy);
        let converted = convert_text(&converter, text(220));
        for path in ["at", "day", "b64", "dec", "time"] {
            let columns = &converted.summary.balance.columns;
            let column = columns.iter().find(|column| column.path == path).unwrap();
            assert_eq!((column.nulled, column.rescued), (nulled, 20 - nulled), "{path}");
        }
    }
    let converter = converter().with_type_conflicts(TypeConflicts::Quarantine);
    let converted = convert_with_rejects(&converter, vec![Source::bytes("in", text(220))]).unwrap();
    assert_eq!(converted.summary.balance.rejected, 20);
    let reject = &converted.rejects()[0];
    assert_eq!(reject["line"], json!(11));
    assert_eq!(reject["kind"], json!("type_conflict"));
}

#[test]
fn json_text_is_json_in_parquet_and_the_rest_has_its_types() {
    let converted = convert_text(&converter(), text(20));
    let found = inspect(&converted.output).unwrap();
    let leaf = |path: &str| {
        let column = found.columns.iter().find(|column| column.path == path);
        let column = column.unwrap_or_else(|| panic!("{path} in {:?}", found.columns));
        (column.physical_type.clone(), column.logical_type.clone().unwrap_or_default())
    };
    let expected = |physical: &str, logical: &str| (physical.to_owned(), logical.to_owned());
    assert_eq!(leaf("raw"), expected("BYTE_ARRAY", "Json"));
    assert_eq!(leaf("deep.entries.value.list.item.entries.value"), expected("BYTE_ARRAY", "Json"));
    assert_eq!(leaf("deep.entries.key"), expected("BYTE_ARRAY", "String"));
    assert_eq!(leaf("b64"), expected("BYTE_ARRAY", ""));
    assert_eq!(leaf("kind"), expected("BYTE_ARRAY", "String"));
    assert_eq!(leaf("dec").0, "FIXED_LEN_BYTE_ARRAY");
    let chunk = |path: &str| {
        let mut chunks = found.row_groups[0].columns.iter();
        let chunk = chunks.find(|chunk| chunk.path == path).unwrap();
        (chunk.min.clone().unwrap(), chunk.max.clone().unwrap())
    };
    let pair = |min: &str, max: &str| (min.to_owned(), max.to_owned());
    assert_eq!(chunk("seconds"), pair("00:00:00", "00:00:19"));
    let (min, max) =
        ("-20123456789012345678901234567890.500", "-1123456789012345678901234567890.500");
    assert_eq!(chunk("dec"), pair(min, max));
}

#[test]
fn binary_without_notation_is_refused_before_anything_is_read() {
    let error = Hints::new().with_hint("blob=binary").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    assert!(error.message().contains("expected (base64) or (hex) after binary"), "{error}");
    let error = schema_from_bytes("schema.json", b"{\"blob\":\"binary\"}").unwrap_err();
    assert!(error.message().contains("column `blob`: "), "{error}");
}

#[test]
fn profiles_adapt_the_types_that_a_reader_refuses_and_keep_notations() {
    let text = "{\"at\":1700000000.5,\"clock\":\"12:34:56\",\"dec\":1.5,\"raw\":[1],\"blob\":\"ff\",\"m\":{\"k\":1}}\n";
    let hints = [
        "at=timestamp(ns, epoch(s))",
        "clock=time(ns)",
        "dec=decimal256(50,1)",
        "raw=json",
        "blob=binary(hex)",
        "m=map<utf8, uint8>",
    ];
    let hints = hints.iter().try_fold(Hints::new(), |hints, hint| hints.with_hint(hint)).unwrap();
    for (profile, types) in [
        (
            ReaderProfile::Athena,
            ["timestamp(us, epoch(s))", "utf8", "utf8", "json", "binary(hex)", "map<utf8, int16>"],
        ),
        (
            ReaderProfile::Iceberg,
            [
                "timestamp(us, epoch(s))",
                "time(us)",
                "utf8",
                "json",
                "binary(hex)",
                "map<utf8, uint8>",
            ],
        ),
        (
            ReaderProfile::DuckDb,
            [
                "timestamp(ns, epoch(s))",
                "time(ns)",
                "utf8",
                "json",
                "binary(hex)",
                "map<utf8, uint8>",
            ],
        ),
    ] {
        let converter = Converter::new().with_hints(hints.clone()).with_profile(profile);
        let converted = convert_text(&converter, text);
        let columns = &converted.summary.balance.columns;
        let found: Vec<&str> = columns
            .iter()
            .filter(|column| !column.path.contains('[') && column.path != "_rescued_data")
            .map(|column| column.data_type.as_str())
            .collect();
        assert_eq!(found, types, "{profile}");
        assert_eq!(columns.iter().map(|column| column.rescued).sum::<u64>(), 0, "{profile}");
        let findings = ndjson_parquet_core::check_profile(profile, &converted.output).unwrap();
        assert_eq!(findings, [], "{profile}");
    }
}

#[test]
fn pyarrow_and_duckdb_read_the_types_with_notations() {
    let Ok(python) = std::env::var("NDJSON_PARQUET_PYTHON") else {
        println!("NOT RUN: NDJSON_PARQUET_PYTHON names no Python with pyarrow and duckdb");
        return;
    };
    let place = Place::new();
    let input = place.write("in.ndjson", text(200));
    for policy in [DictionaryPolicy::Always, DictionaryPolicy::Never] {
        let output = place.path(&format!("{policy}.parquet"));
        let parquet = ParquetOptions::new().with_dictionary(policy).with_row_group_rows(60);
        let converter = Converter::new().with_hints(hints()).with_parquet(parquet);
        converter.convert(vec![Source::path(&input)], Sink::file(&output)).unwrap();
        let command = Command::new(&python).args(["-c", COMPARE]).arg(&input).arg(&output).output();
        let found = command.unwrap_or_else(|error| panic!("{python} does not run: {error}"));
        let errors = String::from_utf8_lossy(&found.stderr);
        assert!(found.status.success(), "{policy}: {errors}");
    }
}

#[test]
fn a_given_schema_may_have_fields_with_notations() {
    let fields = vec![
        parse_field("v", "binary(hex) not null").unwrap(),
        parse_field("m", "map<utf8, time>").unwrap(),
    ];
    let converter = Converter::new().with_schema(Arc::new(arrow_schema::Schema::new(fields)));
    let converted = convert_text(&converter, "{\"v\":\"FF\",\"m\":{\"k\":\"01:02:03\"}}\n");
    assert_eq!(converted.rows()[0]["v"], json!("ff"));
    assert_eq!(converted.rows()[0]["m"], json!({"k": "01:02:03"}));
}

/// Decodes every value with Python's own modules, and compares with what the readers find.
const COMPARE: &str = r#"
import base64, datetime, decimal, json, sys
import duckdb, pyarrow as pa, pyarrow.parquet as pq
from zoneinfo import ZoneInfo

source, file = sys.argv[1:]
UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)

def fits(row):
    return row["id"] % 11 < 9

def raw_json(line, key):
    # The text between its key and the next one.
    begin = line.index('"%s":' % key) + len(key) + 3
    return line[begin:line.index(',"b64"')]

expected = []
with open(source, encoding="utf-8") as lines:
    for line in lines:
        row = json.loads(line, parse_float=decimal.Decimal)
        wanted = {"id": row["id"], "tags": [], "items": row.get("items")}
        expected.append(wanted)
        if row["id"] % 11 == 10:
            wanted.update(tags=[("k", None), ("l", 1)], items=[{"hex": None}], deep=[("a", [None])])
        if not fits(row):
            wanted["tags"] = wanted["tags"] or []
            continue
        wanted["at"] = EPOCH + datetime.timedelta(microseconds=int(row["at"] * 1000))
        wanted["day"] = datetime.datetime.strptime(row["day"], "%d/%m/%Y")
        local = datetime.datetime.strptime(row["local"], "%d/%m/%Y %H:%M:%S")
        wanted["local"] = local.replace(tzinfo=ZoneInfo("Europe/Berlin"))
        wanted["raw"] = raw_json(line, "raw")
        wanted["b64"] = base64.b64decode(row["b64"], validate=True)
        wanted["items"] = [{"hex": item.get("hex") and bytes.fromhex(item["hex"])} for item in row["items"]]
        wanted["kind"] = row["kind"]
        wanted["large"] = row["large"]
        wanted["dec"] = row["dec"]
        wanted["time"] = datetime.time.fromisoformat(row["time"])
        wanted["seconds"] = datetime.time.fromisoformat(row["seconds"])
        wanted["tags"] = list(row["tags"].items())
        wanted["deep"] = [("a", [[("b", "{}")], None]), ("c", [])]

def check(engine, rows, skip=()):
    assert len(rows) == len(expected)
    for row, wanted in zip(rows, expected):
        for name in set(row) - {"_rescued_data"} - set(skip):
            found = row[name]
            assert found == wanted.get(name), (engine, row["id"], name, found, wanted.get(name))

table = pq.read_table(file)
check("pyarrow", table.to_pylist())
# Without what the writer left for Arrow in the footer: by Parquet's own types.
parquet = pq.ParquetFile(file)
logical = {parquet.schema.column(i).path: str(parquet.schema.column(i).logical_type) for i in range(len(parquet.schema))}
assert logical["raw"] == "JSON", logical

# Moments as numbers, since DuckDB has zones from a module that need not be there.
moments = ", ".join('epoch_us("%s") as "%s"' % (name, name) for name in ("at", "local"))
relation = duckdb.sql("select * replace (%s) from read_parquet('%s')" % (moments, file))
names = relation.columns
def plain(name, value):
    if value is not None and name in ("at", "local"):
        return EPOCH + datetime.timedelta(microseconds=value)
    if value is not None and name in ("tags", "deep"):
        value = list(value.items())
        if name == "deep":
            value = [(k, v and [m and list(m.items()) for m in v]) for k, v in value]
    return value
rows = [{n: plain(n, v) for n, v in zip(names, row)} for row in relation.fetchall()]
# DuckDB has doubles for decimals of more than 38 digits.
check("duckdb", rows, skip=("dec",))
"#;
