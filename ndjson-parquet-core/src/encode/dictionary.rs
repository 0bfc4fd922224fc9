//! Decides from a sample which leaf columns get a dictionary.
//!
//! A dictionary of values that hardly repeat costs time for each of them until it is full, and is
//! then useless in the file. Deciding first was measured to save a factor of 1.0 to 3.0 in time at
//! zstd:1, and mostly space too. A function of the sampled values only, so that output does not
//! depend on threads.

use std::hash::BuildHasher;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::options::DictionaryPolicy;
use super::shred::{Leaf, shred};
use crate::error::Result;

/// Rows that make a full sample, and values that are looked at in each leaf column.
pub(super) const SAMPLE_VALUES: usize = 4096;

/// What is asked of one leaf column.
pub(super) struct Candidate<'a> {
    pub(super) data_type: &'a DataType,
    pub(super) policy: DictionaryPolicy,
    /// Whether a codec will find the repetitions that a dictionary leaves.
    pub(super) compressed: bool,
}

/// For each leaf column, in the order of Parquet's columns, whether it gets a dictionary.
pub(super) fn choose_dictionaries(
    leaves: &[Candidate<'_>],
    sample: &[RecordBatch],
) -> Result<Vec<bool>> {
    let repeats_always = |leaf: &Candidate<'_>| match leaf.policy {
        DictionaryPolicy::Adaptive => None,
        DictionaryPolicy::Always => Some(may_repeat(leaf.data_type)),
        DictionaryPolicy::Never => Some(false),
    };
    if let Some(chosen) = leaves.iter().map(repeats_always).collect() {
        return Ok(chosen);
    }
    let batches = sample.iter().map(shred).collect::<Result<Vec<_>>>()?;
    // One table serves all columns in turn.
    let mut distinct = HashTable::with_capacity(SAMPLE_VALUES);
    let choose = |(index, leaf): (usize, &Candidate<'_>)| {
        if let Some(chosen) = repeats_always(leaf) {
            return chosen;
        }
        let data_type = leaf.data_type;
        let most_distinct = most_distinct(data_type, leaf.compressed);
        let mut column = ColumnSample { most_distinct, values: 0, distinct: &mut distinct };
        may_repeat(data_type) && column.repeats(batches.iter().map(|leaves| &leaves[index]))
    };
    Ok(leaves.iter().enumerate().map(choose).collect())
}

/// Whether a column of this type can have a dictionary; booleans are indices already.
fn may_repeat(data_type: &DataType) -> bool {
    *data_type != DataType::Boolean
}

struct ColumnSample<'a> {
    /// Percentage of distinct values up to which the column gets a dictionary.
    most_distinct: usize,
    values: usize,
    /// Hashes.
    distinct: &'a mut HashTable<u64>,
}

impl ColumnSample<'_> {
    fn repeats<'a>(&mut self, leaves: impl Iterator<Item = &'a Leaf>) -> bool {
        self.distinct.clear();
        leaves.for_each(|leaf| self.add(leaf));
        self.distinct.len() * 100 <= self.values * self.most_distinct
    }

    /// Whether more values are not going to change the decision: after a quarter of a full sample for
    /// a dictionary, because the share of distinct values falls as there are more of them, and after
    /// half of it against one. A full sample of every column took 16 % of the instructions of `wide`,
    /// uncompressed, and decided the same.
    fn is_decided(&self) -> bool {
        let distinct = self.distinct.len() * 100;
        match self.values {
            QUARTER => distinct <= QUARTER * self.most_distinct / 2,
            HALF => distinct >= HALF * CLEARLY_DISTINCT,
            SAMPLE_VALUES => true,
            // More distinct values than this are too many even in a full sample.
            _ => distinct > SAMPLE_VALUES * self.most_distinct,
        }
    }

    /// Counts the leaf's values until the sample is full. Values are told apart by a 64-bit hash
    /// with a fixed seed; a collision among 4096 values has odds of 1 in 10^12 and costs nothing
    /// but a slightly different guess.
    fn add(&mut self, leaf: &Leaf) {
        let array = leaf.array.as_ref();
        match array.data_type() {
            DataType::Utf8 => {
                self.add_values(leaf, |i| array.as_string::<i32>().value(i).as_bytes())
            }
            DataType::LargeUtf8 => {
                self.add_values(leaf, |i| array.as_string::<i64>().value(i).as_bytes());
            }
            DataType::Binary => self.add_values(leaf, |i| array.as_binary::<i32>().value(i)),
            DataType::Utf8View => {
                self.add_values(leaf, |i| array.as_string_view().value(i).as_bytes());
            }
            other => {
                if let Some(width) = other.primitive_width() {
                    self.add_fixed_width(leaf, width);
                }
            }
        }
    }

    fn add_fixed_width(&mut self, leaf: &Leaf, width: usize) {
        let data = leaf.array.to_data();
        let Some(buffer) = data.buffers().first() else { return };
        let start = data.offset() * width;
        let bytes = buffer.as_slice();
        self.add_values(leaf, |i| &bytes[start + i * width..start + (i + 1) * width]);
    }

    fn add_values<'a>(&mut self, leaf: &Leaf, value: impl Fn(usize) -> &'a [u8]) {
        let hasher = FixedState::default();
        for i in 0..leaf.array.len() {
            if self.is_decided() {
                return;
            }
            if leaf.validity.as_ref().is_none_or(|validity| validity.is_valid(i)) {
                self.values += 1;
                let hash = hasher.hash_one(value(i));
                if self.distinct.find(hash, |other| *other == hash).is_none() {
                    self.distinct.insert_unique(hash, hash, |hash| *hash);
                }
            }
        }
    }
}

fn most_distinct(data_type: &DataType, compressed: bool) -> usize {
    match data_type {
        _ if !compressed => MOST_DISTINCT_UNCOMPRESSED,
        DataType::Float32 | DataType::Float64 => MOST_DISTINCT_FLOATS,
        _ => MOST_DISTINCT,
    }
}

const QUARTER: usize = SAMPLE_VALUES / 4;
const HALF: usize = SAMPLE_VALUES / 2;
/// Percentage of distinct values in half a sample from which on a full one has too many as well: with
/// 97 of 100, values drawn evenly come from more than 30,000.
const CLEARLY_DISTINCT: usize = 97;

/// Percentage of distinct values up to which a dictionary pays. Time was flat between 5 and 30;
/// 70 was slower by a third on numbers.
const MOST_DISTINCT: usize = 30;
/// The same without a codec, where nothing else removes repetitions: files of `github` were 2.5 %
/// smaller than with 30, in the same time; with 100 by 4 %, a quarter slower.
const MOST_DISTINCT_UNCOMPRESSED: usize = 75;
/// The same for floats, which compress badly as dictionary indices.
const MOST_DISTINCT_FLOATS: usize = 5;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::Int64Type;
    use arrow_array::{
        ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, StringArray, StructArray,
    };
    use arrow_buffer::NullBuffer;

    use super::*;

    fn choose(batch: &RecordBatch, policy: DictionaryPolicy, compressed: bool) -> Vec<bool> {
        fn leaves(data_type: &DataType) -> Vec<DataType> {
            match data_type {
                DataType::Struct(fields) => {
                    fields.iter().flat_map(|f| leaves(f.data_type())).collect()
                }
                DataType::List(item) => leaves(item.data_type()),
                other => vec![other.clone()],
            }
        }
        let types = leaves(&DataType::Struct(batch.schema_ref().fields().clone()));
        let leaves: Vec<_> =
            types.iter().map(|data_type| Candidate { data_type, policy, compressed }).collect();
        choose_dictionaries(&leaves, std::slice::from_ref(batch)).unwrap()
    }

    fn decide(columns: Vec<(&str, ArrayRef)>) -> Vec<bool> {
        decide_for(columns, true)
    }

    fn decide_for(columns: Vec<(&str, ArrayRef)>, compressed: bool) -> Vec<bool> {
        let columns = columns.into_iter().map(|(name, array)| (name, array, true));
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        choose(&batch, DictionaryPolicy::Adaptive, compressed)
    }

    fn ints(count: i64, distinct: i64) -> ArrayRef {
        Arc::new(Int64Array::from_iter_values((0..count).map(|i| i % distinct)))
    }

    fn floats(count: i64, distinct: i64) -> ArrayRef {
        Arc::new(Float64Array::from_iter_values((0..count).map(|i| (i % distinct) as f64)))
    }

    fn strings(count: i64, distinct: i64) -> ArrayRef {
        Arc::new(StringArray::from_iter_values((0..count).map(|i| format!("v{}", i % distinct))))
    }

    #[test]
    fn a_dictionary_is_used_up_to_thirty_percent_distinct_values() {
        for array in [ints, strings] {
            assert_eq!(decide(vec![("a", array(1000, 300))]), [true]);
            assert_eq!(decide(vec![("a", array(1000, 301))]), [false]);
        }
    }

    #[test]
    fn without_a_codec_it_is_used_up_to_three_quarters() {
        for array in [ints, strings, floats] {
            assert_eq!(decide_for(vec![("a", array(1000, 750))], false), [true]);
            assert_eq!(decide_for(vec![("a", array(1000, 751))], false), [false]);
        }
    }

    #[test]
    fn floats_need_five_percent_and_booleans_never_have_one() {
        assert_eq!(decide(vec![("a", floats(1000, 50))]), [true]);
        assert_eq!(decide(vec![("a", floats(1000, 51))]), [false]);
        let bools: ArrayRef = Arc::new(BooleanArray::from(vec![true; 1000]));
        let batch = RecordBatch::try_from_iter([("a", bools)]).unwrap();
        for policy in [DictionaryPolicy::Adaptive, DictionaryPolicy::Always] {
            assert_eq!(choose(&batch, policy, true), [false]);
        }
    }

    #[test]
    fn a_column_without_values_has_a_dictionary() {
        let nulls: ArrayRef = Arc::new(StringArray::new_null(1000));
        assert_eq!(decide(vec![("a", nulls)]), [true]);
    }

    #[test]
    fn only_the_first_4096_values_count() {
        let values = (0..4096).map(|_| 7).chain(0..100_000);
        let array: ArrayRef = Arc::new(Int64Array::from_iter_values(values));
        assert_eq!(decide(vec![("a", array)]), [true]);
    }

    #[test]
    fn a_clear_quarter_or_half_of_a_sample_decides() {
        let column = |count: i64, value: fn(i64) -> i64| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values((0..count).map(value)))
        };
        // 153 of the first 1024 are 15 percent, half of what a full sample may have.
        let clear = column(4096, |i| if i < 1024 { i % 153 } else { i });
        assert_eq!(decide(vec![("a", clear)]), [true]);
        let unclear = column(4096, |i| if i < 1024 { i % 154 } else { i });
        assert_eq!(decide(vec![("a", unclear)]), [false]);
        // 1987 of the first 2048 are 97 percent; half of the full sample is distinct.
        let clear = column(4096, |i| if i < 1987 { i } else { 0 });
        assert_eq!(decide_for(vec![("a", clear)], false), [false]);
        let unclear = column(4096, |i| if i < 1986 { i } else { 0 });
        assert_eq!(decide_for(vec![("a", unclear)], false), [true]);
    }

    #[test]
    fn nulls_do_not_count_as_values() {
        // 10 distinct values among 20 present ones, and 980 nulls.
        let array = Int64Array::from_iter((0..1000).map(|i| (i < 20).then_some(i % 10)));
        assert_eq!(decide(vec![("a", Arc::new(array))]), [false]);
    }

    #[test]
    fn values_under_a_null_struct_do_not_count() {
        let fields = vec![Arc::new(arrow_schema::Field::new("x", DataType::Int64, true))].into();
        let present = NullBuffer::from_iter((0..1000).map(|i| i >= 500));
        // The hidden half is all distinct, the visible half one value.
        let x = Int64Array::from_iter_values((0..1000).map(|i| if i < 500 { i } else { 7 }));
        let array = StructArray::new(fields, vec![Arc::new(x)], Some(present));
        assert_eq!(decide(vec![("a", Arc::new(array))]), [true]);
    }

    #[test]
    fn leaves_of_structs_and_lists_are_decided_one_by_one() {
        let tags = ListArray::from_iter_primitive::<Int64Type, _, _>(
            (0..500).map(|i| Some(vec![Some(i % 3), Some(1), None])),
        );
        let batch = StructArray::from(
            RecordBatch::try_from_iter([("id", ints(500, 500)), ("kind", strings(500, 4))])
                .unwrap(),
        );
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("n", ints(500, 500)),
            ("s", Arc::new(batch)),
            ("tags", Arc::new(tags)),
            ("f", floats(500, 2)),
        ];
        assert_eq!(decide(columns), [false, false, true, true, true]);
    }

    #[test]
    fn a_sliced_list_counts_only_its_own_items() {
        let tags = ListArray::from_iter_primitive::<Int64Type, _, _>(
            (0..1000).map(|i| Some(vec![Some(if i < 500 { i } else { 7 })])),
        );
        assert_eq!(decide(vec![("a", Arc::new(tags.slice(500, 500)))]), [true]);
        assert_eq!(decide(vec![("a", Arc::new(tags.slice(0, 500)))]), [false]);
    }
}
