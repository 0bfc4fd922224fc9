//! The end of a conversion: closes the books, writes what waits, and makes the files visible.

use std::sync::Arc;
use std::time::Instant;

use super::gather::Gathering;
use super::output::Output;
use super::rejects::RejectFile;
use super::rows::Destination;
use super::work::{Results, StageSeconds};
use crate::converter::Converter;
use crate::encode::EncoderFactory;
use crate::error::Result;
use crate::sink::Published;
use crate::source::Source;
use crate::summary::{Balance, Moment, Seconds, Summary};

/// What is known when all lines are decoded.
pub(super) struct Books {
    balance: Balance,
    rejects: Option<RejectFile>,
    destination: Destination,
    timeline: Vec<Moment>,
    seconds: StageSeconds,
}

/// Files that wait to be published, and what is said of them.
pub(super) struct Written {
    balance: Balance,
    rejects: Option<RejectFile>,
    output: Output,
    partitions: u64,
    empty_as_null: u64,
    timeline: Vec<Moment>,
    seconds: StageSeconds,
}

/// Ends the last file, but for partitions, and checks the balance of all lines.
pub(super) fn close_books(
    mut results: Results,
    sources: &[Source],
    sizes: &[u64],
) -> Result<Books> {
    let begun = Instant::now();
    if let Destination::Files(output) = &mut results.destination {
        output.finish(&results.ledger.take_file())?;
    }
    let timeline = results.timeline.finish(results.ledger.total());
    let (balance, rejects) = results.ledger.close(sources, sizes)?;
    let mut seconds = results.seconds;
    seconds.write += begun.elapsed().as_secs_f64();
    Ok(Books { balance, rejects, destination: results.destination, timeline, seconds })
}

impl Books {
    /// Writes the rows of partitions.
    pub(super) fn write(
        self,
        converter: &Converter,
        factory: &Arc<EncoderFactory>,
        workers: usize,
    ) -> Result<Written> {
        let Self { balance, rejects, destination, timeline, mut seconds } = self;
        let (output, partitions, empty_as_null) = match destination {
            Destination::Files(output) => (output, 0, 0),
            Destination::Partitions(gathered) => {
                let found = (gathered.index.partitions() as u64, gathered.empty_as_null);
                let bytes = gathered.spool.bytes();
                tracing::info!(partitions = found.0, bytes, "all rows wait in their partitions");
                let gathering = Gathering {
                    factory,
                    limits: super::group_limits(converter),
                    row_group_bytes: converter.parquet.row_group_bytes(),
                    workers,
                    cancel: &converter.cancel,
                    balance: &balance,
                };
                let (output, spent) = gathering.run(gathered)?;
                seconds.encode += spent.encode;
                seconds.write += spent.write;
                (output, found.0, found.1)
            }
        };
        Ok(Written { balance, rejects, output, partitions, empty_as_null, timeline, seconds })
    }
}

impl Written {
    /// Makes the output durable, as far as that can be ended in between.
    pub(super) fn make_durable(&mut self, check: &dyn Fn() -> Result<()>) -> Result<()> {
        let begun = Instant::now();
        self.output.make_durable(check)?;
        self.seconds.write += begun.elapsed().as_secs_f64();
        Ok(())
    }

    /// Makes the quarantine file and the output visible.
    pub(super) fn publish(self, sources: &[Source], overwrite: bool) -> Result<Summary> {
        let begun = Instant::now();
        let balance = self.balance;
        let rejects = self.rejects.map(RejectFile::publish).transpose()?;
        let path =
            |rejects: &Published| Some(rejects.paths.first()?.to_string_lossy().into_owned());
        let rejects_path = rejects.as_ref().and_then(path);
        let files = self.output.publish().inspect_err(|_| {
            // The output is complete or absent, so the file that belongs to it goes as well. One that
            // replaced another cannot be taken back.
            if let (false, Some(rejects)) = (overwrite, rejects) {
                rejects.withdraw();
            }
        })?;
        tracing::info!(rows = balance.rows, rejected = balance.rejected, "the output is published");
        Ok(Summary {
            balance,
            sources: sources.len() as u64,
            bytes_out: files.iter().map(|file| file.bytes).sum(),
            row_groups: files.iter().map(|file| file.row_groups).sum(),
            files,
            partitions: self.partitions,
            empty_as_null: self.empty_as_null,
            rejects: rejects_path,
            restarts: 0,
            timeline: self.timeline,
            seconds: Seconds {
                decode: self.seconds.decode,
                encode: self.seconds.encode,
                write: self.seconds.write + begun.elapsed().as_secs_f64(),
                ..Seconds::default()
            },
        })
    }
}
