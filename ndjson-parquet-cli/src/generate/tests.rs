//! What every shape promises: valid JSON, its described size, and bytes that its seed decides.

use serde_json::{Map, Value};

use super::*;

/// Enough lines of every shape for a mean that is off by well under a percent.
const SAMPLE_BYTES: u64 = 1 << 20;

fn sample(shape: Shape, seed: u64) -> Vec<u8> {
    let mut out = Vec::new();
    generate(shape, SAMPLE_BYTES, seed, &mut out).unwrap();
    out
}

fn rows(shape: Shape) -> Vec<Map<String, Value>> {
    let out = sample(shape, 1);
    let lines = std::str::from_utf8(&out).unwrap().strip_suffix('\n').unwrap().split('\n');
    lines.map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// FNV-1a with 64 bits, enough to notice a changed byte.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[test]
fn every_line_is_a_json_object() {
    for shape in Shape::ALL {
        assert!(rows(shape).iter().all(|row| !row.is_empty()), "{shape}");
    }
}

#[test]
fn lines_have_the_described_length() {
    for (shape, described) in Shape::ALL.into_iter().zip([600, 1600, 5100, 770, 400]) {
        let mut out = Vec::new();
        let lines = generate(shape, SAMPLE_BYTES, 3, &mut out).unwrap();
        let mean = out.len() as u64 / lines;
        assert!(mean.abs_diff(described) * 100 <= described * 15, "{shape}: {mean} bytes a line");
    }
}

#[test]
fn output_ends_with_the_line_that_reaches_the_size() {
    for shape in Shape::ALL {
        for bytes in [0, 1, 10_000, 70_000, 200_000] {
            let mut out = Vec::new();
            let lines = generate(shape, bytes, 5, &mut out).unwrap();
            assert_eq!(line_feeds(&out), lines, "{shape}");
            let before_last = out.iter().rev().skip(1).position(|&byte| byte == b'\n');
            let last_line = before_last.map_or(out.len(), |bytes| bytes + 1) as u64;
            assert!(out.len() as u64 >= bytes, "{shape}");
            assert!(bytes == 0 || out.len() as u64 - last_line < bytes, "{shape}");
        }
    }
}

fn line_feeds(out: &[u8]) -> u64 {
    out.iter().filter(|&&byte| byte == b'\n').count() as u64
}

#[test]
fn the_seed_decides_the_bytes() {
    for shape in Shape::ALL {
        assert_eq!(checksum(&sample(shape, 8)), checksum(&sample(shape, 8)), "{shape}");
        assert_ne!(checksum(&sample(shape, 8)), checksum(&sample(shape, 9)), "{shape}");
    }
}

/// The checksums are our own output: they are pinned so that no version or platform changes the
/// benches' input unnoticed, not because these bytes are right.
#[test]
fn the_bytes_are_the_same_everywhere() {
    let found = Shape::ALL.map(|shape| checksum(&sample(shape, 42)[..64 * 1024]));
    let pinned = [
        0xec48_03a5_1547_3411,
        0x5058_2932_fb38_c407,
        0x6f33_2e71_459a_7f5d,
        0xaa37_640e_6ce8_67ae,
        0xfdbe_7bfb_3be2_884b,
    ];
    assert_eq!(found, pinned, "{found:#x?}");
}

#[test]
fn wide_rows_have_the_described_columns() {
    let rows = rows(Shape::Wide);
    let mut nulls = 0;
    for row in &rows {
        assert_eq!(row.len(), 200);
        let count = |prefix| row.keys().filter(|key| key.starts_with(prefix)).count();
        assert_eq!(["count", "measure", "label", "seen", "flag"].map(count), [70, 50, 40, 20, 20]);
        nulls += row.values().filter(|value| value.is_null()).count();
    }
    let per_mille = nulls * 1000 / (rows.len() * 200);
    assert!((40..=60).contains(&per_mille), "{per_mille} of 1000 values are null");
}

#[test]
fn github_rows_have_eight_kinds_of_payload() {
    let mut payloads = std::collections::BTreeMap::<String, Vec<String>>::new();
    for row in rows(Shape::Github) {
        let kind = row["type"].as_str().unwrap().to_owned();
        let keys = row["payload"].as_object().unwrap().keys().cloned().collect();
        let first = payloads.entry(kind).or_insert_with(|| Vec::clone(&keys));
        assert_eq!(*first, keys);
    }
    assert_eq!(payloads.len(), 8);
    let text = String::from_utf8(sample(Shape::Github, 1)).unwrap();
    assert!(!text.is_ascii());
    for escape in ["\\n", "\\\"", "\\\\", "\\t", "\\/", "\\u00e9", "\\ud83d\\ude80"] {
        assert!(text.contains(escape), "{escape}");
    }
}

#[test]
fn numbers_have_15_to_17_digits() {
    for row in rows(Shape::Numbers) {
        assert_eq!(row.len(), 16);
        for value in row.values() {
            let digits = value.to_string().bytes().filter(u8::is_ascii_digit).count();
            assert!((15..=17).contains(&digits), "{value}");
        }
    }
}

#[test]
fn names_of_shapes_round_trip() {
    for shape in Shape::ALL {
        assert_eq!(shape.to_string().parse(), Ok(shape));
    }
    assert_eq!(
        "xml".parse::<Shape>().unwrap_err().to_string(),
        "expected one of events, github, wide, logs, numbers; found `xml`"
    );
}

#[test]
fn an_error_of_the_output_is_returned() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("disk full"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let error = generate(Shape::Events, 1, 0, &mut Full).unwrap_err();
    assert_eq!(error.to_string(), "disk full");
}
