//! The types that each reader refuses, and what to store instead without loss.

use arrow_schema::{DataType, TimeUnit};

use super::ReaderProfile;
use super::ReaderProfile::*;

/// Why a reader does not take a type.
pub(super) struct TypeRefusal {
    /// What it takes.
    pub(super) wanted: &'static str,
    /// A type that it takes and that holds the same values, if there is one.
    pub(super) instead: Option<DataType>,
}

/// What `profile` has against `data_type` itself, whatever lies below it.
pub(super) fn refusal(
    profile: ReaderProfile,
    data_type: &DataType,
    in_list: bool,
) -> Option<TypeRefusal> {
    let refuse = |wanted, instead| Some(TypeRefusal { wanted, instead });
    match data_type {
        DataType::Null => match profile {
            Athena | Redshift | Iceberg => refuse("a type", Some(DataType::Utf8)),
            Spark | DuckDb => None,
        },
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => {
            unsigned(profile, data_type)
        }
        DataType::Int8 if profile == Redshift => {
            refuse("integers of at least 16 bits", Some(DataType::Int16))
        }
        DataType::Float16 if profile != DuckDb => {
            refuse("floats of 32 or 64 bits", Some(DataType::Float32))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, zone) if profile != DuckDb => {
            let micros = DataType::Timestamp(TimeUnit::Microsecond, zone.clone());
            refuse("timestamps in milliseconds or microseconds", Some(micros))
        }
        DataType::Time32(_) | DataType::Time64(_) => time(profile, data_type),
        DataType::Decimal256(39.., _) => {
            refuse("decimals of at most 38 digits", Some(DataType::Utf8))
        }
        DataType::Interval(_) if profile != DuckDb => refuse("no intervals", None),
        DataType::Struct(fields) if fields.is_empty() => {
            refuse("a struct with fields", Some(DataType::Utf8))
        }
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(_, _)
            if in_list && profile == Redshift =>
        {
            refuse("lists of scalars or structs", Some(DataType::Utf8))
        }
        DataType::Map(_, _) if in_list && profile == Redshift => {
            refuse("lists of scalars or structs", Some(DataType::Utf8))
        }
        _ => None,
    }
}

fn unsigned(profile: ReaderProfile, data_type: &DataType) -> Option<TypeRefusal> {
    let instead = match data_type {
        DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 => DataType::Int64,
        _ => DataType::Decimal128(20, 0),
    };
    let small = matches!(data_type, DataType::UInt8 | DataType::UInt16);
    match profile {
        Athena | Redshift => {
            Some(TypeRefusal { wanted: "signed integers", instead: Some(instead) })
        }
        // Its `int` and `long` hold the small ones.
        Iceberg if !small => {
            Some(TypeRefusal { wanted: "signed integers", instead: Some(instead) })
        }
        _ => None,
    }
}

fn time(profile: ReaderProfile, data_type: &DataType) -> Option<TypeRefusal> {
    match profile {
        DuckDb => None,
        Iceberg if *data_type == DataType::Time64(TimeUnit::Microsecond) => None,
        Iceberg => {
            let micros = DataType::Time64(TimeUnit::Microsecond);
            Some(TypeRefusal { wanted: "times in microseconds", instead: Some(micros) })
        }
        _ => Some(TypeRefusal { wanted: "no times of day", instead: Some(DataType::Utf8) }),
    }
}
