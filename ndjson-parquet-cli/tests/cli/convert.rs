//! From inputs to outputs.

use super::{Home, column_names};

#[test]
fn one_file_or_a_directory() {
    let home = Home::with("{\"a\":1}\n");
    home.run("convert in.ndjson out.parquet").success();
    home.run("convert in.ndjson out").success();
    assert_eq!(home.names(), ["in.ndjson", "out.parquet", "out/part-00000.parquet"]);
}

#[test]
fn the_report_accounts_for_every_line() {
    let home = Home::with("{\"a\":1}\n\n{\"a\":2}\n{\"a\":oops}\n  \n");
    let run = home.run("convert --on-error skip in.ndjson out.parquet").success();
    let lines: Vec<&str> = run.stdout.lines().collect();
    let expected = ["lines     5", "rows      2", "blank     2", "rejected  1 (syntax: 1)"];
    assert_eq!(lines[..4], expected);
    assert!(lines[4].starts_with("bytes     31 B in, "), "{}", lines[4]);
    assert!(lines[5].starts_with("time      ") && lines[5].ends_with(" MB/s"), "{}", lines[5]);
    assert_eq!(lines[6], "files     out.parquet, 1 row group");
    assert_eq!((lines.len(), run.stderr.as_str()), (7, ""));
}

#[test]
fn the_report_shows_columns_with_something_unusual_only() {
    let home = Home::with("{\"id\":1,\"n\":null,\"s\":\"x\"}\n{\"id\":2,\"s\":7}\n");
    let run = home.run("convert in.ndjson out.parquet").success();
    let table: Vec<&str> = run.stdout.lines().skip_while(|line| !line.is_empty()).collect();
    let expected = [
        "",
        "column  type  values  empty  as text  rounded  rescued  dropped",
        "n       utf8       0      2        0        0        0        0",
        "s       utf8       2      0        1        0        0        0",
    ];
    assert_eq!(table, expected);
}

#[test]
fn json_is_all_that_standard_output_has() {
    let home = Home::with("{\"a\":1}\n\n{\"a\":null}\n");
    let run = home.run("convert in.ndjson out.parquet --json").success();
    assert_eq!(run.stderr, "");
    let summary = run.json();
    assert_eq!(
        (&summary["lines"], &summary["rows"], &summary["blank"]),
        (&3.into(), &2.into(), &1.into())
    );
    assert_eq!(summary["bytes_in"], 20);
    assert_eq!(summary["files"][0]["path"], "out.parquet");
    assert_eq!(summary["files"][0]["bytes"], home.read("out.parquet").len());
    assert_eq!(
        (&summary["columns"][0]["typed"], &summary["columns"][0]["null"]),
        (&1.into(), &1.into())
    );
}

#[test]
fn quiet_prints_nothing() {
    let home = Home::with("{\"a\":1}\nx\n");
    let run = home.run("convert -q --on-error quarantine in.ndjson out.parquet").success();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
}

#[test]
fn a_minus_is_standard_input() {
    let home = Home::new();
    let run = home.run_with_stdin("convert - out.parquet --json", b"{\"a\":1}\n{\"a\":\"x\"}\n");
    let summary = run.success().json();
    assert_eq!((&summary["rows"], &summary["columns"][0]["type"]), (&2.into(), &"utf8".into()));
}

#[test]
fn standard_input_may_be_compressed() {
    let home = Home::new();
    let run = home.run_with_stdin("convert - out.parquet --json", GZIP);
    assert_eq!(run.success().json()["rows"], 1);
}

#[test]
fn files_globs_and_directories_with_drifting_schemas() {
    let home = Home::new();
    home.write("logs/2024/a.ndjson", "{\"a\":1}\n");
    home.write("logs/2024/b.ndjson", "{\"b\":\"x\",\"a\":\"y\"}\n");
    home.write("logs/2025/c.json", "{\"c\":true}\n");
    home.write("logs/2025/d.gz", GZIP);
    for (inputs, rows, columns) in [
        ("logs", 4, vec!["a", "b", "c"]),
        ("logs/*/*.ndjson", 2, vec!["a", "b"]),
        ("logs/**/*.{json,gz}", 2, vec!["c", "a"]),
        ("logs/2025/c.json logs/2024/a.ndjson", 2, vec!["c", "a"]),
    ] {
        let summary = home.json(&format!("convert {inputs} out.parquet --overwrite --json"));
        assert_eq!(summary["rows"], rows, "{inputs}");
        assert_eq!(column_names(&summary, "columns", "path"), columns, "{inputs}");
    }
}

#[test]
fn a_last_line_that_changes_everything_is_kept() {
    let home = Home::new();
    let mut input = "{\"a\":1}\n".repeat(20_000);
    input.push_str("{\"a\":\"text\",\"late\":[1.5]}");
    home.write("in.ndjson", &input);
    let summary = home.json("convert --sample-bytes 1k in.ndjson out.parquet --json");
    assert_eq!(column_names(&summary, "columns", "path"), ["a", "late", "late[]"]);
    assert_eq!(column_names(&summary, "columns", "type"), ["utf8", "list<float64>", "float64"]);
    assert_eq!((&summary["rows"], &summary["restarts"]), (&20_001.into(), &1.into()));
    home.run("verify in.ndjson out.parquet").success();
}

#[test]
fn nothing_is_overwritten_without_the_flag() {
    let home = Home::with("{\"a\":1}\n");
    home.write("out.parquet", "mine");
    let run = home.run("convert in.ndjson out.parquet").exits(5);
    run.says("`out.parquet` exists already").says("hint: --overwrite replaces it\n");
    assert_eq!(home.text("out.parquet"), "mine");
    home.run("convert in.ndjson out.parquet --overwrite").success();
    assert!(home.read("out.parquet").starts_with(b"PAR1"));
    assert_eq!(home.names(), ["in.ndjson", "out.parquet"]);
}

#[test]
fn an_existing_quarantine_file_is_not_overwritten_either() {
    let home = Home::with("{\"a\":1}\n");
    home.write("out.rejects.ndjson", "mine");
    home.run("convert in.ndjson out.parquet --on-error quarantine").exits(5);
    assert_eq!(home.text("out.rejects.ndjson"), "mine");
    assert_eq!(home.names(), ["in.ndjson", "out.rejects.ndjson"]);
}

#[test]
fn quarantined_lines_can_be_found_again() {
    let input = b"{\"a\":1}\n\n{\"a\":}\n{\"a\":\"\xff\"}\n{\"a\":2}\n";
    let home = Home::with(input);
    let run = home.run("convert in.ndjson out.parquet --on-error quarantine").success();
    assert_eq!(run.stderr, "note: rejected lines go to `out.rejects.ndjson`\n");
    assert!(run.stdout.contains("rejected  2 (encoding: 1, syntax: 1)\n"), "{}", run.stdout);
    assert!(run.stdout.contains("rejects   out.rejects.ndjson\n"), "{}", run.stdout);
    let rejects = home.text("out.rejects.ndjson");
    let rows: Vec<serde_json::Value> =
        rejects.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let positions = rows.iter().map(|row| {
        assert_eq!(row["source"], "in.ndjson");
        let number = |key: &str| row[key].as_u64().unwrap() as usize;
        let line = &input[number("byte_offset")..][..number("length")];
        (number("line"), line, line[number("error_offset")])
    });
    let expected: [(usize, &[u8], u8); 2] =
        [(3, b"{\"a\":}", b'}'), (4, b"{\"a\":\"\xff\"}", 0xff)];
    assert_eq!(positions.collect::<Vec<_>>(), expected);
    assert_eq!((&rows[0]["kind"], &rows[0]["raw"]), (&"syntax".into(), &"{\"a\":}".into()));
}

#[test]
fn a_directory_has_its_quarantine_file_beside_it() {
    let home = Home::with("{\"a\":1}\n[]\n");
    home.run("convert in.ndjson out/ --on-error quarantine").success();
    assert_eq!(home.names(), ["in.ndjson", "out.rejects.ndjson", "out/part-00000.parquet"]);
}

#[test]
fn blank_input_needs_a_schema() {
    for input in ["", "\n \n\t\r\n"] {
        let home = Home::with(input);
        home.run("convert in.ndjson out.parquet").exits(7).says("schema");
        home.write("schema.json", "{\"a\":\"int64\"}");
        let summary = home.json("convert --schema schema.json in.ndjson out.parquet --json");
        assert_eq!(summary["rows"], 0);
        home.run("verify in.ndjson out.parquet").success();
    }
}

/// `{"a":1}` and a line end.
const GZIP: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0x4a, 0x54, 0xb2, 0x32,
    0xac, 0xe5, 0x02, 0x00, 0x46, 0xa3, 0xe8, 0x74, 0x08, 0x00, 0x00, 0x00,
];
