use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::{Value, json};

use crate::{Converter, ErrorKind, Hints, OnError, SchemaSketch, Source, schema_to_json};

fn sources(texts: &[String]) -> Vec<Source> {
    let named = texts.iter().enumerate();
    named.map(|(index, text)| Source::bytes(format!("{index:03}.ndjson"), text.as_str())).collect()
}

fn skipping() -> Converter {
    Converter::new().with_on_error(OnError::Skip)
}

/// Any JSON value of a few keys, so that files have paths in common.
fn any_value() -> impl Strategy<Value = String> {
    let scalar = prop::sample::select(vec![
        "null",
        "true",
        "1",
        "-1",
        "300",
        "-70000",
        "9007199254740993",
        "18446744073709551615",
        "-9223372036854775809",
        "1e400",
        "1.5",
        "\"x\"",
        "\"2024-01-01\"",
        "{}",
        "[]",
        "\"2024-01-01T00:00:00Z\"",
        "\"2024-01-01T00:00:00.123\"",
        "\"2024-01-01t00:00\"",
        "100000000000000000000000000000000000000",
    ]);
    scalar.prop_map(str::to_owned).prop_recursive(3, 12, 3, |value| {
        prop_oneof![
            prop::collection::vec(value.clone(), 0..3)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((prop::sample::select(vec!["a", "b.c", "[]"]), value), 1..3)
                .prop_map(|members| object(&members)),
        ]
    })
}

fn object(members: &[(&str, String)]) -> String {
    let members = members.iter().map(|(name, value)| format!("\"{name}\":{value}"));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn any_text() -> impl Strategy<Value = String> {
    let line =
        prop::collection::vec((prop::sample::select(vec!["a", "b", "é"]), any_value()), 0..3)
            .prop_map(|members| object(&members));
    let line = prop_oneof![8 => line, 1 => Just(String::new()), 1 => Just("no JSON".to_owned())];
    prop::collection::vec(line, 0..6).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever the order and the grouping, and through files, the sketch is that of all at once, and
    /// its schema is what inference finds in all lines.
    #[test]
    fn sketches_merge_in_any_order_and_grouping(
        texts in prop::collection::vec(any_text(), 1..5),
        order in Just((0..8).collect::<Vec<usize>>()).prop_shuffle(),
        left in subsequence((0..5).collect::<Vec<usize>>(), 0..5),
    ) {
        let converter = skipping();
        let all = converter.sketch(sources(&texts)).unwrap();
        let parts: Vec<SchemaSketch> = sources(&texts)
            .into_iter()
            .map(|source| converter.sketch(vec![source]).unwrap())
            .map(|part| SchemaSketch::from_json(&part.to_json()).unwrap())
            .collect();
        let mut groups = [SchemaSketch::empty(&converter), SchemaSketch::empty(&converter)];
        for index in order.into_iter().filter(|index| *index < parts.len()) {
            groups[usize::from(left.contains(&index))].merge(&parts[index]).unwrap();
        }
        let [mut merged, other] = groups;
        merged.merge(&other).unwrap();
        prop_assert_eq!(merged.to_json(), all.to_json());
        let schema = |sketch: &SchemaSketch| sketch.schema(&converter).map(|schema| schema_to_json(&schema));
        let inferred = converter.infer(sources(&texts)).map(|found| schema_to_json(&found.schema));
        prop_assert_eq!(schema(&merged).ok(), inferred.ok());
        let read = SchemaSketch::from_json(&all.to_json()).unwrap();
        prop_assert_eq!(read.to_json(), all.to_json());
    }

    /// Counts, and the place and text of the first values, are those that serde_json finds.
    #[test]
    fn records_count_what_is_there(text in any_text()) {
        let converter = skipping().with_threads(std::num::NonZeroUsize::MIN);
        let sketch = converter.sketch(vec![Source::bytes("in", text.as_str())]).unwrap();
        let form: Value = serde_json::from_str(&sketch.to_json()).unwrap();
        let rows: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        prop_assert_eq!(&form["counts"]["rows"], &json!(rows.len()));
        for column in form["columns"].as_array().unwrap() {
            for kind in column["kinds"].as_array().unwrap() {
                let (line, byte) = (kind["line"].as_u64().unwrap(), kind["byte"].as_u64().unwrap());
                let sample = kind["sample"].as_str().unwrap();
                let shown = sample.strip_suffix('…').unwrap_or(sample);
                prop_assert!(text[byte as usize..].starts_with(shown));
                let before = text[..byte as usize].matches('\n').count() as u64;
                prop_assert_eq!(line, before + 1);
            }
        }
        for name in ["a", "b", "é"] {
            let column = form["columns"].as_array().unwrap().iter().find(|c| c["path"] == name);
            let kinds = column.map_or(Vec::new(), |c| c["kinds"].as_array().unwrap().clone());
            let with = text.lines().filter(|line| {
                serde_json::from_str::<Value>(line).is_ok_and(|row| row.get(name).is_some())
            });
            let rows: u64 = kinds.iter().map(|kind| kind["rows"].as_u64().unwrap()).sum();
            let values: u64 = kinds.iter().map(|kind| kind["values"].as_u64().unwrap()).sum();
            let duplicates = values - with.clone().count() as u64;
            prop_assert!(rows <= values && (duplicates > 0 || rows == with.count() as u64));
        }
    }

    /// No text, and no damaged sketch, does more than fail.
    #[test]
    fn damaged_sketches_are_errors(at in any::<prop::sample::Index>(), byte in 0_u8..128) {
        let mut json = known().into_bytes();
        let at = at.index(json.len());
        json[at] = byte;
        if let Ok(text) = String::from_utf8(json) && let Ok(sketch) = SchemaSketch::from_json(&text) {
            let _ = sketch.schema(&Converter::new());
            prop_assert!(SchemaSketch::from_json(&sketch.to_json()).is_ok());
        }
    }
}

fn known() -> String {
    let lines = "{\"a\":1,\"l\":[{\"x\":18446744073709551615}]}\n{\"a\":\"x\"}\n";
    Converter::new().sketch(vec![Source::bytes("in", lines)]).unwrap().to_json()
}

#[test]
fn hostile_sketches_are_typed_errors() {
    let change = |path: &str, value: Value| {
        let mut form: Value = serde_json::from_str(&known()).unwrap();
        let (parent, key) = path.rsplit_once('/').unwrap();
        form.pointer_mut(parent).unwrap()[key] = value;
        form.to_string()
    };
    assert!(SchemaSketch::from_json(&known()).is_ok());
    let deep = format!("x{}", "[]".repeat(1000));
    for text in [
        String::new(),
        "[".repeat(100_000),
        "{\"format\":\"ndjson-parquet.sketch\",\"version\":1}".to_owned(),
        change("/format", json!("other")),
        change("/version", json!(2)),
        change("/counts/lines", json!(u64::MAX)),
        change("/counts/rows", json!(0)),
        change("/counts/rows", serde_json::from_str("99999999999999999999").unwrap()),
        change("/sources", json!(2)),
        change("/columns/1/path", json!(deep)),
        change("/columns/1/path", json!("nobody.a")),
        change("/columns/2/path", json!("a")),
        change("/columns/1/path", json!("")),
        change("/columns/1/kinds", json!([])),
        change("/columns/1/digits", json!(20)),
        change("/columns/4/digits", json!(0)),
        change("/columns/4/digits", json!(39)),
        change("/columns/1/kinds/0/kind", json!("uint9")),
        change("/columns/1/kinds/0/kind", json!("text")),
        change("/columns/1/kinds/0/rows", json!(u64::MAX)),
        change("/columns/1/kinds/0/values", json!(0)),
        change("/columns/1/kinds/0/line", json!(u64::MAX)),
        change("/columns/1/kinds/0/sample", json!("x".repeat(1000))),
    ] {
        let error = SchemaSketch::from_json(&text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema, "{error}: {text:.300}");
    }
    let error = SchemaSketch::from_json(&" ".repeat(17 << 20)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    // Counts that fit alone need not fit together.
    let lines = u64::MAX - 1;
    let mut form: Value = serde_json::from_str(&known()).unwrap();
    form["counts"] = json!({"lines": lines, "rows": 2, "blank": lines - 2, "rejected": 0});
    let mut huge = SchemaSketch::from_json(&form.to_string()).unwrap();
    let error = huge.clone().merge(&huge).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    // Nor do sketches by other rules, nor more columns than there may be.
    let hinted = Converter::new().with_hints(Hints::new().with_hint("a=int64").unwrap());
    let other = hinted.sketch(vec![Source::bytes("b", "{}\n")]).unwrap();
    assert_eq!(huge.merge(&other).unwrap_err().kind(), ErrorKind::Schema);
    assert_eq!(other.schema(&Converter::new()).unwrap_err().kind(), ErrorKind::Schema);
    let wide = |prefix: &str| {
        let members: Vec<_> = (0..6000).map(|n| format!("\"{prefix}{n}\":1")).collect();
        let line = format!("{{{}}}\n", members.join(","));
        Converter::new().sketch(vec![Source::bytes(prefix.to_owned(), line)]).unwrap()
    };
    assert_eq!(wide("a").merge(&wide("b")).unwrap_err().kind(), ErrorKind::Limit);
}
