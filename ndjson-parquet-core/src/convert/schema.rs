//! Finds the schema of a conversion: given, or inferred from a sample, or from all of the input.

use std::io::{self, Read};
use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};
use memchr::memchr;

use super::learn::{LearnJob, Learnt};
use super::{block_options, inflation, layout, meter, pass};
use crate::converter::{Converter, Inference};
use crate::decode::block::Tally;
use crate::decode::policies::rescuing;
use crate::encode::EncoderFactory;
use crate::error::{BadLine, Error, ErrorKind, Result};
use crate::framing::start_of_source;
use crate::lines::{Item, LineBlocks};
use crate::options::{OnError, TypeConflicts, UnknownFields};
use crate::progress::Stage;
use crate::schema::check_supported;
use crate::schema::infer::{InferOptions, Inferrer};
use crate::schema::sketch::Sketch;
use crate::schema::storable::{storable, without_views};
use crate::sketches::SchemaSketch;
use crate::source::{Source, checked_read, into_error};

/// The schema to decode into.
pub(super) struct Choice {
    /// With `_rescued_data`, if the policies may need it.
    pub(super) schema: SchemaRef,
    /// The index of that column.
    pub(super) rescue: Option<usize>,
    /// What the schema was inferred from, if it was.
    pub(super) sketch: Option<Sketch>,
    /// Whether all of the input was seen, so that every line must fit.
    pub(super) is_final: bool,
    /// Whether the profile of a reader put other types for inferred ones.
    is_adapted: bool,
}

/// What was seen of the input, and how much of it.
struct Seen {
    sketch: Sketch,
    tally: Tally,
    first_bad_line: Option<BadLine>,
    complete: bool,
}

/// Makes sources that can be read only once readable again, where the schema is to be inferred:
/// they are copied to a temporary file.
pub(super) fn spool_sources(converter: &Converter, sources: Vec<Source>) -> Result<Vec<Source>> {
    if converter.schema.is_some() {
        return Ok(sources);
    }
    let spool = |source: Source| match source.is_rereadable() {
        true => Ok(source),
        false => source.spool(&|| converter.cancel.check()),
    };
    sources.into_iter().map(spool).collect()
}

/// The given schema, or that of a sample of the input; all of it where a wider schema could not be
/// used later.
pub(super) fn choose_schema(
    converter: &Converter,
    sources: &[Source],
    can_begin_again: bool,
) -> Result<Choice> {
    let policies = converter.policies();
    if let Some(schema) = &converter.schema {
        if policies.unknown == UnknownFields::Evolve || policies.conflicts == TypeConflicts::Widen {
            let message = "expected a policy for a given schema, found `evolve` or `widen`, which \
                           need an inferred one: give hints instead of a schema";
            return Err(Error::new(ErrorKind::Schema, message));
        }
        check_supported(schema)?;
        let schema = converter.hints.apply(schema)?;
        let (schema, _) = adapted(converter, storable(&schema))?;
        let schema =
            if converter.partitioning.is_empty() { schema } else { without_views(&schema) };
        let (schema, rescue) = rescuing(&schema, &policies, false)?;
        return Ok(Choice { schema, rescue, sketch: None, is_final: true, is_adapted: false });
    }
    let sample = read_sample(converter, sources)?;
    let widens =
        policies.unknown == UnknownFields::Evolve || policies.conflicts == TypeConflicts::Widen;
    let unseen = !sample.complete && (sample.tally.rows == 0 || (widens && !can_begin_again));
    if unseen {
        return infer_schema(converter, sources, None);
    }
    let choice = choice(converter, sample)?;
    // A column that options name may come later, or with another type.
    if !choice.is_final && !has_columns_of_options(converter, &choice.schema) {
        return infer_schema(converter, sources, choice.sketch.as_ref());
    }
    // A type that was put for an inferred one may hold lines that would change the inferred one, so
    // the schema would depend on where the sample ends.
    if choice.is_adapted && !choice.is_final {
        return infer_schema(converter, sources, choice.sketch.as_ref());
    }
    Ok(choice)
}

/// The schema of all of the input. With the policies that keep the types or the fields of `sample`,
/// they are kept.
pub(super) fn infer_schema(
    converter: &Converter,
    sources: &[Source],
    sample: Option<&Sketch>,
) -> Result<Choice> {
    let mut seen = read_all(converter, sources)?;
    let policies = converter.policies();
    if let Some(sample) = sample {
        let evolve = policies.unknown == UnknownFields::Evolve;
        let widen = policies.conflicts == TypeConflicts::Widen;
        seen.sketch = sample.adopt(&seen.sketch, evolve, widen);
    }
    choice(converter, seen)
}

pub(super) fn infer_only(converter: &Converter, sources: &[Source]) -> Result<Inference> {
    if sources.is_empty() {
        return Err(Error::new(ErrorKind::Schema, "expected at least one source, found none"));
    }
    let seen = read_all(converter, sources)?;
    if let (OnError::Error, Some(line)) = (converter.on_error, seen.first_bad_line.clone()) {
        return Err(line.into());
    }
    let Tally { lines, rows, blank, rejected, .. } = seen.tally;
    tracing::info!(lines, rows, rejected, "all of the input is read");
    let choice = choice(converter, seen)?;
    Ok(Inference { schema: choice.schema, lines, rows, blank, rejected })
}

/// The schema of what `sketch` is of.
pub(super) fn schema_of_sketch(converter: &Converter, sketch: &SchemaSketch) -> Result<SchemaRef> {
    let (lines, rows, blank, rejected) = sketch.counts();
    let seen = Seen {
        sketch: sketch.root.clone(),
        tally: Tally { lines, rows, blank, rejected, ..Tally::default() },
        first_bad_line: None,
        complete: true,
    };
    Ok(choice(converter, seen)?.schema)
}

fn choice(converter: &Converter, seen: Seen) -> Result<Choice> {
    let hints = &converter.hints;
    let mut policies = converter.policies();
    let resolved = seen.sketch.resolve_schema(hints.root());
    let schema = match resolved {
        Some(schema) => schema,
        None => {
            if let (OnError::Error, Some(line)) = (converter.on_error, seen.first_bad_line) {
                return Err(line.into());
            }
            if seen.tally.rows + seen.tally.rejected == 0 {
                let message = format!(
                    "expected at least one row to infer the schema from, found none in {} lines: \
                     give a schema",
                    seen.tally.lines
                );
                return Err(Error::new(ErrorKind::Schema, message));
            }
            // Rows without any field, or none but rejected lines: a file needs a column to be read.
            policies.conflicts = TypeConflicts::Rescue;
            Schema::empty()
        }
    };
    // A type from a hint is not widened, so what does not fit it is rescued where others widen.
    let hinted = !hints.is_empty() && policies.conflicts == TypeConflicts::Widen;
    let (schema, is_adapted) = adapted(converter, storable(&schema))?;
    let (schema, rescue) = rescuing(&schema, &policies, hinted)?;
    Ok(Choice { schema, rescue, sketch: Some(seen.sketch), is_final: seen.complete, is_adapted })
}

/// Whether partitions, and options of columns, find their columns in `schema`.
fn has_columns_of_options(converter: &Converter, schema: &SchemaRef) -> bool {
    let stored = match layout(converter, schema) {
        Ok(layout) => layout.map_or_else(|| Arc::clone(schema), |layout| layout.stored),
        Err(_) => return false,
    };
    let options = &converter.parquet;
    let names_none = options.columns().is_empty() && options.sort().is_empty();
    names_none || EncoderFactory::new(stored, options).is_ok()
}

/// `schema` as the reader of the profile takes it, and whether that changed it.
fn adapted(converter: &Converter, schema: Schema) -> Result<(Schema, bool)> {
    let Some(profile) = converter.profile else { return Ok((schema, false)) };
    let adapted = profile.adapt(&schema)?;
    let changed = adapted != schema;
    Ok((adapted, changed))
}

/// Looks at the first lines of the input, up to the sample size.
fn read_sample(converter: &Converter, sources: &[Source]) -> Result<Seen> {
    let mut inferrer = Inferrer::new(infer_options(converter)?);
    let mut left = converter.sample_bytes;
    let mut complete = true;
    for source in sources {
        converter.cancel.check()?;
        if left == 0 {
            complete = false;
            break;
        }
        let mut part = Inferrer::new(infer_options(converter)?);
        part.begin_source(&source.shared_name());
        let mut text = FirstLines::new(open_text(converter, source)?, left);
        observe(converter, source, &mut text, &mut part)?;
        left = text.left;
        complete &= !text.has_more;
        inferrer.merge(part)?;
    }
    Ok(Seen {
        sketch: inferrer.root().clone(),
        tally: *inferrer.tally(),
        first_bad_line: inferrer.first_bad_line().filter(|_| complete).cloned(),
        complete,
    })
}

fn observe(
    converter: &Converter,
    source: &Source,
    text: &mut FirstLines,
    inferrer: &mut Inferrer,
) -> Result<()> {
    let mut lines = LineBlocks::new(text, block_options(converter));
    loop {
        let item = lines.next_block().map_err(|error| into_error(source.name(), error))?;
        match item {
            None => return Ok(()),
            Some(Item::LongLine(line)) => inferrer.long_line(line.offset, line.length, line.blank),
            Some(Item::Block(block)) => {
                let mut from = 0;
                if block.offset == 0 {
                    from = start_of_source(block.bytes, block.length, source)?;
                }
                inferrer.observe(block.bytes, from, block.length, block.offset)?;
            }
        }
    }
}

/// The text of `source`.
pub(crate) fn open_text(converter: &Converter, source: &Source) -> Result<Box<dyn Read + Send>> {
    Ok(source.open(inflation(converter).serial())?.into_reader())
}

/// The lines of a text that begin in its first `left` bytes, which must not be 0.
///
/// Never a part of a line: the beginning of a bad line may look like a good one, and that of a good
/// line like JSON over several lines.
struct FirstLines {
    text: Box<dyn Read + Send>,
    left: u64,
    /// Whether the last byte given ends a line.
    at_line_end: bool,
    /// Whether the text goes on after these lines; known at their end.
    has_more: bool,
}

impl FirstLines {
    fn new(text: Box<dyn Read + Send>, left: u64) -> Self {
        Self { text, left, at_line_end: false, has_more: false }
    }
}

impl Read for FirstLines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && self.at_line_end {
            self.has_more = self.has_more || self.text.read(&mut [0])? > 0;
            return Ok(0);
        }
        let within = usize::try_from(self.left).unwrap_or(usize::MAX);
        let room = if within == 0 { LINE_REST_BYTES } else { within }.min(buffer.len());
        let read = checked_read(self.text.read(&mut buffer[..room])?, room)?;
        let mut given = read;
        if within == 0 {
            given = memchr(b'\n', &buffer[..read]).map_or(read, |end| end + 1);
            self.has_more = given < read;
        }
        self.left -= self.left.min(given as u64);
        if given > 0 {
            self.at_line_end = buffer[given - 1] == b'\n';
        }
        Ok(given)
    }
}

/// How much is read at a time of the line that the sample ends in.
const LINE_REST_BYTES: usize = 64 << 10;

fn read_all(converter: &Converter, sources: &[Source]) -> Result<Seen> {
    let options = infer_options(converter)?;
    let job = LearnJob {
        sources,
        blocks: block_options(converter),
        options: options.clone(),
        meter: meter(converter, sources, Stage::Infer),
        cancel: &converter.cancel,
    };
    let learnt = Learnt::new(options, sources.len());
    let (learnt, _) = pass(converter, sources, false).run(
        learnt,
        || Ok(()),
        |(), unit, order| job.work(unit, order, Learnt::enter),
    )?;
    Ok(Seen {
        sketch: learnt.inferrer.root().clone(),
        tally: *learnt.inferrer.tally(),
        first_bad_line: learnt.first_bad_line,
        complete: true,
    })
}

pub(super) fn infer_options(converter: &Converter) -> Result<InferOptions> {
    Ok(InferOptions {
        kernel: converter.kernel.detect()?,
        hints: Arc::clone(&converter.hints),
        max_depth: converter.max_depth,
        max_line_bytes: converter.max_line_bytes,
        max_columns: converter.max_columns,
        duplicates: converter.duplicates,
        temporal: converter.infer_temporal,
        record: false,
    })
}
