//! `infer`: the schema that `convert` would write, and how data departs from another one.

use std::ffi::OsString;
use std::path::PathBuf;

use arrow_schema::SchemaRef;
use clap::{Args, ValueEnum};
use ndjson_parquet_core::{
    Converter, Error, OnError, SchemaSketch, Source, expand, schema_to_json,
};

use crate::args::{
    INPUT_HELP, InferenceArgs, InflateArgs, LineArgs, MessageArgs, ProfileArgs, ResourceArgs,
};
use crate::byte_size;
use crate::drift::DriftArgs;
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
    #[arg(long, value_enum, value_name = "FORM", conflicts_with_all = ["output", "against"])]
    format: Option<Format>,

    /// Keep what is learnt of each source in DIR, and read only what has changed since
    ///
    /// A source is known by its ETag, or by its size and the time of its last change. The files have
    /// the first value of each kind in them; what is damaged or of another version is written anew.
    #[arg(long, value_name = "DIR")]
    sketch_dir: Option<PathBuf>,

    /// What to do with bad lines [default: error]
    #[arg(long, value_enum, value_name = "POLICY")]
    on_error: Option<BadLineChoice>,

    #[command(flatten)]
    inference: InferenceArgs,
    #[command(flatten)]
    pub(crate) drift: DriftArgs,
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
    if let Some(path) = &args.sketch_dir {
        converter = converter.with_sketch_dir(path);
    }
    let against = args.drift.schema()?;
    // Before signals are handled, so that they end a listing that hangs.
    let sources = expand(&args.inputs)?;
    let (converter, progress) = args.messages.watch(converter);
    let needs_sketch = args.sketch_dir.is_some() || against.is_some();
    let learnt =
        if needs_sketch { sketch(&converter, sources) } else { infer(&converter, sources) };
    drop(progress);
    let learnt = learnt.map_err(explain)?;
    match (file, &against) {
        (Some(file), _) => file.publish(&schema_to_json(&learnt.schema))?,
        (None, Some(_)) => {}
        (None, None) if args.format == Some(Format::Table) => print(&schema_table(&learnt.schema))?,
        (None, None) => print(&schema_to_json(&learnt.schema))?,
    }
    // What the schema was not learned from must not go unsaid.
    if learnt.rejected > 0 && !args.messages.quiet {
        note(&learnt.counts());
    }
    match (&learnt.sketch, &against) {
        (Some(sketch), Some(schema)) => {
            args.drift.report(&sketch.drift_from(schema)?, args.messages.quiet)
        }
        _ => Ok(()),
    }
}

/// What is learnt, with or without records.
struct Learnt {
    schema: SchemaRef,
    sketch: Option<SchemaSketch>,
    lines: u64,
    rows: u64,
    blank: u64,
    rejected: u64,
}

fn infer(converter: &Converter, sources: Vec<Source>) -> Result<Learnt, Error> {
    let found = converter.infer(sources)?;
    let (lines, rows, blank, rejected) = (found.lines, found.rows, found.blank, found.rejected);
    Ok(Learnt { schema: found.schema, sketch: None, lines, rows, blank, rejected })
}

fn sketch(converter: &Converter, sources: Vec<Source>) -> Result<Learnt, Error> {
    let sketch = converter.sketch(sources)?;
    Ok(Learnt {
        schema: sketch.schema(converter)?,
        lines: sketch.lines(),
        rows: sketch.rows(),
        blank: sketch.blank(),
        rejected: sketch.rejected(),
        sketch: Some(sketch),
    })
}

impl Learnt {
    fn counts(&self) -> String {
        format!(
            "{}: {}, {} blank, {} bad",
            plural(self.lines, "line"),
            plural(self.rows, "row"),
            count(self.blank),
            count(self.rejected),
        )
    }
}

/// The error with what the user can do about it.
fn explain(error: Error) -> Failure {
    let hint = error.bad_line().map(|_| "--on-error skip counts bad lines and goes on".to_owned());
    Failure::Work { error, hint }
}
