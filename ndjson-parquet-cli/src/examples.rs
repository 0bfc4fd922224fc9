//! An example or two for each command, below its help.
//!
//! A test runs all of them, in this order, in a directory with `in.ndjson`, `logs/` and
//! `schema.json`.

use std::fmt::Write;

/// Each command, with what its examples do and how.
pub(crate) const COMMANDS: [(&str, &[(&str, &str)]); 13] = [
    (
        "convert",
        &[
            ("One file", "ndjson-parquet convert in.ndjson out.parquet"),
            ("Keep bad lines aside", "ndjson-parquet convert logs events --on-error quarantine"),
            (
                "Say what would be done",
                "ndjson-parquet convert in.ndjson new.parquet --profile athena --dry-run",
            ),
            ("From a pipe", "cat in.ndjson | ndjson-parquet convert - piped.parquet"),
            ("For a report", "ndjson-parquet convert in.ndjson told.parquet --json > summary.json"),
        ],
    ),
    (
        "infer",
        &[
            ("The schema of all lines", "ndjson-parquet infer logs --on-error skip --format table"),
            ("For convert --schema", "ndjson-parquet infer in.ndjson --output inferred.json"),
            (
                "What differs from it in new data",
                "ndjson-parquet infer logs --on-error skip --against inferred.json",
            ),
            (
                "Reading only what is new",
                "ndjson-parquet infer logs --on-error skip --sketch-dir sketches",
            ),
        ],
    ),
    (
        "replay",
        &[(
            "What was put aside, in wider columns",
            "ndjson-parquet replay events.rejects.ndjson events-2.parquet --hint id=utf8",
        )],
    ),
    (
        "verify",
        &[
            ("Compare every value", "ndjson-parquet verify in.ndjson out.parquet"),
            ("With what was replayed", "ndjson-parquet verify logs events --also events-2.parquet"),
        ],
    ),
    ("inspect", &[("What the footer says", "ndjson-parquet inspect out.parquet")]),
    ("head", &[("The first rows", "ndjson-parquet head out.parquet -n 3")]),
    (
        "cat",
        &[
            ("All rows", "ndjson-parquet cat out.parquet > back.ndjson"),
            ("As the lines were", "ndjson-parquet cat events --merge-rescued"),
        ],
    ),
    ("check", &[("What Spark would refuse", "ndjson-parquet check out.parquet --profile spark")]),
    (
        "ddl",
        &[(
            "A table with projected partitions",
            "ndjson-parquet ddl out.parquet --table events --location s3://bucket/e/ --partition d=date",
        )],
    ),
    ("report", &[("A page about it", "ndjson-parquet report summary.json --html report.html")]),
    (
        "gen",
        &[("A file to try things with", "ndjson-parquet gen events --bytes 1MB > events.ndjson")],
    ),
    ("completions", &[("For bash", "ndjson-parquet completions bash > ndjson-parquet.bash")]),
    (
        "man",
        &[("The page of one command", "ndjson-parquet man convert > ndjson-parquet-convert.1")],
    ),
];

/// The examples of the command `name` as a part of its help; empty where there are none.
pub(crate) fn help(name: &str) -> String {
    let examples = COMMANDS.iter().find(|(command, _)| *command == name);
    let mut help = String::new();
    for (title, line) in examples.map(|(_, examples)| *examples).unwrap_or_default() {
        let _ = write!(help, "\n  {title}:\n    {line}");
    }
    if help.is_empty() { help } else { format!("Examples:{help}\n\n") }
}
