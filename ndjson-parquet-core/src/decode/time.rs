//! Columns of times of day, in any unit.

use std::sync::Arc;

use arrow_array::types::{
    Int64Type, Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType,
};
use arrow_array::{ArrayRef, PrimitiveArray};
use arrow_schema::{DataType, TimeUnit};

use super::primitive::PrimitiveColumn;

/// Values and validity of a time column.
///
/// Memory: 8 bytes a row, and 8 bytes a run of nulls.
#[derive(Debug)]
pub(crate) struct TimeColumn {
    values: PrimitiveColumn<Int64Type>,
    unit: TimeUnit,
}

impl TimeColumn {
    pub(crate) fn new(unit: TimeUnit) -> Self {
        Self { values: PrimitiveColumn::new(DataType::Int64), unit }
    }

    pub(crate) fn data_type(&self) -> DataType {
        match self.unit {
            TimeUnit::Second | TimeUnit::Millisecond => DataType::Time32(self.unit),
            TimeUnit::Microsecond | TimeUnit::Nanosecond => DataType::Time64(self.unit),
        }
    }

    /// Appends a time of day in nanoseconds as row `row`, unless (without `truncate`) it is finer than
    /// the unit.
    pub(crate) fn push_nanos(&mut self, row: usize, nanos: i64, truncate: bool) -> Option<()> {
        let nanos_each = match self.unit {
            TimeUnit::Second => 1_000_000_000,
            TimeUnit::Millisecond => 1_000_000,
            TimeUnit::Microsecond => 1_000,
            TimeUnit::Nanosecond => 1,
        };
        let fits = truncate || nanos % nanos_each == 0;
        fits.then(|| self.values.push(row, nanos / nanos_each))
    }

    pub(crate) fn pad(&mut self, rows: usize) {
        self.values.pad(rows);
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
    }

    pub(crate) fn finish(&mut self) -> ArrayRef {
        let values = self.values.finish_values();
        // A day has fewer milliseconds than 32 bits hold.
        let narrow = |value| value as i32;
        match self.unit {
            TimeUnit::Second => {
                let values: PrimitiveArray<Time32SecondType> = values.unary(narrow);
                Arc::new(values)
            }
            TimeUnit::Millisecond => {
                let values: PrimitiveArray<Time32MillisecondType> = values.unary(narrow);
                Arc::new(values)
            }
            TimeUnit::Microsecond => Arc::new(values.reinterpret_cast::<Time64MicrosecondType>()),
            TimeUnit::Nanosecond => Arc::new(values.reinterpret_cast::<Time64NanosecondType>()),
        }
    }
}
