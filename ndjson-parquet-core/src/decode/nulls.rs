//! Which rows of a column are null.

use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};

/// The runs of nulls of a column. A row in no run holds a value, so values cost nothing here; the
/// bitmap is made when the column is finished.
///
/// Memory: 8 bytes a run.
#[derive(Debug, Default)]
pub(super) struct Nulls {
    /// In ascending order, none empty, none touching the next.
    runs: Vec<Run>,
}

/// Rows `start..end`. 32 bits are enough: a row takes at least a byte of a batch, which is smaller.
#[derive(Debug)]
struct Run {
    start: u32,
    end: u32,
}

impl Nulls {
    /// Makes the rows `start..end` null; no row after `start` was given before.
    #[inline(always)]
    pub(super) fn append(&mut self, start: usize, end: usize) {
        if start >= end {
            return;
        }
        let (start, end) = (start as u32, end as u32);
        match self.runs.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => self.runs.push(Run { start, end }),
        }
    }

    /// Forgets the rows from `rows` on.
    pub(super) fn truncate(&mut self, rows: usize) {
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        while self.runs.last().is_some_and(|last| last.start >= rows) {
            self.runs.pop();
        }
        if let Some(last) = self.runs.last_mut() {
            last.end = last.end.min(rows);
        }
    }

    /// The bitmap of a column of `rows` rows, or `None` if all hold a value; no row is null
    /// afterwards.
    pub(super) fn finish(&mut self, rows: usize) -> Option<NullBuffer> {
        if self.runs.is_empty() {
            return None;
        }
        let mut bits = vec![u8::MAX; rows.div_ceil(8)];
        for run in self.runs.drain(..) {
            clear(&mut bits, run.start as usize, run.end as usize);
        }
        Some(NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(bits), 0, rows)))
    }
}

/// Clears the bits `start..end`, of which there is at least one.
fn clear(bits: &mut [u8], start: usize, end: usize) {
    // What stays of the first and of the last byte.
    let before = !(u8::MAX << (start % 8));
    let after = !(u8::MAX >> (7 - (end - 1) % 8));
    match bits.get_mut(start / 8..=(end - 1) / 8) {
        Some([only]) => *only &= before | after,
        Some([first, between @ .., last]) => {
            *first &= before;
            between.fill(0);
            *last &= after;
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The runs as the bitmap tells them, one character a row.
    fn bitmap(runs: &[(usize, usize)], truncated: usize, rows: usize) -> String {
        let mut nulls = Nulls::default();
        runs.iter().for_each(|(start, end)| nulls.append(*start, *end));
        nulls.truncate(truncated);
        let Some(buffer) = nulls.finish(rows) else { return "all".to_owned() };
        assert!(nulls.finish(rows).is_none());
        assert_eq!(buffer.len(), rows);
        buffer.iter().map(|valid| if valid { 'v' } else { '.' }).collect()
    }

    #[test]
    fn every_run_is_null_and_nothing_else() {
        for rows in [1, 7, 8, 9, 16, 17, 40] {
            for start in 0..rows {
                for end in start + 1..=rows {
                    let expected: String = (0..rows)
                        .map(|row| if (start..end).contains(&row) { '.' } else { 'v' })
                        .collect();
                    assert_eq!(bitmap(&[(start, end)], rows, rows), expected);
                }
            }
        }
    }

    #[test]
    fn runs_join_and_truncate() {
        assert_eq!(bitmap(&[], 9, 9), "all");
        assert_eq!(bitmap(&[(3, 3)], 9, 9), "all");
        assert_eq!(bitmap(&[(0, 1), (1, 3), (5, 6)], 9, 9), "...vv.vvv");
        assert_eq!(bitmap(&[(0, 1), (2, 5), (6, 8)], 4, 6), ".v..vv");
        assert_eq!(bitmap(&[(2, 5)], 2, 6), "all");
    }
}
