//! How often each kind of value was seen at one path, and where first.
//!
//! Counts add up and the first place is the smallest one, by source, line and byte, so the order in
//! which records are merged does not matter.

use std::sync::Arc;

use super::kind::Kind;

/// A value that shows what a path holds: where it stands, and the beginning of its text.
///
/// ```
/// use ndjson_parquet_core::{Converter, Source, schema_from_bytes};
///
/// let source = Source::bytes("inline", "{\"id\":1}\n{\"id\":\"two\"}\n");
/// let sketch = Converter::new().sketch(vec![source])?;
/// let schema = schema_from_bytes("schema.json", br#"{"id": "int64"}"#)?;
/// let drift = sketch.drift_from(&schema)?;
/// let first = drift.changes[0].first.as_ref().expect("a value");
/// assert_eq!((&*first.source, first.line, first.byte, &*first.sample), ("inline", 2, 15, "\"two\""));
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Evidence {
    /// Name of the source.
    #[serde(serialize_with = "serialize_name")]
    pub source: Arc<str>,
    /// Line, counted from 1 and including blank lines.
    pub line: u64,
    /// Offset in bytes of the value in the (decompressed) source, counted from 0.
    pub byte: u64,
    /// The value's JSON text, of which at most [`MAX_SAMPLE_BYTES`] and then `…`.
    pub sample: Box<str>,
}

/// Bytes of a value that an [`Evidence`] shows at most: enough for a timestamp or an identifier.
pub const MAX_SAMPLE_BYTES: usize = 64;

fn serialize_name<S: serde::Serializer>(
    name: &Arc<str>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(name)
}

impl Evidence {
    pub(super) fn new(source: &Arc<str>, line: u64, byte: u64, text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let mut end = text.len().min(MAX_SAMPLE_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let sample = match end < text.len() {
            true => format!("{}…", &text[..end]).into(),
            false => text.into(),
        };
        Self { source: Arc::clone(source), line, byte, sample }
    }

    /// What evidence is ordered by.
    pub(crate) fn place(&self) -> (&str, u64, u64) {
        (&self.source, self.line, self.byte)
    }
}

/// What was seen of one kind at one path.
#[derive(Clone, Debug)]
pub(crate) struct Sightings {
    pub(crate) values: u64,
    /// Rows with such a value: a list has many in one row.
    pub(crate) rows: u64,
    pub(crate) first: Evidence,
    /// The line, by the numbers of the one who counts, of the last value.
    last_line: u64,
}

impl Sightings {
    pub(crate) fn new(values: u64, rows: u64, first: Evidence) -> Self {
        Self { values, rows, first, last_line: 0 }
    }
}

/// What was seen of all kinds at one path.
///
/// Memory: some 150 bytes a kind, of which few paths have more than three.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    kinds: Vec<(Kind, Sightings)>,
}

impl Record {
    /// Counts a value of `kind` in `line`; false if it is the first one.
    #[inline(always)]
    pub(super) fn count(&mut self, kind: Kind, line: u64) -> bool {
        let Some((_, seen)) = self.kinds.iter_mut().find(|(known, _)| *known == kind) else {
            return false;
        };
        seen.values += 1;
        seen.rows += u64::from(seen.last_line != line);
        seen.last_line = line;
        true
    }

    /// Adds the first value of `kind`, in `line`.
    #[cold]
    pub(super) fn begin(&mut self, kind: Kind, line: u64, first: Evidence) {
        self.kinds.push((kind, Sightings { values: 1, rows: 1, first, last_line: line }));
    }

    /// Adds a kind that is new.
    pub(crate) fn push(&mut self, kind: Kind, sightings: Sightings) {
        self.kinds.push((kind, sightings));
    }

    /// What was seen, kind by kind in the order of the kinds.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (Kind, &Sightings)> {
        let mut kinds: Vec<_> = self.kinds.iter().map(|(kind, seen)| (*kind, seen)).collect();
        kinds.sort_by_key(|(kind, _)| *kind as u8);
        kinds.into_iter()
    }

    pub(crate) fn of(&self, kind: Kind) -> Option<&Sightings> {
        self.kinds.iter().find(|(known, _)| *known == kind).map(|(_, seen)| seen)
    }

    pub(super) fn first(&self) -> Option<&Evidence> {
        self.kinds.iter().map(|(_, seen)| &seen.first).min_by_key(|first| first.place())
    }

    pub(super) fn move_lines(&mut self, lines: u64) {
        for (_, seen) in &mut self.kinds {
            seen.first.line += lines;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (kind, seen) in &other.kinds {
            match self.kinds.iter_mut().find(|(known, _)| known == kind) {
                None => self.kinds.push((*kind, Sightings { last_line: 0, ..seen.clone() })),
                Some((_, sum)) => {
                    // Only numbers that a file made up can be so large.
                    sum.values = sum.values.saturating_add(seen.values);
                    sum.rows = sum.rows.saturating_add(seen.rows);
                    if seen.first.place() < sum.first.place() {
                        sum.first = seen.first.clone();
                    }
                }
            }
        }
    }
}
