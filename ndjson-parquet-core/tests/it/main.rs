//! The rules of docs/semantics.md about reading, shown through the public API.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panic")]

mod chunks;
mod decoding;
mod errors;
mod framing;
mod json_suite;
mod policies;
mod support;
