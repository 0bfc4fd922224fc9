//! What a row looks like: types as text, hints, schema files, and what the engine can write.

#[cfg(test)]
pub(crate) mod arbitrary;
mod file;
mod hint;
pub(crate) mod infer;
mod ipc;
mod json_form;
pub(crate) mod kind;
mod learn;
mod leaves;
mod names;
pub(crate) mod notation;
mod parquet_footer;
pub(crate) mod path;
pub(crate) mod record;
mod scan;
pub(crate) mod sketch;
pub(crate) mod storable;
mod supported;
mod type_format;
mod type_text;

pub(crate) use file::read_file_schema;
pub use file::{read_schema, schema_from_bytes};
pub use hint::{HintNode, Hints};
pub use json_form::schema_to_json;
pub(crate) use leaves::{FileSchema, LeafKind};
pub(crate) use names::with_rescue_column;
pub use notation::NOTATION_KEY;
pub(crate) use notation::{Notation, digits_of_second};
pub use record::{Evidence, MAX_SAMPLE_BYTES};
pub use supported::check_supported;
pub(crate) use type_format::map_value;
pub use type_format::{format_field_type, format_type};
pub use type_text::{parse_field, parse_type};
