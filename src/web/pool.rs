//! A pool of threads in a browser: rayon's, each thread in a worker over this module's shared memory.
//!
//! The page starts the workers, since only a worker's own event loop can start another. Each
//! instantiates this module over the same memory and calls [`run_pool_thread`], which does not return.
//! When all of them wait there, [`start_pool`] hands each its part. The thread that calls it is of the pool too: what
//! it begins it works at itself, and one worker fewer has to start.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};

use rayon::{ThreadBuilder, ThreadPoolBuilder};
use wasm_bindgen::prelude::*;

use crate::kernels::threads;

/// Threads of the pool that no worker runs yet.
static WAITING: Mutex<VecDeque<ThreadBuilder>> = Mutex::new(VecDeque::new());
static MORE: Condvar = Condvar::new();

/// The compiled module, for the pool's workers to instantiate.
#[wasm_bindgen]
pub fn shared_module() -> JsValue {
    wasm_bindgen::module()
}

/// The memory that the pool's workers share with this one.
#[wasm_bindgen]
pub fn shared_memory() -> JsValue {
    wasm_bindgen::memory()
}

/// Becomes a thread of the pool, for as long as the worker lives.
#[wasm_bindgen]
pub fn run_pool_thread() {
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if let Some(thread) = waiting.pop_front() {
            drop(waiting);
            return thread.run();
        }
        waiting = MORE.wait(waiting).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Shares the work among `count` threads from here on, this one and as many workers less one, which must wait in
/// [`run_pool_thread`]. Fails if there is a pool already.
#[wasm_bindgen]
pub fn start_pool(count: usize) -> Result<(), JsValue> {
    let builder = ThreadPoolBuilder::new().num_threads(count).use_current_thread().spawn_handler(|thread| {
        WAITING.lock().unwrap_or_else(PoisonError::into_inner).push_back(thread);
        MORE.notify_one();
        Ok(())
    });
    builder.build_global().map_err(|error| JsError::new(&error.to_string()))?;
    threads::pool_started(count);
    Ok(())
}
