//! The decoder against serde_json: the same lines are rows, and the same values come out.
#![no_main]

use arrow_array::cast::AsArray;
use libfuzzer_sys::fuzz_target;
use ndjson_parquet_core::{KernelChoice, fuzzing};
use serde_json::Value;

fuzz_target!(|value: &[u8]| {
    // One line with one key; serde_json would take a line feed for a blank.
    if value.contains(&b'\n') {
        return;
    }
    let line = [&b"{\"v\":"[..], value, b"}"].concat();
    let (batches, rejects) = fuzzing::decode_all(&line, KernelChoice::Auto);
    let oracle: Result<Value, _> = serde_json::from_slice(&line);
    let Ok(Value::Object(object)) = oracle else {
        // serde_json stops at 128 levels, ours counts the line's own object among its 128.
        assert_eq!(rejects.len(), 1, "{}", String::from_utf8_lossy(&line));
        return;
    };
    if rejects.iter().any(|line| line.kind == ndjson_parquet_core::BadLineKind::TooDeep) {
        return;
    }
    assert!(rejects.is_empty(), "{rejects:?}");
    // The line may hold `"v"` twice or other keys: the last `v` counts, for both.
    let column = batches[0].column(0).as_string::<i32>();
    match &object["v"] {
        Value::Null => assert!(column.value_is_null(0)),
        Value::String(text) => assert_eq!(column.value(0), text),
        other => {
            let stored: Value = serde_json::from_str(column.value(0)).expect("raw JSON");
            assert_eq!(&stored, other);
        }
    }
});

trait IsNull {
    fn value_is_null(&self, row: usize) -> bool;
}

impl<T: arrow_array::Array> IsNull for T {
    fn value_is_null(&self, row: usize) -> bool {
        self.is_null(row)
    }
}
