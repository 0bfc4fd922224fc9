use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use proptest::prelude::*;

use super::{MAX_PARQUET_DEPTH, read_schema, schema_from_bytes};
use crate::error::{ErrorKind, Result};
use crate::schema::arbitrary::any_schema;
use crate::schema::json_form::schema_to_json;
use crate::schema::{format_field_type, parse_field};

/// A writer of one kind of schema file.
type Write = fn(&Schema) -> Vec<u8>;

const WRITERS: [(&str, Write); 5] = [
    ("ipc file", ipc_file),
    ("ipc stream", ipc_stream),
    ("old ipc stream", old_ipc_stream),
    ("parquet", parquet),
    ("json", |schema| schema_to_json(schema).into_bytes()),
];

fn ipc_file(schema: &Schema) -> Vec<u8> {
    let mut writer = FileWriter::try_new(Vec::new(), schema).unwrap();
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

fn ipc_stream(schema: &Schema) -> Vec<u8> {
    StreamWriter::try_new(Vec::new(), schema).unwrap().into_inner().unwrap()
}

/// Without the marker, as before Arrow 0.15.
fn old_ipc_stream(schema: &Schema) -> Vec<u8> {
    ipc_stream(schema).split_off(4)
}

fn parquet(schema: &Schema) -> Vec<u8> {
    parquet_with(schema, ArrowWriterOptions::new())
}

fn parquet_with(schema: &Schema, options: ArrowWriterOptions) -> Vec<u8> {
    let mut bytes = Vec::new();
    let schema = Arc::new(schema.clone());
    ArrowWriter::try_new_with_options(&mut bytes, schema, options).unwrap().close().unwrap();
    bytes
}

fn sample() -> Schema {
    let element = Field::new("element", DataType::LargeUtf8, false);
    let zone = Some("America/New_York".into());
    Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("tags", DataType::List(element.into()), true),
        Field::new_struct(
            "user",
            vec![
                Field::new("at", DataType::Timestamp(TimeUnit::Millisecond, zone), true),
                Field::new("paid", DataType::Decimal128(18, 2), true),
            ],
            true,
        ),
    ])
}

fn read(bytes: &[u8]) -> Result<Schema> {
    schema_from_bytes("test", bytes).map(|schema| schema.as_ref().clone())
}

fn assert_refused(bytes: &[u8], message: &str) {
    let error = read(bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    assert!(error.message().starts_with("schema file test: "), "{error}");
    assert!(error.message().contains(message), "{error}");
}

#[test]
fn the_content_and_not_the_name_tells_the_format() {
    let folder = tempfile::tempdir().unwrap();
    for (name, write) in WRITERS {
        let path = folder.path().join("schema.txt");
        std::fs::write(&path, write(&sample())).unwrap();
        assert_eq!(*read_schema(&path).unwrap(), sample(), "{name}");
    }
    let error = read_schema(folder.path().join("none")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    assert!(read_schema(folder.path()).is_err());
}

#[test]
fn files_with_data_give_their_schema() {
    let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)]));
    let column = Arc::new(arrow_array::Int64Array::from(vec![1, 2, 3]));
    let options = RecordBatchOptions::new();
    let batch =
        RecordBatch::try_new_with_options(Arc::clone(&schema), vec![column], &options).unwrap();

    let mut writer = FileWriter::try_new(Vec::new(), &schema).unwrap();
    writer.write(&batch).unwrap();
    assert_eq!(read(&writer.into_inner().unwrap()).unwrap(), *schema);
    let mut writer = StreamWriter::try_new(Vec::new(), &schema).unwrap();
    writer.write(&batch).unwrap();
    assert_eq!(read(&writer.into_inner().unwrap()).unwrap(), *schema);
    let mut writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), None).unwrap();
    writer.write(&batch).unwrap();
    assert_eq!(read(&writer.into_inner().unwrap()).unwrap(), *schema);
}

#[test]
fn encoded_columns_have_the_type_of_their_values() {
    let dictionary = DataType::Dictionary(DataType::Int8.into(), DataType::Utf8.into());
    let large = DataType::LargeList(Field::new_list_field(dictionary.clone(), true).into());
    let schema =
        Schema::new(vec![Field::new("a", dictionary, true), Field::new("b", large, false)]);
    let expected = Schema::new(vec![
        Field::new("a", DataType::Utf8, true),
        Field::new("b", DataType::new_list(DataType::Utf8, true), false),
    ]);
    for (name, write) in WRITERS.into_iter().filter(|(name, _)| *name != "json") {
        assert_eq!(read(&write(&schema)).unwrap(), expected, "{name}");
    }

    let ends = Field::new("run_ends", DataType::Int32, false);
    let values = Field::new("values", DataType::Date32, true);
    let runs = DataType::RunEndEncoded(ends.into(), values.into());
    let bytes = ipc_file(&Schema::new(vec![Field::new("a", runs, true)]));
    let expected = Schema::new(vec![Field::new("a", DataType::Date32, true)]);
    assert_eq!(read(&bytes).unwrap(), expected);
}

#[test]
fn metadata_is_dropped() {
    let metadata = || [("k".to_owned(), "v".to_owned())].into();
    let child = Field::new("b", DataType::Int8, true).with_metadata(metadata());
    let field = Field::new_struct("a", vec![child], true).with_metadata(metadata());
    let schema = Schema::new_with_metadata(vec![field], metadata());
    let expected = Schema::new(vec![Field::new_struct(
        "a",
        vec![Field::new("b", DataType::Int8, true)],
        true,
    )]);
    for (name, write) in WRITERS {
        assert_eq!(read(&write(&schema)).unwrap(), expected, "{name}");
    }
}

#[test]
fn a_parquet_file_without_an_arrow_schema_has_the_types_of_parquet() {
    let options = ArrowWriterOptions::new().with_skip_arrow_metadata(true);
    let schema = read(&parquet_with(&sample(), options)).unwrap();
    let utc = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    let tags = DataType::List(Field::new("element", DataType::Utf8, false).into());
    assert_eq!(schema.field(0), &Field::new("id", DataType::Int64, false));
    assert_eq!(schema.field(1), &Field::new("tags", tags, true));
    let DataType::Struct(user) = schema.field(2).data_type() else { panic!("{schema}") };
    assert_eq!(*user[0], Field::new("at", utc, true));
    assert_eq!(*user[1], Field::new("paid", DataType::Decimal128(18, 2), true));
}

#[test]
fn types_that_are_not_written_are_refused_with_their_path() {
    let structure =
        Field::new_struct("a", vec![Field::new("b", DataType::FixedSizeBinary(4), true)], true);
    let schema = Schema::new(vec![structure]);
    for (_, write) in WRITERS.into_iter().filter(|(name, _)| *name != "json") {
        assert_refused(&write(&schema), "column `a.b`: expected a type that can be written, found");
    }
    let options = ArrowWriterOptions::new().with_skip_arrow_metadata(true);
    assert_refused(&parquet_with(&schema, options), "column `a.b`: ");
    assert_refused(&ipc_file(&Schema::empty()), "schema: expected at least one column");
}

#[test]
fn files_cut_short_are_errors_at_every_length() {
    for (name, write) in WRITERS {
        let bytes = write(&sample());
        // JSON may lack its last line feed, and a stream the eight bytes that end it.
        let whole = match name {
            "json" => bytes.len() - 1,
            "ipc stream" | "old ipc stream" => bytes.len() - 8,
            _ => bytes.len(),
        };
        for length in 0..whole {
            let error = read(&bytes[..length]).expect_err(name);
            assert_eq!(error.kind(), ErrorKind::Schema, "{name} {length}");
        }
        assert_eq!(read(&bytes[..whole]).unwrap(), sample(), "{name}");
    }
}

#[test]
fn files_with_a_damaged_byte_do_not_panic() {
    for (name, write) in WRITERS {
        let bytes = write(&sample());
        for index in 0..bytes.len() {
            for flip in [0x01, 0x02, 0x10, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[index] ^= flip;
                if let Err(error) = read(&damaged) {
                    assert_eq!(error.kind(), ErrorKind::Schema, "{name} {index}");
                }
            }
        }
    }
}

#[test]
fn lengths_beyond_the_file_are_errors() {
    assert_refused(b"ARROW1\0\0\xff\xff\xff\x7fARROW1", "expected a footer of Arrow");
    assert_refused(b"PAR1\xff\xff\xff\xffPAR1", "footer of Parquet within the file of 12 bytes");
    assert_refused(b"\xff\xff\xff\xff\xff\xff\xff\x7f", "at most 67108864 bytes");
    assert_refused(b"\xff\xff\xff\xff\x00\x10\x00\x00", "the file is cut short");
    assert_refused(b"PARE\x00\x00\x00\x00PARE", "an encrypted one");
    assert_refused(b"{\0\"\0a\0\"\0", "expected a schema as JSON, Arrow IPC or Parquet");
}

/// A Parquet file of nested groups of one field each, built by hand from Thrift's bytes.
fn nested_parquet(levels: usize) -> Vec<u8> {
    let mut footer = vec![0x15, 0x02, 0x19, 0xfc];
    let mut count = levels + 1;
    while count >= 0x80 {
        footer.push(count as u8 | 0x80);
        count >>= 7;
    }
    footer.push(count as u8);
    footer.extend([0x48, 1, b'r', 0x15, 2, 0]);
    for _ in 1..levels {
        footer.extend([0x35, 0, 0x18, 1, b'g', 0x15, 2, 0]);
    }
    footer.extend([0x15, 4, 0x25, 0, 0x18, 1, b'c', 0, 0]);
    let length = (footer.len() as u32).to_le_bytes();
    [b"PAR1", footer.as_slice(), &length, b"PAR1"].concat()
}

#[test]
fn deep_parquet_schemas_are_errors_and_not_crashes() {
    let expected = Schema::new(vec![Field::new_struct(
        "g",
        vec![Field::new("c", DataType::Int64, false)],
        false,
    )]);
    assert_eq!(read(&nested_parquet(2)).unwrap(), expected);
    assert!(read(&nested_parquet(24)).is_ok());
    assert_refused(&nested_parquet(25), "expected at most 24 levels of nesting");
    assert_refused(&nested_parquet(MAX_PARQUET_DEPTH - 1), "expected at most 24 levels");
    assert_refused(&nested_parquet(MAX_PARQUET_DEPTH), "found 1025 and 1025");
    assert_refused(&nested_parquet(300_000), "expected a Parquet schema of at most 1024 levels");
}

/// `schema` with lists for large lists, and strings for dictionaries of them.
fn of_plain_types(schema: &Schema) -> Schema {
    let fields = schema.fields().iter().map(|field| {
        let text = format_field_type(field);
        let text = text.replace("large_list<", "list<").replace("dictionary<utf8>", "utf8");
        parse_field(field.name(), &text).unwrap().with_nullable(field.is_nullable())
    });
    Schema::new(fields.collect::<Vec<_>>())
}

#[test]
fn notations_and_the_further_types_survive_in_every_format() {
    let schema = of_plain_types(&Schema::new(vec![
        parse_field("raw", "json not null").unwrap(),
        parse_field("blob", "binary(base64)").unwrap(),
        parse_field("at", "timestamp(us, UTC, epoch(ms))").unwrap(),
        parse_field("day", "timestamp(ms, format(\"%d/%m/%Y\"))").unwrap(),
        parse_field("l", "list<struct<b: binary(hex)>>").unwrap(),
        parse_field("m", "map<utf8, json not null>").unwrap(),
        parse_field("t", "time(ms)").unwrap(),
        parse_field("d", "decimal256(76,2)").unwrap(),
    ]));
    for (name, write) in WRITERS {
        assert_eq!(read(&write(&schema)).unwrap(), schema, "{name}");
    }
}

#[test]
fn a_notation_in_a_file_that_is_none_is_an_error_with_its_column() {
    let metadata = [("ndjson-parquet.notation".to_owned(), "base32".to_owned())].into();
    let child = Field::new("b", DataType::Binary, true).with_metadata(metadata);
    let schema = Schema::new(vec![Field::new_struct("a", vec![child], true)]);
    assert_refused(&ipc_file(&schema), "column `a.b`: notation `base32`: expected a notation");
    assert_refused(&parquet(&schema), "notation `base32`: expected a notation");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_supported_schema_survives_any_format(schema in any_schema()) {
        for (name, write) in WRITERS {
            let expected = if name == "json" { schema.clone() } else { of_plain_types(&schema) };
            prop_assert_eq!(&read(&write(&schema)).unwrap(), &expected, "{}", name);
        }
    }

    #[test]
    fn any_damage_is_survived(
        schema in any_schema(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        for (name, write) in WRITERS {
            let mut bytes = write(&schema);
            for (index, byte) in &edits {
                let index = index.index(bytes.len());
                bytes[index] = *byte;
            }
            if let Err(error) = read(&bytes) {
                prop_assert_eq!(error.kind(), ErrorKind::Schema, "{}", name);
            }
        }
    }

    #[test]
    fn any_bytes_are_a_schema_or_an_error(
        head in prop::sample::select(vec![&b""[..], b"ARROW1\0\0", b"PAR1", b"\xff\xff\xff\xff"]),
        body in prop::collection::vec(any::<u8>(), 0..200),
        tail in prop::sample::select(vec![&b""[..], b"ARROW1", b"PAR1"]),
    ) {
        let length = (body.len() as u32).to_le_bytes();
        let parts = if tail.is_empty() {
            [head, &length, &body, tail].concat()
        } else {
            [head, &body, &length, tail].concat()
        };
        if let Err(error) = read(&parts) {
            prop_assert_eq!(error.kind(), ErrorKind::Schema);
        }
    }
}

#[test]
fn schemas_nest_to_the_same_depth_in_every_format() {
    let nested = |levels| {
        let nested = (0..levels).fold(DataType::Int64, |inner, _| DataType::new_list(inner, true));
        Schema::new(vec![Field::new("a", nested, true)])
    };
    for (name, write) in WRITERS {
        assert_eq!(read(&write(&nested(23))).unwrap(), nested(23), "{name}");
        let message = if name == "json" { "at most 23 nested lists" } else { "at most 24 levels" };
        assert_refused(&write(&nested(24)), message);
    }
    // Arrow's own readers end at 60 levels, unless they take the types from the Parquet schema.
    let skip = ArrowWriterOptions::new().with_skip_arrow_metadata(true);
    assert_refused(&parquet_with(&nested(61), skip), "at most 24 levels of nesting");
}
