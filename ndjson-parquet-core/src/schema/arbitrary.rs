//! Types and schemas for property tests: everything that the engine supports.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use proptest::collection::btree_map;
use proptest::prelude::*;

use super::type_text::{map_of, parse_typed};

/// Any supported type with its notation, as a nullable field without name.
pub(super) fn any_typed() -> impl Strategy<Value = Field> {
    let plain = any_scalar().prop_map(|data_type| Field::new("", data_type, true));
    prop_oneof![3 => plain, 1 => any_notated()].prop_recursive(4, 24, 4, |inner| {
        let named = |(name, inner, nullable): (String, Field, bool)| {
            Arc::new(inner.with_name(name).with_nullable(nullable))
        };
        let child = || (any_name(), inner.clone(), any::<bool>()).prop_map(named);
        let item = (Just("item".to_owned()), inner.clone(), any::<bool>()).prop_map(named);
        let value = (inner.clone(), any::<bool>())
            .prop_map(|(value, nullable)| map_of(value.with_nullable(nullable)));
        let nested = prop_oneof![
            child().prop_map(DataType::List),
            item.prop_map(DataType::List),
            child().prop_map(DataType::LargeList),
            value,
            any_fields(inner.clone()).prop_map(DataType::Struct),
        ];
        nested.prop_map(|data_type| Field::new("", data_type, true))
    })
}

fn any_notated() -> impl Strategy<Value = Field> {
    let texts = prop::sample::select(vec![
        "json",
        "binary(base64)",
        "binary(hex)",
        "timestamp(us, epoch(ms))",
        "timestamp(ns, UTC, epoch(s))",
        "timestamp(ms, \"Europe/Berlin\", format(\"%d/%m/%Y \\\"%H\\\"\"))",
        "timestamp(s, format(\"%F\"))",
    ]);
    texts.prop_map(|text| parse_typed(text).expect("a type"))
}

/// Any supported schema.
pub(crate) fn any_schema() -> impl Strategy<Value = Schema> {
    any_fields(any_typed()).prop_map(Schema::new)
}

/// Any name of a field, the odd ones included.
pub(super) fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-z_][a-z0-9_]{0,8}", 1 => "[ -~]{0,4}", 1 => any::<String>()]
}

fn any_fields(types: impl Strategy<Value = Field>) -> impl Strategy<Value = Fields> {
    btree_map(any_name(), (types, any::<bool>()), 1..5).prop_map(|fields| {
        let fields = fields.into_iter();
        fields
            .map(|(name, (typed, nullable))| typed.with_name(name).with_nullable(nullable))
            .collect()
    })
}

fn any_scalar() -> impl Strategy<Value = DataType> {
    use DataType::*;
    let plain = prop::sample::select(vec![
        Boolean,
        Int8,
        Int16,
        Int32,
        Int64,
        UInt8,
        UInt16,
        UInt32,
        UInt64,
        Float32,
        Float64,
        Utf8,
        LargeUtf8,
        Utf8View,
        Date32,
        Time32(TimeUnit::Second),
        Time32(TimeUnit::Millisecond),
        Time64(TimeUnit::Microsecond),
        Time64(TimeUnit::Nanosecond),
        Dictionary(Box::new(Int32), Box::new(Utf8)),
    ]);
    let wide = (1u8..=76).prop_flat_map(|precision| {
        (0..=precision).prop_map(move |scale| Decimal256(precision, scale as i8))
    });
    let decimal = (1u8..=38).prop_flat_map(|precision| {
        (0..=precision).prop_map(move |scale| Decimal128(precision, scale as i8))
    });
    let unit = prop::sample::select(vec![
        TimeUnit::Second,
        TimeUnit::Millisecond,
        TimeUnit::Microsecond,
        TimeUnit::Nanosecond,
    ]);
    let zone = prop::sample::select(vec![
        None,
        Some("UTC"),
        Some("+02:00"),
        Some("America/New_York"),
        Some("Etc/GMT+5"),
    ]);
    let timestamp = (unit, zone).prop_map(|(unit, zone)| Timestamp(unit, zone.map(Arc::from)));
    prop_oneof![3 => plain, 1 => decimal, 1 => wide, 1 => timestamp]
}
