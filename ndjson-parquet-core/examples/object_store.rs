//! Converts objects to an object, from asynchronous code.
//!
//! `cargo run --example object_store -- INPUT... OUTPUT` takes URLs such as `s3://bucket/day=*/*.gz`;
//! without arguments it converts a few lines in memory.

use std::error::Error;
use std::sync::Arc;

use ndjson_parquet_core::{Converter, Sink, Source, expand_async};
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};

fn main() -> Result<(), Box<dyn Error>> {
    // Any runtime will do.
    tokio::runtime::Builder::new_current_thread().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let (sources, sink) = match arguments.pop() {
        Some(output) => (expand_async(&arguments).await?, Sink::at(output)?),
        None => {
            let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
            store.put(&"day=1/a.ndjson".into(), "{\"id\":1}\n".into()).await?;
            store.put(&"day=2/b.ndjson".into(), "{\"id\":2}\n".into()).await?;
            let sources = Source::expand_in(Arc::clone(&store), "day=*/*.ndjson")?;
            (sources, Sink::object(store, "events.parquet")?)
        }
    };
    let summary = Converter::new().convert_async(sources, sink).await?;
    println!("{}", summary.to_json());
    Ok(())
}
