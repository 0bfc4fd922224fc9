//! How a value is written in JSON where the type of its column does not say: `epoch(ms)`, `base64`.
//!
//! A notation is a part of the text form of a type, and stands in the metadata of a field, so that
//! Arrow IPC and Parquet files carry it.

use std::fmt;

use arrow_schema::{DataType, Field, TimeUnit};

use super::scan::{Scanner, quote};
use super::type_format::{format_type, unit_name};
use super::type_text::parse_notation;
use crate::error::{Error, ErrorKind, Result};
use crate::json::time_format::TimeFormat;

/// Key in the metadata of a field under which its notation stands, such as `epoch(ms)`.
pub const NOTATION_KEY: &str = "ndjson-parquet.notation";

/// How the values of a column are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Notation {
    /// Any JSON value, of which the column has the text.
    Json,
    /// Bytes as text by RFC 4648, section 4, with padding.
    Base64,
    /// Bytes as pairs of hexadecimal digits.
    Hex,
    /// A moment as the number of units since 1970-01-01 00:00 UTC.
    Epoch(TimeUnit),
    /// A moment in a format of the user's own.
    Format(TimeFormat),
}

impl Notation {
    /// The notation in the metadata of `field`; an error where it does not belong to its type.
    pub(crate) fn of(field: &Field) -> Result<Option<Self>> {
        let Some(text) = field.metadata().get(NOTATION_KEY) else { return Ok(None) };
        let mut scan = Scanner::new("notation", text);
        let notation = parse_notation(&mut scan)?;
        scan.end()?;
        if !notation.fits(field.data_type()) {
            let found = format_type(field.data_type());
            let message = format!("expected a type that has the notation {text}, found `{found}`");
            return Err(Error::new(ErrorKind::Schema, message));
        }
        Ok(Some(notation))
    }

    fn fits(&self, data_type: &DataType) -> bool {
        match self {
            Self::Json => *data_type == DataType::Utf8,
            Self::Base64 | Self::Hex => *data_type == DataType::Binary,
            Self::Epoch(_) | Self::Format(_) => matches!(data_type, DataType::Timestamp(..)),
        }
    }

    /// `field` with this notation in its metadata; JSON text is marked as Arrow's extension type of
    /// that name, too.
    pub(crate) fn put(&self, mut field: Field) -> Field {
        let metadata = field.metadata_mut();
        metadata.insert(NOTATION_KEY.to_owned(), self.to_string());
        if *self == Self::Json {
            metadata.insert(EXTENSION_NAME_KEY.to_owned(), JSON_EXTENSION.to_owned());
            metadata.insert(EXTENSION_METADATA_KEY.to_owned(), String::new());
        }
        field
    }
}

impl fmt::Display for Notation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json => f.write_str("json"),
            Self::Base64 => f.write_str("base64"),
            Self::Hex => f.write_str("hex"),
            Self::Epoch(unit) => write!(f, "epoch({})", unit_name(*unit)),
            Self::Format(format) => write!(f, "format({})", quote(format.as_str())),
        }
    }
}

/// How many decimal digits a number of `unit` has for the fraction of a second.
pub(crate) fn digits_of_second(unit: TimeUnit) -> i32 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    }
}

/// `field` with the type and the notation of `typed`.
pub(super) fn retyped(field: &Field, typed: &Field) -> Field {
    let mut retyped = field.clone().with_data_type(typed.data_type().clone());
    let metadata = retyped.metadata_mut();
    if metadata.remove(NOTATION_KEY).as_deref() == Some("json") {
        metadata.remove(EXTENSION_NAME_KEY);
        metadata.remove(EXTENSION_METADATA_KEY);
    }
    metadata.extend(typed.metadata().clone());
    retyped
}

/// `field` with the notation that is in the metadata of its origin as `text`, if it is one: what a
/// file has under that key may be anything.
pub(super) fn with_notation_of(field: Field, text: Option<&str>) -> Result<Field> {
    let Some(text) = text else { return Ok(field) };
    let metadata = [(NOTATION_KEY.to_owned(), text.to_owned())].into();
    let notation = Notation::of(&field.clone().with_metadata(metadata))?;
    Ok(notation.map_or(field.clone(), |notation| notation.put(field)))
}

const EXTENSION_NAME_KEY: &str = arrow_schema::extension::EXTENSION_TYPE_NAME_KEY;
const EXTENSION_METADATA_KEY: &str = arrow_schema::extension::EXTENSION_TYPE_METADATA_KEY;
/// <https://arrow.apache.org/docs/format/CanonicalExtensions.html#json>
const JSON_EXTENSION: &str = "arrow.json";
