//! The pull reader: record batches from anything that can be read.

use std::io::Read;
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};

use crate::decoder::{Decoder, LineCounts};
use crate::error::{BadLine, Result};
use crate::reader_builder::ReaderBuilder;
use crate::source::into_error;

/// Reads record batches from NDJSON.
///
/// An [`Iterator`] over batches and a [`RecordBatchReader`]. Compressed input is for
/// [`Converter`](crate::Converter) or a decompressing reader; this one takes text.
///
/// Memory: as [`Decoder`], and a read buffer of 64 KiB.
///
/// ```
/// use std::sync::Arc;
/// use arrow_array::RecordBatchReader;
/// use arrow_schema::{DataType, Field, Schema};
/// use ndjson_parquet_core::ReaderBuilder;
///
/// let schema = Schema::new(vec![Field::new("name", DataType::Utf8, true)]);
/// let reader = ReaderBuilder::new(Arc::new(schema)).build(&b"{\"name\":\"a\"}\n"[..])?;
/// assert_eq!(reader.schema().field(1).name(), "_rescued_data");
/// let rows: usize = reader.map(|batch| batch.map_or(0, |batch| batch.num_rows())).sum();
/// assert_eq!(rows, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reader<R> {
    input: R,
    name: Arc<str>,
    decoder: Decoder,
    buffer: Vec<u8>,
    /// What of the buffer is not decoded yet.
    start: usize,
    end: usize,
    ended: bool,
    failed: bool,
}

const READ_BYTES: usize = 64 << 10;

impl ReaderBuilder {
    /// A reader of `input`.
    pub fn build<R: Read>(self, input: R) -> Result<Reader<R>> {
        let name = Arc::clone(&self.source);
        let decoder = self.build_decoder()?;
        let buffer = vec![0; READ_BYTES];
        Ok(Reader { input, name, decoder, buffer, start: 0, end: 0, ended: false, failed: false })
    }
}

impl<R: Read> Reader<R> {
    /// The lines put into quarantine since the last call; they are held until they are taken.
    pub fn take_rejects(&mut self) -> Vec<BadLine> {
        self.decoder.take_rejects()
    }

    /// What became of the lines decoded so far.
    pub fn counts(&self) -> LineCounts {
        self.decoder.counts()
    }

    pub(crate) fn read_batch(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if self.start == self.end && !self.ended {
                self.fill()?;
            }
            if self.ended {
                return self.decoder.flush();
            }
            let taken = self.decoder.decode(&self.buffer[self.start..self.end])?;
            self.start += taken;
            if self.start < self.end {
                return self.decoder.flush();
            }
        }
    }

    fn fill(&mut self) -> Result<()> {
        let read = loop {
            match self.input.read(&mut self.buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let read = read.map_err(|error| into_error(&self.name, error))?;
        (self.start, self.end) = (0, read);
        if read == 0 {
            self.ended = true;
            self.decoder.finish()?;
        }
        Ok(())
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<RecordBatch, ArrowError>;

    /// The next batch; after an error there are no more.
    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let batch = self.read_batch();
        self.failed = batch.is_err();
        batch.map_err(ArrowError::from).transpose()
    }
}

impl<R: Read> RecordBatchReader for Reader<R> {
    fn schema(&self) -> SchemaRef {
        self.decoder.schema()
    }
}
