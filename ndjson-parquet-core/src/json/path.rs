//! JSON paths in the notation of hints, messages and `_rescued_data`: `user."odd.key".tags[2]`.

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

/// Replaces each `[]` of the static path `template` by the position in that list.
///
/// `template` comes from [`push_key`] and `[]` alone, so a `[]` inside a quoted key is skipped.
pub(crate) fn with_indices(template: &str, indices: &[u32]) -> String {
    let mut path = String::with_capacity(template.len() + 4 * indices.len());
    let mut indices = indices.iter();
    let mut quoted = false;
    let mut chars = template.chars();
    while let Some(c) = chars.next() {
        path.push(c);
        match c {
            '\\' if quoted => path.extend(chars.next()),
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
