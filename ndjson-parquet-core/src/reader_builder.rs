//! Options of both readers, the push decoder and the pull reader.

use std::sync::Arc;

use arrow_schema::SchemaRef;

use crate::decode::block::{BlockDecoder, DecodeOptions};
use crate::decode::policies::{Policies, rescuing};
use crate::decoder::Decoder;
use crate::error::{Error, ErrorKind, Result};
use crate::options::*;
use crate::schema::check_supported;
use crate::simd::KernelChoice;

/// Options of a [`Decoder`] or [`Reader`](crate::Reader), and the schema that both decode into.
///
/// ```
/// use std::sync::Arc;
/// use arrow_schema::{DataType, Field, Schema};
/// use ndjson_parquet_core::{ReaderBuilder, TypeConflicts, UnknownFields};
///
/// let schema = Schema::new(vec![Field::new("id", DataType::Int64, true)]);
/// let lines = &b"{\"id\":1}\n{\"id\":2}\n"[..];
/// let mut reader = ReaderBuilder::new(Arc::new(schema))
///     .with_unknown_fields(UnknownFields::Error)
///     .with_type_conflicts(TypeConflicts::Error)
///     .build(lines)?;
/// let batch = reader.next().expect("one batch")?;
/// assert_eq!(batch.num_rows(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReaderBuilder {
    schema: SchemaRef,
    pub(crate) source: Arc<str>,
    pub(crate) max_line_bytes: usize,
    batch_rows: usize,
    batch_bytes: usize,
    pub(crate) on_error: OnError,
    policies: Policies,
    kernel: KernelChoice,
}

/// Default of [`ReaderBuilder::with_batch_size`]: rows of a record batch.
pub const DEFAULT_BATCH_SIZE: usize = 8192;
/// Default of [`ReaderBuilder::with_batch_bytes`]: 1 MiB of NDJSON a batch keeps the columns in the
/// cache, where batches of a fixed number of wide rows would not fit.
pub const DEFAULT_BATCH_BYTES: usize = 1 << 20;
/// Largest batch in bytes: text columns count in 32 bits.
pub const MAX_BATCH_BYTES: usize = 512 << 20;
/// Largest `max_line_bytes`, for the same reason.
pub const MAX_MAX_LINE_BYTES: usize = 1 << 30;

impl ReaderBuilder {
    /// Decodes into `schema`; columns are found by their names, in any order.
    ///
    /// With the default policies the batches have one more column, `_rescued_data`, for what does
    /// not fit; see [`Self::with_type_conflicts`].
    pub fn new(schema: SchemaRef) -> Self {
        Self {
            schema,
            source: "<input>".into(),
            max_line_bytes: DEFAULT_MAX_LINE_BYTES,
            batch_rows: DEFAULT_BATCH_SIZE,
            batch_bytes: DEFAULT_BATCH_BYTES,
            on_error: OnError::default(),
            policies: Policies {
                conflicts: TypeConflicts::Rescue,
                unknown: UnknownFields::Rescue,
                duplicates: DuplicateKeys::default(),
                max_depth: DEFAULT_MAX_DEPTH,
                truncate_timestamps: false,
            },
            kernel: KernelChoice::default(),
        }
    }

    /// Most rows of a record batch ([`DEFAULT_BATCH_SIZE`]).
    #[must_use]
    pub fn with_batch_size(mut self, rows: usize) -> Self {
        self.batch_rows = rows.max(1);
        self
    }

    /// Bytes of NDJSON after which a batch ends ([`DEFAULT_BATCH_BYTES`]), at most
    /// [`MAX_BATCH_BYTES`]; the line that reaches them is still in it.
    #[must_use]
    pub fn with_batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes.clamp(1, MAX_BATCH_BYTES);
        self
    }

    /// What to do with bad lines ([`OnError::Error`]).
    #[must_use]
    pub fn with_on_error(mut self, on_error: OnError) -> Self {
        self.on_error = on_error;
        self
    }

    /// What to do with fields that the schema does not have ([`UnknownFields::Rescue`]).
    #[must_use]
    pub fn with_unknown_fields(mut self, unknown: UnknownFields) -> Self {
        self.policies.unknown = unknown;
        self
    }

    /// What to do with values that do not fit their column ([`TypeConflicts::Rescue`]).
    #[must_use]
    pub fn with_type_conflicts(mut self, conflicts: TypeConflicts) -> Self {
        self.policies.conflicts = conflicts;
        self
    }

    /// What to do with a key that an object has twice ([`DuplicateKeys::Last`]).
    #[must_use]
    pub fn with_duplicate_keys(mut self, duplicates: DuplicateKeys) -> Self {
        self.policies.duplicates = duplicates;
        self
    }

    /// Cuts timestamps to the unit of their column instead of treating finer ones as a conflict.
    #[must_use]
    pub fn with_truncate_timestamps(mut self, truncate: bool) -> Self {
        self.policies.truncate_timestamps = truncate;
        self
    }

    /// Deepest nesting ([`DEFAULT_MAX_DEPTH`]), at most [`MAX_MAX_DEPTH`].
    #[must_use]
    pub fn with_max_depth(mut self, depth: usize) -> Self {
        self.policies.max_depth = depth.clamp(1, MAX_MAX_DEPTH);
        self
    }

    /// Longest line in bytes ([`DEFAULT_MAX_LINE_BYTES`]), at most [`MAX_MAX_LINE_BYTES`].
    #[must_use]
    pub fn with_max_line_bytes(mut self, bytes: usize) -> Self {
        self.max_line_bytes = bytes.clamp(1, MAX_MAX_LINE_BYTES);
        self
    }

    /// Name of the input in errors.
    #[must_use]
    pub fn with_source_name(mut self, name: &str) -> Self {
        self.source = name.into();
        self
    }

    /// Which instruction set decodes; the batches do not depend on it.
    #[must_use]
    pub fn with_kernel(mut self, kernel: KernelChoice) -> Self {
        self.kernel = kernel;
        self
    }

    /// A decoder that is handed bytes.
    pub fn build_decoder(self) -> Result<Decoder> {
        let lines = self.build_lines()?;
        Ok(Decoder::new(lines, self.max_line_bytes))
    }

    pub(crate) fn build_lines(&self) -> Result<BlockDecoder> {
        if self.policies.unknown == UnknownFields::Evolve
            || self.policies.conflicts == TypeConflicts::Widen
        {
            let message = "expected a policy for a fixed schema, found `evolve` or `widen`, which \
                           need inference: use `Converter`, or rescue, ignore or error";
            return Err(Error::new(ErrorKind::Schema, message));
        }
        check_supported(&self.schema)?;
        let (schema, rescue) = rescuing(&self.schema, &self.policies, false)?;
        let mut lines = BlockDecoder::new(schema, rescue, None, self.decode_options()?)?;
        lines.begin_source(&self.source);
        Ok(lines)
    }

    fn decode_options(&self) -> Result<DecodeOptions> {
        Ok(DecodeOptions {
            kernel: self.kernel.detect()?,
            policies: self.policies,
            on_error: self.on_error,
            max_line_bytes: self.max_line_bytes,
            batch_rows: self.batch_rows,
            batch_bytes: self.batch_bytes,
        })
    }
}
