//! Infers the schemas of two files apart and merges them: the order makes no difference to the types.

use std::error::Error;

use ndjson_parquet_core::{SchemaInferrer, schema_to_json};

fn main() -> Result<(), Box<dyn Error>> {
    let mut first = SchemaInferrer::new();
    first.update(b"{\"id\":1,\"at\":\"2026-01-31T12:00:00Z\"}\n")?;
    let mut second = SchemaInferrer::new();
    second.update(b"{\"id\":18446744073709551615,\"tags\":[\"late\"]}\n")?;
    first.merge(second)?;
    println!("{}", schema_to_json(&first.finish()?));
    Ok(())
}
