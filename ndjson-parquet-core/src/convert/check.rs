//! Decodes sources in order on one thread and shows batches and rejected lines to a visitor:
//! what `verify` needs.

use arrow_array::RecordBatch;

use super::feed::Unit;
use super::pass::{GivenUp, Order};
use super::text::{Origin, read_unit};
use super::{block_options, meter, pass};
use crate::converter::Converter;
use crate::decode::block::{BlockDecoder, Outcome, Tally};
use crate::decode::context::{ColumnCounts, FieldCounts};
use crate::error::{BadLine, Error, Result};
use crate::framing::start_of_source;
use crate::lines::Item;
use crate::progress::{Meter, Stage};
use crate::source::Source;

/// What became of the lines.
#[derive(Default)]
pub(crate) struct Checked {
    pub(crate) tally: Tally,
    pub(crate) columns: Vec<ColumnCounts>,
    pub(crate) fields: FieldCounts,
}

/// Who is shown what was decoded.
pub(crate) trait Visit: Send {
    /// Takes the next rows.
    fn batch(&mut self, batch: &RecordBatch) -> Result<()>;

    /// Takes the next rejected line.
    fn rejected(&mut self, line: BadLine) -> Result<()>;
}

/// Decodes `sources` with `decoder` and shows batches and rejected lines to `visitor`.
pub(crate) fn decode_in_order(
    converter: &Converter,
    sources: &[Source],
    decoder: BlockDecoder,
    visitor: &mut impl Visit,
) -> Result<Checked> {
    let mut pass = pass(converter, sources, false);
    pass.workers = 1;
    let meter = meter(converter, sources, Stage::Verify);
    let checker = Checker { decoder, source: None, checked: Checked::default(), visitor };
    let (mut checker, _) = pass.run(
        checker,
        || Ok(()),
        |(), unit, order| check_unit(converter, sources, &meter, unit, order),
    )?;
    checker.end_batch(&meter)?;
    checker.checked.tally.add(&checker.decoder.take_tally());
    (checker.checked.columns, checker.checked.fields) = checker.decoder.take_counts();
    Ok(checker.checked)
}

struct Checker<'a, V> {
    decoder: BlockDecoder,
    source: Option<usize>,
    checked: Checked,
    visitor: &'a mut V,
}

fn check_unit<V: Visit>(
    converter: &Converter,
    sources: &[Source],
    meter: &Meter,
    unit: &Unit,
    order: &Order<Checker<'_, V>>,
) -> Result<(), GivenUp> {
    let take = |origin: Origin, item: Item<'_>| {
        order.in_turn(unit.sequence, |checker| {
            converter.cancel.check()?;
            checker.take(origin, item, sources, meter)
        })
    };
    let blocks = block_options(converter);
    read_unit(unit, sources, blocks, take, |error| order.fail(error), &|| true)
}

impl<V: Visit> Checker<'_, V> {
    fn take(
        &mut self,
        origin: Origin,
        item: Item<'_>,
        sources: &[Source],
        meter: &Meter,
    ) -> Result<()> {
        let source = &sources[origin.source];
        if self.source != Some(origin.source) {
            self.checked.tally.add(&self.decoder.take_tally());
            self.source = Some(origin.source);
            self.decoder.begin_source(&source.shared_name());
        }
        match item {
            Item::LongLine(line) => {
                let offset = origin.offset + line.offset;
                let decoder = &mut self.decoder;
                go_on(decoder.long_line(offset, line.length, line.end_bytes, line.blank))?;
                meter.add(line.length + u64::from(line.end_bytes), 0);
            }
            Item::Block(block) => {
                let offset = origin.offset + block.offset;
                let mut from = 0;
                if offset == 0 {
                    from = start_of_source(block.bytes, block.length, source)?;
                    self.decoder.add_bytes(from as u64);
                }
                while let Some(next) = go_on(self.decoder.decode(
                    block.bytes,
                    from,
                    block.length,
                    offset,
                    block.synthetic_end,
                ))? {
                    from = next;
                    self.end_batch(meter)?;
                }
                meter.add(block.stream_bytes(), 0);
            }
        }
        let rejects = self.decoder.take_rejects();
        rejects.into_iter().try_for_each(|line| self.visitor.rejected(line))
    }

    fn end_batch(&mut self, meter: &Meter) -> Result<()> {
        if let Some(batch) = self.decoder.flush()? {
            self.visitor.batch(&batch)?;
        }
        meter.add(0, self.decoder.take_flushed_rows());
        Ok(())
    }
}

fn go_on(outcome: Outcome) -> Result<Option<usize>> {
    match outcome {
        Outcome::Done => Ok(None),
        Outcome::Full(next) => Ok(Some(next)),
        Outcome::Stop(line) | Outcome::Misfit(line) => Err(Error::from(*line)),
    }
}
