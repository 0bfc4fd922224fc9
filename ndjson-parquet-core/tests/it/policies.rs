//! What happens to values and fields that do not fit, and to bad lines: nothing is lost silently,
//! and nothing of a bad line remains.

use arrow_array::cast::AsArray;
use ndjson_parquet_core::{
    BadLineKind, DuplicateKeys, ErrorKind, ReaderBuilder, TypeConflicts, UnknownFields,
};
use serde_json::{Value, json};

use crate::support::{Output, pull, push, read, reader, rows, try_read};

const COLUMNS: [(&str, &str); 4] = [
    ("id", "int64"),
    ("user", "struct<name: utf8, age: int8>"),
    ("items", "list<struct<price: float64, tags: list<int64>>>"),
    ("text", "utf8"),
];

fn builder() -> ReaderBuilder {
    reader(&COLUMNS)
}

fn rescued(input: &str) -> Vec<Value> {
    read(&builder(), input).column("_rescued_data")
}

#[test]
fn unknown_fields_are_rescued_as_they_are() {
    let input = concat!(
        "{\"x\": { \"y\" : [1.0, \"\\u0041\"] } ,\"id\":1}\n",
        "{\"id\":2}\n",
        "{\"user\":{\"zip\":\"0123\",\"age\":3},\"items\":[{},{},{\"extra\":1e3}]}\n",
        "{\"a.b\":null,\"\":[],\"q\\\"\":\"é\",\"_rescued_data\":\"{}\"}\n",
    );
    assert_eq!(
        rescued(input),
        [
            json!("{\"x\":{ \"y\" : [1.0, \"\\u0041\"] }}"),
            Value::Null,
            json!("{\"user.zip\":\"0123\",\"items[2].extra\":1e3}"),
            json!(
                "{\"\\\"a.b\\\"\":null,\"\\\"\\\"\":[],\"\\\"q\\\\\\\"\\\"\":\"é\",\"_rescued_data\":\"{}\"}"
            ),
        ]
    );
}

#[test]
fn conflicts_are_rescued_with_their_path() {
    let input = concat!(
        "{\"id\":\"one\",\"user\":{\"name\":\"n\",\"age\":300}}\n",
        "{\"user\":[1,2],\"items\":{\"price\":1}}\n",
        "{\"items\":[{\"price\":\"free\",\"tags\":[1,\"x\",[2],3]},5,{\"tags\":7}]}\n",
    );
    let output = read(&builder(), input);
    assert_eq!(
        output.column("_rescued_data"),
        [
            json!("{\"id\":\"one\",\"user.age\":300}"),
            json!("{\"user\":[1,2],\"items\":{\"price\":1}}"),
            json!(
                "{\"items[0].price\":\"free\",\"items[0].tags[1]\":\"x\",\"items[0].tags[2]\":[2],\"items[1]\":5,\"items[2].tags\":7}"
            ),
        ]
    );
    assert_eq!(output.column("id"), [Value::Null, Value::Null, Value::Null]);
    assert_eq!(output.column("user")[0], json!({"name": "n", "age": null}));
    assert_eq!(output.column("user")[1], Value::Null);
    assert_eq!(
        output.column("items")[2],
        json!([
            {"price": null, "tags": [1, null, null, 3]},
            null,
            {"price": null, "tags": null},
        ])
    );
}

/// Each element repeats the path: 64 of a path of 1 MiB reach the limit of 64 MiB.
#[test]
fn a_line_whose_rescued_paths_exceed_64_mib_is_bad() {
    let key = "k".repeat(1 << 20);
    let columns = [(key.as_str(), "list<int64>")];
    let line = |elements: usize| {
        let elements = vec!["\"x\""; elements].join(",");
        format!("{{\"{key}\":[{elements}]}}\n")
    };
    let input = line(63) + &line(64) + &line(1);
    let output = pull(&reader(&columns), input.as_bytes(), 1 << 20).unwrap();
    assert_eq!(output.counts, [3, 2, 0, 1]);
    assert_eq!(output.rejected(), ["2: line_too_long"]);
    let lengths = output.batch.column(1).as_string::<i32>();
    let lengths: Vec<usize> = lengths.iter().map(|text| text.unwrap().len()).collect();
    // Braces, then for each element quotes, path, index in brackets, colon, value and comma.
    let indices: usize = (0..63).map(|index: usize| index.to_string().len()).sum();
    assert_eq!(lengths, [1 + 63 * ((1 << 20) + 9) + indices, 1 + (1 << 20) + 10]);
}

#[test]
fn rescued_text_ends_a_batch_as_its_line_does() {
    let key = "k".repeat(1000);
    let columns = [(key.as_str(), "list<int64>")];
    let line = format!("{{\"{key}\":[{}]}}\n", vec!["\"x\""; 100].join(","));
    // A line has 1.4 kB, its rescued text 100 kB.
    let reader = reader(&columns).with_batch_bytes(200_000);
    let batches = reader.build(std::io::Cursor::new(line.repeat(6))).unwrap();
    let rows: Vec<usize> = batches.map(|batch| batch.unwrap().num_rows()).collect();
    assert_eq!(rows, [2, 2, 2]);
}

#[test]
fn ignored_fields_are_gone_and_there_is_no_rescue_column() {
    let builder = builder()
        .with_unknown_fields(UnknownFields::Ignore)
        .with_type_conflicts(TypeConflicts::Null);
    let output = read(&builder, "{\"x\":[1],\"id\":\"a\",\"user\":{\"y\":2,\"name\":\"n\"}}\n");
    assert_eq!(output.batch.num_columns(), 4);
    assert_eq!(
        rows(&output.batch),
        [json!({
            "id": null, "user": {"name": "n", "age": null}, "items": null, "text": null,
        })]
    );
}

#[test]
fn an_ignored_field_must_be_valid_json_all_the_same() {
    let builder = builder().with_unknown_fields(UnknownFields::Ignore);
    for value in ["tru", "[1,]", "{\"a\"}", "\"\\ud800\"", "01", "\"\u{1}\""] {
        let output = read(&builder, format!("{{\"x\":{value}}}\n{{\"id\":1}}\n"));
        assert_eq!(output.rejected(), ["1: syntax"], "{value}");
    }
}

#[test]
fn an_unknown_field_stops_a_strict_reader() {
    let strict = builder().with_unknown_fields(UnknownFields::Error);
    let error = try_read(&strict, "{\"id\":1}\n{\"user\":{\"zip\":1}}\n").unwrap_err();
    let line = error.bad_line().unwrap();
    assert_eq!(
        (line.kind, line.line, line.path.as_str()),
        (BadLineKind::UnknownField, 2, "user.zip")
    );
    // A line that is no JSON at all is a bad line, whatever it has before.
    let output = read(&strict, "{\"zip\":1,}\n{\"id\":1}");
    assert_eq!(output.rejected(), ["1: syntax"]);
}

#[test]
fn a_conflict_puts_its_line_into_quarantine_or_stops() {
    let input =
        "{\"id\":1}\n{\"id\":\"x\",\"text\":\"t\"}\n{\"items\":[{\"tags\":[1,2.5]}]}\n{\"id\":2}\n";
    let quarantine = builder().with_type_conflicts(TypeConflicts::Quarantine);
    let output = read(&quarantine, input);
    assert_eq!(output.column("id"), [json!(1), json!(2)]);
    assert_eq!(output.rejected(), ["2: type_conflict", "3: type_conflict"]);
    assert_eq!(output.rejects[1].path, "items[0].tags[1]");
    let error = try_read(&builder().with_type_conflicts(TypeConflicts::Error), input).unwrap_err();
    assert_eq!(error.bad_line().unwrap().line, 2);
}

#[test]
fn policies_that_need_inference_are_refused() {
    for builder in [
        builder().with_unknown_fields(UnknownFields::Evolve),
        builder().with_type_conflicts(TypeConflicts::Widen),
    ] {
        assert_eq!(builder.build_decoder().err().unwrap().kind(), ErrorKind::Schema);
    }
}

fn with_duplicates(duplicates: DuplicateKeys, input: &str) -> Output {
    read(&builder().with_duplicate_keys(duplicates), input)
}

#[test]
fn the_last_of_duplicate_keys_wins() {
    let output = with_duplicates(
        DuplicateKeys::Last,
        concat!(
            "{\"id\":1,\"id\":2,\"id\":3}\n",
            "{\"id\":1,\"id\":null}\n",
            "{\"id\":null,\"\\u0069d\":4}\n",
            "{\"user\":{\"name\":\"a\",\"age\":1},\"user\":{\"name\":\"b\"}}\n",
            "{\"user\":{\"name\":\"a\"},\"user\":null}\n",
            "{\"items\":[{\"price\":1},{\"price\":2}],\"items\":[{\"tags\":[1,2]}],\"id\":5}\n",
            "{\"items\":[{\"price\":1,\"price\":2,\"tags\":[1],\"tags\":[]}],\"text\":\"abc\",\"text\":\"d\"}\n",
            "{\"id\":6}\n",
        ),
    );
    assert_eq!(output.rejects, []);
    assert_eq!(
        output.column("id"),
        [
            json!(3),
            json!(null),
            json!(4),
            json!(null),
            json!(null),
            json!(5),
            json!(null),
            json!(6)
        ]
    );
    let user = output.column("user");
    assert_eq!(user[3..5], [json!({"name": "b", "age": null}), json!(null)]);
    let items = output.column("items");
    assert_eq!(items[5], json!([{"price": null, "tags": [1, 2]}]));
    assert_eq!(items[6], json!([{"price": 2.0, "tags": []}]));
    assert_eq!(output.column("text")[6], json!("d"));
    assert!(output.column("_rescued_data").iter().all(Value::is_null));
}

#[test]
fn the_first_of_duplicate_keys_wins_on_request() {
    let output = with_duplicates(
        DuplicateKeys::First,
        concat!(
            "{\"id\":1,\"id\":2,\"id\":\"x\"}\n",
            "{\"id\":null,\"id\":2}\n",
            "{\"id\":\"x\",\"id\":2}\n",
            "{\"user\":{\"name\":\"a\",\"name\":\"b\"},\"user\":{\"age\":1,\"zip\":5}}\n",
        ),
    );
    assert_eq!(output.column("id"), [json!(1), json!(null), json!(null), json!(null)]);
    assert_eq!(output.column("user")[3], json!({"name": "a", "age": null}));
    assert_eq!(
        output.column("_rescued_data"),
        [json!(null), json!(null), json!("{\"id\":\"x\"}"), json!(null)]
    );
}

#[test]
fn duplicate_keys_make_the_line_bad_on_request() {
    let output = with_duplicates(
        DuplicateKeys::Error,
        concat!(
            "{\"id\":1}\n",
            "{\"id\":1,\"\\u0069d\":2}\n",
            "{\"x\":[{\"a\":1},{\"a\":1}],\"y\":{\"x\":1}}\n",
            "{\"x\":[{\"a\":1,\"b\":{},\"a\":1}]}\n",
            "{\"x\":{},\"y\":[{},\"x\",\"x\"],\"z\":{\"x\":\"x\"}}\n",
            "{\"user\":{\"name\":\"a\",\"name\":\"a\"}}\n",
            "{\"id\":1,\"id\":2\n",
        ),
    );
    assert_eq!(
        output.rejected(),
        ["2: duplicate_key", "4: duplicate_key", "6: duplicate_key", "7: syntax"]
    );
    let places: Vec<_> =
        output.rejects.iter().map(|line| (line.path.as_str(), line.error_offset)).collect();
    assert_eq!(places[..3], [("id", 8), ("x[0].a", 20), ("user.name", 20)]);
}

#[test]
fn what_a_replaced_value_rescued_is_gone_with_it() {
    let output = with_duplicates(
        DuplicateKeys::Last,
        concat!(
            "{\"id\":\"a\",\"id\":2}\n",
            "{\"id\":\"a\",\"id\":\"b\",\"text\":\"t\"}\n",
            "{\"user\":{\"age\":\"old\",\"zip\":1},\"user\":{\"age\":1,\"zip\":2}}\n",
            "{\"items\":[{\"price\":\"x\",\"q\":0}],\"z\":1,\"items\":[{\"tags\":[\"y\"]}],\"id\":\"last\"}\n",
            "{\"user\":{\"zip\":1},\"user\":{}}\n",
            "{\"user\":{\"zip\":1},\"id\":[],\"user\":null,\"id\":{}}\n",
            "{\"items\":[{},{\"price\":1,\"price\":2}],",
            "\"items\":[{\"price\":\"x\"},{\"price\":\"y\",\"price\":2}]}\n",
        ),
    );
    assert_eq!(
        output.column("_rescued_data"),
        [
            json!(null),
            json!("{\"id\":\"b\"}"),
            json!("{\"user.zip\":2}"),
            json!("{\"z\":1,\"items[0].tags[0]\":\"y\",\"id\":\"last\"}"),
            json!(null),
            json!("{\"id\":{}}"),
            json!("{\"items[0].price\":\"x\"}"),
        ]
    );
}

#[test]
fn nothing_of_a_bad_line_remains() {
    let good = [
        "{\"id\":1,\"user\":{\"name\":\"a\"},\"items\":[{\"tags\":[1]}],\"text\":\"x\"}",
        "{\"items\":[]}",
        "{\"text\":\"y\",\"user\":{\"age\":2},\"x\":1}",
    ];
    let bad = concat!(
        "{\"id\":\"r\",\"text\":\"bad\\u0041\",\"user\":{\"name\":\"bad\",\"age\":9,\"u\":1,\"age\":8},",
        "\"items\":[{\"price\":1,\"tags\":[7,8,\"c\"]},null,{\"tags\":[9]}],\"w\":[1,{\"v\":2}],\"id\":99}"
    );
    let expected = read(&builder(), good.join("\n"));
    for end in 1..bad.len() {
        let cut = &bad[..end];
        let input = format!("{cut}\n{}\n{cut}\n{cut}\n{}\n{}\n{cut}", good[0], good[1], good[2]);
        // The first line must not look like pretty-printed JSON.
        let input = format!("x\n{input}");
        let output = pull(&builder(), input.as_bytes(), 1 << 20).unwrap();
        assert_eq!(output.batch, expected.batch, "{cut}");
        assert_eq!(output.counts, [8, 3, 0, 5], "{cut}");
        let small = push(&builder().with_batch_size(2), input.as_bytes(), 10).unwrap();
        assert_eq!((small.batch, small.rejects), (output.batch, output.rejects), "{cut}");
    }
}

#[test]
fn nothing_of_a_line_with_a_conflict_remains() {
    let good = "{\"id\":1,\"user\":{\"name\":\"a\"},\"items\":[{\"tags\":[1]}],\"text\":\"x\"}";
    let builder = builder().with_type_conflicts(TypeConflicts::Quarantine);
    let expected = read(&builder, format!("{good}\n{good}\n"));
    for bad in [
        "{\"text\":\"bad\",\"items\":[{\"price\":1,\"tags\":[1,2]},{\"tags\":[3,4,true]}]}",
        "{\"items\":[{\"tags\":[1,2]}],\"user\":{\"name\":\"bad\",\"age\":1000}}",
        "{\"z\":1,\"user\":{\"name\":\"bad\"},\"text\":\"bad\",\"id\":\"bad\"}",
    ] {
        let output = read(&builder, format!("{bad}\n{good}\n{bad}\n{bad}\n{good}\n{bad}"));
        assert_eq!(output.batch, expected.batch, "{bad}");
        assert_eq!(output.counts, [6, 2, 0, 4], "{bad}");
    }
}

#[test]
fn a_rescue_column_of_the_schema_is_used_where_it_stands() {
    let output = read(
        &reader(&[("_rescued_data", "utf8"), ("id", "int64")]),
        "{\"x\":1,\"id\":2}\n{\"_rescued_data\":3}",
    );
    assert_eq!(output.batch.schema().field(0).name(), "_rescued_data");
    assert_eq!(
        output.column("_rescued_data"),
        [json!("{\"x\":1}"), json!("{\"_rescued_data\":3}")]
    );
    assert_eq!(output.column("id"), [json!(2), json!(null)]);
}
