//! Converts NDJSON to Parquet and prints what became of every line.
//!
//! `cargo run --example convert_file -- INPUT... OUTPUT`; without arguments it converts a few lines
//! in memory.

use std::error::Error;

use ndjson_parquet_core::{Converter, Sink, Source};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let (sources, sink) = match arguments.pop() {
        Some(output) => {
            let mut sources = Vec::new();
            for input in &arguments {
                sources.extend(Source::expand(input)?);
            }
            (sources, Sink::path(output))
        }
        None => {
            let lines = "{\"id\":1}\n{\"id\":2,\"name\":\"late\"}\n";
            let sources = vec![Source::bytes("inline", lines)];
            (sources, Sink::writer("nowhere", std::io::sink()))
        }
    };
    let summary = Converter::new().convert(sources, sink)?;
    println!("{}", summary.to_json());
    Ok(())
}
