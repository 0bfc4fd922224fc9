use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, IntervalUnit, Schema, TimeUnit};
use proptest::prelude::*;

use super::{MAX_TYPE_DEPTH, check_supported, type_depth};
use crate::error::ErrorKind;
use crate::schema::NOTATION_KEY;
use crate::schema::arbitrary::any_schema;

fn schema(data_type: DataType) -> Schema {
    Schema::new(vec![Field::new("a", data_type, true)])
}

fn structure(data_type: DataType) -> DataType {
    DataType::Struct(vec![Field::new("b.c", data_type, true)].into())
}

#[test]
fn types_that_are_not_written_are_refused_with_their_path() {
    let utf8 = || Box::new(DataType::Utf8);
    let item = || Arc::new(Field::new_list_field(DataType::Int8, true));
    for data_type in [
        DataType::Null,
        DataType::Binary,
        DataType::FixedSizeBinary(16),
        DataType::Float16,
        DataType::Date64,
        DataType::LargeBinary,
        DataType::Time64(TimeUnit::Second),
        DataType::Time32(TimeUnit::Nanosecond),
        DataType::Duration(TimeUnit::Second),
        DataType::Interval(IntervalUnit::DayTime),
        DataType::Decimal256(77, 2),
        DataType::Decimal256(4, -1),
        DataType::Decimal128(39, 2),
        DataType::Decimal128(4, 5),
        DataType::Decimal128(4, -1),
        DataType::Timestamp(TimeUnit::Second, Some("Mars".into())),
        DataType::Dictionary(Box::new(DataType::Int8), utf8()),
        DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Int64)),
        DataType::Map(item(), false),
        DataType::FixedSizeList(item(), 2),
        DataType::Struct(Fields::empty()),
    ] {
        let nested = DataType::new_list(structure(data_type.clone()), true);
        let error = check_supported(&schema(nested)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema);
        assert!(error.message().starts_with(r#"column `a[]."b.c"`: expected"#), "{error}");
        assert!(check_supported(&schema(data_type)).is_err());
    }
}

#[test]
fn a_notation_needs_a_type_that_it_belongs_to() {
    let field = |data_type: DataType, notation: &str| {
        let metadata = [(NOTATION_KEY.to_owned(), notation.to_owned())];
        Schema::new(vec![Field::new("a", data_type, true).with_metadata(metadata.into())])
    };
    let micros = || DataType::Timestamp(TimeUnit::Microsecond, None);
    for (data_type, notation) in [
        (DataType::Utf8, "json"),
        (DataType::Binary, "base64"),
        (DataType::Binary, "hex"),
        (micros(), "epoch(s)"),
        (micros(), "format(\"%F\")"),
    ] {
        assert!(check_supported(&field(data_type, notation)).is_ok(), "{notation}");
    }
    for (data_type, notation, message) in [
        (DataType::LargeUtf8, "json", "a type that has the notation json, found `large_utf8`"),
        (DataType::Utf8, "hex", "a type that has the notation hex, found `utf8`"),
        (DataType::Int64, "epoch(s)", "a type that has the notation epoch(s), found `int64`"),
        (DataType::Binary, "json", "a type that has the notation json, found `binary`"),
        (DataType::Binary, "base32", "expected a notation (json, base64,"),
        (DataType::Binary, "hex ?", "expected the end of the text"),
        (micros(), "format(\"%H\")", "expected a format with a year"),
    ] {
        let error = check_supported(&field(data_type, notation)).unwrap_err();
        assert!(error.message().starts_with("column `a`: "), "{error}");
        assert!(error.message().contains(message), "{error}");
    }
    let error = check_supported(&schema(DataType::Binary)).unwrap_err();
    assert!(error.message().contains("expected binary(base64) or binary(hex), because"), "{error}");
}

#[test]
fn a_schema_needs_columns_of_different_names() {
    let error = check_supported(&Schema::empty()).unwrap_err();
    assert_eq!(error.message(), "schema: expected at least one column, found none");

    let twice = |name: &str| Fields::from(vec![Field::new(name, DataType::Int8, true); 2]);
    let error = check_supported(&Schema::new(twice("x"))).unwrap_err();
    assert_eq!(error.message(), "column `x`: expected each name once, found it twice");
    let error = check_supported(&schema(DataType::Struct(twice("x")))).unwrap_err();
    assert_eq!(error.message(), "column `a.x`: expected each name once, found it twice");
}

#[test]
fn nesting_ends_where_no_line_can_follow() {
    let nest = |levels: usize| {
        (0..levels).fold(DataType::Int64, |inner, level| match level % 2 {
            0 => DataType::new_list(inner, true),
            _ => structure(inner),
        })
    };
    assert_eq!(type_depth(&nest(7)), 7);
    assert!(check_supported(&schema(nest(MAX_TYPE_DEPTH))).is_ok());
    let error = check_supported(&schema(nest(MAX_TYPE_DEPTH + 1))).unwrap_err();
    assert!(error.message().ends_with("expected at most 24 levels of nesting, found more"));
    assert!(type_depth(&nest(2 * MAX_TYPE_DEPTH)) > MAX_TYPE_DEPTH);
}

proptest! {
    #[test]
    fn what_has_a_text_form_is_supported(schema in any_schema()) {
        prop_assert!(check_supported(&schema).is_ok());
    }
}
