//! Streams NDJSON into Arrow record batches and Parquet files, and accounts for every line.

mod decode;
mod encode;
mod error;
mod fields;
mod inspect;
mod json;
mod lines;
mod options;
mod schema;
mod simd;
mod sink;
mod source;

pub use encode::{
    Compression, DEFAULT_COMPRESSION, DEFAULT_DATA_PAGE_BYTES, DEFAULT_GZIP_LEVEL,
    DEFAULT_ROW_GROUP_BYTES, DEFAULT_ROW_GROUP_ROWS, DEFAULT_ZSTD_LEVEL, DictionaryPolicy,
    MIN_DATA_PAGE_BYTES, MIN_ROW_GROUP_BYTES, ParquetOptions,
};
pub use error::{BadLine, BadLineKind, Error, ErrorKind, Position, Result};
pub use inspect::{
    ChunkInspection, ColumnInspection, FieldInspection, Inspection, MetadataEntry,
    RowGroupInspection, inspect,
};
pub use options::*;
pub use simd::KernelChoice;
pub use schema::{
    HintNode, Hints, check_supported, format_type, parse_type, read_schema, schema_from_bytes,
    schema_to_json,
};
pub use sink::Sink;
pub use source::{
    Codec, DEFAULT_MAX_INFLATE_RATIO, DEFAULT_MAX_INFLATED_BYTES, InflateLimits, RangeRead, Source,
    expand,
};
