//! `cat` and `head`: rows of Parquet as NDJSON.

use std::error::Error as _;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::Args;
use ndjson_parquet_core::{Error, ErrorKind, JsonRows};

use crate::report::Failure;

/// Print the rows of Parquet files as NDJSON
#[derive(Args)]
pub(crate) struct CatArgs {
    /// Parquet files, written by whatever program, or directories of files `*.parquet`
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    rows: RowArgs,
}

/// Print the first rows of a Parquet file as NDJSON
#[derive(Args)]
pub(crate) struct HeadArgs {
    /// A Parquet file, written by whatever program, or a directory of files `*.parquet`
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// How many rows
    #[arg(long, short = 'n', value_name = "N", default_value_t = DEFAULT_HEAD_ROWS)]
    rows: u64,

    #[command(flatten)]
    form: RowArgs,
}

/// How rows are written.
#[derive(Args)]
struct RowArgs {
    /// Write nulls, which leave no key otherwise
    #[arg(long)]
    nulls: bool,

    /// Put what is in _rescued_data back where it was in the line
    #[arg(long)]
    merge_rescued: bool,
}

/// Runs `cat`.
pub(crate) fn run(args: &CatArgs) -> Result<(), Failure> {
    args.files.iter().try_for_each(|file| write(args.rows.form(), file))
}

/// Runs `head`.
pub(crate) fn run_head(args: &HeadArgs) -> Result<(), Failure> {
    write(args.form.form().with_limit(args.rows), &args.file)
}

impl RowArgs {
    fn form(&self) -> JsonRows {
        JsonRows::new().with_explicit_nulls(self.nulls).with_merge_rescued(self.merge_rescued)
    }
}

fn write(rows: JsonRows, file: &PathBuf) -> Result<(), Failure> {
    let mut stdout = BufWriter::new(io::stdout().lock());
    rows.write(file, &mut stdout).map_err(explain)?;
    stdout.flush().map_err(Failure::of_stdout)
}

/// A reader of standard output that has seen enough is no failure.
fn explain(error: Error) -> Failure {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    let closed = cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe);
    if closed && error.kind() == ErrorKind::Output { Failure::Closed } else { error.into() }
}

const DEFAULT_HEAD_ROWS: u64 = 10;
