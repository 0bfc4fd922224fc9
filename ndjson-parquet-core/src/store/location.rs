//! The place of an object: a store, a path in it, and the name by which messages call it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::path::Path;

use super::open::StoreUrl;
use crate::error::{Error, ErrorKind, Result};

/// Where an object is, or a prefix of objects.
#[derive(Clone)]
pub(crate) struct Location {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) path: Path,
    /// What comes before the path in names, such as `s3://bucket/`.
    base: Arc<str>,
    /// How the store was made, if it was made here.
    url: Option<Arc<StoreUrl>>,
}

impl Location {
    /// A path in a store that the caller made; messages name the path alone.
    pub(crate) fn new(store: Arc<dyn ObjectStore>, path: &str) -> Result<Self> {
        Ok(Self { store, path: parse_path(path, path)?, base: "".into(), url: None })
    }

    pub(super) fn in_url(store: Arc<dyn ObjectStore>, url: Arc<StoreUrl>, path: Path) -> Self {
        Self { store, path, base: url.base().into(), url: Some(url) }
    }

    /// Another path in the same store.
    pub(crate) fn with_path(&self, path: Path) -> Self {
        Self { path, ..self.clone() }
    }

    /// A path below this one; `name` stands in it as it is.
    pub(crate) fn below(&self, name: &str) -> Result<Self> {
        let path =
            if self.path.is_root() { name.to_owned() } else { format!("{}/{name}", self.path) };
        Ok(self.with_path(parse_path(&path, &path)?))
    }

    /// The last part of the path.
    pub(crate) fn file_name(&self) -> &str {
        self.path.filename().unwrap_or_default()
    }

    /// Without user, password and query.
    pub(crate) fn name(&self) -> String {
        format!("{}{}", self.base, self.path)
    }

    /// `tag`, which a listing told, as the store tells it elsewhere.
    pub(super) fn listed_tag(&self, tag: &str) -> String {
        let is_bare = self.url.as_ref().is_some_and(|url| url.lists_bare_tags());
        if is_bare && !tag.contains('"') { format!("\"{tag}\"") } else { tag.to_owned() }
    }

    /// A path that is equal for equal places only.
    pub(crate) fn identity(&self) -> PathBuf {
        match &self.url {
            Some(_) => PathBuf::from(self.name()),
            None => PathBuf::from(format!("{:p}/{}", Arc::as_ptr(&self.store), self.path)),
        }
    }

    /// The same place for a new object that must replace none. Where the store can see to that when an
    /// upload is completed, it does.
    pub(super) fn for_creation(&self) -> Result<Self> {
        let store = self.url.as_ref().map(|url| url.open_for_creation()).transpose()?.flatten();
        let store = store.unwrap_or_else(|| Arc::clone(&self.store));
        Ok(Self { store, ..self.clone() })
    }

    /// Fails where nothing can be written.
    pub(crate) fn check_writable(&self) -> Result<()> {
        match &self.url {
            Some(url) if url.is_http() => {
                let message = format!(
                    "{}: expected an output in an object store, found a web server, which has no \
                     uploads that become visible at once",
                    self.name()
                );
                Err(Error::new(ErrorKind::Output, message))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// `path` as it is, without the slashes around it.
pub(super) fn parse_path(path: &str, shown: &str) -> Result<Path> {
    Path::parse(path).map_err(|error| {
        let message = format!("{shown}: expected the path of an object: {error}");
        Error::new(ErrorKind::Source, message)
    })
}
