//! The input of a benchmark: seeded NDJSON in memory, and the schema that every side decodes into.

use std::error::Error;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_cast::cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit};
use ndjson_parquet_cli::generate::{Shape, generate};

use crate::decode::{decode_arrow_json, infer_arrow_json};

/// NDJSON of one shape.
///
/// Memory: the whole text.
pub struct Workload {
    /// The shape's name.
    pub name: &'static str,
    /// Whole lines.
    pub text: Arc<[u8]>,
    /// Lines of the text.
    pub rows: usize,
    /// What arrow-json infers, with the text columns that hold nothing but timestamps typed as
    /// such: arrow-json itself would leave them text, which is less work than either side should do.
    pub schema: SchemaRef,
}

/// Seed of every workload.
pub const SEED: u64 = 42;
/// Bytes of a workload: far more than the caches hold.
pub const DEFAULT_BYTES: u64 = 32 << 20;

impl Workload {
    /// The first lines of `shape`, at least `bytes` in all.
    pub fn new(shape: Shape, bytes: u64) -> Result<Self, Box<dyn Error>> {
        let mut text = Vec::new();
        let rows = generate(shape, bytes, SEED, &mut text)?;
        let inferred = infer_arrow_json(&text)?;
        let schema = Arc::new(with_timestamps(inferred, &text)?);
        Ok(Self { name: shape.name(), text: text.into(), rows: usize::try_from(rows)?, schema })
    }
}

/// `schema` with timestamps for the text columns whose every value in `text` is one.
fn with_timestamps(schema: Schema, text: &[u8]) -> Result<Schema, Box<dyn Error>> {
    let batches = decode_arrow_json(&Arc::new(schema.clone()), text, 8192)?;
    let fields = schema.fields().iter().enumerate().map(|(index, field)| {
        let columns: Vec<_> = batches.iter().map(|batch| Arc::clone(batch.column(index))).collect();
        field_with_timestamps(field, &columns)
    });
    Ok(Schema::new(fields.collect::<Vec<_>>()))
}

fn field_with_timestamps(field: &FieldRef, columns: &[ArrayRef]) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::Utf8 if are_timestamps(columns) => timestamp(),
        DataType::Struct(fields) => {
            let child = |(index, field)| {
                let column = |array: &ArrayRef| Arc::clone(array.as_struct().column(index));
                field_with_timestamps(field, &columns.iter().map(column).collect::<Vec<_>>())
            };
            DataType::Struct(fields.iter().enumerate().map(child).collect())
        }
        DataType::List(element) => {
            let column = |array: &ArrayRef| Arc::clone(array.as_list::<i32>().values());
            let columns: Vec<_> = columns.iter().map(column).collect();
            DataType::List(field_with_timestamps(element, &columns))
        }
        other => other.clone(),
    };
    Arc::new(Field::new(field.name(), data_type, field.is_nullable()))
}

/// Whether there is a value and all of them are timestamps.
fn are_timestamps(columns: &[ArrayRef]) -> bool {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    columns.iter().any(|column| column.null_count() < column.len())
        && columns.iter().all(|column| cast_with_options(column, &timestamp(), &options).is_ok())
}

fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}
