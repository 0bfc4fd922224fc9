//! Where the walker enters itself anew, as a task of its kernel.
//!
//! What recurs or is rare must not be inlined into the walker, and must still be compiled for the
//! kernel's instruction set: see `simd`.

use super::block::{BlockDecoder, Outcome, walk_lines};
use super::nested::StructColumn;
use super::node::Node;
use super::walk::{Cursor, Slot, Step, Walk, write_other, write_unknown};
use crate::fields::KeyText;
use crate::simd::{Kernel, Task};

impl BlockDecoder {
    /// Walks the lines of `block[from..to]`; see [`walk_lines`].
    pub(super) fn walk(&mut self, block: &[u8], from: usize, to: usize) -> Outcome {
        self.kernel.run(WalkLines { decoder: self, block, from, to })
    }
}

impl<K: Kernel> Walk for K {
    #[inline(always)]
    fn enter_other(self, node: &mut Node, slot: Slot, cursor: &mut Cursor<'_>) -> Step {
        self.enter(WriteOther { node, slot, cursor })
    }

    #[inline(always)]
    fn enter_unknown(
        self,
        column: &StructColumn,
        key: (usize, KeyText),
        slot: Slot,
        cursor: &mut Cursor<'_>,
    ) -> Step {
        self.enter(WriteUnknown { column, key, slot, cursor })
    }
}

struct WalkLines<'a> {
    decoder: &'a mut BlockDecoder,
    block: &'a [u8],
    from: usize,
    to: usize,
}

impl Task for WalkLines<'_> {
    type Output = Outcome;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> Outcome {
        walk_lines(kernel, self.decoder, self.block, self.from, self.to)
    }
}

struct WriteOther<'a, 'b> {
    node: &'a mut Node,
    slot: Slot,
    cursor: &'a mut Cursor<'b>,
}

impl Task for WriteOther<'_, '_> {
    type Output = Step;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> Step {
        write_other(kernel, self.node, self.slot, self.cursor)
    }
}

struct WriteUnknown<'a, 'b> {
    column: &'a StructColumn,
    key: (usize, KeyText),
    slot: Slot,
    cursor: &'a mut Cursor<'b>,
}

impl Task for WriteUnknown<'_, '_> {
    type Output = Step;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> Step {
        write_unknown(kernel, self.column, self.key, self.slot, self.cursor)
    }
}
