//! Takes an Arrow array apart into its leaf columns, in the order in which Parquet numbers them,
//! with the definition and repetition levels that put it together again (the Dremel encoding,
//! <https://parquet.apache.org/docs/file-format/nestedencoding/>).
//!
//! The levels above a leaf belong to the node it hangs from, and all its siblings share them.

use std::cell::OnceCell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field};

use crate::error::{Error, ErrorKind, Result};

/// One leaf array, which of its values are present, and the levels of the node above.
pub(super) struct Leaf {
    /// Without the items outside of the lists around it.
    pub(super) array: ArrayRef,
    /// Whether each value is present: not null, and in no struct that is.
    pub(super) validity: Option<NullBuffer>,
    pub(super) nullable: bool,
    pub(super) node: Rc<Node>,
}

impl Leaf {
    /// How many values are present in `slots`.
    pub(super) fn present(&self, slots: Range<usize>) -> usize {
        match &self.validity {
            None => slots.len(),
            Some(validity) => slots.len() - validity.slice(slots.start, slots.len()).null_count(),
        }
    }
}

/// The levels of a struct, list or map, or of the row, one for each entry.
///
/// An entry is an item, or stands for a list without items; items of the innermost list, or rows
/// where there is none, are slots: the arrays below have one element for each.
#[derive(Debug)]
pub(super) struct Node {
    rows: usize,
    entries: usize,
    /// Empty where `max_definition` is 0.
    definition: Vec<u8>,
    /// Of a list, and shared by all that hangs from it.
    repeated: Option<Rc<Repeated>>,
    pub(super) max_definition: u8,
    pub(super) max_repetition: u8,
    /// Definition level from which on an entry is a slot.
    slot_level: u8,
    slots: usize,
}

/// What repetition makes of the rows of a batch.
#[derive(Debug)]
struct Repeated {
    levels: Vec<u8>,
    /// Where each row begins, and where the last one ends; found when it is first asked for.
    rows: OnceCell<Vec<Position>>,
}

/// The leaves of `batch`. Fails on lists that are null and have items all the same, which our
/// decoder never makes.
pub(super) fn shred(batch: &RecordBatch) -> Result<Vec<Leaf>> {
    let row = Rc::new(Node {
        rows: batch.num_rows(),
        entries: batch.num_rows(),
        definition: Vec::new(),
        repeated: None,
        max_definition: 0,
        max_repetition: 0,
        slot_level: 0,
        slots: batch.num_rows(),
    });
    let mut leaves = Vec::new();
    for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        collect(field, array, None, &row, &mut leaves)?;
    }
    Ok(leaves)
}

/// `parent` is the validity of the structs around, up to the innermost list.
fn collect(
    field: &Field,
    array: &ArrayRef,
    parent: Option<&NullBuffer>,
    node: &Rc<Node>,
    out: &mut Vec<Leaf>,
) -> Result<()> {
    let validity = NullBuffer::union(parent, array.nulls());
    let nullable = field.is_nullable();
    match field.data_type() {
        DataType::Struct(fields) => {
            let node = if nullable { Rc::new(node.below(validity.as_ref())) } else { node.clone() };
            for (field, column) in fields.iter().zip(array.as_struct().columns()) {
                collect(field, column, validity.as_ref(), &node, out)?;
            }
        }
        DataType::List(item) => {
            let list = array.as_list::<i32>();
            let offsets = list.value_offsets();
            let node = Rc::new(node.items(validity.as_ref(), nullable, offsets)?);
            let range = offsets[0] as usize..offsets[offsets.len() - 1] as usize;
            collect(item, &list.values().slice(range.start, range.len()), None, &node, out)?;
        }
        DataType::Map(entries, _) => {
            let map = array.as_map();
            let offsets = map.value_offsets();
            let node = Rc::new(node.items(validity.as_ref(), nullable, offsets)?);
            let range = offsets[0] as usize..offsets[offsets.len() - 1] as usize;
            let pairs: ArrayRef = Arc::new(map.entries().slice(range.start, range.len()));
            collect(entries, &pairs, None, &node, out)?;
        }
        _ => {
            let node = Rc::clone(node);
            out.push(Leaf { array: ArrayRef::clone(array), validity, nullable, node });
        }
    }
    Ok(())
}

impl Node {
    /// Repetition levels; empty where nothing is repeated.
    pub(super) fn repetition(&self) -> &[u8] {
        self.repeated.as_ref().map_or(&[], |repeated| &repeated.levels)
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Where row `row` begins, or the last one ends.
    pub(super) fn row(&self, row: usize) -> Position {
        match &self.repeated {
            Some(repeated) => repeated.rows.get_or_init(|| self.find_rows(repeated))[row],
            None => Position { entry: row, slot: row },
        }
    }

    fn find_rows(&self, repeated: &Repeated) -> Vec<Position> {
        let mut rows = Vec::with_capacity(self.rows + 1);
        let mut slot = 0;
        for (entry, level) in self.definition.iter().enumerate() {
            if repeated.levels[entry] == 0 {
                rows.push(Position { entry, slot });
            }
            slot += usize::from(*level >= self.slot_level);
        }
        rows.push(Position { entry: self.entries, slot });
        rows
    }

    /// Sets `out` to the definition levels of what hangs from this node in `entries`: one more
    /// than the node's own where `validity` of the slot, of which those are `slots`, says so.
    pub(super) fn definition_below(
        &self,
        validity: Option<&NullBuffer>,
        entries: Range<usize>,
        slots: Range<usize>,
        out: &mut Vec<u8>,
    ) {
        out.clear();
        if self.max_definition == 0 {
            out.resize(entries.len(), 0);
        } else {
            out.extend_from_slice(&self.definition[entries]);
        }
        if slots.len() < out.len() {
            // Some lists have no items.
            let levels = out.iter_mut().filter(|level| **level >= self.slot_level);
            for (slot, level) in slots.zip(levels) {
                *level += u8::from(validity.is_none_or(|validity| validity.is_valid(slot)));
            }
            return;
        }
        match validity {
            None => out.iter_mut().for_each(|level| *level += 1),
            Some(validity) => add_bits(validity, slots.start, out),
        }
    }

    /// The definition levels of this node in `entries`.
    pub(super) fn definition(&self, entries: Range<usize>) -> &[u8] {
        &self.definition[entries]
    }

    /// The node of a nullable struct that hangs from this one.
    fn below(&self, validity: Option<&NullBuffer>) -> Self {
        let mut definition = Vec::new();
        let slots = 0..self.slots;
        self.definition_below(validity, 0..self.entries, slots, &mut definition);
        Self {
            definition,
            repeated: self.repeated.clone(),
            max_definition: self.max_definition + 1,
            ..*self
        }
    }

    /// The node of the items of a list that hangs from this one.
    fn items(
        &self,
        validity: Option<&NullBuffer>,
        nullable: bool,
        offsets: &[i32],
    ) -> Result<Self> {
        let empty = self.max_definition + u8::from(nullable);
        let (item, repeated) = (empty + 1, self.max_repetition + 1);
        let items = (offsets[offsets.len() - 1] - offsets[0]) as usize;
        let mut definition = Vec::with_capacity(items + self.entries);
        let mut levels = Vec::with_capacity(items + self.entries);
        let mut slot = 0;
        for entry in 0..self.entries {
            let level = self.definition.get(entry).copied().unwrap_or(0);
            levels.push(self.repetition().get(entry).copied().unwrap_or(0));
            if level < self.slot_level {
                definition.push(level);
                continue;
            }
            let length = (offsets[slot + 1] - offsets[slot]) as usize;
            let is_list = validity.is_none_or(|validity| validity.is_valid(slot));
            slot += 1;
            match length {
                0 if is_list => definition.push(empty),
                0 => definition.push(level),
                _ if !is_list => {
                    let message = "a list in a record batch is null and has items";
                    return Err(Error::new(ErrorKind::Internal, message));
                }
                _ => {
                    definition.extend(std::iter::repeat_n(item, length));
                    levels.extend(std::iter::repeat_n(repeated, length - 1));
                }
            }
        }
        Ok(Self {
            rows: self.rows,
            entries: definition.len(),
            definition,
            repeated: Some(Rc::new(Repeated { levels, rows: OnceCell::new() })),
            max_definition: item,
            max_repetition: repeated,
            slot_level: item,
            slots: items,
        })
    }
}

/// A place between two entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) entry: usize,
    pub(super) slot: usize,
}

/// Adds bit `from + i` of `validity` to `levels[i]`.
fn add_bits(validity: &NullBuffer, from: usize, levels: &mut [u8]) {
    let bits = validity.inner().slice(from, levels.len());
    let bits = bits.bit_chunks();
    let (words, rest) = levels.as_chunks_mut::<64>();
    for (levels, word) in words.iter_mut().zip(bits.iter()) {
        add_word(word, levels);
    }
    add_word(bits.remainder_bits(), rest);
}

/// Adds bit `i` of `word` to `levels[i]`, of which there are at most 64.
fn add_word(mut word: u64, levels: &mut [u8]) {
    let (eights, rest) = levels.as_chunks_mut::<8>();
    for eight in eights {
        // The byte in each lane, its own bit alone, and then 1 where that is set.
        let own = ((word & 0xff) * 0x0101_0101_0101_0101) & 0x8040_2010_0804_0201;
        let ones = ((own + 0x7f7f_7f7f_7f7f_7f7f) >> 7) & 0x0101_0101_0101_0101;
        *eight = (u64::from_le_bytes(*eight) + ones).to_le_bytes();
        word >>= 8;
    }
    for (bit, level) in rest.iter_mut().enumerate() {
        *level += (word >> bit & 1) as u8;
    }
}
