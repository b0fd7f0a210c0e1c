//! One parallel loop: over independent pieces of an output, each with its own order of sums.
//!
//! Which thread runs a piece never changes a bit of it. WebAssembly builds run on one thread.

/// Calls `task` once for each index below `count`, at least `grain` of them in a row per thread.
#[cfg(not(target_arch = "wasm32"))]
pub fn for_each(count: usize, grain: usize, task: impl Fn(usize) + Send + Sync) {
    use rayon::prelude::*;
    if count <= grain {
        (0..count).for_each(task);
    } else {
        (0..count).into_par_iter().with_min_len(grain).for_each(task);
    }
}

/// Calls `task` once for each index below `count`, at least `grain` of them in a row per thread.
#[cfg(target_arch = "wasm32")]
pub fn for_each(count: usize, _grain: usize, task: impl Fn(usize) + Send + Sync) {
    (0..count).for_each(task);
}

/// Calls `task` for each row of `output` `[rows, width]`, with scratch memory of its thread.
#[cfg(not(target_arch = "wasm32"))]
pub fn for_each_row<S: Send>(
    output: &mut [f32],
    width: usize,
    grain: usize,
    scratch: impl Fn() -> S + Send + Sync,
    task: impl Fn(&mut S, usize, &mut [f32]) + Send + Sync,
) {
    use rayon::prelude::*;
    let rows = output.par_chunks_exact_mut(width).with_min_len(grain).enumerate();
    rows.for_each_init(scratch, |scratch, (index, row)| task(scratch, index, row));
}

/// Calls `task` for each row of `output` `[rows, width]`, with scratch memory of its thread.
#[cfg(target_arch = "wasm32")]
pub fn for_each_row<S: Send>(
    output: &mut [f32],
    width: usize,
    _grain: usize,
    scratch: impl Fn() -> S + Send + Sync,
    task: impl Fn(&mut S, usize, &mut [f32]) + Send + Sync,
) {
    let mut scratch = scratch();
    for (index, row) in output.chunks_exact_mut(width).enumerate() {
        task(&mut scratch, index, row);
    }
}
