//! `convert --dry-run`: what would be done, and the schema.

use std::fmt::Write;
use std::path::Path;

use ndjson_parquet_core::{Plan, PlannedSource, Result, schema_to_json};
use serde_json::{Value, json};

use crate::quantity::{plural, size};
use crate::schema_table::schema_table;
use crate::visible::harmless;

/// `plan` for people.
pub(crate) fn text(plan: &Plan, output: &Path, rejects: Option<&Path>) -> String {
    let mut text = String::new();
    let bytes = plan.bytes.map_or("size unknown".to_owned(), size);
    let mut facts = vec![
        ("input", format!("{}, {bytes}", plural(plan.sources.len() as u64, "source"))),
        ("output", output.display().to_string()),
        ("threads", plan.threads.to_string()),
        ("memory", format!("below {}", size(plan.memory_limit))),
    ];
    if let Some(rejects) = rejects {
        facts.push(("rejects", rejects.display().to_string()));
    }
    facts
        .extend(plan.sources.iter().take(MAX_SOURCES_SHOWN).map(|source| ("source", line(source))));
    if plan.sources.len() > MAX_SOURCES_SHOWN {
        facts.push(("", format!("and {} more", plan.sources.len() - MAX_SOURCES_SHOWN)));
    }
    for (name, value) in facts {
        let _ = writeln!(text, "{name:<7}  {}", harmless(&value));
    }
    let which = if plan.schema_is_final { "" } else { ", of the sample; later lines may widen it" };
    let _ = write!(text, "\nSchema{which}\n{}", schema_table(&plan.schema));
    text.push_str("\nnothing was written\n");
    text
}

/// `plan` for scripts.
pub(crate) fn to_json(plan: &Plan, output: &Path, rejects: Option<&Path>) -> Result<String> {
    let source = |source: &PlannedSource| json!({ "name": source.name, "codec": codec(source), "bytes": source.bytes });
    // What was just written as JSON reads back.
    let schema: Value = serde_json::from_str(&schema_to_json(&plan.schema)).unwrap_or_default();
    let object = json!({
        "sources": plan.sources.iter().map(source).collect::<Vec<_>>(),
        "bytes": plan.bytes,
        "output": output.to_string_lossy(),
        "rejects": rejects.map(Path::to_string_lossy),
        "threads": plan.threads,
        "memory_limit": plan.memory_limit,
        "schema": schema,
        "schema_is_final": plan.schema_is_final,
    });
    Ok(format!("{object:#}\n"))
}

fn line(source: &PlannedSource) -> String {
    let codec = codec(source).unwrap_or("read once".to_owned());
    let bytes = source.bytes.map(size);
    [Some(source.name.clone()), Some(codec), bytes]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

fn codec(source: &PlannedSource) -> Option<String> {
    source.codec.map(|codec| format!("{codec:?}").to_lowercase())
}

/// A screenful.
const MAX_SOURCES_SHOWN: usize = 20;
