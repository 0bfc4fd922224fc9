//! Gzip files whose text can be read at any offset.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::gzip_index::{GzipIndex, IndexedText};
use super::{Access, Codec, InflateLimits, Kind, SequentialReader, Source, into_error};
use crate::error::Result;

/// What the name of a gzip file's index ends with, behind the name of the file.
pub const GZIP_INDEX_ENDING: &str = ".gzindex";

/// Compressed bytes from which on an index is worth a file: a smaller one is inflated in about a tenth of
/// a second.
pub const MIN_INDEXED_BYTES: u64 = 8 << 20;

impl Source {
    /// The same source with its text at any offset, if it is a gzip file: by the index beside it,
    /// `NAME.gzindex`, or else after a pass over the file, which leaves one there.
    ///
    /// An index that cannot be written is of use nevertheless, for this time.
    pub(crate) fn with_gzip_index(
        mut self,
        limits: InflateLimits,
        check: &dyn Fn() -> io::Result<()>,
    ) -> Result<Self> {
        let Kind::Path(path, _) = &self.kind else { return Ok(self) };
        if !self.is_rereadable() {
            return Ok(self);
        }
        let Access::Ranged(gzip, size) = self.access()? else { return Ok(self) };
        if size < MIN_INDEXED_BYTES {
            return Ok(self);
        }
        let first = self.sniff(SequentialReader::new(Arc::clone(&gzip), size))?;
        if Codec::detect(&first) != Codec::Gzip {
            return Ok(self);
        }
        let fail = |error| into_error(&self.name, error);
        let place = index_of(path);
        let index = match GzipIndex::load(&place, &*gzip, size).map_err(fail)? {
            Some(index) => index,
            None => {
                let index = GzipIndex::build(Arc::clone(&gzip), size, limits, check);
                let index = index.map_err(fail)?;
                if let Err(error) = index.save(&place) {
                    tracing::warn!(index = %place.display(), %error, "an index was not written");
                }
                index
            }
        };
        self.text = Some(Arc::new(IndexedText::new(gzip, size, index)));
        Ok(self)
    }
}

fn index_of(path: &Path) -> PathBuf {
    let mut place = OsString::from(path);
    place.push(GZIP_INDEX_ENDING);
    place.into()
}
