//! Frames of lz4 data, one after the other.

use std::io::{self, BufRead, Read};

use lz4_flex::frame::FrameDecoder;

use super::codec::Codec;
use super::fault::{Fault, cut_off};
use super::input::Input;
use crate::error::ErrorKind;

/// The text of all lz4 frames; skippable frames are passed over.
///
/// Holds up to two blocks of text and one of input: 12 MiB for blocks of 4 MiB, which is the most.
pub(super) struct Lz4Reader {
    state: State,
}

enum State {
    Between(Input),
    Inside(Box<FrameDecoder<FrameInput>>),
}

impl Lz4Reader {
    pub(super) fn new(input: Input) -> Self {
        Self { state: State::Between(input) }
    }

    pub(super) fn input(&self) -> &Input {
        match &self.state {
            State::Between(input) => input,
            State::Inside(decoder) => &decoder.get_ref().input,
        }
    }

    /// Goes to the next frame; false at the end.
    fn next_frame(&mut self) -> io::Result<bool> {
        let State::Between(input) = &mut self.state else { return Ok(true) };
        loop {
            if input.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match input.look_ahead(MAGIC_BYTES).get(..MAGIC_BYTES) {
                Some([0x50..=0x5f, 0x2a, 0x4d, 0x18]) => skip_frame(input)?,
                Some([0x02, 0x21, 0x4c, 0x18]) => return Err(legacy()),
                _ => break,
            }
        }
        let input = std::mem::replace(input, Input::empty());
        let decoder = FrameDecoder::new(FrameInput { input, part: FramePart::Magic });
        self.state = State::Inside(Box::new(decoder));
        Ok(true)
    }
}

impl Read for Lz4Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.next_frame()? {
            let State::Inside(decoder) = &mut self.state else { continue };
            let taken = decoder.read(buffer)?;
            if taken > 0 {
                return Ok(taken);
            }
            // A block without text reads as an end, too, but then the decoder does not ask for the
            // next frame when it is called again.
            if decoder.get_ref().part == FramePart::Next {
                let input = std::mem::replace(&mut decoder.get_mut().input, Input::empty());
                self.state = State::Between(input);
            }
        }
        Ok(0)
    }
}

/// The bytes of one frame.
///
/// The decoder takes an end of its input between two blocks for the end of the frame; here it is an
/// error. It asks for the magic and the descriptor of a frame by `read`, for all else by `read_exact`,
/// which tells where a frame ends.
struct FrameInput {
    input: Input,
    /// What is asked for next by `read`.
    part: FramePart,
}

#[derive(PartialEq, Eq)]
enum FramePart {
    Magic,
    Descriptor,
    Blocks,
    /// The next frame was asked for.
    Next,
}

impl Read for FrameInput {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.part = match self.part {
            FramePart::Magic => FramePart::Descriptor,
            FramePart::Descriptor => FramePart::Blocks,
            FramePart::Blocks | FramePart::Next => {
                self.part = FramePart::Next;
                return Ok(0);
            }
        };
        match self.input.read(buffer)? {
            0 => Err(cut_off(Codec::Lz4, self.input.consumed())),
            taken => Ok(taken),
        }
    }

    fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        match self.input.read_exact(buffer) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(cut_off(Codec::Lz4, self.input.consumed()))
            }
            other => other,
        }
    }
}

fn skip_frame(input: &mut Input) -> io::Result<()> {
    let mut header = [0; MAGIC_BYTES + 4];
    input.read_exact(&mut header)?;
    let size = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
    let skipped = io::copy(&mut input.take(u64::from(size)), &mut io::sink())?;
    if skipped < u64::from(size) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

fn legacy() -> io::Error {
    let message = "expected an lz4 frame, found the legacy format of lz4: recompress it with `lz4`";
    Fault::new(ErrorKind::Decompress, message).into()
}

const MAGIC_BYTES: usize = 4;
