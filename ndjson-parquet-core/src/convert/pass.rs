//! One pass over the input: a feeder, workers on threads, and their results in order.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crossbeam_channel::{Sender, bounded};

use super::feed::{Feed, UNKNOWN_SIZE, Unit};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::CancelToken;
use crate::source::{Inflation, Source};

/// Set when a pass has failed: everyone stops.
#[derive(Default)]
pub(super) struct Abort(AtomicBool);

impl Abort {
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How a pass is run.
pub(super) struct Pass<'a> {
    pub(super) sources: &'a [Source],
    pub(super) inflation: Inflation,
    pub(super) unit_bytes: u64,
    pub(super) chunks_ahead: usize,
    pub(super) workers: usize,
    pub(super) cancel: &'a CancelToken,
}

/// What the workers of a pass share: whose turn it is, and why the pass failed.
///
/// A worker does its unit alone, then waits for the units before it and hands over its results.
/// Errors are handed over in turn too, so the error reported is the first in the input.
pub(super) struct Order<T> {
    turn: Mutex<Turn<T>>,
    changed: Condvar,
    pub(super) abort: Abort,
}

struct Turn<T> {
    next: u64,
    results: T,
    failure: Option<Error>,
}

/// The pass is over for this worker: it failed, here or elsewhere.
pub(super) struct GivenUp;

impl<T: Send> Order<T> {
    pub(super) fn new(results: T) -> Self {
        let turn = Mutex::new(Turn { next: 0, results, failure: None });
        Self { turn, changed: Condvar::new(), abort: Abort::default() }
    }

    /// Waits until unit `sequence` is the first that is not finished, then runs `step` on the
    /// results. Its error fails the pass.
    pub(super) fn in_turn(
        &self,
        sequence: u64,
        step: impl FnOnce(&mut T) -> Result<()>,
    ) -> Result<(), GivenUp> {
        let mut turn = self.lock();
        while turn.next != sequence {
            if self.abort.is_set() {
                return Err(GivenUp);
            }
            turn = self.changed.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
        if self.abort.is_set() {
            return Err(GivenUp);
        }
        step(&mut turn.results).map_err(|error| self.fail_locked(&mut turn, error))
    }

    /// Waits until unit `sequence` is the first that is not finished; false when the pass is over.
    pub(super) fn wait_for_turn(&self, sequence: u64) -> bool {
        self.in_turn(sequence, |_| Ok(())).is_ok()
    }

    /// Lets the next unit have its turn.
    pub(super) fn finish(&self, sequence: u64) {
        let mut turn = self.lock();
        turn.next = turn.next.max(sequence + 1);
        self.changed.notify_all();
    }

    /// Fails the pass at once, out of turn.
    pub(super) fn fail(&self, error: Error) -> GivenUp {
        self.fail_locked(&mut self.lock(), error)
    }

    fn fail_locked(&self, turn: &mut Turn<T>, error: Error) -> GivenUp {
        turn.failure.get_or_insert(error);
        self.abort.set();
        self.changed.notify_all();
        GivenUp
    }

    fn lock(&self) -> MutexGuard<'_, Turn<T>> {
        // A worker that panicked has failed the pass; what it left is not used.
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn into_results(self) -> Result<T> {
        let turn = self.turn.into_inner().unwrap_or_else(PoisonError::into_inner);
        turn.failure.map_or(Ok(turn.results), Err)
    }
}

impl Pass<'_> {
    /// Runs `work` on every unit and gives the results and the size of each source.
    ///
    /// `work` does one unit and hands its results to the order; it is called on several threads.
    pub(super) fn run<T: Send, W>(
        &self,
        results: T,
        worker: impl Fn() -> Result<W> + Sync,
        work: impl Fn(&mut W, &Unit, &Order<T>) -> Result<(), GivenUp> + Sync,
    ) -> Result<(T, Vec<u64>)> {
        let sizes: Vec<_> = self.sources.iter().map(|_| AtomicU64::new(UNKNOWN_SIZE)).collect();
        let feed = |sender, order: &Order<T>| {
            let feed = Feed {
                sources: self.sources,
                inflation: self.inflation,
                unit_bytes: self.unit_bytes,
                chunks_ahead: self.chunks_ahead,
                sizes: &sizes,
                abort: &order.abort,
                cancel: self.cancel,
            };
            feed.run(sender);
        };
        let results =
            run_in_order(results, self.workers, feed, worker, work, |unit| unit.sequence)?;
        Ok((results, sizes.into_iter().map(AtomicU64::into_inner).collect()))
    }
}

/// Runs `work` on all that `feed` sends, on threads of `workers` states, and gives the results.
///
/// What is sent is numbered by `sequence` from 0 on, and its results are handed over in that order.
pub(super) fn run_in_order<T: Send, U: Send, W>(
    results: T,
    workers: usize,
    feed: impl FnOnce(Sender<U>, &Order<T>),
    worker: impl Fn() -> Result<W> + Sync,
    work: impl Fn(&mut W, &U, &Order<T>) -> Result<(), GivenUp> + Sync,
    sequence: impl Fn(&U) -> u64 + Sync,
) -> Result<T> {
    let order = Order::new(results);
    let (sender, units) = bounded::<U>(1);
    thread::scope(|scope| {
        let mut running = Vec::with_capacity(workers);
        for _ in 0..workers {
            let (units, order, work, worker) = (units.clone(), &order, &work, &worker);
            let sequence = &sequence;
            running.push(scope.spawn(move || {
                let guard = PanicGuard(order);
                let mut state = match worker() {
                    Ok(state) => state,
                    Err(error) => {
                        let GivenUp = order.fail(error);
                        return;
                    }
                };
                for unit in units {
                    if order.abort.is_set() || work(&mut state, &unit, order).is_err() {
                        break;
                    }
                    order.finish(sequence(&unit));
                }
                drop(guard);
            }));
        }
        drop(units);
        feed(sender, &order);
        // A panic that is not looked at here would go on to the caller.
        running.into_iter().for_each(|worker| drop(worker.join()));
    });
    order.into_results()
}

/// Fails the pass when its thread panics, so that nobody waits for it.
struct PanicGuard<'a, T: Send>(&'a Order<T>);

impl<T: Send> Drop for PanicGuard<'_, T> {
    fn drop(&mut self) {
        if thread::panicking() {
            let message = "a worker panicked: this is a defect, please report it";
            let GivenUp = self.0.fail(Error::new(ErrorKind::Internal, message));
        }
    }
}
