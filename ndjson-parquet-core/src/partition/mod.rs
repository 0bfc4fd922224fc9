//! Hive partitions: which directory a row belongs to, and where its rows wait for their file.
//!
//! [`spec`] reads what the user asked for, [`keys`] finds the partition of each row of a batch, [`scatter`]
//! takes batches apart, and [`spool`] keeps the rows until all of them are known. Nothing here knows
//! of Parquet or of the sink.

mod escape;
mod index;
mod keys;
mod scatter;
mod spec;
mod spool;
mod time_format;
mod values;

pub(crate) use index::PartitionIndex;
pub(crate) use keys::{Layout, StoredLayout};
pub(crate) use scatter::{Scatter, Scattered};
pub use spec::{DEFAULT_MAX_PARTITIONS, Partitioning};
pub(crate) use spool::{Fragment, Spool};
