//! The bytes of an object in order, fetched ahead of their reader.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::ops::Range;

use bytes::{Buf, Bytes};

use super::failure::Failure;
use super::object::{Pinned, fetched, io_error};
use super::runtime::{Access, Pending, Permit, spawn};
use crate::error::Result;

/// Reads a range block by block, with a few requests under way.
///
/// Begins with small blocks, one at a time, so that a reader who soon stops costs little. Memory: at
/// most a block, and those ahead of it, which the budget of the [`Access`] allows; they are kept
/// until they are read.
pub(super) struct ObjectStream {
    pinned: Pinned,
    access: Access,
    current: Bytes,
    ahead: VecDeque<Block>,
    /// What no block is for yet.
    left: Range<u64>,
    blocks: u32,
    /// Held while the block that it was taken for is read.
    permit: Option<Permit>,
}

struct Block {
    bytes: Pending<Result<Bytes, Failure>>,
    /// The block that is waited for needs none.
    permit: Option<Permit>,
}

impl ObjectStream {
    /// `first` are the first bytes of the range, as far as they are known.
    pub(super) fn new(pinned: Pinned, access: Access, range: Range<u64>, mut first: Bytes) -> Self {
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        first.truncate(length);
        let left = range.start + first.len() as u64..range.end;
        let ahead = VecDeque::new();
        Self { pinned, access, current: first, ahead, left, blocks: 0, permit: None }
    }

    fn next_block(&mut self) -> io::Result<()> {
        self.permit = None;
        self.fetch_ahead().map_err(io_error)?;
        let Some(block) = self.ahead.pop_front() else {
            return Ok(());
        };
        self.current = fetched(block.bytes.wait(&self.access.cancel))?;
        self.permit = block.permit;
        Ok(())
    }

    fn fetch_ahead(&mut self) -> Result<()> {
        let most = MAX_BLOCKS_AHEAD.min(self.blocks as usize + 1);
        while self.left.start < self.left.end && self.ahead.len() < most {
            let permit = self.access.budget.take();
            if permit.is_none() && !self.ahead.is_empty() {
                break;
            }
            let size = FIRST_BLOCK_BYTES << (2 * self.blocks.min(16));
            let end = self.left.end.min(self.left.start + size.min(self.access.block_bytes));
            let bytes = spawn(self.pinned.clone().fetch(self.left.start..end))?;
            self.ahead.push_back(Block { bytes, permit });
            self.left.start = end;
            self.blocks += 1;
        }
        Ok(())
    }
}

impl Read for ObjectStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.current.is_empty() {
            self.next_block()?;
        }
        let length = self.current.len().min(buffer.len());
        self.current.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

const FIRST_BLOCK_BYTES: u64 = 256 << 10;

/// Enough to keep a connection of some 100 MB/s busy through the latency of the next request.
const MAX_BLOCKS_AHEAD: usize = 4;
