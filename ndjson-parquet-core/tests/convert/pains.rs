//! What users of other converters suffer from, each as a test that ours passes.

use std::fmt::Write;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use ndjson_parquet_core::{Converter, Source};
use serde_json::{Value, json};

use crate::harness::*;

/// Pain 1: a key first seen at row 20,480 never enters the schema, and its 30,000 values are gone.
#[test]
fn a_key_first_seen_in_row_20480_keeps_all_of_its_30000_values() {
    let mut text = String::new();
    for row in 0..50_479 {
        match row {
            0..20_479 => writeln!(text, r#"{{"id":{row}}}"#).unwrap(),
            _ => writeln!(text, r#"{{"id":{row},"late":"v{row}"}}"#).unwrap(),
        }
    }
    let converted = convert_text(&Converter::new().with_sample_bytes(4096), text);
    assert_eq!(converted.columns(), pairs(&[("id", "int64"), ("late", "utf8")]));
    let rows = converted.rows();
    assert_eq!(rows.len(), 50_479);
    for (row, value) in rows.iter().enumerate() {
        let late = if row < 20_479 { Value::Null } else { json!(format!("v{row}")) };
        assert_eq!(*value, json!({ "id": row, "late": late }));
    }
    let late = &converted.summary.balance.columns[1];
    assert_eq!((late.typed, late.absent), (30_000, 20_479));
}

/// Pain 2: the same with a sample of 100 rows, and 900 of 1000 values gone.
#[test]
fn a_key_first_seen_after_a_sample_of_100_rows_keeps_all_of_its_900_values() {
    let mut text = String::new();
    for row in 0..1000 {
        let late = if row < 100 { String::new() } else { format!(r#","late":{row}.5"#) };
        writeln!(text, r#"{{"n":{}{late}}}"#, 100 + row % 100).unwrap();
    }
    // `{"n":1xx}` and LF are 10 bytes.
    let converted = convert_text(&Converter::new().with_sample_bytes(100 * 10), text);
    assert_eq!(converted.summary.restarts, 1);
    let rows = converted.rows();
    let late: Vec<_> = rows.iter().filter_map(|row| row["late"].as_f64()).collect();
    let expected: Vec<_> = (100..1000).map(|row| f64::from(row) + 0.5).collect();
    assert_eq!(late, expected);
}

/// Pain 3: a late 1.5 in a column of integers becomes 2.
#[test]
fn a_late_fraction_in_a_column_of_integers_is_kept_exactly() {
    let text = "{\"a\":1}\n".repeat(1000) + "{\"a\":1.5}\n";
    let converted = convert_text(&Converter::new().with_sample_bytes(64), text);
    assert_eq!(converted.columns(), pairs(&[("a", "float64")]));
    let rows = converted.rows();
    assert_eq!(rows.len(), 1001);
    assert!(rows[..1000].iter().all(|row| row["a"].as_f64() == Some(1.0)));
    assert_eq!(rows[1000]["a"].as_f64(), Some(1.5));
}

/// Pain 3: a late `true` in a column of numbers becomes 1.0.
#[test]
fn a_late_boolean_in_a_column_of_numbers_keeps_every_value_as_written() {
    let text = "{\"a\":1}\n".repeat(1000) + "{\"a\":1.50}\n{\"a\":true}\n{\"a\":\"x\"}\n";
    let converted = convert_text(&Converter::new().with_sample_bytes(64), text);
    assert_eq!(converted.columns(), pairs(&[("a", "utf8")]));
    let rows = converted.rows();
    assert!(rows[..1000].iter().all(|row| row["a"] == "1"));
    assert_eq!(rows[1000..], parse_lines("{\"a\":\"1.50\"}\n{\"a\":\"true\"}\n{\"a\":\"x\"}\n"));
    let column = &converted.summary.balance.columns[0];
    assert_eq!((column.typed, column.widened), (1, 1002));
}

/// Pain 4: `{"lol":[42,[]]}` cannot be read at all.
#[test]
fn a_list_of_a_number_and_a_list_is_read() {
    let converted = convert_text(&Converter::new(), "{\"lol\":[42,[]]}\n");
    assert_eq!(converted.columns(), pairs(&[("lol", "list<utf8>")]));
    assert_eq!(converted.rows(), [json!({ "lol": ["42", "[]"] })]);
}

/// Pain 5: "Column(...) changed from number to string in row 1232" kills the load.
#[test]
fn a_column_that_changes_from_number_to_string_in_row_1232_is_text() {
    let numbers: String = (1..1232).map(|row| format!("{{\"v\":{row}}}\n")).collect();
    let text = numbers + "{\"v\":\"n/a\"}\n";
    let converted = convert_text(&Converter::new().with_sample_bytes(100), text);
    assert_eq!(converted.columns(), pairs(&[("v", "utf8")]));
    let rows = converted.rows();
    assert_eq!(rows.len(), 1232);
    assert_eq!((&rows[0]["v"], &rows[1230]["v"]), (&json!("1"), &json!("1231")));
    assert_eq!(rows[1231]["v"], "n/a");
}

/// Pain 6: an explicit string column refuses lists and objects.
#[test]
fn an_explicit_text_column_takes_lists_and_objects_as_json() {
    let schema = Schema::new(vec![Field::new("dynamic", DataType::Utf8, true)]);
    let text = concat!(
        "{\"dynamic\":\"text\"}\n",
        "{\"dynamic\":[1,{\"a\":null}]}\n",
        "{\"dynamic\":{\"k\":\"v\",\"n\":1.0}}\n",
        "{\"dynamic\":false}\n",
    );
    let converted = convert_text(&Converter::new().with_schema(Arc::new(schema)), text);
    let values: Vec<_> = converted.rows().iter().map(|row| row["dynamic"].clone()).collect();
    assert_eq!(values, ["text", r#"[1,{"a":null}]"#, r#"{"k":"v","n":1.0}"#, "false"]);
}

/// Pain 7: one row with one extra field fails a whole file.
#[test]
fn one_row_with_one_extra_field_adds_a_column() {
    let text =
        "{\"a\":1}\n".repeat(100) + "{\"a\":2,\"extra\":\"x\"}\n" + &"{\"a\":3}\n".repeat(100);
    let converted = convert_text(&Converter::new().with_sample_bytes(50), text);
    let rows = converted.rows();
    assert_eq!(rows.len(), 201);
    assert_eq!(rows[100], json!({ "a": 2, "extra": "x" }));
    assert_eq!(rows[200], json!({ "a": 3, "extra": null }));
}

/// Pain 7, with a schema: the field is kept as it is.
#[test]
fn one_row_with_a_field_that_the_schema_lacks_is_rescued() {
    let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, true)]));
    let text = "{\"a\":1}\n{\"a\":2,\"extra\":[1, 2]}\n";
    let converted = convert_text(&Converter::new().with_schema(schema), text);
    let expected = [
        json!({ "a": 1, "_rescued_data": null }),
        json!({ "a": 2, "_rescued_data": r#"{"extra":[1, 2]}"# }),
    ];
    assert_eq!(converted.rows(), expected);
    assert_eq!(converted.summary.balance.unknown_rescued, 1);
}

/// Pain 9: 14 files, and whether they load depends on their order.
#[test]
fn the_order_of_14_files_does_not_change_fields_and_types() {
    let files: Vec<String> = (0..14)
        .map(|file| match file % 7 {
            0 => format!("{{\"id\":{file}}}\n"),
            1 => format!("{{\"id\":{file},\"v\":null}}\n"),
            2 => "{\"v\":[]}\n{\"v\":[1]}\n".to_owned(),
            3 => "{\"v\":[1.5,null]}\n".to_owned(),
            4 => "{\"o\":{}}\n".to_owned(),
            5 => "{\"o\":{\"x\":1}}\n{\"when\":\"2024-05-01\"}\n".to_owned(),
            _ => format!("{{\"only{file}\":true,\"id\":18446744073709551615}}\n"),
        })
        .collect();
    let expected = pairs(&[
        ("id", "uint64"),
        ("o", "struct<x: int64>"),
        ("only13", "boolean"),
        ("only6", "boolean"),
        ("v", "list<float64>"),
        ("when", "date"),
    ]);
    for turn in 0..14 {
        let mut order: Vec<usize> = (0..14).collect();
        order.rotate_left(turn);
        if turn % 2 == 1 {
            order.reverse();
        }
        let sources: Vec<_> = order
            .iter()
            .map(|file| Source::bytes(format!("f{file}"), files[*file].clone()))
            .collect();
        let converter = Converter::new().with_sample_bytes(1 + 20 * turn as u64);
        let converted = convert(&converter, sources.clone()).unwrap();
        converted.assert_verified(sources);
        let mut columns = converted.columns();
        columns.sort();
        assert_eq!(columns, expected, "order {order:?}");
        assert_eq!(converted.summary.balance.rows, 18);
    }
}

/// Pain 10: one bad line stops all later lines.
#[test]
fn a_bad_line_does_not_stop_later_lines() {
    let text = "{\"a\":1}\n{\"a\":}\n{\"a\":3}\nnonsense\n{\"a\":5}\n";
    let sources = vec![Source::bytes("in", text)];
    let converted = convert_with_rejects(&Converter::new(), sources.clone()).unwrap();
    converted.assert_verified(sources);
    assert_eq!(converted.rows(), [json!({ "a": 1 }), json!({ "a": 3 }), json!({ "a": 5 })]);
    assert_eq!(converted.summary.balance.rejected, 2);
}

/// Pain 11: a count of bad records is not enough; file, place and line are wanted.
#[test]
fn the_quarantine_file_has_file_place_and_line_of_every_bad_line() {
    let place = Place::new();
    let first = place.write("first.ndjson", "{\"a\":1}\n\n{\"a\":tru}\n");
    let second = place.write("second.ndjson", "[1]\n{\"a\":2}\r\n{\"a\":3}}\r\n");
    let sources = vec![Source::path(&first), Source::path(&second)];
    let converted = convert_with_rejects(&Converter::new(), sources).unwrap();
    let found: Vec<_> = converted
        .rejects()
        .into_iter()
        .map(|row| {
            json!([
                row["source"],
                row["line"],
                row["byte_offset"],
                row["error_offset"],
                row["length"],
                row["path"],
                row["raw"]
            ])
        })
        .collect();
    let (first, second) = (first.to_str().unwrap(), second.to_str().unwrap());
    let expected = [
        json!([first, 3, 9, 5, 9, "a", "{\"a\":tru}"]),
        json!([second, 1, 0, 0, 3, "", "[1]"]),
        json!([second, 3, 13, 7, 8, "", "{\"a\":3}}"]),
    ];
    assert_eq!(found, expected);
}

/// Pain 30: Spark and Glue refuse TIMESTAMP(NANOS).
#[test]
fn inferred_timestamps_are_micros_never_nanos() {
    let text = concat!(
        "{\"local\":\"2024-05-01T12:00:00\",\"instant\":\"2024-05-01T12:00:00.123456Z\",",
        "\"fine\":\"2024-05-01T12:00:00.123456789Z\"}\n",
        "{\"local\":\"2024-05-01 12:00:00.5\",\"instant\":\"2024-05-01T14:00:00+02:00\",",
        "\"fine\":\"2024-05-01T12:00:00Z\"}\n",
    );
    let converted = convert_text(&Converter::new(), text);
    let expected =
        [("local", "timestamp(us)"), ("instant", "timestamp(us, UTC)"), ("fine", "utf8")];
    assert_eq!(converted.columns(), pairs(&expected));
    let rows = converted.rows();
    assert_eq!(rows[0]["fine"], "2024-05-01T12:00:00.123456789Z");
    assert_eq!(rows[0]["instant"], "2024-05-01T12:00:00.123456Z");
    assert_eq!(rows[1]["instant"], "2024-05-01T12:00:00Z");
    assert_eq!(rows[1]["local"], "2024-05-01T12:00:00.500");
    for column in ndjson_parquet_core::inspect(&converted.output).unwrap().columns {
        let logical = format!("{:?}", column.logical_type).to_lowercase();
        assert!(!logical.contains("nano"), "{column:?}");
    }
}

/// Pain 31: one `{}` value, and Parquet cannot be written.
#[test]
fn empty_objects_and_columns_of_nulls_can_be_written() {
    let text = concat!(
        "{\"empty\":{},\"null\":null,\"nothing\":[],\"inner\":{\"e\":{},\"n\":null}}\n",
        "{\"empty\":{},\"list\":[{},{}]}\n",
    );
    let converted = convert_text(&Converter::new(), text);
    let expected = [
        ("empty", "utf8"),
        ("null", "utf8"),
        ("nothing", "list<utf8>"),
        ("inner", "struct<e: utf8, n: utf8>"),
        ("list", "list<utf8>"),
    ];
    assert_eq!(converted.columns(), pairs(&expected));
    let first = json!({
        "empty": "{}", "null": null, "nothing": [], "inner": { "e": "{}", "n": null }, "list": null
    });
    let second = json!({
        "empty": "{}", "null": null, "nothing": null, "inner": null, "list": ["{}", "{}"]
    });
    assert_eq!(converted.rows(), [first, second]);
}

/// Pain 31: an empty object first, an object with fields later.
#[test]
fn an_empty_object_that_later_has_fields_is_a_struct() {
    let text = "{\"o\":{}}\n".repeat(10) + "{\"o\":{\"x\":1}}\n{\"o\":null}\n{}\n";
    let converted = convert_text(&Converter::new().with_sample_bytes(30), text);
    assert_eq!(converted.columns(), pairs(&[("o", "struct<x: int64>")]));
    let rows = converted.rows();
    assert_eq!(rows[0], json!({ "o": { "x": null } }));
    assert_eq!(rows[10], json!({ "o": { "x": 1 } }));
    assert_eq!(rows[11..], [json!({ "o": null }), json!({ "o": null })]);
}

/// Pain 32: `id` and `Id` in one record are a binder error.
#[test]
fn keys_that_differ_only_by_case_are_both_kept() {
    let text = "{\"id\":1,\"Id\":\"a\"}\n{\"Id\":\"b\",\"ID\":true}\n";
    let converted = convert_text(&Converter::new(), text);
    let expected = pairs(&[("id", "int64"), ("Id", "utf8"), ("ID", "boolean")]);
    assert_eq!(converted.columns(), expected);
    let first = json!({ "id": 1, "Id": "a", "ID": null });
    assert_eq!(converted.rows(), [first, json!({ "id": null, "Id": "b", "ID": true })]);
}

/// Pain 33: 18446744073709551615 comes back as 1.8446744073709552e19.
#[test]
fn the_largest_64_bit_integer_is_exact() {
    let converted = convert_text(&Converter::new(), "{\"a\":1}\n{\"a\":18446744073709551615}\n");
    assert_eq!(converted.columns(), pairs(&[("a", "uint64")]));
    assert_eq!(converted.rows(), parse_lines("{\"a\":1}\n{\"a\":18446744073709551615}\n"));
}

/// Pain 33: integers beyond 64 bits are stored as doubles.
#[test]
fn integers_beyond_64_bits_are_exact() {
    let text = "{\"a\":-1}\n{\"a\":18446744073709551615}\n{\"a\":12345678901234567890123}\n";
    let converted = convert_text(&Converter::new().with_sample_bytes(9), text);
    assert_eq!(converted.columns(), pairs(&[("a", "decimal(23,0)")]));
    let found: Vec<_> = converted.rows().iter().map(|row| text_of(&row["a"])).collect();
    assert_eq!(found, ["-1", "18446744073709551615", "12345678901234567890123"]);
}

/// A number as text, whether the writer of JSON quotes it or not.
fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
