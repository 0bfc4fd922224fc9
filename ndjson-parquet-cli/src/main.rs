//! The `ndjson-parquet` command.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Many threads that allocate and free buffers of all sizes are what mimalloc is good at.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    ndjson_parquet_cli::run(std::env::args_os())
}
