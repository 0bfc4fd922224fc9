//! Opening: ranged or stream, once or again, and what the first bytes say.

use std::io::{self, Read};
use std::sync::Arc;

use super::super::*;
use super::{Trickle, read_source, serial};
use crate::error::ErrorKind;

const TEXT: &[u8] = b"{\"a\":1}\n{\"a\":2}\n";

fn gzip() -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::read::GzEncoder::new(TEXT, flate2::Compression::default())
        .read_to_end(&mut packed)
        .unwrap();
    packed
}

#[test]
fn plain_files_and_bytes_stay_ranged_and_the_rest_are_streams() {
    let file = tempfile::NamedTempFile::with_suffix(".gz").unwrap();
    std::fs::write(file.path(), TEXT).unwrap();
    let is_ranged = |source: &Source| {
        assert_eq!(read_source(source, InflateLimits::default()).unwrap(), TEXT);
        matches!(source.open(serial(InflateLimits::default())), Ok(Opened::Ranged { .. }))
    };
    let store: Arc<dyn RangeRead> = Arc::new(BytesRange(Arc::new(TEXT.to_vec())));
    // The extension says nothing.
    assert!(is_ranged(&Source::path(file.path())));
    assert!(is_ranged(&Source::bytes("x", TEXT)));
    assert!(is_ranged(&Source::ranged("x", store)));
    assert!(!is_ranged(&Source::bytes("x", gzip())));
    std::fs::write(file.path(), gzip()).unwrap();
    assert!(!is_ranged(&Source::path(file.path())));
}

#[test]
fn a_reader_can_be_opened_once() {
    let source = Source::reader("rows", TEXT);
    let clone = source.clone();
    assert!(!source.is_rereadable());
    assert_eq!(read_source(&source, InflateLimits::default()).unwrap(), TEXT);
    let error = read_source(&clone, InflateLimits::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source);
    assert!(error.message().starts_with("rows: "), "{error}");
    assert!(error.message().contains("can be read only once"), "{error}");
}

#[test]
fn asking_for_the_codec_loses_no_byte() {
    for (bytes, codec) in
        [(TEXT.to_vec(), Codec::None), (gzip(), Codec::Gzip), (vec![], Codec::None)]
    {
        let sources = [
            Source::reader("x", Trickle(io::Cursor::new(bytes.clone()), 1)),
            Source::bytes("x", bytes.clone()),
        ];
        for source in sources {
            assert_eq!(source.codec().unwrap(), codec);
            assert_eq!(source.codec().unwrap(), codec);
            let read = read_source(&source, InflateLimits::default()).unwrap();
            assert_eq!(read, if bytes.is_empty() { b"" } else { TEXT });
        }
    }
}

#[test]
fn a_missing_file_and_a_directory_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let missing = Source::path(directory.path().join("missing.ndjson"));
    for source in [missing, Source::path(directory.path())] {
        let error = read_source(&source, InflateLimits::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Source);
        assert!(error.message().starts_with(source.name()), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_a_stream_that_can_be_opened_once() {
    let directory = tempfile::tempdir().unwrap();
    for bytes in [TEXT.to_vec(), gzip()] {
        let path = directory.path().join(format!("pipe{}", bytes.len()));
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        let source = Source::path(&path);
        assert!(!source.is_rereadable());
        assert_eq!(source.codec().unwrap_err().kind(), ErrorKind::Source);
        let writer = std::thread::spawn(move || std::fs::write(path, bytes));
        assert_eq!(read_source(&source, InflateLimits::default()).unwrap(), TEXT);
        writer.join().unwrap().unwrap();
        let error = read_source(&source.clone(), InflateLimits::default()).unwrap_err();
        assert!(error.message().contains("can be read only once"), "{error}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_is_a_stream() {
    assert_eq!(read_source(&Source::path("/dev/null"), InflateLimits::default()).unwrap(), b"");
}

#[test]
fn encodings_are_told_by_their_first_bytes() {
    let cases = [
        (&b"\xef\xbb\xbf{}"[..], Start::Utf8Bom),
        (b"\xff\xfe{\0", Start::Utf16("UTF-16LE")),
        (b"\xfe\xff\0{", Start::Utf16("UTF-16BE")),
        (b"\xff\xfe\0\0{\0\0\0", Start::Utf32("UTF-32LE")),
        (b"\0\0\xfe\xff\0\0\0{", Start::Utf32("UTF-32BE")),
        (b"{\0\"\0", Start::Utf16("UTF-16LE")),
        (b"\0{\0\"", Start::Utf16("UTF-16BE")),
        (b"{\0\0\0", Start::Utf32("UTF-32LE")),
        (b"\0\0\0{", Start::Utf32("UTF-32BE")),
        (b"{\0\"a", Start::Plain),
        (b"\0{\"a", Start::Plain),
        (b"{\0", Start::Plain),
        (b"{}\n", Start::Plain),
        (b"\xef\xbb", Start::Plain),
        (b"", Start::Plain),
    ];
    for (first, start) in cases {
        assert_eq!(sniff_start(first), start, "{first:?}");
    }
    let error = Start::Utf16("UTF-16LE").error("rows.ndjson").unwrap();
    assert_eq!(error.kind(), ErrorKind::Format);
    assert_eq!(
        error.message(),
        "rows.ndjson: expected UTF-8, found UTF-16LE: convert it with \
         `iconv -f UTF-16LE -t UTF-8`"
    );
    assert!(Start::Utf8Bom.error("x").is_none() && Start::Plain.error("x").is_none());
}
