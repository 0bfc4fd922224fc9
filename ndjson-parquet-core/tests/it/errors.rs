//! What a bad line reports: which line, where, why.

use ndjson_parquet_core::{BadLine, BadLineKind, ErrorKind, OnError, ReaderBuilder};

use crate::support::{push, read, reader, schema, try_read};

const COLUMNS: [(&str, &str); 5] = [
    ("id", "int64"),
    ("name", "utf8"),
    ("user", "struct<age: int8, tags: list<utf8>>"),
    ("items", "list<struct<price: float64>>"),
    ("odd.key", "struct<\"a b\": int64>"),
];

fn builder() -> ReaderBuilder {
    reader(&COLUMNS)
}

/// Line, byte_offset, length, error_offset, path, kind, message.
type Report = (u64, u64, u64, u64, &'static str, BadLineKind, &'static str);

fn report(line: &BadLine) -> (u64, u64, u64, u64, String, BadLineKind, String) {
    let path = line.path.clone();
    let message = line.message.clone();
    (line.line, line.byte_offset, line.length, line.error_offset, path, line.kind, message)
}

#[track_caller]
fn assert_report(input: impl AsRef<[u8]>, expected: Report) {
    let (line, byte_offset, length, error_offset, path, kind, message) = expected;
    let expected =
        (line, byte_offset, length, error_offset, path.to_owned(), kind, message.to_owned());
    let input = input.as_ref();
    let output = read(&builder(), input);
    assert_eq!(output.rejects.len(), 1, "{:?}", output.rejects);
    let found = &output.rejects[0];
    assert_eq!(report(found), expected);
    let start = byte_offset as usize;
    assert_eq!(found.raw.as_deref(), Some(&input[start..start + length as usize]));
    assert_eq!(&*found.source, "<input>");

    let strict = builder().with_on_error(OnError::Error).with_source_name("a.ndjson");
    let error = try_read(&strict, input).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadLine);
    assert_eq!(report(error.bad_line().unwrap()), expected);
    let position = error.position().unwrap();
    assert_eq!((position.line, position.byte), (line, byte_offset + error_offset));
    let place = if path.is_empty() { String::new() } else { format!(", at `{path}`") };
    let byte = byte_offset + error_offset;
    assert_eq!(error.to_string(), format!("a.ndjson, line {line}, byte {byte}{place}: {message}"));
}

use BadLineKind::*;

#[test]
fn lines_are_counted_with_blank_ones_and_any_line_end() {
    let message = "expected `,` or `}`, found `x`";
    assert_report("{\"id\":1 x}\n", (1, 0, 10, 8, "id", Syntax, message));
    assert_report("\n\n{\"id\":1 x}\n", (3, 2, 10, 8, "id", Syntax, message));
    assert_report("{}\r\n\r\n{\"id\":1 x}\r\n{}\r\n", (3, 6, 10, 8, "id", Syntax, message));
    assert_report("\u{feff}{}\n{\"id\":1 x}", (2, 6, 10, 8, "id", Syntax, message));
    assert_report("\u{feff}\n  {\"id\":1 x}", (2, 4, 12, 10, "id", Syntax, message));
}

#[test]
fn offsets_count_bytes_not_letters() {
    let message = "expected `,` or `}`, found `]`";
    assert_report(
        "{\"name\":\"é\"}\n{\"name\":\"日本\"]}\n",
        (2, 14, 18, 16, "name", Syntax, message),
    );
}

#[test]
fn invalid_utf_8_is_a_reject_of_its_line_only() {
    assert_report(
        b"{\"id\":1}\n{\"id\":2,\"name\":\"a\xff\"}\n{\"id\":3}\n",
        (2, 9, 20, 17, "name", Encoding, "expected UTF-8, found byte 0xff"),
    );
    assert_report(
        b"{\"user\":{\"tags\":[\"\",\"\xc3\x28\"]}}\n",
        (1, 0, 27, 21, "user.tags[1]", Encoding, "expected UTF-8, found byte 0xc3"),
    );
    // A letter that the line end cuts.
    assert_report(
        b"{\"name\":\"\xe6\x97\n{}\n",
        (1, 0, 11, 9, "name", Encoding, "expected UTF-8, found byte 0xe6"),
    );
}

#[test]
fn syntax_errors_name_the_path_and_the_byte() {
    for (line, offset, path, message) in [
        ("{", 1, "", "expected a key or `}`, found the end of the line"),
        ("{\"id\":1,}", 8, "", "expected a key after `,`, found `}`"),
        ("{\"id\" 1}", 6, "id", "expected `:` after the key, found `1`"),
        ("{\"id\":}", 6, "id", "expected a value, found `}`"),
        ("{\"id\":01}", 7, "id", "expected no digit after a leading `0`, found `1`"),
        ("{\"id\":1.}", 8, "id", "expected a digit after `.`, found `}`"),
        ("{\"id\":-}", 7, "id", "expected a digit, found `}`"),
        ("{\"id\":1e}", 8, "id", "expected a digit in the exponent, found `}`"),
        ("{\"id\":+1}", 6, "id", "expected a digit, found `+`"),
        ("{\"id\":NaN}", 6, "id", "expected a value, found `NaN`, which JSON does not have"),
        ("{\"id\":nul}", 6, "id", "expected `true`, `false` or `null`, found `nul`"),
        (
            "{\"name\":\"a}",
            11,
            "name",
            "expected the closing quote of a string, found the end of the line",
        ),
        (
            "{\"name\":\"a\tb\"}",
            10,
            "name",
            "expected control characters in strings to be escaped, found a tab",
        ),
        (
            "{\"name\":\"\\x\"}",
            9,
            "name",
            "expected an escape such as `\\n` or `\\u00e9`, found `\\x`",
        ),
        (
            "{\"name\":\"\\ud800\"}",
            9,
            "name",
            "expected a pair of surrogates, found `\\ud800` alone",
        ),
        (
            "{\"user\":{\"age\":1,\"tags\":[\"a\",tru]}}",
            29,
            "user.tags[1]",
            "expected `true`, `false` or `null`, found `tru`",
        ),
        (
            "{\"items\":[{},{\"price\":1.}]}",
            24,
            "items[1].price",
            "expected a digit after `.`, found `}`",
        ),
        ("{\"odd.key\":{\"a b\":x}}", 18, "\"odd.key\".\"a b\"", "expected a value, found `x`"),
        ("{\"unknown\":[1,2,[3,x]]}", 19, "unknown[2][1]", "expected a value, found `x`"),
        ("{\"id\":1]", 7, "id", "expected `,` or `}`, found `]`"),
        ("{\"user\":{\"tags\":[1}}", 18, "user.tags[0]", "expected `,` or `]`, found `}`"),
        ("{\"id\":1}x", 8, "", "expected the end of the line after the object, found `x`"),
        ("{'id':1}", 1, "", "expected a key or `}`, found `'`; JSON strings take double quotes"),
    ] {
        let length = line.len() as u64;
        assert_report(format!("{{}}\n{line}\n{{}}"), (2, 3, length, offset, path, Syntax, message));
    }
}

#[test]
fn lines_that_are_no_object_say_what_they_are() {
    for (line, found) in [
        ("[]", "an array: make its elements lines with `jq -c '.[]'`"),
        ("1", "a number"),
        ("\"a\"", "a string"),
        ("null", "`null`"),
        ("true", "`true`"),
    ] {
        let message = format!("expected an object, found {found}");
        let message: &'static str = Box::leak(message.into_boxed_str());
        assert_report(
            format!("{{}}\n {line}\n"),
            (2, 3, line.len() as u64 + 1, 1, "", NotAnObject, message),
        );
    }
}

#[test]
fn a_line_that_is_no_json_is_reported_as_such_whatever_did_not_fit_before() {
    assert_report(
        "{\"id\":\"x\",\"user\":{\"age\":300},\"name\":tru}\n",
        (1, 0, 40, 36, "name", Syntax, "expected `true`, `false` or `null`, found `tru`"),
    );
}

#[test]
fn nesting_beyond_the_limit_is_a_reject() {
    let message = "expected less nesting than the limit `max_depth` allows";
    let line = format!("{{\"x\":{}{}}}", "[".repeat(128), "]".repeat(128));
    let path: String = "x".to_owned() + &"[0]".repeat(127);
    let path: &'static str = Box::leak(path.into_boxed_str());
    assert_report(format!("{line}\n"), (1, 0, 262, 132, path, TooDeep, message));
    let fits = format!("{{\"x\":{}{}}}", "[".repeat(127), "]".repeat(127));
    assert_eq!(read(&builder(), fits).rejects, []);
}

#[test]
fn depth_counts_the_same_in_columns_and_in_rescued_values() {
    let columns = [("a", "list<struct<b: list<int64>>>")];
    // Levels: line, a, element, b.
    let line = "{\"a\":[{\"b\":[1]}]}";
    assert_eq!(read(&reader(&columns).with_max_depth(4), line).counts, [1, 1, 0, 0]);
    let output = read(&reader(&columns).with_max_depth(3), line);
    assert_eq!(output.rejected(), ["1: too_deep"]);
    assert_eq!((output.rejects[0].error_offset, &*output.rejects[0].path), (11, "a[0].b"));
    let line = "{\"z\":[{\"b\":[1]}]}";
    assert_eq!(read(&reader(&columns).with_max_depth(4), line).counts, [1, 1, 0, 0]);
    assert_eq!(read(&reader(&columns).with_max_depth(3), line).rejected(), ["1: too_deep"]);
}

#[test]
fn positions_are_right_beyond_the_first_block() {
    // Blocks are of 256 KiB.
    let good = "{\"id\":1,\"name\":\"padding padding padding\"}\n".repeat(10_000);
    let before = good.len() as u64;
    let input = format!("{good}{{\"id\":1 x}}\n{good}\u{feff}{{}}\n");
    for chunk in [1 << 10, 100_000, 1 << 24] {
        let output = push(&builder(), input.as_bytes(), chunk).unwrap();
        assert_eq!(output.counts, [20_002, 20_000, 0, 2]);
        let [first, second] = &output.rejects[..] else { panic!("{:?}", output.rejects) };
        assert_eq!((first.line, first.byte_offset, first.error_offset), (10_001, before, 8));
        assert_eq!((second.line, second.byte_offset), (20_002, 2 * before + 11));
    }
}

#[test]
fn a_missing_value_names_its_column() {
    let columns = [("id", "int64!"), ("user", "struct<name: utf8>!")];
    let output = read(
        &reader(&columns),
        "{\"user\":{}}\n{\"id\":null,\"user\":{}}\n{\"id\":1}\n{\"id\":2,\"user\":null}\n{\"id\":3,\"user\":{}}",
    );
    assert_eq!(output.column("id"), [3]);
    let found: Vec<_> = output
        .rejects
        .iter()
        .map(|line| (line.kind, line.error_offset, line.path.as_str(), line.message.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (MissingValue, 10, "id", "expected int64 (not null), found nothing"),
            (MissingValue, 6, "id", "expected int64 (not null), found `null`"),
            (MissingValue, 7, "user", "expected an object (not null), found nothing"),
            (MissingValue, 15, "user", "expected an object (not null), found `null`"),
        ]
    );
}

#[test]
fn a_strict_reader_names_conflicts_and_unknown_fields() {
    use ndjson_parquet_core::{TypeConflicts, UnknownFields};
    let strict = builder()
        .with_type_conflicts(TypeConflicts::Error)
        .with_unknown_fields(UnknownFields::Error);
    for (line, expected) in [
        ("{\"id\":1.5}", "byte 6, at `id`: expected int64, found `1.5`"),
        ("{\"id\":true}", "byte 6, at `id`: expected int64, found `true`"),
        ("{\"user\":{\"age\":128}}", "byte 15, at `user.age`: expected int8, found `128`"),
        ("{\"user\":[1]}", "byte 8, at `user`: expected an object, found an array: `[1]}...`"),
        (
            "{\"items\":[{},{\"price\":true}]}",
            "byte 22, at `items[1].price`: expected float64, found `true`",
        ),
        ("{\"id\":1,\"extra\":2}", "byte 8, at `extra`: expected only fields of the schema"),
        (
            "{\"items\":[{\"b c\":0}]}",
            "byte 11, at `items[0].\"b c\"`: expected only fields of the schema",
        ),
    ] {
        let error = try_read(&strict, line).unwrap_err();
        assert_eq!(error.to_string(), format!("<input>, line 1, {expected}"));
    }
}

#[test]
fn the_schema_is_checked_before_anything_is_read() {
    let empty = ReaderBuilder::new(schema(&[]));
    assert_eq!(empty.build_decoder().err().unwrap().kind(), ErrorKind::Schema);
}
