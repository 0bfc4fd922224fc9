use serde_json::{Value, json};

use crate::{Converter, Drift, Hints, Source, schema_from_bytes, schema_to_json};

fn drift_of(converter: &Converter, schema: &str, lines: &str) -> Drift {
    let schema = schema_from_bytes("schema.json", schema.as_bytes()).unwrap();
    let sketch = converter.sketch(vec![Source::bytes("in", lines)]).unwrap();
    sketch.drift_from(&schema).unwrap()
}

/// Path, change, expected and found type.
fn changes(schema: &str, lines: &str) -> Value {
    let drift = drift_of(&Converter::new(), schema, lines);
    let rows = drift
        .changes
        .iter()
        .map(|change| json!([change.path, change.kind.name(), change.expected, change.found]));
    rows.collect()
}

#[test]
fn each_kind_of_change_is_told_with_its_types() {
    for (schema, lines, expected) in [
        (r#"{"a":"int64"}"#, "{\"a\":1}\n", json!([])),
        (r#"{"a":"int64"}"#, "{\"a\":null}\n", json!([])),
        (r#"{"a":"int64"}"#, "{\"a\":1.5}\n", json!([["a", "widened", "int64", "float64"]])),
        (r#"{"a":"int64"}"#, "{\"a\":\"x\"}\n", json!([["a", "incompatible", "int64", "utf8"]])),
        (
            r#"{"a":"int64"}"#,
            "{\"b\":1}\n",
            json!([["a", "missing", "int64", null], ["b", "new", null, "int64"]]),
        ),
        (r#"{"a":"int32"}"#, "{\"a\":2147483647}\n", json!([])),
        (r#"{"a":"int32"}"#, "{\"a\":2147483648}\n", json!([["a", "widened", "int32", "int64"]])),
        (r#"{"a":"uint8"}"#, "{\"a\":-1}\n", json!([["a", "widened", "uint8", "int64"]])),
        (r#"{"a":"float64"}"#, "{\"a\":1}\n", json!([])),
        (
            r#"{"a":"float64"}"#,
            "{\"a\":9007199254740993}\n",
            json!([["a", "widened", "float64", "int64"]]),
        ),
        (r#"{"a":"decimal(20,0)"}"#, "{\"a\":18446744073709551616}\n", json!([])),
        (
            r#"{"a":"decimal(20,2)"}"#,
            "{\"a\":18446744073709551616}\n",
            json!([["a", "widened", "decimal(20,2)", "decimal(20,0)"]]),
        ),
        (r#"{"a":"date"}"#, "{\"a\":\"2024-02-29\"}\n", json!([])),
        (
            r#"{"a":"date"}"#,
            "{\"a\":\"2023-02-29\"}\n",
            json!([["a", "incompatible", "date", "utf8"]]),
        ),
        (r#"{"a":"timestamp(ms)"}"#, "{\"a\":\"2024-02-29T01:02:03.004\"}\n", json!([])),
        (
            r#"{"a":"timestamp(ms)"}"#,
            "{\"a\":\"2024-02-29T01:02:03.0004\"}\n",
            json!([["a", "incompatible", "timestamp(ms)", "timestamp(us)"]]),
        ),
        (r#"{"a":"timestamp(us)"}"#, "{\"a\":\"2024-02-29t01:02\"}\n", json!([])),
        (r#"{"a":"utf8"}"#, "{\"a\":\"2024-02-29\"}\n", json!([])),
        (r#"{"a":"utf8"}"#, "{\"a\":1}\n{\"a\":\"x\"}\n", json!([])),
        (r#"{"a":"utf8"}"#, "{\"a\":1}\n", json!([["a", "incompatible", "utf8", "int64"]])),
        (
            r#"{"a":"utf8"}"#,
            "{\"a\":{\"b\":1}}\n",
            json!([["a", "incompatible", "utf8", "struct<b: int64>"]]),
        ),
        (r#"{"a":"struct<b: int64>"}"#, "{\"a\":{}}\n{\"a\":null}\n", json!([])),
        (
            r#"{"a":"struct<b: int64>"}"#,
            "{\"a\":{\"c\":[1]}}\n{\"a\":1}\n",
            json!([
                ["a", "incompatible", "struct<b: int64>", "utf8"],
                ["a.b", "missing", "int64", null],
                ["a.c", "new", null, "list<int64>"]
            ]),
        ),
        (r#"{"a":"list<int64>"}"#, "{\"a\":[]}\n", json!([])),
        (
            r#"{"a":"list<int64>"}"#,
            "{\"a\":[1,true]}\n",
            json!([["a[]", "incompatible", "int64", "utf8"]]),
        ),
        (
            r#"{"a":"int64 not null"}"#,
            "{\"a\":1}\n{\"a\":null}\n",
            json!([["a", "null", "int64 not null", "int64"]]),
        ),
        (
            r#"{"a":"int64 not null"}"#,
            "{\"a\":1}\n{}\n",
            json!([["a", "null", "int64 not null", "int64"]]),
        ),
        (r#"{"a":"int64","_rescued_data":"utf8"}"#, "{\"a\":1}\n", json!([])),
    ] {
        assert_eq!(changes(schema, lines), expected, "{schema} {lines}");
    }
}

#[test]
fn a_change_has_its_first_value_and_its_share_of_the_rows() {
    let lines =
        "{\"a\":1}\n\n{\"a\":\"é\",\"l\":[1,\"x\",\"y\"]}\nno JSON\n{\"a\":\"z\"}\n{\"a\":2}\n";
    let drift = drift_of(
        &Converter::new().with_on_error(crate::OnError::Skip),
        r#"{"a":"int64","l":"list<int64>"}"#,
        lines,
    );
    // Offsets by hand: `{"a":1}` and its line end are 8 bytes, the blank line is one more.
    let expected = json!({"rows": 4, "changes": [
        {"path": "a", "change": "incompatible", "expected": "int64", "found": "utf8", "values": 2,
         "rows": 2, "share": 0.5,
         "first": {"source": "in", "line": 3, "byte": 14, "sample": "\"é\""}},
        {"path": "l[]", "change": "incompatible", "expected": "int64", "found": "utf8", "values": 2,
         "rows": 1, "share": 0.25,
         "first": {"source": "in", "line": 3, "byte": 26, "sample": "\"x\""}},
    ]});
    assert_eq!(lines.as_bytes()[14..18], *"\"é\"".as_bytes());
    assert_eq!(lines.as_bytes()[26..29], *b"\"x\"");
    assert_eq!(serde_json::to_value(&drift).unwrap(), expected);
}

#[test]
fn data_does_not_drift_from_what_was_inferred_from_it() {
    let lines = "{\"m\":1}\n{\"m\":{\"x\":1},\"n\":null,\"e\":{},\"l\":[[1],[]]}\n\
                 {\"m\":\"s\",\"b\":[{\"c\":1.5},{\"c\":9007199254740993}],\"d\":\"2024-01-01\"}\n";
    let converter = Converter::new();
    let schema = converter.infer(vec![Source::bytes("in", lines)]).unwrap().schema;
    let json = schema_to_json(&schema);
    assert_eq!(drift_of(&converter, &json, lines).changes, []);
    // What a hint gives is compared as such.
    let hinted = Converter::new().with_hints(Hints::new().with_hint("m=int8").unwrap());
    let drift = drift_of(&hinted, &json, lines);
    assert_eq!((drift.changes.len(), drift.changes[0].path.as_str()), (1, "m"));
    assert_eq!(drift.changes[0].found.as_deref(), Some("int8"));
}

#[test]
fn columns_with_a_notation_expect_the_values_that_it_writes() {
    let schema = r#"{"at":"timestamp(s, epoch(ms))","raw":"json","key":"binary(hex)",
        "day":"timestamp(s, format(\"%d/%m/%Y\"))","time":"time(s)","tags":"map<utf8, utf8>",
        "ids":"large_list<int64>","kind":"dictionary<utf8>","big":"decimal256(60,0)"}"#;
    let fits = "{\"at\":1700000000123,\"raw\":{\"a\":[1]},\"key\":\"00ff\",\"day\":\"01/02/2024\",\
        \"time\":\"12:00:00\",\"tags\":{\"a\":\"b\"},\"ids\":[1],\"kind\":\"x\",\
        \"big\":100000000000000000000000000000000000000000}\n";
    assert_eq!(changes(schema, fits), json!([]));
    let others = "{\"at\":\"2024-01-01\",\"raw\":1,\"key\":7,\"day\":true,\"time\":1,\"tags\":[],\
        \"ids\":{},\"kind\":{\"a\":1},\"big\":\"x\"}\n";
    let Value::Array(changes) = changes(schema, others) else { panic!("expected a list") };
    let paths: Vec<_> = changes.iter().map(|change| change[0].as_str().unwrap()).collect();
    assert_eq!(paths, ["at", "key", "day", "time", "tags", "ids", "kind", "big"]);
    assert!(changes.iter().all(|change| change[1] == "incompatible"), "{changes:?}");
    assert_eq!(changes[0][2], "timestamp(s, epoch(ms))");
}

#[test]
fn values_of_maps_are_compared_key_by_key() {
    let schema = r#"{"m":"map<utf8, int64>"}"#;
    let fits = "{\"m\":{\"a\":1,\"b\":null}}\n{\"m\":{}}\n{}\n";
    assert_eq!(changes(schema, fits), json!([]));
    let others = "{\"m\":{\"a\":\"q\"}}\n{\"m\":{\"b\":2.5}}\n{\"m\":{\"c\":{\"x\":1}}}\n";
    let expected = json!([
        ["m.a", "incompatible", "int64", "utf8"],
        ["m.b", "widened", "int64", "float64"],
        ["m.c", "incompatible", "int64", "struct<x: int64>"],
    ]);
    assert_eq!(changes(schema, others), expected);
}
