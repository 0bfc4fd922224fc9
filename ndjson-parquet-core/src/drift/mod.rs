//! What became different: a sketch of the data beside the schema that it was to have.

use std::collections::HashSet;

use arrow_schema::{DataType, Field, Fields, Schema};
use serde::Serialize;

use crate::error::Result;
use crate::options::RESCUED_DATA;
use crate::schema::kind::Kind;
use crate::schema::path::push_key;
use crate::schema::record::{Evidence, Sightings};
use crate::schema::sketch::Sketch;
use crate::schema::{HintNode, check_supported, format_field_type, map_value};
use crate::sketches::SchemaSketch;

/// Where data departs from a schema; see [`SchemaSketch::drift_from`].
///
/// ```
/// use ndjson_parquet_core::{ChangeKind, Converter, Source, schema_from_bytes};
///
/// let schema = schema_from_bytes("schema.json", br#"{"id": "int64", "at": "date"}"#)?;
/// let source = Source::bytes("inline", "{\"id\":1}\n{\"id\":2.5,\"new\":true}\n");
/// let drift = Converter::new().sketch(vec![source])?.drift_from(&schema)?;
/// let changes = drift.changes.iter().map(|change| (change.path.as_str(), change.kind));
/// assert_eq!(
///     changes.collect::<Vec<_>>(),
///     [("id", ChangeKind::Widened), ("at", ChangeKind::Missing), ("new", ChangeKind::New)]
/// );
/// assert_eq!((drift.changes[0].rows, drift.changes[0].share), (1, 0.5));
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Drift {
    /// Rows of the data.
    pub rows: u64,
    /// What differs, in the order of the schema, and behind that in the order of first appearance.
    pub changes: Vec<Change>,
}

/// One path at which data departs from a schema.
///
/// ```
/// use ndjson_parquet_core::{Converter, Source, schema_from_bytes};
///
/// let schema = schema_from_bytes("schema.json", br#"{"a": "struct<b: int64>"}"#)?;
/// let source = Source::bytes("inline", "{\"a\":{\"b\":\"x\"}}\n");
/// let drift = Converter::new().sketch(vec![source])?.drift_from(&schema)?;
/// let change = &drift.changes[0];
/// assert_eq!((change.path.as_str(), change.values), ("a.b", 1));
/// assert_eq!((change.expected.as_deref(), change.found.as_deref()), (Some("int64"), Some("utf8")));
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The path, in the notation of hints.
    pub path: String,
    /// What kind of difference it is.
    #[serde(rename = "change")]
    pub kind: ChangeKind,
    /// The type that the schema has.
    pub expected: Option<String>,
    /// The type that all values together have.
    pub found: Option<String>,
    /// Values that the schema does not have a place for; of a path that is missing, 0.
    pub values: u64,
    /// Rows with such values, or without the path. Where one row has several kinds of them in a list,
    /// it counts for each.
    pub rows: u64,
    /// These rows as a share of all, from 0 to 1.
    pub share: f64,
    /// The first such value, by source, line and byte.
    pub first: Option<Evidence>,
}

/// How data departs from a schema at one path.
///
/// ```
/// use ndjson_parquet_core::ChangeKind;
///
/// assert_eq!(ChangeKind::Widened.name(), "widened");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChangeKind {
    /// The schema does not have the path.
    New,
    /// No object has the path.
    Missing,
    /// Numbers that need a wider type of number.
    Widened,
    /// Values that the type does not hold as what they are.
    Incompatible,
    /// No value where there must be one.
    Null,
}

impl ChangeKind {
    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Missing => "missing",
            Self::Widened => "widened",
            Self::Incompatible => "incompatible",
            Self::Null => "null",
        }
    }
}

impl SchemaSketch {
    /// Compares what was learnt with `schema`: which paths are new, missing, of a wider or of another
    /// type, or null where they must not be.
    ///
    /// A type that holds all values of a path as what they are is no change: integers fit a column of
    /// floats that loses no digit of them, and any string fits a column of text. Numbers and structs in
    /// a column of text are a change where the path has nothing else. Digits of fractions in decimal
    /// columns and forms of timestamps that inference takes for text are not looked at: what becomes of
    /// them, the balance sheet of a conversion tells.
    pub fn drift_from(&self, schema: &Schema) -> Result<Drift> {
        check_supported(schema)?;
        let hints = self.hints()?;
        let mut comparison = Comparison { rows: self.rows(), changes: Vec::new() };
        comparison.fields(&self.root, schema.fields(), Some(hints.root()), &mut String::new());
        Ok(Drift { rows: self.rows(), changes: comparison.changes })
    }
}

/// A comparison under way.
struct Comparison {
    rows: u64,
    changes: Vec<Change>,
}

impl Comparison {
    /// Compares the fields of the objects of which `sketch` is.
    fn fields(
        &mut self,
        sketch: &Sketch,
        fields: &Fields,
        hint: Option<&HintNode>,
        path: &mut String,
    ) {
        let (objects, rows) = sum(sightings(sketch).filter(|(kind, _)| is_object(*kind)));
        let parent = path.len();
        for field in fields {
            push_key(path, field.name());
            let hint = hint.and_then(|hint| hint.field(field.name()));
            match sketch.field(field.name()) {
                Some(child) => self.field(child, field, hint, objects, path),
                // The engine's own column is of no use in the data.
                None if parent == 0 && field.name() == RESCUED_DATA => {}
                None => {
                    let expected = Some(format_field_type(field));
                    self.push(path, ChangeKind::Missing, (expected, None), (0, rows), None);
                }
            }
            path.truncate(parent);
        }
        let known: HashSet<&str> = fields.iter().map(|field| field.name().as_str()).collect();
        for (name, child) in sketch.fields.iter().filter(|(name, _)| !known.contains(name)) {
            push_key(path, name);
            let found = child.resolve(name, hint.and_then(|hint| hint.field(name)));
            let counts = sum(sightings(child));
            let found = (None, Some(format_field_type(&found)));
            self.push(path, ChangeKind::New, found, counts, child.first().cloned());
            path.truncate(parent);
        }
    }

    /// Compares the values of `sketch`, of which there could be `slots`, with `field`.
    fn field(
        &mut self,
        sketch: &Sketch,
        field: &Field,
        hint: Option<&HintNode>,
        slots: u64,
        path: &mut String,
    ) {
        let expected = field.data_type();
        let found = sketch.resolve(field.name(), hint);
        let types = || (Some(format_field_type(field)), Some(format_field_type(&found)));
        if !field.is_nullable() {
            self.nulls(sketch, field, slots, path);
        }
        let misfits = || sightings(sketch).filter(|(kind, _)| !fits(*kind, sketch, field, &found));
        if misfits().next().is_some() {
            let numbers = expected.is_numeric() && misfits().all(|(kind, _)| kind.is_number());
            let kind = if numbers { ChangeKind::Widened } else { ChangeKind::Incompatible };
            let first = misfits().map(|(_, seen)| &seen.first).min_by_key(|first| first.place());
            self.push(path, kind, types(), sum(misfits()), first.cloned());
        }
        match expected {
            DataType::Struct(fields) if sightings(sketch).any(|(kind, _)| kind == Kind::Object) => {
                self.fields(sketch, fields, hint, path);
            }
            DataType::Map(entries, _) => {
                let Some(value) = map_value(entries) else { return };
                let parent = path.len();
                for (name, child) in sketch.fields.iter() {
                    push_key(path, name);
                    self.field(child, value, None, 0, path);
                    path.truncate(parent);
                }
            }
            DataType::List(element) | DataType::LargeList(element) => {
                let Some(child) = sketch.element() else { return };
                let parent = path.len();
                path.push_str("[]");
                let (slots, _) = sum(sightings(child));
                self.field(child, element, hint.and_then(HintNode::element), slots, path);
                path.truncate(parent);
            }
            _ => {}
        }
    }

    /// Looks for nulls and for objects without the field, where neither may be.
    fn nulls(&mut self, sketch: &Sketch, field: &Field, slots: u64, path: &str) {
        let (values, _) = sum(sightings(sketch));
        let absent = slots.saturating_sub(values);
        let nulls = sightings(sketch).find(|(kind, _)| *kind == Kind::Null).map(|(_, seen)| seen);
        let counts = nulls.map_or((0, 0), |seen| (seen.values, seen.rows));
        if absent > 0 || nulls.is_some() {
            let found = format_field_type(field);
            let types = (Some(format!("{found} not null")), Some(found));
            let rows = counts.1.saturating_add(absent);
            let first = nulls.map(|seen| seen.first.clone());
            self.push(path, ChangeKind::Null, types, (counts.0, rows), first);
        }
    }

    fn push(
        &mut self,
        path: &str,
        kind: ChangeKind,
        (expected, found): (Option<String>, Option<String>),
        (values, rows): (u64, u64),
        first: Option<Evidence>,
    ) {
        let rows = rows.min(self.rows);
        let share = if self.rows == 0 { 0.0 } else { rows as f64 / self.rows as f64 };
        let path = path.to_owned();
        self.changes.push(Change { path, kind, expected, found, values, rows, share, first });
    }
}

/// Whether values of `kind` are at home in the column `expected`, where all values of the path together
/// are `found`.
fn fits(kind: Kind, sketch: &Sketch, expected: &Field, found: &Field) -> bool {
    match expected.data_type() {
        _ if kind == Kind::Hinted => format_field_type(expected) == format_field_type(found),
        // Of mixed values, text is what inference itself would make.
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            *found.data_type() == DataType::Utf8 || kind.fits_field(expected)
        }
        DataType::Decimal128(precision, scale) if kind.has_digits() => {
            i16::from(sketch.digits) <= i16::from(*precision) - i16::from(*scale)
        }
        _ => kind.fits_field(expected),
    }
}

fn is_object(kind: Kind) -> bool {
    matches!(kind, Kind::Object | Kind::EmptyObject)
}

fn sightings(sketch: &Sketch) -> impl Iterator<Item = (Kind, &Sightings)> {
    sketch.record.iter().flat_map(|record| record.kinds())
}

/// Values and rows of all.
fn sum<'a>(sightings: impl Iterator<Item = (Kind, &'a Sightings)>) -> (u64, u64) {
    sightings.fold((0, 0), |(values, rows): (u64, u64), (_, seen)| {
        (values.saturating_add(seen.values), rows.saturating_add(seen.rows))
    })
}

#[cfg(test)]
mod tests;
