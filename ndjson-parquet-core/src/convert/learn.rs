//! Inference over whole sources: workers learn a sketch of each unit, merged in order.

use std::cell::RefCell;

use super::feed::Unit;
use super::pass::{GivenUp, Order};
use super::text::{Origin, read_unit};
use crate::error::{BadLine, Result};
use crate::framing::start_of_source;
use crate::lines::{Item, LineBlocksOptions};
use crate::progress::{CancelToken, Meter};
use crate::schema::infer::{InferOptions, Inferrer};
use crate::source::Source;

/// What the workers of an inference share.
pub(super) struct LearnJob<'a> {
    pub(super) sources: &'a [Source],
    pub(super) blocks: LineBlocksOptions,
    pub(super) options: InferOptions,
    pub(super) meter: Meter,
    pub(super) cancel: &'a CancelToken,
}

/// What was learnt of the units so far, in their order.
pub(super) struct Learnt {
    pub(super) inferrer: Inferrer,
    /// Lines of each source so far.
    lines: Vec<u64>,
    /// The first bad line of the input.
    pub(super) first_bad_line: Option<BadLine>,
}

impl Learnt {
    pub(super) fn new(options: InferOptions, sources: usize) -> Self {
        Self { inferrer: Inferrer::new(options), lines: vec![0; sources], first_bad_line: None }
    }

    pub(super) fn enter(&mut self, source: usize, part: Inferrer) -> Result<()> {
        if let (None, Some(line)) = (&self.first_bad_line, part.first_bad_line()) {
            let line = BadLine { line: line.line + self.lines[source], ..line.clone() };
            self.first_bad_line = Some(line);
        }
        self.lines[source] += part.tally().lines;
        self.inferrer.merge(part)
    }
}

impl LearnJob<'_> {
    /// Learns from `unit`, with an inferrer for each source in it, which are given to `enter` in turn.
    pub(super) fn work<T: Send>(
        &self,
        unit: &Unit,
        order: &Order<T>,
        enter: impl Fn(&mut T, usize, Inferrer) -> Result<()>,
    ) -> Result<(), GivenUp> {
        let parts: RefCell<Vec<(usize, Inferrer)>> = RefCell::default();
        let read = read_unit(
            unit,
            self.sources,
            self.blocks,
            |origin, item| {
                if order.abort.is_set() {
                    return Err(None);
                }
                self.take(origin, item, &mut parts.borrow_mut()).map_err(Some)
            },
            Some,
            &|| true,
        );
        match read {
            Ok(()) => order.in_turn(unit.sequence, |learnt| {
                let mut parts = parts.into_inner().into_iter();
                parts.try_for_each(|(source, part)| enter(learnt, source, part))
            }),
            Err(Some(error)) => order.in_turn(unit.sequence, |_| Err(error)),
            Err(None) => Err(GivenUp),
        }
    }

    fn take(
        &self,
        origin: Origin,
        item: Item<'_>,
        parts: &mut Vec<(usize, Inferrer)>,
    ) -> Result<()> {
        self.cancel.check()?;
        let name = || self.sources[origin.source].shared_name();
        if parts.last().is_none_or(|(source, _)| *source != origin.source) {
            let mut inferrer = Inferrer::new(self.options.clone());
            inferrer.begin_source(&name());
            parts.push((origin.source, inferrer));
        }
        let Some((_, inferrer)) = parts.last_mut() else { return Ok(()) };
        match item {
            Item::Block(block) => {
                let offset = origin.offset + block.offset;
                let mut from = 0;
                if offset == 0 {
                    from =
                        start_of_source(block.bytes, block.length, &self.sources[origin.source])?;
                }
                let rows = inferrer.tally().rows;
                inferrer.observe(block.bytes, from, block.length, offset)?;
                self.meter.add(block.stream_bytes(), inferrer.tally().rows - rows);
            }
            Item::LongLine(line) => {
                let offset = origin.offset + line.offset;
                inferrer.long_line(offset, line.length, line.blank);
                self.meter.add(line.length, 0);
            }
        }
        Ok(())
    }
}
