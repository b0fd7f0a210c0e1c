//! The command itself: what it prints and writes, what it does with bad input, and what it fetches from a hub that
//! misbehaves. `CLIP_WASM_FAULT_RUNS` makes the fault runs longer: so many times as many kills.

mod faults;
mod hub;
mod hubs;
mod outputs;
mod pictures;
mod preprocessor;
mod research;
mod run;
mod words;

#[path = "../support/mod.rs"]
mod support;
