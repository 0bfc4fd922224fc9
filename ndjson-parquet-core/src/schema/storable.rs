//! The schema of what a Parquet file holds: Parquet has no timestamps in seconds, and no views.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};

/// `schema` with milliseconds for seconds, which hold the same instants and more.
pub(crate) fn storable(schema: &Schema) -> Schema {
    let leaf = |data_type: &DataType| match data_type {
        DataType::Timestamp(TimeUnit::Second, zone) => {
            DataType::Timestamp(TimeUnit::Millisecond, zone.clone())
        }
        other => other.clone(),
    };
    with_leaves(schema, &leaf)
}

/// `schema` with plain texts for views of them, which Parquet stores alike. A slice of views holds on to
/// all of the texts that it was cut from.
pub(crate) fn without_views(schema: &Schema) -> Schema {
    let leaf = |data_type: &DataType| match data_type {
        DataType::Utf8View => DataType::Utf8,
        other => other.clone(),
    };
    with_leaves(schema, &leaf)
}

/// `schema` with `leaf` of each type that is neither list nor struct.
fn with_leaves(schema: &Schema, leaf: &dyn Fn(&DataType) -> DataType) -> Schema {
    Schema::new_with_metadata(fields_with(schema.fields(), leaf), schema.metadata().clone())
}

fn fields_with(fields: &Fields, leaf: &dyn Fn(&DataType) -> DataType) -> Fields {
    fields.iter().map(|field| field_with(field, leaf)).collect()
}

fn field_with(field: &Arc<Field>, leaf: &dyn Fn(&DataType) -> DataType) -> Arc<Field> {
    let data_type = match field.data_type() {
        DataType::List(element) => DataType::List(field_with(element, leaf)),
        DataType::Struct(fields) => DataType::Struct(fields_with(fields, leaf)),
        other => leaf(other),
    };
    Arc::new(field.as_ref().clone().with_data_type(data_type))
}
