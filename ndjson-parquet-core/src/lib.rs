//! Streams NDJSON into Arrow record batches and Parquet files, and accounts for every line.

mod error;
mod json;
mod options;
mod simd;

pub use error::{BadLine, BadLineKind, Error, ErrorKind, Position, Result};
pub use options::*;
pub use simd::KernelChoice;
