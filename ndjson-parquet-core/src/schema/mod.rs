//! What a row looks like: types as text, hints, schema files, and what the engine can write.

#[cfg(test)]
mod arbitrary;
mod file;
mod hint;
pub(crate) mod infer;
mod ipc;
mod json_form;
mod learn;
mod names;
mod parquet_footer;
mod path;
mod scan;
pub(crate) mod sketch;
pub(crate) mod storable;
mod supported;
mod type_text;

pub use file::{read_schema, schema_from_bytes};
pub use hint::{HintNode, Hints};
pub use json_form::schema_to_json;
pub(crate) use names::with_rescue_column;
pub use supported::check_supported;
pub use type_text::{format_type, parse_type};
