//! What inference learnt of sources, as a value that can be kept in a file and merged.
//!
//! [`SchemaSketch`] is a sketch with its records and the rules by which it was learnt; [`form`] is its
//! JSON, [`directory`] keeps one file a source.

mod directory;
mod form;

use arrow_schema::SchemaRef;

use crate::converter::Converter;
use crate::decode::block::Tally;
use crate::error::{Error, ErrorKind, Result};
use crate::options::{DEFAULT_MAX_COLUMNS, DuplicateKeys};
use crate::schema::Hints;
use crate::schema::infer::{Inferrer, too_many_columns};
use crate::schema::sketch::Sketch;
use crate::source::Identity;
pub(crate) use directory::SketchDirectory;

/// What inference learnt of one source or of many: the kinds of values at each path, how many they
/// are, and where the first of each stands.
///
/// Sketches of parts make the sketch of the whole, in whatever order and grouping they are merged: the
/// schema of a million files is that of a million merged sketches, and nobody has to read the files
/// again. Columns stand in the order in which they first appear, sources taken by name.
///
/// Memory: as inference, and some 150 bytes for each path and kind.
///
/// ```
/// use ndjson_parquet_core::{Converter, SchemaSketch, Source};
///
/// let converter = Converter::new();
/// let sketch = |name: &str, text: &str| converter.sketch(vec![Source::bytes(name, text)]);
/// let mut merged = sketch("b.ndjson", "{\"id\":2.5}\n")?;
/// // A sketch may have been in a file meanwhile.
/// let json = sketch("a.ndjson", "{\"id\":1,\"name\":\"x\"}\n")?.to_json();
/// merged.merge(&SchemaSketch::from_json(&json)?)?;
///
/// let whole = [("a.ndjson", "{\"id\":1,\"name\":\"x\"}\n"), ("b.ndjson", "{\"id\":2.5}\n")];
/// let whole = whole.map(|(name, text)| Source::bytes(name, text));
/// assert_eq!(merged.schema(&converter)?, converter.infer(whole.into())?.schema);
/// assert_eq!((merged.sources(), merged.rows()), (2, 2));
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SchemaSketch {
    pub(crate) rules: Rules,
    /// The source, if it is one.
    source: Option<SketchedSource>,
    sources: u64,
    counts: Counts,
    pub(crate) root: Sketch,
}

/// What decides what is learnt from a line. Sketches by different rules cannot be merged.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    /// As they are given, in the order of their paths.
    hints: Vec<String>,
    temporal: bool,
    max_depth: usize,
    max_line_bytes: usize,
    duplicates: DuplicateKeys,
}

/// The source of a sketch.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SketchedSource {
    name: String,
    /// The version that was read, where there is a way to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Identity>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Counts {
    lines: u64,
    rows: u64,
    blank: u64,
    rejected: u64,
}

impl Rules {
    pub(crate) fn of(converter: &Converter) -> Self {
        Self {
            hints: converter.hints.to_texts(),
            temporal: converter.infer_temporal,
            max_depth: converter.max_depth,
            max_line_bytes: converter.max_line_bytes,
            duplicates: converter.duplicates,
        }
    }
}

impl SchemaSketch {
    /// The sketch of no source, to merge others into, by the rules of `converter`.
    pub(crate) fn empty(converter: &Converter) -> Self {
        Self {
            rules: Rules::of(converter),
            source: None,
            sources: 0,
            counts: Counts::default(),
            root: Sketch::default(),
        }
    }

    /// What `inferrer`, which made records, learnt of the source called `name`.
    pub(crate) fn of_source(
        rules: &Rules,
        name: &str,
        version: Option<Identity>,
        inferrer: Inferrer,
    ) -> Self {
        let Tally { lines, rows, blank, rejected, .. } = *inferrer.tally();
        Self {
            rules: rules.clone(),
            source: Some(SketchedSource { name: name.to_owned(), version }),
            sources: 1,
            counts: Counts { lines, rows, blank, rejected },
            root: inferrer.into_root(),
        }
    }

    /// Adds what `other` was learnt from, which must be other sources, by the same rules.
    ///
    /// Fails where the rules differ (hints, temporal inference, duplicate keys, limits on lines), or
    /// where there are more than [`DEFAULT_MAX_COLUMNS`] paths then.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        self.merge_in_order(other, DEFAULT_MAX_COLUMNS)?;
        self.root.sort_by_appearance();
        Ok(())
    }

    /// As [`Self::merge`], with the columns that are new behind the others.
    pub(crate) fn merge_in_order(&mut self, other: &Self, max_columns: usize) -> Result<()> {
        if self.rules != other.rules {
            let message = format!(
                "expected sketches by the same rules, found {:?} and {:?}",
                self.rules, other.rules
            );
            return Err(Error::new(ErrorKind::Schema, message));
        }
        let counts = self.counts.checked_add(&other.counts);
        let (Some(counts), Some(sources)) = (counts, self.sources.checked_add(other.sources))
        else {
            let message = "expected counts of lines that can be added, found more than 64 bits";
            return Err(Error::new(ErrorKind::Limit, message));
        };
        if self.sources == 0 {
            self.source = other.source.clone();
        } else if other.sources > 0 {
            self.source = None;
        }
        (self.counts, self.sources) = (counts, sources);
        self.root.merge(&other.root);
        match self.root.columns() > max_columns {
            true => Err(too_many_columns(max_columns)),
            false => Ok(()),
        }
    }

    /// The schema that `converter` would write, which must have the hints of the sketch.
    ///
    /// Fails where no line was a row and no hint names a column, as [`Converter::infer`] does.
    pub fn schema(&self, converter: &Converter) -> Result<SchemaRef> {
        if Rules::of(converter).hints != self.rules.hints {
            let message = format!(
                "expected the hints that the sketch was learnt with, {:?}, found others",
                self.rules.hints
            );
            return Err(Error::new(ErrorKind::Schema, message));
        }
        crate::convert::schema_of_sketch(converter, self)
    }

    /// The hints that the sketch was learnt with.
    pub(crate) fn hints(&self) -> Result<Hints> {
        self.rules.hints.iter().try_fold(Hints::new(), |hints, hint| hints.with_hint(hint))
    }

    /// Sources that were learnt from.
    pub fn sources(&self) -> u64 {
        self.sources
    }

    /// Their lines, blank ones included.
    pub fn lines(&self) -> u64 {
        self.counts.lines
    }

    /// Lines, rows, blank and rejected lines.
    pub(crate) fn counts(&self) -> (u64, u64, u64, u64) {
        let Counts { lines, rows, blank, rejected } = self.counts;
        (lines, rows, blank, rejected)
    }

    /// Lines that are rows.
    pub fn rows(&self) -> u64 {
        self.counts.rows
    }

    /// Lines of nothing but white space.
    pub fn blank(&self) -> u64 {
        self.counts.blank
    }

    /// Bad lines, which taught nothing.
    pub fn rejected(&self) -> u64 {
        self.counts.rejected
    }
}

impl Counts {
    fn checked_add(&self, other: &Self) -> Option<Self> {
        Some(Self {
            lines: self.lines.checked_add(other.lines)?,
            rows: self.rows.checked_add(other.rows)?,
            blank: self.blank.checked_add(other.blank)?,
            rejected: self.rejected.checked_add(other.rejected)?,
        })
    }

    /// Whether every line became something.
    fn balance(&self) -> bool {
        let sum = self.rows.checked_add(self.blank).and_then(|sum| sum.checked_add(self.rejected));
        sum == Some(self.lines)
    }
}

#[cfg(test)]
mod tests;
