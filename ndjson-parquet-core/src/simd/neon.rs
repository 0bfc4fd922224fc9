//! The kernel for 64-bit ARM CPUs, which all have NEON: 16 bytes to a register.
//!
//! NEON is among what code for these CPUs is compiled for anyway, so there is no entry with a target
//! feature and nothing to detect; the language wants `unsafe` around its intrinsics all the same.
#![expect(unsafe_code, reason = "intrinsics; every CPU of this architecture has them")]

use std::arch::aarch64::{
    uint8x16_t, vandq_u8, vceqq_u8, vcltq_u8, vdupq_n_u8, vget_low_u8, vget_low_u16, vget_low_u32,
    vgetq_lane_u32, vgetq_lane_u64, vld1q_u8, vmlal_n_u16, vmlal_n_u32, vmlal_u8, vmovl_u8,
    vmovl_u16, vmovl_u32, vorrq_u8, vpaddq_u8, vqtbl1q_u8, vreinterpretq_u32_u8,
    vreinterpretq_u64_u8, vsubq_u8, vuzp1q_u8, vuzp1q_u16, vuzp1q_u32, vuzp2q_u8, vuzp2q_u16,
    vuzp2q_u32,
};

use super::{Kernel, PLACES, Task};

/// Proof of a 64-bit ARM CPU with its lowest byte first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Neon(());

impl Neon {
    /// The kernel, unless bytes have the other order: nothing here was made for that.
    pub(crate) fn detect() -> Option<Self> {
        cfg!(target_endian = "little").then_some(Self(()))
    }
}

impl Kernel for Neon {
    #[inline(always)]
    fn enter<T: Task>(self, task: T) -> T::Output {
        task.run(self)
    }

    #[inline(always)]
    fn string_specials(self, window: &[u8; 64]) -> u64 {
        let (quarters, _) = window.as_chunks::<16>();
        let [a, b, c, d] = quarters else { return 0 };
        // SAFETY: a CPU of this architecture has NEON.
        unsafe {
            // Three times two neighbours become one byte, so eight flags do.
            let low = vpaddq_u8(flags(specials(a)), flags(specials(b)));
            let high = vpaddq_u8(flags(specials(c)), flags(specials(d)));
            let halves = vpaddq_u8(low, high);
            vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(halves, halves)))
        }
    }

    #[inline(always)]
    fn starts_with(self, window: &[u8; 32], template: &[u8; 32], length: usize) -> bool {
        let ([low, high], [other_low, other_high]) = (load_two(window), load_two(template));
        // SAFETY: a CPU of this architecture has NEON.
        let same = unsafe { mask(vceqq_u8(low, other_low), vceqq_u8(high, other_high)) };
        same.trailing_ones() as usize >= length
    }

    #[inline(always)]
    fn digits(self, window: &[u8; 32]) -> u32 {
        let [low, high] = load_two(window);
        mask(digits(low), digits(high))
    }

    #[inline(always)]
    fn leading_digits(self, window: &[u8; 16], count: usize) -> u64 {
        let Some(places) = PLACES.get(count..).and_then(|places| places.first_chunk()) else {
            return 0;
        };
        // SAFETY: a CPU of this architecture has NEON.
        unsafe {
            let values = vsubq_u8(load(window), vdupq_n_u8(b'0'));
            let values = vqtbl1q_u8(values, load(places));
            // Two neighbours become one number: pairs, fours, eights.
            let (upper, lower) = (vuzp1q_u8(values, values), vuzp2q_u8(values, values));
            let lower = vmovl_u8(vget_low_u8(lower));
            let pairs = vmlal_u8(lower, vget_low_u8(upper), vget_low_u8(vdupq_n_u8(10)));
            let (upper, lower) = (vuzp1q_u16(pairs, pairs), vuzp2q_u16(pairs, pairs));
            let lower = vmovl_u16(vget_low_u16(lower));
            let fours = vmlal_n_u16(lower, vget_low_u16(upper), 100);
            let (upper, lower) = (vuzp1q_u32(fours, fours), vuzp2q_u32(fours, fours));
            let lower = vmovl_u32(vget_low_u32(lower));
            let eights = vmlal_n_u32(lower, vget_low_u32(upper), 10_000);
            vgetq_lane_u64::<0>(eights) * 100_000_000 + vgetq_lane_u64::<1>(eights)
        }
    }
}

/// All bits of each byte that is a quote, a backslash or a control character.
#[inline(always)]
fn specials(quarter: &[u8; 16]) -> uint8x16_t {
    let bytes = load(quarter);
    // SAFETY: a CPU of this architecture has NEON.
    unsafe {
        let quotes = vceqq_u8(bytes, vdupq_n_u8(b'"'));
        let backslashes = vceqq_u8(bytes, vdupq_n_u8(b'\\'));
        vorrq_u8(vorrq_u8(quotes, backslashes), vcltq_u8(bytes, vdupq_n_u8(0x20)))
    }
}

/// All bits of each byte that is a digit.
#[inline(always)]
fn digits(bytes: uint8x16_t) -> uint8x16_t {
    // SAFETY: a CPU of this architecture has NEON.
    unsafe { vcltq_u8(vsubq_u8(bytes, vdupq_n_u8(b'0')), vdupq_n_u8(10)) }
}

/// Bit i is set when all bits of byte i are.
#[inline(always)]
fn mask(low: uint8x16_t, high: uint8x16_t) -> u32 {
    // SAFETY: a CPU of this architecture has NEON.
    unsafe {
        let pairs = vpaddq_u8(flags(low), flags(high));
        let fours = vpaddq_u8(pairs, pairs);
        vgetq_lane_u32::<0>(vreinterpretq_u32_u8(vpaddq_u8(fours, fours)))
    }
}

/// Of each byte only the bit that is its own among eight neighbours.
#[inline(always)]
fn flags(bytes: uint8x16_t) -> uint8x16_t {
    let own = load(&[1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128]);
    // SAFETY: a CPU of this architecture has NEON.
    unsafe { vandq_u8(bytes, own) }
}

#[inline(always)]
fn load_two(bytes: &[u8; 32]) -> [uint8x16_t; 2] {
    let (halves, _) = bytes.as_chunks::<16>();
    let [low, high] = halves else { return [load(&[0; 16]); 2] };
    [load(low), load(high)]
}

#[inline(always)]
fn load(bytes: &[u8; 16]) -> uint8x16_t {
    // SAFETY: the reference guarantees 16 readable bytes and the load needs no alignment; a CPU of
    // this architecture has NEON.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}
