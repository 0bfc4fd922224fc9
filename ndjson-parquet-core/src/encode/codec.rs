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

    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// Compresses `page` to the beginning of `out`, whatever that held and however long it is then;
    /// the bytes that it takes there. They depend on `page` alone, not on what was compressed before.
    pub(super) fn compress(&mut self, page: &[u8], out: &mut Vec<u8>) -> Result<usize> {
        match self {
            Self::Zstd(compressor) => {
                out.clear();
                out.reserve(zstd::zstd_safe::compress_bound(page.len()));
                compressor.compress_to_buffer(page, out).map_err(|error| failed("zstd", error))
            }
            Self::Snappy(encoder) => {
                let room = at_least(snap::raw::max_compress_len(page.len()), out);
                encoder.compress(page, room).map_err(|error| failed("snappy", error))
            }
            Self::Gzip(level) => {
                out.clear();
                let mut encoder = GzEncoder::new(&mut *out, *level);
                let written = encoder.write_all(page).and_then(|()| encoder.try_finish());
                written.map_err(|error| failed("gzip", error))?;
                drop(encoder);
                Ok(out.len())
            }
            Self::Lz4Raw => {
                let room = at_least(lz4_flex::block::get_maximum_output_size(page.len()), out);
                lz4_flex::block::compress_into(page, room).map_err(|error| failed("lz4", error))
            }
            Self::None => {
                out.clear();
                out.extend_from_slice(page);
                Ok(out.len())
            }
        }
    }
}

/// `out` with at least `length` bytes, whatever they are.
fn at_least(length: usize, out: &mut Vec<u8>) -> &mut [u8] {
    if out.len() < length {
        out.resize(length, 0);
    }
    out
}

fn failed(
    codec: impl std::fmt::Display,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    let message = format!("could not compress a page with {codec}: {error}");
    Error::new(ErrorKind::Parquet, message).with_cause(error)
}
