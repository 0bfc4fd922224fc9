//! Objects in stores: where they are, how their bytes are read, and how they are written.
//!
//! An object is read as any source is, by ranges (`object`, `stream`), and written by an upload that
//! is completed at the end (`upload`). The engine is threads, the stores are asynchronous: `runtime`
//! is the one place where they meet. It starts with the first object, never for local files.

mod condition;
mod failure;
mod list;
mod location;
mod object;
mod open;
mod runtime;
mod stream;
mod upload;

pub(crate) use list::{exists, expand, keys_below, partition_objects};
pub(crate) use location::Location;
pub(crate) use object::Object;
pub(crate) use open::{Place, Stores, output_location};
pub(crate) use runtime::{AHEAD_BYTES, Access};
pub(crate) use upload::{
    MAX_PART_BYTES, MIN_PART_BYTES, PARTS_IN_FLIGHT, Upload, UploadOptions, delete, exists_error,
};
