//! The boundary to JavaScript: JavaScript's types, and every failure as an `Error` with a `code`.
//!
//! There are two kinds of builds. The one with the feature `engine` is what a first answer waits for: pictures, labels
//! and models in. The one with `research` is fetched when it is first needed: the converter of published weights, and
//! what the research tabs measure of the engine's embeddings. Only numbers and pixels pass from one to the other.

#[cfg(feature = "engine")]
mod engine;
mod js_values;
#[cfg(target_feature = "atomics")]
mod pool;
#[cfg(feature = "research")]
mod research;

use wasm_bindgen::prelude::*;

/// Runs once when the module is instantiated: a panic, which only a fault of ours can cause, says where.
#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}
