//! The column that the engine adds for what did not fit the schema.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};

use super::supported::refuse;
use super::type_format::format_type;
use crate::error::Result;
use crate::options::RESCUED_DATA;

/// `schema` with a nullable Utf8 column [`RESCUED_DATA`] at its end, unless it has that column
/// already, at whatever place. A column of that name with another type is an error.
pub(crate) fn with_rescue_column(schema: &Schema) -> Result<Schema> {
    let existing = schema.fields().iter().find(|field| field.name() == RESCUED_DATA);
    match existing {
        None => {
            let rescued = Arc::new(Field::new(RESCUED_DATA, DataType::Utf8, true));
            let fields = schema.fields().iter().cloned().chain([rescued]).collect::<Vec<_>>();
            Ok(Schema::new_with_metadata(fields, schema.metadata().clone()))
        }
        Some(field) if *field.data_type() == DataType::Utf8 && field.is_nullable() => {
            Ok(schema.clone())
        }
        Some(field) => {
            let not_null = if field.is_nullable() { "" } else { " not null" };
            let found = format_type(field.data_type());
            Err(refuse(
                RESCUED_DATA,
                &format!(
                    "expected `utf8`, because rescued values go there, found `{found}{not_null}`"
                ),
            ))
        }
    }
}

#[cfg(test)]
mod tests;
