//! `check`: what a reader would refuse in a file or a schema.

use std::path::PathBuf;

use clap::Args;
use ndjson_parquet_core::{Error, ErrorKind, Finding, ReaderProfile, Severity, check_profile};
use serde_json::json;

use crate::choice::ProfileChoice;
use crate::quantity::plural;
use crate::report::{Failure, print};
use crate::visible::harmless;

/// Say what a reader would refuse in a Parquet file or a schema
#[derive(Args)]
pub(crate) struct CheckArgs {
    /// A Parquet file, written by whatever program, or a schema as `convert --schema` takes it
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The reader
    #[arg(long, value_enum, value_name = "READER")]
    profile: ProfileChoice,

    /// Print the findings as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Runs the command.
pub(crate) fn run(args: &CheckArgs) -> Result<(), Failure> {
    let profile = ReaderProfile::from(args.profile);
    let findings = check_profile(profile, &args.file)?;
    let printed = if args.json {
        print(&format!("{:#}\n", json!({ "profile": profile, "findings": findings })))
    } else {
        print(&text(profile, &findings))
    };
    match refused(&findings) {
        0 => printed,
        // Told even if nobody reads the report.
        refused => {
            let refused = plural(refused as u64, "thing");
            let message = format!("{profile} refuses {refused} in `{}`", args.file.display());
            Err(Error::new(ErrorKind::Schema, message).into())
        }
    }
}

fn refused(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.severity == Severity::Refused).count()
}

fn text(profile: ReaderProfile, findings: &[Finding]) -> String {
    let mut text: String = findings.iter().map(line).collect();
    if refused(findings) == 0 {
        text.push_str(&format!("{profile} takes all of it\n"));
    }
    text
}

fn line(finding: &Finding) -> String {
    let severity = if finding.severity == Severity::Refused { "refused" } else { "note" };
    format!("{severity}: {}\n", harmless(&finding.to_string()))
}
