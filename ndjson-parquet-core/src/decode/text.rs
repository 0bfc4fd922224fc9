//! Columns of text: offsets or views over one buffer of bytes.
//!
//! `unsafe` lives here for one reason: the bytes are known to be UTF-8, and checking them again in
//! every array costs a pass. See docs/unsafe.md.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, GenericStringArray, OffsetSizeTrait, StringViewArray,
};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};

use super::nulls::Nulls;
use super::primitive::room_for_next;

/// Offsets, bytes and validity of a Utf8 or LargeUtf8 column.
///
/// Memory: the text, 4 or 8 bytes a row, and 8 bytes a run of nulls.
#[derive(Debug)]
pub(crate) struct TextColumn<O: OffsetSizeTrait> {
    offsets: Vec<O>,
    bytes: Vec<u8>,
    nulls: Nulls,
}

impl TextColumn<i32> {
    /// The column as a Utf8View array over the same bytes.
    pub(crate) fn finish_view(&mut self) -> ArrayRef {
        Arc::new(StringViewArray::from(&self.finish_text()))
    }

    /// The column as a dictionary of its distinct strings, in the order in which they came first.
    pub(crate) fn finish_dictionary(&mut self) -> ArrayRef {
        Arc::new(self.finish_text().iter().collect::<DictionaryArray<Int32Type>>())
    }
}

impl<O: OffsetSizeTrait> TextColumn<O> {
    pub(crate) fn new() -> Self {
        Self { offsets: vec![O::usize_as(0)], bytes: Vec::new(), nulls: Nulls::default() }
    }

    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Begins row `row`: its bytes are to be appended to what this gives, then [`Self::end`] ends it.
    ///
    /// Without an end the row is not there; the caller rolls the line back, which truncates the
    /// bytes that were left. Two calls, and no closure that copies the string, because a closure is
    /// compiled for no instruction set: every intrinsic in it became a call, at four times the cost.
    #[inline(always)]
    pub(crate) fn begin(&mut self, row: usize) -> &mut Vec<u8> {
        if self.len() < row {
            self.pad(row);
        }
        &mut self.bytes
    }

    /// Ends the row begun.
    #[inline(always)]
    pub(crate) fn end(&mut self) {
        // Batches hold far less than 2 GiB of text: `MAX_BATCH_BYTES` bounds them.
        self.offsets.push(O::usize_as(self.bytes.len()));
    }

    #[inline(never)]
    pub(crate) fn pad(&mut self, rows: usize) {
        let length = self.len();
        if length < rows {
            let end = self.offsets[length];
            self.offsets.resize(rows + 1, end);
            self.nulls.append(length, rows);
        }
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
        let mut next = Vec::with_capacity(room_for_next(self.offsets.len()));
        next.push(O::usize_as(0));
        let offsets = std::mem::replace(&mut self.offsets, next);
        let next = Vec::with_capacity(room_for_next(self.bytes.len()));
        let bytes = std::mem::replace(&mut self.bytes, next);
        let nulls = self.nulls.finish(offsets.len() - 1);
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
