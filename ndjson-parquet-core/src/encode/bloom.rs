//! The Bloom filter of a column chunk, which the Parquet library keeps and stores.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrowPrimitiveType};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, TimeUnit};
use parquet::bloom_filter::Sbbf;
use parquet::data_type::AsBytes;
use parquet::schema::types::ColumnDescriptor;

use super::column_options::BloomFilter;
use super::parquet_error;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::format_type;

/// The filter of the chunk that is being written. Memory: 1.2 MB for each million values at the default
/// `fpp`, from the beginning.
pub(super) struct ChunkFilter {
    filter: Sbbf,
    options: BloomFilter,
    /// Bytes of each value, for decimals that have neither 4 nor 8.
    width: Option<usize>,
}

impl ChunkFilter {
    /// For a chunk of at most `rows` rows.
    pub(super) fn new(options: BloomFilter, rows: u64, column: &ColumnDescriptor) -> Result<Self> {
        let most = rows.min(MOST_ROWS);
        let ndv = options.ndv().map_or(most, |ndv| ndv.min(most));
        let filter = Sbbf::new_with_ndv_fpp(ndv, options.fpp())
            .map_err(|error| parquet_error("no Bloom filter can be made", error))?;
        let width = match column.physical_type() {
            parquet::basic::Type::FIXED_LEN_BYTE_ARRAY => Some(column.type_length() as usize),
            _ => None,
        };
        Ok(Self { filter, options, width })
    }

    /// Fails for columns whose values no filter can have.
    pub(super) fn check(path: &str, data_type: &DataType) -> Result<()> {
        if !matches!(data_type, DataType::Boolean | DataType::Decimal256(..)) {
            return Ok(());
        }
        let message = format!(
            "column `{path}`: expected a type that can have a Bloom filter, found {}",
            format_type(data_type)
        );
        Err(Error::new(ErrorKind::Schema, message))
    }

    pub(super) fn memory_size(&self) -> usize {
        self.filter.num_blocks() * BLOCK_BYTES
    }

    /// Adds those values of `slots` that are present, as they are stored.
    pub(super) fn add(
        &mut self,
        array: &dyn Array,
        validity: Option<&NullBuffer>,
        slots: Range<usize>,
    ) {
        use DataType::*;
        let present = slots.filter(|slot| validity.is_none_or(|validity| validity.is_valid(*slot)));
        match array.data_type() {
            Int8 => self.numbers::<Int8Type, i32>(array, present, i32::from),
            Int16 => self.numbers::<Int16Type, i32>(array, present, i32::from),
            Int32 => self.numbers::<Int32Type, i32>(array, present, |value| value),
            Date32 => self.numbers::<Date32Type, i32>(array, present, |value| value),
            UInt8 => self.numbers::<UInt8Type, i32>(array, present, i32::from),
            UInt16 => self.numbers::<UInt16Type, i32>(array, present, i32::from),
            UInt32 => self.numbers::<UInt32Type, i32>(array, present, |value| value as i32),
            Int64 => self.numbers::<Int64Type, i64>(array, present, |value| value),
            UInt64 => self.numbers::<UInt64Type, i64>(array, present, |value| value as i64),
            Float32 => self.numbers::<Float32Type, f32>(array, present, |value| value),
            Float64 => self.numbers::<Float64Type, f64>(array, present, |value| value),
            Time32(TimeUnit::Second) => {
                self.numbers::<Time32SecondType, i32>(array, present, |value| value);
            }
            Time32(_) => self.numbers::<Time32MillisecondType, i32>(array, present, |value| value),
            Time64(TimeUnit::Microsecond) => {
                self.numbers::<Time64MicrosecondType, i64>(array, present, |value| value);
            }
            Time64(_) => self.numbers::<Time64NanosecondType, i64>(array, present, |value| value),
            Binary => {
                let array = array.as_binary::<i32>();
                present.for_each(|slot| self.filter.insert(array.value(slot)));
            }
            Timestamp(unit, _) => self.timestamps(*unit, array, present),
            Decimal128(precision, _) => self.decimals(*precision, array, present),
            Utf8 => {
                let array = array.as_string::<i32>();
                present.for_each(|slot| self.filter.insert(array.value(slot)));
            }
            LargeUtf8 => {
                let array = array.as_string::<i64>();
                present.for_each(|slot| self.filter.insert(array.value(slot)));
            }
            Utf8View => {
                let array = array.as_string_view();
                present.for_each(|slot| self.filter.insert(array.value(slot)));
            }
            // Refused by `check`, or by the encoder of the column.
            _ => {}
        }
    }

    fn numbers<T: ArrowPrimitiveType, S: AsBytes>(
        &mut self,
        array: &dyn Array,
        present: impl Iterator<Item = usize>,
        stored: impl Fn(T::Native) -> S,
    ) {
        let values = array.as_primitive::<T>().values();
        present.for_each(|slot| self.filter.insert(&stored(values[slot])));
    }

    fn timestamps(
        &mut self,
        unit: TimeUnit,
        array: &dyn Array,
        present: impl Iterator<Item = usize>,
    ) {
        let same = |value: i64| value;
        match unit {
            TimeUnit::Second => self.numbers::<TimestampSecondType, _>(array, present, same),
            TimeUnit::Millisecond => {
                self.numbers::<TimestampMillisecondType, _>(array, present, same);
            }
            TimeUnit::Microsecond => {
                self.numbers::<TimestampMicrosecondType, _>(array, present, same);
            }
            TimeUnit::Nanosecond => {
                self.numbers::<TimestampNanosecondType, _>(array, present, same);
            }
        }
    }

    fn decimals(&mut self, precision: u8, array: &dyn Array, present: impl Iterator<Item = usize>) {
        match self.width {
            Some(width) => {
                let values = array.as_primitive::<Decimal128Type>().values();
                let begin = size_of::<i128>() - width;
                present.for_each(|slot| {
                    self.filter.insert(&values[slot].to_be_bytes()[begin..]);
                });
            }
            // The most digits that 32 bits hold, as the Parquet library has it.
            None if precision <= 9 => {
                self.numbers::<Decimal128Type, _>(array, present, |value| value as i32);
            }
            None => self.numbers::<Decimal128Type, _>(array, present, |value| value as i64),
        }
    }

    /// The finished filter: no larger than it must be, where its size was not given.
    pub(super) fn finish(mut self) -> Sbbf {
        if self.options.ndv().is_none() {
            self.filter.fold_to_target_fpp(self.options.fpp());
        }
        self.filter
    }
}

/// Bytes of a block, by the format.
const BLOCK_BYTES: usize = 32;
/// Rows of a row group, unless more are asked for, which then share the filter.
const MOST_ROWS: u64 = super::options::DEFAULT_ROW_GROUP_ROWS;
