//! Where Parquet bytes go: one file, a directory of part files, or any writer.
//!
//! Files and directories are staged under a hidden name beside their target and become visible by
//! one atomic rename, so that what is visible is complete. This module knows nothing about
//! Parquet.

#[cfg(feature = "object_store")]
mod object;
mod staged_directory;
mod staged_file;
#[cfg(feature = "object_store")]
mod staged_objects;
mod staged_output;
mod target;

use std::ffi::OsStr;
use std::fmt;
use std::io::Write;
use std::path::PathBuf;

use crate::error::Result;
use crate::source::is_url;
pub(crate) use staged_output::{Published, StagedOutput};

/// Where the output of a conversion goes.
///
/// ```
/// use ndjson_parquet_core::Sink;
///
/// let one_file = Sink::path("events.parquet");
/// let part_files = Sink::path("events").with_overwrite(true);
/// let in_memory = Sink::writer("memory", Vec::new());
/// # drop((one_file, part_files, in_memory));
/// ```
pub struct Sink {
    place: Place,
    overwrite: bool,
}

pub(crate) enum Place {
    File(PathBuf),
    Directory(PathBuf),
    Writer {
        name: String,
        writer: Box<dyn Write + Send>,
    },
    #[cfg(feature = "object_store")]
    Objects(staged_objects::ObjectPlace),
}

impl Sink {
    /// One Parquet file. Its directory must exist.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { place: Place::File(path.into()), overwrite: false }
    }

    /// A directory of files `part-00000.parquet`, `part-00001.parquet` and so on. Its parent must
    /// exist; the directory itself must not, or must be empty.
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        Self { place: Place::Directory(path.into()), overwrite: false }
    }

    /// [`Sink::file`] for a path that ends in `.parquet`, in letters of either case, else
    /// [`Sink::directory`].
    pub fn path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        if path.file_name().is_some_and(|name| is_parquet(name.as_encoded_bytes())) {
            Self::file(path)
        } else {
            Self::directory(path)
        }
    }

    /// A path as for [`Sink::path`], or a URL such as `s3://bucket/events.parquet`, of which the same
    /// rule makes one object or a prefix of part files. URLs need the feature `object_store`.
    ///
    /// ```
    /// use ndjson_parquet_core::Sink;
    ///
    /// let in_a_store = Sink::at("memory:///events.parquet")?;
    /// let in_a_directory = Sink::at("events")?;
    /// # drop((in_a_store, in_a_directory));
    /// # Ok::<(), ndjson_parquet_core::Error>(())
    /// ```
    pub fn at(target: impl AsRef<OsStr>) -> Result<Self> {
        let target = target.as_ref();
        match target.to_str().filter(|_| is_url(target)) {
            Some(url) => Self::url(url),
            None => Ok(Self::path(target)),
        }
    }

    #[cfg(not(feature = "object_store"))]
    fn url(url: &str) -> Result<Self> {
        Err(crate::source::without_stores(url))
    }

    /// One file at a path or a URL, whatever its name.
    pub(crate) fn file_at(target: &OsStr) -> Result<Self> {
        match is_url(target) {
            true => Ok(Self::at(target)?.into_one_file()),
            false => Ok(Self::file(target)),
        }
    }

    /// The same place for one file, whatever its name.
    fn into_one_file(mut self) -> Self {
        match &mut self.place {
            #[cfg(feature = "object_store")]
            Place::Objects(place) => place.is_prefix = false,
            Place::Directory(path) => self.place = Place::File(std::mem::take(path)),
            Place::File(_) | Place::Writer { .. } => {}
        }
        self
    }

    /// One Parquet file into `writer`, which `name` stands for in messages. Nothing is staged:
    /// after an error the writer holds part of a file, without the footer that makes it readable.
    pub fn writer(name: impl Into<String>, writer: impl Write + Send + 'static) -> Self {
        let place = Place::Writer { name: name.into(), writer: Box::new(writer) };
        Self { place, overwrite: false }
    }

    /// Whether existing output is replaced; unless told it is not, and the conversion fails
    /// before it begins. A directory is replaced as a whole, and only if it holds nothing but
    /// `*.parquet` files. Without meaning for [`Sink::writer`].
    #[must_use]
    pub fn with_overwrite(self, overwrite: bool) -> Self {
        Self { overwrite, ..self }
    }

    /// The file, directory or place in a store that the sink writes; `None` for a writer.
    pub(crate) fn target(&self) -> Option<PathBuf> {
        match &self.place {
            Place::File(path) | Place::Directory(path) => Some(path.clone()),
            Place::Writer { .. } => None,
            #[cfg(feature = "object_store")]
            Place::Objects(place) => Some(place.location.identity()),
        }
    }

    /// Where the output goes, without what may be secret in a URL.
    pub(crate) fn shown(&self) -> String {
        match &self.place {
            Place::File(path) | Place::Directory(path) => path.to_string_lossy().into_owned(),
            Place::Writer { name, .. } => name.clone(),
            #[cfg(feature = "object_store")]
            Place::Objects(place) => place.location.name(),
        }
    }

    pub(crate) fn overwrites(&self) -> bool {
        self.overwrite
    }

    /// The same sink again; `None` for a writer, of which there is one.
    pub(crate) fn try_clone(&self) -> Option<Self> {
        let place = match &self.place {
            Place::File(path) => Place::File(path.clone()),
            Place::Directory(path) => Place::Directory(path.clone()),
            Place::Writer { .. } => return None,
            #[cfg(feature = "object_store")]
            Place::Objects(place) => Place::Objects(place.clone()),
        };
        Some(Self { place, overwrite: self.overwrite })
    }

    /// Whether what is written is uploaded.
    pub(crate) fn is_in_store(&self) -> bool {
        match &self.place {
            #[cfg(feature = "object_store")]
            Place::Objects(_) => true,
            _ => false,
        }
    }

    /// Whether everything goes into one file.
    pub(crate) fn is_one_file(&self) -> bool {
        match &self.place {
            Place::File(_) | Place::Writer { .. } => true,
            Place::Directory(_) => false,
            #[cfg(feature = "object_store")]
            Place::Objects(place) => !place.is_prefix,
        }
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Sink");
        match &self.place {
            Place::File(path) => debug.field("file", path),
            Place::Directory(path) => debug.field("directory", path),
            Place::Writer { name, .. } => debug.field("writer", name),
            #[cfg(feature = "object_store")]
            Place::Objects(place) => debug.field("object", &place.location),
        };
        debug.field("overwrite", &self.overwrite).finish()
    }
}

/// Not by `Path::extension`, which takes `.parquet` alone for a name without one.
fn is_parquet(name: &[u8]) -> bool {
    name[name.len().saturating_sub(PARQUET_ENDING.len())..].eq_ignore_ascii_case(PARQUET_ENDING)
}

const PARQUET_ENDING: &[u8] = b".parquet";

#[cfg(test)]
mod tests;
