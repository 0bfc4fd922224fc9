//! Options from a configuration file and from the environment.

use super::{Home, Run};

fn with_variables(home: &Home, line: &str, variables: &[(&str, &str)]) -> Run {
    let args: Vec<&str> = line.split_whitespace().collect();
    Run::of(home.command(&args).envs(variables.iter().copied()).output().unwrap())
}

/// What the quarantine of `{"a":[[1]]}` and a bad line depends on.
const INPUT: &str = "{\"a\":[[1]]}\nx\n";

#[test]
fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
    let home = Home::with("{\"a\":1}\n");
    home.write("c.toml", "compression = \"gzip:1\"\n[convert]\noverwrite = true\njson = true\n");
    let codec = |line: &str, variables: &[(&str, &str)]| {
        with_variables(&home, line, variables).success();
        let inspection = home.json("inspect out.parquet --json");
        inspection["row_groups"][0]["columns"][0]["codec"].as_str().unwrap().to_owned()
    };
    let file = "convert in.ndjson out.parquet --config c.toml";
    let variable = [("NDJSON_PARQUET_COMPRESSION", "snappy")];
    assert!(codec(file, &[]).starts_with("GZIP"));
    assert!(codec(file, &variable).starts_with("SNAPPY"));
    let line = format!("{file} --compression none");
    assert!(codec(&line, &variable).starts_with("UNCOMPRESSED"));
    // The place of `--config` does not matter, nor whether a variable names the file.
    assert!(codec("--config c.toml convert in.ndjson out.parquet", &[]).starts_with("GZIP"));
    assert!(codec("convert --config=c.toml in.ndjson out.parquet", &[]).starts_with("GZIP"));
    let named = [("NDJSON_PARQUET_CONFIG", "c.toml")];
    assert!(codec("convert in.ndjson out.parquet", &named).starts_with("GZIP"));
}

#[test]
fn every_kind_of_option_can_stand_in_the_file() {
    let home = Home::with(INPUT);
    home.write(
        "c.toml",
        "on-error = \"skip\"\nmax-depth = 2\nthreads = 1\nno-progress = true\nquiet = false\n\
         metadata = [\"team=search\", \"k=v\"]\n[infer]\nformat = \"table\"\n\
         [convert]\nmax-depth = 3\nmax-reject-ratio = 0.5\nhint = \"n=int8\"\njson = true\n",
    );
    let summary = home.json("convert in.ndjson out.parquet --config c.toml");
    assert_eq!(summary["rejected_by_kind"].to_string(), "{\"not_an_object\":1}");
    assert!(summary["columns"].to_string().contains("\"int8\""));
    let metadata = home.json("inspect out.parquet --json --config c.toml")["metadata"].clone();
    assert_eq!((&metadata[0]["value"], &metadata[1]["value"]), (&"search".into(), &"v".into()));
    // The table of `infer`, and the top for what it has no table of.
    let run = home.run("infer in.ndjson --config c.toml --max-depth 4").success();
    assert!(run.stdout.starts_with("column"), "{}", run.stdout);
}

#[test]
fn an_unknown_key_is_an_error_that_names_the_nearest_option() {
    let home = Home::with(INPUT);
    for (text, says) in [
        ("max_depth = 3", "expected options, found `max_depth`; the nearest is `max-depth`"),
        ("[convert]\nrow-group-byte = 3", "the nearest is `row-group-bytes`"),
        ("[infer]\ncompression = \"none\"", "expected options, found `compression`"),
        ("[convertt]\nquiet = true", "expected options, found `convertt`"),
        ("config = \"x\"", "expected options, found `config`"),
        ("threads = true", "expected a text or a number for `threads`, found a boolean"),
        ("quiet = \"yes\"", "expected true or false for `quiet`, found a string"),
        ("hint = { a = 1 }", "found a table"),
        ("threads = ", "configuration file `c.toml`: "),
        ("threads = \"many\"", "invalid value 'many' for '--threads <N>'"),
    ] {
        home.write("c.toml", text);
        home.run("convert in.ndjson out.parquet --config c.toml").exits(2).says(says);
    }
    home.run("convert in.ndjson out.parquet --config none.toml").exits(2).says("`none.toml`");
    assert_eq!(home.names(), ["c.toml", "in.ndjson"]);
    home.run("convert --config none.toml --help").success();
}

#[test]
fn the_command_line_wins_over_what_contradicts_it_in_the_file() {
    let home = Home::with("{\"a\":1}\n");
    home.write("c.toml", "quiet = true\n[infer]\nformat = \"table\"\n");
    home.run("convert in.ndjson out.parquet --config c.toml -v").success().says("INFO");
    home.run("infer in.ndjson --config c.toml --output schema.json").success();
    assert!(home.text("schema.json").starts_with('{'));
    home.write("c.toml", "output = \"new.json\"\n");
    let run = home.run("infer in.ndjson --config c.toml --format table").success();
    assert!(run.stdout.starts_with("column") && !home.names().contains(&"new.json".to_owned()));
}

#[test]
fn variables_give_flags_and_values() {
    let home = Home::with(INPUT);
    let variables = [
        ("NDJSON_PARQUET_ON_ERROR", "skip"),
        ("NDJSON_PARQUET_JSON", "1"),
        ("NDJSON_PARQUET_OVERWRITE", "false"),
    ];
    let run = with_variables(&home, "convert in.ndjson out.parquet", &variables).success();
    assert_eq!(run.json()["rejected"], 1);
    with_variables(&home, "convert in.ndjson out.parquet", &variables).exits(5);
    let wrong = [("NDJSON_PARQUET_THREADS", "none")];
    with_variables(&home, "convert in.ndjson new.parquet", &wrong).exits(2).says("--threads");
}
