//! `inspect`: what a Parquet file holds, from its footer.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use indicatif::{DecimalBytes, HumanCount};
use ndjson_parquet_core::{
    Balance, ChunkInspection, Error, ErrorKind, Inspection, MetadataEntry, inspect,
};

use crate::report::{Failure, print};
use crate::table::{Align, Table};
use crate::visible::harmless;

/// Show schema, row groups, encodings, sizes and balance sheet of a Parquet file
#[derive(Args)]
pub(crate) struct InspectArgs {
    /// A Parquet file, written by whatever program
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Print everything, statistics too, as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Runs the command.
pub(crate) fn run(args: &InspectArgs) -> Result<(), Failure> {
    let inspection = inspect(&args.file)?;
    if args.json {
        let json = serde_json::to_string_pretty(&inspection).map_err(|error| {
            Error::new(ErrorKind::Internal, "no report could be made").with_cause(error)
        })?;
        return print(&format!("{json}\n"));
    }
    print(&text(&inspection))
}

fn text(inspection: &Inspection) -> String {
    let mut text = format!(
        "{} rows, {} row groups, {}, written by {}\n",
        count(inspection.rows),
        count(inspection.row_groups.len() as u64),
        DecimalBytes(inspection.file_size),
        harmless(inspection.created_by.as_deref().unwrap_or("an unnamed program")),
    );
    for (title, table) in [
        ("Schema", schema(inspection)),
        ("Columns as stored", columns(inspection)),
        ("Row groups", row_groups(inspection)),
        ("Balance sheet", balance(inspection)),
        ("Metadata", metadata(inspection)),
    ] {
        if !table.is_empty() {
            let _ = write!(text, "\n{title}\n{table}");
        }
    }
    text
}

fn schema(inspection: &Inspection) -> Table {
    let mut table =
        Table::new(&[("column", Align::Left), ("type", Align::Left), ("nullable", Align::Left)]);
    for field in &inspection.fields {
        let nullable = if field.nullable { "yes" } else { "no" };
        table.push([field.name.clone(), field.arrow_type.clone(), nullable.to_owned()]);
    }
    table
}

/// One row a leaf, summed over all row groups.
fn columns(inspection: &Inspection) -> Table {
    let mut table = Table::new(&[
        ("leaf", Align::Left),
        ("stored as", Align::Left),
        ("codec", Align::Left),
        ("encodings", Align::Left),
        ("values", Align::Right),
        ("nulls", Align::Right),
        ("stored", Align::Right),
        ("ratio", Align::Right),
        ("page index", Align::Left),
    ]);
    for (index, column) in inspection.columns.iter().enumerate() {
        let groups = inspection.row_groups.iter();
        let chunks: Vec<&ChunkInspection> =
            groups.filter_map(|group| group.columns.get(index)).collect();
        let stored = sum(chunks.iter().map(|chunk| chunk.compressed_size));
        let plain = sum(chunks.iter().map(|chunk| chunk.uncompressed_size));
        let nulls: Option<Vec<u64>> = chunks.iter().map(|chunk| chunk.null_count).collect();
        let index = !chunks.is_empty() && chunks.iter().all(|chunk| chunk.page_index);
        table.push([
            column.path.clone(),
            column.physical_type.clone(),
            distinct(chunks.iter().map(|chunk| &chunk.codec)),
            distinct(chunks.iter().flat_map(|chunk| &chunk.encodings)),
            count(sum(chunks.iter().map(|chunk| chunk.values))),
            nulls.map_or("?".to_owned(), |nulls| count(sum(nulls.into_iter()))),
            DecimalBytes(stored).to_string(),
            ratio(plain, stored),
            (if index { "yes" } else { "no" }).to_owned(),
        ]);
    }
    table
}

fn row_groups(inspection: &Inspection) -> Table {
    let mut table = Table::new(&[
        ("row group", Align::Right),
        ("rows", Align::Right),
        ("stored", Align::Right),
        ("plain", Align::Right),
        ("ratio", Align::Right),
    ]);
    for (index, group) in inspection.row_groups.iter().enumerate() {
        table.push([
            index.to_string(),
            count(group.rows),
            DecimalBytes(group.compressed_size).to_string(),
            DecimalBytes(group.uncompressed_size).to_string(),
            ratio(group.uncompressed_size, group.compressed_size),
        ]);
    }
    table
}

/// The lines of this file, where our own converter wrote it.
fn balance(inspection: &Inspection) -> Table {
    let mut table = Table::new(&[("lines", Align::Left), ("number", Align::Right)]);
    let entry = inspection.metadata.iter().find(|entry| entry.key == BALANCE_KEY);
    let json = entry.and_then(|entry| entry.value.as_deref());
    let Some(balance) = json.and_then(|json| serde_json::from_str::<Balance>(json).ok()) else {
        return table;
    };
    for (name, number) in [
        ("lines", balance.lines),
        ("rows", balance.rows),
        ("blank", balance.blank),
        ("rejected", balance.rejected),
        ("bytes in", balance.bytes_in),
        ("duplicate keys", balance.duplicate_keys),
        ("unknown rescued", balance.unknown_rescued),
        ("unknown ignored", balance.unknown_ignored),
    ] {
        table.push([name.to_owned(), count(number)]);
    }
    table
}

fn metadata(inspection: &Inspection) -> Table {
    let mut table = Table::new(&[("key", Align::Left), ("value", Align::Left)]);
    for MetadataEntry { key, value, .. } in &inspection.metadata {
        table.push([key.clone(), value.clone().unwrap_or_default()]);
    }
    table
}

fn distinct<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: BTreeSet<&str> = names.map(String::as_str).collect();
    names.into_iter().collect::<Vec<_>>().join(" ")
}

/// A damaged footer may name any sizes.
fn sum(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(0, u64::saturating_add)
}

fn ratio(plain: u64, stored: u64) -> String {
    if stored == 0 { "-".to_owned() } else { format!("{:.1}", plain as f64 / stored as f64) }
}

fn count(number: u64) -> String {
    HumanCount(number).to_string()
}

/// Where the converter keeps the balance sheet of a file.
const BALANCE_KEY: &str = "ndjson-parquet.balance";
