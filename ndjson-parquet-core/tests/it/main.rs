//! The rules of docs/semantics.md about reading, shown through the public API.

mod chunks;
mod costs;
mod decoding;
mod errors;
mod framing;
mod json_suite;
mod oracles;
mod policies;
mod support;
