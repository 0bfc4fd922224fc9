//! Parquet's RLE/bit-packing hybrid, in which levels and dictionary indices are stored.
//!
//! Values are taken in groups of eight, counted from the beginning of a page. A group of eight
//! equal values extends a run, any other is bit-packed; short runs among bit-packed groups are
//! bit-packed too where that is smaller. The bytes depend on the values alone, not on the calls
//! that brought them.

/// Bits that `max` takes, the width at which values up to `max` are packed.
pub(super) fn bit_width(max: u32) -> u8 {
    (u32::BITS - max.leading_zeros()) as u8
}

/// Writes one hybrid stream of values below `1 << width`.
#[derive(Debug)]
pub(super) struct HybridWriter {
    width: u8,
    bytes: Vec<u8>,
    /// Where the header of the bit-packed run that is open stands, and its groups so far.
    packed: Option<(usize, u8)>,
    /// The run of equal values that is not written yet, a multiple of eight of them.
    run_value: u32,
    run_length: u64,
}

/// Groups in one bit-packed run: the most whose header is one byte.
const MAX_PACKED_GROUPS: u8 = 63;
/// Bytes that a run after a bit-packed group may take and still be bit-packed: to end the packed
/// groups, write the run and begin anew takes three to five.
const SHORT_RUN_BYTES: u64 = 4;

impl HybridWriter {
    /// `width` is at most 32.
    pub(super) fn new(width: u8) -> Self {
        Self { width, bytes: Vec::new(), packed: None, run_value: 0, run_length: 0 }
    }

    /// Bytes written so far, without the run that is open.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends `count` values, a multiple of eight, each `value`.
    pub(super) fn repeat(&mut self, value: u32, count: u64) {
        if self.run_length > 0 && self.run_value != value {
            self.flush_run();
        }
        self.run_value = value;
        self.run_length += count;
    }

    /// Appends one group.
    pub(super) fn group(&mut self, values: &[u32; 8]) {
        if values.iter().all(|value| *value == values[0]) {
            self.repeat(values[0], 8);
        } else {
            self.flush_run();
            self.pack(values);
        }
    }

    /// Ends the stream with the last `values`, fewer than eight, appends it to `out`, and begins
    /// anew with values of `width`.
    pub(super) fn finish(&mut self, last: &[u32], width: u8, out: &mut Vec<u8>) {
        if let Some(&first) = last.first() {
            let same_as_run = self.run_length == 0 || self.run_value == first;
            if same_as_run && last.iter().all(|value| *value == first) {
                self.repeat(first, last.len() as u64);
            } else {
                self.flush_run();
                let mut group = [0; 8];
                group[..last.len()].copy_from_slice(last);
                self.pack(&group);
            }
        }
        if self.run_length > 0 {
            self.write_run();
        }
        out.extend_from_slice(&self.bytes);
        self.bytes.clear();
        self.packed = None;
        self.width = width;
    }

    /// Writes the open run in front of a group that does not belong to it.
    fn flush_run(&mut self) {
        if self.run_length == 0 {
            return;
        }
        let groups = self.run_length / 8;
        if self.packed.is_some() && groups * u64::from(self.width) <= SHORT_RUN_BYTES {
            let group = [self.run_value; 8];
            (0..groups).for_each(|_| self.pack(&group));
            self.run_length = 0;
        } else {
            self.write_run();
        }
    }

    fn write_run(&mut self) {
        let mut header = self.run_length << 1;
        while header >= 0x80 {
            self.bytes.push(header as u8 | 0x80);
            header >>= 7;
        }
        self.bytes.push(header as u8);
        let value_bytes = usize::from(self.width).div_ceil(8);
        self.bytes.extend_from_slice(&self.run_value.to_le_bytes()[..value_bytes]);
        self.packed = None;
        self.run_length = 0;
    }

    /// Appends one group of values of at most eight bits, the first one lowest.
    fn group_bytes(&mut self, values: u64) {
        let first = values & 0xff;
        if values == first * 0x0101_0101_0101_0101 {
            self.repeat(first as u32, 8);
        } else {
            self.flush_run();
            self.open_packed();
            self.pack_bytes(values);
        }
    }

    fn pack(&mut self, values: &[u32; 8]) {
        self.open_packed();
        if self.width <= 8 {
            return self.pack_bytes(u64::from_le_bytes(values.map(|value| value as u8)));
        }
        let width = u32::from(self.width);
        let (mut bits, mut held) = (0_u64, 0);
        for value in values {
            bits |= u64::from(*value) << held;
            held += width;
            if held >= 32 {
                self.bytes.extend_from_slice(&(bits as u32).to_le_bytes());
                bits >>= 32;
                held -= 32;
            }
        }
        // Eight values are a whole number of bytes.
        self.bytes.extend_from_slice(&(bits as u32).to_le_bytes()[..held as usize / 8]);
    }

    /// Appends eight values of at most eight bits each, the first one lowest.
    fn pack_bytes(&mut self, values: u64) {
        let length = self.bytes.len() + usize::from(self.width);
        let packed = squeeze(values, self.width.into());
        // All eight bytes and back, because a copy of a fixed length is no call.
        self.bytes.extend_from_slice(&packed.to_le_bytes());
        self.bytes.truncate(length);
    }

    /// Makes room for one more group in the header of the bit-packed run.
    fn open_packed(&mut self) {
        let (header, groups) = match self.packed {
            Some((header, groups)) if groups < MAX_PACKED_GROUPS => (header, groups + 1),
            _ => {
                self.bytes.push(0);
                (self.bytes.len() - 1, 1)
            }
        };
        self.bytes[header] = groups << 1 | 1;
        self.packed = Some((header, groups));
    }
}

/// Moves the low `width` (1 to 8) bits of each byte together: to pairs, then fours, then all eight.
fn squeeze(values: u64, width: u32) -> u64 {
    let join = |values: u64, lane: u32, bits: u32, ones: u64| {
        let first = (u64::MAX >> (64 - bits)) * ones;
        (values & first) | (values >> (lane - bits) & first << bits)
    };
    let pairs = join(values, 8, width, 0x0001_0001_0001_0001);
    let fours = join(pairs, 16, 2 * width, 0x0000_0001_0000_0001);
    join(fours, 32, 4 * width, 1)
}

/// Appends `values`, packed at `width`, to `out` as one stream.
pub(super) fn write_indices(values: &[u32], width: u8, out: &mut Vec<u8>) {
    let mut writer = HybridWriter::new(width);
    let (groups, rest) = values.as_chunks::<8>();
    groups.iter().for_each(|group| writer.group(group));
    writer.finish(rest, width, out);
}

/// Writes the levels of one page, which come in any portions.
#[derive(Debug)]
pub(super) struct LevelWriter {
    writer: HybridWriter,
    rest: [u32; 8],
    rest_length: usize,
}

impl LevelWriter {
    pub(super) fn new(max_level: u8) -> Self {
        let writer = HybridWriter::new(bit_width(u32::from(max_level)));
        Self { writer, rest: [0; 8], rest_length: 0 }
    }

    /// Bytes that the levels take so far.
    pub(super) fn len(&self) -> usize {
        self.writer.len()
    }

    /// Appends `count` times `level`.
    pub(super) fn repeat(&mut self, level: u8, count: usize) {
        let level = u32::from(level);
        let head = if self.rest_length == 0 { 0 } else { count.min(8 - self.rest_length) };
        (0..head).for_each(|_| self.push(level));
        let whole = (count - head) / 8 * 8;
        if whole > 0 {
            self.writer.repeat(level, whole as u64);
        }
        (head + whole..count).for_each(|_| self.push(level));
    }

    /// Appends `levels` one by one.
    pub(super) fn extend(&mut self, levels: &[u8]) {
        let head = if self.rest_length == 0 { 0 } else { levels.len().min(8 - self.rest_length) };
        let (head, levels) = levels.split_at(head);
        head.iter().for_each(|level| self.push(u32::from(*level)));
        let (groups, rest) = levels.as_chunks::<8>();
        for group in groups {
            self.writer.group_bytes(u64::from_le_bytes(*group));
        }
        rest.iter().for_each(|level| self.push(u32::from(*level)));
    }

    fn push(&mut self, level: u32) {
        self.rest[self.rest_length] = level;
        self.rest_length += 1;
        if self.rest_length == 8 {
            self.rest_length = 0;
            self.writer.group(&self.rest);
        }
    }

    /// Appends the levels, after their length in four bytes, to `out`, and begins the next page.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        let length_at = out.len();
        out.extend_from_slice(&[0; 4]);
        let width = self.writer.width;
        self.writer.finish(&self.rest[..self.rest_length], width, out);
        self.rest_length = 0;
        let length = (out.len() - length_at - 4) as u32;
        out[length_at..length_at + 4].copy_from_slice(&length.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads a hybrid stream as the specification of the format describes it, bit by bit.
    fn read(bytes: &[u8], width: u8, count: usize) -> Vec<u32> {
        let width = usize::from(width);
        let mut values = Vec::new();
        let mut at = 0;
        while values.len() < count {
            let (mut header, mut shift) = (0_u64, 0);
            loop {
                header |= u64::from(bytes[at] & 0x7f) << shift;
                shift += 7;
                at += 1;
                if bytes[at - 1] < 0x80 {
                    break;
                }
            }
            if header & 1 == 0 {
                let size = width.div_ceil(8);
                let value: u32 = (0..size).map(|i| u32::from(bytes[at + i]) << (8 * i)).sum();
                values.extend((0..header >> 1).map(|_| value));
                at += size;
            } else {
                let groups = (header >> 1) as usize;
                let bit = |i: usize| u32::from(bytes[at + i / 8] >> (i % 8) & 1);
                values.extend(
                    (0..groups * 8)
                        .map(|v| (0..width).map(|b| bit(v * width + b) << b).sum::<u32>()),
                );
                at += groups * width;
            }
        }
        assert_eq!(at, bytes.len(), "nothing may follow the last run");
        assert!(values[count..].iter().all(|padding| *padding == 0));
        values.truncate(count);
        values
    }

    /// Runs and single values in turn, all below `1 << width`.
    fn values(width: u8) -> impl Strategy<Value = Vec<u32>> {
        let value = 0..=u32::MAX >> (32 - width);
        proptest::collection::vec((value, prop_oneof![4 => 1..4_usize, 1 => 8..700_usize]), 0..60)
            .prop_map(|runs| {
                runs.into_iter()
                    .flat_map(|(value, count)| std::iter::repeat_n(value, count))
                    .collect()
            })
    }

    proptest! {
        #[test]
        fn indices_read_back(
            (width, values) in (1_u8..=32).prop_flat_map(|width| (Just(width), values(width)))
        ) {
            let mut bytes = Vec::new();
            write_indices(&values, width, &mut bytes);
            prop_assert_eq!(read(&bytes, width, values.len()), values);
        }

        #[test]
        fn levels_are_the_same_in_any_portions(values in values(3), cuts in proptest::collection::vec(1..40_usize, 1..20)) {
            let levels: Vec<u8> = values.iter().map(|value| *value as u8).collect();
            let mut whole = Vec::new();
            let mut writer = LevelWriter::new(7);
            writer.extend(&levels);
            writer.finish(&mut whole);
            let length = u32::from_le_bytes(*whole.first_chunk().unwrap()) as usize;
            prop_assert_eq!(length, whole.len() - 4);
            prop_assert_eq!(read(&whole[4..], 3, values.len()), values);

            // The same writer again, in portions, runs as such.
            let mut portions = Vec::new();
            let (mut at, mut cut) = (0, cuts.iter().cycle());
            while at < levels.len() {
                let end = levels.len().min(at + cut.next().unwrap());
                if levels[at..end].iter().all(|level| *level == levels[at]) {
                    writer.repeat(levels[at], end - at);
                } else {
                    writer.extend(&levels[at..end]);
                }
                at = end;
            }
            writer.finish(&mut portions);
            prop_assert_eq!(portions, whole);
        }
    }

    #[test]
    fn the_examples_of_the_specification() {
        // https://parquet.apache.org/docs/file-format/data-pages/encodings/: 0 to 7 at width 3.
        let mut bytes = Vec::new();
        write_indices(&[0, 1, 2, 3, 4, 5, 6, 7], 3, &mut bytes);
        assert_eq!(bytes, [0b11, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
        // A run of 100 times 5: its length shifted by one as a varint, then the value.
        bytes.clear();
        write_indices(&[5; 100], 3, &mut bytes);
        assert_eq!(bytes, [0b1100_1000, 0b1, 5]);
    }

    #[test]
    fn widths_are_those_of_the_largest_value() {
        assert_eq!([0, 1, 2, 3, 4, 255, 256, u32::MAX].map(bit_width), [0, 1, 2, 2, 3, 8, 9, 32]);
    }
}
