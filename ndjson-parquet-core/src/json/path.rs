//! JSON paths in the notation of hints, messages and `_rescued_data`: `user."odd.key".tags[2]`.

use super::string::skip_string;
use crate::simd::Scalar;

/// Appends `.key` to `path`; a key that could be misread is quoted as a JSON string.
pub(crate) fn push_key(path: &mut String, key: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    let plain = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$' | b'@') || byte >= 0x80
    };
    if !key.is_empty() && key.bytes().all(plain) {
        path.push_str(key);
    } else {
        path.push_str(&serde_json::Value::from(key).to_string());
    }
}

/// Stands in a static path for the key of a value in a map.
pub(crate) const MAP_STEP: &str = "[*]";

/// Replaces each `[]` of the static path `template` by the position in that list, and each `[*]` by the
/// key in that map, of which `indices` has where it begins in `block`.
///
/// `template` comes from [`push_key`], `[]` and `[*]` alone, so what is inside a quoted key is skipped.
pub(crate) fn with_indices(template: &str, indices: &[u32], block: &[u8]) -> String {
    let mut path = String::with_capacity(template.len() + 4 * indices.len());
    let mut indices = indices.iter();
    let mut quoted = false;
    let mut rest = template;
    while let Some(c) = rest.chars().next() {
        if let (false, Some(after), Some(at)) =
            (quoted, rest.strip_prefix(MAP_STEP), indices.as_slice().first())
        {
            push_key(&mut path, &key_at(block, *at as usize));
            indices.next();
            rest = after;
            continue;
        }
        path.push(c);
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' if quoted => {
                let escaped = rest.chars().next();
                path.extend(escaped);
                rest = &rest[escaped.map_or(0, char::len_utf8)..];
            }
            '"' => quoted = !quoted,
            '[' if !quoted => {
                if let Some(index) = indices.next() {
                    path.push_str(&index.to_string());
                }
            }
            _ => {}
        }
    }
    path
}

/// The key whose opening quote is at `at`, which was read before.
fn key_at(block: &[u8], at: usize) -> String {
    let end = skip_string(Scalar, block, at + 1).map_or(at, |span| span.end);
    serde_json::from_slice(block.get(at..=end).unwrap_or_default()).unwrap_or_default()
}
