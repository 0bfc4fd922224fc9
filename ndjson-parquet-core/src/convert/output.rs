//! The Parquet files of a conversion: row groups appended in order, files rolled at a target size.

use std::io::{BufWriter, Write};
use std::sync::Arc;

use super::footer::Footer;
use super::ledger::Ledger;
use crate::encode::{EncodedRowGroup, EncoderFactory, FileAssembler};
use crate::error::Result;
use crate::sink::StagedOutput;
use crate::summary::FileSummary;

type File = FileAssembler<BufWriter<Box<dyn Write + Send>>>;

/// Output under construction. Nothing is visible before [`Output::publish`].
pub(super) struct Output {
    staged: StagedOutput,
    factory: Arc<EncoderFactory>,
    footer: Footer,
    target_bytes: u64,
    open: Option<File>,
    files: Vec<FileSummary>,
}

const WRITE_BUFFER_BYTES: usize = 256 << 10;

impl Output {
    /// `target_bytes` is the size at which a file is followed by the next one.
    pub(super) fn new(
        staged: StagedOutput,
        factory: Arc<EncoderFactory>,
        footer: Footer,
        target_bytes: Option<u64>,
    ) -> Self {
        let target_bytes = target_bytes.unwrap_or(u64::MAX);
        Self { staged, factory, footer, target_bytes, open: None, files: Vec::new() }
    }

    /// Makes room for a row group: begins a file if there is none or the present one is full.
    ///
    /// Call before the rows are entered in the ledger, since a full file takes its balance with it.
    pub(super) fn prepare(&mut self, ledger: &mut Ledger) -> Result<()> {
        let target_bytes = self.target_bytes;
        if let Some(full) = self.open.take_if(|file| file.bytes() >= target_bytes) {
            self.finish_file(full, ledger)?;
        }
        if self.open.is_none() {
            self.begin_file()?;
        }
        Ok(())
    }

    pub(super) fn append(&mut self, group: EncodedRowGroup) -> Result<()> {
        tracing::debug!(file = self.files.len(), rows = group.rows, "a row group is finished");
        match &mut self.open {
            Some(file) => file.append(group),
            None => Ok(()),
        }
    }

    fn begin_file(&mut self) -> Result<()> {
        let part = self.staged.create_part(self.files.len())?;
        let writer = BufWriter::with_capacity(WRITE_BUFFER_BYTES, part);
        self.open = Some(FileAssembler::new(&self.factory, writer)?);
        Ok(())
    }

    fn finish_file(&mut self, file: File, ledger: &mut Ledger) -> Result<()> {
        let stats = file.finish(self.footer.key_values(&ledger.take_file()))?;
        let (rows, bytes) = (stats.rows, stats.bytes);
        tracing::debug!(file = self.files.len(), rows, bytes, "a file is finished");
        self.files.push(FileSummary {
            path: String::new(),
            rows: stats.rows,
            row_groups: stats.row_groups as u64,
            bytes: stats.bytes,
        });
        Ok(())
    }

    /// Finishes the last file; there is always at least one.
    pub(super) fn finish(&mut self, ledger: &mut Ledger) -> Result<()> {
        if self.open.is_none() {
            self.begin_file()?;
        }
        match self.open.take() {
            Some(file) => self.finish_file(file, ledger),
            None => Ok(()),
        }
    }

    /// Makes all files visible.
    pub(super) fn publish(self) -> Result<Vec<FileSummary>> {
        let paths = self.staged.publish()?.paths;
        let named = self.files.into_iter().zip(paths);
        Ok(named
            .map(|(file, path)| FileSummary { path: path.to_string_lossy().into_owned(), ..file })
            .collect())
    }
}
