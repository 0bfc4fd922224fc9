//! The engine's choices under the names that they have on the command line.

use clap::ValueEnum;
use ndjson_parquet_core::{
    DuplicateKeys, KernelChoice, OnError, ReaderProfile, TypeConflicts, UnknownFields,
};

/// What to do with a bad line.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnErrorChoice {
    /// Stop and show the line
    Error,
    /// Keep the line in the quarantine file
    Quarantine,
    /// Count the line
    Skip,
}

impl From<OnErrorChoice> for OnError {
    fn from(choice: OnErrorChoice) -> Self {
        match choice {
            OnErrorChoice::Error => Self::Error,
            OnErrorChoice::Quarantine => Self::Quarantine,
            OnErrorChoice::Skip => Self::Skip,
        }
    }
}

/// What to do with a field that the schema does not have.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum UnknownChoice {
    /// Add a column (default with an inferred schema)
    Evolve,
    /// Keep its JSON in the column _rescued_data (default with --schema)
    Rescue,
    /// Drop it and count it
    Ignore,
    /// Stop with an error, whatever `--on-error` says
    Error,
}

impl From<UnknownChoice> for UnknownFields {
    fn from(choice: UnknownChoice) -> Self {
        match choice {
            UnknownChoice::Evolve => Self::Evolve,
            UnknownChoice::Rescue => Self::Rescue,
            UnknownChoice::Ignore => Self::Ignore,
            UnknownChoice::Error => Self::Error,
        }
    }
}

/// What to do with a value that does not fit its column.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConflictChoice {
    /// Widen the column (default with an inferred schema)
    Widen,
    /// Null in the column, its JSON in _rescued_data (default with --schema)
    Rescue,
    /// Null in the column, counted
    Null,
    /// Keep the line in the quarantine file
    Quarantine,
    /// Stop and show the line
    Error,
}

impl From<ConflictChoice> for TypeConflicts {
    fn from(choice: ConflictChoice) -> Self {
        match choice {
            ConflictChoice::Widen => Self::Widen,
            ConflictChoice::Rescue => Self::Rescue,
            ConflictChoice::Null => Self::Null,
            ConflictChoice::Quarantine => Self::Quarantine,
            ConflictChoice::Error => Self::Error,
        }
    }
}

/// What to do with a key that an object has twice.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum DuplicatesChoice {
    /// Keep the last value, counted (default)
    Last,
    /// Keep the first value, counted
    First,
    /// Treat the line as bad
    Error,
}

impl From<DuplicatesChoice> for DuplicateKeys {
    fn from(choice: DuplicatesChoice) -> Self {
        match choice {
            DuplicatesChoice::Last => Self::Last,
            DuplicatesChoice::First => Self::First,
            DuplicatesChoice::Error => Self::Error,
        }
    }
}

/// Who is to read the output.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ProfileChoice {
    /// Amazon Athena
    Athena,
    /// Apache Spark 3.3 and later
    Spark,
    /// Amazon Redshift Spectrum
    Redshift,
    /// DuckDB
    #[value(name = "duckdb")]
    DuckDb,
    /// Files added to an Apache Iceberg table
    Iceberg,
}

impl From<ProfileChoice> for ReaderProfile {
    fn from(choice: ProfileChoice) -> Self {
        match choice {
            ProfileChoice::Athena => Self::Athena,
            ProfileChoice::Spark => Self::Spark,
            ProfileChoice::Redshift => Self::Redshift,
            ProfileChoice::DuckDb => Self::DuckDb,
            ProfileChoice::Iceberg => Self::Iceberg,
        }
    }
}

/// Which instruction set decodes. An error where the CPU lacks it.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum KernelArgument {
    /// The one that NDJSON_PARQUET_KERNEL names, or the fastest that this CPU has (default)
    Auto,
    /// Plain 64-bit arithmetic
    Scalar,
    /// AVX2
    Avx2,
    /// AVX-512 with VBMI2
    Avx512,
    /// NEON
    Neon,
}

impl From<KernelArgument> for KernelChoice {
    fn from(choice: KernelArgument) -> Self {
        match choice {
            KernelArgument::Auto => Self::Auto,
            KernelArgument::Scalar => Self::Scalar,
            KernelArgument::Avx2 => Self::Avx2,
            KernelArgument::Avx512 => Self::Avx512,
            KernelArgument::Neon => Self::Neon,
        }
    }
}
