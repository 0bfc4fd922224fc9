//! Types as text, both ways: `int64`, `decimal(18,2)`, `list<struct<name: utf8 not null>>`.
//!
//! Hints, schema files and printed tables use this one form. Keywords are case-insensitive and
//! blanks are allowed between tokens. Metadata of fields has no text form.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::timezone::Tz;
use arrow_schema::{DataType, Field, TimeUnit};

use super::scan::{Scanner, is_word, quote};
use super::supported::MAX_TYPE_DEPTH;
use crate::error::Result;

/// Reads a type from its text form.
///
/// | text | Arrow type |
/// |---|---|
/// | `boolean`, `bool` | `Boolean` |
/// | `int8` `int16` `int32` `int64`, `long` = `int64` | `Int8` to `Int64` |
/// | `uint8` `uint16` `uint32` `uint64` | `UInt8` to `UInt64` |
/// | `float32`, `float`; `float64`, `double` | `Float32`; `Float64` |
/// | `decimal(p,s)` with 1 <= p <= 38 and 0 <= s <= p | `Decimal128(p, s)` |
/// | `utf8`, `string`; `large_utf8`; `utf8_view` | `Utf8`; `LargeUtf8`; `Utf8View` |
/// | `date`, `date32` | `Date32` |
/// | `timestamp(s)`, `(ms)`, `(us)`, `(ns)`; `timestamp` = `timestamp(us)` | `Timestamp(unit, None)` |
/// | `timestamp(us, UTC)`, `timestamp(ms, "America/New_York")` | `Timestamp(unit, Some(zone))` |
/// | `list<T>`, `list<T not null>`, `list<element: T>` | `List`; its child is named `item` unless named |
/// | `struct<a: T, "odd name": T not null>` | `Struct` |
///
/// ```
/// use arrow_schema::DataType;
/// use ndjson_parquet_core::parse_type;
///
/// assert_eq!(parse_type("Decimal(18, 2)")?, DataType::Decimal128(18, 2));
///
/// let error = parse_type("list<intt64>").unwrap_err();
/// assert!(error.message().contains("at column 6, found `intt64`"));
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
pub fn parse_type(text: &str) -> Result<DataType> {
    let mut parser = Parser { scan: Scanner::new("type", text), depth: 0 };
    let data_type = parser.data_type()?;
    parser.scan.end()?;
    Ok(data_type)
}

/// Reads a type that may be followed by `not null`; true where null is allowed.
pub(super) fn parse_column_type(text: &str) -> Result<(DataType, bool)> {
    let mut parser = Parser { scan: Scanner::new("type", text), depth: 0 };
    let column = parser.column_type()?;
    parser.scan.end()?;
    Ok(column)
}

/// Writes a type in the form that [`parse_type`] reads back.
///
/// A type without a text form is written as Arrow displays it, which is for messages only.
///
/// ```
/// use arrow_schema::DataType;
/// use ndjson_parquet_core::format_type;
///
/// assert_eq!(format_type(&DataType::new_list(DataType::Int64, false)), "list<int64 not null>");
/// ```
pub fn format_type(data_type: &DataType) -> String {
    let mut text = String::new();
    write_type(data_type, &mut text);
    text
}

struct Parser<'a> {
    scan: Scanner<'a>,
    /// How many lists and structs are open.
    depth: usize,
}

impl Parser<'_> {
    fn data_type(&mut self) -> Result<DataType> {
        let start = self.scan.position();
        let word = self.scan.take_while(is_word).to_ascii_lowercase();
        Ok(match word.as_str() {
            "boolean" | "bool" => DataType::Boolean,
            "int8" => DataType::Int8,
            "int16" => DataType::Int16,
            "int32" => DataType::Int32,
            "int64" | "long" => DataType::Int64,
            "uint8" => DataType::UInt8,
            "uint16" => DataType::UInt16,
            "uint32" => DataType::UInt32,
            "uint64" => DataType::UInt64,
            "float32" | "float" => DataType::Float32,
            "float64" | "double" => DataType::Float64,
            "utf8" | "string" => DataType::Utf8,
            "large_utf8" => DataType::LargeUtf8,
            "utf8_view" => DataType::Utf8View,
            "date" | "date32" => DataType::Date32,
            "decimal" => self.decimal()?,
            "timestamp" => self.timestamp()?,
            "list" => self.nested(start, Self::list)?,
            "struct" => self.nested(start, Self::structure)?,
            _ => {
                self.scan.rewind(start);
                return Err(self.scan.error(EXPECTED_TYPE));
            }
        })
    }

    /// The parameters of `decimal(p,s)`.
    fn decimal(&mut self) -> Result<DataType> {
        self.scan.expect('(')?;
        let precision = self.number(1, 38, "a precision")?;
        self.scan.expect(',')?;
        let scale = self.number(0, precision, "a scale")?;
        self.scan.expect(')')?;
        Ok(DataType::Decimal128(precision, scale as i8))
    }

    fn number(&mut self, least: u8, most: u8, what: &str) -> Result<u8> {
        let start = self.scan.position();
        let number = self.scan.take_while(|c| c.is_ascii_digit()).parse().ok();
        number.filter(|n| (least..=most).contains(n)).ok_or_else(|| {
            self.scan.rewind(start);
            self.scan.error(format_args!("{what} from {least} to {most}"))
        })
    }

    /// The optional parameters of `timestamp(unit, zone)`.
    fn timestamp(&mut self) -> Result<DataType> {
        if !self.scan.take('(') {
            return Ok(DataType::Timestamp(TimeUnit::Microsecond, None));
        }
        let start = self.scan.position();
        let unit = match self.scan.take_while(is_word).to_ascii_lowercase().as_str() {
            "s" => TimeUnit::Second,
            "ms" => TimeUnit::Millisecond,
            "us" => TimeUnit::Microsecond,
            "ns" => TimeUnit::Nanosecond,
            _ => {
                self.scan.rewind(start);
                return Err(self.scan.error("a unit (s, ms, us or ns)"));
            }
        };
        let zone = if self.scan.take(',') { Some(self.zone()?) } else { None };
        self.scan.expect(')')?;
        Ok(DataType::Timestamp(unit, zone))
    }

    fn zone(&mut self) -> Result<Arc<str>> {
        let start = self.scan.position();
        let zone = match self.scan.peek() {
            Some('"') => self.scan.quoted()?,
            _ => self.scan.take_while(|c| is_word(c) || matches!(c, '/' | '+' | ':')).to_owned(),
        };
        if is_zone(&zone) {
            return Ok(zone.into());
        }
        self.scan.rewind(start);
        Err(self.scan.error("a time zone such as UTC, +02:00 or \"America/New_York\""))
    }

    /// Reads what stands between `<` and `>` with `inner`, one level deeper.
    fn nested(
        &mut self,
        start: usize,
        inner: fn(&mut Self) -> Result<DataType>,
    ) -> Result<DataType> {
        if self.depth == MAX_TYPE_DEPTH {
            self.scan.rewind(start);
            return Err(self
                .scan
                .error(format_args!("at most {MAX_TYPE_DEPTH} nested lists and structs")));
        }
        self.depth += 1;
        self.scan.expect('<')?;
        let data_type = inner(self)?;
        self.scan.expect('>')?;
        self.depth -= 1;
        Ok(data_type)
    }

    fn list(&mut self) -> Result<DataType> {
        let start = self.scan.position();
        let name = match self.field_name()? {
            Some(name) if self.scan.take(':') => name,
            _ => {
                self.scan.rewind(start);
                Field::LIST_FIELD_DEFAULT_NAME.to_owned()
            }
        };
        let (data_type, nullable) = self.column_type()?;
        Ok(DataType::List(Arc::new(Field::new(name, data_type, nullable))))
    }

    fn structure(&mut self) -> Result<DataType> {
        let mut fields: Vec<Field> = Vec::new();
        let mut names = HashSet::new();
        loop {
            let start = self.scan.position();
            let Some(name) = self.field_name()? else {
                return Err(self.scan.error("the name of a field"));
            };
            if !names.insert(name.clone()) {
                self.scan.rewind(start);
                return Err(self.scan.error("another name than that of an earlier field"));
            }
            self.scan.expect(':')?;
            let (data_type, nullable) = self.column_type()?;
            fields.push(Field::new(name, data_type, nullable));
            if !self.scan.take(',') {
                return Ok(DataType::Struct(fields.into()));
            }
        }
    }

    /// A bare or quoted name, if one comes next.
    fn field_name(&mut self) -> Result<Option<String>> {
        if self.scan.peek() == Some('"') {
            return self.scan.quoted().map(Some);
        }
        let name = self.scan.take_while(is_word);
        Ok((!name.is_empty()).then(|| name.to_owned()))
    }

    /// A type and whether it may be null, which only `not null` behind it forbids.
    fn column_type(&mut self) -> Result<(DataType, bool)> {
        let data_type = self.data_type()?;
        let start = self.scan.position();
        if !self.scan.take_while(is_word).eq_ignore_ascii_case("not") {
            self.scan.rewind(start);
            return Ok((data_type, true));
        }
        let start = self.scan.position();
        if !self.scan.take_while(is_word).eq_ignore_ascii_case("null") {
            self.scan.rewind(start);
            return Err(self.scan.error("`null` after `not`"));
        }
        Ok((data_type, false))
    }
}

/// Whether Arrow's kernels know the zone: an IANA name or an offset such as `+02:00`.
pub(super) fn is_zone(zone: &str) -> bool {
    zone.parse::<Tz>().is_ok()
}

fn write_type(data_type: &DataType, text: &mut String) {
    match data_type {
        DataType::Boolean => text.push_str("boolean"),
        DataType::Int8 => text.push_str("int8"),
        DataType::Int16 => text.push_str("int16"),
        DataType::Int32 => text.push_str("int32"),
        DataType::Int64 => text.push_str("int64"),
        DataType::UInt8 => text.push_str("uint8"),
        DataType::UInt16 => text.push_str("uint16"),
        DataType::UInt32 => text.push_str("uint32"),
        DataType::UInt64 => text.push_str("uint64"),
        DataType::Float32 => text.push_str("float32"),
        DataType::Float64 => text.push_str("float64"),
        DataType::Utf8 => text.push_str("utf8"),
        DataType::LargeUtf8 => text.push_str("large_utf8"),
        DataType::Utf8View => text.push_str("utf8_view"),
        DataType::Date32 => text.push_str("date"),
        DataType::Decimal128(precision, scale) => {
            text.push_str(&format!("decimal({precision},{scale})"));
        }
        DataType::Timestamp(unit, zone) => write_timestamp(*unit, zone.as_deref(), text),
        DataType::List(child) => {
            text.push_str("list<");
            if child.name() != Field::LIST_FIELD_DEFAULT_NAME {
                write_name(child.name(), text);
            }
            write_column_type(child, text);
            text.push('>');
        }
        DataType::Struct(fields) => {
            text.push_str("struct<");
            for (index, field) in fields.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                write_name(field.name(), text);
                write_column_type(field, text);
            }
            text.push('>');
        }
        other => text.push_str(&other.to_string()),
    }
}

fn write_timestamp(unit: TimeUnit, zone: Option<&str>, text: &mut String) {
    let unit = match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    };
    match zone {
        None => text.push_str(&format!("timestamp({unit})")),
        Some("UTC") => text.push_str(&format!("timestamp({unit}, UTC)")),
        Some(zone) => text.push_str(&format!("timestamp({unit}, {})", quote(zone))),
    }
}

fn write_name(name: &str, text: &mut String) {
    if !name.is_empty() && name.chars().all(is_word) {
        text.push_str(name);
    } else {
        text.push_str(&quote(name));
    }
    text.push_str(": ");
}

fn write_column_type(field: &Field, text: &mut String) {
    write_type(field.data_type(), text);
    if !field.is_nullable() {
        text.push_str(" not null");
    }
}

const EXPECTED_TYPE: &str =
    "a type (such as int64, utf8, decimal(18,2), timestamp(us), list<...>, struct<...>)";

#[cfg(test)]
mod tests;
