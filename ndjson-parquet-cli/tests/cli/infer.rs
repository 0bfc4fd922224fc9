//! `infer`: the schema as JSON, as a table and as a file.

use super::Home;

const INPUT: &str = "{\"id\":1,\"tags\":[\"x\"]}\n\n{\"id\":2.5,\"at\":{\"day\":\"2024-01-02\"}}\n";

#[test]
fn the_schema_is_what_convert_reads_and_writes() {
    let home = Home::with(INPUT);
    let run = home.run("infer in.ndjson").success();
    assert_eq!(run.stderr, "");
    let fields = run.json()["fields"].clone();
    let types = fields.as_array().unwrap().iter().map(|field| field["type"].as_str().unwrap());
    assert_eq!(types.collect::<Vec<_>>(), ["float64", "list<utf8>", "struct<day: date>"]);
    home.write("schema.json", &run.stdout);
    home.run("convert in.ndjson a.parquet").success();
    let line = "convert in.ndjson b.parquet --schema schema.json --unknown error --conflict error";
    home.run(line).success();
    let fields = |file: &str| home.json(&format!("inspect {file} --json"))["fields"].clone();
    assert_eq!(fields("a.parquet"), fields("b.parquet"));
}

#[test]
fn a_table_for_people() {
    let home = Home::with(INPUT);
    let run = home.run("infer in.ndjson --format table").success();
    let expected = "\
column  type        nullable
id      float64     yes
tags    list<utf8>  yes
at      struct      yes
at.day  date        yes
";
    assert_eq!(run.stdout, expected);
}

#[test]
fn a_file_is_written_once() {
    let home = Home::with(INPUT);
    let run = home.run("infer in.ndjson --output schema.json").success();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    assert_eq!(home.text("schema.json"), home.run("infer in.ndjson --format json").stdout);
    home.write("schema.json", "mine");
    home.run("infer in.ndjson --output schema.json").exits(5).says("--overwrite");
    assert_eq!(home.text("schema.json"), "mine");
    home.run("infer in.ndjson -o schema.json --overwrite").success();
    assert!(home.text("schema.json").contains("float64"));
    home.run("infer in.ndjson -o none/schema.json").exits(5);
    home.write("bad.ndjson", "x\n");
    home.run("infer bad.ndjson -o new.json").exits(3);
    assert_eq!(home.names(), ["bad.ndjson", "in.ndjson", "schema.json"]);
}

#[test]
fn bad_lines_teach_nothing_and_are_counted() {
    let home = Home::with("{\"a\":1}\n{\"a\":\"x\"\n\n");
    home.run("infer in.ndjson").exits(3);
    let run = home.run("infer in.ndjson --on-error skip").success();
    assert_eq!(run.stderr, "note: 3 lines: 1 row, 1 blank, 1 bad\n");
    assert_eq!(run.json()["fields"][0]["type"], "int64");
    assert_eq!(home.run("infer in.ndjson --on-error skip -q").success().stderr, "");
}

#[test]
fn standard_input_and_flags() {
    let home = Home::new();
    let line = "infer - --hint a=int8 --no-infer-temporal --threads 1 --memory-limit 96MiB \
                --kernel scalar --max-columns 5 --max-depth 3 --max-line-bytes 1k \
                --max-inflate-ratio 50 --no-progress";
    let args: Vec<&str> = line.split_whitespace().collect();
    let run = home.run_with_stdin(&args.join(" "), b"{\"a\":1,\"b\":\"2024-01-02\"}\n").success();
    let fields = &run.json()["fields"];
    assert_eq!((&fields[0]["type"], &fields[1]["type"]), (&"int8".into(), &"utf8".into()));
}
