//! Blanks between tokens: space, tab and carriage return. The line feed ends the line and is none.

#[cfg(test)]
mod tests;

use super::block::{byte, word};

/// The index of the first byte from `at` on that is no blank.
#[inline(always)]
pub(crate) fn skip_blanks(block: &[u8], at: usize) -> usize {
    if byte(block, at) > b' ' {
        return at;
    }
    skip_run(block, at)
}

/// Whether `byte` is a space, a tab or a carriage return.
#[inline(always)]
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

#[inline(always)]
fn skip_run(block: &[u8], at: usize) -> usize {
    // One space after a colon or a comma is by far the most frequent run.
    if !is_blank(byte(block, at)) {
        return at;
    }
    if byte(block, at + 1) > b' ' {
        return at + 1;
    }
    skip_long_run(block, at + 1)
}

/// Apart, so that its constants take no registers of the walker.
#[inline(never)]
fn skip_long_run(block: &[u8], mut at: usize) -> usize {
    loop {
        let others = !blanks(word(block, at)) & HIGH_BITS;
        if others != 0 {
            return at + others.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
}

/// The high bit of each byte that is a blank.
#[inline(always)]
fn blanks(word: u64) -> u64 {
    equal(word, b' ') | equal(word, b'\t') | equal(word, b'\r')
}

#[inline(always)]
fn equal(word: u64, byte: u8) -> u64 {
    let differences = word ^ (ONES * u64::from(byte));
    !(((differences & LOW_SEVEN) + LOW_SEVEN) | differences) & HIGH_BITS
}

const ONES: u64 = 0x0101_0101_0101_0101;
const LOW_SEVEN: u64 = ONES * 0x7f;
const HIGH_BITS: u64 = ONES * 0x80;
