//! What a conversion would do, without doing it.

use arrow_schema::SchemaRef;

use crate::source::Codec;

/// What [`Converter::plan`](crate::Converter::plan) found.
///
/// ```
/// use ndjson_parquet_core::{Converter, Sink, Source};
///
/// let source = Source::bytes("inline", "{\"id\":1}\n");
/// let plan = Converter::new().plan(vec![source], &Sink::file("out.parquet"))?;
/// assert_eq!((plan.sources.len(), plan.bytes), (1, Some(9)));
/// assert!(plan.schema_is_final);
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// The sources, in their order.
    pub sources: Vec<PlannedSource>,
    /// Bytes of all sources, where all of them tell.
    pub bytes: Option<u64>,
    /// The schema that the conversion begins with.
    pub schema: SchemaRef,
    /// Whether it is the last one: it was given, or all of the input was looked at. Otherwise a line
    /// beyond the sample may need a wider one.
    pub schema_is_final: bool,
    /// Threads that would work.
    pub threads: usize,
    /// Bytes of memory to stay below.
    pub memory_limit: u64,
}

/// One source of a [`Plan`].
///
/// ```
/// use ndjson_parquet_core::{Codec, Converter, Sink, Source};
///
/// let source = Source::bytes("inline", "{\"id\":1}\n");
/// let plan = Converter::new().plan(vec![source], &Sink::file("out.parquet"))?;
/// assert_eq!((plan.sources[0].name.as_str(), plan.sources[0].codec), ("inline", Some(Codec::None)));
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PlannedSource {
    /// Its name.
    pub name: String,
    /// Its codec; `None` for a source that can be read only once.
    pub codec: Option<Codec>,
    /// Bytes of text in it, where that is known without reading it.
    pub bytes: Option<u64>,
}
