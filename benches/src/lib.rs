//! Benchmarks of ndjson-parquet.
