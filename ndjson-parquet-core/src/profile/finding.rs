//! One thing about a schema that a reader does not take as it is.

use std::fmt;

use serde::Serialize;

/// What a reader makes of one column.
///
/// ```
/// use arrow_schema::{DataType, Field, Schema};
/// use ndjson_parquet_core::{ReaderProfile, Severity};
///
/// let column = |name: &str| Field::new(name, DataType::Int64, true);
/// let schema = Schema::new(vec![column("id"), column("Id")]);
/// let findings = ReaderProfile::Spark.findings(&schema);
/// assert_eq!((findings[0].path.as_str(), findings[0].severity), ("Id", Severity::Refused));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Path of the column, with `[]` for the elements of a list.
    pub path: String,
    /// What the column is.
    pub found: String,
    /// What the reader takes.
    pub wanted: String,
    /// What to do about it.
    pub fix: String,
}

/// How much a [`Finding`] matters.
///
/// ```
/// use arrow_schema::{DataType, Field, Schema};
/// use ndjson_parquet_core::{ReaderProfile, Severity};
///
/// let schema = Schema::new(vec![Field::new("order", DataType::Int64, true)]);
/// let findings = ReaderProfile::Athena.findings(&schema);
/// assert_eq!(findings[0].severity, Severity::Note);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// The reader fails, or reads another value than is stored.
    Refused,
    /// The reader takes it, but not under its plain name, or not everywhere.
    Note,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, found, wanted, fix, .. } = self;
        write!(f, "column `{path}`: expected {wanted}, found {found}; {fix}")
    }
}
