//! The walker: follows the compiled schema through one line and appends each value to its column.
//!
//! Everything here is generic over the kernel and `#[inline(always)]`, so that it is compiled once
//! for each instruction set, inside the entries of [`super::dispatch`]. Where the walk recurses or
//! leaves the hot path it goes through a method of [`Walk`]: a call into another such entry.

use arrow_array::OffsetSizeTrait;

use super::context::{Event, Mark, RowContext};
use super::map::write_map;
use super::nested::{ListColumn, StructColumn};
use super::node::{Column, Fit, Node};
use super::notated::complaint;
use super::text::TextColumn;
use super::values::store_unusual;
use crate::fields::KeyText;
use crate::json::blank::skip_blanks;
use crate::json::block::window;
use crate::json::fault::{Fault, FaultKind};
use crate::json::number::{scan_float, scan_integer};
use crate::json::path::{push_key, with_indices};
use crate::json::skip::{scan_boolean, scan_literal, skip_value};
use crate::json::string::copy_string;
use crate::json::temporal::{Timestamp, scan_date, scan_timestamp};
use crate::options::{DuplicateKeys, RESCUED_DATA, TypeConflicts, UnknownFields};
use crate::simd::{Kernel, rarely};

/// Where the walker stands: all that a step needs besides the column it writes to.
pub(crate) struct Cursor<'a> {
    /// Whole lines and their padding.
    pub(crate) block: &'a [u8],
    pub(crate) context: &'a mut RowContext,
    /// Nesting level of the object or array whose values are being walked; that of a line is level
    /// 1. Not reset after a fault, which ends the line.
    pub(crate) depth: usize,
}

/// A kernel that can enter the walker anew, compiled for its instruction set.
pub(crate) trait Walk: Kernel {
    /// Writes a value that is not of the commonest forms; see [`write_other`].
    fn enter_other(self, node: &mut Node, slot: Slot, cursor: &mut Cursor<'_>) -> Step;
    /// Treats a field that has no column; see [`write_unknown`].
    fn enter_unknown(
        self,
        column: &StructColumn,
        key: (usize, KeyText),
        slot: Slot,
        cursor: &mut Cursor<'_>,
    ) -> Step;
}

/// The value to be written: where its text begins and where it goes.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    /// Index of the value's first byte.
    pub(crate) at: usize,
    /// Row of the column, or position among all elements of a list column.
    pub(crate) row: usize,
}

/// The index after the value, or what is wrong with it.
pub(crate) type Step = Result<usize, Fault>;

/// Writes the value at `slot` to `node`.
///
/// What is taken here is the form that most values have. The rest, and every fault, is left to one
/// call, so that this is small enough to be compiled well wherever it is inlined.
#[inline(always)]
pub(crate) fn write_value<W: Walk>(
    walk: W,
    node: &mut Node,
    slot: Slot,
    cursor: &mut Cursor<'_>,
) -> Step {
    let Slot { at, row } = slot;
    let block = cursor.block;
    let first = block[at];
    match &mut node.column {
        Column::Utf8(column) | Column::Utf8View(column)
            if first == b'"' && takes_text(node.fit) =>
        {
            return write_text(walk, column, slot, block);
        }
        Column::Int64(column) => {
            if let Some((value, end)) = scan_integer(walk, block, at) {
                column.push(row, value);
                return Ok(end);
            }
        }
        Column::Float64(column) => {
            if let Some((value, end)) = scan_float(walk, block, at) {
                column.push(row, value);
                return Ok(end);
            }
        }
        Column::Timestamp(column) if first == b'"' => {
            let truncate = cursor.context.policies.truncate_timestamps;
            if let Some((timestamp, end)) = scan_timestamp(walk, block, at + 1, &mut column.date)
                && (node.fit == Fit::Given || inferred_as(&timestamp, column.has_zone()))
                && let Some(value) = column.value_of(&timestamp, truncate)
            {
                column.push(row, value);
                return Ok(end);
            }
        }
        Column::Boolean(column) => {
            if let Some((value, end)) = scan_boolean(block, at) {
                column.push(row, value);
                return Ok(end);
            }
        }
        _ => {}
    }
    if node.nullable && window(block, at) == b"null" {
        // The column stays short by a row, as where the field is absent.
        cursor.context.event(node.id, Event::Null);
        return Ok(at + 4);
    }
    walk.enter_other(node, slot, cursor)
}

/// Writes a value that [`write_value`] does not.
#[inline(always)]
pub(crate) fn write_other<W: Walk>(
    walk: W,
    node: &mut Node,
    slot: Slot,
    cursor: &mut Cursor<'_>,
) -> Step {
    let block = cursor.block;
    match (&mut node.column, block[slot.at]) {
        (Column::Struct(column), b'{') => return write_struct(walk, column, slot, cursor),
        (Column::List(column), b'[') => return write_list(walk, column, slot, cursor),
        (Column::Map(column), b'{') => return write_map(walk, column, slot, cursor),
        (Column::LargeUtf8(column), b'"') => return write_text(walk, column, slot, block),
        (Column::Dictionary(column), b'"') => return write_text(walk, column, slot, block),
        (Column::Json(column), first) if first != b'n' => {
            let max_depth = cursor.context.policies.max_depth;
            let end = skip_value(walk, block, slot.at, cursor.depth, max_depth)?;
            column.begin(slot.row).extend_from_slice(&block[slot.at..end]);
            column.end();
            return Ok(end);
        }
        (Column::Date32(column), b'"') => {
            if let Some((days, end)) = scan_date(block, slot.at + 1) {
                column.push(slot.row, days);
                return Ok(end);
            }
        }
        _ => {}
    }
    write_unusual(walk, node, slot, cursor)
}

/// Writes the string at `slot`.
#[inline(always)]
fn write_text<W: Walk, O: OffsetSizeTrait>(
    walk: W,
    column: &mut TextColumn<O>,
    slot: Slot,
    block: &[u8],
) -> Step {
    let end = copy_string(walk, block, slot.at + 1, column.begin(slot.row))?;
    column.end();
    Ok(end)
}

/// Writes the fields of the object at `slot` to the children of `column`.
#[inline(always)]
pub(crate) fn write_fields<W: Walk>(
    walk: W,
    column: &mut StructColumn,
    slot: Slot,
    cursor: &mut Cursor<'_>,
) -> Step {
    go_deeper(slot, cursor)?;
    let mark = cursor.context.mark();
    let mut order = column.fields.start();
    let mut at = skip_blanks(cursor.block, slot.at + 1);
    if cursor.block[at] == b'}' {
        return end_of_object(column, at, slot.row, cursor);
    }
    let first = at;
    loop {
        let scratch = &mut cursor.context.scratch;
        let read = column.fields.read_key(walk, cursor.block, at, &mut order, scratch);
        let key = read.map_err(|fault| fault.at_key(at == first))?;
        let slot = Slot { at: key.value, row: slot.row };
        let text = key.text;
        at = match key.entry {
            Some((_, child)) => {
                let end = if child.filled > slot.row {
                    rarely();
                    write_duplicate(walk, child, slot, mark, cursor)?
                } else {
                    write_value(walk, child, slot, cursor)?
                };
                child.filled = slot.row + 1;
                end
            }
            None => walk.enter_unknown(column, (at, text), slot, cursor)?,
        };
        at = skip_blanks(cursor.block, at);
        match cursor.block[at] {
            b',' => at = skip_blanks(cursor.block, at + 1),
            b'}' => return end_of_object(column, at, slot.row, cursor),
            _ => return Err(Fault { kind: FaultKind::ExpectedCommaOrBrace, at }),
        }
    }
}

/// Writes the object at `slot`.
#[inline(always)]
pub(crate) fn write_struct<W: Walk>(
    walk: W,
    column: &mut StructColumn,
    slot: Slot,
    cursor: &mut Cursor<'_>,
) -> Step {
    let end = write_fields(walk, column, slot, cursor)?;
    column.push(slot.row);
    Ok(end)
}

/// Writes the array at `slot`.
#[inline(always)]
pub(crate) fn write_list<W: Walk>(
    walk: W,
    column: &mut ListColumn,
    slot: Slot,
    cursor: &mut Cursor<'_>,
) -> Step {
    go_deeper(slot, cursor)?;
    let mut at = skip_blanks(cursor.block, slot.at + 1);
    if cursor.block[at] == b']' {
        cursor.depth -= 1;
        column.push(slot.row);
        return Ok(at + 1);
    }
    cursor.context.indices.push(0);
    loop {
        let element = Slot { at, row: column.items };
        at = write_value(walk, &mut column.element, element, cursor)?;
        column.items += 1;
        at = skip_blanks(cursor.block, at);
        match cursor.block[at] {
            b',' => at = skip_blanks(cursor.block, at + 1),
            b']' => break,
            _ => return Err(Fault { kind: FaultKind::ExpectedCommaOrBracket, at }),
        }
        if let Some(index) = cursor.context.indices.last_mut() {
            *index += 1;
        }
    }
    cursor.context.indices.pop();
    cursor.depth -= 1;
    column.push(slot.row);
    Ok(at + 1)
}

/// Writes a value that is null, of another form than usual, or in conflict with its column.
#[inline(always)]
pub(crate) fn write_unusual<W: Walk>(
    walk: W,
    node: &mut Node,
    slot: Slot,
    cursor: &mut Cursor<'_>,
) -> Step {
    if cursor.block[slot.at] == b'n' {
        let (_, end) = scan_literal(cursor.block, slot.at)?;
        if !node.nullable {
            cursor.context.expected = node.expected();
            return Err(Fault { kind: FaultKind::MissingValue, at: slot.at });
        }
        node.pad(slot.row + 1);
        cursor.context.event(node.id, Event::Null);
        return Ok(end);
    }
    if let Some(end) = store_unusual(walk, node, slot, cursor)? {
        return Ok(end);
    }
    settle_conflict(walk, node, slot, cursor)
}

/// Treats a value that `node` cannot hold, as the policy says.
#[inline(always)]
fn settle_conflict<W: Walk>(walk: W, node: &mut Node, slot: Slot, cursor: &mut Cursor<'_>) -> Step {
    let context = &mut *cursor.context;
    let end = skip_value(walk, cursor.block, slot.at, cursor.depth, context.policies.max_depth)?;
    match context.policies.conflicts {
        TypeConflicts::Widen if node.fit != Fit::Given => {
            context.expected = node.expected();
            context.complaint.clear();
            Err(Fault { kind: FaultKind::Misfit, at: slot.at })
        }
        // A type that the user gave is not widened.
        TypeConflicts::Widen | TypeConflicts::Rescue if node.nullable => {
            node.pad(slot.row + 1);
            let path = with_indices(&node.path, &context.indices, cursor.block);
            context.rescue(node.id, path, slot.at, end)?;
            context.event(node.id, Event::Rescued);
            Ok(end)
        }
        TypeConflicts::Null if node.nullable => {
            node.pad(slot.row + 1);
            context.event(node.id, Event::Nulled);
            Ok(end)
        }
        _ => {
            context.expected = node.expected();
            context.complaint = complaint(node, cursor.block, slot.at);
            Err(Fault { kind: FaultKind::Conflict, at: slot.at })
        }
    }
}

/// Treats a field that has no column; `key` is where its key begins, and its text.
#[inline(always)]
pub(crate) fn write_unknown<W: Walk>(
    walk: W,
    column: &StructColumn,
    key: (usize, KeyText),
    slot: Slot,
    cursor: &mut Cursor<'_>,
) -> Step {
    let context = &mut *cursor.context;
    let end = skip_value(walk, cursor.block, slot.at, cursor.depth, context.policies.max_depth)?;
    let name = key.1.bytes(cursor.block, &context.scratch);
    match context.policies.unknown {
        UnknownFields::Evolve if column.evolves && !is_rescue_column(column, name) => {
            context.expected.clear();
            return Err(Fault { kind: FaultKind::Misfit, at: key.0 });
        }
        UnknownFields::Evolve | UnknownFields::Rescue => {
            let mut path = with_indices(&column.path, &context.indices, cursor.block);
            push_key(&mut path, &String::from_utf8_lossy(name));
            context.rescue_unknown(column.id, path, slot.at, end)?;
        }
        UnknownFields::Ignore => context.unknown_ignored(),
        UnknownFields::Error => return Err(Fault { kind: FaultKind::UnknownField, at: key.0 }),
    }
    Ok(end)
}

/// Whether a field of the input has the name of the rescue column: it is rescued, not added.
fn is_rescue_column(column: &StructColumn, name: &[u8]) -> bool {
    column.path.is_empty() && column.has_rescue && name == RESCUED_DATA.as_bytes()
}

/// Writes a value whose key the object already had.
#[inline(always)]
fn write_duplicate<W: Walk>(
    walk: W,
    node: &mut Node,
    slot: Slot,
    mark: Mark,
    cursor: &mut Cursor<'_>,
) -> Step {
    let context = &mut *cursor.context;
    match context.policies.duplicates {
        DuplicateKeys::Last => {
            node.truncate(slot.row);
            context.forget(mark, node.id..node.end, slot.row);
            context.duplicate_key();
            write_value(walk, node, slot, cursor)
        }
        DuplicateKeys::First => {
            context.duplicate_key();
            skip_value(walk, cursor.block, slot.at, cursor.depth, context.policies.max_depth)
        }
        // Lines are searched for duplicates before they are walked.
        DuplicateKeys::Error => Err(Fault { kind: FaultKind::DuplicateKey, at: slot.at }),
    }
}

/// Enters the object or array at `slot`, if it is not too deep.
#[inline(always)]
pub(crate) fn go_deeper(slot: Slot, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    if cursor.depth >= cursor.context.policies.max_depth {
        return Err(Fault { kind: FaultKind::TooDeep, at: slot.at });
    }
    cursor.depth += 1;
    Ok(())
}

/// Leaves the object whose closing brace is at `at`: the columns which must have a value got one.
#[inline(always)]
fn end_of_object(column: &StructColumn, at: usize, row: usize, cursor: &mut Cursor<'_>) -> Step {
    for &index in &column.required {
        let node = column.fields.value(index);
        if node.filled <= row {
            cursor.context.expected = node.expected();
            let indices = &cursor.context.indices;
            cursor.context.missing = with_indices(&node.path, indices, cursor.block);
            return Err(Fault { kind: FaultKind::MissingValue, at });
        }
    }
    cursor.depth -= 1;
    Ok(at + 1)
}

/// Whether a text column takes a string as it is.
#[inline(always)]
fn takes_text(fit: Fit) -> bool {
    matches!(fit, Fit::Given | Fit::Inferred)
}

/// Whether inference would read `timestamp` as one of a column with or without zone.
#[inline(always)]
pub(crate) fn inferred_as(timestamp: &Timestamp, has_zone: bool) -> bool {
    timestamp.canonical && timestamp.offset_minutes.is_some() == has_zone
}
