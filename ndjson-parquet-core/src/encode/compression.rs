//! The codecs that pages can be compressed with, and their one textual form `CODEC[:LEVEL]`.

use std::fmt;
use std::str::FromStr;

use parquet::basic::{self, GzipLevel, ZstdLevel};
use parquet::errors::ParquetError;

use crate::error::{Error, ErrorKind, Result};

/// Level of `zstd` where none is named: 1. Level 3 was measured to cost up to 1.4 times the time
/// for 0 to 8 % smaller files.
pub const DEFAULT_ZSTD_LEVEL: i32 = 1;
/// Level of `gzip` where none is named: 6, as everywhere.
pub const DEFAULT_GZIP_LEVEL: u32 = 6;
/// Codec where none is named: `zstd:1`. The Parquet library's own default is no compression.
pub const DEFAULT_COMPRESSION: Compression = Compression::Zstd(DEFAULT_ZSTD_LEVEL);

/// How the pages of a Parquet file are compressed.
///
/// ```
/// use ndjson_parquet_core::Compression;
///
/// assert_eq!("zstd:3".parse::<Compression>()?, Compression::Zstd(3));
/// assert_eq!(Compression::default().to_string(), "zstd:1");
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// Zstandard at a level from 1 to 22.
    Zstd(i32),
    /// Snappy: faster than zstd, larger files.
    Snappy,
    /// Gzip at a level from 0 to 9, for readers that know nothing newer.
    Gzip(u32),
    /// Raw LZ4 blocks.
    Lz4Raw,
    /// No compression.
    None,
}

impl Compression {
    /// The same codec in the words of the Parquet library; fails on a level out of range.
    pub(crate) fn to_parquet(self) -> Result<basic::Compression> {
        Ok(match self {
            Self::Zstd(level) => basic::Compression::ZSTD(
                ZstdLevel::try_new(level).map_err(|error| bad_level(self, "1 to 22", error))?,
            ),
            Self::Gzip(level) => basic::Compression::GZIP(
                GzipLevel::try_new(level).map_err(|error| bad_level(self, "0 to 9", error))?,
            ),
            Self::Snappy => basic::Compression::SNAPPY,
            Self::Lz4Raw => basic::Compression::LZ4_RAW,
            Self::None => basic::Compression::UNCOMPRESSED,
        })
    }
}

impl Default for Compression {
    fn default() -> Self {
        DEFAULT_COMPRESSION
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zstd(level) => write!(f, "zstd:{level}"),
            Self::Gzip(level) => write!(f, "gzip:{level}"),
            Self::Snappy => f.write_str("snappy"),
            Self::Lz4Raw => f.write_str("lz4_raw"),
            Self::None => f.write_str("none"),
        }
    }
}

impl FromStr for Compression {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (codec, level) = match text.split_once(':') {
            Some((codec, level)) => (codec, Some(level)),
            None => (text, None),
        };
        let compression = match (codec, level) {
            ("zstd", None) => Self::Zstd(DEFAULT_ZSTD_LEVEL),
            ("zstd", Some(level)) => Self::Zstd(parse_level(text, level)?),
            ("gzip", None) => Self::Gzip(DEFAULT_GZIP_LEVEL),
            ("gzip", Some(level)) => Self::Gzip(parse_level(text, level)?),
            ("snappy", None) => Self::Snappy,
            ("lz4_raw", None) => Self::Lz4Raw,
            ("none", None) => Self::None,
            ("snappy" | "lz4_raw" | "none", Some(_)) => {
                let message = format!("expected `{codec}` without a level, found `{text}`");
                return Err(Error::new(ErrorKind::Schema, message));
            }
            _ => return Err(unknown_codec(text)),
        };
        compression.to_parquet()?;
        Ok(compression)
    }
}

fn parse_level<T: FromStr>(text: &str, level: &str) -> Result<T> {
    level.parse().map_err(|_| unknown_codec(text))
}

fn unknown_codec(text: &str) -> Error {
    let message = format!(
        "expected a compression zstd[:1-22], snappy, gzip[:0-9], lz4_raw or none, found `{text}`"
    );
    Error::new(ErrorKind::Schema, message)
}

fn bad_level(found: Compression, range: &str, error: ParquetError) -> Error {
    let message = format!("expected a compression level from {range}, found `{found}`");
    Error::new(ErrorKind::Schema, message).with_cause(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_codec_reads_back_what_it_displays() {
        for text in ["zstd:1", "zstd:22", "snappy", "gzip:0", "gzip:9", "lz4_raw", "none"] {
            assert_eq!(text.parse::<Compression>().unwrap().to_string(), text);
        }
        assert_eq!("zstd".parse::<Compression>().unwrap(), Compression::Zstd(1));
        assert_eq!("gzip".parse::<Compression>().unwrap(), Compression::Gzip(6));
    }

    #[test]
    fn a_wrong_codec_or_level_is_told_what_is_allowed() {
        for (text, named) in [
            ("brotli", "lz4_raw"),
            ("", "zstd[:1-22]"),
            ("zstd:", "zstd[:1-22]"),
            ("zstd:fast", "zstd[:1-22]"),
            ("zstd:0", "1 to 22"),
            ("zstd:23", "1 to 22"),
            ("gzip:10", "0 to 9"),
            ("gzip:-1", "gzip[:0-9]"),
            ("snappy:1", "without a level"),
        ] {
            let error = text.parse::<Compression>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Schema);
            assert!(error.message().contains(named), "{error}");
        }
    }
}
