//! The exit codes: one number for each class of error.

use std::fmt::Write;

use ndjson_parquet_core::ErrorKind;

/// All is well.
pub(crate) const OK: u8 = 0;
/// A failure that has no code of its own.
pub(crate) const OTHER: u8 = 1;
/// The command line is wrong; clap's own code.
pub(crate) const USAGE: u8 = 2;
const BAD_LINE: u8 = 3;
const INPUT: u8 = 4;
const OUTPUT: u8 = 5;
const DIFFERENCE: u8 = 6;
const SCHEMA: u8 = 7;
const DRIFT: u8 = 8;
/// As of a shell's child that SIGINT ended.
pub(crate) const INTERRUPTED: u8 = 130;

/// Every exit code and its meaning, in the words of the help.
pub(crate) const EXIT_CODES: [(u8, &str); 10] = [
    (OK, "done"),
    (OTHER, "another failure"),
    (USAGE, "wrong use of the command line"),
    (BAD_LINE, "a bad line, or more rejected lines than allowed"),
    (INPUT, "the input cannot be read, is damaged, no NDJSON, or beyond a limit"),
    (OUTPUT, "the output exists already, or cannot be written"),
    (DIFFERENCE, "verify found a difference"),
    (SCHEMA, "a schema, a hint or an option that cannot be used, or that a reader refuses"),
    (DRIFT, "infer --fail-on-drift found data that departs from the schema"),
    (
        INTERRUPTED,
        "interrupted; nothing is left behind, unless a second signal came before the end",
    ),
];

/// The exit code of an error of `kind`.
pub(crate) fn code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::BadLine | ErrorKind::RejectLimit => BAD_LINE,
        ErrorKind::Format
        | ErrorKind::Limit
        | ErrorKind::Decompress
        | ErrorKind::Source
        | ErrorKind::Parquet => INPUT,
        ErrorKind::OutputExists | ErrorKind::Output => OUTPUT,
        ErrorKind::Mismatch => DIFFERENCE,
        ErrorKind::Schema => SCHEMA,
        ErrorKind::Drift => DRIFT,
        ErrorKind::Cancelled => INTERRUPTED,
        _ => OTHER,
    }
}

/// The name of `kind` in JSON.
pub(crate) fn kind_name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::BadLine => "bad_line",
        ErrorKind::Format => "format",
        ErrorKind::RejectLimit => "reject_limit",
        ErrorKind::Limit => "limit",
        ErrorKind::Schema => "schema",
        ErrorKind::Decompress => "decompress",
        ErrorKind::Source => "source",
        ErrorKind::OutputExists => "output_exists",
        ErrorKind::Output => "output",
        ErrorKind::Parquet => "parquet",
        ErrorKind::Mismatch => "mismatch",
        ErrorKind::Drift => "drift",
        ErrorKind::Cancelled => "cancelled",
        ErrorKind::Internal => "internal",
        _ => "other",
    }
}

/// The part of the help that lists the codes.
pub(crate) fn help() -> String {
    let mut help = "Exit codes:".to_owned();
    for (code, meaning) in EXIT_CODES {
        let _ = write!(help, "\n  {code:>3}  {meaning}");
    }
    help
}
