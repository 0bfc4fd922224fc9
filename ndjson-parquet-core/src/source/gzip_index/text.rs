//! The text of gzip data at any offset.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use flate2::Crc;
use zlib_rs::{Inflate, InflateFlush, Status};

use super::lead_in::lead_in;
use super::{GZIP_BITS, GzipIndex, RAW_BITS, Start, TRAILER_BYTES, WINDOW_BYTES, damaged};
use crate::error::ErrorKind;
use crate::source::codec::Codec;
use crate::source::fault::{Fault, checked_read, cut_off};
use crate::source::range::RangeRead;

/// The text of gzip data, of which an index tells where it can be entered.
///
/// Memory: the index, and 0.3 MiB for each reader that waits to be used again.
pub(in crate::source) struct IndexedText {
    gzip: Gzip,
    /// Readers that were used, by where they stand.
    idle: Mutex<Vec<TextReader>>,
}

#[derive(Clone)]
struct Gzip {
    compressed: Arc<dyn RangeRead>,
    size: u64,
    index: Arc<GzipIndex>,
}

/// Readers kept for the next call: as many as threads are likely to read at once.
const MOST_IDLE: usize = 16;
/// Compressed bytes asked for at a time.
const INPUT_BYTES: usize = 256 << 10;

impl IndexedText {
    pub(in crate::source) fn new(
        compressed: Arc<dyn RangeRead>,
        size: u64,
        index: GzipIndex,
    ) -> Self {
        let gzip = Gzip { compressed, size, index: Arc::new(index) };
        Self { gzip, idle: Mutex::default() }
    }

    /// A reader that stands at `offset`, or before it with no checkpoint between.
    fn reader_before(&self, offset: u64) -> io::Result<TextReader> {
        let checkpoint = self.gzip.index.position_before(offset);
        let begin = self.gzip.index.checkpoints.get(checkpoint).map_or(0, |found| found.output);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let stands = |reader: &TextReader| (begin..=offset).contains(&reader.position);
        let nearest = (0..idle.len()).filter(|index| stands(&idle[*index]));
        match nearest.max_by_key(|index| idle[*index].position) {
            Some(index) => Ok(idle.swap_remove(index)),
            None => TextReader::new(self.gzip.clone(), checkpoint),
        }
    }
}

impl RangeRead for IndexedText {
    fn size(&self) -> io::Result<u64> {
        Ok(self.gzip.index.text_size)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if offset >= self.gzip.index.text_size {
            return Ok(0);
        }
        let mut reader = self.reader_before(offset)?;
        reader.skip_to(offset)?;
        let taken = reader.read(buffer)?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() == MOST_IDLE {
            idle.remove(0);
        }
        idle.push(reader);
        Ok(taken)
    }

    fn read_ahead(&self, range: Range<u64>) -> Option<Box<dyn Read + Send>> {
        Some(Box::new(RangeText { gzip: self.gzip.clone(), range, reader: None }))
    }
}

/// A range of the text, which is entered when it is first read.
struct RangeText {
    gzip: Gzip,
    range: Range<u64>,
    reader: Option<TextReader>,
}

impl Read for RangeText {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => {
                let checkpoint = self.gzip.index.position_before(self.range.start);
                none.insert(TextReader::new(self.gzip.clone(), checkpoint)?)
            }
        };
        reader.skip_to(self.range.start)?;
        let left = self.range.end.saturating_sub(reader.position);
        let room = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        reader.read(&mut buffer[..room])
    }
}

/// Inflates from a checkpoint on.
struct TextReader {
    gzip: Gzip,
    /// The checkpoint of the stretch that is being read.
    checkpoint: usize,
    /// Offset in the text of the next byte.
    position: u64,
    /// Of the text since the checkpoint.
    crc: Crc,
    inflate: Inflate,
    /// Whether the decoder began inside a member, so that it does not see the trailer.
    is_raw: bool,
    input: Vec<u8>,
    /// What is left of `input`, and the offset of the compressed byte behind it.
    rest: Range<usize>,
    next_input: u64,
}

impl TextReader {
    fn new(gzip: Gzip, checkpoint: usize) -> io::Result<Self> {
        let index = Arc::clone(&gzip.index);
        let found = index.checkpoints.get(checkpoint).ok_or_else(misfit)?;
        let mut reader = Self {
            gzip,
            checkpoint,
            position: found.output,
            crc: Crc::new(),
            inflate: Inflate::new(true, GZIP_BITS),
            is_raw: false,
            input: Vec::new(),
            rest: 0..0,
            next_input: found.input,
        };
        if let Start::Block { used_bits, window } = &found.start {
            let window = zstd::bulk::decompress(window, WINDOW_BYTES).map_err(|_| misfit())?;
            reader.inflate = Inflate::new(false, RAW_BITS);
            reader.is_raw = true;
            reader.inflate.set_dictionary(&window).map_err(|_| misfit())?;
            reader.fill()?;
            let first = reader.input[reader.rest.start];
            reader.rest.start += 1;
            let lead = lead_in(*used_bits, first);
            // A byte is too little for the header of a block and text of it.
            let inflated = reader.inflate.decompress(&lead, &mut [0], InflateFlush::NoFlush);
            inflated.map_err(|_| misfit())?;
        }
        Ok(reader)
    }

    fn skip_to(&mut self, offset: u64) -> io::Result<()> {
        if self.position >= offset {
            return Ok(());
        }
        let mut vain = vec![0; INPUT_BYTES];
        while self.position < offset {
            let left = usize::try_from(offset - self.position).unwrap_or(usize::MAX);
            let room = vain.len().min(left);
            if self.read(&mut vain[..room])? == 0 {
                return Err(misfit());
            }
        }
        Ok(())
    }

    /// Makes sure that there is input; its end is an error.
    fn fill(&mut self) -> io::Result<()> {
        if !self.rest.is_empty() {
            return Ok(());
        }
        self.input.resize(INPUT_BYTES, 0);
        let left = self.gzip.size.saturating_sub(self.next_input);
        let room = INPUT_BYTES.min(usize::try_from(left).unwrap_or(usize::MAX));
        let taken = self.gzip.compressed.read_at(self.next_input, &mut self.input[..room])?;
        if checked_read(taken, room)? == 0 {
            return Err(cut_off(Codec::Gzip, self.next_input));
        }
        self.next_input += taken as u64;
        self.rest = 0..taken;
        Ok(())
    }

    /// Begins the next member; behind one that was entered in its middle comes its trailer.
    fn next_member(&mut self) -> io::Result<()> {
        let mut left = if self.is_raw { TRAILER_BYTES } else { 0 };
        while left > 0 {
            self.fill()?;
            let taken = left.min(self.rest.len());
            self.rest.start += taken;
            left -= taken;
        }
        self.inflate = Inflate::new(true, GZIP_BITS);
        self.is_raw = false;
        Ok(())
    }

    /// Compares the text of the stretch with the index where the stretch ends.
    fn end_stretch(&mut self) -> io::Result<()> {
        let index = &self.gzip.index;
        if self.position == index.end_of(self.checkpoint) {
            let expected = index.checkpoints.get(self.checkpoint).map(|found| found.crc);
            if expected != Some(self.crc.sum()) {
                return Err(misfit());
            }
            self.crc.reset();
            self.checkpoint += 1;
        }
        Ok(())
    }
}

impl Read for TextReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.gzip.index.text_size {
            return Ok(0);
        }
        let left = self.gzip.index.end_of(self.checkpoint) - self.position;
        let room = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let mut given = 0;
        while given == 0 && room > 0 {
            self.fill()?;
            let before = (self.inflate.total_in(), self.inflate.total_out());
            let input = &self.input[self.rest.clone()];
            let output = &mut buffer[..room];
            let status = self.inflate.decompress(input, output, InflateFlush::NoFlush);
            let taken = (self.inflate.total_in() - before.0) as usize;
            given = (self.inflate.total_out() - before.1) as usize;
            self.rest.start += taken;
            match status {
                Ok(Status::StreamEnd) if given == 0 => self.next_member()?,
                Ok(Status::StreamEnd) => {}
                Ok(_) if taken > 0 || given > 0 => {}
                _ => return Err(damaged(self.next_input - self.rest.len() as u64)),
            }
        }
        self.crc.update(&buffer[..given]);
        self.position += given as u64;
        self.end_stretch()?;
        Ok(given)
    }
}

fn misfit() -> io::Error {
    let message = "expected gzip data that fit their index, found others: \
                   remove the index, or do without it";
    Fault::new(ErrorKind::Decompress, message).into()
}
