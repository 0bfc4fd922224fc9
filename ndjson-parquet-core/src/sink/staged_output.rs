//! The output of one run: part files under construction, published in one step.

use std::io::Write;
use std::path::PathBuf;

use super::staged_directory::StagedDirectory;
use super::staged_file::StagedFile;
use super::{Place, Sink};
use crate::error::{Error, ErrorKind, Result};

/// Hands out the writers of a run's files and makes the files visible together. Dropped without
/// [`StagedOutput::publish`] it leaves nothing behind, except in a caller's own writer.
pub(crate) enum StagedOutput {
    File { staged: StagedFile, begun: bool },
    Directory(StagedDirectory),
    Writer { name: String, writer: Option<Box<dyn Write + Send>> },
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
        })
    }

    /// The writer of part `index`; only a directory has more than part 0. Unbuffered.
    pub(crate) fn create_part(&mut self, index: usize) -> Result<Box<dyn Write + Send>> {
        match self {
            Self::Directory(staged) => Ok(Box::new(staged.create_part(index)?)),
            Self::File { staged, begun } if index == 0 && !*begun => {
                *begun = true;
                Ok(Box::new(staged.unbuffered()?))
            }
            Self::Writer { writer, .. } if index == 0 => writer.take().ok_or_else(second_part),
            _ => Err(second_part()),
        }
    }

    /// Makes everything durable, then visible by one atomic rename; gives the paths of the parts.
    /// All part writers must have been flushed. A caller's writer gives its name as the path.
    pub(crate) fn publish(self) -> Result<Vec<PathBuf>> {
        match self {
            Self::File { staged, .. } => Ok(vec![staged.publish()?]),
            Self::Directory(staged) => staged.publish(),
            Self::Writer { name, .. } => Ok(vec![PathBuf::from(name)]),
        }
    }
}

fn second_part() -> Error {
    Error::new(ErrorKind::Internal, "a second part was asked of an output that is one file")
}
