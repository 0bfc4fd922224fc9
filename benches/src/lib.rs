//! What the benchmarks measure, shared by `benches/` and the `ratios` program.
//!
//! [`workload`] makes the input: a shape's NDJSON in memory and the schema that both sides decode
//! into. [`decode`] turns it into record batches, ours beside arrow-json. [`table`] times work by
//! the CPU time of its thread and prints ratios.

pub mod decode;
#[cfg(unix)]
pub mod table;
pub mod workload;
