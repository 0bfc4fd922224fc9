//! Decompression gives every byte or an error, never a silent end.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::super::*;
use super::{Trickle, read_source};
use crate::error::{Error, ErrorKind};

const TEXT: &[u8] = b"{\"a\":1}\n{\"a\":2,\"b\":\"some text, some more text\"}\n{}\n";

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// With a checksum, so that every damage is found.
fn zstd(text: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Reads `bytes` from memory and from readers of several chunk sizes; all must agree.
fn inflate(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let whole = read_source(&Source::bytes("x", bytes), InflateLimits::default());
    for most in [1, 2, 7, 1000] {
        let reader = Trickle(io::Cursor::new(bytes.to_vec()), most);
        let again = read_source(&Source::reader("x", reader), InflateLimits::default());
        match (&whole, &again) {
            (Ok(one), Ok(other)) => assert_eq!(one, other),
            (Err(one), Err(other)) => assert_eq!(one.kind(), other.kind()),
            (one, other) => panic!("reads of {most} bytes: {one:?} and {other:?}"),
        }
    }
    whole
}

#[track_caller]
fn assert_damaged(bytes: &[u8], message: &str) {
    let error = inflate(bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decompress, "{error}");
    assert!(error.message().contains(message), "{error}");
}

#[test]
fn all_members_and_frames_are_read() {
    let twice = [TEXT, TEXT].concat();
    assert_eq!(inflate(&gzip(TEXT)).unwrap(), TEXT);
    assert_eq!(inflate(&[gzip(TEXT), gzip(b""), gzip(TEXT)].concat()).unwrap(), twice);
    assert_eq!(inflate(&gzip(b"")).unwrap(), b"");
    assert_eq!(inflate(&zstd(TEXT)).unwrap(), TEXT);
    assert_eq!(inflate(&[zstd(TEXT), zstd(b""), zstd(TEXT)].concat()).unwrap(), twice);
    let large = TEXT.repeat(20_000);
    assert_eq!(inflate(&gzip(&large)).unwrap(), large);
    assert_eq!(inflate(&zstd(&large)).unwrap(), large);
}

/// Hand-made: magic 0x184D2A53, four bytes of length, and the content.
const SKIPPABLE: &[u8] = b"\x53\x2a\x4d\x18\x05\0\0\0hello";

#[test]
fn skippable_zstd_frames_are_skipped_wherever_they_are() {
    let frames = [SKIPPABLE, &zstd(TEXT), SKIPPABLE, &zstd(TEXT), SKIPPABLE].concat();
    assert_eq!(inflate(&frames).unwrap(), [TEXT, TEXT].concat());
}

#[test]
fn a_truncated_source_is_an_error_at_every_byte() {
    let gzips = [gzip(TEXT), gzip(TEXT)].concat();
    let zstds = [&zstd(TEXT)[..], SKIPPABLE, &zstd(TEXT)].concat();
    let ends = [gzip(TEXT).len(), zstd(TEXT).len(), zstd(TEXT).len() + SKIPPABLE.len()];
    for length in 2..gzips.len() {
        if length != ends[0] {
            assert_damaged(&gzips[..length], "");
        }
    }
    for length in 4..zstds.len() {
        if !ends[1..].contains(&length) {
            assert_damaged(&zstds[..length], "expected more zstd data, found the end after");
        }
    }
    assert_damaged(&gzips[..ends[0] - 1], "expected more gzip data, found the end after");
}

#[test]
fn any_flipped_bit_of_the_data_is_an_error() {
    for (bytes, header) in [(gzip(TEXT), 10), (zstd(TEXT), 4)] {
        for bit in header * 8..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            match inflate(&damaged) {
                Ok(text) => assert_eq!(text, TEXT, "bit {bit} changed the text silently"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Decompress, "{error}"),
            }
        }
    }
}

#[test]
fn a_wrong_checksum_is_an_error() {
    for mut bytes in [gzip(TEXT), zstd(TEXT)] {
        let crc = if bytes[0] == 0x1f { bytes.len() - 8 } else { bytes.len() - 1 };
        bytes[crc] ^= 1;
        assert_damaged(&bytes, "found damage near compressed byte");
    }
}

#[test]
fn bytes_behind_the_last_member_are_an_error() {
    for garbage in [&b"x"[..], b"{\"a\":1}\n", b"\x1f", b"\x1f\x8b", b"\0\0\0x", b"\x1fxxxxxxxxxxx"]
    {
        assert_damaged(&[&gzip(TEXT), garbage].concat(), "");
        assert_damaged(&[&zstd(TEXT), garbage].concat(), "");
    }
    assert_damaged(
        &[&gzip(TEXT)[..], b"\0\0\0x"].concat(),
        "expected the end of the gzip data, found other bytes at compressed byte",
    );
}

#[test]
fn nul_padding_behind_gzip_is_no_data() {
    for padding in [1, 511, 1 << 20] {
        assert_eq!(inflate(&[gzip(TEXT), vec![0; padding]].concat()).unwrap(), TEXT);
    }
    assert_damaged(&[zstd(TEXT), vec![0; 512]].concat(), "");
}

#[test]
fn a_failed_reader_does_not_end_silently_when_asked_again() {
    for bytes in [gzip(TEXT), zstd(TEXT)] {
        let mut wrong_sum = bytes.clone();
        wrong_sum[bytes.len() - 5] ^= 1;
        wrong_sum[bytes.len() - 1] ^= 1;
        for damaged in [&bytes[..bytes.len() - 3], &wrong_sum] {
            let Opened::Stream(mut reader) =
                Source::bytes("x", damaged).open(InflateLimits::default()).unwrap()
            else {
                panic!("expected a stream");
            };
            reader.read_to_end(&mut Vec::new()).unwrap_err();
            reader.read_to_end(&mut Vec::new()).unwrap_err();
        }
    }
}

#[test]
fn an_error_of_the_reader_below_is_no_damage() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    for bytes in [gzip(TEXT), zstd(TEXT)] {
        for length in [11, 20] {
            let reader = io::Cursor::new(bytes[..length].to_vec()).chain(Broken);
            let error = read_source(&Source::reader("x", reader), InflateLimits::default());
            assert_eq!(error.unwrap_err().kind(), ErrorKind::Source);
        }
    }
}

#[test]
fn a_bomb_hits_the_byte_limit() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    io::copy(&mut io::repeat(0).take(1 << 30), &mut encoder).unwrap();
    let bomb = Source::bytes("bomb", encoder.finish().unwrap());
    let limits = InflateLimits::default().with_max_bytes(10 << 20);
    let Opened::Stream(mut reader) = bomb.open(limits).unwrap() else {
        panic!("expected a stream");
    };
    let mut given = 0;
    let mut buffer = vec![0; 1 << 20];
    let error = loop {
        match reader.read(&mut buffer) {
            Ok(taken) => given += taken,
            Err(error) => break into_error("bomb", error),
        }
    };
    assert!(given <= 10 << 20, "{given}");
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(error.message().starts_with("bomb: expected at most 10485760 decompressed bytes"));
}

#[test]
fn the_byte_limit_itself_is_allowed() {
    let source = Source::bytes("x", gzip(TEXT));
    let exact = InflateLimits::default().with_max_bytes(TEXT.len() as u64);
    assert_eq!(read_source(&source, exact).unwrap(), TEXT);
    let less = InflateLimits::default().with_max_bytes(TEXT.len() as u64 - 1);
    assert_eq!(read_source(&source, less).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn the_ratio_limit_refuses_runs_and_takes_equal_lines() {
    let inflate = |text: &mut dyn Read, level| {
        let packed = zstd::encode_all(text, level).unwrap();
        let Ok(Opened::Stream(mut reader)) =
            Source::bytes("x", packed).open(InflateLimits::default())
        else {
            panic!("expected a stream");
        };
        io::copy(&mut reader, &mut io::sink()).map_err(|error| into_error("x", error))
    };
    let lines = TEXT.repeat((100 << 20) / TEXT.len());
    let short = b"{}\n".repeat(30 << 20);
    for level in [1, 3, 9, 19] {
        inflate(&mut &lines[..], level).unwrap();
        inflate(&mut &short[..], level).unwrap();
    }
    let error = inflate(&mut io::repeat(0).take(100 << 20), 3).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(error.message().contains("20000 decompressed bytes for each compressed byte"));
    inflate(&mut io::repeat(0).take(60 << 20), 3).unwrap();
}

#[test]
fn a_zstd_window_over_128_mib_is_refused() {
    // A frame header by hand: window descriptor 0x90 is 2^28 bytes; then one raw block of one byte.
    let frame = |descriptor| [b"\x28\xb5\x2f\xfd\0", &[descriptor][..], b"\x09\0\0x"].concat();
    assert_eq!(inflate(&frame(0x88)).unwrap(), b"x");
    assert_damaged(&frame(0x90), "found damage near compressed byte");
}

#[test]
fn codecs_that_are_not_read_yet_are_named() {
    let cases = [
        (&b"BZh91AY&SY\x01\x02\x03\x04"[..], "bzip2"),
        (b"BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0", "bzip2"),
        (b"\xfd7zXZ\0\0\x04", "xz"),
        (b"\x04\x22\x4d\x18\x64\x40", "lz4"),
        (b"\xff\x06\0\0sNaPpY\x01", "snappy"),
    ];
    for (bytes, name) in cases {
        assert_damaged(bytes, &format!("found {name}, which is not supported yet"));
    }
    // Text that only looks like it stays text, to be refused line by line.
    assert_eq!(inflate(b"BZh9 is a word\n").unwrap(), b"BZh9 is a word\n");
}
