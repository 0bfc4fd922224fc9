//! Every kernel of this CPU against the scalar one: the same masks and values, rows and faults.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ndjson_parquet_core::{KernelChoice, fuzzing};

fuzz_target!(|text: &[u8]| {
    fuzzing::check_windows(text);
    let scalar = fuzzing::decode_all(text, KernelChoice::Scalar);
    for kernel in KernelChoice::ALL.into_iter().filter(|kernel| kernel.is_available()) {
        assert_eq!(scalar, fuzzing::decode_all(text, kernel), "{kernel}");
    }
});
