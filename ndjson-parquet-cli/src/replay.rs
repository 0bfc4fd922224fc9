//! `replay`: the lines of a quarantine file, converted once.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use ndjson_parquet_core::{Converter, Error, ErrorKind, Replay};

use crate::args::{
    InferenceArgs, InflateArgs, LineArgs, MessageArgs, ProfileArgs, ReportArgs, ResourceArgs,
};
use crate::byte_size;
use crate::convert::{FileArgs, SchemaArgs, default_rejects};
use crate::quantity::{count, plural};
use crate::report::{Failure, note, print};
use crate::summary;
use crate::visible::harmless;

/// Convert the lines of a quarantine file, once
#[derive(Args)]
#[command(long_about = format!(
    "Convert the lines of a quarantine file, with a wider schema or other hints and policies. Lines \
     that are rejected again go to a new quarantine file with the source, line and offset that they \
     had. It is done once: a file REJECTS.done remembers it, and a second run converts nothing. \
     Nothing is overwritten. `verify INPUT... OUTPUT --also REPLAYED` checks both outputs. {}",
    byte_size::HELP
))]
pub(crate) struct ReplayArgs {
    /// The quarantine file that convert or replay wrote; a path or a URL
    #[arg(value_name = "REJECTS")]
    quarantine: OsString,

    /// One file if it ends in `.parquet`, else a directory of files; a path or a URL
    #[arg(value_name = "OUTPUT")]
    output: PathBuf,

    /// The new quarantine file [default: OUTPUT without `.parquet`, and `.rejects.ndjson`]
    #[arg(long, value_name = "PATH", help_heading = "Bad input")]
    rejects: Option<PathBuf>,

    #[command(flatten)]
    schema: SchemaArgs,
    #[command(flatten)]
    inference: InferenceArgs,
    #[command(flatten)]
    profile: ProfileArgs,
    #[command(flatten)]
    lines: LineArgs,
    #[command(flatten)]
    inflate: InflateArgs,
    #[command(flatten)]
    files: FileArgs,
    #[command(flatten)]
    resources: ResourceArgs,
    #[command(flatten)]
    messages: MessageArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// Runs the command.
pub(crate) fn run(args: &ReplayArgs) -> Result<(), Failure> {
    let Some(rejects) = args.rejects.clone().or_else(|| default_rejects(&args.output)) else {
        return Err(Failure::Usage("--rejects is needed for this OUTPUT".to_owned()));
    };
    let talkative = !args.report.json && !args.messages.quiet;
    let mut converter = args.profile.apply(args.inference.apply(Converter::new())?);
    converter = args.schema.apply(converter)?;
    converter = args.lines.apply(converter);
    converter = args.inflate.apply(converter);
    converter = args.files.apply(converter);
    converter = args.resources.apply(converter).with_rejects(&rejects);
    let (converter, progress) = args.messages.watch(converter);
    let replayed = converter.replay(&args.quarantine, &args.output);
    drop(progress);
    let replayed = replayed?;
    if replayed.done_before && talkative {
        note("the quarantine file was replayed before; nothing was converted");
    }
    match (args.report.json, args.messages.quiet) {
        (true, _) => print(&format!("{}\n", to_json(&replayed)?)),
        (false, true) => Ok(()),
        (false, false) => print(&text(&replayed)),
    }
}

fn to_json(replayed: &Replay) -> Result<String, Error> {
    serde_json::to_string_pretty(replayed).map_err(|error| {
        Error::new(ErrorKind::Internal, "no report could be made").with_cause(error)
    })
}

fn text(replayed: &Replay) -> String {
    let summary = replayed.summary.as_ref();
    let mut text = summary.map_or_else(String::new, |summary| summary::text(summary) + "\n");
    let output = match &replayed.output {
        Some(output) => format!(" in {}", harmless(output)),
        None => String::new(),
    };
    text.push_str(&format!(
        "replayed: {}, {}{output}, {} still rejected\n",
        plural(replayed.lines, "line"),
        plural(replayed.rows, "row"),
        count(replayed.still_rejected),
    ));
    text
}
