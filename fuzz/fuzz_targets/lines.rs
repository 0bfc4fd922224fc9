//! The line cutter against the naive rule: ranges own each line once, whatever the cuts, the block
//! size and the line limit.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Vec<u8>, Vec<u16>, u8, u8)| {
    let (text, cuts, block_bytes, max_line_bytes) = input;
    ndjson_parquet_core::fuzzing::check_lines(
        &text,
        &cuts,
        block_bytes.into(),
        max_line_bytes.into(),
    );
});
