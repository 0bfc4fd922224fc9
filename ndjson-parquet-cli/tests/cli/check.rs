//! `check` and `convert --profile`: what a reader refuses, where, and what to do.

use super::Home;

#[test]
fn findings_say_where_and_what_and_exit_with_7() {
    let home = Home::with("{\"n\":18446744073709551615,\"o\":{\"id\":1,\"Id\":2},\"date\":1}\n");
    home.run("convert in.ndjson out.parquet").success();
    let run = home.run("check out.parquet --profile athena").exits(7);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(
        lines[0],
        "refused: column `n`: expected signed integers, found `uint64`; store it as \
         `decimal(20,0)`, as `convert --profile athena` does"
    );
    assert!(lines[1].starts_with("refused: column `o.Id`: expected names that differ in more"));
    assert!(lines[2].starts_with("note: column `date`: expected a name that is no reserved word"));
    assert_eq!(lines.len(), 3);
    let run = run.says("error: athena refuses 2 things in `out.parquet`");
    assert_eq!(run.stderr.lines().count(), 1);

    let run = home.run("check out.parquet --profile athena --json").exits(7);
    let findings = run.json()["findings"].clone();
    assert_eq!((&findings[0]["path"], &findings[0]["severity"]), (&"n".into(), &"refused".into()));
    assert!(run.stderr.starts_with("{\"error\":"), "{}", run.stderr);

    let run = home.run("check out.parquet --profile duckdb").success();
    assert!(run.stdout.ends_with("duckdb takes all of it\n"), "{}", run.stdout);
}

#[test]
fn what_is_converted_for_a_reader_passes_its_check() {
    let home = Home::with("{\"n\":18446744073709551615,\"l\":[[1]],\"x\":null,\"e\":{}}\n");
    for profile in ["athena", "spark", "redshift", "duckdb", "iceberg"] {
        let output = format!("{profile}.parquet");
        home.run(&format!("convert in.ndjson {output} --profile {profile}")).success();
        let run = home.run(&format!("check {output} --profile {profile}")).success();
        assert_eq!(run.stdout, format!("{profile} takes all of it\n"));
        home.run(&format!("verify in.ndjson {output}")).success();
    }
}

#[test]
fn a_name_that_cannot_be_written_for_a_reader_stops_the_conversion() {
    let home = Home::with("{\"id\":1}\n{\"ID\":2}\n");
    home.run("convert in.ndjson out.parquet --profile spark")
        .exits(7)
        .says("error: profile spark: column `ID`: expected names that differ in more than case");
    home.run("infer in.ndjson --profile spark").exits(7);
    assert_eq!(home.names(), ["in.ndjson"]);
}

#[test]
fn schemas_are_checked_too_and_no_name_reaches_the_terminal_as_it_is() {
    let home = Home::new();
    home.write("schema.json", "{\"a\\u001b[31m\":\"timestamp(ns)\"}");
    let run = home.run("check schema.json --profile spark").exits(7);
    assert!(
        !run.stdout.contains('\x1b') && run.stdout.contains("`timestamp(ns)`"),
        "{}",
        run.stdout
    );
    home.write("text", "no schema");
    home.run("check text --profile spark").exits(7);
    home.run("check none.parquet --profile spark").exits(7);
    home.run("check schema.json").exits(2);
}
