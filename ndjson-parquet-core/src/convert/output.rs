//! The Parquet files of a conversion: row groups appended in order, files rolled at a target size.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use super::footer::Footer;
use super::ledger::Ledger;
use crate::encode::{EncodedRowGroup, EncoderFactory, FileAssembler};
use crate::error::Result;
use crate::sink::StagedOutput;
use crate::summary::{Balance, CloseReason, FileSummary};

type File = FileAssembler<BufWriter<Box<dyn Write + Send>>>;

/// Output under construction, of which one file is open at a time. Nothing is visible before
/// [`Output::publish`].
pub(super) struct Output {
    staged: StagedOutput,
    factory: Arc<EncoderFactory>,
    footer: Footer,
    target_bytes: u64,
    open: Option<File>,
    /// The partition that is being written; empty where there are none.
    partition: Arc<str>,
    /// Files begun in it.
    parts: usize,
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
        Self {
            staged,
            factory,
            footer,
            target_bytes: target_bytes.unwrap_or(u64::MAX),
            open: None,
            partition: "".into(),
            parts: 0,
            files: Vec::new(),
        }
    }

    /// Where temporary files can lie on the file system of the output.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.staged.folder()
    }

    /// Makes room for a row group: begins a file if there is none or the present one is full.
    ///
    /// Call before the rows are entered in the ledger, since a full file takes its balance with it.
    pub(super) fn prepare(&mut self, ledger: &mut Ledger) -> Result<()> {
        if let Some(full) = self.take_full() {
            self.finish_file(full, &ledger.take_file(), CloseReason::Size)?;
        }
        self.begin_if_none()
    }

    pub(super) fn append(&mut self, group: EncodedRowGroup) -> Result<()> {
        tracing::debug!(file = self.files.len(), rows = group.rows, "a row group is finished");
        match &mut self.open {
            Some(file) => file.append(group),
            None => Ok(()),
        }
    }

    /// Appends a row group of `partition`, all of which come one after the other. Every footer has
    /// `balance`, that of the conversion: a line that is no row belongs to no partition.
    pub(super) fn append_to(
        &mut self,
        partition: &Arc<str>,
        group: EncodedRowGroup,
        balance: &Balance,
    ) -> Result<()> {
        self.begin_partition(partition, balance)?;
        if let Some(full) = self.take_full() {
            self.finish_file(full, balance, CloseReason::Size)?;
        }
        self.begin_if_none()?;
        self.append(group)
    }

    /// What is appended from now on belongs to `partition`.
    pub(super) fn begin_partition(
        &mut self,
        partition: &Arc<str>,
        balance: &Balance,
    ) -> Result<()> {
        if self.partition != *partition {
            if let Some(file) = self.open.take() {
                self.finish_file(file, balance, CloseReason::End)?;
            }
            (self.partition, self.parts) = (Arc::clone(partition), 0);
        }
        Ok(())
    }

    fn take_full(&mut self) -> Option<File> {
        let target_bytes = self.target_bytes;
        self.open.take_if(|file| file.bytes() >= target_bytes)
    }

    fn begin_if_none(&mut self) -> Result<()> {
        if self.open.is_none() {
            let part = self.staged.create_part_in(&self.partition, self.parts)?;
            let writer = BufWriter::with_capacity(WRITE_BUFFER_BYTES, part);
            self.open = Some(FileAssembler::new(&self.factory, writer)?);
            self.parts += 1;
        }
        Ok(())
    }

    fn finish_file(&mut self, file: File, balance: &Balance, closed_by: CloseReason) -> Result<()> {
        let stats = file.finish(self.footer.key_values(balance))?;
        let (rows, bytes) = (stats.rows, stats.bytes);
        tracing::debug!(file = self.files.len(), rows, bytes, ?closed_by, "a file is finished");
        self.files.push(FileSummary {
            path: String::new(),
            rows: stats.rows,
            row_groups: stats.row_groups as u64,
            bytes: stats.bytes,
            partition: self.partition.to_string(),
            closed_by,
        });
        Ok(())
    }

    /// Finishes the last file, whose footer gets `balance`; there is always at least one.
    pub(super) fn finish(&mut self, balance: &Balance) -> Result<()> {
        self.begin_if_none()?;
        match self.open.take() {
            Some(file) => self.finish_file(file, balance, CloseReason::End),
            None => Ok(()),
        }
    }

    /// Makes all files durable, as far as that can be ended in between.
    pub(super) fn make_durable(&mut self, check: &dyn Fn() -> Result<()>) -> Result<()> {
        self.staged.make_durable(check)
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
