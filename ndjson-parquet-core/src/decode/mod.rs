//! The schema-directed decoder: blocks of lines in, record batches out, no tree in between.
//!
//! [`node`] compiles a schema to columns, [`walk`] follows it through a line, [`block`] runs the
//! walker over the lines of a block and accounts for each. [`dispatch`] compiles the walker once
//! for each instruction set.

mod binary;
pub(crate) mod block;
pub(crate) mod context;
mod dispatch;
mod map;
mod moments;
mod nested;
pub(crate) mod node;
mod notated;
mod nulls;
pub(crate) mod policies;
mod primitive;
mod temporal;
mod text;
mod time;
mod values;
mod walk;
