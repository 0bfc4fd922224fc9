//! The balance sheet: what became of every line and every value.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a conversion did, line by line and column by column.
///
/// Always holds: `lines = rows + rejected + blank`, and for each column
/// `typed + widened + null + absent + rescued + nulled` is the number of its slots: rows for a
/// top-level column, elements of the list inside one, objects inside a struct.
///
/// ```
/// use ndjson_parquet_core::{Converter, Sink, Source};
///
/// let source = Source::bytes("inline", "{\"id\":1}\n\n{\"id\":null}\n");
/// let sink = Sink::writer("memory", std::io::sink());
/// let summary = Converter::new().convert(vec![source], sink)?;
/// let balance = &summary.balance;
/// assert_eq!((balance.lines, balance.rows, balance.blank, balance.rejected), (3, 2, 1, 0));
/// assert_eq!((balance.columns[0].typed, balance.columns[0].null), (1, 1));
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// What became of the input.
    #[serde(flatten)]
    pub balance: Balance,
    /// Sources read.
    pub sources: u64,
    /// Bytes of Parquet written.
    pub bytes_out: u64,
    /// Row groups written.
    pub row_groups: u64,
    /// The files written, in order.
    pub files: Vec<FileSummary>,
    /// Partitions written.
    #[serde(default)]
    pub partitions: u64,
    /// Rows whose partition is that of null because the value of a column that the files do not have
    /// is an empty text.
    #[serde(default)]
    pub empty_as_null: u64,
    /// The quarantine file, if one was written.
    pub rejects: Option<String>,
    /// How often the conversion began anew because a line did not fit the schema of the sample.
    pub restarts: u64,
    /// How far the conversion had come when; at most a few hundred moments, the last at its end.
    #[serde(default)]
    pub timeline: Vec<Moment>,
    /// Where the time went.
    pub seconds: Seconds,
}

/// The part of a [`Summary`] that depends on the input and the options alone; the footer of each
/// Parquet file has the balance of the lines that went into that file.
///
/// ```
/// use ndjson_parquet_core::{Converter, Sink, Source};
///
/// let source = Source::bytes("inline", "{\"id\":1}\n{\"id\":null}\n{}\n");
/// let sink = Sink::writer("memory", std::io::sink());
/// let summary = Converter::new().convert(vec![source], sink)?;
/// let balance = &summary.balance;
/// assert_eq!(balance.lines, balance.rows + balance.rejected + balance.blank);
/// assert_eq!(balance.bytes_in, 24);
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Balance {
    /// Lines, blank ones included.
    pub lines: u64,
    /// Rows written.
    pub rows: u64,
    /// Lines of nothing but white space.
    pub blank: u64,
    /// Lines that became no row: in the quarantine file, or skipped.
    pub rejected: u64,
    /// The same by class; see [`BadLineKind::name`](crate::BadLineKind::name).
    pub rejected_by_kind: BTreeMap<String, u64>,
    /// Bytes of (decompressed) input.
    pub bytes_in: u64,
    /// Keys that one object had twice.
    pub duplicate_keys: u64,
    /// Fields that the schema does not have and that are in `_rescued_data`.
    pub unknown_rescued: u64,
    /// Fields that the schema does not have and that were dropped by policy.
    pub unknown_ignored: u64,
    /// One entry a column and level of nesting, parents before children.
    pub columns: Vec<ColumnSummary>,
}

/// What became of the values of one column.
///
/// ```
/// use ndjson_parquet_core::{Converter, Sink, Source};
///
/// let source = Source::bytes("inline", "{\"id\":1}\n{\"id\":null}\n{}\n");
/// let sink = Sink::writer("memory", std::io::sink());
/// let summary = Converter::new().convert(vec![source], sink)?;
/// let id = &summary.balance.columns[0];
/// assert_eq!((id.path.as_str(), id.data_type.as_str()), ("id", "int64"));
/// assert_eq!((id.typed, id.null, id.absent), (1, 1, 1));
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ColumnSummary {
    /// Path, with `[]` for the elements of a list.
    pub path: String,
    /// Type, in the notation of hints.
    #[serde(rename = "type")]
    pub data_type: String,
    /// Values stored in the column's own type.
    pub typed: u64,
    /// Values of another JSON type that a text column holds as their raw text.
    pub widened: u64,
    /// Explicit nulls.
    pub null: u64,
    /// Slots without the field.
    pub absent: u64,
    /// Of the typed values, numbers of more digits than the column keeps.
    pub rounded: u64,
    /// Values that do not fit: null in the column, raw in `_rescued_data`.
    pub rescued: u64,
    /// Values that do not fit: null in the column, dropped by policy.
    pub nulled: u64,
}

/// One Parquet file.
///
/// ```
/// use ndjson_parquet_core::{Converter, Sink, Source};
///
/// let source = Source::bytes("inline", "{\"id\":1}\n{\"id\":null}\n{}\n");
/// let sink = Sink::writer("memory", std::io::sink());
/// let summary = Converter::new().convert(vec![source], sink)?;
/// assert_eq!((summary.files[0].path.as_str(), summary.files[0].rows), ("memory", 3));
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FileSummary {
    /// Where it is; the name of a sink that is a writer.
    pub path: String,
    /// Its rows.
    pub rows: u64,
    /// Its row groups.
    pub row_groups: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// The partition that its rows belong to, `date=2026-01-01/hour=07`; empty where the output has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub partition: String,
    /// Why nothing more went into it.
    #[serde(default)]
    pub closed_by: CloseReason,
}

/// Why a file was closed.
///
/// ```
/// use ndjson_parquet_core::{CloseReason, Converter, Sink, Source};
///
/// let source = Source::bytes("inline", "{\"id\":1}\n");
/// let sink = Sink::writer("memory", std::io::sink());
/// let summary = Converter::new().convert(vec![source], sink)?;
/// assert_eq!(summary.files[0].closed_by, CloseReason::End);
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CloseReason {
    /// There were no more rows, or none of its partition.
    #[default]
    End,
    /// It had reached the target size.
    Size,
}

/// How far a conversion had come when a row group was handed over.
///
/// ```
/// use ndjson_parquet_core::{Converter, Sink, Source};
///
/// let source = Source::bytes("inline", "{\"id\":1}\n{\"id\":null}\n{}\n");
/// let sink = Sink::writer("memory", std::io::sink());
/// let summary = Converter::new().convert(vec![source], sink)?;
/// assert_eq!(summary.timeline.last().expect("an end").rows, 3);
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Moment {
    /// Seconds since the conversion began.
    pub seconds: f64,
    /// Rows so far.
    pub rows: u64,
    /// Rejected lines so far.
    pub rejected: u64,
    /// Bytes of input so far.
    pub bytes_in: u64,
}

/// Seconds by stage. The stages run at the same time and on several threads, so those of decoding
/// and encoding are sums over threads and need not add up to the total.
///
/// ```
/// use ndjson_parquet_core::{Converter, Sink, Source};
///
/// let source = Source::bytes("inline", "{\"id\":1}\n{\"id\":null}\n{}\n");
/// let sink = Sink::writer("memory", std::io::sink());
/// let summary = Converter::new().convert(vec![source], sink)?;
/// assert!(summary.seconds.total > 0.0);
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Seconds {
    /// Inferring the schema, wall clock.
    pub infer: f64,
    /// Reading and decoding lines, over all threads.
    pub decode: f64,
    /// Encoding and compressing columns, over all threads.
    pub encode: f64,
    /// Writing row groups to the output.
    pub write: f64,
    /// From start to end, wall clock.
    pub total: f64,
}

impl Balance {
    /// Adds the balance of another file with the same columns.
    pub(crate) fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.rows += other.rows;
        self.blank += other.blank;
        self.rejected += other.rejected;
        for (kind, count) in &other.rejected_by_kind {
            *self.rejected_by_kind.entry(kind.clone()).or_default() += count;
        }
        self.bytes_in += other.bytes_in;
        self.duplicate_keys += other.duplicate_keys;
        self.unknown_rescued += other.unknown_rescued;
        self.unknown_ignored += other.unknown_ignored;
        for (sum, column) in self.columns.iter_mut().zip(&other.columns) {
            sum.typed += column.typed;
            sum.widened += column.widened;
            sum.null += column.null;
            sum.absent += column.absent;
            sum.rounded += column.rounded;
            sum.rescued += column.rescued;
            sum.nulled += column.nulled;
        }
    }
}

impl Summary {
    /// The summary as one JSON object.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}
