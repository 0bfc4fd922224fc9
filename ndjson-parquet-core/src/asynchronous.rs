//! The asynchronous API: futures and a stream over the engine, which runs on threads of its own.
//!
//! Nothing here blocks the caller's runtime, and any runtime will do.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use futures_util::Stream;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use crate::converter::{Converter, DEFAULT_MEMORY_LIMIT, Inference};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::CancelToken;
use crate::reader_builder::ReaderBuilder;
use crate::sink::Sink;
use crate::source::{Inflation, Source, expand};
use crate::store::{AHEAD_BYTES, Access};
use crate::summary::Summary;

impl Converter {
    /// [`Converter::convert`] as a future. Dropped before its end it stops the conversion, and nothing
    /// of the output appears.
    ///
    /// ```
    /// use ndjson_parquet_core::{Converter, Sink, Source};
    ///
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    /// # runtime.block_on(async {
    /// let source = Source::bytes("inline", "{\"id\":1}\n");
    /// let sink = Sink::at("memory:///async/a.parquet")?;
    /// let summary = Converter::new().convert_async(vec![source], sink).await?;
    /// assert_eq!(summary.balance.rows, 1);
    /// # Ok::<(), ndjson_parquet_core::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn convert_async(
        &self,
        sources: Vec<Source>,
        sink: Sink,
    ) -> impl Future<Output = Result<Summary>> + Send + use<> {
        self.on_thread(Box::new(|converter| converter.convert(sources, sink)))
    }

    /// [`Converter::infer`] as a future. Dropped before its end it stops the work.
    pub fn infer_async(
        &self,
        sources: Vec<Source>,
    ) -> impl Future<Output = Result<Inference>> + Send + use<> {
        self.on_thread(Box::new(|converter| converter.infer(sources)))
    }

    fn on_thread<T: Send + 'static>(
        &self,
        work: Work<T>,
    ) -> impl Future<Output = Result<T>> + Send + use<T> {
        // Dropping the future must not cancel what else the caller's token belongs to.
        let cancel = self.cancel.child();
        let converter = self.clone().with_cancel(cancel.clone());
        async move {
            let _guard = CancelOnDrop(cancel);
            run_on_thread(move || work(&converter)).await
        }
    }
}

/// What a converter does on a thread. Boxed, so that the future's type says nothing of it.
type Work<T> = Box<dyn FnOnce(&Converter) -> Result<T> + Send>;

/// [`expand()`] as a future, for inputs whose listing takes requests.
pub fn expand_async<I>(inputs: I) -> BoxFuture<'static, Result<Vec<Source>>>
where
    I: IntoIterator,
    I::Item: AsRef<std::ffi::OsStr>,
{
    let inputs: Vec<_> = inputs.into_iter().map(|input| input.as_ref().to_owned()).collect();
    Box::pin(run_on_thread(move || expand(inputs)))
}

async fn run_on_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let (sender, result) = oneshot::channel();
    start(move || {
        // Nobody waits any more if this fails.
        let _ = sender.send(work());
    })?;
    let panicked = |_| {
        let message = "the work panicked: this is a defect, please report it";
        Err(Error::new(ErrorKind::Internal, message))
    };
    result.await.unwrap_or_else(panicked)
}

fn start(work: impl FnOnce() + Send + 'static) -> Result<()> {
    let started = thread::Builder::new().name("ndjson-parquet".to_owned()).spawn(work);
    started.map(drop).map_err(|error| {
        Error::new(ErrorKind::Internal, "could not start a thread").with_cause(error)
    })
}

struct CancelOnDrop(CancelToken);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Record batches of sources, compressed or not, as a [`Stream`]; see
/// [`ReaderBuilder::build_stream`].
///
/// After an error there are no more batches. Memory: as [`Decoder`](crate::Decoder), what a source in
/// a store reads ahead, and [`BATCHES_AHEAD`] batches that wait.
pub struct RecordBatchStream {
    schema: SchemaRef,
    batches: mpsc::Receiver<Result<RecordBatch>>,
    _guard: CancelOnDrop,
}

/// Batches that a [`RecordBatchStream`] decodes ahead of its consumer.
pub const BATCHES_AHEAD: usize = 2;

impl RecordBatchStream {
    /// The schema of all batches.
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

impl Stream for RecordBatchStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.batches.poll_recv(context)
    }
}

impl ReaderBuilder {
    /// A stream of the batches of `sources`, in order, decoded on a thread of its own.
    ///
    /// Lines cannot be put into quarantine, since nobody takes them from a stream.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow_schema::{DataType, Field, Schema};
    /// use futures_util::TryStreamExt;
    /// use ndjson_parquet_core::{ReaderBuilder, Source};
    ///
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    /// # runtime.block_on(async {
    /// let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, true)]));
    /// let source = Source::bytes("inline", "{\"id\":1}\n{\"id\":2}\n");
    /// let mut batches = ReaderBuilder::new(schema).build_stream(vec![source])?;
    /// let batch = batches.try_next().await?.expect("one batch");
    /// assert_eq!(batch.num_rows(), 2);
    /// # Ok::<(), ndjson_parquet_core::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn build_stream(self, sources: Vec<Source>) -> Result<RecordBatchStream> {
        if self.on_error == crate::OnError::Quarantine {
            let message = "expected `error` or `skip` for the bad lines of a stream, found \
                           `quarantine`: use `Converter` or `Reader`";
            return Err(Error::new(ErrorKind::Schema, message));
        }
        let schema = self.clone().build_decoder()?.schema();
        let cancel = CancelToken::new();
        let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
        let token = cancel.clone();
        start(move || {
            let read =
                sources.into_iter().try_for_each(|source| self.read(source, &token, &sender));
            if let Err(Ended::Failed(error)) = read {
                let _ = sender.blocking_send(Err(error));
            }
        })?;
        Ok(RecordBatchStream { schema, batches, _guard: CancelOnDrop(cancel) })
    }

    fn read(
        &self,
        source: Source,
        cancel: &CancelToken,
        batches: &mpsc::Sender<Result<RecordBatch>>,
    ) -> Result<(), Ended> {
        let source = source.with_access(&Access::new(cancel.clone(), AHEAD_BYTES));
        let text = source.open(Inflation::serial_within(DEFAULT_MEMORY_LIMIT))?.into_reader();
        let mut reader = self.clone().with_source_name(source.name()).build(text)?;
        while let Some(batch) = reader.read_batch()? {
            batches.blocking_send(Ok(batch)).map_err(|_| Ended::Dropped)?;
        }
        Ok(())
    }
}

/// Why a stream has no more batches before its end.
enum Ended {
    Failed(Error),
    /// Nobody reads it any more.
    Dropped,
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}
