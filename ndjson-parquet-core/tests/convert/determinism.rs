//! The output is a function of the bytes of the input and the options, and of nothing else.

use std::io::{self, Read};
use std::sync::Arc;

use ndjson_parquet_core::{Converter, KernelChoice, ParquetOptions, RangeRead, Source};

use crate::harness::*;

/// Some 400 KiB with rejects, blank lines, nested and late fields: seven units of 64 KiB.
fn text() -> Vec<u8> {
    let mut text = Vec::new();
    for n in 0..5000_u64 {
        let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let line = match n % 50 {
            7 => "\r\n".to_owned(),
            13 => format!("{{\"id\":{n},\n"),
            29 => format!("{{\"id\":{n},\"s\":\"\u{e9}\\u00e9\\n{mixed:x}\"}}\r\n"),
            _ => format!(
                "{{\"id\":{n},\"s\":\"{mixed:x}\",\"o\":{{\"f\":{}.25,\"l\":[{},null]}},\"b\":{}}}\n",
                mixed % 1000,
                n % 3,
                n % 2 == 0
            ),
        };
        text.extend_from_slice(line.as_bytes());
        if n % 50 == 41 {
            text.extend_from_slice(b"{\"id\":\"\xff\"}\n");
        }
    }
    text.extend_from_slice(b"{\"late\":\"2024-05-01\"}");
    text
}

fn converter() -> Converter {
    let parquet = ParquetOptions::new().with_row_group_bytes(1).with_data_page_bytes(1);
    Converter::new().with_parquet(parquet).with_sample_bytes(1000)
}

/// Parquet bytes and rejects.
fn run(converter: &Converter, sources: Vec<Source>) -> (Vec<u8>, String) {
    let converted = convert_with_rejects(converter, sources).unwrap();
    (converted.bytes(), converted.rejects_text())
}

#[test]
fn bytes_are_the_same_for_any_number_of_threads_and_any_kernel() {
    let source = Source::bytes("in", text());
    let kernels = KernelChoice::ALL.into_iter().filter(|kernel| kernel.is_available());
    let mut expected = None;
    for kernel in kernels {
        for count in [1, 2, 8] {
            let converter = converter().with_kernel(kernel).with_threads(threads(count));
            let converted = convert_with_rejects(&converter, vec![source.clone()]).unwrap();
            assert!(converted.summary.row_groups >= 6);
            assert_eq!(converted.summary.balance.rejected, 200);
            let found = (converted.bytes(), converted.rejects_text());
            assert!(*expected.get_or_insert_with(|| found.clone()) == found, "{kernel:?} {count}");
        }
    }
}

/// Reads that give a few bytes at a time, never the same number twice in a row.
struct Short {
    bytes: Vec<u8>,
    most: usize,
}

impl Short {
    fn give(&self, offset: usize, buffer: &mut [u8]) -> usize {
        let rest = self.bytes.get(offset..).unwrap_or_default();
        let most = 1 + (offset * 31) % self.most;
        let taken = rest.len().min(buffer.len()).min(most);
        buffer[..taken].copy_from_slice(&rest[..taken]);
        taken
    }
}

impl RangeRead for Short {
    fn size(&self) -> io::Result<u64> {
        Ok(self.bytes.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.give(offset as usize, buffer))
    }
}

struct ShortReader(Short, usize);

impl Read for ShortReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let taken = self.0.give(self.1, buffer);
        self.1 += taken;
        Ok(taken)
    }
}

#[test]
fn bytes_are_the_same_however_reads_arrive() {
    let expected = run(&converter(), vec![Source::bytes("in", text())]);
    for most in [1, 7, 1000, 70_000] {
        let short = || Short { bytes: text(), most };
        let ranged = Source::ranged("in", Arc::new(short()));
        assert!(run(&converter(), vec![ranged]) == expected, "ranged reads of up to {most}");
        // A pipe whose schema is inferred is copied to a file first, so it is cut as a file is.
        let piped = Source::reader("in", ShortReader(short(), 0));
        assert!(run(&converter(), vec![piped]) == expected, "a pipe in reads of up to {most}");
    }
    let place = Place::new();
    let file = place.write("in", text());
    let place_name = file.to_str().unwrap().to_owned();
    let same_name = Source::bytes(place_name, text());
    assert!(run(&converter(), vec![Source::path(file)]) == run(&converter(), vec![same_name]));
}

/// Streams are cut every `row_group_bytes`, files into equal parts of at most that size, because
/// the size of a stream is not known: the row groups differ, the rows do not. What fits in one row
/// group has the same bytes.
#[test]
fn plain_gzip_zstd_and_pipe_give_equal_rows() {
    let schema = converter().with_on_error(ndjson_parquet_core::OnError::Skip);
    let schema = schema.infer(vec![Source::bytes("in", text())]).unwrap().schema;
    let sources = || {
        [
            Source::bytes("in", text()),
            Source::bytes("in", gzip(&text())),
            Source::bytes("in", zstd(&text())),
            Source::reader("in", ShortReader(Short { bytes: text(), most: 999 }, 0)),
            Source::reader("in", ShortReader(Short { bytes: gzip(&text()), most: 999 }, 0)),
        ]
    };
    let whole = Converter::new().with_sample_bytes(1000);
    for given in [false, true] {
        let with_schema = |converter: Converter| match given {
            true => converter.with_schema(schema.clone()),
            false => converter,
        };
        let (small, whole) = (with_schema(converter()), with_schema(whole.clone()));
        let plain = convert_with_rejects(&small, vec![sources()[0].clone()]).unwrap();
        let one_group = run(&whole, vec![sources()[0].clone()]);
        for (index, source) in sources().into_iter().enumerate() {
            let converted = convert_with_rejects(&small, vec![source]).unwrap();
            assert!(converted.rows() == plain.rows(), "source {index}");
            assert!(converted.rejects_text() == plain.rejects_text(), "source {index}");
            assert_eq!(converted.summary.balance, plain.summary.balance);
            let source = sources()[index].clone();
            assert!(run(&whole, vec![source]) == one_group, "source {index}");
        }
    }
}

#[test]
fn streams_give_the_same_bytes_for_any_number_of_threads() {
    let members: Vec<u8> = text().chunks(10_000).flat_map(gzip).collect();
    let frames: Vec<u8> = text().chunks(10_000).flat_map(zstd).collect();
    for compressed in [gzip(&text()), zstd(&text()), members, frames] {
        let run_with = |count| {
            let source = Source::bytes("in", compressed.clone());
            run(&converter().with_threads(threads(count)), vec![source])
        };
        let expected = run_with(1);
        assert!(run_with(2) == expected && run_with(8) == expected);
    }
}
