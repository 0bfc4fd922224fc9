//! `report`: a page about one conversion, from its JSON summary.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use ndjson_parquet_core::{Error, ErrorKind, Summary};
use serde_json::Value;

use crate::page::page;
use crate::report::Failure;
use crate::staged_text::StagedText;

/// Write an HTML page about a conversion, from what `convert --json` printed
#[derive(Args)]
pub(crate) struct ReportArgs {
    /// The JSON summary, or `-` for standard input
    #[arg(value_name = "SUMMARY")]
    summary: PathBuf,

    /// The page: one file without scripts that needs nothing else
    #[arg(long, value_name = "OUT")]
    html: PathBuf,

    /// What `infer --against --json` printed, to be shown as well
    #[arg(long, value_name = "DRIFT")]
    drift: Option<PathBuf>,

    /// Replace an existing page
    #[arg(long)]
    overwrite: bool,
}

/// Runs the command.
pub(crate) fn run(args: &ReportArgs) -> Result<(), Failure> {
    let text = read(&args.summary)?;
    let wrong = |error: serde_json::Error| {
        let name = args.summary.display();
        let message = format!("{name}: expected the summary that `convert --json` prints: {error}");
        Error::new(ErrorKind::Source, message).with_cause(error)
    };
    let summary: Summary = serde_json::from_str(&text).map_err(wrong)?;
    let whole: Value = serde_json::from_str(&text).map_err(wrong)?;
    let drift = args.drift.as_deref().map(read_drift).transpose()?;
    let file = StagedText::create(&args.html, args.overwrite)?;
    file.publish(&page(&summary, drift.as_ref().or(whole.get("drift"))))?;
    Ok(())
}

fn read_drift(path: &Path) -> Result<Value, Error> {
    let drift = serde_json::from_str::<Value>(&read(path)?);
    drift.map_err(|error| {
        let name = path.display();
        let message = format!("{name}: expected what `infer --against --json` prints: {error}");
        Error::new(ErrorKind::Source, message).with_cause(error)
    })
}

fn read(path: &Path) -> Result<String, Error> {
    let text = if path.as_os_str() == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    text.map_err(|error| {
        let message = format!("could not read `{}`: {error}", path.display());
        Error::new(ErrorKind::Source, message).with_cause(error)
    })
}
