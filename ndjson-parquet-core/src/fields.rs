//! The keys of one object: prediction of the next key, and lookup when the prediction fails.
//!
//! Producers write the keys of their records in the same order again and again. Each entry
//! remembers which entry followed it last time, and the bytes `"key":` as they will most likely
//! stand in the text; one vector compare then checks quotes, key and colon at once. A miss costs
//! one hash lookup and corrects the prediction.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

use crate::json::blank::skip_blanks;
use crate::json::fault::{Fault, FaultKind};
use crate::json::string::{copy_string, skip_string};
use crate::simd::Kernel;

/// The keys of an object and what the walker keeps for each: a column, or a sketch of its types.
///
/// Memory: about 100 bytes a key and the key itself.
#[derive(Clone, Debug)]
pub(crate) struct Fields<T> {
    entries: Vec<Entry<T>>,
    table: HashTable<u32>,
    // Seeded at random: keys come from the input, and a fixed seed would let it choose collisions.
    hasher: RandomState,
    first: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry<T> {
    pub(crate) name: Box<str>,
    pub(crate) value: T,
    template: [u8; TEMPLATE],
    /// Bytes of `template` in use; 0 when the key cannot be predicted (too long, or escaped).
    template_length: u8,
    next: u32,
}

/// A key as found in the text.
pub(crate) struct Key {
    /// The entry with this name, if there is one.
    pub(crate) index: Option<usize>,
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

/// The value of `previous` before the first key of an object.
pub(crate) const NO_KEY: usize = usize::MAX;

impl<T> Default for Fields<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
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

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry<T>> {
        self.entries.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry<T>> {
        self.entries.iter_mut()
    }

    #[inline(always)]
    pub(crate) fn value_mut(&mut self, index: usize) -> &mut T {
        &mut self.entries[index].value
    }

    pub(crate) fn entry(&self, index: usize) -> &Entry<T> {
        &self.entries[index]
    }

    /// Index of the entry called `name`.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        let hash = self.hasher.hash_one(name);
        let same = |&index: &u32| *self.entries[index as usize].name == *name;
        self.table.find(hash, same).map(|&index| index as usize)
    }

    /// Adds an entry and returns its index; the caller has checked that `name` is new.
    pub(crate) fn push(&mut self, name: &str, value: T) -> usize {
        let index = self.entries.len() as u32;
        let (template, template_length) = template(name);
        self.entries.push(Entry {
            name: name.into(),
            value,
            template,
            template_length,
            next: index + 1,
        });
        let (entries, hasher) = (&self.entries, &self.hasher);
        self.table.insert_unique(hasher.hash_one(name), index, |&other| {
            hasher.hash_one(&*entries[other as usize].name)
        });
        index as usize
    }

    /// Reads the key whose opening quote is at `at`, and the colon after it.
    ///
    /// `previous` is the entry of the key before it, or [`NO_KEY`]. `scratch` is left holding the
    /// unescaped key if it has escapes.
    #[inline(always)]
    pub(crate) fn read_key<K: Kernel>(
        &mut self,
        kernel: K,
        block: &[u8],
        at: usize,
        previous: usize,
        scratch: &mut Vec<u8>,
    ) -> Result<Key, Fault> {
        let predicted = match self.entries.get(previous) {
            Some(entry) => entry.next,
            None => self.first,
        };
        if let Some(entry) = self.entries.get(predicted as usize) {
            let length = usize::from(entry.template_length);
            if let Some(window) = block[at..].first_chunk()
                && length > 0
                && kernel.starts_with(window, &entry.template, length)
            {
                let value = skip_blanks(block, at + length);
                let index = Some(predicted as usize);
                return Ok(Key { index, value, text: KeyText::Scratch });
            }
        }
        self.look_up(kernel, block, at, previous, scratch)
    }

    #[inline(always)]
    fn look_up<K: Kernel>(
        &mut self,
        kernel: K,
        block: &[u8],
        at: usize,
        previous: usize,
        scratch: &mut Vec<u8>,
    ) -> Result<Key, Fault> {
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
        let index = self.learn(text.bytes(block, scratch), previous);
        Ok(Key { index, value, text })
    }

    /// Finds the entry and remembers it as the successor of `previous`.
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

/// `"name":` padded with zeros, and its length; length 0 when `name` cannot stand unescaped or is
/// too long.
fn template(name: &str) -> ([u8; TEMPLATE], u8) {
    let mut template = [0; TEMPLATE];
    let plain = name.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    let length = name.len() + 3;
    if !plain || length > TEMPLATE {
        return (template, 0);
    }
    template[0] = b'"';
    template[1..=name.len()].copy_from_slice(name.as_bytes());
    template[name.len() + 1] = b'"';
    template[name.len() + 2] = b':';
    (template, length as u8)
}
