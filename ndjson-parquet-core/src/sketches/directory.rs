//! A directory of sketches, one file a source and set of rules.
//!
//! A file is used only if it is whole, of this version, and tells of the same version of the same
//! source by the same rules. Anything else is as good as none, and written anew.

use std::fs::{self, File};
use std::hash::Hasher;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use twox_hash::XxHash3_64;

use super::form::MAX_SKETCH_BYTES;
use super::{Rules, SchemaSketch};
use crate::error::{Error, ErrorKind, Result};
use crate::source::{Identity, is_url};

/// Where sketches are kept.
pub(crate) struct SketchDirectory {
    path: PathBuf,
    rules: Rules,
    /// The rules as text, which is a part of what names are made from.
    key: String,
}

impl SketchDirectory {
    /// The directory at `path`, which is made where there is none, for sketches by `rules`.
    pub(crate) fn open(path: &Path, rules: Rules) -> Result<Self> {
        if is_url(path.as_os_str()) {
            let message = "expected a local directory for sketches, found a URL";
            return Err(Error::new(ErrorKind::Output, message));
        }
        fs::create_dir_all(path).map_err(|error| unwritten(path, error))?;
        let key = serde_json::to_string(&rules).map_err(|error| {
            Error::new(ErrorKind::Internal, "no name of a sketch").with_cause(error)
        })?;
        Ok(Self { path: path.to_owned(), rules, key })
    }

    /// The sketch of this version of the source called `name`, if there is one that can be used.
    pub(crate) fn read(&self, name: &str, version: &Identity) -> Option<SchemaSketch> {
        let mut json = String::new();
        let file = File::open(self.file(name)).ok()?;
        file.take(MAX_SKETCH_BYTES + 1).read_to_string(&mut json).ok()?;
        let sketch = SchemaSketch::from_json(&json).ok()?;
        let source = sketch.source.as_ref()?;
        let is_it = source.name == name && source.version.as_ref() == Some(version);
        (is_it && sketch.rules == self.rules).then_some(sketch)
    }

    /// Keeps `sketch` of the source called `name`, in place of an older one.
    ///
    /// The file appears whole. It is not made to outlive a power failure: what is damaged then is
    /// written anew.
    pub(crate) fn write(&self, name: &str, sketch: &SchemaSketch) -> Result<()> {
        let fail = |error| unwritten(&self.path, error);
        let mut staged = tempfile::Builder::new()
            .prefix(".sketch.")
            .suffix(".staged")
            .tempfile_in(&self.path)
            .map_err(fail)?;
        staged.write_all(sketch.to_json().as_bytes()).map_err(fail)?;
        staged.write_all(b"\n").map_err(fail)?;
        staged.persist(self.file(name)).map_err(|failed| fail(failed.error))?;
        Ok(())
    }

    /// A name that a person can find, and a hash by which all differ.
    fn file(&self, name: &str) -> PathBuf {
        let mut hasher = XxHash3_64::with_seed(0);
        hasher.write(name.as_bytes());
        hasher.write(&[0]);
        hasher.write(self.key.as_bytes());
        let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
        let shown: String = last.chars().take(MAX_NAME_CHARS).map(plain).collect();
        self.path.join(format!("{shown}-{:016x}.sketch.json", hasher.finish()))
    }
}

/// So that names stay below the 255 bytes of file systems.
const MAX_NAME_CHARS: usize = 100;

fn unwritten(path: &Path, error: std::io::Error) -> Error {
    let message = format!("could not keep sketches in `{}`: {error}", path.display());
    Error::new(ErrorKind::Output, message).with_cause(error)
}
