//! `convert`: NDJSON to Parquet, and what became of every line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use ndjson_parquet_core::{
    BadLineKind, Compression, Converter, DEFAULT_COMPRESSION, DEFAULT_ROW_GROUP_BYTES,
    DEFAULT_ROW_GROUP_ROWS, DEFAULT_SAMPLE_BYTES, DictionaryPolicy, Error, ErrorKind,
    MIN_ROW_GROUP_BYTES, ParquetOptions, Sink, Source, expand, read_schema,
};

use crate::args::{
    INPUT_HELP, InferenceArgs, InflateArgs, LineArgs, MessageArgs, ProfileArgs, ReportArgs,
    ResourceArgs,
};
use crate::byte_size;
use crate::choice::{ConflictChoice, DuplicatesChoice, OnErrorChoice, UnknownChoice};
use crate::dry_run;
use crate::layout::{ColumnArgs, PartitionArgs};
use crate::report::{Failure, note, print};
use crate::summary;

/// Convert NDJSON to Parquet
#[derive(Args)]
#[command(long_about = format!("Convert NDJSON to Parquet. {}", byte_size::HELP))]
pub(crate) struct ConvertArgs {
    #[arg(required = true, value_name = "INPUT", help = INPUT_HELP)]
    inputs: Vec<OsString>,

    /// One file if it ends in `.parquet`, else a directory of files; a path or a URL
    #[arg(value_name = "OUTPUT")]
    output: PathBuf,

    #[command(flatten)]
    schema: SchemaArgs,
    #[command(flatten)]
    inference: InferenceArgs,
    #[command(flatten)]
    profile: ProfileArgs,
    #[command(flatten)]
    bad_input: BadInputArgs,
    #[command(flatten)]
    lines: LineArgs,
    #[command(flatten)]
    inflate: InflateArgs,
    /// Replace existing output
    #[arg(long, help_heading = "Output")]
    overwrite: bool,

    /// Print what would be done, and the schema of the sample, and write nothing
    #[arg(long, help_heading = "Output")]
    dry_run: bool,

    #[command(flatten)]
    files: FileArgs,
    #[command(flatten)]
    columns: ColumnArgs,
    #[command(flatten)]
    partitions: PartitionArgs,
    #[command(flatten)]
    resources: ResourceArgs,
    #[command(flatten)]
    messages: MessageArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// The schema, and what does not fit it.
#[derive(Args)]
#[command(next_help_heading = "Schema")]
pub(crate) struct SchemaArgs {
    /// Use the schema in FILE (JSON, Arrow IPC or Parquet) instead of inferring one
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,

    #[arg(long, value_name = "BYTES", value_parser = byte_size::parse_some, help = format!(
        "Input that the first guess at the schema is made from [default: {}]",
        byte_size::format(DEFAULT_SAMPLE_BYTES)
    ))]
    sample_bytes: Option<u64>,

    /// What to do with fields that the schema does not have
    #[arg(long, value_enum, value_name = "POLICY")]
    unknown: Option<UnknownChoice>,

    /// What to do with values that do not fit their column
    #[arg(long, value_enum, value_name = "POLICY")]
    conflict: Option<ConflictChoice>,

    /// What to do with a key that an object has twice
    #[arg(long, value_enum, value_name = "POLICY")]
    duplicates: Option<DuplicatesChoice>,

    /// Cut timestamps to the unit of their column; finer ones do not fit otherwise
    #[arg(long)]
    truncate_timestamps: bool,
}

#[derive(Args)]
#[command(next_help_heading = "Bad input")]
struct BadInputArgs {
    /// What to do with bad lines [default: error]
    #[arg(long, value_enum, value_name = "POLICY")]
    on_error: Option<OnErrorChoice>,

    /// The quarantine file [default: OUTPUT without `.parquet`, and `.rejects.ndjson`]
    #[arg(long, value_name = "PATH")]
    rejects: Option<PathBuf>,

    /// Fail if more lines than N are rejected
    #[arg(long, value_name = "N")]
    max_rejects: Option<u64>,

    /// Fail if a larger share of the lines, from 0 to 1, is rejected
    #[arg(long, value_name = "R", value_parser = parse_ratio)]
    max_reject_ratio: Option<f64>,
}

/// How the Parquet files are made.
#[derive(Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct FileArgs {
    /// Begin a new file when one has reached this size; OUTPUT must be a directory
    #[arg(long, value_name = "BYTES", value_parser = byte_size::parse_some)]
    target_size: Option<u64>,

    #[arg(long, value_name = "CODEC[:LEVEL]", help = format!(
        "zstd[:1-22], snappy, gzip[:0-9], lz4_raw or none [default: {DEFAULT_COMPRESSION}]"
    ))]
    compression: Option<Compression>,

    /// Which columns get a dictionary: adaptive, always or never [default: adaptive]
    #[arg(long, value_name = "POLICY")]
    dictionary: Option<DictionaryPolicy>,

    #[arg(long, value_name = "BYTES", value_parser = byte_size::parse_row_group, help = format!(
        "Input that becomes one row group, at least {} [default: {}]",
        byte_size::format(MIN_ROW_GROUP_BYTES), byte_size::format(DEFAULT_ROW_GROUP_BYTES)
    ))]
    row_group_bytes: Option<u64>,

    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help = format!(
        "Most rows in one row group [default: {DEFAULT_ROW_GROUP_ROWS}]"
    ))]
    row_group_rows: Option<u64>,

    /// An entry for the footer of every file; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_entry)]
    metadata: Vec<(String, String)>,
}

/// Runs the command.
pub(crate) fn run(args: &ConvertArgs) -> Result<(), Failure> {
    if args.output.as_os_str() == "-" {
        let message = "OUTPUT must be a file or a directory: Parquet is not written to a pipe";
        return Err(Failure::Usage(message.to_owned()));
    }
    let rejects = args.rejects()?;
    if let (Some(path), None, true) = (&rejects, &args.bad_input.rejects, args.is_talkative()) {
        note(&format!("rejected lines go to `{}`", path.display()));
    }
    let mut converter = args.converter()?;
    if let Some(path) = &rejects {
        converter = converter.with_rejects(path);
    }
    // Before signals are handled, so that they end a listing that hangs.
    let sources = expand(&args.inputs)?;
    let (converter, progress) = args.messages.watch(converter);
    let sink = Sink::at(&args.output)?.with_overwrite(args.overwrite);
    if args.dry_run {
        return args.dry_run(&converter, sources, &sink, rejects.as_deref());
    }
    let converted = converter.convert(sources, sink);
    drop(progress);
    let summary = converted.map_err(|error| args.explain(error))?;
    args.warn_of_stale_rejects();
    let printed = match (args.report.json, args.messages.quiet) {
        (true, _) => print(&format!("{}\n", summary.to_json())),
        (false, true) => Ok(()),
        (false, false) => print(&summary::text(&summary)),
    };
    printed.map_err(|failure| match failure {
        Failure::Work { error, .. } => {
            Failure::Work { error, hint: Some(COMPLETE_HINT.to_owned()) }
        }
        other => other,
    })
}

impl ConvertArgs {
    fn converter(&self) -> Result<Converter, Failure> {
        let mut converter = self.profile.apply(self.inference.apply(Converter::new())?);
        converter = self.schema.apply(converter)?;
        converter = self.bad_input.apply(converter);
        converter = self.lines.apply(converter);
        converter = self.inflate.apply(converter);
        converter =
            self.files.apply(converter).with_parquet(self.columns.apply(self.files.parquet()));
        converter = self.partitions.apply(converter)?;
        Ok(self.resources.apply(converter))
    }

    fn dry_run(
        &self,
        converter: &Converter,
        sources: Vec<Source>,
        sink: &Sink,
        rejects: Option<&Path>,
    ) -> Result<(), Failure> {
        let plan = converter.plan(sources, sink);
        let plan = plan.map_err(|error| self.explain(error))?;
        if self.report.json {
            return print(&dry_run::to_json(&plan, &self.output, rejects)?);
        }
        print(&dry_run::text(&plan, &self.output, rejects))
    }

    /// The quarantine file, where a policy needs one.
    fn rejects(&self) -> Result<Option<PathBuf>, Failure> {
        let quarantines = self.bad_input.on_error == Some(OnErrorChoice::Quarantine)
            || self.schema.conflict == Some(ConflictChoice::Quarantine);
        match &self.bad_input.rejects {
            Some(_) if !quarantines => {
                let message = "--rejects needs --on-error quarantine or --conflict quarantine";
                Err(Failure::Usage(message.to_owned()))
            }
            Some(path) => Ok(Some(path.clone())),
            None if !quarantines => Ok(None),
            None => match default_rejects(&self.output) {
                Some(path) => Ok(Some(path)),
                None => Err(Failure::Usage("--rejects is needed for this OUTPUT".to_owned())),
            },
        }
    }

    /// A quarantine file that belongs to the output of an earlier run, which this one replaced. It is
    /// not removed: what it holds may be nowhere else.
    fn warn_of_stale_rejects(&self) {
        if !self.overwrite || !self.is_talkative() || !matches!(self.rejects(), Ok(None)) {
            return;
        }
        if let Some(path) = default_rejects(&self.output).filter(|path| path.exists()) {
            note(&format!("`{}` is of an earlier run, not of this one", path.display()));
        }
    }

    fn is_talkative(&self) -> bool {
        !self.report.json && !self.messages.quiet
    }

    /// The error with what the user can do about it.
    fn explain(&self, error: Error) -> Failure {
        let hint = match (error.kind(), error.bad_line().map(|line| line.kind)) {
            (_, Some(BadLineKind::UnknownField)) => Some(UNKNOWN_HINT),
            (_, Some(BadLineKind::TypeConflict)) => Some(CONFLICT_HINT),
            (_, Some(_)) => Some(BAD_LINE_HINT),
            (ErrorKind::OutputExists, _) if !self.overwrite => Some(OVERWRITE_HINT),
            _ => None,
        };
        Failure::Work { error, hint: hint.map(str::to_owned) }
    }
}

impl SchemaArgs {
    pub(crate) fn apply(&self, mut converter: Converter) -> Result<Converter, Error> {
        if let Some(path) = &self.schema {
            converter = converter.with_schema(read_schema(path)?);
        }
        if let Some(bytes) = self.sample_bytes {
            converter = converter.with_sample_bytes(bytes);
        }
        if let Some(choice) = self.unknown {
            converter = converter.with_unknown_fields(choice.into());
        }
        if let Some(choice) = self.conflict {
            converter = converter.with_type_conflicts(choice.into());
        }
        if let Some(choice) = self.duplicates {
            converter = converter.with_duplicate_keys(choice.into());
        }
        if self.truncate_timestamps {
            converter = converter.with_truncate_timestamps(true);
        }
        Ok(converter)
    }
}

impl BadInputArgs {
    fn apply(&self, mut converter: Converter) -> Converter {
        if let Some(choice) = self.on_error {
            converter = converter.with_on_error(choice.into());
        }
        if let Some(lines) = self.max_rejects {
            converter = converter.with_max_rejects(lines);
        }
        if let Some(ratio) = self.max_reject_ratio {
            converter = converter.with_max_reject_ratio(ratio);
        }
        converter
    }
}

impl FileArgs {
    pub(crate) fn apply(&self, mut converter: Converter) -> Converter {
        if let Some(bytes) = self.target_size {
            converter = converter.with_target_file_bytes(bytes);
        }
        converter
    }

    fn parquet(&self) -> ParquetOptions {
        let mut options = ParquetOptions::new().with_metadata(self.metadata.clone());
        if let Some(compression) = self.compression {
            options = options.with_compression(compression);
        }
        if let Some(policy) = self.dictionary {
            options = options.with_dictionary(policy);
        }
        if let Some(bytes) = self.row_group_bytes {
            options = options.with_row_group_bytes(bytes);
        }
        if let Some(rows) = self.row_group_rows {
            options = options.with_row_group_rows(rows);
        }
        options
    }
}

/// The quarantine file beside `output`; `None` where that has no name, as `..` has none.
pub(crate) fn default_rejects(output: &Path) -> Option<PathBuf> {
    let mut name = match output.extension() {
        Some(extension) if extension == "parquet" => output.file_stem()?.to_owned(),
        _ => output.file_name()?.to_owned(),
    };
    name.push(".rejects.ndjson");
    Some(output.with_file_name(name))
}

fn parse_ratio(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(ratio),
        _ => Err("expected a number from 0 to 1, such as 0.01".to_owned()),
    }
}

fn parse_entry(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

const BAD_LINE_HINT: &str =
    "--on-error quarantine keeps bad lines aside and goes on, --on-error skip counts them";
const UNKNOWN_HINT: &str =
    "--unknown rescue keeps such fields in _rescued_data, --unknown ignore drops them";
const CONFLICT_HINT: &str = "--conflict rescue keeps such values in _rescued_data, --conflict \
                             quarantine keeps the lines aside";
const COMPLETE_HINT: &str = "the output is complete; only the report is missing";
const OVERWRITE_HINT: &str = "--overwrite replaces it";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_go_beside_the_output() {
        for (output, rejects) in [
            ("out.parquet", "out.rejects.ndjson"),
            ("a/out.parquet", "a/out.rejects.ndjson"),
            ("a.b.parquet", "a.b.rejects.ndjson"),
            ("out", "out.rejects.ndjson"),
            ("a/out/", "a/out.rejects.ndjson"),
            ("day=2.5", "day=2.5.rejects.ndjson"),
        ] {
            assert_eq!(default_rejects(Path::new(output)), Some(PathBuf::from(rejects)));
        }
        assert_eq!(default_rejects(Path::new("..")), None);
    }

    #[test]
    fn a_ratio_is_from_0_to_1() {
        assert_eq!(parse_ratio("0.25"), Ok(0.25));
        for text in ["-0.1", "1.1", "NaN", "inf", "", "10%"] {
            assert!(parse_ratio(text).is_err(), "{text}");
        }
    }
}
