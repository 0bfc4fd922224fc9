//! Ctrl-C, SIGTERM and SIGHUP: the first cancels the work in hand, the second ends the process.

use std::process;
use std::sync::{Mutex, Once, PoisonError};

use ndjson_parquet_core::CancelToken;

use crate::exit::INTERRUPTED;

/// A token that the next signal cancels.
///
/// Signals belong to the process, hence the one global of this crate; a later call takes over from
/// an earlier one. Where no handler can be installed, signals keep their ordinary effect.
pub(crate) fn cancel_on_signal() -> CancelToken {
    let token = CancelToken::new();
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
    INSTALL.call_once(|| {
        if !hangup_is_ignored() {
            let _ = ctrlc::set_handler(on_signal);
        }
    });
    token
}

fn on_signal() {
    match CURRENT.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
        Some(token) if !token.is_cancelled() => token.cancel(),
        // The work does not stop, or there is none.
        _ => process::exit(i32::from(INTERRUPTED)),
    }
}

/// Whether the process was started by `nohup`. Handlers can only be installed for all three signals
/// at once, and ours for SIGHUP would end work that is meant to outlive its terminal.
fn hangup_is_ignored() -> bool {
    // Elsewhere than on Linux there is no such file, and no way to ask without unsafe code.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & SIGHUP_BIT != 0)
}

static CURRENT: Mutex<Option<CancelToken>> = Mutex::new(None);
static INSTALL: Once = Once::new();
/// Signal 1 is the lowest bit.
const SIGHUP_BIT: u64 = 1;
