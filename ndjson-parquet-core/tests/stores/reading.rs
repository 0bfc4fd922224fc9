//! What a prefix or a glob finds, and how objects are read.

use std::sync::Arc;

use ndjson_parquet_core::{Codec, Converter, ErrorKind, Sink, Source, expand};
use object_store::ObjectStore;

use super::faulty::{Faults, Faulty};
use super::{bytes_of, error_of, gzip, ids, lines, memory, put};

fn names(store: &Arc<dyn ObjectStore>, pattern: &str) -> Vec<String> {
    let found = Source::expand_in(Arc::clone(store), pattern).unwrap();
    found.iter().map(|source| source.name().to_owned()).collect()
}

#[test]
fn prefixes_and_globs_find_objects_by_the_rules_of_files() {
    let store = memory();
    for key in [
        "day=1/a.ndjson",
        "day=1/b.json.gz",
        "day=1/deep/c.json.gz",
        "day=2/d.ndjson",
        "day=2/out.parquet",
        "day=2/out.rejects.ndjson",
        "day=2/_temporary/e.ndjson",
        "day=2/.hidden.ndjson",
        "day=10/f.ndjson",
        "other/g.ndjson",
    ] {
        put(&*store, key, "{}\n");
    }
    assert_eq!(names(&store, "day=1/a.ndjson"), ["day=1/a.ndjson"]);
    for prefix in ["day=1", "day=1/"] {
        let found = ["day=1/a.ndjson", "day=1/b.json.gz", "day=1/deep/c.json.gz"];
        assert_eq!(names(&store, prefix), found);
    }
    assert_eq!(names(&store, "day=2/"), ["day=2/d.ndjson"]);
    assert_eq!(names(&store, "day=?/*.ndjson"), ["day=1/a.ndjson", "day=2/d.ndjson"]);
    assert_eq!(names(&store, "day=*/**/*.json.gz"), ["day=1/b.json.gz", "day=1/deep/c.json.gz"]);
    assert_eq!(names(&store, "{day=10,other}/*"), ["day=10/f.ndjson", "other/g.ndjson"]);
    assert_eq!(names(&store, "day=2/*.rejects.ndjson"), ["day=2/out.rejects.ndjson"]);
    assert_eq!(names(&store, "").len(), 6);
    for pattern in ["day=3", "day=3/", "day=*/*.csv"] {
        let error = error_of(Source::expand_in(Arc::clone(&store), pattern), ErrorKind::Source);
        assert!(error.message().contains(pattern) && error.message().contains("found none"));
    }
}

#[test]
fn sources_of_any_size_and_codec_are_read_whole_and_in_order() {
    let store = memory();
    let zstd = zstd::encode_all(lines(3_000, 20).as_bytes(), 1).unwrap();
    let sizes = [(0, 2_000), (2_000, 1_000)];
    put(&*store, "in/0.ndjson", lines(sizes[0].0, sizes[0].1));
    put(&*store, "in/1.ndjson.gz", gzip(&lines(sizes[1].0, sizes[1].1)));
    put(&*store, "in/2.ndjson.zst", zstd);
    put(&*store, "in/3.ndjson", "");
    put(&*store, "in/4.ndjson", lines(3_020, 1).trim_end());
    let sources = Source::expand_in(Arc::clone(&store), "in").unwrap();
    let codecs: Vec<_> = sources.iter().map(|source| source.codec().unwrap()).collect();
    assert_eq!(codecs, [Codec::None, Codec::Gzip, Codec::Zstd, Codec::None, Codec::None]);
    assert!(sources.iter().all(Source::is_rereadable));
    let sink = Sink::object(Arc::clone(&store), "out.parquet").unwrap();
    let summary = Converter::new().convert(sources, sink).unwrap();
    assert_eq!((summary.balance.lines, summary.sources), (3_021, 5));
    assert_eq!(ids(bytes_of(&*store, "out.parquet")), (0..3_021).collect::<Vec<_>>());
}

#[test]
fn a_large_object_is_read_in_blocks_that_cover_it_once() {
    let store = Arc::new(Faulty::new(Faults::default()));
    let text = lines(0, 250_000);
    let size = text.len() as u64;
    put(&store.inner, "in.ndjson", text);
    let schema = Converter::new().infer(vec![Source::bytes("first", lines(0, 1))]).unwrap().schema;
    let source = Source::object(Arc::clone(&store) as _, "in.ndjson").unwrap();
    let sink = Sink::object(Arc::clone(&store) as _, "out.parquet").unwrap();
    let summary = Converter::new().with_schema(schema).convert(vec![source], sink).unwrap();
    assert_eq!((summary.balance.rows, summary.balance.bytes_in), (250_000, size));
    // One pass: the first 64 KiB at the opening, then blocks that follow each other. The source is one
    // unit, so nothing is read twice.
    let mut ranges = store.ranges();
    ranges.sort_by_key(|range| range.start);
    assert_eq!((ranges[0].start, ranges[0].end), (0, 64 << 10));
    assert!(ranges.windows(2).all(|pair| pair[0].end == pair[1].start), "{ranges:?}");
    assert_eq!(ranges.last().unwrap().end, size);
    assert!(ranges.iter().all(|range| range.end - range.start <= 4 << 20), "{ranges:?}");
}

#[test]
fn a_small_object_that_a_listing_found_takes_one_request() {
    let store = Arc::new(Faulty::new(Faults::default()));
    put(&store.inner, "in/a.ndjson", lines(0, 10));
    let sources = Source::expand_in(Arc::clone(&store) as _, "in/").unwrap();
    let listed = store.calls();
    assert_eq!(sources[0].codec().unwrap(), Codec::None);
    let whole = 0..lines(0, 10).len() as u64;
    assert_eq!((store.calls() - listed, store.ranges()), (1, Vec::from([whole])));
}

#[test]
fn an_object_that_is_not_there_is_an_error_that_names_it() {
    let source = Source::object(memory(), "none.ndjson").unwrap();
    let sink = Sink::writer("memory", std::io::sink());
    let error = error_of(Converter::new().convert(vec![source], sink), ErrorKind::Source);
    assert!(error.message().starts_with("none.ndjson: expected an object, found none"), "{error}");
}

#[test]
fn an_object_replaced_after_the_listing_is_an_error() {
    let store = memory();
    put(&*store, "in/a.ndjson", lines(0, 10));
    let sources = Source::expand_in(Arc::clone(&store), "in/").unwrap();
    put(&*store, "in/a.ndjson", lines(1, 10));
    let sink = Sink::writer("memory", std::io::sink());
    let error = error_of(Converter::new().convert(sources, sink), ErrorKind::Source);
    assert!(error.message().contains("in/a.ndjson: the object has changed"), "{error}");
}

#[test]
fn files_are_found_by_url_as_by_path() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a b.ndjson"), lines(0, 1)).unwrap();
    let url = url::Url::from_directory_path(home.path()).unwrap();
    let found = expand([url.as_str()]).unwrap();
    assert_eq!(found[0].name(), home.path().join("a b.ndjson").to_str().unwrap());
    let output = format!("{url}out.parquet");
    Converter::new().convert(found, Sink::at(&output).unwrap()).unwrap();
    assert_eq!(ids(std::fs::read(home.path().join("out.parquet")).unwrap()), [0]);
}

#[test]
fn an_object_is_sketched_again_when_its_etag_changes() {
    let store = memory();
    put(&*store, "in/a.ndjson", lines(0, 3));
    put(&*store, "in/b.ndjson", lines(3, 3));
    let directory = tempfile::tempdir().unwrap();
    let converter = Converter::new().with_sketch_dir(directory.path());
    let reads = || {
        // A listing tells the versions, one object is asked for its own.
        let mut sources = Source::expand_in(Arc::clone(&store), "in/a*").unwrap();
        sources.push(Source::object(Arc::clone(&store), "in/b.ndjson").unwrap());
        let sketch = converter.sketch(sources).unwrap();
        (sketch.rows(), sketch.to_json())
    };
    let files = || {
        let mut files: Vec<_> = std::fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
            .collect();
        files.sort();
        files
    };
    let (first, kept) = (reads(), files());
    assert_eq!((first.0, kept.len()), (6, 2));
    assert!(kept.iter().all(|sketch| sketch.contains("\"etag\":")), "{kept:?}");
    // Counts that were made up show which sketches are used.
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        let sketch = std::fs::read_to_string(&path).unwrap();
        let sketch = sketch.replace("\"lines\":3,\"rows\":3", "\"lines\":9,\"rows\":9");
        std::fs::write(path, sketch).unwrap();
    }
    assert_eq!(reads().0, 18);
    put(&*store, "in/b.ndjson", lines(6, 3));
    assert_eq!(reads().0, 12);
    assert_eq!(reads().0, 12);
}
