//! Hostile lines cost time and memory in proportion to their length.

use std::time::{Duration, Instant};

use ndjson_parquet_core::{DuplicateKeys, ReaderBuilder};

use crate::support::{Output, pull, reader};

/// Generous for a slow machine and an unoptimised build; anything quadratic takes minutes.
const LIMIT: Duration = Duration::from_secs(10);

fn timed(builder: &ReaderBuilder, input: &str) -> Output {
    let begun = Instant::now();
    let output = pull(builder, input.as_bytes(), 1 << 16).unwrap();
    assert!(begun.elapsed() < LIMIT, "{:?} for {} bytes", begun.elapsed(), input.len());
    output
}

#[test]
fn conflicts_in_a_list_are_linear() {
    let input = format!("{{\"v\":[{}]}}\n", vec!["\"x\""; 500_000].join(","));
    let output = timed(&reader(&[("v", "list<int64>")]), &input);
    assert_eq!(output.counts, [1, 1, 0, 0]);
    let rescued = output.batch.column(1);
    assert!(rescued.get_array_memory_size() > 500_000 * 12);
}

#[test]
fn unknown_keys_are_linear() {
    let members: Vec<String> = (0..200_000).map(|key| format!("\"key{key}\":{key}")).collect();
    let input = format!("{{{}}}\n", members.join(","));
    for columns in [1, 200] {
        let names: Vec<String> = (0..columns).map(|column| format!("c{column}")).collect();
        let columns: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "utf8")).collect();
        assert_eq!(timed(&reader(&columns), &input).counts, [1, 1, 0, 0]);
    }
}

#[test]
fn duplicate_keys_are_linear() {
    for value in ["1", "null", "\"x\"", "{\"a\":null,\"b\":\"x\",\"u\":1}", "[null,\"x\"]"] {
        let members = vec![format!("\"v\":{value}"); 200_000].join(",");
        for data_type in ["int64", "struct<a: int64, b: int64>", "list<int64>"] {
            let builder = reader(&[("nulls", "list<int64>"), ("v", data_type)]);
            // Much else is noted in the row before the duplicates come.
            let nulls = vec!["null"; 100_000].join(",");
            let input = format!("{{\"nulls\":[{nulls}],{members}}}\n{{\"x\":1}}\n");
            for duplicates in [DuplicateKeys::Last, DuplicateKeys::First] {
                let builder = builder.clone().with_duplicate_keys(duplicates);
                assert_eq!(timed(&builder, &input).counts, [2, 2, 0, 0], "{value}, {data_type}");
            }
            let builder = builder.with_duplicate_keys(DuplicateKeys::Error);
            assert_eq!(timed(&builder, &input).counts, [2, 1, 0, 1]);
        }
    }
}

#[test]
fn brackets_without_end_are_linear() {
    for bracket in ["[", "{\"v\":", "{\"x\":[", "[{\"v\":"] {
        let deep = bracket.repeat((4 << 20) / bracket.len());
        for line in [format!("{{\"v\":{deep}"), format!("{{\"w\":{deep}"), deep] {
            let builder = reader(&[("v", "list<struct<v: list<int64>>>")]);
            let output = timed(&builder, &format!("{{}}\n{line}\n{{}}\n"));
            assert_eq!(output.counts, [3, 2, 0, 1]);
        }
    }
}

#[test]
fn a_line_of_one_token_is_linear() {
    for (open, middle, close) in [
        ("{\"v\":\"", "\\u0041", "\"}"),
        ("{\"v\":\"", "\\", "\\\"}"),
        ("{\"v\":", "1", "}"),
        ("{\"v\":0.", "0", "1}"),
        ("{\"v\":", " ", "1}"),
        ("{", "\r", "}"),
        ("{\"v\":[", "1 , ", "1]}"),
        ("{\"", "k", "\":1}"),
        ("", "\"", ""),
    ] {
        let line = format!("{open}{}{close}", middle.repeat((4 << 20) / middle.len()));
        for data_type in
            ["utf8", "int64", "float64", "decimal(38,10)", "timestamp(us)", "list<float32>"]
        {
            let output = timed(&reader(&[("v", data_type)]), &format!("{{}}\n{line}\n{{}}\n"));
            assert_eq!(output.counts[0], 3, "{open}{middle}{close}, {data_type}");
        }
    }
}

#[test]
fn many_bad_lines_are_linear() {
    let input = "{\"v\":\n".repeat(500_000);
    assert_eq!(timed(&reader(&[("v", "utf8")]), &format!("x\n{input}")).counts[3], 500_001);
    let input = "\u{ff}\n".repeat(100_000) + &"{}\n".repeat(100_000);
    assert_eq!(timed(&reader(&[("v", "utf8")]).with_batch_size(100), &input).counts[1], 100_000);
}
