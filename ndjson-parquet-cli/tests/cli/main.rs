//! The command as scripts and people meet it: each test runs the built binary in a directory of its
//! own.
#![expect(clippy::unwrap_used, reason = "a test fails by panic")]

mod cat;
mod check;
mod config;
mod convert;
mod ddl;
mod drift;
mod errors;
mod flags;
mod generate;
mod help;
mod html_report;
mod infer;
mod inspect;
mod interrupt;
mod replay;
mod verify;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A working directory for one test.
struct Home(TempDir);

/// What a run of the command left.
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Home {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// A directory with `input` in the file `in.ndjson`.
    fn with(input: impl AsRef<[u8]>) -> Self {
        let home = Self::new();
        home.write("in.ndjson", input);
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    /// All names below the directory, sorted, hidden ones included.
    fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        list(self.0.path(), "", &mut names);
        names.sort();
        names
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = program();
        command.current_dir(self.0.path()).args(args).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the command line `line`, whose arguments hold no blanks and are not empty.
    fn run(&self, line: &str) -> Run {
        let args: Vec<&str> = line.split_whitespace().collect();
        self.run_args(&args)
    }

    fn run_args(&self, args: &[&str]) -> Run {
        Run::of(self.command(args).output().unwrap())
    }

    fn run_with_stdin(&self, line: &str, input: &[u8]) -> Run {
        let args: Vec<&str> = line.split_whitespace().collect();
        let mut child = self.command(&args).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || stdin.write_all(&input));
        let run = Run::of(child.wait_with_output().unwrap());
        // A command that fails early need not read everything.
        let _ = writer.join().unwrap();
        run
    }

    /// The Summary or other JSON that the command line prints.
    fn json(&self, line: &str) -> Value {
        self.run(line).success().json()
    }
}

impl Run {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn success(self) -> Self {
        self.exits(0)
    }

    #[track_caller]
    fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// The one JSON document on standard output.
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }

    #[track_caller]
    fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{}", self.stderr);
        self
    }
}

/// The command, with SIGHUP as usual even where the tests were started by `nohup`.
fn program() -> Command {
    let program = env!("CARGO_BIN_EXE_ndjson-parquet");
    if cfg!(not(target_os = "linux")) {
        return Command::new(program);
    }
    let mut command = Command::new("env");
    command.args(["--default-signal=HUP", program]);
    command
}

fn list(directory: &Path, prefix: &str, names: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            list(&entry.path(), &format!("{name}/"), names);
        } else {
            names.push(name);
        }
    }
}

/// Sends `signal`, such as `INT`, to `child`.
fn send_signal(child: &Child, signal: &str) {
    let kill = format!("kill -{signal} {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

/// The names of the columns of a Summary or of an inspected file.
fn column_names(document: &Value, list: &str, name: &str) -> Vec<String> {
    let columns = document[list].as_array().unwrap().iter();
    columns.map(|column| column[name].as_str().unwrap().to_owned()).collect()
}
