//! Reads NDJSON as record batches of a given schema, and shows what did not fit.

use std::error::Error;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_schema::{DataType, Field, Schema};
use ndjson_parquet_core::{OnError, RESCUED_DATA, ReaderBuilder};

fn main() -> Result<(), Box<dyn Error>> {
    let lines = "{\"id\":1,\"name\":\"first\"}\n\
                 {\"id\":\"two\",\"tag\":7}\n\
                 {\"id\":3\n";
    let schema = Schema::new(vec![
        Field::new("id", DataType::Int64, true),
        Field::new("name", DataType::Utf8, true),
    ]);
    let mut reader = ReaderBuilder::new(Arc::new(schema))
        .with_source_name("inline")
        .with_on_error(OnError::Quarantine)
        .build(lines.as_bytes())?;
    for batch in reader.by_ref() {
        let batch = batch?;
        let ids = batch.column(0).as_primitive::<Int64Type>();
        let rescued = batch.column_by_name(RESCUED_DATA).ok_or("no such column")?;
        for row in 0..batch.num_rows() {
            let rescued = rescued.as_string::<i32>().value(row);
            println!("id {:?}, rescued `{rescued}`", ids.iter().nth(row).flatten());
        }
    }
    for line in reader.take_rejects() {
        println!("line {} at byte {}: {}", line.line, line.byte_offset, line.message);
    }
    Ok(())
}
