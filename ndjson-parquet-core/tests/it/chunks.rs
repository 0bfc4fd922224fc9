//! Output depends on the bytes of the input only, never on how they arrive or who decodes them.

use ndjson_parquet_core::{KernelChoice, ReaderBuilder};
use proptest::prelude::*;

use crate::support::{Output, pull, push, reader};

const COLUMNS: [(&str, &str); 7] = [
    ("id", "int64"),
    ("name", "utf8"),
    ("ok", "boolean"),
    ("score", "float64"),
    ("at", "timestamp(us)"),
    ("tags", "list<utf8>"),
    ("user", "struct<id: uint32, emails: list<struct<address: utf8, rank: int8>>>"),
];

fn builder() -> ReaderBuilder {
    reader(&COLUMNS)
}

const SAMPLE: &str = concat!(
    "\u{feff}{\"id\":1,\"name\":\"Zoë\",\"ok\":true,\"score\":1.5,\"at\":\"2024-02-29T12:00:00\"}\n",
    "\r\n",
    "{\"id\":-9007199254740993,\"name\":\"\\u0041\\ud83d\\ude00\\n\",\"tags\":[\"a\",null,\"日本\"]}\r\n",
    "{\"user\":{\"id\":7,\"emails\":[{\"address\":\"a@b\",\"rank\":1},{},{\"rank\":999}]},\"x\":{\"y\":[1]}}\n",
    "not json\n",
    "{\"name\":12.50,\"score\":1e2,\"id\":\"one\",\"id\":2}\n",
    "   \n",
    "{\"name\":\"a string that is longer than any window of sixty-four bytes, with \\\"escapes\\\" in \
      it\",\"tags\":[]}\n",
    "{\"id\":3,\"name\":\"unterminated\n",
    "{\"id\":18446744073709551616}\n",
    "{\"id\":4}"
);

#[test]
fn every_chunk_size_gives_the_same_rows() {
    let expected = pull(&builder(), SAMPLE.as_bytes(), 1 << 20).unwrap();
    assert_eq!(expected.counts, [11, 7, 2, 2]);
    for size in 1..=130 {
        assert_eq!(push(&builder(), SAMPLE.as_bytes(), size).unwrap(), expected, "{size}");
    }
}

#[test]
fn every_read_size_gives_the_same_rows() {
    let expected = pull(&builder(), SAMPLE.as_bytes(), 1 << 20).unwrap();
    for size in 1..=130 {
        assert_eq!(pull(&builder(), SAMPLE.as_bytes(), size).unwrap(), expected, "{size}");
    }
}

#[test]
fn every_batch_size_gives_the_same_rows() {
    let expected = pull(&builder(), SAMPLE.as_bytes(), 1 << 20).unwrap();
    for size in 1..=9 {
        let rows = builder().with_batch_size(size);
        assert_eq!(pull(&rows, SAMPLE.as_bytes(), 50).unwrap(), expected, "{size} rows");
        let bytes = builder().with_batch_bytes(size * 20);
        assert_eq!(pull(&bytes, SAMPLE.as_bytes(), 50).unwrap(), expected, "{size} x 20 bytes");
    }
}

#[test]
fn batches_have_the_rows_asked_for() {
    let input = "{\"id\":1}\n".repeat(10);
    let batches = builder().with_batch_size(4).build(input.as_bytes()).unwrap();
    let rows: Vec<usize> = batches.map(|batch| batch.unwrap().num_rows()).collect();
    assert_eq!(rows, [4, 4, 2]);
    let batches = builder().with_batch_bytes(10).build(input.as_bytes()).unwrap();
    let rows: Vec<usize> = batches.map(|batch| batch.unwrap().num_rows()).collect();
    assert_eq!(rows, [2, 2, 2, 2, 2], "the line that reaches the limit is in the batch");
}

fn with_kernel(kernel: KernelChoice, input: &[u8]) -> Output {
    push(&builder().with_kernel(kernel), input, 1 << 20).unwrap()
}

fn kernels() -> impl Iterator<Item = KernelChoice> {
    KernelChoice::ALL.into_iter().filter(|kernel| kernel.is_available())
}

fn kernels_agree(input: &[u8]) {
    let scalar = with_kernel(KernelChoice::Scalar, input);
    for kernel in kernels() {
        assert_eq!(with_kernel(kernel, input), scalar, "{kernel}");
    }
}

#[test]
fn kernels_agree_on_the_sample_with_any_byte_changed() {
    for at in 0..SAMPLE.len() {
        for byte in [b'"', b'\\', b'\n', b'{', b'}', b'[', b',', b':', 0, b'9', 0xff, b' '] {
            let mut input = SAMPLE.as_bytes().to_vec();
            input[at] = byte;
            // Some changes make it another format.
            let scalar = push(&builder().with_kernel(KernelChoice::Scalar), &input, 1 << 20);
            let scalar = scalar.map_err(|error| error.to_string());
            for kernel in kernels() {
                let found = push(&builder().with_kernel(kernel), &input, 1 << 20);
                let found = found.map_err(|error| error.to_string());
                assert_eq!(found, scalar, "{kernel}, {at}: {byte}");
            }
        }
    }
}

proptest! {
    #[test]
    fn kernels_agree_on_any_text(lines in prop::collection::vec("[\\PC\\x00-\\x1f\"\\\\]{0,90}", 0..8)) {
        let escaped: Vec<String> = lines.iter().map(|line| {
            format!("{{\"id\":1,\"name\":{},\"tags\":[\"{line}\"]}}", serde_json::Value::from(line.as_str()))
        }).collect();
        kernels_agree(format!("{{}}\n{}", escaped.join("\n")).as_bytes());
        kernels_agree(format!("{{}}\n{}", lines.join("\n")).as_bytes());
    }

    #[test]
    fn chunks_agree_on_mutated_lines(
        cuts in prop::collection::vec((0..SAMPLE.len(), any::<u8>()), 0..12),
        size in prop_oneof![1..200_usize, 1..3000_usize],
        max_line_bytes in prop_oneof![Just(1 << 20), 40..200_usize],
    ) {
        let mut input = b"{}\n".to_vec();
        input.extend_from_slice(&SAMPLE.as_bytes()[3..]);
        for (at, byte) in cuts {
            input[(at + 3).min(SAMPLE.len() - 1)] = byte;
        }
        // Long enough that most chunks have lines that are decoded where they are.
        input = [input.clone(), b"\n".to_vec(), input].concat().repeat(2);
        let builder = builder().with_max_line_bytes(max_line_bytes);
        let whole = push(&builder, &input, 1 << 20).unwrap();
        prop_assert_eq!(push(&builder, &input, size).unwrap(), whole.clone());
        prop_assert_eq!(pull(&builder, &input, size).unwrap(), whole);
    }
}
