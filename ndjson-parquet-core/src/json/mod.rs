//! Lexing of one line of JSON by RFC 8259: strings, numbers, literals, whole values.
//!
//! Every lexer takes a padded block and an index into it; see [`block`].
