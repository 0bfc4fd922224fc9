//! The quarantine file: rejected lines as NDJSON, with everything needed to find and replay them.

use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use crate::error::{BadLine, Error, ErrorKind, Result};
use crate::sink::StagedFile;

/// A quarantine file under construction; it appears when it is published.
pub(super) struct RejectFile {
    staged: StagedFile,
}

/// One row of the file. `raw` is the line where it is UTF-8, else `raw_base64` is; neither is there
/// for a line over the length limit, which has to be read from the source again.
#[derive(Serialize)]
struct Row<'a> {
    source: &'a str,
    etag: Option<&'a str>,
    line: u64,
    byte_offset: u64,
    length: u64,
    error_offset: u64,
    path: &'a str,
    kind: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_base64: Option<String>,
}

impl RejectFile {
    pub(super) fn create(path: &Path, overwrite: bool) -> Result<Self> {
        Ok(Self { staged: StagedFile::create(path, overwrite)? })
    }

    pub(super) fn write(&mut self, line: &BadLine) -> Result<()> {
        let raw = line.raw.as_deref();
        let text = raw.and_then(|raw| std::str::from_utf8(raw).ok());
        let row = Row {
            source: &line.source,
            etag: None,
            line: line.line,
            byte_offset: line.byte_offset,
            length: line.length,
            error_offset: line.error_offset,
            path: &line.path,
            kind: line.kind.name(),
            message: &line.message,
            raw: text,
            raw_base64: raw.filter(|_| text.is_none()).map(|raw| BASE64_STANDARD.encode(raw)),
        };
        let written = serde_json::to_writer(&mut self.staged, &row).map_err(std::io::Error::from);
        written.and_then(|()| self.staged.write_all(b"\n")).map_err(|error| {
            let message = format!("could not write the quarantine file: {error}");
            Error::new(ErrorKind::Output, message).with_cause(error)
        })
    }

    /// Makes the file visible and gives its path.
    pub(super) fn publish(self) -> Result<String> {
        Ok(self.staged.publish()?.to_string_lossy().into_owned())
    }
}
