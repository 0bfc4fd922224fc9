//! Sinks in object stores.

use std::sync::Arc;

use object_store::ObjectStore;

use super::staged_objects::ObjectPlace;
use super::{Place, Sink, is_parquet};
use crate::error::Result;
use crate::store::{self, Location, UploadOptions, output_location};

impl Sink {
    /// One Parquet file at `path` in `store`.
    ///
    /// It is uploaded while the conversion runs and becomes visible when everything is written.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use ndjson_parquet_core::{Converter, Sink, Source};
    /// use object_store::{ObjectStore, memory::InMemory};
    ///
    /// let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    /// let source = Source::bytes("inline", "{\"id\":1}\n");
    /// let sink = Sink::object(Arc::clone(&store), "out/events.parquet")?;
    /// let summary = Converter::new().convert(vec![source], sink)?;
    /// assert_eq!(summary.files[0].path, "out/events.parquet");
    /// # Ok::<(), ndjson_parquet_core::Error>(())
    /// ```
    pub fn object(store: Arc<dyn ObjectStore>, path: &str) -> Result<Self> {
        Ok(Self::in_store(Location::new(store, path)?, false))
    }

    /// Files `part-00000.parquet`, `part-00001.parquet` and so on below `prefix` in `store`, which
    /// must hold nothing.
    ///
    /// They appear one after the other once all of them are written.
    pub fn objects(store: Arc<dyn ObjectStore>, prefix: &str) -> Result<Self> {
        Ok(Self::in_store(Location::new(store, prefix)?, true))
    }

    /// What `url` names.
    pub(super) fn url(url: &str) -> Result<Self> {
        Ok(match output_location(url)? {
            store::Place::Local(path) => Self::path(path),
            store::Place::Object(location) | store::Place::Below(location, _) => {
                let is_prefix = url.ends_with('/') || !is_parquet(location.file_name().as_bytes());
                Self::in_store(location, is_prefix)
            }
        })
    }

    fn in_store(location: Location, is_prefix: bool) -> Self {
        let options = UploadOptions::default();
        let place = Place::Objects(ObjectPlace { location, is_prefix, options });
        Self { place, overwrite: false }
    }

    /// The same sink, written in parts of `part_bytes`.
    pub(crate) fn with_part_bytes(
        mut self,
        part_bytes: usize,
        cancel: &crate::CancelToken,
    ) -> Self {
        if let Place::Objects(place) = &mut self.place {
            place.options.part_bytes = part_bytes;
            place.options.cancel = cancel.clone();
        }
        self
    }
}
