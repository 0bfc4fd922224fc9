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
//! 2. The work of one block ends in one entry per instruction set, and only the entry carries the
//!    attribute:
//!
//! ```ignore
//! #[inline(always)]
//! fn body<K: Kernel>(kernel: K, block: &[u8]) -> usize { /* everything hot */ }
//!
//! #[cfg(target_arch = "x86_64")]
//! #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
//! fn body_avx2(kernel: Avx2, block: &[u8]) -> usize {
//!     body(kernel, block)
//! }
//!
//! fn run(selected: Selected, block: &[u8]) -> usize {
//!     match selected {
//!         Selected::Scalar(kernel) => body(kernel, block),
//!         // SAFETY: an `Avx2` exists only where `Avx2::detect` found all five features.
//!         #[cfg(target_arch = "x86_64")]
//!         Selected::Avx2(kernel) => unsafe { body_avx2(kernel, block) },
//!     }
//! }
//! ```
//!
//! The match belongs around a block, never around a value.
#[cfg(target_arch = "x86_64")]
mod avx2;
mod scalar;
#[cfg(test)]
mod tests;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;
pub(crate) use scalar::Scalar;

use crate::{Error, ErrorKind, Result};

/// Which byte-classification kernel decodes; the result never depends on it, only the speed.
///
/// ```
/// use ndjson_parquet_core::{Converter, KernelChoice, Sink, Source};
///
/// let source = Source::bytes("inline", "{\"id\":1}\n");
/// let converter = Converter::new().with_kernel(KernelChoice::Scalar);
/// converter.convert(vec![source], Sink::writer("memory", std::io::sink()))?;
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum KernelChoice {
    /// The fastest that this CPU has.
    #[default]
    Auto,
    /// Plain 64-bit arithmetic, on every CPU.
    Scalar,
    /// AVX2 with BMI, LZCNT and POPCNT: x86-64 CPUs since about 2015.
    Avx2,
}

/// A kernel that this CPU has.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Selected {
    Scalar(Scalar),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
}

/// The primitives that an instruction set has to offer.
pub(crate) trait Kernel: Copy + Send + Sync + 'static {
    /// Bit i is set when `window[i]` is a quote, a backslash or a control character (below 0x20).
    fn string_specials(self, window: &[u8; 64]) -> u64;

    /// Whether `window` starts with the first `length` (at most 32) bytes of `template`.
    fn starts_with(self, window: &[u8; 32], template: &[u8; 32], length: usize) -> bool;

    /// Bit i is set when `window[i]` is a digit.
    fn digits(self, window: &[u8; 32]) -> u32;

    /// The number that the first `count` bytes spell, of which each is a digit; at most 16.
    fn leading_digits(self, window: &[u8; 16], count: usize) -> u64;

    /// [`Self::leading_digits`] of two windows at once.
    fn two_leading_digits(self, windows: [&[u8; 16]; 2], counts: [usize; 2]) -> [u64; 2];
}

impl KernelChoice {
    /// The kernel asked for, or the error that this CPU does not have it.
    pub(crate) fn detect(self) -> Result<Selected> {
        match self {
            Self::Auto => Ok(avx2().unwrap_or(Selected::Scalar(Scalar))),
            Self::Scalar => Ok(Selected::Scalar(Scalar)),
            Self::Avx2 => avx2().ok_or_else(|| {
                Error::new(
                    ErrorKind::Schema,
                    "expected a CPU with AVX2, BMI1, BMI2, LZCNT and POPCNT for the kernel `Avx2`, \
                     found one without; `Auto` takes the fastest kernel that there is",
                )
            }),
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn avx2() -> Option<Selected> {
    Avx2::detect().map(Selected::Avx2)
}

#[cfg(not(target_arch = "x86_64"))]
fn avx2() -> Option<Selected> {
    None
}
