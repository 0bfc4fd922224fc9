//! One file that becomes visible as a whole, or not at all.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::target::Target;
use crate::error::{Error, ErrorKind, Result};

/// A file under construction, hidden beside its target. Dropped without [`StagedFile::publish`]
/// it disappears.
pub(crate) struct StagedFile {
    file: File,
    staged: TempPath,
    target: Target,
    overwrite: bool,
}

impl StagedFile {
    /// Fails if `path` exists and is not to be overwritten, or if no file can be created beside
    /// it.
    pub(super) fn create(path: &Path, overwrite: bool) -> Result<Self> {
        let target = Target::resolve(path)?;
        match target.existing()? {
            Some(metadata) if !metadata.is_file() => {
                let message = format!(
                    "expected a file or nothing at `{}`, found something else",
                    path.display()
                );
                return Err(Error::new(ErrorKind::OutputExists, message));
            }
            Some(_) if !overwrite => return Err(target.exists_error()),
            _ => {}
        }
        let staged = target.stage(0o666, |builder| builder.tempfile_in(target.parent()))?;
        let (file, staged) = NamedTempFile::into_parts(staged);
        Ok(Self { file, staged, target, overwrite })
    }

    /// A handle to write the file by.
    pub(super) fn writer(&self) -> Result<File> {
        self.file.try_clone().map_err(|error| self.target.error("could not open", error))
    }

    /// Makes the file durable and then visible; gives the path as the caller wrote it. Of several
    /// runs that publish the same path without overwriting, exactly one succeeds.
    pub(super) fn publish(self) -> Result<PathBuf> {
        let target = self.target;
        self.file.sync_all().map_err(|error| target.error("could not write", error))?;
        let renamed = if self.overwrite {
            self.staged.persist(target.path())
        } else {
            self.staged.persist_noclobber(target.path())
        };
        // The staging file goes with the error that still holds its path.
        renamed.map_err(|failed| match failed.error.kind() {
            io::ErrorKind::AlreadyExists => target.exists_error(),
            _ => target.error("could not publish", failed.error),
        })?;
        target.sync_parent()?;
        Ok(target.shown().to_path_buf())
    }
}
