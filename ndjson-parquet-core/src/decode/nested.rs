//! Columns with children: structs and lists.

use std::sync::Arc;

use arrow_array::{ArrayRef, LargeListArray, ListArray, StructArray};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, FieldRef, Fields as ArrowFields};

use super::context::RowContext;
use super::node::Node;
use super::nulls::Nulls;
use super::primitive::room_for_next;
use crate::fields::Fields;

/// Validity and children of a struct column; the whole line is one, too.
#[derive(Debug)]
pub(crate) struct StructColumn {
    /// Id of the column's node.
    pub(crate) id: u32,
    pub(crate) fields: Fields<Node>,
    /// Path with `[]` for each list on the way; empty for the line itself.
    pub(crate) path: Box<str>,
    /// Whether a field that is not here widens the schema.
    pub(crate) evolves: bool,
    /// Whether `_rescued_data` is a column of ours beside these children (the line itself only).
    pub(crate) has_rescue: bool,
    /// Children that must have a value wherever the struct has one.
    pub(crate) required: Vec<usize>,
    arrow_fields: ArrowFields,
    rows: usize,
    nulls: Nulls,
}

impl StructColumn {
    pub(crate) fn new(
        id: u32,
        arrow_fields: ArrowFields,
        fields: Fields<Node>,
        path: &str,
        evolves: bool,
    ) -> Self {
        let required = fields.iter().enumerate().filter(|(_, (_, node))| !node.nullable);
        let required = required.map(|(index, _)| index).collect();
        Self {
            id,
            fields,
            path: path.into(),
            evolves,
            has_rescue: false,
            required,
            arrow_fields,
            rows: 0,
            nulls: Nulls::default(),
        }
    }

    /// Appends path and type of each column below, in preorder.
    pub(crate) fn describe(&self, columns: &mut Vec<(String, String)>) {
        for ((_, node), field) in self.fields.iter().zip(&self.arrow_fields) {
            node.describe(field, columns);
        }
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, row: usize) {
        self.pad(row);
        self.rows = row + 1;
    }

    pub(crate) fn pad(&mut self, rows: usize) {
        if self.rows < rows {
            self.nulls.append(self.rows, rows);
            self.rows = rows;
        }
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        self.nulls.truncate(rows);
        self.rows = self.rows.min(rows);
        for node in self.fields.values_mut() {
            node.truncate(rows);
        }
    }

    /// The children as arrays of `rows` rows.
    pub(crate) fn finish_children(
        &mut self,
        rows: usize,
        present: usize,
        context: &mut RowContext,
    ) -> Result<Vec<ArrayRef>, ArrowError> {
        let children = self.fields.values_mut();
        children.map(|node| node.finish(rows, present, context)).collect()
    }

    pub(crate) fn finish(
        &mut self,
        rows: usize,
        context: &mut RowContext,
    ) -> Result<ArrayRef, ArrowError> {
        self.rows = 0;
        let nulls = self.nulls.finish(rows);
        let present = rows - nulls.as_ref().map_or(0, |nulls| nulls.null_count());
        let children = self.finish_children(rows, present, context)?;
        let fields = self.arrow_fields.clone();
        Ok(Arc::new(StructArray::try_new_with_length(fields, children, nulls, rows)?))
    }
}

/// Offsets, validity and elements of a list column.
///
/// Memory: 4 bytes a row, and the elements.
#[derive(Debug)]
pub(crate) struct ListColumn {
    pub(crate) element: Node,
    pub(crate) element_field: FieldRef,
    offsets: Vec<i32>,
    nulls: Nulls,
    /// Elements so far, those of the row being walked included.
    pub(crate) items: usize,
    /// Whether the array counts its elements in 64 bits.
    is_large: bool,
}

impl ListColumn {
    pub(crate) fn new(element_field: FieldRef, element: Node, is_large: bool) -> Self {
        let (offsets, nulls) = (vec![0], Nulls::default());
        Self { element, element_field, offsets, nulls, items: 0, is_large }
    }

    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Ends row `row`, whose elements are those since the last row.
    #[inline(always)]
    pub(crate) fn push(&mut self, row: usize) {
        self.pad_to(row);
        // Batches hold far fewer than 2^31 elements: each takes at least two bytes of a line.
        self.offsets.push(self.items as i32);
    }

    fn pad_to(&mut self, rows: usize) {
        let length = self.len();
        if length < rows {
            let end = self.offsets[length];
            self.offsets.resize(rows + 1, end);
            self.nulls.append(length, rows);
        }
    }

    pub(crate) fn pad(&mut self, rows: usize) {
        self.pad_to(rows);
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        self.offsets.truncate(rows + 1);
        self.nulls.truncate(rows);
        self.items = self.offsets[self.len()] as usize;
        self.element.truncate(self.items);
    }

    pub(crate) fn finish(&mut self, context: &mut RowContext) -> Result<ArrayRef, ArrowError> {
        let mut next = Vec::with_capacity(room_for_next(self.offsets.len()));
        next.push(0);
        let offsets = std::mem::replace(&mut self.offsets, next);
        let items = std::mem::take(&mut self.items);
        let element = self.element.finish(items, items, context)?;
        let field = Arc::clone(&self.element_field);
        let nulls = self.nulls.finish(offsets.len() - 1);
        if self.is_large {
            let offsets = offsets.into_iter().map(i64::from).collect::<ScalarBuffer<_>>();
            let offsets = OffsetBuffer::new(offsets);
            return Ok(Arc::new(LargeListArray::try_new(field, offsets, element, nulls)?));
        }
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        Ok(Arc::new(ListArray::try_new(field, offsets, element, nulls)?))
    }
}
