//! Whole conversions of bytes that may be compressed, with options of any kind: the first bytes choose
//! them. Threads change nothing, the books balance, and the file reads back.
#![no_main]

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use libfuzzer_sys::fuzz_target;
use ndjson_parquet_core::{
    Compression, Converter, DictionaryPolicy, DuplicateKeys, Hints, InflateLimits, OnError,
    ParquetOptions, Sink, Source, Summary, TypeConflicts, UnknownFields,
};
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

fn one_of<T: Copy>(choices: &[T], chosen: u8) -> T {
    choices[usize::from(chosen) % choices.len()]
}

fn converter(options: &[u8; 8]) -> Converter {
    let codecs = [Compression::None, Compression::Snappy, Compression::Zstd(1)];
    let dictionaries =
        [DictionaryPolicy::Adaptive, DictionaryPolicy::Always, DictionaryPolicy::Never];
    let mut parquet = ParquetOptions::new()
        .with_compression(one_of(&codecs, options[0]))
        .with_dictionary(one_of(&dictionaries, options[1]))
        .with_row_group_bytes(64 << 10)
        .with_row_group_rows(u64::from(options[2]) + 1)
        .with_data_page_bytes(4096);
    if options[3] & 1 == 1 {
        parquet = parquet.with_sort(vec!["v:desc".parse().expect("a sort key")]);
    }
    let hints = [
        "v=utf8",
        "v=json",
        "v=int64",
        "v=timestamp(us, epoch(ms))",
        "v=binary(hex)",
        "v=map<utf8, utf8>",
        "v=decimal256(60,10)",
        "v=list<date>",
    ];
    let hints = Hints::new().with_hint(one_of(&hints, options[3] >> 1)).expect("a hint");
    let unknown =
        [UnknownFields::Evolve, UnknownFields::Rescue, UnknownFields::Ignore, UnknownFields::Error];
    let conflicts = [
        TypeConflicts::Widen,
        TypeConflicts::Rescue,
        TypeConflicts::Null,
        TypeConflicts::Quarantine,
        TypeConflicts::Error,
    ];
    let duplicates = [DuplicateKeys::Last, DuplicateKeys::First, DuplicateKeys::Error];
    Converter::new()
        .with_parquet(parquet)
        .with_hints(hints)
        .with_unknown_fields(one_of(&unknown, options[4]))
        .with_type_conflicts(one_of(&conflicts, options[5]))
        .with_duplicate_keys(one_of(&duplicates, options[6]))
        .with_on_error(OnError::Skip)
        .with_max_depth(usize::from(options[7]) + 1)
        .with_sample_bytes(256)
        .with_inflate_limits(InflateLimits::default().with_max_bytes(1 << 20))
}

fn convert(converter: Converter, text: &[u8], threads: usize) -> Option<(Summary, Vec<u8>)> {
    let memory = Memory::default();
    let converter = converter.with_threads(NonZeroUsize::new(threads).expect("not zero"));
    let sink = Sink::writer("memory", memory.clone());
    let summary = converter.convert(vec![Source::bytes("fuzz", text)], sink).ok()?;
    let bytes = std::mem::take(&mut *memory.0.lock().expect("no panic"));
    Some((summary, bytes))
}

fuzz_target!(|input: &[u8]| {
    let Some((options, text)) = input.split_first_chunk::<8>() else { return };
    let first = convert(converter(options), text, 1);
    let second = convert(converter(options), text, 3);
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
