//! Decompression gives every byte or an error, never a silent end.

use std::io::{self, Read, Write};

use ::bzip2::write::BzEncoder;
use flate2::Compression;
use flate2::write::GzEncoder;
use liblzma::write::XzEncoder;
use lz4_flex::frame::{BlockMode, FrameInfo};

use super::super::*;
use super::{Trickle, read_source, serial};
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

fn bzip2(text: &[u8]) -> Vec<u8> {
    let mut encoder = BzEncoder::new(Vec::new(), ::bzip2::Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn xz(text: &[u8]) -> Vec<u8> {
    let mut encoder = XzEncoder::new(Vec::new(), 9);
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// With a checksum, so that every damage is found.
fn lz4(text: &[u8]) -> Vec<u8> {
    let info = FrameInfo::new().content_checksum(true).block_mode(BlockMode::Linked);
    let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn snappy(text: &[u8]) -> Vec<u8> {
    let mut encoder = snap::write::FrameEncoder::new(Vec::new());
    encoder.write_all(text).unwrap();
    encoder.into_inner().unwrap()
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
    for pack in [bzip2, xz, lz4, snappy] {
        assert_eq!(inflate(&pack(TEXT)).unwrap(), TEXT);
        assert_eq!(inflate(&[pack(TEXT), pack(b""), pack(TEXT)].concat()).unwrap(), twice);
        let large = TEXT.repeat(5000);
        assert_eq!(inflate(&pack(&large)).unwrap(), large);
    }
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

type Pack<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;

#[test]
fn the_other_codecs_find_the_end_missing_at_every_byte() {
    let skippable_lz4 = |text: &[u8]| [SKIPPABLE, &lz4(text)].concat();
    let packs: [(&str, usize, Pack<'_>); 4] =
        [("bzip2", 10, &bzip2), ("xz", 6, &xz), ("lz4", 4, &lz4), ("lz4", 4, &skippable_lz4)];
    for (name, magic, pack) in packs {
        let (one, other) = (lz4_first(name, pack(TEXT)), pack(TEXT));
        let whole = [&one[..], &other].concat();
        for length in (magic..whole.len()).filter(|&length| length != one.len()) {
            let message = format!("expected more {name} data, found the end after {length} ");
            // The frame that is skipped may end where the next one should begin.
            if inflate(&whole[..length]).is_err() {
                assert_damaged(&whole[..length], &message);
            } else {
                assert_eq!(length, one.len() + SKIPPABLE.len(), "{name}");
            }
        }
    }
    // Snappy has no end, but its chunks do.
    let chunk = snappy(TEXT);
    for length in 11..chunk.len() {
        assert_damaged(&chunk[..length], "expected more snappy data, found the end after");
    }
}

/// A skippable frame at the very beginning would be taken for zstd's.
fn lz4_first(name: &str, packed: Vec<u8>) -> Vec<u8> {
    if name == "lz4" { lz4(TEXT) } else { packed }
}

#[test]
fn any_flipped_bit_of_the_data_is_an_error() {
    for (bytes, header) in [
        (gzip(TEXT), 10),
        (zstd(TEXT), 4),
        (bzip2(TEXT), 10),
        (xz(TEXT), 6),
        (lz4(TEXT), 4),
        // The type of a chunk is in no checksum, and some chunks are to be skipped.
        (snappy(TEXT), 11),
    ] {
        for bit in header * 8..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            match inflate(&damaged) {
                Ok(text) => assert_eq!(text, TEXT, "bit {bit} of {bytes:?}"),
                // A bit of the size of the window may ask for too much memory.
                Err(error) => assert!(
                    matches!(error.kind(), ErrorKind::Decompress | ErrorKind::Limit),
                    "{error}"
                ),
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
        for pack in [zstd, bzip2, xz, lz4, snappy] {
            assert_damaged(&[&pack(TEXT), garbage].concat(), "");
        }
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
                Source::bytes("x", damaged).open(serial(InflateLimits::default())).unwrap()
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
    for pack in [gzip, zstd, bzip2, xz, lz4, snappy] {
        let bytes = pack(TEXT);
        for length in [16, 20] {
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
    let Opened::Stream(mut reader) = bomb.open(serial(limits)).unwrap() else {
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
fn the_ratio_limit_refuses_runs_of_bzip2_and_takes_equal_lines() {
    let inflate = |packed: Vec<u8>| {
        let Ok(Opened::Stream(mut reader)) =
            Source::bytes("x", packed).open(serial(InflateLimits::default()))
        else {
            panic!("expected a stream");
        };
        io::copy(&mut reader, &mut io::sink()).map_err(|error| into_error("x", error))
    };
    let lines = TEXT.repeat((70 << 20) / TEXT.len());
    let short = b"{}\n".repeat(23 << 20);
    for level in [1, 3, 9, 19] {
        inflate(zstd::encode_all(&lines[..], level).unwrap()).unwrap();
        inflate(zstd::encode_all(&short[..], level).unwrap()).unwrap();
    }
    inflate(zstd::encode_all(io::repeat(b'\n').take(70 << 20), 3).unwrap()).unwrap();
    inflate(xz(&short)).unwrap();
    inflate(bzip2(&short)).unwrap();
    let error = inflate(bzip2(&vec![b'\n'; 70 << 20])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(error.message().contains("50000 decompressed bytes for each compressed byte"));
    inflate(bzip2(&vec![b'\n'; 60 << 20])).unwrap();
}

#[test]
fn a_window_over_half_of_the_memory_limit_is_refused() {
    let inflate = |bytes: &[u8], memory| {
        let inflation = Inflation { memory, ..serial(InflateLimits::default()) };
        let Opened::Stream(mut reader) = Source::bytes("x", bytes).open(inflation)? else {
            panic!("expected a stream");
        };
        let mut text = Vec::new();
        let read = reader.read_to_end(&mut text);
        read.map(|_| text).map_err(|error| into_error("x", error))
    };
    // A zstd frame by hand: window descriptor 0x90 is 2^28 bytes; then one raw block of one byte.
    let frame = |descriptor| [b"\x28\xb5\x2f\xfd\0", &[descriptor][..], b"\x09\0\0x"].concat();
    assert_eq!(inflate(&frame(0x88), 256 << 20).unwrap(), b"x");
    assert_eq!(inflate(&frame(0x90), 512 << 20).unwrap(), b"x");
    // The dictionary of `xz -9` is of 64 MiB.
    let xz = xz(TEXT);
    assert_eq!(inflate(&xz, 128 << 20).unwrap(), TEXT);
    for (bytes, codec) in [(&frame(0x90)[..], "zstd"), (&xz, "xz")] {
        let memory = if codec == "xz" { 96 << 20 } else { 256 << 20 };
        let error = inflate(bytes, memory).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        let expected = format!("x: expected {codec} data that needs at most {} bytes", memory / 2);
        assert!(error.message().starts_with(&expected), "{error}");
    }
}

#[test]
fn files_of_the_codecs_own_tools_are_read() {
    let rows = |row: u64| format!("{{\"row\":{row},\"square\":{}}}\n", row * row);
    let text: String = (0..3000).map(rows).collect();
    macro_rules! file {
        ($name:literal) => {
            ($name, &include_bytes!(concat!("../../../tests/data/codecs/", $name))[..])
        };
    }
    for (name, bytes) in [
        file!("rows.gz"),
        file!("rows.bgzf.gz"),
        file!("rows.zst"),
        file!("rows.pzstd.zst"),
        file!("rows.bz2"),
        file!("rows.xz"),
        file!("rows.lz4"),
        file!("rows.blocks.lz4"),
        file!("rows.sz"),
    ] {
        assert!(inflate(bytes).unwrap() == text.as_bytes(), "{name}");
    }
}

#[test]
fn the_legacy_format_of_lz4_is_named() {
    assert_damaged(b"\x02\x21\x4c\x18\x64\x40\0\0", "found the legacy format of lz4");
}

#[test]
fn a_block_without_text_does_not_end_an_lz4_frame() {
    // By hand: a compressed block of one token without literals goes before the first block.
    let packed = lz4(TEXT);
    let header = lz4_flex_header(&packed);
    let empty = b"\x01\0\0\0\0";
    let with_empty = [&packed[..header], empty, &packed[header..]].concat();
    assert_eq!(inflate(&with_empty).unwrap(), TEXT);
    assert_eq!(inflate(&[&with_empty[..], &packed].concat()).unwrap(), TEXT.repeat(2));
}

/// Magic, flags, block size and checksum; `lz4` below announces nothing else.
fn lz4_flex_header(packed: &[u8]) -> usize {
    assert_eq!(packed[4] & 0b1001, 0);
    7
}

#[test]
fn text_that_looks_like_bzip2_stays_text() {
    // To be refused line by line.
    assert_eq!(inflate(b"BZh9 is a word\n").unwrap(), b"BZh9 is a word\n");
}
