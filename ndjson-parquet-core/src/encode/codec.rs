//! Compresses pages. One compressor serves all columns that a thread encodes, so that its tables
//! are allocated once.

use std::io::Write;

use flate2::write::GzEncoder;

use super::compression::Compression;
use crate::error::{Error, ErrorKind, Result};

/// The compressor of one thread.
pub(super) enum PageCompressor {
    Zstd(Box<zstd::bulk::Compressor<'static>>),
    Snappy(Box<snap::raw::Encoder>),
    Gzip(flate2::Compression),
    Lz4Raw,
    None,
}

impl PageCompressor {
    pub(super) fn new(compression: Compression) -> Result<Self> {
        Ok(match compression {
            Compression::Zstd(level) => {
                let compressor = zstd::bulk::Compressor::new(level);
                Self::Zstd(Box::new(compressor.map_err(|error| failed(compression, error))?))
            }
            Compression::Snappy => Self::Snappy(Box::new(snap::raw::Encoder::new())),
            Compression::Gzip(level) => Self::Gzip(flate2::Compression::new(level)),
            Compression::Lz4Raw => Self::Lz4Raw,
            Compression::None => Self::None,
        })
    }

    /// Appends the compressed form of `page` to `out`. It depends on `page` alone, not on what was
    /// compressed before.
    pub(super) fn compress(&mut self, page: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let begin = out.len();
        match self {
            Self::Zstd(compressor) => {
                let bound = zstd::zstd_safe::compress_bound(page.len());
                out.resize(begin + bound, 0);
                let length = compressor.compress_to_buffer(page, &mut out[begin..]);
                out.truncate(begin + length.map_err(|error| failed("zstd", error))?);
            }
            Self::Snappy(encoder) => {
                out.resize(begin + snap::raw::max_compress_len(page.len()), 0);
                let length = encoder.compress(page, &mut out[begin..]);
                out.truncate(begin + length.map_err(|error| failed("snappy", error))?);
            }
            Self::Gzip(level) => {
                let mut encoder = GzEncoder::new(out, *level);
                let written = encoder.write_all(page).and_then(|()| encoder.try_finish());
                written.map_err(|error| failed("gzip", error))?;
            }
            Self::Lz4Raw => {
                out.resize(begin + lz4_flex::block::get_maximum_output_size(page.len()), 0);
                let length = lz4_flex::block::compress_into(page, &mut out[begin..]);
                out.truncate(begin + length.map_err(|error| failed("lz4", error))?);
            }
            Self::None => out.extend_from_slice(page),
        }
        Ok(())
    }
}

fn failed(
    codec: impl std::fmt::Display,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    let message = format!("could not compress a page with {codec}: {error}");
    Error::new(ErrorKind::Parquet, message).with_cause(error)
}
