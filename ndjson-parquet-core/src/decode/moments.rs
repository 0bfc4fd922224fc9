//! Timestamp columns whose values are written in a notation of their own: numbers since 1970, or
//! strings in a format of the user's.

use arrow_array::ArrayRef;
use arrow_schema::TimeUnit;

use super::temporal::TimestampColumn;
use crate::json::number::Number;
use crate::json::temporal::is_in_range;
use crate::json::time_format::TimeFormat;
use crate::schema::digits_of_second;

/// A timestamp column and how its values are written.
#[derive(Debug)]
pub(crate) struct MomentColumn {
    pub(crate) values: TimestampColumn,
    pub(crate) notation: MomentNotation,
}

/// How a moment is written.
#[derive(Clone, Debug)]
pub(crate) enum MomentNotation {
    /// As a number of this unit since 1970-01-01 00:00 UTC.
    Epoch(TimeUnit),
    /// As a string of this format.
    Format(TimeFormat),
}

impl MomentColumn {
    /// Appends a number as row `row`, if that is the notation, the number is one of the years 1 to
    /// 9999 and (without `truncate`) not finer than the column's unit.
    pub(crate) fn push_number(
        &mut self,
        row: usize,
        number: &Number,
        truncate: bool,
    ) -> Option<()> {
        let MomentNotation::Epoch(unit) = self.notation else { return None };
        let shift = digits_of_second(self.values.unit()) - digits_of_second(unit);
        let value = number.to_scaled_i64(shift, truncate)?;
        let units_of_second = 10_i64.pow(digits_of_second(self.values.unit()) as u32);
        is_in_range(value.div_euclid(units_of_second)).then(|| self.values.push(row, value))
    }

    /// Appends a string as row `row`, if that is the notation and the column has a place for its
    /// moment.
    pub(crate) fn push_text(&mut self, row: usize, text: &[u8], truncate: bool) -> Option<()> {
        let MomentNotation::Format(format) = &self.notation else { return None };
        let value = self.values.value_of(&format.read(text)?, truncate)?;
        self.values.push(row, value);
        Some(())
    }

    pub(crate) fn pad(&mut self, rows: usize) {
        self.values.pad(rows);
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
    }

    pub(crate) fn finish(&mut self) -> ArrayRef {
        self.values.finish()
    }
}
