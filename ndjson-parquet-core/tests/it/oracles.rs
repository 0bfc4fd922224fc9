//! Random documents against serde_json and arrow-json.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_json::reader::ReaderBuilder as OracleBuilder;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::{read, reader, schema};

/// The schema and values that fit it, so that both readers must agree on everything.
const COLUMNS: [(&str, &str); 9] = [
    ("id", "int64"),
    ("small", "uint8"),
    ("score", "float64"),
    ("name", "utf8"),
    ("ok", "boolean"),
    ("at", "timestamp(us, \"UTC\")"),
    ("day", "date"),
    ("tags", "list<utf8>"),
    ("user", "struct<name: utf8, ids: list<int64>, home: struct<lat: float64>>"),
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,12}", "\\PC{0,80}", "[\\x00-\\x7f]{0,70}", "(\"|\\\\|\n|é|😀|x){0,70}",]
}

fn or_null(value: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    prop_oneof![5 => value, 1 => Just(Value::Null)].boxed()
}

fn list(element: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    or_null(prop::collection::vec(or_null(element), 0..5).prop_map(Value::from))
}

/// An object with some of these members in any order.
fn some(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let members: Vec<_> = members
        .into_iter()
        .map(|(name, value)| {
            prop::option::weighted(0.8, value.prop_map(move |value| (name, value)))
        })
        .collect();
    (members, any::<u64>())
        .prop_map(|(members, order)| {
            let mut members: Vec<_> = members.into_iter().flatten().collect();
            if !members.is_empty() {
                let length = members.len() as u64;
                members.rotate_left((order % length) as usize);
            }
            let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
            Value::Object(members.collect::<Map<_, _>>())
        })
        .boxed()
}

fn float() -> BoxedStrategy<Value> {
    prop_oneof![
        any::<f64>().prop_filter("JSON has no infinity", |f| f.is_finite()).prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (any::<i64>(), -30..30)
            .prop_map(|(m, e)| serde_json::from_str(&format!("{m}e{e}")).unwrap()),
    ]
    .boxed()
}

fn timestamp() -> BoxedStrategy<Value> {
    (1900..2200, 1..13, 1..29, 0..24, 0..60, 0..60, 0..1_000_000)
        .prop_map(|(y, mo, d, h, mi, s, us)| {
            json!(format!("{y}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}.{us:06}Z"))
        })
        .boxed()
}

fn document() -> BoxedStrategy<Value> {
    let home = or_null(some(vec![("lat", or_null(float()))]));
    let user = or_null(some(vec![
        ("name", or_null(text().prop_map(Value::from))),
        ("ids", list(any::<i64>().prop_map(Value::from))),
        ("home", home),
    ]));
    some(vec![
        ("id", or_null(any::<i64>().prop_map(Value::from))),
        ("small", or_null(any::<u8>().prop_map(Value::from))),
        ("score", or_null(float())),
        ("name", or_null(text().prop_map(Value::from))),
        ("ok", or_null(any::<bool>().prop_map(Value::from))),
        ("at", or_null(timestamp())),
        (
            "day",
            or_null(
                (1_i32..9999, 1..13, 1..29)
                    .prop_map(|(y, m, d)| json!(format!("{y:04}-{m:02}-{d:02}"))),
            ),
        ),
        ("tags", list(text().prop_map(Value::from))),
        ("user", user),
    ])
}

fn arrow_json(columns: &[(&str, &str)], input: &str) -> RecordBatch {
    let mut decoder =
        OracleBuilder::new(schema(columns)).with_batch_size(1 << 16).build_decoder().unwrap();
    decoder.decode(input.as_bytes()).unwrap();
    decoder.flush().unwrap().unwrap_or_else(|| RecordBatch::new_empty(schema(columns)))
}

/// All columns but `_rescued_data`, which arrow-json does not have.
fn without_rescue(batch: &RecordBatch) -> RecordBatch {
    batch.project(&(0..batch.num_columns() - 1).collect::<Vec<_>>()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn documents_that_fit_decode_as_arrow_json_decodes_them(documents in prop::collection::vec(document(), 1..6)) {
        let input: String = documents.iter().map(|document| format!("{document}\n")).collect();
        let output = read(&reader(&COLUMNS), &input);
        prop_assert_eq!(&output.rejects, &[]);
        prop_assert_eq!(output.batch.column(COLUMNS.len()).null_count(), documents.len());
        prop_assert_eq!(without_rescue(&output.batch), arrow_json(&COLUMNS, &input));
    }

    #[test]
    fn values_equal_those_of_serde_json(documents in prop::collection::vec(document(), 1..6)) {
        let input: String = documents.iter().map(|document| format!("{document}\n")).collect();
        let batch = read(&reader(&COLUMNS), &input).batch;
        for (row, document) in documents.iter().enumerate() {
            let column = |name: &str| batch.column_by_name(name).unwrap().slice(row, 1);
            let id = column("id");
            let id = id.as_primitive::<Int64Type>().iter().next().flatten();
            prop_assert_eq!(id, document["id"].as_i64());
            let score = column("score");
            let score = score.as_primitive::<Float64Type>().iter().next().flatten();
            // The text of the number, read by the standard library.
            let expected = document["score"].as_number().map(|n| n.as_str().parse::<f64>().unwrap());
            prop_assert_eq!(score.map(f64::to_bits), expected.map(f64::to_bits));
            let name = column("name");
            let name = name.as_string::<i32>().iter().next().flatten().map(str::to_owned);
            prop_assert_eq!(name.as_deref(), document["name"].as_str());
            let ok = column("ok");
            prop_assert_eq!(ok.as_boolean().iter().next().flatten(), document["ok"].as_bool());
            let user = column("user");
            prop_assert_eq!(user.is_null(0), document["user"].is_null());
            let ids = user.as_struct().column_by_name("ids").unwrap().clone();
            let ids = ids.as_list::<i32>();
            match &document["user"]["ids"] {
                Value::Array(expected) => {
                    let found = ids.value(0);
                    let found: Vec<_> = found.as_primitive::<Int64Type>().iter().collect();
                    let expected: Vec<_> = expected.iter().map(Value::as_i64).collect();
                    prop_assert_eq!(found, expected);
                }
                _ => prop_assert!(arrow_array::Array::is_null(ids, 0)),
            }
        }
    }

    /// Whatever the values are: a text column keeps them all, and they parse back to the same.
    #[test]
    fn any_json_survives_in_a_text_column(documents in prop::collection::vec(document(), 1..6)) {
        let input: String = documents.iter().map(|document| format!("{{\"v\":{document}}}\n")).collect();
        let output = read(&reader(&[("v", "utf8")]), &input);
        for (found, document) in output.column("v").iter().zip(&documents) {
            let found: Value = serde_json::from_str(found.as_str().unwrap()).unwrap();
            prop_assert_eq!(&found, document);
        }
    }

    /// What does not fit is in `_rescued_data`; together with the columns nothing is missing.
    #[test]
    fn every_member_is_in_its_column_or_rescued(documents in prop::collection::vec(document(), 1..6)) {
        let input: String = documents.iter().map(|document| format!("{document}\n")).collect();
        let columns = [("id", "utf8"), ("name", "int64"), ("user", "boolean"), ("tags", "list<utf8>")];
        let output = read(&reader(&columns), &input);
        for (row, document) in documents.iter().enumerate() {
            let rescued = output.column("_rescued_data")[row].clone();
            let rescued: Value = rescued.as_str().map_or(json!({}), |text| serde_json::from_str(text).unwrap());
            for (key, value) in document.as_object().unwrap() {
                let kept = match key.as_str() {
                    "id" => value.is_null() || output.column("id")[row] == json!(value.to_string()),
                    "tags" => output.column("tags")[row] == *value,
                    "name" | "user" if value.is_null() => true,
                    _ => false,
                };
                prop_assert!(kept || rescued[key] == *value, "{key}: {value} of {document}");
            }
        }
    }
}

/// Where we and arrow-json differ, by rule of docs/semantics.md.
#[test]
fn differences_to_arrow_json_are_these() {
    let strict = |data_type: &str, value: &str| {
        let columns = [("v", data_type)];
        let mut decoder = OracleBuilder::new(schema(&columns)).build_decoder().unwrap();
        let line = format!("{{\"v\":{value}}}\n");
        let decoded = decoder.decode(line.as_bytes()).and_then(|_| decoder.flush());
        let theirs =
            decoded.ok().flatten().map(|batch| crate::support::column(&batch, "v").remove(0));
        let ours = read(&reader(&columns), &line).column("v").remove(0);
        (ours, theirs)
    };
    // A fraction is never cut off: it is a conflict, rescued.
    assert_eq!(strict("int64", "1.5"), (Value::Null, Some(json!(1))));
    // A string is no number and no boolean, even if its text looks like one.
    assert_eq!(strict("int64", "\"7\""), (Value::Null, Some(json!(7))));
    // Numbers and objects in a text column are kept as their raw text.
    assert_eq!(strict("utf8", "1.50"), (json!("1.50"), None));
    assert_eq!(strict("utf8", "{\"a\":1}"), (json!("{\"a\":1}"), None));
}
