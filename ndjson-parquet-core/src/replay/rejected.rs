//! Reads a quarantine file: the lines that have their text become a source that knows where each of
//! them came from, the others are kept as they stand.

use std::io::{BufRead, BufReader, Read};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use twox_hash::XxHash3_128;

use super::Origin;
use crate::converter::Converter;
use crate::error::{BadLineKind, Error, ErrorKind, Result};
use crate::json::blank::is_blank;
use crate::source::{LineSpool, Source, into_error};

/// What a quarantine file holds.
pub(crate) struct Rejected {
    /// The lines that have their text.
    pub(crate) source: Source,
    /// How many those are.
    with_text: u64,
    /// The rows of the file of which the text is missing, as they are.
    ///
    /// Memory: some 300 bytes each, of lines over the limit on length alone.
    pub(crate) rows_without_text: Vec<u8>,
    pub(crate) origin: Origin,
}

/// One row; see `convert::rejects`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what must be there, though nobody reads it")]
struct Row {
    source: String,
    etag: Option<String>,
    line: u64,
    byte_offset: u64,
    length: u64,
    error_offset: u64,
    path: String,
    kind: String,
    message: String,
    raw: Option<String>,
    raw_base64: Option<String>,
}

impl Rejected {
    /// Fails with [`ErrorKind::Format`] at a line that is no row of a quarantine file.
    pub(crate) fn read(converter: &Converter, source: &Source) -> Result<Self> {
        #[cfg(feature = "object_store")]
        let source = &crate::convert::stores::attach(converter, vec![source.clone()])
            .pop()
            .unwrap_or_else(|| source.clone());
        let broken = |error| into_error(source.name(), error);
        let mut reader = BufReader::new(crate::convert::open_text(converter, source)?);
        let mut spool = LineSpool::new()?;
        let mut hasher = XxHash3_128::new();
        let mut rows_without_text = Vec::new();
        let (mut line, mut without_text, mut number) = (Vec::new(), 0, 0_u64);
        // An escape takes six bytes for one, and what else is in a row some thousands.
        let limit = converter.max_line_bytes as u64 * 6 + (1 << 20);
        loop {
            converter.cancel.check()?;
            line.clear();
            let taken = reader.by_ref().take(limit).read_until(b'\n', &mut line);
            if taken.map_err(broken)? == 0 {
                break;
            }
            number += 1;
            hasher.write(&line);
            let wrong = |found: &str| no_row(source, number, found);
            if line.len() as u64 == limit {
                return Err(wrong("a longer line than any row has"));
            }
            let row: Row = serde_json::from_slice(&line)
                .map_err(|error| wrong(&error.to_string()).with_cause(error))?;
            match row.text().map_err(wrong)? {
                Some(raw) => spool.push(&row.source, row.line, row.byte_offset, &raw)?,
                None => {
                    without_text += 1;
                    rows_without_text.extend_from_slice(line.trim_ascii_end());
                    rows_without_text.push(b'\n');
                }
            }
        }
        let with_text = spool.lines();
        let digest = format!("{:032x}", hasher.finish_128());
        Ok(Self {
            source: spool.finish(source.name(), source.place())?,
            with_text,
            rows_without_text,
            origin: Origin { digest, without_text },
        })
    }

    pub(super) fn lines(&self) -> u64 {
        self.with_text + self.origin.without_text
    }
}

impl Row {
    /// The line, or `None` where it was too long to be kept; what is wrong with the row otherwise.
    fn text(&self) -> std::result::Result<Option<Vec<u8>>, &'static str> {
        let known = BadLineKind::ALL.iter().any(|kind| kind.name() == self.kind);
        if !known || self.line == 0 || self.error_offset > self.length {
            return Err("a kind or a place that no rejected line has");
        }
        let raw = match (&self.raw, &self.raw_base64) {
            (Some(raw), None) => raw.clone().into_bytes(),
            (None, Some(raw)) => {
                BASE64_STANDARD.decode(raw).map_err(|_| "text that is no base64")?
            }
            (None, None) if self.kind == BadLineKind::LineTooLong.name() => return Ok(None),
            (None, None) => return Err("no text of the line"),
            (Some(_), Some(_)) => return Err("two texts of one line"),
        };
        if raw.len() as u64 != self.length {
            return Err("a text of another length than the line had");
        }
        if raw.contains(&b'\n') || raw.iter().all(|byte| is_blank(*byte)) {
            return Err("a text that is not one line");
        }
        Ok(Some(raw))
    }
}

fn no_row(source: &Source, line: u64, found: &str) -> Error {
    let message = format!(
        "{}, line {line}: expected a row of a quarantine file, found {found}",
        source.name()
    );
    Error::new(ErrorKind::Format, message)
}
