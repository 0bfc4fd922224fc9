//! Streams NDJSON into Arrow record batches and Parquet files, and accounts for every line.

mod decode;
mod error;
mod fields;
mod json;
mod options;
mod schema;
mod simd;

pub use error::{BadLine, BadLineKind, Error, ErrorKind, Position, Result};
pub use options::*;
pub use simd::KernelChoice;
pub use schema::{
    HintNode, Hints, check_supported, format_type, parse_type, read_schema, schema_from_bytes,
    schema_to_json,
};
