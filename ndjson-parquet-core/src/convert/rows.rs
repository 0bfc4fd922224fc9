//! What becomes of decoded rows: a row group of the one output, or fragments of many partitions.

use std::sync::Arc;

use arrow_array::RecordBatch;

use super::ledger::Ledger;
use super::output::Output;
use crate::encode::{EncodedRowGroup, EncoderFactory, RowGroupEncoder};
use crate::error::{Error, ErrorKind, Result};
use crate::partition::{Layout, PartitionIndex, Scatter, Scattered, Spool};

/// Where the rows of all workers go.
pub(super) enum Destination {
    Files(Output),
    Partitions(Gathered),
}

/// Rows of partitions that wait until all rows are there, and the output that they are for.
pub(super) struct Gathered {
    pub(super) output: Output,
    pub(super) index: PartitionIndex,
    pub(super) spool: Arc<Spool>,
    pub(super) empty_as_null: u64,
}

/// What a worker makes of its rows until they are handed over.
pub(super) enum Collector {
    RowGroup(RowGroupEncoder),
    Partitions(Scatter),
}

/// Rows that are handed over.
pub(super) enum Collected {
    RowGroup(EncodedRowGroup),
    Partitions(Scattered),
}

impl Destination {
    /// What makes collectors for this destination.
    pub(super) fn collectors(&self, factory: &Arc<EncoderFactory>, memory: usize) -> Collectors {
        let partitions = match self {
            Self::Files(_) => None,
            Self::Partitions(gathered) => {
                let layout = Arc::new(gathered.index.layout().clone());
                Some((layout, Arc::clone(&gathered.spool)))
            }
        };
        Collectors { factory: Arc::clone(factory), partitions, memory }
    }

    /// Makes room; see [`Output::prepare`].
    pub(super) fn prepare(&mut self, ledger: &mut Ledger) -> Result<()> {
        match self {
            Self::Files(output) => output.prepare(ledger),
            Self::Partitions(_) => Ok(()),
        }
    }

    /// Takes rows that follow those taken before.
    pub(super) fn append(&mut self, rows: Collected) -> Result<()> {
        match (self, rows) {
            (Self::Files(output), Collected::RowGroup(group)) => output.append(group),
            (Self::Partitions(gathered), Collected::Partitions(scattered)) => {
                gathered.empty_as_null += scattered.empty_as_null;
                let mut fragments = scattered.fragments.iter();
                fragments.try_for_each(|(name, fragment)| gathered.index.enter(name, *fragment))
            }
            _ => Err(Error::new(ErrorKind::Internal, "rows were collected for another output")),
        }
    }
}

/// Makes collectors, one for each worker.
pub(super) struct Collectors {
    factory: Arc<EncoderFactory>,
    partitions: Option<(Arc<Layout>, Arc<Spool>)>,
    memory: usize,
}

impl Collectors {
    pub(super) fn collector(&self) -> Result<Collector> {
        Ok(match &self.partitions {
            None => Collector::RowGroup(self.factory.encoder()?),
            Some((layout, spool)) => {
                // As decoded, sorted and compressed, and the batch that reached the limit.
                let portion = self.memory / 4;
                Collector::Partitions(Scatter::new(Arc::clone(layout), Arc::clone(spool), portion))
            }
        })
    }
}

impl Collector {
    /// How many rows more are to be collected, where `most` make a row group.
    pub(super) fn room(&self, most: u64) -> u64 {
        match self {
            Self::RowGroup(encoder) => most.saturating_sub(encoder.rows()),
            Self::Partitions(_) => u64::MAX,
        }
    }

    pub(super) fn memory_size(&self) -> usize {
        match self {
            Self::RowGroup(encoder) => encoder.memory_size(),
            Self::Partitions(scatter) => scatter.memory_size(),
        }
    }

    pub(super) fn write(&mut self, batch: RecordBatch) -> Result<()> {
        match self {
            Self::RowGroup(encoder) => encoder.write(batch),
            Self::Partitions(scatter) => scatter.write(&batch),
        }
    }

    pub(super) fn finish(&mut self) -> Result<Collected> {
        Ok(match self {
            Self::RowGroup(encoder) => Collected::RowGroup(encoder.finish()?),
            Self::Partitions(scatter) => Collected::Partitions(scatter.finish()?),
        })
    }
}

impl Collected {
    pub(super) fn count(&self) -> u64 {
        match self {
            Self::RowGroup(group) => group.rows,
            Self::Partitions(scattered) => scattered.rows,
        }
    }
}
