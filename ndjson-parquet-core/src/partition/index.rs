//! Which fragments the partitions have, in the order of the input.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use tempfile::SpooledTempFile;

use super::keys::Layout;
use super::spool::{Fragment, temporary, unreadable, unwritable};
use crate::error::Result;

/// The partitions of an output and the fragments of their rows.
///
/// Memory: some hundred bytes for each partition. The fragments are in a file of their own beyond what it
/// may take of memory, since large inputs have millions of them: each entry has the place of the one
/// before it of the same partition.
pub(crate) struct PartitionIndex {
    layout: Arc<Layout>,
    /// Place of the last entry, counted from 1, by name.
    last: HashMap<Arc<str>, u64>,
    log: SpooledTempFile,
    entries: u64,
}

const ENTRY_WORDS: usize = 2 + Fragment::WORDS;
const ENTRY_BYTES: usize = 4 * ENTRY_WORDS;

impl PartitionIndex {
    /// Keeps up to `memory` bytes of entries in memory, the rest in a file in `folder`, or among the
    /// system's temporary files.
    pub(crate) fn new(layout: Arc<Layout>, folder: Option<&Path>, memory: usize) -> Self {
        Self { layout, last: HashMap::new(), log: temporary(folder, memory), entries: 0 }
    }

    /// Enters rows of `partition` that follow those entered before.
    pub(crate) fn enter(&mut self, partition: &Arc<str>, fragment: Fragment) -> Result<()> {
        if !self.last.contains_key(partition) {
            self.layout.check_count(self.last.len() as u64 + 1)?;
        }
        self.entries += 1;
        let before = self.last.insert(Arc::clone(partition), self.entries).unwrap_or(0);
        let mut entry = [0; ENTRY_WORDS];
        entry[..2].copy_from_slice(&[before as u32, (before >> 32) as u32]);
        entry[2..].copy_from_slice(&fragment.to_words());
        self.log.write_all(entry.map(u32::to_le_bytes).as_flattened()).map_err(unwritable)
    }

    /// How many partitions there are.
    pub(crate) fn partitions(&self) -> usize {
        self.last.len()
    }

    /// The names of the partitions in order, each with the place of its last entry. Nothing may be
    /// entered after that.
    pub(crate) fn names(&self) -> BTreeMap<Arc<str>, u64> {
        self.last.iter().map(|(name, last)| (Arc::clone(name), *last)).collect()
    }

    /// The fragments of the partition whose last entry is at `place`, in the order of the input.
    pub(crate) fn fragments(&mut self, mut place: u64) -> Result<Vec<Fragment>> {
        let mut found = Vec::new();
        while place > 0 {
            let mut bytes = [0; ENTRY_BYTES];
            let start = (place - 1) * ENTRY_BYTES as u64;
            self.log.seek(SeekFrom::Start(start)).map_err(unreadable)?;
            self.log.read_exact(&mut bytes).map_err(unreadable)?;
            let mut words = [0; ENTRY_WORDS];
            for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *word = u32::from_le_bytes(*bytes);
            }
            let [low, high, fragment @ ..] = words;
            found.push(Fragment::from_words(fragment));
            place = u64::from(high) << 32 | u64::from(low);
        }
        found.reverse();
        Ok(found)
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }
}
