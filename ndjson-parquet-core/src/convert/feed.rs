//! Cuts the sources into units of work, in order.
//!
//! A unit becomes one row group or a few. What goes into a unit depends on the sources and the
//! options only. Plain sources are handed over as ranges, which the workers read themselves;
//! streams are read here, on a thread of their own, and handed over in chunks.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, SendTimeoutError, Sender, bounded};

use super::pass::Abort;
use crate::error::{Error, Result};
use crate::progress::CancelToken;
use crate::source::{
    BackgroundReader, CHECK_EVERY, Inflation, Next, Opened, RangeRead, Source, StreamCutter,
    into_error,
};

/// One stretch of the input, for one worker.
pub(super) struct Unit {
    /// Units are numbered in the order of the input.
    pub(super) sequence: u64,
    pub(super) pieces: Receiver<Piece>,
}

/// Consecutive bytes of one source.
pub(super) struct Piece {
    /// Index of the source.
    pub(super) source: usize,
    pub(super) data: Data,
}

pub(super) enum Data {
    /// A range of a plain source; it owns the lines that begin in it.
    Range { reader: Arc<dyn RangeRead>, size: u64, start: u64, end: u64 },
    /// Bytes of a stream, at this offset. Pieces of one source that follow each other are one text.
    Chunk { offset: u64, bytes: Vec<u8> },
    /// The source could not be read on.
    Failed(Error),
}

/// What the feeder needs to know.
pub(super) struct Feed<'a> {
    pub(super) sources: &'a [Source],
    pub(super) inflation: Inflation,
    /// Bytes of input in a unit.
    pub(super) unit_bytes: u64,
    /// Chunks of a stream that may wait in one unit.
    pub(super) chunks_ahead: usize,
    /// Set to the size of each source once it is known.
    pub(super) sizes: &'a [AtomicU64],
    pub(super) abort: &'a Abort,
    pub(super) cancel: &'a CancelToken,
}

/// Sources that are opened ahead: enough to hide that opening an object takes tens of milliseconds.
const SOURCES_AHEAD: usize = 16;

/// The size of a source that is not known yet.
pub(super) const UNKNOWN_SIZE: u64 = u64::MAX;

/// The receiver is gone, or the pass has failed: no need to go on.
pub(super) struct Stopped;

impl Feed<'_> {
    /// Sends units until the sources are at their end or the pass is given up.
    pub(super) fn run(&self, units: Sender<Unit>) {
        let mut packer = Packer { units, open: None, sequence: 0, feed: self };
        for index in 0..self.sources.len() {
            self.prepare_behind(index);
            if self.feed_source(index, &mut packer).is_err() {
                return;
            }
        }
    }

    /// Begins to open the sources that come next.
    fn prepare_behind(&self, index: usize) {
        let first = if index == 0 { 1 } else { index + SOURCES_AHEAD };
        let next = self.sources.iter().skip(first).take(index + SOURCES_AHEAD + 1 - first);
        next.for_each(Source::prepare);
    }

    fn feed_source(&self, index: usize, packer: &mut Packer<'_>) -> Result<(), Stopped> {
        match self.sources[index].open(self.inflation) {
            Ok(Opened::Ranged { reader, size }) => {
                self.sizes[index].store(size, Ordering::Relaxed);
                self.feed_ranges(index, &reader, size, packer)
            }
            Ok(Opened::Stream(stream)) => self.feed_stream(index, stream, packer),
            Err(error) => packer.send(index, Data::Failed(error), 0),
        }
    }

    /// A source that fits joins the unit that is open; a larger one is cut into equal parts.
    fn feed_ranges(
        &self,
        index: usize,
        reader: &Arc<dyn RangeRead>,
        size: u64,
        packer: &mut Packer<'_>,
    ) -> Result<(), Stopped> {
        let parts = parts_of(size, self.unit_bytes);
        if packer.open_bytes() + size > self.unit_bytes {
            packer.close();
        }
        for part in 0..parts {
            let cut = |part: u64| (u128::from(size) * u128::from(part) / u128::from(parts)) as u64;
            let (start, end) = (cut(part), cut(part + 1));
            let data = Data::Range { reader: Arc::clone(reader), size, start, end };
            packer.send(index, data, end - start)?;
            if parts > 1 {
                packer.close();
            }
        }
        Ok(())
    }

    fn feed_stream(
        &self,
        index: usize,
        stream: Box<dyn Read + Send>,
        packer: &mut Packer<'_>,
    ) -> Result<(), Stopped> {
        let fail = |error| Data::Failed(into_error(self.sources[index].name(), error));
        let mut chunks = match BackgroundReader::new(stream) {
            Ok(chunks) => chunks,
            Err(error) => return packer.send(index, fail(error), 0),
        };
        let mut cutter = StreamCutter::new(self.unit_bytes.min(STREAM_UNIT_BYTES));
        let (mut range, mut total) = (0, 0);
        loop {
            let chunk = match chunks.next_chunk_within(CHECK_EVERY) {
                Ok(Next::Chunk(chunk)) => chunk,
                Ok(Next::Waiting) => match self.cancel.check() {
                    Ok(()) if self.abort.is_set() => return Err(Stopped),
                    Ok(()) => continue,
                    Err(error) => return packer.send(index, Data::Failed(error), 0),
                },
                Ok(Next::End) => break,
                Err(error) => return packer.send(index, fail(error), 0),
            };
            for piece in cutter.push(chunk) {
                if piece.range != range {
                    range = piece.range;
                    packer.close();
                }
                let length = piece.bytes.len() as u64;
                total += length;
                let data = Data::Chunk { offset: piece.offset, bytes: piece.bytes };
                packer.send(index, data, length)?;
            }
        }
        self.sizes[index].store(total, Ordering::Relaxed);
        if packer.open_bytes() >= self.unit_bytes {
            packer.close();
        }
        Ok(())
    }
}

/// How many equal parts a plain source of `size` bytes is cut into: as few as units allow, rounded
/// up to a multiple of 4, so that two or four threads end at about the same time, unless that makes
/// parts smaller than is worth a row group.
fn parts_of(size: u64, unit_bytes: u64) -> u64 {
    let fewest = size.div_ceil(unit_bytes).max(1);
    let most = size / FINE_UNIT_BYTES.min(unit_bytes);
    fewest.max(fewest.next_multiple_of(4).min(most))
}

/// The smallest part that a source is cut into for the sake of threads: 16 MiB of NDJSON, a tenth
/// of a second of work.
const FINE_UNIT_BYTES: u64 = 16 << 20;

/// Bytes of a stream in a unit: twice what may wait for a worker at the default memory limit. The
/// feeder then gets to the next unit when the present one is half done, so that two workers stay
/// busy behind one stream: 400 MiB from gzip took 0.76 of the time that units of 128 MiB took.
const STREAM_UNIT_BYTES: u64 = 32 << 20;

/// Puts pieces into units and sends the units.
struct Packer<'a> {
    units: Sender<Unit>,
    open: Option<(Sender<Piece>, u64)>,
    sequence: u64,
    feed: &'a Feed<'a>,
}

impl Packer<'_> {
    fn open_bytes(&self) -> u64 {
        self.open.as_ref().map_or(0, |(_, bytes)| *bytes)
    }

    fn close(&mut self) {
        self.open = None;
    }

    fn send(&mut self, source: usize, data: Data, length: u64) -> Result<(), Stopped> {
        if self.open.is_none() {
            let (sender, pieces) = bounded(self.feed.chunks_ahead.max(1));
            let unit = Unit { sequence: self.sequence, pieces };
            self.sequence += 1;
            send(&self.units, unit, self.feed.abort)?;
            self.open = Some((sender, 0));
        }
        let Some((pieces, bytes)) = &mut self.open else { return Err(Stopped) };
        *bytes += length;
        send(pieces, Piece { source, data }, self.feed.abort)
    }
}

/// Sends `item`, waiting for room, unless nobody will ever take it.
pub(super) fn send<T>(sender: &Sender<T>, mut item: T, abort: &Abort) -> Result<(), Stopped> {
    loop {
        match sender.send_timeout(item, CHECK_EVERY) {
            Ok(()) => return Ok(()),
            Err(SendTimeoutError::Disconnected(_)) => return Err(Stopped),
            Err(SendTimeoutError::Timeout(_)) if abort.is_set() => return Err(Stopped),
            Err(SendTimeoutError::Timeout(back)) => item = back,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn a_source_is_cut_into_parts_that_keep_two_threads_busy() {
        // Size in MiB, unit in MiB, parts.
        for (size, unit, parts) in [
            (0, 128, 1),
            (1, 128, 1),
            (31, 128, 1),
            (32, 128, 2),
            (63, 128, 3),
            (64, 128, 4),
            (128, 128, 4),
            (129, 128, 4),
            (512, 128, 4),
            (513, 128, 8),
            (4608, 128, 36),
            // A unit that was asked for to be small is not cut further.
            (10, 1, 10),
            (3, 1, 3),
            (20, 16, 2),
        ] {
            assert_eq!(parts_of(size * MIB, unit * MIB), parts, "{size} MiB in units of {unit}");
        }
        assert_eq!(parts_of(u64::MAX, 64 << 10), u64::MAX / (64 << 10) + 1);
    }
}
