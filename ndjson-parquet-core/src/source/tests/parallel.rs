//! Several threads give what one gives: the same text, the same errors.

use std::io::{Cursor, Read, Write};

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};
use proptest::prelude::*;

use super::super::inflate::InflateReader;
use super::super::input::Input;
use super::super::parallel::ParallelReader;
use super::super::*;
use super::Trickle;
use crate::error::{Error, ErrorKind};

/// What a reader gave, and how it ended.
type Outcome = (Vec<u8>, Option<Error>);

fn drain(mut reader: impl Read, read_bytes: usize) -> Outcome {
    let mut text = Vec::new();
    let mut buffer = vec![0; read_bytes];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return (text, None),
            Ok(taken) => text.extend_from_slice(&buffer[..taken]),
            Err(error) => {
                reader.read(&mut buffer).expect_err("a failed reader should stay failed");
                return (text, Some(into_error("x", error)));
            }
        }
    }
}

fn of_one(codec: Codec, bytes: &[u8], inflation: Inflation) -> Outcome {
    let input = Input::new(Box::new(Cursor::new(bytes.to_vec())));
    match InflateReader::new(codec, input, inflation.serial()) {
        Ok(reader) => drain(reader, 1 << 20),
        Err(error) => (Vec::new(), Some(into_error("x", error))),
    }
}

/// Inflates `bytes` by three threads, and asserts that one gives the same.
#[track_caller]
fn inflate(codec: Codec, bytes: &[u8], inflation: Inflation) -> Outcome {
    let one = of_one(codec, bytes, inflation);
    for (arriving, read_bytes) in [(usize::MAX, 1 << 20), (1000, 3000)] {
        let input = Input::new(Box::new(Trickle(Cursor::new(bytes.to_vec()), arriving)));
        let many = drain(ParallelReader::new(codec, input, inflation), read_bytes);
        assert_same(&one, &many);
    }
    one
}

#[track_caller]
fn assert_same((text, error): &Outcome, (other_text, other_error): &Outcome) {
    match (error, other_error) {
        (None, None) => assert!(text == other_text, "the text differs"),
        (Some(error), Some(other)) => {
            assert_eq!((error.kind(), error.message()), (other.kind(), other.message()));
            // Of a gzip member that is damaged in the middle, more or less is given before the error.
            let is_exact = error.message().contains("zstd") || error.message().contains("the end");
            let common = text.len().min(other_text.len());
            assert!(text[..common] == other_text[..common], "the text before the error differs");
            assert!(!is_exact || text.len() == other_text.len(), "less is given before the error");
        }
        (one, other) => panic!("one thread: {one:?}, several: {other:?}"),
    }
}

/// Members of up to 64 KiB of memory are handed to threads, others inflated as streams.
const SMALL: Inflation = Inflation {
    limits: InflateLimits { max_bytes: u64::MAX, max_ratio: u64::MAX },
    threads: 3,
    memory: 1 << 20,
};

fn rows(bytes: usize, seed: u64) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes + 100);
    let mut state = seed;
    while text.len() < bytes {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        writeln!(text, "{{\"row\":{},\"text\":\"some words {}\"}}", text.len(), state >> 40)
            .unwrap();
    }
    text.truncate(bytes);
    text
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A member as `bgzip` writes it, by the specification of SAM, section 4.1.
fn bgzf(text: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    let deflated = encoder.finish().unwrap();
    let mut crc = Crc::new();
    crc.update(text);
    let mut member = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0".to_vec();
    member.extend((deflated.len() as u16 + 25).to_le_bytes());
    member.extend(deflated);
    member.extend(crc.sum().to_le_bytes());
    member.extend((text.len() as u32).to_le_bytes());
    member
}

fn zstd_frame(text: &[u8], checksum: bool, announced: bool) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(checksum).unwrap();
    encoder.window_log(15).unwrap();
    if announced {
        encoder.set_pledged_src_size(Some(text.len() as u64)).unwrap();
    }
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn skippable(length: usize) -> Vec<u8> {
    [&b"\x5e\x2a\x4d\x18"[..], &(length as u32).to_le_bytes(), &vec![7; length]].concat()
}

#[derive(Debug, Clone)]
enum Damage {
    None,
    Truncated(prop::sample::Index),
    Flipped(prop::sample::Index, u8),
    Followed(Vec<u8>),
}

impl Damage {
    fn inflict(self, mut bytes: Vec<u8>) -> Vec<u8> {
        match self {
            Self::None => {}
            Self::Truncated(at) => bytes.truncate(at.index(bytes.len().max(1))),
            Self::Flipped(at, bit) if !bytes.is_empty() => {
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
            }
            Self::Flipped(..) => {}
            Self::Followed(garbage) => bytes.extend(garbage),
        }
        bytes
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let garbage = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..40),
        Just(vec![0; 600]),
        Just(b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec()),
    ];
    prop_oneof![
        2 => Just(Damage::None),
        3 => any::<prop::sample::Index>().prop_map(Damage::Truncated),
        5 => (any::<prop::sample::Index>(), 0..8_u8).prop_map(|(at, bit)| Damage::Flipped(at, bit)),
        1 => garbage.prop_map(Damage::Followed),
    ]
}

/// Sizes of text, some larger than a part may be.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![1 => Just(0), 3 => 1..2000_usize, 4 => 2000..60_000_usize, 1 => 60_000..300_000_usize]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn gzip_members_by_several_threads_give_what_one_gives(
        members in prop::collection::vec((size(), any::<bool>(), any::<u64>()), 0..20),
        damage in damage(),
    ) {
        let mut bytes = gzip(b"");
        for (size, announced, seed) in members {
            bytes.extend(match announced {
                true => bgzf(&rows(size.min(60_000), seed)),
                false => gzip(&rows(size, seed)),
            });
        }
        inflate(Codec::Gzip, &damage.inflict(bytes), SMALL);
    }

    #[test]
    fn zstd_frames_by_several_threads_give_what_one_gives(
        frames in prop::collection::vec((size(), 0..5_u8, any::<u64>()), 0..20),
        damage in damage(),
    ) {
        let mut bytes = Vec::new();
        for (size, kind, seed) in frames {
            bytes.extend(match kind {
                4 => skippable(size),
                _ => zstd_frame(&rows(size, seed), kind & 1 == 1, kind & 2 == 2),
            });
        }
        inflate(Codec::Zstd, &damage.inflict(bytes), SMALL);
    }
}

#[test]
fn a_member_that_announces_another_size_is_read_as_it_is() {
    let texts: Vec<_> = (0..6).map(|seed| rows(20_000, seed)).collect();
    let members: Vec<_> = texts.iter().map(|text| bgzf(text)).collect();
    for size in [0, 17, 25, members[2].len() - 2, members[2].len(), 65_535] {
        let mut members = members.clone();
        members[2][16..18].copy_from_slice(&(size as u16).to_le_bytes());
        let (text, error) = inflate(Codec::Gzip, &members.concat(), SMALL);
        assert!(error.is_none() && text == texts.concat(), "{size}");
    }
    // The size of two members together is one of two whole members, too.
    let mut both = members.clone();
    let size = (members[2].len() + members[3].len() - 1) as u16;
    both[2][16..18].copy_from_slice(&size.to_le_bytes());
    let (text, error) = inflate(Codec::Gzip, &both.concat(), SMALL);
    assert!(error.is_none() && text == texts.concat());
}

#[test]
fn padding_within_what_a_member_announces_is_padding() {
    let mut padded = bgzf(b"");
    padded.extend([0; 30]);
    let size = (padded.len() - 1) as u16;
    padded[16..18].copy_from_slice(&size.to_le_bytes());
    let (text, error) = inflate(Codec::Gzip, &[bgzf(b"{}\n"), padded.clone()].concat(), SMALL);
    assert!(error.is_none() && text == b"{}\n");
    let (_, error) = inflate(Codec::Gzip, &[padded, bgzf(b"{}\n")].concat(), SMALL);
    assert!(error.unwrap().message().contains("expected the end of the gzip data"));
}

#[test]
fn what_looks_like_a_member_is_none() {
    // Without compression the text is in the member as it is, and here it is gzip itself.
    let text = [&rows(3000, 1)[..], &gzip(&rows(5000, 2)), &rows(3000, 3)].concat();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(&text).unwrap();
    let stored = encoder.finish().unwrap();
    let around = gzip(&rows(10_000, 4));
    let bytes = [&around[..], &stored, &around].concat();
    let (inflated, error) = inflate(Codec::Gzip, &bytes, SMALL);
    assert!(error.is_none());
    assert!(inflated == [&rows(10_000, 4)[..], &text, &rows(10_000, 4)].concat());
}

#[test]
fn limits_are_met_alike_by_several_threads() {
    let texts: Vec<_> = (0..40).map(|seed| rows(30_000, seed)).collect();
    let gzips: Vec<u8> = texts.iter().flat_map(|text| gzip(text)).collect();
    let zstds: Vec<u8> = texts.iter().flat_map(|text| zstd_frame(text, true, true)).collect();
    let whole = texts.concat();
    for (codec, bytes) in [(Codec::Gzip, gzips), (Codec::Zstd, zstds)] {
        for most in [0, 1, 30_000, 700_001, whole.len() - 1] {
            let limits = InflateLimits::default().with_max_bytes(most as u64);
            let (text, error) = inflate(codec, &bytes, Inflation { limits, ..SMALL });
            assert!(text == whole[..most]);
            assert_eq!(error.unwrap().kind(), ErrorKind::Limit);
        }
        let limits = InflateLimits::default().with_max_bytes(whole.len() as u64);
        let (text, error) = inflate(codec, &bytes, Inflation { limits, ..SMALL });
        assert!(error.is_none() && text == whole);
    }
}

#[test]
fn an_error_of_the_reader_below_comes_after_the_text_before_it() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::ConnectionReset.into())
        }
    }
    let text = rows(30_000, 1);
    let members = gzip(&text).repeat(5);
    let reader = Cursor::new(members).chain(Broken);
    let reader = ParallelReader::new(Codec::Gzip, Input::new(Box::new(reader)), SMALL);
    let (given, error) = drain(reader, 1 << 20);
    assert!(given == text.repeat(5));
    assert_eq!(error.unwrap().kind(), ErrorKind::Source);
}
