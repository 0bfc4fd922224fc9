//! A directory of part files that becomes visible as a whole, or not at all.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::target::{Target, sync_directory};
use crate::error::{Error, ErrorKind, Result};

/// A directory under construction, hidden beside its target. Dropped without
/// [`StagedDirectory::publish`] it disappears.
pub(crate) struct StagedDirectory {
    staged: TempDir,
    parts: Vec<String>,
    target: Target,
    overwrite: bool,
}

impl StagedDirectory {
    /// Fails if the target exists, is not empty and is not to be overwritten or holds anything
    /// but Parquet files, or if no directory can be created beside it.
    pub(super) fn create(path: &Path, overwrite: bool) -> Result<Self> {
        let target = Target::resolve(path)?;
        if let Some(metadata) = target.existing()? {
            if !metadata.is_dir() {
                let message = format!("expected a directory or nothing at `{}`", path.display());
                return Err(Error::new(ErrorKind::OutputExists, message));
            }
            match Contents::of(&target, target.path())? {
                Contents::Parts(parts) if parts.is_empty() => {}
                _ if !overwrite => return Err(target.exists_error()),
                Contents::Parts(_) => {}
                Contents::Foreign(name) => return Err(foreign_error(&target, &name)),
            }
        }
        let staged = target.stage(0o777, |builder| builder.tempdir_in(target.parent()))?;
        Ok(Self { staged, parts: Vec::new(), target, overwrite })
    }

    /// A new, empty `part-<index>.parquet`.
    pub(super) fn create_part(&mut self, index: usize) -> Result<File> {
        let name = format!("part-{index:05}.parquet");
        let path = self.staged.path().join(&name);
        let file = OpenOptions::new().write(true).create_new(true).open(path);
        let file = file.map_err(|error| self.target.error("could not create a part of", error))?;
        self.parts.push(name);
        Ok(file)
    }

    /// Makes all parts durable and then visible; gives their paths.
    pub(super) fn publish(self) -> Result<Vec<PathBuf>> {
        if self.parts.is_empty() {
            // A rename would take an empty directory for no directory at all.
            return Err(Error::new(ErrorKind::Internal, "a directory was published without parts"));
        }
        self.sync().map_err(|error| self.target.error("could not write", error))?;
        let Self { staged, mut parts, target, overwrite } = self;
        // Renaming replaces an empty directory, and fails on one that is not: exactly the rule
        // for output that must not be overwritten.
        match fs::rename(staged.path(), target.path()) {
            // The staging name is gone, so there is nothing left for its guard to remove.
            Ok(()) => drop(staged.keep()),
            Err(error) if is_occupied(&error) && overwrite => replace(staged, &target)?,
            Err(error) if is_occupied(&error) => return Err(target.exists_error()),
            Err(error) => return Err(target.error("could not publish", error)),
        }
        target.sync_parent()?;
        parts.sort_unstable();
        Ok(parts.into_iter().map(|name| target.shown().join(name)).collect())
    }

    fn sync(&self) -> io::Result<()> {
        for name in &self.parts {
            OpenOptions::new().write(true).open(self.staged.path().join(name))?.sync_all()?;
        }
        sync_directory(self.staged.path())
    }
}

/// Puts the staged directory in the place of the target and removes the old one.
fn replace(staged: TempDir, target: &Target) -> Result<()> {
    if let Contents::Foreign(name) = Contents::of(target, target.path())? {
        return Err(foreign_error(target, &name));
    }
    exchange(staged.path(), target.path())
        .map_err(|error| target.error("could not replace", error))?;
    // From here on the staging name holds the old directory, which only `remove_old` may touch.
    let old = staged.keep();
    match Contents::of(target, &old)? {
        Contents::Parts(parts) => remove_old(&old, &parts),
        // Somebody put a foreign file there after the first look: undo.
        Contents::Foreign(name) => {
            exchange(&old, target.path())
                .map_err(|error| target.error("could not restore", error))?;
            let _ = fs::remove_dir_all(&old);
            return Err(foreign_error(target, &name));
        }
    }
    Ok(())
}

/// Removes file by file, so that nothing is deleted that was not seen. What cannot be removed
/// stays under the hidden name: the new output is visible and complete, so this is no failure.
fn remove_old(old: &Path, parts: &[PathBuf]) {
    for part in parts {
        let _ = fs::remove_file(part);
    }
    let _ = fs::remove_dir(old);
}

/// What an existing output directory holds.
enum Contents {
    /// Nothing but these Parquet files.
    Parts(Vec<PathBuf>),
    /// Among others something of this name (the first in order) that is no Parquet file.
    Foreign(OsString),
}

impl Contents {
    fn of(target: &Target, directory: &Path) -> Result<Self> {
        Self::scan(directory).map_err(|error| target.error("could not list", error))
    }

    fn scan(directory: &Path) -> io::Result<Self> {
        let mut parts = Vec::new();
        let mut foreign: Option<OsString> = None;
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_file() && path.extension().is_some_and(|ext| ext == "parquet")
            {
                parts.push(path);
            } else if foreign.as_ref().is_none_or(|first| entry.file_name() < *first) {
                foreign = Some(entry.file_name());
            }
        }
        Ok(foreign.map_or(Self::Parts(parts), Self::Foreign))
    }
}

fn foreign_error(target: &Target, name: &OsStr) -> Error {
    let message = format!(
        "expected only *.parquet files in `{}`, found `{}`; it is not overwritten",
        target.shown().display(),
        Path::new(name).display()
    );
    Error::new(ErrorKind::OutputExists, message)
}

fn is_occupied(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::DirectoryNotEmpty
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::NotADirectory
    )
}

/// Swaps two directories. Where the system cannot do that in one step, the target is absent for
/// the moment between two renames.
fn exchange(staged: &Path, target: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;

        match renameat_with(CWD, staged, CWD, target, RenameFlags::EXCHANGE) {
            Ok(()) => return Ok(()),
            Err(Errno::NOSYS | Errno::INVAL | Errno::NOTSUP) => {}
            Err(error) => return Err(error.into()),
        }
    }
    exchange_by_renames(staged, target)
}

fn exchange_by_renames(staged: &Path, target: &Path) -> io::Result<()> {
    let mut aside = staged.as_os_str().to_os_string();
    aside.push(".old");
    fs::rename(target, &aside)?;
    if let Err(error) = fs::rename(staged, target) {
        fs::rename(&aside, target)?;
        return Err(error);
    }
    fs::rename(&aside, staged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_exchange_directories_do_the_same() {
        for swap in [exchange, exchange_by_renames] {
            let home = TempDir::new().unwrap();
            let [a, b] = ["a", "b"].map(|name| home.path().join(name));
            for directory in [&a, &b] {
                fs::create_dir(directory).unwrap();
            }
            fs::write(a.join("from a"), "").unwrap();
            swap(&a, &b).unwrap();
            assert!(b.join("from a").exists() && !a.join("from a").exists());
            assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2);
        }
    }

    #[test]
    fn an_exchange_that_fails_leaves_the_target_in_place() {
        let home = TempDir::new().unwrap();
        let target = home.path().join("out");
        fs::create_dir(&target).unwrap();
        for swap in [exchange, exchange_by_renames] {
            assert!(swap(&home.path().join("none"), &target).is_err());
            assert!(target.is_dir());
        }
    }
}
