use arrow_schema::{DataType, Field, Schema};

use super::with_rescue_column;
use crate::options::RESCUED_DATA;

fn id() -> Field {
    Field::new("id", DataType::Int64, false)
}

#[test]
fn the_rescue_column_is_the_last() {
    let schema = with_rescue_column(&Schema::new(vec![id()])).unwrap();
    let rescued = Field::new("_rescued_data", DataType::Utf8, true);
    assert_eq!(schema, Schema::new(vec![id(), rescued]));
    assert_eq!(with_rescue_column(&schema).unwrap(), schema, "it is added once");
}

#[test]
fn an_equal_column_is_used_where_it_stands() {
    let schema = Schema::new(vec![Field::new(RESCUED_DATA, DataType::Utf8, true), id()]);
    assert_eq!(with_rescue_column(&schema).unwrap(), schema);
}

#[test]
fn another_column_of_that_name_is_an_error() {
    for (data_type, nullable, found) in [
        (DataType::Int64, true, "found `int64`"),
        (DataType::Utf8, false, "found `utf8 not null`"),
        (DataType::LargeUtf8, true, "found `large_utf8`"),
    ] {
        let schema = Schema::new(vec![Field::new(RESCUED_DATA, data_type, nullable)]);
        let error = with_rescue_column(&schema).unwrap_err();
        assert!(error.message().starts_with("column `_rescued_data`: expected `utf8`"), "{error}");
        assert!(error.message().ends_with(found), "{error}");
    }
}

#[test]
fn metadata_of_the_schema_is_kept() {
    let metadata = [("owner".to_owned(), "me".to_owned())];
    let schema = Schema::new_with_metadata(vec![id()], metadata.into());
    assert_eq!(with_rescue_column(&schema).unwrap().metadata(), schema.metadata());
}
