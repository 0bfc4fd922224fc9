//! What the fuzz targets need of the crate's inside; compiled for them alone.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a fuzz target fails by panic")]

use std::io::Read;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::Schema;

use crate::decode::block::Tally;
use crate::lines::{Item, LineBlocks, LineBlocksOptions};
use crate::schema::Hints;
use crate::schema::infer::{InferOptions, Inferrer};
use crate::simd::{Kernel, Task, agreed};
use crate::source::{RangeRead, RangeReader};
use crate::*;

struct Text(Vec<u8>);

impl RangeRead for Text {
    fn size(&self) -> std::io::Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut rest = &self.0[(offset as usize).min(self.0.len())..];
        rest.read(buffer)
    }
}

/// Cuts `text` at `cuts` and into blocks, and compares with `split`.
pub fn check_lines(text: &[u8], cuts: &[u16], block_bytes: usize, max_line_bytes: usize) {
    let size = text.len() as u64;
    let mut bounds: Vec<u64> = cuts.iter().map(|cut| u64::from(*cut).min(size)).collect();
    bounds.extend([0, size]);
    bounds.sort_unstable();
    let reader: Arc<dyn RangeRead> = Arc::new(Text(text.to_vec()));
    let options = LineBlocksOptions { block_bytes: block_bytes.max(1), max_line_bytes };
    let mut found: Vec<(u64, usize)> = Vec::new();
    for range in bounds.windows(2) {
        let mut start = RangeReader::new(Arc::clone(&reader), size, range[0], range[1]);
        let mut owned = Vec::new();
        start.read_to_end(&mut owned).unwrap();
        let base = start.start_offset().unwrap_or(range[0]);
        let mut lines = LineBlocks::new(&owned[..], options);
        while let Some(item) = lines.next_block().unwrap() {
            match item {
                Item::LongLine(line) => found.push((base + line.offset, line.length as usize)),
                Item::Block(block) => {
                    let mut at = base + block.offset;
                    for line in block.bytes[..block.length].split_inclusive(|b| *b == b'\n') {
                        let text = line.strip_suffix(b"\n").unwrap();
                        let text = text.strip_suffix(b"\r").unwrap_or(text);
                        found.push((at, text.len()));
                        at += line.len() as u64;
                    }
                }
            }
        }
    }
    let mut expected = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let inner = line.strip_suffix(b"\n").unwrap_or(line);
        let inner = inner.strip_suffix(b"\r").unwrap_or(inner);
        expected.push((at, inner.len()));
        at += line.len() as u64;
    }
    assert_eq!(found, expected);
}

/// Compares what all kernels say of the windows of `text`.
pub fn check_windows(text: &[u8]) {
    for window in text.windows(64).filter_map(<[u8]>::first_chunk) {
        agreed(Classify(window));
    }
}

#[derive(Clone, Copy)]
struct Classify<'a>(&'a [u8; 64]);

impl Task for Classify<'_> {
    type Output = (u64, (usize, Vec<u8>), u32, u64, [u64; 2]);

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> Self::Output {
        let (half, quarter) = (self.0.first_chunk().unwrap(), self.0.first_chunk().unwrap());
        let text = kernel.unescape(self.0);
        let digits = kernel.digits(half);
        let count = digits.trailing_ones().min(16) as usize;
        (
            kernel.string_specials(self.0),
            (text.read, text.bytes[..text.written].to_vec()),
            digits,
            kernel.leading_digits(quarter, count),
            kernel.two_leading_digits([quarter; 2], [count, count / 2]),
        )
    }
}

/// Decodes `text` into a text column `v`, an integer column `i` and one of each type that has a way of
/// its own through the decoder, ignoring what is unknown.
pub fn decode_all(text: &[u8], kernel: KernelChoice) -> (Vec<RecordBatch>, Vec<BadLine>) {
    let columns = [
        ("v", "utf8"),
        ("i", "int64"),
        ("j", "json"),
        ("b", "binary(base64)"),
        ("h", "binary(hex)"),
        ("e", "timestamp(ns, epoch(s))"),
        ("f", "timestamp(us, \"Europe/Berlin\", format(\"%d/%b/%Y %T%.f\"))"),
        ("t", "time(ns)"),
        ("d", "decimal256(76,38)"),
        ("k", "dictionary<utf8>"),
        ("m", "map<utf8, large_list<map<utf8, json>>>"),
    ];
    let columns = columns.map(|(name, data_type)| parse_field(name, data_type).unwrap());
    let schema = Schema::new(columns.to_vec());
    let mut reader = ReaderBuilder::new(Arc::new(schema))
        .with_unknown_fields(UnknownFields::Ignore)
        .with_type_conflicts(TypeConflicts::Null)
        .with_on_error(OnError::Quarantine)
        .with_kernel(kernel)
        .build(text)
        .unwrap();
    // A source that is no NDJSON at all has no rows and no rejects; as one line it is rejected.
    let mut batches = Vec::new();
    for batch in reader.by_ref() {
        match batch {
            Ok(batch) => batches.push(batch),
            Err(_) => return (Vec::new(), vec![whole_source(text)]),
        }
    }
    let rejects = reader.take_rejects();
    (batches, rejects)
}

fn whole_source(text: &[u8]) -> BadLine {
    BadLine {
        source: "".into(),
        line: 0,
        byte_offset: 0,
        length: text.len() as u64,
        error_offset: 0,
        path: String::new(),
        kind: BadLineKind::Syntax,
        message: String::new(),
        raw: None,
    }
}

/// Infers from `text` whole and in two parts, and decodes it into what was inferred.
pub fn check_inference(text: &[u8], split: usize) {
    let whole = infer(text);
    let cut = split.min(text.len());
    let cut = text[..cut].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut first = infer(&text[..cut]);
    first.merge(infer(&text[cut..])).unwrap();
    assert!(first.root() == whole.root());
    let count = |tally: &Tally| (tally.lines, tally.rows, tally.blank, tally.rejected);
    assert_eq!(count(first.tally()), count(whole.tally()));
}

fn infer(text: &[u8]) -> Inferrer {
    let options = InferOptions {
        kernel: KernelChoice::Auto.detect().unwrap(),
        hints: Arc::new(Hints::new()),
        max_depth: DEFAULT_MAX_DEPTH,
        max_line_bytes: DEFAULT_MAX_LINE_BYTES,
        max_columns: DEFAULT_MAX_COLUMNS,
        duplicates: DuplicateKeys::Last,
        temporal: true,
        record: false,
    };
    let mut inferrer = Inferrer::new(options);
    let mut lines = LineBlocks::new(text, LineBlocksOptions::default());
    while let Some(item) = lines.next_block().unwrap() {
        if let Item::Block(block) = item {
            inferrer.observe(block.bytes, 0, block.length, block.offset).unwrap();
        }
    }
    inferrer
}
