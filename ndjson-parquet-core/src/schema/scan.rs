//! A cursor over a short text that a person wrote, with errors that name the column.

use std::fmt::Display;

use crate::error::{Error, ErrorKind, Result};

/// Reads one text from left to right; ASCII blanks between tokens are skipped.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    /// What the text is, for messages: `type`, `path`.
    kind: &'static str,
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(kind: &'static str, text: &'a str) -> Self {
        Self { kind, text, at: 0 }
    }

    /// Byte offset of the next token; give it to [`Self::rewind`] to read the token again.
    pub(super) fn position(&mut self) -> usize {
        self.at = self.text.len() - self.rest().trim_start_matches(is_blank).len();
        self.at
    }

    /// Goes back to what [`Self::position`] gave.
    pub(super) fn rewind(&mut self, position: usize) {
        self.at = position;
    }

    /// What has not been read yet, blanks included.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next character that is no blank, left in place.
    pub(super) fn peek(&mut self) -> Option<char> {
        self.position();
        self.rest().chars().next()
    }

    /// Takes `token` if it comes next.
    pub(super) fn take(&mut self, token: char) -> bool {
        let found = self.peek() == Some(token);
        if found {
            self.at += token.len_utf8();
        }
        found
    }

    /// Takes `token` or fails.
    pub(super) fn expect(&mut self, token: char) -> Result<()> {
        if self.take(token) { Ok(()) } else { Err(self.error(format_args!("`{token}`"))) }
    }

    /// Takes the longest run of characters that `belongs` accepts; it may be empty.
    pub(super) fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        self.position();
        let rest = self.rest();
        let run = rest.split(|c| !belongs(c)).next().unwrap_or_default();
        self.at += run.len();
        run
    }

    /// Takes a string in double quotes with the escapes of JSON.
    pub(super) fn quoted(&mut self) -> Result<String> {
        let start = self.position();
        let mut escaped = false;
        let end = self.rest().char_indices().skip(1).find(|&(_, c)| {
            let closing = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closing
        });
        let Some((end, _)) = end.filter(|_| self.rest().starts_with('"')) else {
            return Err(self.error("a closed string in double quotes"));
        };
        let literal = self.rest().get(..=end).unwrap_or_default();
        let name = serde_json::from_str(literal)
            .map_err(|cause| self.error("a string with the escapes of JSON").with_cause(cause))?;
        self.at = start + end + 1;
        Ok(name)
    }

    /// Fails unless everything has been read.
    pub(super) fn end(&mut self) -> Result<()> {
        if self.peek().is_none() { Ok(()) } else { Err(self.error("the end of the text")) }
    }

    /// The error that `expected` was not found where the cursor is.
    pub(super) fn error(&mut self, expected: impl Display) -> Error {
        let at = self.position();
        let column = self.text.get(..at).unwrap_or_default().chars().count() + 1;
        let found = match self.rest().chars().next() {
            None => "the end".to_owned(),
            Some(first) if !is_word(first) => format!("`{first}`"),
            Some(_) => format!(
                "`{}`",
                excerpt(self.rest().split(|c| !is_word(c)).next().unwrap_or_default())
            ),
        };
        let message = format!(
            "{} `{}`: expected {expected} at column {column}, found {found}",
            self.kind,
            excerpt(self.text)
        );
        Error::new(ErrorKind::Schema, message)
    }
}

/// Whether `c` can be part of a word that needs no quotes in a type text.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@')
}

/// `name` as a JSON string, for texts in which it cannot stand bare.
pub(super) fn quote(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

/// The start of a text that may be long, for messages.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_CHARS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
    }
}

fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace()
}

/// One line of a terminal holds the excerpt and the words around it.
const EXCERPT_CHARS: usize = 80;
