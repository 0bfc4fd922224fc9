//! The progress bar: bytes, rate and time to go, on a terminal only.

use std::io::{self, IsTerminal};
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};
use ndjson_parquet_core::{Progress, Stage};

/// A line on standard error that disappears when it is dropped.
pub(crate) struct ProgressLine {
    bar: ProgressBar,
}

impl ProgressLine {
    /// Shows nothing where standard error is no terminal, or if not `wanted`.
    pub(crate) fn new(wanted: bool) -> Self {
        let visible = wanted && io::stderr().is_terminal();
        Self { bar: if visible { ProgressBar::no_length() } else { ProgressBar::hidden() } }
    }

    /// What the engine is to call.
    pub(crate) fn callback(&self) -> impl Fn(&Progress) + Send + Sync + 'static {
        let bar = self.bar.clone();
        let shown = Mutex::new(None);
        move |progress| {
            if bar.is_hidden() {
                return;
            }
            let kind = (progress.stage, progress.total_bytes);
            let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
            if shown.replace(kind) != Some(kind) {
                begin(&bar, kind);
            }
            drop(shown);
            bar.set_position(progress.bytes);
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn begin(bar: &ProgressBar, (stage, total_bytes): (Stage, Option<u64>)) {
    bar.set_message(match stage {
        Stage::Infer => "inferring",
        Stage::Convert => "converting",
        Stage::Verify => "verifying",
        _ => "working",
    });
    let template = if total_bytes.is_some() { WITH_TOTAL } else { WITHOUT_TOTAL };
    let style = ProgressStyle::with_template(template);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.reset();
    match total_bytes {
        Some(total) => bar.set_length(total),
        None => bar.unset_length(),
    }
}

const WITH_TOTAL: &str = "{msg} [{bar:24}] {decimal_bytes} of {decimal_total_bytes}, \
                          {decimal_bytes_per_sec}, {eta} to go";
const WITHOUT_TOTAL: &str =
    "{spinner} {msg} {decimal_bytes}, {decimal_bytes_per_sec}, {elapsed} so far";
