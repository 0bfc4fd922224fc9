//! Beginning to inflate inside a byte.
//!
//! The decoder takes whole bytes. So what is left of a byte whose lower bits belong to the block before is
//! put behind empty blocks of just as many bits (RFC 1951, 3.2.4 to 3.2.7).

/// The bytes to inflate in place of `first`, whose lowest `used_bits` (0 to 7) are not to be read.
pub(super) fn lead_in(used_bits: u8, first: u8) -> Vec<u8> {
    if used_bits == 0 {
        return vec![first];
    }
    let mut bits = Bits::default();
    if used_bits % 2 == 1 {
        bits.push_empty_dynamic();
    }
    while bits.length % 8 != usize::from(used_bits) {
        bits.push_empty_fixed();
    }
    if let Some(last) = bits.bytes.last_mut() {
        *last |= first & (u8::MAX << used_bits);
    }
    bits.bytes
}

/// Bits in the order of deflate, from the lowest of each byte on.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    length: usize,
}

impl Bits {
    fn push(&mut self, value: u32, bits: usize) {
        for index in 0..bits {
            if self.length.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> index & 1) as u8) << (self.length % 8);
            }
            self.length += 1;
        }
    }

    /// A block of 10 bits: fixed codes, and the end.
    fn push_empty_fixed(&mut self) {
        self.push(0b010, 3);
        self.push(0, 7);
    }

    /// A block of 93 bits: codes of its own, of which the end of the block is the only one.
    fn push_empty_dynamic(&mut self) {
        self.push(0b100, 3);
        // 257 lengths of literals, 1 of distances, 18 of codes for lengths.
        self.push(0, 5);
        self.push(0, 5);
        self.push(14, 4);
        // Lengths are told by these symbols: 18 (zeros repeated), 0 and 1, in 2, 2 and 1 bits.
        for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1] {
            self.push(if matches!(symbol, 18 | 0) { 2 } else { u32::from(symbol == 1) }, 3);
        }
        // 138 zeros and 118 zeros, 1 for the end of the block, 0 for the distance.
        for repeated in [138, 118] {
            self.push(0b11, 2);
            self.push(repeated - 11, 7);
        }
        self.push(0, 1);
        self.push(0b01, 2);
        // The end of the block.
        self.push(0, 1);
    }
}
