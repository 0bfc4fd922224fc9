//! A page about one conversion: one HTML file without scripts and without anything from elsewhere.
//!
//! Takes a [`Summary`] and what else was in its JSON, and gives the text of the page. The policy in
//! its head forbids the browser to load or to run anything, should a name ever get around the
//! escapes of [`html`].

mod html;

use std::fmt::Write;

use html::{Html, escape};
use ndjson_parquet_core::{Balance, ColumnSummary, Moment, Summary};
use serde_json::Value;

use crate::quantity::{count, plural, ratio, size};

/// The page of `summary`, with the drift report where there is one.
pub(crate) fn page(summary: &Summary, drift: Option<&Value>) -> String {
    let mut html = Html::default();
    html.raw(HEAD).raw("<style>\n").raw(include_str!("style.css")).raw("</style></head><body>\n");
    html.raw("<h1>NDJSON to Parquet: ").text(&title(summary)).raw("</h1>\n");
    facts(&mut html, summary);
    timeline(&mut html, &summary.timeline);
    rejects(&mut html, &summary.balance);
    columns(&mut html, &summary.balance.columns);
    if let Some(drift) = drift {
        drifted(&mut html, drift);
    }
    files(&mut html, summary);
    html.raw("</body></html>\n");
    html.into_string()
}

fn title(summary: &Summary) -> String {
    format!(
        "{}, {}",
        plural(summary.balance.rows, "row"),
        plural(summary.balance.rejected, "reject")
    )
}

fn facts(html: &mut Html, summary: &Summary) {
    let balance = &summary.balance;
    let seconds = summary.seconds.total;
    let rate = if seconds > 0.0 { balance.bytes_in as f64 / seconds / 1e6 } else { 0.0 };
    html.bar(&[
        ("good", "rows", balance.rows),
        ("bad", "rejected", balance.rejected),
        ("none", "blank", balance.blank),
    ]);
    html.raw("<table>\n");
    for (name, value) in [
        (
            "lines",
            format!(
                "{} = {} rows + {} rejected + {} blank",
                count(balance.lines),
                count(balance.rows),
                count(balance.rejected),
                count(balance.blank)
            ),
        ),
        (
            "bytes",
            format!(
                "{} in, {} out, {} to 1",
                size(balance.bytes_in),
                size(summary.bytes_out),
                ratio(balance.bytes_in, summary.bytes_out)
            ),
        ),
        ("time", format!("{seconds:.2} s, {rate:.0} MB/s")),
        ("sources", count(summary.sources)),
        ("restarts with a wider schema", count(summary.restarts)),
        ("keys that an object has twice", count(balance.duplicate_keys)),
        ("unknown fields rescued", count(balance.unknown_rescued)),
        ("unknown fields dropped", count(balance.unknown_ignored)),
        ("quarantine file", summary.rejects.clone().unwrap_or("none".to_owned())),
    ] {
        html.raw("<tr>").raw("<th>").text(name).raw("</th>").cell(&value).raw("</tr>\n");
    }
    html.raw("</table>\n");
}

/// Rows over time, as a line; two moments make one.
fn timeline(html: &mut Html, moments: &[Moment]) {
    let (Some(last), true) = (moments.last(), moments.len() > 1) else { return };
    let most = moments.iter().map(|moment| moment.rows).max().unwrap_or(0).max(1) as f64;
    let longest = moments.iter().map(|moment| moment.seconds).fold(1e-9, f64::max);
    let mut points = "0,200".to_owned();
    for moment in moments {
        let x = (moment.seconds / longest * 1000.0).clamp(0.0, 1000.0);
        let y = 200.0 - moment.rows as f64 / most * 190.0;
        let _ = write!(points, " {x:.1},{y:.1}");
    }
    let rows = count(last.rows);
    let label = escape(&format!("rows over time: {rows} rows in {:.2} s", last.seconds));
    html.raw("<h2>Rows over time</h2>\n<svg viewBox=\"0 0 1000 220\" role=\"img\" aria-label=\"");
    html.raw(&label).raw("\" preserveAspectRatio=\"none\"><polyline fill=\"none\" ");
    html.raw(
        "stroke=\"currentColor\" stroke-width=\"2\" vector-effect=\"non-scaling-stroke\" points=\"",
    );
    html.raw(&points)
        .raw("\"/></svg>\n<p class=\"soft\">0 to ")
        .text(&format!("{:.2}", last.seconds));
    html.raw(" s, 0 to ").text(&rows).raw(" rows</p>\n");
}

fn rejects(html: &mut Html, balance: &Balance) {
    if balance.rejected_by_kind.is_empty() {
        return;
    }
    let most = balance.rejected_by_kind.values().max().copied().unwrap_or(0);
    html.raw("<h2>Rejected lines by reason</h2>\n").head(&["reason", "#lines", ""]);
    for (kind, lines) in &balance.rejected_by_kind {
        html.raw("<tr>").cell(&kind.replace('_', " ")).number(&count(*lines)).raw("<td>");
        html.bar(&[("bad", kind, *lines), ("", "", most.saturating_sub(*lines))]);
        html.raw("</td></tr>\n");
    }
    html.raw("</table>\n");
}

fn columns(html: &mut Html, columns: &[ColumnSummary]) {
    html.raw("<h2>Columns</h2>\n<p class=\"soft\">");
    for (class, what) in KINDS {
        html.raw("<span class=\"key ").raw(class).raw("\"></span>").text(what);
    }
    html.raw("</p>\n");
    html.head(&["column", "type", "", "#typed", "#as text", "#empty", "#rescued", "#dropped"]);
    for column in columns.iter().take(MAX_ROWS) {
        let empty = column.null.saturating_add(column.absent);
        let numbers = [column.typed, column.widened, empty, column.rescued, column.nulled];
        html.raw("<tr>").cell(&column.path).cell(&column.data_type).raw("<td>");
        let parts = KINDS.iter().zip(numbers);
        let parts: Vec<_> = parts.map(|((class, what), number)| (*class, *what, number)).collect();
        html.bar(&parts).raw("</td>");
        for number in numbers {
            html.number(&count(number));
        }
        html.raw("</tr>\n");
    }
    end_table(html, columns.len());
}

/// A drift report as it comes: a list of objects becomes a table of their keys, anything else text.
fn drifted(html: &mut Html, drift: &Value) {
    html.raw("<h2>Drift</h2>\n");
    let rows = drift.as_array().or_else(|| drift.get("changes").and_then(Value::as_array));
    let Some(rows) = rows.filter(|rows| rows.iter().all(Value::is_object)) else {
        html.raw("<pre>").text(&drift.to_string()).raw("</pre>\n");
        return;
    };
    let mut names: Vec<&str> = Vec::new();
    for name in rows.iter().filter_map(Value::as_object).flat_map(|row| row.keys()) {
        if !names.contains(&name.as_str()) && names.len() < MAX_DRIFT_COLUMNS {
            names.push(name);
        }
    }
    // A name that begins with `#` is a name.
    html.raw("<table><tr>");
    for name in &names {
        html.raw("<th>").text(name).raw("</th>");
    }
    html.raw("</tr>\n");
    for row in rows.iter().take(MAX_ROWS) {
        html.raw("<tr>");
        for name in &names {
            let value = row.get(name).unwrap_or(&Value::Null);
            html.cell(&shown(value));
        }
        html.raw("</tr>\n");
    }
    end_table(html, rows.len());
}

/// A value as text; what a list of changes has of a place, as a person says it.
fn shown(value: &Value) -> String {
    let parts = ["source", "line", "byte", "sample"].map(|key| value.get(key));
    match (value, parts) {
        (Value::Null, _) => String::new(),
        (Value::String(text), _) => text.clone(),
        (_, [Some(Value::String(source)), Some(line), Some(byte), Some(Value::String(sample))]) => {
            format!("{sample} in line {line}, byte {byte} of {source}")
        }
        _ => value.to_string(),
    }
}

fn files(html: &mut Html, summary: &Summary) {
    html.raw("<h2>Files</h2>\n").head(&["file", "#rows", "#row groups", "#bytes"]);
    for file in summary.files.iter().take(MAX_ROWS) {
        html.raw("<tr>").cell(&file.path).number(&count(file.rows));
        html.number(&count(file.row_groups)).number(&size(file.bytes)).raw("</tr>\n");
    }
    end_table(html, summary.files.len());
}

fn end_table(html: &mut Html, rows: usize) {
    html.raw("</table>\n");
    if rows > MAX_ROWS {
        html.raw("<p class=\"soft\">and ")
            .text(&count((rows - MAX_ROWS) as u64))
            .raw(" more</p>\n");
    }
}

const HEAD: &str = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
    style-src 'unsafe-inline'\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
    <title>NDJSON to Parquet</title>\n";

/// What becomes of a value, with its class.
const KINDS: [(&str, &str); 5] = [
    ("good", "typed"),
    ("wide", "as text"),
    ("none", "empty"),
    ("rescued", "rescued"),
    ("bad", "dropped"),
];

/// A page of more rows would be slow to open.
const MAX_ROWS: usize = 2000;
/// Of an object with more keys than this, nobody reads a table.
const MAX_DRIFT_COLUMNS: usize = 20;

#[cfg(test)]
mod tests;
