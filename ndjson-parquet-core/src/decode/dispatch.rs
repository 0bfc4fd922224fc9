//! The walker compiled once for each instruction set.
//!
//! A generic function that uses a kernel is compiled well only inside a function that has the
//! kernel's target features. These entries are those functions; the walker recurses through them.
//! `unsafe` is needed to call them; a kernel value is the proof that the CPU has the features.

use super::block::{BlockDecoder, Outcome, walk_lines};
use super::nested::{ListColumn, StructColumn};
use super::node::Node;
use super::walk::{
    Cursor, Slot, Step, Walk, write_list, write_struct, write_unknown, write_unusual,
};
use crate::fields::KeyText;
use crate::simd::{Scalar, Selected};

impl BlockDecoder {
    /// Walks the lines of `block[from..to]`; see [`walk_lines`].
    pub(super) fn walk(&mut self, block: &[u8], from: usize, to: usize) -> Outcome {
        match self.kernel {
            Selected::Scalar(kernel) => walk_lines(kernel, self, block, from, to),
            #[cfg(target_arch = "x86_64")]
            Selected::Avx2(kernel) => avx2::walk(kernel, self, block, from, to),
        }
    }
}

impl Walk for Scalar {
    fn enter_struct(self, column: &mut StructColumn, slot: Slot, cursor: &mut Cursor<'_>) -> Step {
        write_struct(self, column, slot, cursor)
    }

    fn enter_list(self, column: &mut ListColumn, slot: Slot, cursor: &mut Cursor<'_>) -> Step {
        write_list(self, column, slot, cursor)
    }

    fn enter_unusual(self, node: &mut Node, slot: Slot, cursor: &mut Cursor<'_>) -> Step {
        write_unusual(self, node, slot, cursor)
    }

    fn enter_unknown(
        self,
        column: &StructColumn,
        key: (usize, KeyText),
        slot: Slot,
        cursor: &mut Cursor<'_>,
    ) -> Step {
        write_unknown(self, column, key, slot, cursor)
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "entries with target features are unsafe to call")]
mod avx2 {
    use super::*;
    use crate::simd::Avx2;

    pub(super) fn walk(
        kernel: Avx2,
        decoder: &mut BlockDecoder,
        block: &[u8],
        from: usize,
        to: usize,
    ) -> Outcome {
        // SAFETY: `Avx2` values exist only where the CPU has these features.
        unsafe { walk_entry(kernel, decoder, block, from, to) }
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn walk_entry(
        kernel: Avx2,
        decoder: &mut BlockDecoder,
        block: &[u8],
        from: usize,
        to: usize,
    ) -> Outcome {
        walk_lines(kernel, decoder, block, from, to)
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn struct_entry(
        kernel: Avx2,
        column: &mut StructColumn,
        slot: Slot,
        cursor: &mut Cursor<'_>,
    ) -> Step {
        write_struct(kernel, column, slot, cursor)
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn list_entry(
        kernel: Avx2,
        column: &mut ListColumn,
        slot: Slot,
        cursor: &mut Cursor<'_>,
    ) -> Step {
        write_list(kernel, column, slot, cursor)
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn unusual_entry(kernel: Avx2, node: &mut Node, slot: Slot, cursor: &mut Cursor<'_>) -> Step {
        write_unusual(kernel, node, slot, cursor)
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn unknown_entry(
        kernel: Avx2,
        column: &StructColumn,
        key: (usize, KeyText),
        slot: Slot,
        cursor: &mut Cursor<'_>,
    ) -> Step {
        write_unknown(kernel, column, key, slot, cursor)
    }

    impl Walk for Avx2 {
        #[inline(always)]
        fn enter_struct(
            self,
            column: &mut StructColumn,
            slot: Slot,
            cursor: &mut Cursor<'_>,
        ) -> Step {
            // SAFETY: `Avx2` values exist only where the CPU has these features.
            unsafe { struct_entry(self, column, slot, cursor) }
        }

        #[inline(always)]
        fn enter_list(self, column: &mut ListColumn, slot: Slot, cursor: &mut Cursor<'_>) -> Step {
            // SAFETY: `Avx2` values exist only where the CPU has these features.
            unsafe { list_entry(self, column, slot, cursor) }
        }

        #[inline(always)]
        fn enter_unusual(self, node: &mut Node, slot: Slot, cursor: &mut Cursor<'_>) -> Step {
            // SAFETY: `Avx2` values exist only where the CPU has these features.
            unsafe { unusual_entry(self, node, slot, cursor) }
        }

        #[inline(always)]
        fn enter_unknown(
            self,
            column: &StructColumn,
            key: (usize, KeyText),
            slot: Slot,
            cursor: &mut Cursor<'_>,
        ) -> Step {
            // SAFETY: `Avx2` values exist only where the CPU has these features.
            unsafe { unknown_entry(self, column, key, slot, cursor) }
        }
    }
}
