//! Exit codes, messages and carets.

use super::{Home, Run};

/// Converts one bad input and compares all of standard error.
#[track_caller]
fn shows(input: impl AsRef<[u8]>, expected: &str) {
    let home = Home::with(input);
    let run = home.run("convert in.ndjson out.parquet").exits(3);
    assert_eq!(run.stderr, expected);
    assert_eq!((run.stdout.as_str(), home.names()), ("", vec!["in.ndjson".to_owned()]));
}

const HINT: &str =
    "hint: --on-error quarantine keeps bad lines aside and goes on, --on-error skip counts them\n";

#[test]
fn the_caret_is_under_the_offending_byte() {
    shows(
        "{\"a\":1}\n\n{\"a\":1,\"b\":{\"c\":}}\n",
        &format!(
            "\
error: in.ndjson, line 3, byte 25, at `b.c`: expected a value, found `}}`
  |
3 | {{\"a\":1,\"b\":{{\"c\":}}}}
  |                 ^
{HINT}"
        ),
    );
}

#[test]
fn the_caret_counts_columns_not_bytes() {
    shows(
        "{\"名前\":\"é\",\"x\":.5}\n",
        &format!(
            "\
error: in.ndjson, line 1, byte 19, at `x`: expected a digit, found `.`
  |
1 | {{\"名前\":\"é\",\"x\":.5}}
  |                 ^
{HINT}"
        ),
    );
}

#[test]
fn a_raw_tab_and_an_escape_sequence_are_made_visible() {
    shows(
        "{\"a\":\"\x1b[31m\"}\n",
        &format!(
            "\
error: in.ndjson, line 1, byte 6, at `a`: expected control characters in strings to be escaped, \
found control character 0x1b
  |
1 | {{\"a\":\"\u{241b}[31m\"}}
  |       ^
{HINT}"
        ),
    );
    shows(
        "{\t\"a\":1\t2}\n",
        &format!(
            "\
error: in.ndjson, line 1, byte 8, at `a`: expected `,` or `}}`, found `2`
  |
1 | {{\u{2409}\"a\":1\u{2409}2}}
  |         ^
{HINT}"
        ),
    );
}

#[test]
fn a_long_line_is_cut_around_the_byte() {
    let fill = "x".repeat(1000);
    let (left, right) = ("x".repeat(26), "x".repeat(26));
    shows(
        format!("{{\"a\":\"{fill}\",\"b\":01,\"c\":\"{fill}\"}}\n"),
        &format!(
            "\
error: in.ndjson, line 1, byte 1013, at `b`: expected no digit after a leading `0`, found `1`
  |
1 | …{left}\",\"b\":01,\"c\":\"{right}…
  |                                   ^
{HINT}"
        ),
    );
}

#[test]
fn no_escape_sequence_of_a_name_or_a_key_reaches_the_terminal() {
    let home = Home::new();
    home.write("\x1b[2Jin.ndjson", "{\"\x7f\\u001b[31m\":{\"\u{202e}\":tru}}\n");
    let run = home.run_args(&["convert", "\x1b[2Jin.ndjson", "out.parquet"]).exits(3);
    assert!(!run.stderr.contains(['\x1b', '\x7f', '\u{202e}']), "{:?}", run.stderr);
}

#[test]
fn a_line_beyond_the_limit_has_no_excerpt() {
    let home = Home::with(format!("{{\"a\":1}}\n{{\"a\":\"{}\"}}\n", "x".repeat(2000)));
    let run = home.run("convert in.ndjson out.parquet --max-line-bytes 1KB").exits(3);
    let run = run.says("error: in.ndjson, line 2, byte ");
    assert!(!run.stderr.contains("xxx") && !run.stderr.contains(" | "), "{}", run.stderr);
}

#[test]
fn a_json_error_is_one_object_on_one_line() {
    let home = Home::with("{\"a\":1}\n{\"a\":{\"b\":[1,]}}\n");
    let run = home.run("convert in.ndjson out.parquet --json").exits(3);
    assert_eq!((run.stdout.as_str(), run.stderr.lines().count()), ("", 1));
    let error = &error(&run);
    assert_eq!((&error["kind"], &error["exit_code"]), (&"bad_line".into(), &3.into()));
    assert_eq!((&error["source"], &error["line"]), (&"in.ndjson".into(), &2.into()));
    assert_eq!((&error["byte"], &error["path"]), (&21.into(), &"a.b[1]".into()));
    assert_eq!(error["line_kind"], "syntax");
    assert!(error["message"].is_string() && error["hint"].is_string());

    let error = &super::errors::error(&home.run("convert none.ndjson out.parquet --json").exits(4));
    assert_eq!((&error["kind"], &error["line"]), (&"source".into(), &serde_json::Value::Null));
}

fn error(run: &Run) -> serde_json::Value {
    let document: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
    document["error"].clone()
}

#[test]
fn wrong_use_exits_with_2() {
    let home = Home::with("{\"a\":1}\n");
    for line in [
        "",
        "unknown",
        "convert",
        "convert in.ndjson",
        "convert in.ndjson out.parquet --no-such-flag",
        "convert in.ndjson out.parquet --threads 0",
        "convert in.ndjson out.parquet --on-error ignore",
        "convert in.ndjson out.parquet --compression brotli",
        "convert in.ndjson out.parquet --memory-limit 1MiB",
        "convert in.ndjson out.parquet --target-size 12parsecs",
        "convert in.ndjson out.parquet --max-reject-ratio 2",
        "convert in.ndjson out.parquet --metadata novalue",
        "convert in.ndjson out.parquet --row-group-rows 0",
        "convert in.ndjson out.parquet --rejects r.ndjson",
        "convert in.ndjson -",
        "gen squares",
        "infer in.ndjson --overwrite",
        "infer in.ndjson --format table --output schema.json",
    ] {
        let run = home.run_args(&line.split_whitespace().collect::<Vec<_>>()).exits(2);
        assert_eq!(run.stdout, "", "{line}");
        assert!(run.stderr.contains("--help") || line.is_empty(), "{line}: {}", run.stderr);
    }
    assert_eq!(home.names(), ["in.ndjson"]);
}

#[test]
fn a_bad_line_or_too_many_rejects_exit_with_3() {
    let home = Home::with("{\"a\":1}\nx\ny\n{\"a\":2}\n");
    home.run("convert in.ndjson out.parquet").exits(3);
    home.run("infer in.ndjson").exits(3).says("line 2");
    home.run("convert in.ndjson out.parquet --on-error skip --max-rejects 1").exits(3);
    home.run("convert in.ndjson out.parquet --on-error quarantine --max-reject-ratio 0.4").exits(3);
    assert_eq!(home.names(), ["in.ndjson"]);
    home.run("convert in.ndjson a.parquet --on-error skip --max-rejects 2").success();
    home.run("convert in.ndjson b.parquet --on-error skip --max-reject-ratio 0.5").success();
}

#[test]
fn input_that_cannot_be_read_exits_with_4() {
    let home = Home::new();
    home.write("array", "[\n{\"a\":1}\n]\n");
    home.write("pretty", "{\n  \"a\": 1\n}\n");
    home.write("utf16", b"\xff\xfe{\0}\0\n\0");
    home.write("torn.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03");
    home.write("empty/.hidden", "");
    for (input, says) in [
        ("array", "jq -c"),
        ("pretty", "jq -c"),
        ("utf16", "iconv"),
        ("torn.gz", "torn.gz: "),
        ("none.ndjson", "none.ndjson: expected a file, directory or glob, found none"),
        ("*.none", "*.none: expected at least one input file, found none"),
        ("empty", "empty: expected at least one input file, found none"),
    ] {
        home.run_args(&["convert", input, "out.parquet"]).exits(4).says(says);
    }
    assert!(!home.names().iter().any(|name| name.contains("out")), "{:?}", home.names());
    home.run("inspect none.parquet").exits(4);
    home.run("inspect array").exits(4).says("expected a complete Parquet file");
}

#[test]
fn output_that_cannot_be_written_exits_with_5() {
    let home = Home::with("{\"a\":1}\n");
    home.run("convert in.ndjson none/out.parquet").exits(5).says("none");
    home.run("convert in.ndjson in.ndjson/out.parquet").exits(5);
    home.write("other/notes.txt", "mine");
    home.run("convert in.ndjson other").exits(5);
    home.run("convert in.ndjson other --overwrite").exits(5).says("notes.txt");
    assert_eq!(home.names(), ["in.ndjson", "other/notes.txt"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_exits_with_5() {
    let home = Home::with("{\"a\":1}\n");
    let full = std::fs::File::create("/dev/full").unwrap();
    let run = home.command(&["gen", "events"]).stdout(full.try_clone().unwrap()).output().unwrap();
    Run::of(run).exits(5).says("could not write to standard output");
    let run = home.command(&["infer", "in.ndjson"]).stdout(full).output().unwrap();
    Run::of(run).exits(5);
}

#[test]
fn a_report_that_cannot_be_written_says_that_the_output_is_complete() {
    let home = Home::with("{\"a\":1}\n");
    let full = std::fs::File::create("/dev/full").unwrap();
    let args = ["convert", "in.ndjson", "out.parquet", "--json"];
    let run = home.command(&args).stdout(full).output().unwrap();
    Run::of(run).exits(5).says("the output is complete; only the report is missing");
    home.run("verify in.ndjson out.parquet").success();
}

#[test]
fn limits_out_of_range_are_refused_before_anything_is_done() {
    let home = Home::with("{\"a\":1}\n");
    for flag in [
        "--max-depth 0",
        "--max-depth 100000",
        "--max-columns 0",
        "--max-line-bytes 0",
        "--target-size 0",
        "--sample-bytes 0",
        "--max-inflated-bytes 0",
        "--threads 0",
    ] {
        home.run(&format!("convert in.ndjson out {flag}")).exits(2);
    }
    assert_eq!(home.names(), ["in.ndjson"]);
}

#[test]
fn a_schema_or_option_that_cannot_be_used_exits_with_7() {
    let home = Home::with("{\"a\":1}\n");
    home.write("bad.json", "{\"a\":\"int65\"}");
    home.write("schema.json", "{\"a\":\"int64\"}");
    for (flags, says) in [
        ("--hint a=intt64", "intt64"),
        ("--hint a", "hint"),
        ("--hint a=int64 --hint a=utf8", "hint"),
        ("--schema bad.json", "int65"),
        ("--schema none.json", "none.json"),
        ("--schema schema.json --unknown evolve", "evolve"),
        ("--schema schema.json --conflict widen", "widen"),
        ("--target-size 1MB", "directory"),
    ] {
        home.run(&format!("convert in.ndjson out.parquet {flags}")).exits(7).says(says);
    }
    assert_eq!(home.names(), ["bad.json", "in.ndjson", "schema.json"]);
}

#[test]
fn help_and_version_go_to_standard_output() {
    let home = Home::new();
    for line in ["--help", "convert --help", "help verify", "infer -h", "gen --help"] {
        let run = home.run(line).success();
        assert_eq!(run.stderr, "");
        let codes = line == "help verify" || run.stdout.contains("Exit codes:");
        assert!(codes && run.stdout.contains("Usage: "), "{line}: {}", run.stdout);
    }
    let version = home.run("--version").success().stdout;
    assert_eq!(version, format!("ndjson-parquet {}\n", env!("CARGO_PKG_VERSION")));
}
