//! The compressed bytes below a decoder: buffered, counted, and open to a look ahead.

use std::io::{self, BufRead, Read};

use super::fault::{Fault, checked_read};
use crate::error::ErrorKind;

/// The compressed bytes, buffered and counted. Errors of the reader below come out marked, so that
/// they are not taken for damage.
///
/// Holds [`INPUT_BYTES`], or as much as was looked ahead.
pub(super) struct Input {
    reader: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    consumed: u64,
    /// What a look ahead met behind the buffer.
    ahead: Ahead,
}

enum Ahead {
    Unknown,
    End,
    Failed(io::Error),
}

impl Input {
    pub(super) fn new(reader: Box<dyn Read + Send>) -> Self {
        Self { reader, buffer: Vec::new(), start: 0, end: 0, consumed: 0, ahead: Ahead::Unknown }
    }

    pub(super) fn empty() -> Self {
        Self::new(Box::new(io::empty()))
    }

    /// Bytes in memory.
    pub(super) fn of_bytes(bytes: Vec<u8>) -> Self {
        Self { end: bytes.len(), ahead: Ahead::End, buffer: bytes, ..Self::empty() }
    }

    /// All bytes of [`of_bytes`](Self::of_bytes), whatever was taken of them.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.buffer
    }

    /// Whether nothing follows; an error that follows is something.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.look_ahead(1).is_empty() && matches!(self.ahead, Ahead::End)
    }

    /// Bytes taken so far, which is the offset of the next one.
    pub(super) fn consumed(&self) -> u64 {
        self.consumed
    }

    /// The next bytes, which stay to be read: at least `bytes`, unless the end or an error comes
    /// before. The error is kept for whoever reads that far.
    pub(super) fn look_ahead(&mut self, bytes: usize) -> &[u8] {
        while self.end - self.start < bytes && matches!(self.ahead, Ahead::Unknown) {
            let wanted = bytes.max(INPUT_BYTES);
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            }
            if self.buffer.len() < wanted {
                self.buffer.resize(wanted, 0);
            }
            match self.read_more() {
                Ok(0) => self.ahead = Ahead::End,
                Ok(taken) => self.end += taken,
                Err(error) => self.ahead = Ahead::Failed(error),
            }
        }
        &self.buffer[self.start..self.end]
    }

    /// Puts back `bytes`, the last ones that were taken.
    pub(super) fn put_back(&mut self, mut bytes: Vec<u8>) {
        self.consumed -= bytes.len() as u64;
        bytes.extend_from_slice(&self.buffer[self.start..self.end]);
        (self.start, self.end) = (0, bytes.len());
        self.buffer = bytes;
    }

    /// Reads behind the buffered bytes, where there is room; 0 at the end.
    fn read_more(&mut self) -> io::Result<usize> {
        let room = self.buffer.len() - self.end;
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(taken) => return checked_read(taken, room),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if Fault::is_in(&error) => return Err(error),
                Err(error) => {
                    let message = "expected a readable source, found an error";
                    return Err(Fault::new(ErrorKind::Source, message).with_cause(error).into());
                }
            }
        }
    }

    /// Gives back what a look ahead took, once its bytes are gone.
    fn shrink(&mut self) {
        (self.start, self.end) = (0, 0);
        if self.buffer.len() != INPUT_BYTES {
            self.buffer = vec![0; INPUT_BYTES];
        }
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            match std::mem::replace(&mut self.ahead, Ahead::Unknown) {
                Ahead::Unknown => {
                    self.shrink();
                    self.end = self.read_more()?;
                }
                Ahead::End => self.ahead = Ahead::End,
                Ahead::Failed(error) => return Err(error),
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

/// Compressed bytes asked for at a time: one read of a file costs about 5 us, decoding this far more.
const INPUT_BYTES: usize = 256 << 10;
