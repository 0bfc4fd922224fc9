//! `infer --against`: how data departs from a schema, as a table or as JSON, and as an exit code.

use std::path::PathBuf;

use arrow_schema::Schema;
use clap::Args;
use ndjson_parquet_core::{Change, Drift, Error, ErrorKind, Evidence, read_schema};

use crate::quantity::{count, plural};
use crate::report::{Failure, print};
use crate::table::{Align, Table};
use crate::visible::harmless;

/// The schema to compare with.
#[derive(Args)]
#[command(next_help_heading = "Drift")]
pub(crate) struct DriftArgs {
    /// Print how the input departs from the schema in FILE (JSON, Arrow IPC or Parquet)
    ///
    /// A change is `new`, `missing`, `widened` (numbers of a wider type), `incompatible` or `null`
    /// (none where the schema says not null). It comes with its values and rows, and with source,
    /// line, byte and text of the first value.
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,

    /// Exit with 8 if there is any change
    #[arg(long, requires = "against")]
    fail_on_drift: bool,

    /// Print the changes as JSON, to standard output and nothing else there
    ///
    /// An error is then one line of JSON on standard error, as that of `convert --json`.
    #[arg(long)]
    pub(crate) json: bool,
}

impl DriftArgs {
    pub(crate) fn schema(&self) -> Result<Option<Schema>, Error> {
        let schema = self.against.as_ref().map(read_schema).transpose()?;
        Ok(schema.map(|schema| schema.as_ref().clone()))
    }

    /// Prints `drift`, and fails where it must not be.
    pub(crate) fn report(&self, drift: &Drift, quiet: bool) -> Result<(), Failure> {
        let printed = match (self.json, quiet) {
            (true, _) => print(&format!("{}\n", to_json(drift)?)),
            (false, true) => Ok(()),
            (false, false) => print(&text(drift)),
        };
        match drift.changes.len() {
            changes if changes > 0 && self.fail_on_drift => {
                // Told even if nobody reads the report.
                let changes = plural(changes as u64, "change");
                let message = format!("{changes} between the input and the schema");
                Err(Error::new(ErrorKind::Drift, message).into())
            }
            _ => printed,
        }
    }
}

fn to_json(drift: &Drift) -> Result<String, Error> {
    serde_json::to_string_pretty(drift).map_err(|error| {
        Error::new(ErrorKind::Internal, "no report could be made").with_cause(error)
    })
}

fn text(drift: &Drift) -> String {
    if drift.changes.is_empty() {
        return format!("{}, no change\n", plural(drift.rows, "row"));
    }
    let mut table = Table::new(&[
        ("path", Align::Left),
        ("change", Align::Left),
        ("schema", Align::Left),
        ("input", Align::Left),
        ("rows", Align::Right),
        ("share", Align::Right),
        ("first value", Align::Left),
        ("where", Align::Left),
    ]);
    for change in &drift.changes {
        table.push(cells(change));
    }
    let changes = plural(drift.changes.len() as u64, "change");
    format!("{table}\n{}, {changes}\n", plural(drift.rows, "row"))
}

fn cells(change: &Change) -> [String; 8] {
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let first = change.first.as_ref();
    let place = |first: &Evidence| {
        let (line, byte) = (count(first.line), count(first.byte));
        format!("line {line}, byte {byte} of {}", harmless(&first.source))
    };
    [
        change.path.clone(),
        change.kind.name().to_owned(),
        or_dash(&change.expected),
        or_dash(&change.found),
        count(change.rows),
        share(change.share),
        first.map_or_else(|| "-".to_owned(), |first| first.sample.to_string()),
        first.map_or_else(|| "-".to_owned(), place),
    ]
}

/// In percent, and never 0 for what is there.
fn share(share: f64) -> String {
    match share * 100.0 {
        percent if percent > 0.0 && percent < 0.001 => "<0.001 %".to_owned(),
        percent if percent < 1.0 => format!("{percent:.3} %"),
        percent => format!("{percent:.1} %"),
    }
}
