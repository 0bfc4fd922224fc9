//! Types from text: `int64`, `decimal(18,2)`, `list<struct<name: utf8 not null>>`.
//!
//! Hints, schema files and printed tables use this one form. Keywords are case-insensitive and
//! blanks are allowed between tokens. Of the metadata of fields only the notation has a text form.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::timezone::Tz;
use arrow_schema::{DataType, Field, FieldRef, TimeUnit};

use super::notation::Notation;
use super::scan::{Scanner, excerpt, is_word};
use super::supported::MAX_TYPE_DEPTH;
use crate::error::{Error, ErrorKind, Result};
use crate::json::time_format::TimeFormat;

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
/// | `time(s)`, `(ms)`; `(us)`, `(ns)`; `time` = `time(us)` | `Time32(unit)`; `Time64(unit)` |
/// | `decimal256(p,s)` with 1 <= p <= 76 and 0 <= s <= p | `Decimal256(p, s)` |
/// | `dictionary<utf8>` | `Dictionary(Int32, Utf8)` |
/// | `list<T>`, `list<T not null>`, `list<element: T>` | `List`; its child is named `item` unless named |
/// | `large_list<T>` | `LargeList`, likewise |
/// | `map<utf8, T>`, `map<utf8, T not null>` | `Map`, not sorted, of `entries` of `key` and `value` |
/// | `struct<a: T, "odd name": T not null>` | `Struct` |
///
/// Types in angle brackets may have round ones instead. A type may have a notation, which says how
/// its values are written in JSON; it belongs to a field and is read by [`parse_field`], or inside
/// the types above:
///
/// | text | Arrow type | values |
/// |---|---|---|
/// | `json` | `Utf8` | any JSON value, of which the column has the text as it was written |
/// | `binary(base64)` | `Binary` | strings by RFC 4648, section 4, with padding |
/// | `binary(hex)` | `Binary` | strings of pairs of hexadecimal digits |
/// | `timestamp(us, epoch(ms))`, `timestamp(us, UTC, epoch(s))` | `Timestamp` | numbers of seconds, `ms`, `us` or `ns` since 1970-01-01 00:00 UTC |
/// | `timestamp(s, format("%d/%m/%Y"))`, likewise with a zone | `Timestamp` | strings in that format |
///
/// A format is made of `%Y %y %m %b %B %d %e %j %a %A %H %I %p %M %S %.f %3f %6f %9f %z %:z %F %T %%`
/// and other characters.
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
    let field = parse_typed(text)?;
    if field.metadata().is_empty() {
        return Ok(field.data_type().clone());
    }
    let message = format!(
        "type `{}`: expected a type without notation, which only a field can have",
        excerpt(text)
    );
    Err(Error::new(ErrorKind::Schema, message))
}

/// Reads the type of the field `name`, with its notation, which may be followed by `not null`.
///
/// The notation stands in the metadata of the field, under [`NOTATION_KEY`](crate::NOTATION_KEY).
///
/// ```
/// use arrow_schema::DataType;
/// use ndjson_parquet_core::{NOTATION_KEY, parse_field};
///
/// let field = parse_field("blob", "binary(hex) not null")?;
/// assert_eq!((field.data_type(), field.is_nullable()), (&DataType::Binary, false));
/// assert_eq!(field.metadata()[NOTATION_KEY], "hex");
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
pub fn parse_field(name: &str, text: &str) -> Result<Field> {
    let mut parser = Parser { scan: Scanner::new("type", text), depth: 0 };
    let field = parser.column(name)?;
    parser.scan.end()?;
    Ok(field)
}

/// Reads a type with its notation as a nullable field without name.
pub(super) fn parse_typed(text: &str) -> Result<Field> {
    let mut parser = Parser { scan: Scanner::new("type", text), depth: 0 };
    let typed = parser.typed()?;
    parser.scan.end()?;
    Ok(typed.named(""))
}

/// Reads a notation as [`Notation`] displays it.
pub(super) fn parse_notation(scan: &mut Scanner<'_>) -> Result<Notation> {
    let start = scan.position();
    match scan.take_while(is_word) {
        "json" => Ok(Notation::Json),
        "base64" => Ok(Notation::Base64),
        "hex" => Ok(Notation::Hex),
        "epoch" => epoch(scan),
        "format" => format(scan),
        _ => {
            scan.rewind(start);
            Err(scan.error("a notation (json, base64, hex, epoch(...) or format(...))"))
        }
    }
}

struct Parser<'a> {
    scan: Scanner<'a>,
    /// How many lists, maps and structs are open.
    depth: usize,
}

/// A type as it was read.
struct Typed {
    data_type: DataType,
    notation: Option<Notation>,
}

impl Typed {
    /// A nullable field of this type.
    fn named(self, name: &str) -> Field {
        let field = Field::new(name, self.data_type, true);
        self.notation.map_or(field.clone(), |notation| notation.put(field))
    }
}

impl From<DataType> for Typed {
    fn from(data_type: DataType) -> Self {
        Self { data_type, notation: None }
    }
}

impl Parser<'_> {
    fn typed(&mut self) -> Result<Typed> {
        let start = self.scan.position();
        let word = self.scan.take_while(is_word).to_ascii_lowercase();
        let data_type = match word.as_str() {
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
            "decimal" => self.decimal(38, DataType::Decimal128)?,
            "decimal256" => self.decimal(76, DataType::Decimal256)?,
            "time" => self.time()?,
            "timestamp" => return self.timestamp(),
            "json" => {
                return Ok(Typed { data_type: DataType::Utf8, notation: Some(Notation::Json) });
            }
            "binary" => return self.binary(),
            "dictionary" => self.nested(start, Self::dictionary)?,
            "list" => self.nested(start, |parser| Ok(DataType::List(parser.element()?)))?,
            "large_list" => {
                self.nested(start, |parser| Ok(DataType::LargeList(parser.element()?)))?
            }
            "map" => self.nested(start, Self::map)?,
            "struct" => self.nested(start, Self::structure)?,
            _ => {
                self.scan.rewind(start);
                return Err(self.scan.error(EXPECTED_TYPE));
            }
        };
        Ok(data_type.into())
    }

    /// The parameters of `decimal(p,s)`.
    fn decimal(&mut self, most: u8, of: fn(u8, i8) -> DataType) -> Result<DataType> {
        self.scan.expect('(')?;
        let precision = self.number(1, most, "a precision")?;
        self.scan.expect(',')?;
        let scale = self.number(0, precision, "a scale")?;
        self.scan.expect(')')?;
        Ok(of(precision, scale as i8))
    }

    fn number(&mut self, least: u8, most: u8, what: &str) -> Result<u8> {
        let start = self.scan.position();
        let number = self.scan.take_while(|c| c.is_ascii_digit()).parse().ok();
        number.filter(|n| (least..=most).contains(n)).ok_or_else(|| {
            self.scan.rewind(start);
            self.scan.error(format_args!("{what} from {least} to {most}"))
        })
    }

    /// The optional parameter of `time(unit)`.
    fn time(&mut self) -> Result<DataType> {
        if !self.scan.take('(') {
            return Ok(DataType::Time64(TimeUnit::Microsecond));
        }
        let unit = unit(&mut self.scan)?;
        self.scan.expect(')')?;
        Ok(match unit {
            TimeUnit::Second | TimeUnit::Millisecond => DataType::Time32(unit),
            TimeUnit::Microsecond | TimeUnit::Nanosecond => DataType::Time64(unit),
        })
    }

    /// The parameter of `binary(notation)`.
    fn binary(&mut self) -> Result<Typed> {
        if !self.scan.take('(') {
            return Err(self.scan.error(EXPECTED_BINARY));
        }
        let start = self.scan.position();
        let notation = match self.scan.take_while(is_word).to_ascii_lowercase().as_str() {
            "base64" => Notation::Base64,
            "hex" => Notation::Hex,
            _ => {
                self.scan.rewind(start);
                return Err(self.scan.error("base64 or hex"));
            }
        };
        self.scan.expect(')')?;
        Ok(Typed { data_type: DataType::Binary, notation: Some(notation) })
    }

    /// The optional parameters of `timestamp(unit, zone, notation)`.
    fn timestamp(&mut self) -> Result<Typed> {
        if !self.scan.take('(') {
            return Ok(DataType::Timestamp(TimeUnit::Microsecond, None).into());
        }
        let unit = unit(&mut self.scan)?;
        let (mut zone, mut notation) = (None, None);
        if self.scan.take(',') {
            notation = self.moment_notation()?;
            if notation.is_none() {
                zone = Some(self.zone()?);
                if self.scan.take(',') {
                    notation = self.moment_notation()?;
                    if notation.is_none() {
                        return Err(self.scan.error("epoch(...) or format(...)"));
                    }
                }
            }
        }
        self.scan.expect(')')?;
        Ok(Typed { data_type: DataType::Timestamp(unit, zone), notation })
    }

    /// `epoch(...)` or `format(...)`, if one of them comes next.
    fn moment_notation(&mut self) -> Result<Option<Notation>> {
        let start = self.scan.position();
        match self.scan.take_while(is_word).to_ascii_lowercase().as_str() {
            "epoch" => epoch(&mut self.scan).map(Some),
            "format" => format(&mut self.scan).map(Some),
            _ => {
                self.scan.rewind(start);
                Ok(None)
            }
        }
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

    /// Reads what stands between brackets with `inner`, one level deeper.
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
        let closing = if self.scan.take('(') { ')' } else { '>' };
        if closing == '>' {
            self.scan.expect('<')?;
        }
        let data_type = inner(self)?;
        self.scan.expect(closing)?;
        self.depth -= 1;
        Ok(data_type)
    }

    fn dictionary(&mut self) -> Result<DataType> {
        self.utf8("utf8, of which dictionaries are")?;
        Ok(DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)))
    }

    fn map(&mut self) -> Result<DataType> {
        self.utf8("utf8, the type of the keys of JSON")?;
        self.scan.expect(',')?;
        Ok(map_of(self.column(MAP_VALUE)?))
    }

    fn utf8(&mut self, expected: &str) -> Result<()> {
        let start = self.scan.position();
        let word = self.scan.take_while(is_word).to_ascii_lowercase();
        if matches!(word.as_str(), "utf8" | "string") {
            return Ok(());
        }
        self.scan.rewind(start);
        Err(self.scan.error(expected))
    }

    fn element(&mut self) -> Result<FieldRef> {
        let start = self.scan.position();
        let name = match self.field_name()? {
            Some(name) if self.scan.take(':') => name,
            _ => {
                self.scan.rewind(start);
                Field::LIST_FIELD_DEFAULT_NAME.to_owned()
            }
        };
        Ok(Arc::new(self.column(&name)?))
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
            fields.push(self.column(&name)?);
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

    /// A type as the field `name`, which may be null unless `not null` stands behind it.
    fn column(&mut self, name: &str) -> Result<Field> {
        let field = self.typed()?.named(name);
        let start = self.scan.position();
        if !self.scan.take_while(is_word).eq_ignore_ascii_case("not") {
            self.scan.rewind(start);
            return Ok(field);
        }
        let start = self.scan.position();
        if !self.scan.take_while(is_word).eq_ignore_ascii_case("null") {
            self.scan.rewind(start);
            return Err(self.scan.error("`null` after `not`"));
        }
        Ok(field.with_nullable(false))
    }
}

/// The type of a map of strings to `value`, with the names that Arrow gives its parts.
pub(super) fn map_of(value: Field) -> DataType {
    let pair = vec![Field::new(MAP_KEY, DataType::Utf8, false), value.with_name(MAP_VALUE)];
    let entries = Field::new(MAP_ENTRIES, DataType::Struct(pair.into()), false);
    DataType::Map(Arc::new(entries), false)
}

fn unit(scan: &mut Scanner<'_>) -> Result<TimeUnit> {
    let start = scan.position();
    Ok(match scan.take_while(is_word).to_ascii_lowercase().as_str() {
        "s" => TimeUnit::Second,
        "ms" => TimeUnit::Millisecond,
        "us" => TimeUnit::Microsecond,
        "ns" => TimeUnit::Nanosecond,
        _ => {
            scan.rewind(start);
            return Err(scan.error("a unit (s, ms, us or ns)"));
        }
    })
}

/// The parameter of `epoch(unit)`.
fn epoch(scan: &mut Scanner<'_>) -> Result<Notation> {
    scan.expect('(')?;
    let unit = unit(scan)?;
    scan.expect(')')?;
    Ok(Notation::Epoch(unit))
}

/// The parameter of `format("...")`.
fn format(scan: &mut Scanner<'_>) -> Result<Notation> {
    scan.expect('(')?;
    let start = scan.position();
    let text = scan.quoted()?;
    let format = TimeFormat::parse(&text).map_err(|expected| {
        scan.rewind(start);
        scan.error(expected)
    })?;
    scan.expect(')')?;
    Ok(Notation::Format(format))
}

/// Whether Arrow's kernels know the zone: an IANA name or an offset such as `+02:00`.
pub(super) fn is_zone(zone: &str) -> bool {
    zone.parse::<Tz>().is_ok()
}

const EXPECTED_TYPE: &str =
    "a type (such as int64, utf8, decimal(18,2), timestamp(us), list<...>, struct<...>)";
const EXPECTED_BINARY: &str =
    "(base64) or (hex) after binary, because JSON has no bytes of its own,";
const MAP_ENTRIES: &str = "entries";
const MAP_KEY: &str = "key";
const MAP_VALUE: &str = "value";

#[cfg(test)]
mod tests;
