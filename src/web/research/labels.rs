//! Labels with their embeddings from the engine, used by the measurements.

use wasm_bindgen::prelude::*;

use super::super::js_values::{object, rows_of, strings, thrown};
use crate::error::Error;
use crate::research::labels::Labels;
use crate::research::robustness::Trial;
use crate::task::zero_shot::check_embedding;

/// Labels and their unit embeddings.
#[wasm_bindgen]
pub struct LabelSet {
    names: Vec<String>,
    embeddings: Vec<Vec<f32>>,
    logit_scale: f32,
}

#[wasm_bindgen]
impl LabelSet {
    /// Labels with the embeddings that the engine has of them, row after row, and the scale of its cosines.
    #[wasm_bindgen(constructor)]
    pub fn new(names: Vec<JsValue>, embeddings: &[f32], logit_scale: f32) -> Result<Self, JsValue> {
        let names = strings(names)?;
        if names.is_empty() {
            return Err(thrown(Error::NoLabels));
        }
        let embeddings = rows_of(embeddings, names.len(), embeddings.len() / names.len(), "labels")?;
        if !logit_scale.is_finite() {
            return Err(thrown(Error::NotFinite { what: "the logit scale", value: logit_scale }));
        }
        Ok(Self { names, embeddings, logit_scale })
    }

    /// The answer to a picture's embedding whose true label is `names[truth]`.
    pub fn trial(&self, embedding: &[f32], truth: usize) -> Result<JsValue, JsValue> {
        check_embedding(embedding, self.embeddings[0].len()).map_err(thrown)?;
        let trial = Trial::of_embedding(embedding, &self.embeddings, self.logit_scale, truth);
        object(&trial.map_err(thrown)?)
    }
}

impl LabelSet {
    /// The labels, to measure embeddings of `width` values with.
    ///
    /// # Errors
    /// `EmbeddingLength` if theirs are of another model.
    pub(super) fn labels(&self, width: usize) -> Result<Labels<'_>, JsValue> {
        let found = self.embeddings[0].len();
        if found != width {
            return Err(thrown(Error::EmbeddingLength { found, expected: width }));
        }
        Ok(Labels { names: &self.names, embeddings: &self.embeddings, logit_scale: self.logit_scale })
    }
}
