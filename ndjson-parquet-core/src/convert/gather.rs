//! The second half of a conversion into partitions: encodes the rows that wait, one partition after the
//! other in the order of their names.
//!
//! A task is a stretch of one partition that becomes a row group, or several where memory asks for it.
//! Workers encode tasks, and hand the row groups over in order, as they do with units of input; so one
//! file is open at a time, however many partitions there are.

use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::Sender;

use super::feed::send;
use super::output::Output;
use super::pass::{GivenUp, Order, run_in_order};
use super::rows::Gathered;
use super::work::{GroupLimits, StageSeconds};
use crate::encode::{EncodedRowGroup, EncoderFactory, RowGroupEncoder};
use crate::error::Result;
use crate::partition::{Fragment, PartitionIndex, Spool};
use crate::progress::CancelToken;
use crate::summary::Balance;

/// How the rows are encoded.
pub(super) struct Gathering<'a> {
    pub(super) factory: &'a Arc<EncoderFactory>,
    pub(super) limits: GroupLimits,
    /// Bytes of rows in memory that make a row group.
    pub(super) row_group_bytes: u64,
    pub(super) workers: usize,
    pub(super) cancel: &'a CancelToken,
    /// Of the whole conversion; every footer has it.
    pub(super) balance: &'a Balance,
}

/// A stretch of rows of one partition.
struct Task {
    sequence: u64,
    partition: Arc<str>,
    fragments: Vec<Fragment>,
}

struct Results {
    output: Output,
    seconds: StageSeconds,
}

impl Gathering<'_> {
    /// Writes all files, which are then ready to be published.
    pub(super) fn run(&self, gathered: Gathered) -> Result<(Output, StageSeconds)> {
        let Gathered { mut output, mut index, spool, .. } = gathered;
        let none = index.partitions() == 0;
        if none {
            output.begin_partition(&index.layout().default_partition(), self.balance)?;
        }
        let results = Results { output, seconds: StageSeconds::default() };
        let mut results = run_in_order(
            results,
            self.workers,
            |tasks, order| {
                if let Err(error) = self.feed(&mut index, &tasks, order) {
                    let GivenUp = order.fail(error);
                }
            },
            || self.factory.encoder(),
            |encoder, task, order| self.encode(encoder, task, &spool, order),
            |task| task.sequence,
        )?;
        let begun = Instant::now();
        results.output.finish(self.balance)?;
        results.seconds.write += begun.elapsed().as_secs_f64();
        Ok((results.output, results.seconds))
    }

    fn feed(
        &self,
        index: &mut PartitionIndex,
        tasks: &Sender<Task>,
        order: &Order<Results>,
    ) -> Result<()> {
        let mut sequence = 0;
        for (partition, last) in index.names() {
            let mut rest = index.fragments(last)?.into_iter().peekable();
            while rest.peek().is_some() {
                self.cancel.check()?;
                let fragments = self.next_group(&mut rest);
                let task = Task { sequence, partition: Arc::clone(&partition), fragments };
                sequence += 1;
                if send(tasks, task, &order.abort).is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// As many fragments as make a row group; those that would make it too large are left.
    fn next_group(
        &self,
        rest: &mut std::iter::Peekable<impl Iterator<Item = Fragment>>,
    ) -> Vec<Fragment> {
        let (mut rows, mut bytes) = (0, 0);
        let fits = |fragment: &Fragment| {
            let is_first = rows == 0;
            rows += u64::from(fragment.rows);
            bytes += fragment.bytes();
            is_first || (rows <= self.limits.rows && bytes <= self.row_group_bytes)
        };
        let mut fits = fits;
        let mut group = Vec::new();
        while let Some(fragment) = rest.next_if(|fragment| fits(fragment)) {
            group.push(fragment);
        }
        group
    }

    fn encode(
        &self,
        encoder: &mut RowGroupEncoder,
        task: &Task,
        spool: &Spool,
        order: &Order<Results>,
    ) -> Result<(), GivenUp> {
        let mut begun = Instant::now();
        let fail = |error| order.in_turn(task.sequence, |_| Err(error));
        let hand_over = |group: Result<EncodedRowGroup>, begun: &mut Instant| {
            let encoded = begun.elapsed().as_secs_f64();
            let handed_over = order.in_turn(task.sequence, |results| {
                let begun = Instant::now();
                results.output.append_to(&task.partition, group?, self.balance)?;
                results.seconds.encode += encoded;
                results.seconds.write += begun.elapsed().as_secs_f64();
                Ok(())
            });
            *begun = Instant::now();
            handed_over
        };
        for fragment in &task.fragments {
            if order.abort.is_set() {
                return Err(GivenUp);
            }
            let batch = match self.cancel.check().and_then(|()| spool.read(fragment)) {
                Ok(batch) => batch,
                Err(error) => return fail(error),
            };
            let mut row = 0;
            while row < batch.num_rows() {
                let room = self.limits.rows.saturating_sub(encoder.rows());
                let rows = usize::try_from(room).unwrap_or(usize::MAX).min(batch.num_rows() - row);
                if let Err(error) = encoder.write(batch.slice(row, rows)) {
                    return fail(error);
                }
                row += rows;
                let memory = encoder.memory_size();
                if encoder.rows() >= self.limits.rows || memory >= self.limits.memory {
                    hand_over(encoder.finish(), &mut begun)?;
                }
            }
        }
        if encoder.rows() > 0 { hand_over(encoder.finish(), &mut begun) } else { Ok(()) }
    }
}
