//! The asynchronous API on a runtime of one thread, which must go on meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arrow_schema::{DataType, Field, Schema};
use futures_util::{StreamExt, TryStreamExt};
use ndjson_parquet_core::{
    CancelToken, Converter, ErrorKind, OnError, ReaderBuilder, Sink, Source, expand_async,
};
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

use super::{bytes_of, error_of, gzip, ids, keys, lines, memory, put};

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn builder() -> ReaderBuilder {
    let schema = Schema::new(vec![
        Field::new("id", DataType::Int64, true),
        Field::new("text", DataType::Utf8, true),
    ]);
    ReaderBuilder::new(Arc::new(schema))
}

#[test]
fn a_conversion_does_not_block_the_runtime() {
    let store = memory();
    put(&*store, "in/a.ndjson", lines(0, 50_000));
    let ticks = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&ticks);
    one_thread().block_on(async {
        let ticker = tokio::spawn(async move {
            loop {
                sleep(Duration::from_millis(1)).await;
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        let sources = vec![Source::object(Arc::clone(&store), "in/a.ndjson").unwrap()];
        let sink = Sink::object(Arc::clone(&store), "out.parquet").unwrap();
        let summary = Converter::new().convert_async(sources, sink).await.unwrap();
        assert_eq!(summary.balance.rows, 50_000);
        ticker.abort();
    });
    assert_eq!(ids(bytes_of(&*store, "out.parquet")).len(), 50_000);
    assert!(ticks.load(Ordering::SeqCst) > 0);
}

#[test]
fn the_synchronous_api_may_be_called_within_a_runtime() {
    let store = memory();
    put(&*store, "in.ndjson", lines(0, 10));
    one_thread().block_on(async {
        let source = Source::object(Arc::clone(&store), "in.ndjson").unwrap();
        let found = Converter::new().infer(vec![source]).unwrap();
        assert_eq!(found.rows, 10);
    });
}

#[test]
fn a_conversion_that_is_dropped_writes_nothing_and_cancels_nothing_else() {
    let store = memory();
    let (reader, mut writer) = std::io::pipe().unwrap();
    std::io::Write::write_all(&mut writer, lines(0, 100).as_bytes()).unwrap();
    let token = CancelToken::new();
    let converter = Converter::new().with_cancel(token.clone());
    one_thread().block_on(async {
        let sink = Sink::object(Arc::clone(&store), "out.parquet").unwrap();
        // The pipe stays open, so the conversion waits for more.
        let work = converter.convert_async(vec![Source::reader("pipe", reader)], sink);
        tokio::select! {
            _ = work => panic!("ended"),
            () = sleep(Duration::from_millis(100)) => {}
        }
    });
    drop(writer);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(keys(&*store), [""; 0]);
    assert!(!token.is_cancelled());
}

#[test]
fn a_stream_gives_the_batches_of_all_sources_in_order() {
    let store = memory();
    put(&*store, "in/a.ndjson", lines(0, 20_000));
    put(&*store, "in/b.ndjson.gz", gzip(&lines(20_000, 5)));
    let batches: Vec<_> = one_thread().block_on(async {
        let sources = Source::expand_in(Arc::clone(&store), "in").unwrap();
        let stream = builder().build_stream(sources).unwrap();
        assert_eq!(stream.schema().field(0).name(), "id");
        stream.try_collect().await.unwrap()
    });
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    let ids = |batch: &arrow_array::RecordBatch| {
        batch.column(0).as_primitive::<Int64Type>().values().to_vec()
    };
    let all: Vec<_> = batches.iter().flat_map(ids).collect();
    assert_eq!(all, (0..20_005).collect::<Vec<_>>());
}

#[test]
fn a_stream_ends_at_the_first_error_which_names_its_line() {
    let sources = vec![
        Source::bytes("good", lines(0, 1)),
        Source::bytes("bad", "{\"id\":1}\n{\"id\":\n"),
        Source::bytes("unread", lines(2, 1)),
    ];
    let items: Vec<_> = one_thread().block_on(builder().build_stream(sources).unwrap().collect());
    let error = error_of(items.into_iter().collect::<Result<Vec<_>, _>>(), ErrorKind::BadLine);
    let position = error.position().unwrap();
    assert_eq!((&*position.source, position.line), ("bad", 2));
    let result = builder().with_on_error(OnError::Quarantine).build_stream(vec![]);
    error_of(result, ErrorKind::Schema);
}

#[test]
fn inputs_are_listed_without_blocking() {
    let sink = Sink::at("memory:///asynchronous/a.parquet").unwrap();
    Converter::new().convert(vec![Source::bytes("in", lines(0, 1))], sink).unwrap();
    let found = one_thread().block_on(expand_async(["memory:///asynchronous/*"])).unwrap();
    assert_eq!(found[0].name(), "memory:///asynchronous/a.parquet");
}
