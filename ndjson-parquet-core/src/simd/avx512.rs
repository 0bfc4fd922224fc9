//! The kernel for x86-64 CPUs with AVX-512: 64 bytes to a register, and bytes that close up at once.
#![expect(unsafe_code, reason = "intrinsics; an `Avx512` proves that the CPU has them")]

use std::arch::x86_64::{
    __m512i, _mm512_cmpeq_epi8_mask, _mm512_cmplt_epu8_mask, _mm512_loadu_si512,
    _mm512_mask_testn_epi8_mask, _mm512_mask2_permutex2var_epi8, _mm512_maskz_compress_epi8,
    _mm512_movepi8_mask, _mm512_set1_epi8, _mm512_storeu_si512,
};

use super::avx2::Avx2;
use super::{Kernel, SIMPLE_ESCAPES, Task, Unescaped, escapes};

/// Proof that the CPU has AVX-512 F, BW, VL, DQ, VBMI and VBMI2, and what [`Avx2`] proves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx512(Avx2);

impl Avx512 {
    /// The kernel, if this CPU has the instructions.
    pub(crate) fn detect() -> Option<Self> {
        let has_all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("avx512vbmi2");
        Avx2::detect().filter(|_| has_all).map(Self)
    }
}

/// Everything that `Avx512::detect` looked for.
#[target_feature(
    enable = "avx2,bmi1,bmi2,lzcnt,popcnt",
    enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vbmi2"
)]
fn run_compiled<T: Task>(kernel: Avx512, task: T) -> T::Output {
    task.run(kernel)
}

impl Kernel for Avx512 {
    const UNESCAPES: bool = true;

    #[inline(always)]
    fn enter<T: Task>(self, task: T) -> T::Output {
        // SAFETY: `self` comes from `Avx512::detect`, so the CPU has all of these features.
        unsafe { run_compiled(self, task) }
    }

    #[inline(always)]
    fn string_specials(self, window: &[u8; 64]) -> u64 {
        // SAFETY: `self` comes from `Avx512::detect`, so the CPU has AVX-512 F and BW.
        unsafe {
            let bytes = load(window);
            equal(bytes, b'"') | equal(bytes, b'\\') | below(bytes, 0x20)
        }
    }

    #[inline(always)]
    fn unescape(self, window: &[u8; 64]) -> Unescaped {
        // SAFETY: `self` comes from `Avx512::detect`, so the CPU has AVX-512 F, BW, VBMI and VBMI2.
        unsafe { unescape(window) }
    }

    // Keys and numbers are no longer than 32 bytes, where the smaller registers do as well.

    #[inline(always)]
    fn starts_with(self, window: &[u8; 32], template: &[u8; 32], length: usize) -> bool {
        self.0.starts_with(window, template, length)
    }

    #[inline(always)]
    fn digits(self, window: &[u8; 32]) -> u32 {
        self.0.digits(window)
    }

    #[inline(always)]
    fn leading_digits(self, window: &[u8; 16], count: usize) -> u64 {
        self.0.leading_digits(window, count)
    }

    #[inline(always)]
    fn two_leading_digits(self, windows: [&[u8; 16]; 2], counts: [usize; 2]) -> [u64; 2] {
        self.0.two_leading_digits(windows, counts)
    }
}

/// Resolves the escapes of `window`; see [`Kernel::unescape`].
///
/// # Safety
/// * The CPU has AVX-512 F, BW, VBMI and VBMI2.
#[inline(always)]
unsafe fn unescape(window: &[u8; 64]) -> Unescaped {
    let mut resolved = [0; 64];
    // SAFETY: the CPU has the features (the caller's duty). The store writes 64 bytes to an array of
    // that length and needs no alignment.
    let (read, written) = unsafe {
        let bytes = load(window);
        let (escapes, escaped) = escapes(equal(bytes, b'\\'));
        // The second bytes of escapes become what they stand for, all others stay.
        let [low, high, ..] = &SIMPLE_ESCAPES;
        let (low, high) = (load(low), load(high));
        let values = _mm512_mask2_permutex2var_epi8(low, bytes, escaped, high);
        let no_simple_escape = _mm512_mask_testn_epi8_mask(escaped, values, values)
            | (_mm512_movepi8_mask(bytes) & escaped);
        let quotes = equal(bytes, b'"') & !escaped;
        // A backslash that ends the window is left to the next.
        let stops = quotes | below(bytes, 0x20) | no_simple_escape >> 1 | escapes & 1 << 63;
        let read = stops.trailing_zeros() as usize;
        let kept = stops.wrapping_sub(1) & !stops & !escapes;
        _mm512_storeu_si512(resolved.as_mut_ptr().cast(), _mm512_maskz_compress_epi8(kept, values));
        (read, kept.count_ones() as usize)
    };
    Unescaped { read, written, bytes: resolved }
}

/// Bit i is set when byte i is `value`.
///
/// # Safety
/// * The CPU has AVX-512 F and BW.
#[inline(always)]
unsafe fn equal(bytes: __m512i, value: u8) -> u64 {
    // SAFETY: the CPU has AVX-512 F and BW (the caller's duty).
    unsafe { _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(value as i8)) }
}

/// Bit i is set when byte i is less than `limit`.
///
/// # Safety
/// * The CPU has AVX-512 F and BW.
#[inline(always)]
unsafe fn below(bytes: __m512i, limit: u8) -> u64 {
    // SAFETY: the CPU has AVX-512 F and BW (the caller's duty).
    unsafe { _mm512_cmplt_epu8_mask(bytes, _mm512_set1_epi8(limit as i8)) }
}

/// # Safety
/// * The CPU has AVX-512 F.
#[inline(always)]
unsafe fn load(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: the reference guarantees 64 readable bytes and the load needs no alignment; the CPU
    // has AVX-512 F (the caller's duty).
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}
