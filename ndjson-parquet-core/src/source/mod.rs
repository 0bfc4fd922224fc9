//! Where the bytes come from: a [`Source`] is a name and a way to read it, and opening it gives
//! either random access to plain bytes or one stream of decompressed bytes.
//!
//! Compression is told by magic bytes, never by the extension. Nothing here looks for lines.

mod background;
mod codec;
mod cut;
mod encoding;
mod expand;
mod fault;
mod gzip;
mod gzip_index;
mod identity;
mod indexed;
mod inflate;
mod input;
mod limits;
mod lz4;
#[cfg(feature = "object_store")]
mod object;
mod parallel;
mod parquet;
mod range;
mod split;
mod spooled_lines;
#[cfg(test)]
mod tests;
mod url;
mod zstd_frames;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Cursor, Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub(crate) use background::{BackgroundReader, Next};
pub use codec::Codec;
pub(crate) use cut::StreamCutter;
pub(crate) use encoding::{Start, UTF8_BOM_BYTES, sniff_start};
pub use expand::expand;
#[cfg(feature = "object_store")]
pub(crate) use expand::{GlobPattern, Selection};
pub(crate) use fault::{Fault, checked_read, into_error};
pub(crate) use identity::Identity;
pub use indexed::{GZIP_INDEX_ENDING, MIN_INDEXED_BYTES};
pub(crate) use limits::Inflation;
pub use limits::{DEFAULT_MAX_INFLATE_RATIO, DEFAULT_MAX_INFLATED_BYTES, InflateLimits};
pub(crate) use parquet::{ParquetSource, foreign_files, parquet_files, partition_files};
pub use range::RangeRead;
pub(crate) use range::RangeReader;
pub(crate) use spooled_lines::{LineSpool, SpooledLines};
pub(crate) use url::is_url;
#[cfg(not(feature = "object_store"))]
pub(crate) use url::without_stores;

use crate::error::{Error, ErrorKind, Result};
use codec::SNIFF_BYTES;
use inflate::InflateReader;
use input::Input;
use parallel::ParallelReader;
use range::{BytesRange, FileRange, SequentialReader};

/// One input: a name, which errors and quarantine rows repeat, and a way to read its bytes.
///
/// A clone refers to the same input, so a reader that can be read once can be read once by all
/// clones together. Cloning copies no data.
///
/// ```
/// use ndjson_parquet_core::Source;
///
/// let source = Source::bytes("inline", "{\"a\":1}\n");
/// assert_eq!(source.name(), "inline");
/// assert!(source.is_rereadable());
/// ```
#[derive(Clone)]
pub struct Source {
    name: Arc<str>,
    kind: Kind,
    /// The text of compressed bytes, where it can be read at any offset.
    text: Option<Arc<dyn RangeRead>>,
}

#[derive(Clone)]
enum Kind {
    /// The flag says that a pipe or device at this path has been opened.
    Path(Arc<PathBuf>, Arc<AtomicBool>),
    Bytes(Arc<Vec<u8>>),
    Reader(Arc<Mutex<Option<Box<dyn Read + Send>>>>),
    Ranged(Arc<dyn RangeRead>),
    /// Lines from elsewhere, which are no text of a codec whatever they begin with.
    Lines(Arc<SpooledLines>),
    #[cfg(feature = "object_store")]
    Object(crate::store::Object),
}

impl Source {
    fn new(name: Arc<str>, kind: Kind) -> Self {
        Self { name, kind, text: None }
    }

    /// A file, pipe or device; `-` is standard input.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        if path.as_os_str() == STDIN_NAME {
            return Self::stdin();
        }
        let name = path.to_string_lossy().into();
        Self::new(name, Kind::Path(Arc::new(path), Arc::default()))
    }

    /// Bytes in memory.
    pub fn bytes(name: impl Into<Arc<str>>, bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(name.into(), Kind::Bytes(Arc::new(bytes.into())))
    }

    /// A reader, which can be read once.
    pub fn reader(name: impl Into<Arc<str>>, reader: impl Read + Send + 'static) -> Self {
        let reader: Box<dyn Read + Send> = Box::new(reader);
        Self::new(name.into(), Kind::Reader(Arc::new(Mutex::new(Some(reader)))))
    }

    /// Standard input, named `-`; it can be read once.
    pub fn stdin() -> Self {
        Self::reader(STDIN_NAME, io::stdin())
    }

    /// Anything that gives bytes at an offset, such as an object in a store.
    pub fn ranged(name: impl Into<Arc<str>>, reader: Arc<dyn RangeRead>) -> Self {
        Self::new(name.into(), Kind::Ranged(reader))
    }

    /// What `pattern` names: a file, all files below a directory, or the files that a glob finds; a URL
    /// names objects in the same way.
    ///
    /// See [`expand()`] for the rules.
    pub fn expand(pattern: impl AsRef<std::ffi::OsStr>) -> Result<Vec<Self>> {
        expand::expand_one(pattern.as_ref(), &mut url::Urls::default())
    }

    /// The name that errors and quarantine rows give this source.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name, to be kept along with a bad line at no cost.
    pub(crate) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// Whether the source gives the same bytes again when it is opened again.
    pub fn is_rereadable(&self) -> bool {
        match &self.kind {
            // A path that cannot be examined fails when it is opened, and may as well fail twice.
            Kind::Path(path, _) => {
                fs::metadata(path.as_path()).map_or(true, |found| found.is_file())
            }
            Kind::Bytes(_) | Kind::Ranged(_) | Kind::Lines(_) => true,
            #[cfg(feature = "object_store")]
            Kind::Object(_) => true,
            Kind::Reader(_) => false,
        }
    }

    /// How the source is compressed, by its first bytes, which stay to be read.
    ///
    /// A pipe or device named by a path cannot be looked into without losing bytes: an error.
    pub fn codec(&self) -> Result<Codec> {
        match &self.kind {
            Kind::Path(..) if !self.is_rereadable() => Err(self.error(
                "expected a source that can be looked into, found a pipe or device".to_owned(),
            )),
            Kind::Reader(slot) => {
                let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
                let mut reader = slot.take().ok_or_else(|| self.read_already())?;
                let first = self.sniff(&mut reader)?;
                let codec = Codec::detect(&first);
                *slot = Some(Box::new(Cursor::new(first).chain(reader)));
                Ok(codec)
            }
            _ => match self.access()? {
                Access::Ranged(reader, size) => {
                    Ok(Codec::detect(&self.sniff(SequentialReader::new(reader, size))?))
                }
                Access::Stream(mut reader) => Ok(Codec::detect(&self.sniff(&mut reader)?)),
            },
        }
    }

    /// The file or object that the source reads, if it is one.
    pub(crate) fn place(&self) -> Option<PathBuf> {
        match &self.kind {
            Kind::Path(path, _) => Some(path.to_path_buf()),
            Kind::Lines(lines) => lines.taken_from.clone(),
            #[cfg(feature = "object_store")]
            Kind::Object(object) => Some(object.location().identity()),
            _ => None,
        }
    }

    /// Begins to open the source, where that takes time and does no harm.
    pub(crate) fn prepare(&self) {
        #[cfg(feature = "object_store")]
        if let Kind::Object(object) = &self.kind {
            object.prepare();
        }
    }

    /// The bytes of a file, of an object, or of anything else that gives them at an offset, as they
    /// are stored, and how many they are.
    pub(crate) fn random_access(&self) -> Result<(Arc<dyn RangeRead>, u64)> {
        match self.access()? {
            Access::Ranged(reader, size) => Ok((reader, size)),
            Access::Stream(_) => Err(self.error("expected a file, found a pipe or device".into())),
        }
    }

    /// The size of the text of a source that can be read again at any offset; `None` where it is hidden, or where to ask for
    /// it takes a request.
    pub(crate) fn plain_size(&self) -> Option<u64> {
        #[cfg(feature = "object_store")]
        if self.is_object() {
            return None;
        }
        if let Some(text) = &self.text {
            return text.size().ok();
        }
        match self.is_rereadable().then(|| self.access()) {
            Some(Ok(Access::Ranged(reader, size))) => {
                let first = self.sniff(SequentialReader::new(reader, size)).ok()?;
                (Codec::detect(&first) == Codec::None).then_some(size)
            }
            _ => None,
        }
    }

    /// Copies the source, as it is, to a temporary file without a name and gives a source of the
    /// same name that reads the copy. `check` is called now and then and may end it.
    pub(crate) fn spool(&self, check: &dyn Fn() -> Result<()>) -> Result<Self> {
        let stream: Box<dyn Read + Send> = match self.access()? {
            Access::Ranged(reader, size) => Box::new(SequentialReader::new(reader, size)),
            Access::Stream(stream) => stream,
        };
        let fail = |error: io::Error| {
            let message =
                format!("{}: could not be copied to a temporary file: {error}", self.name);
            Error::new(ErrorKind::Output, message).with_cause(error)
        };
        let mut file = tempfile::tempfile().map_err(fail)?;
        let mut size = 0;
        let broken = |error| into_error(&self.name, error);
        let mut chunks = BackgroundReader::new(stream).map_err(broken)?;
        loop {
            match chunks.next_chunk_within(CHECK_EVERY).map_err(broken)? {
                Next::Chunk(chunk) => {
                    file.write_all(&chunk).map_err(fail)?;
                    size += chunk.len() as u64;
                    chunks.recycle(chunk);
                }
                Next::Waiting => check()?,
                Next::End => break,
            }
        }
        Ok(Self::ranged(Arc::clone(&self.name), Arc::new(FileRange::new(file, size))))
    }

    /// Opens the source, whatever its compression.
    pub(crate) fn open(&self, inflation: Inflation) -> Result<Opened> {
        if let Some(reader) = &self.text {
            let size = reader.size().map_err(|error| into_error(&self.name, error))?;
            return Ok(Opened::Ranged { reader: Arc::clone(reader), size });
        }
        match self.access()? {
            Access::Ranged(reader, size) => {
                let codec = match self.kind {
                    Kind::Lines(_) => Codec::None,
                    _ => {
                        let first = SequentialReader::new(Arc::clone(&reader), size);
                        Codec::detect(&self.sniff(first)?)
                    }
                };
                if codec == Codec::None {
                    return Ok(Opened::Ranged { reader, size });
                }
                let compressed = Box::new(SequentialReader::new(reader, size));
                match inflate(codec, compressed, inflation) {
                    Ok(text) => Ok(Opened::Stream(text)),
                    Err(error) => Err(into_error(&self.name, error)),
                }
            }
            Access::Stream(reader) => {
                let undetected = Undetected { raw: Some(reader), text: None, inflation };
                Ok(Opened::Stream(Box::new(undetected)))
            }
        }
    }

    fn access(&self) -> Result<Access> {
        match &self.kind {
            Kind::Path(path, opened) => self.access_path(path, opened),
            Kind::Bytes(bytes) => {
                Ok(Access::Ranged(Arc::new(BytesRange(Arc::clone(bytes))), bytes.len() as u64))
            }
            Kind::Reader(slot) => {
                let reader = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
                reader.map(Access::Stream).ok_or_else(|| self.read_already())
            }
            Kind::Ranged(reader) => {
                let size = reader.size().map_err(|error| into_error(&self.name, error))?;
                Ok(Access::Ranged(Arc::clone(reader), size))
            }
            Kind::Lines(lines) => {
                let text: Arc<dyn RangeRead> = Arc::clone(&lines.text) as _;
                Ok(Access::Ranged(text, lines.size))
            }
            #[cfg(feature = "object_store")]
            Kind::Object(object) => {
                object.open().map(|(reader, size)| Access::Ranged(reader, size))
            }
        }
    }

    fn access_path(&self, path: &PathBuf, opened: &AtomicBool) -> Result<Access> {
        let fail = |error| into_error(&self.name, error);
        let found = fs::metadata(path).map_err(fail)?;
        if found.is_dir() {
            return Err(self.error("expected a file, found a directory".to_owned()));
        }
        // Opening a pipe again would wait for a writer that never comes.
        if !found.is_file() && opened.swap(true, Ordering::Relaxed) {
            return Err(self.read_already());
        }
        if !found.is_file() {
            return Ok(Access::Stream(Box::new(Unopened { path: path.clone(), file: None })));
        }
        let file = File::open(path).map_err(fail)?;
        let found = file.metadata().map_err(fail)?;
        Ok(Access::Ranged(Arc::new(FileRange::new(file, found.len())), found.len()))
    }

    /// The first bytes, as many as any codec's magic needs.
    fn sniff(&self, reader: impl Read) -> Result<Vec<u8>> {
        let mut first = Vec::with_capacity(SNIFF_BYTES);
        reader
            .take(SNIFF_BYTES as u64)
            .read_to_end(&mut first)
            .map_err(|error| into_error(&self.name, error))?;
        Ok(first)
    }

    fn read_already(&self) -> Error {
        self.error("expected a source that is read for the first time, found one that can be read only once and has been".to_owned())
    }

    fn error(&self, message: String) -> Error {
        Error::new(ErrorKind::Source, format!("{}: {message}", self.name))
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.kind {
            Kind::Path(..) => "path",
            Kind::Bytes(_) => "bytes",
            Kind::Reader(_) => "reader",
            Kind::Ranged(_) => "ranged",
            Kind::Lines(_) => "lines",
            #[cfg(feature = "object_store")]
            Kind::Object(_) => "object",
        };
        f.debug_struct("Source").field("name", &self.name).field("kind", &kind).finish()
    }
}

/// How long work waits for a source before it looks whether it is still wanted.
pub(crate) const CHECK_EVERY: Duration = Duration::from_millis(50);

/// A pipe or device that is opened when it is first read: opening a pipe waits for its writer, and
/// whoever opens a source must not wait, because a signal would not end that.
struct Unopened {
    path: PathBuf,
    file: Option<File>,
}

impl Read for Unopened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::open(&self.path)?),
        };
        file.read(buffer)
    }
}

/// A stream whose compression is told when it is first read: a pipe may have nothing to tell it by
/// yet, and whoever opens it must not wait.
struct Undetected {
    raw: Option<Box<dyn Read + Send>>,
    text: Option<Box<dyn Read + Send>>,
    inflation: Inflation,
}

impl Read for Undetected {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(mut raw) = self.raw.take() {
            let mut first = Vec::with_capacity(SNIFF_BYTES);
            raw.by_ref().take(SNIFF_BYTES as u64).read_to_end(&mut first)?;
            let codec = Codec::detect(&first);
            let whole = Box::new(Cursor::new(first).chain(raw));
            self.text = Some(match codec {
                Codec::None => whole,
                _ => inflate(codec, whole, self.inflation)?,
            });
        }
        self.text.as_mut().map_or(Ok(0), |text| text.read(buffer))
    }
}

/// The text of `compressed`.
fn inflate(
    codec: Codec,
    compressed: Box<dyn Read + Send>,
    inflation: Inflation,
) -> io::Result<Box<dyn Read + Send>> {
    let input = Input::new(compressed);
    Ok(match codec {
        Codec::Gzip | Codec::Zstd if inflation.threads > 1 => {
            Box::new(ParallelReader::new(codec, input, inflation))
        }
        _ => Box::new(InflateReader::new(codec, input, inflation)?),
    })
}

/// An open source.
pub(crate) enum Opened {
    /// Plain bytes at any offset; the size was taken at the opening and stays.
    Ranged { reader: Arc<dyn RangeRead>, size: u64 },
    /// Plain or decompressed bytes in order. Its errors belong to [`into_error`].
    Stream(Box<dyn Read + Send>),
}

impl Opened {
    /// All bytes in order.
    pub(crate) fn into_reader(self) -> Box<dyn Read + Send> {
        match self {
            Self::Ranged { reader, size } => Box::new(SequentialReader::new(reader, size)),
            Self::Stream(stream) => stream,
        }
    }
}

enum Access {
    Ranged(Arc<dyn RangeRead>, u64),
    Stream(Box<dyn Read + Send>),
}

/// The path and the name of standard input.
pub(crate) const STDIN_NAME: &str = "-";
