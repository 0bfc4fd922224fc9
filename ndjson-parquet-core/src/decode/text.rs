//! Columns of text: offsets or views over one buffer of bytes.
//!
//! `unsafe` lives here for one reason: the bytes are known to be UTF-8, and checking them again in
//! every array costs a pass. See docs/unsafe.md.

use std::sync::Arc;

use arrow_array::{ArrayRef, GenericStringArray, OffsetSizeTrait, StringViewArray};
use arrow_buffer::{Buffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer};

use crate::json::fault::Fault;

/// Offsets, bytes and validity of a Utf8 or LargeUtf8 column.
///
/// Memory: the text, 4 or 8 bytes a row, and a bit a row once there is a null.
#[derive(Debug)]
pub(crate) struct TextColumn<O: OffsetSizeTrait> {
    offsets: Vec<O>,
    bytes: Vec<u8>,
    nulls: NullBufferBuilder,
}

impl TextColumn<i32> {
    /// The column as a Utf8View array over the same bytes.
    pub(crate) fn finish_view(&mut self) -> ArrayRef {
        Arc::new(StringViewArray::from(&self.finish_text()))
    }
}

impl<O: OffsetSizeTrait> TextColumn<O> {
    pub(crate) fn new() -> Self {
        Self { offsets: vec![O::usize_as(0)], bytes: Vec::new(), nulls: NullBufferBuilder::new(0) }
    }

    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Appends row `row`, whose bytes `write` appends; gives what `write` gave.
    ///
    /// When `write` fails the row is not there and the caller rolls the line back, which truncates
    /// the bytes that it may have left.
    #[inline(always)]
    pub(crate) fn push_with(
        &mut self,
        row: usize,
        write: impl FnOnce(&mut Vec<u8>) -> Result<usize, Fault>,
    ) -> Result<usize, Fault> {
        if self.len() < row {
            self.pad(row);
        }
        let end = write(&mut self.bytes)?;
        // Batches hold far less than 2 GiB of text: `MAX_BATCH_BYTES` bounds them.
        self.offsets.push(O::usize_as(self.bytes.len()));
        self.nulls.append_non_null();
        Ok(end)
    }

    #[inline(never)]
    pub(crate) fn pad(&mut self, rows: usize) {
        let missing = rows.saturating_sub(self.len());
        let end = self.offsets[self.len()];
        self.offsets.resize(self.offsets.len() + missing, end);
        self.nulls.append_n_nulls(missing);
    }

    /// Drops all rows from `rows` on, and bytes that belong to no row.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.offsets.truncate(rows + 1);
        self.nulls.truncate(rows);
        self.bytes.truncate(self.offsets[self.len()].as_usize());
        if self.bytes.capacity() > KEPT_BYTES {
            self.bytes.shrink_to(KEPT_BYTES);
        }
    }

    pub(crate) fn finish(&mut self) -> ArrayRef {
        Arc::new(self.finish_text())
    }

    fn finish_text(&mut self) -> GenericStringArray<O> {
        let mut next = Vec::with_capacity(self.offsets.len());
        next.push(O::usize_as(0));
        let offsets = std::mem::replace(&mut self.offsets, next);
        let next = Vec::with_capacity(self.bytes.len().min(KEPT_BYTES));
        let bytes = std::mem::replace(&mut self.bytes, next);
        let nulls = self.nulls.finish();
        debug_assert!(std::str::from_utf8(&bytes).is_ok());
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        #[expect(unsafe_code, reason = "the bytes are UTF-8 by construction")]
        // SAFETY: `OffsetBuffer::new` checked that the offsets are monotone, and their last is the
        // length of `bytes`. The bytes between two offsets are UTF-8: every byte comes from a line
        // that `BlockDecoder` validated before walking it, copied between two ASCII bytes (quotes,
        // escapes, or the delimiters of a value), or is the UTF-8 encoding of an escape.
        let array = unsafe {
            GenericStringArray::<O>::new_unchecked(offsets, Buffer::from_vec(bytes), nulls)
        };
        array
    }
}

/// Most room that is kept for the next batch: a line may have needed far more.
const KEPT_BYTES: usize = 4 << 20;
