//! The balance sheet of a conversion for people.

use std::fmt::Write;

use ndjson_parquet_core::{Balance, ColumnSummary, Summary};

use crate::quantity::{count, plural, ratio, size};
use crate::table::{Align, Table};
use crate::visible::harmless;

/// `summary` in a few lines, and a table of the columns where something is unusual.
pub(crate) fn text(summary: &Summary) -> String {
    let mut text = String::new();
    for (name, value) in facts(summary) {
        let _ = writeln!(text, "{name:<8}  {}", harmless(&value));
    }
    let (columns, more) = unusual_columns(&summary.balance.columns);
    if !columns.is_empty() {
        let _ = write!(text, "\n{columns}");
    }
    if more > 0 {
        let _ = writeln!(text, "and {} more columns, see --json", count(more));
    }
    text
}

fn facts(summary: &Summary) -> Vec<(&'static str, String)> {
    let balance = &summary.balance;
    let mut facts = vec![
        ("lines", count(balance.lines)),
        ("rows", count(balance.rows)),
        ("blank", count(balance.blank)),
        ("rejected", rejected(balance)),
        ("bytes", bytes(summary)),
        ("time", time(summary)),
        ("files", files(summary)),
    ];
    if let Some(path) = &summary.rejects {
        facts.push(("rejects", path.clone()));
    }
    let notes = notes(summary);
    if !notes.is_empty() {
        facts.push(("note", notes.join("; ")));
    }
    facts
}

fn rejected(balance: &Balance) -> String {
    if balance.rejected == 0 {
        return "0".to_owned();
    }
    let kinds = balance.rejected_by_kind.iter();
    let kinds: Vec<String> =
        kinds.map(|(kind, lines)| format!("{kind}: {}", count(*lines))).collect();
    format!("{} ({})", count(balance.rejected), kinds.join(", "))
}

fn bytes(summary: &Summary) -> String {
    let (from, to) = (summary.balance.bytes_in, summary.bytes_out);
    format!("{} in, {} out, {} to 1", size(from), size(to), ratio(from, to))
}

fn time(summary: &Summary) -> String {
    let seconds = summary.seconds.total;
    if seconds <= 0.0 {
        return format!("{seconds:.2} s");
    }
    let rate = summary.balance.bytes_in as f64 / seconds / 1e6;
    format!("{seconds:.2} s, {rate:.0} MB/s")
}

fn files(summary: &Summary) -> String {
    let groups = plural(summary.row_groups, "row group");
    match summary.files.as_slice() {
        [] => "none".to_owned(),
        [file] => format!("{}, {groups}", file.path),
        [first, .., last] => {
            let number = summary.files.len();
            let partitions = match summary.partitions {
                0 => String::new(),
                partitions => format!(" in {}", plural(partitions, "partition")),
            };
            format!("{number}{partitions}, from {} to {}, {groups}", first.path, last.path)
        }
    }
}

/// What is neither lost nor as it was.
fn notes(summary: &Summary) -> Vec<String> {
    let balance = &summary.balance;
    [
        (balance.duplicate_keys, "keys that an object has twice"),
        (balance.unknown_rescued, "unknown fields in _rescued_data"),
        (balance.unknown_ignored, "unknown fields dropped"),
        (summary.empty_as_null, "rows with an empty text in the partition of null"),
        (summary.restarts, "restarts with a wider schema"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, what)| format!("{} {what}", count(number)))
    .collect()
}

/// The first of the columns that hold no value at all, or values that are not of their type; and
/// how many more there are.
fn unusual_columns(columns: &[ColumnSummary]) -> (Table, u64) {
    let numbers = ["values", "empty", "as text", "rounded", "rescued", "dropped"];
    let mut header = vec![("column", Align::Left), ("type", Align::Left)];
    header.extend(numbers.map(|name| (name, Align::Right)));
    let mut table = Table::new(&header);
    let mut more = 0;
    for (index, column) in columns.iter().filter(|column| is_unusual(column)).enumerate() {
        if index >= MAX_COLUMNS_SHOWN {
            more += 1;
            continue;
        }
        table.push([
            column.path.clone(),
            column.data_type.clone(),
            count(column.typed + column.widened),
            count(column.null + column.absent),
            count(column.widened),
            count(column.rounded),
            count(column.rescued),
            count(column.nulled),
        ]);
    }
    (table, more)
}

fn is_unusual(column: &ColumnSummary) -> bool {
    let changed = column.widened + column.rounded + column.rescued + column.nulled;
    let empty = column.typed == 0 && column.null + column.absent > 0;
    changed > 0 || empty
}

/// A screenful; a file of thousands of columns would push the rest out of sight.
const MAX_COLUMNS_SHOWN: usize = 20;
