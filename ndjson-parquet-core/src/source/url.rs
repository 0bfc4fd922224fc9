//! Sources by URL, and without the feature `object_store` the error that says what is missing.

use std::ffi::OsStr;

use super::Source;
use crate::error::Result;

/// Whether `text` is `SCHEME://..` rather than a path.
pub(crate) fn is_url(text: &OsStr) -> bool {
    let Some((scheme, _)) = text.to_str().and_then(|text| text.split_once("://")) else {
        return false;
    };
    // One letter would be a drive.
    scheme.len() > 1
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// Turns URLs into sources; those in one bucket share its connections.
#[derive(Default)]
pub(crate) struct Urls {
    #[cfg(feature = "object_store")]
    stores: crate::store::Stores,
}

impl Urls {
    /// What `url` names: an object, all objects below a prefix, or those that a glob finds.
    #[cfg(feature = "object_store")]
    pub(super) fn expand(&mut self, url: &str) -> Result<Vec<Source>> {
        use crate::store::{self, Object, Place};

        match self.stores.locate(url)? {
            Place::Local(path) => super::expand::expand_one(path.as_os_str(), self),
            Place::Object(location) => Ok(vec![Source::from_object(Object::new(location))]),
            Place::Below(root, key) => {
                Ok(store::expand(&root, &key)?.into_iter().map(Source::from_object).collect())
            }
        }
    }

    /// The object that `url` names, or the `*.parquet` objects just below a prefix and in its partitions,
    /// each after the name of its partition.
    #[cfg(feature = "object_store")]
    pub(super) fn expand_parquet(&mut self, url: &str) -> Result<Vec<(String, Source)>> {
        use crate::store::{self, Object, Place};

        let alone = |object| vec![(String::new(), object)];
        Ok(match self.stores.locate(url)? {
            Place::Local(path) => super::partition_files(path.as_os_str())?,
            Place::Object(location) => alone(Source::from_object(Object::new(location))),
            Place::Below(root, key) => {
                let found = store::partition_objects(&root, &key)?.into_iter();
                found.map(|(partition, object)| (partition, Source::from_object(object))).collect()
            }
        })
    }

    #[cfg(not(feature = "object_store"))]
    pub(super) fn expand(&mut self, url: &str) -> Result<Vec<Source>> {
        Err(without_stores(url))
    }

    #[cfg(not(feature = "object_store"))]
    pub(super) fn expand_parquet(&mut self, url: &str) -> Result<Vec<(String, Source)>> {
        Err(without_stores(url))
    }
}

/// The error of a program that was built without object stores. Names no more than the scheme.
#[cfg(not(feature = "object_store"))]
pub(crate) fn without_stores(url: &str) -> crate::error::Error {
    let scheme = url.split("://").next().unwrap_or_default();
    let message = format!(
        "expected a path, found a URL that begins with `{scheme}://`: this program was built \
         without the feature `object_store`"
    );
    crate::error::Error::new(crate::error::ErrorKind::Source, message)
}
