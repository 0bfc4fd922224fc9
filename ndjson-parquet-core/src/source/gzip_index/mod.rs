//! Places inside gzip data from which inflating can begin, so that one large member can be read at any
//! offset of its text, by several threads, and by another process later.
//!
//! A deflate block may begin at any bit and looks back at 32 KiB of text, so a place is an offset, a
//! number of bits, and that text. Each stretch between two places has the CRC-32 of its text, which
//! whoever reads to its end compares: an index that does not fit its data is an error, not other text.

mod build;
mod file;
mod lead_in;
#[cfg(test)]
mod tests;
mod text;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

pub(super) use text::IndexedText;

use super::fault::Fault;
use super::limits::InflateLimits;
use super::range::RangeRead;
use crate::error::ErrorKind;

/// Where the text of a gzip source can be entered.
///
/// Memory: 32 KiB, less what zstd makes of it, for each 32 MiB of text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GzipIndex {
    identity: Identity,
    text_size: u64,
    /// In ascending order; the first is the beginning.
    checkpoints: Vec<Checkpoint>,
}

/// What tells whether gzip data are those that were indexed: their size and their last bytes, which are
/// the CRC-32 and the size of the text of the last member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    size: u64,
    last: [u8; TRAILER_BYTES],
}

#[derive(Debug, PartialEq, Eq)]
struct Checkpoint {
    /// Offset of the first compressed byte that is needed.
    input: u64,
    /// Offset in the text.
    output: u64,
    start: Start,
    /// CRC-32 of the text up to the next checkpoint.
    crc: u32,
}

/// What lies at a checkpoint.
#[derive(Debug, PartialEq, Eq)]
enum Start {
    /// The header of a member.
    Member,
    /// A block; the lowest `used_bits` of its first byte belong to the block before. `window` is the
    /// text before, compressed by zstd.
    Block { used_bits: u8, window: Vec<u8> },
}

impl GzipIndex {
    /// Reads all of `compressed`; `check` is called now and then and may end it.
    pub(super) fn build(
        compressed: Arc<dyn RangeRead>,
        size: u64,
        limits: InflateLimits,
        check: &dyn Fn() -> io::Result<()>,
    ) -> io::Result<Self> {
        build::build(compressed, size, limits, build::SPACING, check)
    }

    /// The index in the file at `path`; `None` if no such file can be read, if it is no index of this
    /// version, or if it belongs to other data.
    pub(super) fn load(
        path: &Path,
        compressed: &dyn RangeRead,
        size: u64,
    ) -> io::Result<Option<Self>> {
        let Ok(bytes) = fs::read(path) else { return Ok(None) };
        let identity = Identity::of(compressed, size)?;
        Ok(file::parse(&bytes).filter(|index| index.identity == identity))
    }

    /// Writes the file that [`Self::load`] reads, in one step.
    pub(super) fn save(&self, path: &Path) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        file.write_all(&file::format(self))?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|error| error.error)
    }

    /// Where to begin in order to read the text at `offset`.
    fn position_before(&self, offset: u64) -> usize {
        self.checkpoints.partition_point(|checkpoint| checkpoint.output <= offset).saturating_sub(1)
    }

    /// Offset in the text at which the stretch behind a checkpoint ends.
    fn end_of(&self, checkpoint: usize) -> u64 {
        self.checkpoints.get(checkpoint + 1).map_or(self.text_size, |next| next.output)
    }
}

impl Identity {
    fn of(compressed: &dyn RangeRead, size: u64) -> io::Result<Self> {
        let mut last = [0; TRAILER_BYTES];
        let begin = size.saturating_sub(TRAILER_BYTES as u64);
        let length = (size - begin) as usize;
        let mut filled = 0;
        while filled < length {
            match compressed.read_at(begin + filled as u64, &mut last[filled..length])? {
                0 => break,
                taken => filled += taken,
            }
        }
        Ok(Self { size, last })
    }
}

fn damaged(offset: u64) -> io::Error {
    let message = format!("expected valid gzip data, found damage before compressed byte {offset}");
    Fault::new(ErrorKind::Decompress, message).into()
}

/// CRC-32 and size of a member's text.
const TRAILER_BYTES: usize = 8;
/// The most that deflate looks back.
const WINDOW_BYTES: usize = 32 << 10;
/// For the library: deflate with the header and the trailer of gzip, and without.
const GZIP_BITS: u8 = 16 + 15;
const RAW_BITS: u8 = 15;
