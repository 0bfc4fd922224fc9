//! What a path, a directory and a glob stand for.

use std::fs;
use std::path::Path;

use super::super::*;
use crate::error::ErrorKind;

/// A directory with the given empty files.
fn tree(files: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for file in files {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"").unwrap();
    }
    root
}

/// The files that `pattern`, below `root`, expands to, relative to `root`.
fn found(root: &Path, pattern: &str) -> Vec<String> {
    let sources = Source::expand(root.join(pattern)).unwrap();
    let prefix = format!("{}/", root.display());
    sources.iter().map(|source| source.name().strip_prefix(&prefix).unwrap().to_owned()).collect()
}

#[track_caller]
fn assert_finds_nothing(root: &Path, pattern: &str) {
    let error = Source::expand(root.join(pattern)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source);
    assert!(error.message().contains(pattern), "{error}");
}

#[test]
fn a_directory_is_all_data_files_below_it() {
    let root = tree(&[
        "b.ndjson",
        "a/z.gz",
        "a/b/no-extension",
        "a-b",
        "B",
        ".hidden",
        "_SUCCESS",
        "_tmp/x",
        ".git/y",
        "a/out.parquet",
        "a/OUT.PARQUET",
        "a/_part",
        "a/out.rejects.ndjson",
        "part_1",
    ]);
    let expected = ["B", "a-b", "a/b/no-extension", "a/z.gz", "b.ndjson", "part_1"];
    assert_eq!(found(root.path(), ""), expected);
    assert_eq!(found(root.path(), "a"), ["a/b/no-extension", "a/z.gz"]);
}

#[test]
fn a_glob_finds_quarantine_files_only_where_it_names_them() {
    let root = tree(&["x.ndjson", "x.rejects.ndjson"]);
    assert_eq!(found(root.path(), "*.ndjson"), ["x.ndjson"]);
    assert_eq!(found(root.path(), "*.rejects.*"), ["x.rejects.ndjson"]);
    assert_eq!(found(root.path(), "x.rejects.ndjson"), ["x.rejects.ndjson"]);
}

#[test]
fn a_glob_finds_files_as_a_shell_does() {
    let root =
        tree(&["x1.json", "x2.json", "y.json", "d/x3.json", "d/e/x4.json", ".x5.json", "_x6.json"]);
    let found = |pattern| found(root.path(), pattern);
    assert_eq!(found("x*.json"), ["x1.json", "x2.json"]);
    assert_eq!(found("x?.json"), ["x1.json", "x2.json"]);
    assert_eq!(found("[xy][2.]*json"), ["x2.json", "y.json"]);
    assert_eq!(found("*.json"), ["_x6.json", "x1.json", "x2.json", "y.json"]);
    assert_eq!(found(".x*"), [".x5.json"]);
    assert_eq!(found("*/x*.json"), ["d/x3.json"]);
    assert_eq!(found("**/x*.json"), ["d/e/x4.json", "d/x3.json", "x1.json", "x2.json"]);
    assert_eq!(found("d/**"), ["d/e/x4.json", "d/x3.json"]);
    assert_eq!(found("{y,d/x3}.json"), ["d/x3.json", "y.json"]);
    assert_finds_nothing(root.path(), "**/e*.json");
}

#[test]
fn an_existing_file_is_itself_even_if_its_name_is_a_glob() {
    let root = tree(&["x[1].ndjson", "x1.ndjson", "_hidden", "out.parquet", "*"]);
    for name in ["x[1].ndjson", "_hidden", "out.parquet", "*"] {
        assert_eq!(found(root.path(), name), [name]);
    }
}

#[test]
fn finding_nothing_is_an_error_that_names_the_pattern() {
    let root = tree(&["a/.hidden", "b.json"]);
    assert_finds_nothing(root.path(), "missing.ndjson");
    assert_finds_nothing(root.path(), "*.ndjson");
    assert_finds_nothing(root.path(), "a");
    assert_finds_nothing(root.path(), "missing/*.json");
    assert_finds_nothing(root.path(), "b[.json");
}

#[test]
fn standard_input_is_a_dash() {
    let sources = expand(["-"]).unwrap();
    assert_eq!((sources[0].name(), sources[0].is_rereadable()), ("-", false));
}

#[test]
fn inputs_keep_their_order() {
    let root = tree(&["a", "b"]);
    let sources = expand(["b", "a"].map(|name| root.path().join(name))).unwrap();
    assert!(sources[0].name().ends_with('b') && sources[1].name().ends_with('a'));
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_loops_end() {
    use std::os::unix::fs::symlink;
    let root = tree(&["d/e/x.json", "y.json"]);
    symlink("..", root.path().join("d/e/up")).unwrap();
    symlink(root.path(), root.path().join("d/loop")).unwrap();
    symlink("d/e", root.path().join("zz")).unwrap();
    symlink("y.json", root.path().join("z.json")).unwrap();
    // `zz` is `d/e`, which has been read by then.
    assert_eq!(found(root.path(), ""), ["d/e/x.json", "y.json", "z.json"]);
    assert_eq!(found(root.path(), "**/*.json"), ["d/e/x.json", "y.json", "z.json"]);
    assert_eq!(found(root.path(), "zz/*.json"), ["zz/x.json"]);
}

#[cfg(unix)]
#[test]
fn a_dangling_link_to_data_is_an_error() {
    let root = tree(&["y.json"]);
    std::os::unix::fs::symlink("nowhere", root.path().join("x.json")).unwrap();
    assert_finds_nothing(root.path(), "x.json");
    let error = Source::expand(root.path()).unwrap_err();
    assert!(error.message().contains("x.json"), "{error}");
    assert_eq!(found(root.path(), "y*"), ["y.json"]);
}
