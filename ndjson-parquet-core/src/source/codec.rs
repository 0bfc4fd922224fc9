//! Compression formats and the magic bytes that tell them apart.

/// How a source is compressed.
///
/// ```
/// use ndjson_parquet_core::{Codec, Source};
///
/// assert_eq!(Codec::detect(&[0x1f, 0x8b, 8]), Codec::Gzip);
/// assert_eq!(Source::bytes("inline", "{}\n").codec()?, Codec::None);
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Codec {
    /// Not compressed.
    None,
    /// gzip, one member or many (RFC 1952).
    Gzip,
    /// zstd, one frame or many (RFC 8878).
    Zstd,
    /// bzip2, one stream or many.
    Bzip2,
    /// xz, one stream or many.
    Xz,
    /// lz4 frames, one or many.
    Lz4,
    /// Snappy's framing format.
    Snappy,
}

impl Codec {
    /// The codec whose magic bytes `first`, the start of a source, begins with.
    pub fn detect(first: &[u8]) -> Self {
        match first {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            // A skippable frame. lz4 has the same ones, but only zstd's tools write them first.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            // `BZh1` alone could be text, so the magic of the first block or of the end counts.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => {
                Self::Bzip2
            }
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [0x04, 0x22, 0x4d, 0x18, ..] | [0x02, 0x21, 0x4c, 0x18, ..] => Self::Lz4,
            [0xff, 0x06, 0, 0, b's', b'N', b'a', b'P', b'p', b'Y', ..] => Self::Snappy,
            _ => Self::None,
        }
    }

    /// The usual name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Lz4 => "lz4",
            Self::Snappy => "snappy",
        }
    }
}

/// Enough for the longest magic above and for a byte order mark.
pub(super) const SNIFF_BYTES: usize = 16;
