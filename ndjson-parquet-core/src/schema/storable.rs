//! The schema of what a Parquet file holds: Parquet has no moments in seconds, one kind of list, no
//! dictionaries but those of its pages, and no views.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};

/// `schema` with milliseconds for seconds, which hold the same and more, lists for large lists and
/// strings for dictionaries of them.
pub(crate) fn storable(schema: &Schema) -> Schema {
    let change = |data_type: &DataType| match data_type {
        DataType::Timestamp(TimeUnit::Second, zone) => {
            DataType::Timestamp(TimeUnit::Millisecond, zone.clone())
        }
        DataType::Time32(TimeUnit::Second) => DataType::Time32(TimeUnit::Millisecond),
        DataType::Dictionary(_, value) => value.as_ref().clone(),
        DataType::LargeList(element) => DataType::List(Arc::clone(element)),
        other => other.clone(),
    };
    with_types(schema, &change)
}

/// `schema` with plain texts for views of them, which Parquet stores alike. A slice of views holds on to
/// all of the texts that it was cut from.
pub(crate) fn without_views(schema: &Schema) -> Schema {
    let change = |data_type: &DataType| match data_type {
        DataType::Utf8View => DataType::Utf8,
        other => other.clone(),
    };
    with_types(schema, &change)
}

/// `schema` with `change` of each type, the inner ones first.
fn with_types(schema: &Schema, change: &dyn Fn(&DataType) -> DataType) -> Schema {
    Schema::new_with_metadata(fields_with(schema.fields(), change), schema.metadata().clone())
}

fn fields_with(fields: &Fields, change: &dyn Fn(&DataType) -> DataType) -> Fields {
    fields.iter().map(|field| field_with(field, change)).collect()
}

fn field_with(field: &Arc<Field>, change: &dyn Fn(&DataType) -> DataType) -> Arc<Field> {
    let data_type = match field.data_type() {
        DataType::List(element) => DataType::List(field_with(element, change)),
        DataType::LargeList(element) => DataType::LargeList(field_with(element, change)),
        DataType::Map(entries, sorted) => DataType::Map(field_with(entries, change), *sorted),
        DataType::Struct(fields) => DataType::Struct(fields_with(fields, change)),
        other => other.clone(),
    };
    Arc::new(field.as_ref().clone().with_data_type(change(&data_type)))
}
