//! Any one call may fail, before or after it had its effect: no row is lost and nothing is half
//! visible.

use std::sync::Arc;

use ndjson_parquet_core::{
    Converter, ErrorKind, OnError, ParquetOptions, Partitioning, Result, Sink, Source, Summary,
};
use object_store::ObjectStore;

use super::faulty::{Faults, Faulty, When};
use super::{bytes_of, error_of, gzip, ids, keys, lines, put};

const INPUTS: [&str; 4] = ["in/a.ndjson", "in/b.ndjson.gz", "in/c.ndjson", "in/d.ndjson"];
const ROWS: i64 = 9_500;

/// Some 470 KB in a source of several blocks, one of gzip, one of a few bytes, and an empty one.
fn store(faults: Faults) -> Arc<Faulty> {
    let store = Arc::new(Faulty::new(faults));
    put(&store.inner, INPUTS[0], lines(0, 9_000));
    put(&store.inner, INPUTS[1], gzip(&lines(9_000, 490)));
    put(&store.inner, INPUTS[2], lines(9_490, 10));
    put(&store.inner, INPUTS[3], "");
    store
}

/// What a test changes of the converter.
type Change = fn(Converter) -> Converter;

const AS_IS: Change = |converter| converter;

fn run(
    store: &Arc<Faulty>,
    sink: impl Fn(Arc<dyn ObjectStore>) -> Sink,
    change: Change,
) -> Result<Summary> {
    let store: Arc<dyn ObjectStore> = Arc::clone(store) as _;
    let parquet = ParquetOptions::new().with_row_group_bytes(64 << 10);
    let converter = change(Converter::new().with_parquet(parquet));
    converter.convert(Source::expand_in(Arc::clone(&store), "in")?, sink(store))
}

/// Lets each call fail in turn and checks what is there afterwards.
fn fail_each_call(sink: impl Fn(Arc<dyn ObjectStore>) -> Sink, change: Change) {
    let clean = store(Faults::default());
    run(&clean, &sink, change).unwrap();
    let outputs: Vec<_> =
        keys(&clean.inner).into_iter().filter(|key| !INPUTS.contains(&key.as_str())).collect();
    let whole: Vec<_> = outputs.iter().map(|key| bytes_of(&clean.inner, key)).collect();
    assert_eq!(
        whole.iter().cloned().flat_map(ids).collect::<Vec<_>>(),
        (0..ROWS).collect::<Vec<_>>()
    );
    assert!(clean.calls() > 8, "{} calls", clean.calls());
    let mut succeeded = 0;
    for number in 0..clean.calls() + 1 {
        for when in [When::Before, When::After] {
            let store = store(Faults { fail: Some((number, when)), ..Faults::default() });
            let result = run(&store, &sink, change);
            let context = format!("call {number} fails {when:?}");
            match result {
                Ok(summary) => {
                    succeeded += 1;
                    assert_eq!(summary.balance.rows, ROWS as u64, "{context}");
                    let all = [&INPUTS.map(str::to_owned)[..], &outputs].concat();
                    assert_eq!(keys(&store.inner), all, "{context}");
                    for (key, whole) in outputs.iter().zip(&whole) {
                        assert!(bytes_of(&store.inner, key) == *whole, "{context}: {key}");
                    }
                }
                Err(error) => {
                    let kinds = [ErrorKind::Source, ErrorKind::Output];
                    assert!(kinds.contains(&error.kind()), "{context}: {error}");
                    assert!(error.message().contains("an injected failure"), "{context}: {error}");
                    assert_eq!(keys(&store.inner), INPUTS, "{context}");
                }
            }
            assert_eq!(store.open_uploads(), 0, "{context}");
        }
    }
    // Only the upload of a part is not tried again.
    assert!(succeeded >= clean.calls(), "{succeeded} of {} calls", clean.calls());
}

#[test]
fn any_call_may_fail_when_one_object_is_written() {
    fail_each_call(|store| Sink::object(store, "out.parquet").unwrap(), AS_IS);
}

#[test]
fn any_call_may_fail_when_several_objects_are_written() {
    fail_each_call(
        |store| Sink::objects(store, "out").unwrap(),
        |converter| converter.with_target_file_bytes(1),
    );
}

/// The number of seconds that `id` is gives three partitions, in the order of the rows.
#[test]
fn any_call_may_fail_when_partitions_are_written() {
    fail_each_call(
        |store| Sink::objects(store, "out").unwrap(),
        |converter| {
            let hours = Partitioning::new().with_levels("hour={id@s:%H}").unwrap();
            converter.with_partitioning(hours).with_target_file_bytes(30_000)
        },
    );
}

#[test]
fn a_store_that_stays_broken_is_an_error_and_leaves_nothing() {
    let clean = store(Faults::default());
    let sink = |store| Sink::object(store, "out.parquet").unwrap();
    run(&clean, sink, AS_IS).unwrap();
    for from in [0, 1, 2, clean.calls() / 2, clean.calls() - 2, clean.calls() - 1] {
        let store = store(Faults { fail_from: Some(from), ..Faults::default() });
        let error = run(&store, sink, AS_IS).unwrap_err();
        assert!(error.message().contains("an injected failure"), "from {from}: {error}");
        assert_eq!(keys(&store.inner), INPUTS, "from {from}");
    }
}

#[test]
fn a_short_body_is_resumed_at_its_byte() {
    let store = store(Faults { short_bodies: 3, ..Faults::default() });
    let summary = run(&store, |store| Sink::object(store, "out.parquet").unwrap(), AS_IS).unwrap();
    assert_eq!(summary.balance.rows, ROWS as u64);
    assert_eq!(ids(bytes_of(&store.inner, "out.parquet")), (0..ROWS).collect::<Vec<_>>());
    // The first body that ended early is followed by a request for exactly what was missing.
    let ranges = store.ranges();
    let cut = ranges.iter().find(|range| range.start > 0).unwrap();
    let middle = cut.start + (cut.end - cut.start) / 2;
    assert!(ranges.contains(&(middle..cut.end)), "{ranges:?}");
}

#[test]
fn bodies_that_are_always_short_still_come_to_their_end_or_to_an_error() {
    let store = store(Faults { short_bodies: u64::MAX, ..Faults::default() });
    let result = run(&store, |store| Sink::object(store, "out.parquet").unwrap(), AS_IS);
    let error = error_of(result, ErrorKind::Source);
    assert!(error.message().contains("found the end after"), "{error}");
    assert_eq!(keys(&store.inner), INPUTS);
}

#[test]
fn an_object_that_changes_in_the_middle_is_an_error_that_says_so() {
    for ignores_conditions in [false, true] {
        let store = store(Faults { ignores_conditions, ..Faults::default() });
        store.on_get(|number, inner| {
            if number == 3 {
                // Of the same size, so that only the version tells.
                let text = lines(0, 9_000).replace("line", "LINE");
                let inner: &dyn ObjectStore = inner;
                std::thread::scope(|scope| {
                    scope.spawn(|| put(inner, INPUTS[0], text));
                });
            }
        });
        let result = run(&store, |store| Sink::object(store, "out.parquet").unwrap(), AS_IS);
        let error = error_of(result, ErrorKind::Source);
        assert!(error.message().contains("in/a.ndjson: the object has changed"), "{error}");
        assert_eq!(keys(&store.inner), INPUTS);
    }
}

#[test]
fn a_quarantine_file_is_not_left_behind_by_an_output_that_fails() {
    let inputs = || {
        let store = Arc::new(Faulty::new(Faults::default()));
        put(&store.inner, "in.ndjson", "{\"id\":1}\nbad\n");
        store
    };
    let convert = |store: &Arc<Faulty>, run: &str| {
        // The one URL that tests can write rejects to is that of the store in memory.
        let rejects = format!("memory:///faults/{run}.rejects.ndjson");
        let source = Source::object(Arc::clone(store) as _, "in.ndjson").unwrap();
        let sink = Sink::object(Arc::clone(store) as _, "out.parquet").unwrap();
        let converter = Converter::new().with_on_error(OnError::Quarantine).with_rejects(&rejects);
        (converter.convert(vec![source], sink), Source::url(&rejects))
    };
    let store = inputs();
    let (summary, rejects) = convert(&store, "good");
    assert_eq!(summary.unwrap().rejects.as_deref(), Some("memory:///faults/good.rejects.ndjson"));
    rejects.unwrap();
    // The place is taken when everything is written.
    let store = inputs();
    store.on_get(|_, inner| {
        let inner: &dyn ObjectStore = inner;
        std::thread::scope(|scope| {
            scope.spawn(|| put(inner, "out.parquet", "of another run"));
        });
    });
    let (result, rejects) = convert(&store, "bad");
    error_of(result, ErrorKind::OutputExists);
    assert_eq!(bytes_of(&store.inner, "out.parquet"), b"of another run");
    error_of(rejects, ErrorKind::Source);
}
