//! How the output is laid out: partitions, columns, and the order of rows.

use clap::Args;
use ndjson_parquet_core::{
    Converter, DEFAULT_BLOOM_FPP, DEFAULT_MAX_PARTITIONS, Error, ParquetColumn, ParquetOptions,
    Partitioning, SortKey,
};

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

/// What single columns have otherwise, and what rows are sorted by.
#[derive(Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ColumnArgs {
    #[arg(
        long = "column", value_name = "PATH:OPTIONS",
        help = "Options of one column, or of those within it; may be repeated",
        long_help = format!(
            "Options of one column, or of those within it; may be repeated\n\n\
             OPTIONS are codec=CODEC[:LEVEL], dictionary=adaptive|always|never,\n\
             statistics=page|chunk|off and bloom=on|off, with commas between them. A Bloom filter\n\
             takes fpp, the share of false answers [default: {DEFAULT_BLOOM_FPP}], and ndv, the distinct\n\
             values in a row group [default: as many as there are]. PATH is written as in --hint.\n\
             Examples: `user.id:bloom=on,fpp=0.001`, `text:codec=zstd:9,dictionary=never`."
        )
    )]
    columns: Vec<ParquetColumn>,

    /// Sort the rows of each row group by a column; may be repeated, the first counting most
    ///
    /// Nulls come last, or first with `nulls-first`. Row groups end at 16 MiB of rows in memory.
    #[arg(long, value_name = "COLUMN[:desc][:nulls-first]")]
    sort_by: Vec<SortKey>,
}

impl ColumnArgs {
    pub(crate) fn apply(&self, options: ParquetOptions) -> ParquetOptions {
        let columns = self.columns.iter().cloned();
        columns.fold(options, ParquetOptions::with_column).with_sort(self.sort_by.clone())
    }
}
