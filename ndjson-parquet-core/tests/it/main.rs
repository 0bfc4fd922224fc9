//! The rules of docs/semantics.md about reading, shown through the public API.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, which are no test functions themselves"
)]

mod chunks;
mod costs;
mod decoding;
mod errors;
mod framing;
mod json_suite;
mod notations;
mod oracles;
mod policies;
mod rules;
mod support;
