//! `replay`, and `verify --also`: from rejected lines to a balance that holds.

use std::fs;

use serde_json::{Value, json};

use super::Home;

fn rows(home: &Home, file: &str) -> Vec<Value> {
    let text = home.run(&format!("cat {file}")).success().stdout;
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn rejects(home: &Home, file: &str) -> Vec<Value> {
    home.text(file).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Two files with a bad line, a blank one and lines that do not fit `id: int64`.
fn home() -> Home {
    let home = Home::new();
    home.write("logs/a.ndjson", "{\"id\":1}\n\n{\"id\":\"two\"}\n{\n");
    home.write("logs/b.ndjson", "{\"id\":4.5}\n{\"id\":5}\n{\"id\":[6]}\n");
    home.write("schema.json", "{\"id\":\"int64\"}");
    home.write("wide.json", "{\"id\":\"utf8\"}");
    home
}

const CONVERT: &str = "convert logs a.parquet --schema schema.json --conflict quarantine \
                       --on-error quarantine";

#[test]
fn what_was_rejected_is_found_explained_replayed_and_verified() {
    let home = home();
    let summary = home.json(&format!("{CONVERT} --json"));
    assert_eq!((&summary["rows"], &summary["rejected"]), (&json!(2), &json!(4)));
    // Why they were rejected.
    let line = "infer logs --against schema.json --on-error skip --fail-on-drift --json";
    let drift = home.run(line).exits(8).json();
    let first = json!({"source": "logs/a.ndjson", "line": 3, "byte": 16, "sample": "\"two\""});
    assert_eq!((&drift["changes"][0]["first"], &drift["changes"][0]["rows"]), (&first, &json!(3)));

    let line = "replay a.rejects.ndjson b.parquet --schema wide.json";
    let run = home.run(line).success();
    assert!(run.stdout.ends_with("replayed: 4 lines, 3 rows in b.parquet, 1 still rejected\n"));
    let ids = [json!("two"), json!("4.5"), json!("[6]")].map(|id| json!({"id": id}));
    assert_eq!(rows(&home, "b.parquet"), ids);
    // What is rejected again is where it was, and replaying that is for a next time.
    let (before, after) = (rejects(&home, "a.rejects.ndjson"), rejects(&home, "b.rejects.ndjson"));
    let bad = before.iter().find(|row| row["raw"] == "{").unwrap();
    assert_eq!(after, std::slice::from_ref(bad));
    assert_eq!(
        (&bad["source"], &bad["line"], &bad["byte_offset"]),
        (&json!("logs/a.ndjson"), &json!(4), &json!(23))
    );

    let run = home.run("verify logs a.parquet --also b.parquet").success();
    // Five rows of two columns, one of which is `_rescued_data`.
    let expected = "\
7 lines: 5 rows, 1 blank, 1 rejected
10 values compared
input and output agree
";
    assert_eq!(run.stdout, expected);
    // A second run converts nothing, whatever it is asked to write.
    let names = home.names();
    for output in ["b.parquet", "c.parquet"] {
        let run = home.run(&format!("replay a.rejects.ndjson {output}")).success();
        assert_eq!(run.stdout, "replayed: 4 lines, 3 rows in b.parquet, 1 still rejected\n");
        let run = run.says("note: the quarantine file was replayed before; nothing was converted");
        drop(run);
    }
    let replayed = home.json("replay a.rejects.ndjson b.parquet --json");
    assert_eq!((&replayed["done_before"], &replayed["summary"]), (&json!(true), &Value::Null));
    assert_eq!(home.names(), names);
    // The marks and the quarantine files are no data.
    home.write("logs/a.rejects.ndjson.done", home.read("a.rejects.ndjson.done"));
    assert_eq!(home.json("convert logs d.parquet --on-error skip --json")["lines"], 7);
}

#[test]
fn a_run_that_died_before_its_mark_is_recognised() {
    let home = home();
    home.run(CONVERT).success();
    let line = "replay a.rejects.ndjson b.parquet --schema wide.json";
    home.run(line).success();
    fs::remove_file(home.path("a.rejects.ndjson.done")).unwrap();
    let bytes = home.read("b.parquet");
    home.run(line).success().says("nothing was converted");
    assert_eq!(home.read("b.parquet"), bytes);
    assert!(home.names().contains(&"a.rejects.ndjson.done".to_owned()));
    // An output of something else is left alone, and nothing is marked.
    fs::remove_file(home.path("a.rejects.ndjson.done")).unwrap();
    fs::copy(home.path("a.parquet"), home.path("b.parquet")).unwrap();
    fs::remove_file(home.path("b.rejects.ndjson")).unwrap();
    home.run(line).exits(5);
    let names = ["a.parquet", "a.rejects.ndjson", "b.parquet", "logs/a.ndjson", "logs/b.ndjson"];
    assert_eq!(home.names(), [&names[..], &["schema.json", "wide.json"]].concat());
}

#[test]
fn a_quarantine_file_that_is_none_is_an_error_and_leaves_nothing() {
    let home = home();
    home.run(CONVERT).success();
    let text = home.text("a.rejects.ndjson");
    let names = home.names();
    for (other, found) in [
        (text[..text.len() - 20].to_owned(), "line 4: expected a row of a quarantine file"),
        (
            text.replacen("{\\\"id\\\":\\\"two\\\"}", "{\\\"id\\\":\\\"three\\\"}", 1),
            "another length",
        ),
        (text.replacen("\"raw\":\"{\\\"", "\"raw\":\"\\n\\\"", 1), "not one line"),
        (text.replacen("\"kind\":\"type_conflict\"", "\"kind\":\"none\"", 1), "a kind or a place"),
        (text.replacen("\"line\":3", "\"line\":-3", 1), "invalid value"),
        (text.replacen("\"line\":3", "\"line\":0", 1), "a kind or a place"),
        (text.replacen("\"raw\":", "\"raw_base64\":", 1), "no base64"),
        (text.replacen("\"raw\":", "\"row\":", 1), "unknown field"),
        ("{\"id\":1}\n".to_owned(), "unknown field"),
        ("[".repeat(100_000), "expected a row"),
    ] {
        assert_ne!(other, text, "{found}");
        home.write("a.rejects.ndjson", &other);
        home.run("replay a.rejects.ndjson b.parquet").exits(4).says(found);
        assert_eq!(home.names(), names, "{found}");
    }
    home.write("a.rejects.ndjson", &text);
    home.run("replay a.rejects.ndjson b.parquet --schema wide.json").success();
    // One that has changed since it was replayed, and a mark that is none.
    home.write("a.rejects.ndjson", text.replacen("two", "tow", 1));
    home.run("replay a.rejects.ndjson c.parquet").exits(4).says("has changed since");
    home.write("a.rejects.ndjson.done", "{}");
    home.run("replay a.rejects.ndjson c.parquet").exits(4).says("expected the mark");
    home.run("replay none.rejects.ndjson c.parquet").exits(4);
}

#[test]
fn lines_without_text_and_other_bytes_go_through() {
    let home = Home::new();
    let long = format!("{{\"id\":\"{}\"}}", "x".repeat(200));
    let text = [b"\x1f\x8b\xff\n".as_slice(), long.as_bytes(), b"\n{\"id\":1}\n[\n{\"id\":true}"];
    home.write("in.ndjson", text.concat());
    let line = "convert in.ndjson a.parquet --schema schema.json --conflict quarantine \
                --on-error quarantine --max-line-bytes 100";
    home.write("schema.json", "{\"id\":\"int64\"}");
    // Bytes that look like gzip would end a source, so they are the second line.
    home.write("in.ndjson", [b"{\"id\":0}\n".as_slice(), &text.concat()].concat());
    home.run(line).success();
    assert_eq!(rejects(&home, "a.rejects.ndjson").len(), 4);
    let replayed = home.json("replay a.rejects.ndjson b.parquet --hint id=boolean --json");
    assert_eq!((&replayed["rows"], &replayed["still_rejected"]), (&json!(1), &json!(3)));
    assert_eq!(rows(&home, "b.parquet"), [json!({"id": true})]);
    let key = |row: &Value| (row["line"].clone(), row["kind"].clone(), row["length"].clone());
    let mut left: Vec<_> = rejects(&home, "b.rejects.ndjson").iter().map(key).collect();
    left.sort_by_key(|(line, ..)| line.as_u64());
    let expected = [(2, "encoding", 3), (3, "line_too_long", 209), (5, "not_an_object", 1)];
    let expected = expected.map(|(line, kind, length)| (json!(line), json!(kind), json!(length)));
    assert_eq!(left, expected);
    home.run("verify in.ndjson a.parquet --also b.parquet").success();
    // A further replay has nothing to convert that was not rejected, and says so.
    let run = home.run("replay b.rejects.ndjson c.parquet --schema schema.json").success();
    assert!(run.stdout.ends_with("replayed: 3 lines, 0 rows in c.parquet, 3 still rejected\n"));
    let run = home.run("verify in.ndjson a.parquet --also b.parquet --also c.parquet").success();
    assert!(run.stdout.starts_with("6 lines: 3 rows, 0 blank, 3 rejected\n"), "{}", run.stdout);
    // An empty quarantine file is nothing to do.
    home.write("none.rejects.ndjson", "");
    let run = home.run("replay none.rejects.ndjson d.parquet").success();
    assert_eq!(run.stdout, "replayed: 0 lines, 0 rows, 0 still rejected\n");
    assert!(!home.names().iter().any(|name| name.starts_with('d') || name.ends_with(".staged")));
}

#[test]
fn verify_finds_what_a_replay_changed_or_left_out() {
    let home = home();
    home.run(CONVERT).success();
    home.run("replay a.rejects.ndjson b.parquet --schema wide.json").success();
    // The replay of other rejected lines.
    home.write("logs/b.ndjson", "{\"id\":4.5}\n{\"id\":5}\n{\"id\":[7]}\n");
    let run = home.run("verify logs a.parquet --also b.parquet").exits(6);
    assert_eq!(run.stdout.matches("differs:").count(), 1, "{}", run.stdout);
    assert!(run.stdout.contains("differs: replay 1: row 3: column `id` differs"), "{}", run.stdout);
    home.write("logs/b.ndjson", "{\"id\":4.5}\n{\"id\":5}\n{\"id\":[6]}\n");
    // No replay at all.
    let run = home.run("verify logs a.parquet --also a.parquet").exits(6);
    assert!(run.stdout.contains("the footers say nothing of a replay"), "{}", run.stdout);
    home.run("verify logs a.parquet --also none.parquet").exits(4);
}
