//! URLs that are taken, those that are not, and what messages repeat of them.

use ndjson_parquet_core::{Converter, ErrorKind, Sink, Source, expand};

use super::{error_of, ids};

#[test]
fn a_url_is_one_object_or_a_prefix_by_its_ending() {
    let source = || vec![Source::bytes("in", "{\"id\":7}\n")];
    let file = |url| {
        Converter::new().convert(source(), Sink::at(url).unwrap()).unwrap().files[0].path.clone()
    };
    assert_eq!(file("memory:///urls/a.parquet"), "memory:///urls/a.parquet");
    assert_eq!(file("memory:///urls/A.PARQUET"), "memory:///urls/A.PARQUET");
    assert_eq!(file("memory:///urls/b"), "memory:///urls/b/part-00000.parquet");
    assert_eq!(file("memory:///urls/c.parquet/"), "memory:///urls/c.parquet/part-00000.parquet");
    // Characters that mean something in other URLs are part of a key.
    assert_eq!(
        file("memory:///urls/day=1%202/a#b?.parquet"),
        "memory:///urls/day=1%202/a#b?.parquet"
    );
    let found = expand(["memory:///urls/**/*.parquet"]).unwrap();
    assert_eq!(found[0].name(), "memory:///urls/A.PARQUET".replace("A.PARQUET", "a.parquet"));
    assert_eq!(found.len(), 4);
}

#[test]
fn a_url_of_several_objects_is_not_one_source() {
    for name in ["a", "b"] {
        let sink = Sink::at(format!("memory:///several/{name}.parquet")).unwrap();
        Converter::new().convert(vec![Source::bytes("in", "{\"id\":1}\n")], sink).unwrap();
    }
    error_of(Source::url("memory:///several/*.parquet"), ErrorKind::Source);
    assert_eq!(expand(["memory:///several/*.parquet"]).unwrap().len(), 2);
}

#[test]
fn unknown_schemes_and_places_that_cannot_be_written_are_errors() {
    let error = error_of(expand(["ftp://host/a"]), ErrorKind::Source);
    assert!(error.message().contains("found `ftp://`"), "{error}");
    error_of(Sink::at("ftp://host/a"), ErrorKind::Source);
    error_of(Sink::at("memory:///"), ErrorKind::Output);
    let sink = Sink::at("http://127.0.0.1:1/a.parquet").unwrap();
    let result = Converter::new().convert(vec![Source::bytes("in", "{\"id\":1}\n")], sink);
    let error = error_of(result, ErrorKind::Output);
    assert!(error.message().contains("found a web server"), "{error}");
}

#[test]
fn user_password_and_query_are_in_no_name_and_no_message() {
    let url = "http://anna:s3cret@127.0.0.1:1/a.ndjson?X-Amz-Signature=s1gnature";
    let source = Source::url(url).unwrap();
    assert_eq!(source.name(), "http://127.0.0.1:1/a.ndjson");
    let error = error_of(source.codec(), ErrorKind::Source);
    let mut texts = vec![format!("{source:?}"), error.to_string(), format!("{error:?}")];
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        texts.push(format!("{deeper} {deeper:?}"));
        cause = deeper;
    }
    for text in texts {
        for secret in ["anna", "s3cret", "s1gnature", "Signature"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[test]
fn paths_that_look_a_little_like_urls_are_paths() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a:b.parquet");
    let sink = Sink::at(&path).unwrap();
    Converter::new().convert(vec![Source::bytes("in", "{\"id\":1}\n")], sink).unwrap();
    assert_eq!(ids(std::fs::read(path).unwrap()), [1]);
}
