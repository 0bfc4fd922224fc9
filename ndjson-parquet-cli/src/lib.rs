//! The `ndjson-parquet` command as a library.
