//! `verify`: decodes the input again and compares it with the Parquet files, value by value.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use ndjson_parquet_core::{Converter, Error, ErrorKind, Verification, expand, verify_with_replays};

use crate::args::{INPUT_HELP, InflateArgs, MessageArgs, ReportArgs, ResourceArgs};
use crate::byte_size;
use crate::quantity::{count, plural};
use crate::report::{Failure, print};
use crate::visible::harmless;

/// Compare input and output: lines, rows, balance sheet and every value
#[derive(Args)]
#[command(long_about = format!(
    "Compare NDJSON with the Parquet made from it: lines, rows, balance sheet and every value. {}",
    byte_size::HELP
))]
pub(crate) struct VerifyArgs {
    #[arg(required = true, value_name = "INPUT", help = INPUT_HELP)]
    inputs: Vec<OsString>,

    /// The Parquet file or directory that convert wrote; a path or a URL
    #[arg(value_name = "OUTPUT")]
    output: PathBuf,

    /// What `replay` made of the rejected lines of OUTPUT; again, of those that it rejected
    #[arg(long, value_name = "REPLAYED")]
    also: Vec<PathBuf>,

    #[command(flatten)]
    inflate: InflateArgs,
    #[command(flatten)]
    resources: ResourceArgs,
    #[command(flatten)]
    messages: MessageArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// Runs the command.
pub(crate) fn run(args: &VerifyArgs) -> Result<(), Failure> {
    let converter = args.resources.apply(args.inflate.apply(Converter::new()));
    // Before signals are handled, so that they end a listing that hangs.
    let sources = expand(&args.inputs)?;
    let (converter, progress) = args.messages.watch(converter);
    let verified = verify_with_replays(&converter, sources, &args.output, &args.also);
    drop(progress);
    let verification = verified?;
    let printed = if args.report.json {
        print(&format!("{}\n", to_json(&verification)?))
    } else if args.messages.quiet {
        Ok(())
    } else {
        print(&text(&verification))
    };
    match verification.differences.len() {
        0 => printed,
        // Told even if nobody reads the report.
        count => Err(difference(count).into()),
    }
}

/// Does not repeat the output: its URL may hold secrets.
fn difference(count: usize) -> Error {
    let differences = plural(count as u64, "difference");
    let message = format!("{differences} between the input and the output");
    Error::new(ErrorKind::Mismatch, message)
}

fn to_json(verification: &Verification) -> Result<String, Error> {
    serde_json::to_string_pretty(verification).map_err(|error| {
        Error::new(ErrorKind::Internal, "no report could be made").with_cause(error)
    })
}

fn text(verification: &Verification) -> String {
    let mut text = format!(
        "{}: {}, {} blank, {} rejected\n{} compared\n",
        plural(verification.lines, "line"),
        plural(verification.rows, "row"),
        count(verification.blank),
        count(verification.rejected),
        plural(verification.values, "value"),
    );
    for difference in &verification.differences {
        let _ = writeln!(text, "differs: {}", harmless(difference));
    }
    if verification.differences.is_empty() {
        text.push_str("input and output agree\n");
    }
    text
}
