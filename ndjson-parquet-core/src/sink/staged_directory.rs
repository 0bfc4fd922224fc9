//! A directory of part files that becomes visible as a whole, or not at all.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::staged_output::part_name;
use super::target::{Target, sync_directory};
use crate::error::{Error, ErrorKind, Result};

/// A directory under construction, hidden beside its target. Dropped without
/// [`StagedDirectory::publish`] it disappears.
pub(crate) struct StagedDirectory {
    staged: TempDir,
    parts: Vec<String>,
    /// Whether all of the parts are on the disk.
    is_durable: bool,
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
                // As much as nothing at all.
                Contents::Output(tree) if tree.parts.is_empty() && tree.folders.is_empty() => {}
                _ if !overwrite => return Err(target.exists_error()),
                Contents::Output(_) => {}
                Contents::Foreign(name) => return Err(foreign_error(&target, &name)),
            }
        }
        let staged = target.stage(0o777, |builder| builder.tempdir_in(target.parent()))?;
        Ok(Self { staged, parts: Vec::new(), is_durable: false, target, overwrite })
    }

    /// A new, empty `part-<index>.parquet` in `folder`, which is made where it is missing.
    pub(super) fn create_part(&mut self, folder: &str, index: usize) -> Result<File> {
        let fail = |error| self.target.error("could not create a part of", error);
        let name = part_name(folder, index);
        if !folder.is_empty() {
            fs::create_dir_all(self.staged.path().join(folder)).map_err(fail)?;
        }
        let path = self.staged.path().join(&name);
        let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(fail)?;
        self.parts.push(name);
        self.is_durable = false;
        Ok(file)
    }

    /// The directory as long as it is hidden.
    pub(super) fn path(&self) -> &Path {
        self.staged.path()
    }

    /// Makes all parts durable, which takes the disk milliseconds for each; `check` is called between
    /// them and may end it.
    pub(super) fn make_durable(&mut self, check: &dyn Fn() -> Result<()>) -> Result<()> {
        if self.is_durable {
            return Ok(());
        }
        let fail = |error| self.target.error("could not write", error);
        let mut folders = BTreeSet::new();
        for name in &self.parts {
            check()?;
            let part = OpenOptions::new().write(true).open(self.staged.path().join(name));
            part.and_then(|part| part.sync_all()).map_err(fail)?;
            folders.extend(Path::new(name).ancestors().skip(1));
        }
        // The last in order is the deepest.
        for folder in folders.iter().rev() {
            check()?;
            sync_directory(&self.staged.path().join(folder)).map_err(fail)?;
        }
        self.is_durable = true;
        Ok(())
    }

    /// Makes all parts durable and then visible; gives their paths in the order of their making.
    pub(super) fn publish(mut self) -> Result<Vec<PathBuf>> {
        if self.parts.is_empty() {
            // A rename would take an empty directory for no directory at all.
            return Err(Error::new(ErrorKind::Internal, "a directory was published without parts"));
        }
        self.make_durable(&|| Ok(()))?;
        let Self { staged, parts, target, overwrite, .. } = self;
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
        Ok(parts.into_iter().map(|name| target.shown().join(name)).collect())
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
        Contents::Output(tree) => remove_old(&old, &tree),
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
fn remove_old(old: &Path, tree: &Tree) {
    for part in &tree.parts {
        let _ = fs::remove_file(part);
    }
    // Those within others were found after them.
    for folder in tree.folders.iter().rev() {
        let _ = fs::remove_dir(folder);
    }
    let _ = fs::remove_dir(old);
}

/// What an existing output directory holds.
enum Contents {
    /// Nothing but Parquet files and directories of partitions.
    Output(Tree),
    /// Among others something of this name (the first in order) that is neither.
    Foreign(OsString),
}

/// The Parquet files of an output, and the directories of its partitions.
#[derive(Default)]
struct Tree {
    parts: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Contents {
    fn of(target: &Target, directory: &Path) -> Result<Self> {
        Self::scan(directory).map_err(|error| target.error("could not list", error))
    }

    fn scan(directory: &Path) -> io::Result<Self> {
        let mut tree = Tree::default();
        let mut foreign: Option<OsString> = None;
        let mut pending = vec![directory.to_owned()];
        while let Some(folder) = pending.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                // Of the entry itself, so that a link is foreign, wherever it leads.
                let (path, kind) = (entry.path(), entry.file_type()?);
                if kind.is_file() && path.extension().is_some_and(|ext| ext == "parquet") {
                    tree.parts.push(path);
                } else if kind.is_dir() && is_partition(&entry.file_name()) {
                    tree.folders.push(path.clone());
                    pending.push(path);
                } else if foreign.as_ref().is_none_or(|first| entry.file_name() < *first) {
                    foreign = Some(entry.file_name());
                }
            }
        }
        Ok(foreign.map_or(Self::Output(tree), Self::Foreign))
    }
}

/// Whether a directory of this name holds a partition: `NAME=VALUE`.
fn is_partition(name: &OsStr) -> bool {
    name.as_encoded_bytes().contains(&b'=')
}

fn foreign_error(target: &Target, name: &OsStr) -> Error {
    let message = format!(
        "expected only *.parquet files and partitions in `{}`, found `{}`; it is not overwritten",
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
