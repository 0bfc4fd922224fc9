//! Streams NDJSON into Arrow record batches and Parquet files, and accounts for every line.

mod error;
mod json;
mod lines;
mod options;
mod simd;
mod source;

pub use error::{BadLine, BadLineKind, Error, ErrorKind, Position, Result};
pub use options::*;
pub use source::{
    Codec, DEFAULT_MAX_INFLATE_RATIO, DEFAULT_MAX_INFLATED_BYTES, InflateLimits, RangeRead, Source,
    expand,
};
