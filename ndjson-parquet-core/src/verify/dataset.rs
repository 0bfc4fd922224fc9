//! The Parquet side of `verify`: the files of an output, their footers and their rows in order.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::convert::footer::{BALANCE_KEY, PARTITIONS_KEY, REPLAY_KEY, SETTINGS_KEY, Settings};
use crate::encode::SortOrder;
use crate::error::{Error, ErrorKind, Result};
use crate::parquet_rows::{Rows, no_files, open};
use crate::partition::StoredLayout;
use crate::replay::Origin;
use crate::source::{ParquetSource, Source, foreign_files, partition_files};
use crate::summary::Balance;

/// One file, or the part files of a directory in the order of their names.
pub(super) struct Dataset {
    /// By the names of their partitions, which are empty where there are none.
    files: BTreeMap<String, Vec<Source>>,
    /// Of the files.
    pub(super) schema: SchemaRef,
    /// Rows of the row groups of each partition, where they are sorted.
    groups: BTreeMap<String, Vec<u64>>,
    /// The order of the rows in each row group, if they are sorted.
    pub(super) order: Option<SortOrder>,
    /// How the rows are divided into partitions, if they are.
    pub(super) partitions: Option<StoredLayout>,
    pub(super) settings: Settings,
    /// The balance of all files; where there are partitions, each footer has it.
    pub(super) balance: Balance,
    /// Of which quarantine file the rows are, if they were replayed.
    pub(super) replay: Option<Origin>,
    /// What lies among the files, does not belong to them, and could be read with them.
    pub(super) foreign: Vec<String>,
    /// Rows that the files say they have.
    pub(super) row_count: u64,
}

impl Dataset {
    pub(super) fn open(path: &OsStr) -> Result<Self> {
        let mut dataset: Option<Self> = None;
        for (partition, file) in partition_files(path)? {
            let reader = open(&file)?;
            let found = Self::describe(partition, &file, &reader)?;
            match &mut dataset {
                None => dataset = Some(found),
                Some(dataset) => dataset.join(found)?,
            }
        }
        let mut dataset = dataset.ok_or_else(|| no_files(path))?;
        dataset.foreign = foreign_files(path)?;
        Ok(dataset)
    }

    fn describe(
        partition: String,
        file: &Source,
        reader: &ParquetRecordBatchReaderBuilder<ParquetSource>,
    ) -> Result<Self> {
        let metadata = reader.metadata().file_metadata();
        let find = |key: &str| {
            let mut entries = metadata.key_value_metadata().into_iter().flatten();
            entries.find(|entry| entry.key == key).and_then(|entry| entry.value.as_deref())
        };
        let expect = |key: &str| {
            find(key).ok_or_else(|| {
                let message = format!(
                    "{}: expected `{key}` in the footer, found a file that was not written by \
                     ndjson-parquet",
                    file.name()
                );
                Error::new(ErrorKind::Parquet, message)
            })
        };
        let parse = |error: serde_json::Error| {
            let message = format!("{}: the footer's balance cannot be read", file.name());
            Error::new(ErrorKind::Parquet, message).with_cause(error)
        };
        // The reader adds the footer's key-values to the schema; the rows have nothing of it.
        let schema = Arc::new(Schema::new(reader.schema().fields().clone()));
        let groups = reader.metadata().row_groups();
        let sorting = groups.first().and_then(|group| group.sorting_columns());
        let order = sorting.and_then(|columns| SortOrder::from_footer(columns, &schema));
        let rows = groups.iter().map(|group| u64::try_from(group.num_rows()).unwrap_or(0));
        let rows = if order.is_some() { rows.collect() } else { Vec::new() };
        Ok(Self {
            groups: BTreeMap::from([(partition.clone(), rows)]),
            files: BTreeMap::from([(partition, vec![file.clone()])]),
            order,
            schema,
            foreign: Vec::new(),
            partitions: find(PARTITIONS_KEY)
                .map(serde_json::from_str)
                .transpose()
                .map_err(parse)?,
            settings: serde_json::from_str(expect(SETTINGS_KEY)?).map_err(parse)?,
            balance: serde_json::from_str(expect(BALANCE_KEY)?).map_err(parse)?,
            replay: find(REPLAY_KEY).map(serde_json::from_str).transpose().map_err(parse)?,
            row_count: u64::try_from(metadata.num_rows()).unwrap_or(0),
        })
    }

    fn join(&mut self, other: Self) -> Result<()> {
        let is_partitioned = self.partitions.is_some();
        let is_same = self.schema == other.schema
            && self.settings == other.settings
            && self.partitions == other.partitions
            && self.order == other.order
            && !(is_partitioned && self.balance != other.balance);
        let (partition, files) = other.files.into_iter().next().unwrap_or_default();
        if !is_same {
            let message = format!(
                "expected files of one conversion, found `{}` with another schema, balance or \
                 settings",
                files.first().map_or("", Source::name)
            );
            return Err(Error::new(ErrorKind::Parquet, message));
        }
        let groups = other.groups.into_values().flatten();
        self.groups.entry(partition.clone()).or_default().extend(groups);
        self.files.entry(partition).or_default().extend(files);
        if !is_partitioned {
            self.balance.add(&other.balance);
        }
        self.row_count += other.row_count;
        Ok(())
    }

    /// The names of the partitions, in order.
    pub(super) fn partitions(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The rows of the row groups of `partition`, where they are sorted.
    pub(super) fn groups(&self, partition: &str) -> Vec<u64> {
        self.groups.get(partition).cloned().unwrap_or_default()
    }

    /// The rows of all files of `partition`, in order.
    pub(super) fn rows(&self, partition: &str) -> Rows {
        Rows::new(self.files.get(partition).cloned().unwrap_or_default())
    }
}
