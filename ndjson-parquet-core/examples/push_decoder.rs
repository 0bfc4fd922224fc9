//! Decodes bytes as they arrive, in pieces that end anywhere.

use std::error::Error;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use ndjson_parquet_core::ReaderBuilder;

fn main() -> Result<(), Box<dyn Error>> {
    let schema = Schema::new(vec![Field::new("id", DataType::Int64, true)]);
    let mut decoder = ReaderBuilder::new(Arc::new(schema)).with_batch_size(2).build_decoder()?;
    let mut rows = 0;
    for piece in ["{\"id\":1}\n{\"i", "d\":2}\n{\"id\":3}", "\n{\"id\":4}"] {
        let mut rest = piece.as_bytes();
        while !rest.is_empty() {
            let taken = decoder.decode(rest)?;
            rest = &rest[taken..];
            if !rest.is_empty() {
                // The batch is full.
                rows += decoder.flush()?.map_or(0, |batch| batch.num_rows());
            }
        }
    }
    decoder.finish()?;
    while let Some(batch) = decoder.flush()? {
        rows += batch.num_rows();
    }
    println!("{rows} rows");
    Ok(())
}
