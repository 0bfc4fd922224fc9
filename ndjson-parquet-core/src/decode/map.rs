//! Columns of maps: the keys of a JSON object as data.
//!
//! An object is read twice, because a key that comes again may replace a value that stands before
//! others: first its members are found, then those that count are written.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, MapArray, StructArray};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, FieldRef};

use super::context::RowContext;
use super::node::Node;
use super::nulls::Nulls;
use super::text::TextColumn;
use super::walk::{Cursor, Slot, Step, Walk, go_deeper, write_value};
use crate::json::blank::skip_blanks;
use crate::json::fault::{Fault, FaultKind};
use crate::json::skip::skip_value;
use crate::json::string::copy_string;
use crate::options::DuplicateKeys;

/// Offsets, validity, keys and values of a map column.
///
/// Memory: 4 bytes a row, the entries, and the keys of one object.
#[derive(Debug)]
pub(crate) struct MapColumn {
    pub(crate) value: Node,
    entries: FieldRef,
    keys: TextColumn<i32>,
    offsets: Vec<i32>,
    nulls: Nulls,
    /// Entries so far, those of the row being walked included.
    items: usize,
}

/// A member of the object being read.
struct Member {
    /// Where its key begins in the block, and the text of the key among those of the object.
    key: usize,
    text: Range<usize>,
    value: usize,
}

impl MapColumn {
    pub(crate) fn new(entries: FieldRef, value: Node) -> Self {
        let (keys, offsets, nulls) = (TextColumn::new(), vec![0], Nulls::default());
        Self { value, entries, keys, offsets, nulls, items: 0 }
    }

    /// The field of the values.
    pub(crate) fn value_field(&self) -> Option<&FieldRef> {
        crate::schema::map_value(&self.entries)
    }

    fn push(&mut self, row: usize) {
        self.pad(row);
        // Batches hold far fewer than 2^31 entries: each takes at least four bytes of a line.
        self.offsets.push(self.items as i32);
    }

    pub(crate) fn pad(&mut self, rows: usize) {
        let length = self.offsets.len() - 1;
        if length < rows {
            let end = self.offsets[length];
            self.offsets.resize(rows + 1, end);
            self.nulls.append(length, rows);
        }
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        self.offsets.truncate(rows + 1);
        self.nulls.truncate(rows);
        self.items = self.offsets.last().map_or(0, |items| *items as usize);
        self.keys.truncate(self.items);
        self.value.truncate(self.items);
    }

    pub(crate) fn finish(&mut self, context: &mut RowContext) -> Result<ArrayRef, ArrowError> {
        let offsets = std::mem::replace(&mut self.offsets, vec![0]);
        let items = std::mem::take(&mut self.items);
        let values = self.value.finish(items, items, context)?;
        let DataType::Struct(pair) = self.entries.data_type() else {
            return Err(ArrowError::SchemaError("a map has entries without keys".to_owned()));
        };
        let columns = vec![self.keys.finish(), values];
        let entries = StructArray::try_new_with_length(pair.clone(), columns, None, items)?;
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let nulls = self.nulls.finish(offsets.len() - 1);
        let entries_field = Arc::clone(&self.entries);
        Ok(Arc::new(MapArray::try_new(entries_field, offsets, entries, nulls, false)?))
    }
}

/// Writes the object at `slot`.
#[inline(always)]
pub(crate) fn write_map<W: Walk>(
    walk: W,
    column: &mut MapColumn,
    slot: Slot,
    cursor: &mut Cursor<'_>,
) -> Step {
    go_deeper(slot, cursor)?;
    let mut texts = Vec::new();
    let (members, end) = find_members(walk, slot.at, cursor, &mut texts)?;
    for Member { key, text, value } in without_duplicates(members, &texts, cursor.context) {
        column.keys.begin(column.items).extend_from_slice(&texts[text]);
        column.keys.end();
        // The longest line has fewer bytes than 32 bits count.
        cursor.context.indices.push(key as u32);
        write_value(walk, &mut column.value, Slot { at: value, row: column.items }, cursor)?;
        cursor.context.indices.pop();
        column.items += 1;
    }
    cursor.depth -= 1;
    column.push(slot.row);
    Ok(end)
}

/// The members of the object at `at`, whose keys are appended to `texts`, and the index after it.
#[inline(always)]
fn find_members<W: Walk>(
    walk: W,
    at: usize,
    cursor: &Cursor<'_>,
    texts: &mut Vec<u8>,
) -> Result<(Vec<Member>, usize), Fault> {
    let block = cursor.block;
    let max_depth = cursor.context.policies.max_depth;
    let mut members = Vec::new();
    let mut at = skip_blanks(block, at + 1);
    if block[at] == b'}' {
        return Ok((members, at + 1));
    }
    loop {
        let key = at;
        if block[at] != b'"' {
            return Err(Fault::new(FaultKind::ExpectedKey, at).at_key(members.is_empty()));
        }
        let begin = texts.len();
        at = skip_blanks(block, copy_string(walk, block, at + 1, texts)?);
        if block[at] != b':' {
            return Err(Fault::new(FaultKind::ExpectedColon, at));
        }
        let value = skip_blanks(block, at + 1);
        members.push(Member { key, text: begin..texts.len(), value });
        at = skip_value(walk, block, value, cursor.depth, max_depth)?;
        at = skip_blanks(block, at);
        match block[at] {
            b',' => at = skip_blanks(block, at + 1),
            b'}' => return Ok((members, at + 1)),
            _ => return Err(Fault::new(FaultKind::ExpectedCommaOrBrace, at)),
        }
    }
}

/// The members that count, in the order in which their keys came first.
fn without_duplicates(members: Vec<Member>, texts: &[u8], context: &mut RowContext) -> Vec<Member> {
    let mut kept: Vec<Member> = Vec::with_capacity(members.len());
    let mut places: HashMap<&[u8], usize> = HashMap::with_capacity(members.len());
    for member in members {
        match places.get(&texts[member.text.clone()]) {
            None => {
                places.insert(&texts[member.text.clone()], kept.len());
                kept.push(member);
            }
            Some(place) => {
                context.duplicate_key();
                if context.policies.duplicates == DuplicateKeys::Last {
                    kept[*place] = member;
                }
            }
        }
    }
    kept
}
