//! The kinds that records count: finer than the sets of [`Seen`], so that they also tell which values a
//! given type holds, and such that each value is of exactly one.

use arrow_schema::{DataType, Field, TimeUnit};

use super::notation::Notation;
use super::sketch::Seen;
use crate::json::number::Number;
use crate::json::temporal::Timestamp;

/// What one value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Boolean,
    /// An integer from 0 on that takes so many bits.
    UInt7,
    UInt8,
    UInt15,
    UInt16,
    UInt31,
    UInt32,
    UInt63,
    UInt64,
    /// An integer below 0 that takes so many bits, its sign included.
    Int8,
    Int16,
    Int32,
    Int64,
    /// The same, of those that a 64-bit float does not hold exactly.
    InexactUInt63,
    InexactUInt64,
    InexactInt64,
    /// An integer of up to 38 digits that takes more than 64 bits.
    Big,
    BigNegative,
    InexactBig,
    InexactBigNegative,
    /// An integer of more digits.
    Huge,
    /// A number with a fraction or an exponent.
    Float,
    /// One that is too large for a 64-bit float.
    Overflow,
    Date,
    /// A timestamp without offset, by the coarsest unit that holds it.
    LocalSeconds,
    LocalMillis,
    LocalMicros,
    /// A timestamp with offset.
    InstantSeconds,
    InstantMillis,
    InstantMicros,
    /// A timestamp in a form that only columns of a given type read.
    OtherTimestamp,
    Text,
    Object,
    EmptyObject,
    List,
    /// An object or list too deep to become columns.
    Deep,
    /// Anything, at a path whose type a hint gives.
    Hinted,
}

impl Kind {
    /// Every kind and the name that files give it.
    const NAMES: [(Self, &'static str); 38] = [
        (Self::Null, "null"),
        (Self::Boolean, "boolean"),
        (Self::UInt7, "uint7"),
        (Self::UInt8, "uint8"),
        (Self::UInt15, "uint15"),
        (Self::UInt16, "uint16"),
        (Self::UInt31, "uint31"),
        (Self::UInt32, "uint32"),
        (Self::UInt63, "uint63"),
        (Self::UInt64, "uint64"),
        (Self::Int8, "int8"),
        (Self::Int16, "int16"),
        (Self::Int32, "int32"),
        (Self::Int64, "int64"),
        (Self::InexactUInt63, "inexact_uint63"),
        (Self::InexactUInt64, "inexact_uint64"),
        (Self::InexactInt64, "inexact_int64"),
        (Self::Big, "big"),
        (Self::BigNegative, "big_negative"),
        (Self::InexactBig, "inexact_big"),
        (Self::InexactBigNegative, "inexact_big_negative"),
        (Self::Huge, "huge"),
        (Self::Float, "float"),
        (Self::Overflow, "overflow"),
        (Self::Date, "date"),
        (Self::LocalSeconds, "local_s"),
        (Self::LocalMillis, "local_ms"),
        (Self::LocalMicros, "local_us"),
        (Self::InstantSeconds, "instant_s"),
        (Self::InstantMillis, "instant_ms"),
        (Self::InstantMicros, "instant_us"),
        (Self::OtherTimestamp, "other_timestamp"),
        (Self::Text, "text"),
        (Self::Object, "object"),
        (Self::EmptyObject, "empty_object"),
        (Self::List, "list"),
        (Self::Deep, "deep"),
        (Self::Hinted, "hinted"),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    pub(crate) fn of_integer(value: i64) -> Self {
        // The bits of a number below 0 are counted without its sign.
        let bits = 64 - (if value < 0 { !value } else { value }).leading_zeros();
        match (value < 0, bits) {
            (true, ..=7) => Self::Int8,
            (true, 8..=15) => Self::Int16,
            (true, 16..=31) => Self::Int32,
            (true, _) => Self::Int64,
            (false, ..=7) => Self::UInt7,
            (false, 8) => Self::UInt8,
            (false, 9..=15) => Self::UInt15,
            (false, 16) => Self::UInt16,
            (false, 17..=31) => Self::UInt31,
            (false, 32) => Self::UInt32,
            (false, _) => Self::UInt63,
        }
    }

    /// The kind of a number of which inference saw `seen`.
    pub(crate) fn of_number(number: &Number, seen: Seen) -> Self {
        let inexact = seen.has(Seen::INEXACT);
        if let Some(value) = number.integer.then(|| number.to_i64()).flatten() {
            return match Self::of_integer(value) {
                Self::UInt63 if inexact => Self::InexactUInt63,
                Self::Int64 if inexact => Self::InexactInt64,
                kind => kind,
            };
        }
        match (inexact, seen.has(Seen::NEGATIVE)) {
            _ if seen.has(Seen::FLOAT) => Self::Float,
            _ if seen.has(Seen::OVERFLOW) => Self::Overflow,
            _ if seen.has(Seen::HUGE) => Self::Huge,
            (false, _) if seen.has(Seen::UNSIGNED) => Self::UInt64,
            (true, _) if seen.has(Seen::UNSIGNED) => Self::InexactUInt64,
            (false, false) => Self::Big,
            (false, true) => Self::BigNegative,
            (true, false) => Self::InexactBig,
            (true, true) => Self::InexactBigNegative,
        }
    }

    pub(crate) fn of_timestamp(timestamp: &Timestamp) -> Self {
        if !timestamp.canonical {
            return Self::OtherTimestamp;
        }
        let millis = timestamp.nanos.is_multiple_of(1_000_000);
        match (timestamp.offset_minutes.is_some(), timestamp.nanos == 0, millis) {
            (false, true, _) => Self::LocalSeconds,
            (false, false, true) => Self::LocalMillis,
            (false, false, false) => Self::LocalMicros,
            (true, true, _) => Self::InstantSeconds,
            (true, false, true) => Self::InstantMillis,
            (true, false, false) => Self::InstantMicros,
        }
    }

    /// What inference, `temporal` or not, sees in a value of this kind.
    pub(crate) fn seen(self, temporal: bool) -> Seen {
        match self {
            Self::Null => Seen::NULL,
            Self::Boolean => Seen::BOOLEAN,
            Self::UInt64 => Seen::UNSIGNED,
            Self::InexactUInt64 => Seen::UNSIGNED.with(Seen::INEXACT),
            Self::InexactUInt63 => Seen::INTEGER.with(Seen::INEXACT),
            Self::InexactInt64 => Seen::INTEGER.with(Seen::NEGATIVE).with(Seen::INEXACT),
            Self::Int8 | Self::Int16 | Self::Int32 | Self::Int64 => {
                Seen::INTEGER.with(Seen::NEGATIVE)
            }
            Self::Big => Seen::BIG,
            Self::BigNegative => Seen::BIG.with(Seen::NEGATIVE),
            Self::InexactBig => Seen::BIG.with(Seen::INEXACT),
            Self::InexactBigNegative => Seen::BIG.with(Seen::NEGATIVE).with(Seen::INEXACT),
            // Text whatever else there is, so it does not matter whether it is exact.
            Self::Huge => Seen::HUGE,
            Self::Float => Seen::FLOAT,
            Self::Overflow => Seen::OVERFLOW,
            Self::Date if temporal => Seen::DATE,
            Self::LocalSeconds | Self::LocalMillis | Self::LocalMicros if temporal => Seen::LOCAL,
            Self::InstantSeconds | Self::InstantMillis | Self::InstantMicros if temporal => {
                Seen::INSTANT
            }
            kind if kind.is_text() => Seen::TEXT,
            Self::Object => Seen::OBJECT,
            Self::EmptyObject => Seen::EMPTY_OBJECT,
            Self::List => Seen::ARRAY,
            Self::Deep => Seen::DEEP,
            Self::Hinted => Seen::default(),
            _ => Seen::INTEGER,
        }
    }

    /// Whether the value is a string.
    pub(crate) fn is_text(self) -> bool {
        (Self::Date as u8..=Self::Text as u8).contains(&(self as u8))
    }

    pub(crate) fn is_number(self) -> bool {
        (Self::UInt7 as u8..=Self::Overflow as u8).contains(&(self as u8))
    }

    /// Whether it takes more than 63 bits and a sign, so that its digits decide on a type.
    pub(crate) fn has_digits(self) -> bool {
        matches!(self, Self::UInt64 | Self::InexactUInt64)
            || (Self::Big as u8..=Self::InexactBigNegative as u8).contains(&(self as u8))
    }

    /// Whether a column of `data_type` holds every value of this kind as what it is.
    ///
    /// Digits of numbers in decimal columns, and of fractions of seconds in forms that inference does
    /// not know, are not told apart, so those are said to be held.
    pub(crate) fn fits(self, data_type: &DataType) -> bool {
        use DataType::*;
        match data_type {
            _ if matches!(self, Self::Null | Self::Hinted) => true,
            Boolean => self == Self::Boolean,
            Int8 => self.fits_integer(8, true),
            Int16 => self.fits_integer(16, true),
            Int32 => self.fits_integer(32, true),
            Int64 => self.fits_integer(64, true),
            UInt8 => self.fits_integer(8, false),
            UInt16 => self.fits_integer(16, false),
            UInt32 => self.fits_integer(32, false),
            UInt64 => self.fits_integer(64, false),
            Float32 | Float64 => self.is_number() && !self.is_inexact() && self != Self::Overflow,
            Decimal128(..) => self.is_number() && !matches!(self, Self::Huge | Self::Overflow),
            Decimal256(..) => self.is_number() && self != Self::Overflow,
            Utf8 | LargeUtf8 | Utf8View => self.is_text(),
            Date32 => self == Self::Date,
            Timestamp(unit, _) => self.fits_timestamp(*unit),
            Time32(_) | Time64(_) => self == Self::Text,
            List(_) | LargeList(_) => self == Self::List,
            Struct(_) | Map(..) => matches!(self, Self::Object | Self::EmptyObject),
            Dictionary(_, values) => self.fits(values),
            _ => false,
        }
    }

    /// The same of a column that may have a notation, of which all strings, or all numbers, are said to
    /// be.
    pub(crate) fn fits_field(self, field: &Field) -> bool {
        match Notation::of(field) {
            Ok(Some(Notation::Json)) => true,
            Ok(Some(Notation::Base64 | Notation::Hex | Notation::Format(_))) => {
                self.is_text() || self == Self::Null
            }
            Ok(Some(Notation::Epoch(_))) => {
                self == Self::Null || (self.is_number() && self != Self::Overflow)
            }
            _ => self.fits(field.data_type()),
        }
    }

    fn fits_integer(self, bits: u8, signed: bool) -> bool {
        let (needed, is_negative) = match self {
            Self::UInt7 => (7, false),
            Self::UInt8 => (8, false),
            Self::UInt15 => (15, false),
            Self::UInt16 => (16, false),
            Self::UInt31 => (31, false),
            Self::UInt32 => (32, false),
            Self::UInt63 | Self::InexactUInt63 => (63, false),
            Self::UInt64 | Self::InexactUInt64 => (64, false),
            Self::Int8 => (7, true),
            Self::Int16 => (15, true),
            Self::Int32 => (31, true),
            Self::Int64 | Self::InexactInt64 => (63, true),
            _ => return false,
        };
        if signed { needed < bits } else { needed <= bits && !is_negative }
    }

    fn fits_timestamp(self, unit: TimeUnit) -> bool {
        match self {
            Self::Date | Self::LocalSeconds | Self::InstantSeconds | Self::OtherTimestamp => true,
            Self::LocalMillis | Self::InstantMillis => unit != TimeUnit::Second,
            Self::LocalMicros | Self::InstantMicros => {
                matches!(unit, TimeUnit::Microsecond | TimeUnit::Nanosecond)
            }
            _ => false,
        }
    }

    /// Whether a 64-bit float would round it.
    fn is_inexact(self) -> bool {
        matches!(
            self,
            Self::InexactUInt63
                | Self::InexactUInt64
                | Self::InexactInt64
                | Self::InexactBig
                | Self::InexactBigNegative
                | Self::Huge
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_name() {
        for (index, (kind, name)) in Kind::NAMES.into_iter().enumerate() {
            assert_eq!((kind as usize, Kind::from_name(name)), (index, Some(kind)));
            assert_eq!(kind.name(), name);
        }
        assert_eq!(Kind::from_name("uint9"), None);
    }

    #[test]
    fn integers_fit_the_types_that_have_their_bits() {
        use DataType::*;
        let bounds = [
            (Int8, i64::from(i8::MIN), i64::from(i8::MAX)),
            (Int16, i64::from(i16::MIN), i64::from(i16::MAX)),
            (Int32, i64::from(i32::MIN), i64::from(i32::MAX)),
            (Int64, i64::MIN, i64::MAX),
            (UInt8, 0, i64::from(u8::MAX)),
            (UInt16, 0, i64::from(u16::MAX)),
            (UInt32, 0, i64::from(u32::MAX)),
            (UInt64, 0, i64::MAX),
        ];
        let values = bounds.iter().flat_map(|(_, low, high)| {
            [*low, low.saturating_sub(1), low + 1, *high, high - 1, high.saturating_add(1)]
        });
        for value in values {
            for (data_type, low, high) in &bounds {
                let fits = Kind::of_integer(value).fits(data_type);
                assert_eq!(fits, (*low..=*high).contains(&value), "{value} {data_type}");
            }
        }
        assert!(Kind::UInt64.fits(&UInt64) && !Kind::UInt64.fits(&Int64));
    }
}
