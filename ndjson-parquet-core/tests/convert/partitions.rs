//! Rows divided into directories: which, with what in their files, and how they come back.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ndjson_parquet_core::{
    CloseReason, Converter, ErrorKind, OnError, ParquetOptions, Partitioning, Result, Sink, Source,
    Summary, parse_type, schema_from_bytes, verify,
};
use serde_json::json;

use crate::harness::*;

fn by(levels: &str) -> Partitioning {
    Partitioning::new().with_levels(levels).unwrap()
}

fn converter(levels: &str) -> Converter {
    Converter::new().with_partitioning(by(levels))
}

fn source(text: &str) -> Vec<Source> {
    vec![Source::bytes("in", text)]
}

/// Converts `text` into `out` of `place`, and verifies it.
fn convert_into(place: &Place, converter: &Converter, text: &str) -> Summary {
    let output = place.path("out");
    let summary = converter.convert(source(text), Sink::directory(&output)).unwrap();
    check_balance(&summary);
    let found = verify(&Converter::new(), source(text), &output).unwrap();
    assert_eq!(found.differences, [""; 0]);
    assert_eq!(found.rows, summary.balance.rows);
    summary
}

/// The files below `folder` by their paths within it, hidden ones too.
fn tree(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let (path, name) = {
            let entry = entry.unwrap();
            (entry.path(), entry.file_name().into_string().unwrap())
        };
        if path.is_dir() {
            files.extend(
                tree(&path).into_iter().map(|(rest, path)| (format!("{name}/{rest}"), path)),
            );
        } else {
            files.insert(name, path);
        }
    }
    files
}

/// The folders that have files, and the values of `id` there.
fn ids(place: &Place) -> BTreeMap<String, Vec<i64>> {
    let mut ids = BTreeMap::<_, Vec<i64>>::new();
    for (name, path) in tree(&place.path("out")) {
        let (folder, name) = name.rsplit_once('/').unwrap_or(("", &name));
        assert!(name.starts_with("part-") && name.ends_with(".parquet"), "{name}");
        let found = ids.entry(folder.to_owned()).or_default();
        found.extend(rows(&path).iter().filter_map(|row| row["id"].as_i64()));
    }
    ids
}

fn expected(folders: &[(&str, &[i64])]) -> BTreeMap<String, Vec<i64>> {
    folders.iter().map(|(folder, ids)| ((*folder).to_owned(), ids.to_vec())).collect()
}

fn failure(result: Result<Summary>) -> ndjson_parquet_core::Error {
    result.expect_err("expected an error")
}

#[test]
fn a_column_names_directories_and_is_not_in_their_files() {
    let text = "{\"id\":1,\"c\":\"NO\"}\n{\"id\":2,\"c\":\"DE\"}\n\n{\"id\":3,\"c\":\"NO\"}\n";
    let place = Place::new();
    let summary = convert_into(&place, &converter("c"), text);
    assert_eq!(ids(&place), expected(&[("c=DE", &[2]), ("c=NO", &[1, 3])]));
    assert_eq!(summary.partitions, 2);
    let files: Vec<_> =
        summary.files.iter().map(|file| (file.partition.as_str(), file.rows)).collect();
    assert_eq!(files, [("c=DE", 1), ("c=NO", 2)]);
    let path = place.path("out/c=NO/part-00000.parquet");
    assert_eq!(summary.files[1].path, path.to_str().unwrap());
    assert_eq!(columns(&path), pairs(&[("id", "int64")]));
    // The books are those of the conversion, in every file.
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(
            &footer(&path, "ndjson-parquet.balance").unwrap()
        )
        .unwrap(),
        serde_json::to_value(&summary.balance).unwrap()
    );
    assert_eq!(place.names(), ["out"]);
}

#[test]
fn a_column_is_kept_on_request() {
    let place = Place::new();
    let kept = Converter::new().with_partitioning(by("c").with_keep_columns(true));
    convert_into(&place, &kept, "{\"id\":1,\"c\":\"\"}\n{\"id\":2,\"c\":null}\n");
    let path = place.path("out/c=__HIVE_DEFAULT_PARTITION__");
    assert_eq!(rows(&path), [json!({"id":1,"c":""}), json!({"id":2,"c":null})]);
}

#[test]
fn values_of_every_kind_name_directories() {
    let text = "{\"id\":1,\"i\":-7,\"u\":18446744073709551615,\"b\":true,\"d\":\"2024-02-29\",\"o\":{\"s\":\"x\"}}\n\
                {\"id\":2,\"i\":0,\"u\":1,\"b\":false,\"d\":\"1900-01-01\",\"o\":null}\n\
                {\"id\":3}\n";
    let default = "__HIVE_DEFAULT_PARTITION__";
    for (levels, names) in [
        ("i", ["i=-7", "i=0", &format!("i={default}")]),
        ("u", ["u=18446744073709551615", "u=1", &format!("u={default}")]),
        ("b", ["b=true", "b=false", &format!("b={default}")]),
        ("d", ["d=2024-02-29", "d=1900-01-01", &format!("d={default}")]),
        (
            "d/b",
            ["d=2024-02-29/b=true", "d=1900-01-01/b=false", &format!("d={default}/b={default}")],
        ),
    ] {
        let place = Place::new();
        convert_into(&place, &converter(levels), text);
        let found = ids(&place);
        for (name, id) in names.iter().zip(1..) {
            assert_eq!(found[*name], [id], "{levels}");
        }
    }
    let place = Place::new();
    convert_into(&place, &converter("s={o.s}"), text);
    let null = format!("s={default}");
    assert_eq!(ids(&place), expected(&[("s=x", &[1]), (&null, &[2, 3])]));
    // What is within another column stays there.
    assert_eq!(rows(&place.path("out/s=x"))[0]["o"], json!({"s":"x"}));
}

#[test]
fn times_name_directories_in_utc() {
    // By hand: 1767252600 is 2026-01-01 07:30:00 UTC.
    let text = "{\"id\":1,\"ts\":\"2026-01-01T07:30:00Z\",\"e\":1767252600000,\"t\":\"2026-01-01T07:30:00Z\"}\n\
                {\"id\":2,\"ts\":\"2026-01-01T00:30:00+01:00\",\"e\":1767223800000,\"t\":\"2026-01-01T00:30:00+0100\"}\n\
                {\"id\":3,\"ts\":\"1969-12-31T23:59:59.999Z\",\"e\":-1,\"t\":\"1969-12-31\"}\n\
                {\"id\":4,\"ts\":null,\"e\":9223372036854775807,\"t\":\"yesterday\"}\n";
    let default = "date=__HIVE_DEFAULT_PARTITION__/hour=__HIVE_DEFAULT_PARTITION__";
    for column in ["ts", "e@ms", "t"] {
        let place = Place::new();
        let levels = format!("date={{{column}:%Y-%m-%d}}/hour={{{column}:%H}}");
        convert_into(&place, &converter(&levels), text);
        let hour = if column == "t" { "00" } else { "23" };
        let old = format!("date=1969-12-31/hour={hour}");
        let folders: [(&str, &[i64]); 4] = [
            ("date=2026-01-01/hour=07", &[1]),
            ("date=2025-12-31/hour=23", &[2]),
            (&old, &[3]),
            (default, &[4]),
        ];
        assert_eq!(ids(&place), expected(&folders), "{column}");
        assert!(columns(&place.path("out").join(default)).iter().any(|(name, _)| name == "ts"));
    }
}

#[test]
fn values_are_escaped_as_hive_does_and_stay_in_the_output() {
    let place = Place::new();
    let text = "{\"id\":1,\"v\":\"..\"}\n{\"id\":2,\"v\":\"../../etc\"}\n{\"id\":3,\"v\":\"a\\u0000\\n\\\\b\"}\n\
                {\"id\":4,\"v\":\"__HIVE_DEFAULT_PARTITION__\"}\n{\"id\":5,\"v\":\"\"}\n{\"id\":6}\n\
                {\"id\":7,\"v\":\"50% é\"}\n";
    let summary = convert_into(&place, &converter("v"), text);
    let folders: [(&str, &[i64]); 6] = [
        ("v=..", &[1]),
        ("v=..%2F..%2Fetc", &[2]),
        ("v=a%00%0A%5Cb", &[3]),
        ("v=%5F_HIVE_DEFAULT_PARTITION__", &[4]),
        ("v=__HIVE_DEFAULT_PARTITION__", &[5, 6]),
        ("v=50%25 é", &[7]),
    ];
    assert_eq!(ids(&place), expected(&folders));
    assert_eq!(place.names(), ["out"]);
    // That an empty text becomes null is counted.
    assert_eq!(summary.empty_as_null, 1);
}

/// Some 300 KB in five units, with rejects, late fields and values that are sometimes nested.
fn long_text() -> String {
    let mut text = String::new();
    for n in 0..6000_u64 {
        let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        match n % 100 {
            17 => text.push_str("no JSON\n"),
            18 => text.push('\n'),
            _ => writeln!(
                text,
                "{{\"id\":{n},\"c\":\"c{}\",\"o\":{{\"l\":[{mixed},null],\"s\":\"{mixed:x}\"}},\"n\":{}}}",
                mixed % 37,
                n / 3000
            )
            .unwrap(),
        }
    }
    text + "{\"id\":6000,\"late\":\"2024-05-01\"}\n"
}

#[test]
fn partitioned_output_is_the_same_for_any_number_of_threads() {
    let text = long_text();
    let mut first = None;
    for count in [1, 2, 8] {
        let place = Place::new();
        let parquet = ParquetOptions::new().with_row_group_bytes(1).with_row_group_rows(30);
        let converter = converter("n/c")
            .with_on_error(OnError::Skip)
            .with_sample_bytes(1000)
            .with_target_file_bytes(1)
            .with_parquet(parquet)
            .with_threads(threads(count));
        let summary = convert_into(&place, &converter, &text);
        assert_eq!((summary.partitions, summary.restarts), (75, 1));
        assert_eq!(summary.balance.rejected, 60);
        let files = tree(&place.path("out"));
        let bytes: Vec<_> =
            files.into_iter().map(|(name, path)| (name, fs::read(path).unwrap())).collect();
        assert!(bytes.len() > 75);
        assert!(*first.get_or_insert_with(|| bytes.clone()) == bytes, "{count} threads");
    }
}

#[test]
fn rows_of_a_partition_are_in_the_order_of_the_input_and_files_roll_at_the_target_size() {
    let place = Place::new();
    let parquet = ParquetOptions::new().with_row_group_rows(40);
    let converter = converter("n")
        .with_on_error(OnError::Skip)
        .with_target_file_bytes(8_000)
        .with_parquet(parquet);
    let summary = convert_into(&place, &converter, &long_text());
    for (folder, ids) in ids(&place) {
        assert!(ids.is_sorted() && !ids.is_empty(), "{folder}");
    }
    for partition in ["n=0", "n=1"] {
        let files: Vec<_> =
            summary.files.iter().filter(|file| file.partition == partition).collect();
        assert!(files.len() > 3, "{}", files.len());
        let (last, full) = files.split_last().unwrap();
        assert_eq!(last.closed_by, CloseReason::End);
        for (index, file) in full.iter().enumerate() {
            assert_eq!(file.closed_by, CloseReason::Size);
            assert!(file.bytes >= 8_000);
            assert!(file.path.ends_with(&format!("{partition}/part-{index:05}.parquet")));
        }
    }
    for file in tree(&place.path("out")).into_values() {
        let found = ndjson_parquet_core::inspect(&file).unwrap();
        assert!(found.row_groups.iter().all(|group| group.rows <= 40));
    }
}

#[test]
fn a_column_first_seen_after_the_sample_names_directories() {
    let place = Place::new();
    let text = "{\"id\":1}\n".repeat(100) + "{\"id\":2,\"late\":\"x\"}\n";
    convert_into(&place, &converter("late").with_sample_bytes(20), &text);
    assert_eq!(ids(&place)["late=x"], [2]);
}

#[test]
fn an_input_without_rows_gives_the_partition_of_null() {
    let place = Place::new();
    let schema = parse_type("struct<id: int64, c: utf8>").unwrap();
    let arrow_schema::DataType::Struct(fields) = schema else { panic!("a struct") };
    let schema = Arc::new(arrow_schema::Schema::new(fields));
    convert_into(&place, &converter("c").with_schema(schema), "\n\n");
    assert_eq!(ids(&place), expected(&[("c=__HIVE_DEFAULT_PARTITION__", &[])]));
}

#[test]
fn every_type_waits_for_its_partition_unchanged() {
    let types = "struct<p: int8, f: float32, g: float64, dec: decimal(38,10), l: large_utf8, v: utf8_view, \
                 tz: timestamp(ns, UTC), d: date32, b: boolean, n: list<struct<a: int16, l: list<utf8>>>>";
    let arrow_schema::DataType::Struct(fields) = parse_type(types).unwrap() else { panic!() };
    let mut text = String::new();
    for n in 0..1000 {
        writeln!(
            text,
            "{{\"p\":{},\"f\":{n}.5,\"g\":-{n}.1,\"dec\":{n}.0123456789,\"l\":\"l{n}\",\"v\":\"a text of more than \
             twelve bytes {n}\",\"tz\":\"2024-01-01T00:00:00.000000{n:03}Z\",\"d\":\"2024-01-01\",\"b\":{},\
             \"n\":[{{\"a\":{n},\"l\":[\"x\",null]}},null]}}\n{{\"p\":{},\"n\":[]}}",
            n % 7,
            n % 2 == 0,
            n % 5
        )
        .unwrap();
    }
    let place = Place::new();
    let schema = Arc::new(arrow_schema::Schema::new(fields));
    let summary = convert_into(&place, &converter("p").with_schema(schema), &text);
    assert_eq!(summary.balance.columns.iter().map(|column| column.rescued).sum::<u64>(), 0);
    assert_eq!(summary.partitions, 7);
}

#[test]
fn more_partitions_than_the_limit_are_an_error_that_names_it() {
    let text: String = (0..11).map(|n| format!("{{\"id\":1,\"c\":{n}}}\n")).collect();
    let limited = |most| Converter::new().with_partitioning(by("c").with_max_partitions(most));
    let place = Place::new();
    assert_eq!(convert_into(&place, &limited(11), &text).partitions, 11);
    let error = failure(limited(10).convert(source(&text), Sink::directory(place.path("more"))));
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(error.message().contains("at most 10 partitions"), "{error}");
    assert_eq!(place.names(), ["out"]);
    // Each source has few, all have more.
    let sources: Vec<_> =
        (0..11).map(|n| Source::bytes("in", format!("{{\"id\":1,\"c\":{n}}}"))).collect();
    let error = failure(limited(10).convert(sources, Sink::directory(place.path("more"))));
    assert_eq!(error.kind(), ErrorKind::Limit);
}

#[test]
fn what_cannot_be_partitioned_is_an_error_before_anything_is_written() {
    let text = "{\"id\":1,\"f\":1.5,\"l\":[1],\"ts\":\"2026-01-01T07:30:00Z\",\"o\":{\"s\":1}}\n";
    for (levels, words) in [
        ("missing", "expected a column `missing`, found none"),
        ("x={o.t}", "expected a column `o.t`, found none"),
        ("f", "a column of text, integers, booleans or dates, found type float64"),
        ("l", "a column of text, integers, booleans or dates, found type list"),
        ("ts", "expected a format for times"),
        ("h={id:%H}", "a unit for integers"),
        ("h={ts@ms:%H}", "integers for a unit, found type timestamp"),
        ("h={f:%H}", "a timestamp, a date, a text or integers"),
        ("F={o.s}", "a name that no column has, found `F`"),
    ] {
        let place = Place::new();
        let sink = Sink::directory(place.path("out"));
        let error = failure(converter(levels).convert(source(text), sink));
        assert_eq!(error.kind(), ErrorKind::Schema);
        assert!(error.message().contains(words), "{levels}: {error}");
        assert_eq!(place.names(), [""; 0]);
    }
    let place = Place::new();
    let one_file = Sink::file(place.path("out.parquet"));
    let error = failure(converter("id").convert(source(text), one_file));
    assert!(error.message().contains("a directory as output for partitions"), "{error}");
    let sink = Sink::directory(place.path("out"));
    let error = failure(converter("id").convert(source("{\"id\":1}\n"), sink));
    assert!(error.message().contains("a column beside those of the partitions"), "{error}");
    let long = format!("{{\"id\":1,\"c\":\"{}\"}}\n", "é".repeat(127));
    let error = failure(converter("c").convert(source(&long), Sink::directory(place.path("out"))));
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(error.message().contains("at most 255 bytes, found 256"), "{error}");
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn a_bad_line_leaves_no_partition() {
    let place = Place::new();
    let text = long_text();
    let error = failure(converter("c").convert(source(&text), Sink::directory(place.path("out"))));
    assert_eq!(error.kind(), ErrorKind::BadLine);
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn partitions_are_replaced_as_a_whole_and_only_where_nothing_else_is() {
    let place = Place::new();
    convert_into(&place, &converter("c"), "{\"id\":1,\"c\":\"a\"}\n{\"id\":2,\"c\":\"b\"}\n");
    let again = |overwrite| {
        let sink = Sink::directory(place.path("out")).with_overwrite(overwrite);
        converter("c").convert(source("{\"id\":3,\"c\":\"a\"}\n"), sink)
    };
    assert_eq!(failure(again(false)).kind(), ErrorKind::OutputExists);
    assert_eq!(ids(&place).len(), 2);
    fs::write(place.path("out/c=b/notes"), "precious").unwrap();
    assert_eq!(failure(again(true)).kind(), ErrorKind::OutputExists);
    assert_eq!(fs::read(place.path("out/c=b/notes")).unwrap(), b"precious");
    fs::remove_file(place.path("out/c=b/notes")).unwrap();
    again(true).unwrap();
    assert_eq!(ids(&place), expected(&[("c=a", &[3])]));
    assert_eq!(place.names(), ["out"]);
}

#[cfg(unix)]
#[test]
fn links_in_an_output_are_not_followed() {
    let place = Place::new();
    convert_into(&place, &converter("c"), "{\"id\":1,\"c\":\"a\"}\n");
    fs::create_dir(place.path("elsewhere")).unwrap();
    fs::write(place.path("elsewhere/part-00000.parquet"), "precious").unwrap();
    std::os::unix::fs::symlink(place.path("elsewhere"), place.path("out/c=b")).unwrap();
    let sink = Sink::directory(place.path("out")).with_overwrite(true);
    let error = failure(converter("c").convert(source("{\"id\":3,\"c\":\"b\"}\n"), sink));
    assert_eq!(error.kind(), ErrorKind::OutputExists);
    assert_eq!(fs::read(place.path("elsewhere/part-00000.parquet")).unwrap(), b"precious");
}

#[test]
fn verify_finds_what_differs_in_partitions() {
    let place = Place::new();
    let text = "{\"id\":1,\"c\":\"a\"}\n{\"id\":2,\"c\":\"b\"}\n{\"id\":3,\"c\":\"b\"}\n";
    convert_into(&place, &converter("c"), text);
    let check = |text: &str| {
        let found = verify(&Converter::new(), source(text), place.path("out")).unwrap();
        found.differences
    };
    let found = check(&text.replace("\"id\":3", "\"id\":4"));
    assert_eq!(found, ["partition `c=b`, row 2: column `id` differs"]);
    // The value that only the directory has.
    let found = check(&text.replace("3,\"c\":\"b\"", "3,\"c\":\"a\""));
    assert_eq!(
        found,
        ["1 rows of the input are not stored", "1 stored rows have no line in the input"]
    );
    fs::rename(place.path("out/c=a"), place.path("out/c=A")).unwrap();
    let found = check(text);
    assert_eq!(
        found,
        ["1 rows of the input are not stored", "1 stored rows have no line in the input"]
    );
    fs::remove_dir_all(place.path("out/c=A")).unwrap();
    let found = check(text);
    assert_eq!(
        found,
        ["1 rows of the input are not stored", "rows: the Parquet files have 2, the footers say 3"]
    );
}

#[cfg(unix)]
#[test]
fn verify_finds_files_that_readers_would_take_for_a_part() {
    let place = Place::new();
    let text = "{\"id\":1,\"c\":\"a\"}\n{\"id\":2,\"c\":\"b\"}\n";
    convert_into(&place, &converter("c"), text);
    let check = || verify(&Converter::new(), source(text), place.path("out")).unwrap().differences;
    // Readers leave these alone.
    fs::write(place.path("out/_SUCCESS"), "").unwrap();
    fs::write(place.path("out/.part-00000.parquet.crc"), "").unwrap();
    assert_eq!(check(), [""; 0]);
    std::os::unix::fs::symlink("c=a", place.path("out/c=z")).unwrap();
    fs::create_dir(place.path("out/sub")).unwrap();
    let part = place.path("out/c=a/part-00000.parquet");
    fs::copy(&part, place.path("out/sub/part-00000.parquet")).unwrap();
    fs::copy(&part, place.path("out/c=b/copy.PARQUET")).unwrap();
    let expected = ["c=b/copy.PARQUET", "c=z", "sub/part-00000.parquet"].map(|name| {
        format!("`{name}`: expected nothing but the files of the conversion, found another")
    });
    assert_eq!(check(), expected);
}

#[test]
fn a_plan_refuses_what_the_conversion_would_refuse() {
    let place = Place::new();
    let schema = schema_from_bytes("s", br#"{"f":"float64","b":"boolean"}"#).unwrap();
    let with_schema = |converter: Converter| converter.with_schema(Arc::clone(&schema));
    let bloom = ParquetOptions::new().with_column("b:bloom=on".parse().unwrap());
    let sorted = ParquetOptions::new().with_sort(vec!["nope".parse().unwrap()]);
    for converter in [
        with_schema(converter("nope")),
        with_schema(converter("f")),
        with_schema(Converter::new().with_parquet(bloom)),
        with_schema(Converter::new().with_parquet(sorted)),
    ] {
        let sink = || Sink::directory(place.path("out"));
        let planned = converter.plan(source("{\"f\":1.5}\n"), &sink()).unwrap_err();
        let refused = failure(converter.convert(source("{\"f\":1.5}\n"), sink()));
        assert_eq!(planned.to_string(), refused.to_string());
        assert_eq!(planned.kind(), ErrorKind::Schema);
    }
}
