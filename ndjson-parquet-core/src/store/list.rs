//! From a URL to objects: one object, all below a prefix, or those that a glob finds.

use std::ffi::OsStr;

use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStoreExt};

use super::failure::{Class, Failure, MAX_ATTEMPTS, backoff};
use super::location::{Location, parse_path};
use super::object::Object;
use super::runtime::wait;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::CancelToken;
use crate::source::{GlobPattern, Selection};

/// What `key`, read from `root` on, names: an object, the objects below a prefix, or those that a glob
/// finds. The rules are those of local paths; see [`crate::expand()`].
pub(crate) fn expand(root: &Location, key: &str) -> Result<Vec<Object>> {
    let shown = format!("{}{key}", root.name());
    let found = match GlobPattern::parse(OsStr::new(key))? {
        Some(glob) => {
            let prefix = parse_path(&glob.root().to_string_lossy(), &shown)?;
            select(&root.with_path(prefix), &Selection::Glob(glob))?
        }
        None => {
            let location = root.with_path(parse_path(key, &shown)?);
            let is_prefix = key.is_empty() || key.ends_with('/');
            match if is_prefix { None } else { head(&location, &CancelToken::new())? } {
                Some(found) => return Ok(vec![Object::listed(location, &found)]),
                None => select(&location, &Selection::Directory)?,
            }
        }
    };
    if found.is_empty() {
        let message = format!(
            "{shown}: expected an object, objects below a prefix or a glob that finds some, found none"
        );
        return Err(Error::new(ErrorKind::Source, message));
    }
    Ok(found)
}

/// The selected objects below `prefix`, sorted by their paths.
fn select(prefix: &Location, selection: &Selection) -> Result<Vec<Object>> {
    let mut found = list(prefix, &CancelToken::new())?;
    found.retain(|object| {
        let relative = relative(&object.location, &prefix.path);
        relative.split('/').all(|part| selection.considers(OsStr::new(part)))
            && selection.takes_file(std::path::Path::new(relative))
    });
    found.sort_unstable_by(|a, b| a.location.as_ref().cmp(b.location.as_ref()));
    let object =
        |found: &ObjectMeta| Object::listed(prefix.with_path(found.location.clone()), found);
    Ok(found.iter().map(object).collect())
}

/// The object at `key`, or those below it whose names end in `.parquet`, just below or in partitions, each
/// after the name of its partition.
pub(crate) fn partition_objects(root: &Location, key: &str) -> Result<Vec<(String, Object)>> {
    let location = root.with_path(parse_path(key, &format!("{}{key}", root.name()))?);
    if let (false, Some(found)) = (key.ends_with('/'), head(&location, &CancelToken::new())?) {
        return Ok(vec![(String::new(), Object::listed(location, &found))]);
    }
    let mut objects = Vec::new();
    for found in list(&location, &CancelToken::new())? {
        let name = relative(&found.location, &location.path);
        let partition = name.rsplit_once('/').map_or("", |(partition, _)| partition);
        let is_partition =
            partition.is_empty() || partition.split('/').all(|part| part.contains('='));
        if is_partition && name.ends_with(".parquet") {
            let object = Object::listed(location.with_path(found.location.clone()), &found);
            objects.push((partition.to_owned(), name.to_owned(), object));
        }
    }
    objects.sort_unstable_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    Ok(objects.into_iter().map(|(partition, _, object)| (partition, object)).collect())
}

/// The paths of all objects below `prefix`, and what of them comes after it.
pub(crate) fn keys_below(prefix: &Location, cancel: &CancelToken) -> Result<Vec<(Path, String)>> {
    let with_rest = |found: ObjectMeta| {
        let rest = relative(&found.location, &prefix.path).to_owned();
        (found.location, rest)
    };
    let mut keys: Vec<_> = list(prefix, cancel)?.into_iter().map(with_rest).collect();
    keys.retain(|(_, rest)| !rest.is_empty());
    keys.sort_unstable();
    Ok(keys)
}

fn relative<'a>(path: &'a Path, prefix: &Path) -> &'a str {
    let rest = path.as_ref().strip_prefix(prefix.as_ref()).unwrap_or(path.as_ref());
    rest.trim_start_matches('/')
}

fn list(prefix: &Location, cancel: &CancelToken) -> Result<Vec<ObjectMeta>> {
    let Location { store, path, .. } = prefix.clone();
    let listed = persist(cancel, move || {
        let (store, path) = (store.clone(), path.clone());
        async move { store.list(Some(&path)).try_collect::<Vec<_>>().await }
    });
    listed.map_err(|failure| failure.reading(&prefix.name()))
}

/// What the store says of an object; `None` if there is none.
pub(super) fn head(location: &Location, cancel: &CancelToken) -> Result<Option<ObjectMeta>> {
    let Location { store, path, .. } = location.clone();
    let found = persist(cancel, move || {
        let (store, path) = (store.clone(), path.clone());
        async move { store.head(&path).await }
    });
    match found {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.class == Class::Missing => Ok(None),
        Err(failure) => Err(failure.reading(&location.name())),
    }
}

pub(crate) fn exists(location: &Location, cancel: &CancelToken) -> Result<bool> {
    Ok(head(location, cancel)?.is_some())
}

/// Waits for `request`, which is made again while it fails in a way that may pass.
pub(super) fn persist<T, F>(
    cancel: &CancelToken,
    request: impl Fn() -> F + Send + 'static,
) -> std::result::Result<T, Failure>
where
    T: Send + 'static,
    F: Future<Output = object_store::Result<T>> + Send,
{
    let attempts = async move {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match request().await.map_err(Failure::from) {
                Err(failure) if failure.is_transient() && attempt < MAX_ATTEMPTS => {
                    tokio::time::sleep(backoff(attempt)).await;
                }
                other => return other,
            }
        }
    };
    match wait(cancel, attempts) {
        Ok(result) => result,
        Err(error) => Err(Failure::ended(&error)),
    }
}
