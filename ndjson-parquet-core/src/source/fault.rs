//! How a failure with an [`ErrorKind`] travels through [`io::Error`] and comes out again.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use super::codec::Codec;
use crate::error::{Error, ErrorKind};

/// A failure below a `Read`; it does not know the name of its source.
#[derive(Debug)]
pub(crate) struct Fault {
    kind: ErrorKind,
    message: String,
    cause: Option<io::Error>,
}

impl Fault {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), cause: None }
    }

    pub(super) fn with_cause(mut self, cause: io::Error) -> Self {
        self.cause = Some(cause);
        self
    }

    /// Whether `error` carries a fault already.
    pub(super) fn is_in(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Self>())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Fault {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        Self::new(io::ErrorKind::InvalidData, fault)
    }
}

/// The error of the source `name` whose reading failed with `error`.
///
/// The kind is the one that the reader chose, such as [`ErrorKind::Decompress`], and
/// [`ErrorKind::Source`] for what the operating system or a foreign reader reports.
pub(crate) fn into_error(name: &str, error: io::Error) -> Error {
    match error.downcast::<Fault>() {
        Ok(Fault { kind, message, cause }) => {
            let error = Error::new(kind, format!("{name}: {message}"));
            match cause {
                Some(cause) => error.with_cause(cause),
                None => error,
            }
        }
        Err(error) => Error::new(
            ErrorKind::Source,
            format!("{name}: expected a readable source, found an error"),
        )
        .with_cause(error),
    }
}

/// The error of compressed data that goes on behind the end of its source.
pub(super) fn cut_off(codec: Codec, consumed: u64) -> io::Error {
    let message = format!(
        "expected more {} data, found the end after {consumed} compressed bytes",
        codec.name()
    );
    Fault::new(ErrorKind::Decompress, message).into()
}

/// `taken`, what `read` said it wrote, unless that is more than the `room` it had.
///
/// Readers come from callers; trusting this number would let a faulty one panic us.
pub(crate) fn checked_read(taken: usize, room: usize) -> io::Result<usize> {
    if taken <= room {
        return Ok(taken);
    }
    let message =
        format!("expected a read of at most {room} bytes, found a reader that claims {taken}");
    Err(Fault::new(ErrorKind::Source, message).into())
}
