//! Converts values and errors between Rust and JavaScript.

use js_sys::{JSON, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::Error;
use crate::task::zero_shot::check_embedding;

/// A failure as a JavaScript `Error` with a `code`.
pub fn thrown(error: Error) -> JsValue {
    let thrown = js_sys::Error::new(&error.to_string());
    // Setting a property of a fresh object cannot fail.
    let _ = Reflect::set(&thrown, &"code".into(), &error.code().into());
    thrown.into()
}

/// A value as a plain object. f32 survive to the bit: JSON has their shortest decimal form.
pub fn object(value: &impl Serialize) -> Result<JsValue, JsValue> {
    let text = serde_json::to_string(value)
        .map_err(|error| thrown(Error::Malformed { format: "JSON", reason: error.to_string() }))?;
    JSON::parse(&text)
}

/// The rows of `count` embeddings of `width` values, one after the other; `what` they are of, for messages.
///
/// # Errors
/// `ValueCount` for another number of values, `EmbeddingValue` for one that is NaN or infinite.
pub fn rows_of(values: &[f32], count: usize, width: usize, what: &str) -> Result<Vec<Vec<f32>>, JsValue> {
    let (found, expected) = (values.len(), count.saturating_mul(width));
    if found != expected || width == 0 {
        let what = format!("the embeddings of {count} {what}");
        return Err(thrown(Error::ValueCount { what, found, expected: expected.max(count) }));
    }
    let rows = values.chunks_exact(width);
    rows.map(|row| check_embedding(row, width).map(|()| row.to_vec()).map_err(thrown)).collect()
}

/// Strings out of an array, which may hold anything.
pub fn strings(values: Vec<JsValue>) -> Result<Vec<String>, JsValue> {
    let string = |value: JsValue| {
        let found = value.js_typeof().as_string().unwrap_or_default();
        value.as_string().ok_or_else(|| thrown(Error::NotText { found }))
    };
    values.into_iter().map(string).collect()
}
