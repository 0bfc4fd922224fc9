//! Strings of characters or bytes: each after its length in four bytes.

use std::hash::BuildHasher;
use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::ByteArrayType;
use arrow_array::{Array, GenericByteArray, StringViewArray};
use arrow_buffer::{ArrowNativeType, NullBuffer};
use arrow_schema::DataType;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use parquet::basic::Encoding;

use super::super::bounds::{Bounds, Cut, TextBound, TextBounds};
use super::indices::Indices;
use super::{LARGE_PAGE_BYTES, PageValues, RawPage, Values, for_each_present, wrong_type};
use crate::error::Result;

/// The values of one column chunk after the other.
pub(crate) struct Text {
    plain: Vec<u8>,
    /// Bytes of the open page's strings without their lengths.
    text_bytes: u64,
    bounds: TextBounds,
    /// Where bounds may be cut.
    cut: Cut,
    dictionary: Option<Dictionary>,
    adds_to_dictionary: bool,
}

/// The distinct strings of a column chunk.
#[derive(Default)]
struct Dictionary {
    /// In the plain encoding.
    plain: Vec<u8>,
    /// Where the bytes of each lie in `plain`.
    strings: Vec<Range<usize>>,
    hashes: Vec<u64>,
    table: HashTable<u32>,
    /// With seeds of its own, so that nobody can write strings that all meet in one place. Indices are
    /// given in the order of appearance, so the file does not depend on it.
    hasher: RandomState,
    indices: Indices,
}

/// Bytes of the length in front of a string.
const LENGTH_BYTES: usize = size_of::<u32>();

/// An array of strings.
trait Strings: Array {
    fn bytes(&self, slot: usize) -> &[u8];

    /// Bytes of all strings in `slots`.
    fn bytes_in(&self, slots: Range<usize>) -> usize;
}

impl<T: ByteArrayType> Strings for GenericByteArray<T> {
    fn bytes(&self, slot: usize) -> &[u8] {
        let offsets = self.value_offsets();
        &self.values()[offsets[slot].as_usize()..offsets[slot + 1].as_usize()]
    }

    fn bytes_in(&self, slots: Range<usize>) -> usize {
        let offsets = self.value_offsets();
        (offsets[slots.end] - offsets[slots.start]).as_usize()
    }
}

impl Strings for StringViewArray {
    fn bytes(&self, slot: usize) -> &[u8] {
        self.value(slot).as_bytes()
    }

    fn bytes_in(&self, slots: Range<usize>) -> usize {
        // The length is the lowest part of a view.
        self.views()[slots].iter().map(|view| *view as u32 as usize).sum()
    }
}

impl Text {
    pub(crate) fn new(cut: Cut) -> Self {
        Self {
            plain: Vec::new(),
            text_bytes: 0,
            bounds: TextBounds::new(cut),
            cut,
            dictionary: None,
            adds_to_dictionary: false,
        }
    }

    fn append_strings<S: Strings>(
        &mut self,
        array: &S,
        validity: Option<&NullBuffer>,
        slots: Range<usize>,
    ) -> usize {
        match &mut self.dictionary {
            Some(dictionary) if self.adds_to_dictionary => {
                let text_bytes = &mut self.text_bytes;
                for_each_present(validity, slots, |slot| {
                    let string = array.bytes(slot);
                    *text_bytes += string.len() as u64;
                    dictionary.append(string);
                })
            }
            _ => {
                let needed = array.bytes_in(slots.clone()) + slots.len() * LENGTH_BYTES;
                reserve(&mut self.plain, needed);
                let Self { plain, bounds, .. } = self;
                let begin = plain.len();
                let count = for_each_present(validity, slots, |slot| {
                    let string = array.bytes(slot);
                    bounds.add(string);
                    write_plain(string, plain);
                });
                self.text_bytes += (self.plain.len() - begin - count * LENGTH_BYTES) as u64;
                count
            }
        }
    }
}

/// Doubles a small buffer, and gives a large one no more than it needs.
fn reserve(buffer: &mut Vec<u8>, needed: usize) {
    if needed > LARGE_PAGE_BYTES { buffer.reserve_exact(needed) } else { buffer.reserve(needed) }
}

fn write_plain(string: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&(string.len() as u32).to_le_bytes());
    out.extend_from_slice(string);
}

impl Dictionary {
    fn append(&mut self, string: &[u8]) {
        let Self { plain, strings, hashes, table, hasher, indices } = self;
        if let Some(last) = indices.last()
            && plain[strings[last as usize].clone()] == *string
        {
            indices.push(last);
            return;
        }
        let hash = hasher.hash_one(string);
        let is_same = |index: &u32| plain[strings[*index as usize].clone()] == *string;
        let found = table.find(hash, is_same).copied();
        let index = found.unwrap_or_else(|| {
            let index = strings.len() as u32;
            write_plain(string, plain);
            strings.push(plain.len() - string.len()..plain.len());
            hashes.push(hash);
            table.insert_unique(hash, index, |index| hashes[*index as usize]);
            index
        });
        indices.push(index);
    }

    /// Bounds of the strings that the open page has.
    fn page_bounds(&self, cut: Cut) -> Option<Bounds<TextBound>> {
        let mut is_used = vec![false; self.strings.len()];
        self.indices.iter().for_each(|index| is_used[index as usize] = true);
        let mut bounds = TextBounds::new(cut);
        for (string, _) in self.strings.iter().zip(is_used).filter(|(_, is_used)| *is_used) {
            bounds.add(&self.plain[string.clone()]);
        }
        bounds.take()
    }
}

impl Values for Text {
    type Bound = TextBound;

    fn begin(&mut self, dictionary: bool) {
        self.dictionary = dictionary.then(Dictionary::default);
        self.adds_to_dictionary = dictionary;
    }

    fn plain_bytes(&self, array: &dyn Array, slots: Range<usize>, present: usize) -> usize {
        // Strings that are null have no bytes.
        let text = match array.data_type() {
            DataType::Utf8 => array.as_string::<i32>().bytes_in(slots),
            DataType::LargeUtf8 => array.as_string::<i64>().bytes_in(slots),
            DataType::Utf8View => array.as_string_view().bytes_in(slots),
            DataType::Binary => array.as_binary::<i32>().bytes_in(slots),
            _ => 0,
        };
        text + present * LENGTH_BYTES
    }

    fn append(
        &mut self,
        array: &dyn Array,
        validity: Option<&NullBuffer>,
        slots: Range<usize>,
    ) -> Result<usize> {
        match array.data_type() {
            DataType::Utf8 => Ok(self.append_strings(array.as_string::<i32>(), validity, slots)),
            DataType::LargeUtf8 => {
                Ok(self.append_strings(array.as_string::<i64>(), validity, slots))
            }
            DataType::Binary => Ok(self.append_strings(array.as_binary::<i32>(), validity, slots)),
            DataType::Utf8View => Ok(self.append_strings(array.as_string_view(), validity, slots)),
            _ => Err(wrong_type(array)),
        }
    }

    fn page_bytes(&self) -> usize {
        let indices = self
            .dictionary
            .as_ref()
            .map_or(0, |dictionary| dictionary.indices.page_bytes(dictionary.strings.len()));
        self.plain.len() + indices
    }

    fn finish_page(&mut self, page: &mut RawPage) -> PageValues<TextBound> {
        let text_bytes = Some(std::mem::take(&mut self.text_bytes));
        match &mut self.dictionary {
            Some(dictionary) if self.adds_to_dictionary => {
                let bounds = dictionary.page_bounds(self.cut);
                dictionary.indices.finish_page(dictionary.strings.len(), &mut page.head);
                PageValues { encoding: Encoding::RLE_DICTIONARY, bounds, text_bytes }
            }
            _ => {
                std::mem::swap(&mut self.plain, &mut page.values);
                PageValues { encoding: Encoding::PLAIN, bounds: self.bounds.take(), text_bytes }
            }
        }
    }

    fn dictionary_bytes(&self) -> Option<usize> {
        let open = self.dictionary.as_ref().filter(|_| self.adds_to_dictionary);
        open.map(|dictionary| dictionary.plain.len())
    }

    fn give_up_dictionary(&mut self) {
        self.adds_to_dictionary = false;
        if let Some(dictionary) = &mut self.dictionary {
            dictionary.table = HashTable::new();
            dictionary.hashes = Vec::new();
        }
    }

    fn finish_dictionary(&mut self, page: &mut RawPage) -> Option<usize> {
        let dictionary = self.dictionary.take().filter(|found| found.indices.are_used())?;
        page.values.extend_from_slice(&dictionary.plain);
        Some(dictionary.strings.len())
    }

    fn memory_size(&self) -> usize {
        let dictionary = self.dictionary.as_ref().map_or(0, |dictionary| {
            let entry = size_of::<Range<usize>>() + size_of::<u64>() + size_of::<u32>();
            dictionary.plain.len()
                + dictionary.strings.len() * entry
                + dictionary.indices.memory_size()
        });
        self.plain.len() + dictionary
    }
}
