use super::{Fault, FaultKind};
use crate::BadLineKind;
use crate::json::block::padded;
use crate::json::skip::validate_line;
use crate::simd::Scalar;

fn fault_of(line: &[u8]) -> (Fault, String) {
    let block = padded(line);
    let fault = validate_line(Scalar, &block, 0, 3).unwrap_err();
    (fault, fault.message(&block))
}

#[test]
fn messages_say_what_was_expected_and_what_was_found() {
    let cases: [(&[u8], usize, &str); 35] = [
        (
            b"[1]",
            0,
            "expected an object, found an array: make its elements lines with `jq -c '.[]'`",
        ),
        (b" \"a\"", 1, "expected an object, found a string"),
        (b"-1", 0, "expected an object, found a number"),
        (b"null", 0, "expected an object, found `null`"),
        (b"\x01", 0, "expected an object, found control character 0x01"),
        (b"\xef\xbb\xbf{}", 0, "expected an object, found a byte order mark"),
        (b"{1:2}", 1, "expected a key or `}`, found `1`"),
        (b"{'a':2}", 1, "expected a key or `}`, found `'`; JSON strings take double quotes"),
        (b"{\"a\":1,}", 7, "expected a key after `,`, found `}`"),
        (b"{\"a\" 1}", 5, "expected `:` after the key, found `1`"),
        (b"{\"a\":1 x}", 7, "expected `,` or `}`, found `x`"),
        (b"{\"a\":1", 6, "expected `,` or `}`, found the end of the line"),
        (b"{\"a\":[1}", 7, "expected `,` or `]`, found `}`"),
        (b"{\"a\":[1,]}", 8, "expected a value, found `]`"),
        (b"{\"a\":NaN}", 5, "expected a value, found `NaN`, which JSON does not have"),
        (b"{\"a\":Infinity}", 5, "expected a value, found `Infinity`, which JSON does not have"),
        (b"{\"a\":-Infinity}", 6, "expected a digit, found `Infinity`, which JSON does not have"),
        (b"{\"a\":True}", 5, "expected a value, found `True`"),
        (b"{\"a\":tru}", 5, "expected `true`, `false` or `null`, found `tru`"),
        (b"{\"a\":// x", 5, "expected a value, found a comment, which JSON does not have"),
        (b"{\"a\":01}", 6, "expected no digit after a leading `0`, found `1`"),
        (b"{\"a\":.5}", 5, "expected a digit, found `.`"),
        (b"{\"a\":+1}", 5, "expected a digit, found `+`"),
        (b"{\"a\":1.}", 7, "expected a digit after `.`, found `}`"),
        (b"{\"a\":1e}", 7, "expected a digit in the exponent, found `}`"),
        (b"{\"a\":1x}", 6, "expected the end of the number, found `x`"),
        (b"{\"a\":\"\t\"}", 6, "expected control characters in strings to be escaped, found a tab"),
        (b"{\"a\":\"b", 7, "expected the closing quote of a string, found the end of the line"),
        (b"{\"a\":\"\\x\"}", 6, "expected an escape such as `\\n` or `\\u00e9`, found `\\x`"),
        (b"{\"a\":\"\\u12x\"}", 6, "expected an escape such as `\\n` or `\\u00e9`, found `\\u12x`"),
        (b"{\"a\":\"\\ud800\"}", 6, "expected a pair of surrogates, found `\\ud800` alone"),
        (b"{} {}", 3, "expected the end of the line after the object, found `{`"),
        (b"{\"a\":[{\"b\":[]}]}", 11, "expected less nesting than the limit `max_depth` allows"),
        ("{é:1}".as_bytes(), 1, "expected a key or `}`, found `é`"),
        ("{\u{202e}:1}".as_bytes(), 1, "expected a key or `}`, found `\\u{202e}`"),
    ];
    for (line, at, message) in cases {
        let (fault, words) = fault_of(line);
        assert_eq!((fault.at, words.as_str()), (at, message), "{}", line.escape_ascii());
    }
}

#[test]
fn faults_fall_into_the_classes_of_bad_lines() {
    assert_eq!(fault_of(b"[1]").0.kind.bad_line_kind(), BadLineKind::NotAnObject);
    assert_eq!(fault_of(b"{").0.kind.bad_line_kind(), BadLineKind::Syntax);
    assert_eq!(fault_of(b"{\"a\":[[[]]]}").0.kind.bad_line_kind(), BadLineKind::TooDeep);
    assert_eq!(FaultKind::Utf8.bad_line_kind(), BadLineKind::Encoding);
    assert_eq!(FaultKind::Misfit.bad_line_kind(), BadLineKind::TypeConflict);
}

#[test]
fn a_message_can_be_made_at_any_index() {
    let block = padded(b"{\"\xff\xf0\x9f");
    for at in 0..block.len() + 10 {
        for kind in [FaultKind::ExpectedObject, FaultKind::InvalidEscape, FaultKind::Utf8] {
            assert!(Fault::new(kind, at).message(&block).starts_with("expected "));
        }
    }
}
