//! Sources of all kinds, one by one and mixed, and bytes accounted for to the last.

use std::fs;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::Arc;

use flate2::write::GzEncoder;
use ndjson_parquet_core::{
    Converter, ErrorKind, MIN_INDEXED_BYTES, OnError, ParquetOptions, RangeRead, Source, inspect,
};

use crate::harness::*;

#[test]
fn many_small_files_share_a_row_group() {
    let sources: Vec<_> = (0..300)
        .map(|file| {
            let text = format!("{{\"file\":{file},\"n\":1}}\n{{\"file\":{file},\"n\":2}}");
            match file % 3 {
                0 => Source::bytes(format!("{file}"), text),
                1 => Source::bytes(format!("{file}"), gzip(text.as_bytes())),
                _ => Source::bytes(format!("{file}"), zstd(text.as_bytes())),
            }
        })
        .collect();
    let converted = convert(&Converter::new(), sources.clone()).unwrap();
    converted.assert_verified(sources);
    assert_eq!(inspect(&converted.output).unwrap().row_groups.len(), 1);
    assert_eq!((converted.summary.sources, converted.summary.balance.rows), (300, 600));
    let rows = converted.rows();
    let found: Vec<_> = rows.iter().map(|row| (row["file"].as_u64(), row["n"].as_u64())).collect();
    let expected: Vec<_> =
        (0..300).flat_map(|file| [(Some(file), Some(1)), (Some(file), Some(2))]).collect();
    assert_eq!(found, expected);
}

#[test]
fn empty_files_among_others_do_no_harm() {
    let texts = ["", "{\"a\":1}", "", "\n", "{\"a\":2}\n", ""];
    let sources: Vec<_> = texts.iter().map(|text| Source::bytes("in", *text)).collect();
    let converted = convert(&Converter::new(), sources.clone()).unwrap();
    converted.assert_verified(sources);
    let balance = &converted.summary.balance;
    assert_eq!((balance.lines, balance.rows, balance.blank, balance.bytes_in), (3, 2, 1, 16));
}

#[test]
fn all_members_of_gzip_and_all_frames_of_zstd_are_read() {
    let parts = ["{\"a\":1}\n{\"a\"", ":2}\n", "", "{\"a\":3}"];
    for compress in [gzip as fn(&[u8]) -> Vec<u8>, zstd] {
        let bytes: Vec<u8> = parts.iter().flat_map(|part| compress(part.as_bytes())).collect();
        let converted = convert_text(&Converter::new(), bytes);
        assert_eq!(converted.rows(), parse_lines("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n"));
        assert_eq!(converted.summary.balance.bytes_in, 23);
    }
}

#[test]
fn a_damaged_compressed_source_is_an_error_that_names_it() {
    let text = "{\"a\":1}\n".repeat(1000);
    for bytes in [gzip(text.as_bytes()), zstd(text.as_bytes())] {
        let cut = bytes[..bytes.len() - 5].to_vec();
        let sources = vec![Source::bytes("good", "{\"a\":1}\n"), Source::bytes("cut.gz", cut)];
        let error = failure(convert(&Converter::new(), sources));
        assert_eq!(error.kind(), ErrorKind::Decompress);
        assert!(error.message().contains("cut.gz"), "{error}");
    }
}

#[test]
fn a_gzip_file_with_an_index_gives_what_it_gives_without() {
    let mut state = 1_u64;
    let mut line = |id: usize| {
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            format!("{:08x}", state >> 32)
        };
        let noise: String = (0..64).map(|_| noise()).collect();
        format!("{{\"id\":{id},\"noise\":\"{noise}\",\"text\":\"{}\"}}\n", "x".repeat(460))
    };
    let text: String = (0..40_000).map(&mut line).collect();
    let place = Place::new();
    fs::create_dir(place.path("in")).unwrap();
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::new(5));
    encoder.write_all(text.as_bytes()).unwrap();
    let bytes = encoder.finish().unwrap();
    assert!(bytes.len() as u64 > MIN_INDEXED_BYTES, "{}", bytes.len());
    place.write("in/a.ndjson.gz", bytes);
    // Too small for an index.
    place.write("in/b.ndjson.gz", gzip(b"{\"id\":-1}\n"));
    let sources = || Source::expand(place.path("in")).unwrap();
    let parquet = ParquetOptions::new().with_row_group_bytes(4 << 20);
    let plain = Converter::new().with_threads(NonZeroUsize::new(3).unwrap()).with_parquet(parquet);
    let indexed = plain.clone().with_gzip_index(true);

    let expected = convert(&plain, sources()).unwrap();
    let first = convert(&indexed, sources()).unwrap();
    let index = place.path("in/a.ndjson.gz.gzindex");
    let written = fs::read(&index).unwrap();
    assert_eq!(sources().len(), 2, "the index is no source");
    let second = convert(&indexed, sources()).unwrap();
    for converted in [&first, &second] {
        assert!(converted.rows() == expected.rows());
        assert_eq!(converted.summary.balance, expected.summary.balance);
    }
    // A range of the text begins a row group where a stream would go on.
    assert!(fs::read(&first.output).unwrap() == fs::read(&second.output).unwrap());
    second.assert_verified(sources());

    // An index that is damaged, or of another file, is made anew.
    fs::write(&index, &written[..written.len() / 2]).unwrap();
    assert_eq!(indexed.infer(sources()).unwrap().rows, 40_001);
    assert!(fs::read(&index).unwrap() == written);
}

/// Says that it has `size` bytes, and has fewer.
struct Shrinking {
    size: u64,
    bytes: Vec<u8>,
}

impl RangeRead for Shrinking {
    fn size(&self) -> io::Result<u64> {
        Ok(self.size)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.bytes.get(offset as usize..).unwrap_or_default();
        let taken = rest.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&rest[..taken]);
        Ok(taken)
    }
}

#[test]
fn a_source_that_shrinks_while_it_is_read_is_an_error() {
    let bytes = "{\"a\":1}\n".repeat(50_000).into_bytes();
    let size = bytes.len() as u64;
    for (size, left) in [(size, 1000), (size, size - 8), (size, size - 3), (8, 0)] {
        let source = Shrinking { size, bytes: bytes[..left as usize].to_vec() };
        let parquet = ParquetOptions::new().with_row_group_bytes(1);
        let converter = Converter::new().with_parquet(parquet).with_sample_bytes(8);
        let error = failure(convert(&converter, vec![Source::ranged("log", Arc::new(source))]));
        assert_eq!(error.kind(), ErrorKind::Source, "{error}");
        assert!(error.message().contains("log"), "{error}");
    }
}

#[test]
fn a_file_that_is_missing_is_an_error_that_names_it() {
    let place = Place::new();
    let sources = vec![Source::bytes("in", "{}\n"), Source::path(place.path("gone.ndjson"))];
    let error = failure(convert(&Converter::new(), sources));
    assert_eq!(error.kind(), ErrorKind::Source);
    assert!(error.message().contains("gone.ndjson"), "{error}");
}

#[test]
fn what_is_no_ndjson_is_named_with_its_file_and_a_remedy() {
    let utf16: Vec<u8> = "\u{feff}{\"a\":1}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases = [
        (utf16, "iconv"),
        (b"[\n{\"a\":1},\n{\"a\":2}\n]\n".to_vec(), "jq"),
        (b"{\n  \"a\": 1\n}\n".to_vec(), "jq"),
    ];
    for (bytes, remedy) in cases {
        for bytes in [bytes.clone(), gzip(&bytes)] {
            for on_error in [OnError::Error, OnError::Skip] {
                let converter = Converter::new().with_on_error(on_error);
                let good = Source::bytes("good", "{\"a\":1}\n");
                let sources = vec![good, Source::bytes("odd.json", bytes.clone())];
                let error = failure(convert(&converter, sources));
                assert_eq!(error.kind(), ErrorKind::Format);
                let message = error.message();
                assert!(message.contains("odd.json") && message.contains(remedy), "{message}");
            }
        }
    }
}

/// Byte order mark, CRLF, blanks, an over-long line and no last LF, with block and row group
/// boundaries everywhere among them.
#[test]
fn every_byte_is_accounted_for_wherever_blocks_and_ranges_end() {
    let limit = 3000;
    for pad in (65_400..65_560).step_by(5) {
        let long = format!("{{\"s\":\"{}\"}}", "y".repeat(5000));
        let rest = format!("{{\"s\":\"b\"}}\r\n \r\n{long}\r\n{{\"s\":\"c\"}}");
        let filler = format!("{{\"s\":\"{}\"}}\n", "x".repeat(89)).repeat(pad / 98);
        let text = format!("\u{feff}{filler}{}\n{rest}", " ".repeat(pad % 98));
        for source in
            [Source::bytes("in", text.clone()), Source::bytes("in", gzip(text.as_bytes()))]
        {
            let parquet = ParquetOptions::new().with_row_group_bytes(1);
            let converter = Converter::new()
                .with_parquet(parquet)
                .with_on_error(OnError::Skip)
                .with_max_line_bytes(limit);
            let converted = convert(&converter, vec![source.clone()]).unwrap();
            let balance = &converted.summary.balance;
            assert_eq!(balance.bytes_in, text.len() as u64);
            assert_eq!(balance.lines, text.lines().count() as u64);
            assert_eq!((balance.rejected, balance.blank), (1, 2));
            converted.assert_verified(vec![source]);
        }
    }
}

#[test]
fn a_reader_is_read_once_and_its_errors_are_source_errors() {
    struct Broken;
    impl io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the line is dead"))
        }
    }
    let schema = Arc::new(arrow_schema::Schema::new(vec![arrow_schema::Field::new(
        "a",
        arrow_schema::DataType::Int64,
        true,
    )]));
    for converter in [Converter::new(), Converter::new().with_schema(schema)] {
        let sources = vec![Source::reader("modem", Broken)];
        let error = failure(convert(&converter, sources));
        assert_eq!(error.kind(), ErrorKind::Source);
        assert!(error.message().contains("modem"), "{error}");
        let source = Source::reader("once", &b"{\"a\":1}\n"[..]);
        assert_eq!(convert(&converter, vec![source.clone()]).unwrap().summary.balance.rows, 1);
        assert_eq!(failure(convert(&converter, vec![source])).kind(), ErrorKind::Source);
    }
}

#[test]
fn standard_input_can_be_a_source_only_once() {
    let sources = vec![Source::stdin(), Source::bytes("in", "{}"), Source::stdin()];
    let error = failure(convert(&Converter::new(), sources));
    assert_eq!(error.kind(), ErrorKind::Schema);
    assert!(error.message().contains("standard input at most once"), "{error}");
}
