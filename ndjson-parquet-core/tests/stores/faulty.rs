//! A store in memory that fails on purpose and remembers what was asked of it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetRange, GetResult, GetResultPayload, ListResult,
    MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result, UploadPart,
};

/// When a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Nothing happens but the error.
    Before,
    /// What was asked for is done, and the answer is lost; a body breaks off in its middle.
    After,
}

/// What a store does wrong.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    /// This call fails, counted from 0.
    pub(crate) fail: Option<(u64, When)>,
    /// From this call on all fail.
    pub(crate) fail_from: Option<u64>,
    /// Bodies that do not begin at the object's first byte end in their middle without an error, so
    /// many times.
    pub(crate) short_bodies: u64,
    /// Conditions of GETs are not looked at.
    pub(crate) ignores_conditions: bool,
    /// Metadata is refused, as by a local file system.
    pub(crate) refuses_metadata: bool,
}

#[derive(Debug)]
pub(crate) struct Faulty {
    pub(crate) inner: InMemory,
    faults: Faults,
    state: Arc<State>,
    on_get: Mutex<Option<OnGet>>,
}

/// Runs before a GET, the number of which it is told.
struct OnGet(Box<RunOnGet>);

type RunOnGet = dyn FnMut(u64, &InMemory) + Send;

impl fmt::Debug for OnGet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnGet")
    }
}

#[derive(Debug, Default)]
struct State {
    calls: AtomicU64,
    gets: AtomicU64,
    short: AtomicU64,
    open_uploads: AtomicI64,
    /// An upload was begun and nobody knows of it.
    lost_upload: AtomicBool,
    ranges: Mutex<Vec<Range<u64>>>,
}

impl Faulty {
    pub(crate) fn new(faults: Faults) -> Self {
        let state = Arc::new(State::default());
        state.short.store(faults.short_bodies, Ordering::SeqCst);
        Self { inner: InMemory::new(), faults, state, on_get: Mutex::default() }
    }

    pub(crate) fn on_get(&self, run: impl FnMut(u64, &InMemory) + Send + 'static) {
        *self.on_get.lock().unwrap() = Some(OnGet(Box::new(run)));
    }

    pub(crate) fn calls(&self) -> u64 {
        self.state.calls.load(Ordering::SeqCst)
    }

    /// Uploads that were neither completed nor aborted, but for one whose beginning was not told.
    pub(crate) fn open_uploads(&self) -> i64 {
        let lost = i64::from(self.state.lost_upload.load(Ordering::SeqCst));
        self.state.open_uploads.load(Ordering::SeqCst) - lost
    }

    /// The ranges asked for so far.
    pub(crate) fn ranges(&self) -> Vec<Range<u64>> {
        self.state.ranges.lock().unwrap().clone()
    }

    fn call(&self) -> Result<Option<When>> {
        self.state.call(&self.faults)
    }
}

impl State {
    /// Counts a call; an error if it fails before its effect.
    fn call(&self, faults: &Faults) -> Result<Option<When>> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        if faults.fail_from.is_some_and(|from| number >= from) {
            return Err(injected());
        }
        match faults.fail {
            Some((fails, When::Before)) if fails == number => Err(injected()),
            Some((fails, When::After)) if fails == number => Ok(Some(When::After)),
            _ => Ok(None),
        }
    }
}

fn injected() -> Error {
    Error::Generic { store: "Faulty", source: "an injected failure".into() }
}

fn answer<T>(when: Option<When>, done: T) -> Result<T> {
    match when {
        Some(_) => Err(injected()),
        None => Ok(done),
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(
        &self,
        path: &Path,
        bytes: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let when = self.call()?;
        if self.faults.refuses_metadata && !options.attributes.is_empty() {
            return Err(refused());
        }
        answer(when, self.inner.put_opts(path, bytes, options).await?)
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let when = self.call()?;
        if self.faults.refuses_metadata && !options.attributes.is_empty() {
            return Err(refused());
        }
        let inner = self.inner.put_multipart_opts(path, options).await?;
        self.state.open_uploads.fetch_add(1, Ordering::SeqCst);
        self.state.lost_upload.fetch_or(when.is_some(), Ordering::SeqCst);
        let upload = Upload { inner, faults: self.faults, state: Arc::clone(&self.state) };
        answer(when, Box::new(upload))
    }

    async fn get_opts(&self, path: &Path, mut options: GetOptions) -> Result<GetResult> {
        let when = self.call()?;
        if let Some(GetRange::Bounded(range)) = &options.range {
            self.state.ranges.lock().unwrap().push(range.clone());
            let number = self.state.gets.fetch_add(1, Ordering::SeqCst);
            if let Some(OnGet(run)) = &mut *self.on_get.lock().unwrap() {
                run(number, &self.inner);
            }
        }
        if self.faults.ignores_conditions {
            options.if_match = None;
        }
        let is_head = options.head;
        let is_later = matches!(&options.range, Some(GetRange::Bounded(range)) if range.start > 0);
        let found = self.inner.get_opts(path, options).await?;
        let shorten = |left: u64| left.checked_sub(1);
        let is_short = is_later
            && self.state.short.fetch_update(Ordering::SeqCst, Ordering::SeqCst, shorten).is_ok();
        match (when, is_head) {
            (None, _) if !is_short => Ok(found),
            (Some(_), true) => Err(injected()),
            _ => cut(found, when).await,
        }
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        match self.call() {
            Err(error) => stream::once(async { Err(error) }).boxed(),
            Ok(None) => self.inner.delete_stream(paths),
            Ok(Some(_)) => self.inner.delete_stream(paths).map(|_| Err(injected())).boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let found = self.inner.list(prefix);
        match self.call() {
            Err(error) => stream::once(async { Err(error) }).boxed(),
            Ok(None) => found,
            Ok(Some(_)) => found.chain(stream::once(async { Err(injected()) })).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// `found` with half of its body, and an error after it if `when` says so.
async fn cut(found: GetResult, when: Option<When>) -> Result<GetResult> {
    let (meta, range) = (found.meta.clone(), found.range.clone());
    let (attributes, extensions) = (found.attributes.clone(), found.extensions.clone());
    let bytes: Bytes = found.bytes().await?;
    let half = bytes.slice(..bytes.len() / 2);
    let mut body = vec![Ok(half)];
    if when.is_some() {
        body.push(Err(injected()));
    }
    let payload = GetResultPayload::Stream(stream::iter(body).boxed());
    Ok(GetResult { payload, meta, range, attributes, extensions })
}

fn refused() -> Error {
    Error::NotImplemented { operation: "metadata".into(), implementer: "Faulty".into() }
}

#[derive(Debug)]
struct Upload {
    inner: Box<dyn MultipartUpload>,
    faults: Faults,
    state: Arc<State>,
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, bytes: PutPayload) -> UploadPart {
        let when = match self.state.call(&self.faults) {
            Ok(when) => when,
            Err(error) => return async { Err(error) }.boxed(),
        };
        let sent = self.inner.put_part(bytes);
        async move { answer(when, sent.await?) }.boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let when = self.state.call(&self.faults)?;
        let done = self.inner.complete().await?;
        self.state.open_uploads.fetch_sub(1, Ordering::SeqCst);
        answer(when, done)
    }

    async fn abort(&mut self) -> Result<()> {
        // Counted, but never failed: what cannot be aborted is for the store's own rules.
        self.state.open_uploads.fetch_sub(1, Ordering::SeqCst);
        self.inner.abort().await
    }
}
