//! What a Parquet file of ours looks like: codec, dictionaries, sizes, the user's metadata.
//! Every default is a `DEFAULT_*` constant here, or in `compression` for the codec.

use std::fmt;
use std::str::FromStr;

use super::column_options::ParquetColumn;
use super::compression::Compression;
use super::sort::SortKey;
use crate::error::{Error, ErrorKind, Result};

/// NDJSON bytes that become one row group: 128 MiB.
pub const DEFAULT_ROW_GROUP_BYTES: u64 = 128 << 20;
/// The smallest row group that can be asked for, in NDJSON bytes: 64 KiB.
pub const MIN_ROW_GROUP_BYTES: u64 = 64 << 10;
/// Most rows in one row group: 1,048,576, as in most Parquet writers.
pub const DEFAULT_ROW_GROUP_ROWS: u64 = 1 << 20;
/// Size at which a data page is closed, before compression: 1 MiB. 64 KiB pages were measured to
/// cost 3 % in size and to gain no time.
pub const DEFAULT_DATA_PAGE_BYTES: usize = 1 << 20;
/// The smallest data page that can be asked for: 4 KiB.
pub const MIN_DATA_PAGE_BYTES: usize = 4 << 10;

/// Which columns get a dictionary.
///
/// ```
/// use ndjson_parquet_core::{DictionaryPolicy, ParquetOptions};
///
/// let options = ParquetOptions::new().with_dictionary(DictionaryPolicy::Never);
/// assert_eq!(options.dictionary(), DictionaryPolicy::Never);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum DictionaryPolicy {
    /// Decided for each leaf column of each row group from its first rows: strings and numbers
    /// that repeat get one.
    #[default]
    Adaptive,
    /// Every column but booleans starts with a dictionary, as the Parquet library does.
    Always,
    /// No column has a dictionary.
    Never,
}

/// Options of the Parquet files that are written.
///
/// ```
/// use ndjson_parquet_core::{Compression, ParquetOptions};
///
/// let options = ParquetOptions::new()
///     .with_compression(Compression::Snappy)
///     .with_row_group_bytes(32 << 20)
///     .with_metadata(vec![("team".to_owned(), "search".to_owned())]);
/// assert_eq!(options.row_group_bytes(), 32 << 20);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParquetOptions {
    compression: Compression,
    dictionary: DictionaryPolicy,
    row_group_bytes: u64,
    row_group_rows: u64,
    data_page_bytes: usize,
    metadata: Vec<(String, String)>,
    columns: Vec<ParquetColumn>,
    sort: Vec<SortKey>,
}

impl ParquetOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            compression: Compression::default(),
            dictionary: DictionaryPolicy::default(),
            row_group_bytes: DEFAULT_ROW_GROUP_BYTES,
            row_group_rows: DEFAULT_ROW_GROUP_ROWS,
            data_page_bytes: DEFAULT_DATA_PAGE_BYTES,
            metadata: Vec::new(),
            columns: Vec::new(),
            sort: Vec::new(),
        }
    }

    /// Codec of all pages; [`DEFAULT_COMPRESSION`](super::DEFAULT_COMPRESSION) unless told.
    #[must_use]
    pub fn with_compression(self, compression: Compression) -> Self {
        Self { compression, ..self }
    }

    /// Which columns get a dictionary; [`DictionaryPolicy::Adaptive`] unless told.
    #[must_use]
    pub fn with_dictionary(self, dictionary: DictionaryPolicy) -> Self {
        Self { dictionary, ..self }
    }

    /// NDJSON bytes for each row group; [`DEFAULT_ROW_GROUP_BYTES`] unless told. Less than
    /// [`MIN_ROW_GROUP_BYTES`] counts as that.
    #[must_use]
    pub fn with_row_group_bytes(self, bytes: u64) -> Self {
        Self { row_group_bytes: bytes.max(MIN_ROW_GROUP_BYTES), ..self }
    }

    /// Most rows in a row group; [`DEFAULT_ROW_GROUP_ROWS`] unless told. 0 counts as 1.
    #[must_use]
    pub fn with_row_group_rows(self, rows: u64) -> Self {
        Self { row_group_rows: rows.max(1), ..self }
    }

    /// Size at which a data page is closed; [`DEFAULT_DATA_PAGE_BYTES`] unless told. Less than
    /// [`MIN_DATA_PAGE_BYTES`] counts as that.
    #[must_use]
    pub fn with_data_page_bytes(self, bytes: usize) -> Self {
        Self { data_page_bytes: bytes.max(MIN_DATA_PAGE_BYTES), ..self }
    }

    /// Key-value metadata for the footer of every file; none unless told.
    #[must_use]
    pub fn with_metadata(self, metadata: Vec<(String, String)>) -> Self {
        Self { metadata, ..self }
    }

    /// Options of one column that differ from those of all. Where several columns given cover one, the last
    /// that has an option decides it.
    #[must_use]
    pub fn with_column(mut self, column: ParquetColumn) -> Self {
        self.columns.push(column);
        self
    }

    /// Columns with options of their own.
    pub fn columns(&self) -> &[ParquetColumn] {
        &self.columns
    }

    /// Sorts the rows of each row group by these columns, the first one first; equal rows stay in the order
    /// of the input. None unless told.
    ///
    /// The rows of a row group are in memory until it is sorted, twice at the end, so it ends at 16 MiB of
    /// rows in memory.
    #[must_use]
    pub fn with_sort(self, sort: Vec<SortKey>) -> Self {
        Self { sort, ..self }
    }

    /// Columns that rows are sorted by.
    pub fn sort(&self) -> &[SortKey] {
        &self.sort
    }

    /// Codec of all pages.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// Which columns get a dictionary.
    pub fn dictionary(&self) -> DictionaryPolicy {
        self.dictionary
    }

    /// NDJSON bytes for each row group.
    pub fn row_group_bytes(&self) -> u64 {
        self.row_group_bytes
    }

    /// Most rows in a row group.
    pub fn row_group_rows(&self) -> u64 {
        self.row_group_rows
    }

    /// Size at which a data page is closed, before compression.
    pub fn data_page_bytes(&self) -> usize {
        self.data_page_bytes
    }

    /// Key-value metadata for the footer of every file.
    pub fn metadata(&self) -> &[(String, String)] {
        &self.metadata
    }
}

impl Default for ParquetOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for DictionaryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Adaptive => "adaptive",
            Self::Always => "always",
            Self::Never => "never",
        })
    }
}

impl FromStr for DictionaryPolicy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "adaptive" => Ok(Self::Adaptive),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            _ => Err(Error::new(
                ErrorKind::Schema,
                format!("expected a dictionary policy adaptive, always or never, found `{text}`"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_under_the_least_count_as_the_least() {
        let options = ParquetOptions::new()
            .with_row_group_bytes(1)
            .with_row_group_rows(0)
            .with_data_page_bytes(0);
        assert_eq!(options.row_group_bytes(), MIN_ROW_GROUP_BYTES);
        assert_eq!(options.row_group_rows(), 1);
        assert_eq!(options.data_page_bytes(), MIN_DATA_PAGE_BYTES);
    }

    #[test]
    fn dictionary_policies_read_back_what_they_display() {
        for policy in
            [DictionaryPolicy::Adaptive, DictionaryPolicy::Always, DictionaryPolicy::Never]
        {
            assert_eq!(policy.to_string().parse::<DictionaryPolicy>().unwrap(), policy);
        }
        let error = "auto".parse::<DictionaryPolicy>().unwrap_err();
        assert!(error.message().contains("adaptive, always or never"));
    }
}
