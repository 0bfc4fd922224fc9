//! Times work by CPU time, and prints Markdown.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// CPU time of this thread: what others do on the machine disturbs it far less than the wall clock.
pub fn thread_cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    // Neither part of a CPU time is negative.
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec as u32)
}

/// One of the things compared: its name, and the work, which gives the rows that it saw.
pub struct Contender<'a> {
    /// The column of the table.
    pub name: String,
    /// Does the work once.
    pub work: Box<dyn FnMut() -> usize + 'a>,
}

impl<'a> Contender<'a> {
    /// A contender that runs `work`.
    pub fn new(name: impl Into<String>, work: impl FnMut() -> usize + 'a) -> Self {
        Self { name: name.into(), work: Box::new(work) }
    }
}

/// Runs the contenders in turn, `rounds` times after one round to warm up, and gives the median
/// time of each by `clock`.
///
/// # Panics
/// When a contender does not see `rows` rows.
pub fn medians(
    contenders: &mut [Contender<'_>],
    rounds: usize,
    rows: usize,
    clock: fn() -> Duration,
) -> Vec<Duration> {
    let mut times = vec![Vec::new(); contenders.len()];
    for round in 0..=rounds {
        for (contender, times) in contenders.iter_mut().zip(&mut times) {
            let start = clock();
            let seen = (contender.work)();
            let time = clock().saturating_sub(start);
            assert_eq!(seen, rows, "rows that {} saw", contender.name);
            if round > 0 {
                times.push(time);
            }
        }
    }
    times.iter_mut().map(|times| median(times)).collect()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Prints a row of a Markdown table.
pub fn print_row(cells: &[String]) {
    println!("| {} |", cells.join(" | "));
}

/// Prints the head of a Markdown table.
pub fn print_head(cells: &[&str]) {
    println!("| {} |\n|{}", cells.join(" | "), "---|".repeat(cells.len()));
}

/// Megabytes of `bytes` a second.
pub fn megabytes_per_second(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64()
}
