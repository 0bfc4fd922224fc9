//! Compares us with arrow-json, in turn in one process, and prints Markdown tables.
//!
//! `ratios [--decode | --convert [--codec=CODEC]] [SHAPE...]` measures the shapes named, or all.
//! Everything stays in memory. `ratios --ours SHAPE...` decodes with ours alone, many times over, for a profiler.

use std::cell::Cell;
use std::error::Error;
use std::num::NonZeroUsize;

use mimalloc::MiMalloc;
use ndjson_parquet_benches::convert::{
    Converted, convert_arrow, convert_arrow_on_two_threads, convert_ours,
};
use ndjson_parquet_benches::decode::{count_arrow_json, count_ours};
use ndjson_parquet_benches::table::{
    Contender, megabytes_per_second, print_head, print_row, time_in_turn,
};
use ndjson_parquet_benches::workload::{DEFAULT_BYTES, Workload};
use ndjson_parquet_cli::generate::Shape;
use ndjson_parquet_core::{Compression, KernelChoice};

/// The best that arrow-json and the Parquet library can have; the command does without.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Runs of each contender after the one that warms up.
const DECODE_ROUNDS: usize = 5;
const CONVERT_ROUNDS: usize = 3;
/// Two row groups of the default size, so that two threads have work.
const CONVERT_BYTES: u64 = 256 << 20;
/// Little text many times, so that making it does not show in the profile.
const PROFILED_BYTES: u64 = 8 << 20;
const PROFILED_ROUNDS: usize = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let (flags, names): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let named = names.iter().map(|name| name.parse()).collect::<Result<Vec<Shape>, _>>()?;
    let shapes = if named.is_empty() { Shape::ALL.to_vec() } else { named };
    let codec = flags.iter().find_map(|flag| flag.strip_prefix("--codec="));
    let codec = codec.map_or(Ok(Compression::default()), str::parse)?;
    match flags.first().map(String::as_str) {
        None => compare_decoding(&shapes).and_then(|()| compare_converting(&shapes, codec)),
        Some("--decode") => compare_decoding(&shapes),
        Some("--convert") => compare_converting(&shapes, codec),
        Some("--ours") => decode_for_profiler(&shapes),
        Some(other) => Err(format!("expected --decode, --convert or --ours, found {other}").into()),
    }
}

fn compare_decoding(shapes: &[Shape]) -> Result<(), Box<dyn Error>> {
    println!("NDJSON to record batches, MB of NDJSON per CPU second\n");
    // The slowest kernel first.
    let mut kernels = KernelChoice::ALL.to_vec();
    kernels.retain(|&kernel| kernel != KernelChoice::Auto && kernel.is_available());
    let names: Vec<_> = kernels.iter().map(|kernel| format!("ours, {kernel}")).collect();
    let mut head = vec!["shape"];
    head.extend(names.iter().map(String::as_str));
    head.extend(["arrow-json 1024", "arrow-json 8192", "ratio"]);
    print_head(&head);
    for &shape in shapes {
        let Workload { name, text, rows, schema } = Workload::new(shape, DEFAULT_BYTES)?;
        let ours = |kernel| count_ours(&schema, &text, kernel).unwrap_or(0);
        let theirs = |batch| count_arrow_json(&schema, &text, batch).unwrap_or(0);
        let mut contenders: Vec<_> = std::iter::zip(&names, &kernels)
            .map(|(name, &kernel)| Contender::new(name, move || ours(kernel)))
            .collect();
        contenders.push(Contender::new("arrow-json 1024", || theirs(1024)));
        contenders.push(Contender::new("arrow-json 8192", || theirs(8192)));
        let times = time_in_turn(&mut contenders, DECODE_ROUNDS, rows);
        let speeds: Vec<_> =
            times.iter().map(|time| megabytes_per_second(text.len(), time.cpu)).collect();
        let (ours, theirs) = speeds.split_at(kernels.len());
        let best = |speeds: &[f64]| speeds.iter().copied().fold(f64::MIN, f64::max);
        let mut cells = vec![name.to_owned()];
        cells.extend(speeds.iter().map(|speed| format!("{speed:.0}")));
        cells.push(format!("**{:.2}x**", ours.last().unwrap_or(&0.0) / best(theirs)));
        print_row(&cells);
    }
    println!();
    Ok(())
}

fn compare_converting(shapes: &[Shape], codec: Compression) -> Result<(), Box<dyn Error>> {
    println!("NDJSON to Parquet, {codec}; CPU: MB of NDJSON per CPU second; wall: per second\n");
    print_head(&[
        "shape",
        "ours, 1 thread, CPU",
        "ours, 2 threads, wall",
        "arrow 1024, CPU",
        "arrow 8192, CPU",
        "arrow best on 2 threads, wall",
        "ratio CPU",
        "ratio wall",
        "file size, ours to arrow",
    ]);
    for &shape in shapes {
        let work = Workload::new(shape, CONVERT_BYTES)?;
        let sizes = [const { Cell::new(0) }; 2];
        let keep = |converted: Result<Converted, Box<dyn Error>>, side: usize| {
            // A failure shows in the number of rows.
            converted.map_or(0, |Converted { rows, bytes }| {
                sizes[side].set(bytes);
                rows
            })
        };
        let two = NonZeroUsize::MIN.saturating_add(1);
        let mut contenders = [
            Contender::new("ours, 1 thread", || {
                keep(convert_ours(&work, NonZeroUsize::MIN, codec), 0)
            }),
            Contender::new("ours, 2 threads", || keep(convert_ours(&work, two, codec), 0)),
            Contender::new("arrow 1024", || keep(convert_arrow(&work, 1024, codec), 1)),
            Contender::new("arrow 8192", || keep(convert_arrow(&work, 8192, codec), 1)),
            Contender::new("arrow 1024, 2 threads", || {
                keep(convert_arrow_on_two_threads(&work, 1024, codec), 1)
            }),
            Contender::new("arrow 8192, 2 threads", || {
                keep(convert_arrow_on_two_threads(&work, 8192, codec), 1)
            }),
        ];
        let times = time_in_turn(&mut contenders, CONVERT_ROUNDS, work.rows);
        let cpu = |index: usize| megabytes_per_second(work.text.len(), times[index].cpu);
        let wall = |index: usize| megabytes_per_second(work.text.len(), times[index].wall);
        let wall_of_arrow = wall(4).max(wall(5));
        print_row(&[
            work.name.to_owned(),
            format!("{:.0}", cpu(0)),
            format!("{:.0}", wall(1)),
            format!("{:.0}", cpu(2)),
            format!("{:.0}", cpu(3)),
            format!("{wall_of_arrow:.0}"),
            format!("**{:.2}x**", cpu(0) / cpu(2).max(cpu(3))),
            format!("**{:.2}x**", wall(1) / wall_of_arrow),
            format!("{:.2}", sizes[0].get() as f64 / sizes[1].get() as f64),
        ]);
    }
    Ok(())
}

fn decode_for_profiler(shapes: &[Shape]) -> Result<(), Box<dyn Error>> {
    for &shape in shapes {
        let Workload { name, text, rows, schema } = Workload::new(shape, PROFILED_BYTES)?;
        let mut ours = [Contender::new("ours", || {
            count_ours(&schema, &text, KernelChoice::Auto).unwrap_or(0)
        })];
        let times = time_in_turn(&mut ours, PROFILED_ROUNDS, rows);
        println!("{name}: {:.0} MB/s", megabytes_per_second(text.len(), times[0].cpu));
    }
    Ok(())
}
