//! Why a store did not do what was asked, in words without secrets.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use object_store::Error as StoreError;

use crate::error::{Error, ErrorKind};

/// A request that failed.
///
/// The errors of stores repeat URLs, with their queries, and the server's answer, which may quote
/// keys and signatures. None of that goes on: a failure keeps its class, the HTTP status, the
/// server's error code and the innermost cause.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) class: Class,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// No such object.
    Missing,
    /// The object is not the one that was opened.
    Changed,
    /// There is an object already.
    Exists,
    /// The store cannot do that at all.
    Unsupported,
    /// Nothing that trying again would change.
    Refused,
    /// Everything else, which may be better the next time.
    Transient,
    /// The work was cancelled while it waited.
    Cancelled,
}

impl Failure {
    pub(super) fn new(class: Class, message: impl Into<String>) -> Self {
        Self { class, message: message.into() }
    }

    pub(super) fn is_transient(&self) -> bool {
        self.class == Class::Transient
    }

    /// Waiting for the store ended with `error`.
    pub(super) fn ended(error: &Error) -> Self {
        let is_cancelled = error.kind() == ErrorKind::Cancelled;
        Self::new(if is_cancelled { Class::Cancelled } else { Class::Refused }, error.message())
    }

    /// The error of reading the object.
    pub(super) fn reading(&self, name: &str) -> Error {
        if self.class == Class::Cancelled {
            return Error::new(ErrorKind::Cancelled, self.message.clone());
        }
        Error::new(ErrorKind::Source, format!("{name}: {}", self.message))
    }

    /// The error of writing it, which `what` says more of.
    pub(crate) fn writing(&self, what: &str, name: &str) -> Error {
        if self.class == Class::Cancelled {
            return Error::new(ErrorKind::Cancelled, self.message.clone());
        }
        Error::new(ErrorKind::Output, format!("{what} `{name}`: {}", self.message))
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Failure {}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let text = error.to_string();
        let status = status_in(&text);
        let (class, what) = match &error {
            StoreError::NotFound { .. } => (Class::Missing, "expected an object, found none"),
            StoreError::Precondition { .. } | StoreError::NotModified { .. } => {
                (Class::Changed, "the object has changed since it was opened")
            }
            StoreError::AlreadyExists { .. } => (Class::Exists, "there is an object already"),
            StoreError::NotSupported { .. } | StoreError::NotImplemented { .. } => {
                (Class::Unsupported, "the store cannot do this")
            }
            StoreError::PermissionDenied { .. } => (Class::Refused, "the store denies access"),
            StoreError::Unauthenticated { .. } => {
                (Class::Refused, "the store does not accept the credentials")
            }
            StoreError::InvalidPath { .. } | StoreError::UnknownConfigurationKey { .. } => {
                (Class::Refused, "the store does not accept the request")
            }
            // Of the other answers only those of an overloaded server change by themselves.
            _ if status.is_some_and(|status| {
                (400..500).contains(&status) && !matches!(status, 408 | 429)
            }) =>
            {
                (Class::Refused, "the store does not accept the request")
            }
            _ if text.contains(", max_retries: ") => {
                (Class::Refused, "the store did not answer as expected, however often it was asked")
            }
            _ => (Class::Transient, "the store did not answer as expected"),
        };
        let mut message = what.to_owned();
        let details = [
            status.map(|status| format!("HTTP status {status}")),
            code_in(&text),
            innermost(&error).filter(|_| status.is_none() && class != Class::Missing),
        ];
        let details: Vec<_> = details.into_iter().flatten().collect();
        if !details.is_empty() {
            message = format!("{what} ({})", details.join(", "));
        }
        Self { class, message }
    }
}

/// The HTTP status that the `object_store` crate, which hides the error's type, puts into its text.
fn status_in(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("status code: ")?;
    rest.get(..3)?.parse().ok()
}

/// The code of an XML answer, such as `SlowDown`.
fn code_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let plain = code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| code.to_owned())
}

/// The innermost cause, unless it might say more than it should.
fn innermost(error: &StoreError) -> Option<String> {
    let mut cause: &dyn StdError = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let text = cause.to_string();
    let tells_secrets = text.len() > 200 || text.contains("://") || text.contains(['<', '?']);
    (!tells_secrets).then_some(text)
}

/// How long to wait before attempt `attempt`, the first of which is 1: a random part of a time that
/// doubles, so that many workers do not come back at the same moment.
pub(super) fn backoff(attempt: u32) -> Duration {
    use std::hash::{BuildHasher, Hasher};
    let most = (FIRST_BACKOFF_MILLIS << attempt.min(16)).min(MAX_BACKOFF_MILLIS);
    let random = std::hash::RandomState::new().build_hasher().finish();
    Duration::from_millis(random % (most + 1))
}

const FIRST_BACKOFF_MILLIS: u64 = 25;
const MAX_BACKOFF_MILLIS: u64 = 5_000;

/// Attempts that may fail one after the other without a byte of progress. The stores' own clients
/// have tried several times by then.
pub(super) const MAX_ATTEMPTS: u32 = 5;
