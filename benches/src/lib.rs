//! What the benchmarks measure, shared by `benches/` and the `ratios` program.
//!
//! [`workload`] makes the input: a shape's NDJSON in memory and the schema that both sides decode
//! into. [`decode`] turns it into record batches and [`convert`] into Parquet, ours beside
//! arrow-json. [`table`] times work in turn and prints Markdown.

pub mod convert;
pub mod decode;
#[cfg(unix)]
pub mod table;
pub mod workload;
