//! What tells one version of a source from another without reading it.

use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{Kind, Source, into_error};
use crate::error::Result;

/// A version of a file or object. Equal versions have equal bytes, but for a file that was changed
/// within one tick of its file system's clock and kept its size.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    /// Where a file is, wherever the program was started; an object is named by its source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    pub(crate) size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    /// When it was changed last: nanoseconds, or seconds for an object, since 1970.
    pub(crate) modified: i64,
}

impl Source {
    /// The version of the file or object that the source reads; `None` where it has none, as a pipe.
    ///
    /// An object is asked for it unless a listing told it.
    pub(crate) fn identity(&self) -> Result<Option<Identity>> {
        match &self.kind {
            Kind::Path(path, _) => {
                let fail = |error| into_error(&self.name, error);
                let found = fs::metadata(path.as_path()).map_err(fail)?;
                if !found.is_file() {
                    return Ok(None);
                }
                let modified = found.modified().map_err(fail)?;
                let nanos = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
                let modified = modified
                    .duration_since(UNIX_EPOCH)
                    .map_or_else(|before| -nanos(before.duration()), nanos);
                let path = fs::canonicalize(path.as_path()).map_err(fail)?;
                Ok(Some(Identity {
                    path: Some(path.to_string_lossy().into_owned()),
                    size: found.len(),
                    modified,
                    ..Identity::default()
                }))
            }
            #[cfg(feature = "object_store")]
            Kind::Object(object) => object.identify().map(Some),
            _ => Ok(None),
        }
    }
}
