//! Whole lines against `serde_json`: random documents and documents with one byte changed.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Number, Value};

use super::{Literal, scan_boolean, scan_literal, skip_value, validate_line};
use crate::json::block::{PADDING, padded};
use crate::json::fault::{Fault, FaultKind};
use crate::simd::{Kernel, Scalar, Task, agreed};

/// Checks the first line of `text` as the engine does: UTF-8 first, then with every kernel.
pub(super) fn validate(text: &[u8], max_depth: usize) -> Result<usize, Fault> {
    if let Err(error) = std::str::from_utf8(text) {
        return Err(Fault::new(FaultKind::Utf8, error.valid_up_to()));
    }
    let block = padded(text);
    let found = agreed(Validate { block: &block, max_depth });
    let (Ok(at) | Err(Fault { at, .. })) = found;
    assert!(at < block.len() - PADDING, "{at} is past the line: {}", text.escape_ascii());
    found
}

#[derive(Clone, Copy)]
struct Validate<'a> {
    block: &'a [u8],
    max_depth: usize,
}

impl Task for Validate<'_> {
    type Output = Result<usize, Fault>;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> Self::Output {
        validate_line(kernel, self.block, 0, self.max_depth)
    }
}

#[test]
fn a_line_is_one_object_between_blanks() {
    for line in ["{}", " {}", "{} \t\r", "{}\r", "\t{ }\r", r#" { "a" : [ 1 , { } , [ ] ] } "#] {
        assert_eq!(validate(line.as_bytes(), 128), Ok(line.len()), "{line}");
    }
    for (line, kind, at) in [
        ("", FaultKind::ExpectedObject, 0),
        ("  ", FaultKind::ExpectedObject, 2),
        ("1", FaultKind::ExpectedObject, 0),
        ("}", FaultKind::ExpectedObject, 0),
        ("{", FaultKind::ExpectedKey, 1),
        ("{,}", FaultKind::ExpectedKey, 1),
        ("{}}", FaultKind::TrailingText, 2),
        ("{}{}", FaultKind::TrailingText, 2),
        ("{}\u{b}", FaultKind::TrailingText, 2),
        (r#"{"a":[}]"#, FaultKind::ExpectedValue, 6),
        (r#"{"a":[1]]"#, FaultKind::ExpectedCommaOrBrace, 8),
        (r#"{"a":{]"#, FaultKind::ExpectedKey, 6),
        (r#"{"a":[{"b":1],2"#, FaultKind::ExpectedCommaOrBrace, 12),
        (r#"{"a":nul}"#, FaultKind::InvalidLiteral, 5),
        (r#"{"a":nulll}"#, FaultKind::ExpectedCommaOrBrace, 9),
        (r#"{"a":1,"b"}"#, FaultKind::ExpectedColon, 10),
        (r#"{"a":1"b":2}"#, FaultKind::InvalidNumber(super::NumberFault::Tail), 6),
        (r#"{"a":true"b":2}"#, FaultKind::ExpectedCommaOrBrace, 9),
    ] {
        assert_eq!(validate(line.as_bytes(), 128), Err(Fault::new(kind, at)), "{line}");
    }
}

#[test]
fn the_limit_of_depth_is_the_deepest_level_allowed() {
    for limit in [1, 2, 3, 63, 64, 65, 127, 128, 511, 512] {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let line = |levels: usize| {
                let inner = if levels == 1 { "1" } else { "" };
                let (open, close) = (open.repeat(levels - 1), close.repeat(levels - 1));
                // An object that is opened but has nothing inside needs a value.
                let value = if open.ends_with(':') { "1" } else { inner };
                format!(r#"{{"v":{open}{value}{close}}}"#)
            };
            assert!(validate(line(limit).as_bytes(), limit).is_ok(), "{limit} {open}");
            let fault = validate(line(limit + 1).as_bytes(), limit).unwrap_err();
            assert_eq!(fault.kind, FaultKind::TooDeep);
            assert_eq!(fault.at, 5 + open.len() * (limit - 1), "{limit} {open}");
        }
    }
    assert_eq!(validate(b"{}", 0).unwrap_err().kind, FaultKind::TooDeep);
    assert_eq!(validate(b"{}", usize::MAX), Ok(2));
    let deep = format!(r#"{{"v":{}"#, "[".repeat(1_000_000));
    assert_eq!(validate(deep.as_bytes(), usize::MAX).unwrap_err().kind, FaultKind::TooDeep);
}

#[test]
fn a_value_ends_where_its_text_ends() {
    for value in
        ["1", "-0.5e+3", "\"a\\\"b\"", "true", "[1,[2],{\"a\":{}}]", "{\"a\" : [] }", "null"]
    {
        for after in [",", "}", "]", " ", "\n"] {
            let block = padded(format!(" {value}{after}").as_bytes());
            assert_eq!(
                skip_value(Scalar, &block, 1, 5, 128),
                Ok(1 + value.len()),
                "{value}{after}"
            );
        }
    }
    // Levels count from the outermost object: inside level 5 with 6 allowed, one more may open.
    let block = padded(b"[[]]");
    assert_eq!(skip_value(Scalar, &block, 0, 5, 6), Err(Fault::new(FaultKind::TooDeep, 1)));
    assert_eq!(skip_value(Scalar, &block, 0, 4, 6), Ok(4));
}

#[test]
fn literals_are_spelled_out() {
    let literal = |text: &str| scan_literal(&padded(text.as_bytes()), 0);
    assert_eq!(literal("true,"), Ok((Literal::True, 4)));
    assert_eq!(literal("false"), Ok((Literal::False, 5)));
    for (text, expected) in [
        ("true,", Some((true, 4))),
        ("false}", Some((false, 5))),
        ("null", None),
        ("tru", None),
        ("falsy", None),
        ("True", None),
        ("1", None),
    ] {
        assert_eq!(scan_boolean(&padded(text.as_bytes()), 0), expected, "{text}");
    }
    assert_eq!(literal("null}"), Ok((Literal::Null, 4)));
    for text in ["", "t", "tru", "True", "fals", "falze", "nul", "nil", "nulL"] {
        assert_eq!(literal(text), Err(Fault::new(FaultKind::InvalidLiteral, 0)), "{text}");
    }
}

#[test]
fn megabytes_of_anything_take_linear_time() {
    for piece in ["\\n", "\\u00e9", "\\ud83d\\ude00", "a", "\\\\", "é"] {
        let line = format!(r#"{{"v":"{}"}}"#, piece.repeat(1 << 20));
        assert_eq!(validate(line.as_bytes(), 128), Ok(line.len()));
    }
    for piece in ["1,", "[],", "{},", "\"\",", "{\"a\":1} , ", "      \t\r\r\r    1,"] {
        let line = format!(r#"{{"v":[{}0]}}"#, piece.repeat(1 << 18));
        assert_eq!(validate(line.as_bytes(), 128), Ok(line.len()));
    }
}

/// Accepted by the oracle: an object, on one line.
fn oracle_accepts(line: &[u8]) -> bool {
    serde_json::from_slice::<Value>(line).is_ok_and(|value| value.is_object())
}

fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|value| Value::Number(value.into())),
        any::<f64>().prop_filter_map("finite", Number::from_f64).prop_map(Value::Number),
        "\\PC{0,70}".prop_map(Value::String),
        any::<String>().prop_map(Value::String),
    ];
    let values = leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::Array),
            vec((any::<String>(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    });
    vec(("[a-z]{0,9}", values), 0..6)
        .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()))
}

const INTERESTING: &[u8] = b"{}[]:,\"\\/ \t\r0123456789+-.eEutfnrab'\x00\x01\x1f\x7f\x80\xc3\xff";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_documents_are_accepted(document in documents()) {
        let line = document.to_string();
        prop_assert_eq!(validate(line.as_bytes(), 128), Ok(line.len()));
    }

    #[test]
    fn one_changed_byte_is_judged_as_the_oracle_does(
        document in documents(),
        changes in vec((any::<prop::sample::Index>(), 0..3, prop::sample::select(INTERESTING)), 60),
    ) {
        let line = document.to_string().into_bytes();
        for (index, how, byte) in changes {
            let mut changed = line.clone();
            match how {
                0 => changed[index.index(line.len())] = byte,
                1 => changed.insert(index.index(line.len() + 1), byte),
                _ => drop(changed.remove(index.index(line.len()))),
            }
            let accepted = validate(&changed, 128).is_ok();
            prop_assert_eq!(accepted, oracle_accepts(&changed), "{}", changed.escape_ascii());
        }
    }

    #[test]
    fn token_soup_is_judged_as_the_oracle_does(
        tokens in vec(prop::sample::select(&[
            "{", "}", "[", "]", ":", ",", "\"a\"", "\"\"", "1", "-0.5e3", "true", "null", " ", "\"k\":",
        ]), 0..12),
    ) {
        let line = format!("{{\"v\":{}}}", tokens.concat());
        let accepted = validate(line.as_bytes(), 128).is_ok();
        prop_assert_eq!(accepted, oracle_accepts(line.as_bytes()), "{}", line);
    }

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..200)) {
        let block = padded(&[b"{\"a\":", &bytes[..]].concat());
        let _ = validate_line(Scalar, &block, 0, 128);
        for at in 0..block.len() + 9 {
            let _ = skip_value(Scalar, &block, at, 0, 128);
        }
    }
}
