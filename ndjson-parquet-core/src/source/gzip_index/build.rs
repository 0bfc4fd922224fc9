//! The pass over gzip data that finds the checkpoints.

use std::io::{self, BufRead};
use std::sync::Arc;

use flate2::Crc;
use zlib_rs::{Inflate, InflateFlush, Status};

use super::lead_in::lead_in;
use super::{Checkpoint, GZIP_BITS, GzipIndex, Identity, RAW_BITS, Start, WINDOW_BYTES, damaged};
use crate::source::codec::Codec;
use crate::source::fault::cut_off;
use crate::source::gzip::{FIRST_BYTE, expect_padding, trailing};
use crate::source::input::Input;
use crate::source::limits::InflateLimits;
use crate::source::range::{RangeRead, SequentialReader};

/// Text between two checkpoints: what a reader that begins anywhere inflates in vain is half of it.
pub(super) const SPACING: u64 = 32 << 20;
/// Text that has to come out the same from where a block seems to begin.
const TRIAL_BYTES: usize = 64 << 10;
const OUTPUT_BYTES: usize = 256 << 10;
/// Text after which the caller is asked whether to go on.
const CHECK_BYTES: u64 = 16 << 20;

pub(super) fn build(
    compressed: Arc<dyn RangeRead>,
    size: u64,
    limits: InflateLimits,
    spacing: u64,
    check: &dyn Fn() -> io::Result<()>,
) -> io::Result<GzipIndex> {
    let identity = Identity::of(&*compressed, size)?;
    let input = Input::new(Box::new(SequentialReader::new(compressed, size)));
    let mut builder = Builder {
        input,
        window: Vec::new(),
        text: 0,
        crc: Crc::new(),
        checkpoints: Vec::new(),
        candidate: None,
        limits,
        spacing,
    };
    builder.checkpoints.push(Checkpoint { input: 0, output: 0, start: Start::Member, crc: 0 });
    loop {
        builder.read_member(check)?;
        if !builder.has_next_member()? {
            break;
        }
    }
    if let Some(last) = builder.checkpoints.last_mut() {
        last.crc = builder.crc.sum();
    }
    Ok(GzipIndex { identity, text_size: builder.text, checkpoints: builder.checkpoints })
}

struct Builder {
    input: Input,
    /// The last text of the member.
    window: Vec<u8>,
    /// Bytes of text so far.
    text: u64,
    /// Of the text since the last checkpoint.
    crc: Crc,
    checkpoints: Vec<Checkpoint>,
    candidate: Option<Candidate>,
    limits: InflateLimits,
    spacing: u64,
}

/// A place where a block begins, as far as is known: the decoder does not tell at which bit.
struct Candidate {
    /// Offset of the next compressed byte, and the byte before it.
    input: u64,
    previous: u8,
    output: u64,
    window: Vec<u8>,
    /// Of the text from the last checkpoint to here, and from here on.
    crc_before: u32,
    crc: Crc,
    /// What followed, compressed and inflated.
    compressed: Vec<u8>,
    text: Vec<u8>,
}

impl Builder {
    fn read_member(&mut self, check: &dyn Fn() -> io::Result<()>) -> io::Result<()> {
        let mut inflate = Inflate::new(true, GZIP_BITS);
        let mut output = vec![0; OUTPUT_BYTES];
        let mut next_check = self.text;
        self.window.clear();
        loop {
            if self.text >= next_check {
                check()?;
                next_check = self.text + CHECK_BYTES;
            }
            let compressed = self.input.fill_buf()?;
            if compressed.is_empty() {
                return Err(cut_off(Codec::Gzip, self.input.consumed()));
            }
            let before = (inflate.total_in(), inflate.total_out());
            let status = inflate.decompress(compressed, &mut output, InflateFlush::Block);
            let taken = (inflate.total_in() - before.0) as usize;
            let given = (inflate.total_out() - before.1) as usize;
            let previous = compressed[..taken].last().copied();
            // The decoder stopped though it had input and room: a block ended.
            let is_boundary = taken < compressed.len() && given < output.len();
            if let Some(candidate) = &mut self.candidate {
                candidate.compressed.extend_from_slice(&compressed[..taken]);
            }
            self.input.consume(taken);
            self.take_text(&output[..given]);
            self.limits.check(self.text, self.input.consumed())?;
            match status {
                Ok(Status::StreamEnd) => {
                    self.settle();
                    return Ok(());
                }
                Ok(_) if taken > 0 || given > 0 => {}
                _ => return Err(damaged(self.input.consumed())),
            }
            if let (true, Some(previous)) = (is_boundary, previous) {
                self.consider(previous);
            }
        }
    }

    fn take_text(&mut self, text: &[u8]) {
        self.crc.update(text);
        self.text += text.len() as u64;
        self.window.extend_from_slice(text);
        self.window.drain(..self.window.len().saturating_sub(WINDOW_BYTES));
        if let Some(candidate) = &mut self.candidate {
            candidate.crc.update(text);
            candidate.text.extend_from_slice(text);
            if candidate.text.len() >= TRIAL_BYTES {
                self.settle();
            }
        }
    }

    /// Makes the place behind what was read a candidate, if it is time for a checkpoint.
    fn consider(&mut self, previous: u8) {
        let last = self.checkpoints.last().map_or(0, |last| last.output);
        if self.candidate.is_some() || self.text - last < self.spacing {
            return;
        }
        self.candidate = Some(Candidate {
            input: self.input.consumed(),
            previous,
            output: self.text,
            window: self.window.clone(),
            crc_before: self.crc.sum(),
            crc: Crc::new(),
            compressed: Vec::new(),
            text: Vec::new(),
        });
    }

    /// Makes a checkpoint of the candidate, if what followed can be read from there.
    fn settle(&mut self) {
        let Some(candidate) = self.candidate.take() else { return };
        let Some(checkpoint) = candidate.checkpoint() else { return };
        if let Some(last) = self.checkpoints.last_mut() {
            last.crc = candidate.crc_before;
        }
        self.crc = candidate.crc;
        self.checkpoints.push(checkpoint);
    }

    fn has_next_member(&mut self) -> io::Result<bool> {
        match self.input.fill_buf()?.first() {
            None => Ok(false),
            Some(0) => expect_padding(&mut self.input).map(|()| false),
            Some(&FIRST_BYTE) => Ok(true),
            Some(_) => Err(trailing(self.input.consumed())),
        }
    }
}

impl Candidate {
    /// With the number of bits, of the eight there can be, from which the text comes out.
    fn checkpoint(&self) -> Option<Checkpoint> {
        if self.text.is_empty() {
            return None;
        }
        let used_bits = (0..8).find(|used_bits| self.fits(*used_bits))?;
        let window = zstd::bulk::compress(&self.window, 1).ok()?;
        let input = self.input - u64::from(used_bits > 0);
        let start = Start::Block { used_bits, window };
        Some(Checkpoint { input, output: self.output, start, crc: 0 })
    }

    fn fits(&self, used_bits: u8) -> bool {
        let mut inflate = Inflate::new(false, RAW_BITS);
        if inflate.set_dictionary(&self.window).is_err() {
            return false;
        }
        let lead = if used_bits == 0 { Vec::new() } else { lead_in(used_bits, self.previous) };
        let mut text = vec![0; self.text.len()];
        for input in [lead.as_slice(), &self.compressed] {
            let mut rest = input;
            while !rest.is_empty() {
                let before = inflate.total_in();
                let given = inflate.total_out() as usize;
                if inflate.decompress(rest, &mut text[given..], InflateFlush::NoFlush).is_err() {
                    return false;
                }
                let taken = (inflate.total_in() - before) as usize;
                if taken == 0 && inflate.total_out() as usize == given {
                    break;
                }
                rest = &rest[taken..];
            }
        }
        inflate.total_out() as usize == self.text.len() && text == self.text
    }
}
