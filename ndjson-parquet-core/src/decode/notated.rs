//! Values of columns that are written as strings of some notation: bytes, times of day, moments in a
//! format. These are copied before they are read; nobody has asked for them to be fast.

use super::node::{Column, Node};
use super::walk::{Cursor, Slot, Walk};
use crate::json::fault::Fault;
use crate::json::string::copy_string;
use crate::json::temporal::parse_time;
use crate::simd::Scalar;

/// Stores the string at `slot` and gives the index after it, or `None` if the column cannot hold it.
#[inline(always)]
pub(super) fn store_notated<W: Walk>(
    walk: W,
    node: &mut Node,
    slot: Slot,
    cursor: &mut Cursor<'_>,
) -> Result<Option<usize>, Fault> {
    let mut text = std::mem::take(&mut cursor.context.scratch);
    text.clear();
    let end = copy_string(walk, cursor.block, slot.at + 1, &mut text);
    let truncate = cursor.context.policies.truncate_timestamps;
    let stored = end.is_ok().then(|| push_text(node, slot.row, &text, truncate)).flatten();
    cursor.context.scratch = text;
    Ok(stored.is_some().then_some(end?))
}

fn push_text(node: &mut Node, row: usize, text: &[u8], truncate: bool) -> Option<()> {
    match &mut node.column {
        Column::Binary(column) => column.push_text(row, text),
        Column::Moment(column) => column.push_text(row, text, truncate),
        Column::Time(column) => column.push_nanos(row, parse_time(text)?, truncate),
        _ => None,
    }
}

/// What is wrong with the value at `at`, where the column can tell more than its type.
#[cold]
pub(super) fn complaint(node: &Node, block: &[u8], at: usize) -> String {
    let (Column::Binary(column), b'"') = (&node.column, block[at]) else { return String::new() };
    let mut text = Vec::new();
    match copy_string(Scalar, block, at + 1, &mut text) {
        Ok(_) => column.encoding.decode(&text, &mut Vec::new()).err().unwrap_or_default(),
        Err(_) => String::new(),
    }
}
