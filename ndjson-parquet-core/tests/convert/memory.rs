//! Peak memory of whole conversions, each in a process of its own that looks at itself.
//!
//! The inputs are made while they are read, so they cost neither memory nor disk. The plain one has
//! 4 GiB; with `NDJSON_PARQUET_BIG=1` the others do as well, instead of some hundred MiB.
#![cfg(target_os = "linux")]

use std::io::{self, Read};
use std::process::Command;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use ndjson_parquet_core::{
    Compression, Converter, DEFAULT_MAX_LINE_BYTES, DEFAULT_MEMORY_LIMIT, ParquetOptions,
    Partitioning, RangeRead, Sink, Source,
};

use crate::harness::*;

#[test]
fn a_large_plain_input_stays_below_the_memory_limit() {
    assert_bounded("plain");
}

#[test]
fn a_line_at_the_length_limit_stays_below_the_memory_limit() {
    assert_bounded("long-line");
}

#[test]
fn lines_over_the_length_limit_stay_below_the_memory_limit() {
    assert_bounded("too-long");
}

#[test]
fn text_that_never_repeats_stays_below_the_memory_limit() {
    assert_bounded("unique");
}

#[test]
fn text_that_never_repeats_stays_below_the_memory_limit_without_compression() {
    assert_bounded("unique-uncompressed");
}

#[test]
fn four_hundred_skewed_columns_stay_below_the_memory_limit() {
    assert_bounded("skewed");
}

#[test]
fn a_gzip_stream_stays_below_the_memory_limit() {
    assert_bounded("gzip");
}

#[test]
fn zstd_frames_inflated_by_several_threads_stay_below_the_memory_limit() {
    assert_bounded("frames");
}

#[test]
fn long_lines_among_others_stay_below_the_memory_limit() {
    assert_bounded("long-among-unique");
}

#[test]
fn bad_lines_at_the_length_limit_stay_below_the_memory_limit() {
    assert_bounded("long-bad");
}

#[test]
fn rows_without_most_of_thousands_of_columns_stay_below_the_memory_limit() {
    assert_bounded("sparse");
}

#[test]
fn thousands_of_columns_of_one_value_each_stay_below_the_memory_limit() {
    assert_bounded("keys");
}

/// Pain 14: 37 GB through a pipe are killed or hang on 16 GB.
#[test]
fn a_pipe_stays_below_the_memory_limit_with_and_without_a_schema() {
    assert_bounded("pipe");
    assert_bounded("pipe-schema");
}

#[test]
fn a_thousand_partitions_in_no_order_stay_below_the_memory_limit() {
    assert_bounded("partitions");
}

#[test]
fn nothing_but_bad_lines_stays_below_the_memory_limit() {
    assert_bounded("rejects");
}

/// The child's side of all tests above: converts and prints the peak of its memory.
#[test]
fn child() {
    let Ok(case) = std::env::var(CASE) else { return };
    let place = Place::new();
    let (converter, source) = case_named(&case, &place);
    let sink = match case.as_str() {
        "partitions" => Sink::directory(place.path("out")),
        _ => Sink::file(place.path("out.parquet")),
    };
    // Frames are inflated by several threads from three on; the limit stays that of two.
    let count = if case == "frames" { 3 } else { 2 };
    let converter = converter.with_threads(threads(count)).with_memory_limit(DEFAULT_MEMORY_LIMIT);
    let summary = converter.convert(vec![source], sink).unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    println!("{PEAK}{} bytes_in={}", kib << 10, summary.balance.bytes_in);
}

fn assert_bounded(case: &str) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "memory::child", "--nocapture", "--test-threads=1"])
        .env(CASE, case)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let (_, found) = text.split_once(PEAK).unwrap();
    let found = found.lines().next().unwrap();
    let (peak, bytes_in) = found.split_once(" bytes_in=").unwrap();
    let (peak, bytes_in): (u64, u64) = (peak.parse().unwrap(), bytes_in.parse().unwrap());
    println!("{case}: a peak of {} MiB for {} MiB", peak >> 20, bytes_in >> 20);
    assert!(bytes_in >= 1 << 20, "{case} read only {bytes_in} bytes");
    assert!(
        peak <= DEFAULT_MEMORY_LIMIT,
        "{case}: a peak of {} MiB for {} MiB of input",
        peak >> 20,
        bytes_in >> 20
    );
}

const CASE: &str = "NDJSON_PARQUET_MEMORY_CASE";
const PEAK: &str = "peak=";
const MIB: u64 = 1 << 20;

fn case_named(case: &str, place: &Place) -> (Converter, Source) {
    let converter = Converter::new();
    let size = |mib: u64| {
        if std::env::var_os("NDJSON_PARQUET_BIG").is_some() { 4 << 30 } else { mib * MIB }
    };
    let ranged = |text: Arc<dyn RangeRead>| Source::ranged(case, text);
    match case {
        "plain" => (converter, ranged(Arc::new(Repeated::new(events(), 4 << 30)))),
        "long-line" => {
            let length = DEFAULT_MAX_LINE_BYTES as u64;
            (converter, ranged(Arc::new(LongLines::new(length, 2))))
        }
        "long-bad" => {
            let length = DEFAULT_MAX_LINE_BYTES as u64;
            let converter = converter
                .with_schema(one_text_column("s"))
                .with_on_error(ndjson_parquet_core::OnError::Quarantine)
                .with_rejects(place.path("rejects.ndjson"));
            let lines = LongLines { length, lines: 4, pool: pool(), tail: b"\"!\n" };
            (converter, ranged(Arc::new(lines)))
        }
        "long-among-unique" => {
            let long = LongLines::new(DEFAULT_MAX_LINE_BYTES as u64, 1);
            let parts: Vec<Box<dyn RangeRead>> = vec![
                Box::new(Unique::new(size(100))),
                Box::new(long),
                Box::new(Unique::new(size(200))),
            ];
            (converter, ranged(Arc::new(Joined(parts))))
        }
        "sparse" => {
            let mut lines = String::from("{");
            (0..4000).for_each(|column| lines += &format!("\"c{column}\":{column},"));
            lines.pop();
            lines += "}\n";
            let first = Repeated::new(lines.into_bytes(), 1);
            let rest = Repeated::new(b"{\"c7\":1}\n".repeat(100_000), size(1));
            (converter, ranged(Arc::new(Joined(vec![Box::new(first), Box::new(rest)]))))
        }
        "keys" => {
            let lines: String = (0..8000).map(|key| format!("{{\"key_{key}\":{key}}}\n")).collect();
            (converter, ranged(Arc::new(Repeated::new(lines.into_bytes(), size(1)))))
        }
        "too-long" => {
            let length = 4 * DEFAULT_MAX_LINE_BYTES as u64;
            let converter = converter
                .with_schema(one_text_column("s"))
                .with_on_error(ndjson_parquet_core::OnError::Quarantine)
                .with_rejects(place.path("rejects.ndjson"));
            (converter, ranged(Arc::new(LongLines::new(length, 2))))
        }
        "unique" => (converter, ranged(Arc::new(Unique::new(size(320))))),
        "unique-uncompressed" => {
            let parquet = ParquetOptions::new().with_compression(Compression::None);
            (converter.with_parquet(parquet), ranged(Arc::new(Unique::new(size(320)))))
        }
        "skewed" => (converter, ranged(Arc::new(Repeated::new(skewed(), size(256))))),
        "gzip" => {
            let member = gzip(&events());
            let members = size(320) / events().len() as u64;
            (converter, Source::reader(case, Cycled::new(member, members)))
        }
        "frames" => {
            // As large as those of pzstd, which is as large as frames for several threads may be.
            let text = events().repeat((8 * MIB) as usize / events().len());
            let frames = size(400) / text.len() as u64;
            (converter, Source::reader(case, Cycled::new(zstd(&text), frames)))
        }
        "pipe" | "pipe-schema" => {
            let cycles = size(320) / events().len() as u64;
            let converter = match case {
                "pipe" => converter,
                _ => converter.with_schema(one_text_column("name")),
            };
            (converter, Source::reader(case, Cycled::new(events(), cycles)))
        }
        "partitions" => {
            let by = Partitioning::new().with_levels("c").unwrap();
            let text = scattered().into_bytes();
            (converter.with_partitioning(by), ranged(Arc::new(Repeated::new(text, size(400)))))
        }
        "rejects" => {
            let converter = converter
                .with_schema(one_text_column("s"))
                .with_on_error(ndjson_parquet_core::OnError::Quarantine)
                .with_rejects(place.path("rejects.ndjson"));
            let lines = b"{\"s\":bad}\n".repeat(MIB as usize / 10);
            (converter, ranged(Arc::new(Repeated::new(lines, size(80)))))
        }
        other => panic!("no case {other}"),
    }
}

fn one_text_column(name: &str) -> Arc<Schema> {
    Arc::new(Schema::new(vec![Field::new(name, DataType::Utf8, true)]))
}

/// About a MiB of small records.
fn events() -> Vec<u8> {
    let mut text = String::new();
    for id in 0.. {
        if text.len() >= MIB as usize {
            break;
        }
        text += &format!(
            "{{\"id\":{id},\"name\":\"user{}\",\"score\":{}.25,\"tags\":[\"a\",\"b{}\"],\
             \"at\":\"2024-05-01T12:00:{:02}Z\",\"nested\":{{\"ok\":{},\"n\":null}}}}\n",
            id % 1000,
            id % 777,
            id % 10,
            id % 60,
            id % 2 == 0
        );
    }
    text.into_bytes()
}

/// Records of a thousand partitions in no order.
fn scattered() -> String {
    let mut text = String::new();
    let mut state = 1_u64;
    for id in 0..40_000 {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mixed = state >> 20;
        let partition = mixed % 1000;
        text += &format!(
            "{{\"c\":\"c{partition}\",\"id\":{id},\"s\":\"{mixed:x}\",\"at\":\"2024-05-01T12:00:{:02}Z\"}}\n",
            id % 60
        );
    }
    text
}

/// Records of 400 columns, of which four are large and the rest small.
fn skewed() -> Vec<u8> {
    let mut text = String::new();
    let pool = String::from_utf8(pool()).unwrap();
    for id in 0..100 {
        text.push('{');
        for column in 0..396 {
            text += &format!("\"c{column}\":\"{}\",", id * column);
        }
        for column in 0..4 {
            let at = (id * 4 + column) * 2000;
            text += &format!("\"large{column}\":\"{}\",", &pool[at..at + 2000]);
        }
        text.pop();
        text += "}\n";
    }
    text.into_bytes()
}

/// A MiB of letters and digits in no order.
fn pool() -> Vec<u8> {
    let mut state = 1_u64;
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        b"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_"[(state >> 58) as usize]
    };
    (0..MIB).map(|_| letter()).collect()
}

/// The same lines again and again.
struct Repeated {
    block: Vec<u8>,
    size: u64,
}

impl Repeated {
    fn new(block: Vec<u8>, size: u64) -> Self {
        let times = size.div_ceil(block.len() as u64);
        Self { size: times * block.len() as u64, block }
    }
}

impl RangeRead for Repeated {
    fn size(&self) -> io::Result<u64> {
        Ok(self.size)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let at = (offset % self.block.len() as u64) as usize;
        let rest = &self.block[at..];
        let taken = rest.len().min(buffer.len()).min((self.size - offset) as usize);
        buffer[..taken].copy_from_slice(&rest[..taken]);
        Ok(taken)
    }
}

/// Lines `{"s":"..."}` of exactly `length` bytes and an LF.
struct LongLines {
    length: u64,
    lines: u64,
    pool: Vec<u8>,
    tail: &'static [u8],
}

impl LongLines {
    fn new(length: u64, lines: u64) -> Self {
        Self { length, lines, pool: pool(), tail: b"\"}\n" }
    }
}

/// One source after another.
struct Joined(Vec<Box<dyn RangeRead>>);

impl RangeRead for Joined {
    fn size(&self) -> io::Result<u64> {
        self.0.iter().map(|part| part.size()).sum()
    }

    fn read_at(&self, mut offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        for part in &self.0 {
            let size = part.size()?;
            if offset < size {
                return part.read_at(offset, buffer);
            }
            offset -= size;
        }
        Ok(0)
    }
}

impl RangeRead for LongLines {
    fn size(&self) -> io::Result<u64> {
        Ok((self.length + 1) * self.lines)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let at = offset % (self.length + 1);
        let (head, tail) = (&b"{\"s\":\""[..], self.tail);
        let tail_at = self.length + 1 - tail.len() as u64;
        let rest = if at < head.len() as u64 {
            &head[at as usize..]
        } else if at >= tail_at {
            &tail[(at - tail_at) as usize..]
        } else {
            let rest = &self.pool[at as usize % self.pool.len()..];
            &rest[..rest.len().min((tail_at - at) as usize)]
        };
        let taken = if offset == self.size()? { 0 } else { rest.len().min(buffer.len()) };
        buffer[..taken].copy_from_slice(&rest[..taken]);
        Ok(taken)
    }
}

/// Lines of 256 bytes with a text that no other line has and that does not compress.
struct Unique {
    size: u64,
    pool: Vec<u8>,
}

impl Unique {
    fn new(size: u64) -> Self {
        Self { size, pool: pool() }
    }

    fn line(&self, number: u64) -> [u8; 256] {
        let mut line = [b'\n'; 256];
        line[..6].copy_from_slice(b"{\"s\":\"");
        let at = (number * 7919) as usize % (self.pool.len() - 247);
        line[6..253].copy_from_slice(&self.pool[at..at + 247]);
        line[6..22].copy_from_slice(format!("{number:016x}").as_bytes());
        line[253..255].copy_from_slice(b"\"}");
        line
    }
}

impl RangeRead for Unique {
    fn size(&self) -> io::Result<u64> {
        Ok(self.size)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len().min((self.size - offset) as usize);
        let mut taken = 0;
        while taken < room {
            let at = offset + taken as u64;
            let line = self.line(at / 256);
            let rest = &line[(at % 256) as usize..];
            let length = rest.len().min(room - taken);
            buffer[taken..taken + length].copy_from_slice(&rest[..length]);
            taken += length;
        }
        Ok(taken)
    }
}

/// A pipe through which the same bytes come again and again.
struct Cycled {
    block: Vec<u8>,
    left: u64,
    at: usize,
}

impl Cycled {
    fn new(block: Vec<u8>, times: u64) -> Self {
        Self { block, left: times, at: 0 }
    }
}

impl Read for Cycled {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Ok(0);
        }
        let rest = &self.block[self.at..];
        let taken = rest.len().min(buffer.len()).min(64 << 10);
        buffer[..taken].copy_from_slice(&rest[..taken]);
        self.at += taken;
        if self.at == self.block.len() {
            self.at = 0;
            self.left -= 1;
        }
        Ok(taken)
    }
}
