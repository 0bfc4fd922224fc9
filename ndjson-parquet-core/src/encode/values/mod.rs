//! The values of one leaf column on their way into pages, for each of the ways in which Parquet
//! stores them: plain, or as indices into a dictionary.

mod booleans;
mod fixed;
mod indices;
mod text;

use std::ops::Range;

use arrow_array::Array;
use arrow_buffer::NullBuffer;
use parquet::basic::Encoding;

pub(super) use booleans::Booleans;
pub(super) use fixed::{Fixed, Native, WideDecimal, WidestDecimal};
pub(super) use text::Text;

use super::bounds::{Bound, Bounds};
use super::pages::{LARGE_PAGE_BYTES, RawPage};
use crate::error::{Error, ErrorKind, Result};

/// The values of one column chunk after the other. Holds the open page, and the dictionary.
pub(super) trait Values {
    type Bound: Bound;

    /// Begins a column chunk, with a dictionary or without.
    fn begin(&mut self, dictionary: bool);

    /// The bytes by which the values of `slots`, `present` of which are not null, make the open
    /// page grow in the plain encoding.
    fn plain_bytes(&self, array: &dyn Array, slots: Range<usize>, present: usize) -> usize;

    /// Appends those values of `slots` that are present; how many they are.
    fn append(
        &mut self,
        array: &dyn Array,
        validity: Option<&NullBuffer>,
        slots: Range<usize>,
    ) -> Result<usize>;

    /// Bytes of the open page's values.
    fn page_bytes(&self) -> usize;

    /// Puts the values of the open page behind the levels in `page`, and begins the next page.
    fn finish_page(&mut self, page: &mut RawPage) -> PageValues<Self::Bound>;

    /// Bytes of the dictionary that values are still added to.
    fn dictionary_bytes(&self) -> Option<usize>;

    /// Stores all further values plain. The open page has to be empty.
    fn give_up_dictionary(&mut self);

    /// Puts the dictionary into `page`, if one was used, in the plain encoding; the number of its
    /// values.
    fn finish_dictionary(&mut self, page: &mut RawPage) -> Option<usize>;

    /// Bytes held, the same for the same values.
    fn memory_size(&self) -> usize;
}

/// What is known of a page's values.
pub(super) struct PageValues<B> {
    pub(super) encoding: Encoding,
    /// `None` without values, or where no value has an order.
    pub(super) bounds: Option<Bounds<B>>,
    /// Bytes of the strings themselves, where that is what the column holds.
    pub(super) text_bytes: Option<u64>,
}

fn wrong_type(array: &dyn Array) -> Error {
    let message = format!("a column of type {} came to the wrong encoder", array.data_type());
    Error::new(ErrorKind::Internal, message)
}

/// Calls `take` with each slot that is present.
fn for_each_present(
    validity: Option<&NullBuffer>,
    slots: Range<usize>,
    mut take: impl FnMut(usize),
) -> usize {
    match validity {
        None => {
            slots.clone().for_each(take);
            slots.len()
        }
        Some(validity) => {
            let begin = slots.start;
            let validity = validity.slice(begin, slots.len());
            validity.valid_indices().for_each(|index| take(begin + index));
            validity.len() - validity.null_count()
        }
    }
}
