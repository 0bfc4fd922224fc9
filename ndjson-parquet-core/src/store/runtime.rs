//! Where synchronous work waits for a store.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use tokio::runtime::{Builder, Runtime};
use tokio::task::AbortHandle;

use crate::error::{Error, ErrorKind, Result};
use crate::progress::CancelToken;
use crate::source::CHECK_EVERY;

/// Runs `work` on the runtime and waits for it, unless `cancel` says not to.
///
/// Waits on a channel and not in the runtime, so that it may be called within another runtime.
pub(crate) fn wait<T: Send + 'static>(
    cancel: &CancelToken,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T> {
    spawn(work)?.wait(cancel)
}

/// Starts `work`, which ends early when what is given back is dropped.
pub(super) fn spawn<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<Pending<T>> {
    let (sender, result) = bounded(1);
    let task = runtime()?.spawn(async move {
        // Nobody waits any more if this fails.
        let _ = sender.send(work.await);
    });
    Ok(Pending { result, task: task.abort_handle() })
}

/// Work that runs on the runtime.
pub(super) struct Pending<T> {
    result: Receiver<T>,
    task: AbortHandle,
}

impl<T> Pending<T> {
    pub(super) fn wait(&self, cancel: &CancelToken) -> Result<T> {
        loop {
            match self.result.recv_timeout(CHECK_EVERY) {
                Ok(result) => return Ok(result),
                Err(RecvTimeoutError::Timeout) => cancel.check()?,
                Err(RecvTimeoutError::Disconnected) => {
                    let message = "expected a request to an object store to end in order, found a \
                                   panic: this is a defect, please report it";
                    return Err(Error::new(ErrorKind::Internal, message));
                }
            }
        }
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Two threads: they move bytes and wait, all work on rows is done elsewhere.
const RUNTIME_THREADS: usize = 2;

fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<std::io::Result<Runtime>> = OnceLock::new();
    let start = || {
        Builder::new_multi_thread()
            .worker_threads(RUNTIME_THREADS)
            .thread_name("ndjson-parquet-store")
            .enable_all()
            .build()
    };
    RUNTIME.get_or_init(start).as_ref().map_err(|error| {
        let message = format!("could not start the threads that talk to object stores: {error}");
        Error::new(ErrorKind::Source, message)
    })
}

/// What one conversion allows its objects: how long to go on, and how far to read ahead.
#[derive(Clone)]
pub(crate) struct Access {
    pub(super) cancel: CancelToken,
    pub(super) budget: Budget,
    pub(super) block_bytes: u64,
}

impl Access {
    /// Reads ahead by some `ahead_bytes`, of all objects together.
    pub(crate) fn new(cancel: CancelToken, ahead_bytes: u64) -> Self {
        let block_bytes = (ahead_bytes / 4).clamp(MIN_BLOCK_BYTES, MAX_BLOCK_BYTES);
        let blocks = ahead_bytes / block_bytes;
        Self { cancel, budget: Budget(Arc::new(AtomicU64::new(blocks))), block_bytes }
    }
}

impl Default for Access {
    fn default() -> Self {
        Self::new(CancelToken::new(), AHEAD_BYTES)
    }
}

/// What an [`Access`] reads ahead where no converter has a say.
pub(crate) const AHEAD_BYTES: u64 = 16 << 20;
/// A request takes some 30 ms to the first byte, in which a connection gives 2 or 3 MiB.
const MAX_BLOCK_BYTES: u64 = 4 << 20;
const MIN_BLOCK_BYTES: u64 = 1 << 20;

/// Blocks that may yet be asked for ahead of their readers.
#[derive(Clone)]
pub(super) struct Budget(Arc<AtomicU64>);

impl Budget {
    pub(super) fn take(&self) -> Option<Permit> {
        let taken =
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        taken.ok().map(|_| Permit(self.clone()))
    }
}

/// One block of a [`Budget`]; dropping it gives it back.
pub(super) struct Permit(Budget);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::Relaxed);
    }
}
