//! The counts of columns and fields, which the balance sheet is made of.

use std::sync::Arc;

use arrow_schema::{Field, Schema};

use crate::ReaderBuilder;
use crate::decode::context::{ColumnCounts, FieldCounts};
use crate::options::*;
use crate::schema::parse_type;

fn counts(
    columns: &[(&str, &str)],
    change: impl Fn(ReaderBuilder) -> ReaderBuilder,
    input: &str,
) -> (Vec<ColumnCounts>, FieldCounts) {
    let fields = columns
        .iter()
        .map(|(name, data_type)| Field::new(*name, parse_type(data_type).unwrap(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let builder = ReaderBuilder::new(schema).with_on_error(OnError::Skip);
    let run = |batch_size| {
        let mut decoder =
            change(builder.clone()).with_batch_size(batch_size).build_decoder().unwrap();
        let mut rest = input.as_bytes();
        while !rest.is_empty() {
            rest = &rest[decoder.decode(rest).unwrap()..];
            if !rest.is_empty() {
                decoder.flush().unwrap();
            }
        }
        decoder.finish().unwrap();
        while decoder.flush().unwrap().is_some() {}
        decoder.lines.take_counts()
    };
    let whole = run(1000);
    assert_eq!(run(1), whole, "batches of a row");
    whole
}

#[test]
fn every_slot_of_a_column_is_counted_once() {
    let (columns, fields) = counts(
        &[("a", "int8"), ("t", "utf8"), ("l", "list<float64>"), ("s", "struct<x: int64>")],
        |builder| builder,
        concat!(
            "{\"a\":1,\"t\":\"x\",\"l\":[1,null,\"y\",0.123456789012345678],\"s\":{\"x\":1}}\n",
            "{\"a\":300,\"t\":1,\"l\":[],\"s\":null,\"u\":0,\"v\":1}\n",
            "{\"a\":null,\"t\":[true],\"s\":{}}\n",
            "{\"a\":1,\"t\":2,\"l\":[1,2,3],\"u\":1,\n",
            "{\"s\":[1]}\n",
        ),
    );
    let expected = |present, slots| ColumnCounts { present, slots, ..ColumnCounts::default() };
    assert_eq!(
        columns,
        [
            ColumnCounts { null: 1, rescued: 1, ..expected(1, 4) },
            ColumnCounts { widened: 2, ..expected(3, 4) },
            expected(2, 4),
            ColumnCounts { null: 1, rescued: 1, rounded: 1, ..expected(2, 4) },
            ColumnCounts { null: 1, rescued: 1, ..expected(2, 4) },
            // Two rows have an object there.
            expected(1, 2),
        ]
    );
    assert_eq!(fields, FieldCounts { unknown_rescued: 2, ..FieldCounts::default() });
}

#[test]
fn dropped_values_and_fields_are_counted() {
    let (columns, fields) = counts(
        &[("a", "int8")],
        |builder| {
            builder
                .with_type_conflicts(TypeConflicts::Null)
                .with_unknown_fields(UnknownFields::Ignore)
        },
        "{\"a\":\"x\",\"b\":1,\"c\":{}}\n{\"a\":1.5}\n{\"a\":5}\n",
    );
    assert_eq!(
        columns,
        [ColumnCounts { present: 1, slots: 3, nulled: 2, ..ColumnCounts::default() }]
    );
    assert_eq!(fields, FieldCounts { unknown_ignored: 2, ..FieldCounts::default() });
}

#[test]
fn what_a_duplicate_key_replaces_is_not_counted() {
    let input = concat!(
        "{\"a\":null,\"a\":\"x\",\"a\":1}\n",
        "{\"l\":[null,null],\"a\":null,\"l\":[null,\"x\",1]}\n",
        "{\"l\":null,\"l\":[]}\n",
        "{\"s\":[{},{\"x\":1,\"x\":2}],\"s\":[{\"x\":null},{\"x\":null,\"x\":2}]}\n",
    );
    let columns = [("a", "int8"), ("l", "list<int8>"), ("s", "list<struct<x: int8>>")];
    let (columns, fields) = counts(&columns, |builder| builder, input);
    let expected = |present, slots| ColumnCounts { present, slots, ..ColumnCounts::default() };
    assert_eq!(
        columns,
        [
            ColumnCounts { null: 1, ..expected(1, 4) },
            expected(2, 4),
            ColumnCounts { null: 1, rescued: 1, ..expected(1, 3) },
            expected(1, 4),
            expected(2, 2),
            ColumnCounts { null: 1, ..expected(1, 2) },
        ]
    );
    assert_eq!(fields, FieldCounts { duplicate_keys: 7, ..FieldCounts::default() });
}

#[test]
fn numbers_are_rounded_beyond_seventeen_digits() {
    let (columns, _) = counts(
        &[("f", "float64")],
        |builder| builder,
        concat!(
            "{\"f\":0.1}\n{\"f\":12345678901234567}\n{\"f\":1.2345678901234567}\n",
            "{\"f\":1152921504606846976}\n{\"f\":100000000000000000000}\n",
            "{\"f\":1.23456789012345678}\n{\"f\":9007199254740993}\n",
        ),
    );
    // The second and the last are integers that a float does not hold.
    assert_eq!(columns[0].rounded, 3);
}
