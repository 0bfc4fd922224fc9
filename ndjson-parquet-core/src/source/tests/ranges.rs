//! Ranges and stream cuts against the naive rule: a line belongs to where its first byte lies.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::*;
use super::serial;
use crate::error::ErrorKind;

/// Reads at most `most` bytes at a time.
struct ShortReads {
    bytes: Vec<u8>,
    most: usize,
}

impl RangeRead for ShortReads {
    fn size(&self) -> io::Result<u64> {
        Ok(self.bytes.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        assert!(offset < self.bytes.len() as u64, "a read at or behind the end");
        let mut rest = &self.bytes[offset as usize..];
        let most = self.most.min(buffer.len());
        rest.read(&mut buffer[..most])
    }
}

fn owned(reader: &Arc<dyn RangeRead>, range: Range<u64>, room: usize) -> (u64, Vec<u8>) {
    let size = reader.size().unwrap();
    let mut range = RangeReader::new(Arc::clone(reader), size, range.start, range.end);
    let mut bytes = Vec::new();
    let mut buffer = vec![0; room];
    loop {
        match range.read(&mut buffer).unwrap() {
            0 => break,
            taken => bytes.extend_from_slice(&buffer[..taken]),
        }
    }
    assert_eq!(range.read(&mut buffer).unwrap(), 0, "the end stays the end");
    (range.start_offset().unwrap(), bytes)
}

/// The lines whose first byte lies in the range, and where the first of them starts.
fn naive(text: &[u8], range: Range<u64>) -> (Option<u64>, Vec<u8>) {
    let (mut first, mut bytes, mut start) = (None, Vec::new(), 0);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if range.contains(&start) {
            first.get_or_insert(start);
            bytes.extend_from_slice(line);
        }
        start += line.len() as u64;
    }
    (first, bytes)
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let letter = prop_oneof![
        3 => Just(&b"a"[..]),
        1 => Just(&b"\r\n"[..]),
        3 => Just(&b"\n"[..]),
        1 => Just(&b"cccccccccccc"[..]),
    ];
    proptest::collection::vec(letter, 0..50).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_partition_owns_every_line_once(
        text in text(),
        mut cuts in proptest::collection::vec(0u64..120, 0..8),
        most in 1usize..20,
        room in 1usize..40,
    ) {
        let size = text.len() as u64;
        let reader: Arc<dyn RangeRead> = Arc::new(ShortReads { bytes: text.clone(), most });
        cuts.iter_mut().for_each(|cut| *cut = (*cut).min(size));
        cuts.extend([0, size]);
        cuts.sort_unstable();
        let mut whole = Vec::new();
        for pair in cuts.windows(2) {
            let (start, bytes) = owned(&reader, pair[0]..pair[1], room);
            let (first, expected) = naive(&text, pair[0]..pair[1]);
            prop_assert_eq!(&bytes, &expected, "range {:?}", pair);
            if let Some(first) = first {
                prop_assert_eq!(start, first);
            }
            whole.extend(bytes);
        }
        prop_assert_eq!(whole, text);
    }

    #[test]
    fn a_stream_is_cut_where_ranges_are(
        text in text(),
        range_bytes in 1u64..40,
        chunk_bytes in 1usize..30,
    ) {
        let mut cutter = StreamCutter::new(range_bytes);
        let mut position = 0;
        let mut pieces: Vec<(u64, Vec<u8>)> = Vec::new();
        for piece in text.chunks(chunk_bytes).flat_map(|chunk| cutter.push(chunk.to_vec())) {
            prop_assert_eq!(piece.offset, position);
            prop_assert!(!piece.bytes.is_empty());
            position += piece.bytes.len() as u64;
            match pieces.last_mut() {
                Some((range, bytes)) if *range == piece.range => bytes.extend(piece.bytes),
                _ => pieces.push((piece.range, piece.bytes)),
            }
        }
        let ranges = (text.len() as u64).div_ceil(range_bytes);
        let expected: Vec<_> = (0..ranges)
            .map(|range| (range, naive(&text, range * range_bytes..(range + 1) * range_bytes).1))
            .filter(|(_, bytes)| !bytes.is_empty())
            .collect();
        prop_assert_eq!(pieces, expected);
    }
}

#[test]
fn a_range_within_one_giant_line_owns_nothing() {
    let text = [&vec![b'x'; 500_000][..], b"\nend\n"].concat();
    let reader: Arc<dyn RangeRead> = Arc::new(ShortReads { bytes: text.clone(), most: 100_000 });
    let first = owned(&reader, 0..1000, 4096);
    assert_eq!(first, (0, text[..500_001].to_vec()));
    assert_eq!(owned(&reader, 1000..2000, 4096), (2000, Vec::new()));
    assert_eq!(owned(&reader, 2000..500_001, 4096), (500_001, Vec::new()));
    assert_eq!(owned(&reader, 2000..500_002, 4096), (500_001, b"end\n".to_vec()));
}

#[test]
fn little_is_read_behind_a_range() {
    struct Watch(std::sync::Mutex<u64>);
    impl RangeRead for Watch {
        fn size(&self) -> io::Result<u64> {
            Ok(1 << 30)
        }
        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            for (at, byte) in (offset..).zip(&mut *buffer) {
                *byte = if at % 1000 == 999 { b'\n' } else { b'1' };
            }
            let mut furthest = self.0.lock().unwrap();
            *furthest = (offset + buffer.len() as u64).max(*furthest);
            Ok(buffer.len())
        }
    }
    let watch = Arc::new(Watch(std::sync::Mutex::new(0)));
    let mut range = RangeReader::new(watch.clone(), 1 << 30, 1000, 5_000_500);
    let mut buffer = vec![0; 1 << 20];
    while range.read(&mut buffer).unwrap() > 0 {}
    assert!(*watch.0.lock().unwrap() <= 5_000_500 + (64 << 10));
}

#[test]
fn a_file_that_shrinks_is_an_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), b"{\"a\":1}\n".repeat(100)).unwrap();
    let source = Source::path(file.path());
    let Opened::Ranged { reader, size } = source.open(serial(InflateLimits::default())).unwrap()
    else {
        panic!("expected a ranged source");
    };
    assert_eq!(size, 800);
    file.as_file().set_len(500).unwrap();
    for start in [0, 400, 600] {
        let mut range = RangeReader::new(Arc::clone(&reader), size, start, size);
        let error = io::copy(&mut range, &mut io::sink()).unwrap_err();
        let error = into_error("rows.ndjson", error);
        assert_eq!(error.kind(), ErrorKind::Source);
        assert_eq!(error.message(), "rows.ndjson: source shrank: expected 800 bytes, found 500");
    }
}

#[test]
fn a_file_that_grows_is_read_as_it_was() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), b"1\n").unwrap();
    let source = Source::path(file.path());
    let Opened::Ranged { reader, size } = source.open(serial(InflateLimits::default())).unwrap()
    else {
        panic!("expected a ranged source");
    };
    std::fs::write(file.path(), b"1\n2\n").unwrap();
    assert_eq!(io::read_to_string(RangeReader::new(reader, size, 0, size)).unwrap(), "1\n");
}
