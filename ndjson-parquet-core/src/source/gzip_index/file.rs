//! The file of an index: integers in little endian, a CRC-32 of everything at its end.

use flate2::Crc;

use super::{Checkpoint, GzipIndex, Identity, Start, TRAILER_BYTES, WINDOW_BYTES};

/// With the version of the format.
const MAGIC: &[u8; 8] = b"NPGZIDX1";
/// In place of a number of bits.
const MEMBER: u8 = u8::MAX;

pub(super) fn format(index: &GzipIndex) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.extend(index.identity.size.to_le_bytes());
    out.extend(index.identity.last);
    out.extend(index.text_size.to_le_bytes());
    out.extend((index.checkpoints.len() as u64).to_le_bytes());
    for checkpoint in &index.checkpoints {
        let (kind, window) = match &checkpoint.start {
            Start::Member => (MEMBER, &[][..]),
            Start::Block { used_bits, window } => (*used_bits, window.as_slice()),
        };
        out.extend(checkpoint.input.to_le_bytes());
        out.extend(checkpoint.output.to_le_bytes());
        out.extend(checkpoint.crc.to_le_bytes());
        out.push(kind);
        out.extend((window.len() as u64).to_le_bytes());
        out.extend(window);
    }
    out.extend(crc_of(&out).to_le_bytes());
    out
}

/// The index in `bytes`; `None` where they are none, or one that contradicts itself.
pub(super) fn parse(bytes: &[u8]) -> Option<GzipIndex> {
    let (bytes, crc) = bytes.split_last_chunk::<4>()?;
    let mut rest = Rest(bytes);
    if rest.take(MAGIC.len())? != MAGIC || crc_of(bytes) != u32::from_le_bytes(*crc) {
        return None;
    }
    let size = rest.integer()?;
    let last = *rest.take(TRAILER_BYTES)?.first_chunk()?;
    let text_size = rest.integer()?;
    let count = rest.integer()?;
    let mut checkpoints: Vec<Checkpoint> = Vec::new();
    for _ in 0..count {
        checkpoints.push(rest.checkpoint()?);
    }
    let ascends = checkpoints.is_sorted_by(|one, next| {
        one.output < next.output && one.input <= next.input && next.start != Start::Member
    });
    let first = checkpoints.first()?;
    let begins = (first.input, first.output) == (0, 0) && first.start == Start::Member;
    let ends = checkpoints.last()?.output <= text_size;
    let identity = Identity { size, last };
    (ascends && begins && ends && rest.0.is_empty()).then_some(GzipIndex {
        identity,
        text_size,
        checkpoints,
    })
}

struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn integer(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(*self.take(8)?.first_chunk()?))
    }

    fn checkpoint(&mut self) -> Option<Checkpoint> {
        let (input, output) = (self.integer()?, self.integer()?);
        let crc = u32::from_le_bytes(*self.take(4)?.first_chunk()?);
        let kind = *self.take(1)?.first()?;
        let length = usize::try_from(self.integer()?).ok()?;
        let window = self.take(length)?.to_vec();
        let start = match kind {
            MEMBER => Start::Member,
            // Compressed, it is hardly ever longer than the window itself.
            0..8 if length <= 2 * WINDOW_BYTES => Start::Block { used_bits: kind, window },
            _ => return None,
        };
        Some(Checkpoint { input, output, start, crc })
    }
}

fn crc_of(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}
