//! Decoding to record batches, by shape: ours beside arrow-json on the same schema.

use divan::Bencher;
use divan::counter::BytesCount;
use mimalloc::MiMalloc;
use ndjson_parquet_benches::decode::{count_arrow_json, count_ours};
use ndjson_parquet_benches::workload::{DEFAULT_BYTES, Workload};
use ndjson_parquet_cli::generate::Shape;
use ndjson_parquet_core::KernelChoice;

/// As in the command.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() {
    divan::main();
}

#[divan::bench(args = Shape::ALL)]
fn ours(bencher: Bencher<'_, '_>, shape: Shape) {
    run(bencher, shape, |work| {
        count_ours(&work.schema, &work.text, KernelChoice::Auto).unwrap_or(0)
    });
}

#[divan::bench(args = Shape::ALL)]
fn ours_scalar(bencher: Bencher<'_, '_>, shape: Shape) {
    run(bencher, shape, |work| {
        count_ours(&work.schema, &work.text, KernelChoice::Scalar).unwrap_or(0)
    });
}

#[divan::bench(args = Shape::ALL)]
fn arrow_json_1024(bencher: Bencher<'_, '_>, shape: Shape) {
    run(bencher, shape, |work| count_arrow_json(&work.schema, &work.text, 1024).unwrap_or(0));
}

#[divan::bench(args = Shape::ALL)]
fn arrow_json_8192(bencher: Bencher<'_, '_>, shape: Shape) {
    run(bencher, shape, |work| count_arrow_json(&work.schema, &work.text, 8192).unwrap_or(0));
}

fn run(bencher: Bencher<'_, '_>, shape: Shape, decode: impl Fn(&Workload) -> usize + Sync) {
    #[expect(clippy::expect_used, reason = "the generator writes to memory, which cannot fail")]
    let work = Workload::new(shape, DEFAULT_BYTES).expect("a workload");
    bencher
        .counter(BytesCount::of_slice(&work.text))
        .bench(|| assert_eq!(decode(&work), work.rows));
}
