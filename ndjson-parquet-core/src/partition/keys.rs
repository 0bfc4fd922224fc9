//! Finds the partition of each row.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::escape::{DEFAULT_PARTITION, escape};
use super::spec::{Level, Partitioning};
use super::values::{Kind, column, numbers, span_of, texts};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::{format_type, parse_type};

/// A [`Partitioning`] of rows of one schema.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    levels: Vec<LevelLayout>,
    max_partitions: u64,
    /// Columns that the files have.
    kept: Vec<usize>,
    /// Rows as the files have them.
    pub(crate) stored: SchemaRef,
    by: Vec<String>,
    dropped: Vec<DroppedColumn>,
}

#[derive(Clone, Debug)]
struct LevelLayout {
    /// Escaped.
    name: String,
    path: Vec<usize>,
    kind: Kind,
    is_dropped: bool,
}

/// What the footers say of the partitions, so that the rows can be put together again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredLayout {
    /// The levels, in the words of [`Partitioning::with_levels`].
    by: Vec<String>,
    /// Columns that the directories have and the files have not.
    dropped: Vec<DroppedColumn>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct DroppedColumn {
    name: String,
    #[serde(rename = "type")]
    data_type: String,
    nullable: bool,
    /// Where it stands among all columns.
    index: usize,
}

impl Layout {
    /// Fails where a level's column is missing or of another kind of type, or where the name of a level
    /// is that of another column.
    pub(crate) fn new(partitioning: &Partitioning, schema: &Schema) -> Result<Self> {
        let mut levels = Vec::new();
        let mut dropped = Vec::new();
        for level in &partitioning.levels {
            let (path, data_type) = find(level, schema.fields())?;
            let is_dropped = level.is_column() && !partitioning.keep_columns;
            check_name(level, schema)?;
            if is_dropped {
                let field = schema.field(path[0]);
                dropped.push(DroppedColumn {
                    name: field.name().clone(),
                    data_type: format_type(field.data_type()),
                    nullable: field.is_nullable(),
                    index: path[0],
                });
            }
            let (name, kind) = (escape(&level.name), Kind::of(level, data_type)?);
            levels.push(LevelLayout { name, path, kind, is_dropped });
        }
        dropped.sort_by_key(|column| column.index);
        let is_kept = |index: &usize| !dropped.iter().any(|column| column.index == *index);
        let kept: Vec<usize> = (0..schema.fields().len()).filter(is_kept).collect();
        if kept.is_empty() {
            let message = "expected a column beside those of the partitions, found none: a file \
                           without columns cannot be read; keep the columns in the files";
            return Err(Error::new(ErrorKind::Schema, message));
        }
        let fields: Fields = kept.iter().map(|index| schema.fields()[*index].clone()).collect();
        Ok(Self {
            levels,
            max_partitions: partitioning.max_partitions,
            kept,
            stored: Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone())),
            by: partitioning.texts(),
            dropped,
        })
    }

    /// The columns of `batch` that the files have.
    pub(super) fn stored_columns(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        batch.project(&self.kept).map_err(|error| {
            Error::new(ErrorKind::Internal, "a batch has fewer columns than its schema")
                .with_cause(error)
        })
    }

    pub(crate) fn to_stored(&self) -> StoredLayout {
        StoredLayout { by: self.by.clone(), dropped: self.dropped.clone() }
    }

    /// The name of the partition of null, for an output without rows.
    pub(crate) fn default_partition(&self) -> Arc<str> {
        let names: Vec<_> = self.levels.iter().map(LevelLayout::default_name).collect();
        names.join("/").into()
    }
}

impl StoredLayout {
    /// The schema of the rows, whose files have `stored`, and the layout of their partitions.
    pub(crate) fn restore(&self, stored: &Schema) -> Result<(SchemaRef, Layout)> {
        let mut fields: Vec<_> = stored.fields().iter().cloned().collect();
        for column in &self.dropped {
            let data_type = parse_type(&column.data_type)?;
            if column.index > fields.len() {
                let message = format!("expected a place for column `{}`, found none", column.name);
                return Err(Error::new(ErrorKind::Parquet, message));
            }
            let field = Field::new(&column.name, data_type, column.nullable);
            fields.insert(column.index, Arc::new(field));
        }
        let schema = Arc::new(Schema::new(fields));
        let mut partitioning = Partitioning::new()
            .with_keep_columns(self.dropped.is_empty())
            .with_max_partitions(u64::from(u32::MAX));
        for level in &self.by {
            partitioning = partitioning.with_levels(level)?;
        }
        let layout = Layout::new(&partitioning, &schema)?;
        Ok((schema, layout))
    }
}

/// Where the column of `level` is, and its type.
fn find<'a>(level: &Level, fields: &'a Fields) -> Result<(Vec<usize>, &'a DataType)> {
    let missing = || {
        let (text, path) = (&level.text, level.path.join("."));
        let message = format!("partition `{text}`: expected a column `{path}`, found none");
        Error::new(ErrorKind::Schema, message)
    };
    let mut path = Vec::new();
    let mut fields = Some(fields);
    let mut found = None;
    for key in &level.path {
        let (index, field) = fields.and_then(|fields| fields.find(key)).ok_or_else(missing)?;
        path.push(index);
        fields = match field.data_type() {
            DataType::Struct(below) => Some(below),
            _ => None,
        };
        found = Some(field.data_type());
    }
    Ok((path, found.ok_or_else(missing)?))
}

/// Readers put the names of partitions among those of columns, most of them in small letters.
fn check_name(level: &Level, schema: &Schema) -> Result<()> {
    let mut same =
        schema.fields().iter().filter(|field| field.name().eq_ignore_ascii_case(&level.name));
    if same.any(|field| !(level.is_column() && *field.name() == level.name)) {
        let (text, name) = (&level.text, &level.name);
        let message =
            format!("partition `{text}`: expected a name that no column has, found `{name}`");
        return Err(Error::new(ErrorKind::Schema, message));
    }
    Ok(())
}

impl LevelLayout {
    fn default_name(&self) -> String {
        format!("{}={DEFAULT_PARTITION}", self.name)
    }
}

/// Numbers the partitions of the rows of one thread as they come.
pub(super) struct Keys {
    layout: Arc<Layout>,
    levels: Vec<LevelKeys>,
    /// By the numbers of their levels.
    numbers: HashMap<Box<[u32]>, u32, FixedState>,
    names: Vec<Arc<str>>,
    /// Rows whose empty text becomes null.
    pub(super) empty_as_null: u64,
}

/// The values of one level; number 0 is null.
struct LevelKeys {
    texts: HashMap<Box<str>, u32, FixedState>,
    numbers: HashMap<i128, u32, FixedState>,
    names: Vec<String>,
    /// Of the rows of one batch.
    rows: Vec<u32>,
}

impl Keys {
    pub(super) fn new(layout: Arc<Layout>) -> Self {
        let levels = layout.levels.iter().map(|level| LevelKeys {
            texts: HashMap::default(),
            numbers: HashMap::default(),
            names: vec![level.default_name()],
            rows: Vec::new(),
        });
        Self {
            levels: levels.collect(),
            layout,
            numbers: HashMap::default(),
            names: Vec::new(),
            empty_as_null: 0,
        }
    }

    /// How many partitions were seen.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The name of a partition: `date=2026-01-01/hour=07`.
    pub(super) fn name(&self, partition: u32) -> &Arc<str> {
        &self.names[partition as usize]
    }

    /// Appends the partition of each row of `batch` to `out`.
    pub(super) fn find(&mut self, batch: &RecordBatch, out: &mut Vec<u32>) -> Result<()> {
        for (level, layout) in self.levels.iter_mut().zip(&self.layout.levels) {
            let empty = level.find(layout, batch)?;
            self.empty_as_null += if layout.is_dropped { empty } else { 0 };
        }
        let mut key = vec![0; self.levels.len()];
        let mut last: Option<u32> = None;
        for row in 0..batch.num_rows() {
            let mut is_last = last.is_some();
            for (number, level) in key.iter_mut().zip(&self.levels) {
                is_last &= *number == level.rows[row];
                *number = level.rows[row];
            }
            let partition = match last {
                Some(last) if is_last => last,
                _ => self.number(&key)?,
            };
            last = Some(partition);
            out.push(partition);
        }
        Ok(())
    }

    fn number(&mut self, key: &[u32]) -> Result<u32> {
        if let Some(number) = self.numbers.get(key) {
            return Ok(*number);
        }
        check_count(self.names.len() as u64 + 1, self.layout.max_partitions)?;
        let number = self.names.len() as u32;
        let levels = self.levels.iter().zip(key);
        let names: Vec<&str> =
            levels.map(|(level, number)| level.names[*number as usize].as_str()).collect();
        self.names.push(names.join("/").into());
        self.numbers.insert(key.into(), number);
        Ok(number)
    }

    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }
}

impl Layout {
    /// Fails where there are `count` partitions and that is more than allowed.
    pub(super) fn check_count(&self, count: u64) -> Result<()> {
        check_count(count, self.max_partitions)
    }
}

fn check_count(count: u64, most: u64) -> Result<()> {
    if count <= most {
        return Ok(());
    }
    let message = format!(
        "expected at most {most} partitions, found more: raise the limit, or partition by what has \
         fewer values"
    );
    Err(Error::new(ErrorKind::Limit, message))
}

impl LevelKeys {
    /// Finds the number of each row's value; gives how many are empty texts.
    fn find(&mut self, layout: &LevelLayout, batch: &RecordBatch) -> Result<u64> {
        let wrong =
            || Error::new(ErrorKind::Internal, "a batch has another schema than its layout");
        let (array, validity) = column(batch.columns(), &layout.path).ok_or_else(wrong)?;
        let is_valid = |row| validity.as_ref().is_none_or(|validity| validity.is_valid(row));
        self.rows.clear();
        self.rows.resize(batch.num_rows(), NULL);
        let valid = (0..batch.num_rows()).filter(|row| is_valid(*row));
        let mut empty = 0;
        if let Some(text) = texts(array) {
            for row in valid {
                let text = text(row);
                empty += u64::from(text.is_empty());
                self.rows[row] = match &layout.kind {
                    Kind::TimeText(format) => match span_of(text, format) {
                        Some(span) => self.number(layout, span)?,
                        None => NULL,
                    },
                    _ => self.text_number(layout, text)?,
                };
            }
            return Ok(empty);
        }
        let number = numbers(array).ok_or_else(wrong)?;
        let mut last = None;
        for row in valid {
            let reduced = layout.kind.reduce(number(row));
            self.rows[row] = match last {
                Some((same, number)) if same == reduced => number,
                _ => self.number(layout, reduced)?,
            };
            last = Some((reduced, self.rows[row]));
        }
        Ok(empty)
    }

    fn text_number(&mut self, layout: &LevelLayout, text: &str) -> Result<u32> {
        if text.is_empty() {
            return Ok(NULL);
        }
        if let Some(number) = self.texts.get(text) {
            return Ok(*number);
        }
        let number = self.add(layout, text)?;
        self.texts.insert(text.into(), number);
        Ok(number)
    }

    fn number(&mut self, layout: &LevelLayout, reduced: i128) -> Result<u32> {
        if let Some(number) = self.numbers.get(&reduced) {
            return Ok(*number);
        }
        let number = match layout.kind.text(reduced) {
            Some(text) => self.add(layout, &text)?,
            None => NULL,
        };
        self.numbers.insert(reduced, number);
        Ok(number)
    }

    fn add(&mut self, layout: &LevelLayout, value: &str) -> Result<u32> {
        let name = format!("{}={}", layout.name, escape(value));
        if name.len() > MAX_NAME_BYTES {
            let message = format!(
                "expected a partition whose directory has a name of at most {MAX_NAME_BYTES} bytes, \
                 found {} bytes for a value of `{}`",
                name.len(),
                layout.name
            );
            return Err(Error::new(ErrorKind::Limit, message));
        }
        self.names.push(name);
        Ok(self.names.len() as u32 - 1)
    }
}

/// The number of null.
const NULL: u32 = 0;
/// What file systems take, and several levels of it a key of S3.
const MAX_NAME_BYTES: usize = 255;
