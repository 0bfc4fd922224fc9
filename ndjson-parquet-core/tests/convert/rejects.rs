//! Bad lines: where they are, what is kept of them, and when they stop the work.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ndjson_parquet_core::{
    Converter, ErrorKind, OnError, ParquetOptions, Sink, Source, TypeConflicts,
};
use serde_json::{Value, json};

use crate::harness::*;

/// Row groups as small as they get: 64 KiB of input.
fn small_groups() -> Converter {
    Converter::new().with_parquet(ParquetOptions::new().with_row_group_bytes(1))
}

/// `lines` numbered lines of about 30 bytes; every `every`th has a bad number, and every 5th
/// is followed by a blank one. Gives the text, and line and offset of each bad line and its bad byte.
fn text_with_bad_lines(lines: usize, every: usize) -> (String, Vec<(u64, u64, u64)>) {
    let mut text = String::new();
    let mut bad = Vec::new();
    let mut line = 0;
    for number in 0..lines {
        line += 1;
        let start = text.len() as u64;
        if number % every == every - 1 {
            writeln!(text, "{{\"pad\":\"{}\",\"n\":@{number}}}", "x".repeat(number % 17)).unwrap();
            let at = text[start as usize..].find('@').unwrap() as u64;
            bad.push((line, start, start + at));
        } else {
            writeln!(text, "{{\"pad\":\"{}\",\"n\":{number}}}", "x".repeat(number % 17)).unwrap();
        }
        if number % 5 == 0 {
            text.push_str(" \t\r\n");
            line += 1;
        }
    }
    (text, bad)
}

#[test]
fn line_numbers_and_offsets_point_at_the_bad_bytes_across_row_groups_and_files() {
    let (text, bad) = text_with_bad_lines(20_000, 97);
    let place = Place::new();
    let names = ["a.ndjson", "b.ndjson", "c.ndjson"];
    let paths = names.map(|name| place.write(name, &text));
    for count in [1, 2, 8] {
        let sources: Vec<_> = paths.iter().map(Source::path).collect();
        let converter = small_groups().with_threads(threads(count)).with_sample_bytes(100);
        let converted = convert_with_rejects(&converter, sources).unwrap();
        assert!(converted.summary.row_groups > 10);
        let rejects = converted.rejects();
        assert_eq!(rejects.len(), 3 * bad.len());
        for (index, reject) in rejects.iter().enumerate() {
            let (line, start, at) = bad[index % bad.len()];
            let path = &paths[index / bad.len()];
            assert_eq!(reject["source"], path.to_str().unwrap());
            assert_eq!((&reject["line"], &reject["byte_offset"]), (&json!(line), &json!(start)));
            let found = start + reject["error_offset"].as_u64().unwrap();
            assert_eq!(found, at);
            assert_eq!(text.as_bytes()[found as usize], b'@');
            let length = reject["length"].as_u64().unwrap() as usize;
            let raw = &text[start as usize..start as usize + length];
            assert_eq!(reject["raw"], raw);
            assert_eq!(text.as_bytes()[start as usize + length], b'\n');
            assert_eq!((&reject["path"], &reject["kind"]), (&json!("n"), &json!("syntax")));
            assert_eq!(reject["etag"], Value::Null);
        }
    }
}

#[test]
fn offsets_in_compressed_sources_are_those_of_the_text() {
    let (text, bad) = text_with_bad_lines(8000, 501);
    for (name, bytes) in [("gz", gzip(text.as_bytes())), ("zst", zstd(text.as_bytes()))] {
        let sources = vec![Source::bytes(name, bytes)];
        let converted = convert_with_rejects(&small_groups(), sources).unwrap();
        let found: Vec<_> = converted.rejects().iter().map(place_of).collect();
        assert_eq!(found, bad);
    }
}

fn place_of(reject: &Value) -> (u64, u64, u64) {
    let number = |key: &str| reject[key].as_u64().unwrap();
    (number("line"), number("byte_offset"), number("byte_offset") + number("error_offset"))
}

#[test]
fn a_row_of_the_quarantine_file_has_exactly_these_fields() {
    let sources = vec![Source::bytes("in", "{\"a\":1}\n{\"a\":[1,}\n")];
    let converted = convert_with_rejects(&Converter::new(), sources).unwrap();
    let rejects = converted.rejects();
    let keys: Vec<_> = rejects[0].as_object().unwrap().keys().cloned().collect();
    let expected = [
        "source",
        "etag",
        "line",
        "byte_offset",
        "length",
        "error_offset",
        "path",
        "kind",
        "message",
        "raw",
    ];
    assert_eq!(keys, expected);
    assert_eq!(
        converted.summary.rejects.as_deref(),
        converted.place.path("rejects.ndjson").to_str()
    );
}

#[test]
fn a_line_that_is_not_utf8_is_kept_in_base64() {
    let bad = b"{\"a\":\"\xff\"}";
    let text = [&b"{\"a\":\"x\"}\n"[..], bad, b"\r\n{\"a\":\"y\"}\n"].concat();
    let sources = vec![Source::bytes("in", text)];
    let converted = convert_with_rejects(&Converter::new(), sources.clone()).unwrap();
    converted.assert_verified(sources);
    let rejects = converted.rejects();
    assert_eq!(rejects.len(), 1);
    assert_eq!(rejects[0].get("raw"), None);
    let raw = rejects[0]["raw_base64"].as_str().unwrap();
    assert_eq!(BASE64_STANDARD.decode(raw).unwrap(), bad);
    assert_eq!(place_of(&rejects[0]), (2, 10, 16));
    assert_eq!((&rejects[0]["kind"], &rejects[0]["length"]), (&json!("encoding"), &json!(9)));
    assert_eq!(converted.rows().len(), 2);
}

#[test]
fn a_line_over_the_limit_is_rejected_without_its_text() {
    let limit = 40;
    let line = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8));
    let text = format!("{}\n{}\n{}\r\n{}", line(40), line(41), line(40), line(500));
    let sources = vec![Source::bytes("in", text.clone())];
    let converter = Converter::new().with_max_line_bytes(limit);
    let converted = convert_with_rejects(&converter, sources.clone()).unwrap();
    converted.assert_verified(sources);
    assert_eq!(converted.summary.balance.rows, 2);
    assert_eq!(converted.summary.balance.bytes_in, text.len() as u64);
    let rejects = converted.rejects();
    let found: Vec<_> = rejects
        .iter()
        .map(|row| json!([row["line"], row["byte_offset"], row["length"], row["kind"]]))
        .collect();
    let expected = [json!([2, 41, 41, "line_too_long"]), json!([4, 125, 500, "line_too_long"])];
    assert_eq!(found, expected);
    assert!(rejects.iter().all(|row| row.get("raw").is_none() && row.get("raw_base64").is_none()));
}

#[test]
fn skipped_lines_are_counted_by_kind() {
    let text = b"{\"a\":1}\n{x\n[]\n1\n{\"a\":\"\xff\"}\n{\"a\":2}\n".to_vec();
    let converted = convert_text(&Converter::new().with_on_error(OnError::Skip), text);
    let balance = &converted.summary.balance;
    assert_eq!((balance.lines, balance.rows, balance.rejected), (6, 2, 4));
    let kinds: Vec<_> = balance.rejected_by_kind.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(kinds, [("encoding", 1), ("not_an_object", 2), ("syntax", 1)]);
    assert_eq!(converted.summary.rejects, None);
}

#[test]
fn as_many_rejects_as_the_limit_are_fine_and_one_more_is_an_error() {
    let text = "{\"a\":1}\n{\"a\":2}\nx\ny\n";
    let sources = || vec![Source::bytes("in", text)];
    for on_error in [OnError::Skip, OnError::Quarantine] {
        let place = Place::new();
        let convert = |converter: Converter| {
            let converter = converter.with_on_error(on_error).with_rejects(place.path("rejects"));
            let sink = Sink::file(place.path("out.parquet")).with_overwrite(true);
            converter.convert(sources(), sink)
        };
        let error = convert(Converter::new().with_max_rejects(1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RejectLimit);
        let error = convert(Converter::new().with_max_reject_ratio(0.4)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RejectLimit);
        assert_eq!(place.names(), [""; 0]);
        convert(Converter::new().with_max_rejects(2).with_max_reject_ratio(0.5)).unwrap();
    }
}

#[test]
fn after_an_error_nothing_is_left_whatever_the_policy() {
    let (text, _) = text_with_bad_lines(20_000, 1999);
    let sample = 64;
    let converters = [
        small_groups().with_on_error(OnError::Error),
        small_groups().with_on_error(OnError::Skip).with_max_rejects(3),
        small_groups().with_on_error(OnError::Quarantine).with_max_rejects(3),
        small_groups().with_on_error(OnError::Quarantine).with_max_reject_ratio(0.0001),
        small_groups().with_on_error(OnError::Skip).with_type_conflicts(TypeConflicts::Error),
    ];
    for (index, converter) in converters.into_iter().enumerate() {
        for one_file in [true, false] {
            let place = Place::new();
            let text = text.clone() + "{\"pad\":1}\n{\"pad\":{}}\n";
            let output = place.path("out");
            let sink = if one_file { Sink::file(output) } else { Sink::directory(output) };
            let converter = converter
                .clone()
                .with_sample_bytes(sample)
                .with_rejects(place.path("rejects.ndjson"))
                .with_threads(threads(2));
            let text = if index == 4 { text.replace("\"n\":19998", "\"n\":\"x\"") } else { text };
            let error = converter.convert(vec![Source::bytes("in", text)], sink).unwrap_err();
            let expected = [ErrorKind::BadLine, ErrorKind::RejectLimit];
            assert!(expected.contains(&error.kind()), "case {index}: {error}");
            assert_eq!(place.names(), [""; 0], "case {index}");
        }
    }
}

#[test]
fn the_bad_line_reported_is_the_first_for_any_number_of_threads() {
    let (text, bad) = text_with_bad_lines(40_000, 4001);
    for count in [1, 2, 8] {
        for _ in 0..5 {
            let converter = small_groups().with_threads(threads(count));
            let error = failure(convert(&converter, vec![Source::bytes("in", text.clone())]));
            let position = error.position().unwrap();
            assert_eq!((position.line, position.byte), (bad[0].0, bad[0].2));
            assert_eq!((position.path.as_str(), &*position.source), ("n", "in"));
        }
    }
}

#[test]
fn a_bad_line_before_one_that_needs_a_wider_schema_is_still_the_first() {
    let good = "{\"a\":1}\n".repeat(30_000);
    let text = format!("{good}{{\"a\":oops}}\n{good}{{\"a\":\"x\"}}\n");
    for count in [1, 2, 8] {
        let converter = small_groups().with_threads(threads(count)).with_sample_bytes(8);
        let error = failure(convert(&converter, vec![Source::bytes("in", text.clone())]));
        assert_eq!(error.position().unwrap().line, 30_001);
    }
}

#[test]
fn a_quarantine_file_without_a_path_is_refused_before_reading() {
    let sources = || vec![Source::bytes("in", "{}\n")];
    for converter in [
        Converter::new().with_on_error(OnError::Quarantine),
        Converter::new().with_type_conflicts(TypeConflicts::Quarantine),
    ] {
        let error = failure(convert(&converter, sources()));
        assert_eq!(error.kind(), ErrorKind::Schema);
    }
}

#[test]
fn a_quarantine_file_that_exists_is_kept_and_the_output_is_not_written() {
    let place = Place::new();
    place.write("rejects.ndjson", "old");
    let converter = Converter::new()
        .with_on_error(OnError::Quarantine)
        .with_rejects(place.path("rejects.ndjson"));
    let sources = || vec![Source::bytes("in", "{\"a\":1}\nx\n")];
    let output = place.path("out.parquet");
    let error = converter.convert(sources(), Sink::file(&output)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutputExists);
    assert_eq!(place.names(), ["rejects.ndjson"]);
    converter.convert(sources(), Sink::file(&output).with_overwrite(true)).unwrap();
    let text = std::fs::read_to_string(place.path("rejects.ndjson")).unwrap();
    assert_eq!(parse_lines(&text)[0]["raw"], "x");
}

#[test]
fn a_restart_leaves_each_bad_line_once_in_the_quarantine_file() {
    let (text, bad) = text_with_bad_lines(10_000, 1000);
    let sources = vec![Source::bytes("in", text + "{\"late\":1}\n")];
    let converted =
        convert_with_rejects(&small_groups().with_sample_bytes(10), sources.clone()).unwrap();
    assert_eq!(converted.summary.restarts, 1);
    assert_eq!(converted.rejects().iter().map(place_of).collect::<Vec<_>>(), bad);
    converted.assert_verified(sources);
}
