//! Where Parquet bytes go: one file, a directory of part files, or any writer.
//!
//! Files and directories are staged under a hidden name beside their target and become visible by
//! one atomic rename, so that what is visible is complete. This module knows nothing about
//! Parquet.

mod staged_directory;
mod staged_file;
mod staged_output;
mod target;

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

pub(crate) use staged_file::StagedFile;
pub(crate) use staged_output::StagedOutput;

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
    Writer { name: String, writer: Box<dyn Write + Send> },
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
        // Not by `Path::extension`, which takes `.parquet` alone for a name without one.
        let ending = path.file_name().map_or(&[][..], |name| {
            let name = name.as_encoded_bytes();
            &name[name.len().saturating_sub(PARQUET_ENDING.len())..]
        });
        if ending.eq_ignore_ascii_case(PARQUET_ENDING) {
            Self::file(path)
        } else {
            Self::directory(path)
        }
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

    /// The file or directory that the sink writes; `None` for a writer.
    pub(crate) fn target(&self) -> Option<&Path> {
        match &self.place {
            Place::File(path) | Place::Directory(path) => Some(path),
            Place::Writer { .. } => None,
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
        };
        Some(Self { place, overwrite: self.overwrite })
    }

    /// Whether everything goes into one file.
    pub(crate) fn is_one_file(&self) -> bool {
        !matches!(self.place, Place::Directory(_))
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Sink");
        match &self.place {
            Place::File(path) => debug.field("file", path),
            Place::Directory(path) => debug.field("directory", path),
            Place::Writer { name, .. } => debug.field("writer", name),
        };
        debug.field("overwrite", &self.overwrite).finish()
    }
}

const PARQUET_ENDING: &[u8] = b".parquet";

#[cfg(test)]
mod tests;
