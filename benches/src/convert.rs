//! NDJSON in memory to Parquet that is thrown away: ours, and arrow-json with ArrowWriter.

use std::error::Error;
use std::io;
use std::num::NonZeroUsize;
use std::sync::{Arc, mpsc};
use std::thread;

use arrow_array::RecordBatch;
use ndjson_parquet_core::{
    Compression, Converter, ParquetOptions, RangeRead, Sink, Source, TypeConflicts, UnknownFields,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::{self, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::decode::each_of_arrow_json;
use crate::workload::Workload;

/// What came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Converted {
    /// Rows in the file.
    pub rows: usize,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Converts with ours on `threads` threads; all other options are the defaults.
pub fn convert_ours(
    work: &Workload,
    threads: NonZeroUsize,
    compression: Compression,
) -> Result<Converted, Box<dyn Error>> {
    let source = Source::ranged("memory", Arc::new(Memory(Arc::clone(&work.text))));
    let summary = Converter::new()
        .with_schema(Arc::clone(&work.schema))
        .with_unknown_fields(UnknownFields::Error)
        .with_type_conflicts(TypeConflicts::Error)
        .with_parquet(ParquetOptions::new().with_compression(compression))
        .with_threads(threads)
        .convert(vec![source], Sink::writer("memory", io::sink()))?;
    let rows = usize::try_from(summary.balance.rows)?;
    Ok(Converted { rows, bytes: summary.bytes_out })
}

/// Converts with arrow-json and ArrowWriter, whose other options are their defaults.
pub fn convert_arrow(
    work: &Workload,
    batch_size: usize,
    compression: Compression,
) -> Result<Converted, Box<dyn Error>> {
    let mut writer = arrow_writer(work, compression)?;
    let mut rows = 0;
    let mut written = Ok(());
    each_of_arrow_json(&work.schema, &work.text, batch_size, |batch| {
        rows += batch.num_rows();
        if written.is_ok() {
            written = writer.write(&batch);
        }
    })?;
    written?;
    writer.finish()?;
    Ok(Converted { rows, bytes: writer.bytes_written() as u64 })
}

/// Converts with arrow-json on one thread and ArrowWriter on another.
pub fn convert_arrow_on_two_threads(
    work: &Workload,
    batch_size: usize,
    compression: Compression,
) -> Result<Converted, Box<dyn Error>> {
    let mut writer = arrow_writer(work, compression)?;
    let (batches, received) = mpsc::sync_channel::<RecordBatch>(16);
    thread::scope(|scope| {
        let decoding = scope.spawn(move || {
            each_of_arrow_json(&work.schema, &work.text, batch_size, |batch| {
                // A writer that failed takes no more; its error is what counts.
                let _ = batches.send(batch);
            })
        });
        let mut rows = 0;
        for batch in received {
            rows += batch.num_rows();
            writer.write(&batch)?;
        }
        decoding.join().map_err(|_| "arrow-json panicked")??;
        writer.finish()?;
        Ok(Converted { rows, bytes: writer.bytes_written() as u64 })
    })
}

fn arrow_writer(
    work: &Workload,
    compression: Compression,
) -> Result<ArrowWriter<io::Sink>, Box<dyn Error>> {
    let codec = match compression {
        Compression::Zstd(level) => basic::Compression::ZSTD(ZstdLevel::try_new(level)?),
        Compression::Snappy => basic::Compression::SNAPPY,
        Compression::None => basic::Compression::UNCOMPRESSED,
        other => return Err(format!("expected zstd, snappy or none, found {other}").into()),
    };
    let properties = WriterProperties::builder().set_compression(codec).build();
    Ok(ArrowWriter::try_new(io::sink(), Arc::clone(&work.schema), Some(properties))?)
}

/// Text that is read in ranges, as a file is.
struct Memory(Arc<[u8]>);

impl RangeRead for Memory {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = self.0.get(start..).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use ndjson_parquet_cli::generate::Shape;

    use super::*;

    #[test]
    fn both_sides_convert_all_rows() -> Result<(), Box<dyn Error>> {
        for shape in Shape::ALL {
            let work = Workload::new(shape, 1 << 20)?;
            for codec in [Compression::Zstd(1), Compression::Snappy, Compression::None] {
                let ours = convert_ours(&work, NonZeroUsize::MIN, codec)?;
                assert_eq!(ours.rows, work.rows, "{shape}");
                assert_eq!(convert_arrow(&work, 1024, codec)?.rows, work.rows, "{shape}");
                let pair = convert_arrow_on_two_threads(&work, 1024, codec)?;
                assert_eq!(pair.rows, work.rows, "{shape}");
            }
        }
        Ok(())
    }
}
