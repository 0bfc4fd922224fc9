//! Inference: splitting the lines does not change the schema, and what was inferred from lines
//! decodes all of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ndjson_parquet_core::fuzzing;

fuzz_target!(|input: (Vec<u8>, usize)| {
    let (text, split) = input;
    fuzzing::check_inference(&text, split);
});
