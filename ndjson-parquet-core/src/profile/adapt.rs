//! A schema made suitable for a reader.

use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Fields, Schema};

use super::types::refusal;
use super::{Finding, ReaderProfile, Severity};
use crate::error::{Error, ErrorKind, Result};

impl ReaderProfile {
    /// `schema` with types that the reader takes in place of those that it refuses.
    ///
    /// The new types hold the same values; only timestamps finer than microseconds and times of day
    /// become coarser, and then values that need more are conflicts. Names stay as they are: an
    /// error says which of them the reader refuses, or which type has no substitute.
    pub fn adapt(self, schema: &Schema) -> Result<Schema> {
        let fields = self.adapt_fields(schema.fields());
        let schema = Schema::new_with_metadata(fields, schema.metadata().clone());
        let mut refused = self.findings(&schema);
        refused.retain(|finding| finding.severity == Severity::Refused);
        if refused.is_empty() { Ok(schema) } else { Err(self.refuse(&refused)) }
    }

    fn adapt_fields(self, fields: &Fields) -> Fields {
        fields.iter().map(|field| self.adapt_field(field, false)).collect()
    }

    fn adapt_field(self, field: &FieldRef, in_list: bool) -> FieldRef {
        let instead = refusal(self, field.data_type(), in_list).and_then(|found| found.instead);
        let data_type = match (instead, field.data_type()) {
            (Some(instead), _) => instead,
            (None, DataType::Struct(fields)) => DataType::Struct(self.adapt_fields(fields)),
            (None, DataType::List(item)) => DataType::List(self.adapt_field(item, true)),
            (None, DataType::LargeList(item)) => DataType::LargeList(self.adapt_field(item, true)),
            (None, DataType::Map(entry, sorted)) => DataType::Map(self.adapt_entry(entry), *sorted),
            (None, other) => other.clone(),
        };
        Arc::new(field.as_ref().clone().with_data_type(data_type))
    }

    /// The key and value of a map are no list elements, though the pair of them is repeated.
    fn adapt_entry(self, entry: &FieldRef) -> FieldRef {
        let DataType::Struct(pair) = entry.data_type() else { return Arc::clone(entry) };
        let pair = DataType::Struct(self.adapt_fields(pair));
        Arc::new(Field::clone(entry).with_data_type(pair))
    }

    /// The error that says what a reader refuses; of many findings only the first.
    pub(crate) fn refuse(self, refused: &[Finding]) -> Error {
        let shown: Vec<String> =
            refused.iter().take(MAX_FINDINGS_SHOWN).map(Finding::to_string).collect();
        let more = match refused.len().saturating_sub(MAX_FINDINGS_SHOWN) {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let message = format!("profile {self}: {}{more}", shown.join("; "));
        Error::new(ErrorKind::Schema, message)
    }
}

/// An error is to be read; `check` has all of them.
const MAX_FINDINGS_SHOWN: usize = 3;
