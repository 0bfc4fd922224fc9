//! `verify`: recomputes the balance from the input and the Parquet files.
//!
//! The input is decoded again, with the schema and the settings that the footers record, and every
//! value is compared with what the Parquet files hold, row by row in order. One thread does it, in
//! the memory of two batches.

mod compare;
mod dataset;
mod partitions;

use std::ffi::OsStr;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use serde::Serialize;

use crate::convert::check::{Visit, decode_in_order};
use crate::convert::footer::Settings;
use crate::convert::{balance, decode_options};
use crate::converter::Converter;
use crate::decode::block::BlockDecoder;
use crate::error::{BadLine, BadLineKind, Error, ErrorKind, Result};
use crate::options::RESCUED_DATA;
use crate::source::{LineSpool, Source};
use crate::summary::{Balance, ColumnSummary};
use compare::Comparison;
use dataset::Dataset;
use partitions::Partitioned;

/// What [`verify`] compared, and every difference that it found.
///
/// ```
/// use ndjson_parquet_core::{Converter, Sink, Source, verify};
///
/// let directory = tempfile::tempdir()?;
/// let output = directory.path().join("out.parquet");
/// let source = Source::bytes("inline", "{\"id\":1}\n\n");
/// Converter::new().convert(vec![source.clone()], Sink::file(&output))?;
/// let found = verify(&Converter::new(), vec![source], &output)?;
/// assert_eq!((found.lines, found.rows, found.blank, found.values), (2, 1, 1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Verification {
    /// Lines of the input, counted anew.
    pub lines: u64,
    /// Rows of the Parquet files.
    pub rows: u64,
    /// Lines of nothing but white space.
    pub blank: u64,
    /// Lines that became no row.
    pub rejected: u64,
    /// Values of top-level columns compared one by one.
    pub values: u64,
    /// What differs, in words; empty when all is well.
    pub differences: Vec<String>,
}

/// Decodes `sources` again and compares with the Parquet file, directory or URL `output`: lines, rows,
/// balance sheet, and every value.
///
/// `converter` gives threads, limits on inflation, progress and cancellation; schema and policies are
/// read from the output. An error means that the comparison could not be made; differences are in
/// the result.
///
/// ```
/// use ndjson_parquet_core::{Converter, Sink, Source, verify};
///
/// let directory = tempfile::tempdir()?;
/// let output = directory.path().join("out.parquet");
/// let source = Source::bytes("inline", "{\"id\":1}\n");
/// Converter::new().convert(vec![source.clone()], Sink::file(&output))?;
///
/// let found = verify(&Converter::new(), vec![source], &output)?;
/// assert!(found.differences.is_empty());
/// let other = Source::bytes("inline", "{\"id\":2}\n");
/// let found = verify(&Converter::new(), vec![other], &output)?;
/// assert_eq!(found.differences, ["row 1: column `id` differs"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify(
    converter: &Converter,
    sources: Vec<Source>,
    output: impl AsRef<OsStr>,
) -> Result<Verification> {
    verify_with_replays(converter, sources, output, &[] as &[&OsStr])
}

/// [`verify`] of an output together with what [`Converter::replay`] made of its rejected lines, in
/// `replays`: each has the lines that the one before it, or the output, rejected.
///
/// `rows` are those of all, `rejected` the lines that became a row in none.
///
/// ```
/// use ndjson_parquet_core::{Converter, Hints, Sink, Source, TypeConflicts, verify_with_replays};
///
/// let directory = tempfile::tempdir()?;
/// let path = |name: &str| directory.path().join(name);
/// let source = Source::bytes("inline", "{\"id\":1}\n{\"id\":\"x\"}\nno JSON\n");
/// Converter::new()
///     .with_hints(Hints::new().with_hint("id=int64")?)
///     .with_type_conflicts(TypeConflicts::Quarantine)
///     .with_on_error(ndjson_parquet_core::OnError::Quarantine)
///     .with_rejects(path("a.rejects.ndjson"))
///     .convert(vec![source.clone()], Sink::file(path("a.parquet")))?;
/// Converter::new()
///     .with_rejects(path("b.rejects.ndjson"))
///     .replay(path("a.rejects.ndjson"), path("b.parquet"))?;
///
/// let replays = [path("b.parquet")];
/// let found = verify_with_replays(&Converter::new(), vec![source], path("a.parquet"), &replays)?;
/// assert!(found.differences.is_empty());
/// assert_eq!((found.lines, found.rows, found.rejected), (3, 2, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify_with_replays(
    converter: &Converter,
    sources: Vec<Source>,
    output: impl AsRef<OsStr>,
    replays: &[impl AsRef<OsStr>],
) -> Result<Verification> {
    if sources.is_empty() {
        return Err(Error::new(ErrorKind::Schema, "expected at least one source, found none"));
    }
    #[cfg(feature = "object_store")]
    let sources = crate::convert::stores::attach(converter, sources);
    let sources = crate::convert::with_indexes(converter, sources)?;
    let spool = |is_wanted: bool| is_wanted.then(LineSpool::new).transpose();
    let dataset = Dataset::open(output.as_ref())?;
    let (mut found, mut rejects) =
        check(converter, &sources, &dataset, spool(!replays.is_empty())?)?;
    for (index, replay) in replays.iter().enumerate() {
        let Some(lines) = rejects.take() else { break };
        let dataset = Dataset::open(replay.as_ref())?;
        let source = lines.finish("the rejected lines", None)?;
        let next = spool(index + 1 < replays.len())?;
        let (replayed, left) = check(converter, &[source], &dataset, next)?;
        found.join(&replayed, &dataset, index + 1);
        rejects = left;
    }
    let differences = found.differences.len();
    tracing::info!(rows = found.rows, differences, "input and output are compared");
    Ok(found)
}

/// Decodes `sources` as `dataset` was made, and compares. What is rejected goes into `rejects`, as far
/// as its text is there.
fn check(
    converter: &Converter,
    sources: &[Source],
    dataset: &Dataset,
    rejects: Option<LineSpool>,
) -> Result<(Verification, Option<LineSpool>)> {
    let again = with_settings(converter, &dataset.settings);
    let (schema, rows) = Decoded::of(dataset)?;
    let rescue = match dataset.settings.rescue_column {
        true => schema.index_of(RESCUED_DATA).ok(),
        false => None,
    };
    let options = decode_options(&again, &schema)?;
    let decoder = BlockDecoder::new(schema, rescue, None, options)?;
    let columns = decoder.columns();
    let mut visitor = Comparing { rows, rejects };
    let checked = match decode_in_order(&again, sources, decoder, &mut visitor) {
        // The conversion went through, so a line that stops this one is another line.
        Err(error) if error.kind() == ErrorKind::BadLine => {
            let differences = vec![format!("the input has a line that is bad: {error}")];
            let found = Verification { differences, rows: dataset.row_count, ..Default::default() };
            return Ok((found, None));
        }
        other => other?,
    };
    let Comparing { rows, rejects } = visitor;
    let mut comparison = match rows {
        Decoded::InOrder(comparison) => comparison,
        Decoded::InPartitions(partitioned) => partitioned.compare(dataset)?,
    };
    comparison.finish()?;
    let tally = checked.tally;
    let balance = balance(&tally, &columns, &checked.columns, &checked.fields);
    let mut differences = comparison.differences;
    differences.extend(dataset.foreign.iter().map(|name| {
        format!("`{name}`: expected nothing but the files of the conversion, found another")
    }));
    let rows = dataset.row_count;
    differences.extend(compare_balance(&balance, &dataset.balance, rows));
    let found = Verification {
        lines: tally.lines,
        rows,
        blank: tally.blank,
        rejected: tally.rejected,
        values: comparison.values,
        differences,
    };
    Ok((found, rejects))
}

/// Compares the rows and keeps the rejected lines.
struct Comparing {
    rows: Decoded,
    rejects: Option<LineSpool>,
}

impl Visit for Comparing {
    fn batch(&mut self, batch: &RecordBatch) -> Result<()> {
        match &mut self.rows {
            Decoded::InOrder(comparison) => comparison.compare(batch),
            Decoded::InPartitions(partitioned) => partitioned.write(batch),
        }
    }

    fn rejected(&mut self, line: BadLine) -> Result<()> {
        match (&mut self.rejects, &line.raw) {
            (Some(rejects), Some(raw)) => {
                rejects.push(&line.source, line.line, line.byte_offset, raw)
            }
            _ => Ok(()),
        }
    }
}

impl Verification {
    /// Adds the `number`th replay, of the lines that were rejected so far.
    fn join(&mut self, replayed: &Self, dataset: &Dataset, number: usize) {
        let without_text = self.rejected.saturating_sub(replayed.lines);
        let written = dataset.replay.as_ref().map(|replay| replay.without_text);
        let differences = replayed.differences.iter();
        self.differences.extend(differences.map(|found| format!("replay {number}: {found}")));
        if written != Some(without_text) {
            let written =
                written.map_or("nothing of a replay".to_owned(), |lines| lines.to_string());
            self.differences.push(format!(
                "replay {number}: {without_text} rejected lines have no text, the footers say {written}"
            ));
        }
        self.rows += replayed.rows;
        self.values += replayed.values;
        self.rejected = without_text + replayed.rejected;
    }
}

/// What becomes of decoded rows.
enum Decoded {
    /// They are compared as they come.
    InOrder(Comparison),
    /// They wait for the others of their partition.
    InPartitions(Partitioned),
}

impl Decoded {
    /// What is to become of rows that are compared with `dataset`, and their schema.
    fn of(dataset: &Dataset) -> Result<(SchemaRef, Self)> {
        Ok(match &dataset.partitions {
            None => {
                let mut comparison = Comparison::new(dataset.order.clone());
                comparison.begin("", dataset)?;
                (Arc::clone(&dataset.schema), Self::InOrder(comparison))
            }
            Some(partitions) => {
                let (schema, layout) = partitions.restore(&dataset.schema)?;
                (schema, Self::InPartitions(Partitioned::new(layout)))
            }
        })
    }
}

/// `converter` with the options that the output was made with.
fn with_settings(converter: &Converter, settings: &Settings) -> Converter {
    let mut again = converter.clone();
    // A policy is set in any case, so whether a schema is given does not matter.
    again.unknown = Some(settings.unknown);
    again.conflicts = Some(settings.conflicts);
    again.duplicates = settings.duplicates;
    again.truncate_timestamps = settings.truncate_timestamps;
    again.on_error = settings.on_error;
    again.max_line_bytes = settings.max_line_bytes;
    again.max_depth = settings.max_depth;
    again
}

/// What differs between the balance counted anew and the one in the footers.
fn compare_balance(found: &Balance, written: &Balance, rows: u64) -> Vec<String> {
    let mut differences = Vec::new();
    let mut compare = |what: &str, found: u64, written: u64| {
        if found != written {
            differences.push(format!("{what}: the input has {found}, the footers say {written}"));
        }
    };
    compare("lines", found.lines, written.lines);
    compare("rows", found.rows, written.rows);
    compare("blank lines", found.blank, written.blank);
    compare("rejected lines", found.rejected, written.rejected);
    compare("bytes", found.bytes_in, written.bytes_in);
    compare("duplicate keys", found.duplicate_keys, written.duplicate_keys);
    compare("unknown fields rescued", found.unknown_rescued, written.unknown_rescued);
    compare("unknown fields ignored", found.unknown_ignored, written.unknown_ignored);
    for kind in BadLineKind::ALL.map(BadLineKind::name) {
        let of = |balance: &Balance| balance.rejected_by_kind.get(kind).copied().unwrap_or(0);
        compare(&format!("lines rejected as {kind}"), of(found), of(written));
    }
    for (found, written) in found.columns.iter().zip(&written.columns) {
        let path = &found.path;
        compare(&format!("typed values of `{path}`"), found.typed, written.typed);
        compare(&format!("widened values of `{path}`"), found.widened, written.widened);
        compare(&format!("nulls of `{path}`"), found.null, written.null);
        compare(&format!("absent values of `{path}`"), found.absent, written.absent);
        compare(&format!("rounded values of `{path}`"), found.rounded, written.rounded);
        compare(&format!("rescued values of `{path}`"), found.rescued, written.rescued);
        compare(&format!("nulled values of `{path}`"), found.nulled, written.nulled);
    }
    for (found, written) in found.columns.iter().zip(&written.columns) {
        let name = |column: &ColumnSummary| format!("`{}` {}", column.path, column.data_type);
        let (found, written) = (name(found), name(written));
        if found != written {
            differences.push(format!("the schema has column {found}, the footers say {written}"));
        }
    }
    if found.columns.len() != written.columns.len() {
        let (found, written) = (found.columns.len(), written.columns.len());
        differences.push(format!("columns: the schema has {found}, the footers list {written}"));
    }
    if rows != written.rows {
        let written = written.rows;
        differences.push(format!("rows: the Parquet files have {rows}, the footers say {written}"));
    }
    differences
}
