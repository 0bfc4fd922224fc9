//! `infer --sketch-dir` and `infer --against`: what is read again, and what has changed.

use std::fs;

use serde_json::json;

use super::Home;

/// How many sources of `line` were read and how many were known.
fn read_and_known(home: &Home, line: &str) -> (String, usize, usize) {
    let run = home.run(&format!("{line} -v")).success();
    let told = run.stderr.lines().find(|line| line.contains("sources are sketched")).unwrap();
    let number = |key: &str| {
        let rest = told.split(key).nth(1).unwrap();
        rest.split_whitespace().next().unwrap().parse().unwrap()
    };
    (run.stdout.clone(), number("read="), number("known="))
}

#[test]
fn only_sources_that_changed_are_read_again() {
    let home = Home::new();
    home.write("logs/a.ndjson", "{\"id\":1}\n");
    home.write("logs/b.ndjson", "{\"id\":2,\"s\":\"x\"}\n");
    home.write("logs/c.ndjson", "");
    let line = "infer logs --sketch-dir cache/sketches";
    home.run("infer logs --sketch-dir logs/a.ndjson").exits(5);
    home.run("infer logs --sketch-dir s3://bucket/sketches").exits(5).says("found a URL");
    home.write("cache/keep", "");
    let plain = home.run("infer logs").success().stdout;
    assert_eq!(read_and_known(&home, line), (plain.clone(), 3, 0));
    assert_eq!(read_and_known(&home, line), (plain.clone(), 0, 3));
    // What is known is not read: other bytes of the same size and time go unseen.
    let path = home.path("logs/a.ndjson");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    fs::write(&path, "{\"xyz\":\"\n").unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    assert_eq!(read_and_known(&home, line), (plain, 0, 3));
    // Any other change is seen.
    fs::write(&path, "{\"id\":1.5}\n").unwrap();
    let plain = home.run("infer logs").success().stdout;
    assert!(plain.contains("float64"));
    assert_eq!(read_and_known(&home, line), (plain.clone(), 1, 2));
    // Other rules are other sketches, and the order of the columns is that of the sources.
    assert_eq!(read_and_known(&home, &format!("{line} --hint id=int8")).1, 3);
    assert_eq!(read_and_known(&home, line), (plain, 0, 3));
    let turned = "infer logs/b.ndjson logs/a.ndjson";
    let plain = home.run(turned).success().stdout;
    assert_eq!(read_and_known(&home, &format!("{turned} --sketch-dir cache/sketches")).0, plain);
}

#[test]
fn a_sketch_that_cannot_be_used_is_written_anew() {
    let home = Home::with("{\"id\":1}\n");
    let line = "infer in.ndjson --sketch-dir sketches";
    let (plain, ..) = read_and_known(&home, line);
    let name = home.names().into_iter().find(|name| name.ends_with(".sketch.json")).unwrap();
    let sketch = home.text(&name);
    for other in [
        String::new(),
        sketch[..sketch.len() / 2].to_owned(),
        sketch.replace("\"version\":1", "\"version\":2"),
        sketch.replace("\"rows\":1", "\"rows\":2"),
        sketch.replace("in.ndjson\",\"version", "an.ndjson\",\"version"),
        "[".repeat(100_000),
    ] {
        assert_ne!(other, sketch);
        home.write(&name, &other);
        assert_eq!(read_and_known(&home, line), (plain.clone(), 1, 0), "{other:.300}");
        assert_eq!(home.text(&name), sketch);
    }
    assert_eq!(read_and_known(&home, line).2, 1);
    // The text of a bad line is not in a sketch.
    home.write("in.ndjson", "{\"id\":1}\nno JSON\n");
    home.run(line).exits(3).says("line 2");
    home.run(line).exits(3).says("line 2");
    let run = home.run(&format!("{line} --on-error skip")).success();
    assert_eq!(run.stderr, "note: 2 lines: 1 row, 0 blank, 1 bad\n");
    let stdin = home.run_with_stdin("infer - --sketch-dir sketches", b"{\"id\":1}\n").success();
    assert_eq!(stdin.stdout, plain);
}

#[test]
fn changes_are_told_as_a_table_and_as_json() {
    let home = Home::with("{\"id\":1,\"name\":\"x\"}\n");
    home.run("infer in.ndjson -o schema.json").success();
    let run = home.run("infer in.ndjson --against schema.json --fail-on-drift").success();
    assert_eq!(run.stdout, "1 row, no change\n");
    home.write("new.ndjson", "{\"id\":1,\"name\":\"x\"}\n{\"id\":2.5,\"ok\":true}\n{\"id\":3}\n");
    let run = home.run("infer in.ndjson new.ndjson --against schema.json").success();
    let expected = "\
path  change   schema  input    rows   share  first value  where
id    widened  int64   float64     1  25.0 %  2.5          line 2, byte 26 of new.ndjson
ok    new      -       boolean     1  25.0 %  true         line 2, byte 35 of new.ndjson

4 rows, 2 changes
";
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), (expected, ""));
    let line = "infer new.ndjson --against schema.json --fail-on-drift --sketch-dir sketches";
    home.run(line).exits(8).says("error: 2 changes between the input and the schema");
    assert_eq!(home.run(&format!("{line} -q")).exits(8).stdout, "");
    // The second time from the sketch, with the same evidence.
    let run = home.run(&format!("{line} --json")).exits(8);
    assert!(run.stderr.starts_with("{\"error\":{\"kind\":\"drift\""), "{}", run.stderr);
    let first = json!({"source": "new.ndjson", "line": 2, "byte": 26, "sample": "2.5"});
    assert_eq!(run.json()["changes"][0]["first"], first);
    assert_eq!((&run.json()["rows"], &run.json()["changes"][1]["values"]), (&json!(3), &json!(1)));
    home.run("infer new.ndjson --fail-on-drift").exits(2);
    home.run("infer new.ndjson --against none.json").exits(7);
    home.run("infer new.ndjson --against new.ndjson").exits(7);
    // A page shows the same.
    let summary = home.run("convert new.ndjson out.parquet --json").success().stdout;
    home.write("summary.json", summary);
    home.write("drift.json", &run.stdout);
    home.run("report summary.json --html page.html --drift drift.json").success();
    let page = home.text("page.html");
    assert!(page.contains("<h2>Drift</h2>"), "{page}");
    assert!(page.contains("<td>2.5 in line 2, byte 26 of new.ndjson</td>"), "{page}");
    home.run("report summary.json --html x.html --drift none.json").exits(4);
    home.run("report summary.json --html x.html --drift new.ndjson").exits(4);
}

#[test]
fn sketches_and_marks_beside_the_data_are_no_data() {
    let home = Home::new();
    home.write("logs/a.json", "{\"id\":1}\n");
    home.write("logs/a.rejects.ndjson.done", "{\"mark\":1}\n");
    let plain = home.run("infer logs").success().stdout;
    for input in ["logs", "logs/**/*"] {
        let line = format!("infer {input} --sketch-dir logs/sketches");
        assert_eq!(read_and_known(&home, &line).0, plain);
        assert_eq!(read_and_known(&home, &line), (plain.clone(), 0, 1));
    }
    assert!(!plain.contains("mark") && home.names().len() == 3, "{:?}", home.names());
}
