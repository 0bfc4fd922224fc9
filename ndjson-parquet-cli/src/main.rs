//! The `ndjson-parquet` command.
fn main() {}
