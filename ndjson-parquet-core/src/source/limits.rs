//! What compressed sources may grow to, and what inflating them may take.

use std::io;

use super::fault::Fault;
use crate::error::ErrorKind;

/// Most bytes that one source may decompress to: 1 TiB, more than one object of a store usually
/// holds, and little enough to stop a bomb within an hour.
pub const DEFAULT_MAX_INFLATED_BYTES: u64 = 1 << 40;

/// Most decompressed bytes for each compressed byte.
///
/// Logs of equal lines come near what a codec can do at most, so the default is above that: 1032 in
/// gzip, 7,100 in xz, 32,768 in zstd (a block of 128 KiB in 4 bytes), and in bzip2 23,500 for equal
/// lines (measured with `{}`). Only bzip2 exceeds it, by runs of one byte.
pub const DEFAULT_MAX_INFLATE_RATIO: u64 = 50_000;

/// How much a compressed source may grow; exceeding a limit is an
/// [`ErrorKind::Limit`](crate::ErrorKind::Limit).
///
/// ```
/// use ndjson_parquet_core::{Converter, InflateLimits};
///
/// let limits = InflateLimits::default().with_max_bytes(10 << 30).with_max_ratio(500);
/// let converter = Converter::new().with_inflate_limits(limits);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct InflateLimits {
    /// Most decompressed bytes.
    pub max_bytes: u64,
    /// Most decompressed bytes for each compressed byte; checked after the first 64 MiB.
    pub max_ratio: u64,
}

impl InflateLimits {
    /// Most decompressed bytes; the default is [`DEFAULT_MAX_INFLATED_BYTES`].
    #[must_use]
    pub fn with_max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// Most decompressed bytes for each compressed byte; the default is
    /// [`DEFAULT_MAX_INFLATE_RATIO`].
    #[must_use]
    pub fn with_max_ratio(mut self, max_ratio: u64) -> Self {
        self.max_ratio = max_ratio;
        self
    }

    /// Whether `inflated` bytes out of `consumed` are more than the ratio allows.
    pub(super) fn exceeds_ratio(self, inflated: u64, consumed: u64) -> bool {
        inflated > RATIO_FREE_BYTES && inflated > consumed.saturating_mul(self.max_ratio)
    }
}

impl InflateLimits {
    /// An error if `inflated` bytes out of `consumed` are more than is allowed.
    pub(super) fn check(self, inflated: u64, consumed: u64) -> io::Result<()> {
        let Self { max_bytes, max_ratio } = self;
        let message = if inflated > max_bytes {
            format!(
                "expected at most {max_bytes} decompressed bytes, found more in {consumed} compressed bytes"
            )
        } else if self.exceeds_ratio(inflated, consumed) {
            format!(
                "expected at most {max_ratio} decompressed bytes for each compressed byte, found {inflated} \
                 decompressed in {consumed} compressed bytes"
            )
        } else {
            return Ok(());
        };
        Err(Fault::new(ErrorKind::Limit, message).into())
    }
}

impl Default for InflateLimits {
    fn default() -> Self {
        Self { max_bytes: DEFAULT_MAX_INFLATED_BYTES, max_ratio: DEFAULT_MAX_INFLATE_RATIO }
    }
}

/// How compressed sources are inflated. The text does not depend on it, nor do errors but those of
/// the limits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inflation {
    pub(crate) limits: InflateLimits,
    /// Threads that inflate one source, where its members allow for more than one.
    pub(crate) threads: usize,
    /// Bytes of memory that the whole work is to stay below.
    pub(crate) memory: u64,
}

impl Inflation {
    /// By one thread, with the default limits.
    #[cfg(feature = "object_store")]
    pub(crate) fn serial_within(memory: u64) -> Self {
        Self { limits: InflateLimits::default(), threads: 1, memory }
    }

    /// The same by one thread, for whoever reads but the beginning.
    pub(crate) fn serial(self) -> Self {
        Self { threads: 1, ..self }
    }

    /// The largest window, or dictionary, that a codec may ask for: half of the memory, which is
    /// what the largest window of `zstd` without `--long` takes of the default.
    pub(super) fn max_window_bytes(self) -> u64 {
        self.memory / 2
    }

    /// What members that are inflated at the same time may take, compressed and inflated.
    pub(super) fn max_part_bytes(self) -> u64 {
        self.memory / 8
    }
}

/// Small sources reach any ratio by their headers and cost little.
const RATIO_FREE_BYTES: u64 = 64 << 20;
