//! Every case of JSONTestSuite, as the value of a key and, where it is an object, as a line.
//!
//! The suite is about documents; we read lines. So a line feed in a case cuts it. In a case that
//! must be accepted the line feeds are blanks between tokens, and stand here as spaces; a case that
//! must be rejected has to leave at least one reject.

use std::fs;
use std::path::Path;

use ndjson_parquet_core::{BadLineKind, OnError, ReaderBuilder};
use serde_json::{Value, json};

use crate::support::{Output, pull, push, push_parts, read, reader};

/// The decisions on everything that RFC 8259 leaves open; `None` is a row.
const OPEN_CASES: [(&str, Option<BadLineKind>); 35] = [
    ("number_double_huge_neg_exp", None),
    ("number_huge_exp", None),
    ("number_neg_int_huge_exp", None),
    ("number_pos_double_huge_exp", None),
    ("number_real_neg_overflow", None),
    ("number_real_pos_overflow", None),
    ("number_real_underflow", None),
    ("number_too_big_neg_int", None),
    ("number_too_big_pos_int", None),
    ("number_very_big_negative_int", None),
    ("object_key_lone_2nd_surrogate", Some(BadLineKind::Syntax)),
    ("string_1st_surrogate_but_2nd_missing", Some(BadLineKind::Syntax)),
    ("string_1st_valid_surrogate_2nd_invalid", Some(BadLineKind::Syntax)),
    ("string_incomplete_surrogate_and_escape_valid", Some(BadLineKind::Syntax)),
    ("string_incomplete_surrogate_pair", Some(BadLineKind::Syntax)),
    ("string_incomplete_surrogates_escape_valid", Some(BadLineKind::Syntax)),
    ("string_invalid_lonely_surrogate", Some(BadLineKind::Syntax)),
    ("string_invalid_surrogate", Some(BadLineKind::Syntax)),
    ("string_inverted_surrogates_U+1D11E", Some(BadLineKind::Syntax)),
    ("string_lone_second_surrogate", Some(BadLineKind::Syntax)),
    ("string_UTF-16LE_with_BOM", Some(BadLineKind::Encoding)),
    ("string_UTF-8_invalid_sequence", Some(BadLineKind::Encoding)),
    ("string_UTF8_surrogate_U+D800", Some(BadLineKind::Encoding)),
    ("string_invalid_utf-8", Some(BadLineKind::Encoding)),
    ("string_iso_latin_1", Some(BadLineKind::Encoding)),
    ("string_lone_utf8_continuation_byte", Some(BadLineKind::Encoding)),
    ("string_not_in_unicode_range", Some(BadLineKind::Encoding)),
    ("string_overlong_sequence_2_bytes", Some(BadLineKind::Encoding)),
    ("string_overlong_sequence_6_bytes", Some(BadLineKind::Encoding)),
    ("string_overlong_sequence_6_bytes_null", Some(BadLineKind::Encoding)),
    ("string_truncated-utf-8", Some(BadLineKind::Encoding)),
    ("string_utf16BE_no_BOM", Some(BadLineKind::Encoding)),
    ("string_utf16LE_no_BOM", Some(BadLineKind::Encoding)),
    ("structure_500_nested_arrays", Some(BadLineKind::TooDeep)),
    ("structure_UTF-8_BOM_empty_object", Some(BadLineKind::Syntax)),
];

fn cases(prefix: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/json-test-suite");
    let mut cases: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem()?.to_str()?.strip_prefix(prefix)?.to_owned();
            Some((name, fs::read(&path).unwrap()))
        })
        .collect();
    cases.sort();
    cases
}

const BEFORE: &[u8] = b"{\"v\":\"before\"}\n";
const AFTER: &[u8] = b"\n{\"v\":\"after\"}\n";

fn builder() -> ReaderBuilder {
    reader(&[("v", "utf8")])
}

/// The case as a value between two good lines.
fn as_value(case: &[u8]) -> Vec<u8> {
    [BEFORE, b"{\"v\":", case, b"}", AFTER].concat()
}

/// The case as a line between two good lines.
fn as_line(case: &[u8]) -> Vec<u8> {
    [BEFORE, case, AFTER].concat()
}

/// Line feeds between tokens as spaces; none of the valid cases has one elsewhere.
fn on_one_line(case: &[u8]) -> Vec<u8> {
    case.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }).collect()
}

/// The rows between the good lines, which must have survived.
fn between(output: &Output) -> Vec<Value> {
    let mut values = output.column("v");
    assert_eq!(values.pop(), Some(json!("after")));
    assert_eq!(values.remove(0), json!("before"));
    values
}

/// Reads `input` cut in two at every byte; all give the same.
fn at_every_split(builder: &ReaderBuilder, input: &[u8]) -> Output {
    let expected = pull(builder, input, 1 << 20).unwrap();
    // The longest cases are 100,000 brackets; cuts around both ends of those show as much.
    let cuts = (0..input.len().min(400)).chain(input.len().saturating_sub(400)..input.len());
    for cut in cuts {
        let (head, tail) = input.split_at(cut);
        let parts = [head, tail].into_iter();
        assert_eq!(push_parts(builder, parts).unwrap(), expected, "cut at {cut}");
    }
    assert_eq!(push(builder, input, 1).unwrap(), expected, "bytes");
    expected
}

#[test]
fn cases_that_must_be_accepted_are_rows() {
    let cases = cases("y_");
    assert_eq!(cases.len(), 95);
    for (name, case) in cases {
        let case = on_one_line(&case);
        let output = at_every_split(&builder(), &as_value(&case));
        assert_eq!(output.rejects, [], "{name}");
        let expected: Value = serde_json::from_slice(&case).unwrap();
        let expected = match expected {
            Value::Null => Value::Null,
            Value::String(text) => Value::String(text),
            _ => json!(String::from_utf8(case.trim_ascii().to_vec()).unwrap()),
        };
        assert_eq!(between(&output), [expected], "{name}");
    }
}

#[test]
fn objects_that_must_be_accepted_are_rows_as_lines() {
    let mut seen = 0;
    for (name, case) in cases("y_") {
        let case = on_one_line(&case);
        let Ok(Value::Object(object)) = serde_json::from_slice::<Value>(&case) else { continue };
        let output = at_every_split(&builder(), &as_line(&case));
        assert_eq!(output.rejects, [], "{name}");
        assert_eq!(between(&output), [Value::Null], "{name}");
        let rescued = output.column("_rescued_data").remove(1);
        if object.is_empty() {
            assert_eq!(rescued, Value::Null, "{name}");
        } else {
            assert!(rescued.is_string(), "{name}");
        }
        seen += 1;
    }
    assert_eq!(seen, 12);
}

#[test]
fn cases_that_must_be_rejected_are_rejects() {
    let cases = cases("n_");
    assert_eq!(cases.len(), 188);
    for (name, case) in cases {
        for input in [as_value(&case), as_line(&case)] {
            let output = at_every_split(&builder(), &input);
            let blank = case.trim_ascii().is_empty() && input == as_line(&case);
            let values = between(&output);
            if blank {
                assert_eq!(output.counts[2], output.counts[0] - 2, "{name}");
                continue;
            }
            assert!(!output.rejects.is_empty(), "{name}: {values:?}");
            let [lines, rows, blank, rejected] = output.counts;
            assert_eq!((lines, rejected), (rows + blank + rejected, output.rejects.len() as u64));
        }
    }
}

#[test]
fn open_cases_are_decided() {
    let cases = cases("i_");
    assert_eq!(cases.len(), OPEN_CASES.len());
    for (name, case) in cases {
        let (_, decision) = OPEN_CASES.iter().find(|(open, _)| *open == name).unwrap();
        let output = at_every_split(&builder(), &as_value(&case));
        let values = between(&output);
        match decision {
            None => {
                let raw = String::from_utf8(case.trim_ascii().to_vec()).unwrap();
                assert_eq!((values, output.rejects), (vec![json!(raw)], vec![]), "{name}");
            }
            Some(kind) => {
                assert_eq!(values, Vec::<Value>::new(), "{name}");
                assert!(output.rejects.iter().any(|line| line.kind == *kind), "{name}");
            }
        }
    }
}

#[test]
fn open_cases_are_decided_alike_by_a_number_column() {
    // What a text column keeps as raw text is a conflict where the type has no room for it.
    for (name, case) in cases("i_number") {
        let output = read(&reader(&[("v", "float64")]), as_value(&case).replace_good_lines());
        assert_eq!(output.counts, [3, 3, 0, 0], "{name}");
    }
}

trait ReplaceGoodLines {
    fn replace_good_lines(self) -> Vec<u8>;
}

impl ReplaceGoodLines for Vec<u8> {
    fn replace_good_lines(self) -> Vec<u8> {
        String::from_utf8(self).unwrap().replace("\"before\"", "1").replace("\"after\"", "2").into()
    }
}

#[test]
fn skipped_cases_leave_the_rows_that_quarantined_ones_leave() {
    for (name, case) in cases("n_") {
        let input = as_value(&case);
        let kept = read(&builder(), &input);
        let skipped = read(&builder().with_on_error(OnError::Skip), &input);
        assert_eq!((kept.batch, kept.counts), (skipped.batch, skipped.counts), "{name}");
        assert_eq!(skipped.rejects, [], "{name}");
    }
}
