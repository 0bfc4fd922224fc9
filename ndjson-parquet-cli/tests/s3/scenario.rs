//! A bucket as users have them: a thousand files that drift, some compressed, some broken, become a
//! dataset by the hour, are fixed, and are accounted for to the last line.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::Value;

use crate::{Place, block_on, gzip};

const FILES: u64 = 1000;
const LINES: u64 = 40;

/// What became of the lines, by hand: rows by the hour, lines that a wider column takes, broken ones.
#[derive(Default)]
struct Expected {
    by_hour: BTreeMap<String, u64>,
    fixed: u64,
    broken: u64,
}

/// The lines of one file.
fn file(number: u64, expected: &mut Expected) -> String {
    let mut text = String::new();
    for line in 0..LINES {
        let id = number * LINES + line;
        let hour = format!("date=2026-03-{:02}/hour={:02}", 1 + id % 2, id % 24);
        let (day, clock) = (1 + id % 2, id % 24);
        let at = format!("2026-03-{day:02}T{clock:02}:{:02}:00Z", id % 60);
        // From file 300 on, some amounts are text; from 500 on, there is a new field.
        let is_text = number >= 300 && line % 20 == 3;
        let amount = if is_text { format!("\"{id} EUR\"") } else { format!("{id}.5") };
        let new = if number >= 500 { ",\"channel\":\"web\"" } else { "" };
        let whole = format!("{{\"id\":{id},\"ts\":\"{at}\",\"amount\":{amount}{new}}}");
        // Every fiftieth file has a line that was cut off.
        let is_broken = number % 50 == 7 && line == 10;
        match (is_broken, is_text) {
            (true, _) => expected.broken += 1,
            (false, true) => expected.fixed += 1,
            (false, false) => *expected.by_hour.entry(hour).or_default() += 1,
        }
        text += if is_broken { &whole[..whole.len() / 2] } else { &whole };
        text.push('\n');
    }
    text
}

#[test]
fn a_thousand_drifting_broken_files_become_a_dataset_that_balances() {
    let Some(place) = Place::new() else { return };
    let mut expected = Expected::default();
    for number in 0..FILES {
        let text = file(number, &mut expected);
        let name = format!("in/{number:04}.ndjson");
        match number % 7 {
            0 => place.put(&format!("{name}.gz"), gzip(&text)),
            _ => place.put(&name, text),
        }
    }
    let rows: u64 = expected.by_hour.values().sum();
    let rejected = expected.fixed + expected.broken;

    let (input, output) = (place.url("in/"), place.url("out"));
    let by = ["--partition-by", "date={ts:%F}/hour={ts:%H}", "--memory-limit", "512MiB"];
    let policies = ["--hint", "amount=float64", "--conflict", "quarantine"];
    let args = ["convert", &input, &output, "--on-error", "quarantine", "--json"];
    let output_text = place.run(&[&args[..], &by, &policies].concat(), 0).stdout;
    let summary: Value = serde_json::from_slice(&output_text).unwrap();
    assert_eq!(summary["lines"], FILES * LINES);
    assert_eq!((&summary["rows"], &summary["rejected"]), (&rows.into(), &rejected.into()));
    assert_eq!(summary["partitions"], expected.by_hour.len());

    let found = place.json(&["verify", &input, &output, "--json"]);
    assert_eq!(found["differences"], Value::Array(vec![]), "{found}");
    assert_eq!((&found["rows"], &found["rejected"]), (&rows.into(), &rejected.into()));

    let schema = "{\"id\":\"int64\",\"ts\":\"timestamp(us, \\\"UTC\\\")\",\"amount\":\"float64\"}";
    fs::write(place.home.path().join("agreed.json"), schema).unwrap();
    let drift = ["infer", &input, "--on-error", "skip", "--against", "agreed.json", "--json"];
    let drift = place.json(&drift);
    let changes = drift["changes"].as_array().unwrap();
    let paths: Vec<_> = changes.iter().map(|change| &change["path"]).collect();
    assert_eq!(paths, ["amount", "channel"], "{drift}");
    assert_eq!(changes[0]["rows"], expected.fixed);
    assert!(changes[1]["first"]["source"].as_str().unwrap().contains("in/0500.ndjson"), "{drift}");

    let (rejects, replayed) = (place.url("out.rejects.ndjson"), place.url("fixed.parquet"));
    let replay = ["replay", &rejects, &replayed, "--hint", "amount=utf8", "--json"];
    let fixed = place.json(&replay);
    assert_eq!(fixed["rows"], expected.fixed, "{fixed}");
    let all = place.json(&["verify", &input, &output, "--also", &replayed, "--json"]);
    assert_eq!(all["differences"], Value::Array(vec![]), "{all}");
    assert_eq!(all["rows"], rows + expected.fixed);
    assert_eq!(all["rejected"], expected.broken);

    fs::write(place.home.path().join("summary.json"), &output_text).unwrap();
    place.run(&["report", "summary.json", "--html", "report.html"], 0);
    let page = fs::read_to_string(place.home.path().join("report.html")).unwrap();
    assert!(page.contains("</html>") && page.contains(&rows.to_string()[..2]), "{}", page.len());

    download(&place, "out");
    assert_eq!(rows_by_hour(&place), Some(expected.by_hour).filter(|_| has_python()));
}

/// Copies the objects below `prefix` into the directory of the test.
fn download(place: &Place, prefix: &str) {
    let store = &place.store;
    let found: Vec<_> =
        block_on(store.list(Some(&place.path(prefix))).try_collect::<Vec<_>>()).unwrap();
    for object in found {
        let key = object.location.as_ref();
        let local = place.home.path().join(&key[place.prefix.len() + 1..]);
        fs::create_dir_all(local.parent().unwrap()).unwrap();
        let bytes =
            block_on(async { store.get(&Path::from(key)).await.unwrap().bytes().await.unwrap() });
        fs::write(local, bytes).unwrap();
    }
}

fn has_python() -> bool {
    std::env::var_os("NDJSON_PARQUET_PYTHON").is_some()
}

/// Rows of each partition, as DuckDB counts them.
fn rows_by_hour(place: &Place) -> Option<BTreeMap<String, u64>> {
    let Some(python) = std::env::var_os("NDJSON_PARQUET_PYTHON") else {
        eprintln!("NOT RUN: DuckDB; NDJSON_PARQUET_PYTHON names no Python");
        return None;
    };
    let script = "import duckdb, json, sys\n\
        print(json.dumps(dict(duckdb.sql(f\"\"\"\n\
        SELECT 'date=' || strftime(date, '%Y-%m-%d') || '/hour=' || hour, count(*)\n\
        FROM read_parquet('{sys.argv[1]}/**/*.parquet', hive_partitioning=true,\n\
            hive_types={{'date': DATE, 'hour': VARCHAR}})\n\
        WHERE amount > 0 AND strftime(ts, '%H') = hour GROUP BY ALL\"\"\").fetchall())))";
    let output =
        Command::new(python).args(["-c", script]).arg(place.home.path().join("out")).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}
