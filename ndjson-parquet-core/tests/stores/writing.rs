//! What becomes visible of an output in a store, and what of an older one stays.

use std::sync::Arc;
use std::thread;

use ndjson_parquet_core::{
    Compression, Converter, ErrorKind, Hints, OnError, ParquetOptions, Partitioning, Sink, Source,
    Summary, TypeConflicts, inspect, verify, verify_with_replays,
};
use object_store::ObjectStore;

use super::faulty::{Faults, Faulty};
use super::{bytes_of, error_of, ids, keys, lines, memory, put};

fn source(first: i64, count: i64) -> Vec<Source> {
    vec![Source::bytes("in", lines(first, count))]
}

/// A converter that makes several files of some thousand lines.
fn rolling() -> Converter {
    let parquet = ParquetOptions::new().with_row_group_bytes(64 << 10);
    Converter::new().with_parquet(parquet).with_target_file_bytes(1)
}

#[test]
fn an_object_is_the_same_as_a_file() {
    let store = memory();
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("out.parquet");
    Converter::new().convert(source(0, 1000), Sink::file(&path)).unwrap();
    let sink = Sink::object(Arc::clone(&store), "out.parquet").unwrap();
    Converter::new().convert(source(0, 1000), sink).unwrap();
    assert!(bytes_of(&*store, "out.parquet") == std::fs::read(path).unwrap());
}

#[test]
fn an_object_of_many_parts_is_whole() {
    let store = Arc::new(Faulty::new(Faults::default()));
    // Random digits, so that the file is larger than a part.
    let mut state = 1_u64;
    let mut text = String::new();
    for id in 0..200_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mixed = (state ^ (state >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        text += &format!("{{\"id\":{id},\"text\":\"{mixed:016x}{state:016x}{:016x}\"}}\n", !mixed);
    }
    let parquet = ParquetOptions::new().with_compression(Compression::None);
    let sink = Sink::object(Arc::clone(&store) as _, "out.parquet").unwrap();
    let converter = Converter::new().with_parquet(parquet);
    let summary = converter.convert(vec![Source::bytes("in", text)], sink).unwrap();
    assert!(summary.bytes_out > 9 << 20, "{}", summary.bytes_out);
    assert_eq!(ids(bytes_of(&store.inner, "out.parquet")), (0..200_000).collect::<Vec<_>>());
    assert_eq!(store.open_uploads(), 0);
}

#[test]
fn an_object_that_exists_is_replaced_only_when_asked() {
    let store = memory();
    put(&*store, "out.parquet", "old");
    let sink = || Sink::object(Arc::clone(&store), "out.parquet").unwrap();
    let error = error_of(Converter::new().convert(source(0, 1), sink()), ErrorKind::OutputExists);
    assert_eq!(error.message(), "`out.parquet` exists already; pass overwrite to replace it");
    assert_eq!(bytes_of(&*store, "out.parquet"), b"old");
    Converter::new().convert(source(0, 1), sink().with_overwrite(true)).unwrap();
    assert_eq!(ids(bytes_of(&*store, "out.parquet")), [0]);
}

#[test]
fn a_prefix_is_replaced_as_a_whole_and_only_if_it_holds_nothing_else() {
    let store = memory();
    let sink = || Sink::objects(Arc::clone(&store), "out").unwrap();
    rolling().convert(source(0, 9_000), sink()).unwrap();
    let parts = keys(&*store);
    assert!(parts.len() > 2 && parts[0] == "out/part-00000.parquet", "{parts:?}");
    let all: Vec<_> = parts.iter().flat_map(|part| ids(bytes_of(&*store, part))).collect();
    assert_eq!(all, (0..9_000).collect::<Vec<_>>());

    error_of(rolling().convert(source(0, 1), sink()), ErrorKind::OutputExists);
    rolling().convert(source(5, 1), sink().with_overwrite(true)).unwrap();
    assert_eq!(keys(&*store), ["out/part-00000.parquet"]);
    assert_eq!(ids(bytes_of(&*store, "out/part-00000.parquet")), [5]);

    put(&*store, "out/notes.txt", "mine");
    let result = rolling().convert(source(6, 1), sink().with_overwrite(true));
    let error = error_of(result, ErrorKind::OutputExists);
    assert!(error.message().contains("found `notes.txt`"), "{error}");
    assert_eq!(ids(bytes_of(&*store, "out/part-00000.parquet")), [5]);
}

#[test]
fn of_several_runs_that_write_one_object_one_succeeds() {
    for _ in 0..20 {
        let store = memory();
        let run = |first| {
            let sink = Sink::object(Arc::clone(&store), "out.parquet").unwrap();
            Converter::new().convert(source(first, 10), sink)
        };
        let run = &run;
        let results: Vec<_> = thread::scope(|scope| {
            let runs: Vec<_> = (0..4).map(|n| scope.spawn(move || run(n * 100))).collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        let won: Vec<_> = (0..4).filter(|n| results[*n].is_ok()).collect();
        assert_eq!(won.len(), 1, "{results:?}");
        let first = won[0] as i64 * 100;
        let expected: Vec<_> = (first..first + 10).collect();
        assert_eq!(ids(bytes_of(&*store, "out.parquet")), expected);
        for result in results.into_iter().filter(|result| result.is_err()) {
            error_of(result, ErrorKind::OutputExists);
        }
    }
}

#[test]
fn an_error_in_the_input_leaves_no_object_and_no_upload() {
    let store = Arc::new(Faulty::new(Faults::default()));
    let sources = vec![Source::bytes("in", lines(0, 9_000) + "bad\n")];
    let sink = Sink::objects(Arc::clone(&store) as _, "out").unwrap();
    error_of(rolling().with_sample_bytes(1000).convert(sources, sink), ErrorKind::BadLine);
    assert_eq!((keys(&store.inner), store.open_uploads()), (vec![], 0));
}

#[test]
fn a_store_without_metadata_can_be_written() {
    let store = Arc::new(Faulty::new(Faults { refuses_metadata: true, ..Faults::default() }));
    let sink = Sink::objects(Arc::clone(&store) as _, "out").unwrap();
    let summary = rolling().convert(source(0, 9_000), sink).unwrap();
    let files = summary.files.iter().map(|file| file.path.as_str());
    let all: Vec<_> = files.flat_map(|file| ids(bytes_of(&store.inner, file))).collect();
    assert_eq!(all, (0..9_000).collect::<Vec<_>>());
}

#[test]
fn an_input_is_not_written_over() {
    let store: Arc<dyn ObjectStore> = memory();
    put(&*store, "a.parquet", lines(0, 1));
    let source = Source::object(Arc::clone(&store), "a.parquet").unwrap();
    let sink = Sink::object(Arc::clone(&store), "a.parquet").unwrap().with_overwrite(true);
    let error = error_of(Converter::new().convert(vec![source.clone()], sink), ErrorKind::Schema);
    assert!(error.message().contains("expected a path to write to, found a source"), "{error}");
    // The same path in another store is another object.
    let sink = Sink::object(memory(), "a.parquet").unwrap();
    Converter::new().convert(vec![source], sink).unwrap();
}

#[test]
fn objects_are_verified_and_inspected_by_url() {
    let input = "memory:///writing/in.ndjson";
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("in.ndjson");
    std::fs::write(&path, lines(0, 9_000)).unwrap();
    let sources = || vec![Source::path(&path)];
    for output in ["memory:///writing/one.parquet", "memory:///writing/many"] {
        let sink = Sink::at(output).unwrap();
        let converter = if output.ends_with("many") { rolling() } else { Converter::new() };
        let summary = converter.convert(sources(), sink).unwrap();
        let found = verify(&Converter::new(), sources(), output).unwrap();
        assert_eq!((found.rows, found.differences), (9_000, vec![]));
        let changed = vec![Source::bytes("in", lines(1, 9_000))];
        let found = verify(&Converter::new(), changed, output).unwrap();
        assert_eq!(found.differences[0], "row 1: column `id` differs");
        let rows = summary.files.iter().map(|file| inspect(&file.path).unwrap().rows);
        assert_eq!(rows.sum::<u64>(), 9_000);
    }
    error_of(inspect(input), ErrorKind::Source);
}

#[test]
fn a_quarantine_file_in_a_store_is_replayed_once() {
    let url = |name: &str| format!("memory:///replayed-once/{name}");
    let source = Source::bytes("in", "{\"id\":1}\n{\"id\":\"x\"}\nno JSON\n");
    Converter::new()
        .with_hints(Hints::new().with_hint("id=int64").unwrap())
        .with_type_conflicts(TypeConflicts::Quarantine)
        .with_on_error(OnError::Quarantine)
        .with_rejects(url("a.rejects.ndjson"))
        .convert(vec![source.clone()], Sink::at(url("a.parquet")).unwrap())
        .unwrap();
    let converter = Converter::new().with_rejects(url("b.rejects.ndjson"));
    let replay = || converter.replay(url("a.rejects.ndjson"), url("b.parquet")).unwrap();
    let replayed = replay();
    assert_eq!((replayed.lines, replayed.rows, replayed.done_before), (2, 1, false));
    let again = replay();
    assert_eq!((again.lines, again.rows, again.done_before), (2, 1, true));
    assert_eq!(again.output.as_deref(), Some(&*url("b.parquet")));
    let replays = [url("b.parquet")];
    let found = verify_with_replays(&Converter::new(), vec![source], url("a.parquet"), &replays);
    let found = found.unwrap();
    assert_eq!(found.differences, [""; 0]);
    assert_eq!((found.lines, found.rows, found.rejected), (3, 2, 1));
}

#[test]
fn partitions_are_written_verified_and_replaced_in_a_store() {
    let place = "memory:///partitions/";
    let text = "{\"id\":1,\"c\":\"a/b\"}\n{\"id\":2,\"c\":\"50%\"}\n{\"id\":3}\n{\"id\":4,\"c\":\"a/b\"}\n";
    let by = Partitioning::new().with_levels("c").unwrap();
    let converter = Converter::new().with_partitioning(by);
    let convert = |text: &str, overwrite| {
        let sink = Sink::at(place).unwrap().with_overwrite(overwrite);
        converter.convert(vec![Source::bytes("in", text)], sink)
    };
    let names = |summary: &Summary| -> Vec<String> {
        summary.files.iter().map(|file| file.path.clone()).collect()
    };
    let summary = convert(text, false).unwrap();
    assert_eq!(
        names(&summary),
        [
            "memory:///partitions/c=50%25/part-00000.parquet",
            "memory:///partitions/c=__HIVE_DEFAULT_PARTITION__/part-00000.parquet",
            "memory:///partitions/c=a%2Fb/part-00000.parquet",
        ]
    );
    let check = |text: &str| {
        let found = verify(&Converter::new(), vec![Source::bytes("in", text)], place).unwrap();
        found.differences
    };
    assert_eq!(check(text), [""; 0]);
    assert_eq!(
        check(&text.replace("\"id\":4", "\"id\":5")),
        ["partition `c=a%2Fb`, row 2: column `id` differs"]
    );
    error_of(convert(text, false), ErrorKind::OutputExists);
    let text = "{\"id\":5,\"c\":\"50%\"}\n";
    let summary = convert(text, true).unwrap();
    assert_eq!(names(&summary), ["memory:///partitions/c=50%25/part-00000.parquet"]);
    // The other partitions are gone.
    assert_eq!(check(text), [""; 0]);
}
