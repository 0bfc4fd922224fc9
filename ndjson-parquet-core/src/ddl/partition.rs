//! Partition columns, and how Athena computes their values.
//!
//! The properties are those of
//! <https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html>.

use super::quote::identifier;
use super::refuse;
use crate::error::{Error, Result};

/// A partition column.
///
/// ```
/// use ndjson_parquet_core::Partition;
///
/// assert_eq!(Partition::parse("hour=hour")?.name(), "hour");
/// assert!(Partition::parse("hour=minute").is_err());
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    name: String,
    values: Values,
}

/// The values that a partition column may have.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Values {
    Dates { range: String, format: String, unit: &'static str },
    Integers { from: i64, to: i64, digits: usize },
    Enum(Vec<String>),
    Injected,
}

impl Partition {
    /// Reads `NAME=KIND`, where KIND is one of
    ///
    /// * `date`, `date:FROM,TO` or `date:FROM,TO:FORMAT`: dates in a format of Java
    ///   (`yyyy-MM-dd`), FROM and TO in it or as `NOW-3YEARS`; without them 1970-01-01 to tomorrow;
    /// * `hour`, `month`, `day`: 00 to 23, 01 to 12, 01 to 31, in two digits;
    /// * `integer:FROM,TO`: with as many digits as FROM where that begins with a zero;
    /// * `enum:A,B,C`: these texts;
    /// * `injected`: any text, which each query must name.
    pub fn parse(text: &str) -> Result<Self> {
        let Some((name, kind)) = text.split_once('=') else {
            return Err(refuse(&format!("expected NAME=KIND as partition, found `{text}`")));
        };
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || !name.chars().all(is_plain) {
            return Err(refuse(&format!(
                "expected a partition name of small letters, digits and underscores, found `{name}`"
            )));
        }
        let (kind, rest) = match kind.split_once(':') {
            Some((kind, rest)) => (kind, Some(rest)),
            None => (kind, None),
        };
        let values = match (kind, rest) {
            ("date", rest) => dates(name, rest)?,
            ("hour", None) => Values::Integers { from: 0, to: 23, digits: 2 },
            ("month", None) => Values::Integers { from: 1, to: 12, digits: 2 },
            ("day", None) => Values::Integers { from: 1, to: 31, digits: 2 },
            ("integer", Some(range)) => integers(name, range)?,
            ("enum", Some(values)) => texts(name, values)?,
            ("injected", None) => Values::Injected,
            _ => return Err(wrong(name, KINDS, kind)),
        };
        Ok(Self { name: name.to_owned(), values })
    }

    /// The name of the column.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Name and type.
    pub(super) fn column(&self) -> String {
        let kind = match &self.values {
            Values::Integers { from, to, .. } => {
                let fits = i32::try_from(*from).is_ok() && i32::try_from(*to).is_ok();
                if fits { "int" } else { "bigint" }
            }
            Values::Dates { .. } | Values::Enum(_) | Values::Injected => "string",
        };
        format!("{} {kind}", identifier(&self.name))
    }

    /// The properties of the table that are about this column.
    pub(super) fn properties(&self) -> Vec<(String, String)> {
        let properties = match &self.values {
            Values::Dates { range, format, unit } => vec![
                ("type", "date".to_owned()),
                ("range", range.clone()),
                ("format", format.clone()),
                ("interval", "1".to_owned()),
                ("interval.unit", (*unit).to_owned()),
            ],
            Values::Integers { from, to, digits } => {
                let mut properties =
                    vec![("type", "integer".to_owned()), ("range", format!("{from},{to}"))];
                if *digits > 0 {
                    properties.push(("digits", digits.to_string()));
                }
                properties
            }
            Values::Enum(values) => {
                vec![("type", "enum".to_owned()), ("values", values.join(","))]
            }
            Values::Injected => vec![("type", "injected".to_owned())],
        };
        let key = |key: &str| format!("projection.{}.{key}", self.name);
        properties.into_iter().map(|(name, value)| (key(name), value)).collect()
    }
}

fn dates(name: &str, rest: Option<&str>) -> Result<Values> {
    let (range, format) = match rest.map(|rest| rest.split_once(':').unwrap_or((rest, DAY_FORMAT)))
    {
        None => (ALL_DAYS, DAY_FORMAT),
        Some((range, format)) => (range, format),
    };
    let sides: Vec<&str> = range.split(',').collect();
    if sides.len() != 2 || sides.iter().any(|side| side.trim().is_empty()) {
        return Err(wrong(name, "dates FROM,TO", range));
    }
    let unit = match format {
        _ if format.contains(['s', 'S']) => "SECONDS",
        _ if format.contains('m') => "MINUTES",
        _ if format.contains(['H', 'h']) => "HOURS",
        _ if format.contains('d') => "DAYS",
        _ if format.contains('M') => "MONTHS",
        _ if format.contains('y') => "YEARS",
        _ => return Err(wrong(name, "a format of dates such as yyyy-MM-dd", format)),
    };
    Ok(Values::Dates { range: range.to_owned(), format: format.to_owned(), unit })
}

fn integers(name: &str, range: &str) -> Result<Values> {
    let sides = range.split_once(',');
    let parsed = sides.and_then(|(from, to)| Some((from, from.parse().ok()?, to.parse().ok()?)));
    match parsed {
        Some((text, from, to)) if from <= to => {
            let padded = text.len() > 1 && text.starts_with('0');
            Ok(Values::Integers { from, to, digits: if padded { text.len() } else { 0 } })
        }
        _ => Err(wrong(name, "integers FROM,TO", range)),
    }
}

fn texts(name: &str, values: &str) -> Result<Values> {
    let values: Vec<String> = values.split(',').map(str::to_owned).collect();
    if values.iter().any(|value| value.is_empty() || value.chars().any(char::is_control)) {
        return Err(wrong(name, "texts A,B,C", &values.join(",")));
    }
    Ok(Values::Enum(values))
}

fn wrong(name: &str, expected: &str, found: &str) -> Error {
    let found = found.escape_debug();
    refuse(&format!("partition `{name}`: expected {expected}, found `{found}`"))
}

const KINDS: &str = "date, date:FROM,TO, hour, month, day, integer:FROM,TO, enum:A,B or injected";
const DAY_FORMAT: &str = "yyyy-MM-dd";
/// Everything, so that no partition is left out unseen.
const ALL_DAYS: &str = "1970-01-01,NOW+1DAYS";
