//! Decompresses a source to the last byte, or fails: one that is damaged, truncated or followed by
//! anything else never ends silently.

use std::io::{self, Read};

use bzip2::bufread::MultiBzDecoder;
use liblzma::bufread::XzDecoder;
use liblzma::stream::{CONCATENATED, Error as XzError, Stream as XzStream};

use super::codec::Codec;
use super::fault::{Fault, cut_off};
use super::gzip::GzipReader;
use super::input::Input;
use super::limits::{InflateLimits, Inflation};
use super::lz4::Lz4Reader;
use super::zstd_frames::ZstdReader;
use crate::error::ErrorKind;

/// The decompressed bytes of a compressed reader, by the thread that reads.
///
/// Holds what the codec looks back at (32 KiB for gzip, 3.6 MB for bzip2, 12 MiB for lz4, 64 KiB for
/// snappy, what the source asks for, within [`Inflation::max_window_bytes`], for zstd and xz) and 256
/// KiB of input.
pub(super) struct InflateReader {
    codec: Codec,
    decoder: Decoder,
    inflation: Inflation,
    inflated: u64,
    /// The decoders say "end" when they are asked again after an error; this reader does not.
    failed: bool,
}

/// How far a reader reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// To the end of a source.
    Source,
    /// To the end of bytes that are whole members, so that there is no padding behind them.
    Members,
    /// To the end of the next gzip member or zstd frame.
    One,
}

enum Decoder {
    Gzip(Box<GzipReader>),
    Zstd(Box<ZstdReader>),
    Bzip2(Box<MultiBzDecoder<Input>>),
    Xz(Box<XzDecoder<Input>>),
    Lz4(Box<Lz4Reader>),
    Snappy(Box<snap::read::FrameDecoder<Input>>),
}

impl InflateReader {
    pub(super) fn new(codec: Codec, input: Input, inflation: Inflation) -> io::Result<Self> {
        Self::resumed(codec, input, inflation, Extent::Source, 0)
    }

    /// Goes on behind some members, which were of `inflated` bytes. `extent` is heeded by gzip and
    /// zstd only.
    pub(super) fn resumed(
        codec: Codec,
        input: Input,
        inflation: Inflation,
        extent: Extent,
        inflated: u64,
    ) -> io::Result<Self> {
        let decoder = match codec {
            Codec::Gzip => Decoder::Gzip(Box::new(GzipReader::new(input, extent))),
            Codec::Zstd => {
                let window_log = window_log(inflation.max_window_bytes());
                Decoder::Zstd(Box::new(ZstdReader::new(input, extent, window_log)?))
            }
            Codec::Bzip2 => Decoder::Bzip2(Box::new(MultiBzDecoder::new(input))),
            Codec::Xz => {
                // The decoder counts some 100 KiB of tables along with the dictionary.
                let memory = inflation.max_window_bytes() + XZ_TABLE_BYTES;
                let stream = XzStream::new_stream_decoder(memory, CONCATENATED)?;
                Decoder::Xz(Box::new(XzDecoder::new_stream(input, stream)))
            }
            Codec::Lz4 => Decoder::Lz4(Box::new(Lz4Reader::new(input))),
            Codec::Snappy => Decoder::Snappy(Box::new(snap::read::FrameDecoder::new(input))),
            Codec::None => {
                let message = "expected compressed data, found plain data";
                return Err(Fault::new(ErrorKind::Internal, message).into());
            }
        };
        Ok(Self { codec, decoder, inflation, inflated, failed: false })
    }

    /// Bytes given so far, those of earlier members included.
    pub(super) fn inflated(&self) -> u64 {
        self.inflated
    }

    /// The rest of the input of a gzip or zstd reader; nothing is left to be read then.
    pub(super) fn take_input(&mut self) -> Input {
        match &mut self.decoder {
            Decoder::Gzip(reader) => reader.take_input(),
            Decoder::Zstd(reader) => reader.take_input(),
            _ => Input::empty(),
        }
    }

    /// Begins anew with other members, of at most `max_bytes` of text. Of gzip and zstd the decoder is
    /// kept; making one takes as long as inflating some ten KiB.
    pub(super) fn restart(self, members: Input, max_bytes: u64) -> io::Result<Self> {
        let limits = InflateLimits { max_bytes, max_ratio: u64::MAX };
        let inflation = Inflation { limits, ..self.inflation };
        let decoder = match self.decoder {
            Decoder::Gzip(mut reader) => {
                reader.restart(members);
                Decoder::Gzip(reader)
            }
            Decoder::Zstd(mut reader) => {
                reader.restart(members)?;
                Decoder::Zstd(reader)
            }
            _ => return Self::resumed(self.codec, members, inflation, Extent::Members, 0),
        };
        Ok(Self { codec: self.codec, decoder, inflation, inflated: 0, failed: false })
    }

    fn inflate(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // All that the limit allows is given before it is exceeded, however large the reads are.
        let left = self.inflation.limits.max_bytes.saturating_sub(self.inflated).max(1);
        let room = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = &mut buffer[..room];
        let taken = match &mut self.decoder {
            Decoder::Gzip(reader) => reader.read(buffer),
            Decoder::Zstd(reader) => reader.read(buffer),
            Decoder::Bzip2(reader) => reader.read(buffer),
            Decoder::Xz(reader) => reader.read(buffer),
            Decoder::Lz4(reader) => reader.read(buffer),
            Decoder::Snappy(reader) => reader.read(buffer),
        };
        let taken = taken.map_err(|error| self.damaged(error))?;
        self.inflated += taken as u64;
        self.inflation.limits.check(self.inflated, self.consumed())?;
        Ok(taken)
    }

    fn consumed(&self) -> u64 {
        let input = match &self.decoder {
            Decoder::Gzip(reader) => reader.input(),
            Decoder::Zstd(reader) => reader.input(),
            Decoder::Bzip2(reader) => reader.get_ref(),
            Decoder::Xz(reader) => reader.get_ref(),
            Decoder::Lz4(reader) => reader.input(),
            Decoder::Snappy(reader) => reader.get_ref(),
        };
        input.consumed()
    }

    /// Says what is wrong with the compressed bytes; what is wrong with reading them stays as it is.
    fn damaged(&self, error: io::Error) -> io::Error {
        if Fault::is_in(&error) || error.kind() == io::ErrorKind::Interrupted {
            return error;
        }
        let codec = self.codec.name();
        let consumed = self.consumed();
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return cut_off(self.codec, consumed);
        }
        if needs_memory(&error) {
            let most = self.inflation.max_window_bytes();
            let message = format!(
                "expected {codec} data that needs at most {most} bytes to look back at, half of the \
                 memory limit, found data near compressed byte {consumed} that needs more"
            );
            return Fault::new(ErrorKind::Limit, message).with_cause(error).into();
        }
        let message =
            format!("expected valid {codec} data, found damage near compressed byte {consumed}");
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

/// The logarithm of the largest power of two up to `bytes`, within what zstd allows.
fn window_log(bytes: u64) -> u32 {
    bytes.max(1).ilog2().clamp(10, 31)
}

/// Whether a decoder refused to take as much memory as its source asks for.
fn needs_memory(error: &io::Error) -> bool {
    let is_xz = |inner: &XzError| *inner == XzError::MemLimit;
    let inner = error.get_ref();
    inner.is_some_and(|inner| {
        inner.downcast_ref::<XzError>().is_some_and(is_xz)
            || inner.to_string() == ZSTD_WINDOW_TOO_LARGE
    })
}

/// zstd's errors come as their names only.
const ZSTD_WINDOW_TOO_LARGE: &str = "Frame requires too much memory for decoding";

/// Above what the decoder of xz takes beside its dictionary.
const XZ_TABLE_BYTES: u64 = 1 << 20;
