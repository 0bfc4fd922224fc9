//! The path that output becomes visible at, and the staging names beside it.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};

/// A target whose parent directory is known to exist.
pub(super) struct Target {
    /// The path as the caller wrote it, for messages and results.
    shown: PathBuf,
    /// The same place without symbolic links, so that a link is written through, not replaced.
    path: PathBuf,
    parent: PathBuf,
    name: OsString,
}

impl Target {
    pub(super) fn resolve(shown: &Path) -> Result<Self> {
        let path = match fs::canonicalize(shown) {
            Ok(path) => path,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if shown.symlink_metadata().is_ok() {
                    let message = format!(
                        "expected an output path, found `{}`, a symbolic link to nothing",
                        shown.display()
                    );
                    return Err(Error::new(ErrorKind::Output, message));
                }
                shown.to_path_buf()
            }
            Err(error) => return Err(output_error("could not look at", shown, error)),
        };
        let Some(name) = path.file_name().map(OsStr::to_os_string) else {
            let message = format!("expected the path of an output, found `{}`", shown.display());
            return Err(Error::new(ErrorKind::Output, message));
        };
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        match fs::metadata(&parent) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => {
                let message = format!("`{}` is no directory", parent.display());
                return Err(Error::new(ErrorKind::Output, message));
            }
            Err(error) => return Err(output_error("could not find the directory", &parent, error)),
        }
        Ok(Self { shown: shown.to_path_buf(), path, parent, name })
    }

    pub(super) fn shown(&self) -> &Path {
        &self.shown
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn parent(&self) -> &Path {
        &self.parent
    }

    /// What is at the target now, if anything.
    pub(super) fn existing(&self) -> Result<Option<Metadata>> {
        match fs::symlink_metadata(&self.path) {
            Ok(metadata) => Ok(Some(metadata)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.error("could not look at", error)),
        }
    }

    /// A builder of hidden names `.NAME.xxxxxxxx.staged`, whose files and directories get
    /// `mode` less the caller's umask, as if created in the ordinary way.
    pub(super) fn stage<T>(
        &self,
        mode: u32,
        create: impl FnOnce(&tempfile::Builder<'_, '_>) -> io::Result<T>,
    ) -> Result<T> {
        let mut prefix = OsString::from(".");
        // A name may have 255 bytes; a long one is left out rather than cut inside a character.
        if self.name.len() <= MAX_NAME_BYTES {
            prefix.push(&self.name);
        }
        prefix.push(".");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(STAGED_SUFFIX).rand_bytes(8);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(mode));
        }
        #[cfg(not(unix))]
        let _ = mode;
        create(&builder).map_err(|error| self.error("could not stage the output", error))
    }

    pub(super) fn error(&self, what: &str, error: io::Error) -> Error {
        output_error(what, &self.shown, error)
    }

    pub(super) fn exists_error(&self) -> Error {
        let message =
            format!("`{}` exists already; pass overwrite to replace it", self.shown.display());
        Error::new(ErrorKind::OutputExists, message)
    }

    /// Makes a rename in the parent directory outlive a power failure.
    pub(super) fn sync_parent(&self) -> Result<()> {
        sync_directory(&self.parent).map_err(|error| self.error("could not sync", error))
    }
}

pub(super) fn output_error(what: &str, path: &Path, error: io::Error) -> Error {
    let message = format!("{what} `{}`: {error}", path.display());
    Error::new(ErrorKind::Output, message).with_cause(error)
}

#[cfg(unix)]
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Elsewhere directories cannot be opened, and the file system orders renames itself.
#[cfg(not(unix))]
pub(super) fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// End of every staging name; readers of data sets skip names that begin with a dot.
const STAGED_SUFFIX: &str = ".staged";
const MAX_NAME_BYTES: usize = 200;
