use std::io::{Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::source::range::BytesRange;

fn gzip(text: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Lines that compress like NDJSON; every tenth is long and random, for blocks of all kinds.
fn text(bytes: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut state = 1_u64;
    while out.len() < bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let id = state >> 40;
        out.extend(format!("{{\"id\":{id},\"name\":\"user {}\"}}\n", id % 97).bytes());
        if id.is_multiple_of(10) {
            out.extend((0..2000).map(|i| (state.wrapping_mul(i + 3) >> 33) as u8));
        }
    }
    out
}

fn ranged(bytes: &[u8]) -> Arc<dyn RangeRead> {
    Arc::new(BytesRange(Arc::new(bytes.to_vec())))
}

fn index(gzip: &[u8], spacing: u64) -> io::Result<GzipIndex> {
    let limits = InflateLimits::default();
    build::build(ranged(gzip), gzip.len() as u64, limits, spacing, &|| Ok(()))
}

fn indexed(gzip: &[u8], index: GzipIndex) -> IndexedText {
    IndexedText::new(ranged(gzip), gzip.len() as u64, index)
}

fn message(error: io::Error) -> String {
    crate::source::into_error("in.gz", error).to_string()
}

#[test]
fn every_stretch_of_the_text_is_read_from_any_offset() {
    let text = text(3 << 20);
    // At level 1 this encoder makes one block of everything.
    for level in [0, 4, 6, 9] {
        let gzip = gzip(&text, level);
        let index = index(&gzip, 200_000).unwrap();
        assert_eq!(index.text_size, text.len() as u64);
        assert!(index.checkpoints.len() > 8, "level {level}: {}", index.checkpoints.len());
        let starts: Vec<_> = index.checkpoints.iter().map(|found| found.output).collect();
        let indexed = indexed(&gzip, index);
        for start in starts.iter().flat_map(|start| [*start, start + 1, start + 77_777]) {
            let end = (start + 300_000).min(text.len() as u64);
            let mut found = Vec::new();
            indexed.read_ahead(start..end).unwrap().read_to_end(&mut found).unwrap();
            assert!(found == text[start as usize..end as usize], "level {level}, {start}..{end}");
        }
    }
}

#[test]
fn blocks_begin_at_every_bit_of_a_byte() {
    // Members of one line make the text; blocks of different codes end anywhere.
    let text = text(4 << 20);
    let index = index(&gzip(&text, 6), 50_000).unwrap();
    let mut bits: Vec<_> = index
        .checkpoints
        .iter()
        .filter_map(|found| match found.start {
            Start::Block { used_bits, .. } => Some(used_bits),
            Start::Member => None,
        })
        .collect();
    bits.sort_unstable();
    bits.dedup();
    assert_eq!(bits, [0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn reads_in_any_order_give_the_text_and_use_readers_again() {
    let text = text(1 << 20);
    let gzip = gzip(&text, 6);
    let indexed = indexed(&gzip, index(&gzip, 100_000).unwrap());
    let mut buffer = vec![0; 10_000];
    for offset in [0_usize, 10_000, 5, 900_000, 20_000, 910_000, 500_001, text.len() - 3] {
        let taken = indexed.read_at(offset as u64, &mut buffer).unwrap();
        assert!(taken > 0 && buffer[..taken] == text[offset..offset + taken], "{offset}");
    }
    assert_eq!(indexed.read_at(text.len() as u64, &mut buffer).unwrap(), 0);
    assert!(indexed.read_at(u64::MAX, &mut buffer).unwrap() == 0);
}

#[test]
fn several_members_and_padding_are_one_text() {
    let text = text(1 << 20);
    let (one, two) = text.split_at(333_333);
    let data = [gzip(one, 6), gzip(b"", 6), gzip(two, 9), vec![0; 700]].concat();
    let index = index(&data, 100_000).unwrap();
    assert!(index.checkpoints.len() > 4);
    let indexed = indexed(&data, index);
    for start in [0, 100_001, 333_332, 333_333, 400_000] {
        let mut found = Vec::new();
        let end = text.len() as u64;
        indexed.read_ahead(start..end).unwrap().read_to_end(&mut found).unwrap();
        assert!(found == text[start as usize..], "{start}");
    }
    let empty = gzip(b"", 6);
    let index = super::tests::index(&empty, 10).unwrap();
    assert_eq!((index.text_size, index.checkpoints.len()), (0, 1));
}

#[test]
fn damaged_data_have_no_index() {
    let text = text(1 << 20);
    let data = gzip(&text, 6);
    let cut = message(index(&data[..data.len() / 2], 100_000).unwrap_err());
    assert!(cut.contains("expected more gzip data, found the end after"), "{cut}");
    let garbage = message(index(&[&data[..], b"x"].concat(), 100_000).unwrap_err());
    assert!(garbage.contains("expected the end of the gzip data"), "{garbage}");
    let mut flipped = data.clone();
    flipped[data.len() / 2] ^= 1;
    let damage = message(index(&flipped, 100_000).unwrap_err());
    assert!(damage.contains("expected valid gzip data, found damage before"), "{damage}");
    let mut wrong_sum = data;
    let last = wrong_sum.len() - 6;
    wrong_sum[last] ^= 1;
    assert!(index(&wrong_sum, 100_000).is_err());
}

#[test]
fn other_data_under_an_index_are_an_error_and_not_other_text() {
    let text = text(1 << 20);
    let data = gzip(&text, 6);
    let index = index(&data, 100_000).unwrap();
    let places: Vec<_> = (200..data.len() - 8).step_by(9973).collect();
    for place in places {
        let mut other = data.clone();
        other[place] ^= 0x10;
        let index = file::parse(&file::format(&index)).unwrap();
        let indexed = indexed(&other, index);
        let mut found = Vec::new();
        let end = text.len() as u64;
        let read = indexed.read_ahead(50_000..end).unwrap().read_to_end(&mut found);
        let error = message(read.unwrap_err());
        assert!(error.contains("fit their index") || error.contains("damage"), "{error}");
    }
}

#[test]
fn the_file_of_an_index_reads_back_and_anything_else_is_none() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("index");
    let text = text(1 << 20);
    let data = gzip(&text, 6);
    let size = data.len() as u64;
    let load = |data: &[u8]| GzipIndex::load(&path, &*ranged(data), data.len() as u64).unwrap();
    assert_eq!(load(&data), None);
    let index = index(&data, 100_000).unwrap();
    index.save(&path).unwrap();
    let bytes = fs::read(&path).unwrap();
    assert_eq!(load(&data), Some(index));
    // Other data: one byte more, or another text of the same size.
    assert_eq!(load(&[&data[..], b"\0"].concat()), None);
    let mut other = data.clone();
    other[size as usize - 1] ^= 1;
    assert_eq!(load(&other), None);
    for cut in [0, 3, 8, 40, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(file::parse(&bytes[..cut]), None, "{cut}");
    }
    for place in (0..bytes.len()).step_by(97) {
        let mut broken = bytes.clone();
        broken[place] ^= 1;
        assert_eq!(file::parse(&broken), None, "{place}");
    }
}

#[test]
fn building_can_be_stopped() {
    let data = gzip(&text(1 << 20), 6);
    let stop = || Err(io::Error::other("stopped"));
    let (size, limits) = (data.len() as u64, InflateLimits::default());
    let error = build::build(ranged(&data), size, limits, 1000, &stop).unwrap_err();
    assert_eq!(error.to_string(), "stopped");
    let limits = limits.with_max_bytes(1 << 19);
    let error = build::build(ranged(&data), size, limits, 1000, &|| Ok(())).unwrap_err();
    assert!(message(error).contains("expected at most 524288 decompressed bytes"));
}
