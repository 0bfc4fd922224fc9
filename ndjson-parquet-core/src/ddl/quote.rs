//! Names and texts in a statement of Hive, whatever is in them.

use crate::profile::is_reserved_in_athena;

/// `name` in backticks.
pub(super) fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// `name` as the field of a struct: in backticks where it must be.
pub(super) fn field_name(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !is_reserved_in_athena(name);
    if plain { name.to_owned() } else { identifier(name) }
}

/// `text` as a string: Hive takes backslashes for escapes in it.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
