//! [`Converter`]: the options of a conversion and its entry points.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_schema::SchemaRef;

use crate::decode::policies::Policies;
use crate::encode::ParquetOptions;
use crate::error::Result;
use crate::options::*;
use crate::partition::Partitioning;
use crate::plan::Plan;
use crate::profile::ReaderProfile;
use crate::progress::{CancelToken, Progress, ProgressCallback};
use crate::reader_builder::MAX_MAX_LINE_BYTES;
use crate::replay::Rejected;
use crate::schema::Hints;
use crate::simd::KernelChoice;
use crate::sink::Sink;
use crate::sketches::SchemaSketch;
use crate::source::{InflateLimits, Source};
use crate::summary::Summary;

/// Converts NDJSON to Parquet and accounts for every line.
///
/// Options are set by value; each has a default. The output depends on the input and the options,
/// never on the number of threads or on how reads arrive.
///
/// Memory: bounded by [`with_memory_limit`](Self::with_memory_limit), whatever the size of the
/// input; one line may take up to `max_line_bytes` several times over.
///
/// ```no_run
/// use ndjson_parquet_core::{Converter, Hints, OnError, Sink, Source};
///
/// let summary = Converter::new()
///     .with_hints(Hints::new().with_hint("user.id=int64")?)
///     .with_on_error(OnError::Quarantine)
///     .with_rejects("events.rejects.ndjson")
///     .convert(Source::expand("logs/*.ndjson.gz")?, Sink::path("events.parquet"))?;
/// println!("{} rows, {} rejected", summary.balance.rows, summary.balance.rejected);
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Converter {
    pub(crate) schema: Option<SchemaRef>,
    pub(crate) hints: Arc<Hints>,
    pub(crate) profile: Option<ReaderProfile>,
    pub(crate) infer_temporal: bool,
    pub(crate) sample_bytes: u64,
    pub(crate) unknown: Option<UnknownFields>,
    pub(crate) conflicts: Option<TypeConflicts>,
    pub(crate) duplicates: DuplicateKeys,
    pub(crate) truncate_timestamps: bool,
    pub(crate) on_error: OnError,
    pub(crate) max_rejects: Option<u64>,
    pub(crate) max_reject_ratio: Option<f64>,
    pub(crate) rejects: Option<PathBuf>,
    pub(crate) sketch_dir: Option<PathBuf>,
    /// The quarantine file whose lines are converted.
    pub(crate) replayed: Option<Arc<Rejected>>,
    pub(crate) max_line_bytes: usize,
    pub(crate) max_depth: usize,
    pub(crate) max_columns: usize,
    pub(crate) inflate: InflateLimits,
    pub(crate) gzip_index: bool,
    pub(crate) parquet: ParquetOptions,
    pub(crate) target_file_bytes: Option<u64>,
    pub(crate) partitioning: Partitioning,
    pub(crate) threads: Option<NonZeroUsize>,
    pub(crate) memory_limit: Option<u64>,
    pub(crate) kernel: KernelChoice,
    pub(crate) progress: Option<ProgressCallback>,
    pub(crate) cancel: CancelToken,
}

/// Default of [`Converter::with_sample_bytes`]: 4 MiB are inferred in milliseconds and hold a few
/// thousand rows of any usual width.
pub const DEFAULT_SAMPLE_BYTES: u64 = 4 << 20;
/// Default of [`Converter::with_memory_limit`] up to two threads: 256 MiB.
pub const DEFAULT_MEMORY_LIMIT: u64 = 256 << 20;
/// What each thread beyond two adds to the default memory limit: 96 MiB.
pub const DEFAULT_MEMORY_PER_THREAD: u64 = 96 << 20;
/// The least memory limit that can be kept.
pub const MIN_MEMORY_LIMIT: u64 = 96 << 20;

impl Default for Converter {
    fn default() -> Self {
        Self::new()
    }
}

impl Converter {
    /// A converter with the default options: the schema is inferred, the first bad line stops it.
    pub fn new() -> Self {
        Self {
            schema: None,
            hints: Arc::default(),
            profile: None,
            infer_temporal: true,
            sample_bytes: DEFAULT_SAMPLE_BYTES,
            unknown: None,
            conflicts: None,
            duplicates: DuplicateKeys::default(),
            truncate_timestamps: false,
            on_error: OnError::default(),
            max_rejects: None,
            max_reject_ratio: None,
            rejects: None,
            sketch_dir: None,
            replayed: None,
            max_line_bytes: DEFAULT_MAX_LINE_BYTES,
            max_depth: DEFAULT_MAX_DEPTH,
            max_columns: DEFAULT_MAX_COLUMNS,
            inflate: InflateLimits::default(),
            gzip_index: false,
            parquet: ParquetOptions::new(),
            target_file_bytes: None,
            partitioning: Partitioning::new(),
            threads: None,
            memory_limit: None,
            kernel: KernelChoice::default(),
            progress: None,
            cancel: CancelToken::new(),
        }
    }

    /// Decodes into `schema` instead of inferring one. Hints are applied to it.
    #[must_use]
    pub fn with_schema(mut self, schema: SchemaRef) -> Self {
        self.schema = Some(schema);
        self
    }

    /// Types for some paths; the rest is inferred, or as in the given schema.
    #[must_use]
    pub fn with_hints(mut self, hints: Hints) -> Self {
        self.hints = Arc::new(hints);
        self
    }

    /// Gives columns types that this reader takes in place of those that it does not, whether they
    /// were inferred, hinted or given, and fails where none holds the same values or where it does
    /// not take a name (any reader). See [`ReaderProfile::adapt`].
    #[must_use]
    pub fn with_profile(mut self, profile: ReaderProfile) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Whether inference types strings that are all dates or timestamps as such (true).
    #[must_use]
    pub fn with_infer_temporal(mut self, infer: bool) -> Self {
        self.infer_temporal = infer;
        self
    }

    /// Bytes of (decompressed) input from which the first schema is inferred
    /// ([`DEFAULT_SAMPLE_BYTES`]). The result does not depend on it where the policies are widen and
    /// evolve: a line that does not fit makes the conversion read everything and begin anew.
    #[must_use]
    pub fn with_sample_bytes(mut self, bytes: u64) -> Self {
        self.sample_bytes = bytes.max(1);
        self
    }

    /// What to do with fields that the schema does not have ([`UnknownFields::Evolve`] with an
    /// inferred schema, [`UnknownFields::Rescue`] with a given one).
    #[must_use]
    pub fn with_unknown_fields(mut self, unknown: UnknownFields) -> Self {
        self.unknown = Some(unknown);
        self
    }

    /// What to do with values that do not fit their column ([`TypeConflicts::Widen`] with an
    /// inferred schema, [`TypeConflicts::Rescue`] with a given one).
    #[must_use]
    pub fn with_type_conflicts(mut self, conflicts: TypeConflicts) -> Self {
        self.conflicts = Some(conflicts);
        self
    }

    /// What to do with a key that an object has twice ([`DuplicateKeys::Last`]).
    #[must_use]
    pub fn with_duplicate_keys(mut self, duplicates: DuplicateKeys) -> Self {
        self.duplicates = duplicates;
        self
    }

    /// Cuts timestamps to the unit of their column instead of treating finer ones as a conflict.
    #[must_use]
    pub fn with_truncate_timestamps(mut self, truncate: bool) -> Self {
        self.truncate_timestamps = truncate;
        self
    }

    /// What to do with bad lines ([`OnError::Error`]).
    #[must_use]
    pub fn with_on_error(mut self, on_error: OnError) -> Self {
        self.on_error = on_error;
        self
    }

    /// Fails when more lines than this are rejected (no limit).
    #[must_use]
    pub fn with_max_rejects(mut self, lines: u64) -> Self {
        self.max_rejects = Some(lines);
        self
    }

    /// Fails when a larger share of the lines that are not blank is rejected (no limit); checked at
    /// the end, before anything is published.
    #[must_use]
    pub fn with_max_reject_ratio(mut self, ratio: f64) -> Self {
        self.max_reject_ratio = Some(ratio);
        self
    }

    /// The quarantine file, as a path or a URL; needed where a policy says quarantine.
    #[must_use]
    pub fn with_rejects(mut self, path: impl Into<PathBuf>) -> Self {
        self.rejects = Some(path.into());
        self
    }

    /// A directory in which [`sketch`](Self::sketch) keeps what it learnt of each source (none). It is
    /// made where there is none.
    #[must_use]
    pub fn with_sketch_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.sketch_dir = Some(path.into());
        self
    }

    /// Longest line in bytes ([`DEFAULT_MAX_LINE_BYTES`]), at most
    /// [`MAX_MAX_LINE_BYTES`].
    #[must_use]
    pub fn with_max_line_bytes(mut self, bytes: usize) -> Self {
        self.max_line_bytes = bytes.clamp(1, MAX_MAX_LINE_BYTES);
        self
    }

    /// Deepest nesting ([`DEFAULT_MAX_DEPTH`]), at most [`MAX_MAX_DEPTH`].
    #[must_use]
    pub fn with_max_depth(mut self, depth: usize) -> Self {
        self.max_depth = depth.clamp(1, MAX_MAX_DEPTH);
        self
    }

    /// Most columns that inference may find, nested ones included ([`DEFAULT_MAX_COLUMNS`]).
    #[must_use]
    pub fn with_max_columns(mut self, columns: usize) -> Self {
        self.max_columns = columns.max(1);
        self
    }

    /// Limits on what compressed sources may inflate to.
    #[must_use]
    pub fn with_inflate_limits(mut self, limits: InflateLimits) -> Self {
        self.inflate = limits;
        self
    }

    /// Whether gzip files of at least [`MIN_INDEXED_BYTES`](crate::MIN_INDEXED_BYTES) are read by several threads at once, with the
    /// help of an index beside each, `NAME.gzindex` (no). A pass over the file makes it if there is none
    /// that fits; from then on conversion and inference begin anywhere in the file.
    #[must_use]
    pub fn with_gzip_index(mut self, gzip_index: bool) -> Self {
        self.gzip_index = gzip_index;
        self
    }

    /// Compression, dictionaries, row groups and metadata of the Parquet files.
    #[must_use]
    pub fn with_parquet(mut self, options: ParquetOptions) -> Self {
        self.parquet = options;
        self
    }

    /// Begins a new file when one has reached this size (never); needs a directory as sink.
    #[must_use]
    pub fn with_target_file_bytes(mut self, bytes: u64) -> Self {
        self.target_file_bytes = Some(bytes.max(1));
        self
    }

    /// Divides the rows into partitions (none), each a directory of files; needs a directory as sink.
    ///
    /// Rows wait, compressed, until all of them are decoded: up to a 32nd of the memory limit in memory, the
    /// rest in a temporary file, in the hidden directory beside the output or, for an object store, among
    /// the system's temporary files. Then each partition is encoded as if it were alone, so its row groups
    /// are as large as ever; their bytes are those of rows in memory.
    #[must_use]
    pub fn with_partitioning(mut self, partitioning: Partitioning) -> Self {
        self.partitioning = partitioning;
        self
    }

    /// Threads that decode and encode (one a core). A memory limit that is low lets fewer run.
    #[must_use]
    pub fn with_threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Bytes of memory to stay below ([`DEFAULT_MEMORY_LIMIT`], and
    /// [`DEFAULT_MEMORY_PER_THREAD`] for each thread beyond two), at least [`MIN_MEMORY_LIMIT`].
    ///
    /// Below 256 MiB row groups become smaller, so the output depends on it.
    #[must_use]
    pub fn with_memory_limit(mut self, bytes: u64) -> Self {
        self.memory_limit = Some(bytes.max(MIN_MEMORY_LIMIT));
        self
    }

    /// Which instruction set decodes; the output does not depend on it.
    #[must_use]
    pub fn with_kernel(mut self, kernel: KernelChoice) -> Self {
        self.kernel = kernel;
        self
    }

    /// A function that is told the progress, about once a megabyte, from any thread.
    #[must_use]
    pub fn with_progress(mut self, callback: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(callback));
        self
    }

    /// A token that stops the work.
    #[must_use]
    pub fn with_cancel(mut self, token: CancelToken) -> Self {
        self.cancel = token;
        self
    }

    /// Converts `sources`, in their order, into `sink`.
    ///
    /// Either all of the output becomes visible, or on error none of it.
    pub fn convert(&self, sources: Vec<Source>, sink: Sink) -> Result<Summary> {
        crate::convert::run(self, sources, sink)
    }

    /// The schema that [`convert`](Self::convert) would write, from all of the input.
    pub fn infer(&self, sources: Vec<Source>) -> Result<Inference> {
        crate::convert::infer(self, sources)
    }

    /// What inference learns of all of `sources`: their schema, how often each kind of value stands at
    /// each path, and where first.
    ///
    /// With a [sketch directory](Self::with_sketch_dir), what was learnt of a source before by the same
    /// rules is used again, as long as the source has the ETag, or the size and the time of change,
    /// that it had then. A sketch that is damaged or of another version is written anew.
    ///
    /// Each line is checked before it is learnt from, so this takes longer than [`infer`](Self::infer).
    pub fn sketch(&self, sources: Vec<Source>) -> Result<SchemaSketch> {
        crate::convert::sketch(self, sources)
    }

    /// What [`convert`](Self::convert) would do with `sources` and `sink`, from the sample alone.
    ///
    /// Fails where it would fail before the first row: options that contradict each other, sources
    /// that cannot be read, output that exists or cannot be made. Nothing stays written. A source
    /// that can be read only once is read as far as the sample goes.
    pub fn plan(&self, sources: Vec<Source>, sink: &Sink) -> Result<Plan> {
        crate::convert::plan(self, sources, sink)
    }

    pub(crate) fn policies(&self) -> Policies {
        let inferred = self.schema.is_none();
        let unknown = if inferred { UnknownFields::Evolve } else { UnknownFields::Rescue };
        let conflicts = if inferred { TypeConflicts::Widen } else { TypeConflicts::Rescue };
        Policies {
            conflicts: self.conflicts.unwrap_or(conflicts),
            unknown: self.unknown.unwrap_or(unknown),
            duplicates: self.duplicates,
            max_depth: self.max_depth,
            truncate_timestamps: self.truncate_timestamps,
        }
    }

    pub(crate) fn thread_count(&self) -> usize {
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.threads.unwrap_or_else(cores).get()
    }
}

/// What [`Converter::infer`] found.
///
/// ```
/// use ndjson_parquet_core::{Converter, Source};
///
/// let source = Source::bytes("inline", "{\"id\":1}\n\n{\"id\":\"a\"}\n");
/// let found = Converter::new().infer(vec![source])?;
/// assert_eq!((found.lines, found.rows, found.blank), (3, 2, 1));
/// assert_eq!(found.schema.field(0).data_type(), &arrow_schema::DataType::Utf8);
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Inference {
    /// The schema.
    pub schema: SchemaRef,
    /// Lines read, blank ones included.
    pub lines: u64,
    /// Lines that are rows.
    pub rows: u64,
    /// Lines of nothing but white space.
    pub blank: u64,
    /// Bad lines, which taught nothing.
    pub rejected: u64,
}
