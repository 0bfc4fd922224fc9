//! The command against a real S3 server: run by `scripts/with_s3`, which starts two of them.
#![cfg(feature = "object_store")]
#![expect(clippy::unwrap_used, reason = "a test fails by panic")]

mod scenario;

use std::io::Write;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A prefix of the test bucket for one test, and a directory.
struct Place {
    store: Arc<dyn ObjectStore>,
    url: String,
    prefix: String,
    home: TempDir,
}

impl Place {
    /// `None` where no server runs.
    fn new() -> Option<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let Ok(bucket) = std::env::var("NDJSON_PARQUET_S3_BUCKET") else {
            eprintln!("NOT RUN: no S3 server; use `scripts/with_s3 cargo test --test s3`");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let prefix = format!("{}-{number}", std::process::id());
        // The client wants a provider of TLS, although the servers have none.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store = AmazonS3Builder::from_env().with_bucket_name(&bucket).build().unwrap();
        let url = format!("s3://{bucket}/{prefix}");
        Some(Self { store: Arc::new(store), url, prefix, home: TempDir::new().unwrap() })
    }

    fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.url)
    }

    fn path(&self, name: &str) -> Path {
        Path::from(format!("{}/{name}", self.prefix))
    }

    fn put(&self, name: &str, bytes: impl Into<Vec<u8>>) {
        let bytes: Vec<u8> = bytes.into();
        block_on(self.store.put(&self.path(name), bytes.into())).unwrap();
    }

    fn e_tag(&self, name: &str) -> Option<String> {
        block_on(self.store.head(&self.path(name))).ok().map(|found| found.e_tag.unwrap())
    }

    fn keys(&self) -> Vec<String> {
        use futures_util::TryStreamExt;
        let prefix = Path::from(self.prefix.as_str());
        let found: Vec<_> = block_on(self.store.list(Some(&prefix)).try_collect()).unwrap();
        let mut keys: Vec<_> = found
            .iter()
            .map(|found| found.location.as_ref()[self.prefix.len() + 1..].to_owned())
            .collect();
        keys.sort();
        keys
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ndjson-parquet"));
        command.current_dir(self.home.path()).args(args).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    #[track_caller]
    fn run(&self, args: &[&str], code: i32) -> Output {
        let output = self.command(args).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
        output
    }

    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_slice(&self.run(args, 0).stdout).unwrap()
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    Runtime::new().unwrap().block_on(work)
}

fn lines(first: u64, count: u64) -> String {
    (first..first + count).map(|id| format!("{{\"id\":{id},\"text\":\"line {id}\"}}\n")).collect()
}

/// Lines that make a Parquet file of some `megabytes`, more than one part of an upload.
fn random_lines(megabytes: u64) -> String {
    let mut state = 1_u64;
    let mut line = |id| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mixed = (state ^ (state >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        format!("{{\"id\":{id},\"text\":\"{mixed:016x}{state:016x}{:016x}\"}}\n", !mixed)
    };
    (0..megabytes * 18_000).map(&mut line).collect()
}

#[test]
fn a_glob_is_converted_verified_inspected_and_inferred_in_a_bucket() {
    let Some(place) = Place::new() else { return };
    place.put("in/day=1/a.ndjson", lines(0, 30_000));
    place.put("in/day=2/b.ndjson.gz", gzip(&lines(30_000, 500)));
    place.put("in/day=2/empty.ndjson", "");
    let (input, output) = (place.url("in/day=*/*.ndjson*"), place.url("out.parquet"));
    let summary = place.json(&["convert", &input, &output, "--json"]);
    assert_eq!(summary["rows"], 30_500);
    assert_eq!(summary["files"][0]["path"], output.as_str());
    let found = place.json(&["verify", &input, &output, "--json"]);
    assert_eq!((&found["rows"], &found["differences"]), (&30_500.into(), &Value::Array(vec![])));
    assert_eq!(place.json(&["inspect", &output, "--json"])["rows"], 30_500);
    let schema = place.json(&["infer", &place.url("in/")]);
    assert!(schema.to_string().contains("int64"), "{schema}");
}

#[test]
fn part_files_below_a_prefix_and_a_quarantine_file_are_uploaded() {
    let Some(place) = Place::new() else { return };
    place.put("in.ndjson", lines(0, 9_000) + "bad\n");
    let (input, output) = (place.url("in.ndjson"), place.url("out"));
    let args = ["--on-error", "quarantine", "--target-size", "1", "--row-group-bytes", "64KiB"];
    let args = [&["convert", &input, &output, "--json"], &args[..]].concat();
    let summary = place.json(&args);
    let files = summary["files"].as_array().unwrap().len();
    assert!(files > 2 && summary["rejects"] == format!("{output}.rejects.ndjson").as_str());
    let keys = place.keys();
    assert_eq!(keys.len(), files + 2, "{keys:?}");
    assert!(keys.contains(&"out.rejects.ndjson".to_owned()));
    let found = place.json(&["verify", &input, &output, "--json"]);
    assert_eq!((&found["rows"], &found["rejected"]), (&9_000.into(), &1.into()));
    // Replaced as a whole.
    let again = ["convert", &input, &output, "--on-error", "skip", "--overwrite"];
    place.run(&again, 0);
    assert_eq!(place.keys(), ["in.ndjson", "out.rejects.ndjson", "out/part-00000.parquet"]);
}

#[test]
fn an_object_of_several_parts_is_whole_and_not_replaced() {
    let Some(place) = Place::new() else { return };
    std::fs::write(place.home.path().join("in.ndjson"), random_lines(20)).unwrap();
    let output = place.url("big.parquet");
    let args = ["convert", "in.ndjson", &output, "--compression", "none", "--json"];
    let summary = place.json(&args);
    assert!(summary["bytes_out"].as_u64().unwrap() > 17 << 20, "{}", summary["bytes_out"]);
    let found = place.json(&["verify", "in.ndjson", &output, "--json"]);
    assert_eq!((&found["rows"], &found["differences"]), (&360_000.into(), &Value::Array(vec![])));
    let before = place.e_tag("big.parquet");
    let stderr = place.run(&args, 5).stderr;
    assert!(String::from_utf8_lossy(&stderr).contains("exists already"));
    assert_eq!(place.e_tag("big.parquet"), before);
}

/// How three runs end that all looked for the output before any of them made it, and that then get
/// their `input` at the same time or one after the other.
fn contend(place: &Place, name: &str, input: &[u8], together: bool) -> Vec<i32> {
    let output = place.url(&format!("{name}-{together}.parquet"));
    let args = ["convert", "-", &output, "--schema", "schema.json", "--compression", "none"];
    let start = |_| place.command(&args).stdin(Stdio::piped()).spawn().unwrap();
    let mut runs: Vec<Child> = (0..3).map(start).collect();
    // From a pipe, so that each run waits for its input when it has looked.
    thread::sleep(Duration::from_millis(1500));
    let feed = |run: &mut Child| run.stdin.take().unwrap().write_all(input).unwrap();
    let wait = |run: &mut Child| run.wait().unwrap().code().unwrap();
    if !together {
        return runs
            .iter_mut()
            .map(|run| {
                feed(run);
                wait(run)
            })
            .collect();
    }
    thread::scope(|scope| {
        let runs: Vec<_> = runs
            .iter_mut()
            .map(|run| {
                scope.spawn(move || {
                    feed(run);
                    wait(run)
                })
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    })
}

#[test]
fn of_several_runs_that_upload_one_object_one_succeeds() {
    let Some(place) = Place::new() else { return };
    let schema = place.home.path().join("schema.json");
    std::fs::write(schema, "{\"id\":\"int64\",\"text\":\"utf8\"}").unwrap();
    for (name, input) in [("small", lines(0, 10)), ("large", random_lines(12))] {
        let codes = contend(&place, name, input.as_bytes(), false);
        assert_eq!(codes, [0, 5, 5], "{name}, one after the other");
        if std::env::var("NDJSON_PARQUET_S3_ATOMIC").as_deref() != Ok("1") {
            eprintln!("NOT RUN: {name} at the same time, which this server does not keep apart");
            continue;
        }
        let mut codes = contend(&place, name, input.as_bytes(), true);
        codes.sort_unstable();
        assert_eq!(codes, [0, 5, 5], "{name}, at the same time");
    }
}

#[test]
fn a_run_that_is_stopped_leaves_no_object() {
    let Some(place) = Place::new() else { return };
    let output = place.url("stopped.parquet");
    let schema = place.home.path().join("schema.json");
    std::fs::write(schema, "{\"id\":\"int64\",\"text\":\"utf8\"}").unwrap();
    let args = ["convert", "-", &output, "--schema", "schema.json", "--compression", "none"];
    let args = [&args[..], &["--row-group-bytes", "1MiB"]].concat();
    let mut run = place.command(&args).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = run.stdin.take().unwrap();
    // The pipe stays open, so the run waits for more when it has uploaded parts.
    stdin.write_all(random_lines(40).as_bytes()).unwrap();
    thread::sleep(Duration::from_millis(1500));
    let id = run.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(run.wait().unwrap().code(), Some(130));
    assert_eq!(place.keys(), [""; 0]);
}

#[test]
fn a_missing_bucket_and_a_wrong_secret_are_errors_without_secrets() {
    let Some(place) = Place::new() else { return };
    place.put("in.ndjson", lines(0, 1));
    let stderr = place.run(&["infer", "s3://ndjson-parquet-none/in.ndjson"], 4).stderr;
    assert!(String::from_utf8_lossy(&stderr).contains("s3://ndjson-parquet-none/in.ndjson"));
    let input = place.url("in.ndjson");
    let mut command = place.command(&["infer", &input]);
    let output = command.env("AWS_SECRET_ACCESS_KEY", "wr0ng-secret").output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    // One of the servers checks signatures.
    assert!([Some(0), Some(4)].contains(&output.status.code()), "{stderr}");
    for secret in ["wr0ng", "test-key", "Signature="] {
        assert!(!stderr.contains(secret), "{stderr}");
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}
