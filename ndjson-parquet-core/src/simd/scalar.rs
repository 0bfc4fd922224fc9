//! The kernel of every CPU: eight bytes at a time in a 64-bit register (SWAR). It has no `unsafe`
//! and is the twin that the other kernels are tested against.

use super::{Kernel, Task, Unescaped, simple_escape};

/// The kernel that needs no special instructions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scalar;

impl Kernel for Scalar {
    fn enter<T: Task>(self, task: T) -> T::Output {
        task.run(self)
    }

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
    fn unescape(self, window: &[u8; 64]) -> Unescaped {
        let mut text = Unescaped { read: 0, written: 0, bytes: [0; 64] };
        while let (Some(&first), Some(place)) =
            (window.get(text.read), text.bytes.get_mut(text.written))
        {
            let second = window.get(text.read + 1).copied().unwrap_or_default();
            let (character, length) = match first {
                b'\\' => (simple_escape(second), 2),
                _ => (first, 1),
            };
            if first == b'"' || first < 0x20 || (first == b'\\' && character == 0) {
                break;
            }
            *place = character;
            text.read += length;
            text.written += 1;
        }
        text
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

    #[inline(always)]
    fn digits(self, window: &[u8; 32]) -> u32 {
        let (words, _) = window.as_chunks::<8>();
        let mut mask = 0;
        for (index, word) in words.iter().enumerate() {
            let others = not_digits(u64::from_le_bytes(*word) ^ ZEROS);
            mask |= (pack(others ^ HIGH_BITS) as u32) << (8 * index);
        }
        mask
    }

    #[inline(always)]
    fn leading_digits(self, window: &[u8; 16], count: usize) -> u64 {
        let (words, _) = window.as_chunks::<8>();
        let [first, second] = words else { return 0 };
        let [first, second] = [first, second].map(|word| u64::from_le_bytes(*word) ^ ZEROS);
        if count <= 8 {
            return eight_digits(lowest_bytes(first, count));
        }
        let rest = count.min(16) - 8;
        eight_digits(first) * POWERS_OF_TEN[rest] + eight_digits(lowest_bytes(second, rest))
    }
}

/// The high bit of each byte that is not a digit XORed with `ZEROS`, which is a byte below ten.
#[inline(always)]
fn not_digits(digits: u64) -> u64 {
    (((digits & LOW_SEVEN) + TEN_TO_HIGH_BIT) | digits) & HIGH_BITS
}

/// The value of eight digits, the first one lowest.
#[inline(always)]
fn eight_digits(digits: u64) -> u64 {
    // Pairs, then fours and eights: each multiplication adds two neighbours up.
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let upper = (pairs & PAIR_MASK).wrapping_mul(0x000f_4240_0000_0064);
    let lower = (pairs >> 16 & PAIR_MASK).wrapping_mul(0x0000_2710_0000_0001);
    upper.wrapping_add(lower) >> 32
}

/// The lowest `count` bytes, moved to the top: the digits have zeros in front of them then.
#[inline(always)]
fn lowest_bytes(word: u64, count: usize) -> u64 {
    // In two halves, because one shift by all 64 bits is not defined.
    let half = 4 * (8 - count);
    word << half << half
}

/// Powers of ten up to 10^8, as many digits as one word has.
static POWERS_OF_TEN: [u64; 9] =
    [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];
const ZEROS: u64 = ONES * b'0' as u64;
/// Added to a byte below 128, it sets the high bit if the byte is ten or more.
const TEN_TO_HIGH_BIT: u64 = ONES * 0x76;
const PAIR_MASK: u64 = 0x0000_00ff_0000_00ff;

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
