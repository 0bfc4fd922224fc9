//! Columns of fixed width: numbers, dates, timestamps, decimals, booleans.
//!
//! Nulls are padded lazily: a column may be shorter than the rows decoded so far, and whoever
//! appends to it fills the gap first. Absent fields therefore cost nothing.

use std::sync::Arc;

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{ArrayRef, BooleanArray, PrimitiveArray};
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType;

use super::nulls::Nulls;

/// Values and validity of a column of numbers.
///
/// Memory: the width of the type a row, and 8 bytes a run of nulls.
#[derive(Debug)]
pub(crate) struct PrimitiveColumn<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    nulls: Nulls,
    data_type: DataType,
}

impl<T: ArrowPrimitiveType> PrimitiveColumn<T> {
    pub(crate) fn new(data_type: DataType) -> Self {
        Self { values: Vec::new(), nulls: Nulls::default(), data_type }
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, row: usize, value: T::Native) {
        if self.values.len() < row {
            self.pad(row);
        }
        self.values.push(value);
    }

    /// Appends nulls until there are `rows` rows.
    #[inline(never)]
    pub(crate) fn pad(&mut self, rows: usize) {
        let length = self.values.len();
        if length < rows {
            self.values.resize(rows, T::Native::default());
            self.nulls.append(length, rows);
        }
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.nulls.truncate(rows);
    }

    /// The column as an array; the column is empty afterwards, with room for as many rows again.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        Arc::new(self.finish_values())
    }

    pub(crate) fn finish_values(&mut self) -> PrimitiveArray<T> {
        let rows = self.values.len();
        let next = Vec::with_capacity(room_for_next(rows));
        let values = std::mem::replace(&mut self.values, next);
        let array = PrimitiveArray::<T>::new(values.into(), self.nulls.finish(rows));
        array.with_data_type(self.data_type.clone())
    }
}

/// Values and validity of a column of booleans.
///
/// Memory: a byte a row, and 8 bytes a run of nulls.
#[derive(Debug)]
pub(crate) struct BooleanColumn {
    /// Packed to bits when the column is finished.
    values: Vec<bool>,
    nulls: Nulls,
}

impl BooleanColumn {
    pub(crate) fn new() -> Self {
        Self { values: Vec::new(), nulls: Nulls::default() }
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, row: usize, value: bool) {
        if self.values.len() < row {
            self.pad(row);
        }
        self.values.push(value);
    }

    #[inline(never)]
    pub(crate) fn pad(&mut self, rows: usize) {
        let length = self.values.len();
        if length < rows {
            self.values.resize(rows, false);
            self.nulls.append(length, rows);
        }
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.nulls.truncate(rows);
    }

    pub(crate) fn finish(&mut self) -> ArrayRef {
        let nulls = self.nulls.finish(self.values.len());
        let values = BooleanBuffer::from(self.values.as_slice());
        self.values.clear();
        Arc::new(BooleanArray::new(values, nulls))
    }
}

/// Room for a batch like the last one, of which `length` items were used. A little more than that,
/// because half of the batches are longer than the one before, and growing copies all of it.
pub(super) fn room_for_next(length: usize) -> usize {
    length + length / 8
}
