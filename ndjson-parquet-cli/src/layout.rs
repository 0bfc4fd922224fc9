//! How the output is laid out: partitions.

use clap::Args;
use ndjson_parquet_core::{Converter, DEFAULT_MAX_PARTITIONS, Error, Partitioning};

/// Which directories rows go to.
#[derive(Args)]
#[command(next_help_heading = "Partitions")]
pub(crate) struct PartitionArgs {
    /// Divide rows into directories NAME=VALUE; may be repeated, or have slashes between levels
    ///
    /// A level is a COLUMN, which files then lack; NAME={PATH}, the value of any column; or
    /// NAME={PATH:FORMAT}, the time in UTC of a timestamp, date or RFC 3339 text, FORMAT being of %Y,
    /// %m, %d, %F, %j, %G, %V, %H, %M, %S and %%. {PATH@UNIT:FORMAT} is for integers that count s, ms,
    /// us or ns since 1970. Examples: `country`, `date={ts:%Y-%m-%d}/hour={ts:%H}`.
    #[arg(long, value_name = "LEVELS")]
    partition_by: Vec<String>,

    /// Keep in the files the columns that directories name
    #[arg(long, requires = "partition_by")]
    keep_partition_columns: bool,

    #[arg(
        long, value_name = "N", requires = "partition_by",
        value_parser = clap::value_parser!(u64).range(1..),
        help = format!("Fail if there are more partitions [default: {DEFAULT_MAX_PARTITIONS}]")
    )]
    max_partitions: Option<u64>,
}

impl PartitionArgs {
    pub(crate) fn apply(&self, converter: Converter) -> Result<Converter, Error> {
        let mut levels = self.partition_by.iter();
        let mut partitioning =
            levels.try_fold(Partitioning::new(), |by, levels| by.with_levels(levels))?;
        partitioning = partitioning.with_keep_columns(self.keep_partition_columns);
        if let Some(partitions) = self.max_partitions {
            partitioning = partitioning.with_max_partitions(partitions);
        }
        Ok(converter.with_partitioning(partitioning))
    }
}
