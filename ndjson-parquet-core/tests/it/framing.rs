//! Lines: their ends, blanks, the beginning of the input, limits.

use ndjson_parquet_core::{BadLineKind, ErrorKind, OnError, ReaderBuilder};
use serde_json::json;

use crate::support::{Output, push, read, reader, schema, try_read};

fn ids(input: impl AsRef<[u8]>) -> Output {
    read(&reader(&[("id", "int64")]), input)
}

#[test]
fn lines_end_in_lf_or_crlf() {
    let output = ids("{\"id\":1}\n{\"id\":2}\r\n{\"id\":3}\n");
    assert_eq!(output.column("id"), [json!(1), json!(2), json!(3)]);
    assert_eq!(output.counts, [3, 3, 0, 0]);
}

#[test]
fn blank_lines_are_counted_and_are_not_rows() {
    let output = ids("\n{\"id\":1}\n \t\r\n\r\n{\"id\":2}\n\n");
    assert_eq!(output.column("id"), [json!(1), json!(2)]);
    assert_eq!(output.counts, [6, 2, 4, 0]);
}

#[test]
fn a_last_line_without_line_feed_is_a_row() {
    for end in ["", "\r", " ", "\n"] {
        let output = ids(format!("{{\"id\":1}}\n{{\"id\":2}}{end}"));
        assert_eq!(output.column("id"), [json!(1), json!(2)], "{end:?}");
        assert_eq!(output.counts, [2, 2, 0, 0], "{end:?}");
    }
}

#[test]
fn a_last_line_without_line_feed_is_in_the_batch_of_the_lines_before_it() {
    let input = &b"{\"id\":1}\n{\"id\":2}"[..];
    let mut batches = reader(&[("id", "int64")]).build(input).unwrap();
    assert_eq!(batches.next().unwrap().unwrap().num_rows(), 2);
    assert!(batches.next().is_none());
}

#[test]
fn empty_input_has_no_rows() {
    assert_eq!(ids("").counts, [0, 0, 0, 0]);
    assert_eq!(ids("\n").counts, [1, 0, 1, 0]);
    assert_eq!(ids("  ").counts, [1, 0, 1, 0]);
}

#[test]
fn a_byte_order_mark_is_skipped_at_the_start_only() {
    let output = ids("\u{feff}{\"id\":1}\n\u{feff}{\"id\":2}\n{\"id\":3}");
    assert_eq!(output.column("id"), [json!(1), json!(3)]);
    assert_eq!(output.rejected(), ["2: not_an_object"]);
    // The mark belongs to no line.
    let output = ids("\u{feff}{\"id\":x}\n");
    assert_eq!((output.rejects[0].byte_offset, output.rejects[0].error_offset), (3, 6));
}

#[test]
fn a_byte_order_mark_after_blank_lines_is_no_mark() {
    assert_eq!(ids("\n\u{feff}{\"id\":1}\n").rejected(), ["2: not_an_object"]);
}

fn format_error(input: impl AsRef<[u8]>) -> String {
    let error = try_read(&reader(&[("id", "int64")]), input).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Format);
    error.message().to_owned()
}

#[test]
fn utf_16_and_utf_32_are_named() {
    let text = "{\"id\":1}\n";
    let wide = |mark: bool, encode: fn(u32) -> Vec<u8>| -> Vec<u8> {
        let mark = mark.then_some('\u{feff}');
        mark.into_iter().chain(text.chars()).flat_map(|c| encode(c as u32)).collect()
    };
    for (name, encode) in [
        ("UTF-16LE", (|c| (c as u16).to_le_bytes().to_vec()) as fn(u32) -> Vec<u8>),
        ("UTF-16BE", |c| (c as u16).to_be_bytes().to_vec()),
        ("UTF-32LE", |c| c.to_le_bytes().to_vec()),
        ("UTF-32BE", |c| c.to_be_bytes().to_vec()),
    ] {
        for mark in [false, true] {
            let message = format_error(wide(mark, encode));
            assert_eq!(
                message,
                format!(
                    "<input>: expected UTF-8, found {name}: convert it with `iconv -f {name} -t \
                     UTF-8`"
                )
            );
        }
    }
}

#[test]
fn pretty_printed_json_is_named() {
    for input in ["{\n  \"id\": 1\n}\n", "{ \r\n\"id\":1}", "\n\n{\n\"id\":1}\n", "\u{feff}{\n}"] {
        assert!(format_error(input).contains("pretty-printed"), "{input:?}");
    }
}

#[test]
fn a_top_level_array_over_several_lines_is_named() {
    for input in ["[\n{\"id\":1},\n{\"id\":2}\n]\n", "[{\"id\":1},\n{\"id\":2}]", "\r\n[1,\n2]"] {
        assert!(format_error(input).contains("a JSON array"), "{input:?}");
    }
}

#[test]
fn a_top_level_array_on_one_line_is_a_bad_line_that_says_so() {
    let output = ids("[{\"id\":1}]\n{\"id\":2}\n");
    assert_eq!(output.column("id"), [json!(2)]);
    assert_eq!(
        output.rejects[0].message,
        "expected an object, found an array: make its elements lines with `jq -c '.[]'`"
    );
}

#[test]
fn an_open_brace_after_the_first_line_is_a_bad_line() {
    assert_eq!(ids("{\"id\":1}\n{\n{\"id\":2}\n").rejected(), ["2: syntax"]);
    assert_eq!(ids("x\n{\n{\"id\":2}\n").rejected(), ["1: not_an_object", "2: syntax"]);
}

#[test]
fn two_values_or_other_text_after_the_object_make_the_line_bad() {
    for tail in ["{\"id\":2}", " {\"id\":2}", ",", "x", "]", "}", "\0", "//", "\u{a0}"] {
        let output = ids(format!("{{\"id\":0}}\n{{\"id\":1}}{tail}\n{{\"id\":3}}\n"));
        assert_eq!(output.column("id"), [json!(0), json!(3)], "{tail:?}");
        assert_eq!(output.rejected(), ["2: syntax"], "{tail:?}");
        assert_eq!(output.counts, [3, 2, 0, 1], "{tail:?}");
    }
}

#[test]
fn a_lone_cr_is_a_blank_and_no_line_end() {
    let output = ids("{\"id\":1}\r{\"id\":2}\n{\"id\":\r3}\n");
    assert_eq!(output.column("id"), [json!(3)]);
    assert_eq!(output.rejected(), ["1: syntax"]);
    // The line end is one CR and LF; a CR before it is the line's own.
    assert_eq!(ids("x\r\r\n").rejects[0].raw.as_deref(), Some(&b"x\r"[..]));
}

#[test]
fn nul_bytes_make_the_line_bad() {
    let output = ids("{\"id\":1}\0\n\0\n{\"\0id\":1}\n{\"id\":2}\n");
    assert_eq!(output.column("id"), [json!(2)]);
    assert_eq!(output.rejected(), ["1: syntax", "2: not_an_object", "3: syntax"]);
}

#[test]
fn a_line_at_the_limit_is_a_row_and_one_above_it_is_not() {
    for limit in [12, 100, 300, 300_000] {
        let builder = reader(&[("s", "utf8")]).with_max_line_bytes(limit);
        let at_limit = format!("{{\"s\":\"{}\"}}", "a".repeat(limit - 8));
        assert_eq!(at_limit.len(), limit);
        let above = format!("{{\"s\":\"{}\"}}", "b".repeat(limit - 7));
        for end in ["\n", "\r\n"] {
            let input = format!("{at_limit}{end}{above}{end}{at_limit}{end}{above}");
            for chunk in [1, 9, limit, limit + 1, limit + 2, 1 << 20] {
                let output = push(&builder, input.as_bytes(), chunk).unwrap();
                assert_eq!(output.counts, [4, 2, 0, 2], "{limit}, {end:?}, {chunk}");
                for (line, number) in output.rejects.iter().zip([2, 4]) {
                    assert_eq!(line.kind, BadLineKind::LineTooLong);
                    assert_eq!((line.line, line.length), (number, limit as u64 + 1));
                    let before = (limit + end.len()) as u64
                        + if number == 4 { (2 * limit + 1 + 2 * end.len()) as u64 } else { 0 };
                    assert_eq!(line.byte_offset, before, "{limit}, {end:?}, {chunk}");
                    assert_eq!(line.error_offset, limit as u64);
                    assert_eq!(line.raw, None);
                }
            }
        }
    }
}

#[test]
fn a_last_line_of_the_limit_may_end_in_cr() {
    let builder = reader(&[("id", "int64")]).with_max_line_bytes(8);
    for (input, counts) in [
        ("{\"id\":1}\r", [1, 1, 0, 0]),
        ("{\"id\":1} ", [1, 0, 0, 1]),
        ("{\"id\":1}\r\r", [1, 0, 0, 1]),
        ("{\"id\":1}", [1, 1, 0, 0]),
    ] {
        assert_eq!(read(&builder, input).counts, counts, "{input:?}");
    }
}

#[test]
fn a_blank_line_above_the_limit_is_blank() {
    let builder = reader(&[("id", "int64")]).with_max_line_bytes(20);
    for blank in [" ".repeat(21), "\t".repeat(500), format!("{}\r", " ".repeat(400))] {
        let output = read(&builder, format!("{{\"id\":1}}\n{blank}\n{{\"id\":x}}\n{blank}"));
        assert_eq!(output.counts, [4, 1, 2, 1]);
        assert_eq!(output.rejects[0].line, 3);
        assert_eq!(output.rejects[0].byte_offset, 9 + blank.len() as u64 + 1);
    }
}

#[test]
fn a_line_above_the_limit_stops_a_strict_reader() {
    let builder = ReaderBuilder::new(schema(&[("id", "int64")])).with_max_line_bytes(20);
    let error = try_read(&builder, format!("\n{{\"id\":\"{}\"}}\n", "x".repeat(100))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "<input>, line 2, byte 21: expected at most 20 bytes in a line, found 109"
    );
    let skip = builder.with_on_error(OnError::Skip);
    assert_eq!(read(&skip, format!("{}\n{{\"id\":1}}", "x".repeat(30))).counts, [2, 1, 0, 1]);
}

#[test]
fn lines_longer_than_a_block_are_rows() {
    let text = "z".repeat(700_000);
    let input = format!("{{\"s\":\"{text}\"}}\n{{\"s\":\"a\"}}\n{{\"s\":\"{text}\"}}");
    for chunk in [4_096, 262_144, 1 << 22] {
        let output = push(&reader(&[("s", "utf8")]), input.as_bytes(), chunk).unwrap();
        assert_eq!(output.column("s"), [json!(text), json!("a"), json!(text)]);
    }
}

#[test]
fn after_an_error_a_decoder_gives_the_rows_before_it_and_takes_no_more() {
    let builder = ReaderBuilder::new(schema(&[("id", "int64")]));
    let mut decoder = builder.build_decoder().unwrap();
    assert!(decoder.decode(b"{\"id\":1}\nx\n{\"id\":2}\n").is_err());
    assert_eq!(decoder.flush().unwrap().unwrap().num_rows(), 1);
    assert!(decoder.flush().unwrap().is_none());
    assert!(decoder.decode(b"{\"id\":3}\n").is_err());
    assert!(decoder.finish().is_err());
}
