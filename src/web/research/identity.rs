//! The identity of the measured pictures, and samples of them.

use wasm_bindgen::prelude::*;

use super::super::js_values::object;
use super::embedding_set::pictures;
use crate::research::embedding_set::identity::{self, Identified, Identity};
use crate::research::sample;

/// The SHA-256 of some bytes, in hexadecimal.
#[wasm_bindgen]
pub fn sha256(bytes: &[u8]) -> String {
    identity::sha256(bytes)
}

/// The identity of pictures, given their names, labels and the hashes of their bytes. An empty label is none.
#[wasm_bindgen]
pub fn identity_of(
    names: Vec<JsValue>,
    labels: Vec<JsValue>,
    hashes: Vec<JsValue>,
) -> Result<JsValue, JsValue> {
    let pictures = pictures(names, labels, hashes)?;
    let identified: Vec<Identified> = (pictures.iter())
        .map(|picture| Identified {
            name: &picture.name,
            label: picture.label.as_deref(),
            sha256: picture.sha256.as_deref().unwrap_or_default(),
        })
        .collect();
    object(&Identity::of(&identified))
}

/// The places of up to `each` pictures of every label, drawn by the seed: those of `--limit` of the command line.
#[wasm_bindgen]
pub fn sample_of_each_label(
    names: Vec<JsValue>,
    labels: Vec<JsValue>,
    each: usize,
    seed: u32,
) -> Result<Vec<usize>, JsValue> {
    let none = names.iter().map(|_| JsValue::from_str("")).collect();
    let pictures = pictures(names, labels, none)?;
    let named: Vec<(&str, Option<&str>)> =
        pictures.iter().map(|picture| (picture.name.as_str(), picture.label.as_deref())).collect();
    Ok(sample::of_each_label(&named, each, seed.into()))
}
