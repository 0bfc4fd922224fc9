use std::fs;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, Decimal128Array, Float64Array, Int64Array, ListArray, RecordBatch,
    StringArray, TimestampMicrosecondArray, UInt64Array, types::Int64Type,
};
use tempfile::TempDir;

use super::*;
use crate::encode::{EncoderFactory, FileAssembler, ParquetOptions};

fn sample_file(home: &TempDir) -> std::path::PathBuf {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from(vec![Some(-5), None, Some(7)]))),
        ("big", Arc::new(UInt64Array::from(vec![1, 2, u64::MAX]))),
        ("name", Arc::new(StringArray::from(vec!["ä", "b", "b"]))),
        ("x", Arc::new(Float64Array::from(vec![0.5, 1.5, -2.25]))),
        ("day", Arc::new(Date32Array::from(vec![0, 1, 19_723]))),
        (
            "at",
            Arc::new(TimestampMicrosecondArray::from(vec![0, 1, 1_500_000]).with_timezone("UTC")),
        ),
        (
            "cents",
            Arc::new(
                Decimal128Array::from(vec![-5, 12, 1234]).with_precision_and_scale(30, 2).unwrap(),
            ),
        ),
        (
            "tags",
            Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([
                Some(vec![Some(1), Some(2)]),
                None,
                Some(vec![]),
            ])),
        ),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let path = home.path().join("sample.parquet");
    let factory = Arc::new(EncoderFactory::new(batch.schema(), &ParquetOptions::new()).unwrap());
    let mut file = FileAssembler::new(&factory, fs::File::create(&path).unwrap()).unwrap();
    for _ in 0..2 {
        let mut encoder = factory.encoder().unwrap();
        encoder.write(batch.clone()).unwrap();
        file.append(encoder.finish().unwrap()).unwrap();
    }
    file.finish(vec![("balance".to_owned(), "even".to_owned())]).unwrap();
    path
}

#[test]
fn a_file_is_described_from_its_footer() {
    let home = TempDir::new().unwrap();
    let path = sample_file(&home);
    let found = inspect(&path).unwrap();
    assert_eq!(found.file_size, fs::metadata(&path).unwrap().len());
    assert_eq!((found.rows, found.row_groups.len()), (6, 2));
    assert!(found.created_by.unwrap().starts_with("ndjson-parquet version "));
    assert_eq!(found.metadata.last().unwrap().value.as_deref(), Some("even"));

    let types: Vec<_> = found.fields.iter().map(|field| field.arrow_type.as_str()).collect();
    assert_eq!(types[..4], ["Int64", "UInt64", "Utf8", "Float64"]);
    assert_eq!(types[6], "Decimal128(30, 2)");
    assert_eq!(found.columns[2].physical_type, "BYTE_ARRAY");
    assert_eq!(found.columns[2].logical_type.as_deref(), Some("String"));
    assert_eq!(found.columns[2].converted_type.as_deref(), Some("UTF8"));
    assert_eq!(found.columns[0].converted_type, None);
    assert_eq!(found.columns[7].path, "tags.list.item");
}

#[test]
fn minima_and_maxima_are_text_in_the_notation_of_their_type() {
    let home = TempDir::new().unwrap();
    let found = inspect(sample_file(&home)).unwrap();
    let columns = &found.row_groups[1].columns;
    let range = |i: usize| (columns[i].min.as_deref().unwrap(), columns[i].max.as_deref().unwrap());
    assert_eq!(range(0), ("-5", "7"));
    assert_eq!(range(1), ("1", "18446744073709551615"));
    assert_eq!(range(2), ("b", "ä"));
    assert_eq!(range(3), ("-2.25", "1.5"));
    assert_eq!(range(4), ("1970-01-01", "2024-01-01"));
    assert_eq!(range(5), ("1970-01-01T00:00:00Z", "1970-01-01T00:00:01.500Z"));
    assert_eq!(range(6), ("-0.05", "12.34"));
    assert_eq!(range(7), ("1", "2"));
    assert_eq!(columns[0].null_count, Some(1));
    assert_eq!(columns[0].codec, "ZSTD");
    assert!(columns.iter().all(|column| column.page_index && column.compressed_size > 0));
}

#[test]
fn an_inspection_can_be_serialised() {
    let home = TempDir::new().unwrap();
    let json = serde_json::to_value(inspect(sample_file(&home)).unwrap()).unwrap();
    assert_eq!(json["row_groups"][0]["columns"][0]["min"], "-5");
    assert_eq!(json["fields"][0]["arrow_type"], "Int64");
}

#[test]
fn what_cannot_be_read_is_a_source_error() {
    let home = TempDir::new().unwrap();
    for path in [home.path().to_path_buf(), home.path().join("none.parquet")] {
        assert_eq!(inspect(path).unwrap_err().kind(), ErrorKind::Source);
    }
}

#[test]
fn a_foreign_or_truncated_file_is_a_parquet_error() {
    let home = TempDir::new().unwrap();
    let whole = fs::read(sample_file(&home)).unwrap();
    let path = home.path().join("damaged");
    let cuts = (0..whole.len()).step_by(13).map(|end| whole[..end].to_vec());
    for content in cuts.chain([b"{\"a\":1}\n".repeat(9), b"PAR1".repeat(4)]) {
        fs::write(&path, content).unwrap();
        assert_eq!(inspect(&path).unwrap_err().kind(), ErrorKind::Parquet);
    }
}

#[test]
fn a_damaged_footer_never_panics() {
    let home = TempDir::new().unwrap();
    let whole = fs::read(sample_file(&home)).unwrap();
    let path = home.path().join("damaged");
    let length: [u8; 4] = whole[whole.len() - 8..whole.len() - 4].try_into().unwrap();
    let footer = whole.len() - 8 - u32::from_le_bytes(length) as usize;
    // Every byte and more flips were tried once; caught panics make that take half a minute.
    for at in (footer..whole.len()).step_by(7) {
        for flip in [0x10, 0xff] {
            let mut content = whole.clone();
            content[at] ^= flip;
            fs::write(&path, content).unwrap();
            // Not every flip can be told from a good footer; none may end in anything but this.
            if let Err(error) = inspect(&path) {
                assert_eq!(error.kind(), ErrorKind::Parquet);
            }
        }
    }
}
