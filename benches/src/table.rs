//! Times work in turn, by CPU time and by the clock, and prints Markdown.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// What one run took, or a summary of several runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// CPU time of all threads: what others do on the machine disturbs it far less than the wall
    /// clock. Of several runs the median.
    pub cpu: Duration,
    /// Time by the clock. Of several runs the shortest, which was disturbed least.
    pub wall: Duration,
}

fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
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

/// Runs the contenders in turn, `rounds` times after one round to warm up, and gives the times of
/// each.
///
/// # Panics
/// When a contender does not see `rows` rows.
pub fn time_in_turn(contenders: &mut [Contender<'_>], rounds: usize, rows: usize) -> Vec<Times> {
    let mut times = vec![Vec::new(); contenders.len()];
    for round in 0..=rounds {
        for (contender, times) in contenders.iter_mut().zip(&mut times) {
            let (wall, cpu) = (Instant::now(), cpu_time());
            let seen = (contender.work)();
            let time = Times { cpu: cpu_time().saturating_sub(cpu), wall: wall.elapsed() };
            assert_eq!(seen, rows, "rows that {} saw", contender.name);
            if round > 0 {
                times.push(time);
            }
        }
    }
    times.iter_mut().map(|times| summarize(times)).collect()
}

fn summarize(times: &mut [Times]) -> Times {
    times.sort_unstable_by_key(|times| times.cpu);
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    let shortest = times.iter().map(|times| times.wall).min();
    Times { cpu: median.cpu, wall: shortest.unwrap_or_default() }
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
