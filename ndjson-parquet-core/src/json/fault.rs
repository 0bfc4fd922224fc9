//! What is wrong with a line, and where: kept small and copied freely while a line is read; the
//! words are made only when the fault is reported.

#[cfg(test)]
mod tests;

use super::block::byte;
use crate::BadLineKind;

/// A defect at one byte of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    /// Index of the offending byte in the block: for a bad escape or a lone surrogate that of the
    /// backslash, for a bad literal that of its first letter.
    pub(crate) at: usize,
}

/// What was expected, or which rule was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// A line begins with something else than `{`.
    ExpectedObject,
    /// Neither a key nor `}` after `{`.
    ExpectedKey,
    ExpectedKeyAfterComma,
    ExpectedColon,
    ExpectedCommaOrBrace,
    ExpectedCommaOrBracket,
    ExpectedValue,
    InvalidLiteral,
    InvalidNumber(NumberFault),
    /// An unescaped control character in a string.
    ControlCharacter,
    InvalidEscape,
    LoneSurrogate,
    /// The line ends inside a string.
    UnexpectedEnd,
    /// Something after the line's object.
    TrailingText,
    TooDeep,
    DuplicateKey,
    /// A value of another type than the column's.
    Conflict,
    UnknownField,
    /// Null or nothing in a column that must have a value.
    MissingValue,
    /// A value of the column's type that the column cannot hold.
    Misfit,
    TooManyColumns,
    /// More values of a line do not fit than their paths leave room for.
    RescuedTooLong,
    Utf8,
}

/// Which part of a number is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberFault {
    /// No digit at the start, or after the minus.
    Integer,
    /// A digit after a leading zero.
    LeadingZero,
    /// No digit after the point.
    Fraction,
    /// No digit in the exponent.
    Exponent,
    /// Something glued to the number.
    Tail,
}

impl Fault {
    #[inline(always)]
    pub(crate) fn new(kind: FaultKind, at: usize) -> Self {
        Self { kind, at }
    }

    /// The fault of a key, the first of its object or another: `{}` may follow `{`, but `}` may not
    /// follow a comma, and the message should say which.
    #[cold]
    pub(crate) fn at_key(self, is_first: bool) -> Self {
        match self.kind {
            FaultKind::ExpectedKey if !is_first => {
                Self { kind: FaultKind::ExpectedKeyAfterComma, ..self }
            }
            _ => self,
        }
    }

    /// The same where the column says what it expected.
    pub(crate) fn message_expecting(&self, block: &[u8], expected: &str) -> String {
        let found = match self.kind {
            FaultKind::MissingValue if byte(block, self.at) != b'n' => "nothing".to_owned(),
            _ => found_text(block, self.at),
        };
        format!("expected {expected}, found {found}")
    }

    /// What was expected and what was found, in words.
    pub(crate) fn message(&self, block: &[u8]) -> String {
        let found = found(block, self.at);
        match self.kind {
            FaultKind::ExpectedObject => {
                let hint = match byte(block, self.at) {
                    b'[' => ": make its elements lines with `jq -c '.[]'`",
                    _ => "",
                };
                format!("expected an object, found {}{hint}", found_value(block, self.at))
            }
            FaultKind::InvalidEscape => {
                let escape = found_escape(block, self.at);
                format!("expected an escape such as `\\n` or `\\u00e9`, found {escape}")
            }
            FaultKind::LoneSurrogate => {
                let escape = found_escape(block, self.at);
                format!("expected a pair of surrogates, found {escape} alone")
            }
            FaultKind::ControlCharacter => {
                format!("expected control characters in strings to be escaped, found {found}")
            }
            FaultKind::Utf8 => format!("expected UTF-8, found byte 0x{:02x}", byte(block, self.at)),
            kind => match kind.expected() {
                Ok(expected) => format!("expected {expected}, found {found}"),
                Err(message) => message.to_owned(),
            },
        }
    }
}

impl FaultKind {
    /// The class under which the line is reported.
    pub(crate) fn bad_line_kind(self) -> BadLineKind {
        match self {
            Self::ExpectedObject => BadLineKind::NotAnObject,
            Self::TooDeep => BadLineKind::TooDeep,
            Self::DuplicateKey => BadLineKind::DuplicateKey,
            Self::Conflict | Self::Misfit => BadLineKind::TypeConflict,
            Self::UnknownField | Self::TooManyColumns => BadLineKind::UnknownField,
            Self::MissingValue => BadLineKind::MissingValue,
            Self::RescuedTooLong => BadLineKind::LineTooLong,
            Self::Utf8 => BadLineKind::Encoding,
            _ => BadLineKind::Syntax,
        }
    }

    /// What was expected, or, where the found byte explains nothing, the whole message.
    fn expected(self) -> Result<&'static str, &'static str> {
        Ok(match self {
            Self::ExpectedKey => "a key or `}`",
            Self::ExpectedKeyAfterComma => "a key after `,`",
            Self::ExpectedColon => "`:` after the key",
            Self::ExpectedCommaOrBrace => "`,` or `}`",
            Self::ExpectedCommaOrBracket => "`,` or `]`",
            Self::InvalidLiteral => "`true`, `false` or `null`",
            Self::InvalidNumber(number) => number.expected(),
            Self::UnexpectedEnd => "the closing quote of a string",
            Self::TrailingText => "the end of the line after the object",
            Self::TooDeep => return Err("expected less nesting than the limit `max_depth` allows"),
            Self::DuplicateKey => return Err("expected each key once, found one twice"),
            Self::Conflict => return Err("expected a value of the column's type"),
            Self::UnknownField => return Err("expected only fields of the schema"),
            Self::MissingValue => {
                return Err("expected a value in a column that may not be null");
            }
            Self::Misfit => return Err("expected a value that fits the column's type"),
            Self::RescuedTooLong => {
                return Err("expected fewer values to rescue: their paths take more than 64 MiB");
            }
            Self::TooManyColumns => return Err("expected no more columns than the limit allows"),
            _ => "a value",
        })
    }
}

impl NumberFault {
    fn expected(self) -> &'static str {
        match self {
            Self::Integer => "a digit",
            Self::LeadingZero => "no digit after a leading `0`",
            Self::Fraction => "a digit after `.`",
            Self::Exponent => "a digit in the exponent",
            Self::Tail => "the end of the number",
        }
    }
}

/// The beginning of the text of the value at `at`, and what it is where that is not plain.
fn found_text(block: &[u8], at: usize) -> String {
    let kind = match byte(block, at) {
        b'[' => "an array: ",
        b'{' => "an object: ",
        b'"' => "a string: ",
        _ => "",
    };
    let text = block.get(at..at + LONGEST_VALUE).unwrap_or_default();
    let number = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
    let (length, cut) = match byte(block, at) {
        b'[' | b'{' => (text.iter().position(|byte| *byte == b'\n'), "..."),
        b'"' => (text.iter().skip(1).position(|byte| *byte == b'"').map(|end| end + 2), "..."),
        _ => (text.iter().position(|byte| !number(byte)), "..."),
    };
    let shown = text.get(..length.unwrap_or(text.len())).unwrap_or_default();
    let cut = if length.is_none() || kind.starts_with("an ") { cut } else { "" };
    format!("{kind}`{}{cut}`", harmless(&String::from_utf8_lossy(shown)))
}

/// The type of the value at `at`, where an object was expected.
fn found_value(block: &[u8], at: usize) -> String {
    match byte(block, at) {
        b'[' => "an array".to_owned(),
        b'"' => "a string".to_owned(),
        b'-' | b'0'..=b'9' => "a number".to_owned(),
        _ => found(block, at),
    }
}

/// The backslash at `at` and the letter after it, with the digits of a `\u`.
fn found_escape(block: &[u8], at: usize) -> String {
    if byte(block, at + 1) != b'u' {
        return match byte(block, at + 1) {
            letter @ b'!'..=b'~' => format!("`\\{}`", char::from(letter)),
            _ => format!("a backslash before {}", found(block, at + 1)),
        };
    }
    let digits = (at + 2..at + 6).map(|at| byte(block, at)).take_while(u8::is_ascii_alphanumeric);
    format!("`\\u{}`", digits.map(char::from).collect::<String>())
}

/// The word or the character at `at`.
fn found(block: &[u8], at: usize) -> String {
    let word: String = (at..at + LONGEST_WORD)
        .map(|at| char::from(byte(block, at)))
        .take_while(char::is_ascii_alphabetic)
        .collect();
    if matches!(word.as_str(), "NaN" | "nan" | "Infinity" | "inf" | "undefined" | "None") {
        return format!("`{word}`, which JSON does not have");
    }
    if word.len() > 1 {
        return format!("`{word}`");
    }
    match byte(block, at) {
        b'\n' => "the end of the line".to_owned(),
        b' ' => "a space".to_owned(),
        b'\t' => "a tab".to_owned(),
        b'`' => "a backtick".to_owned(),
        b'\'' => "`'`; JSON strings take double quotes".to_owned(),
        b'/' if matches!(byte(block, at + 1), b'/' | b'*') => {
            "a comment, which JSON does not have".to_owned()
        }
        control @ (0..0x20 | 0x7f) => format!("control character 0x{control:02x}"),
        ascii @ 0x21..0x7f => format!("`{}`", char::from(ascii)),
        _ => found_beyond_ascii(block, at),
    }
}

/// `text` with what could confuse a terminal escaped: control characters, and marks that change the
/// direction of the text around them.
fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' | '\'' | '\\' => shown.push(letter),
            _ => shown.extend(letter.escape_debug()),
        }
    }
    shown
}

fn found_beyond_ascii(block: &[u8], at: usize) -> String {
    let text = block.get(at..).unwrap_or_default();
    let text = text.get(..text.len().min(4)).unwrap_or_default();
    match text.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next()) {
        Some('\u{feff}') => "a byte order mark".to_owned(),
        // Marks that change the direction of the text around them must not reach a terminal.
        Some(letter) => format!("`{}`", letter.escape_debug()),
        None => format!("byte 0x{:02x}", byte(block, at)),
    }
}

/// Bytes of a value that a message shows.
const LONGEST_VALUE: usize = 24;
/// Letters of the word that a message shows; the longest word of JSON and its neighbours has nine.
const LONGEST_WORD: usize = 12;
