//! `cat` and `head`: rows as NDJSON.

use std::io::Read;
use std::process::Stdio;

use super::Home;

#[test]
fn rows_come_back_as_lines() {
    let text = "{\"id\":1,\"s\":\"x\"}\n{\"id\":2,\"l\":[1,null]}\n";
    let home = Home::with(text);
    home.run("convert in.ndjson out.parquet").success();
    assert_eq!(home.run("cat out.parquet").success().stdout, text);
    assert_eq!(home.run("cat out.parquet out.parquet").success().stdout, text.repeat(2));
    assert_eq!(
        home.run("head out.parquet -n 1 --nulls").success().stdout,
        "{\"id\":1,\"s\":\"x\",\"l\":null}\n"
    );
    home.run("cat in.ndjson").exits(4);
    home.run("cat").exits(2);
}

#[test]
fn head_shows_ten_rows_unless_told() {
    let home = Home::with((0..30).map(|n| format!("{{\"n\":{n}}}\n")).collect::<String>());
    home.run("convert in.ndjson out").success();
    assert_eq!(home.run("head out").success().stdout.lines().count(), 10);
    assert_eq!(home.run("head out --rows 0").success().stdout, "");
    assert_eq!(home.run("head out --rows 100").success().stdout.lines().count(), 30);
}

#[test]
fn rescued_values_are_merged_on_request() {
    let text = "{\"a\":\"x\",\"new\":1.50}\n";
    let home = Home::with(text);
    home.write("schema.json", "{\"a\":\"int64\"}");
    home.run("convert in.ndjson out.parquet --schema schema.json").success();
    let expected = "{\"_rescued_data\":\"{\\\"a\\\":\\\"x\\\",\\\"new\\\":1.50}\"}\n";
    assert_eq!(home.run("cat out.parquet").success().stdout, expected);
    assert_eq!(home.run("cat out.parquet --merge-rescued").success().stdout, text);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let home = Home::with("{\"a\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}\n".repeat(50_000));
    home.run("convert in.ndjson out.parquet").success();
    let mut child = home.command(&["cat", "out.parquet"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 100]).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}
