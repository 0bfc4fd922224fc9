//! Booleans, one bit each.

use std::ops::Range;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_buffer::{BooleanBufferBuilder, NullBuffer};
use parquet::basic::Encoding;

use super::super::bounds::Bounds;
use super::{PageValues, RawPage, Values, for_each_present, wrong_type};
use crate::error::Result;

pub(crate) struct Booleans {
    bits: BooleanBufferBuilder,
}

impl Booleans {
    pub(crate) fn new() -> Self {
        Self { bits: BooleanBufferBuilder::new(0) }
    }
}

impl Values for Booleans {
    type Bound = bool;

    fn begin(&mut self, _dictionary: bool) {}

    fn plain_bytes(&self, _array: &dyn Array, _slots: Range<usize>, present: usize) -> usize {
        (self.bits.len() + present).div_ceil(8) - self.page_bytes()
    }

    fn append(
        &mut self,
        array: &dyn Array,
        validity: Option<&NullBuffer>,
        slots: Range<usize>,
    ) -> Result<usize> {
        let array = array.as_boolean_opt().ok_or_else(|| wrong_type(array))?;
        let values = array.values();
        if validity.is_none() {
            self.bits.append_buffer(&values.slice(slots.start, slots.len()));
            return Ok(slots.len());
        }
        Ok(for_each_present(validity, slots, |slot| self.bits.append(values.value(slot))))
    }

    fn page_bytes(&self) -> usize {
        self.bits.len().div_ceil(8)
    }

    fn finish_page(&mut self, page: &mut RawPage) -> PageValues<bool> {
        let bits = self.bits.finish();
        let trues = bits.count_set_bits();
        let bounds = Bounds { min: trues == bits.len(), max: trues > 0 };
        page.head.extend_from_slice(&bits.values()[..bits.len().div_ceil(8)]);
        PageValues {
            encoding: Encoding::PLAIN,
            bounds: (!bits.is_empty()).then_some(bounds),
            text_bytes: None,
        }
    }

    fn dictionary_bytes(&self) -> Option<usize> {
        None
    }

    fn give_up_dictionary(&mut self) {}

    fn finish_dictionary(&mut self, _page: &mut RawPage) -> Option<usize> {
        None
    }

    fn memory_size(&self) -> usize {
        self.page_bytes()
    }
}
