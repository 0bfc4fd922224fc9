//! Decompresses gzip and zstd to the last byte, or fails: a source that is damaged, truncated or
//! followed by anything else never ends silently.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

use super::codec::Codec;
use super::fault::{Fault, checked_read};
use crate::error::ErrorKind;

/// Most bytes that one source may decompress to: 1 TiB, more than one object of a store usually
/// holds, and little enough to stop a bomb within an hour.
pub const DEFAULT_MAX_INFLATED_BYTES: u64 = 1 << 40;

/// Most decompressed bytes for each compressed byte.
///
/// gzip cannot exceed 1032 and logs of equal lines come near it, so this never refuses a gzip
/// source. In zstd equal lines reach 10,800 (measured), about 12 bytes for each block of 128 KiB;
/// only runs of one byte, 4 bytes for each block, exceed it and are refused.
pub const DEFAULT_MAX_INFLATE_RATIO: u64 = 20_000;

/// How much a compressed source may grow; exceeding a limit is an [`ErrorKind::Limit`].
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
}

impl Default for InflateLimits {
    fn default() -> Self {
        Self { max_bytes: DEFAULT_MAX_INFLATED_BYTES, max_ratio: DEFAULT_MAX_INFLATE_RATIO }
    }
}

/// The decompressed bytes of a compressed reader.
///
/// Holds the codec's window (32 KiB for gzip, up to 128 MiB for zstd) and 256 KiB of input.
pub(super) struct InflateReader {
    codec: Codec,
    decoder: Decoder,
    limits: InflateLimits,
    inflated: u64,
    /// The decoders say "end" when they are asked again after an error; this reader does not.
    failed: bool,
}

enum Decoder {
    Gzip(Box<GzipReader>),
    Zstd(Box<zstd::Decoder<'static, Input>>),
}

impl InflateReader {
    pub(super) fn new(
        codec: Codec,
        compressed: Box<dyn Read + Send>,
        limits: InflateLimits,
    ) -> io::Result<Self> {
        let decoder = match codec {
            Codec::Gzip => Decoder::Gzip(Box::new(GzipReader::new(Input::new(compressed)))),
            Codec::Zstd => {
                let mut decoder = zstd::Decoder::with_buffer(Input::new(compressed))?;
                decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
                Decoder::Zstd(Box::new(decoder))
            }
            other => return Err(unsupported(other)),
        };
        Ok(Self { codec, decoder, limits, inflated: 0, failed: false })
    }

    fn inflate(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let taken = match &mut self.decoder {
            Decoder::Gzip(reader) => reader.read(buffer),
            Decoder::Zstd(reader) => reader.read(buffer),
        };
        let taken = taken.map_err(|error| self.damaged(error))?;
        self.inflated += taken as u64;
        self.check_limits()?;
        Ok(taken)
    }

    fn consumed(&self) -> u64 {
        match &self.decoder {
            Decoder::Gzip(reader) => reader.decoder.get_ref().consumed,
            Decoder::Zstd(reader) => reader.get_ref().consumed,
        }
    }

    fn check_limits(&self) -> io::Result<()> {
        let InflateLimits { max_bytes, max_ratio } = self.limits;
        if self.inflated > max_bytes {
            let message = format!(
                "expected at most {max_bytes} decompressed bytes, found more in {} compressed bytes",
                self.consumed()
            );
            return Err(Fault::new(ErrorKind::Limit, message).into());
        }
        let consumed = self.consumed();
        if self.inflated > RATIO_FREE_BYTES && self.inflated > consumed.saturating_mul(max_ratio) {
            let message = format!(
                "expected at most {max_ratio} decompressed bytes for each compressed byte, found {} \
                 decompressed in {consumed} compressed bytes",
                self.inflated
            );
            return Err(Fault::new(ErrorKind::Limit, message).into());
        }
        Ok(())
    }

    /// Says what is wrong with the compressed bytes; what is wrong with reading them stays as it is.
    fn damaged(&self, error: io::Error) -> io::Error {
        if Fault::is_in(&error) || error.kind() == io::ErrorKind::Interrupted {
            return error;
        }
        let codec = self.codec.name();
        let consumed = self.consumed();
        let message = if error.kind() == io::ErrorKind::UnexpectedEof {
            format!("expected more {codec} data, found the end after {consumed} compressed bytes")
        } else {
            format!("expected valid {codec} data, found damage near compressed byte {consumed}")
        };
        Fault::new(ErrorKind::Decompress, message).with_cause(error).into()
    }
}

impl Read for InflateReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.failed {
            let message = "expected no read after a failed one, found one";
            return Err(Fault::new(ErrorKind::Decompress, message).into());
        }
        let result = self.inflate(buffer);
        self.failed = result.is_err();
        result
    }
}

fn unsupported(codec: Codec) -> io::Error {
    let message = format!(
        "expected plain, gzip or zstd data, found {}, which is not supported yet",
        codec.name()
    );
    Fault::new(ErrorKind::Decompress, message).into()
}

/// All members of a gzip file.
///
/// flate2's own reader of many members accepts NUL padding nowhere; gzip(1) accepts it after the last
/// member, where tape blocks and preallocated files leave it, and so does this one. Anything else
/// behind a member must be another member.
struct GzipReader {
    decoder: GzDecoder<Input>,
    ended: bool,
}

impl GzipReader {
    fn new(input: Input) -> Self {
        Self { decoder: GzDecoder::new(input), ended: false }
    }

    /// Goes to the next member, if there is one.
    fn next_member(&mut self) -> io::Result<()> {
        let input = self.decoder.get_mut();
        match input.fill_buf()?.first() {
            None => self.ended = true,
            Some(0) => {
                input.expect_padding()?;
                self.ended = true;
            }
            Some(&GZIP_FIRST_BYTE) => {
                // `reset` wants an input in exchange; this one is empty and costs nothing.
                let input = self.decoder.reset(Input::new(Box::new(io::empty())));
                self.decoder.reset(input);
            }
            Some(_) => return Err(trailing("gzip", input.consumed)),
        }
        Ok(())
    }
}

impl Read for GzipReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.ended {
            let taken = self.decoder.read(buffer)?;
            if taken > 0 {
                return Ok(taken);
            }
            self.next_member()?;
        }
        Ok(0)
    }
}

fn trailing(codec: &str, offset: u64) -> io::Error {
    let message = format!(
        "expected the end of the {codec} data, found other bytes at compressed byte {offset}"
    );
    Fault::new(ErrorKind::Decompress, message).into()
}

/// The compressed bytes, buffered and counted. Errors of the reader below come out marked, so that
/// they are not taken for damage.
struct Input {
    reader: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    consumed: u64,
}

impl Input {
    fn new(reader: Box<dyn Read + Send>) -> Self {
        Self { reader, buffer: Vec::new(), start: 0, end: 0, consumed: 0 }
    }

    /// Takes NUL bytes up to the end.
    fn expect_padding(&mut self) -> io::Result<()> {
        loop {
            let rest = self.fill_buf()?;
            let length = rest.len();
            if length == 0 {
                return Ok(());
            }
            if let Some(other) = rest.iter().position(|&byte| byte != 0) {
                return Err(trailing("gzip", self.consumed + other as u64));
            }
            self.consume(length);
        }
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.buffer.resize(INPUT_BYTES, 0);
        while self.start == self.end {
            match self.reader.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(taken) => (self.start, self.end) = (0, checked_read(taken, INPUT_BYTES)?),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if Fault::is_in(&error) => return Err(error),
                Err(error) => {
                    let message = "expected a readable source, found an error";
                    return Err(Fault::new(ErrorKind::Source, message).with_cause(error).into());
                }
            }
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, taken: usize) {
        let taken = taken.min(self.end - self.start);
        self.start += taken;
        self.consumed += taken as u64;
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.fill_buf()?;
        let taken = rest.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&rest[..taken]);
        self.consume(taken);
        Ok(taken)
    }
}

const GZIP_FIRST_BYTE: u8 = 0x1f;

/// 128 MiB, the most that `zstd` itself decompresses without being asked for more memory.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// Small sources reach any ratio by their headers and cost little.
const RATIO_FREE_BYTES: u64 = 64 << 20;

/// Compressed bytes asked for at a time: one read of a file costs about 5 us, decoding this far more.
const INPUT_BYTES: usize = 256 << 10;
