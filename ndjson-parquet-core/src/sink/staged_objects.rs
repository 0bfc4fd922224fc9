//! Objects that are uploaded while a conversion runs and become visible at its end.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::staged_output::{Published, part_name, second_part};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::CancelToken;
use crate::store::{Location, Upload, UploadOptions, delete, exists, exists_error, keys_below};

/// Where objects go.
#[derive(Clone)]
pub(crate) struct ObjectPlace {
    pub(super) location: Location,
    /// Whether `location` is a prefix of part files, or one object.
    pub(super) is_prefix: bool,
    pub(super) options: UploadOptions,
}

/// Objects under construction. Dropped without [`StagedObjects::publish`] none of them appears.
///
/// A store has no step that makes several objects visible at once: they appear one after the other,
/// each complete, when all of them are written; if one cannot, those before it are removed again.
pub(crate) struct StagedObjects {
    place: ObjectPlace,
    uploads: Vec<Shared>,
}

impl StagedObjects {
    /// Fails if there is output already and it is not to be overwritten, or if a prefix holds
    /// anything but Parquet files.
    pub(super) fn create(place: ObjectPlace) -> Result<Self> {
        let staged = Self { place, uploads: Vec::new() };
        let ObjectPlace { location, options, is_prefix } = &staged.place;
        location.check_writable()?;
        if *is_prefix {
            staged.old_parts(&options.cancel)?;
        } else if !options.overwrite && exists(location, &options.cancel)? {
            return Err(exists_error(location));
        }
        Ok(staged)
    }

    pub(super) fn is_prefix(&self) -> bool {
        self.place.is_prefix
    }

    pub(super) fn create_part(
        &mut self,
        folder: &str,
        index: usize,
    ) -> Result<Box<dyn Write + Send>> {
        let ObjectPlace { location, options, is_prefix } = &self.place;
        if !is_prefix && !self.uploads.is_empty() {
            return Err(second_part());
        }
        if let Some(last) = self.uploads.last() {
            last.lock().finish(false)?;
        }
        let location = match is_prefix {
            true => location.below(&part_name(folder, index))?,
            false => location.clone(),
        };
        let upload = Shared(Arc::new(Mutex::new(Upload::new(&location, options.clone())?)));
        self.uploads.push(upload.clone());
        Ok(Box::new(upload))
    }

    /// Makes all objects visible.
    pub(super) fn publish(self) -> Result<Published> {
        for upload in &self.uploads {
            upload.lock().finish(true)?;
        }
        let old =
            if self.place.is_prefix { self.old_parts(&CancelToken::new())? } else { Vec::new() };
        for (done, upload) in self.uploads.iter().enumerate() {
            if let Err(error) = upload.lock().commit() {
                return Err(self.take_back(done, error));
            }
        }
        let paths: Vec<_> =
            self.uploads.iter().map(|upload| PathBuf::from(upload.lock().name())).collect();
        for location in old {
            if !paths.contains(&PathBuf::from(location.name())) {
                delete(&location)?;
            }
        }
        Ok(Published { paths, objects: self.uploads })
    }

    /// Removes the objects that are visible after `error` at the one after them.
    fn take_back(&self, done: usize, error: Error) -> Error {
        if !self.place.options.overwrite {
            self.uploads[..done].iter().for_each(Shared::withdraw);
            return error;
        }
        if done == 0 {
            return error;
        }
        let message =
            format!("{} ({done} objects before it are replaced already)", error.message());
        Error::new(error.kind(), message)
    }

    /// The Parquet files that the prefix holds now; an error if there are some that must stay.
    fn old_parts(&self, cancel: &CancelToken) -> Result<Vec<Location>> {
        let ObjectPlace { location, options, .. } = &self.place;
        let keys = keys_below(location, cancel)?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        if !options.overwrite {
            return Err(exists_error(location));
        }
        let is_foreign = |name: &str| {
            let (folder, name) = name.rsplit_once('/').unwrap_or(("", name));
            let is_partition = |name: &str| name.contains('=');
            !name.ends_with(".parquet")
                || !(folder.is_empty() || folder.split('/').all(is_partition))
        };
        if let Some((_, name)) = keys.iter().find(|(_, name)| is_foreign(name)) {
            let message = format!(
                "expected only *.parquet files and partitions in `{}`, found `{name}`; it is not overwritten",
                location.name()
            );
            return Err(Error::new(ErrorKind::OutputExists, message));
        }
        Ok(keys.into_iter().map(|(path, _)| location.with_path(path)).collect())
    }
}

/// An upload that both its writer and the output hold.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<Upload>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Upload> {
        // A writer that panicked has failed the conversion.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn withdraw(&self) {
        self.lock().withdraw();
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
