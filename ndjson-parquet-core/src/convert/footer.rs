//! What the footer of each Parquet file says about where its rows came from, and how to check it.
//!
//! Nothing in it depends on the time, the machine or the number of threads.

use serde::{Deserialize, Serialize};

use crate::converter::Converter;
use crate::error::{Error, ErrorKind, Result};
use crate::options::{DuplicateKeys, OnError, TypeConflicts, UnknownFields};
use crate::partition::StoredLayout;
use crate::replay::Origin;
use crate::source::Source;
use crate::summary::Balance;

/// Key of the balance sheet, a JSON [`Balance`].
pub(crate) const BALANCE_KEY: &str = "ndjson-parquet.balance";
/// Key of the options that decided which rows and values came out, a JSON [`Settings`].
pub(crate) const SETTINGS_KEY: &str = "ndjson-parquet.settings";
/// Key of the names of the sources, a JSON array; of more than [`MAX_SOURCES`] only the first.
pub(crate) const SOURCES_KEY: &str = "ndjson-parquet.sources";
/// Key of how the rows are divided into partitions, a JSON [`StoredLayout`]; only where they are. The
/// balance is then that of the whole conversion.
pub(crate) const PARTITIONS_KEY: &str = "ndjson-parquet.partitions";

/// Key of what was replayed, a JSON object with the digest of the quarantine file.
pub(crate) const REPLAY_KEY: &str = "ndjson-parquet.replay";

/// Names of sources that a footer lists at most: a million would outweigh the data.
const MAX_SOURCES: usize = 100;

/// The options that decide which rows and values an input gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) on_error: OnError,
    pub(crate) unknown: UnknownFields,
    pub(crate) conflicts: TypeConflicts,
    pub(crate) duplicates: DuplicateKeys,
    pub(crate) truncate_timestamps: bool,
    pub(crate) max_line_bytes: usize,
    pub(crate) max_depth: usize,
    /// Whether the schema was inferred: then every value fits it.
    pub(crate) inferred: bool,
    /// Whether `_rescued_data` is the converter's own column.
    pub(crate) rescue_column: bool,
}

impl Settings {
    pub(crate) fn of(converter: &Converter, inferred: bool, rescue_column: bool) -> Self {
        let policies = converter.policies();
        Self {
            on_error: converter.on_error,
            unknown: policies.unknown,
            conflicts: policies.conflicts,
            duplicates: policies.duplicates,
            truncate_timestamps: policies.truncate_timestamps,
            max_line_bytes: converter.max_line_bytes,
            max_depth: policies.max_depth,
            inferred,
            rescue_column,
        }
    }
}

/// Makes the key-value metadata of a file.
pub(super) struct Footer {
    settings: String,
    sources: String,
    replay: Option<String>,
    partitions: Option<String>,
}

impl Footer {
    pub(super) fn new(
        settings: &Settings,
        sources: &[Source],
        replay: Option<&Origin>,
        partitions: Option<&StoredLayout>,
    ) -> Result<Self> {
        let names: Vec<_> = sources.iter().take(MAX_SOURCES).map(Source::name).collect();
        let json = |error| Error::new(ErrorKind::Internal, "no footer").with_cause(error);
        Ok(Self {
            settings: serde_json::to_string(settings).map_err(json)?,
            sources: serde_json::to_string(&names).map_err(json)?,
            replay: replay.map(serde_json::to_string).transpose().map_err(json)?,
            partitions: partitions.map(serde_json::to_string).transpose().map_err(json)?,
        })
    }

    pub(super) fn key_values(&self, balance: &Balance) -> Vec<(String, String)> {
        let balance = serde_json::to_string(balance).unwrap_or_default();
        let mut entries = vec![
            (BALANCE_KEY.to_owned(), balance),
            (SETTINGS_KEY.to_owned(), self.settings.clone()),
            (SOURCES_KEY.to_owned(), self.sources.clone()),
        ];
        let replay = self.replay.iter().map(|replay| (REPLAY_KEY, replay));
        let partitions = self.partitions.iter().map(|layout| (PARTITIONS_KEY, layout));
        let others = replay.chain(partitions);
        entries.extend(others.map(|(key, value)| (key.to_owned(), value.clone())));
        entries
    }
}
