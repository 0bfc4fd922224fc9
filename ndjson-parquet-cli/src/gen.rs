//! `gen`: seeded NDJSON on standard output.

use std::io;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::byte_size;
use crate::generate::{Shape, generate};
use crate::report::Failure;

/// Write seeded NDJSON to standard output, for trying things out
#[derive(Args)]
#[command(long_about = format!(
    "Write seeded NDJSON to standard output, for trying things out. Equal arguments give equal \
     bytes, and a smaller size gives the beginning of a larger one. {}",
    byte_size::HELP
))]
pub(crate) struct GenArgs {
    /// What the lines look like
    #[arg(value_name = "SHAPE", value_parser = shapes())]
    shape: Shape,

    /// How much to write; the last line is whole, so it may be a little more
    #[arg(long, value_name = "BYTES", value_parser = byte_size::parse, default_value = DEFAULT_BYTES)]
    bytes: u64,

    /// Another seed gives other values
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SEED)]
    seed: u64,
}

/// Runs the command.
pub(crate) fn run(args: &GenArgs) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    generate(args.shape, args.bytes, args.seed, &mut stdout).map_err(Failure::of_stdout)?;
    Ok(())
}

fn shapes() -> impl TypedValueParser<Value = Shape> {
    PossibleValuesParser::new(Shape::ALL.map(Shape::name)).try_map(|name| name.parse::<Shape>())
}

const DEFAULT_BYTES: &str = "1MiB";
const DEFAULT_SEED: u64 = 42;
