//! What went wrong, for people or for scripts, on standard error.
//!
//! For people: message, position, the line with a caret, and what to do. With `--json`: one line
//! with one JSON object, whose keys are those of [`to_json`].

use std::error::Error as _;
use std::fmt::Write as _;
use std::io::{self, Write};

use ndjson_parquet_core::{Error, ErrorKind};
use serde_json::{Value, json};

use crate::caret::excerpt;
use crate::exit;
use crate::visible::harmless;

/// Why a command failed.
pub(crate) enum Failure {
    /// The command line asks for something that cannot be.
    Usage(String),
    /// The work failed.
    Work {
        /// What the engine says.
        error: Error,
        /// What the user can do about it.
        hint: Option<String>,
    },
    /// What standard output was to take was closed early, as `head` does: no failure.
    Closed,
}

impl Failure {
    /// An error of standard output.
    pub(crate) fn of_stdout(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::Closed;
        }
        let message = format!("could not write to standard output: {error}");
        Error::new(ErrorKind::Output, message).with_cause(error).into()
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Work { error, hint: None }
    }
}

/// Writes `text` to standard output.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Failure::of_stdout)
}

/// Writes a line about something that is not an error to standard error.
pub(crate) fn note(text: &str) {
    // Nobody is left to be told where even this fails.
    let _ = writeln!(io::stderr(), "note: {}", harmless(text));
}

/// Writes `failure` to standard error and gives its exit code.
pub(crate) fn report(failure: &Failure, json: bool) -> u8 {
    let (code, text) = match failure {
        Failure::Closed => return exit::OK,
        Failure::Usage(message) => {
            let help = "For more information, try '--help'.";
            (exit::USAGE, format!("error: {}\n\n{help}\n", harmless(message)))
        }
        Failure::Work { error, hint } if json => {
            let object = to_json(error, hint.as_deref());
            (exit::code(error.kind()), format!("{object}\n"))
        }
        Failure::Work { error, hint } => {
            (exit::code(error.kind()), to_text(error, hint.as_deref()))
        }
    };
    let _ = io::stderr().write_all(text.as_bytes());
    code
}

fn to_text(error: &Error, hint: Option<&str>) -> String {
    let mut text = format!("error: {}\n", harmless(&error.to_string()));
    for cause in unsaid_causes(error) {
        let _ = writeln!(text, "  caused by: {}", harmless(&cause));
    }
    if let Some(excerpt) = error.bad_line().and_then(excerpt) {
        text.push_str(&excerpt);
    }
    if let Some(hint) = hint {
        let _ = writeln!(text, "hint: {}", harmless(hint));
    }
    text
}

/// Keys that are always there: `kind`, `message`, `exit_code`. Where a line is at fault: `source`,
/// `line`, `byte`, `path`, `line_kind`. Where there is something to say: `causes`, `hint`.
fn to_json(error: &Error, hint: Option<&str>) -> Value {
    let mut object = json!({
        "kind": exit::kind_name(error.kind()),
        "message": error.message(),
        "exit_code": exit::code(error.kind()),
    });
    if let (Some(position), Some(line)) = (error.position(), error.bad_line()) {
        object["source"] = (*position.source).into();
        object["line"] = position.line.into();
        object["byte"] = position.byte.into();
        object["path"] = position.path.into();
        object["line_kind"] = line.kind.name().into();
    }
    let causes = unsaid_causes(error);
    if !causes.is_empty() {
        object["causes"] = causes.into();
    }
    if let Some(hint) = hint {
        object["hint"] = hint.into();
    }
    json!({ "error": object })
}

/// The errors below `error` that its message does not repeat.
fn unsaid_causes(error: &Error) -> Vec<String> {
    let mut causes = Vec::new();
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !said.contains(&text) {
            said.push_str(&text);
            causes.push(text);
        }
        next = cause.source();
    }
    causes
}
