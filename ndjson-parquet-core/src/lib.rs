//! Streams NDJSON into Arrow record batches and Parquet files, and accounts for every line.

#[cfg(feature = "object_store")]
mod asynchronous;
mod convert;
mod converter;
mod ddl;
mod decode;
mod decoder;
mod drift;
mod encode;
mod error;
mod fields;
mod framing;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod inferrer;
mod inspect;
mod json;
mod json_rows;
mod lines;
mod options;
mod parquet_rows;
mod partition;
mod plan;
mod profile;
mod progress;
mod reader;
mod reader_builder;
mod replay;
mod schema;
mod simd;
mod sink;
mod sketches;
mod source;
#[cfg(feature = "object_store")]
mod store;
mod summary;
mod verify;

#[cfg(feature = "object_store")]
pub use asynchronous::{BATCHES_AHEAD, RecordBatchStream, expand_async};
pub use converter::{
    Converter, DEFAULT_MEMORY_LIMIT, DEFAULT_MEMORY_PER_THREAD, DEFAULT_SAMPLE_BYTES, Inference,
    MIN_MEMORY_LIMIT,
};
pub use ddl::{ExternalTable, Partition};
pub use decoder::{Decoder, LineCounts};
pub use drift::{Change, ChangeKind, Drift};
pub use encode::{
    BloomFilter, ColumnStatistics, Compression, DEFAULT_BLOOM_FPP, DEFAULT_COMPRESSION,
    DEFAULT_DATA_PAGE_BYTES, DEFAULT_GZIP_LEVEL, DEFAULT_ROW_GROUP_BYTES, DEFAULT_ROW_GROUP_ROWS,
    DEFAULT_ZSTD_LEVEL, DictionaryPolicy, MIN_DATA_PAGE_BYTES, MIN_ROW_GROUP_BYTES, ParquetColumn,
    ParquetOptions, SortKey,
};
pub use error::{BadLine, BadLineKind, Error, ErrorKind, Position, Result};
pub use inferrer::{SchemaInferrer, infer_schema};
pub use inspect::{
    ChunkInspection, ColumnInspection, FieldInspection, Inspection, MetadataEntry,
    RowGroupInspection, inspect,
};
pub use json_rows::JsonRows;
pub use options::*;
pub use partition::{DEFAULT_MAX_PARTITIONS, Partitioning};
pub use plan::{Plan, PlannedSource};
pub use profile::{Finding, ReaderProfile, Severity, check_profile};
pub use progress::{CancelToken, Progress, Stage};
pub use reader::Reader;
pub use reader_builder::{
    DEFAULT_BATCH_BYTES, DEFAULT_BATCH_SIZE, MAX_BATCH_BYTES, MAX_MAX_LINE_BYTES, ReaderBuilder,
};
pub use replay::Replay;
pub use schema::{
    Evidence, HintNode, Hints, MAX_SAMPLE_BYTES, NOTATION_KEY, check_supported, format_field_type,
    format_type, parse_field, parse_type, read_schema, schema_from_bytes, schema_to_json,
};
pub use simd::KernelChoice;
pub use sink::Sink;
pub use sketches::SchemaSketch;
pub use source::{
    Codec, DEFAULT_MAX_INFLATE_RATIO, DEFAULT_MAX_INFLATED_BYTES, GZIP_INDEX_ENDING, InflateLimits,
    MIN_INDEXED_BYTES, RangeRead, Source, expand,
};
pub use summary::{Balance, CloseReason, ColumnSummary, FileSummary, Moment, Seconds, Summary};
pub use verify::{Verification, verify, verify_with_replays};
