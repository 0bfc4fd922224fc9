//! `infer`: the schema that `convert` would write.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ndjson_parquet_core::{Converter, Error, Inference, OnError, expand, schema_to_json};

use crate::args::{
    INPUT_HELP, InferenceArgs, InflateArgs, LineArgs, MessageArgs, ProfileArgs, ResourceArgs,
};
use crate::byte_size;
use crate::quantity::{count, plural};
use crate::report::{Failure, note, print};
use crate::schema_table::schema_table;
use crate::staged_text::StagedText;

/// Print the schema that convert would write
#[derive(Args)]
#[command(long_about = format!(
    "Print the schema that convert would write. Its JSON form is what `convert --schema` reads. {}",
    byte_size::HELP
))]
pub(crate) struct InferArgs {
    #[arg(required = true, value_name = "INPUT", help = INPUT_HELP)]
    inputs: Vec<OsString>,

    /// Write the schema, as JSON, to FILE instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Replace an existing FILE
    #[arg(long, requires = "output")]
    overwrite: bool,

    /// The form that is printed [default: json]
    #[arg(long, value_enum, value_name = "FORM", conflicts_with = "output")]
    format: Option<Format>,

    /// What to do with bad lines [default: error]
    #[arg(long, value_enum, value_name = "POLICY")]
    on_error: Option<BadLineChoice>,

    #[command(flatten)]
    inference: InferenceArgs,
    #[command(flatten)]
    profile: ProfileArgs,
    #[command(flatten)]
    lines: LineArgs,
    #[command(flatten)]
    inflate: InflateArgs,
    #[command(flatten)]
    resources: ResourceArgs,
    #[command(flatten)]
    messages: MessageArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For `convert --schema`
    Json,
    /// For people
    Table,
}

#[derive(Clone, Copy, ValueEnum)]
enum BadLineChoice {
    /// Stop and show the line
    Error,
    /// Count the line
    Skip,
}

/// Runs the command.
pub(crate) fn run(args: &InferArgs) -> Result<(), Failure> {
    // Before the work, so that an existing file is told at once.
    let path = args.output.as_deref();
    let file = path.map(|path| StagedText::create(path, args.overwrite)).transpose()?;
    let mut converter = args.profile.apply(args.inference.apply(Converter::new())?);
    converter = args.lines.apply(converter);
    converter = args.inflate.apply(converter);
    converter = args.resources.apply(converter);
    converter = match args.on_error {
        Some(BadLineChoice::Error) => converter.with_on_error(OnError::Error),
        Some(BadLineChoice::Skip) => converter.with_on_error(OnError::Skip),
        None => converter,
    };
    // Before signals are handled, so that they end a listing that hangs.
    let sources = expand(&args.inputs)?;
    let (converter, progress) = args.messages.watch(converter);
    let inferred = converter.infer(sources);
    drop(progress);
    let inference = inferred.map_err(explain)?;
    match file {
        Some(file) => file.publish(&schema_to_json(&inference.schema))?,
        None if args.format == Some(Format::Table) => print(&schema_table(&inference.schema))?,
        None => print(&schema_to_json(&inference.schema))?,
    }
    // What the schema was not learned from must not go unsaid.
    if inference.rejected > 0 && !args.messages.quiet {
        note(&counts(&inference));
    }
    Ok(())
}

/// The error with what the user can do about it.
fn explain(error: Error) -> Failure {
    let hint = error.bad_line().map(|_| "--on-error skip counts bad lines and goes on".to_owned());
    Failure::Work { error, hint }
}

fn counts(inference: &Inference) -> String {
    format!(
        "{}: {}, {} blank, {} bad",
        plural(inference.lines, "line"),
        plural(inference.rows, "row"),
        count(inference.blank),
        count(inference.rejected),
    )
}
