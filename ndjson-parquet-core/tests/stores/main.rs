//! Sources and sinks in object stores: in memory, behind a store that fails, and over HTTP.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panic")]

mod asynchronous;
mod faults;
mod faulty;
mod http;
mod reading;
mod urls;
mod writing;

use std::io::Write;
use std::sync::Arc;

use ndjson_parquet_core::{Error, ErrorKind, Result};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tokio::runtime::Runtime;

/// Runs `work` to its end.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    Runtime::new().unwrap().block_on(work)
}

fn put(store: &dyn ObjectStore, path: &str, bytes: impl Into<Vec<u8>>) {
    let bytes: Vec<u8> = bytes.into();
    block_on(store.put(&Path::from(path), bytes.into())).unwrap();
}

fn bytes_of(store: &dyn ObjectStore, path: &str) -> Vec<u8> {
    block_on(async { store.get(&Path::from(path)).await.unwrap().bytes().await.unwrap() }).to_vec()
}

/// The paths of everything in the store, sorted.
fn keys(store: &dyn ObjectStore) -> Vec<String> {
    use futures_util::TryStreamExt;
    let found: Vec<_> = block_on(store.list(None).try_collect()).unwrap();
    let mut keys: Vec<_> = found.iter().map(|found| found.location.to_string()).collect();
    keys.sort();
    keys
}

/// The numbers in the column `id` of a Parquet file, by the Parquet library's reader.
fn ids(parquet: Vec<u8>) -> Vec<i64> {
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;

    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(parquet)).unwrap();
    let batches = reader.build().unwrap().map(|batch| batch.unwrap());
    batches
        .flat_map(|batch| {
            let column = batch.column_by_name("id").unwrap().as_primitive::<Int64Type>().clone();
            column.values().to_vec()
        })
        .collect()
}

/// Lines whose `id` counts from `first` on.
fn lines(first: i64, count: i64) -> String {
    (first..first + count).map(|id| format!("{{\"id\":{id},\"text\":\"line {id}\"}}\n")).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn memory() -> Arc<dyn ObjectStore> {
    Arc::new(InMemory::new())
}

#[track_caller]
fn error_of<T>(result: Result<T>, kind: ErrorKind) -> Error {
    match result {
        Ok(_) => panic!("expected an error"),
        Err(error) => {
            assert_eq!(error.kind(), kind, "{error}");
            error
        }
    }
}
