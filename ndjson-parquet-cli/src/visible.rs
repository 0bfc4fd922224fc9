//! Text from the input, made visible and harmless for a terminal.
//!
//! Names and lines come from files that anybody may have written. An escape sequence in them must
//! not recolour, retitle or rewrite the terminal, and what has no width must not hide.

use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// One character of the input, or one byte that is none, as it is shown.
pub(crate) struct Cell {
    /// What to print; never a control character.
    pub(crate) text: String,
    /// Columns that it takes; at least one.
    pub(crate) width: usize,
    /// Bytes of the input that it stands for.
    pub(crate) bytes: usize,
}

/// `bytes` cell by cell. Control characters are shown as their Unicode pictures, so that a raw tab
/// looks unlike the escape `\t`; other invisible characters as `\u{..}`, bytes that are no UTF-8 as
/// `\x..`.
pub(crate) fn cells(bytes: &[u8]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for chunk in bytes.utf8_chunks() {
        cells.extend(chunk.valid().chars().map(|c| cell(visible(c), c.len_utf8())));
        cells.extend(chunk.invalid().iter().map(|byte| cell(format!("\\x{byte:02x}"), 1)));
    }
    cells
}

/// `text` with everything invisible shown as [`cells`] does.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, c| {
        let _ = write!(shown, "{}", visible(c));
        shown
    })
}

/// The number of columns that harmless `text` takes.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

fn cell(text: String, bytes: usize) -> Cell {
    let width = text.width().max(1);
    Cell { text, width, bytes }
}

fn visible(c: char) -> String {
    match c {
        '"' | '\'' | '\\' => c.to_string(),
        '\u{7f}' => '\u{2421}'.to_string(),
        _ if c < ' ' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('?').to_string(),
        // The standard library escapes what prints nothing or joins the character before it.
        _ => c.escape_debug().to_string(),
    }
}
