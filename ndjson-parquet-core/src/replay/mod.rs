//! `replay`: converts the lines of a quarantine file, once.
//!
//! [`rejected`] reads the quarantine file, the engine converts its lines, which keep the places that
//! they had, and [`mark`] remembers beside the file that it was done. The output itself names the
//! quarantine file by its digest, so a run that died before it set the mark is known as well.

mod mark;
mod rejected;

use std::ffi::OsStr;

use serde::{Deserialize, Serialize};

use crate::convert::footer::REPLAY_KEY;
use crate::converter::Converter;
use crate::error::Result;
use crate::options::OnError;
use crate::parquet_rows::open;
use crate::sink::Sink;
use crate::source::{Source, parquet_files};
use crate::summary::Summary;
use mark::Mark;
pub(crate) use rejected::Rejected;

/// What [`Converter::replay`] did.
///
/// Always holds: `lines = rows + still_rejected`.
///
/// ```
/// use ndjson_parquet_core::{Converter, Hints, OnError, Sink, Source, TypeConflicts};
///
/// let directory = tempfile::tempdir()?;
/// let path = |name: &str| directory.path().join(name);
/// let source = Source::bytes("inline", "{\"id\":1}\n{\"id\":\"x\"}\n");
/// Converter::new()
///     .with_hints(Hints::new().with_hint("id=int64")?)
///     .with_type_conflicts(TypeConflicts::Quarantine)
///     .with_rejects(path("a.rejects.ndjson"))
///     .convert(vec![source], Sink::file(path("a.parquet")))?;
///
/// let again = Converter::new().with_rejects(path("b.rejects.ndjson"));
/// let replayed = again.replay(path("a.rejects.ndjson"), path("b.parquet"))?;
/// assert_eq!((replayed.lines, replayed.rows, replayed.still_rejected), (1, 1, 0));
/// let replayed = again.replay(path("a.rejects.ndjson"), path("b.parquet"))?;
/// assert!(replayed.done_before && replayed.summary.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Replay {
    /// Lines of the quarantine file.
    pub lines: u64,
    /// Those that are rows now.
    pub rows: u64,
    /// Those in the new quarantine file: rejected again, or without their text.
    pub still_rejected: u64,
    /// Whether it was done before, by an earlier run; then this one converted nothing.
    pub done_before: bool,
    /// Where the rows are; `None` where no line has its text, so that there was nothing to convert.
    pub output: Option<String>,
    /// What the conversion did, if there was one.
    pub summary: Option<Summary>,
}

/// What the footer of a replayed file says of the quarantine file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// XXH3-128 of its (decompressed) text.
    pub(crate) digest: String,
    /// Lines without their text, which went into the new quarantine file as they were.
    pub(crate) without_text: u64,
}

impl Converter {
    /// Converts the lines of the quarantine file at `rejects` into `output`, both paths or URLs, with
    /// the schema, hints and policies of this converter. Nothing is ever overwritten.
    ///
    /// Lines that are rejected again, and those that are in the file without their text because they
    /// are over the length limit, go into the quarantine file of this converter, which it must have,
    /// with the source, line and offset that they had.
    ///
    /// It is done once: beside `rejects` a file `.done` remembers the digest of the quarantine file and
    /// where its rows are, and a second run converts nothing and gives what is there. A run that died
    /// leaves nothing, or the whole output, which the next run recognises and marks. It is an error if
    /// the quarantine file has changed since, or if it is none.
    pub fn replay(&self, rejects: impl AsRef<OsStr>, output: impl AsRef<OsStr>) -> Result<Replay> {
        let (rejects, output) = (rejects.as_ref(), output.as_ref());
        let mut mark = Mark::begin(self, rejects)?;
        let source = Source::single(rejects)?;
        let rejected = Rejected::read(self, &source)?;
        if let Some(done) = mark.check(&rejected.origin.digest, source.name())? {
            return Ok(done);
        }
        let (lines, origin) = (rejected.lines(), rejected.origin.clone());
        if lines == origin.without_text {
            let still_rejected = lines;
            let (rows, done_before) = (0, false);
            return Ok(Replay {
                lines,
                rows,
                still_rejected,
                done_before,
                output: None,
                summary: None,
            });
        }
        if let Some(rows) = rows_of(output, &origin) {
            // An earlier run published the output and died before it could say so.
            tracing::info!(rows, "the output of an earlier run is complete");
            return mark.publish(&origin.digest, lines, rows, output);
        }
        let mut converter = self.clone().with_on_error(OnError::Quarantine);
        let spooled = rejected.source.clone();
        converter.replayed = Some(rejected.into());
        let summary = converter.convert(vec![spooled], Sink::at(output)?)?;
        let done = mark.publish(&origin.digest, lines, summary.balance.rows, output)?;
        Ok(Replay { done_before: false, summary: Some(summary), ..done })
    }
}

/// The rows of `output`, if it is what a replay of the quarantine file `origin` wrote.
fn rows_of(output: &OsStr, origin: &Origin) -> Option<u64> {
    // Whatever is wrong with the output is told by the conversion, which does not replace it.
    let files = parquet_files(output).ok().filter(|files| !files.is_empty())?;
    let rows = files.iter().map(|file| {
        let reader = open(file).ok()?;
        let metadata = reader.metadata().file_metadata();
        let mut entries = metadata.key_value_metadata().into_iter().flatten();
        let entry = entries.find(|entry| entry.key == REPLAY_KEY)?.value.as_deref()?;
        let found: Origin = serde_json::from_str(entry).ok()?;
        (found.digest == origin.digest).then(|| u64::try_from(metadata.num_rows()).ok())?
    });
    rows.sum()
}
