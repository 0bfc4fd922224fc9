//! Options that several subcommands share, and how they reach the engine.
//!
//! No default is written here: an option that was not given is not passed on. Help texts cite the
//! engine's constants.

use std::num::NonZeroUsize;

use clap::Args;
use ndjson_parquet_core::{
    Converter, DEFAULT_MAX_COLUMNS, DEFAULT_MAX_DEPTH, DEFAULT_MAX_INFLATE_RATIO,
    DEFAULT_MAX_INFLATED_BYTES, DEFAULT_MAX_LINE_BYTES, DEFAULT_MEMORY_LIMIT,
    DEFAULT_MEMORY_PER_THREAD, Hints, InflateLimits, MAX_MAX_DEPTH, MIN_MEMORY_LIMIT, Result,
};

use crate::byte_size;
use crate::choice::{KernelArgument, ProfileChoice};
use crate::interrupt::cancel_on_signal;
use crate::logging::listen;
use crate::progress::ProgressLine;

/// What the help says about INPUT.
pub(crate) const INPUT_HELP: &str = "Files, directories (but not what is named `*.parquet`, \
     `*.rejects.ndjson`, `*.rejects.ndjson.done`, `*.sketch.json`, `.*` or `_*` in them), globs \
     in quotes, URLs (s3, gs, az, https) of the same, or `-` for standard input; gzip, zstd, bzip2, xz, lz4 and snappy are recognised";

/// How the schema is inferred.
#[derive(Args)]
#[command(next_help_heading = "Schema")]
pub(crate) struct InferenceArgs {
    /// Type of one path; may be repeated
    ///
    /// PATH has dots between keys and `[]` for the elements of a list. Examples: `user.id=int64`,
    /// `items[].price=decimal(18,2)`, `ts=timestamp(ms, "Europe/Berlin")`, `raw=json`,
    /// `t=timestamp(us, epoch(ms))`, `d=timestamp(s, format("%d/%m/%Y"))`,
    /// `blob=binary(base64)`, `tags=map<utf8, int64>`. docs/types.md has all of them.
    #[arg(long = "hint", value_name = "PATH=TYPE")]
    hints: Vec<String>,

    /// Leave dates and timestamps as text
    #[arg(long)]
    no_infer_temporal: bool,

    #[arg(long, value_name = "N", help = format!(
        "Most columns, nested ones included [default: {DEFAULT_MAX_COLUMNS}]"
    ))]
    max_columns: Option<NonZeroUsize>,
}

impl InferenceArgs {
    pub(crate) fn hints(&self) -> Result<Hints> {
        self.hints.iter().try_fold(Hints::new(), |hints, hint| hints.with_hint(hint))
    }

    pub(crate) fn apply(&self, converter: Converter) -> Result<Converter> {
        let mut converter = converter.with_hints(self.hints()?);
        if self.no_infer_temporal {
            converter = converter.with_infer_temporal(false);
        }
        if let Some(columns) = self.max_columns {
            converter = converter.with_max_columns(columns.get());
        }
        Ok(converter)
    }
}

/// Who is to read the output.
#[derive(Args)]
#[command(next_help_heading = "Schema")]
pub(crate) struct ProfileArgs {
    /// Write what this reader takes, or say which column it refuses
    #[arg(long, value_enum, value_name = "READER")]
    profile: Option<ProfileChoice>,
}

impl ProfileArgs {
    pub(crate) fn apply(&self, converter: Converter) -> Converter {
        match self.profile {
            Some(profile) => converter.with_profile(profile.into()),
            None => converter,
        }
    }
}

/// What a line may be.
#[derive(Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LineArgs {
    #[arg(long, value_name = "BYTES", value_parser = byte_size::parse_usize, help = format!(
        "Longest line [default: {}]", byte_size::format(DEFAULT_MAX_LINE_BYTES as u64)
    ))]
    max_line_bytes: Option<usize>,

    #[arg(long, value_name = "N", value_parser = parse_depth, help = format!(
        "Deepest nesting, at most {MAX_MAX_DEPTH} [default: {DEFAULT_MAX_DEPTH}]"
    ))]
    max_depth: Option<usize>,
}

impl LineArgs {
    pub(crate) fn apply(&self, mut converter: Converter) -> Converter {
        if let Some(bytes) = self.max_line_bytes {
            converter = converter.with_max_line_bytes(bytes);
        }
        if let Some(depth) = self.max_depth {
            converter = converter.with_max_depth(depth);
        }
        converter
    }
}

fn parse_depth(text: &str) -> std::result::Result<usize, String> {
    match text.parse() {
        Ok(depth) if (1..=MAX_MAX_DEPTH).contains(&depth) => Ok(depth),
        _ => Err(format!("expected a number from 1 to {MAX_MAX_DEPTH}")),
    }
}

/// What compressed input may become.
#[derive(Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct InflateArgs {
    #[arg(long, value_name = "BYTES", value_parser = byte_size::parse_some, help = format!(
        "Most bytes that one compressed source may hold [default: {}]",
        byte_size::format(DEFAULT_MAX_INFLATED_BYTES)
    ))]
    max_inflated_bytes: Option<u64>,

    #[arg(long, value_name = "N", help = format!(
        "Most bytes that one compressed byte may become [default: {DEFAULT_MAX_INFLATE_RATIO}]"
    ))]
    max_inflate_ratio: Option<u64>,

    /// Read large gzip files by several threads, with an index kept beside each (NAME.gzindex)
    #[arg(long)]
    gzip_index: bool,
}

impl InflateArgs {
    pub(crate) fn apply(&self, converter: Converter) -> Converter {
        let mut limits = InflateLimits::default();
        if let Some(bytes) = self.max_inflated_bytes {
            limits = limits.with_max_bytes(bytes);
        }
        if let Some(ratio) = self.max_inflate_ratio {
            limits = limits.with_max_ratio(ratio);
        }
        converter.with_inflate_limits(limits).with_gzip_index(self.gzip_index)
    }
}

/// What the machine may give.
#[derive(Args)]
#[command(next_help_heading = "Resources")]
pub(crate) struct ResourceArgs {
    /// Threads that decode and encode [default: one a core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,

    #[arg(long, value_name = "BYTES", value_parser = byte_size::parse_memory_limit, help = format!(
        "Memory to stay below, at least {} [default: {}, and {} for each thread beyond two]",
        byte_size::format(MIN_MEMORY_LIMIT),
        byte_size::format(DEFAULT_MEMORY_LIMIT),
        byte_size::format(DEFAULT_MEMORY_PER_THREAD),
    ))]
    memory_limit: Option<u64>,

    /// Instruction set, an error where the CPU lacks it; the output does not depend on it
    #[arg(long, value_enum, value_name = "NAME")]
    kernel: Option<KernelArgument>,
}

impl ResourceArgs {
    pub(crate) fn apply(&self, mut converter: Converter) -> Converter {
        if let Some(threads) = self.threads {
            converter = converter.with_threads(threads);
        }
        if let Some(bytes) = self.memory_limit {
            converter = converter.with_memory_limit(bytes);
        }
        if let Some(kernel) = self.kernel {
            converter = converter.with_kernel(kernel.into());
        }
        converter
    }
}

/// What is printed besides errors.
#[derive(Args)]
#[command(next_help_heading = "Messages")]
pub(crate) struct MessageArgs {
    /// Print nothing but errors
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// Tell of each stage on standard error; twice, of each file and row group
    #[arg(long, short, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,

    /// No progress bar; there is one only if standard error is a terminal
    #[arg(long)]
    no_progress: bool,
}

impl MessageArgs {
    /// Shows progress and stops on signals as long as the line that is given back lives.
    pub(crate) fn watch(&self, converter: Converter) -> (Converter, ProgressLine) {
        listen(self.verbose);
        let line = ProgressLine::new(!self.quiet && !self.no_progress);
        let converter = converter.with_progress(line.callback()).with_cancel(cancel_on_signal());
        (converter, line)
    }
}

/// The form of the report.
#[derive(Args)]
#[command(next_help_heading = "Messages")]
pub(crate) struct ReportArgs {
    /// Print the report as JSON, to standard output and nothing else there
    ///
    /// An error is then one line on standard error, with one object {"error": {..}} that has
    /// `kind`, `message` and `exit_code`, and where a line is at fault `source`, `line`, `byte`,
    /// `path` and `line_kind`.
    #[arg(long)]
    pub(crate) json: bool,
}
