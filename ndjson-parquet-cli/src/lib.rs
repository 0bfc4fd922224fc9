//! The `ndjson-parquet` command as a library.

pub mod generate;
