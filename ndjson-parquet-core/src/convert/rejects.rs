//! The quarantine file: rejected lines as NDJSON, with everything needed to find and replay them.

use std::io::{self, BufWriter, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use crate::error::{BadLine, Error, ErrorKind, Result};
use crate::sink::{Published, Sink, StagedOutput};

/// A quarantine file under construction; it appears when it is published.
pub(super) struct RejectFile {
    staged: StagedOutput,
    writer: BufWriter<Box<dyn Write + Send>>,
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
    pub(super) fn create(sink: Sink) -> Result<Self> {
        let mut staged = StagedOutput::begin(sink)?;
        let writer = BufWriter::with_capacity(BUFFER_BYTES, staged.create_part(0)?);
        Ok(Self { staged, writer })
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
        let written = serde_json::to_writer(&mut self.writer, &row).map_err(std::io::Error::from);
        written.and_then(|()| self.writer.write_all(b"\n")).map_err(unwritten)
    }

    /// Writes rows of another quarantine file as they are.
    pub(super) fn write_rows(&mut self, rows: &[u8]) -> Result<()> {
        self.writer.write_all(rows).map_err(unwritten)
    }

    /// Makes the file visible.
    pub(super) fn publish(mut self) -> Result<Published> {
        self.writer.flush().map_err(unwritten)?;
        self.staged.publish()
    }
}

fn unwritten(error: io::Error) -> Error {
    let message = format!("could not write the quarantine file: {error}");
    Error::new(ErrorKind::Output, message).with_cause(error)
}

const BUFFER_BYTES: usize = 64 << 10;
