//! A block: whole lines, each ended by a line feed, the last one too, and then [`PADDING`] line
//! feeds that belong to the slice.
//!
//! Every lexer takes the whole padded slice and an index. No lexer looks past the line feed of its
//! line by more than one window, because a line feed is legal in no token; the padding keeps those
//! windows inside the slice. An index past the slice reads as line feeds, so that even a caller's
//! mistake ends in a fault and not in a panic.

/// Line feeds after the last line. A lexer reads a window of 64 bytes from at most 63 bytes past
/// the last line feed.
pub(crate) const PADDING: usize = 128;

/// The byte at `at`.
#[inline(always)]
pub(crate) fn byte(block: &[u8], at: usize) -> u8 {
    block.get(at).copied().unwrap_or(b'\n')
}

/// The `N` bytes from `at`, at most [`PADDING`].
///
/// One comparison that is the same for every `N`, where a slice takes two for each.
#[inline(always)]
pub(crate) fn window<const N: usize>(block: &[u8], at: usize) -> &[u8; N] {
    const { assert!(N <= PADDING) };
    if at >= block.len().saturating_sub(PADDING) {
        return past_the_end();
    }
    #[expect(unsafe_code, reason = "one comparison instead of two")]
    // SAFETY: `at` is less than the length minus `PADDING`, so `at + N` is less than the length;
    // the result borrows from `block`.
    unsafe {
        &*block.as_ptr().add(at).cast()
    }
}

/// A call keeps this a branch that is never taken. Given the constant itself, the compiler selects
/// between two addresses, and every load then waits for the comparison.
#[cold]
#[inline(never)]
fn past_the_end<const N: usize>() -> &'static [u8; N] {
    const { &[b'\n'; N] }
}

/// The eight bytes from `at`, the first one lowest.
#[inline(always)]
pub(crate) fn word(block: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(*window(block, at))
}

#[test]
fn a_window_ends_in_line_feeds() {
    let block = padded(b"ab");
    assert_eq!(window(&block, 0), b"ab\n\n");
    assert_eq!(window(&block, 2), b"\n");
    for at in [3, 4, block.len(), usize::MAX] {
        assert_eq!(window(&block, at), b"\n\n\n\n\n\n\n\n", "{at}");
    }
    assert_eq!(window(b"short", 0), b"\n");
}

/// A padded block of `text`, with the last line feed added if there is none.
#[cfg(test)]
pub(crate) fn padded(text: &[u8]) -> Vec<u8> {
    let mut block = text.to_vec();
    if block.last() != Some(&b'\n') {
        block.push(b'\n');
    }
    block.resize(block.len() + PADDING, b'\n');
    block
}
