//! What a conversion allows the objects that it reads and writes: memory, and how long to go on.

use crate::converter::Converter;
use crate::sink::Sink;
use crate::source::Source;
use crate::store::{Access, MAX_PART_BYTES, MIN_PART_BYTES, PARTS_IN_FLIGHT};

/// `sources` as the converter lets them be read.
pub(crate) fn attach(converter: &Converter, sources: Vec<Source>) -> Vec<Source> {
    let access = Access::new(converter.cancel.clone(), ahead_bytes(converter));
    sources.into_iter().map(|source| source.with_access(&access)).collect()
}

/// `sink` as the converter lets it be written.
pub(super) fn attach_sink(converter: &Converter, sink: Sink) -> Sink {
    sink.with_part_bytes(part_bytes(converter), &converter.cancel)
}

/// Memory that objects take beside everything else.
pub(super) fn memory(converter: &Converter, sources: &[Source], writes: bool) -> u64 {
    let reads = sources.iter().any(Source::is_object);
    let ahead = if reads { ahead_bytes(converter) } else { 0 };
    let parts = if writes { part_bytes(converter) * (PARTS_IN_FLIGHT + 1) } else { 0 };
    ahead + parts as u64
}

fn ahead_bytes(converter: &Converter) -> u64 {
    super::memory_limit(converter) / 16
}

fn part_bytes(converter: &Converter) -> usize {
    let part = super::memory_limit(converter) / 32;
    usize::try_from(part).unwrap_or(usize::MAX).clamp(MIN_PART_BYTES, MAX_PART_BYTES)
}
