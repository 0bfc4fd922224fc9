//! Takes batches apart into the rows of each partition.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use arrow_select::concat::concat_batches;
use arrow_select::interleave::interleave_record_batch;

use super::keys::{Keys, Layout};
use super::spool::{Fragment, Spool};
use crate::error::{Error, ErrorKind, Result};

/// Puts the rows of one thread into a spool, partition by partition.
///
/// Memory: the batches of one portion, and twice that while they are taken apart; the place of each
/// fragment until they are handed over.
pub(crate) struct Scatter {
    keys: Keys,
    spool: Arc<Spool>,
    portion_bytes: usize,
    batches: Vec<RecordBatch>,
    bytes: usize,
    /// Partitions of the rows of `batches`.
    partitions: Vec<u32>,
    done: Scattered,
}

/// Where the rows of consecutive lines are.
#[derive(Default)]
pub(crate) struct Scattered {
    /// With the names of their partitions; those of one partition in the order of the input.
    pub(crate) fragments: Vec<(Arc<str>, Fragment)>,
    /// Rows in them.
    pub(crate) rows: u64,
    /// Rows whose empty text becomes null.
    pub(crate) empty_as_null: u64,
}

impl Scatter {
    /// Takes rows apart once there are `portion_bytes` of them: the more at a time, the fewer fragments.
    pub(crate) fn new(layout: Arc<Layout>, spool: Arc<Spool>, portion_bytes: usize) -> Self {
        Self {
            keys: Keys::new(layout),
            spool,
            portion_bytes,
            batches: Vec::new(),
            bytes: 0,
            partitions: Vec::new(),
            done: Scattered::default(),
        }
    }

    /// Takes the rows of `batch`, which has all columns.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.keys.find(batch, &mut self.partitions)?;
        let batch = self.keys.layout().stored_columns(batch)?;
        let sizes = batch.columns().iter().map(|column| column.to_data().get_slice_memory_size());
        self.bytes += sizes.sum::<Result<usize, ArrowError>>().map_err(failed)?;
        self.done.rows += batch.num_rows() as u64;
        self.batches.push(batch);
        if self.bytes >= self.portion_bytes { self.take_apart() } else { Ok(()) }
    }

    /// Bytes held, but for the names of partitions.
    pub(crate) fn memory_size(&self) -> usize {
        self.bytes + self.done.fragments.len() * size_of::<(Arc<str>, Fragment)>()
    }

    /// Where all rows are that were taken since the last call.
    pub(crate) fn finish(&mut self) -> Result<Scattered> {
        self.take_apart()?;
        self.done.empty_as_null = std::mem::take(&mut self.keys.empty_as_null);
        Ok(std::mem::take(&mut self.done))
    }

    fn take_apart(&mut self) -> Result<()> {
        let batches = std::mem::take(&mut self.batches);
        let partitions = std::mem::take(&mut self.partitions);
        self.bytes = 0;
        let Some(first) = partitions.first() else { return Ok(()) };
        if partitions.iter().all(|partition| partition == first) {
            let batch = match <[RecordBatch; 1]>::try_from(batches) {
                Ok([batch]) => batch,
                Err(batches) => concat_batches(&batches[0].schema(), &batches).map_err(failed)?,
            };
            return self.keep(*first, &batch);
        }
        let (sorted, ends) = sorted(&batches, &partitions, self.keys.len());
        let references: Vec<_> = batches.iter().collect();
        let rows = interleave_record_batch(&references, &sorted).map_err(failed)?;
        drop(batches);
        let mut begin = 0;
        for (partition, end) in (0..).zip(ends) {
            if begin < end {
                self.keep(partition, &rows.slice(begin, end - begin))?;
            }
            begin = end;
        }
        Ok(())
    }

    fn keep(&mut self, partition: u32, rows: &RecordBatch) -> Result<()> {
        let fragment = self.spool.put(rows)?;
        self.done.fragments.push((Arc::clone(self.keys.name(partition)), fragment));
        Ok(())
    }
}

/// The rows of `batches` (batch, row) in the order of their `partitions`, of which there are `count`,
/// and otherwise as they came; and where the rows of each partition end.
fn sorted(
    batches: &[RecordBatch],
    partitions: &[u32],
    count: usize,
) -> (Vec<(usize, usize)>, Vec<usize>) {
    let mut ends = vec![0; count];
    for partition in partitions {
        ends[*partition as usize] += 1;
    }
    let mut begin = 0;
    for end in &mut ends {
        // For now where the partition begins; it moves to its end as rows are put.
        begin += std::mem::replace(end, begin);
    }
    let mut sorted = vec![(0, 0); partitions.len()];
    let rows = batches.iter().enumerate();
    let rows = rows.flat_map(|(index, batch)| (0..batch.num_rows()).map(move |row| (index, row)));
    for (row, partition) in rows.zip(partitions) {
        let place = &mut ends[*partition as usize];
        sorted[*place] = row;
        *place += 1;
    }
    (sorted, ends)
}

fn failed(error: ArrowError) -> Error {
    let message = "rows could not be divided into partitions";
    Error::new(ErrorKind::Internal, message).with_cause(error)
}
