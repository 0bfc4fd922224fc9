//! Columns of fixed width: numbers, dates, timestamps, decimals, booleans.
//!
//! Nulls are padded lazily: a column may be shorter than the rows decoded so far, and whoever
//! appends to it fills the gap first. Absent fields therefore cost nothing.

use std::sync::Arc;

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{ArrayRef, BooleanArray, PrimitiveArray};
use arrow_buffer::{BooleanBufferBuilder, NullBufferBuilder};
use arrow_schema::DataType;

/// Values and validity of a column of numbers.
///
/// Memory: the width of the type a row, and a bit a row once there is a null.
#[derive(Debug)]
pub(crate) struct PrimitiveColumn<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    nulls: NullBufferBuilder,
    data_type: DataType,
}

impl<T: ArrowPrimitiveType> PrimitiveColumn<T> {
    pub(crate) fn new(data_type: DataType) -> Self {
        Self { values: Vec::new(), nulls: NullBufferBuilder::new(0), data_type }
    }

    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, row: usize, value: T::Native) {
        if self.values.len() < row {
            self.pad(row);
        }
        self.values.push(value);
        self.nulls.append_non_null();
    }

    /// Appends nulls until there are `rows` rows.
    #[inline(never)]
    pub(crate) fn pad(&mut self, rows: usize) {
        let missing = rows.saturating_sub(self.values.len());
        self.values.resize(self.values.len() + missing, T::Native::default());
        self.nulls.append_n_nulls(missing);
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
        let next = Vec::with_capacity(room_for_next(self.values.len()));
        let values = std::mem::replace(&mut self.values, next);
        let array = PrimitiveArray::<T>::new(values.into(), self.nulls.finish());
        array.with_data_type(self.data_type.clone())
    }
}

/// Values and validity of a column of booleans.
///
/// Memory: two bits a row.
#[derive(Debug)]
pub(crate) struct BooleanColumn {
    values: BooleanBufferBuilder,
    nulls: NullBufferBuilder,
}

impl BooleanColumn {
    pub(crate) fn new() -> Self {
        Self { values: BooleanBufferBuilder::new(0), nulls: NullBufferBuilder::new(0) }
    }

    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, row: usize, value: bool) {
        self.pad(row);
        self.values.append(value);
        self.nulls.append_non_null();
    }

    pub(crate) fn pad(&mut self, rows: usize) {
        let missing = rows.saturating_sub(self.values.len());
        if missing > 0 {
            self.values.append_n(missing, false);
            self.nulls.append_n_nulls(missing);
        }
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows.min(self.values.len()));
        self.nulls.truncate(rows);
    }

    pub(crate) fn finish(&mut self) -> ArrayRef {
        Arc::new(BooleanArray::new(self.values.finish(), self.nulls.finish()))
    }
}

/// Room for a batch like the last one, of which `length` items were used. A little more than that,
/// because half of the batches are longer than the one before, and growing copies all of it.
pub(super) fn room_for_next(length: usize) -> usize {
    length + length / 8
}
