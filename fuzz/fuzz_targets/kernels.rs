//! Every kernel against the scalar one: the same masks, the same rows, the same faults.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ndjson_parquet_core::{KernelChoice, fuzzing};

fuzz_target!(|text: &[u8]| {
    fuzzing::check_masks(text);
    let scalar = fuzzing::decode_all(text, KernelChoice::Scalar);
    assert_eq!(scalar, fuzzing::decode_all(text, KernelChoice::Auto));
});
