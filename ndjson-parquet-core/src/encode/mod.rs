//! Arrow record batches in, Parquet bytes out.
//!
//! One thread turns its batches into one [`EncodedRowGroup`] with a [`RowGroupEncoder`]; one
//! [`FileAssembler`] appends finished row groups in order. Encoders share nothing but the
//! immutable [`EncoderFactory`]. The bytes depend on the batches and the options only, never on
//! threads or time. Where the bytes go is the business of `sink`.

mod bloom;
mod bounds;
mod chunk;
mod codec;
mod column;
mod column_options;
mod compression;
mod dictionary;
mod file;
mod hybrid;
mod json_columns;
mod options;
mod page_header;
mod page_store;
mod pages;
mod row_group;
mod shred;
mod sort;
mod values;

pub use column_options::{BloomFilter, ColumnStatistics, DEFAULT_BLOOM_FPP, ParquetColumn};
pub use compression::{Compression, DEFAULT_COMPRESSION, DEFAULT_GZIP_LEVEL, DEFAULT_ZSTD_LEVEL};
pub(crate) use file::FileAssembler;
pub use options::{
    DEFAULT_DATA_PAGE_BYTES, DEFAULT_ROW_GROUP_BYTES, DEFAULT_ROW_GROUP_ROWS, DictionaryPolicy,
    MIN_DATA_PAGE_BYTES, MIN_ROW_GROUP_BYTES, ParquetOptions,
};
pub(crate) use row_group::{EncodedRowGroup, EncoderFactory, RowGroupEncoder};

pub use sort::SortKey;
pub(crate) use sort::SortOrder;

use crate::error::{Error, ErrorKind};
use parquet::errors::ParquetError;

/// Sorts a failure of the Parquet library: an I/O error below it means that the output could not
/// be written, everything else that the data were refused.
fn parquet_error(what: &str, error: ParquetError) -> Error {
    let io = match &error {
        ParquetError::External(cause) => cause.downcast_ref::<std::io::Error>(),
        _ => None,
    };
    match io {
        Some(io) => {
            let message = format!("could not write the output: {io}");
            Error::new(ErrorKind::Output, message).with_cause(error)
        }
        None => Error::new(ErrorKind::Parquet, format!("{what}: {error}")).with_cause(error),
    }
}

#[cfg(test)]
mod tests;
