//! Parallel loops over independent pieces of an output, each with its own order of sums.
//!
//! Which thread runs a piece never changes a bit of it. Where there is much of one kind to do, whole tasks run
//! [`side_by_side`] instead, each with its loops on its own thread: nothing waits for anything then. Native builds have
//! rayon's pool from the start. WebAssembly builds with atomics run on one thread until somebody has started a pool and
//! called [`pool_started`]; the others always do.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use rayon::prelude::*;

/// How many threads take part, 0 while none was started (or, natively, looked for).
static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Whether this thread runs one of several tasks side by side.
    static IS_ALONE: Cell<bool> = const { Cell::new(false) };
}

/// Says that a pool of `threads` threads now runs: from here on loops are shared among them.
pub fn pool_started(threads: usize) {
    THREADS.store(threads, Ordering::Release);
}

/// How many threads loops are shared among.
pub fn count() -> usize {
    if IS_ALONE.get() {
        return 1;
    }
    match THREADS.load(Ordering::Acquire) {
        0 if cfg!(target_arch = "wasm32") => 1,
        0 => rayon::current_num_threads(),
        threads => threads,
    }
}

/// Whether this build will have a pool that has not been started: what can wait for it may, as it may never come.
pub fn are_on_their_way() -> bool {
    cfg!(all(target_arch = "wasm32", target_feature = "atomics")) && THREADS.load(Ordering::Acquire) == 0
}

/// Runs two tasks, side by side where there are threads.
pub fn both<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
    if count() == 1 { (one(), other()) } else { rayon::join(one, other) }
}

/// Begins `task` on another thread, its loops on that thread alone, or runs it here where there is no other.
pub fn start<T: Send + 'static>(task: impl FnOnce() -> T + Send + 'static) -> Pending<T> {
    let result = Pending(Arc::new((Mutex::new(None), Condvar::new())));
    if count() == 1 {
        result.set(task());
    } else {
        let there = Pending(result.0.clone());
        rayon::spawn(move || there.set(alone(task)));
    }
    result
}

/// What a task on another thread will have made.
#[derive(Debug)]
pub struct Pending<T>(Arc<(Mutex<Option<T>>, Condvar)>);

impl<T> Pending<T> {
    fn set(&self, result: T) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        self.0.1.notify_one();
    }

    /// Whether the task has ended.
    pub fn is_done(&self) -> bool {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// What it made, once it has ended. A thread of the pool works at what waits meanwhile, this task among it.
    pub fn wait(self) -> T {
        while !self.is_done() && rayon::yield_now() == Some(rayon::Yield::Executed) {}
        let mut result = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match result.take() {
                Some(made) => return made,
                None => result = self.0.1.wait(result).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

/// Runs a task whose loops stay on this thread.
pub(crate) fn alone<T>(task: impl FnOnce() -> T) -> T {
    // Put back as it was: a thread that waits inside a task may take up another one.
    let before = IS_ALONE.replace(true);
    let result = task();
    IS_ALONE.set(before);
    result
}

/// Runs `pass` where loops need not be handed over one by one: on a thread of the pool. In a browser the other threads
/// stay awake for it: to wake one takes some 60 µs there, and a pass has a hundred loops.
pub fn inside<T: Send>(pass: impl FnOnce() -> T + Send) -> T {
    if count() == 1 {
        return pass();
    }
    let (mut pass, mut result) = (Some(pass), None);
    run_inside(&mut || result = pass.take().map(|pass| pass()));
    result.expect("a pass that is not over does not come back")
}

/// As [`share`], one function whatever the pass.
fn run_inside(pass: &mut (dyn FnMut() + Send)) {
    let others = count() - 1;
    let workers = SpinningWorkers::default();
    rayon::scope(|scope| {
        if cfg!(target_arch = "wasm32") {
            (0..others).for_each(|_| scope.spawn(|_| workers.stay()));
            workers.gather(others);
        }
        let _stop = StopOnDrop(&workers);
        pass();
    });
}

/// Threads that stay awake while a pass runs, and take what it hands out at once.
#[derive(Default)]
struct SpinningWorkers {
    /// How many workers have joined; plus [`CLOSED`] once no further one may.
    come: AtomicUsize,
    is_over: AtomicBool,
}

/// Added to the count of workers once no further one may join: more than there are threads.
const CLOSED: usize = 1 << 16;
/// How many times a pass looks whether its workers are there, before it begins without them: some tenths of a
/// millisecond.
const PATIENCE: usize = 100_000;

impl SpinningWorkers {
    /// Stays with the pass until it is over. Whoever comes late leaves at once: it may be the very thread of the pass,
    /// which takes up whatever waits while it waits itself.
    fn stay(&self) {
        if self.come.fetch_add(1, Ordering::AcqRel) >= CLOSED {
            return;
        }
        while !self.is_over.load(Ordering::Acquire) {
            if rayon::yield_now() != Some(rayon::Yield::Executed) {
                std::hint::spin_loop();
            }
        }
    }

    /// Waits a moment for `others` to join, and lets no further one in after that.
    fn gather(&self, others: usize) {
        let all_come = |_| {
            std::hint::spin_loop();
            self.come.load(Ordering::Acquire) == others
        };
        let _ = (0..PATIENCE).any(all_come);
        self.come.fetch_add(CLOSED, Ordering::AcqRel);
    }
}

/// Ends the wait of the workers when it is dropped, however the pass ended.
struct StopOnDrop<'a>(&'a SpinningWorkers);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Release);
    }
}

/// Calls `task` once for each index below `count`, in runs of at most `grain` per thread: a thread that is done takes
/// the next run.
pub fn for_each(count: usize, grain: usize, task: impl Fn(usize) + Send + Sync) {
    if count <= grain || self::count() == 1 {
        (0..count).for_each(task);
    } else {
        share(count, grain, &task);
    }
}

/// One function whatever the task: each loop of rayon's takes some kilobytes of every visitor's download.
fn share(count: usize, grain: usize, task: &(dyn Fn(usize) + Send + Sync)) {
    (0..count).into_par_iter().with_min_len(grain).with_max_len(grain).for_each(task);
}

/// What `task` makes of each of `items`, in their order: a whole task on each thread.
pub fn side_by_side<T: Sync, R: Send>(items: &[T], task: impl Fn(&T) -> R + Send + Sync) -> Vec<R> {
    if items.len() < 2 || count() == 1 {
        return items.iter().map(task).collect();
    }
    items.par_iter().with_max_len(1).map(|item| alone(|| task(item))).collect()
}

/// What `task` makes of each index below `count`, in their order; at least `grain` of them in a row per thread.
pub fn map<T: Send>(count: usize, grain: usize, task: impl Fn(usize) -> T + Send + Sync) -> Vec<T> {
    if count <= grain || self::count() == 1 {
        (0..count).map(task).collect()
    } else {
        (0..count).into_par_iter().with_min_len(grain).map(task).collect()
    }
}

/// Calls `task` for each piece of `length` values of `output` (the last may be shorter), at least
/// `grain` of them in a row per thread.
pub fn for_each_piece<T: Send>(
    output: &mut [T],
    length: usize,
    grain: usize,
    task: impl Fn(usize, &mut [T]) + Send + Sync,
) {
    if output.len() <= grain * length || count() == 1 {
        output.chunks_mut(length).enumerate().for_each(|(index, piece)| task(index, piece));
    } else {
        share_pieces(output, length, grain, &task);
    }
}

/// As [`share`].
fn share_pieces<T: Send>(
    output: &mut [T],
    length: usize,
    grain: usize,
    task: &(dyn Fn(usize, &mut [T]) + Send + Sync),
) {
    let pieces = output.par_chunks_mut(length).with_min_len(grain).enumerate();
    pieces.for_each(|(index, piece)| task(index, piece));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_side_by_side_keep_their_order_and_their_loops_to_themselves() {
        let items: Vec<usize> = (0..100).collect();
        let made = side_by_side(&items, |item| (item * 2, count()));
        let expected = if count() == 1 { count() } else { 1 };
        assert_eq!(made, items.iter().map(|item| (item * 2, expected)).collect::<Vec<_>>());
        assert_eq!(count(), rayon::current_num_threads(), "and afterwards loops are shared again");
    }

    #[test]
    fn workers_stay_until_they_are_sent_away_and_let_nobody_in_late() {
        let workers = SpinningWorkers::default();
        rayon::scope(|scope| {
            let dismissed = StopOnDrop(&workers);
            if count() > 1 {
                scope.spawn(|_| workers.stay());
                while workers.come.load(Ordering::Acquire) == 0 {
                    std::hint::spin_loop();
                }
            }
            workers.gather(count().min(2) - 1);
            workers.stay();
            assert_eq!(map(100, 1, |index| index).len(), 100);
            drop(dismissed);
        });
    }

    #[test]
    fn what_is_begun_on_another_thread_can_be_waited_for() {
        let begun: Vec<_> = (0..50).map(|index| start(move || (index, count()))).collect();
        for (index, pending) in begun.into_iter().enumerate() {
            assert_eq!(pending.wait(), (index, 1));
        }
    }

    #[test]
    fn a_map_keeps_the_order() {
        assert_eq!(map(1000, 3, |index| index), (0..1000).collect::<Vec<_>>());
    }
}
