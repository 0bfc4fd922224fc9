//! Compares decoded batches with stored ones, row by row.

use arrow_array::RecordBatch;

use crate::error::Result;
use crate::parquet_rows::Rows;

/// Differences in rows that are listed; the rest is counted.
const MAX_LISTED: u64 = 20;

/// A comparison under way.
pub(super) struct Comparison {
    stored: Rows,
    /// Rows of the last stored batch that are not compared yet.
    left: Option<RecordBatch>,
    /// Rows compared.
    row: u64,
    /// Decoded rows that the files do not have.
    missing: u64,
    differing: u64,
    pub(super) values: u64,
    pub(super) differences: Vec<String>,
}

impl Comparison {
    pub(super) fn new(stored: Rows) -> Self {
        Self {
            stored,
            left: None,
            row: 0,
            missing: 0,
            differing: 0,
            values: 0,
            differences: Vec::new(),
        }
    }

    /// Compares `decoded`, the next rows of the input, with the next stored rows.
    pub(super) fn compare(&mut self, decoded: &RecordBatch) -> Result<()> {
        let mut begun = 0;
        while begun < decoded.num_rows() {
            let Some(stored) = self.next_stored()? else {
                self.missing += (decoded.num_rows() - begun) as u64;
                return Ok(());
            };
            let rows = stored.num_rows().min(decoded.num_rows() - begun);
            self.compare_rows(&decoded.slice(begun, rows), &stored.slice(0, rows));
            begun += rows;
            if rows < stored.num_rows() {
                self.left = Some(stored.slice(rows, stored.num_rows() - rows));
            }
        }
        Ok(())
    }

    /// Ends the comparison: stored rows that are left have no line.
    pub(super) fn finish(&mut self) -> Result<()> {
        let mut surplus = 0;
        while let Some(stored) = self.next_stored()? {
            surplus += stored.num_rows();
        }
        if self.differing > MAX_LISTED {
            let more = self.differing - MAX_LISTED;
            self.differences.push(format!("and {more} more values that differ"));
        }
        if self.missing > 0 {
            self.differences.push(format!("{} rows of the input are not stored", self.missing));
        }
        if surplus > 0 {
            self.differences.push(format!("{surplus} stored rows have no line in the input"));
        }
        Ok(())
    }

    fn next_stored(&mut self) -> Result<Option<RecordBatch>> {
        match self.left.take() {
            Some(left) => Ok(Some(left)),
            None => self.stored.next(),
        }
    }

    fn compare_rows(&mut self, decoded: &RecordBatch, stored: &RecordBatch) {
        self.values += (decoded.num_rows() * decoded.num_columns()) as u64;
        let columns = decoded.columns().iter().zip(stored.columns());
        for ((decoded, stored), field) in columns.zip(decoded.schema_ref().fields()) {
            if decoded == stored {
                continue;
            }
            for row in 0..decoded.len() {
                if decoded.slice(row, 1) != stored.slice(row, 1) {
                    self.differing += 1;
                    if self.differing <= MAX_LISTED {
                        let (row, name) = (self.row + row as u64 + 1, field.name());
                        self.differences.push(format!("row {row}: column `{name}` differs"));
                    }
                }
            }
        }
        self.row += decoded.num_rows() as u64;
    }
}
