//! What a source begins with: a byte order mark to pass over, or something that is no NDJSON.

use crate::error::{Error, ErrorKind, Result};
use crate::json::blank::skip_blanks;
use crate::json::skip::skip_value;
use crate::options::MAX_MAX_DEPTH;
use crate::simd::Scalar;
use crate::source::{Source, Start, UTF8_BOM_BYTES, sniff_start};

/// Index of the first line in the first block of a source, past a UTF-8 byte order mark.
///
/// Text in UTF-16 or UTF-32, a top-level array and pretty-printed JSON are an error that says what
/// was found and what to do: line by line they would give nothing but rejects.
pub(crate) fn start_of_lines(block: &[u8], length: usize, source: &str) -> Result<usize> {
    let start = sniff_start(&block[..length]);
    if let Some(error) = start.error(source) {
        return Err(error);
    }
    let start = if start == Start::Utf8Bom { UTF8_BOM_BYTES } else { 0 };
    check_first_line(block, start, source)?;
    Ok(start)
}

/// [`start_of_lines`] for a block that begins `source`; lines that were spooled one by one were looked
/// at when they were read first, and what one of them begins with says nothing of the next.
pub(crate) fn start_of_source(block: &[u8], length: usize, source: &Source) -> Result<usize> {
    match source.spooled_lines() {
        Some(_) => Ok(0),
        None => start_of_lines(block, length, source.name()),
    }
}

/// Whether no text stands in `block` from `start` on: then the first line is still to come.
pub(crate) fn is_blank_so_far(block: &[u8], start: usize) -> bool {
    block[first_text(block, start)] == b'\n'
}

/// Fails if the first text from `start` on begins an array or object over several lines.
pub(crate) fn check_first_line(block: &[u8], start: usize, source: &str) -> Result<()> {
    let first = first_text(block, start);
    let found = match block[first] {
        b'{' if block[skip_blanks(block, first + 1)] == b'\n' => {
            "pretty-printed JSON, an object over several lines: make it one a line with `jq -c .`"
        }
        b'[' if goes_on(block, first) => {
            "a JSON array over several lines: make its elements lines with `jq -c '.[]'`"
        }
        _ => return Ok(()),
    };
    let message = format!("{source}: expected one JSON object a line, found {found}");
    Err(Error::new(ErrorKind::Format, message))
}

/// Index of the first byte that is neither blank nor a line end; the block's padding ends it.
fn first_text(block: &[u8], start: usize) -> usize {
    let text = block[start..].iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    text.map_or(block.len() - 1, |text| start + text)
}

/// Whether the line ends before the array at `at` does.
fn goes_on(block: &[u8], at: usize) -> bool {
    skip_value(Scalar, block, at, 0, MAX_MAX_DEPTH).is_err_and(|fault| block[fault.at] == b'\n')
}
