//! The `ndjson-parquet` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ndjson_parquet_cli::run(std::env::args_os())
}
