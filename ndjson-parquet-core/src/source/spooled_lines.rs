//! Lines from many places, one after the other in a temporary file: a source that knows where each of
//! its lines came from.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use super::range::FileRange;
use super::{Kind, RangeRead, Source};
use crate::error::{Error, ErrorKind, Result};

/// Lines and their places, in files without names.
///
/// Memory: the names of the sources.
pub(crate) struct SpooledLines {
    pub(super) text: Arc<FileRange>,
    pub(super) size: u64,
    /// The file that the lines were taken out of.
    pub(super) taken_from: Option<PathBuf>,
    /// [`PLACE_BYTES`] for each line: index of the name, line, offset.
    places: FileRange,
    names: Vec<Arc<str>>,
}

const PLACE_BYTES: usize = 24;

impl SpooledLines {
    /// Source, line and byte offset of the line that is the `number`th here, counted from 1.
    pub(crate) fn place(&self, number: u64) -> Result<(Arc<str>, u64, u64)> {
        let mut place = [0; PLACE_BYTES];
        let offset = number.saturating_sub(1) * PLACE_BYTES as u64;
        let mut read = 0;
        while read < PLACE_BYTES {
            let at = offset + read as u64;
            match self.places.read_at(at, &mut place[read..]).map_err(unspooled)? {
                0 => return Err(unspooled(io::ErrorKind::UnexpectedEof.into())),
                more => read += more,
            }
        }
        let part = |index: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&place[index * 8..index * 8 + 8]);
            u64::from_le_bytes(bytes)
        };
        let name = usize::try_from(part(0)).ok().and_then(|index| self.names.get(index));
        let name = name.ok_or_else(|| unspooled(io::ErrorKind::InvalidData.into()))?;
        Ok((Arc::clone(name), part(1), part(2)))
    }
}

/// Takes lines and makes them a source.
pub(crate) struct LineSpool {
    text: BufWriter<File>,
    places: BufWriter<File>,
    names: Vec<Arc<str>>,
    indices: HashMap<Arc<str>, u64>,
    size: u64,
    lines: u64,
}

impl LineSpool {
    pub(crate) fn new() -> Result<Self> {
        let file = || tempfile::tempfile().map(BufWriter::new).map_err(unspooled);
        Ok(Self {
            text: file()?,
            places: file()?,
            names: Vec::new(),
            indices: HashMap::new(),
            size: 0,
            lines: 0,
        })
    }

    pub(crate) fn lines(&self) -> u64 {
        self.lines
    }

    /// Adds `raw`, which has no line feed in it, from this place.
    pub(crate) fn push(
        &mut self,
        source: &str,
        line: u64,
        byte_offset: u64,
        raw: &[u8],
    ) -> Result<()> {
        let index = match self.indices.get(source) {
            Some(index) => *index,
            None => {
                let name: Arc<str> = source.into();
                self.names.push(Arc::clone(&name));
                let index = self.names.len() as u64 - 1;
                self.indices.insert(name, index);
                index
            }
        };
        for part in [index, line, byte_offset] {
            self.places.write_all(&part.to_le_bytes()).map_err(unspooled)?;
        }
        self.text.write_all(raw).map_err(unspooled)?;
        self.text.write_all(b"\n").map_err(unspooled)?;
        self.size += raw.len() as u64 + 1;
        self.lines += 1;
        Ok(())
    }

    /// The lines as a source called `name`, of lines that were taken out of the file `taken_from`.
    pub(crate) fn finish(self, name: &str, taken_from: Option<PathBuf>) -> Result<Source> {
        let file = |writer: BufWriter<File>| {
            writer.into_inner().map_err(|error| unspooled(error.into_error()))
        };
        let lines = SpooledLines {
            text: Arc::new(FileRange::new(file(self.text)?, self.size)),
            size: self.size,
            taken_from,
            places: FileRange::new(file(self.places)?, self.lines * PLACE_BYTES as u64),
            names: self.names,
        };
        Ok(Source::new(name.into(), Kind::Lines(Arc::new(lines))))
    }
}

impl Source {
    /// The lines of a source that was spooled line by line.
    pub(crate) fn spooled_lines(&self) -> Option<&Arc<SpooledLines>> {
        match &self.kind {
            Kind::Lines(lines) => Some(lines),
            _ => None,
        }
    }
}

fn unspooled(error: io::Error) -> Error {
    let message = format!("could not keep lines in a temporary file: {error}");
    Error::new(ErrorKind::Output, message).with_cause(error)
}
