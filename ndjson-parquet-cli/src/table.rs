//! Text in columns.

use std::fmt;

use crate::visible::{harmless, width};

/// Rows of cells, aligned; columns of numbers to the right.
pub(crate) struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
}

/// Which side of a column is even.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

impl Table {
    /// A table with these columns.
    pub(crate) fn new(columns: &[(&'static str, Align)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row with a cell for each column.
    pub(crate) fn push<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.iter().map(|cell| shorten(&harmless(cell))).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn widths(&self) -> Vec<usize> {
        let width_of = |(index, (name, _)): (usize, &(&str, Align))| {
            let cells = self.rows.iter().filter_map(|row| row.get(index));
            cells.map(|cell| width(cell)).max().unwrap_or(0).max(width(name))
        };
        self.columns.iter().enumerate().map(width_of).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let header: Vec<String> = self.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        for row in std::iter::once(&header).chain(&self.rows) {
            let mut line = String::new();
            for ((cell, (_, align)), room) in row.iter().zip(&self.columns).zip(&widths) {
                let space = " ".repeat(room - width(cell));
                match align {
                    Align::Left => line.extend([cell, &*space, "  "]),
                    Align::Right => line.extend([&*space, cell, "  "]),
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Cuts what would make the whole column too wide, such as the type of a large struct.
fn shorten(text: &str) -> String {
    if width(text) <= MAX_CELL_WIDTH {
        return text.to_owned();
    }
    let mut taken = 0;
    let fits = |c: &char| {
        taken += width(c.encode_utf8(&mut [0; 4]));
        taken < MAX_CELL_WIDTH
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

const MAX_CELL_WIDTH: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_display_width() {
        let mut table = Table::new(&[("name", Align::Left), ("rows", Align::Right)]);
        table.push(["名".to_owned(), "7".to_owned()]);
        table.push(["a\x1bb".to_owned(), "12345".to_owned()]);
        let expected = "name   rows\n名        7\na\u{241b}b   12345\n";
        assert_eq!(table.to_string(), expected);
    }

    #[test]
    fn a_long_cell_is_cut() {
        let cut = shorten(&"x".repeat(100));
        assert_eq!((width(&cut), cut.ends_with("x…")), (MAX_CELL_WIDTH, true));
    }
}
