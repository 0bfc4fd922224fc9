use arrow_schema::{DataType, Field, Schema};
use proptest::prelude::*;

use super::{schema_from_json, schema_to_json};
use crate::error::ErrorKind;
use crate::schema::arbitrary::any_schema;
use crate::schema::type_text::parse_type;

#[test]
fn the_full_form_has_a_list_of_fields() {
    let json = r#"{"fields": [
        {"name": "id", "type": "int64", "nullable": false},
        {"name": "user", "type": "struct<name: utf8>"},
        {"nullable": true, "name": "place", "fields": [{"name": "lat", "type": "double"}]}
    ]}"#;
    let place = DataType::Struct(vec![Field::new("lat", DataType::Float64, true)].into());
    let expected = Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("user", parse_type("struct<name: utf8>").unwrap(), true),
        Field::new("place", place, true),
    ]);
    assert_eq!(schema_from_json(json.as_bytes()).unwrap(), expected);
    assert_eq!(schema_from_json(format!("\u{feff}{json}").as_bytes()).unwrap(), expected);
}

#[test]
fn the_short_form_is_an_object_of_types() {
    let json = br#"{"z": "int64 not null", "fields": "utf8", "a": "list<utf8>"}"#;
    let expected = Schema::new(vec![
        Field::new("z", DataType::Int64, false),
        Field::new("fields", DataType::Utf8, true),
        Field::new("a", DataType::new_list(DataType::Utf8, true), true),
    ]);
    assert_eq!(schema_from_json(json).unwrap(), expected);
}

#[test]
fn the_written_form_is_fixed() {
    let schema = Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("a\"b", DataType::new_list(DataType::Utf8, true), true),
    ]);
    let expected = r#"{
  "fields": [
    {
      "name": "id",
      "type": "int64",
      "nullable": false
    },
    {
      "name": "a\"b",
      "type": "list<utf8>"
    }
  ]
}
"#;
    assert_eq!(schema_to_json(&schema), expected);
}

#[test]
fn what_is_no_schema_is_an_error() {
    for (json, message) in [
        ("", "expected a schema as JSON, Arrow IPC or Parquet, found: EOF"),
        ("[]", "an object of column names and types, or one with an array `fields`"),
        ("42", "an object of column names and types"),
        ("{}", "schema: expected at least one column, found none"),
        (r#"{"fields": []}"#, "schema: expected at least one column, found none"),
        (r#"{"fields": [], "x": 1}"#, "unknown field `x`"),
        (r#"{"fields": [{"name": "a", "typ": "int64"}]}"#, "unknown field `typ`"),
        (r#"{"fields": [{"type": "int64"}]}"#, "missing field `name`"),
        (r#"{"fields": [{"name": "a", "name": "b", "type": "int64"}]}"#, "duplicate field `name`"),
        (
            r#"{"fields": [{"name": "a"}]}"#,
            "column `a`: expected one of `type` and `fields`, found neither",
        ),
        (
            r#"{"fields": [{"name": "a", "type": "int64", "fields": []}]}"#,
            "column `a`: expected one of `type` and `fields`, found both",
        ),
        (
            r#"{"fields": [{"name": "a", "fields": [{"name": "b", "type": "intt"}]}]}"#,
            "column `a.b`: type `intt`: expected a type",
        ),
        (
            r#"{"fields": [{"name": "a", "fields": []}]}"#,
            "column `a`: expected a struct with fields",
        ),
        (r#"{"a": "int64", "a": "utf8"}"#, "column `a`: expected each name once"),
        (r#"{"a": 1}"#, "expected a string at line 1 column 7"),
        (r#"{"a": "intt"}"#, "column `a`: type `intt`: expected a type"),
        (r#"{"a": "int64"} x"#, "trailing characters"),
    ] {
        let error = schema_from_json(json.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema);
        assert!(error.message().contains(message), "{json}: {error}");
    }
    assert!(schema_from_json(&[0xff, 0xfe, b'{', 0]).is_err());
    assert!(schema_from_json("[".repeat(1_000_000).as_bytes()).is_err());
}

proptest! {
    #[test]
    fn any_supported_schema_survives_its_json(schema in any_schema()) {
        let json = schema_to_json(&schema);
        prop_assert_eq!(schema_from_json(json.as_bytes()).unwrap(), schema, "{}", json);
    }
}
