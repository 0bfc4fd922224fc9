//! `gen`, and each of its shapes from end to end.

use std::io::Read;

use super::{Home, Run};

const SHAPES: [&str; 5] = ["events", "github", "wide", "logs", "numbers"];

#[test]
fn equal_arguments_give_equal_bytes() {
    let home = Home::new();
    for shape in SHAPES {
        let lines = |flags: &str| home.run(&format!("gen {shape} {flags}")).success().stdout;
        let text = lines("--bytes 20k --seed 7");
        assert!(text.len() >= 20_000 && text.ends_with("}\n"));
        assert_eq!(text, lines("--seed 7 --bytes 20000"));
        assert!(text.starts_with(&lines("--bytes 5KiB --seed 7")));
        assert_ne!(text, lines("--bytes 20k --seed 8"));
    }
    assert_eq!(home.run("gen events --bytes 0").success().stdout, "");
}

#[test]
fn each_shape_goes_there_and_is_verified() {
    for shape in SHAPES {
        let home = Home::new();
        let lines = home.run(&format!("gen {shape} --bytes 300kB")).success().stdout;
        let run = home.run_with_stdin("convert - out.parquet --json", lines.as_bytes());
        let summary = run.success().json();
        assert_eq!(summary["rows"], lines.lines().count(), "{shape}");
        assert_eq!(summary["bytes_in"], lines.len(), "{shape}");
        let run = home.run_with_stdin("verify - out.parquet", lines.as_bytes()).success();
        assert!(run.stdout.ends_with("input and output agree\n"), "{shape}: {}", run.stdout);
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let home = Home::new();
    let mut child = home.command(&["gen", "events", "--bytes", "1TB"]).spawn().unwrap();
    child.stdout.take().unwrap().read_exact(&mut [0; 100]).unwrap();
    let run = Run::of(child.wait_with_output().unwrap()).success();
    assert_eq!(run.stderr, "");
}
