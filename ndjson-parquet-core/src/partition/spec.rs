//! [`Partitioning`]: what the user says about partitions.

use super::time_format::TimeFormat;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::path::{cut_once, parse_field_path};

/// Most partitions of an output: 10,000. Each is at least one file.
pub const DEFAULT_MAX_PARTITIONS: u64 = 10_000;

/// How rows are divided into directories `NAME=VALUE`, as Hive, Spark and Athena read them.
///
/// Each level of directories is one of
///
/// * `COLUMN`: the value of a top-level column of text, integers, booleans or dates, whose files do not
///   have it unless [`with_keep_columns`](Self::with_keep_columns) says so;
/// * `NAME={PATH}`: the same of any column, inside of structs too; the files have it;
/// * `NAME={PATH:FORMAT}`: the time of a timestamp, of a date, or of a text in RFC 3339, in UTC. FORMAT
///   has `%Y`, `%m`, `%d`, `%F` (`%Y-%m-%d`), `%j` (day of the year), `%G`, `%V` (ISO 8601 year and
///   week), `%H`, `%M`, `%S` and `%%` of strftime;
/// * `NAME={PATH@UNIT:FORMAT}`: the same of integers that count UNIT (`s`, `ms`, `us` or `ns`) since 1970.
///
/// Values are escaped as Hive does. Null, the empty text, and what has no such time belong to
/// `NAME=__HIVE_DEFAULT_PARTITION__`.
///
/// ```
/// use ndjson_parquet_core::{Converter, Partitioning, Sink, Source};
///
/// let directory = tempfile::tempdir()?;
/// let by = Partitioning::new().with_levels("country/date={ts:%Y-%m-%d}")?;
/// let line = "{\"country\":\"NO\",\"ts\":\"2026-01-01T07:30:00Z\"}\n";
/// let summary = Converter::new()
///     .with_partitioning(by)
///     .convert(vec![Source::bytes("inline", line)], Sink::directory(directory.path().join("out")))?;
/// assert_eq!(summary.files[0].partition, "country=NO/date=2026-01-01");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partitioning {
    pub(super) levels: Vec<Level>,
    pub(super) keep_columns: bool,
    pub(super) max_partitions: u64,
}

/// One level of directories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Level {
    /// As the user wrote it.
    pub(super) text: String,
    pub(super) name: String,
    /// Keys that lead to the column.
    pub(super) path: Vec<String>,
    pub(super) time: Option<TimeFormat>,
    /// What integers count.
    pub(super) unit: Option<EpochUnit>,
}

/// What an integer counts since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EpochUnit {
    Seconds,
    Millis,
    Micros,
    Nanos,
}

impl Default for Partitioning {
    fn default() -> Self {
        Self::new()
    }
}

impl Partitioning {
    /// No levels: every row belongs to the output itself.
    pub fn new() -> Self {
        Self { levels: Vec::new(), keep_columns: false, max_partitions: DEFAULT_MAX_PARTITIONS }
    }

    /// Appends levels, with slashes between them. Fails on anything but the forms above.
    pub fn with_levels(mut self, text: &str) -> Result<Self> {
        for level in cut(text, '/') {
            self.levels.push(Level::parse(level)?);
        }
        for (index, level) in self.levels.iter().enumerate() {
            if self.levels[..index].iter().any(|other| other.name.eq_ignore_ascii_case(&level.name))
            {
                let message =
                    format!("expected partitions of different names, found `{}` twice", level.name);
                return Err(Error::new(ErrorKind::Schema, message));
            }
        }
        Ok(self)
    }

    /// Whether files keep the columns that their directories name (false).
    #[must_use]
    pub fn with_keep_columns(mut self, keep: bool) -> Self {
        self.keep_columns = keep;
        self
    }

    /// Fails when there are more partitions than this ([`DEFAULT_MAX_PARTITIONS`]). Each takes some hundred
    /// bytes of memory in each thread. 0 counts as 1.
    #[must_use]
    pub fn with_max_partitions(mut self, partitions: u64) -> Self {
        self.max_partitions = partitions.max(1);
        self
    }

    /// Whether there is no level.
    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// The levels as they were written.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.levels.iter().map(|level| level.text.clone()).collect()
    }
}

impl Level {
    fn parse(text: &str) -> Result<Self> {
        let fail = |found: &str| {
            let message = format!(
                "partition `{text}`: expected COLUMN, NAME={{PATH}} or NAME={{PATH:FORMAT}}, found \
                 {found}"
            );
            Err(Error::new(ErrorKind::Schema, message))
        };
        let Some((name, value)) = cut_once(text, '=') else {
            let path = parse_field_path(text)?;
            return match <[String; 1]>::try_from(path) {
                Ok([name]) => Ok(Self {
                    text: text.to_owned(),
                    path: vec![name.clone()],
                    name,
                    time: None,
                    unit: None,
                }),
                Err(_) => fail("a field within a column, which needs a NAME"),
            };
        };
        let inner = value.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
        let Some(inner) = inner else { return fail("no braces behind `=`") };
        if name.is_empty() {
            return fail("no name before `=`");
        }
        let (column, format) = match cut_once(inner, ':') {
            Some((column, format)) => (column, Some(TimeFormat::parse(format)?)),
            None => (inner, None),
        };
        let (path, unit) = match cut_once(column, '@') {
            Some((path, unit)) => (path, Some(EpochUnit::parse(text, unit)?)),
            None => (column, None),
        };
        if unit.is_some() && format.is_none() {
            return fail("a unit without a format");
        }
        let path = parse_field_path(path)?;
        Ok(Self { text: text.to_owned(), name: name.to_owned(), path, time: format, unit })
    }

    /// Whether the level is a top-level column by its own name.
    pub(super) fn is_column(&self) -> bool {
        self.time.is_none() && self.path == [self.name.as_str()]
    }
}

impl EpochUnit {
    fn parse(level: &str, text: &str) -> Result<Self> {
        Ok(match text {
            "s" => Self::Seconds,
            "ms" => Self::Millis,
            "us" => Self::Micros,
            "ns" => Self::Nanos,
            _ => {
                let message =
                    format!("partition `{level}`: expected a unit s, ms, us or ns, found `{text}`");
                return Err(Error::new(ErrorKind::Schema, message));
            }
        })
    }

    pub(super) fn per_second(self) -> i64 {
        match self {
            Self::Seconds => 1,
            Self::Millis => 1_000,
            Self::Micros => 1_000_000,
            Self::Nanos => 1_000_000_000,
        }
    }
}

/// The parts of `text` between those `separator`s that are in no braces and no quotes.
fn cut(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((part, tail)) = cut_once(rest, separator) {
        parts.push(part);
        rest = tail;
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(text: &str) -> Vec<Level> {
        Partitioning::new().with_levels(text).unwrap().levels
    }

    #[test]
    fn levels_are_columns_or_named_values_between_slashes() {
        let found = levels("country/date={ts:%Y/%m}/h={user.\"a/b:}\"@ms:%H}/v={user.v}");
        let names: Vec<_> = found.iter().map(|level| level.name.as_str()).collect();
        assert_eq!(names, ["country", "date", "h", "v"]);
        let paths: Vec<_> = found.iter().map(|level| level.path.join("|")).collect();
        assert_eq!(paths, ["country", "ts", "user|a/b:}", "user|v"]);
        let times: Vec<_> = found.iter().map(|level| level.time.is_some()).collect();
        assert_eq!(times, [false, true, true, false]);
        assert_eq!(found[2].unit, Some(EpochUnit::Millis));
        assert!(found[0].is_column() && !found[3].is_column());
        assert_eq!(found[1].text, "date={ts:%Y/%m}");
    }

    #[test]
    fn a_quoted_name_is_a_column_whatever_is_in_it() {
        let found = levels("\"a.b/c=d\"");
        assert_eq!((found[0].name.as_str(), found[0].is_column()), ("a.b/c=d", true));
    }

    #[test]
    fn other_forms_are_errors_that_say_what_was_expected() {
        for (text, found) in [
            ("", "expected a key"),
            ("a//b", "expected a key"),
            ("user.name", "a field within a column, which needs a NAME"),
            ("date=ts", "no braces behind `=`"),
            ("={ts}", "no name before `=`"),
            ("d={ts:%q}", "%q"),
            ("d={ts@min:%H}", "a unit s, ms, us or ns, found `min`"),
            ("d={ts@ms}", "a unit without a format"),
            ("d={tags[]}", "a field that is in no list"),
            ("a/A", "different names, found `A` twice"),
        ] {
            let error = Partitioning::new().with_levels(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Schema);
            assert!(error.message().contains(found), "{text}: {error}");
        }
    }
}
