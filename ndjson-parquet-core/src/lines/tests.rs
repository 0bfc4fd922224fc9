//! Blocks against the naive rule: split at LF, compare lengths with the limit.

use std::io::{self, Read};

use proptest::prelude::*;

use super::*;

/// Gives at most `most` bytes a read, and now and then an interruption.
struct Trickle<'a> {
    bytes: &'a [u8],
    most: usize,
    reads: usize,
}

impl<'a> Trickle<'a> {
    fn new(bytes: &'a [u8], most: usize) -> Self {
        Self { bytes, most, reads: 0 }
    }
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reads += 1;
        if self.reads % 7 == 3 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let most = self.most.min(buffer.len());
        self.bytes.read(&mut buffer[..most])
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Lines { bytes: Vec<u8>, offset: u64, synthetic_end: bool },
    Long(LongLine),
}

fn options(block_bytes: usize, max_line_bytes: usize) -> LineBlocksOptions {
    LineBlocksOptions { block_bytes, max_line_bytes }
}

/// All items, after the checks that hold for every stream.
fn read_all(input: &[u8], most: usize, options: LineBlocksOptions) -> Vec<Seen> {
    let mut blocks = LineBlocks::new(Trickle::new(input, most), options);
    let mut seen = Vec::new();
    let mut position = 0;
    while let Some(item) = blocks.next_block().unwrap() {
        match item {
            Item::Block(block) => {
                assert_eq!(block.offset, position);
                assert_eq!(block.bytes.len(), block.length + BLOCK_PADDING);
                assert!(block.bytes[block.length..].iter().all(|byte| *byte == b'\n'));
                assert_eq!(block.lines().last(), Some(&b'\n'));
                position += block.stream_bytes();
                seen.push(Seen::Lines {
                    bytes: block.lines().to_vec(),
                    offset: block.offset,
                    synthetic_end: block.synthetic_end,
                });
            }
            Item::LongLine(line) => {
                assert_eq!(line.offset, position);
                position += line.length + u64::from(line.end_bytes);
                seen.push(Seen::Long(line));
            }
        }
        assert_eq!(blocks.bytes_given(), position);
    }
    assert_eq!(position, input.len() as u64);
    assert!(blocks.next_block().unwrap().is_none(), "the end stays the end");
    seen
}

/// The same by the rule as a user reads it: line by line.
fn naive(input: &[u8], max_line_bytes: usize) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut offset = 0;
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let terminated = text.len() < line.len();
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.len() > max_line_bytes {
            seen.push(Seen::Long(LongLine {
                offset,
                length: text.len() as u64,
                end_bytes: (line.len() - text.len()) as u8,
                blank: text.iter().all(|byte| b" \t\r".contains(byte)),
                terminated,
            }));
        } else {
            let mut bytes = line.to_vec();
            if !terminated {
                bytes.push(b'\n');
            }
            seen.push(Seen::Lines { bytes, offset, synthetic_end: !terminated });
        }
        offset += line.len() as u64;
    }
    seen
}

/// Blocks taken apart into lines, to be compared with [`naive`].
fn line_by_line(seen: Vec<Seen>) -> Vec<Seen> {
    let mut lines = Vec::new();
    for item in seen {
        let Seen::Lines { bytes, mut offset, synthetic_end } = item else {
            lines.push(item);
            continue;
        };
        let mut rest = bytes.split_inclusive(|byte| *byte == b'\n').peekable();
        while let Some(line) = rest.next() {
            let synthetic_end = synthetic_end && rest.peek().is_none();
            lines.push(Seen::Lines { bytes: line.to_vec(), offset, synthetic_end });
            offset += line.len() as u64;
        }
    }
    lines
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let letter = prop_oneof![
        4 => Just(&b"a"[..]),
        2 => Just(&b" "[..]),
        1 => Just(&b"\r"[..]),
        1 => Just(&b"\r\n"[..]),
        2 => Just(&b"\n"[..]),
        1 => Just(&b"bbbbbbbbbbbbbbbbbbbbbbbbb"[..]),
    ];
    proptest::collection::vec(letter, 0..80).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn every_line_comes_out_once(
        input in text(),
        most in 1usize..50,
        block_bytes in 0usize..70,
        max_line_bytes in 1usize..60,
    ) {
        let seen = read_all(&input, most, options(block_bytes, max_line_bytes));
        prop_assert_eq!(line_by_line(seen), naive(&input, max_line_bytes));
    }

    #[test]
    fn blocks_do_not_depend_on_read_sizes(
        input in text(),
        most in 1usize..50,
        block_bytes in 1usize..70,
        max_line_bytes in 1usize..60,
    ) {
        let options = options(block_bytes, max_line_bytes);
        prop_assert_eq!(read_all(&input, most, options), read_all(&input, usize::MAX, options));
    }
}

/// Rows of 1 to 200 bytes, and one in 50 of 1000.
fn rows(count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in 0..count {
        let length = if row % 50 == 49 { 1000 } else { row * 37 % 200 };
        bytes.resize(bytes.len() + length, b'a' + (row % 26) as u8);
        bytes.extend_from_slice(if row % 3 == 0 { b"\r\n" } else { b"\n" });
    }
    bytes
}

#[test]
fn blocks_are_the_same_for_all_read_sizes_from_1_to_130() {
    let input = rows(120);
    for options in [options(128, 512), options(300, 4096), options(1 << 16, 1 << 20)] {
        let whole = read_all(&input, usize::MAX, options);
        assert!(whole.len() > 1 || options.block_bytes > input.len());
        for most in 1..=130 {
            assert_eq!(read_all(&input, most, options), whole, "reads of {most} bytes");
        }
    }
}

#[test]
fn a_block_is_cut_at_the_last_line_feed_of_its_size() {
    let seen = read_all(b"12\n456\n89\nb", 3, options(8, 100));
    let lines = |bytes: &[u8], offset, synthetic_end| Seen::Lines {
        bytes: bytes.to_vec(),
        offset,
        synthetic_end,
    };
    assert_eq!(seen, [lines(b"12\n456\n", 0, false), lines(b"89\nb\n", 7, true)]);
}

#[test]
fn an_empty_stream_has_no_block() {
    assert_eq!(read_all(b"", 1, LineBlocksOptions::default()), []);
}

#[test]
fn a_line_of_the_limit_passes_and_one_byte_more_does_not() {
    const LIMIT: usize = 1000;
    for end in [&b""[..], b"\n", b"\r\n", b"\nnext\n"] {
        for (length, long) in [(LIMIT - 1, false), (LIMIT, false), (LIMIT + 1, true)] {
            for block_bytes in [1, 64, 999, 1000, 1001, 5000] {
                let input = [&vec![b'x'; length][..], end].concat();
                let seen = read_all(&input, 77, options(block_bytes, LIMIT));
                let case = format!("{length} bytes, end {end:?}, blocks of {block_bytes}");
                assert_eq!(matches!(seen[0], Seen::Long(_)), long, "{case}");
                assert_eq!(line_by_line(seen), naive(&input, LIMIT), "{case}");
            }
        }
    }
}

/// `length` bytes of `fill`, then an LF and a row, without holding them.
fn endless(fill: u8, length: u64) -> impl Read {
    io::repeat(fill).take(length).chain(&b"\n{\"a\":1}\n"[..])
}

#[test]
fn a_long_line_is_thrown_away_in_flat_memory() {
    for (fill, blank) in [(b'x', false), (b' ', true)] {
        let length = 64 << 20;
        let mut blocks = LineBlocks::new(endless(fill, length), options(4096, 10_000));
        let line = LongLine { offset: 0, length, end_bytes: 1, blank, terminated: true };
        assert_eq!(blocks.next_block().unwrap(), Some(Item::LongLine(line)));
        assert!(blocks.buffer.capacity() < 10_000 + 4096, "{}", blocks.buffer.capacity());
        let Some(Item::Block(block)) = blocks.next_block().unwrap() else {
            panic!("expected the line behind the long one");
        };
        assert_eq!((block.lines(), block.offset), (&b"{\"a\":1}\n"[..], length + 1));
        assert!(blocks.next_block().unwrap().is_none());
    }
}

#[test]
fn the_buffer_grows_for_a_line_and_shrinks_afterwards() {
    let mut input = vec![b'x'; 100_000];
    input.push(b'\n');
    input.extend_from_slice(&b"{\"a\":1}\n".repeat(20_000));
    let mut blocks = LineBlocks::new(&input[..], options(4096, 1 << 20));
    let mut largest = 0;
    while blocks.next_block().unwrap().is_some() {
        largest = largest.max(blocks.buffer.capacity());
    }
    assert!((100_000..200_000 + 4096).contains(&largest), "{largest}");
    assert!(blocks.buffer.capacity() < 8192, "{}", blocks.buffer.capacity());
}

#[test]
fn an_error_of_the_reader_comes_out() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let mut blocks = LineBlocks::new((&b"1\n2"[..]).chain(Broken), options(1024, 1024));
    assert_eq!(blocks.next_block().unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[test]
fn a_reader_that_claims_too_much_is_an_error() {
    struct Liar;
    impl Read for Liar {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            Ok(buffer.len() + 1)
        }
    }
    let mut blocks = LineBlocks::new(Liar, LineBlocksOptions::default());
    assert!(blocks.next_block().unwrap_err().to_string().contains("a reader that claims"));
}
