//! The unit tests of `src/kernels` and of JPEG's inverse cosine transform, as a WebAssembly module that
//! `tests/browser/kernels.test.mjs` runs.
//!
//! `cargo test` is native: it never runs what is written for WebAssembly. This crate has the kernels' files as a module of
//! its own and nothing else of the library, so that it is compiled in seconds, and no build that is shipped knows of it. The
//! compiler hands the functions marked `#[test]` to [`runner`], in place of the standard library's harness, which expects
//! arguments and an output that browsers do not have.

#![cfg(all(test, target_arch = "wasm32"))]
#![feature(custom_test_frameworks, test)]
#![test_runner(runner)]
#![reexport_test_harness_main = "call_runner"]
#![no_main]

extern crate test;

#[path = "../../../src/kernels/mod.rs"]
pub mod kernels;

/// The one kernel that lies with the file format that it belongs to.
#[path = "../../../src/image/decode/jpeg/idct.rs"]
mod idct;

use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use test::{StaticTestFn, TestDescAndFn};

/// What [`runner`] is to do: name the test with this index, and run it if [`IS_TO_RUN`] says so.
static INDEX: AtomicUsize = AtomicUsize::new(0);
static IS_TO_RUN: AtomicUsize = AtomicUsize::new(0);
static HOOK: Once = Once::new();

unsafe extern "C" {
    /// Tells JavaScript a line of UTF-8: the name of a test, or why one failed.
    safe fn tell(start: *const u8, length: usize);
}

/// Tells the name of the test `index`, or nothing if there are not that many.
#[unsafe(no_mangle)]
pub extern "C" fn name(index: usize) {
    INDEX.store(index, Ordering::Relaxed);
    IS_TO_RUN.store(0, Ordering::Relaxed);
    call_runner();
}

/// Runs the test `index`. Where it fails it tells why, and traps.
#[unsafe(no_mangle)]
pub extern "C" fn run(index: usize) {
    HOOK.call_once(|| std::panic::set_hook(Box::new(|info| tell_line(&info.to_string()))));
    INDEX.store(index, Ordering::Relaxed);
    IS_TO_RUN.store(1, Ordering::Relaxed);
    call_runner();
}

fn tell_line(line: &str) {
    tell(line.as_ptr(), line.len());
}

fn runner(tests: &[&TestDescAndFn]) {
    let Some(test) = tests.get(INDEX.load(Ordering::Relaxed)) else { return };
    match &test.testfn {
        _ if IS_TO_RUN.load(Ordering::Relaxed) == 0 => tell_line(test.desc.name.as_slice()),
        StaticTestFn(body) => body().expect("a test that gives an error"),
        _ => panic!("only plain functions are run here"),
    }
}
