//! Lexing of one line of JSON by RFC 8259: strings, numbers, literals, whole values.
//!
//! Every lexer takes a padded block and an index into it; see [`block`]. What fails is a
//! [`fault::Fault`]: the index of the offending byte and what was expected there. The bytes are
//! taken to be UTF-8; that is checked once for a whole block, not here.
pub(crate) mod blank;
pub(crate) mod block;
pub(crate) mod fault;
pub(crate) mod locate;
pub(crate) mod number;
pub(crate) mod path;
pub(crate) mod skip;
pub(crate) mod string;
pub(crate) mod temporal;
pub(crate) mod time_format;
pub(crate) mod unique;
