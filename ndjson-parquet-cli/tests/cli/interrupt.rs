//! What is left when the command is stopped in the middle.

use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Home, Run, send_signal};

/// A conversion that is some way into its work and has seconds to go.
fn start(home: &Home, output: &str) -> Child {
    home.write("in.ndjson", home.run("gen logs --bytes 60MB").stdout);
    let args =
        ["convert", "in.ndjson", output, "--compression", "zstd:12", "--row-group-bytes", "4MiB"];
    let mut child = home.command(&args).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while !home.names().iter().any(|name| name.contains(".staged")) {
        assert!(child.try_wait().unwrap().is_none() && Instant::now() < deadline, "never staged");
        sleep(Duration::from_millis(10));
    }
    sleep(Duration::from_millis(200));
    assert!(child.try_wait().unwrap().is_none(), "the conversion was too fast to be interrupted");
    child
}

#[test]
fn kill_leaves_nothing_visible() {
    for output in ["out.parquet", "out"] {
        let home = Home::new();
        let mut child = start(&home, output);
        send_signal(&child, "KILL");
        child.wait().unwrap();
        let visible: Vec<String> =
            home.names().into_iter().filter(|name| !name.starts_with('.')).collect();
        assert_eq!(visible, ["in.ndjson"]);
        // What is left hidden does not get into the way of the next run.
        home.write("in.ndjson", "{\"a\":1}\n");
        home.run(&format!("convert in.ndjson {output}")).success();
    }
}

#[test]
fn signals_stop_the_work_and_leave_nothing() {
    for (signal, output) in [("INT", "out.parquet"), ("TERM", "out"), ("HUP", "out.parquet")] {
        let home = Home::new();
        let child = start(&home, output);
        let sent = Instant::now();
        send_signal(&child, signal);
        let run = Run::of(child.wait_with_output().unwrap()).exits(130);
        assert!(sent.elapsed() < Duration::from_secs(10), "{signal}: {:?}", sent.elapsed());
        assert_eq!((run.stdout.as_str(), home.names()), ("", vec!["in.ndjson".to_owned()]));
        assert_eq!(run.stderr, "error: the work was cancelled\n");
    }
}

#[test]
fn a_signal_stops_a_command_that_waits_for_input() {
    let home = Home::new();
    home.write("schema.json", "{\"a\":\"int64\"}");
    for flags in [["--threads", "1"], ["--schema", "schema.json"]] {
        let args = [&["convert", "-", "out.parquet"][..], &flags].concat();
        let mut child = home.command(&args).stdin(Stdio::piped()).spawn().unwrap();
        sleep(Duration::from_millis(300));
        send_signal(&child, "INT");
        let deadline = Instant::now() + Duration::from_secs(5);
        while child.try_wait().unwrap().is_none() && Instant::now() < deadline {
            sleep(Duration::from_millis(10));
        }
        let waits = child.try_wait().unwrap().is_none();
        // Not before here: the end of its input would stop the command as well.
        drop(child.stdin.take());
        Run::of(child.wait_with_output().unwrap()).exits(130);
        assert!(!waits, "{flags:?}");
        assert_eq!(home.names(), ["schema.json"]);
    }
}

#[cfg(unix)]
#[test]
fn a_signal_stops_a_command_that_waits_for_the_writer_of_a_pipe() {
    let home = Home::new();
    home.write("schema.json", "{\"a\":\"int64\"}");
    let pipe = home.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for flags in [["--threads", "1"], ["--schema", "schema.json"]] {
        let args = [&["convert", "pipe", "out.parquet"][..], &flags].concat();
        let mut child = home.command(&args).spawn().unwrap();
        sleep(Duration::from_millis(300));
        send_signal(&child, "TERM");
        let deadline = Instant::now() + Duration::from_secs(5);
        while child.try_wait().unwrap().is_none() && Instant::now() < deadline {
            sleep(Duration::from_millis(10));
        }
        let waits = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        let run = Run::of(child.wait_with_output().unwrap());
        assert!(!waits, "{flags:?}");
        run.exits(130);
        assert_eq!(home.names(), ["pipe", "schema.json"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn work_started_by_nohup_outlives_its_terminal() {
    let home = Home::new();
    home.write("in.ndjson", home.run("gen logs --bytes 20MB").stdout);
    let program = env!("CARGO_BIN_EXE_ndjson-parquet");
    let args =
        ["nohup", program, "convert", "in.ndjson", "out.parquet", "--compression", "zstd:12"];
    let mut command = std::process::Command::new("env");
    command.args(args).current_dir(home.path(".")).stdin(Stdio::null());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !home.names().iter().any(|name| name.contains(".staged")) {
        sleep(Duration::from_millis(10));
    }
    send_signal(&child, "HUP");
    Run::of(child.wait_with_output().unwrap()).success();
    assert!(home.read("out.parquet").ends_with(b"PAR1"));
}

#[test]
fn a_second_signal_ends_the_process_at_once() {
    let home = Home::new();
    let child = start(&home, "out.parquet");
    send_signal(&child, "INT");
    send_signal(&child, "INT");
    Run::of(child.wait_with_output().unwrap()).exits(130);
    assert!(!home.names().contains(&"out.parquet".to_owned()));
}
