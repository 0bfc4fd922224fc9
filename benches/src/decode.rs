//! NDJSON to record batches: ours, and arrow-json on the same schema.

use std::error::Error;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema, SchemaRef};
use ndjson_parquet_core::{KernelChoice, ReaderBuilder, TypeConflicts, UnknownFields};

/// Decodes `text` with our push decoder and counts the rows.
///
/// Unknown fields and conflicts are errors, as they are for arrow-json in strict mode, so there is
/// no rescue column. Batches have the default size.
pub fn count_ours(
    schema: &SchemaRef,
    text: &[u8],
    kernel: KernelChoice,
) -> Result<usize, Box<dyn Error>> {
    let mut rows = 0;
    each_of_ours(schema, text, kernel, |batch| rows += batch.num_rows())?;
    Ok(rows)
}

/// The batches that [`count_ours`] counts.
pub fn decode_ours(
    schema: &SchemaRef,
    text: &[u8],
    kernel: KernelChoice,
) -> Result<Vec<RecordBatch>, Box<dyn Error>> {
    let mut batches = Vec::new();
    each_of_ours(schema, text, kernel, |batch| batches.push(batch))?;
    Ok(batches)
}

fn each_of_ours(
    schema: &SchemaRef,
    text: &[u8],
    kernel: KernelChoice,
    mut take: impl FnMut(RecordBatch),
) -> Result<(), Box<dyn Error>> {
    let builder = ReaderBuilder::new(schema.clone())
        .with_unknown_fields(UnknownFields::Error)
        .with_type_conflicts(TypeConflicts::Error)
        .with_kernel(kernel);
    let mut decoder = builder.build_decoder()?;
    let mut rest = text;
    while !rest.is_empty() {
        let taken = decoder.decode(rest)?;
        rest = &rest[taken..];
        if !rest.is_empty() {
            decoder.flush()?.into_iter().for_each(&mut take);
        }
    }
    decoder.finish()?;
    while let Some(batch) = decoder.flush()? {
        take(batch);
    }
    Ok(())
}

/// Decodes `text` with arrow-json and counts the rows.
pub fn count_arrow_json(
    schema: &SchemaRef,
    text: &[u8],
    batch_size: usize,
) -> Result<usize, ArrowError> {
    let mut rows = 0;
    each_of_arrow_json(schema, text, batch_size, |batch| rows += batch.num_rows())?;
    Ok(rows)
}

/// The batches that [`count_arrow_json`] counts.
pub fn decode_arrow_json(
    schema: &SchemaRef,
    text: &[u8],
    batch_size: usize,
) -> Result<Vec<RecordBatch>, ArrowError> {
    let mut batches = Vec::new();
    each_of_arrow_json(schema, text, batch_size, |batch| batches.push(batch))?;
    Ok(batches)
}

/// Decodes `text` with arrow-json and hands each batch to `take`.
pub(crate) fn each_of_arrow_json(
    schema: &SchemaRef,
    text: &[u8],
    batch_size: usize,
    mut take: impl FnMut(RecordBatch),
) -> Result<(), ArrowError> {
    let builder = arrow_json::ReaderBuilder::new(schema.clone())
        .with_batch_size(batch_size)
        .with_strict_mode(true);
    let mut decoder = builder.build_decoder()?;
    let mut rest = text;
    while !rest.is_empty() {
        let taken = decoder.decode(rest)?;
        rest = &rest[taken..];
        decoder.flush()?.into_iter().for_each(&mut take);
    }
    Ok(())
}

/// The schema that arrow-json infers from `text`.
pub fn infer_arrow_json(text: &[u8]) -> Result<Schema, ArrowError> {
    arrow_json::reader::infer_json_schema(text, None).map(|(schema, _)| schema)
}

#[cfg(test)]
mod tests {
    use arrow_select::concat::concat_batches;
    use ndjson_parquet_cli::generate::Shape;

    use super::*;
    use crate::workload::Workload;

    #[test]
    fn both_sides_decode_the_same_columns() -> Result<(), Box<dyn Error>> {
        for shape in Shape::ALL {
            let work = Workload::new(shape, 1 << 20)?;
            let ours = decode_ours(&work.schema, &work.text, KernelChoice::Auto)?;
            let theirs = decode_arrow_json(&work.schema, &work.text, 1024)?;
            let ours = concat_batches(&work.schema, &ours)?;
            assert_eq!(ours, concat_batches(&work.schema, &theirs)?, "{shape}");
            assert_eq!(ours.num_rows(), work.rows, "{shape}");
        }
        Ok(())
    }
}
