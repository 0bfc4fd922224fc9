//! What a reader of Parquet files takes: types and names.
//!
//! [`ReaderProfile::findings`] says what a reader would refuse, [`ReaderProfile::adapt`] makes a
//! schema suitable where that loses nothing, [`check_profile`] looks at a file. The rules are in
//! [`types`] and [`names`], with the documentation that each comes from in docs/profiles.md.

mod adapt;
mod check;
mod finding;
mod names;
mod types;

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

pub use check::check_profile;
pub use finding::{Finding, Severity};
pub(crate) use names::is_reserved_in_athena;

use crate::error::{Error, ErrorKind};

/// A reader of Parquet files, with the types and names that it takes.
///
/// ```
/// use arrow_schema::{DataType, Field, Schema};
/// use ndjson_parquet_core::ReaderProfile;
///
/// let schema = Schema::new(vec![Field::new("n", DataType::UInt64, true)]);
/// assert_eq!(ReaderProfile::Athena.findings(&schema).len(), 1);
/// let adapted = ReaderProfile::Athena.adapt(&schema)?;
/// assert_eq!(adapted.field(0).data_type(), &DataType::Decimal128(20, 0));
/// assert_eq!(ReaderProfile::DuckDb.adapt(&schema)?, schema);
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ReaderProfile {
    /// Amazon Athena, by a table in the Glue Data Catalog.
    Athena,
    /// Apache Spark 3.3 and later.
    Spark,
    /// Amazon Redshift Spectrum, by an external table.
    Redshift,
    /// DuckDB.
    DuckDb,
    /// Apache Iceberg, format version 2: files added to a table.
    Iceberg,
}

impl ReaderProfile {
    /// All profiles.
    pub const ALL: [Self; 5] =
        [Self::Athena, Self::Spark, Self::Redshift, Self::DuckDb, Self::Iceberg];

    /// The name that [`FromStr`] reads back.
    pub fn name(self) -> &'static str {
        match self {
            Self::Athena => "athena",
            Self::Spark => "spark",
            Self::Redshift => "redshift",
            Self::DuckDb => "duckdb",
            Self::Iceberg => "iceberg",
        }
    }
}

impl fmt::Display for ReaderProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ReaderProfile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|profile| profile.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            let message = format!("expected a profile among {names}, found `{text}`");
            Error::new(ErrorKind::Schema, message)
        })
    }
}

#[cfg(test)]
mod tests;
