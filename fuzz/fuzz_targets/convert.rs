//! Whole conversions: the books balance, the file reads back with as many rows, threads and samples
//! change nothing.
#![no_main]

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use libfuzzer_sys::fuzz_target;
use ndjson_parquet_core::{Converter, OnError, ParquetOptions, Sink, Source, Summary};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn convert(text: &[u8], threads: usize, sample: u64) -> Option<(Summary, Vec<u8>)> {
    let memory = Memory::default();
    let converter = Converter::new()
        .with_on_error(OnError::Skip)
        .with_threads(NonZeroUsize::new(threads).expect("not zero"))
        .with_sample_bytes(sample)
        .with_parquet(ParquetOptions::new().with_row_group_bytes(64 << 10));
    let sink = Sink::writer("memory", memory.clone());
    let summary = converter.convert(vec![Source::bytes("fuzz", text)], sink).ok()?;
    let bytes = std::mem::take(&mut *memory.0.lock().expect("no panic"));
    Some((summary, bytes))
}

fuzz_target!(|text: &[u8]| {
    let first = convert(text, 1, 1 << 20);
    let second = convert(text, 2, 16);
    assert_eq!(first.is_some(), second.is_some());
    let (Some((summary, file)), Some((_, again))) = (first, second) else { return };
    assert_eq!(file, again);
    let balance = &summary.balance;
    assert_eq!(balance.lines, balance.rows + balance.rejected + balance.blank);
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(file));
    let reader = reader.and_then(|builder| builder.build()).expect("a readable file");
    let rows: usize = reader.map(|batch| batch.expect("a batch").num_rows()).sum();
    assert_eq!(rows as u64, balance.rows);
});
