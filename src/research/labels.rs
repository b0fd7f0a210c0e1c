//! The labels that an embedding set is measured with, and which of them each picture is assigned.

use std::collections::HashMap;

use super::embedding_set::EmbeddingSet;
use super::logits::{Logits, best};

/// Label embeddings to measure with: unit vectors, one a label.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    pub names: &'a [String],
    pub embeddings: &'a [Vec<f32>],
    /// The checkpoint's scale of cosines.
    pub logit_scale: f32,
}

/// The logits of every picture of the set.
pub fn logits(set: &EmbeddingSet, labels: &Labels) -> Logits {
    Logits::of(&set.units(), labels.embeddings, labels.logit_scale)
}

/// The best label of every picture of the set, as its place among the labels.
pub fn answers(set: &EmbeddingSet, labels: &Labels) -> Vec<usize> {
    logits(set, labels).rows().map(best).collect()
}

/// Where each picture's own label stands among `names`; `None` where it has none, or one that is not there.
pub fn truths(set: &EmbeddingSet, names: &[String]) -> Vec<Option<usize>> {
    let places: HashMap<&str, usize> =
        names.iter().enumerate().rev().map(|(index, name)| (name.as_str(), index)).collect();
    set.pictures().iter().map(|picture| places.get(picture.label.as_deref()?).copied()).collect()
}
