//! The mark beside a quarantine file that says that it was replayed.
//!
//! It is begun before anything is done, which fails where there is one already, and appears as a whole
//! once the output is there.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};

use serde::{Deserialize, Serialize};

use super::Replay;
use crate::converter::Converter;
use crate::error::{Error, ErrorKind, Result};
use crate::sink::{Sink, StagedOutput};
use crate::source::{Source, is_url};

const FORMAT: &str = "ndjson-parquet.replay";
const VERSION: u32 = 1;
/// More than any mark has.
const MAX_MARK_BYTES: u64 = 1 << 20;

/// A mark that is there, or one that can be set.
pub(super) enum Mark {
    Set { name: String, form: Form },
    Open(Option<StagedOutput>),
}

#[derive(Serialize, Deserialize)]
pub(super) struct Form {
    format: String,
    version: u32,
    /// XXH3-128 of the text of the quarantine file.
    digest: String,
    lines: u64,
    rows: u64,
    output: String,
}

impl Mark {
    /// Looks for the mark of the quarantine file at `rejects`.
    pub(super) fn begin(converter: &Converter, rejects: &OsStr) -> Result<Self> {
        let place = place(rejects)?;
        match StagedOutput::begin(Sink::file_at(&place)?) {
            Ok(staged) => Ok(Self::Open(Some(staged))),
            Err(error) if error.kind() == ErrorKind::OutputExists => {
                let source = Source::single(&place)?;
                Ok(Self::Set { name: source.name().to_owned(), form: read(converter, &source)? })
            }
            Err(error) => Err(error),
        }
    }

    /// What was done, if the mark is set; fails if it was done with another quarantine file.
    pub(super) fn check(&self, digest: &str, rejects: &str) -> Result<Option<Replay>> {
        let Self::Set { name, form } = self else { return Ok(None) };
        if form.digest != digest {
            let message = format!(
                "{rejects}: expected the quarantine file that was replayed, by `{name}`, found one \
                 that has changed since"
            );
            return Err(Error::new(ErrorKind::Source, message));
        }
        Ok(Some(form.replay()))
    }

    /// Sets the mark.
    pub(super) fn publish(
        &mut self,
        digest: &str,
        lines: u64,
        rows: u64,
        output: &OsStr,
    ) -> Result<Replay> {
        let form = Form {
            format: FORMAT.to_owned(),
            version: VERSION,
            digest: digest.to_owned(),
            lines,
            rows,
            // The URL of an output may hold secrets.
            output: Sink::at(output)?.shown(),
        };
        if let Self::Open(staged) = self
            && let Some(mut staged) = staged.take()
        {
            let fail = |error: std::io::Error| {
                let message = format!("could not write the mark of the quarantine file: {error}");
                Error::new(ErrorKind::Output, message).with_cause(error)
            };
            let json = serde_json::to_string(&form).map_err(|error| fail(error.into()))?;
            let mut writer = staged.create_part(0)?;
            writer.write_all(json.as_bytes()).map_err(fail)?;
            writer.write_all(b"\n").and_then(|()| writer.flush()).map_err(fail)?;
            drop(writer);
            staged.publish()?;
        }
        Ok(form.replay())
    }
}

impl Form {
    fn replay(&self) -> Replay {
        Replay {
            lines: self.lines,
            rows: self.rows,
            still_rejected: self.lines.saturating_sub(self.rows),
            done_before: true,
            output: Some(self.output.clone()),
            summary: None,
        }
    }
}

/// `rejects` and `.done`.
fn place(rejects: &OsStr) -> Result<OsString> {
    if is_url(rejects) && rejects.as_encoded_bytes().contains(&b'?') {
        let message = "expected a quarantine file that a mark can be put beside, found a URL with a \
                       query";
        return Err(Error::new(ErrorKind::Source, message));
    }
    let mut place = rejects.to_owned();
    place.push(".done");
    Ok(place)
}

fn read(converter: &Converter, source: &Source) -> Result<Form> {
    let mut json = Vec::new();
    let text = crate::convert::open_text(converter, source)?;
    let broken = |error| crate::source::into_error(source.name(), error);
    text.take(MAX_MARK_BYTES).read_to_end(&mut json).map_err(broken)?;
    let form: Option<Form> = serde_json::from_slice(&json).ok();
    form.filter(|form| form.format == FORMAT && form.version == VERSION).ok_or_else(|| {
        let message = format!(
            "{}: expected the mark that `replay` leaves beside a quarantine file, found something \
             else",
            source.name()
        );
        Error::new(ErrorKind::Format, message)
    })
}
