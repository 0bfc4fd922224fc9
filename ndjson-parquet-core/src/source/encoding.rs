//! What the first bytes of a (decompressed) source say about its character encoding.

use crate::error::{Error, ErrorKind};

/// How a source starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// With its first line.
    Plain,
    /// With a UTF-8 byte order mark of [`UTF8_BOM_BYTES`], which is no part of the first line.
    Utf8Bom,
    /// As UTF-16, in the byte order named.
    Utf16(&'static str),
    /// As UTF-32, in the byte order named.
    Utf32(&'static str),
}

/// Length of the UTF-8 byte order mark.
pub(crate) const UTF8_BOM_BYTES: usize = 3;

impl Start {
    /// The error of a source named `name` that starts so; `None` if it can be read.
    pub(crate) fn error(self, name: &str) -> Option<Error> {
        let (Self::Utf16(found) | Self::Utf32(found)) = self else {
            return None;
        };
        let message = format!(
            "{name}: expected UTF-8, found {found}: convert it with `iconv -f {found} -t UTF-8`"
        );
        Some(Error::new(ErrorKind::Format, message))
    }
}

/// Reads the encoding off the first bytes of a source; four are enough.
///
/// Besides the marks it knows an opening brace in UTF-16 and UTF-32 without a mark, by the NULs of
/// two characters: one alone may be damage to a single line.
pub(crate) fn sniff_start(first: &[u8]) -> Start {
    match first {
        [0xef, 0xbb, 0xbf, ..] => Start::Utf8Bom,
        // Before UTF-16: its mark begins the same way.
        [0xff, 0xfe, 0, 0, ..] | [b'{', 0, 0, 0, ..] => Start::Utf32("UTF-32LE"),
        [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, b'{', ..] => Start::Utf32("UTF-32BE"),
        [0xff, 0xfe, ..] | [b'{', 0, _, 0, ..] => Start::Utf16("UTF-16LE"),
        [0xfe, 0xff, ..] | [0, b'{', 0, _, ..] => Start::Utf16("UTF-16BE"),
        _ => Start::Plain,
    }
}
