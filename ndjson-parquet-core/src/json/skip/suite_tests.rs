//! Every case of JSONTestSuite, as the value of a line: `{"v":CASE}`.
//!
//! The suite is about documents; we read lines. So a line feed in a case cuts it. For a case that
//! must be accepted the line feeds are blanks between tokens, and stand here as spaces; for a case
//! that must be rejected the first line is the one that is checked.

use std::fs;
use std::path::Path;

use super::tests::validate;
use crate::json::fault::FaultKind;

/// Why a case that a parser may take or not is accepted, or with which fault it is not.
enum Decision {
    Accepted,
    Rejected(FaultKind),
}
use Decision::{Accepted, Rejected};

/// The decisions on everything that RFC 8259 leaves open.
const OPEN_CASES: [(&str, Decision); 35] = [
    // The syntax of numbers knows no range; whether one fits is its column's business.
    ("number_double_huge_neg_exp", Accepted),
    ("number_huge_exp", Accepted),
    ("number_neg_int_huge_exp", Accepted),
    ("number_pos_double_huge_exp", Accepted),
    ("number_real_neg_overflow", Accepted),
    ("number_real_pos_overflow", Accepted),
    ("number_real_underflow", Accepted),
    ("number_too_big_neg_int", Accepted),
    ("number_too_big_pos_int", Accepted),
    ("number_very_big_negative_int", Accepted),
    // A lone surrogate has no UTF-8, so no column could hold it.
    ("object_key_lone_2nd_surrogate", Rejected(FaultKind::LoneSurrogate)),
    ("string_1st_surrogate_but_2nd_missing", Rejected(FaultKind::LoneSurrogate)),
    ("string_1st_valid_surrogate_2nd_invalid", Rejected(FaultKind::LoneSurrogate)),
    ("string_incomplete_surrogate_and_escape_valid", Rejected(FaultKind::LoneSurrogate)),
    ("string_incomplete_surrogate_pair", Rejected(FaultKind::LoneSurrogate)),
    ("string_incomplete_surrogates_escape_valid", Rejected(FaultKind::LoneSurrogate)),
    ("string_invalid_lonely_surrogate", Rejected(FaultKind::LoneSurrogate)),
    ("string_invalid_surrogate", Rejected(FaultKind::LoneSurrogate)),
    ("string_inverted_surrogates_U+1D11E", Rejected(FaultKind::LoneSurrogate)),
    ("string_lone_second_surrogate", Rejected(FaultKind::LoneSurrogate)),
    // Not UTF-8: rejected before any lexer sees the line.
    ("string_UTF-16LE_with_BOM", Rejected(FaultKind::Utf8)),
    ("string_UTF-8_invalid_sequence", Rejected(FaultKind::Utf8)),
    ("string_UTF8_surrogate_U+D800", Rejected(FaultKind::Utf8)),
    ("string_invalid_utf-8", Rejected(FaultKind::Utf8)),
    ("string_iso_latin_1", Rejected(FaultKind::Utf8)),
    ("string_lone_utf8_continuation_byte", Rejected(FaultKind::Utf8)),
    ("string_not_in_unicode_range", Rejected(FaultKind::Utf8)),
    ("string_overlong_sequence_2_bytes", Rejected(FaultKind::Utf8)),
    ("string_overlong_sequence_6_bytes", Rejected(FaultKind::Utf8)),
    ("string_overlong_sequence_6_bytes_null", Rejected(FaultKind::Utf8)),
    ("string_truncated-utf-8", Rejected(FaultKind::Utf8)),
    // The one letter of these, `é`, is 0xe9 and 0x00 in UTF-16.
    ("string_utf16BE_no_BOM", Rejected(FaultKind::Utf8)),
    ("string_utf16LE_no_BOM", Rejected(FaultKind::Utf8)),
    ("structure_500_nested_arrays", Rejected(FaultKind::TooDeep)),
    // Skipped at the start of a source, by whoever frames it; inside a line it is no value.
    ("structure_UTF-8_BOM_empty_object", Rejected(FaultKind::ExpectedValue)),
];

#[test]
fn cases_that_must_be_accepted_are() {
    let cases = cases("y_");
    assert_eq!(cases.len(), 95);
    for (name, mut text) in cases {
        text.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
        assert_eq!(validate(&as_line(&text), 128).map(|_| ()), Ok(()), "{name}");
    }
}

#[test]
fn cases_that_must_be_rejected_are() {
    let cases = cases("n_");
    assert_eq!(cases.len(), 188);
    for (name, text) in cases {
        assert!(validate(&as_line(&text), 128).is_err(), "{name}");
    }
}

#[test]
fn open_cases_are_decided() {
    let cases = cases("i_");
    assert_eq!(cases.len(), OPEN_CASES.len());
    for (name, text) in cases {
        let (_, decision) = OPEN_CASES.iter().find(|(open, _)| *open == name).unwrap();
        let found = validate(&as_line(&text), 128).map_err(|fault| fault.kind);
        match decision {
            Accepted => assert!(found.is_ok(), "{name}: {found:?}"),
            Rejected(kind) => assert_eq!(found, Err(*kind), "{name}"),
        }
    }
}

fn as_line(case: &[u8]) -> Vec<u8> {
    [b"{\"v\":", case, b"}"].concat()
}

fn cases(prefix: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/json-test-suite");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.filter_map(|path| Some((case_name(&path, prefix)?, fs::read(&path).unwrap()))).collect()
}

fn case_name(path: &Path, prefix: &str) -> Option<String> {
    Some(path.file_name()?.to_str()?.strip_prefix(prefix)?.strip_suffix(".json")?.to_owned())
}
