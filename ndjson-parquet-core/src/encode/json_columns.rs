//! The columns of a schema as Parquet names them, with those of JSON text named as such.
//!
//! The Parquet library does this by itself with its feature `arrow_canonical_extension_types`, which
//! would also change what is read of files that others wrote.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema};
use parquet::arrow::ArrowSchemaConverter;
use parquet::basic::{ConvertedType, LogicalType};
use parquet::errors::Result;
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};

use crate::schema::Notation;

/// The columns of `schema`.
pub(super) fn columns_of(schema: &Schema) -> Result<SchemaDescriptor> {
    let columns = ArrowSchemaConverter::new().convert(schema)?;
    if !schema.flattened_fields().into_iter().any(is_json) {
        return Ok(columns);
    }
    let root = columns.root_schema();
    let fields = marked_fields(root.get_fields(), schema.fields())?;
    let root = Type::group_type_builder(root.name()).with_fields(fields).build()?;
    Ok(SchemaDescriptor::new(Arc::new(root)))
}

fn is_json(field: &Field) -> bool {
    matches!(Notation::of(field), Ok(Some(Notation::Json)))
}

fn marked_fields(types: &[TypePtr], fields: &Fields) -> Result<Vec<TypePtr>> {
    types.iter().zip(fields).map(|(column, field)| marked(column, field)).collect()
}

fn marked(column: &TypePtr, field: &Field) -> Result<TypePtr> {
    match field.data_type() {
        DataType::Struct(fields) => {
            with_fields(column, marked_fields(column.get_fields(), fields)?)
        }
        DataType::List(child) => marked_below(column, &[Arc::clone(child)].into_iter().collect()),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) => marked_below(column, pair),
            _ => Ok(Arc::clone(column)),
        },
        _ if is_json(field) => {
            let info = column.get_basic_info();
            let marked = Type::primitive_type_builder(column.name(), column.get_physical_type())
                .with_repetition(info.repetition())
                .with_logical_type(Some(LogicalType::Json))
                .with_converted_type(ConvertedType::JSON);
            Ok(Arc::new(marked.build()?))
        }
        _ => Ok(Arc::clone(column)),
    }
}

/// A list or map, whose one field is repeated and has the columns of `fields`.
fn marked_below(column: &TypePtr, fields: &Fields) -> Result<TypePtr> {
    let repeated = column
        .get_fields()
        .iter()
        .map(|repeated| with_fields(repeated, marked_fields(repeated.get_fields(), fields)?));
    with_fields(column, repeated.collect::<Result<_>>()?)
}

fn with_fields(column: &TypePtr, fields: Vec<TypePtr>) -> Result<TypePtr> {
    let info = column.get_basic_info();
    let group = Type::group_type_builder(column.name())
        .with_repetition(info.repetition())
        .with_converted_type(info.converted_type())
        .with_logical_type(info.logical_type_ref().cloned())
        .with_fields(fields);
    Ok(Arc::new(group.build()?))
}
