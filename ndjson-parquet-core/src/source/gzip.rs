//! Members of gzip data, one after the other.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

use super::fault::Fault;
use super::inflate::Extent;
use super::input::Input;
use crate::error::ErrorKind;

/// The text of gzip members.
///
/// flate2's own reader of many members accepts NUL padding nowhere; gzip(1) accepts it after the last
/// member, where tape blocks and preallocated files leave it, and so does this one. Anything else
/// behind a member must be another member.
pub(super) struct GzipReader {
    decoder: GzDecoder<Input>,
    extent: Extent,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    /// The input is at its beginning or behind a member.
    Between,
    Inside,
    Ended,
}

impl GzipReader {
    pub(super) fn new(input: Input, extent: Extent) -> Self {
        // A decoder reads the header as soon as it is made, and whoever makes one must not wait.
        let decoder = GzDecoder::new(Input::empty());
        let mut reader = Self { decoder, extent, state: State::Ended };
        reader.restart(input);
        reader
    }

    /// Begins anew with other members.
    pub(super) fn restart(&mut self, input: Input) {
        self.state = if input.consumed() == 0 { State::Inside } else { State::Between };
        self.decoder.reset(input);
    }

    pub(super) fn input(&self) -> &Input {
        self.decoder.get_ref()
    }

    /// The rest of the input; nothing is left to be read then.
    pub(super) fn take_input(&mut self) -> Input {
        self.state = State::Ended;
        self.decoder.reset(Input::empty())
    }

    /// Goes to the next member, if there is one.
    fn next_member(&mut self) -> io::Result<()> {
        let input = self.decoder.get_mut();
        match input.fill_buf()?.first() {
            None => self.state = State::Ended,
            Some(0) if self.extent != Extent::Members => {
                expect_padding(input)?;
                self.state = State::Ended;
            }
            Some(&FIRST_BYTE) => {
                // `reset` wants an input in exchange; this one is empty and costs nothing.
                let input = self.decoder.reset(Input::empty());
                self.decoder.reset(input);
                self.state = State::Inside;
            }
            Some(_) => return Err(trailing(input.consumed())),
        }
        Ok(())
    }
}

impl Read for GzipReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.state {
                State::Between => self.next_member()?,
                State::Ended => return Ok(0),
                State::Inside => {
                    let taken = self.decoder.read(buffer)?;
                    if taken > 0 {
                        return Ok(taken);
                    }
                    let ended = self.extent == Extent::One;
                    self.state = if ended { State::Ended } else { State::Between };
                }
            }
        }
    }
}

/// Takes NUL bytes up to the end.
pub(super) fn expect_padding(input: &mut Input) -> io::Result<()> {
    loop {
        let rest = input.fill_buf()?;
        let length = rest.len();
        if length == 0 {
            return Ok(());
        }
        if let Some(other) = rest.iter().position(|&byte| byte != 0) {
            return Err(trailing(input.consumed() + other as u64));
        }
        input.consume(length);
    }
}

pub(super) fn trailing(offset: u64) -> io::Error {
    let message =
        format!("expected the end of the gzip data, found other bytes at compressed byte {offset}");
    Fault::new(ErrorKind::Decompress, message).into()
}

pub(super) const FIRST_BYTE: u8 = 0x1f;
