//! The kernel of every CPU: eight bytes at a time in a 64-bit register (SWAR). It has no `unsafe`
//! and is the twin that the other kernels are tested against.

use super::Kernel;

/// The kernel that needs no special instructions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scalar;

impl Kernel for Scalar {
    #[inline(always)]
    fn string_specials(self, window: &[u8; 64]) -> u64 {
        let (words, _) = window.as_chunks::<8>();
        let mut mask = 0;
        for (index, word) in words.iter().enumerate() {
            mask |= pack(specials(u64::from_le_bytes(*word))) << (8 * index);
        }
        mask
    }

    #[inline(always)]
    fn starts_with(self, window: &[u8; 32], template: &[u8; 32], length: usize) -> bool {
        let (window, _) = window.as_chunks::<8>();
        let (template, _) = template.as_chunks::<8>();
        let mut same = 0;
        for (a, b) in window.iter().zip(template) {
            let differs = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
            same += differs.trailing_zeros() as usize / 8;
            if differs != 0 {
                break;
            }
        }
        same >= length
    }
}

/// The high bit of each byte that is a quote, a backslash or a control character.
#[inline(always)]
fn specials(word: u64) -> u64 {
    zero_bytes(word ^ (ONES * b'"' as u64))
        | zero_bytes(word ^ (ONES * b'\\' as u64))
        | zero_bytes(word & (ONES * 0xe0))
}

/// The high bit of each byte that is zero. No carry crosses a byte, so the result is exact for all
/// eight; the shorter well-known form is right for the lowest hit only.
#[inline(always)]
fn zero_bytes(word: u64) -> u64 {
    !(((word & LOW_SEVEN) + LOW_SEVEN) | word) & HIGH_BITS
}

/// Moves the high bit of byte i to bit i: the multiplication adds the eight bits up in the top byte,
/// each at its own place.
#[inline(always)]
fn pack(high_bits: u64) -> u64 {
    (high_bits >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

const ONES: u64 = 0x0101_0101_0101_0101;
const LOW_SEVEN: u64 = ONES * 0x7f;
const HIGH_BITS: u64 = ONES * 0x80;
