//! Labels that the engine has encoded, to measure with.

use wasm_bindgen::prelude::*;

use super::super::convert::{object, strings, thrown};
use crate::error::Error;
use crate::task::evaluation::Labels;
use crate::task::robustness::Trial;

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
        let (found, expected) = (embeddings.len(), names.len());
        if names.is_empty() || !found.is_multiple_of(expected) || found == 0 {
            return Err(thrown(Error::EmbeddingCount { found, expected }));
        }
        let embeddings = embeddings.chunks_exact(found / expected).map(<[f32]>::to_vec).collect();
        Ok(Self { names, embeddings, logit_scale })
    }

    /// What the labels answer to a picture's embedding whose true label stands at `truth`.
    pub fn trial(&self, embedding: &[f32], truth: usize) -> Result<JsValue, JsValue> {
        let Labels { embeddings, logit_scale, .. } = self.labels();
        object(&Trial::of_embedding(embedding, embeddings, logit_scale, truth).map_err(thrown)?)
    }
}

impl LabelSet {
    pub(super) fn labels(&self) -> Labels<'_> {
        Labels { names: &self.names, embeddings: &self.embeddings, logit_scale: self.logit_scale }
    }
}
