//! How far a conversion had come when, for the summary.

use std::time::Instant;

use crate::decode::block::Tally;
use crate::summary::Moment;

/// The course of a conversion.
///
/// Memory: at most [`MAX_MOMENTS`], whatever the number of row groups.
pub(super) struct Timeline {
    begun: Instant,
    moments: Vec<Moment>,
    /// One of so many row groups is kept.
    stride: u64,
    row_groups: u64,
}

impl Timeline {
    pub(super) fn new(begun: Instant) -> Self {
        Self { begun, moments: Vec::new(), stride: 1, row_groups: 0 }
    }

    /// Notes that `total` was done when a row group was handed over.
    pub(super) fn note(&mut self, total: &Tally) {
        self.row_groups += 1;
        if self.row_groups.is_multiple_of(self.stride) {
            self.push(total);
        }
        if self.moments.len() > MAX_MOMENTS {
            self.stride *= 2;
            let mut kept = false;
            self.moments.retain(|_| {
                kept = !kept;
                !kept
            });
        }
    }

    /// The moments, the last of which has everything.
    pub(super) fn finish(mut self, total: &Tally) -> Vec<Moment> {
        self.push(total);
        self.moments
    }

    fn push(&mut self, total: &Tally) {
        self.moments.push(Moment {
            seconds: self.begun.elapsed().as_secs_f64(),
            rows: total.rows,
            rejected: total.rejected,
            bytes_in: total.bytes,
        });
    }
}

/// More than a chart has room for.
const MAX_MOMENTS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_bounded_in_number_and_end_with_everything() {
        let mut timeline = Timeline::new(Instant::now());
        for rows in 1..=100_000 {
            timeline.note(&Tally { rows, ..Tally::default() });
            assert!(timeline.moments.len() <= MAX_MOMENTS);
        }
        let moments = timeline.finish(&Tally { rows: 100_001, ..Tally::default() });
        assert!(moments.len() > MAX_MOMENTS / 2);
        assert!(moments.is_sorted_by(|a, b| a.rows < b.rows && a.seconds <= b.seconds));
        // Evenly spaced, but for the last one.
        let steps: Vec<u64> = moments.windows(2).map(|pair| pair[1].rows - pair[0].rows).collect();
        assert!(steps[..steps.len() - 1].iter().all(|step| *step == steps[0]), "{steps:?}");
        assert_eq!(moments.last().map(|moment| moment.rows), Some(100_001));
    }
}
