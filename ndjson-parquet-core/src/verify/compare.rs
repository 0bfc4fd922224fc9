//! Compares decoded batches with stored ones, row by row.

use std::collections::VecDeque;

use arrow_array::RecordBatch;

use super::dataset::Dataset;
use crate::encode::SortOrder;
use crate::error::Result;
use crate::parquet_rows::Rows;

/// Differences in rows that are listed; the rest is counted.
const MAX_LISTED: u64 = 20;

/// A comparison under way.
pub(super) struct Comparison {
    stored: Rows,
    /// What sorts decoded rows as the files have them, if they are sorted.
    sorter: Option<Sorter>,
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
    /// With files in whose row groups the rows are in `order`.
    pub(super) fn new(order: Option<SortOrder>) -> Self {
        Self {
            stored: Rows::new(Vec::new()),
            sorter: order.map(Sorter::new),
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

    /// Goes on with the rows of `partition` in `dataset`, numbered from 1 again.
    pub(super) fn begin(&mut self, partition: &str, dataset: &Dataset) -> Result<()> {
        self.end_partition()?;
        (self.stored, self.left, self.row) = (dataset.rows(partition), None, 0);
        if let Some(sorter) = &mut self.sorter {
            sorter.groups = dataset.groups(partition).into();
        }
        partition.clone_into(&mut self.partition);
        Ok(())
    }

    /// Compares `decoded`, the next rows of the input.
    pub(super) fn compare(&mut self, decoded: &RecordBatch) -> Result<()> {
        let Some(sorter) = &mut self.sorter else { return self.compare_next(decoded) };
        for batch in sorter.push(decoded)? {
            self.compare_next(&batch)?;
        }
        Ok(())
    }

    /// Compares `decoded` with the next stored rows.
    fn compare_next(&mut self, decoded: &RecordBatch) -> Result<()> {
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
        if let Some(sorter) = &mut self.sorter
            && let Some(rest) = sorter.finish()?
        {
            self.compare_next(&rest)?;
        }
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

/// Sorts decoded rows row group by row group. Holds the rows of one row group.
struct Sorter {
    order: SortOrder,
    /// Rows of the row groups that are to come.
    groups: VecDeque<u64>,
    pending: Vec<RecordBatch>,
    rows: u64,
}

impl Sorter {
    fn new(order: SortOrder) -> Self {
        Self { order, groups: VecDeque::new(), pending: Vec::new(), rows: 0 }
    }

    /// Takes the next rows; gives those of the row groups that are complete.
    fn push(&mut self, batch: &RecordBatch) -> Result<Vec<RecordBatch>> {
        let mut complete = Vec::new();
        let mut begun = 0;
        while begun < batch.num_rows() {
            // Rows that the files have no place for are told as missing.
            let room = self.groups.front().map_or(u64::MAX, |rows| rows - self.rows);
            let left = batch.num_rows() - begun;
            let rows = usize::try_from(room).unwrap_or(usize::MAX).min(left);
            self.pending.push(batch.slice(begun, rows));
            self.rows += rows as u64;
            begun += rows;
            if self.groups.front().is_none_or(|group| *group == self.rows) {
                self.groups.pop_front();
                complete.extend(self.finish()?);
            }
        }
        Ok(complete)
    }

    /// The rows that are left, in order.
    fn finish(&mut self) -> Result<Option<RecordBatch>> {
        self.rows = 0;
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() { Ok(None) } else { self.order.sort(&pending).map(Some) }
    }
}
