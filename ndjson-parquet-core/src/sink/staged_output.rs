//! The output of one run: part files under construction, published in one step.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::staged_directory::StagedDirectory;
use super::staged_file::StagedFile;
#[cfg(feature = "object_store")]
use super::staged_objects::{Shared, StagedObjects};
use super::{Place, Sink};
use crate::error::{Error, ErrorKind, Result};

/// Hands out the writers of a run's files and makes the files visible together. Dropped without
/// [`StagedOutput::publish`] it leaves nothing behind, except in a caller's own writer.
pub(crate) enum StagedOutput {
    File {
        staged: StagedFile,
        begun: bool,
    },
    Directory(StagedDirectory),
    Writer {
        name: String,
        writer: Option<Box<dyn Write + Send>>,
    },
    #[cfg(feature = "object_store")]
    Objects(StagedObjects),
}

/// Output that has become visible.
pub(crate) struct Published {
    /// The paths or URLs of the parts. A caller's writer gives its name as the path.
    pub(crate) paths: Vec<PathBuf>,
    #[cfg(feature = "object_store")]
    pub(super) objects: Vec<Shared>,
}

impl Published {
    fn local(paths: Vec<PathBuf>) -> Self {
        Self {
            paths,
            #[cfg(feature = "object_store")]
            objects: Vec::new(),
        }
    }

    /// Removes the output again, which must have replaced none.
    pub(crate) fn withdraw(self) {
        #[cfg(feature = "object_store")]
        if !self.objects.is_empty() {
            return self.objects.iter().for_each(Shared::withdraw);
        }
        for path in self.paths {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl StagedOutput {
    /// Fails early: if the target exists and is not to be overwritten, or cannot be written.
    pub(crate) fn begin(sink: Sink) -> Result<Self> {
        Ok(match sink.place {
            Place::File(path) => {
                Self::File { staged: StagedFile::create(&path, sink.overwrite)?, begun: false }
            }
            Place::Directory(path) => {
                Self::Directory(StagedDirectory::create(&path, sink.overwrite)?)
            }
            Place::Writer { name, writer } => Self::Writer { name, writer: Some(writer) },
            #[cfg(feature = "object_store")]
            Place::Objects(mut place) => {
                place.options.overwrite = sink.overwrite;
                Self::Objects(StagedObjects::create(place)?)
            }
        })
    }

    /// The writer of part `index`; only a directory has more than part 0. Unbuffered.
    pub(crate) fn create_part(&mut self, index: usize) -> Result<Box<dyn Write + Send>> {
        self.create_part_in("", index)
    }

    /// The writer of part `index` in `folder`, names of partitions with slashes between them; an empty
    /// one is the directory itself, which a file or a writer has alone.
    pub(crate) fn create_part_in(
        &mut self,
        folder: &str,
        index: usize,
    ) -> Result<Box<dyn Write + Send>> {
        match self {
            Self::Directory(staged) => Ok(Box::new(staged.create_part(folder, index)?)),
            _ if !(folder.is_empty() || self.is_prefix()) => Err(second_part()),
            Self::File { staged, begun } if index == 0 && !*begun => {
                *begun = true;
                Ok(Box::new(staged.writer()?))
            }
            Self::Writer { writer, .. } if index == 0 => writer.take().ok_or_else(second_part),
            #[cfg(feature = "object_store")]
            Self::Objects(staged) => staged.create_part(folder, index),
            _ => Err(second_part()),
        }
    }

    fn is_prefix(&self) -> bool {
        match self {
            #[cfg(feature = "object_store")]
            Self::Objects(staged) => staged.is_prefix(),
            _ => false,
        }
    }

    /// Where what must lie on the file system of the output can lie until it is published.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Directory(staged) => Some(staged.path()),
            _ => None,
        }
    }

    /// Makes the parts of a directory durable, which [`StagedOutput::publish`] does else; `check` is
    /// called now and then and may end it.
    pub(crate) fn make_durable(&mut self, check: &dyn Fn() -> Result<()>) -> Result<()> {
        match self {
            Self::Directory(staged) => staged.make_durable(check),
            _ => Ok(()),
        }
    }

    /// Makes everything durable, then visible: by one atomic rename, or in a store by completing one
    /// upload after the other. All part writers must have been flushed.
    pub(crate) fn publish(self) -> Result<Published> {
        match self {
            Self::File { staged, .. } => Ok(Published::local(vec![staged.publish()?])),
            Self::Directory(staged) => staged.publish().map(Published::local),
            Self::Writer { name, .. } => Ok(Published::local(vec![PathBuf::from(name)])),
            #[cfg(feature = "object_store")]
            Self::Objects(staged) => staged.publish(),
        }
    }
}

/// The path of part `index` in `folder`, as in [`StagedOutput::create_part_in`].
pub(super) fn part_name(folder: &str, index: usize) -> String {
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}part-{index:05}.parquet")
}

pub(super) fn second_part() -> Error {
    Error::new(ErrorKind::Internal, "a second part was asked of an output that is one file")
}
