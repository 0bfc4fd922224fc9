//! Limits on lines, depth, and what compressed sources may grow to.

use ndjson_parquet_core::{Converter, ErrorKind, InflateLimits, OnError, Source};
use serde_json::json;

use crate::harness::*;

#[test]
fn nesting_up_to_the_limit_is_fine_and_one_level_more_is_a_bad_line() {
    let nested = |levels: usize| {
        format!("{{\"a\":{}1{}}}\n", "[".repeat(levels - 1), "]".repeat(levels - 1))
    };
    for limit in [2, 64, 128] {
        let converter = Converter::new().with_max_depth(limit).with_on_error(OnError::Skip);
        let text = nested(limit) + &nested(limit + 1) + &nested(100_000);
        let converted = convert_text(&converter, text);
        let balance = &converted.summary.balance;
        assert_eq!((balance.rows, balance.rejected_by_kind["too_deep"]), (1, 2));
    }
}

#[test]
fn a_bomb_stops_at_the_limit_of_bytes() {
    let text = "{\"a\":1}\n".repeat(100_000);
    let limits = InflateLimits::default().with_max_bytes(text.len() as u64 - 1);
    for bytes in [gzip(text.as_bytes()), zstd(text.as_bytes())] {
        let source = || vec![Source::bytes("bomb", bytes.clone())];
        let error = failure(convert(&Converter::new().with_inflate_limits(limits), source()));
        assert_eq!(error.kind(), ErrorKind::Limit);
        assert!(error.message().contains("bomb"), "{error}");
        let limits = limits.with_max_bytes(text.len() as u64);
        convert(&Converter::new().with_inflate_limits(limits), source()).unwrap();
    }
}

#[test]
fn a_line_of_exactly_the_limit_is_a_row_at_any_place_in_a_block() {
    let limit = 1000;
    let line = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8));
    for end in ["\n", "\r\n"] {
        let lines = [limit, limit + 1, limit, limit + 1, limit + 2, limit, limit];
        let text: String = lines.iter().map(|length| line(*length) + end).collect();
        for text in [text.clone(), text.trim_end().to_owned()] {
            let converter =
                Converter::new().with_max_line_bytes(limit).with_on_error(OnError::Skip);
            let converted = convert_text(&converter, text);
            let balance = &converted.summary.balance;
            assert_eq!((balance.rows, balance.rejected), (4, 3), "{end:?}");
        }
    }
}

#[test]
fn a_long_blank_line_is_blank() {
    let text = format!("{{\"a\":1}}\n{}\n{{\"a\":2}}\n", " ".repeat(300_000));
    let converted = convert_text(&Converter::new().with_max_line_bytes(1000), text);
    assert_eq!(converted.summary.balance.blank, 1);
    assert_eq!(converted.rows(), [json!({ "a": 1 }), json!({ "a": 2 })]);
}
