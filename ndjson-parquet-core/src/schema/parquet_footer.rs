//! The two things to know about a Parquet footer before parquet's own reader sees it: how deep
//! its schema nests, because that reader recurses without a limit, and the Arrow schema that the
//! writer embedded, which must not be decoded unchecked.
//!
//! Walks the Thrift compact protocol of `FileMetaData` without keeping anything else of it.

use crate::error::{Error, ErrorKind, Result};

/// What [`scan_footer`] found.
#[derive(Debug, Default)]
pub(super) struct FooterScan<'a> {
    /// Levels of the schema tree, the root included.
    pub(super) depth: usize,
    /// How many elements (groups and columns) the schema tree has.
    pub(super) elements: usize,
    /// The value of the key `ARROW:schema`: an IPC message in base64.
    pub(super) arrow_schema: Option<&'a [u8]>,
}

/// Reads `bytes`, the `FileMetaData` of a Parquet file.
pub(super) fn scan_footer(bytes: &[u8]) -> Result<FooterScan<'_>> {
    let mut thrift = Compact { bytes, at: 0 };
    let mut found = FooterScan::default();
    thrift.structure(|thrift, id, kind| match (id, kind) {
        (SCHEMA, LIST) => thrift.schema_tree(&mut found),
        (KEY_VALUE_METADATA, LIST) => thrift.key_values(&mut found),
        _ => thrift.skip(kind, MAX_SKIP_DEPTH),
    })?;
    Ok(found)
}

/// A cursor over values of the Thrift compact protocol.
struct Compact<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Compact<'a> {
    /// Reads a struct; `field` gets each id and kind and must read the value.
    fn structure(&mut self, mut field: impl FnMut(&mut Self, i64, u8) -> Result<()>) -> Result<()> {
        let mut id = 0i64;
        loop {
            let header = self.byte()?;
            if header == STOP {
                return Ok(());
            }
            id = match header >> 4 {
                0 => self.integer()?,
                step => id.wrapping_add(i64::from(step)),
            };
            field(self, id, header & 0x0f)?;
        }
    }

    /// The schema: all nodes of the tree in pre-order, each with the count of its children.
    fn schema_tree(&mut self, found: &mut FooterScan<'a>) -> Result<()> {
        let (count, _) = self.list()?;
        let mut open: Vec<i64> = Vec::new();
        for _ in 0..count {
            let mut children = 0;
            self.structure(|thrift, id, kind| match (id, kind) {
                (NUM_CHILDREN, I32) => thrift.integer().map(|count| children = count),
                _ => thrift.skip(kind, MAX_SKIP_DEPTH),
            })?;
            while open.pop_if(|left| *left == 0).is_some() {}
            if let Some(left) = open.last_mut() {
                *left -= 1;
            }
            found.depth = found.depth.max(open.len() + 1);
            if children > 0 {
                open.push(children);
            }
        }
        found.elements = found.elements.max(count);
        Ok(())
    }

    fn key_values(&mut self, found: &mut FooterScan<'a>) -> Result<()> {
        let (count, _) = self.list()?;
        for _ in 0..count {
            let (mut key, mut value) = (None, None);
            self.structure(|thrift, id, kind| match (id, kind) {
                (1, BINARY) => thrift.binary().map(|bytes| key = Some(bytes)),
                (2, BINARY) => thrift.binary().map(|bytes| value = Some(bytes)),
                _ => thrift.skip(kind, MAX_SKIP_DEPTH),
            })?;
            if key == Some(parquet::arrow::ARROW_SCHEMA_META_KEY.as_bytes()) {
                found.arrow_schema = value;
            }
        }
        Ok(())
    }

    /// Passes over a value of `kind` that nests at most `depth` levels.
    fn skip(&mut self, kind: u8, depth: usize) -> Result<()> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(damaged("shallow values", self.at));
        };
        match kind {
            TRUE | FALSE => Ok(()),
            I8 => self.take(1).map(drop),
            I16 | I32 | I64 => self.varint().map(drop),
            DOUBLE => self.take(8).map(drop),
            BINARY => self.binary().map(drop),
            UUID => self.take(16).map(drop),
            STRUCT => self.structure(|thrift, _, kind| thrift.skip(kind, depth)),
            LIST | SET => {
                let (count, kind) = self.list()?;
                (0..count).try_for_each(|_| self.skip_element(kind, depth))
            }
            MAP => {
                let count = self.count()?;
                let kinds = if count == 0 { 0 } else { self.byte()? };
                (0..count).try_for_each(|_| {
                    self.skip_element(kinds >> 4, depth)?;
                    self.skip_element(kinds & 0x0f, depth)
                })
            }
            _ => Err(damaged("a known kind of value", self.at)),
        }
    }

    /// Booleans in a collection take a byte each, unlike those in a struct.
    fn skip_element(&mut self, kind: u8, depth: usize) -> Result<()> {
        if matches!(kind, TRUE | FALSE) { self.take(1).map(drop) } else { self.skip(kind, depth) }
    }

    /// The header of a list: how many elements, of what kind.
    fn list(&mut self) -> Result<(usize, u8)> {
        let header = self.byte()?;
        let count = match header >> 4 {
            15 => self.count()?,
            short => usize::from(short),
        };
        Ok((count, header & 0x0f))
    }

    fn binary(&mut self) -> Result<&'a [u8]> {
        let length = self.count()?;
        self.take(length)
    }

    /// A count of elements or bytes; each needs at least one byte of what is left.
    fn count(&mut self) -> Result<usize> {
        let start = self.at;
        let count = usize::try_from(self.varint()?).ok();
        count
            .filter(|count| *count <= self.bytes.len() - self.at)
            .ok_or_else(|| damaged("a count within the footer", start))
    }

    /// A signed integer in zigzag form.
    fn integer(&mut self) -> Result<i64> {
        let raw = self.varint()?;
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(damaged("an integer of at most ten bytes", self.at))
    }

    fn byte(&mut self) -> Result<u8> {
        self.take(1).map(|bytes| bytes.first().copied().unwrap_or_default())
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.get(..length));
        let taken = taken.ok_or_else(|| damaged("more bytes", self.at))?;
        self.at += length;
        Ok(taken)
    }
}

fn damaged(expected: &str, at: usize) -> Error {
    let message = format!("damaged Parquet footer: expected {expected} at its byte {at}");
    Error::new(ErrorKind::Schema, message)
}

/// Thrift values in a footer nest four levels; parquet's own reader allows 64.
const MAX_SKIP_DEPTH: usize = 64;

// Ids of fields in `FileMetaData` and `SchemaElement`, from parquet.thrift.
const SCHEMA: i64 = 2;
const KEY_VALUE_METADATA: i64 = 5;
const NUM_CHILDREN: i64 = 5;

// Kinds of values in the compact protocol.
const STOP: u8 = 0;
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const I8: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;
const UUID: u8 = 13;
