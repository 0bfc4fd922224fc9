//! Parquet files as sources: what `verify` and `inspect` read, from wherever it is.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parquet::file::reader::{ChunkReader, Length};

use super::range::SequentialReader;
use super::url::{Urls, is_url};
use super::{RangeRead, Source};
use crate::error::{Error, ErrorKind, Result};

impl Source {
    /// The file or object at `place`, a path or a URL.
    pub(crate) fn single(place: &OsStr) -> Result<Self> {
        let mut files = match place.to_str().filter(|_| is_url(place)) {
            Some(url) => Urls::default().expand(url)?,
            None => vec![Self::path(Path::new(place))],
        };
        match (files.pop(), files.is_empty()) {
            (Some(file), true) => Ok(file),
            _ => {
                let message = format!("expected one file, `{}` names several", place.display());
                Err(Error::new(ErrorKind::Source, message))
            }
        }
    }
}

/// The file at `place`, or the `*.parquet` files of the directory or prefix there, in the order of
/// their names.
pub(crate) fn parquet_files(place: &OsStr) -> Result<Vec<Source>> {
    let files = partition_files(place)?.into_iter();
    Ok(files.filter(|(partition, _)| partition.is_empty()).map(|(_, file)| file).collect())
}

/// The file at `place`, or the `*.parquet` files of the directory or prefix there and of the partitions
/// below it, each after the name of its partition, in the order of these and of their own names.
pub(crate) fn partition_files(place: &OsStr) -> Result<Vec<(String, Source)>> {
    if let Some(url) = place.to_str().filter(|_| is_url(place)) {
        return Urls::default().expand_parquet(url);
    }
    let path = Path::new(place);
    let fail = |error: std::io::Error| {
        let message = format!("`{}` could not be read: {error}", path.display());
        Error::new(ErrorKind::Source, message).with_cause(error)
    };
    if !std::fs::metadata(path).map_err(fail)?.is_dir() {
        return Ok(vec![(String::new(), Source::path(path))]);
    }
    let mut files = Vec::new();
    let mut pending = vec![(String::new(), path.to_owned())];
    while let Some((partition, folder)) = pending.pop() {
        for entry in std::fs::read_dir(folder).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if entry.file_type().map_err(fail)?.is_dir() {
                if name.contains('=') {
                    let slash = if partition.is_empty() { "" } else { "/" };
                    pending.push((format!("{partition}{slash}{name}"), path));
                }
            } else if path.extension().is_some_and(|extension| extension == "parquet") {
                files.push((partition.clone(), path));
            }
        }
    }
    files.sort();
    Ok(files.into_iter().map(|(partition, file)| (partition, Source::path(file))).collect())
}

/// What lies in the local directory `place`, and is not among its [`partition_files`], though a reader may
/// take it for a part of them: files elsewhere or of another ending, and links to directories. What begins
/// with `_` or `.` readers leave alone. In a store, nothing is looked for.
pub(crate) fn foreign_files(place: &OsStr) -> Result<Vec<String>> {
    let root = Path::new(place);
    if place.to_str().is_some_and(|_| is_url(place)) || !root.is_dir() {
        return Ok(Vec::new());
    }
    let fail = |error: std::io::Error| {
        let message = format!("`{}` could not be read: {error}", root.display());
        Error::new(ErrorKind::Source, message).with_cause(error)
    };
    let known: HashSet<Option<PathBuf>> =
        partition_files(place)?.iter().map(|(_, file)| file.place()).collect();
    let mut foreign = Vec::new();
    let mut pending = vec![root.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let path = entry.path();
            if matches!(entry.file_name().as_encoded_bytes().first(), Some(b'_' | b'.')) {
                continue;
            }
            if entry.file_type().map_err(fail)?.is_dir() {
                pending.push(path);
            } else if !known.contains(&Some(path.clone())) {
                let shown = path.strip_prefix(root).unwrap_or(&path);
                foreign.push(shown.to_string_lossy().into_owned());
            }
        }
    }
    foreign.sort();
    Ok(foreign)
}

/// An open Parquet file.
pub(crate) struct ParquetSource {
    reader: Arc<dyn RangeRead>,
    size: u64,
}

impl ParquetSource {
    pub(crate) fn open(file: &Source) -> Result<Self> {
        let (reader, size) = file.random_access()?;
        Ok(Self { reader, size })
    }
}

impl Length for ParquetSource {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for ParquetSource {
    type T = BufReader<SequentialReader>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        let reader = SequentialReader::starting_at(Arc::clone(&self.reader), self.size, start);
        Ok(BufReader::new(reader))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        // Exactly these bytes, so that a store is asked for no more.
        let start = start.min(self.size);
        let end = start.saturating_add(length as u64).min(self.size);
        let mut reader = SequentialReader::within(Arc::clone(&self.reader), start..end);
        let mut bytes = Vec::with_capacity(length.min((end - start) as usize));
        reader.read_to_end(&mut bytes)?;
        if bytes.len() != length {
            let message = format!("expected {length} bytes at {start}, found {}", bytes.len());
            return Err(parquet::errors::ParquetError::EOF(message));
        }
        Ok(bytes.into())
    }
}
