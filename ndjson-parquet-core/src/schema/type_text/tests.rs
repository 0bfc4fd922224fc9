use std::sync::Arc;

use arrow_schema::{DataType, Field, TimeUnit};
use proptest::prelude::*;

use super::{parse_field, parse_type, parse_typed};
use crate::error::ErrorKind;
use crate::schema::arbitrary::any_typed;
use crate::schema::{NOTATION_KEY, format_field_type, format_type};

fn timestamp(unit: TimeUnit, zone: Option<&str>) -> DataType {
    DataType::Timestamp(unit, zone.map(Arc::from))
}

#[test]
fn each_keyword_is_its_arrow_type() {
    let expected = [
        ("boolean", DataType::Boolean),
        ("bool", DataType::Boolean),
        ("int8", DataType::Int8),
        ("int16", DataType::Int16),
        ("int32", DataType::Int32),
        ("int64", DataType::Int64),
        ("long", DataType::Int64),
        ("uint8", DataType::UInt8),
        ("uint16", DataType::UInt16),
        ("uint32", DataType::UInt32),
        ("uint64", DataType::UInt64),
        ("float32", DataType::Float32),
        ("float", DataType::Float32),
        ("float64", DataType::Float64),
        ("double", DataType::Float64),
        ("decimal(38,38)", DataType::Decimal128(38, 38)),
        ("decimal(1,0)", DataType::Decimal128(1, 0)),
        ("utf8", DataType::Utf8),
        ("string", DataType::Utf8),
        ("large_utf8", DataType::LargeUtf8),
        ("utf8_view", DataType::Utf8View),
        ("date", DataType::Date32),
        ("date32", DataType::Date32),
        ("timestamp", timestamp(TimeUnit::Microsecond, None)),
        ("timestamp(s)", timestamp(TimeUnit::Second, None)),
        ("timestamp(ms)", timestamp(TimeUnit::Millisecond, None)),
        ("timestamp(us, UTC)", timestamp(TimeUnit::Microsecond, Some("UTC"))),
        ("timestamp(ns,+02:00)", timestamp(TimeUnit::Nanosecond, Some("+02:00"))),
        (
            r#"timestamp(us, "America/New_York")"#,
            timestamp(TimeUnit::Microsecond, Some("America/New_York")),
        ),
        ("timestamp(us, Europe/Berlin)", timestamp(TimeUnit::Microsecond, Some("Europe/Berlin"))),
    ];
    for (text, data_type) in expected {
        assert_eq!(parse_type(text).unwrap(), data_type, "{text}");
        if !text.contains('(') {
            let upper = format!(" {}\n", text.to_ascii_uppercase());
            assert_eq!(parse_type(&upper).unwrap(), data_type, "{upper}");
        }
    }
    assert_eq!(parse_type("\tDecimal ( 18 , 2 ) ").unwrap(), DataType::Decimal128(18, 2));
}

#[test]
fn each_further_type_is_its_arrow_type() {
    let item = || Field::new("item", DataType::Int64, true);
    let map = |value: Field| {
        let pair = vec![Field::new("key", DataType::Utf8, false), value];
        let entries = Field::new("entries", DataType::Struct(pair.into()), false);
        DataType::Map(entries.into(), false)
    };
    for (text, data_type) in [
        ("decimal256(76,76)", DataType::Decimal256(76, 76)),
        ("time", DataType::Time64(TimeUnit::Microsecond)),
        ("time(s)", DataType::Time32(TimeUnit::Second)),
        ("time(ms)", DataType::Time32(TimeUnit::Millisecond)),
        ("time(us)", DataType::Time64(TimeUnit::Microsecond)),
        ("TIME ( ns )", DataType::Time64(TimeUnit::Nanosecond)),
        ("dictionary<utf8>", DataType::Dictionary(DataType::Int32.into(), DataType::Utf8.into())),
        ("dictionary(string)", DataType::Dictionary(DataType::Int32.into(), DataType::Utf8.into())),
        ("large_list<int64>", DataType::LargeList(item().into())),
        ("large_list(int64 not null)", DataType::LargeList(item().with_nullable(false).into())),
        ("map<utf8, int64>", map(item().with_name("value"))),
        ("map(utf8, int64 not null)", map(item().with_name("value").with_nullable(false))),
        ("list(int64)", DataType::List(item().into())),
    ] {
        assert_eq!(parse_type(text).unwrap(), data_type, "{text}");
    }
}

#[test]
fn a_notation_stands_in_the_metadata_of_its_field() {
    for (text, data_type, notation, written) in [
        ("Json", DataType::Utf8, "json", "json"),
        ("binary(Base64)", DataType::Binary, "base64", "binary(base64)"),
        ("binary ( hex ) not null", DataType::Binary, "hex", "binary(hex)"),
        (
            "timestamp(us,Epoch(ms))",
            timestamp(TimeUnit::Microsecond, None),
            "epoch(ms)",
            "timestamp(us, epoch(ms))",
        ),
        (
            "timestamp(s, +02:00, epoch(ns))",
            timestamp(TimeUnit::Second, Some("+02:00")),
            "epoch(ns)",
            "timestamp(s, \"+02:00\", epoch(ns))",
        ),
        (
            r#"timestamp(ms, UTC, format("%d\u002f%m/%Y \"%H\""))"#,
            timestamp(TimeUnit::Millisecond, Some("UTC")),
            r#"format("%d/%m/%Y \"%H\"")"#,
            r#"timestamp(ms, UTC, format("%d/%m/%Y \"%H\""))"#,
        ),
    ] {
        let field = parse_field("a", text).unwrap();
        assert_eq!(field.data_type(), &data_type);
        assert_eq!(field.is_nullable(), !text.ends_with("not null"));
        assert_eq!(field.metadata()[NOTATION_KEY], notation);
        assert_eq!(format_field_type(&field), written);
    }
    let json = parse_field("a", "json").unwrap();
    assert_eq!(json.extension_type_name(), Some("arrow.json"));
    let DataType::Struct(fields) = parse_type("struct<a: json, b: list<binary(hex)>>").unwrap()
    else {
        panic!("a struct")
    };
    assert_eq!(fields[0].metadata()[NOTATION_KEY], "json");
    assert_eq!(format_field_type(&fields[1]), "list<binary(hex)>");
}

#[test]
fn nested_types_name_their_fields_and_nulls() {
    let item = Field::new("item", DataType::Int64, true);
    assert_eq!(parse_type("list<int64>").unwrap(), DataType::List(item.into()));
    let item = Field::new("item", DataType::Int64, false);
    assert_eq!(parse_type("List < int64 NOT NULL >").unwrap(), DataType::List(item.into()));
    let element = Field::new("element", DataType::Utf8, true);
    assert_eq!(parse_type("list<element: utf8>").unwrap(), DataType::List(element.into()));

    let fields = vec![
        Field::new("list", DataType::Int8, true),
        Field::new("odd \"name\"", DataType::Date32, false),
        Field::new("", DataType::new_list(DataType::Boolean, true), true),
        Field::new("größe", DataType::Utf8, true),
    ];
    let text = r#"struct<list: int8, "odd \"name\"": date not null, "": list<bool>, größe: utf8>"#;
    assert_eq!(parse_type(text).unwrap(), DataType::Struct(fields.into()));
}

#[test]
fn types_are_written_in_one_form() {
    for text in [
        "boolean",
        "decimal(18,2)",
        "date",
        "timestamp(us)",
        "timestamp(us, UTC)",
        r#"timestamp(ms, "America/New_York")"#,
        "list<utf8>",
        "list<element: utf8 not null>",
        r#"list<struct<a: int64 not null, "b c": struct<d: float64>>>"#,
    ] {
        assert_eq!(format_type(&parse_type(text).unwrap()), text);
    }
}

#[test]
fn errors_say_what_was_expected_what_was_found_and_where() {
    let expected = [
        ("", "expected a type (such as int64", "at column 1, found the end"),
        ("  list<intt64>", "expected a type", "at column 8, found `intt64`"),
        ("int64 x", "expected the end of the text at column 7, found `x`", ""),
        ("decimal", "expected `(` at column 8, found the end", ""),
        ("decimal(39,2)", "expected a precision from 1 to 38 at column 9, found `39`", ""),
        ("decimal(0,0)", "a precision from 1 to 38 at column 9", ""),
        ("decimal(4,5)", "expected a scale from 0 to 4 at column 11, found `5`", ""),
        ("decimal(4,-1)", "expected a scale from 0 to 4 at column 11, found `-1`", ""),
        ("decimal(999999999999,1)", "a precision", ""),
        ("timestamp(m)", "expected a unit (s, ms, us or ns) at column 11, found `m`", ""),
        ("timestamp(us, Mars/Olympus)", "expected a time zone", "at column 15, found `Mars`"),
        ("timestamp(us, \"UTC)", "expected a closed string", "at column 15"),
        ("struct<>", "expected the name of a field at column 8, found `>`", ""),
        ("struct<a int64>", "expected `:` at column 10, found `int64`", ""),
        ("struct<a: int64, a: utf8>", "expected another name", "at column 18, found `a`"),
        ("struct<a: int64", "expected `>` at column 16, found the end", ""),
        ("struct<a: int64,>", "expected the name of a field at column 17, found `>`", ""),
        ("struct<\"\\x\": int64>", "the escapes of JSON at column 8", ""),
        ("list<int64 not nul>", "expected `null` after `not` at column 16, found `nul`", ""),
        ("list<é: é>", "at column 9, found `é`", ""),
        ("integer", "expected a type", "found `integer`"),
        (
            "binary",
            "expected (base64) or (hex) after binary, because JSON has no bytes",
            "column 7",
        ),
        ("binary(base32)", "expected base64 or hex at column 8, found `base32`", ""),
        ("binary(hex", "expected `)` at column 11, found the end", ""),
        ("decimal256(77,0)", "expected a precision from 1 to 76 at column 12, found `77`", ""),
        ("time(m)", "expected a unit (s, ms, us or ns) at column 6, found `m`", ""),
        ("timestamp(us, epoch)", "expected `(` at column 20, found `)`", ""),
        ("timestamp(us, epoch(min))", "expected a unit (s, ms, us or ns) at column 21", ""),
        ("timestamp(us, epoch(s), UTC)", "expected `)` at column 23, found `,`", ""),
        ("timestamp(us, UTC, UTC)", "expected epoch(...) or format(...) at column 20", ""),
        ("timestamp(us, format(%F))", "expected a closed string in double quotes", "at column 22"),
        ("timestamp(us, format(\"%H\"))", "expected a format with a year", "at column 22"),
        ("timestamp(us, format(\"%s\"))", "expected a format of %Y %y %m", "at column 22"),
        ("dictionary<int64>", "expected utf8, of which dictionaries are at column 12", ""),
        ("dictionary<json>", "expected utf8", ""),
        ("map<int64, utf8>", "expected utf8, the type of the keys of JSON at column 5", ""),
        ("map<utf8>", "expected `,` at column 9, found `>`", ""),
        ("map(utf8, int64>", "expected `)` at column 16, found `>`", ""),
        ("json", "expected a type without notation, which only a field can have", ""),
    ];
    for (text, first, second) in expected {
        let error = parse_type(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema);
        let message = error.message();
        assert!(message.contains(first) && message.contains(second), "{text}: {message}");
    }
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    let nest = |levels: usize| format!("{}int64{}", "list<".repeat(levels), ">".repeat(levels));
    assert!(parse_type(&nest(23)).is_ok());
    let message = parse_type(&nest(24)).unwrap_err().to_string();
    assert!(message.contains("at most 23 nested lists and structs at column 116"), "{message}");
    assert!(parse_type(&nest(1_000_000)).is_err());
    assert!(parse_type(&"struct<a:".repeat(1_000_000)).is_err());
    assert!(message.len() < 300, "a long text is shortened: {message}");
}

proptest! {
    #[test]
    fn any_supported_type_survives_its_text(typed in any_typed()) {
        let text = format_field_type(&typed);
        prop_assert_eq!(parse_typed(&text).unwrap(), typed, "{}", text);
    }

    #[test]
    fn any_text_is_a_type_or_an_error(text in r#"(list|struct|map|int64|utf8|a|not|null|decimal|timestamp|epoch|format|binary|hex|us|%F|[<>(),:" \\]){0,20}|\PC{0,20}"#) {
        if let Ok(data_type) = parse_type(&text) {
            prop_assert_eq!(parse_type(&format_type(&data_type)).unwrap(), data_type);
        }
    }
}
