//! NDJSON to Parquet by arrow-json and `ArrowWriter`, from file to file: a peer of `benches/compare`.
//!
//! `arrow-rs INPUT OUTPUT CODEC THREADS SCHEMA`, as `benches/compare/peers.py` has it. On two threads
//! one decodes and the other encodes. Batches of 1024 rows, the better size on four of five shapes.

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, Seek};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;

use arrow_array::RecordBatch;
use arrow_json::reader::infer_json_schema;
use arrow_schema::{ArrowError, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

const BATCH_ROWS: usize = 1024;
const READ_BYTES: usize = 1 << 20;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output, codec, threads, schema] = arguments.as_slice() else {
        return Err("expected INPUT OUTPUT CODEC THREADS SCHEMA".into());
    };
    let mut input = BufReader::with_capacity(READ_BYTES, File::open(input)?);
    let schema = match schema.as_str() {
        "infer" => {
            let schema = infer_json_schema(&mut input, None)?.0;
            input.rewind()?;
            Arc::new(schema)
        }
        path => read_schema(Path::new(path))?,
    };
    let properties = WriterProperties::builder().set_compression(parse_codec(codec)?).build();
    let output = File::create(output)?;
    let mut writer = ArrowWriter::try_new(output, Arc::clone(&schema), Some(properties))?;
    let batches = arrow_json::ReaderBuilder::new(schema)
        .with_batch_size(BATCH_ROWS)
        .with_strict_mode(true)
        .build(input)?;
    if threads == "1" {
        for batch in batches {
            writer.write(&batch?)?;
        }
    } else {
        write_beside(batches, &mut writer)?;
    }
    writer.close()?;
    Ok(())
}

fn write_beside(
    batches: impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send,
    writer: &mut ArrowWriter<File>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (sender, receiver) = mpsc::sync_channel(16);
    thread::scope(|scope| {
        scope.spawn(move || {
            for batch in batches {
                let has_failed = batch.is_err();
                // A receiver that is gone has failed, and says so itself.
                if sender.send(batch).is_err() || has_failed {
                    break;
                }
            }
        });
        receiver.into_iter().try_for_each(|batch| Ok(writer.write(&batch?)?))
    })
}

fn read_schema(path: &Path) -> Result<SchemaRef, Box<dyn Error + Send + Sync>> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?;
    Ok(Arc::new(Schema::new(reader.schema().fields().clone())))
}

fn parse_codec(text: &str) -> Result<Compression, Box<dyn Error + Send + Sync>> {
    Ok(match text {
        "snappy" => Compression::SNAPPY,
        "none" => Compression::UNCOMPRESSED,
        zstd => {
            let level = zstd.strip_prefix("zstd-").ok_or("expected zstd-LEVEL, snappy or none")?;
            Compression::ZSTD(ZstdLevel::try_new(level.parse()?)?)
        }
    })
}
