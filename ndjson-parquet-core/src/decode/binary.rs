//! Columns of bytes, which stand in JSON as text.

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use base64::prelude::{BASE64_STANDARD, Engine};
use base64::{DecodeError, DecodeSliceError};

use super::nulls::Nulls;
use super::primitive::room_for_next;

/// How the bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// RFC 4648, section 4, with padding, and no bit set that belongs to no byte.
    Base64,
    /// RFC 4648, section 8, in letters of either case.
    Hex,
}

/// Offsets, bytes and validity of a Binary column.
///
/// Memory: the bytes, 4 bytes a row, and 8 bytes a run of nulls.
#[derive(Debug)]
pub(crate) struct BinaryColumn {
    pub(crate) encoding: Encoding,
    offsets: Vec<i32>,
    bytes: Vec<u8>,
    nulls: Nulls,
}

impl BinaryColumn {
    pub(crate) fn new(encoding: Encoding) -> Self {
        Self { encoding, offsets: vec![0], bytes: Vec::new(), nulls: Nulls::default() }
    }

    /// Appends the bytes that `text` stands for as row `row`, or nothing if it stands for none.
    pub(crate) fn push_text(&mut self, row: usize, text: &[u8]) -> Option<()> {
        let begin = self.bytes.len();
        if self.encoding.decode(text, &mut self.bytes).is_err() {
            self.bytes.truncate(begin);
            return None;
        }
        // A row without bytes lies before those just appended.
        let end = self.bytes.len() as i32;
        self.pad_with(row, begin as i32);
        // Batches hold far less than 2 GiB of text: `MAX_BATCH_BYTES` bounds them.
        self.offsets.push(end);
        Some(())
    }

    pub(crate) fn pad(&mut self, rows: usize) {
        self.pad_with(rows, self.bytes.len() as i32);
    }

    fn pad_with(&mut self, rows: usize, end: i32) {
        let length = self.offsets.len() - 1;
        if length < rows {
            self.offsets.resize(rows + 1, end);
            self.nulls.append(length, rows);
        }
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        self.offsets.truncate(rows + 1);
        self.nulls.truncate(rows);
        let end = self.offsets.last().map_or(0, |end| *end as usize);
        self.bytes.truncate(end);
    }

    pub(crate) fn finish(&mut self) -> ArrayRef {
        let mut next = Vec::with_capacity(room_for_next(self.offsets.len()));
        next.push(0);
        let offsets = std::mem::replace(&mut self.offsets, next);
        let bytes = std::mem::take(&mut self.bytes);
        let nulls = self.nulls.finish(offsets.len() - 1);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        Arc::new(BinaryArray::new(offsets, Buffer::from_vec(bytes), nulls))
    }
}

impl Encoding {
    /// Appends the bytes of `text` to `out`; the error says what is wrong with it, and where, counting
    /// characters from 1. After an error `out` may hold some of them.
    pub(crate) fn decode(self, text: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        match self {
            Self::Base64 => decode_base64(text, out),
            Self::Hex => decode_hex(text, out),
        }
    }
}

fn decode_base64(text: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
    let begin = out.len();
    out.resize(begin + base64::decoded_len_estimate(text.len()), 0);
    let decoded = BASE64_STANDARD.decode_slice(text, &mut out[begin..]);
    let wrong = |at: usize| format!("{} is no character of base64", character(text, at));
    match decoded {
        Ok(length) => {
            out.truncate(begin + length);
            Ok(())
        }
        Err(DecodeSliceError::DecodeError(error)) => Err(match error {
            DecodeError::InvalidByte(at, b'=') => {
                format!("{} is padding, and not at the end", character(text, at))
            }
            DecodeError::InvalidByte(at, _) => wrong(at),
            DecodeError::InvalidLastSymbol(at, _) => {
                format!("{} has bits that belong to no byte", character(text, at))
            }
            DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => {
                // The length is found first, and may be that of a text with something else wrong.
                match text.iter().position(|byte| !is_base64(*byte)) {
                    Some(at) => wrong(at),
                    None => format!("its {} characters are not padded to whole fours", text.len()),
                }
            }
        }),
        Err(DecodeSliceError::OutputSliceTooSmall) => Err("it is too long".to_owned()),
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

fn decode_hex(text: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    if let Some(at) = text.iter().position(|byte| digit(*byte).is_none()) {
        return Err(format!("{} is no hexadecimal digit", character(text, at)));
    }
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(format!("its {} digits are not whole pairs", text.len()));
    }
    let byte = |[high, low]: &[u8; 2]| Some((digit(*high)? << 4 | digit(*low)?) as u8);
    out.extend(pairs.iter().filter_map(byte));
    Ok(())
}

/// The character of `text` that begins at byte `at`, and where it is; all before it are ASCII.
fn character(text: &[u8], at: usize) -> String {
    let rest = text.get(at..).unwrap_or_default();
    let first = rest.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    let shown = first.map_or_else(String::new, |first| first.escape_debug().to_string());
    format!("`{shown}`, character {},", at + 1)
}

#[cfg(test)]
mod tests;
