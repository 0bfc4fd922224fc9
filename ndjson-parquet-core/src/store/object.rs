//! An object as a source of bytes at an offset, pinned to the version that was opened first.

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use futures_util::StreamExt;
use object_store::{GetOptions, GetRange, GetResult, ObjectMeta};

use super::failure::{Class, Failure, MAX_ATTEMPTS, backoff};
use super::location::Location;
use super::runtime::{Access, Pending, spawn, wait};
use super::stream::ObjectStream;
use crate::error::{Error, ErrorKind, Result};
use crate::source::{Fault, Identity as Version, RangeRead};

/// An object that can be opened as often as one likes and gives the same bytes each time, or an
/// error that says that it has changed.
#[derive(Clone)]
pub(crate) struct Object {
    identity: Arc<Identity>,
    access: Access,
    /// An opening that was begun ahead of time.
    opening: Arc<Mutex<Option<BegunOpening>>>,
}

type BegunOpening = Pending<Result<Opening, Failure>>;

struct Identity {
    location: Location,
    pin: OnceLock<Pin>,
}

/// What tells a version of an object from others.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pin {
    size: u64,
    e_tag: Option<String>,
    version: Option<String>,
    /// In seconds, which is all that HTTP tells; compared where the store gives no ETag.
    modified: i64,
}

/// The first bytes of an object, which came with its size.
struct Opening {
    pin: Pin,
    first: Bytes,
}

impl Object {
    pub(crate) fn new(location: Location) -> Self {
        let identity = Identity { location, pin: OnceLock::new() };
        Self { identity: Arc::new(identity), access: Access::default(), opening: Arc::default() }
    }

    /// The version of the object that a listing told of.
    pub(super) fn listed(location: Location, found: &ObjectMeta) -> Self {
        let e_tag = found.e_tag.as_deref().map(|tag| location.listed_tag(tag));
        let object = Self::new(location);
        // It is new, so nothing is there yet.
        let _ = object.identity.pin.set(Pin { e_tag, ..Pin::of(found) });
        object
    }

    /// The same object, read as `access` allows.
    pub(crate) fn with_access(&self, access: Access) -> Self {
        let identity = Arc::clone(&self.identity);
        Self { identity, access, opening: Arc::default() }
    }

    pub(crate) fn location(&self) -> &Location {
        &self.identity.location
    }

    /// Begins to open the object, so that [`Object::open`] has less to wait for.
    pub(crate) fn prepare(&self) {
        let mut opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if opening.is_none() {
            let identity = Arc::clone(&self.identity);
            // A failure comes again when the object is opened, and is told there.
            *opening = spawn(async move { identity.open().await }).ok();
        }
    }

    /// The version that is read; opens the object where no listing and no opening told of it.
    pub(crate) fn identify(&self) -> Result<Version> {
        if self.identity.pin.get().is_none() {
            self.open()?;
        }
        let pin = self.identity.pin.get().cloned();
        let pin =
            pin.ok_or_else(|| Error::new(ErrorKind::Internal, "an open object has no pin"))?;
        Ok(Version {
            path: None,
            size: pin.size,
            etag: pin.e_tag,
            version: pin.version,
            modified: pin.modified,
        })
    }

    /// The object as bytes at an offset, and its size.
    pub(crate) fn open(&self) -> Result<(Arc<dyn RangeRead>, u64)> {
        let begun = self.opening.lock().unwrap_or_else(PoisonError::into_inner).take();
        let opened = match begun {
            Some(begun) => begun.wait(&self.access.cancel)?,
            None => {
                let identity = Arc::clone(&self.identity);
                wait(&self.access.cancel, async move { identity.open().await })?
            }
        };
        let name = self.location().name();
        let Opening { pin, first } = opened.map_err(|failure| failure.reading(&name))?;
        let size = pin.size;
        let range = ObjectRange {
            pinned: Pinned { identity: Arc::clone(&self.identity), pin: Arc::new(pin) },
            access: self.access.clone(),
            first,
        };
        Ok((Arc::new(range), size))
    }
}

impl Identity {
    /// Fetches the first bytes, and with them the size and the version, in one request.
    async fn open(&self) -> Result<Opening, Failure> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.open_once().await {
                Err(failure) if failure.is_transient() && attempt < MAX_ATTEMPTS => {
                    tokio::time::sleep(backoff(attempt)).await;
                }
                other => return other,
            }
        }
    }

    async fn open_once(&self) -> Result<Opening, Failure> {
        let pin = self.pin.get();
        if let Some(pin) = pin.filter(|pin| pin.size == 0) {
            // Listings also show the names of folders, as objects without bytes that are not there.
            return Ok(Opening { pin: pin.clone(), first: Bytes::new() });
        }
        let size = pin.map_or(FIRST_BYTES, |pin| pin.size.min(FIRST_BYTES));
        let found = match self.get(pin, Some(0..size)).await {
            // An empty object has no range that could be asked for.
            Err(failure) if failure.class != Class::Missing && pin.is_none() => {
                match self.get(None, None).await {
                    Ok(found) if found.meta.size == 0 => Ok(found),
                    _ => Err(failure),
                }
            }
            other => other,
        }?;
        let here = Pin::of(&found.meta);
        let length = here.size.min(FIRST_BYTES);
        // Another thread may have opened the object at the same time, and seen another version.
        let pin = self.pin.get_or_init(|| here.clone()).clone();
        pin.check(&here)?;
        let mut first = Vec::new();
        // What is missing is fetched when it is asked for.
        if length > 0 {
            collect(found, length, &mut first).await?;
        }
        Ok(Opening { pin, first: first.into() })
    }

    /// Asks for `range`, or for the attributes alone.
    async fn get(
        &self,
        pin: Option<&Pin>,
        range: Option<Range<u64>>,
    ) -> Result<GetResult, Failure> {
        let options = GetOptions {
            // A weak ETag matches nothing.
            if_match: pin.and_then(|pin| pin.e_tag.clone()).filter(|tag| !tag.starts_with("W/")),
            version: pin.and_then(|pin| pin.version.clone().filter(|_| pin.e_tag.is_none())),
            head: range.is_none(),
            range: range.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        let Location { store, path, .. } = &self.location;
        Ok(store.get_opts(path, options).await?)
    }
}

impl Pin {
    fn of(found: &ObjectMeta) -> Self {
        Self {
            size: found.size,
            e_tag: found.e_tag.clone(),
            version: found.version.clone(),
            modified: found.last_modified.timestamp(),
        }
    }

    /// Whether `found` is the same version, by what both of them know: a listing has no version.
    fn check(&self, found: &Self) -> Result<(), Failure> {
        let same = |a: &Option<String>, b: &Option<String>| match (a, b) {
            (Some(a), Some(b)) => Some(a == b),
            _ => None,
        };
        let tags = same(&self.e_tag, &found.e_tag);
        let is_same = tags.or_else(|| same(&self.version, &found.version));
        if self.size == found.size && is_same.unwrap_or(self.modified == found.modified) {
            return Ok(());
        }
        let message =
            format!("the object has changed since it was opened: expected {self}, found {found}");
        Err(Failure::new(Class::Changed, message))
    }
}

impl std::fmt::Display for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.size)?;
        match &self.e_tag {
            Some(tag) => write!(f, " with the ETag {tag}"),
            None => Ok(()),
        }
    }
}

/// One version of an object.
#[derive(Clone)]
pub(super) struct Pinned {
    identity: Arc<Identity>,
    pin: Arc<Pin>,
}

impl Pinned {
    /// All bytes of `range`. What breaks off is resumed at the byte where it did.
    pub(super) async fn fetch(self, range: Range<u64>) -> Result<Bytes, Failure> {
        let wanted = range.end - range.start;
        let mut bytes = Vec::new();
        let mut attempt = 0;
        loop {
            let had = bytes.len();
            match self.fetch_some(&range, wanted, &mut bytes).await {
                Ok(()) => return Ok(bytes.into()),
                Err(failure) if !failure.is_transient() => return Err(failure),
                Err(_) if bytes.len() > had => attempt = 0,
                Err(failure) if attempt + 1 >= MAX_ATTEMPTS => return Err(failure),
                Err(_) => {}
            }
            attempt += 1;
            tokio::time::sleep(backoff(attempt)).await;
        }
    }

    async fn fetch_some(
        &self,
        range: &Range<u64>,
        wanted: u64,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let rest = range.start + bytes.len() as u64..range.end;
        let found = self.identity.get(Some(&self.pin), Some(rest.clone())).await?;
        self.pin.check(&Pin::of(&found.meta))?;
        if found.range != rest {
            let message = format!("expected the bytes {rest:?}, found {:?}", found.range);
            return Err(Failure::new(Class::Transient, message));
        }
        collect(found, wanted, bytes).await
    }
}

/// Adds what `found` brings to `bytes`, which are to become `wanted`. What was added stays in case of
/// a failure.
async fn collect(found: GetResult, wanted: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
    let mut body = found.into_stream();
    while let Some(chunk) = body.next().await {
        bytes.extend_from_slice(&chunk?);
        if bytes.len() as u64 > wanted {
            let message = format!("expected {wanted} bytes, found more");
            return Err(Failure::new(Class::Refused, message));
        }
    }
    if (bytes.len() as u64) < wanted {
        let message = format!("expected {wanted} bytes, found the end after {}", bytes.len());
        return Err(Failure::new(Class::Transient, message));
    }
    Ok(())
}

/// An object that is open.
struct ObjectRange {
    pinned: Pinned,
    access: Access,
    first: Bytes,
}

impl RangeRead for ObjectRange {
    fn size(&self) -> io::Result<u64> {
        Ok(self.pinned.pin.size)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.pinned.pin.size.saturating_sub(offset);
        let length = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if length == 0 {
            return Ok(0);
        }
        let first = usize::try_from(offset).ok().and_then(|offset| self.first.get(offset..));
        if let Some(first) = first.filter(|first| !first.is_empty()) {
            let length = length.min(first.len());
            buffer[..length].copy_from_slice(&first[..length]);
            return Ok(length);
        }
        let fetch = self.pinned.clone().fetch(offset..offset + length as u64);
        let bytes = fetched(wait(&self.access.cancel, fetch))?;
        buffer[..length].copy_from_slice(&bytes);
        Ok(length)
    }

    fn read_ahead(&self, range: Range<u64>) -> Option<Box<dyn io::Read + Send>> {
        let first = usize::try_from(range.start).ok().filter(|start| *start < self.first.len());
        let first = first.map(|start| self.first.slice(start..)).unwrap_or_default();
        let stream = ObjectStream::new(self.pinned.clone(), self.access.clone(), range, first);
        Some(Box::new(stream))
    }
}

/// What a fetch gave, with a failure as an error that keeps its kind.
pub(super) fn fetched(result: Result<Result<Bytes, Failure>>) -> io::Result<Bytes> {
    let failed = |failure: Failure| Fault::new(ErrorKind::Source, failure.message()).into();
    result.map_err(io_error)?.map_err(failed)
}

/// `error` as it travels through a reader.
pub(super) fn io_error(error: Error) -> io::Error {
    Fault::new(error.kind(), error.message()).into()
}

/// Bytes that come with the opening: a small object takes one request.
const FIRST_BYTES: u64 = 64 << 10;
