//! What single columns have otherwise than the rest, and its one textual form
//! `PATH:OPTION=VALUE,OPTION=VALUE`.

use std::fmt;
use std::str::FromStr;

use super::compression::Compression;
use super::options::DictionaryPolicy;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::path::{cut_once, normal_path};

/// Options of one column, or of all columns within one.
///
/// As text it is `PATH:OPTION=VALUE`, with commas between options: `codec` takes what `--compression` takes,
/// `dictionary` is `adaptive`, `always` or `never`, `statistics` is `page`, `chunk` or `off`, and `bloom` is
/// `on` or `off`, with `fpp` and `ndv` to size it. The path is written as in hints.
///
/// ```
/// use ndjson_parquet_core::{Compression, ParquetColumn, ParquetOptions};
///
/// let user: ParquetColumn = "user.id:codec=zstd:9,bloom=on,fpp=0.001".parse()?;
/// let tags = ParquetColumn::new("tags[]")?.with_compression(Compression::Snappy);
/// let options = ParquetOptions::new().with_column(user).with_column(tags);
/// # drop(options);
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParquetColumn {
    path: String,
    pub(super) compression: Option<Compression>,
    pub(super) dictionary: Option<DictionaryPolicy>,
    pub(super) statistics: Option<ColumnStatistics>,
    pub(super) bloom_filter: Option<Option<BloomFilter>>,
}

/// How much the footer tells of the values of a column.
///
/// ```
/// use ndjson_parquet_core::{ColumnStatistics, ParquetColumn};
///
/// let column = ParquetColumn::new("note")?.with_statistics(ColumnStatistics::Off);
/// assert_eq!(column.to_string(), "note:statistics=off");
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ColumnStatistics {
    /// Least and most value and count of nulls, of each row group and of each page.
    #[default]
    Page,
    /// The same of each row group only.
    Chunk,
    /// Nothing.
    Off,
}

/// The size of a Bloom filter, by which readers skip row groups that do not have a value.
///
/// ```
/// use ndjson_parquet_core::{BloomFilter, ParquetColumn};
///
/// let filter = BloomFilter::new().with_fpp(0.001)?.with_ndv(50_000);
/// let column = ParquetColumn::new("id")?.with_bloom_filter(filter);
/// assert_eq!(column.to_string(), "id:bloom=on,fpp=0.001,ndv=50000");
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BloomFilter {
    /// In millionths.
    fpp: u32,
    ndv: Option<u64>,
}

/// Share of the values that are not there and are taken for there by a [`BloomFilter`]: 1 %.
pub const DEFAULT_BLOOM_FPP: f64 = 0.01;

impl Default for BloomFilter {
    fn default() -> Self {
        Self::new()
    }
}

impl BloomFilter {
    /// A filter that fits the values of each row group.
    pub fn new() -> Self {
        Self { fpp: (DEFAULT_BLOOM_FPP * MILLION) as u32, ndv: None }
    }

    /// Share of the values that are not there and are taken for there ([`DEFAULT_BLOOM_FPP`]), from 0.000001 to
    /// 0.5, to six digits.
    pub fn with_fpp(self, fpp: f64) -> Result<Self> {
        let millionths = (fpp * MILLION).round();
        if !(1.0..=MILLION / 2.0).contains(&millionths) {
            let message = format!(
                "expected a share fpp from 0.000001 to 0.5 for a Bloom filter, found {fpp}"
            );
            return Err(Error::new(ErrorKind::Schema, message));
        }
        Ok(Self { fpp: millionths as u32, ..self })
    }

    /// Distinct values of a row group that it has room for. Unless told it is made for as many as there may be
    /// rows, at most 1,048,576, and made smaller when the values are known.
    #[must_use]
    pub fn with_ndv(self, ndv: u64) -> Self {
        Self { ndv: Some(ndv.clamp(1, MAX_NDV)), ..self }
    }

    pub(super) fn fpp(self) -> f64 {
        f64::from(self.fpp) / MILLION
    }

    pub(super) fn ndv(self) -> Option<u64> {
        self.ndv
    }
}

const MILLION: f64 = 1e6;
/// With an `fpp` of 1 %, a filter of the 128 MiB that the Parquet library makes at most.
const MAX_NDV: u64 = 100_000_000;

impl ParquetColumn {
    /// The column at `path`, or all columns within it; nothing is different there yet.
    pub fn new(path: &str) -> Result<Self> {
        Ok(Self {
            path: normal_path(path)?,
            compression: None,
            dictionary: None,
            statistics: None,
            bloom_filter: None,
        })
    }

    /// Codec of its pages.
    #[must_use]
    pub fn with_compression(self, compression: Compression) -> Self {
        Self { compression: Some(compression), ..self }
    }

    /// Whether it gets a dictionary.
    #[must_use]
    pub fn with_dictionary(self, dictionary: DictionaryPolicy) -> Self {
        Self { dictionary: Some(dictionary), ..self }
    }

    /// What the footer tells of its values.
    #[must_use]
    pub fn with_statistics(self, statistics: ColumnStatistics) -> Self {
        Self { statistics: Some(statistics), ..self }
    }

    /// A Bloom filter for each row group, which booleans cannot have.
    #[must_use]
    pub fn with_bloom_filter(self, filter: BloomFilter) -> Self {
        Self { bloom_filter: Some(Some(filter)), ..self }
    }

    /// The path, as hints write it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether the column at `leaf`, a path as hints write it, is this one or within it.
    pub(super) fn covers(&self, leaf: &str) -> bool {
        let rest = leaf.strip_prefix(&self.path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }

    fn with_option(self, text: &str, option: &str) -> Result<(Self, Option<BloomPart>)> {
        let fail = |expected: &str| {
            let message = format!("column `{text}`: expected {expected}, found `{option}`");
            Err(Error::new(ErrorKind::Schema, message))
        };
        let Some((key, value)) = option.split_once('=') else {
            return fail("OPTION=VALUE");
        };
        Ok(match (key, value) {
            ("codec", value) => (self.with_compression(value.parse()?), None),
            ("dictionary", value) => (self.with_dictionary(value.parse()?), None),
            ("statistics", "page") => (self.with_statistics(ColumnStatistics::Page), None),
            ("statistics", "chunk") => (self.with_statistics(ColumnStatistics::Chunk), None),
            ("statistics", "off") => (self.with_statistics(ColumnStatistics::Off), None),
            ("statistics", _) => return fail("statistics page, chunk or off"),
            ("bloom", "on") => (self, Some(BloomPart::On)),
            ("bloom", "off") => (Self { bloom_filter: Some(None), ..self }, None),
            ("bloom", _) => return fail("bloom on or off"),
            ("fpp", value) => match value.parse() {
                Ok(fpp) => (self, Some(BloomPart::Fpp(fpp))),
                Err(_) => return fail("a share fpp from 0.000001 to 0.5"),
            },
            ("ndv", value) => match value.parse() {
                Ok(ndv @ 1..) => (self, Some(BloomPart::Ndv(ndv))),
                _ => return fail("a number ndv of at least 1"),
            },
            _ => return fail("codec, dictionary, statistics, bloom, fpp or ndv"),
        })
    }
}

/// What a text says of the Bloom filter.
enum BloomPart {
    On,
    Fpp(f64),
    Ndv(u64),
}

impl FromStr for ParquetColumn {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let fail = |expected: &str| {
            let message = format!("column `{text}`: expected {expected}");
            Err(Error::new(ErrorKind::Schema, message))
        };
        let Some((path, options)) = cut_once(text, ':') else {
            return fail("PATH:OPTION=VALUE, found no `:`");
        };
        let mut column = Self::new(path)?;
        let (mut filter, mut is_on, mut is_sized) = (BloomFilter::new(), false, false);
        for option in options.split(',') {
            let part;
            (column, part) = column.with_option(text, option)?;
            match part {
                None => {}
                Some(BloomPart::On) => is_on = true,
                Some(BloomPart::Fpp(fpp)) => (filter, is_sized) = (filter.with_fpp(fpp)?, true),
                Some(BloomPart::Ndv(ndv)) => (filter, is_sized) = (filter.with_ndv(ndv), true),
            }
        }
        match (is_on, is_sized, column.bloom_filter) {
            (true, _, Some(None)) => fail("bloom on or off, found both"),
            (true, ..) => Ok(column.with_bloom_filter(filter)),
            (false, true, _) => fail("bloom=on beside fpp and ndv, found none"),
            (false, false, _) => Ok(column),
        }
    }
}

impl fmt::Display for ParquetColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut options = Vec::new();
        options.extend(self.compression.map(|codec| format!("codec={codec}")));
        options.extend(self.dictionary.map(|policy| format!("dictionary={policy}")));
        options.extend(self.statistics.map(|statistics| {
            let name = match statistics {
                ColumnStatistics::Page => "page",
                ColumnStatistics::Chunk => "chunk",
                ColumnStatistics::Off => "off",
            };
            format!("statistics={name}")
        }));
        match self.bloom_filter {
            None => {}
            Some(None) => options.push("bloom=off".to_owned()),
            Some(Some(filter)) => {
                options.push(format!("bloom=on,fpp={}", filter.fpp()));
                options.extend(filter.ndv.map(|ndv| format!("ndv={ndv}")));
            }
        }
        write!(f, "{}:{}", self.path, options.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_a_column_read_back_what_they_display() {
        for text in [
            "id:codec=zstd:9",
            "user.id:codec=none,dictionary=never,statistics=chunk",
            "tags[]:statistics=off,bloom=on,fpp=0.000001",
            "\"a.b:c\".d:dictionary=always,bloom=on,fpp=0.01,ndv=7",
            "a:bloom=off",
        ] {
            assert_eq!(text.parse::<ParquetColumn>().unwrap().to_string(), text);
        }
        let column: ParquetColumn = "a:bloom=on".parse().unwrap();
        assert_eq!(column.bloom_filter, Some(Some(BloomFilter::new())));
        assert_eq!(BloomFilter::new().fpp(), 0.01);
    }

    #[test]
    fn a_column_covers_itself_and_what_is_within() {
        let column = ParquetColumn::new("user").unwrap();
        for (leaf, covered) in [
            ("user", true),
            ("user.id", true),
            ("user[]", true),
            ("users", false),
            ("a.user", false),
        ] {
            assert_eq!(column.covers(leaf), covered, "{leaf}");
        }
    }

    #[test]
    fn other_options_of_a_column_are_errors_that_say_what_was_expected() {
        for (text, words) in [
            ("id", "found no `:`"),
            ("id:", "expected OPTION=VALUE, found ``"),
            ("id:codec=zstd:99", "1 to 22"),
            ("id:dictionary=maybe", "adaptive, always or never"),
            ("id:statistics=all", "statistics page, chunk or off"),
            ("id:bloom=1", "bloom on or off"),
            ("id:fpp=0.1", "bloom=on beside fpp and ndv"),
            ("id:bloom=on,fpp=0", "from 0.000001 to 0.5"),
            ("id:bloom=on,fpp=x", "from 0.000001 to 0.5"),
            ("id:bloom=on,ndv=0", "at least 1"),
            ("id:bloom=on,bloom=off", "found both"),
            ("id:encoding=plain", "codec, dictionary, statistics, bloom, fpp or ndv"),
            (":codec=none", "expected a key"),
        ] {
            let error = text.parse::<ParquetColumn>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Schema);
            assert!(error.message().contains(words), "{text}: {error}");
        }
    }
}
