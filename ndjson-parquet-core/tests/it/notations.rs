//! Types whose values are written in a notation, and those beside the plain ones: which texts they
//! take and what they become. Expected values are written by hand or come from another library.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_buffer::i256;
use chrono::{NaiveTime, Timelike};
use ndjson_parquet_core::{
    DuplicateKeys, OnError, ReaderBuilder, TypeConflicts, UnknownFields, parse_type,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::decoding::{assert_values, decode};
use crate::support::{read, reader, schema, try_read};

#[test]
fn epoch_numbers_are_exact_moments() {
    assert_values::<TimestampMicrosecondType>(
        "timestamp(us, epoch(ms))",
        &[
            ("0", Some(0)),
            ("-0", Some(0)),
            ("1709210096789", Some(1_709_210_096_789_000)),
            ("1709210096789.5", Some(1_709_210_096_789_500)),
            ("1.709210096789e12", Some(1_709_210_096_789_000)),
            ("-1", Some(-1_000)),
            ("-0.001", Some(-1)),
            ("0.0001", None),
            ("1709210096789.0000000000000000000", Some(1_709_210_096_789_000)),
            ("1709210096789.00000000000000000001", None),
            ("\"1709210096789\"", None),
            ("\"2024-02-29T12:34:56Z\"", None),
            ("true", None),
            ("[0]", None),
            ("{}", None),
            ("null", None),
        ],
    );
    assert_values::<TimestampSecondType>(
        "timestamp(s, UTC, epoch(ns))",
        &[
            ("1709210096000000000", Some(1_709_210_096)),
            ("1709210096000000001", None),
            ("1e9", Some(1)),
            ("1e8", None),
        ],
    );
    assert_values::<TimestampNanosecondType>(
        "timestamp(ns, epoch(s))",
        &[
            ("1709210096.123456789", Some(1_709_210_096_123_456_789)),
            ("1709210096.1234567891", None),
            ("9223372036.854775807", Some(i64::MAX)),
            ("9223372036.854775808", None),
            ("-9223372036.854775808", Some(i64::MIN)),
            ("-9223372036.854775809", None),
            ("1e400", None),
            ("1e-400", None),
            ("123456789012345678901234567890", None),
        ],
    );
    assert_values::<TimestampMillisecondType>(
        "timestamp(ms, \"America/New_York\", epoch(us))",
        &[("1709210096789000", Some(1_709_210_096_789)), ("1", None)],
    );
}

#[test]
fn epoch_numbers_beyond_the_years_1_to_9999_are_conflicts() {
    for data_type in ["timestamp(s, epoch(s))", "timestamp(s, UTC, epoch(s))"] {
        assert_values::<TimestampSecondType>(
            data_type,
            &[
                ("-62135596800", Some(-62_135_596_800)),
                ("-62135596801", None),
                ("253402300799", Some(253_402_300_799)),
                ("253402300800", None),
                // Milliseconds by mistake.
                ("1709210096789", None),
            ],
        );
    }
}

#[test]
fn epoch_numbers_are_cut_downwards_on_request() {
    let values = |data_type: &str, texts: &[&str]| {
        let builder = reader(&[("v", data_type)]).with_truncate_timestamps(true);
        let lines: String = texts.iter().map(|text| format!("{{\"v\":{text}}}\n")).collect();
        let column = read(&builder, lines).batch.column(0).clone();
        column.as_primitive::<TimestampSecondType>().iter().collect::<Vec<_>>()
    };
    let texts = ["1.9", "-0.1", "-1", "-1.5", "0.99999999999999999999999", "1e-400", "-1e-400"];
    let expected = [1, -1, -1, -2, 0, 0, -1].map(Some);
    assert_eq!(values("timestamp(s, epoch(s))", &texts), expected);
    let texts = ["1999", "-1", "9223372036854775808", "253402300799999", "253402300800000"];
    let expected = [Some(1), Some(-1), None, Some(253_402_300_799), None];
    assert_eq!(values("timestamp(s, epoch(ms))", &texts), expected);
}

#[test]
fn json_columns_keep_any_value_as_it_is_written() {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let texts = [
        "1.50",
        "-0",
        "1e400",
        "true",
        "\"\"",
        r#""a \/ \u00e9 é\n""#,
        "{ \"a\" : [ 1 ,\t2 ] , \"a\":{} }",
        "[]",
        &deep,
    ];
    let output = decode("json", &texts);
    let column = output.batch.column(0).as_string::<i32>();
    assert_eq!(column.iter().map(Option::unwrap).collect::<Vec<_>>(), texts);
    assert_eq!(output.batch.column(1).null_count(), texts.len());
    // Blanks around a value are not part of it; null is null.
    let output =
        read(&reader(&[("v", "json")]), "{ \"v\" :\t[ 1 ]\t, \"x\":0}\n{\"v\": null}\n{}\n");
    let column = output.batch.column(0).as_string::<i32>();
    assert_eq!(column.iter().collect::<Vec<_>>(), [Some("[ 1 ]"), None, None]);
}

#[test]
fn what_is_no_json_or_too_deep_is_a_bad_line_in_a_json_column_too() {
    let deep = format!("{{\"v\":{}{}}}", "[".repeat(128), "]".repeat(128));
    let lines = [
        "{\"v\":[1,]}",
        "{\"v\":\"\\x\"}",
        "{\"v\":nul}",
        "{\"v\":01}",
        "{\"v\":{\"a\" 1}}",
        &deep,
    ];
    let output = read(&reader(&[("v", "json")]), lines.map(|line| line.to_owned() + "\n").concat());
    let syntax = |line: usize| format!("{line}: syntax");
    let mut expected: Vec<String> = (1..6).map(syntax).collect();
    expected.push("6: too_deep".to_owned());
    assert_eq!(output.rejected(), expected);
}

#[test]
fn binary_columns_have_the_bytes_of_their_text() {
    let output = decode(
        "binary(base64)",
        &[
            r#""Zm9vYmFy""#,
            r#""AA==""#,
            r#""""#,
            r#""\/\/\/\/""#,
            r#""\u005aZm9""#,
            r#""+/+/""#,
            "null",
            r#""Zm9""#,
            r#""Zm\n9""#,
            r#""٠٠٠٠""#,
            "1234",
            "[\"AA==\"]",
        ],
    );
    let column = output.batch.column(0).as_binary::<i32>();
    let expected: [Option<&[u8]>; 12] = [
        Some(b"foobar"),
        Some(b"\0"),
        Some(b""),
        Some(b"\xff\xff\xff"),
        Some(b"\x65\x99\xbd"),
        Some(b"\xfb\xff\xbf"),
        None,
        None,
        None,
        None,
        None,
        None,
    ];
    assert_eq!(column.iter().collect::<Vec<_>>(), expected);
    let rescued = output.column("_rescued_data");
    assert_eq!(rescued[7], json!("{\"v\":\"Zm9\"}"));
    assert_eq!(rescued[10], json!("{\"v\":1234}"));
    let output =
        decode("binary(hex)", &[r#""00fF""#, r#""""#, r#""0\u0030""#, "\"0\"", "\"0x00\""]);
    let column = output.batch.column(0).as_binary::<i32>();
    let expected: [Option<&[u8]>; 5] = [Some(b"\x00\xff"), Some(b""), Some(b"\0"), None, None];
    assert_eq!(column.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_text_that_is_no_binary_is_named_with_the_offending_character() {
    for (data_type, value, message) in [
        (
            "binary(base64)",
            r#""Zm9v!A==""#,
            "expected binary(base64), found a string: `\"Zm9v!A==\"`: `!`, character 5, is no character of base64",
        ),
        (
            "binary(hex)",
            "\"abc\"",
            "expected binary(hex), found a string: `\"abc\"`: its 3 digits are not whole pairs",
        ),
        ("binary(hex)", "17", "expected binary(hex), found `17`"),
    ] {
        for builder in [
            reader(&[("v", data_type)]).with_type_conflicts(TypeConflicts::Quarantine),
            reader(&[("v", &format!("{data_type}!"))]),
        ] {
            let output = read(&builder, format!("{{\"v\":{value}}}\n"));
            let found = output.rejects[0].message.replace(" (not null)", "");
            assert_eq!((output.rejects[0].path.as_str(), found.as_str()), ("v", message));
        }
    }
    // What one value had wrong is not said of another.
    let builder = reader(&[("a", "binary(hex)"), ("b", "int64!")]);
    let output = read(&builder, "{\"a\":\"x\",\"b\":\"y\"}\n");
    assert_eq!(output.rejects[0].message, "expected int64 (not null), found a string: `\"y\"`");
}

#[test]
fn dictionary_columns_hold_what_text_columns_hold() {
    let texts = [r#""a""#, r#""b""#, r#""a""#, "null", "[1, 2]", "1.50", r#""\u0061""#];
    let output = decode("dictionary(utf8)", &texts);
    assert_eq!(
        output.batch.schema().field(0).data_type(),
        &parse_type("dictionary<utf8>").unwrap()
    );
    let column = output.batch.column(0).as_dictionary::<Int32Type>();
    let values = column.downcast_dict::<arrow_array::StringArray>().unwrap();
    let found: Vec<Option<&str>> = values.into_iter().collect();
    let expected = [Some("a"), Some("b"), Some("a"), None, Some("[1, 2]"), Some("1.50"), Some("a")];
    assert_eq!(found, expected);
}

#[test]
fn large_lists_hold_what_lists_hold() {
    let texts = ["[1,null,3]", "[]", "null", "[4]", "\"no list\"", "[\"x\"]"];
    let large = decode("large_list(int64)", &texts);
    assert_eq!(
        large.batch.schema().field(0).data_type(),
        &parse_type("large_list<int64>").unwrap()
    );
    assert!(large.batch.column(0).as_list_opt::<i64>().is_some());
    let list = decode("list<int64>", &texts);
    for name in ["v", "_rescued_data"] {
        assert_eq!(large.column(name), list.column(name));
    }
}

#[test]
fn wide_decimals_are_exact_to_the_digit() {
    let of = |text: &str| i256::from_string(text);
    let nines = "9".repeat(76);
    let tiny = format!("0.{}1", "0".repeat(75));
    assert_values::<Decimal256Type>(
        "decimal256(76,0)",
        &[
            (&nines, of(&nines)),
            (&format!("-{nines}"), of(&format!("-{nines}"))),
            (&format!("{nines}.0"), of(&nines)),
            (&format!("1{nines}"), None),
            ("1e75", of(&format!("1{}", "0".repeat(75)))),
            ("1e76", None),
            ("1e400", None),
            ("0.5", None),
            ("-0.0", of("0")),
            ("\"1\"", None),
            ("null", None),
            ("true", None),
        ],
    );
    assert_values::<Decimal256Type>(
        "decimal256(76,76)",
        &[(&tiny, of("1")), ("1e-76", of("1")), ("1e-77", None), ("1", None)],
    );
    assert_values::<Decimal256Type>(
        "decimal256(5,2)",
        &[
            ("999.99", of("99999")),
            ("1000", None),
            ("1.234", None),
            ("1.2300000000000000000000000000", of("123")),
            ("-12345e-2", of("-12345")),
        ],
    );
}

#[test]
fn times_of_day_are_in_the_unit_of_their_column() {
    assert_values::<Time32SecondType>(
        "time(s)",
        &[
            ("\"00:00:00\"", Some(0)),
            ("\"23:59:59\"", Some(86_399)),
            ("\"12:34:56.000\"", Some(45_296)),
            ("\"12:34:56.5\"", None),
        ],
    );
    assert_values::<Time32MillisecondType>(
        "time(ms)",
        &[("\"12:34:56.789\"", Some(45_296_789)), ("\"12:34:56.7891\"", None)],
    );
    assert_values::<Time64MicrosecondType>(
        "time",
        &[
            ("\"12:34:56.789123\"", Some(45_296_789_123)),
            ("\"12:34:56\\u002e5\"", Some(45_296_500_000)),
            ("\"24:00:00\"", None),
            ("\"23:60:00\"", None),
            ("\"23:59:60\"", None),
            ("\"12:34\"", None),
            ("\"2:34:56\"", None),
            ("\"12:34:56.\"", None),
            ("\"12:34:56.1234567890\"", None),
            ("\"12:34:56Z\"", None),
            ("\" 12:34:56\"", None),
            ("\"\u{661}2:34:56\"", None),
            ("\"\"", None),
            ("45296", None),
            ("null", None),
        ],
    );
    assert_values::<Time64NanosecondType>(
        "time(ns)",
        &[("\"23:59:59.999999999\"", Some(86_399_999_999_999))],
    );
    let builder = reader(&[("v", "time(s)")]).with_truncate_timestamps(true);
    let output = read(&builder, "{\"v\":\"12:34:56.999999999\"}\n");
    assert_eq!(output.batch.column(0).as_primitive::<Time32SecondType>().value(0), 45_296);
}

#[test]
fn texts_are_read_in_the_format_and_the_zone_of_their_column() {
    // 2024-07-01T10:00:00Z.
    let summer = 1_719_828_000;
    assert_values::<TimestampSecondType>(
        "timestamp(s, \"Europe/Berlin\", format(\"%d/%m/%Y %H:%M\"))",
        &[
            ("\"01/07/2024 12:00\"", Some(summer)),
            ("\"01\\/07\\/2024 12:00\"", Some(summer)),
            // The hour that summer skipped, and the one that came twice.
            ("\"31/03/2024 02:30\"", None),
            ("\"27/10/2024 02:30\"", None),
            ("\"2024-07-01T12:00:00\"", None),
            ("\"01/07/2024 12:00 \"", None),
            ("1719828000", None),
            ("null", None),
        ],
    );
    assert_values::<TimestampSecondType>(
        "timestamp(s, \"+05:30\", format(\"%d/%m/%Y %H:%M\"))",
        &[("\"01/07/2024 15:30\"", Some(summer))],
    );
    assert_values::<TimestampSecondType>(
        "timestamp(s, \"Europe/Berlin\", format(\"%d/%b/%Y:%T %z\"))",
        &[("\"01/Jul/2024:03:00:00 -0700\"", Some(summer))],
    );
    assert_values::<TimestampMillisecondType>(
        "timestamp(ms, format(\"%F %T%.f\"))",
        &[
            ("\"2024-07-01 10:00:00.5\"", Some(summer * 1000 + 500)),
            ("\"2024-07-01 10:00:00.0005\"", None),
        ],
    );
}

fn maps(builder: &ReaderBuilder, lines: &str) -> Vec<Option<Vec<(String, Value)>>> {
    let output = read(builder, lines);
    let map = output.batch.column(0).as_map();
    let rows = map.iter().map(|entries| {
        let entries = entries?;
        let keys = entries.column(0).as_string::<i32>();
        let values = entries.column(1).as_primitive::<Int64Type>();
        let pairs = keys.iter().zip(values.iter());
        Some(pairs.map(|(key, value)| (key.unwrap().to_owned(), json!(value))).collect())
    });
    rows.collect()
}

fn pairs(pairs: &[(&str, Value)]) -> Option<Vec<(String, Value)>> {
    Some(pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

#[test]
fn maps_have_the_keys_of_objects_in_their_order() {
    let lines = "{\"v\":{\"b\":1,\"a\":2}}\n{\"v\":{}}\n{\"v\":null}\n{}\n\
                 {\"v\":{ \"\" : null , \"\\u00e9\\n\":3 , \"é\":4}}\n{\"v\":{\"a.b\":1.0}}\n";
    let expected = [
        pairs(&[("b", json!(1)), ("a", json!(2))]),
        pairs(&[]),
        None,
        None,
        pairs(&[("", Value::Null), ("é\n", json!(3)), ("é", json!(4))]),
        pairs(&[("a.b", json!(1))]),
    ];
    assert_eq!(maps(&reader(&[("v", "map(utf8, int64)")]), lines), expected);
}

#[test]
fn duplicate_keys_of_a_map_follow_the_policy() {
    let builder = || reader(&[("v", "map<utf8, int64>")]);
    let lines = "{\"v\":{\"a\":1,\"b\":2,\"\\u0061\":3,\"a\":\"x\",\"a\":4}}\n";
    let last = [pairs(&[("a", json!(4)), ("b", json!(2))])];
    assert_eq!(maps(&builder(), lines), last);
    // What is replaced was not rescued.
    assert_eq!(read(&builder(), lines).column("_rescued_data"), [Value::Null]);
    let first = [pairs(&[("a", json!(1)), ("b", json!(2))])];
    assert_eq!(maps(&builder().with_duplicate_keys(DuplicateKeys::First), lines), first);
    let output = read(&builder().with_duplicate_keys(DuplicateKeys::Error), lines);
    assert_eq!(output.rejected(), ["1: duplicate_key"]);
    // The map itself twice.
    let lines = "{\"v\":{\"a\":\"x\",\"b\":{}},\"v\":{\"c\":5}}\n{\"v\":{\"d\":6}}\n";
    let expected = [pairs(&[("c", json!(5))]), pairs(&[("d", json!(6))])];
    assert_eq!(maps(&builder(), lines), expected);
    assert_eq!(read(&builder(), lines).column("_rescued_data"), [Value::Null, Value::Null]);
}

#[test]
fn what_does_not_fit_in_a_map_is_rescued_under_its_key() {
    let columns = [("v", "map<utf8, struct<n: int8, l: list<map<utf8, int64>>>>")];
    let lines = "{\"v\":{\"a.b\":{\"n\":300},\"c\":7,\"d\":{\"x\":1,\"l\":[{},{\"é\":\"t\",\"q\\\"\":[]}]}}}\n\
                 {\"v\":[1]}\n{\"v\":{\"[*]\":{\"n\":\"x\"}}}\n";
    let output = read(&reader(&columns), lines);
    assert_eq!(
        output.column("_rescued_data"),
        [
            json!(
                "{\"v.\\\"a.b\\\".n\":300,\"v.c\":7,\"v.d.x\":1,\"v.d.l[1].é\":\"t\",\"v.d.l[1].\\\"q\\\\\\\"\\\"\":[]}"
            ),
            json!("{\"v\":[1]}"),
            json!("{\"v.\\\"[*]\\\".n\":\"x\"}"),
        ]
    );
    let expected = json!({
        "a.b": {"n": null, "l": null}, "c": null, "d": {"n": null, "l": [{}, {"é": null, "q\"": null}]},
    });
    assert_eq!(output.column("v")[0], expected);
}

#[test]
fn nothing_of_a_bad_map_remains() {
    let columns = [("v", "map<utf8, list<int64 not null>>"), ("w", "map<utf8, int8 not null>")];
    let lines = "{\"v\":{\"a\":[1]}}\n{\"v\":{\"b\":[2,null]}}\n{\"v\":{\"c\":[3],}}\n{\"w\":{\"a\":1,\"b\":null}}\n\
                 {\"w\":{\"a\":1,\"b\":300}}\n{\"v\":{\"d\":[4]},\"w\":{\"x\":1}} x\n{\"v\":{\"e\":[5]},\"w\":{\"y\":2}}\n\
                 {\"v\":{\"f\" [1]}}\n{\"v\":{\"f\":[1] \"g\":1}}\n{\"v\":{f:1}}\n{\"v\":{\"f\":[1]\n";
    let output = read(&reader(&columns), lines);
    assert_eq!(output.column("v"), [json!({"a": [1]}), json!({"e": [5]})]);
    assert_eq!(output.column("w"), [Value::Null, json!({"y": 2})]);
    let kinds: Vec<_> = output.rejects.iter().map(|line| line.kind.name()).collect();
    assert_eq!(kinds[..5], ["missing_value", "syntax", "missing_value", "type_conflict", "syntax"]);
    assert!(kinds[5..].iter().all(|kind| *kind == "syntax") && kinds.len() == 9);
    assert_eq!(output.rejects[0].path, "v.b[1]");
    assert_eq!(output.rejects[2].path, "w.b");
    let deep = |levels: usize| {
        format!("{{\"v\":{{\"k\":{}{}}}}}\n", "[".repeat(levels), "]".repeat(levels))
    };
    let builder = reader(&[("v", "map<utf8, json>")]);
    let output = read(&builder, deep(126) + &deep(127));
    assert_eq!(output.rejected(), ["2: too_deep"]);
}

/// A type, a value that fits it, and one that does not.
const TYPES: [(&str, &str, &str); 11] = [
    ("timestamp(us, epoch(s))", "1", "\"1\""),
    ("timestamp(us, format(\"%F\"))", "\"2024-01-01\"", "\"2024\""),
    ("binary(base64)", "\"AA==\"", "\"AA\""),
    ("binary(hex)", "\"00\"", "\"0\""),
    ("decimal256(50,1)", "1.5", "1.55"),
    ("time(s)", "\"00:00:01\"", "\"00:00\""),
    ("large_list<int64>", "[1]", "{}"),
    ("map<utf8, int64>", "{\"k\":1}", "[]"),
    ("date", "\"2024-01-01\"", "\"2024\""),
    ("map<utf8, binary(hex)>", "{\"k\":\"00\"}", "\"\""),
    ("map<utf8, map<utf8, json>>", "{\"k\":{\"l\":[]}}", "0"),
];

#[test]
fn every_type_follows_every_policy() {
    for (data_type, fits, conflicts) in TYPES {
        let columns = [("v", data_type), ("id", "int64")];
        let lines: String = [fits, "null", conflicts, fits]
            .iter()
            .enumerate()
            .map(|(id, value)| format!("{{\"id\":{id},\"v\":{value}}}\n"))
            .chain(["{\"id\":4}\n".to_owned()])
            .collect();
        let is_null = |builder: ReaderBuilder| {
            let output = read(&builder, &lines);
            let column = output.batch.column(0).clone();
            (0..column.len()).map(|row| column.is_null(row)).collect::<Vec<_>>()
        };
        let builder = || reader(&columns).with_unknown_fields(UnknownFields::Error);
        let output = read(&builder(), &lines);
        let rescued = json!(format!("{{\"v\":{conflicts}}}"));
        assert_eq!(output.column("_rescued_data")[2], rescued, "{data_type}");
        assert_eq!(is_null(builder()), [false, true, true, false, true], "{data_type}");
        let nulled = builder().with_type_conflicts(TypeConflicts::Null);
        assert_eq!(is_null(nulled), [false, true, true, false, true], "{data_type}");
        let output = read(&builder().with_type_conflicts(TypeConflicts::Quarantine), &lines);
        assert_eq!(output.rejected(), ["3: type_conflict"], "{data_type}");
        let stopped =
            builder().with_type_conflicts(TypeConflicts::Error).with_on_error(OnError::Skip);
        let error = try_read(&stopped, &lines).unwrap_err();
        assert_eq!(error.bad_line().unwrap().line, 3, "{data_type}");
        let required = reader(&[("v", &format!("{data_type}!")), ("id", "int64")]);
        let output = read(&required, &lines);
        let expected = ["2: missing_value", "3: type_conflict", "5: missing_value"];
        assert_eq!(output.rejected(), expected, "{data_type}");
        let wanted = data_type.split('<').next().unwrap_or_default();
        let named = match wanted {
            "map" => "an object",
            "large_list" => "an array",
            plain => plain,
        };
        let message = &output.rejects[1].message;
        assert!(message.starts_with(&format!("expected {named} (not null)")), "{message}");
    }
}

/// A number as text, and what it is in nanoseconds where it is of seconds.
fn number() -> impl Strategy<Value = (String, i128)> {
    (any::<bool>(), 0_u64..400_000_000_000, "[0-9]{0,9}").prop_map(|(negative, whole, fraction)| {
        let nanos = format!("{fraction:0<9}").parse::<i128>().unwrap();
        let nanos = i128::from(whole) * 1_000_000_000 + nanos;
        let (sign, point) =
            (if negative { "-" } else { "" }, if fraction.is_empty() { "" } else { "." });
        (format!("{sign}{whole}{point}{fraction}"), if negative { -nanos } else { nanos })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn epoch_numbers_are_those_of_exact_arithmetic((text, nanos) in number(), unit in 0_usize..4, truncate in any::<bool>()) {
        let (name, each) = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)][unit];
        let data_type = format!("timestamp({name}, epoch(s))");
        let builder = reader(&[("v", &data_type)]).with_truncate_timestamps(truncate);
        let output = read(&builder, format!("{{\"v\":{text}}}\n"));
        let seconds = nanos.div_euclid(1_000_000_000);
        let is_moment = (-62_135_596_800..=253_402_300_799).contains(&seconds);
        let expected = (is_moment && (truncate || nanos % each == 0))
            .then(|| i64::try_from(nanos.div_euclid(each)).ok())
            .flatten();
        let column = output.batch.column(0).to_data();
        let found = (column.null_count() == 0).then(|| column.buffer::<i64>(0)[0]);
        prop_assert_eq!(found, expected, "{} {}", data_type, text);
    }

    #[test]
    fn wide_decimals_are_those_of_their_digits(whole in "[1-9][0-9]{0,40}", fraction in "[0-9]{1,34}", negative in any::<bool>()) {
        let sign = if negative { "-" } else { "" };
        let output = read(&reader(&[("v", "decimal256(76,35)")]), format!("{{\"v\":{sign}{whole}.{fraction}}}\n"));
        let expected = i256::from_string(&format!("{sign}{whole}{fraction:0<35}"));
        prop_assert_eq!(output.batch.column(0).as_primitive::<Decimal256Type>().iter().next(), Some(expected));
    }

    #[test]
    fn times_of_day_are_those_of_chrono(text in "[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,9})?") {
        let output = read(&reader(&[("v", "time(ns)")]), format!("{{\"v\":\"{text}\"}}\n"));
        let oracle = NaiveTime::parse_from_str(&text, "%H:%M:%S%.f").ok();
        // A leap second has more than 10^9 nanoseconds there.
        let oracle = oracle.filter(|time| time.nanosecond() < 1_000_000_000);
        let expected = oracle.map(|time| i64::from(time.num_seconds_from_midnight()) * 1_000_000_000 + i64::from(time.nanosecond()));
        prop_assert_eq!(output.batch.column(0).as_primitive::<Time64NanosecondType>().iter().next(), Some(expected));
    }

    #[test]
    fn maps_are_those_of_serde_json(members in prop::collection::vec(("[abcé\"\\\\]{0,2}", prop::option::of(any::<i64>())), 0..9)) {
        let text: Vec<String> = members.iter().map(|(key, value)| format!("{}:{}", json!(key), json!(value))).collect();
        let text = format!("{{{}}}", text.join(","));
        // Of a key that comes twice it keeps the first place and the last value, too.
        let oracle: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
        let expected: Vec<(String, Value)> = oracle.into_iter().collect();
        let found = maps(&reader(&[("v", "map<utf8, int64>")]), &format!("{{\"v\":{text}}}\n"));
        prop_assert_eq!(&found, &[Some(expected)]);
    }

    #[test]
    fn any_string_is_taken_or_rescued_whole(text in "\\PC{0,20}|[A-Za-z0-9+/=]{0,12}|[0-9:/. -]{0,20}") {
        let value = json!(text).to_string();
        let types = TYPES.map(|(data_type, ..)| data_type);
        let names: Vec<String> = (0..types.len()).map(|index| format!("c{index}")).collect();
        let columns: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(types).collect();
        let members: Vec<String> = names.iter().map(|name| format!("\"{name}\":{value}")).collect();
        let output = read(&reader(&columns), format!("{{{}}}\n", members.join(",")));
        let rescued = output.column("_rescued_data")[0].clone();
        let rescued: Value = serde_json::from_str(rescued.as_str().unwrap_or("{}")).unwrap();
        for (index, name) in names.iter().enumerate() {
            let is_null = output.batch.column(index).is_null(0);
            let expected = is_null.then(|| json!(text));
            prop_assert_eq!(rescued.get(name), expected.as_ref(), "{} {}", types[index], text);
        }
        prop_assert_eq!(schema(&columns).fields().len(), types.len());
    }
}
