//! The headers of pages, in Thrift's compact protocol
//! (<https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift>).

use parquet::basic::Encoding;

use crate::error::{Error, ErrorKind, Result};

/// The header of a page.
pub(super) enum Header {
    Data { entries: usize, encoding: Encoding },
    Dictionary { values: usize },
}

impl Header {
    /// `page_bytes` and `stored_bytes` are the sizes of what follows, before compression and after.
    pub(super) fn bytes(&self, page_bytes: usize, stored_bytes: usize) -> Result<Vec<u8>> {
        // A field is the distance from the last one's number, then its type: 5 is an integer, 12
        // a struct, which ends with a 0. 2 is `false`.
        let mut out = Vec::with_capacity(32);
        let page_type = match self {
            Self::Data { .. } => 0,
            Self::Dictionary { .. } => 2,
        };
        for field in [page_type, size_field(page_bytes)?, size_field(stored_bytes)?] {
            push_integer(0x15, field, &mut out);
        }
        match self {
            Self::Data { entries, encoding } => {
                out.push(0x2c);
                push_integer(0x15, *entries as u32, &mut out);
                for encoding in [*encoding, Encoding::RLE, Encoding::RLE] {
                    push_integer(0x15, encoding as u32, &mut out);
                }
            }
            Self::Dictionary { values } => {
                out.push(0x4c);
                push_integer(0x15, *values as u32, &mut out);
                push_integer(0x15, Encoding::PLAIN as u32, &mut out);
                out.push(0x12);
            }
        }
        out.extend([0, 0]);
        Ok(out)
    }
}

/// Appends an integer field: zigzag, then seven bits in each byte.
fn push_integer(field: u8, value: u32, out: &mut Vec<u8>) {
    out.push(field);
    let mut rest = u64::from(value) << 1;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// The size of a page, for which its header has 31 bits.
fn size_field(bytes: usize) -> Result<u32> {
    i32::try_from(bytes).map(|size| size as u32).map_err(|_| {
        let message = format!("expected at most 2 GiB in a page, found {bytes} bytes");
        Error::new(ErrorKind::Limit, message)
    })
}
