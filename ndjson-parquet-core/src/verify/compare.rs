//! Compares decoded batches with stored ones, row by row.

use arrow_array::RecordBatch;

use crate::error::Result;
use crate::parquet_rows::Rows;

/// Differences in rows that are listed; the rest is counted.
const MAX_LISTED: u64 = 20;

/// A comparison under way.
pub(super) struct Comparison {
    stored: Rows,
    /// The partition that they belong to, for messages; empty where there is none.
    partition: String,
    /// Rows of the last stored batch that are not compared yet.
    left: Option<RecordBatch>,
    /// Rows compared.
    row: u64,
    /// Decoded rows that the files do not have.
    missing: u64,
    /// Stored rows that no line made.
    surplus: u64,
    differing: u64,
    pub(super) values: u64,
    pub(super) differences: Vec<String>,
}

impl Comparison {
    pub(super) fn new(stored: Rows) -> Self {
        Self {
            stored,
            partition: String::new(),
            left: None,
            row: 0,
            missing: 0,
            surplus: 0,
            differing: 0,
            values: 0,
            differences: Vec::new(),
        }
    }

    /// Goes on with the rows of `partition`, numbered from 1 again.
    pub(super) fn begin(&mut self, partition: &str, stored: Rows) -> Result<()> {
        self.end_partition()?;
        (self.stored, self.left, self.row) = (stored, None, 0);
        partition.clone_into(&mut self.partition);
        Ok(())
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

    /// Counts the stored rows that are left, which have no line.
    fn end_partition(&mut self) -> Result<()> {
        while let Some(stored) = self.next_stored()? {
            self.surplus += stored.num_rows() as u64;
        }
        Ok(())
    }

    /// Ends the comparison.
    pub(super) fn finish(&mut self) -> Result<()> {
        self.end_partition()?;
        if self.differing > MAX_LISTED {
            let more = self.differing - MAX_LISTED;
            self.differences.push(format!("and {more} more values that differ"));
        }
        if self.missing > 0 {
            self.differences.push(format!("{} rows of the input are not stored", self.missing));
        }
        if self.surplus > 0 {
            let surplus = self.surplus;
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
                        let place = match self.partition.as_str() {
                            "" => String::new(),
                            partition => format!("partition `{partition}`, "),
                        };
                        self.differences.push(format!("{place}row {row}: column `{name}` differs"));
                    }
                }
            }
        }
        self.row += decoded.num_rows() as u64;
    }
}
