//! The kernel for x86-64 CPUs with AVX2: 32 bytes to a register.
#![expect(unsafe_code, reason = "intrinsics; an `Avx2` proves that the CPU has them")]

use std::arch::x86_64::{
    __m256i, _mm_cvtsi128_si64, _mm_loadl_epi64, _mm_loadu_si128, _mm_madd_epi16,
    _mm_maddubs_epi16, _mm_packus_epi32, _mm_set1_epi8, _mm_set1_epi16, _mm_set1_epi32,
    _mm_shuffle_epi8, _mm_storel_epi64, _mm_sub_epi8, _mm256_and_si256, _mm256_blendv_epi8,
    _mm256_castsi256_si128, _mm256_cmpeq_epi8, _mm256_extracti128_si256, _mm256_loadu_si256,
    _mm256_loadu2_m128i, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_min_epu8,
    _mm256_movemask_epi8, _mm256_or_si256, _mm256_packus_epi32, _mm256_set1_epi8,
    _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_shuffle_epi8,
    _mm256_storeu_si256, _mm256_sub_epi8,
};

use super::{Kernel, PLACES, Task, Unescaped, escapes};

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

/// Everything that `Avx2::detect` looked for.
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn run_compiled<T: Task>(kernel: Avx2, task: T) -> T::Output {
    task.run(kernel)
}

impl Kernel for Avx2 {
    const UNESCAPES: bool = true;

    #[inline(always)]
    fn enter<T: Task>(self, task: T) -> T::Output {
        // SAFETY: `self` comes from `Avx2::detect`, so the CPU has all five features.
        unsafe { run_compiled(self, task) }
    }

    #[inline(always)]
    fn string_specials(self, window: &[u8; 64]) -> u64 {
        let (halves, _) = window.as_chunks::<32>();
        let [low, high] = halves else { return 0 };
        // SAFETY: `self` comes from `Avx2::detect`, so the CPU has AVX2.
        let (low, high) = unsafe { (specials(low), specials(high)) };
        u64::from(low) | u64::from(high) << 32
    }

    #[inline(always)]
    fn unescape(self, window: &[u8; 64]) -> Unescaped {
        // SAFETY: `self` comes from `Avx2::detect`, so the CPU has AVX2.
        unsafe { unescape(window) }
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
        let any = _mm256_or_si256(equal(bytes, b'"'), equal(bytes, b'\\'));
        _mm256_movemask_epi8(_mm256_or_si256(any, controls(bytes))) as u32
    }
}

/// All bits of each byte that is `value`.
///
/// # Safety
/// * The CPU has AVX2.
#[inline(always)]
unsafe fn equal(bytes: __m256i, value: u8) -> __m256i {
    // SAFETY: the CPU has AVX2 (the caller's duty).
    unsafe { _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(value as i8)) }
}

/// All bits of each byte that is a control character.
///
/// # Safety
/// * The CPU has AVX2.
#[inline(always)]
unsafe fn controls(bytes: __m256i) -> __m256i {
    // SAFETY: the CPU has AVX2 (the caller's duty).
    unsafe { _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1f)), bytes) }
}

/// Bit i is set when byte i of both has its highest bit set.
///
/// # Safety
/// * The CPU has AVX2.
#[inline(always)]
unsafe fn high_bits(low: __m256i, high: __m256i) -> u64 {
    // SAFETY: the CPU has AVX2 (the caller's duty).
    let (low, high) =
        unsafe { (_mm256_movemask_epi8(low) as u32, _mm256_movemask_epi8(high) as u32) };
    u64::from(low) | u64::from(high) << 32
}

/// Resolves the escapes of `window`; see [`Kernel::unescape`].
///
/// # Safety
/// * The CPU has AVX2.
#[inline(always)]
unsafe fn unescape(window: &[u8; 64]) -> Unescaped {
    let (halves, _) = window.as_chunks::<32>();
    let [low, high] = halves else {
        return Unescaped { read: 0, written: 0, bytes: *window };
    };
    // SAFETY: the CPU has AVX2 (the caller's duty).
    let (stops, escapes, values) = unsafe {
        let (low, high) = (load(low), load(high));
        let (escapes, escaped) = escapes(high_bits(equal(low, b'\\'), equal(high, b'\\')));
        let (low_values, low_wrong) = resolve(low, escaped as u32);
        let (high_values, high_wrong) = resolve(high, (escaped >> 32) as u32);
        let quotes = high_bits(equal(low, b'"'), equal(high, b'"')) & !escaped;
        let controls = high_bits(controls(low), controls(high));
        let wrong = high_bits(low_wrong, high_wrong) & escaped;
        // A backslash that ends the window is left to the next.
        let stops = quotes | controls | wrong >> 1 | escapes & 1 << 63;
        (stops, escapes, [low_values, high_values])
    };
    let kept = stops.wrapping_sub(1) & !stops & !escapes;
    let mut bytes = [0; 64];
    let mut written = 0;
    for (index, word) in values.as_flattened().as_chunks::<8>().0.iter().enumerate() {
        let kept = (kept >> (8 * index)) as u8;
        if let Some(place) = bytes.get_mut(written..).and_then(|rest| rest.first_chunk_mut()) {
            // SAFETY: the CPU has AVX2 (the caller's duty).
            unsafe { close_up(word, kept, place) };
        }
        written += kept.count_ones() as usize;
    }
    Unescaped { read: stops.trailing_zeros() as usize, written, bytes }
}

/// The half with each byte that `escaped` marks replaced by what it stands for after a backslash,
/// and all bits of each byte that stands for nothing there, whether it is marked or not.
///
/// # Safety
/// * The CPU has AVX2.
#[inline(always)]
unsafe fn resolve(half: __m256i, escaped: u32) -> ([u8; 32], __m256i) {
    let mut values = [0; 32];
    // SAFETY: the CPU has AVX2 (the caller's duty); the store writes 32 bytes to an array of that
    // length and needs no alignment.
    let wrong = unsafe {
        let quotes = _mm256_or_si256(equal(half, b'"'), equal(half, b'\\'));
        let themselves = _mm256_and_si256(half, _mm256_or_si256(quotes, equal(half, b'/')));
        // The letters differ in their lower halves but for b and r, so there are two tables.
        let upper = _mm256_and_si256(half, _mm256_set1_epi8(0xf0_u8 as i8));
        let b_f_n = _mm256_and_si256(equal(upper, 0x60), _mm256_shuffle_epi8(load(&B_F_N), half));
        let r_t = _mm256_and_si256(equal(upper, 0x70), _mm256_shuffle_epi8(load(&R_T), half));
        let resolved = _mm256_or_si256(_mm256_or_si256(b_f_n, r_t), themselves);
        // Each byte of the mask to the eight bytes it is for, then the bit of each to all its bits.
        let spread = _mm256_shuffle_epi8(_mm256_set1_epi32(escaped as i32), load(&MASK_BYTES));
        let bits = load(&MASK_BITS);
        let marked = _mm256_cmpeq_epi8(_mm256_and_si256(spread, bits), bits);
        let result = _mm256_blendv_epi8(half, resolved, marked);
        _mm256_storeu_si256(values.as_mut_ptr().cast(), result);
        _mm256_cmpeq_epi8(resolved, _mm256_setzero_si256())
    };
    (values, wrong)
}

/// Moves the bytes of `word` that `kept` marks to the beginning of `place`.
///
/// # Safety
/// * The CPU has AVX2.
#[inline(always)]
unsafe fn close_up(word: &[u8; 8], kept: u8, place: &mut [u8; 8]) {
    let order = &PLACES_OF_BITS[usize::from(kept)];
    // SAFETY: the references guarantee eight bytes each, for which these loads and the store are;
    // the CPU has AVX2 (the caller's duty), and so SSE2 and SSSE3.
    unsafe {
        let word = _mm_loadl_epi64(word.as_ptr().cast());
        let closed = _mm_shuffle_epi8(word, _mm_loadl_epi64(order.as_ptr().cast()));
        _mm_storel_epi64(place.as_mut_ptr().cast(), closed);
    }
}

/// What the letters of each column of the ASCII table stand for after a backslash, by their lower
/// halves, in both lanes.
static B_F_N: [u8; 32] = both_lanes(&[(b'b', 0x08), (b'f', 0x0c), (b'n', b'\n')]);
static R_T: [u8; 32] = both_lanes(&[(b'r', b'\r'), (b't', b'\t')]);

const fn both_lanes(letters: &[(u8, u8)]) -> [u8; 32] {
    let mut table = [0; 32];
    let mut index = 0;
    while index < letters.len() {
        let (letter, character) = letters[index];
        table[letter as usize % 16] = character;
        table[letter as usize % 16 + 16] = character;
        index += 1;
    }
    table
}

/// Which byte of a mask of 32 bits is for byte i, and which bit of that.
static MASK_BYTES: [u8; 32] = {
    let mut bytes = [0; 32];
    let mut index = 0;
    while index < 32 {
        bytes[index] = index as u8 / 8;
        index += 1;
    }
    bytes
};
static MASK_BITS: [u8; 32] = {
    let mut bits = [0; 32];
    let mut index = 0;
    while index < 32 {
        bits[index] = 1 << (index % 8);
        index += 1;
    }
    bits
};

/// For each byte the places of the bits that are set in it, the lowest first.
static PLACES_OF_BITS: [[u8; 8]; 256] = {
    let mut table = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        let mut count = 0;
        while bit < 8 {
            if byte >> bit & 1 == 1 {
                table[byte][count] = bit;
                count += 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    table
};

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
