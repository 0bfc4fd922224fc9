//! Blocks and ranges against naive rules.
