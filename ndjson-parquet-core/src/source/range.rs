//! Bytes at an offset, and the rule that gives every line to exactly one range.
//!
//! The cut for an offset `x` is 0 for `x = 0`, else just after the first LF at or behind `x - 1`, or
//! the size if there is none. A range `[a, b)` owns the bytes from the cut for `a` to the cut for `b`:
//! the lines whose first byte lies in `[a, b)`. The ranges of any partition own every byte once.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use memchr::memchr;

use super::fault::{Fault, checked_read};
use crate::error::ErrorKind;

/// Random access to a source whose bytes do not change: a file, or an object of a store.
///
/// There is no position, so that several threads can read through one shared reference.
///
/// ```
/// use std::io;
/// use std::sync::Arc;
/// use ndjson_parquet_core::{Converter, RangeRead, Sink, Source};
///
/// struct Text(&'static [u8]);
///
/// impl RangeRead for Text {
///     fn size(&self) -> io::Result<u64> {
///         Ok(self.0.len() as u64)
///     }
///
///     fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
///         io::Read::read(&mut &self.0[offset as usize..], buffer)
///     }
/// }
///
/// let source = Source::ranged("object", Arc::new(Text(b"{\"id\":1}\n")));
/// let summary = Converter::new().convert(vec![source], Sink::writer("memory", io::sink()))?;
/// assert_eq!(summary.balance.rows, 1);
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
pub trait RangeRead: Send + Sync {
    /// The size in bytes; asked once, when the source is opened.
    fn size(&self) -> io::Result<u64>;

    /// Reads bytes from `offset` on into `buffer` and says how many; 0 only at the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// A reader of exactly these bytes in order, which fetches them ahead of its caller; `None`, if
    /// not overridden, where reading at an offset is as fast.
    fn read_ahead(&self, range: Range<u64>) -> Option<Box<dyn Read + Send>> {
        let _ = range;
        None
    }
}

/// Reads the bytes that a range owns, in order, and ends.
///
/// It has no buffer: it reads into the caller's, and looks for the cuts there. Behind the end of the
/// range it reads [`TAIL_BYTES`] at a time, so that it reads little that another range owns.
pub(crate) struct RangeReader {
    bytes: PinnedBytes,
    size: u64,
    /// Where the next read goes.
    position: u64,
    end: u64,
    phase: Phase,
    start_offset: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Looking for the first owned byte.
    Skip,
    /// Reading up to the end of the range.
    Inside,
    /// Reading the rest of the line that crosses the end of the range.
    Tail,
    Done,
}

impl RangeReader {
    /// The range `[start, end)` of a source of `size` bytes; what lies behind the size is cut off.
    pub(crate) fn new(reader: Arc<dyn RangeRead>, size: u64, start: u64, end: u64) -> Self {
        let end = end.min(size);
        let start = start.min(end);
        let (position, phase, start_offset) = match start {
            _ if start == end => (start, Phase::Done, Some(start)),
            0 => (0, Phase::Inside, Some(0)),
            _ => (start - 1, Phase::Skip, None),
        };
        let bytes = PinnedBytes::new(reader, size, position..end);
        Self { bytes, size, position, end, phase, start_offset }
    }

    /// Offset in the source of the first byte that was or will be given; `None` before the first
    /// read, unless it is known without one.
    pub(crate) fn start_offset(&self) -> Option<u64> {
        self.start_offset
    }

    /// Finds the first LF at or behind the position; gives the owned bytes read along with it.
    fn skip(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.phase == Phase::Skip {
            // A line that starts behind the range's end is not ours, so there is no need to look there.
            let room = buffer.len().min(to_usize(self.end - self.position));
            let taken = self.bytes.read(self.position, &mut buffer[..room])?;
            let Some(line_end) = memchr(b'\n', &buffer[..taken]) else {
                self.position += taken as u64;
                if self.position == self.end {
                    self.own_nothing();
                }
                continue;
            };
            let first = self.position + line_end as u64 + 1;
            if first == self.end {
                self.own_nothing();
                continue;
            }
            self.start_offset = Some(first);
            self.phase = Phase::Inside;
            self.position = first;
            // The bytes behind the LF are here already.
            buffer.copy_within(line_end + 1..taken, 0);
            let owned = taken - line_end - 1;
            if owned > 0 {
                self.advance(&buffer[..owned]);
                return Ok(owned);
            }
        }
        self.read(buffer)
    }

    /// No line starts in the range. The cut itself does not matter then: no byte is given.
    fn own_nothing(&mut self) {
        self.start_offset = Some(self.end);
        self.phase = Phase::Done;
    }

    /// Accounts for `bytes` of the range.
    fn advance(&mut self, bytes: &[u8]) {
        self.position += bytes.len() as u64;
        if self.position < self.end {
            return;
        }
        let complete = self.position >= self.size || bytes.last() == Some(&b'\n');
        self.phase = if complete { Phase::Done } else { Phase::Tail };
    }
}

impl Read for RangeReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        match self.phase {
            Phase::Done => Ok(0),
            Phase::Skip => self.skip(buffer),
            Phase::Inside => {
                let room = buffer.len().min(to_usize(self.end - self.position));
                let taken = self.bytes.read(self.position, &mut buffer[..room])?;
                self.advance(&buffer[..taken]);
                Ok(taken)
            }
            Phase::Tail => {
                let room = buffer.len().min(TAIL_BYTES);
                let taken = self.bytes.read(self.position, &mut buffer[..room])?;
                let owned = memchr(b'\n', &buffer[..taken]).map_or(taken, |line_end| line_end + 1);
                self.advance(&buffer[..owned]);
                Ok(owned)
            }
        }
    }
}

/// Reads a ranged source from one byte to another; fails if it has become shorter.
pub(crate) struct SequentialReader {
    bytes: PinnedBytes,
    size: u64,
    position: u64,
}

impl SequentialReader {
    pub(super) fn new(reader: Arc<dyn RangeRead>, size: u64) -> Self {
        Self::starting_at(reader, size, 0)
    }

    pub(crate) fn starting_at(reader: Arc<dyn RangeRead>, size: u64, position: u64) -> Self {
        Self::within(reader, position..size)
    }

    /// The bytes of `range`, which ends within the source.
    pub(crate) fn within(reader: Arc<dyn RangeRead>, range: Range<u64>) -> Self {
        let Range { start, end } = range.clone();
        Self { bytes: PinnedBytes::new(reader, end, range), size: end, position: start }
    }
}

impl Read for SequentialReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.position >= self.size {
            return Ok(0);
        }
        let taken = self.bytes.read(self.position, buffer)?;
        self.position += taken as u64;
        Ok(taken)
    }
}

/// The bytes of a source whose size is known, read in order at first and at any offset after that.
struct PinnedBytes {
    reader: Arc<dyn RangeRead>,
    size: u64,
    /// The stretch that is read in order, as far as it has not been given.
    in_order: Range<u64>,
    /// Its reader, from the first read on.
    ahead: Option<Box<dyn Read + Send>>,
    begun: bool,
}

impl PinnedBytes {
    fn new(reader: Arc<dyn RangeRead>, size: u64, in_order: Range<u64>) -> Self {
        Self { reader, size, in_order, ahead: None, begun: false }
    }

    /// One read below the size: at least a byte, or an error that says that the source has changed.
    fn read(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len().min(to_usize(self.size.saturating_sub(offset)));
        let buffer = &mut buffer[..room];
        loop {
            match self.read_some(offset, buffer) {
                Ok(0) => {
                    let now = self.reader.size().map_or(offset, |now| now.min(offset));
                    return Err(shrank(self.size, now));
                }
                Ok(taken) => return checked_read(taken, room),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn read_some(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.begun {
            self.begun = true;
            self.ahead = self.reader.read_ahead(self.in_order.clone());
        }
        let Some(ahead) = self.ahead.as_mut().filter(|_| self.in_order.start == offset) else {
            return self.reader.read_at(offset, buffer);
        };
        let room = buffer.len().min(to_usize(self.in_order.end - offset));
        let taken = ahead.read(&mut buffer[..room])?;
        self.in_order.start += taken as u64;
        if self.in_order.is_empty() {
            self.ahead = None;
        }
        Ok(taken)
    }
}

fn shrank(expected: u64, found: u64) -> io::Error {
    let message = format!("source shrank: expected {expected} bytes, found {found}");
    Fault::new(ErrorKind::Source, message).into()
}

/// Saturating; only ever compared with the length of a buffer.
fn to_usize(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// Bytes in memory as a ranged source.
pub(super) struct BytesRange(pub(super) Arc<Vec<u8>>);

impl RangeRead for BytesRange {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.0.get(to_usize(offset)..).unwrap_or_default();
        let taken = rest.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&rest[..taken]);
        Ok(taken)
    }
}

/// A file as a ranged source. Not mapped into memory: a mapped file that is truncated kills the
/// process, and its pages count as ours.
pub(super) struct FileRange {
    #[cfg(unix)]
    file: File,
    #[cfg(not(unix))]
    file: std::sync::Mutex<File>,
    size: u64,
}

#[cfg(unix)]
impl FileRange {
    pub(super) fn new(file: File, size: u64) -> Self {
        Self { file, size }
    }

    fn size_now(&self) -> io::Result<u64> {
        self.file.metadata().map(|found| found.len())
    }

    fn read_some(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, buffer, offset)
    }
}

#[cfg(not(unix))]
impl FileRange {
    pub(super) fn new(file: File, size: u64) -> Self {
        Self { file: std::sync::Mutex::new(file), size }
    }

    fn size_now(&self) -> io::Result<u64> {
        let file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.metadata().map(|found| found.len())
    }

    fn read_some(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        io::Seek::seek(&mut *file, io::SeekFrom::Start(offset))?;
        file.read(buffer)
    }
}

impl RangeRead for FileRange {
    fn size(&self) -> io::Result<u64> {
        Ok(self.size)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let taken = self.read_some(offset, buffer)?;
        if taken == 0 && !buffer.is_empty() && offset < self.size {
            return Err(shrank(self.size, self.size_now()?));
        }
        Ok(taken)
    }
}

/// How much is read at a time behind the end of a range: longer than most lines.
const TAIL_BYTES: usize = 64 << 10;
