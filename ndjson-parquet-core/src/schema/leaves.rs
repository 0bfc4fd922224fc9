//! The schema of a file as it is stored, with what the types of Arrow do not tell of Parquet.

use arrow_schema::Schema;
use parquet::arrow::parquet_to_arrow_schema;
use parquet::basic::{LogicalType, Type};
use parquet::errors::Result;
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor};

/// A schema, and the kind of each of its leaves where it is that of a Parquet file.
pub(crate) struct FileSchema {
    pub(crate) schema: Schema,
    /// In the order of the columns; empty where the file is no Parquet file.
    pub(crate) leaves: Vec<LeafKind>,
}

/// What a leaf of a Parquet file is beyond its Arrow type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeafKind {
    Plain,
    /// A timestamp of 96 bits, which Arrow reads as nanoseconds.
    Int96,
    /// A UUID, which Arrow reads as bytes.
    Uuid,
}

impl FileSchema {
    pub(super) fn of_parquet(columns: &SchemaDescriptor) -> Result<Self> {
        let schema = parquet_to_arrow_schema(columns, None)?;
        let leaves = columns.columns().iter().map(|column| kind(column)).collect();
        Ok(Self { schema: Schema::new(schema.fields().clone()), leaves })
    }
}

fn kind(column: &ColumnDescriptor) -> LeafKind {
    match (column.physical_type(), column.logical_type_ref()) {
        (Type::INT96, _) => LeafKind::Int96,
        (_, Some(LogicalType::Uuid)) => LeafKind::Uuid,
        _ => LeafKind::Plain,
    }
}
