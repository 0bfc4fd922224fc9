//! Frames of zstd data, one after the other.

use std::io::{self, BufRead, Read};

use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

use super::inflate::Extent;
use super::input::Input;

/// The text of all zstd frames.
///
/// The decoder is given just what it asks for, one block at a time. All blocks before one that is
/// damaged are given therefore, and where it is does not depend on how the bytes arrive.
pub(super) struct ZstdReader {
    decoder: Decoder<'static>,
    input: Input,
    extent: Extent,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Between,
    /// The decoder asks for so many bytes.
    Inside(usize),
    /// The decoder may have more text of its last block.
    Full,
    Ended,
}

impl State {
    /// A source without any frame is no zstd data, so at its beginning there must be one.
    fn at(input: &Input) -> Self {
        if input.consumed() == 0 { Self::Inside(FIRST_BYTES) } else { Self::Between }
    }
}

impl ZstdReader {
    /// Windows are of at most `2 ^ window_log` bytes.
    pub(super) fn new(input: Input, extent: Extent, window_log: u32) -> io::Result<Self> {
        let mut decoder = Decoder::new()?;
        decoder.set_parameter(DParameter::WindowLogMax(window_log))?;
        let state = State::at(&input);
        Ok(Self { decoder, input, extent, state })
    }

    /// Begins anew with other frames.
    pub(super) fn restart(&mut self, input: Input) -> io::Result<()> {
        self.decoder.reinit()?;
        self.state = State::at(&input);
        self.input = input;
        Ok(())
    }

    pub(super) fn input(&self) -> &Input {
        &self.input
    }

    /// The rest of the input; nothing is left to be read then.
    pub(super) fn take_input(&mut self) -> Input {
        self.state = State::Ended;
        std::mem::replace(&mut self.input, Input::empty())
    }

    /// Runs the decoder on its next `wanted` bytes; gives the bytes written to `buffer`.
    fn decode(&mut self, wanted: usize, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len();
        let bytes = match wanted {
            0 => &[][..],
            _ if self.input.fill_buf()?.is_empty() => {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            _ => self.input.look_ahead(wanted),
        };
        let mut source = InBuffer::around(&bytes[..bytes.len().min(wanted)]);
        let mut target = OutBuffer::around(buffer);
        let hint = self.decoder.run(&mut source, &mut target)?;
        let (consumed, written) = (source.pos(), target.pos());
        self.input.consume(consumed);
        self.state = match hint {
            0 if self.extent == Extent::One => State::Ended,
            0 => State::Between,
            _ if written == room => State::Full,
            _ => State::Inside(hint.min(SKIP_BYTES)),
        };
        Ok(written)
    }
}

impl Read for ZstdReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let wanted = match self.state {
                State::Ended => return Ok(0),
                State::Between if self.input.fill_buf()?.is_empty() => {
                    self.state = State::Ended;
                    continue;
                }
                State::Between => FIRST_BYTES,
                State::Full => 0,
                State::Inside(wanted) => wanted,
            };
            let written = self.decode(wanted, buffer)?;
            if written > 0 {
                return Ok(written);
            }
        }
    }
}

/// What the decoder needs first, to know how long the header is.
const FIRST_BYTES: usize = 5;

/// A block is of at most 128 KiB; only a frame to be skipped is asked for in more bytes than this.
const SKIP_BYTES: usize = 256 << 10;
