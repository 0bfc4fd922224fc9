//! Numbers, dates, times, timestamps and decimals: values of one width.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hash};
use std::ops::Range;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_buffer::{NullBuffer, i256};
use arrow_schema::{DataType, TimeUnit};
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use parquet::basic::Encoding;

use super::super::bounds::{Bound, Bounds};
use super::indices::Indices;
use super::{PageValues, RawPage, Values, for_each_present, wrong_type};
use crate::error::Result;

/// A value as Parquet stores it.
pub(crate) trait Native: Bound + Copy + Send {
    /// Bytes in the plain encoding.
    const BYTES: usize;

    /// The values of `slots`; of those that are null, anything.
    fn values(array: &dyn Array, slots: Range<usize>) -> Option<Cow<'_, [Self]>>;

    /// Writes the value to `out`, which has as many bytes as the encoding.
    fn write(self, out: &mut [u8]);

    /// What tells values of a dictionary apart.
    type Bits: Copy + Eq + Hash;

    fn bits(self) -> Self::Bits;

    /// Whether the value has a place in the order of the column.
    fn is_ordered(self) -> bool {
        true
    }
}

/// The values of one column chunk after the other. `width` is the number of bytes of each in the file.
pub(crate) struct Fixed<N> {
    width: usize,
    plain: Vec<u8>,
    /// Those values of the batch that are present, where not all are.
    present: Vec<N>,
    bounds: Option<Bounds<N>>,
    dictionary: Option<Dictionary<N>>,
    adds_to_dictionary: bool,
}

struct Dictionary<N> {
    values: Vec<N>,
    table: HashTable<u32>,
    /// With seeds of its own, so that nobody can write numbers that all meet in one place. Indices are
    /// given in the order of appearance, so the file does not depend on it.
    hasher: RandomState,
    indices: Indices,
}

impl<N: Native> Fixed<N> {
    pub(crate) fn new(width: usize) -> Self {
        Self {
            width,
            plain: Vec::new(),
            present: Vec::new(),
            bounds: None,
            dictionary: None,
            adds_to_dictionary: false,
        }
    }

    fn append_present(&mut self, values: &[N]) {
        self.bound(values);
        match &mut self.dictionary {
            Some(dictionary) if self.adds_to_dictionary => dictionary.append(values),
            _ => write_plain(values, self.width, &mut self.plain),
        }
    }

    fn bound(&mut self, values: &[N]) {
        let Some(first) = values.iter().find(|value| value.is_ordered()) else { return };
        let bounds = self.bounds.get_or_insert(Bounds { min: *first, max: *first });
        let (mut min, mut max) = (bounds.min, bounds.max);
        for value in values {
            // A value without order is neither less nor more than any other.
            min = if value.is_less(&min) { *value } else { min };
            max = if max.is_less(value) { *value } else { max };
        }
        *bounds = Bounds { min, max };
    }
}

fn write_plain<N: Native>(values: &[N], width: usize, out: &mut Vec<u8>) {
    let begin = out.len();
    out.resize(begin + values.len() * width, 0);
    if width == N::BYTES {
        let places = out[begin..].chunks_exact_mut(N::BYTES);
        places.zip(values).for_each(|(place, value)| value.write(place));
    } else {
        let places = out[begin..].chunks_exact_mut(width);
        places.zip(values).for_each(|(place, value)| value.write(place));
    }
}

impl<N: Native> Dictionary<N> {
    fn append(&mut self, values: &[N]) {
        let Self { values: known, table, hasher, indices } = self;
        indices.reserve(values.len());
        // The last value, which often comes again.
        let mut last = indices.last().map(|index| (known[index as usize].bits(), index));
        for value in values {
            let bits = value.bits();
            let index = match last {
                Some((last, index)) if last == bits => index,
                _ => {
                    let hash = hasher.hash_one(bits);
                    let found = table.find(hash, |index| known[*index as usize].bits() == bits);
                    found.copied().unwrap_or_else(|| {
                        let index = known.len() as u32;
                        known.push(*value);
                        table.insert_unique(hash, index, |index| {
                            hasher.hash_one(known[*index as usize].bits())
                        });
                        index
                    })
                }
            };
            last = Some((bits, index));
            indices.push(index);
        }
    }
}

impl<N: Native> Values for Fixed<N> {
    type Bound = N;

    fn begin(&mut self, dictionary: bool) {
        let new = || Dictionary {
            values: Vec::new(),
            table: HashTable::new(),
            hasher: RandomState::default(),
            indices: Indices::default(),
        };
        self.dictionary = dictionary.then(new);
        self.adds_to_dictionary = dictionary;
    }

    fn plain_bytes(&self, _array: &dyn Array, _slots: Range<usize>, present: usize) -> usize {
        present * self.width
    }

    fn append(
        &mut self,
        array: &dyn Array,
        validity: Option<&NullBuffer>,
        slots: Range<usize>,
    ) -> Result<usize> {
        let begin = slots.start;
        let values = N::values(array, slots.clone()).ok_or_else(|| wrong_type(array))?;
        if validity.is_none() {
            self.append_present(&values);
            return Ok(slots.len());
        }
        let mut present = std::mem::take(&mut self.present);
        present.clear();
        present.reserve(slots.len());
        let count = for_each_present(validity, slots, |slot| present.push(values[slot - begin]));
        self.append_present(&present);
        self.present = present;
        Ok(count)
    }

    fn page_bytes(&self) -> usize {
        let indices = self
            .dictionary
            .as_ref()
            .map_or(0, |dictionary| dictionary.indices.page_bytes(dictionary.values.len()));
        self.plain.len() + indices
    }

    fn finish_page(&mut self, page: &mut RawPage) -> PageValues<N> {
        let encoding = match &mut self.dictionary {
            Some(dictionary) if self.adds_to_dictionary => {
                dictionary.indices.finish_page(dictionary.values.len(), &mut page.head);
                Encoding::RLE_DICTIONARY
            }
            _ => {
                std::mem::swap(&mut self.plain, &mut page.values);
                Encoding::PLAIN
            }
        };
        PageValues { encoding, bounds: self.bounds.take(), text_bytes: None }
    }

    fn dictionary_bytes(&self) -> Option<usize> {
        let open = self.dictionary.as_ref().filter(|_| self.adds_to_dictionary);
        open.map(|dictionary| dictionary.values.len() * self.width)
    }

    fn give_up_dictionary(&mut self) {
        self.adds_to_dictionary = false;
        if let Some(dictionary) = &mut self.dictionary {
            dictionary.table = HashTable::new();
        }
    }

    fn finish_dictionary(&mut self, page: &mut RawPage) -> Option<usize> {
        let dictionary = self.dictionary.take().filter(|found| found.indices.are_used())?;
        write_plain(&dictionary.values, self.width, &mut page.values);
        Some(dictionary.values.len())
    }

    fn memory_size(&self) -> usize {
        let dictionary = self.dictionary.as_ref().map_or(0, |dictionary| {
            dictionary.values.len() * (size_of::<N>() + size_of::<u32>())
                + dictionary.indices.memory_size()
        });
        self.plain.len() + dictionary
    }
}

/// The values of an array of type `T` in another width.
fn converted<T: ArrowPrimitiveType, N: Clone>(
    array: &dyn Array,
    slots: Range<usize>,
    convert: impl Fn(T::Native) -> N,
) -> Option<Cow<'_, [N]>> {
    let values = &array.as_primitive_opt::<T>()?.values()[slots];
    Some(Cow::Owned(values.iter().map(|value| convert(*value)).collect()))
}

fn borrowed<T: ArrowPrimitiveType>(
    array: &dyn Array,
    slots: Range<usize>,
) -> Option<Cow<'_, [T::Native]>> {
    Some(Cow::Borrowed(&array.as_primitive_opt::<T>()?.values()[slots]))
}

macro_rules! integer {
    ($native:ty, |$array:ident, $slots:ident| $values:expr) => {
        impl Bound for $native {
            fn is_less(&self, other: &Self) -> bool {
                self < other
            }

            fn lower(&self) -> (Vec<u8>, bool) {
                (self.to_le_bytes().to_vec(), true)
            }

            fn upper(&self) -> Option<(Vec<u8>, bool)> {
                Some(self.lower())
            }
        }

        impl Native for $native {
            const BYTES: usize = size_of::<Self>();

            fn values($array: &dyn Array, $slots: Range<usize>) -> Option<Cow<'_, [Self]>> {
                $values
            }

            fn write(self, out: &mut [u8]) {
                out.copy_from_slice(&self.to_le_bytes());
            }

            type Bits = u64;

            fn bits(self) -> u64 {
                self as u64
            }
        }
    };
}

integer!(i32, |array, slots| match array.data_type() {
    DataType::Int8 => converted::<Int8Type, _>(array, slots, i32::from),
    DataType::Int16 => converted::<Int16Type, _>(array, slots, i32::from),
    DataType::Date32 => borrowed::<Date32Type>(array, slots),
    DataType::Time32(TimeUnit::Second) => borrowed::<Time32SecondType>(array, slots),
    DataType::Time32(_) => borrowed::<Time32MillisecondType>(array, slots),
    // Its precision is at most 9.
    DataType::Decimal128(..) => converted::<Decimal128Type, _>(array, slots, |value| value as i32),
    DataType::Decimal256(..) => {
        converted::<Decimal256Type, _>(array, slots, |value| value.as_i128() as i32)
    }
    _ => borrowed::<Int32Type>(array, slots),
});

integer!(u32, |array, slots| match array.data_type() {
    DataType::UInt8 => converted::<UInt8Type, _>(array, slots, u32::from),
    DataType::UInt16 => converted::<UInt16Type, _>(array, slots, u32::from),
    _ => borrowed::<UInt32Type>(array, slots),
});

integer!(i64, |array, slots| match array.data_type() {
    DataType::Timestamp(TimeUnit::Second, _) => borrowed::<TimestampSecondType>(array, slots),
    DataType::Timestamp(TimeUnit::Millisecond, _) =>
        borrowed::<TimestampMillisecondType>(array, slots),
    DataType::Timestamp(TimeUnit::Microsecond, _) =>
        borrowed::<TimestampMicrosecondType>(array, slots),
    DataType::Timestamp(TimeUnit::Nanosecond, _) =>
        borrowed::<TimestampNanosecondType>(array, slots),
    DataType::Time64(TimeUnit::Microsecond) => borrowed::<Time64MicrosecondType>(array, slots),
    DataType::Time64(_) => borrowed::<Time64NanosecondType>(array, slots),
    // Its precision is at most 18.
    DataType::Decimal128(..) => converted::<Decimal128Type, _>(array, slots, |value| value as i64),
    DataType::Decimal256(..) => {
        converted::<Decimal256Type, _>(array, slots, |value| value.as_i128() as i64)
    }
    _ => borrowed::<Int64Type>(array, slots),
});

integer!(u64, |array, slots| borrowed::<UInt64Type>(array, slots));

macro_rules! float {
    ($native:ty, $arrow:ty) => {
        impl Bound for $native {
            fn is_less(&self, other: &Self) -> bool {
                self < other
            }

            /// Of the two zeros the lesser, since readers may tell them apart or not.
            fn lower(&self) -> (Vec<u8>, bool) {
                let value = if *self == 0.0 { -0.0 } else { *self };
                (value.to_le_bytes().to_vec(), true)
            }

            /// Of the two zeros the greater.
            fn upper(&self) -> Option<(Vec<u8>, bool)> {
                let value = if *self == 0.0 { 0.0 } else { *self };
                Some((value.to_le_bytes().to_vec(), true))
            }
        }

        impl Native for $native {
            const BYTES: usize = size_of::<Self>();

            fn values(array: &dyn Array, slots: Range<usize>) -> Option<Cow<'_, [Self]>> {
                borrowed::<$arrow>(array, slots)
            }

            fn write(self, out: &mut [u8]) {
                out.copy_from_slice(&self.to_le_bytes());
            }

            type Bits = u64;

            fn bits(self) -> u64 {
                u64::from(self.to_bits())
            }

            fn is_ordered(self) -> bool {
                !self.is_nan()
            }
        }
    };
}

float!(f32, Float32Type);
float!(f64, Float64Type);

/// A decimal of more than 18 digits, which Parquet stores from the highest byte on, in as many
/// bytes as the precision asks for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct WideDecimal(i128);

impl Bound for WideDecimal {
    fn is_less(&self, other: &Self) -> bool {
        self.0 < other.0
    }

    /// All 16 bytes; [`super::super::pages`] keeps as many as the column has.
    fn lower(&self) -> (Vec<u8>, bool) {
        (self.0.to_be_bytes().to_vec(), true)
    }

    fn upper(&self) -> Option<(Vec<u8>, bool)> {
        Some(self.lower())
    }
}

impl Native for WideDecimal {
    const BYTES: usize = size_of::<i128>();

    fn values(array: &dyn Array, slots: Range<usize>) -> Option<Cow<'_, [Self]>> {
        converted::<Decimal128Type, _>(array, slots, WideDecimal)
    }

    fn write(self, out: &mut [u8]) {
        let bytes = self.0.to_be_bytes();
        out.copy_from_slice(&bytes[bytes.len() - out.len()..]);
    }

    type Bits = u128;

    fn bits(self) -> u128 {
        self.0 as u128
    }
}

/// A decimal of 256 bits and more than 18 digits, stored likewise.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct WidestDecimal(i256);

impl Bound for WidestDecimal {
    fn is_less(&self, other: &Self) -> bool {
        self.0 < other.0
    }

    fn lower(&self) -> (Vec<u8>, bool) {
        (self.0.to_be_bytes().to_vec(), true)
    }

    fn upper(&self) -> Option<(Vec<u8>, bool)> {
        Some(self.lower())
    }
}

impl Native for WidestDecimal {
    const BYTES: usize = size_of::<i256>();

    fn values(array: &dyn Array, slots: Range<usize>) -> Option<Cow<'_, [Self]>> {
        converted::<Decimal256Type, _>(array, slots, WidestDecimal)
    }

    fn write(self, out: &mut [u8]) {
        let bytes = self.0.to_be_bytes();
        out.copy_from_slice(&bytes[bytes.len() - out.len()..]);
    }

    type Bits = i256;

    fn bits(self) -> i256 {
        self.0
    }
}
