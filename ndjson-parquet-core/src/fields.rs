//! The keys of one object: prediction of the next key, and lookup when the prediction fails.
//!
//! Producers write the keys of their records in the same order again and again. Each entry
//! remembers which entry followed it last time, and the bytes `"key":` as they will most likely
//! stand in the text; one vector compare then checks quotes, key and colon at once. A miss costs
//! one hash lookup and corrects the prediction.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::cmp::Ordering;
use std::hash::BuildHasher;

use crate::json::blank::skip_blanks;
use crate::json::block::window;
use crate::json::fault::{Fault, FaultKind};
use crate::json::string::{copy_string, skip_string};
use crate::simd::{Kernel, rarely};

/// The keys of an object and what the walker keeps for each: a column, or a sketch of its types.
///
/// Memory: about 100 bytes a key and the key itself.
#[derive(Clone, Debug)]
pub(crate) struct Fields<T> {
    entries: Vec<Entry<T>>,
    /// The names, apart from the entries: only a lookup needs them, and every line reads the
    /// entries of all its keys.
    names: Vec<Box<str>>,
    table: HashTable<u32>,
    // Seeded at random: keys come from the input, and a fixed seed would let it choose collisions.
    hasher: RandomState,
    first: u32,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    template: [u8; TEMPLATE],
    /// Bytes of `template` in use; [`UNPREDICTABLE`] when the key is too long, or has escapes.
    template_length: u8,
    /// The entry that followed this one last time.
    next: u32,
    value: T,
}

/// Where in the order of the keys a reader of one object stands.
#[derive(Clone, Copy)]
pub(crate) struct Order {
    /// The entry of the last key that has one, or [`NO_KEY`].
    previous: usize,
    predicted: u32,
}

/// A key as found in the text.
pub(crate) struct Key<'a, T> {
    /// Index and value of the entry with this name, if there is one.
    pub(crate) entry: Option<(usize, &'a mut T)>,
    /// Index of the first byte of the value.
    pub(crate) value: usize,
    /// Where the key's text lies when it is not known.
    pub(crate) text: KeyText,
}

/// Where to find the text of an unknown key.
#[derive(Clone, Copy)]
pub(crate) enum KeyText {
    /// Between these indices of the block.
    Block(usize, usize),
    /// Unescaped, in the scratch buffer.
    Scratch,
}

/// Longest `"key":` that is predicted; longer keys take the lookup.
const TEMPLATE: usize = 32;
/// A length that no window equals.
const UNPREDICTABLE: u8 = u8::MAX;

const NO_KEY: usize = usize::MAX;

impl<T> Default for Fields<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            names: Vec::new(),
            table: HashTable::new(),
            hasher: RandomState::default(),
            first: 0,
        }
    }
}

impl<T> Fields<T> {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Names and values in the order in which they were added.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.names.iter().zip(&self.entries).map(|(name, entry)| (&**name, &entry.value))
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.iter_mut().map(|entry| &mut entry.value)
    }

    pub(crate) fn name(&self, index: usize) -> &str {
        &self.names[index]
    }

    pub(crate) fn value(&self, index: usize) -> &T {
        &self.entries[index].value
    }

    pub(crate) fn value_mut(&mut self, index: usize) -> &mut T {
        &mut self.entries[index].value
    }

    /// Where a reader of an object stands before its first key.
    pub(crate) fn start(&self) -> Order {
        Order { previous: NO_KEY, predicted: self.first }
    }

    /// Index of the entry called `name`.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        let hash = self.hasher.hash_one(name);
        let same = |&index: &u32| *self.names[index as usize] == *name;
        self.table.find(hash, same).map(|&index| index as usize)
    }

    /// Adds an entry and returns its index; the caller has checked that `name` is new.
    pub(crate) fn push(&mut self, name: &str, value: T) -> usize {
        let index = self.entries.len() as u32;
        let (template, template_length) = template(name);
        self.entries.push(Entry { template, template_length, next: index + 1, value });
        self.names.push(name.into());
        let (names, hasher) = (&self.names, &self.hasher);
        self.table.insert_unique(hasher.hash_one(name), index, |&other| {
            hasher.hash_one(&*names[other as usize])
        });
        index as usize
    }

    /// Puts the entries in the order that `compare` gives; equal ones stay as they are.
    pub(crate) fn sort_by(&mut self, compare: impl Fn(&T, &T) -> Ordering) {
        if self.entries.is_sorted_by(|a, b| compare(&a.value, &b.value).is_le()) {
            return;
        }
        let unsorted = std::mem::take(self);
        let mut entries: Vec<_> = unsorted.names.into_iter().zip(unsorted.entries).collect();
        entries.sort_by(|(_, a), (_, b)| compare(&a.value, &b.value));
        for (name, entry) in entries {
            self.push(&name, entry.value);
        }
    }

    /// Where the reader stands after the key of the entry `index`.
    pub(crate) fn after(&self, index: usize) -> Order {
        Order { previous: index, predicted: self.entries[index].next }
    }

    /// Reads the key whose opening quote is at `at`, and the colon after it.
    ///
    /// `scratch` is left holding the unescaped key if it has escapes.
    #[inline(always)]
    pub(crate) fn read_key<K: Kernel>(
        &mut self,
        kernel: K,
        block: &[u8],
        at: usize,
        order: &mut Order,
        scratch: &mut Vec<u8>,
    ) -> Result<Key<'_, T>, Fault> {
        let index = order.predicted as usize;
        if let Some(entry) = self.entries.get(index) {
            let length = usize::from(entry.template_length);
            if kernel.starts_with(window(block, at), &entry.template, length) {
                let entry = &mut self.entries[index];
                *order = Order { previous: index, predicted: entry.next };
                let value = skip_blanks(block, at + length);
                let entry = Some((index, &mut entry.value));
                return Ok(Key { entry, value, text: KeyText::Scratch });
            }
        }
        rarely();
        self.look_up(kernel, block, at, order, scratch)
    }

    #[inline(always)]
    fn look_up<K: Kernel>(
        &mut self,
        kernel: K,
        block: &[u8],
        at: usize,
        order: &mut Order,
        scratch: &mut Vec<u8>,
    ) -> Result<Key<'_, T>, Fault> {
        if block[at] != b'"' {
            return Err(Fault { kind: FaultKind::ExpectedKey, at });
        }
        let span = skip_string(kernel, block, at + 1)?;
        let mut text = KeyText::Block(at + 1, span.end);
        if span.escaped {
            scratch.clear();
            copy_string(kernel, block, at + 1, scratch)?;
            text = KeyText::Scratch;
        }
        let colon = skip_blanks(block, span.end + 1);
        if block[colon] != b':' {
            return Err(Fault { kind: FaultKind::ExpectedColon, at: colon });
        }
        let value = skip_blanks(block, colon + 1);
        let Some(index) = self.learn(text.bytes(block, scratch), order.previous) else {
            return Ok(Key { entry: None, value, text });
        };
        *order = self.after(index);
        Ok(Key { entry: Some((index, self.value_mut(index))), value, text })
    }

    /// Finds the entry and remembers it as the successor of the one before.
    fn learn(&mut self, name: &[u8], previous: usize) -> Option<usize> {
        // Blocks are valid UTF-8 before a walker sees them.
        let name = std::str::from_utf8(name).ok()?;
        let index = self.position(name)?;
        match self.entries.get_mut(previous) {
            Some(entry) => entry.next = index as u32,
            None => self.first = index as u32,
        }
        Some(index)
    }
}

impl KeyText {
    pub(crate) fn bytes<'a>(self, block: &'a [u8], scratch: &'a [u8]) -> &'a [u8] {
        match self {
            Self::Block(start, end) => &block[start..end],
            Self::Scratch => scratch,
        }
    }
}

/// `"name":` padded with zeros, and its length; [`UNPREDICTABLE`] when `name` cannot stand unescaped
/// or is too long.
fn template(name: &str) -> ([u8; TEMPLATE], u8) {
    let mut template = [0; TEMPLATE];
    let plain = name.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    let length = name.len() + 3;
    if !plain || length > TEMPLATE {
        return (template, UNPREDICTABLE);
    }
    template[0] = b'"';
    template[1..=name.len()].copy_from_slice(name.as_bytes());
    template[name.len() + 1] = b'"';
    template[name.len() + 2] = b':';
    (template, length as u8)
}
