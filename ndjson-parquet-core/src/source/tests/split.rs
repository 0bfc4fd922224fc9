//! Members are found whole, or not at all.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::super::codec::Codec;
use super::super::split::{Found, PART_BYTES, next_part};

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Compressed and inflated size of the first part; panics where there is none.
#[track_caller]
fn part(codec: Codec, bytes: &[u8], at_end: bool) -> (usize, usize) {
    match next_part(codec, bytes, at_end, MOST) {
        Found::Part(part) => (part.compressed, part.inflated),
        other => panic!("expected a part, found {other:?}"),
    }
}

const MOST: usize = 8 << 20;
const BGZF: &[u8] = include_bytes!("../../../tests/data/codecs/rows.bgzf.gz");
const PZSTD: &[u8] = include_bytes!("../../../tests/data/codecs/rows.pzstd.zst");

#[test]
fn all_members_of_bgzip_and_pzstd_are_one_part_if_they_are_small() {
    let text: usize = (0..3000_u64).map(|row| format!("{row}{}", row * row).len() + 19).sum();
    assert_eq!(part(Codec::Gzip, BGZF, true), (BGZF.len(), text));
    let (compressed, inflated) = part(Codec::Zstd, PZSTD, true);
    assert_eq!(compressed, PZSTD.len());
    // Each compressed block may be of 128 KiB.
    assert!(inflated >= text && inflated <= text.next_multiple_of(128 << 10), "{inflated}");
}

#[test]
fn a_member_that_is_cut_needs_more_bytes_and_is_no_part() {
    let frame = zstd::encode_all(&b"some text"[..], 1).unwrap();
    for (codec, bytes) in [(Codec::Zstd, &frame[..]), (Codec::Gzip, BGZF)] {
        for length in (0..bytes.len()).step_by(1 + bytes.len() / 1000) {
            assert_eq!(next_part(codec, &bytes[..length], false, MOST), Found::More, "{length}");
        }
        assert_eq!(
            next_part(codec, &bytes[..bytes.len().min(1000) - 1], true, MOST),
            Found::Stream
        );
    }
}

#[test]
fn a_gzip_member_without_size_ends_where_another_begins() {
    let (one, other) = (gzip(b"one text"), gzip(b"another"));
    let both = [&one[..], &other].concat();
    assert_eq!(part(Codec::Gzip, &both, true), (one.len(), 8));
    assert_eq!(next_part(Codec::Gzip, &both, false, MOST), Found::More);
    assert_eq!(next_part(Codec::Gzip, &other, true, MOST), Found::Stream);
}

#[test]
fn parts_are_of_one_mib_or_one_member() {
    let frame = |bytes: usize| zstd::bulk::compress(&vec![b'x'; bytes], 1).unwrap();
    let small = frame(300_000).repeat(10);
    let (compressed, inflated) = part(Codec::Zstd, &small, true);
    assert_eq!((compressed, inflated), (3 * frame(300_000).len(), 900_000));
    assert!(inflated <= PART_BYTES);
    let large = [frame(3 << 20), frame(10)].concat();
    assert_eq!(part(Codec::Zstd, &large, true), (frame(3 << 20).len(), 3 << 20));
    let larger = [frame(8 << 20), frame(10)].concat();
    assert_eq!(next_part(Codec::Zstd, &larger, true, MOST), Found::Stream);
}

#[test]
fn other_bytes_and_other_codecs_have_no_parts() {
    for bytes in [&b"{\"a\":1}\n{\"a\":2}\n"[..], b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"] {
        for codec in [Codec::Gzip, Codec::Zstd, Codec::Bzip2] {
            assert_eq!(next_part(codec, bytes, false, MOST), Found::Stream);
        }
    }
}
