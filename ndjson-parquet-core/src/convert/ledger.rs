//! The books of a conversion, kept in the order of the input: line numbers, balance, quarantine.

use std::sync::Arc;

use super::rejects::RejectFile;
use crate::decode::block::Tally;
use crate::decode::context::{ColumnCounts, FieldCounts};
use crate::error::{BadLine, BadLineKind, Error, ErrorKind, Result};
use crate::source::{Source, SpooledLines};
use crate::summary::{Balance, ColumnSummary};

/// What one worker reports of consecutive lines.
#[derive(Default)]
pub(super) struct Report {
    pub(super) segments: Vec<Segment>,
    pub(super) columns: Vec<ColumnCounts>,
    pub(super) fields: FieldCounts,
}

/// Consecutive lines of one source.
pub(super) struct Segment {
    /// Index of the source.
    pub(super) source: usize,
    pub(super) tally: Tally,
    /// Rejected lines; their numbers count from the beginning of the segment.
    pub(super) rejects: Vec<BadLine>,
}

/// Bounds on rejected lines.
#[derive(Clone, Copy, Default)]
pub(super) struct RejectLimits {
    pub(super) lines: Option<u64>,
    pub(super) ratio: Option<f64>,
}

/// The books.
pub(super) struct Ledger {
    /// Lines and bytes of each source so far.
    sources: Vec<(u64, u64)>,
    /// Path and type of each column.
    columns: Vec<(String, String)>,
    /// Of everything, and of the file that is being written.
    total: Account,
    file: Account,
    limits: RejectLimits,
    rejects: Option<RejectFile>,
    /// Where the lines came from, if they were taken out of a quarantine file.
    origins: Option<Arc<SpooledLines>>,
}

#[derive(Default)]
struct Account {
    tally: Tally,
    columns: Vec<ColumnCounts>,
    fields: FieldCounts,
}

impl Ledger {
    pub(super) fn new(
        sources: &[Source],
        columns: Vec<(String, String)>,
        limits: RejectLimits,
        rejects: Option<RejectFile>,
    ) -> Self {
        let account = || Account {
            columns: vec![ColumnCounts::default(); columns.len()],
            ..Account::default()
        };
        Self {
            sources: vec![(0, 0); sources.len()],
            origins: sources.first().and_then(Source::spooled_lines).cloned(),
            total: account(),
            file: account(),
            columns,
            limits,
            rejects,
        }
    }

    /// What became of all lines so far.
    pub(super) fn total(&self) -> &Tally {
        &self.total.tally
    }

    /// Enters the lines of `report`, which follow those entered before.
    pub(super) fn enter(&mut self, report: Report) -> Result<()> {
        for segment in report.segments {
            let (lines, bytes) = self.sources[segment.source];
            for mut line in segment.rejects {
                line.line += lines;
                self.quarantine(line)?;
            }
            self.sources[segment.source] =
                (lines + segment.tally.lines, bytes + segment.tally.bytes);
            for account in [&mut self.total, &mut self.file] {
                account.tally.add(&segment.tally);
            }
        }
        for account in [&mut self.total, &mut self.file] {
            for (sum, counts) in account.columns.iter_mut().zip(&report.columns) {
                sum.add(counts);
            }
            account.fields.add(&report.fields);
        }
        let rejected = self.total.tally.rejected;
        match self.limits.lines {
            Some(limit) if rejected > limit => {
                let message = format!("expected at most {limit} rejected lines, found {rejected}");
                Err(Error::new(ErrorKind::RejectLimit, message))
            }
            _ => Ok(()),
        }
    }

    /// The number in its source of a line that counts from the end of what was entered.
    pub(super) fn number(&self, source: usize, mut line: BadLine) -> BadLine {
        line.line += self.sources[source].0;
        // A place that cannot be read leaves the one in the quarantine file.
        if let Some(Ok(place)) = self.origins.as_ref().map(|origins| origins.place(line.line)) {
            (line.source, line.line, line.byte_offset) = place;
        }
        line
    }

    fn quarantine(&mut self, mut line: BadLine) -> Result<()> {
        if let Some(origins) = &self.origins {
            (line.source, line.line, line.byte_offset) = origins.place(line.line)?;
        }
        self.rejects.as_mut().map_or(Ok(()), |rejects| rejects.write(&line))
    }

    /// The balance of the lines since the last call: those of the file that is finished.
    pub(super) fn take_file(&mut self) -> Balance {
        let empty = Account {
            columns: vec![ColumnCounts::default(); self.columns.len()],
            ..Account::default()
        };
        let account = std::mem::replace(&mut self.file, empty);
        account.balance(&self.columns)
    }

    /// Checks the books at the end of the input and gives the balance and the quarantine file.
    ///
    /// `sizes` are the bytes that each source turned out to have.
    pub(super) fn close(
        self,
        sources: &[Source],
        sizes: &[u64],
    ) -> Result<(Balance, Option<RejectFile>)> {
        let tally = &self.total.tally;
        for ((source, size), (_, bytes)) in sources.iter().zip(sizes).zip(&self.sources) {
            if size != bytes {
                let message = format!(
                    "{}: expected lines of {size} bytes in all, accounted for {bytes}: this is a \
                     defect, please report it",
                    source.name()
                );
                return Err(Error::new(ErrorKind::Internal, message));
            }
        }
        if tally.lines != tally.rows + tally.rejected + tally.blank {
            let message = format!("the balance does not hold: {tally:?}: this is a defect");
            return Err(Error::new(ErrorKind::Internal, message));
        }
        let texts = tally.rows + tally.rejected;
        if let Some(ratio) = self.limits.ratio
            && tally.rejected as f64 > ratio * texts as f64
        {
            let message = format!(
                "expected at most {ratio} of the lines to be rejected, found {} of {texts}",
                tally.rejected
            );
            return Err(Error::new(ErrorKind::RejectLimit, message));
        }
        Ok((self.total.balance(&self.columns), self.rejects))
    }
}

impl Account {
    fn balance(self, columns: &[(String, String)]) -> Balance {
        balance(&self.tally, columns, &self.columns, &self.fields)
    }
}

/// The balance of lines with this tally, whose `columns` (path and type) have these counts.
pub(crate) fn balance(
    tally: &Tally,
    columns: &[(String, String)],
    counts: &[ColumnCounts],
    fields: &FieldCounts,
) -> Balance {
    let by_kind = BadLineKind::ALL.into_iter().zip(tally.rejected_by_kind);
    let columns = columns.iter().zip(counts);
    Balance {
        lines: tally.lines,
        rows: tally.rows,
        blank: tally.blank,
        rejected: tally.rejected,
        rejected_by_kind: by_kind
            .filter(|(_, count)| *count > 0)
            .map(|(kind, count)| (kind.name().to_owned(), count))
            .collect(),
        bytes_in: tally.bytes,
        duplicate_keys: fields.duplicate_keys,
        unknown_rescued: fields.unknown_rescued,
        unknown_ignored: fields.unknown_ignored,
        columns: columns
            .map(|((path, data_type), counts)| column_summary(path, data_type, counts))
            .collect(),
    }
}

fn column_summary(path: &str, data_type: &str, counts: &ColumnCounts) -> ColumnSummary {
    ColumnSummary {
        path: path.to_owned(),
        data_type: data_type.to_owned(),
        typed: counts.present - counts.widened,
        widened: counts.widened,
        null: counts.null,
        absent: counts.slots - counts.present - counts.null - counts.rescued - counts.nulled,
        rounded: counts.rounded,
        rescued: counts.rescued,
        nulled: counts.nulled,
    }
}
