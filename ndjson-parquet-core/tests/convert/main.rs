//! Conversions from end to end: NDJSON in, Parquet, summary and rejects out, and `verify` on them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panic")]

mod columns;
mod determinism;
mod harness;
mod limits;
mod memory;
mod output;
mod pains;
mod partitions;
mod profiles;
mod readers;
mod rejects;
mod schema;
mod sources;
mod types;
mod verify;
