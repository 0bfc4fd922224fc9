//! Compares rows that are divided into partitions.
//!
//! The rows of the input are divided anew, by the levels that the footers record, and wait as they do in
//! a conversion; then each partition is compared with the files of its directory. So values that only
//! the directories have are compared by the names of these.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::RecordBatch;

use super::compare::Comparison;
use super::dataset::Dataset;
use crate::error::Result;
use crate::partition::{Layout, PartitionIndex, Scatter, Scattered, Spool};

/// The rows of the input, divided.
pub(super) struct Partitioned {
    scatter: Scatter,
    index: PartitionIndex,
    spool: Arc<Spool>,
}

impl Partitioned {
    pub(super) fn new(layout: Layout) -> Self {
        let layout = Arc::new(layout);
        let spool = Arc::new(Spool::new(Arc::clone(&layout.stored), None, MEMORY));
        Self {
            scatter: Scatter::new(Arc::clone(&layout), Arc::clone(&spool), MEMORY),
            index: PartitionIndex::new(layout, None, MEMORY),
            spool,
        }
    }

    /// Takes the next rows of the input.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.scatter.write(batch)?;
        if self.scatter.memory_size() < 2 * MEMORY {
            return Ok(());
        }
        self.enter()
    }

    fn enter(&mut self) -> Result<()> {
        let Scattered { fragments, .. } = self.scatter.finish()?;
        fragments.iter().try_for_each(|(name, fragment)| self.index.enter(name, *fragment))
    }

    /// Compares all rows with those of `dataset`.
    pub(super) fn compare(mut self, dataset: &Dataset) -> Result<Comparison> {
        self.enter()?;
        let mut comparison = Comparison::new(dataset.order.clone());
        let found = self.index.names();
        let names = found.keys().map(|name| &**name).chain(dataset.partitions());
        for partition in names.collect::<BTreeSet<_>>() {
            comparison.begin(partition, dataset)?;
            let last = found.get(partition).copied().unwrap_or(0);
            for fragment in self.index.fragments(last)? {
                comparison.compare(&self.spool.read(&fragment)?)?;
            }
        }
        Ok(comparison)
    }
}

/// Bytes of rows in each of the stages that rows wait in.
const MEMORY: usize = 8 << 20;
