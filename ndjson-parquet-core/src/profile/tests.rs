use std::sync::Arc;

use arrow_schema::{DataType, Field, IntervalUnit, Schema, TimeUnit};
use proptest::prelude::*;

use super::ReaderProfile::*;
use super::{ReaderProfile, Severity};
use crate::schema::arbitrary::any_schema;
use crate::schema::parse_type;

fn schema(columns: &[(&str, DataType)]) -> Schema {
    let fields = columns.iter().map(|(name, kind)| Field::new(*name, kind.clone(), true));
    Schema::new(fields.collect::<Vec<_>>())
}

fn structure(columns: &[(&str, DataType)]) -> DataType {
    DataType::Struct(schema(columns).fields().clone())
}

/// Severity and path of each finding.
fn found(profile: ReaderProfile, schema: &Schema) -> Vec<(Severity, String)> {
    let findings = profile.findings(schema).into_iter();
    findings.map(|finding| (finding.severity, finding.path)).collect()
}

#[test]
fn each_reader_has_its_own_types() {
    let micros =
        |zone: Option<&str>| Some(DataType::Timestamp(TimeUnit::Microsecond, zone.map(Arc::from)));
    let nanos = DataType::Timestamp(TimeUnit::Nanosecond, None);
    let zoned = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
    let (i16, i32, i64) = (Some(DataType::Int16), Some(DataType::Int32), Some(DataType::Int64));
    let big = || Some(DataType::Decimal128(20, 0));
    let utf8 = || Some(DataType::Utf8);
    let f32 = || Some(DataType::Float32);
    let time = DataType::Time64(TimeUnit::Microsecond);
    // What is stored instead by Athena, Spark, Redshift, DuckDB and Iceberg.
    for (data_type, instead) in [
        (DataType::Int8, [None, None, i16.clone(), None, None]),
        (DataType::Int64, [None, None, None, None, None]),
        (DataType::UInt8, [i16.clone(), None, i16, None, None]),
        (DataType::UInt16, [i32.clone(), None, i32, None, None]),
        (DataType::UInt32, [i64.clone(), None, i64.clone(), None, i64]),
        (DataType::UInt64, [big(), None, big(), None, big()]),
        (DataType::Null, [utf8(), None, utf8(), None, utf8()]),
        (DataType::Float16, [f32(), f32(), f32(), None, f32()]),
        (DataType::Decimal128(38, 9), [None, None, None, None, None]),
        (DataType::Decimal256(39, 0), [utf8(), utf8(), utf8(), utf8(), utf8()]),
        (nanos, [micros(None), micros(None), micros(None), None, micros(None)]),
        (
            zoned,
            [
                micros(Some("UTC")),
                micros(Some("UTC")),
                micros(Some("UTC")),
                None,
                micros(Some("UTC")),
            ],
        ),
        (DataType::Timestamp(TimeUnit::Millisecond, None), [None, None, None, None, None]),
        (DataType::Date32, [None, None, None, None, None]),
        (
            DataType::Time32(TimeUnit::Millisecond),
            [utf8(), utf8(), utf8(), None, Some(time.clone())],
        ),
        (time, [utf8(), utf8(), utf8(), None, None]),
        (
            parse_type("list<list<int64>>").unwrap(),
            [None, None, parse_type("list<utf8>").ok(), None, None],
        ),
    ] {
        let before = schema(&[("a", data_type.clone())]);
        for (profile, instead) in ReaderProfile::ALL.into_iter().zip(instead) {
            let after = profile.adapt(&before).unwrap();
            let expected = instead.unwrap_or(data_type.clone());
            assert_eq!(after.field(0).data_type(), &expected, "{profile} {data_type}");
        }
    }
}

#[test]
fn a_type_without_a_substitute_is_an_error_that_says_where_and_what() {
    let interval = DataType::Interval(IntervalUnit::DayTime);
    let inner = structure(&[("b", DataType::new_list(interval, true))]);
    let error = Spark.adapt(&schema(&[("a", inner)])).unwrap_err();
    assert!(
        error.message().starts_with("profile spark: column `a.b[]`: expected no intervals, found "),
        "{error}"
    );
}

#[test]
fn names_that_differ_in_case_alone_clash_at_every_level() {
    let pair = || structure(&[("id", DataType::Int64), ("ID", DataType::Utf8)]);
    let schema = schema(&[
        ("a", DataType::new_list(pair(), true)),
        ("é", DataType::Int64),
        ("É", DataType::Int64),
    ]);
    for (profile, severity) in [
        (Athena, Severity::Refused),
        (Spark, Severity::Refused),
        (Redshift, Severity::Refused),
        (DuckDb, Severity::Note),
        (Iceberg, Severity::Note),
    ] {
        let expected = [(severity, "a[].ID".to_owned()), (severity, "É".to_owned())];
        assert_eq!(found(profile, &schema), expected, "{profile}");
        assert_eq!(profile.adapt(&schema).is_err(), severity == Severity::Refused);
    }
}

#[test]
fn names_have_the_characters_and_the_length_that_the_reader_takes() {
    let long = "x".repeat(128);
    let longer = "x".repeat(256);
    for (name, refused_by) in [
        ("a_1", vec![]),
        ("_a", vec![]),
        ("名前", vec![]),
        ("a b", vec![Athena]),
        ("a.b", vec![Athena]),
        ("a-b", vec![Athena]),
        ("a`b", vec![Athena]),
        ("a\nb", vec![Athena, Redshift]),
        ("", vec![Athena, Redshift]),
        (&long, vec![Redshift]),
        (&longer, vec![Athena, Redshift]),
    ] {
        let schema = schema(&[(name, DataType::Int64)]);
        let refused = |profile: &ReaderProfile| profile.adapt(&schema).is_err();
        let found: Vec<_> = ReaderProfile::ALL.into_iter().filter(refused).collect();
        assert_eq!(found, refused_by, "{name}");
    }
    // Within a struct, Athena takes dots.
    let inner = structure(&[("a.b", DataType::Int64)]);
    assert!(Athena.adapt(&schema(&[("o", inner)])).is_ok());
}

#[test]
fn a_reserved_word_is_a_note_for_athena() {
    for (name, is_reserved) in
        [("date", true), ("Timestamp", true), ("with", true), ("all", true), ("day", false)]
    {
        let findings = found(Athena, &schema(&[(name, DataType::Int64)]));
        let expected = is_reserved.then(|| (Severity::Note, name.to_owned()));
        assert_eq!(findings, Vec::from_iter(expected));
    }
}

#[test]
fn iceberg_refuses_paths_that_are_the_same_with_dots() {
    let inner = structure(&[("b", DataType::Int64)]);
    let schema = schema(&[
        ("a.b", DataType::Int64),
        ("a", inner),
        ("l.element", DataType::Int64),
        ("l", DataType::new_list(DataType::Int64, true)),
    ]);
    let expected = ["a.b", "l[]"].map(|path| (Severity::Refused, path.to_owned()));
    assert_eq!(found(Iceberg, &schema), expected);
    assert_eq!(found(Spark, &schema), []);
}

proptest! {
    #[test]
    fn what_is_adapted_is_taken_and_what_is_taken_is_not_changed(schema in any_schema()) {
        for profile in ReaderProfile::ALL {
            let refused = |schema: &Schema| {
                let findings = profile.findings(schema);
                findings.iter().filter(|finding| finding.severity == Severity::Refused).count()
            };
            match profile.adapt(&schema) {
                Ok(adapted) => {
                    prop_assert_eq!(refused(&adapted), 0);
                    prop_assert_eq!(refused(&schema) == 0, adapted == schema);
                }
                Err(_) => prop_assert!(refused(&schema) > 0),
            }
        }
    }
}
