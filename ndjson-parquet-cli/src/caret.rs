//! The offending line with a caret under the offending byte, cut to fit a terminal.

use ndjson_parquet_core::BadLine;

use crate::visible::{Cell, cells};

/// The line of `bad` between gutters, the way compilers show code:
///
/// ```text
///   |
/// 7 | {"id":oops}
///   |       ^
/// ```
///
/// `None` where the line was too long to be kept.
pub(crate) fn excerpt(bad: &BadLine) -> Option<String> {
    let raw = bad.raw.as_deref()?;
    let at = usize::try_from(bad.error_offset).unwrap_or(usize::MAX).min(raw.len());
    let View { text, caret } = View::around(raw, at, COLUMNS);
    let number = bad.line.to_string();
    let gutter = " ".repeat(number.len());
    let space = " ".repeat(caret);
    Some(format!("{gutter} |\n{number} | {text}\n{gutter} | {space}^\n"))
}

/// What is shown of a line, and the column that the caret goes under.
struct View {
    text: String,
    caret: usize,
}

impl View {
    /// The line `raw` around the byte `at`; takes `columns` at most, besides the marks of cuts.
    fn around(raw: &[u8], at: usize, columns: usize) -> Self {
        // No cell takes less than a column or stands for more than four bytes, so that what is
        // further away can never be shown.
        let reach = columns.saturating_mul(4);
        let start = character_start(raw, at.saturating_sub(reach));
        let end = character_start(raw, at.saturating_add(reach).min(raw.len()));
        let cells = cells(raw.get(start..end).unwrap_or_default());
        let (left, right) = cells.split_at(index_of(&cells, at - start));
        // Half of the room each, and what one side does not need goes to the other.
        let left_room = (columns / 2).max(columns.saturating_sub(width(right)));
        let shown_left = fitting(left.iter().rev(), left_room);
        let left_cut = start > 0 || shown_left < left.len();
        let left = left.get(left.len() - shown_left..).unwrap_or_default();
        let shown_right = fitting(right.iter(), columns - width(left));
        let right_cut = end < raw.len() || shown_right < right.len();
        let right = right.get(..shown_right).unwrap_or_default();
        let mut text = String::new();
        if left_cut {
            text.push(CUT);
        }
        text.extend(left.iter().chain(right).map(|cell| &*cell.text));
        if right_cut {
            text.push(CUT);
        }
        Self { text, caret: width(left) + usize::from(left_cut) }
    }
}

/// The start of the character that the byte at `at` belongs to.
fn character_start(raw: &[u8], at: usize) -> usize {
    let continues = |&&byte: &&u8| byte & 0b1100_0000 == 0b1000_0000;
    let head = raw.get(..=at).unwrap_or_default();
    at - head.iter().rev().take(3).take_while(continues).count()
}

/// The index of the cell that holds the byte at `at`; the number of cells for the end.
fn index_of(cells: &[Cell], at: usize) -> usize {
    let mut end = 0;
    let after = |cell: &Cell| {
        end += cell.bytes;
        end > at
    };
    cells.iter().position(after).unwrap_or(cells.len())
}

fn width(cells: &[Cell]) -> usize {
    cells.iter().map(|cell| cell.width).sum()
}

/// How many of the first `cells` fit into `room` columns.
fn fitting<'a>(cells: impl Iterator<Item = &'a Cell>, room: usize) -> usize {
    let mut taken = 0;
    let fits = |cell: &&Cell| {
        taken += cell.width;
        taken <= room
    };
    cells.take_while(fits).count()
}

/// Leaves room for the gutter and for both cuts on a terminal of 80 columns.
const COLUMNS: usize = 66;
const CUT: char = '…';

#[cfg(test)]
mod tests {
    use super::*;

    /// The shown line and, below it, the caret.
    fn show(raw: &[u8], at: usize, columns: usize) -> [String; 2] {
        let view = View::around(raw, at, columns);
        [view.text, format!("{}^", " ".repeat(view.caret))]
    }

    #[test]
    fn the_caret_is_under_the_byte() {
        assert_eq!(show(br#"{"id":oops}"#, 6, 40), [r#"{"id":oops}"#, "      ^"]);
        assert_eq!(show(b"x", 0, 40), ["x", "^"]);
        assert_eq!(show(b"", 0, 40), ["", "^"]);
    }

    #[test]
    fn the_end_of_the_line_has_a_caret_too() {
        assert_eq!(show(br#"{"a":1"#, 6, 40), [r#"{"a":1"#, "      ^"]);
        assert_eq!(show(b"abcdefghij", 10, 4), ["…ghij", "     ^"]);
    }

    #[test]
    fn a_long_line_is_cut_around_the_byte() {
        let line = b"0123456789abcdefghijklmnopqrstuvwxyz";
        assert_eq!(show(line, 18, 8), ["…efghijkl…", "     ^"]);
        assert_eq!(show(line, 1, 8), ["01234567…", " ^"]);
        assert_eq!(show(line, 34, 8), ["…stuvwxyz", "       ^"]);
        assert_eq!(show(&b"a".repeat(50_000_000), 25_000_000, 4), ["…aaaa…", "   ^"]);
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(show("{\"名前\":x}".as_bytes(), 10, 40), ["{\"名前\":x}", "        ^"]);
        // A byte within a character shows the character.
        assert_eq!(show("名前x".as_bytes(), 4, 40), ["名前x", "  ^"]);
        assert_eq!(show("名名名名x名名名名".as_bytes(), 12, 7), ["…名x名名…", "   ^"]);
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        let line = "é".repeat(1000);
        for at in 900..1100 {
            for columns in 1..20 {
                let [text, _] = show(line.as_bytes(), at, columns);
                assert_eq!(text.trim_matches('…'), "é".repeat(columns), "{at} {columns}");
            }
        }
    }

    #[test]
    fn what_is_invisible_or_moves_the_cursor_is_shown() {
        assert_eq!(show(b"a\tb", 2, 40), ["a\u{2409}b", "  ^"]);
        assert_eq!(show(b"\x1b[2J\x7fx", 5, 40), ["\u{241b}[2J\u{2421}x", "     ^"]);
        assert_eq!(show(b"\xff\xc3x", 2, 40), ["\\xff\\xc3x", "        ^"]);
        assert_eq!(show("\u{202e}x".as_bytes(), 3, 40), ["\\u{202e}x", "        ^"]);
        assert_eq!(show("e\u{301}x".as_bytes(), 3, 40), ["e\\u{301}x", "        ^"]);
        assert_eq!(show("\u{9b}31mx".as_bytes(), 5, 40), ["\\u{9b}31mx", "         ^"]);
    }
}
