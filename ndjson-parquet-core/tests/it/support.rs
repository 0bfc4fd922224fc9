//! One helper that reads NDJSON in every way there is and checks that all ways agree.

use std::io::{self, Read};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use ndjson_parquet_core::{BadLine, Error, KernelChoice, OnError, ReaderBuilder, parse_field};
use serde_json::Value;

/// A schema of nullable columns, or ones that must have a value where the type ends in `!`.
pub(crate) fn schema(columns: &[(&str, &str)]) -> SchemaRef {
    let field = |(name, data_type): &(&str, &str)| {
        let nullable = !data_type.ends_with('!');
        parse_field(name, data_type.trim_end_matches('!')).unwrap().with_nullable(nullable)
    };
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// A reader of these columns that quarantines bad lines.
pub(crate) fn reader(columns: &[(&str, &str)]) -> ReaderBuilder {
    ReaderBuilder::new(schema(columns)).with_on_error(OnError::Quarantine)
}

/// What came out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Output {
    pub(crate) batch: RecordBatch,
    pub(crate) rejects: Vec<BadLine>,
    /// Lines, rows, blank lines, rejected lines.
    pub(crate) counts: [u64; 4],
}

impl Output {
    /// The column as JSON values.
    pub(crate) fn column(&self, name: &str) -> Vec<Value> {
        column(&self.batch, name)
    }

    /// The rejects as `line: kind`.
    pub(crate) fn rejected(&self) -> Vec<String> {
        self.rejects.iter().map(|line| format!("{}: {}", line.line, line.kind.name())).collect()
    }
}

/// The column as JSON values, nulls included.
pub(crate) fn column(batch: &RecordBatch, name: &str) -> Vec<Value> {
    rows(batch).iter().map(|row| row[name].clone()).collect()
}

/// The rows as JSON objects, nulls included.
pub(crate) fn rows(batch: &RecordBatch) -> Vec<Value> {
    let mut writer = arrow_json::WriterBuilder::new()
        .with_explicit_nulls(true)
        .build::<_, arrow_json::writer::JsonArray>(Vec::new());
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    let text = writer.into_inner();
    if text.is_empty() { Vec::new() } else { serde_json::from_slice(&text).unwrap() }
}

/// Reads `input` by a reader, and by decoders in chunks of several sizes with each kernel; all have
/// to give the same rows, rejects and counts.
pub(crate) fn read(builder: &ReaderBuilder, input: impl AsRef<[u8]>) -> Output {
    try_read(builder, input).unwrap_or_else(|error| panic!("{error}"))
}

/// As [`read`], where all ways may fail with the same error.
pub(crate) fn try_read(builder: &ReaderBuilder, input: impl AsRef<[u8]>) -> Result<Output, Error> {
    let input = input.as_ref();
    let expected = pull(builder, input, 1 << 20);
    for kernel in KernelChoice::ALL.into_iter().filter(|kernel| kernel.is_available()) {
        let other = builder.clone().with_kernel(kernel);
        agree(&expected, &pull(&other, input, 7), &format!("kernel {kernel}, reads of 7 bytes"));
    }
    for size in [1, 2, 3, 64, 1 << 20] {
        agree(&expected, &push(builder, input, size), &format!("chunks of {size}"));
    }
    agree(&expected, &push(&builder.clone().with_batch_size(1), input, 5), "batches of a row");
    expected
}

fn agree(expected: &Result<Output, Error>, found: &Result<Output, Error>, way: &str) {
    match (expected, found) {
        (Ok(expected), Ok(found)) => assert_eq!(expected, found, "{way}"),
        (Err(expected), Err(found)) => {
            assert_eq!(expected.to_string(), found.to_string(), "{way}");
            assert_eq!(expected.bad_line(), found.bad_line(), "{way}");
        }
        (expected, found) => panic!("{way}: expected {expected:?}, found {found:?}"),
    }
}

/// Pushes `input` in chunks of `size` bytes.
pub(crate) fn push(builder: &ReaderBuilder, input: &[u8], size: usize) -> Result<Output, Error> {
    push_parts(builder, input.chunks(size))
}

/// Pushes the parts of an input.
pub(crate) fn push_parts<'a>(
    builder: &ReaderBuilder,
    parts: impl Iterator<Item = &'a [u8]>,
) -> Result<Output, Error> {
    let mut decoder = builder.clone().build_decoder()?;
    let mut batches = Vec::new();
    for mut part in parts {
        while !part.is_empty() {
            let taken = decoder.decode(part)?;
            part = &part[taken..];
            if !part.is_empty() {
                batches.extend(decoder.flush()?);
            }
        }
    }
    decoder.finish()?;
    while let Some(batch) = decoder.flush()? {
        batches.push(batch);
    }
    let counts = decoder.counts();
    Ok(Output {
        batch: concat_batches(&decoder.schema(), &batches).unwrap(),
        rejects: decoder.take_rejects(),
        counts: [counts.lines, counts.rows, counts.blank, counts.rejected],
    })
}

/// Reads `input` with at most `size` bytes a read.
pub(crate) fn pull(builder: &ReaderBuilder, input: &[u8], size: usize) -> Result<Output, Error> {
    let mut reader = builder.clone().build(Sips { input, size })?;
    let schema = arrow_array::RecordBatchReader::schema(&reader);
    let mut batches = Vec::new();
    for batch in reader.by_ref() {
        batches.push(batch.map_err(|error| match error {
            arrow_schema::ArrowError::ExternalError(error) => *error.downcast::<Error>().unwrap(),
            other => panic!("{other}"),
        })?);
    }
    let counts = reader.counts();
    Ok(Output {
        batch: concat_batches(&schema, &batches).unwrap(),
        rejects: reader.take_rejects(),
        counts: [counts.lines, counts.rows, counts.blank, counts.rejected],
    })
}

struct Sips<'a> {
    input: &'a [u8],
    size: usize,
}

impl Read for Sips<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.size.min(self.input.len()).min(buffer.len());
        let (sip, rest) = self.input.split_at(length);
        buffer[..length].copy_from_slice(sip);
        self.input = rest;
        Ok(length)
    }
}
