//! `-v`: what the engine tells of its work, on standard error.
//!
//! The events have numbers and names of stages; nothing of a row is in them.

use std::io;

use tracing::Level;

/// Prints events from now on: of stages for 1, of files and row groups too for more.
///
/// Whoever listens already, in a program that offers this command, goes on to do so.
pub(crate) fn listen(verbosity: u8) {
    let level = match verbosity {
        0 => return,
        1 => Level::INFO,
        _ => Level::DEBUG,
    };
    let listener = tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr);
    let _ = listener.with_ansi(false).without_time().with_target(false).try_init();
}
