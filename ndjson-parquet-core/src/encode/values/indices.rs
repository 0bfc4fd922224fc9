//! Indices into a dictionary, page by page.

use super::super::hybrid::{bit_width, write_indices};

/// The indices of the open page.
#[derive(Debug, Default)]
pub(super) struct Indices {
    open: Vec<u32>,
    pages: usize,
}

impl Indices {
    /// Makes room for `more` indices.
    pub(super) fn reserve(&mut self, more: usize) {
        self.open.reserve(more);
    }

    #[inline(always)]
    pub(super) fn push(&mut self, index: u32) {
        self.open.push(index);
    }

    pub(super) fn last(&self) -> Option<u32> {
        self.open.last().copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.open.iter().copied()
    }

    /// Bytes that the open page takes if the dictionary has `distinct` values, runs left aside.
    pub(super) fn page_bytes(&self, distinct: usize) -> usize {
        (self.open.len() * usize::from(bit_width(distinct as u32))).div_ceil(8)
    }

    /// Appends the open page, at the width that a dictionary of `distinct` values needs, to `out`.
    pub(super) fn finish_page(&mut self, distinct: usize, out: &mut Vec<u8>) {
        let width = bit_width(distinct.saturating_sub(1) as u32);
        out.push(width);
        write_indices(&self.open, width, out);
        self.open.clear();
        self.pages += 1;
    }

    /// Whether any page was finished.
    pub(super) fn are_used(&self) -> bool {
        self.pages > 0
    }

    pub(super) fn memory_size(&self) -> usize {
        self.open.len() * size_of::<u32>()
    }
}
