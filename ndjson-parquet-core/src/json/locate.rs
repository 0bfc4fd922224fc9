//! The JSON path of a byte, for messages: read from the text again, since a good line needs none.

use super::path::push_key;
use crate::MAX_MAX_DEPTH;

/// The path of the value that the byte at `at` belongs to, in the line that begins at `start`.
///
/// The text up to `at` is expected to be valid so far; on anything else the path ends where it
/// stops making sense.
pub(crate) fn path_at(block: &[u8], start: usize, at: usize) -> String {
    let mut levels: Vec<Level> = Vec::new();
    let mut index = start;
    while index < at {
        match block[index] {
            b'"' => {
                let end = end_of_string(block, index + 1, at);
                if let Some(Level::Object { key, expects_key: expects_key @ true }) =
                    levels.last_mut()
                {
                    // A fault inside a key belongs to the object.
                    *key = (end <= at).then_some((index, end));
                    *expects_key = false;
                }
                index = end;
                continue;
            }
            b'{' => levels.push(Level::Object { key: None, expects_key: true }),
            b'[' => levels.push(Level::Array { index: 0 }),
            b'}' | b']' => drop(levels.pop()),
            b',' => match levels.last_mut() {
                Some(Level::Object { key, expects_key }) => (*key, *expects_key) = (None, true),
                Some(Level::Array { index }) => *index += 1,
                None => {}
            },
            _ => {}
        }
        if levels.len() > MAX_MAX_DEPTH {
            break;
        }
        index += 1;
    }
    write_path(block, &levels)
}

enum Level {
    /// Where the last key stands, quotes included, and whether the next string is a key.
    Object {
        key: Option<(usize, usize)>,
        expects_key: bool,
    },
    Array {
        index: usize,
    },
}

fn write_path(block: &[u8], levels: &[Level]) -> String {
    let mut path = String::new();
    for level in levels {
        match level {
            Level::Object { key: Some((start, end)), .. } => {
                let key = serde_json::from_slice(&block[*start..*end]);
                push_key(&mut path, &key.unwrap_or_else(|_| String::new()));
            }
            Level::Object { key: None, .. } => {}
            Level::Array { index } => path.push_str(&format!("[{index}]")),
        }
    }
    path
}

/// Index after the closing quote, or one past `limit` if the string does not end before it.
fn end_of_string(block: &[u8], mut at: usize, limit: usize) -> usize {
    while at < limit {
        match block[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    limit + 1
}
