//! The one error type of the crate: what was expected, what was found, and where.
//!
//! [`Error`] is one pointer wide. A failure that a line of the input caused carries a [`BadLine`],
//! the same record that the quarantine file stores.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use arrow_schema::ArrowError;

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a conversion, an inference or a check stopped.
///
/// ```
/// use ndjson_parquet_core::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Schema, "expected a type, found `intt64`");
/// assert_eq!(error.kind(), ErrorKind::Schema);
/// assert!(error.position().is_none());
/// ```
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    bad_line: Option<BadLine>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

/// The class of an [`Error`]; exit codes and exception types derive from it.
///
/// ```
/// use ndjson_parquet_core::*;
///
/// let source = Source::bytes("inline", "{\"a\":1}\n{\"a\":[1,x]}\n");
/// let sink = Sink::writer("memory", std::io::sink());
/// let error = Converter::new().convert(vec![source], sink).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::BadLine);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A line that is not what the rules of the input allow; [`Error::bad_line`] has it.
    BadLine,
    /// A source that is no NDJSON at all: UTF-16, a top-level array, pretty-printed JSON.
    Format,
    /// More lines were rejected than the limits allow.
    RejectLimit,
    /// A limit on memory, columns or decompressed bytes was reached.
    Limit,
    /// A schema, hint or option that cannot be used.
    Schema,
    /// A compressed source that is damaged, truncated or followed by other bytes.
    Decompress,
    /// A source that could not be read, or that changed while it was read.
    Source,
    /// The output exists already and overwriting was not asked for.
    OutputExists,
    /// The output could not be written.
    Output,
    /// The Parquet library refused the data or the file.
    Parquet,
    /// `verify` found a difference between input and output.
    Mismatch,
    /// Data departs from the schema that it was to have.
    Drift,
    /// The caller cancelled the work.
    Cancelled,
    /// A defect of this crate: a check of its own accounts failed.
    Internal,
    /// A line does not fit the schema inferred so far; handled within the crate.
    #[doc(hidden)]
    Misfit,
}

/// Where in the input an error lies.
///
/// ```
/// use ndjson_parquet_core::*;
///
/// let source = Source::bytes("inline", "{\"a\":1}\n{\"a\":[1,x]}\n");
/// let sink = Sink::writer("memory", std::io::sink());
/// let error = Converter::new().convert(vec![source], sink).unwrap_err();
/// let position = error.position().expect("a line caused it");
/// assert_eq!((position.line, position.byte, position.path.as_str()), (2, 16, "a[1]"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Position {
    /// Name of the source, as given by the caller.
    pub source: Arc<str>,
    /// Line, counted from 1 and including blank lines.
    pub line: u64,
    /// Offset in bytes of the offending byte in the (decompressed) source, counted from 0.
    pub byte: u64,
    /// JSON path of the offending value, such as `user.tags[2]`; empty for the whole line.
    pub path: String,
}

/// A line that could not become a row, with everything needed to find, show and replay it.
///
/// ```
/// use ndjson_parquet_core::*;
///
/// let source = Source::bytes("inline", "{\"a\":1}\n{\"a\":[1,x]}\n");
/// let sink = Sink::writer("memory", std::io::sink());
/// let error = Converter::new().convert(vec![source], sink).unwrap_err();
/// let line = error.bad_line().expect("a line caused it");
/// assert_eq!((line.line, line.byte_offset, line.error_offset), (2, 8, 8));
/// assert_eq!(line.raw.as_deref(), Some(&b"{\"a\":[1,x]}"[..]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadLine {
    /// Name of the source, as given by the caller.
    pub source: Arc<str>,
    /// Line, counted from 1 and including blank lines.
    pub line: u64,
    /// Offset in bytes of the line's first byte in the (decompressed) source.
    pub byte_offset: u64,
    /// Length of the line in bytes, without its line end.
    pub length: u64,
    /// Offset of the offending byte within the line.
    pub error_offset: u64,
    /// JSON path of the offending value; empty where the line as a whole is bad.
    pub path: String,
    /// The class of the defect.
    pub kind: BadLineKind,
    /// What was expected and what was found, in words.
    pub message: String,
    /// The line's bytes without the line end; `None` when it is longer than the line limit.
    pub raw: Option<Vec<u8>>,
}

/// The class of a [`BadLine`].
///
/// ```
/// use ndjson_parquet_core::*;
///
/// let source = Source::bytes("inline", "{\"a\":1}\n{\"a\":[1,x]}\n");
/// let sink = Sink::writer("memory", std::io::sink());
/// let error = Converter::new().convert(vec![source], sink).unwrap_err();
/// let line = error.bad_line().expect("a line caused it");
/// assert_eq!((line.kind, line.kind.name()), (BadLineKind::Syntax, "syntax"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum BadLineKind {
    /// Not JSON by RFC 8259.
    Syntax,
    /// Not UTF-8.
    Encoding,
    /// No object: another JSON value, or text that begins like none.
    NotAnObject,
    /// Longer than `max_line_bytes`.
    LineTooLong,
    /// Nested deeper than `max_depth`.
    TooDeep,
    /// A value that does not fit its column.
    TypeConflict,
    /// A field that the schema does not have.
    UnknownField,
    /// No value for a column that must have one.
    MissingValue,
    /// One key twice in one object, where the caller forbade it.
    DuplicateKey,
}

impl BadLineKind {
    /// How many classes there are; `kind as usize` is below it.
    pub(crate) const COUNT: usize = Self::ALL.len();

    /// All classes, in the order of their discriminants.
    pub(crate) const ALL: [Self; 9] = [
        Self::Syntax,
        Self::Encoding,
        Self::NotAnObject,
        Self::LineTooLong,
        Self::TooDeep,
        Self::TypeConflict,
        Self::UnknownField,
        Self::MissingValue,
        Self::DuplicateKey,
    ];

    /// The name used in quarantine files and summaries, in snake case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Encoding => "encoding",
            Self::NotAnObject => "not_an_object",
            Self::LineTooLong => "line_too_long",
            Self::TooDeep => "too_deep",
            Self::TypeConflict => "type_conflict",
            Self::UnknownField => "unknown_field",
            Self::MissingValue => "missing_value",
            Self::DuplicateKey => "duplicate_key",
        }
    }
}

impl Error {
    /// An error of `kind` that says `message`: what was expected, what was found.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), bad_line: None, cause: None }))
    }

    /// The same error with the lower-level error that caused it, kept out of the message.
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// A valid line that needs a wider schema than was inferred so far.
    pub(crate) fn misfit(line: BadLine) -> Self {
        let mut error = Self::from(line);
        error.0.kind = ErrorKind::Misfit;
        error
    }

    /// The class of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Where in the input the error lies, if a line caused it.
    pub fn position(&self) -> Option<Position> {
        self.bad_line().map(|line| Position {
            source: Arc::clone(&line.source),
            line: line.line,
            byte: line.byte_offset + line.error_offset,
            path: line.path.clone(),
        })
    }

    /// The line that caused the error.
    pub fn bad_line(&self) -> Option<&BadLine> {
        self.0.bad_line.as_ref()
    }

    /// What was expected and what was found, without the position.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl From<BadLine> for Error {
    fn from(line: BadLine) -> Self {
        Self(Box::new(Inner {
            kind: ErrorKind::BadLine,
            message: line.message.clone(),
            bad_line: Some(line),
            cause: None,
        }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.bad_line() {
            write!(
                f,
                "{}, line {}, byte {}",
                line.source,
                line.line,
                line.byte_offset + line.error_offset
            )?;
            if !line.path.is_empty() {
                write!(f, ", at `{}`", line.path)?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as _)
    }
}

impl From<Error> for ArrowError {
    fn from(error: Error) -> Self {
        ArrowError::ExternalError(Box::new(error))
    }
}
