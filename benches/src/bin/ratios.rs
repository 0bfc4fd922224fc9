//! Compares us with arrow-json, in turn in one process, and prints Markdown tables.
//!
//! `ratios [SHAPE...]` measures the shapes named, or all. Everything stays in memory; times are the
//! CPU time of the one thread that works; each cell is the median of [`ROUNDS`] runs.
//! `ratios --ours SHAPE...` decodes with ours alone, many times over, for a profiler.

use std::error::Error;

use mimalloc::MiMalloc;
use ndjson_parquet_benches::decode::{count_arrow_json, count_ours};
use ndjson_parquet_benches::table::{
    Contender, medians, megabytes_per_second, print_head, print_row, thread_cpu_time,
};
use ndjson_parquet_benches::workload::{DEFAULT_BYTES, Workload};
use ndjson_parquet_cli::generate::Shape;
use ndjson_parquet_core::KernelChoice;

/// As in the command.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Runs of each contender.
const ROUNDS: usize = 5;
/// Little text many times, so that making it does not show in the profile.
const PROFILED_BYTES: u64 = 8 << 20;
const PROFILED_ROUNDS: usize = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let (flags, names): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let named = names.iter().map(|name| name.parse()).collect::<Result<Vec<Shape>, _>>()?;
    let shapes = if named.is_empty() { Shape::ALL.to_vec() } else { named };
    if flags.iter().any(|flag| flag == "--ours") {
        return decode_for_profiler(&shapes);
    }
    println!("MB of NDJSON a second, one thread\n");
    compare_decoding(&shapes)
}

fn decode_for_profiler(shapes: &[Shape]) -> Result<(), Box<dyn Error>> {
    for &shape in shapes {
        let Workload { name, text, rows, schema } = Workload::new(shape, PROFILED_BYTES)?;
        let mut ours = [Contender::new("ours", || {
            count_ours(&schema, &text, KernelChoice::Auto).unwrap_or(0)
        })];
        let times = medians(&mut ours, PROFILED_ROUNDS, rows, thread_cpu_time);
        println!("{name}: {:.0} MB/s", megabytes_per_second(text.len(), times[0]));
    }
    Ok(())
}

fn compare_decoding(shapes: &[Shape]) -> Result<(), Box<dyn Error>> {
    let head = ["decode", "ours", "ours, scalar", "arrow-json 1024", "arrow-json 8192", "ratio"];
    print_head(&head);
    for &shape in shapes {
        let Workload { name, text, rows, schema } = Workload::new(shape, DEFAULT_BYTES)?;
        let ours = |kernel| count_ours(&schema, &text, kernel).unwrap_or(0);
        let theirs = |batch| count_arrow_json(&schema, &text, batch).unwrap_or(0);
        let mut contenders = [
            Contender::new("ours", || ours(KernelChoice::Auto)),
            Contender::new("ours, scalar", || ours(KernelChoice::Scalar)),
            Contender::new("arrow-json 1024", || theirs(1024)),
            Contender::new("arrow-json 8192", || theirs(8192)),
        ];
        let times = medians(&mut contenders, ROUNDS, rows, thread_cpu_time);
        let speeds = times.iter().map(|time| megabytes_per_second(text.len(), *time));
        let speeds: Vec<_> = speeds.collect();
        let mut cells = vec![name.to_owned()];
        cells.extend(speeds.iter().map(|speed| format!("{speed:.0}")));
        cells.push(format!("**{:.2}x**", speeds[0] / speeds[2].max(speeds[3])));
        print_row(&cells);
    }
    Ok(())
}
