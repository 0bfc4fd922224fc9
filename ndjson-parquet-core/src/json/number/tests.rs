//! The scanner against the standard library and `serde_json`.
