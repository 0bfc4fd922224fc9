//! Which schema comes out: of samples, of all lines in any order, of hints and given schemas.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use ndjson_parquet_core::{
    Converter, DuplicateKeys, ErrorKind, Hints, MAX_COLUMN_DEPTH, OnError, Sink, Source,
    TypeConflicts, UnknownFields, parse_type,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::*;

fn hints(hints: &[&str]) -> Hints {
    hints.iter().fold(Hints::new(), |hints, hint| hints.with_hint(hint).unwrap())
}

#[test]
fn a_key_and_a_wider_type_first_seen_in_the_last_line_cost_one_restart() {
    let text = "{\"a\":1,\"b\":{\"c\":[1]}}\n".repeat(1000)
        + "{\"a\":\"x\",\"b\":{\"c\":[2.5],\"d\":true},\"e\":null}\n";
    let converter = Converter::new().with_sample_bytes(100);
    let converted = convert_text(&converter, text.clone());
    assert_eq!(converted.summary.restarts, 1);
    let expected = [("a", "utf8"), ("b", "struct<c: list<float64>, d: boolean>"), ("e", "utf8")];
    assert_eq!(converted.columns(), pairs(&expected));
    let inferred = converter.infer(vec![Source::bytes("in", text)]).unwrap();
    assert_eq!(columns_of(&inferred.schema), pairs(&expected));
    assert_eq!((inferred.lines, inferred.rows), (1001, 1001));
    let rows = converted.rows();
    assert_eq!(rows[0], json!({ "a": "1", "b": { "c": [1.0], "d": null }, "e": null }));
    assert_eq!(rows[1000], json!({ "a": "x", "b": { "c": [2.5], "d": true }, "e": null }));
}

#[test]
fn a_sample_that_says_it_all_costs_no_restart() {
    let text = "{\"a\":1}\n".repeat(1000);
    let converted = convert_text(&Converter::new().with_sample_bytes(9), text);
    assert_eq!(converted.summary.restarts, 0);
}

#[test]
fn a_sample_that_ends_inside_a_line_learns_nothing_of_a_part_of_it() {
    // Cut behind its first `}` the bad line would look like a good one with a field `x`.
    let text = "{\"a\":1}\n{\"x\":2}}\n{\"a\":3}\n";
    for sample in 1..text.len() as u64 + 2 {
        let converter = Converter::new().with_on_error(OnError::Skip).with_sample_bytes(sample);
        let converted = convert_text(&converter, text);
        assert_eq!(converted.columns(), pairs(&[("a", "int64")]), "sample of {sample}");
        assert_eq!(converted.rows(), [json!({ "a": 1 }), json!({ "a": 3 })]);
    }
}

#[test]
fn a_sample_that_ends_inside_the_first_line_of_a_later_file_is_no_pretty_printed_json() {
    let sources = || vec![Source::bytes("a", "{\"a\":1}\n"), Source::bytes("b", "{ \"a\":2}\n")];
    for sample in 1..20 {
        let converter = Converter::new().with_sample_bytes(sample);
        assert_eq!(convert(&converter, sources()).unwrap().summary.balance.rows, 2);
    }
}

#[test]
fn bytes_do_not_depend_on_the_size_of_the_sample() {
    let text = concat!(
        "{\"a\":null,\"b\":{}}\n",
        "\n",
        "{\"a\":1,\"b\":{\"x\":[]}}\n",
        "{\"z\":9,\"b\":{\"x\":[null,\"2024-01-01\"]}}\n",
        "{\"a\":-1,\"c\":\"2024-01-01T00:00:00Z\"}\n",
        "{\"c\":\"2024-01-01\",\"a\":18446744073709551615}\n",
    );
    let whole = convert_text(&Converter::new(), text);
    for sample in 1..text.len() as u64 + 1 {
        let converted = convert_text(&Converter::new().with_sample_bytes(sample), text);
        assert!(converted.bytes() == whole.bytes(), "sample of {sample}");
    }
}

#[test]
fn what_does_not_fit_a_given_schema_is_rescued() {
    let schema = Schema::new(vec![
        Field::new("id", DataType::Int64, true),
        Field::new("tags", DataType::new_list(DataType::Int32, true), true),
    ]);
    let text = concat!(
        "{\"id\":1,\"tags\":[1,2]}\n",
        "{\"id\":1.5,\"tags\":[1,\"x\"],\"new\":{\"a\":1}}\n",
        "{\"id\":\"7\",\"tags\":3}\n",
    );
    let converted = convert_text(&Converter::new().with_schema(Arc::new(schema)), text);
    let rows = converted.rows();
    assert_eq!(rows[0], json!({ "id": 1, "tags": [1, 2], "_rescued_data": null }));
    let rescued: Vec<Value> = rows[1..]
        .iter()
        .map(|row| serde_json::from_str(row["_rescued_data"].as_str().unwrap()).unwrap())
        .collect();
    assert_eq!(rescued[0]["id"].to_string(), "1.5");
    assert_eq!(rescued[0]["new"], json!({ "a": 1 }));
    assert_eq!(rescued[1], json!({ "id": "7", "tags": 3 }));
    assert_eq!((&rows[1]["id"], &rows[2]["tags"]), (&Value::Null, &Value::Null));
    assert_eq!(rows[1]["tags"], json!([1, null]));
    let balance = &converted.summary.balance;
    assert_eq!((balance.columns[0].rescued, balance.unknown_rescued), (2, 1));
}

#[test]
fn hints_type_nested_paths_and_add_columns_and_what_conflicts_is_rescued() {
    let converter = Converter::new().with_hints(hints(&[
        "user.id=int32",
        "amount=decimal(9,2)",
        "added=timestamp(ms)",
    ]));
    let text = concat!(
        "{\"user\":{\"id\":1,\"name\":\"a\"},\"amount\":1.25}\n",
        "{\"user\":{\"id\":99999999999,\"name\":\"b\"},\"amount\":\"12.5\",\"n\":1}\n",
    );
    for sample in [1, 1000] {
        let converted = convert_text(&converter.clone().with_sample_bytes(sample), text);
        let expected = [
            ("user", "struct<id: int32, name: utf8>"),
            ("amount", "decimal(9,2)"),
            ("n", "int64"),
            ("added", "timestamp(ms)"),
            ("_rescued_data", "utf8"),
        ];
        let mut columns = converted.columns();
        columns.sort();
        let mut expected = pairs(&expected);
        expected.sort();
        assert_eq!(columns, expected);
        let rows = converted.rows();
        assert_eq!(rows[0]["user"], json!({ "id": 1, "name": "a" }));
        assert_eq!(rows[1]["user"], json!({ "id": null, "name": "b" }));
        let rescued: Value =
            serde_json::from_str(rows[1]["_rescued_data"].as_str().unwrap()).unwrap();
        assert_eq!(rescued["user.id"].to_string(), "99999999999");
        assert_eq!(rows[0]["_rescued_data"], Value::Null);
        assert_eq!(rows[1]["n"], 1);
    }
}

#[test]
fn hinted_columns_follow_the_policy_for_conflicts_where_it_is_not_to_widen() {
    let converter = Converter::new()
        .with_hints(hints(&["a=int64"]))
        .with_type_conflicts(TypeConflicts::Null)
        .with_unknown_fields(UnknownFields::Ignore);
    let converted = convert_text(&converter, "{\"a\":1}\n{\"a\":\"x\"}\n");
    assert_eq!(converted.columns(), pairs(&[("a", "int64")]));
    assert_eq!(converted.rows(), [json!({ "a": 1 }), json!({ "a": null })]);
    assert_eq!(converted.summary.balance.columns[0].nulled, 1);
}

#[test]
fn with_evolve_and_rescue_types_stay_those_of_the_sample_and_fields_are_added() {
    let converter = Converter::new()
        .with_unknown_fields(UnknownFields::Evolve)
        .with_type_conflicts(TypeConflicts::Rescue)
        .with_sample_bytes(8);
    let text = "{\"a\":1}\n{\"a\":\"x\"}\n{\"a\":3,\"b\":true}\n";
    let converted = convert_text(&converter, text);
    let expected = [("a", "int64"), ("b", "boolean"), ("_rescued_data", "utf8")];
    assert_eq!(converted.columns(), pairs(&expected));
    let expected = [
        json!({ "a": 1, "b": null, "_rescued_data": null }),
        json!({ "a": null, "b": null, "_rescued_data": "{\"a\":\"x\"}" }),
        json!({ "a": 3, "b": true, "_rescued_data": null }),
    ];
    assert_eq!(converted.rows(), expected);
}

#[test]
fn with_ignore_and_widen_fields_stay_those_of_the_sample_and_types_widen() {
    let converter = Converter::new()
        .with_unknown_fields(UnknownFields::Ignore)
        .with_type_conflicts(TypeConflicts::Widen)
        .with_sample_bytes(8);
    let converted = convert_text(&converter, "{\"a\":1}\n{\"a\":\"x\",\"b\":2}\n{\"c\":3}\n");
    assert_eq!(converted.columns(), pairs(&[("a", "utf8")]));
    assert_eq!(converted.rows(), parse_lines("{\"a\":\"1\"}\n{\"a\":\"x\"}\n{\"a\":null}\n"));
    assert_eq!(converted.summary.balance.unknown_ignored, 2);
}

#[test]
fn with_null_conflicts_are_null_and_counted() {
    let converter = Converter::new().with_type_conflicts(TypeConflicts::Null).with_sample_bytes(8);
    let converted = convert_text(&converter, "{\"a\":1}\n{\"a\":\"x\"}\n{\"a\":null}\n");
    let column = &converted.summary.balance.columns[0];
    assert_eq!((column.typed, column.nulled, column.null), (1, 1, 1));
    assert_eq!(converted.rows()[1], json!({ "a": null }));
}

#[test]
fn with_quarantine_a_line_that_conflicts_is_rejected_whatever_on_error_says() {
    let converter = Converter::new().with_type_conflicts(TypeConflicts::Quarantine);
    let sources = vec![Source::bytes("in", "{\"a\":1}\n{\"a\":\"x\"}\n{\"a\":2}\n")];
    let converted = convert_with_rejects(&converter.with_sample_bytes(8), sources).unwrap();
    assert_eq!(converted.rows(), [json!({ "a": 1 }), json!({ "a": 2 })]);
    let rejects = converted.rejects();
    assert_eq!(rejects.len(), 1);
    assert_eq!((&rejects[0]["kind"], &rejects[0]["line"]), (&json!("type_conflict"), &json!(2)));
    assert_eq!((&rejects[0]["path"], &rejects[0]["error_offset"]), (&json!("a"), &json!(5)));
}

#[test]
fn with_error_a_conflict_and_an_unknown_field_stop() {
    let text = "{\"a\":1}\n{\"a\":\"x\"}\n";
    let converter = Converter::new().with_type_conflicts(TypeConflicts::Error).with_sample_bytes(8);
    let error = failure(convert(&converter, vec![Source::bytes("in", text)]));
    assert_eq!(error.kind(), ErrorKind::BadLine);
    assert_eq!((error.position().unwrap().line, error.position().unwrap().byte), (2, 13));
    let converter = Converter::new().with_unknown_fields(UnknownFields::Error).with_sample_bytes(8);
    let error =
        failure(convert(&converter, vec![Source::bytes("in", "{\"a\":1}\n{\"a\":2,\"b\":1}\n")]));
    assert_eq!((error.kind(), error.position().unwrap().path.as_str()), (ErrorKind::BadLine, "b"));
}

#[test]
fn policies_that_need_inference_are_refused_with_a_schema() {
    let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, true)]));
    for converter in [
        Converter::new().with_unknown_fields(UnknownFields::Evolve),
        Converter::new().with_type_conflicts(TypeConflicts::Widen),
    ] {
        let sources = vec![Source::bytes("in", "{\"a\":1}\n")];
        let error = failure(convert(&converter.with_schema(schema.clone()), sources));
        assert_eq!(error.kind(), ErrorKind::Schema);
    }
}

#[test]
fn rows_without_any_field_are_rows_of_a_file_that_can_be_read() {
    let converted = convert_text(&Converter::new(), "{}\n{ }\n\n{}\n");
    assert_eq!(converted.columns(), pairs(&[("_rescued_data", "utf8")]));
    assert_eq!(converted.rows(), vec![json!({ "_rescued_data": null }); 3]);
}

#[test]
fn nothing_but_bad_lines_gives_an_empty_file_and_the_rejects() {
    let sources = vec![Source::bytes("in", "nope\n[]\n")];
    let converted = convert_with_rejects(&Converter::new(), sources.clone()).unwrap();
    assert_eq!(converted.rows(), [Value::Null; 0]);
    assert_eq!(converted.rejects().len(), 2);
    assert_eq!(converted.summary.balance.rejected, 2);
    converted.assert_verified(sources.clone());
    let error = failure(convert(&Converter::new(), sources));
    assert_eq!((error.kind(), error.position().unwrap().line), (ErrorKind::BadLine, 1));
}

#[test]
fn an_empty_source_gives_a_valid_file_with_a_schema_and_a_clear_error_without() {
    let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, true)]));
    for text in ["", "\n \r\n", "\u{feff}"] {
        let converter = Converter::new().with_schema(schema.clone());
        let converted = convert_text(&converter, text);
        assert_eq!(converted.rows(), [Value::Null; 0]);
        assert_eq!(converted.columns()[0], ("a".to_owned(), "int64".to_owned()));
        assert_eq!(converted.summary.balance.bytes_in, text.len() as u64);
        let error = failure(convert(&Converter::new(), vec![Source::bytes("in", text)]));
        assert_eq!(error.kind(), ErrorKind::Schema);
        assert!(error.message().contains("give a schema"), "{error}");
    }
}

#[test]
fn more_columns_than_the_limit_are_an_error_wherever_they_appear() {
    let text = "{\"a\":1}\n{\"b\":{\"c\":1,\"d\":2}}\n";
    for sample in [1, 1000] {
        let converter = Converter::new().with_max_columns(3).with_sample_bytes(sample);
        let error = failure(convert(&converter, vec![Source::bytes("in", text)]));
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        let converter = Converter::new().with_max_columns(4).with_sample_bytes(sample);
        convert_text(&converter, text);
    }
}

#[test]
fn a_field_of_the_input_named_rescued_data_is_kept() {
    let text = "{\"_rescued_data\":\"mine\",\"a\":1}\n{\"a\":\"x\"}\n";
    for converter in [
        Converter::new(),
        Converter::new().with_hints(hints(&["a=int64"])),
        Converter::new().with_type_conflicts(TypeConflicts::Rescue).with_sample_bytes(1),
    ] {
        let sources = vec![Source::bytes("in", text)];
        match convert(&converter, sources.clone()) {
            Ok(converted) => {
                converted.assert_verified(sources);
                assert!(converted.rows()[0].to_string().contains("mine"));
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::Schema, "{error}"),
        }
    }
}

#[test]
fn what_is_too_deep_for_a_column_is_kept_as_json_text() {
    let levels = MAX_COLUMN_DEPTH - 1;
    let nest = |inner: &str| {
        format!("{{\"a\":{}{inner}{}}}\n", "{\"b\":".repeat(levels - 1), "}".repeat(levels - 1))
    };
    let data_type = format!("{}utf8{}", "struct<b: ".repeat(levels - 1), ">".repeat(levels - 1));
    let innermost = |row: &Value| (1..levels).fold(row["a"].clone(), |value, _| value["b"].clone());
    // A struct here is on the last level, and its own field is on none.
    let lines = [r#"{"c":[1, {"d":2}]}"#, r#"{"c":{"d":[]}}"#, r#"{"c":"text"}"#, r#"{"c":7}"#];
    let texts = [json!("[1, {\"d\":2}]"), json!("{\"d\":[]}"), json!("text"), json!("7")];
    let last_level = data_type.replace("utf8", "struct<c: utf8>");
    let orders: [[usize; 4]; 3] = [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]];
    for order in orders {
        for sample in [1, 10_000] {
            let text = order.map(|line| nest(lines[line])).concat();
            let converter = Converter::new().with_sample_bytes(sample);
            let converted = convert_text(&converter, text);
            assert_eq!(converted.columns(), pairs(&[("a", &last_level)]));
            let found: Vec<Value> =
                converted.rows().iter().map(|row| innermost(row)["c"].clone()).collect();
            assert_eq!(found, order.map(|line| texts[line].clone()));
            let summary = &converted.summary.balance.columns;
            assert_eq!(summary.last().unwrap().widened, 3);
        }
    }
}

/// Parquet has milliseconds and finer.
#[test]
fn timestamps_in_seconds_are_written_in_milliseconds() {
    let text = "{\"t\":\"2024-02-29T12:00:00Z\",\"l\":[{\"t\":\"1969-12-31T23:59:59.5\"}]}\n";
    let types = ["t=timestamp(s, UTC)", "l=list<struct<t: timestamp(s)>>"];
    let hinted = Converter::new().with_hints(hints(&types));
    let schema = Schema::new(vec![
        Field::new("t", parse_type("timestamp(s, UTC)").unwrap(), true),
        Field::new("l", parse_type("list<struct<t: timestamp(s)>>").unwrap(), true),
    ]);
    let columns = [
        ("t", "timestamp(ms, UTC)"),
        ("l", "list<struct<t: timestamp(ms)>>"),
        ("_rescued_data", "utf8"),
    ];
    for converter in [hinted, Converter::new().with_schema(Arc::new(schema))] {
        let converted = convert_text(&converter, text);
        assert_eq!(converted.columns(), pairs(&columns));
        let row = &converted.rows()[0];
        assert_eq!(row["t"], json!("2024-02-29T12:00:00Z"));
        assert_eq!(row["l"], json!([{"t": "1969-12-31T23:59:59.500"}]));
    }
}

#[test]
fn lines_that_a_policy_makes_bad_teach_nothing() {
    let text = "{\"a\":1}\n{\"b\":1,\"b\":2}\n{\"c\":[[[1]]]}\n{\"a\":2}\n";
    for sample in [1, 1000] {
        let converter = Converter::new()
            .with_duplicate_keys(DuplicateKeys::Error)
            .with_max_depth(3)
            .with_on_error(OnError::Skip)
            .with_sample_bytes(sample);
        let converted = convert_text(&converter, text);
        assert_eq!(converted.columns(), pairs(&[("a", "int64")]));
        assert_eq!(converted.summary.balance.rejected, 2);
    }
}

/// A JSON value over few keys, so that types collide.
fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        Just("0"),
        Just("-7"),
        Just("9223372036854775807"),
        Just("18446744073709551615"),
        Just("123456789012345678901234567890"),
        Just("1.5"),
        Just("-0.25"),
        Just("1e3"),
        Just("9007199254740993"),
    ];
    let number = number.prop_map(|text| serde_json::from_str(text).unwrap());
    let text = prop_oneof![
        Just(""),
        Just("é\u{1F600}"),
        Just("a\"b\\c\n"),
        Just("2024-02-29"),
        Just("\u{0}"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            object(inner),
        ]
    })
}

fn object(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let fields = prop::collection::btree_map("[a-d]", value, 0..4);
    fields.prop_map(|fields| Value::Object(fields.into_iter().collect()))
}

fn lines(rows: &[Value]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

/// Whether `stored`, of this type, is `input` without loss; `None` is an absent field.
fn is_same(input: Option<&Value>, stored: &Value, data_type: &DataType) -> bool {
    let Some(input) = input.filter(|value| !value.is_null()) else { return stored.is_null() };
    match data_type {
        DataType::Utf8 => match input {
            Value::String(text) => stored == text.as_str(),
            other => stored == other.to_string().as_str(),
        },
        DataType::Float64 => {
            let expected: f64 = input.to_string().parse().unwrap();
            stored.as_f64() == Some(expected)
        }
        DataType::Decimal128(..) | DataType::Int64 | DataType::UInt64 => {
            let whole =
                |value: &Value| value.to_string().trim_matches('"').parse::<i128>().unwrap();
            whole(stored) == whole(input)
        }
        DataType::Boolean => stored == input,
        DataType::List(item) => match (input, stored) {
            (Value::Array(input), Value::Array(stored)) => {
                input.len() == stored.len()
                    && input
                        .iter()
                        .zip(stored)
                        .all(|(input, stored)| is_same(Some(input), stored, item.data_type()))
            }
            _ => false,
        },
        DataType::Struct(fields) => match (input, stored) {
            (Value::Object(input), Value::Object(stored)) => {
                input.keys().all(|key| fields.iter().any(|field| field.name() == key))
                    && fields.iter().all(|field| {
                        is_same(input.get(field.name()), &stored[field.name()], field.data_type())
                    })
            }
            _ => false,
        },
        _ => false,
    }
}

/// Names and types at every level, without the order of fields.
fn sorted(schema: &Schema) -> Vec<String> {
    fn walk(prefix: &str, data_type: &DataType, found: &mut Vec<String>) {
        match data_type {
            DataType::Struct(fields) => {
                found.push(format!("{prefix}: struct"));
                for field in fields {
                    walk(&format!("{prefix}.{}", field.name()), field.data_type(), found);
                }
            }
            DataType::List(item) => walk(&format!("{prefix}[]"), item.data_type(), found),
            other => found.push(format!("{prefix}: {other}")),
        }
    }
    let mut found = Vec::new();
    for field in schema.fields() {
        walk(field.name(), field.data_type(), &mut found);
    }
    found.sort();
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn shuffled_lines_give_the_same_fields_types_and_values(
        rows in prop::collection::vec(object(value()), 1..12),
        seed in any::<u64>(),
        sample in 1_u64..200,
    ) {
        let mut shuffled = rows.clone();
        let mut state = seed | 1;
        for index in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            shuffled.swap(index, (state >> 33) as usize % (index + 1));
        }
        let converter = Converter::new().with_infer_temporal(false).with_sample_bytes(sample);
        let mut schemas = Vec::new();
        for rows in [&rows, &shuffled] {
            let sources = vec![Source::bytes("in", lines(rows))];
            let inferred = converter.infer(sources.clone()).unwrap();
            let converted = convert(&converter, sources.clone()).unwrap();
            converted.assert_verified(sources);
            prop_assert_eq!(converted.columns(), columns_of(&inferred.schema));
            let stored = converted.rows();
            prop_assert_eq!(stored.len(), rows.len());
            for (input, stored) in rows.iter().zip(&stored) {
                let fields = inferred.schema.fields().iter();
                for field in fields.filter(|field| field.name() != "_rescued_data") {
                    prop_assert!(
                        is_same(input.get(field.name()), &stored[field.name()], field.data_type()),
                        "{} {}: {input} became {stored}", field.name(), field.data_type()
                    );
                }
                for key in input.as_object().unwrap().keys() {
                    prop_assert!(inferred.schema.field_with_name(key).is_ok());
                }
            }
            schemas.push(sorted(&inferred.schema));
        }
        prop_assert_eq!(&schemas[0], &schemas[1]);
    }
}

#[test]
fn a_writer_gets_everything_at_once_because_all_is_inferred_first() {
    let text = "{\"a\":1}\n".repeat(100) + "{\"a\":\"x\",\"b\":1}\n";
    let place = Place::new();
    let path = place.path("out.parquet");
    let file = std::fs::File::create(&path).unwrap();
    let converter = Converter::new().with_sample_bytes(10);
    let source = Source::bytes("in", text);
    let summary = converter.convert(vec![source], Sink::writer("out", file)).unwrap();
    assert_eq!(summary.restarts, 0);
    assert_eq!(columns(&path), pairs(&[("a", "utf8"), ("b", "int64")]));
    assert_eq!(rows(&path).len(), 101);
}
