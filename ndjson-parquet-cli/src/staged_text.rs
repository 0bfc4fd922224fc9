//! A file of text, a schema or a page: complete or absent.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ndjson_parquet_core::{Error, ErrorKind, Result};
use tempfile::{Builder, NamedTempFile};

/// A file that is hidden beside its path until it is published.
pub(crate) struct StagedText {
    staged: NamedTempFile,
    path: PathBuf,
    overwrite: bool,
}

impl StagedText {
    /// Fails if `path` exists and is not to be overwritten.
    pub(crate) fn create(path: &Path, overwrite: bool) -> Result<Self> {
        if !overwrite && path.symlink_metadata().is_ok() {
            return Err(exists(path));
        }
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let mut builder = Builder::new();
        builder.prefix(".text.").suffix(".staged");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // Less the umask, as any new file; a temporary file would be its owner's alone.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let staged = builder.tempfile_in(parent.unwrap_or(Path::new(".")));
        let staged = staged.map_err(|error| unwritable(path, error))?;
        Ok(Self { staged, path: path.to_owned(), overwrite })
    }

    /// Makes the file visible with `text` in it.
    pub(crate) fn publish(mut self, text: &str) -> Result<()> {
        self.staged.write_all(text.as_bytes()).map_err(|error| unwritable(&self.path, error))?;
        let published = if self.overwrite {
            self.staged.persist(&self.path)
        } else {
            self.staged.persist_noclobber(&self.path)
        };
        match published {
            Ok(_) => Ok(()),
            Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(exists(&self.path))
            }
            Err(failed) => Err(unwritable(&self.path, failed.error)),
        }
    }
}

fn exists(path: &Path) -> Error {
    let message = format!("`{}` exists already; --overwrite replaces it", path.display());
    Error::new(ErrorKind::OutputExists, message)
}

fn unwritable(path: &Path, error: io::Error) -> Error {
    let message = format!("could not write `{}`: {error}", path.display());
    Error::new(ErrorKind::Output, message).with_cause(error)
}
