//! The policies that the walkers consult, and the column that some of them need.

use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};

use crate::error::Result;
use crate::options::{DuplicateKeys, RESCUED_DATA, TypeConflicts, UnknownFields};
use crate::schema::with_rescue_column;

/// What to do with what does not fit; see [`crate::options`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policies {
    pub(crate) conflicts: TypeConflicts,
    pub(crate) unknown: UnknownFields,
    pub(crate) duplicates: DuplicateKeys,
    pub(crate) max_depth: usize,
    pub(crate) truncate_timestamps: bool,
}

/// `schema` with the rescue column if the policies (or `hinted` types) may need it, and its index.
pub(crate) fn rescuing(
    schema: &Schema,
    policies: &Policies,
    hinted: bool,
) -> Result<(SchemaRef, Option<usize>)> {
    let rescues = policies.unknown == UnknownFields::Rescue
        || policies.conflicts == TypeConflicts::Rescue
        || hinted;
    if !rescues {
        return Ok((Arc::new(schema.clone()), None));
    }
    let schema = with_rescue_column(schema)?;
    let index = schema.index_of(RESCUED_DATA).ok();
    Ok((Arc::new(schema), index))
}
