//! The worker of a conversion: decodes the lines of a unit, encodes row groups, and hands both over
//! in turn.

use std::time::Instant;

use super::feed::Unit;
use super::ledger::{Ledger, Report, Segment};
use super::pass::{GivenUp, Order};
use super::rows::{Collected, Collector, Destination};
use super::text::{LONG_BLOCK_BYTES, Origin, read_unit};
use super::timeline::Timeline;
use crate::decode::block::{BlockDecoder, Outcome};
use crate::error::{BadLine, Error, Result};
use crate::framing::start_of_source;
use crate::lines::{Block, Item, LineBlocksOptions};
use crate::progress::{CancelToken, Meter};
use crate::source::Source;

/// When a row group is closed before its unit ends.
#[derive(Clone, Copy)]
pub(super) struct GroupLimits {
    pub(super) rows: u64,
    /// Bytes of memory that its encoded pages, and the rejected lines beside it, may take.
    pub(super) memory: usize,
}

/// What all workers share.
pub(super) struct Job<'a> {
    pub(super) sources: &'a [Source],
    pub(super) blocks: LineBlocksOptions,
    pub(super) limits: GroupLimits,
    pub(super) meter: Meter,
    pub(super) cancel: &'a CancelToken,
}

/// What the workers work at, each in its turn.
pub(super) struct Results {
    pub(super) ledger: Ledger,
    pub(super) destination: Destination,
    pub(super) seconds: StageSeconds,
    pub(super) timeline: Timeline,
}

/// Seconds over all threads.
#[derive(Clone, Copy, Default)]
pub(super) struct StageSeconds {
    pub(super) decode: f64,
    pub(super) encode: f64,
    pub(super) write: f64,
}

/// One worker.
///
/// Memory: one batch, one block, and a row group of up to [`GroupLimits::memory`].
pub(super) struct Worker<'a> {
    job: &'a Job<'a>,
    decoder: BlockDecoder,
    rows: Collector,
    /// Whether the open row group began with a line of many megabytes.
    has_long_line: bool,
    /// Index of the source of the segment that is open.
    source: Option<usize>,
    segments: Vec<Segment>,
    /// Memory of the rejected lines in `segments`.
    reject_bytes: usize,
    /// Bytes of input worked through that the meter was not told of yet.
    unreported_bytes: u64,
    seconds: StageSeconds,
    /// When the present stretch of work began.
    since: Instant,
}

/// Bytes of input after which the caller is told of the progress.
const REPORT_BYTES: u64 = 1 << 20;

/// Why a unit is not worked to its end.
enum Halt {
    Failed(Error),
    /// The first bad line, where the policy is to stop.
    Stop(Box<BadLine>),
    Misfit(Box<BadLine>),
    GivenUp,
}

impl<'a> Worker<'a> {
    pub(super) fn new(job: &'a Job<'a>, decoder: BlockDecoder, rows: Collector) -> Self {
        Self {
            job,
            decoder,
            rows,
            has_long_line: false,
            source: None,
            segments: Vec::new(),
            reject_bytes: 0,
            unreported_bytes: 0,
            seconds: StageSeconds::default(),
            since: Instant::now(),
        }
    }

    /// Works through `unit`.
    pub(super) fn work(&mut self, unit: &Unit, order: &Order<Results>) -> Result<(), GivenUp> {
        self.since = Instant::now();
        let job = self.job;
        let take = |origin: Origin, item: Item<'_>| self.take(origin, item, unit.sequence, order);
        let long_line = || order.wait_for_turn(unit.sequence);
        let read = read_unit(unit, job.sources, job.blocks, take, Halt::Failed, &long_line);
        match read.and_then(|()| self.close_group(unit.sequence, order)) {
            Ok(()) => Ok(()),
            Err(Halt::GivenUp) => Err(GivenUp),
            Err(Halt::Failed(error)) => order.in_turn(unit.sequence, |_| Err(error)),
            Err(Halt::Stop(line)) => self.stop(*line, unit.sequence, order),
            Err(Halt::Misfit(line)) => Err(order.fail(misfit(*line))),
        }
    }

    fn take(
        &mut self,
        origin: Origin,
        item: Item<'_>,
        sequence: u64,
        order: &Order<Results>,
    ) -> Result<(), Halt> {
        if order.abort.is_set() {
            return Err(Halt::GivenUp);
        }
        self.job.cancel.check().map_err(Halt::Failed)?;
        if self.decoder.is_full() {
            // The batch of a long line, whose block has been given up by now.
            self.encode_full_batch(sequence, order)?;
        }
        if self.source != Some(origin.source) {
            self.end_segment();
            self.source = Some(origin.source);
            self.decoder.begin_source(&self.job.sources[origin.source].shared_name());
        }
        match item {
            Item::Block(block) => self.take_block(origin, &block, sequence, order)?,
            Item::LongLine(line) => {
                let offset = origin.offset + line.offset;
                let decoder = &mut self.decoder;
                halt(decoder.long_line(offset, line.length, line.end_bytes, line.blank))?;
                self.unreported_bytes += line.length + u64::from(line.end_bytes);
            }
        }
        if self.unreported_bytes >= REPORT_BYTES {
            self.report_progress();
        }
        if self.held_reject_bytes() >= self.job.limits.memory {
            self.close_group(sequence, order)?;
        }
        Ok(())
    }

    fn take_block(
        &mut self,
        origin: Origin,
        block: &Block<'_>,
        sequence: u64,
        order: &Order<Results>,
    ) -> Result<(), Halt> {
        let offset = origin.offset + block.offset;
        let mut from = 0;
        if offset == 0 {
            let source = &self.job.sources[origin.source];
            from = start_of_source(block.bytes, block.length, source).map_err(Halt::Failed)?;
            self.decoder.add_bytes(from as u64);
        }
        let is_long = block.length >= LONG_BLOCK_BYTES;
        if is_long {
            // It has a row group of its own, so that no other is in memory beside it.
            self.close_group(sequence, order)?;
            self.has_long_line = true;
        }
        loop {
            let decoder = &mut self.decoder;
            decoder.limit_rows(self.rows.room(self.job.limits.rows));
            let outcome =
                decoder.decode(block.bytes, from, block.length, offset, block.synthetic_end);
            match halt(outcome)? {
                None => break,
                Some(next) => from = next,
            }
            if is_long && from == block.length {
                // The next call finds the batch full, and encodes it without the block in memory.
                break;
            }
            self.encode_full_batch(sequence, order)?;
        }
        self.unreported_bytes += block.stream_bytes();
        Ok(())
    }

    fn encode_full_batch(&mut self, sequence: u64, order: &Order<Results>) -> Result<(), Halt> {
        self.encode_batch().map_err(Halt::Failed)?;
        let limits = self.job.limits;
        let memory = self.rows.memory_size() + self.held_reject_bytes();
        let is_full = self.rows.room(limits.rows) == 0 || memory >= limits.memory;
        if is_full || self.has_long_line {
            self.close_group(sequence, order)?;
        }
        Ok(())
    }

    fn encode_batch(&mut self) -> Result<()> {
        let batch = self.decoder.flush()?;
        self.seconds.decode += self.lap();
        if let Some(batch) = batch {
            self.rows.write(batch)?;
            self.seconds.encode += self.lap();
        }
        Ok(())
    }

    fn report_progress(&mut self) {
        let rows = self.decoder.take_flushed_rows();
        self.job.meter.add(std::mem::take(&mut self.unreported_bytes), rows);
    }

    /// Ends the row group and hands it over in turn, with the books of its lines.
    fn close_group(&mut self, sequence: u64, order: &Order<Results>) -> Result<(), Halt> {
        self.encode_batch().map_err(Halt::Failed)?;
        self.report_progress();
        let rows = self.rows.finish().map_err(Halt::Failed)?;
        self.has_long_line = false;
        self.seconds.encode += self.lap();
        let report = self.take_report();
        let seconds = std::mem::take(&mut self.seconds);
        let handed_over = order.in_turn(sequence, |results| results.enter(report, rows, seconds));
        self.since = Instant::now();
        handed_over.map_err(|GivenUp| Halt::GivenUp)
    }

    /// Hands over the bad line at which the conversion stops.
    fn stop(
        &mut self,
        line: BadLine,
        sequence: u64,
        order: &Order<Results>,
    ) -> Result<(), GivenUp> {
        let mut report = self.take_report();
        // The number of the line counts from the beginning of the last segment, which is not
        // entered, or the line would be counted itself.
        let last = report.segments.pop();
        order.in_turn(sequence, |results| {
            results.ledger.enter(report)?;
            let source = last.map_or(0, |segment| segment.source);
            Err(results.ledger.number(source, line).into())
        })
    }

    fn take_report(&mut self) -> Report {
        self.end_segment();
        self.reject_bytes = 0;
        let (columns, fields) = self.decoder.take_counts();
        Report { segments: std::mem::take(&mut self.segments), columns, fields }
    }

    fn end_segment(&mut self) {
        if let Some(source) = self.source {
            self.reject_bytes += self.decoder.reject_bytes();
            let tally = self.decoder.take_tally();
            let rejects = self.decoder.take_rejects();
            self.segments.push(Segment { source, tally, rejects });
        }
    }

    fn held_reject_bytes(&self) -> usize {
        self.reject_bytes + self.decoder.reject_bytes()
    }

    /// Seconds since the last lap.
    fn lap(&mut self) -> f64 {
        let now = Instant::now();
        let seconds = now.duration_since(self.since).as_secs_f64();
        self.since = now;
        seconds
    }
}

impl Results {
    fn enter(&mut self, report: Report, rows: Collected, seconds: StageSeconds) -> Result<()> {
        let begun = Instant::now();
        if rows.count() > 0 {
            self.destination.prepare(&mut self.ledger)?;
        }
        self.ledger.enter(report)?;
        if rows.count() > 0 {
            self.destination.append(rows)?;
        }
        self.timeline.note(self.ledger.total());
        self.seconds.decode += seconds.decode;
        self.seconds.encode += seconds.encode;
        self.seconds.write += begun.elapsed().as_secs_f64();
        Ok(())
    }
}

/// The index to go on at when the batch is full, `None` when the block is done.
fn halt(outcome: Outcome) -> Result<Option<usize>, Halt> {
    match outcome {
        Outcome::Done => Ok(None),
        Outcome::Full(next) => Ok(Some(next)),
        Outcome::Misfit(line) => Err(Halt::Misfit(line)),
        Outcome::Stop(line) => Err(Halt::Stop(line)),
    }
}

/// The failure of a pass whose schema has to be widened; [`super::run`] begins anew on it.
fn misfit(line: BadLine) -> Error {
    Error::misfit(line)
}
