//! Sketches as JSON, both ways: one object, and in it one entry a path, parents before children.
//!
//! Nothing in it depends on the time or the machine, but for the version of a file. What comes from a
//! file is not trusted: whatever could not have been learnt is an error.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Counts, Rules, SchemaSketch, SketchedSource};
use crate::error::{Error, ErrorKind, Result};
use crate::options::MAX_COLUMN_DEPTH;
use crate::schema::kind::Kind;
use crate::schema::path::{PathStep, parse_path, push_key};
use crate::schema::record::{Evidence, MAX_SAMPLE_BYTES, Record, Sightings};
use crate::schema::sketch::Sketch;

/// What the file is.
const FORMAT: &str = "ndjson-parquet.sketch";
/// Raised whenever the form or what is learnt from a line changes.
const VERSION: u32 = 1;
/// Bytes of a sketch that are read at most. Ten thousand columns take 2 to 4 MB; in memory it becomes
/// up to five times as large.
pub(super) const MAX_SKETCH_BYTES: u64 = 16 << 20;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    format: String,
    version: u32,
    rules: Rules,
    source: Option<SketchedSource>,
    sources: u64,
    counts: Counts,
    columns: Vec<ColumnForm>,
}

/// The head of a sketch of any version.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnForm {
    /// Empty for the row itself.
    path: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    digits: u8,
    kinds: Vec<KindForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KindForm {
    kind: String,
    values: u64,
    rows: u64,
    /// That of the sketch where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    line: u64,
    byte: u64,
    sample: String,
}

fn is_zero(number: &u8) -> bool {
    *number == 0
}

impl SchemaSketch {
    /// The sketch as one JSON object, on one line.
    pub fn to_json(&self) -> String {
        let name = self.source.as_ref().map(|source| source.name.as_str());
        let mut columns = Vec::new();
        push_columns(&self.root, &mut String::new(), name, &mut columns);
        let form = Form {
            format: FORMAT.to_owned(),
            version: VERSION,
            rules: self.rules.clone(),
            source: self.source.clone(),
            sources: self.sources,
            counts: self.counts,
            columns,
        };
        serde_json::to_string(&form).unwrap_or_default()
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// Fails with [`ErrorKind::Schema`] where the text is no sketch, is one of another version, or
    /// tells what no lines could have taught, and with [`ErrorKind::Limit`] where it has more than
    /// 16 MiB.
    pub fn from_json(json: &str) -> Result<Self> {
        if json.len() as u64 > MAX_SKETCH_BYTES {
            let message = format!("expected a sketch of at most {MAX_SKETCH_BYTES} bytes");
            return Err(Error::new(ErrorKind::Limit, message));
        }
        let unread = |error: serde_json::Error| {
            let message = format!("expected a sketch as JSON: {error}");
            Error::new(ErrorKind::Schema, message).with_cause(error)
        };
        let head: Head = serde_json::from_str(json).map_err(unread)?;
        if head.format != FORMAT || head.version != VERSION {
            let message = format!(
                "expected `{FORMAT}` of version {VERSION}, found `{}` of version {}",
                head.format.escape_debug(),
                head.version
            );
            return Err(Error::new(ErrorKind::Schema, message));
        }
        let form: Form = serde_json::from_str(json).map_err(unread)?;
        form.into_sketch()
    }
}

fn push_columns(
    sketch: &Sketch,
    path: &mut String,
    source: Option<&str>,
    columns: &mut Vec<ColumnForm>,
) {
    let kinds = sketch.record.iter().flat_map(|record| record.kinds());
    let kinds: Vec<KindForm> = kinds
        .map(|(kind, seen)| KindForm {
            kind: kind.name().to_owned(),
            values: seen.values,
            rows: seen.rows,
            source: (source != Some(&seen.first.source)).then(|| seen.first.source.to_string()),
            line: seen.first.line,
            byte: seen.first.byte,
            sample: seen.first.sample.to_string(),
        })
        .collect();
    if !kinds.is_empty() {
        columns.push(ColumnForm { path: path.clone(), digits: sketch.digits, kinds });
    }
    let parent = path.len();
    for (name, field) in sketch.fields.iter() {
        push_key(path, name);
        push_columns(field, path, source, columns);
        path.truncate(parent);
    }
    if let Some(element) = sketch.element() {
        path.push_str("[]");
        push_columns(element, path, source, columns);
        path.truncate(parent);
    }
}

impl Form {
    fn into_sketch(self) -> Result<SchemaSketch> {
        let counts = self.counts;
        if !counts.balance() {
            return Err(impossible("", &format!("lines that balance, found {counts:?}")));
        }
        if self.source.is_some() != (self.sources == 1) {
            let found = format!("a source just where there is one, found {} sources", self.sources);
            return Err(impossible("", &found));
        }
        let source: Option<Arc<str>> =
            self.source.as_ref().map(|source| source.name.as_str().into());
        let mut root = None;
        for column in self.columns {
            let path = column.path.clone();
            let sketch = column.into_sketch(&counts, source.as_ref(), self.rules.temporal)?;
            match (&mut root, path.is_empty()) {
                (None, true) => root = Some(sketch),
                (Some(root), false) => insert(root, &path, sketch)?,
                _ => return Err(impossible(&path, "the row first and once")),
            }
        }
        if root.is_some() != (counts.rows > 0) {
            return Err(impossible("", "columns just where there are rows"));
        }
        Ok(SchemaSketch {
            rules: self.rules,
            source: self.source,
            sources: self.sources,
            counts,
            root: root.unwrap_or_default(),
        })
    }
}

impl ColumnForm {
    fn into_sketch(
        self,
        counts: &Counts,
        source: Option<&Arc<str>>,
        temporal: bool,
    ) -> Result<Sketch> {
        let mut record = Record::default();
        let mut has_digits = false;
        for form in self.kinds {
            let Some(kind) = Kind::from_name(&form.kind) else {
                return Err(impossible(&self.path, &format!("a kind, found `{}`", form.kind)));
            };
            let known = record.of(kind).is_some();
            let rows = 1..=counts.rows;
            let lines = 1..=if source.is_some() { counts.lines } else { u64::MAX };
            if known || !rows.contains(&form.rows) || form.values < form.rows {
                return Err(impossible(&self.path, "each kind once, in some of the rows"));
            }
            // A cut sample ends in `…`, and what is no UTF-8 is no value.
            let fits = form.sample.len() <= MAX_SAMPLE_BYTES + "…".len();
            let source = form.source.map(Into::into).or_else(|| source.cloned());
            let Some(source) = source.filter(|_| fits && lines.contains(&form.line)) else {
                return Err(impossible(&self.path, "a place in a source, with a short sample"));
            };
            has_digits |= kind.has_digits();
            let (line, byte, sample) = (form.line, form.byte, form.sample.into());
            let first = Evidence { source, line, byte, sample };
            record.push(kind, Sightings::new(form.values, form.rows, first));
        }
        let digits = if has_digits { 19..=38 } else { 0..=0 };
        if !digits.contains(&self.digits) || record.kinds().next().is_none() {
            return Err(impossible(&self.path, "kinds, and digits where integers are large"));
        }
        Ok(Sketch::of_record(record, self.digits, temporal))
    }
}

/// Puts `sketch` at `path`, whose parent must be there and be what has such parts.
fn insert(root: &mut Sketch, path: &str, sketch: Sketch) -> Result<()> {
    let steps = parse_path(path)?;
    let (Some(last), true) = (steps.last(), steps.len() < MAX_COLUMN_DEPTH + 1) else {
        return Err(impossible(path, &format!("at most {MAX_COLUMN_DEPTH} levels")));
    };
    let mut parent = root;
    for step in &steps[..steps.len() - 1] {
        let child = match step {
            PathStep::Key(name) => parent.field_mut(name),
            PathStep::Element => parent.element.as_deref_mut(),
        };
        parent = child.ok_or_else(|| impossible(path, "its parent before it"))?;
    }
    let has = |kind| parent.record.as_ref().is_some_and(|record| record.of(kind).is_some());
    match last {
        PathStep::Key(name) if has(Kind::Object) && parent.field(name).is_none() => {
            parent.fields.push(name, sketch);
            Ok(())
        }
        PathStep::Element if has(Kind::List) && parent.element.is_none() => {
            parent.element = Some(Box::new(sketch));
            Ok(())
        }
        _ => Err(impossible(path, "each path once, in an object or list")),
    }
}

fn impossible(path: &str, expected: &str) -> Error {
    let message = format!("expected {expected}, in a sketch at `{path}`");
    Error::new(ErrorKind::Schema, message)
}
