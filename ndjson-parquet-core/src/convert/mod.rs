//! The engine behind [`Converter`]: chooses a schema, runs passes over the input, publishes.
//!
//! [`feed`] cuts the sources into units, [`pass`] runs workers over them, [`text`] reads a unit as
//! blocks of lines, [`work`] decodes and encodes them, [`ledger`] keeps the books in the order of the
//! input, [`output`] writes the files. [`schema`] and [`learn`] find the schema. Rows of partitions wait in
//! the order of the input until all are there; then [`gather`] encodes them.

pub(crate) mod check;
mod feed;
mod finish;
pub(crate) mod footer;
mod gather;
mod learn;
mod ledger;
mod output;
mod pass;
mod rejects;
mod rows;
mod schema;
mod sketch;
#[cfg(feature = "object_store")]
pub(crate) mod stores;
mod text;
mod timeline;
mod work;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use arrow_schema::{Schema, SchemaRef};

use crate::converter::{Converter, DEFAULT_MEMORY_LIMIT, DEFAULT_MEMORY_PER_THREAD, Inference};
use crate::decode::block::{BlockDecoder, DecodeOptions};
use crate::encode::EncoderFactory;
use crate::error::{Error, ErrorKind, Result};
use crate::lines::LineBlocksOptions;
use crate::options::{OnError, TypeConflicts};
use crate::partition::{Layout, PartitionIndex, Spool};
use crate::plan::{Plan, PlannedSource};
use crate::progress::{Meter, Stage};
use crate::sink::{Sink, StagedOutput};
use crate::sketches::SchemaSketch;
use crate::source::{Fault, Inflation, STDIN_NAME, Source};
use crate::summary::Summary;
use finish::close_books;
use footer::{Footer, Settings};
pub(crate) use ledger::balance;
use ledger::{Ledger, RejectLimits};
use output::Output;
use pass::Pass;
use rejects::RejectFile;
use rows::{Destination, Gathered};
pub(crate) use schema::open_text;
use schema::{Choice, choose_schema, infer_schema, spool_sources};
use timeline::Timeline;
use work::{GroupLimits, Job, Results, StageSeconds, Worker};

/// Most rows of a batch; bytes usually end it sooner.
const BATCH_ROWS: usize = 1 << 16;
/// Bytes of NDJSON in a batch. What a batch costs each column, whatever its rows, weighs more here than
/// in a reader, whose caller has the batch in the cache: `github` and `wide` took 3 to 5 % longer with 1
/// MiB, and as long with 4 MiB.
const BATCH_BYTES: usize = 2 << 20;
/// Most slots of a batch, rows times columns: a row without fields takes memory in every column.
const BATCH_SLOTS: usize = 1 << 20;
/// Memory that everything but row groups takes: blocks, batches, buffers, the program.
const BASE_MEMORY: u64 = 48 << 20;
/// Memory of a worker besides its row group: a batch and what encoding it needs.
const WORKER_MEMORY: u64 = 16 << 20;
/// Most memory of a row group under construction.
const GROUP_MEMORY: u64 = 32 << 20;

/// Converts `sources` into `sink`; see [`Converter::convert`].
pub(crate) fn run(converter: &Converter, sources: Vec<Source>, sink: Sink) -> Result<Summary> {
    let begun = Instant::now();
    check_options(converter, &sources, &sink)?;
    converter.cancel.check()?;
    // Fails before anything is read if the output cannot be made.
    #[cfg(feature = "object_store")]
    let (sources, sink) =
        (stores::attach(converter, sources), stores::attach_sink(converter, sink));
    let mut stage = Stager::new(sink);
    stage.begin()?;
    let sources = with_indexes(converter, spool_sources(converter, sources)?)?;
    let threads = pass(converter, &sources, stage.uploads).workers;
    tracing::info!(sources = sources.len(), threads, "a conversion begins");
    let mut choice = choose_schema(converter, &sources, stage.can_begin_again())?;
    tracing::info!(
        columns = choice.schema.fields().len(),
        last = choice.is_final,
        "a schema is chosen"
    );
    let mut infer_seconds = begun.elapsed().as_secs_f64();
    let mut restarts = 0;
    let mut summary = loop {
        let timeline = Timeline::new(begun);
        let attempt = convert_once(converter, &sources, &mut stage, &choice, timeline);
        match attempt {
            Err(error) if error.kind() == ErrorKind::Misfit && !choice.is_final => {
                restarts += 1;
                // Not the error: it holds a part of the line.
                let line = error.position().map(|position| position.line);
                tracing::info!(line, "a line does not fit the schema of the sample; all is read");
                let again = Instant::now();
                choice = infer_schema(converter, &sources, choice.sketch.as_ref())?;
                infer_seconds += again.elapsed().as_secs_f64();
            }
            Err(error) if error.kind() == ErrorKind::Misfit => {
                let message = format!("the inferred schema does not fit its own input: {error}");
                return Err(Error::new(ErrorKind::Internal, message));
            }
            other => break other?,
        }
    };
    summary.restarts = restarts;
    summary.seconds.infer = infer_seconds;
    summary.seconds.total = begun.elapsed().as_secs_f64();
    Ok(summary)
}

/// The schema of all of `sources`; see [`Converter::infer`].
pub(crate) fn infer(converter: &Converter, sources: Vec<Source>) -> Result<Inference> {
    #[cfg(feature = "object_store")]
    let sources = stores::attach(converter, sources);
    schema::infer_only(converter, &with_indexes(converter, sources)?)
}

/// What inference learns of `sources`; see [`Converter::sketch`].
pub(crate) fn sketch(converter: &Converter, sources: Vec<Source>) -> Result<SchemaSketch> {
    #[cfg(feature = "object_store")]
    let sources = stores::attach(converter, sources);
    sketch::sketch_sources(converter, &sources)
}

/// The schema of what `sketch` is of; see [`SchemaSketch::schema`].
pub(crate) fn schema_of_sketch(converter: &Converter, sketch: &SchemaSketch) -> Result<SchemaRef> {
    schema::schema_of_sketch(converter, sketch)
}

/// What a conversion would do; see [`Converter::plan`].
pub(crate) fn plan(converter: &Converter, sources: Vec<Source>, sink: &Sink) -> Result<Plan> {
    check_options(converter, &sources, sink)?;
    #[cfg(feature = "object_store")]
    let sources = stores::attach(converter, sources);
    if let Some(sink) = sink.try_clone() {
        // Dropped at once, so that what would fail fails now and nothing stays behind.
        drop(StagedOutput::begin(sink)?);
    }
    let planned = |source: &Source| {
        let codec = if source.is_rereadable() { Some(source.codec()?) } else { None };
        Ok(PlannedSource { name: source.name().to_owned(), codec, bytes: source.plain_size() })
    };
    let planned: Vec<PlannedSource> = sources.iter().map(planned).collect::<Result<_>>()?;
    let choice = choose_schema(converter, &sources, sink.target().is_some())?;
    if choice.is_final {
        // What the options say of columns, against the schema.
        let layout = layout(converter, &choice.schema)?;
        let stored = layout.map_or_else(|| Arc::clone(&choice.schema), |layout| layout.stored);
        EncoderFactory::new(stored, &converter.parquet)?;
    }
    Ok(Plan {
        bytes: planned.iter().map(|source| source.bytes).sum(),
        sources: planned,
        schema: choice.schema,
        schema_is_final: choice.is_final,
        threads: pass(converter, &sources, sink.is_in_store()).workers,
        memory_limit: memory_limit(converter),
    })
}

fn check_options(converter: &Converter, sources: &[Source], sink: &Sink) -> Result<()> {
    let fail = |message: &str| Err(Error::new(ErrorKind::Schema, message));
    if sources.is_empty() {
        return fail("expected at least one source, found none");
    }
    if sources.iter().filter(|source| source.name() == STDIN_NAME).count() > 1 {
        return fail("expected standard input at most once, found it again: it can be read once");
    }
    if converter.target_file_bytes.is_some() && sink.is_one_file() {
        return fail("expected a directory as output for files of a target size, found one file");
    }
    if !converter.partitioning.is_empty() && sink.is_one_file() {
        return fail("expected a directory as output for partitions, found one file");
    }
    let quarantines = converter.on_error == OnError::Quarantine
        || converter.policies().conflicts == TypeConflicts::Quarantine;
    if quarantines && converter.rejects.is_none() {
        return fail("expected a path for the quarantine file, found none");
    }
    check_paths(converter, sources, sink)
}

/// Refuses to write over a source, or the output over the quarantine file: with `--overwrite` that
/// would destroy what cannot be made again.
fn check_paths(converter: &Converter, sources: &[Source], sink: &Sink) -> Result<()> {
    let output = sink.target().as_deref().map(resolved);
    let rejects = rejects_sink(converter, false)?.and_then(|sink| sink.target());
    let rejects = rejects.as_deref().map(resolved);
    if output.is_some() && output == rejects {
        let message = "expected different paths for the output and the quarantine file, found one";
        return Err(Error::new(ErrorKind::Schema, message));
    }
    if output.is_none() && rejects.is_none() {
        return Ok(());
    }
    for source in sources {
        let file = source.place().as_deref().map(resolved);
        if file.is_some() && (file == output || file == rejects) {
            let message = format!("{}: expected a path to write to, found a source", source.name());
            return Err(Error::new(ErrorKind::Schema, message));
        }
    }
    Ok(())
}

/// Where rejected lines go.
fn rejects_sink(converter: &Converter, overwrite: bool) -> Result<Option<Sink>> {
    let Some(path) = &converter.rejects else { return Ok(None) };
    Ok(Some(Sink::file_at(path.as_os_str())?.with_overwrite(overwrite)))
}

/// `path` without links, as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    let whole = std::fs::canonicalize(path);
    whole.unwrap_or_else(|_| match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => {
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            std::fs::canonicalize(parent).map_or_else(|_| path.to_owned(), |p| p.join(name))
        }
        _ => path.to_owned(),
    })
}

/// Stages the output, anew for each attempt.
struct Stager {
    sink: Option<Sink>,
    staged: Option<StagedOutput>,
    overwrite: bool,
    /// Whether the output is uploaded, which takes memory.
    uploads: bool,
}

impl Stager {
    fn new(sink: Sink) -> Self {
        let uploads = sink.is_in_store();
        Self { sink: Some(sink), staged: None, overwrite: false, uploads }
    }

    /// Whether an attempt that failed can be followed by another: not when its output went to a
    /// writer of the caller's.
    fn can_begin_again(&self) -> bool {
        self.sink.is_some()
    }

    fn begin(&mut self) -> Result<()> {
        if let Some(sink) = self.sink.take() {
            self.overwrite = sink.overwrites();
            self.sink = sink.try_clone();
            self.staged = Some(StagedOutput::begin(sink)?);
        }
        Ok(())
    }

    /// The staged output, for one attempt.
    fn take(&mut self) -> Result<StagedOutput> {
        if self.staged.is_none() {
            self.begin()?;
        }
        let message = "a second attempt was made at an output that allows one";
        self.staged.take().ok_or_else(|| Error::new(ErrorKind::Internal, message))
    }
}

/// One attempt: decodes all sources into `choice.schema`. Fails with [`ErrorKind::Misfit`] at a line
/// that needs a wider schema.
fn convert_once(
    converter: &Converter,
    sources: &[Source],
    stage: &mut Stager,
    choice: &Choice,
    timeline: Timeline,
) -> Result<Summary> {
    let staged = stage.take()?;
    let mut rejects =
        rejects_sink(converter, stage.overwrite)?.map(RejectFile::create).transpose()?;
    if let (Some(rejects), Some(replayed)) = (&mut rejects, &converter.replayed) {
        rejects.write_rows(&replayed.rows_without_text)?;
    }
    let layout = layout(converter, &choice.schema)?;
    let stored = layout.as_ref().map_or(&choice.schema, |layout| &layout.stored);
    let factory = Arc::new(EncoderFactory::new(Arc::clone(stored), &converter.parquet)?);
    let settings = Settings::of(converter, choice.sketch.is_some(), choice.rescue.is_some());
    let replay = converter.replayed.as_ref().map(|replayed| &replayed.origin);
    let partitions = layout.as_ref().map(Layout::to_stored);
    let footer = Footer::new(&settings, sources, replay, partitions.as_ref())?;
    let decoder = || {
        let options = decode_options(converter, &choice.schema)?;
        let schema = Arc::clone(&choice.schema);
        BlockDecoder::new(schema, choice.rescue, choice.sketch.as_ref(), options)
    };
    let limits = RejectLimits { lines: converter.max_rejects, ratio: converter.max_reject_ratio };
    let output = Output::new(staged, Arc::clone(&factory), footer, converter.target_file_bytes);
    let group_limits = group_limits(converter);
    let results = Results {
        ledger: Ledger::new(sources, decoder()?.columns(), limits, rejects),
        destination: destination(converter, output, layout),
        seconds: StageSeconds::default(),
        timeline,
    };
    let job = Job {
        sources,
        blocks: block_options(converter),
        limits: group_limits,
        meter: meter(converter, sources, Stage::Convert),
        cancel: &converter.cancel,
    };
    let collectors = results.destination.collectors(&factory, group_limits.memory);
    let worker = || Ok(Worker::new(&job, decoder()?, collectors.collector()?));
    let pass = pass(converter, sources, stage.uploads);
    let (results, sizes) =
        pass.run(results, worker, |worker, unit, order| worker.work(unit, order))?;
    converter.cancel.check()?;
    let books = close_books(results, sources, &sizes)?;
    let mut written = books.write(converter, &factory, pass.workers)?;
    written.make_durable(&|| converter.cancel.check())?;
    converter.cancel.check()?;
    written.publish(sources, stage.overwrite)
}

/// How rows of `schema` are divided into partitions, if they are.
fn layout(converter: &Converter, schema: &Schema) -> Result<Option<Layout>> {
    let partitioning = &converter.partitioning;
    (!partitioning.is_empty()).then(|| Layout::new(partitioning, schema)).transpose()
}

/// Where rows go: to `output`, or to partitions that are made files of in the end.
fn destination(converter: &Converter, output: Output, layout: Option<Layout>) -> Destination {
    let Some(layout) = layout.map(Arc::new) else { return Destination::Files(output) };
    // The temporary files lie in the hidden directory of the output, if it has one, and have no name
    // there. What they may have of memory is what is left of the smallest limit.
    let memory = memory_limit(converter) as usize / 32;
    let folder = output.folder();
    let spool = Spool::new(Arc::clone(&layout.stored), folder, memory);
    let index = PartitionIndex::new(layout, folder, memory / 4);
    Destination::Partitions(Gathered { spool: Arc::new(spool), index, output, empty_as_null: 0 })
}

/// How to go over `sources`; `uploads` says whether what comes of them is uploaded meanwhile.
fn pass<'a>(converter: &'a Converter, sources: &'a [Source], uploads: bool) -> Pass<'a> {
    let limit = memory_limit(converter);
    let group = group_limits(converter).memory as u64 + WORKER_MEMORY;
    #[cfg(feature = "object_store")]
    let base = BASE_MEMORY + stores::memory(converter, sources, uploads);
    #[cfg(not(feature = "object_store"))]
    let (base, _) = (BASE_MEMORY, uploads);
    let permits = (limit.saturating_sub(base) / group).max(1);
    Pass {
        sources,
        inflation: inflation(converter),
        unit_bytes: converter.parquet.row_group_bytes(),
        // Chunks are of 1 MiB; those of two units may wait at a time.
        chunks_ahead: ((limit / 16) >> 20) as usize,
        workers: converter.thread_count().min(permits as usize),
        cancel: &converter.cancel,
    }
}

/// `sources`, gzip files among them with an index if the converter says so.
pub(crate) fn with_indexes(converter: &Converter, sources: Vec<Source>) -> Result<Vec<Source>> {
    if !converter.gzip_index {
        return Ok(sources);
    }
    let check = || match converter.cancel.is_cancelled() {
        true => Err(Fault::new(ErrorKind::Cancelled, "the work was cancelled").into()),
        false => Ok(()),
    };
    let indexed = sources.into_iter();
    indexed.map(|source| source.with_gzip_index(converter.inflate, &check)).collect()
}

fn inflation(converter: &Converter) -> Inflation {
    // Two threads that decode and encode hardly keep up with one that inflates: more of those cost
    // 10 to 50 % of CPU time there and gained nothing by the clock.
    let threads = converter.thread_count();
    Inflation {
        limits: converter.inflate,
        threads: if threads > 2 { threads } else { 1 },
        memory: memory_limit(converter),
    }
}

fn memory_limit(converter: &Converter) -> u64 {
    let more_threads = converter.thread_count().saturating_sub(2) as u64;
    let usual = DEFAULT_MEMORY_LIMIT + more_threads * DEFAULT_MEMORY_PER_THREAD;
    converter.memory_limit.unwrap_or(usual)
}

/// Not a function of the number of threads, on which the output must not depend.
fn group_limits(converter: &Converter) -> GroupLimits {
    let limit = converter.memory_limit.unwrap_or(DEFAULT_MEMORY_LIMIT);
    GroupLimits {
        rows: converter.parquet.row_group_rows(),
        memory: GROUP_MEMORY.min(limit / 5) as usize,
    }
}

fn block_options(converter: &Converter) -> LineBlocksOptions {
    LineBlocksOptions { max_line_bytes: converter.max_line_bytes, ..LineBlocksOptions::default() }
}

pub(crate) fn decode_options(converter: &Converter, schema: &Schema) -> Result<DecodeOptions> {
    let columns = schema.flattened_fields().len().max(1);
    Ok(DecodeOptions {
        kernel: converter.kernel.detect()?,
        policies: converter.policies(),
        on_error: converter.on_error,
        max_line_bytes: converter.max_line_bytes,
        batch_rows: BATCH_ROWS.min(BATCH_SLOTS / columns).max(1),
        batch_bytes: BATCH_BYTES,
    })
}

/// Knows the total only where it is asked for, and no source hides its size.
fn meter(converter: &Converter, sources: &[Source], stage: Stage) -> Meter {
    let callback = converter.progress.clone();
    let total = callback.as_ref().and_then(|_| sources.iter().map(Source::plain_size).sum());
    Meter::new(stage, total, callback)
}
