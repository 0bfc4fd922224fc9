//! Puts what is in `_rescued_data` back into its row.

use std::iter::Peekable;
use std::str::Chars;

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};
use crate::options::RESCUED_DATA;

/// The row `line` with the values of `rescued`, a JSON object of paths and values, where they were;
/// with `rescued` as it is where one of them has no place.
pub(super) fn merge(line: &[u8], rescued: &str) -> Result<Vec<u8>> {
    let row: Value = serde_json::from_slice(line).map_err(not_json)?;
    let merged = serde_json::from_str::<Map<String, Value>>(rescued).ok().and_then(|values| {
        let mut row = row.clone();
        values.into_iter().try_for_each(|(path, value)| {
            let steps = steps(&path)?;
            place(&mut row, &steps, value)
        })?;
        Some(row)
    });
    let row = merged.unwrap_or_else(|| with_column(row, rescued));
    serde_json::to_vec(&row).map_err(not_json)
}

fn with_column(mut row: Value, rescued: &str) -> Value {
    if let Some(row) = row.as_object_mut() {
        row.insert(RESCUED_DATA.to_owned(), rescued.into());
    }
    row
}

/// Sets the value at `steps`, where there is none yet.
fn place(row: &mut Value, steps: &[Step], value: Value) -> Option<()> {
    match steps.split_first() {
        None if row.is_null() => {
            *row = value;
            Some(())
        }
        None => None,
        Some((Step::Key(key), rest)) => {
            if row.is_null() {
                *row = Value::Object(Map::new());
            }
            place(row.as_object_mut()?.entry(key.as_str()).or_insert(Value::Null), rest, value)
        }
        Some((Step::Index(index), rest)) => {
            place(row.as_array_mut()?.get_mut(*index)?, rest, value)
        }
    }
}

/// One step from a value into a part of it.
enum Step {
    Key(String),
    Index(usize),
}

/// Reads a path in the notation of [`crate::json::path`].
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut chars = path.chars().peekable();
    let mut steps = vec![Step::Key(key(&mut chars)?)];
    while let Some(c) = chars.next() {
        steps.push(match c {
            '.' => Step::Key(key(&mut chars)?),
            '[' => {
                let digits = take_while(&mut chars, |c| c.is_ascii_digit());
                chars.next_if_eq(&']')?;
                Step::Index(digits.parse().ok()?)
            }
            _ => return None,
        });
    }
    Some(steps)
}

fn key(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    if chars.next_if_eq(&'"').is_none() {
        let key = take_while(chars, |c| !matches!(c, '.' | '[' | '"'));
        return (!key.is_empty()).then_some(key);
    }
    let mut quoted = "\"".to_owned();
    loop {
        let c = chars.next()?;
        quoted.push(c);
        match c {
            '\\' => quoted.push(chars.next()?),
            '"' => return serde_json::from_str(&quoted).ok(),
            _ => {}
        }
    }
}

fn take_while(chars: &mut Peekable<Chars<'_>>, take: impl Fn(char) -> bool) -> String {
    let mut taken = String::new();
    while let Some(c) = chars.next_if(|c| take(*c)) {
        taken.push(c);
    }
    taken
}

fn not_json(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, "a row could not be written as JSON").with_cause(error)
}
