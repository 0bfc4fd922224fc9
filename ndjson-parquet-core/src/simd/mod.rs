//! Byte-classification kernels, one file per instruction set, chosen once at run time.
//!
//! A [`Kernel`] holds primitives only; every algorithm is written once, generic over `K: Kernel`.
//! A kernel of an instruction set can only be had from its `detect`, so holding one proves that the
//! CPU has the instructions: that is what makes its methods safe to call.
//!
//! # How an algorithm gets compiled for an instruction set
//! An intrinsic that is inlined into a function without the `target_feature` attribute is compiled
//! as a **function call**; nothing warns, and it costs up to nine times the speed. So:
//!
//! 1. Anything that takes a `K` is `#[inline(always)]`, down to the last helper; no `#[cold]` and
//!    no `#[inline(never)]` on a function that takes a `K`, and no closure in between.
//! 2. The work of one block is a [`Task`], and [`Selected::run`] runs it. The only functions with
//!    the attribute are those that [`Kernel::enter`] calls, one in the file of each instruction set.
//! 3. What must not be inlined, because it recurs or is rare, is a task as well, and entered anew.
//!
//! ```ignore
//! struct CountLines<'a>(&'a [u8]);
//!
//! impl Task for CountLines<'_> {
//!     type Output = usize;
//!
//!     #[inline(always)]
//!     fn run<K: Kernel>(self, kernel: K) -> usize { /* everything hot */ }
//! }
//!
//! let lines = selected.run(CountLines(block));
//! ```
//!
//! A task is the work of a block, never that of a value: entering costs a match and a call.
//!
//! A new instruction set is a file here, a name in [`KernelChoice`] and an arm in each `match` of
//! `choice.rs`; tests and fuzz targets then run it where the CPU has it.
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod choice;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(test)]
mod tests;

pub use choice::KernelChoice;
pub(crate) use choice::Selected;
#[cfg(any(test, fuzzing))]
pub(crate) use choice::agreed;
pub(crate) use scalar::Scalar;

/// The primitives that an instruction set has to offer.
pub(crate) trait Kernel: Copy + Send + Sync + 'static {
    /// Whether [`Self::unescape`] is faster than one escape after the other.
    const UNESCAPES: bool = false;

    /// Runs `task`, compiled for this instruction set.
    fn enter<T: Task>(self, task: T) -> T::Output;

    /// Bit i is set when `window[i]` is a quote, a backslash or a control character (below 0x20).
    fn string_specials(self, window: &[u8; 64]) -> u64;

    /// Resolves the escapes of `window`, whose first byte is not the second of an escape; see
    /// [`Unescaped`].
    #[inline(always)]
    fn unescape(self, window: &[u8; 64]) -> Unescaped {
        Scalar.unescape(window)
    }

    /// Whether `window` starts with the first `length` (at most 32) bytes of `template`.
    fn starts_with(self, window: &[u8; 32], template: &[u8; 32], length: usize) -> bool;

    /// Bit i is set when `window[i]` is a digit.
    fn digits(self, window: &[u8; 32]) -> u32;

    /// The number that the first `count` bytes spell, of which each is a digit; at most 16.
    fn leading_digits(self, window: &[u8; 16], count: usize) -> u64;

    /// [`Self::leading_digits`] of two windows at once.
    #[inline(always)]
    fn two_leading_digits(self, [a, b]: [&[u8; 16]; 2], counts: [usize; 2]) -> [u64; 2] {
        [self.leading_digits(a, counts[0]), self.leading_digits(b, counts[1])]
    }
}

/// Tells the compiler that the branch which calls this is rarely taken, where what is rare has to be
/// inlined: it then keeps the registers for the rest.
#[cold]
#[inline]
pub(crate) fn rarely() {}

/// Work that is compiled for each instruction set.
pub(crate) trait Task {
    type Output;

    /// Does the work; `#[inline(always)]` in every implementation.
    fn run<K: Kernel>(self, kernel: K) -> Self::Output;
}

/// The text of a window before its first quote, control character or backslash that does not begin an
/// escape of two bytes within it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unescaped {
    /// How many bytes of the window that text has.
    pub(crate) read: usize,
    /// How many bytes it has without its backslashes.
    pub(crate) written: usize,
    /// Those bytes, and then any.
    pub(crate) bytes: [u8; 64],
}

/// The character that a backslash and `second` stand for; 0 where they stand for none.
#[inline(always)]
pub(crate) fn simple_escape(second: u8) -> u8 {
    SIMPLE_ESCAPES.as_flattened()[usize::from(second)]
}

/// The backslashes that begin an escape, and the bytes after them. The first bit of `backslashes`
/// is no second byte of an escape.
///
/// In a run of backslashes every other one begins an escape. The subtraction borrows through each
/// run, which leaves a mark where its parity shows against the odd bits.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn escapes(backslashes: u64) -> (u64, u64) {
    let after = backslashes << 1 | ODD_BITS;
    let marks = after.wrapping_sub(backslashes) ^ ODD_BITS;
    (marks & backslashes, marks ^ backslashes)
}

#[cfg(target_arch = "x86_64")]
const ODD_BITS: u64 = 0xaaaa_aaaa_aaaa_aaaa;

/// By windows, as the kernels load it.
static SIMPLE_ESCAPES: [[u8; 64]; 4] = {
    let mut table = [[0; 64]; 4];
    let (from, to) = (b"\"\\/bfnrt", b"\"\\/\x08\x0c\n\r\t");
    let mut index = 0;
    while index < from.len() {
        table[from[index] as usize / 64][from[index] as usize % 64] = to[index];
        index += 1;
    }
    table
};

/// From index `count` on: for each of 16 places, which of `count` bytes moves there so that they end
/// together; 0x80 for none.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
static PLACES: [u8; 32] = {
    let mut places = [0x80; 32];
    let mut byte = 0;
    while byte < 16 {
        places[16 + byte] = byte as u8;
        byte += 1;
    }
    places
};
