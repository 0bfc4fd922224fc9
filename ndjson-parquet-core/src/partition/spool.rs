//! Rows that wait for the file of their partition: in memory while they are few, else in a temporary file.

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::read_record_batch;
use arrow_ipc::root_as_message;
use arrow_ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions};
use arrow_schema::SchemaRef;
use tempfile::{SpooledTempFile, spooled_tempfile, spooled_tempfile_in};

use crate::error::{Error, ErrorKind, Result};

/// Keeps record batches of one schema, each compressed by itself, until they are asked for.
///
/// Threads put and read at the same time. Memory: at most twice what it may have; beyond that a file
/// without a name, which is gone with the process.
pub(crate) struct Spool {
    schema: SchemaRef,
    store: Mutex<Store>,
}

struct Store {
    file: SpooledTempFile,
    end: u64,
}

/// Consecutive rows of one partition, and where a [`Spool`] has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fragment {
    position: u64,
    stored: u32,
    /// Bytes when it is not compressed.
    raw: u32,
    /// Bytes of the message behind the body.
    message: u32,
    pub(crate) rows: u32,
}

impl Fragment {
    /// Bytes of the rows in memory, about.
    pub(crate) fn bytes(&self) -> u64 {
        u64::from(self.raw)
    }

    pub(super) fn to_words(self) -> [u32; Self::WORDS] {
        let [low, high] = [self.position as u32, (self.position >> 32) as u32];
        [low, high, self.stored, self.raw, self.message, self.rows]
    }

    pub(super) fn from_words([low, high, stored, raw, message, rows]: [u32; Self::WORDS]) -> Self {
        let position = u64::from(high) << 32 | u64::from(low);
        Self { position, stored, raw, message, rows }
    }

    pub(super) const WORDS: usize = 6;
}

impl Spool {
    /// For batches of `schema`: up to `memory` bytes of them in memory, the rest in a file in `folder`, or
    /// among the system's temporary files.
    pub(crate) fn new(schema: SchemaRef, folder: Option<&Path>, memory: usize) -> Self {
        let store = Mutex::new(Store { file: temporary(folder, memory), end: 0 });
        Self { schema, store }
    }

    /// Keeps the rows of `batch`, which has at least one.
    pub(super) fn put(&self, batch: &RecordBatch) -> Result<Fragment> {
        let encoded = IpcDataGenerator::default().encode(
            batch,
            &mut DictionaryTracker::new(false),
            &IpcWriteOptions::default(),
            &mut IpcWriteContext::default(),
        );
        let (_, encoded) = encoded.map_err(|error| {
            Error::new(ErrorKind::Internal, "rows could not be kept for their partition")
                .with_cause(error)
        })?;
        let mut raw = encoded.arrow_data;
        raw.extend_from_slice(&encoded.ipc_message);
        let packed = lz4_flex::block::compress(&raw);
        let mut store = self.lock();
        let position = store.end;
        store.file.seek(SeekFrom::Start(position)).map_err(unwritable)?;
        store.file.write_all(&packed).map_err(unwritable)?;
        store.end += packed.len() as u64;
        Ok(Fragment {
            position,
            stored: size(packed.len())?,
            raw: size(raw.len())?,
            message: size(encoded.ipc_message.len())?,
            rows: size(batch.num_rows())?,
        })
    }

    /// Bytes that wait, compressed.
    pub(crate) fn bytes(&self) -> u64 {
        self.lock().end
    }

    /// The rows of `fragment`.
    pub(crate) fn read(&self, fragment: &Fragment) -> Result<RecordBatch> {
        let mut packed = vec![0; fragment.stored as usize];
        {
            let mut store = self.lock();
            store.file.seek(SeekFrom::Start(fragment.position)).map_err(unreadable)?;
            store.file.read_exact(&mut packed).map_err(unreadable)?;
        }
        let damaged = || {
            let message = "the temporary file of the partitions is not as it was written";
            Error::new(ErrorKind::Output, message)
        };
        let raw = lz4_flex::block::decompress(&packed, fragment.raw as usize)
            .map_err(|error| damaged().with_cause(error))?;
        let begin = raw.len().checked_sub(fragment.message as usize).ok_or_else(damaged)?;
        let raw = Buffer::from_vec(raw);
        let message = root_as_message(&raw[begin..]).map_err(|_| damaged())?;
        let header = message.header_as_record_batch().ok_or_else(damaged)?;
        let body = raw.slice_with_length(0, begin);
        let schema = SchemaRef::clone(&self.schema);
        read_record_batch(&body, header, schema, &HashMap::new(), None, &message.version())
            .map_err(|error| damaged().with_cause(error))
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        // A thread that panicked has failed the conversion.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that is in memory up to `memory` bytes.
pub(super) fn temporary(folder: Option<&Path>, memory: usize) -> SpooledTempFile {
    match folder {
        Some(folder) => spooled_tempfile_in(memory, folder),
        None => spooled_tempfile(memory),
    }
}

fn size(bytes: usize) -> Result<u32> {
    u32::try_from(bytes).map_err(|_| {
        let message = format!("expected at most 4 GiB in a batch of rows, found {bytes} bytes");
        Error::new(ErrorKind::Limit, message)
    })
}

pub(super) fn unwritable(error: io::Error) -> Error {
    let message = format!("could not write the temporary file of the partitions: {error}");
    Error::new(ErrorKind::Output, message).with_cause(error)
}

pub(super) fn unreadable(error: io::Error) -> Error {
    let message = format!("could not read the temporary file of the partitions: {error}");
    Error::new(ErrorKind::Output, message).with_cause(error)
}
