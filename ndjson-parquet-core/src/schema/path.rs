//! Paths of columns as text: `user.id`, `items[].price`, `"a.b".c`.
//!
//! Keys are separated by dots, `[]` goes to the elements of a list. A key that holds one of
//! `. [ ] = "`, that is empty, or that starts or ends with a blank stands in double quotes with
//! the escapes of JSON.

use super::scan::{Scanner, quote};
use super::supported::MAX_TYPE_DEPTH;
use crate::error::{Error, ErrorKind, Result};

/// One step down from a column to what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathStep {
    /// To the field of this name.
    Key(String),
    /// To the elements of a list.
    Element,
}

/// Reads a path up to the first `=` outside of quotes, or to the end; leaves the `=` in place.
pub(super) fn scan_path(scan: &mut Scanner<'_>) -> Result<Vec<PathStep>> {
    let mut steps = vec![scan_key(scan)?];
    loop {
        // A path that no line can reach would only cost stack.
        if steps.len() > MAX_TYPE_DEPTH + 1 {
            return Err(scan.error(format_args!("at most {MAX_TYPE_DEPTH} steps into a column")));
        }
        if scan.take('[') {
            scan.expect(']')?;
            steps.push(PathStep::Element);
        } else if scan.take('.') {
            steps.push(scan_key(scan)?);
        } else {
            return Ok(steps);
        }
    }
}

/// Reads a path that is all of `text`.
pub(crate) fn parse_path(text: &str) -> Result<Vec<PathStep>> {
    let mut scan = Scanner::new("path", text);
    let steps = scan_path(&mut scan)?;
    scan.end()?;
    Ok(steps)
}

/// The keys of a path to a field that is in no list.
pub(crate) fn parse_field_path(text: &str) -> Result<Vec<String>> {
    let keys = parse_path(text)?.into_iter().map(|step| match step {
        PathStep::Key(key) => Ok(key),
        PathStep::Element => Err(Error::new(
            ErrorKind::Schema,
            format!("path `{text}`: expected a field that is in no list, found `[]`"),
        )),
    });
    keys.collect()
}

/// The one way to write the path that `text` is.
pub(crate) fn normal_path(text: &str) -> Result<String> {
    let mut path = String::new();
    for step in &parse_path(text)? {
        match step {
            PathStep::Key(key) => push_key(&mut path, key),
            PathStep::Element => path.push_str("[]"),
        }
    }
    Ok(path)
}

/// Appends `key` to the text of a path.
pub(crate) fn push_key(path: &mut String, key: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    if key.is_empty() || key.trim() != key || !key.chars().all(is_bare) {
        path.push_str(&quote(key));
    } else {
        path.push_str(key);
    }
}

/// What is before and behind the first `separator` that is in no braces and no quotes.
pub(crate) fn cut_once(text: &str, separator: char) -> Option<(&str, &str)> {
    let (mut braces, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            _ if c == separator && braces == 0 => {
                return Some((&text[..at], &text[at + c.len_utf8()..]));
            }
            '{' => braces += 1,
            '}' => braces = braces.saturating_sub(1),
            _ => {}
        }
    }
    None
}

fn scan_key(scan: &mut Scanner<'_>) -> Result<PathStep> {
    if scan.peek() == Some('"') {
        return scan.quoted().map(PathStep::Key);
    }
    let key = scan.take_while(is_bare).trim_end();
    if key.is_empty() {
        return Err(scan.error("a key"));
    }
    Ok(PathStep::Key(key.to_owned()))
}

fn is_bare(c: char) -> bool {
    !matches!(c, '.' | '[' | ']' | '=' | '"') && !c.is_control()
}

#[cfg(test)]
mod tests;
