//! The schema of what a Parquet file holds: Parquet has no moments in seconds, one kind of list, and
//! no dictionaries but those of its pages.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};

/// `schema` with milliseconds for seconds, which hold the same and more, lists for large lists and
/// strings for dictionaries of them.
pub(crate) fn storable(schema: &Schema) -> Schema {
    Schema::new_with_metadata(storable_fields(schema.fields()), schema.metadata().clone())
}

fn storable_fields(fields: &Fields) -> Fields {
    fields.iter().map(storable_field).collect()
}

fn storable_field(field: &Arc<Field>) -> Arc<Field> {
    let data_type = match field.data_type() {
        DataType::Timestamp(TimeUnit::Second, zone) => {
            DataType::Timestamp(TimeUnit::Millisecond, zone.clone())
        }
        DataType::Time32(TimeUnit::Second) => DataType::Time32(TimeUnit::Millisecond),
        DataType::Dictionary(_, value) => value.as_ref().clone(),
        DataType::List(element) | DataType::LargeList(element) => {
            DataType::List(storable_field(element))
        }
        DataType::Map(entries, sorted) => DataType::Map(storable_field(entries), *sorted),
        DataType::Struct(fields) => DataType::Struct(storable_fields(fields)),
        other => other.clone(),
    };
    Arc::new(field.as_ref().clone().with_data_type(data_type))
}
