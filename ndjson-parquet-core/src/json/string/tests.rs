//! Strings against `serde_json`, at every offset of a window.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{StringSpan, copy_string, skip_string};
use crate::json::block::padded;
use crate::json::fault::{Fault, FaultKind};
use crate::simd::{Kernel, Task, agreed};

/// Reads the string that the block begins with in every way, which must agree.
#[derive(Clone, Copy)]
struct Read<'a>(&'a [u8]);

impl Task for Read<'_> {
    type Output = Result<(Vec<u8>, StringSpan), Fault>;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> Self::Output {
        let Self(block) = self;
        let mut out = b"before".to_vec();
        let copied = copy_string(kernel, block, 1, &mut out);
        let skipped = skip_string(kernel, block, 1);
        assert_eq!(copied, skipped.map(|span| span.end + 1), "{}", block.escape_ascii());
        assert!(out.starts_with(b"before"));
        skipped.map(|span| (out.split_off(6), span))
    }
}

fn read(text: &[u8]) -> Result<(Vec<u8>, StringSpan), Fault> {
    agreed(Read(&padded(text)))
}

fn assert_like_oracle(text: &str) {
    let expected: Option<String> = serde_json::from_str(text).ok();
    let found = read(text.as_bytes()).ok().filter(|(_, span)| span.end + 1 == text.len());
    if let Some((_, span)) = &found {
        assert_eq!(span.escaped, text.contains('\\'), "{text}");
    }
    let found = found.map(|(value, _)| String::from_utf8(value).unwrap());
    assert_eq!(found, expected, "{text}");
}

#[test]
fn escapes_are_resolved_at_every_offset() {
    let middles = [
        "",
        "é",
        "\u{1f600}",
        r#"\""#,
        r"\\",
        r"\/",
        r"\b\f\n\r\t",
        r"\u0041",
        r"\u00e9",
        r"\u20AC",
        r"\u0000",
        r"\ud83d\ude00",
        r"\ud83d\ude00\n\ud83d\ude00",
        r#"\\\""#,
        r"\\\\\\\\",
        r"\\u0041",
        r"\uD834\udd1e",
        r"\uffff",
        r"\udbff\udfff",
    ];
    for offset in 0..130 {
        for middle in middles {
            for tail in ["", "x", "\\n", &"y".repeat(70)] {
                assert_like_oracle(&format!("\"{}{middle}{tail}\"", "a".repeat(offset)));
            }
        }
    }
}

#[test]
fn bad_escapes_are_faults_at_their_backslash() {
    let cases = [
        (r"\x", FaultKind::InvalidEscape),
        (r"\U0041", FaultKind::InvalidEscape),
        (r"\u00g0", FaultKind::InvalidEscape),
        (r"\u+123", FaultKind::InvalidEscape),
        (r"\u 123", FaultKind::InvalidEscape),
        (r"\u12", FaultKind::InvalidEscape),
        (r"\é", FaultKind::InvalidEscape),
        (r"\ud800", FaultKind::LoneSurrogate),
        (r"\udc00", FaultKind::LoneSurrogate),
        (r"\udc00\ud800", FaultKind::LoneSurrogate),
        (r"\ud800\ud800", FaultKind::LoneSurrogate),
        (r"\ud800\u0041", FaultKind::LoneSurrogate),
        (r"\ud800\n", FaultKind::LoneSurrogate),
        (r"\ud800x", FaultKind::LoneSurrogate),
        (r"\ud800\ue000", FaultKind::LoneSurrogate),
        (r"\ud800\udbff", FaultKind::LoneSurrogate),
        (r"\udc00\udc00", FaultKind::LoneSurrogate),
        (r"\udfff\udfff", FaultKind::LoneSurrogate),
        (r"\ud800\udc0", FaultKind::LoneSurrogate),
    ];
    for offset in 0..130 {
        for (escape, kind) in cases {
            let text = format!("\"{}{escape}\"", "a".repeat(offset));
            let fault = Fault::new(kind, offset + 1);
            assert_eq!(read(text.as_bytes()), Err(fault), "{text}");
            assert_like_oracle(&text);
        }
    }
}

#[test]
fn control_characters_are_faults_and_a_line_feed_ends_the_line() {
    for offset in 0..130 {
        for control in 0..0x20 {
            let text = format!("\"{}{}b\"", "a".repeat(offset), char::from(control));
            let kind = match control {
                b'\n' => FaultKind::UnexpectedEnd,
                _ => FaultKind::ControlCharacter,
            };
            assert_eq!(read(text.as_bytes()), Err(Fault::new(kind, offset + 1)));
        }
        assert!(read(format!("\"{}\x7f\"", "a".repeat(offset)).as_bytes()).is_ok());
    }
}

#[test]
fn no_escape_swallows_the_end_of_the_line() {
    for offset in 0..130 {
        for cut in ["", r"\", r"\u", r"\u1", r"\u12", r"\u123", r"\u1234", r"\n", r"\ud83d\ude00"] {
            let text = format!("\"{}{cut}", "a".repeat(offset));
            let fault = Fault::new(FaultKind::UnexpectedEnd, text.len());
            let after_next_line = [text.as_bytes(), b"\n\"}\n"].concat();
            assert_eq!(read(text.as_bytes()), Err(fault), "{text}");
            assert_eq!(read(&after_next_line), Err(fault), "{text}");
        }
    }
}

proptest! {
    #[test]
    fn random_strings_are_what_the_oracle_reads(
        pieces in vec(prop_oneof![
            3 => "[a-z]{0,40}",
            1 => Just("\\".to_owned()), 1 => Just("\"".to_owned()), 1 => Just("\\n".to_owned()),
            1 => Just("\\ud83d".to_owned()), 1 => Just("\\ude00".to_owned()),
            1 => "\\\\u[0-9a-fA-F]{4}", 1 => "\\\\[a-z\"/]", 1 => "\\PC{0,3}", 1 => "[\\x00-\\x1f]",
        ], 0..12)
    ) {
        let text = format!("\"{}\"", pieces.concat());
        // The oracle reads one value; so only texts whose first closing quote is their last count.
        let ends_once = read(text.as_bytes()).map_or(true, |(_, span)| span.end + 1 == text.len());
        if ends_once {
            assert_like_oracle(&text);
        }
    }
}
