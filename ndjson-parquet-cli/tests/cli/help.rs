//! What the command says of itself: examples, completions, manual, plans and events.

use std::process::Command;

use super::Home;

const COMMANDS: [&str; 13] = [
    "convert",
    "infer",
    "replay",
    "verify",
    "inspect",
    "head",
    "cat",
    "check",
    "ddl",
    "report",
    "gen",
    "completions",
    "man",
];

/// The lines of the help that are commands.
fn examples(help: &str) -> Vec<&str> {
    let examples = help.rsplit("\nExamples:\n").next().unwrap_or_default();
    let examples = examples.split("Exit codes:").next().unwrap_or_default();
    examples.lines().filter_map(|line| line.strip_prefix("    ")).collect()
}

#[test]
fn every_command_has_examples_that_run() {
    let home = Home::with("{\"id\":1,\"s\":\"x\"}\n{\"id\":2}\n");
    home.write("logs/a.ndjson", "{\"id\":1}\nno JSON\n");
    home.write("logs/b.ndjson", "{\"id\":2}\n");
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_ndjson-parquet"));
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", program.parent().unwrap().display());
    for command in COMMANDS {
        let help = home.run(&format!("{command} --help")).success().stdout;
        let lines = examples(&help);
        assert!(!lines.is_empty(), "{help}");
        for line in lines {
            assert!(line.contains(&format!("ndjson-parquet {command} ")), "{line}");
            let mut shell = Command::new("sh");
            shell.args(["-ec", line]).current_dir(home.0.path()).env("PATH", &path);
            let output = shell.output().unwrap();
            assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    let help = home.run("--help").success().stdout;
    assert!(COMMANDS.iter().all(|command| help.contains(&format!("\n  {command} "))), "{help}");
    assert_eq!(home.text("back.ndjson"), home.text("in.ndjson"));
}

#[test]
fn completions_and_manual_know_every_command_and_option() {
    let home = Home::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = home.run(&format!("completions {shell}")).success().stdout;
        let knows = |word: &str| script.contains(word);
        assert!(
            COMMANDS.iter().all(|command| knows(command)) && knows("row-group-bytes"),
            "{shell}"
        );
    }
    let page = home.run("man").success().stdout;
    assert!(page.contains(".TH ndjson-parquet 1") && page.contains("130  interrupted"), "{page}");
    let page = home.run("man convert").success().stdout;
    assert!(page.contains("ndjson\\-parquet\\-convert") || page.contains("ndjson-parquet-convert"));
    assert!(page.contains("row\\-group\\-bytes"), "{page}");
    home.run("man none").exits(2);
}

#[test]
fn a_dry_run_prints_the_plan_and_writes_nothing() {
    let home = Home::with("{\"id\":1}\n{\"id\":2,\"s\":\"\\u001b[31m\"}\n");
    let line = "convert in.ndjson out.parquet --on-error quarantine --dry-run";
    let run = home.run(line).success();
    for part in [
        "input    1 source, 35 B\n",
        "output   out.parquet\n",
        "rejects  out.rejects.ndjson\n",
        "source   in.ndjson, none, 35 B\n",
        "\nSchema\n",
        "id      int64  yes\n",
        "\nnothing was written\n",
    ] {
        assert!(run.stdout.contains(part), "{part}\n{}", run.stdout);
    }
    let plan = home.json(&format!("{line} --json --profile iceberg"));
    assert_eq!(plan["schema"]["fields"][0]["type"], "int64");
    assert_eq!(
        (&plan["sources"][0]["bytes"], &plan["schema_is_final"]),
        (&35.into(), &true.into())
    );
    let plan = home.json(&format!("{line} --json --sample-bytes 5"));
    assert_eq!(plan["schema_is_final"], false);
    assert_eq!(home.names(), ["in.ndjson"]);
    // What would fail fails.
    home.write("out.parquet", "");
    home.run(line).exits(5);
    home.run("convert none.ndjson new.parquet --dry-run").exits(4);
    home.run("convert in.ndjson new.parquet --dry-run --hint a=x").exits(7);
}

#[test]
fn events_are_told_on_request_and_have_nothing_of_a_row() {
    let secret = "s3cr3t-value";
    let mut text: String = (0..2000).map(|n| format!("{{\"n\":{n}}}\n")).collect();
    text.push_str(&format!("{{\"n\":\"{secret}\"}}\nno JSON {secret}\n"));
    let home = Home::with(text);
    let line = "convert in.ndjson out.parquet --sample-bytes 100 --overwrite --on-error skip";
    assert_eq!(home.run(line).success().stderr, "");
    let run = home.run(&format!("{line} -v")).success();
    let run = run.says("INFO a conversion begins sources=1").says("all is read line=2001");
    assert!(!run.stderr.contains("DEBUG"), "{}", run.stderr);
    let run = home.run(&format!("{line} -vv")).success();
    let run = run.says("DEBUG a row group is finished").says("DEBUG a file is finished");
    assert!(!run.stderr.contains(secret) && !run.stderr.contains('\x1b'), "{}", run.stderr);
    home.run(&format!("{line} -v -q")).exits(2);
}
