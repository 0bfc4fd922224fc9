//! `verify`: agreement and difference.

use super::Home;

#[test]
fn agreement_is_told_with_its_numbers() {
    let home = Home::with("{\"a\":1,\"b\":\"x\"}\n\n{\"a\":2}\n{]\n");
    home.run("convert in.ndjson out.parquet --on-error skip").success();
    let run = home.run("verify in.ndjson out.parquet").success();
    let expected = "\
4 lines: 2 rows, 1 blank, 1 rejected
4 values compared
input and output agree
";
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), (expected, ""));
    assert_eq!(home.run("verify -q in.ndjson out.parquet").success().stdout, "");
}

#[test]
fn a_difference_exits_with_6() {
    let home = Home::with("{\"a\":1}\n{\"a\":2}\n");
    home.run("convert in.ndjson out.parquet").success();
    home.write("in.ndjson", "{\"a\":1}\n{\"a\":3}\n");
    let run = home.run("verify in.ndjson out.parquet").exits(6);
    assert!(run.stdout.contains("differs: row 2"), "{}", run.stdout);
    run.says("error: 1 difference between the input and the output");
    home.write("in.ndjson", "{\"a\":1}\n");
    home.run("verify in.ndjson out.parquet").exits(6);
    let run =
        home.run("verify in.ndjson out.parquet --json --threads 1 --memory-limit 96MiB").exits(6);
    assert!(!run.json()["differences"].as_array().unwrap().is_empty());
    assert!(run.stderr.starts_with("{\"error\":{\"kind\":\"mismatch\""), "{}", run.stderr);
}

#[test]
fn json_when_all_is_well() {
    let home = Home::with("{\"a\":1}\n");
    home.run("convert in.ndjson out").success();
    let verification = home.json("verify in.ndjson out --json --kernel scalar --no-progress");
    assert_eq!((&verification["rows"], &verification["lines"]), (&1.into(), &1.into()));
    assert_eq!(verification["differences"], serde_json::json!([]));
}

#[test]
fn output_that_is_not_there_is_no_difference() {
    let home = Home::with("{\"a\":1}\n");
    home.run("verify in.ndjson none.parquet").exits(4);
    home.write("foreign.parquet", "PAR1");
    let code = home.run("verify in.ndjson foreign.parquet").code;
    assert!(code == Some(4) || code == Some(5), "{code:?}");
}

#[test]
fn what_policies_changed_still_agrees() {
    let home = Home::with("{\"a\":1,\"a\":\"x\",\"b\":[1e0]}\n{\"a\":300}\n{\"c\":1,\"a\":1.5}\n");
    home.write("schema.json", "{\"a\":\"int8\"}");
    for (number, flags) in [
        "--unknown rescue --conflict rescue",
        "--unknown ignore --conflict null",
        "--unknown ignore --conflict quarantine",
        "--unknown rescue --conflict null --duplicates first",
        "--on-error skip --duplicates error --conflict null",
    ]
    .iter()
    .enumerate()
    {
        let output = format!("{number}.parquet");
        home.run(&format!("convert in.ndjson {output} --schema schema.json {flags}")).success();
        home.run(&format!("verify in.ndjson {output}")).success();
    }
}
