//! Watching and stopping work that runs: progress reports and cancellation.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// How far a conversion or an inference has come.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use ndjson_parquet_core::{Converter, Progress, Sink, Source};
///
/// let rows = Arc::new(AtomicU64::new(0));
/// let seen = Arc::clone(&rows);
/// let source = Source::bytes("inline", "{\"a\":1}\n{\"a\":2}\n");
/// Converter::new()
///     .with_progress(move |progress: &Progress| seen.store(progress.rows, Ordering::Relaxed))
///     .convert(vec![source], Sink::writer("memory", std::io::sink()))?;
/// assert_eq!(rows.load(Ordering::Relaxed), 2);
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Bytes of (decompressed) input worked through in this stage.
    pub bytes: u64,
    /// Bytes there are in all; `None` while a compressed or piped source hides it.
    pub total_bytes: Option<u64>,
    /// Rows decoded.
    pub rows: u64,
}

/// What a [`Progress`] is about.
///
/// ```
/// use ndjson_parquet_core::Stage;
///
/// fn title(stage: Stage) -> &'static str {
///     match stage {
///         Stage::Infer => "inferring the schema",
///         Stage::Verify => "comparing",
///         _ => "converting",
///     }
/// }
/// assert_eq!(title(Stage::Convert), "converting");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Reading all of the input for its schema.
    Infer,
    /// Writing Parquet.
    Convert,
    /// Comparing input and output.
    Verify,
}

/// Stops work from another thread: clone it, hand one to the work, call [`cancel`](Self::cancel).
///
/// ```
/// use ndjson_parquet_core::{CancelToken, Converter, ErrorKind, Sink, Source};
///
/// let token = CancelToken::new();
/// token.cancel();
/// let sink = Sink::writer("memory", std::io::sink());
/// let error = Converter::new()
///     .with_cancel(token)
///     .convert(vec![Source::bytes("inline", "{\"a\":1}\n")], sink)
///     .unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Cancelled);
/// ```
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<Flag>);

#[derive(Debug, Default)]
struct Flag {
    cancelled: AtomicBool,
    /// Cancelling it cancels this one too.
    parent: Option<CancelToken>,
}

impl CancelToken {
    /// A token that does not cancel yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the work stop within milliseconds, leaving nothing behind.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
    }

    /// A token that this one cancels, but that does not cancel this one.
    #[cfg(feature = "object_store")]
    pub(crate) fn child(&self) -> Self {
        Self(Arc::new(Flag { cancelled: AtomicBool::new(false), parent: Some(self.clone()) }))
    }

    /// Whether [`cancel`](Self::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Relaxed)
            || self.0.parent.as_ref().is_some_and(Self::is_cancelled)
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.is_cancelled() {
            return Err(Error::new(ErrorKind::Cancelled, "the work was cancelled"));
        }
        Ok(())
    }
}

/// What a caller wants to be told.
pub(crate) type ProgressCallback = Arc<dyn Fn(&Progress) + Send + Sync>;

/// Counts what threads did and tells the caller.
pub(crate) struct Meter {
    stage: Stage,
    bytes: AtomicU64,
    rows: AtomicU64,
    total_bytes: Option<u64>,
    callback: Option<ProgressCallback>,
}

impl Meter {
    pub(crate) fn new(
        stage: Stage,
        total_bytes: Option<u64>,
        callback: Option<ProgressCallback>,
    ) -> Self {
        Self { stage, bytes: AtomicU64::new(0), rows: AtomicU64::new(0), total_bytes, callback }
    }

    /// Adds what a thread did since its last call.
    pub(crate) fn add(&self, bytes: u64, rows: u64) {
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let rows = self.rows.fetch_add(rows, Ordering::Relaxed) + rows;
        if let Some(callback) = &self.callback {
            callback(&Progress { stage: self.stage, bytes, total_bytes: self.total_bytes, rows });
        }
    }
}
