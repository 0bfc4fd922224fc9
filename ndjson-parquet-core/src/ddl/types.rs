//! The types of Hive for those of Arrow.

use arrow_schema::{DataType, Field};

use super::quote::field_name;
use super::refuse;
use crate::error::Result;
use crate::schema::format_type;

/// The type of `field` as a statement names it.
pub(super) fn hive_type(field: &Field) -> Result<String> {
    Ok(match field.data_type() {
        DataType::Boolean => "boolean".to_owned(),
        DataType::Int8 => "tinyint".to_owned(),
        DataType::Int16 => "smallint".to_owned(),
        DataType::Int32 => "int".to_owned(),
        DataType::Int64 => "bigint".to_owned(),
        DataType::Float32 => "float".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale)
            if *precision <= 38 && *scale >= 0 =>
        {
            format!("decimal({precision},{scale})")
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "string".to_owned(),
        DataType::Dictionary(_, value) => {
            hive_type(&Field::new(field.name(), value.as_ref().clone(), true))?
        }
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => "binary".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Timestamp(_, _) => "timestamp".to_owned(),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => format!("array<{}>", hive_type(item)?),
        DataType::Struct(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|f| Ok(format!("{}:{}", field_name(f.name()), hive_type(f)?)));
            format!("struct<{}>", fields.collect::<Result<Vec<_>>>()?.join(","))
        }
        DataType::Map(entry, _) => match entry.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => {
                format!("map<{},{}>", hive_type(&pair[0])?, hive_type(&pair[1])?)
            }
            _ => return Err(no_type(field)),
        },
        _ => return Err(no_type(field)),
    })
}

fn no_type(field: &Field) -> crate::error::Error {
    let (name, found) = (field.name(), format_type(field.data_type()));
    refuse(&format!("expected a type that Hive has for `{name}`, found `{found}`"))
}
