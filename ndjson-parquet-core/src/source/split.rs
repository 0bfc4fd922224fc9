//! Finds whole gzip members and zstd frames without inflating them.
//!
//! zstd frames are walked by their block headers, and the members of BGZF announce their size. Other
//! gzip members do not: what looks like the header of the next one is taken for it. Such a guess does
//! no harm, because a part counts only if it inflates without fault and ends where it was cut.

use memchr::memmem;

use super::codec::Codec;

/// What the bytes behind a member hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Whole members.
    Part(Extents),
    /// More bytes are needed to tell.
    More,
    /// No member that is known to be small enough: it is to be inflated as a stream.
    Stream,
}

/// How long some members are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Extents {
    pub(super) compressed: usize,
    /// Most bytes of text.
    pub(super) inflated: usize,
    /// Most bytes that their decoder looks back at, where it holds them beside the text.
    window: usize,
}

impl Extents {
    /// Memory for inflating the members.
    pub(super) fn memory(self) -> usize {
        self.compressed.saturating_add(self.inflated).saturating_add(self.window)
    }

    fn can_take(self, next: Self, most: usize) -> bool {
        let both = self.with(next);
        let is_small = both.inflated <= PART_BYTES && both.compressed <= PART_BYTES;
        both.memory() <= most && (is_small || self.compressed == 0)
    }

    fn with(self, next: Self) -> Self {
        Self {
            compressed: self.compressed.saturating_add(next.compressed),
            inflated: self.inflated.saturating_add(next.inflated),
            window: self.window.max(next.window),
        }
    }
}

/// The first members of `bytes`, which begin where a member begins: about [`PART_BYTES`] of text, or
/// one member, and at most `most` bytes of memory. `at_end` says that nothing follows `bytes`.
pub(super) fn next_part(codec: Codec, bytes: &[u8], at_end: bool, most: usize) -> Found {
    let mut part = Extents::default();
    loop {
        let rest = &bytes[part.compressed..];
        let member = match codec {
            Codec::Gzip => gzip_member(rest, most),
            Codec::Zstd => zstd_frame(rest, most),
            _ => Found::Stream,
        };
        match member {
            Found::Part(member) if part.can_take(member, most) => part = part.with(member),
            Found::More if !at_end => return Found::More,
            _ if part.compressed > 0 => return Found::Part(part),
            _ => return Found::Stream,
        }
    }
}

/// The gzip member that `bytes` begin with.
fn gzip_member(bytes: &[u8], most: usize) -> Found {
    let Some(header) = bytes.get(..GZIP_HEADER_BYTES) else { return Found::More };
    if !is_gzip_header(header) {
        return Found::Stream;
    }
    let end = match bgzf_size(bytes) {
        Some(size) => size,
        None => match next_gzip_header(bytes, most) {
            Ok(end) => end,
            Err(other) => return other,
        },
    };
    if end < GZIP_LEAST_BYTES {
        return Found::Stream;
    }
    let Some(length) = bytes.get(end - 4..end) else { return Found::More };
    // The length of the text modulo 2^32; a wrong one shows when the part is inflated.
    let inflated = length.iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    Found::Part(Extents { compressed: end, inflated, window: 0 })
}

/// The size of a member by its BGZF field: an extra field of exactly `BC`, 2, size - 1. `None` where
/// there is none, or less than a header of it.
fn bgzf_size(bytes: &[u8]) -> Option<usize> {
    match bytes.get(3..18)? {
        [4, _, _, _, _, _, _, 6, 0, b'B', b'C', 2, 0, low, high] => {
            Some(usize::from(u16::from_le_bytes([*low, *high])) + 1)
        }
        _ => None,
    }
}

/// Where the next member seems to begin.
fn next_gzip_header(bytes: &[u8], most: usize) -> Result<usize, Found> {
    // Text of JSON is about four times as long, so a longer member is too large anyway.
    let within = &bytes[..bytes.len().min(most / 4)];
    let magics = memmem::find_iter(within.get(GZIP_LEAST_BYTES..).unwrap_or_default(), GZIP_MAGIC);
    for magic in magics.map(|found| found + GZIP_LEAST_BYTES) {
        match bytes.get(magic..magic + GZIP_HEADER_BYTES) {
            Some(header) if is_gzip_header(header) => return Ok(magic),
            Some(_) => {}
            None => return Err(Found::More),
        }
    }
    Err(if bytes.len() < most / 4 { Found::More } else { Found::Stream })
}

/// Whether these can be the first bytes of a member as any known writer makes them. In compressed data
/// that happens once in 200 GB by chance.
fn is_gzip_header(header: &[u8]) -> bool {
    match header {
        [0x1f, 0x8b, 8, flags, _, _, _, _, extra, system, ..] => {
            flags & 0xe0 == 0 && matches!(extra, 0 | 2 | 4) && matches!(system, 0..=13 | 255)
        }
        _ => false,
    }
}

/// The zstd frame that `bytes` begin with, RFC 8878 section 3.1.
fn zstd_frame(bytes: &[u8], most: usize) -> Found {
    let Some(magic) = bytes.get(..4) else { return Found::More };
    if let [0x50..=0x5f, 0x2a, 0x4d, 0x18] = magic {
        return match little_endian(bytes, 4, 4) {
            Some(size) => of_frame(bytes, 8 + size as usize, 0, 0, most),
            None => Found::More,
        };
    }
    if magic != ZSTD_MAGIC {
        return Found::Stream;
    }
    let Some(header) = ZstdHeader::read(bytes) else { return Found::More };
    if header.text.is_some_and(|text| text > most) {
        return Found::Stream;
    }
    let (mut end, mut text) = (header.bytes, 0);
    loop {
        let Some(block) = little_endian(bytes, end, 3) else { return Found::More };
        let size = (block >> 3) as usize;
        let (compressed, inflated) = match block >> 1 & 3 {
            0 => (size, size),
            1 => (1, size),
            2 => (size, ZSTD_BLOCK_BYTES.min(header.window)),
            _ => return Found::Stream,
        };
        end += 3 + compressed;
        text += inflated;
        if end > most || (header.text.is_none() && text > most) {
            return Found::Stream;
        }
        if block & 1 == 1 {
            break;
        }
    }
    end += if header.has_checksum { 4 } else { 0 };
    let (text, window) = match header.text {
        Some(text) => (text, 0),
        None => (text, header.window),
    };
    of_frame(bytes, end, text, window, most)
}

fn of_frame(bytes: &[u8], end: usize, inflated: usize, window: usize, most: usize) -> Found {
    let frame = Extents { compressed: end, inflated, window };
    if frame.memory() > most {
        Found::Stream
    } else if end > bytes.len() {
        Found::More
    } else {
        Found::Part(frame)
    }
}

/// The header of a frame.
struct ZstdHeader {
    bytes: usize,
    window: usize,
    /// The length of the text, where it is announced.
    text: Option<usize>,
    has_checksum: bool,
}

impl ZstdHeader {
    /// `None` where `bytes` are less than a header.
    fn read(bytes: &[u8]) -> Option<Self> {
        let descriptor = *bytes.get(4)?;
        let is_single = descriptor >> 5 & 1 == 1;
        let window_bytes = usize::from(!is_single);
        let dictionary_bytes = [0, 1, 2, 4][usize::from(descriptor & 3)];
        let text_bytes = match (descriptor >> 6, is_single) {
            (0, false) => 0,
            (0, true) => 1,
            (size, _) => 1 << size,
        };
        let at = 5 + window_bytes + dictionary_bytes;
        let text = little_endian(bytes, at, text_bytes)?;
        let text = if text_bytes == 2 { text + 256 } else { text };
        let text = (text_bytes > 0).then(|| usize::try_from(text).unwrap_or(usize::MAX));
        let window = match text {
            Some(text) if is_single => text,
            _ => {
                let window = u64::from(*bytes.get(5)?);
                let base = 1 << (10 + (window >> 3));
                usize::try_from(base + base / 8 * (window & 7)).unwrap_or(usize::MAX)
            }
        };
        let has_checksum = descriptor >> 2 & 1 == 1;
        Some(Self { bytes: at + text_bytes, window, text, has_checksum })
    }
}

/// `count` bytes from `at` on as a number.
fn little_endian(bytes: &[u8], at: usize, count: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(count)?)?;
    Some(bytes.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
}

/// Text of a part, if members are smaller: some 2 ms of inflating, long against handing it over.
pub(super) const PART_BYTES: usize = 1 << 20;

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b, 8];
const GZIP_HEADER_BYTES: usize = 10;
/// A header, an empty deflate stream, checksum and length.
const GZIP_LEAST_BYTES: usize = 20;

const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const ZSTD_BLOCK_BYTES: usize = 128 << 10;
