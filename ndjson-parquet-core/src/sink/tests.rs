use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier, Mutex};

use tempfile::TempDir;

use super::staged_file::StagedFile;
use super::*;
use crate::error::{ErrorKind, Result};

/// Names in a directory, hidden ones included, in order.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn write(sink: Sink, parts: usize, content: &str) -> Result<Vec<PathBuf>> {
    let mut output = StagedOutput::begin(sink)?;
    fill(&mut output, parts, content);
    Ok(output.publish()?.paths)
}

fn fill(output: &mut StagedOutput, parts: usize, content: &str) {
    for index in 0..parts {
        let mut part = output.create_part(index).unwrap();
        part.write_all(content.as_bytes()).unwrap();
        part.flush().unwrap();
    }
}

fn begin_error(sink: Sink) -> crate::Error {
    match StagedOutput::begin(sink) {
        Ok(_) => panic!("began"),
        Err(error) => error,
    }
}

#[test]
fn a_path_that_ends_in_parquet_is_one_file() {
    assert!(Sink::path("a/b.parquet").is_one_file());
    assert!(Sink::path("a/.parquet").is_one_file());
    assert!(Sink::path("B.PARQUET").is_one_file());
    assert!(!Sink::path("parquet").is_one_file());
    assert!(!Sink::path("..").is_one_file());
    assert!(!Sink::path("a/b").is_one_file());
    assert!(!Sink::path("a/b.parquet.d").is_one_file());
    assert!(Sink::file("a/b").is_one_file());
    assert!(!Sink::directory("b.parquet").is_one_file());
    assert!(Sink::writer("memory", Vec::new()).is_one_file());
}

#[test]
fn nothing_is_visible_before_it_is_published() {
    for (sink, parts, expected) in [
        (Sink::file as fn(PathBuf) -> Sink, 1, vec!["out.parquet"]),
        (Sink::directory, 3, vec!["out.parquet"]),
    ] {
        let home = TempDir::new().unwrap();
        let mut output = StagedOutput::begin(sink(home.path().join("out.parquet"))).unwrap();
        fill(&mut output, parts, "rows");
        let staged = names(home.path());
        assert_eq!(staged.len(), 1);
        assert!(staged[0].starts_with(".out.parquet.") && staged[0].ends_with(".staged"));
        let paths = output.publish().unwrap().paths;
        assert_eq!(names(home.path()), expected);
        assert_eq!(paths.len(), parts);
        assert!(paths.iter().all(|path| fs::read_to_string(path).unwrap() == "rows"));
    }
}

#[test]
fn parts_are_numbered_with_five_digits() {
    let home = TempDir::new().unwrap();
    let paths = write(Sink::directory(home.path().join("out")), 2, "rows").unwrap();
    assert_eq!(names(&home.path().join("out")), ["part-00000.parquet", "part-00001.parquet"]);
    assert_eq!(paths[1], home.path().join("out/part-00001.parquet"));
}

#[test]
fn what_is_dropped_leaves_nothing_behind() {
    let home = TempDir::new().unwrap();
    for sink in [Sink::file(home.path().join("f")), Sink::directory(home.path().join("d"))] {
        let mut output = StagedOutput::begin(sink).unwrap();
        fill(&mut output, 1, "rows");
        drop(output);
        assert!(names(home.path()).is_empty());
    }
}

#[test]
fn the_staging_of_a_killed_run_is_hidden_and_in_nobodys_way() {
    let home = TempDir::new().unwrap();
    for sink in [Sink::file, Sink::directory] as [fn(PathBuf) -> Sink; 2] {
        let target = home.path().join("out.parquet");
        let mut killed = StagedOutput::begin(sink(target.clone())).unwrap();
        fill(&mut killed, 1, "half");
        std::mem::forget(killed);
        assert!(names(home.path()).iter().all(|name| name.starts_with('.')));
        write(sink(target.clone()), 1, "whole").unwrap();
        assert!(target.exists());
        if target.is_dir() { fs::remove_dir_all(target) } else { fs::remove_file(target) }.unwrap();
    }
}

#[test]
fn existing_output_is_an_error_before_any_work() {
    let home = TempDir::new().unwrap();
    let file = home.path().join("out.parquet");
    let directory = home.path().join("out");
    write(Sink::file(&file), 1, "old").unwrap();
    write(Sink::directory(&directory), 1, "old").unwrap();
    for sink in [
        Sink::file(&file),
        Sink::directory(&directory),
        // Neither kind ever replaces the other.
        Sink::file(&directory).with_overwrite(true),
        Sink::directory(&file).with_overwrite(true),
    ] {
        assert_eq!(begin_error(sink).kind(), ErrorKind::OutputExists);
    }
    assert!(begin_error(Sink::file(&file)).message().contains("pass overwrite"));
    assert_eq!(names(home.path()), ["out", "out.parquet"]);
}

#[test]
fn output_that_appears_meanwhile_is_not_replaced() {
    let home = TempDir::new().unwrap();
    for sink in [Sink::file, Sink::directory] as [fn(PathBuf) -> Sink; 2] {
        let target = home.path().join("out");
        let mut late = StagedOutput::begin(sink(target.clone())).unwrap();
        fill(&mut late, 1, "late");
        fs::write(&target, "early").unwrap();
        assert_eq!(late.publish().err().unwrap().kind(), ErrorKind::OutputExists);
        assert_eq!(fs::read_to_string(&target).unwrap(), "early");
        assert_eq!(names(home.path()), ["out"]);
        fs::remove_file(target).unwrap();
    }
}

#[test]
fn overwrite_replaces_a_file_or_a_directory_as_a_whole() {
    let home = TempDir::new().unwrap();
    let file = home.path().join("out.parquet");
    let directory = home.path().join("out");
    for content in ["old", "new"] {
        write(Sink::file(&file).with_overwrite(true), 1, content).unwrap();
        let parts = if content == "old" { 3 } else { 1 };
        write(Sink::directory(&directory).with_overwrite(true), parts, content).unwrap();
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "new");
    assert_eq!(names(&directory), ["part-00000.parquet"]);
    assert_eq!(fs::read_to_string(directory.join("part-00000.parquet")).unwrap(), "new");
    assert_eq!(names(home.path()), ["out", "out.parquet"]);
}

#[test]
fn a_directory_with_foreign_files_is_never_replaced() {
    let home = TempDir::new().unwrap();
    let directory = home.path().join("out");
    write(Sink::directory(&directory), 1, "old").unwrap();
    let sink = || Sink::directory(&directory).with_overwrite(true);
    let mut early = StagedOutput::begin(sink()).unwrap();
    fill(&mut early, 1, "new");
    fs::write(directory.join("notes.txt"), "mine").unwrap();

    for error in [begin_error(sink()), early.publish().err().unwrap()] {
        assert_eq!(error.kind(), ErrorKind::OutputExists);
        assert!(error.message().contains("`notes.txt`"), "{error}");
    }
    assert_eq!(names(&directory), ["notes.txt", "part-00000.parquet"]);
    assert_eq!(names(home.path()), ["out"]);

    fs::remove_file(directory.join("notes.txt")).unwrap();
    fs::create_dir(directory.join("x.parquet")).unwrap();
    assert!(begin_error(sink()).message().contains("`x.parquet`"));
}

#[test]
fn an_empty_directory_counts_as_absent() {
    let home = TempDir::new().unwrap();
    let directory = home.path().join("out");
    fs::create_dir(&directory).unwrap();
    write(Sink::directory(&directory), 1, "rows").unwrap();
    assert_eq!(names(&directory), ["part-00000.parquet"]);
}

#[test]
fn a_missing_parent_is_an_error_before_any_work() {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("file"), "").unwrap();
    for path in ["none/out", "file/out"] {
        for sink in [Sink::file, Sink::directory] as [fn(PathBuf) -> Sink; 2] {
            let error = begin_error(sink(home.path().join(path)));
            assert_eq!(error.kind(), ErrorKind::Output, "{error}");
        }
    }
}

#[test]
fn of_eight_runs_to_one_target_exactly_one_wins() {
    for sink in [Sink::file, Sink::directory] as [fn(PathBuf) -> Sink; 2] {
        for _ in 0..20 {
            let home = TempDir::new().unwrap();
            let target = home.path().join("out");
            let start = Barrier::new(8);
            let results: Vec<_> = std::thread::scope(|scope| {
                let runs: Vec<_> = (0..8)
                    .map(|run| {
                        let (target, start) = (target.clone(), &start);
                        scope.spawn(move || {
                            let mut output = StagedOutput::begin(sink(target)).unwrap();
                            fill(&mut output, 1, &run.to_string());
                            start.wait();
                            output.publish().map(|published| published.paths)
                        })
                    })
                    .collect();
                runs.into_iter().map(|run| run.join().unwrap()).collect()
            });
            let winners: Vec<_> = (0..8).filter(|run| results[*run].is_ok()).collect();
            assert_eq!(winners.len(), 1);
            for error in results.iter().filter_map(|result| result.as_ref().err()) {
                assert_eq!(error.kind(), ErrorKind::OutputExists);
            }
            let part = &results[winners[0]].as_ref().unwrap()[0];
            assert_eq!(fs::read_to_string(part).unwrap(), winners[0].to_string());
            assert_eq!(names(home.path()), ["out"]);
        }
    }
}

#[test]
fn of_eight_overwriting_runs_one_whole_output_remains() {
    for sink in [Sink::file, Sink::directory] as [fn(PathBuf) -> Sink; 2] {
        let home = TempDir::new().unwrap();
        let target = home.path().join("out");
        std::thread::scope(|scope| {
            for run in 0..8 {
                let target = target.clone();
                scope.spawn(move || {
                    let sink = sink(target).with_overwrite(true);
                    // A run may find the directory half removed only under a hidden name.
                    write(sink, 1, &run.to_string()).unwrap();
                });
            }
        });
        assert_eq!(names(home.path()), ["out"]);
    }
}

#[test]
fn a_writer_gets_the_bytes_as_they_are() {
    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);
    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let shared = Shared::default();
    let paths = write(Sink::writer("memory", shared.clone()), 1, "rows").unwrap();
    assert_eq!(paths, [PathBuf::from("memory")]);
    assert_eq!(*shared.0.lock().unwrap(), b"rows");
}

#[test]
fn one_file_has_one_part() {
    let home = TempDir::new().unwrap();
    for sink in [Sink::file(home.path().join("f")), Sink::writer("memory", Vec::new())] {
        let mut output = StagedOutput::begin(sink).unwrap();
        assert!(output.create_part(1).is_err());
        assert!(output.create_part(0).is_ok());
        assert!(output.create_part(0).is_err());
    }
}

#[test]
fn a_staged_file_is_written_then_published() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("bad.ndjson");
    for (overwrite, content) in [(false, "one\n"), (true, "two\n")] {
        let file = StagedFile::create(&path, overwrite).unwrap();
        file.writer().unwrap().write_all(content.as_bytes()).unwrap();
        assert_eq!(file.publish().unwrap(), path);
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
    assert!(StagedFile::create(&path, false).is_err());
    drop(StagedFile::create(&path, true).unwrap());
    assert_eq!(names(home.path()), ["bad.ndjson"]);
}

#[test]
fn a_name_as_long_as_the_system_allows_can_be_published() {
    let home = TempDir::new().unwrap();
    let name = "n".repeat(255);
    write(Sink::file(home.path().join(&name)), 1, "rows").unwrap();
    assert_eq!(names(home.path()), [name]);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn published_output_has_the_permissions_of_ordinary_files() {
        let home = TempDir::new().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        fs::write(home.path().join("plain"), "").unwrap();
        fs::create_dir(home.path().join("folder")).unwrap();
        let file = home.path().join("out.parquet");
        let directory = home.path().join("out");
        write(Sink::file(&file), 1, "rows").unwrap();
        write(Sink::directory(&directory), 1, "rows").unwrap();
        assert_eq!(mode(&file), mode(&home.path().join("plain")));
        assert_eq!(mode(&directory), mode(&home.path().join("folder")));
        let part = directory.join("part-00000.parquet");
        assert_eq!(mode(&part), mode(&home.path().join("plain")));
    }

    #[test]
    fn a_link_is_written_through_when_overwriting() {
        let home = TempDir::new().unwrap();
        let (real, link) = (home.path().join("real"), home.path().join("link"));
        fs::write(&real, "old").unwrap();
        symlink(&real, &link).unwrap();
        assert_eq!(begin_error(Sink::file(&link)).kind(), ErrorKind::OutputExists);
        assert_eq!(
            write(Sink::file(&link).with_overwrite(true), 1, "new").unwrap(),
            std::slice::from_ref(&link)
        );
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");

        fs::remove_file(&real).unwrap();
        let error = begin_error(Sink::file(&link).with_overwrite(true));
        assert!(error.message().contains("a symbolic link to nothing"), "{error}");
    }

    #[test]
    fn a_device_is_no_output_file() {
        let error = begin_error(Sink::file("/dev/null").with_overwrite(true));
        assert_eq!(error.kind(), ErrorKind::OutputExists);
        assert!(fs::metadata("/dev/null").is_ok());
    }
}
