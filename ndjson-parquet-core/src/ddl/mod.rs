//! The statement that makes a table of Parquet files in Athena or Hive.
//!
//! Takes a schema, or a Parquet file, and gives the text of `CREATE EXTERNAL TABLE`, with partition
//! columns and the properties of Athena's partition projection. Runs nothing. [`partition`] has the
//! partition columns, [`quote`] the escapes, [`types`] the types of Hive.

mod partition;
mod quote;
mod types;

use std::fmt::Write;
use std::path::Path;

use arrow_schema::{Field, Schema};

pub use partition::Partition;
use quote::{identifier, literal};
use types::hive_type;

use crate::error::{Error, ErrorKind, Result};
use crate::profile::{ReaderProfile, Severity};
use crate::schema::read_file_schema;

/// An external table of Parquet files.
///
/// ```
/// use arrow_schema::{DataType, Field, Schema};
/// use ndjson_parquet_core::{ExternalTable, Partition};
///
/// let schema = Schema::new(vec![Field::new("id", DataType::Int64, true)]);
/// let table = ExternalTable::new("logs.events", "s3://bucket/events")?
///     .with_partition(Partition::parse("date=date")?)?;
/// let statement = table.create_statement(&schema)?;
/// assert!(statement.starts_with("CREATE EXTERNAL TABLE IF NOT EXISTS `logs`.`events` (\n  `id` bigint\n)"));
/// assert!(statement.contains("'projection.date.type' = 'date'"));
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalTable {
    /// One or two names: of the database, and of the table.
    name: Vec<String>,
    location: String,
    template: Option<String>,
    partitions: Vec<Partition>,
    projection: bool,
}

impl ExternalTable {
    /// The table `name`, or `database.name`, of the files below `location`, a URL such as
    /// `s3://bucket/prefix/`.
    pub fn new(name: &str, location: &str) -> Result<Self> {
        let parts: Vec<String> = name.split('.').map(str::to_owned).collect();
        let is_word = |part: &String| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        if parts.len() > 2 || !parts.iter().all(is_word) {
            return Err(refuse(&format!(
                "expected TABLE or DATABASE.TABLE of letters, digits and underscores, found `{name}`"
            )));
        }
        let mut location = checked_url(location)?;
        if !location.ends_with('/') {
            location.push('/');
        }
        let (template, partitions) = (None, Vec::new());
        Ok(Self { name: parts, location, template, partitions, projection: true })
    }

    /// Adds a partition column after those that there are.
    pub fn with_partition(mut self, partition: Partition) -> Result<Self> {
        if self.partitions.iter().any(|other| other.name() == partition.name()) {
            let message =
                format!("expected each partition once, found `{}` again", partition.name());
            return Err(refuse(&message));
        }
        self.partitions.push(partition);
        Ok(self)
    }

    /// Where the files of a partition are, with `${name}` for the value of each partition column;
    /// without it, `name=value/` below the location.
    pub fn with_location_template(mut self, template: &str) -> Result<Self> {
        let template = checked_url(template)?;
        for partition in &self.partitions {
            let variable = format!("${{{}}}", partition.name());
            if !template.contains(&variable) {
                let message = format!("expected `{variable}` in the location template, found none");
                return Err(refuse(&message));
            }
        }
        self.template = Some(template);
        Ok(self)
    }

    /// Whether Athena computes the partitions from the properties of the table (true), or looks
    /// them up in the catalog, where they must be added.
    #[must_use]
    pub fn with_projection(mut self, projection: bool) -> Self {
        self.projection = projection;
        self
    }

    /// The statement for files of `schema`, which must be one that Athena takes: see
    /// [`ReaderProfile::adapt`]. A column that has the name of a partition column is left out, and
    /// the statement begins with a comment that says so.
    pub fn create_statement(&self, schema: &Schema) -> Result<String> {
        let profile = ReaderProfile::Athena;
        let mut refused = profile.findings(schema);
        refused.retain(|finding| finding.severity == Severity::Refused);
        if !refused.is_empty() {
            return Err(profile.refuse(&refused));
        }
        self.statement(schema)
    }

    /// The statement for files such as the Parquet file at `path`.
    pub fn create_statement_for_file(&self, path: impl AsRef<Path>) -> Result<String> {
        let profile = ReaderProfile::Athena;
        let mut refused = crate::profile::check_profile(profile, &path)?;
        refused.retain(|finding| finding.severity == Severity::Refused);
        if !refused.is_empty() {
            return Err(profile.refuse(&refused));
        }
        self.statement(&read_file_schema(&path)?.schema)
    }

    fn statement(&self, schema: &Schema) -> Result<String> {
        let is_partition = |field: &Field| {
            let name = field.name().to_lowercase();
            self.partitions.iter().any(|partition| partition.name() == name)
        };
        let mut text = String::new();
        let mut columns = Vec::new();
        for field in schema.fields() {
            if is_partition(field) {
                let name = field.name();
                let _ =
                    writeln!(text, "-- The column {name} of the files is hidden by the partition.");
            } else {
                columns.push(format!("{} {}", identifier(field.name()), hive_type(field)?));
            }
        }
        if columns.is_empty() {
            return Err(refuse("expected a column that is no partition column, found none"));
        }
        let name: Vec<String> = self.name.iter().map(|part| identifier(part)).collect();
        let _ = write!(
            text,
            "CREATE EXTERNAL TABLE IF NOT EXISTS {} {}",
            name.join("."),
            list(&columns)
        );
        if !self.partitions.is_empty() {
            let partitions: Vec<String> = self.partitions.iter().map(Partition::column).collect();
            let _ = write!(text, "\nPARTITIONED BY {}", list(&partitions));
        }
        let _ = write!(text, "\n{STORED_AS}\nLOCATION {}", literal(&self.location));
        let properties = self.properties();
        if !properties.is_empty() {
            let property =
                |(key, value): &(String, String)| format!("{} = {}", literal(key), literal(value));
            let properties: Vec<String> = properties.iter().map(property).collect();
            let _ = write!(text, "\nTBLPROPERTIES {}", list(&properties));
        }
        text.push_str(";\n");
        Ok(text)
    }

    fn properties(&self) -> Vec<(String, String)> {
        if !self.projection || self.partitions.is_empty() {
            return Vec::new();
        }
        let mut properties = vec![("projection.enabled".to_owned(), "true".to_owned())];
        properties.extend(self.partitions.iter().flat_map(Partition::properties));
        if let Some(template) = &self.template {
            properties.push(("storage.location.template".to_owned(), template.clone()));
        }
        properties
    }
}

fn list(items: &[String]) -> String {
    format!("(\n  {}\n)", items.join(",\n  "))
}

fn checked_url(url: &str) -> Result<String> {
    let scheme = url.split_once("://").map(|(scheme, rest)| (scheme, !rest.is_empty()));
    let known = scheme.is_some_and(|(scheme, rest)| {
        rest && !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric())
    });
    if !known || url.chars().any(char::is_control) {
        let found = url.escape_debug();
        return Err(refuse(&format!(
            "expected a URL such as s3://bucket/prefix/, found `{found}`"
        )));
    }
    Ok(url.to_owned())
}

fn refuse(message: &str) -> Error {
    Error::new(ErrorKind::Schema, format!("table: {message}"))
}

/// As Hive's own `STORED AS PARQUET`, spelled out, which every version takes.
const STORED_AS: &str = "\
ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
STORED AS INPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'";

#[cfg(test)]
mod tests;
