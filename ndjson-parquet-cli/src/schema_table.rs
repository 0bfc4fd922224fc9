//! A schema for people: one row a column, nested ones with their paths.

use arrow_schema::{DataType, Field, Schema};
use ndjson_parquet_core::format_field_type;

use crate::table::{Align, Table};

/// The columns of `schema` as a table; the type of a struct is in its parts.
pub(crate) fn schema_table(schema: &Schema) -> String {
    let mut table =
        Table::new(&[("column", Align::Left), ("type", Align::Left), ("nullable", Align::Left)]);
    for field in schema.fields() {
        push(&mut table, field.name().clone(), field);
    }
    table.to_string()
}

fn push(table: &mut Table, path: String, field: &Field) {
    let (shape, parts) = shape(field, &path);
    let nullable = if field.is_nullable() { "yes" } else { "no" };
    table.push([path, shape, nullable.to_owned()]);
    for (path, part) in parts {
        push(table, path, part);
    }
}

/// What to call a type, and the parts that get rows of their own.
fn shape<'a>(field: &'a Field, path: &str) -> (String, Vec<(String, &'a Field)>) {
    match field.data_type() {
        DataType::Struct(fields) => {
            let parts = fields.iter().map(|field| (format!("{path}.{}", field.name()), &**field));
            ("struct".to_owned(), parts.collect())
        }
        DataType::List(element) if element.data_type().is_nested() => {
            ("list".to_owned(), vec![(format!("{path}[]"), &**element)])
        }
        _ => (format_field_type(field), Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_columns_have_rows_of_their_own() {
        let price = Field::new("price", DataType::Decimal128(18, 2), false);
        let item = Field::new("item", DataType::Struct(vec![price].into()), true);
        let schema = Schema::new(vec![
            Field::new("tags", DataType::new_list(DataType::Utf8, true), true),
            Field::new("items", DataType::List(item.into()), true),
            ndjson_parquet_core::parse_field("raw", "json").unwrap(),
        ]);
        let expected = "\
column         type           nullable
tags           list<utf8>     yes
items          list           yes
items[]        struct         yes
items[].price  decimal(18,2)  no
raw            json           yes
";
        assert_eq!(schema_table(&schema), expected);
    }
}
