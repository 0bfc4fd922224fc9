//! What a reader would refuse in a schema or in a file.

use std::collections::HashSet;
use std::path::Path;

use arrow_schema::{DataType, Field, Fields, Schema};

use super::finding::{Finding, Severity};
use super::names::{clashes, name_finding};
use super::types::refusal;
use super::{ReaderProfile, ReaderProfile::*};
use crate::error::Result;
use crate::schema::path::push_key;
use crate::schema::{FileSchema, LeafKind, format_type, read_file_schema};

/// What the reader of `profile` would refuse in the file at `path`: a Parquet file, or a schema in
/// any form that [`read_schema`](crate::read_schema) takes.
///
/// A Parquet file is judged by what it says itself, not by the Arrow schema that its writer may have
/// left in it for readers of its own kind. No data is read.
///
/// ```
/// use ndjson_parquet_core::{Converter, ReaderProfile, Sink, Source, check_profile};
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("out.parquet");
/// let source = Source::bytes("inline", "{\"n\":18446744073709551615}\n");
/// Converter::new().convert(vec![source], Sink::file(&path))?;
/// let findings = check_profile(ReaderProfile::Iceberg, &path)?;
/// assert_eq!((findings.len(), findings[0].path.as_str()), (1, "n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check_profile(profile: ReaderProfile, path: impl AsRef<Path>) -> Result<Vec<Finding>> {
    let FileSchema { schema, leaves } = read_file_schema(path)?;
    Ok(Walk::new(profile, &leaves).run(&schema))
}

impl ReaderProfile {
    /// What the reader would refuse, or take in another way, in a file of `schema`.
    pub fn findings(self, schema: &Schema) -> Vec<Finding> {
        Walk::new(self, &[]).run(schema)
    }
}

/// A walk over all columns, in the order of their leaves.
struct Walk<'a> {
    profile: ReaderProfile,
    /// What the leaves are beyond their Arrow types; fewer than there are leaves where unknown.
    leaves: &'a [LeafKind],
    leaf: usize,
    path: String,
    /// Paths as Iceberg writes them, with dots and nothing else.
    dotted: HashSet<String>,
    findings: Vec<Finding>,
}

impl<'a> Walk<'a> {
    fn new(profile: ReaderProfile, leaves: &'a [LeafKind]) -> Self {
        let (path, dotted) = (String::new(), HashSet::new());
        Self { profile, leaves, leaf: 0, path, dotted, findings: Vec::new() }
    }

    fn run(mut self, schema: &Schema) -> Vec<Finding> {
        self.fields(schema.fields(), "");
        self.findings
    }

    fn fields(&mut self, fields: &Fields, dotted: &str) {
        let parent = self.path.len();
        let mut paths = Vec::with_capacity(fields.len());
        for field in fields {
            push_key(&mut self.path, field.name());
            paths.push((field.name().as_str(), self.path.clone()));
            self.path.truncate(parent);
        }
        for (field, (name, path)) in fields.iter().zip(&paths) {
            self.findings.extend(name_finding(self.profile, name, path, parent > 0));
            self.path.clone_from(path);
            self.field(field, &join(dotted, name), false);
            self.path.truncate(parent);
        }
        self.findings.extend(clashes(self.profile, paths.into_iter()));
    }

    fn field(&mut self, field: &Field, dotted: &str, in_list: bool) {
        if self.profile == Iceberg && !self.dotted.insert(dotted.to_owned()) {
            let found = format!("a second `{dotted}`");
            self.find(
                found,
                "paths that differ when keys are joined by dots",
                RENAME_DOTS.to_owned(),
            );
        }
        if let Some(refused) = refusal(self.profile, field.data_type(), in_list)
            && !self.is_known_int96(field.data_type())
        {
            let found = format!("`{}`", format_type(field.data_type()));
            let fix = self.fix(refused.instead.as_ref());
            self.find(found, refused.wanted, fix);
        }
        let parent = self.path.len();
        match field.data_type() {
            DataType::Struct(fields) => self.fields(fields, dotted),
            DataType::List(item)
            | DataType::LargeList(item)
            | DataType::ListView(item)
            | DataType::LargeListView(item)
            | DataType::FixedSizeList(item, _) => {
                self.path.push_str("[]");
                self.field(item, &join(dotted, "element"), true);
            }
            DataType::Map(entry, _) => self.entry(entry, dotted),
            _ => self.end_leaf(),
        }
        self.path.truncate(parent);
    }

    /// Key and value of a map, whose names no reader heeds.
    fn entry(&mut self, entry: &Field, dotted: &str) {
        let DataType::Struct(pair) = entry.data_type() else { return };
        let parent = self.path.len();
        for (field, name) in pair.iter().zip(["key", "value"]) {
            self.path.push_str("[].");
            self.path.push_str(name);
            self.field(field, &join(dotted, name), false);
            self.path.truncate(parent);
        }
    }

    /// Nanoseconds in the old form of Hive and Impala, which the readers of that family take.
    fn is_known_int96(&self, data_type: &DataType) -> bool {
        let kind = self.leaves.get(self.leaf).filter(|_| !data_type.is_nested());
        kind == Some(&LeafKind::Int96) && self.profile != Iceberg
    }

    fn end_leaf(&mut self) {
        let kind = self.leaves.get(self.leaf).copied();
        self.leaf += 1;
        if kind == Some(LeafKind::Uuid) && matches!(self.profile, Athena | Spark | Redshift) {
            let fix = self.fix(Some(&DataType::Utf8));
            self.find("`uuid`".to_owned(), "text or plain bytes", fix);
        }
    }

    fn fix(&self, instead: Option<&DataType>) -> String {
        let profile = self.profile;
        match instead {
            Some(instead) => {
                let instead = format_type(instead);
                format!("store it as `{instead}`, as `convert --profile {profile}` does")
            }
            None => "store it as text".to_owned(),
        }
    }

    fn find(&mut self, found: String, wanted: &str, fix: String) {
        self.findings.push(Finding {
            severity: Severity::Refused,
            path: self.path.clone(),
            found,
            wanted: wanted.to_owned(),
            fix,
        });
    }
}

fn join(dotted: &str, name: &str) -> String {
    if dotted.is_empty() { name.to_owned() } else { format!("{dotted}.{name}") }
}

const RENAME_DOTS: &str = "rename one of them in the input";
