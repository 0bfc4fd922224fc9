//! Types and schemas for property tests: everything that the engine supports.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use proptest::collection::btree_map;
use proptest::prelude::*;

/// Any supported type, nested a few levels.
pub(super) fn any_type() -> impl Strategy<Value = DataType> {
    any_scalar().prop_recursive(4, 24, 4, |inner| {
        let list =
            (any_name(), inner.clone(), any::<bool>()).prop_map(|(name, inner, nullable)| {
                DataType::List(Arc::new(Field::new(name, inner, nullable)))
            });
        let default_list = (inner.clone(), any::<bool>())
            .prop_map(|(inner, nullable)| DataType::new_list(inner, nullable));
        prop_oneof![list, default_list, any_fields(inner).prop_map(DataType::Struct)]
    })
}

/// Any supported schema.
pub(crate) fn any_schema() -> impl Strategy<Value = Schema> {
    any_fields(any_type()).prop_map(Schema::new)
}

/// Any name of a field, the odd ones included.
pub(super) fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-z_][a-z0-9_]{0,8}", 1 => "[ -~]{0,4}", 1 => any::<String>()]
}

fn any_fields(types: impl Strategy<Value = DataType>) -> impl Strategy<Value = Fields> {
    btree_map(any_name(), (types, any::<bool>()), 1..5).prop_map(|fields| {
        let fields = fields.into_iter();
        fields.map(|(name, (data_type, nullable))| Field::new(name, data_type, nullable)).collect()
    })
}

fn any_scalar() -> impl Strategy<Value = DataType> {
    use DataType::*;
    let plain = prop::sample::select(vec![
        Boolean, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float32, Float64, Utf8,
        LargeUtf8, Utf8View, Date32,
    ]);
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
    prop_oneof![3 => plain, 1 => decimal, 1 => timestamp]
}
