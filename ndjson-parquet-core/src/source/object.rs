//! Sources in object stores.

use std::sync::Arc;

use object_store::ObjectStore;

use super::url::Urls;
use super::{Kind, Source};
use crate::error::{Error, ErrorKind, Result};
use crate::store::{self, Access, Location, Object};

impl Source {
    /// The object that `url` names, such as `s3://bucket/day=1/a.ndjson.gz`.
    ///
    /// The options of the store are read from the environment, as the crate `object_store` does. For
    /// prefixes and globs there is [`Source::expand`].
    ///
    /// ```
    /// use ndjson_parquet_core::{Converter, Sink, Source};
    ///
    /// let source = Source::bytes("inline", "{\"id\":1}\n");
    /// Converter::new().convert(vec![source], Sink::at("memory:///doc/a.parquet")?)?;
    /// let source = Source::url("memory:///doc/a.parquet")?;
    /// assert_eq!(source.name(), "memory:///doc/a.parquet");
    /// # Ok::<(), ndjson_parquet_core::Error>(())
    /// ```
    pub fn url(url: &str) -> Result<Self> {
        let mut found = Urls::default().expand(url)?;
        match (found.pop(), found.is_empty()) {
            (Some(source), true) => Ok(source),
            _ => {
                let message = "expected the URL of one object, found one that names several";
                Err(Error::new(ErrorKind::Source, message))
            }
        }
    }

    /// The object at `path` in `store`, named by its path.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use ndjson_parquet_core::Source;
    /// use object_store::memory::InMemory;
    ///
    /// let source = Source::object(Arc::new(InMemory::new()), "day=1/a.ndjson")?;
    /// assert_eq!(source.name(), "day=1/a.ndjson");
    /// # Ok::<(), ndjson_parquet_core::Error>(())
    /// ```
    pub fn object(store: Arc<dyn ObjectStore>, path: &str) -> Result<Self> {
        Ok(Self::from_object(Object::new(Location::new(store, path)?)))
    }

    /// What `pattern` names in `store`: an object, all objects below a prefix, or those that a glob
    /// finds. The rules are those of [`expand()`](crate::expand()).
    ///
    /// ```
    /// use std::sync::Arc;
    /// use ndjson_parquet_core::Source;
    /// use object_store::memory::InMemory;
    ///
    /// let error = Source::expand_in(Arc::new(InMemory::new()), "day=*/*.ndjson").unwrap_err();
    /// assert!(error.message().contains("found none"));
    /// ```
    pub fn expand_in(store: Arc<dyn ObjectStore>, pattern: &str) -> Result<Vec<Self>> {
        let root = Location::new(store, "")?;
        Ok(store::expand(&root, pattern)?.into_iter().map(Self::from_object).collect())
    }

    pub(super) fn from_object(object: Object) -> Self {
        Self::new(object.location().name().into(), Kind::Object(object))
    }

    pub(crate) fn is_object(&self) -> bool {
        matches!(self.kind, Kind::Object(_))
    }

    /// The same source, read as `access` allows.
    pub(crate) fn with_access(self, access: &Access) -> Self {
        match self.kind {
            Kind::Object(object) => {
                Self { kind: Kind::Object(object.with_access(access.clone())), ..self }
            }
            _ => self,
        }
    }
}
