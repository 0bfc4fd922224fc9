//! Does one stage of the work some times over, for a profiler that counts instructions.
//!
//! `instructions STAGE SHAPE ROUNDS`, where a stage is `infer`, `decode`, `decode-scalar` or
//! `convert` (uncompressed, so that codecs do not hide the encoder). What is left when the counts
//! of few rounds are taken from those of many is the stage alone; `scripts/check_instructions` does
//! that.

use std::error::Error;
use std::num::NonZeroUsize;

use ndjson_parquet_benches::convert::convert_ours;
use ndjson_parquet_benches::decode::count_ours;
use ndjson_parquet_benches::workload::Workload;
use ndjson_parquet_core::{Compression, KernelChoice, infer_schema};

/// Instructions under a profiler take fifty times as long.
const BYTES: u64 = 512 << 10;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [stage, shape, rounds] = arguments.as_slice() else {
        return Err("expected STAGE SHAPE ROUNDS".into());
    };
    let work = Workload::new(shape.parse()?, BYTES)?;
    for _ in 0..rounds.parse()? {
        let rows = do_stage(stage, &work)?;
        if rows != work.rows {
            return Err(format!("expected {} rows, found {rows}", work.rows).into());
        }
    }
    Ok(())
}

fn do_stage(stage: &str, work: &Workload) -> Result<usize, Box<dyn Error>> {
    Ok(match stage {
        "infer" => infer_schema(&*work.text, None)?.1,
        "decode" => count_ours(&work.schema, &work.text, KernelChoice::Auto)?,
        "decode-scalar" => count_ours(&work.schema, &work.text, KernelChoice::Scalar)?,
        "convert" => convert_ours(work, NonZeroUsize::MIN, Compression::None)?.rows,
        other => return Err(format!("expected a stage, found {other}").into()),
    })
}
