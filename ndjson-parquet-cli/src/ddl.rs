//! `ddl`: the statement that makes a table of Parquet files in Athena or Hive.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use ndjson_parquet_core::{
    Converter, ExternalTable, Partition, ReaderProfile, expand, read_schema,
};

use crate::args::{InferenceArgs, InflateArgs, LineArgs, MessageArgs, ResourceArgs};
use crate::report::{Failure, print};

/// Print the statement that makes a table of the files in Athena or Hive
#[derive(Args)]
pub(crate) struct DdlArgs {
    /// A Parquet file, or NDJSON as `convert` takes it
    #[arg(value_name = "INPUT", required_unless_present = "schema", conflicts_with = "schema")]
    inputs: Vec<OsString>,

    /// Take the schema in FILE (JSON, Arrow IPC or Parquet), as `convert --schema` would write it
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,

    /// TABLE or DATABASE.TABLE
    #[arg(long, value_name = "NAME")]
    table: String,

    /// Where the files are, such as s3://bucket/prefix/
    #[arg(long, value_name = "URL")]
    location: String,

    /// A partition column; may be repeated
    ///
    /// KIND is `date`, `date:FROM,TO` or `date:FROM,TO:FORMAT` (2024-01-01,NOW and yyyy-MM-dd are
    /// examples), `hour`, `month`, `day`, `integer:FROM,TO`, `enum:A,B,C` or `injected`.
    #[arg(long = "partition", value_name = "NAME=KIND")]
    partitions: Vec<String>,

    /// Where a partition is, with `${name}` for each value [default: name=value/ below the location]
    #[arg(long, value_name = "URL")]
    location_template: Option<String>,

    /// Leave out the properties from which Athena computes the partitions
    #[arg(long)]
    no_projection: bool,

    #[command(flatten)]
    inference: InferenceArgs,
    #[command(flatten)]
    lines: LineArgs,
    #[command(flatten)]
    inflate: InflateArgs,
    #[command(flatten)]
    resources: ResourceArgs,
    #[command(flatten)]
    messages: MessageArgs,
}

/// Runs the command.
pub(crate) fn run(args: &DdlArgs) -> Result<(), Failure> {
    let table = args.table()?;
    let statement = match (&args.schema, parquet_file(&args.inputs)) {
        (Some(path), _) => {
            let schema = args.inference.hints()?.apply(&*read_schema(path)?)?;
            table.create_statement(&ReaderProfile::Athena.adapt(&schema)?)
        }
        (None, Some(path)) => table.create_statement_for_file(path),
        (None, None) => {
            let converter = args.inference.apply(Converter::new())?;
            let converter = args.inflate.apply(args.lines.apply(converter));
            let converter = args.resources.apply(converter).with_profile(ReaderProfile::Athena);
            let (converter, progress) = args.messages.watch(converter);
            let inferred = converter.infer(expand(&args.inputs)?);
            drop(progress);
            table.create_statement(&inferred?.schema)
        }
    };
    print(&statement?)
}

impl DdlArgs {
    fn table(&self) -> Result<ExternalTable, Failure> {
        let mut table = ExternalTable::new(&self.table, &self.location)?;
        for partition in &self.partitions {
            table = table.with_partition(Partition::parse(partition)?)?;
        }
        if let Some(template) = &self.location_template {
            table = table.with_location_template(template)?;
        }
        Ok(table.with_projection(!self.no_projection))
    }
}

/// The input, if it is one Parquet file.
fn parquet_file(inputs: &[OsString]) -> Option<&Path> {
    let [input] = inputs else { return None };
    let path = Path::new(input);
    let mut magic = [0; 4];
    // What cannot be read is told by whoever reads it next.
    let read = path.is_file() && File::open(path).ok()?.read_exact(&mut magic).is_ok();
    (read && magic == *b"PAR1").then_some(path)
}
