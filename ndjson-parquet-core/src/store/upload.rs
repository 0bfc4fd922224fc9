//! One object under construction.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use object_store::{
    Attribute, Attributes, GetOptions, MultipartUpload, ObjectStoreExt, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult,
};

use super::failure::{Class, Failure, MAX_ATTEMPTS, backoff};
use super::list::{head, persist};
use super::location::Location;
use super::object::io_error;
use super::runtime::{Pending, spawn, wait};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::CancelToken;

/// How objects are uploaded.
#[derive(Clone)]
pub(crate) struct UploadOptions {
    pub(crate) overwrite: bool,
    /// Size of the first parts; later ones are larger, because stores count at most 10,000.
    pub(crate) part_bytes: usize,
    pub(crate) cancel: CancelToken,
}

impl Default for UploadOptions {
    fn default() -> Self {
        Self { overwrite: false, part_bytes: MAX_PART_BYTES, cancel: CancelToken::new() }
    }
}

/// Least and most bytes of a part: what S3 allows at least, and what a connection moves in the
/// hundredth of a second that a request costs.
pub(crate) const MIN_PART_BYTES: usize = 5 << 20;
pub(crate) const MAX_PART_BYTES: usize = 8 << 20;
/// Parts under way at a time.
pub(crate) const PARTS_IN_FLIGHT: usize = 2;

/// An object that becomes visible as a whole when it is committed, or not at all. Dropped before
/// that, its parts are given up.
///
/// What fits in one part is held here and put at once. Memory: one part, and [`PARTS_IN_FLIGHT`].
pub(crate) struct Upload {
    location: Location,
    options: UploadOptions,
    buffer: Vec<u8>,
    /// All of an object that fits in one part, once it is finished.
    small: Bytes,
    multipart: Option<Box<dyn MultipartUpload>>,
    in_flight: VecDeque<Pending<Result<(), Failure>>>,
    parts: usize,
    /// Metadata of the object by which we know it for ours; `None` where the store keeps none.
    token: Option<String>,
    /// The ETag that the store gave it when it became visible.
    e_tag: Option<String>,
    committed: bool,
}

impl Upload {
    pub(crate) fn new(location: &Location, options: UploadOptions) -> Result<Self> {
        let location = match options.overwrite {
            true => location.clone(),
            false => location.for_creation()?,
        };
        Ok(Self {
            location,
            options,
            buffer: Vec::new(),
            small: Bytes::new(),
            multipart: None,
            in_flight: VecDeque::new(),
            parts: 0,
            token: Some(random_token()),
            e_tag: None,
            committed: false,
        })
    }

    pub(crate) fn name(&self) -> String {
        self.location.name()
    }

    /// Hands what is held to the store, so that no memory is taken any more, but for small objects
    /// that may be `held`.
    pub(crate) fn finish(&mut self, held: bool) -> Result<()> {
        if self.multipart.is_none() && held {
            self.small = std::mem::take(&mut self.buffer).into();
            return Ok(());
        }
        if !self.buffer.is_empty() || self.parts == 0 {
            let rest = std::mem::take(&mut self.buffer);
            self.send_part(rest)?;
        }
        while !self.in_flight.is_empty() {
            self.await_part()?;
        }
        Ok(())
    }

    /// Makes the object visible; without overwriting only where no other is.
    pub(crate) fn commit(&mut self) -> Result<()> {
        // Not every server knows the condition that the request has.
        if !self.options.overwrite && head(&self.location, &CancelToken::new())?.is_some() {
            return Err(exists_error(&self.location));
        }
        let mut attempt = 0;
        loop {
            attempt += 1;
            let failure = match self.complete() {
                Ok(done) => {
                    self.e_tag = done.e_tag;
                    self.committed = true;
                    return Ok(());
                }
                Err(failure) => failure,
            };
            // The answer may have been lost after the deed was done.
            match self.look()? {
                Seen::Ours => {
                    self.committed = true;
                    return Ok(());
                }
                Seen::Other if !self.options.overwrite => return Err(exists_error(&self.location)),
                _ if failure.is_transient() && attempt < MAX_ATTEMPTS => {
                    thread::sleep(backoff(attempt))
                }
                _ => return Err(failure.writing("could not publish", &self.name())),
            }
        }
    }

    /// Removes the object again, if it is still the one that was committed here.
    pub(crate) fn withdraw(&mut self) {
        if !self.committed || !matches!(self.look(), Ok(Seen::Ours)) {
            return;
        }
        // What cannot be removed stays; the error that led here is told.
        let _ = delete(&self.location);
    }

    fn complete(&mut self) -> Result<PutResult, Failure> {
        let never = CancelToken::new();
        let Some(mut multipart) = self.multipart.take() else {
            return self.put();
        };
        let completed = wait(&never, async move {
            let result = multipart.complete().await;
            (multipart, result)
        });
        let (multipart, result) = completed.map_err(|error| Failure::ended(&error))?;
        self.multipart = Some(multipart);
        Ok(result?)
    }

    /// Puts an object that fits in one part.
    fn put(&mut self) -> Result<PutResult, Failure> {
        let payload = PutPayload::from(self.small.clone());
        let mode = if self.options.overwrite { PutMode::Overwrite } else { PutMode::Create };
        let result = self.put_as(payload.clone(), mode);
        match result {
            // The store knows no condition, so that having looked is all there is.
            Err(failure) if failure.class == Class::Unsupported => {
                self.put_as(payload, PutMode::Overwrite)
            }
            other => other,
        }
    }

    fn put_as(&mut self, payload: PutPayload, mode: PutMode) -> Result<PutResult, Failure> {
        self.with_attributes(&CancelToken::new(), move |location, attributes| {
            let (payload, mode) = (payload.clone(), mode.clone());
            async move {
                let options = PutOptions { mode, attributes, ..PutOptions::default() };
                location.store.put_opts(&location.path, payload, options).await
            }
        })
    }

    fn begin_multipart(&mut self) -> Result<(), Failure> {
        let cancel = self.options.cancel.clone();
        let begun = self.with_attributes(&cancel, |location, attributes| async move {
            let options = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
            location.store.put_multipart_opts(&location.path, options).await
        })?;
        self.multipart = Some(begun);
        Ok(())
    }

    /// Makes a request with the token, and without one where the store keeps no metadata.
    fn with_attributes<T, F>(
        &mut self,
        cancel: &CancelToken,
        request: impl Fn(Location, Attributes) -> F + Clone + Send + 'static,
    ) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: Future<Output = object_store::Result<T>> + Send,
    {
        let attempt = |attributes: Attributes| {
            let (location, request) = (self.location.clone(), request.clone());
            persist(cancel, move || request(location.clone(), attributes.clone()))
        };
        let mut attributes = Attributes::new();
        if let Some(token) = &self.token {
            attributes.insert(token_key(), token.clone().into());
        }
        match attempt(attributes) {
            Err(failure) if failure.class == Class::Unsupported && self.token.is_some() => {
                let done = attempt(Attributes::new())?;
                self.token = None;
                Ok(done)
            }
            other => other,
        }
    }

    fn send_part(&mut self, part: Vec<u8>) -> Result<()> {
        let failed = |failure: Failure, name: &str| failure.writing("could not upload", name);
        if self.multipart.is_none() {
            self.begin_multipart().map_err(|failure| failed(failure, &self.name()))?;
        }
        while self.in_flight.len() >= PARTS_IN_FLIGHT {
            self.await_part()?;
        }
        let Some(multipart) = &mut self.multipart else { return Ok(()) };
        let sent = multipart.put_part(part.into());
        self.in_flight.push_back(spawn(async move { Ok(sent.await?) })?);
        self.parts += 1;
        Ok(())
    }

    fn await_part(&mut self) -> Result<()> {
        let Some(part) = self.in_flight.pop_front() else { return Ok(()) };
        let sent = part.wait(&self.options.cancel)?;
        sent.map_err(|failure| failure.writing("could not upload", &self.name()))
    }

    fn part_bytes(&self) -> usize {
        self.options.part_bytes << (self.parts / PARTS_OF_ONE_SIZE).min(4)
    }

    fn look(&self) -> Result<Seen> {
        let Location { store, path, .. } = self.location.clone();
        let found = persist(&CancelToken::new(), move || {
            let (store, path) = (store.clone(), path.clone());
            async move {
                store.get_opts(&path, GetOptions { head: true, ..GetOptions::default() }).await
            }
        });
        match found {
            Err(failure) if failure.class == Class::Missing => Ok(Seen::Nothing),
            Err(failure) => {
                let what = "could not find out whether it is visible:";
                Err(failure.writing(what, &self.name()))
            }
            Ok(found) => {
                let token = found.attributes.get(&token_key()).map(|value| value.as_ref());
                let by_token = self.token.is_some() && token == self.token.as_deref();
                // The quotes are not everywhere the same.
                let plain = |tag: &Option<String>| tag.as_deref().map(|tag| tag.replace('"', ""));
                let by_tag = self.e_tag.is_some() && plain(&found.meta.e_tag) == plain(&self.e_tag);
                Ok(if by_token || by_tag { Seen::Ours } else { Seen::Other })
            }
        }
    }
}

/// What is at the place of an upload.
enum Seen {
    Nothing,
    Ours,
    Other,
}

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let part_bytes = self.part_bytes();
        if self.buffer.capacity() == 0 {
            // What is not written takes no memory, and nothing is moved as the part grows.
            self.buffer.reserve_exact(part_bytes);
        }
        let taken = bytes.len().min(part_bytes.saturating_sub(self.buffer.len()));
        self.buffer.extend_from_slice(&bytes[..taken]);
        if self.buffer.len() >= part_bytes {
            let part = std::mem::take(&mut self.buffer);
            self.send_part(part).map_err(io_error)?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.in_flight.clear();
        let Some(mut multipart) = self.multipart.take().filter(|_| !self.committed) else {
            return;
        };
        // The parts of an upload that cannot be aborted are invisible; the store's own rules for
        // unfinished uploads remove them.
        let aborted = async move { tokio::time::timeout(ABORT_TIME, multipart.abort()).await };
        let _ = wait(&CancelToken::new(), aborted);
    }
}

/// Removes the object at `location`; it is no error if there is none.
pub(crate) fn delete(location: &Location) -> Result<()> {
    let Location { store, path, .. } = location.clone();
    let deleted = persist(&CancelToken::new(), move || {
        let (store, path) = (store.clone(), path.clone());
        async move { store.delete(&path).await }
    });
    match deleted {
        Err(failure) if failure.class != Class::Missing => {
            Err(failure.writing("could not remove", &location.name()))
        }
        _ => Ok(()),
    }
}

pub(crate) fn exists_error(location: &Location) -> Error {
    let message = format!("`{}` exists already; pass overwrite to replace it", location.name());
    Error::new(ErrorKind::OutputExists, message)
}

/// Azure takes letters only.
fn token_key() -> Attribute {
    Attribute::Metadata("ndjsonparquet".into())
}

fn random_token() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

/// 10,000 parts in four sizes, each twice the one before, are 300 GB.
const PARTS_OF_ONE_SIZE: usize = 2500;
const ABORT_TIME: Duration = Duration::from_secs(10);
