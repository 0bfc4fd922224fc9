//! The kernel for x86-64 CPUs with AVX2: 32 bytes to a register.
#![expect(unsafe_code, reason = "intrinsics; an `Avx2` proves that the CPU has them")]

use std::arch::x86_64::{
    __m256i, _mm_cvtsi128_si64, _mm_loadu_si128, _mm_madd_epi16, _mm_maddubs_epi16,
    _mm_packus_epi32, _mm_set1_epi8, _mm_set1_epi16, _mm_set1_epi32, _mm_shuffle_epi8,
    _mm_sub_epi8, _mm256_castsi256_si128, _mm256_cmpeq_epi8, _mm256_extracti128_si256,
    _mm256_loadu_si256, _mm256_loadu2_m128i, _mm256_madd_epi16, _mm256_maddubs_epi16,
    _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256, _mm256_packus_epi32, _mm256_set1_epi8,
    _mm256_set1_epi16, _mm256_set1_epi32, _mm256_shuffle_epi8, _mm256_sub_epi8,
};

use super::Kernel;

/// Proof that the CPU has AVX2, BMI1, BMI2, LZCNT and POPCNT.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// The kernel, if this CPU has the instructions.
    pub(crate) fn detect() -> Option<Self> {
        let has_all = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        has_all.then_some(Self(()))
    }
}

impl Kernel for Avx2 {
    #[inline(always)]
    fn string_specials(self, window: &[u8; 64]) -> u64 {
        let (halves, _) = window.as_chunks::<32>();
        let [low, high] = halves else { return 0 };
        // SAFETY: `self` comes from `Avx2::detect`, so the CPU has AVX2.
        let (low, high) = unsafe { (specials(low), specials(high)) };
        u64::from(low) | u64::from(high) << 32
    }

    #[inline(always)]
    fn starts_with(self, window: &[u8; 32], template: &[u8; 32], length: usize) -> bool {
        // SAFETY: `self` comes from `Avx2::detect`, so the CPU has AVX2.
        let same = unsafe { equal_bytes(window, template) };
        same.trailing_ones() as usize >= length
    }

    #[inline(always)]
    fn digits(self, window: &[u8; 32]) -> u32 {
        // SAFETY: `self` comes from `Avx2::detect`, so the CPU has AVX2.
        unsafe { digit_bytes(window) }
    }

    #[inline(always)]
    fn leading_digits(self, window: &[u8; 16], count: usize) -> u64 {
        let Some(places) = PLACES.get(count..).and_then(|places| places.first_chunk()) else {
            return 0;
        };
        // SAFETY: `self` comes from `Avx2::detect`, so the CPU has AVX2.
        unsafe { sixteen_digits(window, places) }
    }

    #[inline(always)]
    fn two_leading_digits(self, windows: [&[u8; 16]; 2], counts: [usize; 2]) -> [u64; 2] {
        let [a, b] =
            counts.map(|count| PLACES.get(count..).and_then(|places| places.first_chunk()));
        let (Some(a), Some(b)) = (a, b) else { return [0; 2] };
        // SAFETY: `self` comes from `Avx2::detect`, so the CPU has AVX2.
        unsafe { twice_sixteen_digits(windows, [a, b]) }
    }
}

/// From index `count` on: for each of 16 places, which of `count` bytes moves there so that they end
/// together; 0x80 for none.
static PLACES: [u8; 32] = {
    let mut places = [0x80; 32];
    let mut byte = 0;
    while byte < 16 {
        places[16 + byte] = byte as u8;
        byte += 1;
    }
    places
};

/// Bit i is set when `window[i]` is a digit.
///
/// # Safety
/// * The CPU has AVX2.
#[inline(always)]
unsafe fn digit_bytes(window: &[u8; 32]) -> u32 {
    // SAFETY: the CPU has AVX2 (the caller's duty).
    unsafe {
        let values = _mm256_sub_epi8(load(window), _mm256_set1_epi8(b'0' as i8));
        let digits = _mm256_cmpeq_epi8(_mm256_min_epu8(values, _mm256_set1_epi8(9)), values);
        _mm256_movemask_epi8(digits) as u32
    }
}

/// The number that the bytes of `window` spell when they are moved to `places`; a place without a
/// byte is a zero.
///
/// # Safety
/// * The CPU has AVX2.
#[inline(always)]
unsafe fn sixteen_digits(window: &[u8; 16], places: &[u8; 16]) -> u64 {
    // SAFETY: the references guarantee 16 readable bytes each and the loads need no alignment; the
    // CPU has AVX2 (the caller's duty), and so SSSE3 and SSE4.1.
    let eights = unsafe {
        let values =
            _mm_sub_epi8(_mm_loadu_si128(window.as_ptr().cast()), _mm_set1_epi8(b'0' as i8));
        let values = _mm_shuffle_epi8(values, _mm_loadu_si128(places.as_ptr().cast()));
        // Two neighbours become one number: pairs, fours, eights.
        let pairs = _mm_maddubs_epi16(values, _mm_set1_epi16(0x010a));
        let fours = _mm_madd_epi16(pairs, _mm_set1_epi32(0x0001_0064));
        let fours = _mm_packus_epi32(fours, fours);
        let eights = _mm_madd_epi16(fours, _mm_set1_epi32(0x0001_2710));
        _mm_cvtsi128_si64(eights) as u64
    };
    join_eights(eights)
}

/// [`sixteen_digits`] twice, each half of the registers by itself.
///
/// # Safety
/// * The CPU has AVX2.
#[inline(always)]
unsafe fn twice_sixteen_digits(windows: [&[u8; 16]; 2], places: [&[u8; 16]; 2]) -> [u64; 2] {
    // SAFETY: the CPU has AVX2 (the caller's duty).
    let (first, second) = unsafe {
        let values = _mm256_sub_epi8(load_halves(windows), _mm256_set1_epi8(b'0' as i8));
        let values = _mm256_shuffle_epi8(values, load_halves(places));
        let pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi16(0x010a));
        let fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x0001_0064));
        let fours = _mm256_packus_epi32(fours, fours);
        let eights = _mm256_madd_epi16(fours, _mm256_set1_epi32(0x0001_2710));
        (
            _mm_cvtsi128_si64(_mm256_castsi256_si128(eights)) as u64,
            _mm_cvtsi128_si64(_mm256_extracti128_si256::<1>(eights)) as u64,
        )
    };
    [join_eights(first), join_eights(second)]
}

/// The number of sixteen digits whose first eight are in the low half, and the others in the high.
#[inline(always)]
fn join_eights(eights: u64) -> u64 {
    (eights & 0xffff_ffff) * 100_000_000 + (eights >> 32)
}

/// # Safety
/// * The CPU has AVX2.
#[inline(always)]
unsafe fn load_halves([low, high]: [&[u8; 16]; 2]) -> __m256i {
    // SAFETY: the references guarantee 16 readable bytes each and the loads need no alignment; the
    // CPU has AVX2 (the caller's duty).
    unsafe { _mm256_loadu2_m128i(high.as_ptr().cast(), low.as_ptr().cast()) }
}

/// Bit i is set when `half[i]` is a quote, a backslash or a control character.
///
/// # Safety
/// * The CPU has AVX2.
#[inline(always)]
unsafe fn specials(half: &[u8; 32]) -> u32 {
    // SAFETY: the CPU has AVX2 (the caller's duty).
    unsafe {
        let bytes = load(half);
        let quotes = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'"' as i8));
        let backslashes = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'\\' as i8));
        let controls = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1f)), bytes);
        let any = _mm256_or_si256(_mm256_or_si256(quotes, backslashes), controls);
        _mm256_movemask_epi8(any) as u32
    }
}

/// Bit i is set when byte i of both is the same.
///
/// # Safety
/// * The CPU has AVX2.
#[inline(always)]
unsafe fn equal_bytes(a: &[u8; 32], b: &[u8; 32]) -> u32 {
    // SAFETY: the CPU has AVX2 (the caller's duty).
    unsafe { _mm256_movemask_epi8(_mm256_cmpeq_epi8(load(a), load(b))) as u32 }
}

/// # Safety
/// * The CPU has AVX2.
#[inline(always)]
unsafe fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: the reference guarantees 32 readable bytes and the load needs no alignment; the CPU
    // has AVX2 (the caller's duty).
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}
