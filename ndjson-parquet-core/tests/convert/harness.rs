//! Runs a conversion in a directory of its own and reads the results back as JSON.

use std::fs;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use ndjson_parquet_core::{
    Converter, Error, Result, Sink, Source, Summary, Verification, format_type,
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use tempfile::TempDir;

/// A directory that goes away with the test.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Names of everything in the directory, hidden ones too, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// A conversion that succeeded, and what it wrote.
pub(crate) struct Converted {
    pub(crate) place: Place,
    pub(crate) output: PathBuf,
    pub(crate) summary: Summary,
}

/// Converts into `out.parquet`; the quarantine file, if the converter wants one, must be named by
/// [`convert_with_rejects`].
pub(crate) fn convert(converter: &Converter, sources: Vec<Source>) -> Result<Converted> {
    let place = Place::new();
    let output = place.path("out.parquet");
    let summary = converter.convert(sources, Sink::file(&output))?;
    check_balance(&summary);
    Ok(Converted { place, output, summary })
}

/// Converts text named `in` with `converter`, which must succeed, and verifies the result.
pub(crate) fn convert_text(converter: &Converter, text: impl Into<Vec<u8>>) -> Converted {
    let sources = vec![Source::bytes("in", text)];
    let converted = convert(converter, sources.clone()).unwrap();
    converted.assert_verified(sources);
    converted
}

/// As [`convert`], with lines put into quarantine in `rejects.ndjson`.
pub(crate) fn convert_with_rejects(
    converter: &Converter,
    sources: Vec<Source>,
) -> Result<Converted> {
    let place = Place::new();
    let output = place.path("out.parquet");
    let converter = converter
        .clone()
        .with_on_error(ndjson_parquet_core::OnError::Quarantine)
        .with_rejects(place.path("rejects.ndjson"));
    let summary = converter.convert(sources, Sink::file(&output))?;
    check_balance(&summary);
    Ok(Converted { place, output, summary })
}

impl Converted {
    pub(crate) fn rows(&self) -> Vec<Value> {
        rows(&self.output)
    }

    pub(crate) fn columns(&self) -> Vec<(String, String)> {
        columns(&self.output)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        fs::read(&self.output).unwrap()
    }

    /// The lines of the quarantine file.
    pub(crate) fn rejects(&self) -> Vec<Value> {
        parse_lines(&self.rejects_text())
    }

    pub(crate) fn rejects_text(&self) -> String {
        fs::read_to_string(self.place.path("rejects.ndjson")).unwrap()
    }

    pub(crate) fn verify(&self, sources: Vec<Source>) -> Verification {
        ndjson_parquet_core::verify(&Converter::new(), sources, &self.output).unwrap()
    }

    pub(crate) fn assert_verified(&self, sources: Vec<Source>) {
        let found = self.verify(sources);
        assert_eq!(found.differences, [""; 0]);
        let balance = &self.summary.balance;
        assert_eq!(
            (found.lines, found.rows, found.blank, found.rejected),
            (balance.lines, balance.rows, balance.blank, balance.rejected)
        );
    }
}

/// The sums that hold whatever the input.
pub(crate) fn check_balance(summary: &Summary) {
    let balance = &summary.balance;
    assert_eq!(balance.lines, balance.rows + balance.rejected + balance.blank);
    assert_eq!(balance.rejected, balance.rejected_by_kind.values().sum::<u64>());
    assert_eq!(balance.rows, summary.files.iter().map(|file| file.rows).sum::<u64>());
    for column in &balance.columns {
        if column.path.contains(['.', '[']) {
            continue;
        }
        let slots = column.typed
            + column.widened
            + column.null
            + column.absent
            + column.rescued
            + column.nulled;
        assert_eq!(slots, balance.rows, "{column:?}");
    }
}

/// The rows of a Parquet file or of the part files of a directory, nulls included.
pub(crate) fn rows(path: &Path) -> Vec<Value> {
    let mut writer = arrow_json::WriterBuilder::new()
        .with_explicit_nulls(true)
        .build::<_, arrow_json::writer::LineDelimited>(Vec::new());
    for file in parquet_files(path) {
        let file = fs::File::open(file).unwrap();
        for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
            writer.write(&batch.unwrap()).unwrap();
        }
    }
    writer.finish().unwrap();
    parse_lines(std::str::from_utf8(&writer.into_inner()).unwrap())
}

pub(crate) fn parquet_files(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let mut files: Vec<_> =
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Names and types, in the notation of hints.
pub(crate) fn columns(path: &Path) -> Vec<(String, String)> {
    let file = fs::File::open(&parquet_files(path)[0]).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    columns_of(reader.schema())
}

pub(crate) fn columns_of(schema: &arrow_schema::Schema) -> Vec<(String, String)> {
    let fields = schema.fields().iter();
    fields.map(|field| (field.name().clone(), format_type(field.data_type()))).collect()
}

/// The value of a key of the footer.
pub(crate) fn footer(path: &Path, key: &str) -> Option<String> {
    let found = ndjson_parquet_core::inspect(path).unwrap();
    found.metadata.into_iter().find(|entry| entry.key == key).and_then(|entry| entry.value)
}

/// The values of an NDJSON text, by serde_json.
pub(crate) fn parse_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) fn pairs(columns: &[(&str, &str)]) -> Vec<(String, String)> {
    columns.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect()
}

pub(crate) fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 1).unwrap()
}

/// The error of a conversion that must fail.
pub(crate) fn failure(result: Result<Converted>) -> Error {
    match result {
        Ok(converted) => panic!("expected an error, found {:?}", converted.summary),
        Err(error) => error,
    }
}
