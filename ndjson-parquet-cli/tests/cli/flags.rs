//! Each flag of `convert` does what it says.

use ndjson_parquet_core::KernelChoice;
use serde_json::Value;

use super::{Home, Run, column_names};

fn convert(home: &Home, flags: &str) -> Value {
    home.json(&format!("convert in.ndjson out.parquet --overwrite --json {flags}"))
}

fn column<'a>(document: &'a Value, path: &str) -> &'a Value {
    let columns = document["columns"].as_array().unwrap();
    columns.iter().find(|column| column["path"] == path).unwrap()
}

/// The inspected output.
fn inspect(home: &Home) -> Value {
    home.json("inspect out.parquet --json")
}

#[test]
fn schema() {
    let home = Home::with("{\"b\":\"7\",\"a\":7}\n");
    home.write("schema.json", "{\"a\":\"int16\",\"b\":\"utf8 not null\"}");
    let summary = convert(&home, "--schema schema.json --conflict null --unknown ignore");
    assert_eq!(column_names(&summary, "columns", "type"), ["int16", "utf8"]);
    // A Parquet file is a schema, too.
    std::fs::rename(home.path("out.parquet"), home.path("first.parquet")).unwrap();
    let summary = convert(&home, "--schema first.parquet --conflict null --unknown ignore");
    assert_eq!(column_names(&summary, "columns", "type"), ["int16", "utf8"]);
}

#[test]
fn hints() {
    let home = Home::with("{\"id\":1,\"user\":{\"n\":2},\"items\":[{\"price\":1.5}]}\n");
    let args = [
        "convert",
        "in.ndjson",
        "out.parquet",
        "--json",
        "--hint",
        "user.n=int8",
        "--hint",
        "items[].price=decimal(18,2)",
    ];
    let summary = home.run_args(&args).success().json();
    assert_eq!(column(&summary, "user.n")["type"], "int8");
    assert_eq!(column(&summary, "items[].price")["type"], "decimal(18,2)");
    assert_eq!(column(&summary, "id")["type"], "int64");
}

#[test]
fn no_infer_temporal() {
    let home = Home::with("{\"ts\":\"2024-01-02T03:04:05Z\"}\n");
    assert_eq!(column(&convert(&home, ""), "ts")["type"], "timestamp(us, UTC)");
    assert_eq!(column(&convert(&home, "--no-infer-temporal"), "ts")["type"], "utf8");
}

#[test]
fn unknown() {
    let home = Home::with("{\"a\":1,\"b\":2}\n");
    home.write("schema.json", "{\"a\":\"int64\"}");
    let summary = convert(&home, "--unknown evolve");
    assert_eq!(column_names(&summary, "columns", "path"), ["a", "b"]);
    for flags in ["", " --unknown rescue"] {
        let summary = convert(&home, &format!("--schema schema.json{flags}"));
        assert_eq!(summary["unknown_rescued"], 1);
    }
    let summary = convert(&home, "--schema schema.json --unknown ignore");
    assert_eq!((&summary["unknown_ignored"], &summary["rows"]), (&1.into(), &1.into()));
    let line = "convert in.ndjson new.parquet --schema schema.json --unknown error";
    home.run(line).exits(3).says("byte 7").says("hint: --unknown rescue ");
}

#[test]
fn conflict() {
    let home = Home::with("{\"a\":1}\n{\"a\":\"x\"}\n");
    home.write("schema.json", "{\"a\":\"int64\"}");
    assert_eq!(column(&convert(&home, "--conflict widen"), "a")["type"], "utf8");
    for flags in ["", " --conflict rescue"] {
        let summary = convert(&home, &format!("--schema schema.json{flags}"));
        assert_eq!(column(&summary, "a")["rescued"], 1);
    }
    let summary = convert(&home, "--schema schema.json --conflict null");
    assert_eq!(column(&summary, "a")["nulled"], 1);
    let summary = convert(&home, "--schema schema.json --conflict quarantine");
    assert_eq!(summary["rejected_by_kind"]["type_conflict"], 1);
    assert_eq!(summary["rejects"], "out.rejects.ndjson");
    assert!(home.text("out.rejects.ndjson").contains("\"line\":2"));
    let line = "convert in.ndjson new.parquet --schema schema.json --conflict error";
    home.run(line).exits(3).says("at `a`").says("hint: --conflict ");
}

#[test]
fn duplicates() {
    let home = Home::with("{\"a\":1,\"a\":\"x\"}\n");
    home.write("schema.json", "{\"a\":\"int64\"}");
    let rescued = |policy: &str| {
        let summary = convert(&home, &format!("--schema schema.json{policy}"));
        assert_eq!(summary["duplicate_keys"], 1);
        column(&summary, "a")["rescued"].clone()
    };
    assert_eq!(
        [rescued(""), rescued(" --duplicates last"), rescued(" --duplicates first")],
        [1, 1, 0]
    );
    home.run("convert in.ndjson new.parquet --duplicates error").exits(3).says("byte 7");
}

#[test]
fn on_error_and_rejects() {
    let home = Home::with("{\"a\":1}\nx\n");
    home.run("convert in.ndjson new.parquet --on-error error").exits(3);
    let summary = convert(&home, "--on-error skip");
    assert_eq!((&summary["rejected"], &summary["rejects"]), (&1.into(), &Value::Null));
    let summary = convert(&home, "--on-error quarantine --rejects bad.ndjson");
    assert_eq!(summary["rejects"], "bad.ndjson");
    assert_eq!(home.text("bad.ndjson").lines().count(), 1);
    assert_eq!(home.names(), ["bad.ndjson", "in.ndjson", "out.parquet"]);
}

#[test]
fn limits_on_lines() {
    let home = Home::with("{\"a\":[[[1]]]}\n{\"a\":null,\"b\":\"xxxxxxxxxxxxxxxx\"}\n");
    let rejected = |flags: &str| {
        convert(&home, &format!("--on-error skip {flags}"))["rejected_by_kind"].to_string()
    };
    assert_eq!(rejected("--max-depth 4 --max-line-bytes 40"), "{}");
    assert_eq!(rejected("--max-depth 3"), "{\"too_deep\":1}");
    assert_eq!(rejected("--max-line-bytes 20B"), "{\"line_too_long\":1}");
    home.run("convert in.ndjson new.parquet --max-columns 2").exits(4);
}

#[test]
fn limits_on_inflation() {
    let home = Home::new();
    home.run_with_stdin("gen events --bytes 100kB", b"").success();
    let lines = home.run("gen events --bytes 100kB").stdout;
    home.write("in", &lines);
    let gzip = std::process::Command::new("gzip").arg(home.path("in")).status().unwrap();
    assert!(gzip.success());
    home.run("convert in.gz out.parquet --max-inflated-bytes 1MB --max-inflate-ratio 10000")
        .success();
    home.run("convert in.gz new.parquet --max-inflated-bytes 50kB").exits(4);
    home.run("verify in.gz out.parquet --max-inflated-bytes 50kB").exits(4);
    home.run("infer in.gz --max-inflated-bytes 50kB").exits(4);
}

#[test]
fn compression() {
    let home = Home::with("{\"a\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}\n");
    for (flag, codec) in [
        ("", "ZSTD"),
        ("--compression zstd:3", "ZSTD"),
        ("--compression snappy", "SNAPPY"),
        ("--compression gzip:9", "GZIP"),
        ("--compression lz4_raw", "LZ4_RAW"),
        ("--compression none", "UNCOMPRESSED"),
    ] {
        convert(&home, flag);
        let found = inspect(&home)["row_groups"][0]["columns"][0]["codec"].clone();
        assert!(found.as_str().unwrap().starts_with(codec), "{flag}: {found}");
    }
}

#[test]
fn dictionary() {
    let home = Home::with((0..2000).map(|n| format!("{{\"a\":{n}}}\n")).collect::<String>());
    let dictionary = |flag: &str| {
        convert(&home, flag);
        inspect(&home)["row_groups"][0]["columns"][0]["dictionary"].clone()
    };
    assert_eq!(dictionary("--dictionary adaptive"), false);
    assert_eq!(dictionary("--dictionary always"), true);
    assert_eq!(dictionary("--dictionary never"), false);
}

#[test]
fn row_group_rows() {
    let home = Home::with("{\"a\":1}\n".repeat(50_000));
    assert_eq!(convert(&home, "--row-group-rows 20000")["row_groups"], 3);
}

#[test]
fn row_groups_and_files() {
    let home = Home::with((0..50_000).map(|n| format!("{{\"a\":{n}}}\n")).collect::<String>());
    let summary = convert(&home, "--row-group-bytes 128KiB --row-group-rows 1000000");
    assert_eq!(summary["row_groups"], 5);
    let line = "convert in.ndjson out --json --target-size 20kB --row-group-bytes 64KiB \
                --compression none";
    let summary = home.json(line);
    let files = summary["files"].as_array().unwrap();
    assert!(files.len() > 2, "{summary}");
    assert_eq!(files.iter().map(|file| file["rows"].as_u64().unwrap()).sum::<u64>(), 50_000);
    home.run("verify in.ndjson out").success();
}

#[test]
fn metadata() {
    let home = Home::with("{\"a\":1}\n");
    convert(&home, "--metadata team=search --metadata formula=a=b");
    let entries = inspect(&home)["metadata"].clone();
    let value = |key: &str| {
        let entries = entries.as_array().unwrap();
        entries.iter().find(|entry| entry["key"] == key).unwrap()["value"].clone()
    };
    assert_eq!((value("team"), value("formula")), ("search".into(), "a=b".into()));
}

#[test]
fn truncate_timestamps() {
    let home = Home::with("{\"ts\":\"2024-01-02T03:04:05.123456Z\"}\n");
    home.write("schema.json", "{\"ts\":\"timestamp(ms, \\\"UTC\\\")\"}");
    let rescued = |flags: &str| {
        let summary = convert(&home, &format!("--schema schema.json{flags}"));
        column(&summary, "ts")["rescued"].clone()
    };
    assert_eq!((rescued(""), rescued(" --truncate-timestamps")), (1.into(), 0.into()));
}

#[test]
fn the_output_depends_on_no_flag_about_resources() {
    let home = Home::new();
    home.write("in.ndjson", home.run("gen github --bytes 2MB").stdout);
    convert(&home, "--row-group-bytes 256KiB");
    let expected = home.read("out.parquet");
    for flags in [
        "--threads 1",
        "--threads 2",
        "--threads 8",
        "--memory-limit 1GiB",
        "--kernel scalar",
        "--kernel auto",
        "--sample-bytes 10k",
        "--no-progress",
    ] {
        convert(&home, &format!("--row-group-bytes 256KiB {flags}"));
        assert!(home.read("out.parquet") == expected, "{flags}");
    }
}

#[test]
fn a_kernel_works_or_the_error_says_what_it_needs() {
    let home = Home::with("{\"a\":1}\n");
    for (kernel, needs) in [("avx2", "AVX2"), ("avx512", "AVX-512"), ("neon", "NEON")] {
        let line = format!("convert in.ndjson out.parquet --overwrite --kernel {kernel}");
        if kernel.parse::<KernelChoice>().unwrap().is_available() {
            home.run(&line).success();
        } else {
            home.run(&line).exits(7).says(needs);
        }
    }
}

#[test]
fn the_environment_chooses_the_kernel_where_no_flag_does() {
    let home = Home::with("{\"a\":1}\n");
    let run = |line: &str| {
        let args: Vec<&str> = line.split_whitespace().collect();
        let command = &mut home.command(&args);
        Run::of(command.env("NDJSON_PARQUET_KERNEL", "sse2").output().unwrap())
    };
    run("convert in.ndjson out.parquet")
        .exits(2)
        .says("'sse2' for '--kernel")
        .says("auto, scalar, avx2, avx512, neon");
    run("convert in.ndjson out.parquet --kernel scalar").success();
}

#[test]
fn a_quarantine_file_in_the_input_directory_is_no_input() {
    let home = Home::new();
    home.write("in/a.ndjson", "{\"a\":1}\nbad\n");
    home.run("convert in in/out.parquet --on-error quarantine").success();
    assert!(home.names().contains(&"in/out.rejects.ndjson".to_owned()));
    home.run("verify in in/out.parquet").success();
    home.run("convert in/*.ndjson in/out.parquet --on-error quarantine --overwrite").success();
    home.run("verify in in/out.parquet").success();
}

#[test]
fn overwrite_tells_of_a_quarantine_file_of_an_earlier_run() {
    let home = Home::with("{\"a\":1}\nbad\n");
    home.run("convert in.ndjson out.parquet --on-error quarantine").success();
    home.write("in.ndjson", "{\"a\":1}\n");
    home.run("convert in.ndjson out.parquet --overwrite")
        .success()
        .says("note: `out.rejects.ndjson` is of an earlier run, not of this one");
    assert!(home.names().contains(&"out.rejects.ndjson".to_owned()));
    // Replaced where this run has a quarantine file of its own.
    home.run("convert in.ndjson out.parquet --overwrite --on-error quarantine").success();
    assert_eq!(home.read("out.rejects.ndjson"), b"");
}

#[test]
fn partition_by_keep_partition_columns_and_max_partitions() {
    let home = Home::with(
        "{\"id\":1,\"c\":\"NO\",\"ts\":\"2026-01-01T07:30:00Z\"}\n{\"id\":2,\"c\":\"\",\"ts\":null}\n",
    );
    let args = ["convert", "in.ndjson", "out", "--json", "--partition-by", "c/date={ts:%F}"];
    let summary =
        home.run_args(&[&args[..], &["--partition-by", "hour={ts:%H}"]].concat()).success().json();
    let partitions = summary["files"].as_array().unwrap().iter().map(|file| &file["partition"]);
    let default = "__HIVE_DEFAULT_PARTITION__";
    assert_eq!(
        partitions.collect::<Vec<_>>(),
        ["c=NO/date=2026-01-01/hour=07", &format!("c={default}/date={default}/hour={default}")]
    );
    assert_eq!(summary["empty_as_null"], 1);
    home.run("verify in.ndjson out").success();
    let text =
        home.run_args(&["convert", "in.ndjson", "out", "--overwrite", "--partition-by", "c"]);
    let text = text.success().stdout;
    assert!(text.contains("2 in 2 partitions, from out/c=NO/part-00000.parquet to "), "{text}");
    assert!(text.contains("1 rows with an empty text in the partition of null"), "{text}");
    let columns = |file: &str| {
        let found = home.json(&format!("inspect {file} --json"));
        found["fields"].as_array().map(Vec::len)
    };
    let dropped = columns("out/c=NO/part-00000.parquet");
    home.run("convert in.ndjson kept --partition-by c --keep-partition-columns").success();
    assert_eq!(columns("kept/c=NO/part-00000.parquet"), dropped.map(|number| number + 1));
    let error = home.run("convert in.ndjson more --partition-by c --max-partitions 1");
    assert!(error.stderr.contains("at most 1 partitions"), "{}", error.stderr);
    assert!(!home.path("more").exists());
    let error = home.run("convert in.ndjson more --max-partitions 1");
    assert_eq!(error.code, Some(2), "{}", error.stderr);
}

#[test]
fn columns_and_sort_by() {
    let home = Home::with("{\"id\":1,\"s\":\"b\"}\n{\"id\":2,\"s\":\"a\"}\n{\"id\":3}\n");
    let flags = "--column id:codec=none,statistics=chunk --column s:bloom=on,fpp=0.001 \
                 --sort-by s:desc:nulls-first --sort-by id";
    convert(&home, flags);
    let found = inspect(&home);
    let chunks = &found["row_groups"][0]["columns"];
    assert_eq!(
        (&chunks[0]["codec"], &chunks[0]["page_index"]),
        (&"UNCOMPRESSED".into(), &false.into())
    );
    let rows = home.run("cat out.parquet").success().stdout;
    assert_eq!(rows, "{\"id\":3}\n{\"id\":1,\"s\":\"b\"}\n{\"id\":2,\"s\":\"a\"}\n");
    home.run("verify in.ndjson out.parquet").success();
    for (flag, words) in [
        ("--column id", "found no `:`"),
        ("--column id:codec=best", "expected a compression"),
        ("--sort-by id:down", "found `down`"),
    ] {
        let error = home.run(&format!("convert in.ndjson new.parquet {flag}"));
        assert_eq!(error.code, Some(2), "{}", error.stderr);
        assert!(error.stderr.contains(words), "{}", error.stderr);
    }
}
