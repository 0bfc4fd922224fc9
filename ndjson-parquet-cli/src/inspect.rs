//! `inspect`: what a Parquet file holds, from its footer.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use ndjson_parquet_core::{
    Balance, ChunkInspection, Error, ErrorKind, Inspection, MetadataEntry, inspect,
};

use crate::quantity::{count, plural, ratio, size};
use crate::report::{Failure, print};
use crate::table::{Align, Table};
use crate::visible::harmless;

/// Show schema, row groups, encodings, sizes and balance sheet of a Parquet file
#[derive(Args)]
pub(crate) struct InspectArgs {
    /// A Parquet file, written by whatever program; a path or a URL
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
        "{}, {}, {}, written by {}\n",
        plural(inspection.rows, "row"),
        plural(inspection.row_groups.len() as u64, "row group"),
        size(inspection.file_size),
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
            size(stored),
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
            size(group.compressed_size),
            size(group.uncompressed_size),
            ratio(group.uncompressed_size, group.compressed_size),
        ]);
    }
    table
}

/// The lines of this file, where our own converter wrote it.
fn balance(inspection: &Inspection) -> Table {
    let mut table = Table::new(&[("lines", Align::Left), ("number", Align::Right)]);
    let Some(balance) = inspection.metadata.iter().find_map(balance_of) else {
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

fn balance_of(entry: &MetadataEntry) -> Option<Balance> {
    let json = entry.value.as_deref().filter(|_| entry.key == BALANCE_KEY)?;
    serde_json::from_str(json).ok()
}

fn metadata(inspection: &Inspection) -> Table {
    let mut table = Table::new(&[("key", Align::Left), ("value", Align::Left)]);
    let entries = inspection.metadata.iter();
    for entry in entries.filter(|entry| balance_of(entry).is_none()) {
        table.push([entry.key.clone(), entry.value.clone().unwrap_or_default()]);
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

/// Where the converter keeps the balance sheet of a file.
const BALANCE_KEY: &str = "ndjson-parquet.balance";
