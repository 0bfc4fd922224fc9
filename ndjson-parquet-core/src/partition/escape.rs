//! Names of directories for partitions, by the rules of Hive.
//!
//! Hive (`FileUtils.escapePathName`) writes `%` and two hexadecimal digits for the characters that
//! paths or its own names give a meaning to, and a name of its own for null and for the empty text.

/// What stands for null and for the empty text.
pub(super) const DEFAULT_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// `text` as it can stand on either side of the `=` in the name of a directory.
///
/// No result has a slash, a backslash or a control character in it. The text that Hive takes for null
/// gets its first character escaped, so that it stays another value than null.
pub(super) fn escape(text: &str) -> String {
    if text == DEFAULT_PARTITION {
        return format!("%5F{}", &DEFAULT_PARTITION[1..]);
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if is_escaped(c) {
            escaped.push_str(&format!("%{:02X}", c as u32));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// The characters of Hive's list, and NUL, which Hive leaves and no file system takes.
fn is_escaped(c: char) -> bool {
    c.is_ascii_control()
        || matches!(
            c,
            '"' | '#' | '%' | '\'' | '*' | '/' | ':' | '=' | '?' | '\\' | '{' | '[' | ']' | '^'
        )
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    /// As Hive's `unescapePathName` does it: `%` and two digits are a byte, everything else is itself.
    fn unescape(text: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let [first, tail @ ..] = rest {
            let code = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
            match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
                Some(byte) if *first == b'%' => {
                    bytes.push(byte);
                    rest = &tail[2..];
                }
                _ => {
                    bytes.push(*first);
                    rest = tail;
                }
            }
        }
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_characters_of_hives_list_are_escaped() {
        // By hand from `FileUtils.charToEscape` of Hive.
        for (text, name) in [
            ("plain text-1.5_~@!$&()+,;<>|}é", "plain text-1.5_~@!$&()+,;<>|}é"),
            ("a/b\\c", "a%2Fb%5Cc"),
            ("12:30", "12%3A30"),
            ("50%", "50%25"),
            ("\"#'*=?{[]^", "%22%23%27%2A%3D%3F%7B%5B%5D%5E"),
            ("\0\u{1}\t\n\u{1f}\u{7f}", "%00%01%09%0A%1F%7F"),
            ("..", ".."),
            ("__HIVE_DEFAULT_PARTITION__", "%5F_HIVE_DEFAULT_PARTITION__"),
        ] {
            assert_eq!(escape(text), name);
        }
    }

    proptest! {
        #[test]
        fn a_value_comes_back_and_its_name_stays_one_directory(
            text in prop_oneof![any::<String>(), "[./\\\\%\\x00-\\x1f=a]{0,9}", "__HIVE_DEFAULT_PARTITION__"],
        ) {
            let escaped = escape(&text);
            prop_assert_eq!(unescape(&escaped), &*text);
            prop_assert!(escaped != DEFAULT_PARTITION);
            let name = format!("{escaped}={escaped}");
            let mut components = Path::new(&name).components();
            prop_assert!(matches!(components.next(), Some(Component::Normal(_))));
            prop_assert!(components.next().is_none());
            prop_assert!(!name.contains(|c: char| c.is_ascii_control() || matches!(c, '/' | '\\')));
        }
    }
}
