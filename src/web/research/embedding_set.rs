//! The embeddings of a data set, and the measurements that take one step.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use super::super::js_values::{object, strings, thrown};
use super::labels::LabelSet;
use super::{bootstrap, malformed};
use crate::error::Error;
use crate::research::association::Association;
use crate::research::comparison::{Answer, Paired, Unpaired};
use crate::research::dataset::table;
use crate::research::embedding_set::{self, Picture};
use crate::research::evaluation;
use crate::research::pca::Map;
use crate::research::relabelling::{LabelSets, namings};

/// The embeddings of a data set, with each picture's name, label and hash.
#[wasm_bindgen]
pub struct EmbeddingSet {
    pub(super) set: embedding_set::EmbeddingSet,
}

#[wasm_bindgen]
impl EmbeddingSet {
    /// An empty set for embeddings of `width` values.
    #[wasm_bindgen(constructor)]
    pub fn new(width: usize) -> Self {
        Self { set: embedding_set::EmbeddingSet::new(width) }
    }

    /// Reserves memory for this many pictures.
    pub fn expect(&mut self, pictures: usize) {
        self.set.expect(pictures);
    }

    /// Adds the embeddings of saved files; `weights` is the hash of the weights that are loaded now.
    pub fn append(&mut self, npy: &[u8], csv: &str, weights: &str) -> Result<(), JsValue> {
        let more = embedding_set::EmbeddingSet::from_files(npy, csv, self.set.width(), weights);
        more.and_then(|more| self.set.append(more)).map_err(thrown)
    }

    /// Keeps pictures with the hashes of their bytes and their embeddings, row after row, as projected. An empty label
    /// or hash is none.
    pub fn add(
        &mut self,
        names: Vec<JsValue>,
        labels: Vec<JsValue>,
        hashes: Vec<JsValue>,
        embeddings: &[f32],
    ) -> Result<(), JsValue> {
        let pictures = pictures(names, labels, hashes)?;
        let (found, expected) = (embeddings.len(), pictures.len() * self.set.width());
        if found != expected {
            let what = format!("the embeddings of {} pictures", pictures.len());
            return Err(thrown(Error::ValueCount { what, found, expected }));
        }
        if let Some(index) = embeddings.iter().position(|value| !value.is_finite()) {
            let name = pictures.into_iter().nth(index / self.set.width().max(1)).unwrap_or_default().name;
            let reason = format!("the embedding of {name} holds a value that is not finite");
            return Err(thrown(Error::Malformed { format: "saved embeddings", reason }));
        }
        let rows = embeddings.chunks_exact(self.set.width().max(1));
        pictures
            .into_iter()
            .zip(rows)
            .try_for_each(|(picture, row)| self.set.push(picture, row))
            .map_err(thrown)
    }

    /// Puts the pictures into the order of `names`.
    pub fn arrange(&mut self, names: Vec<JsValue>) -> Result<bool, JsValue> {
        Ok(self.set.arrange(&strings(names)?))
    }

    /// The identity of these pictures: hashes, and how many they are.
    pub fn identity(&self) -> Result<JsValue, JsValue> {
        object(&self.set.identity())
    }

    /// The number of pictures in the set.
    pub fn count(&self) -> usize {
        self.set.pictures().len()
    }

    /// The pictures' names, in the order of the set.
    pub fn names(&self) -> Vec<String> {
        self.set.pictures().iter().map(|picture| picture.name.clone()).collect()
    }

    /// The embeddings as a .npy file.
    pub fn npy(&self) -> Uint8Array {
        Uint8Array::from(self.set.to_npy().as_slice())
    }

    /// The table that belongs to it.
    pub fn csv(&self, weights: &str) -> Result<String, JsValue> {
        self.set.to_csv(weights).map_err(thrown)
    }

    /// Where each picture lies along the first two principal components, and what they explain.
    pub fn map(&self) -> Result<JsValue, JsValue> {
        object(&Map::of(&self.set))
    }

    /// Everything that is measured of the set with these labels, except for single templates.
    pub fn evaluate(&self, labels: &LabelSet, seed: u32) -> Result<Evaluation, JsValue> {
        let labels = labels.labels(self.set.width())?;
        Ok(Evaluation(evaluation::Evaluation::of(&self.set, &labels, &bootstrap(seed))))
    }

    /// The class at `class` of the labels under its own name and under each of `others`.
    pub fn namings(&self, labels: &LabelSet, class: usize, others: &LabelSet) -> Result<JsValue, JsValue> {
        let width = self.set.width();
        let labels = labels.labels(width)?;
        if class >= labels.names.len() {
            return Err(thrown(Error::NoLabels));
        }
        object(&namings(&self.set, &labels, class, &others.labels(width)?))
    }

    /// What another set of labels changes: the `label_sets` of `clip-wasm bias`.
    pub fn label_sets(&self, labels: &LabelSet, others: &LabelSet) -> Result<JsValue, JsValue> {
        let width = self.set.width();
        object(&LabelSets::of(&self.set, &labels.labels(width)?, &others.labels(width)?))
    }

    /// Whether the group `first` lies nearer to the texts `near` than to `far`, beside the group `second`: the
    /// `association` of `clip-wasm bias`; nothing where a group has no picture.
    pub fn association(
        &self,
        first: &str,
        second: &str,
        near: &LabelSet,
        far: &LabelSet,
        seed: u32,
    ) -> Result<JsValue, JsValue> {
        let width = self.set.width();
        let attributes = [near.labels(width)?.embeddings, far.labels(width)?.embeddings];
        object(&Association::of(&self.set, [first, second], attributes, &bootstrap(seed)))
    }

    /// A copy of the set with the groups of a table as labels.
    pub fn regrouped(&self, text: &str, is_json: bool) -> Result<Self, JsValue> {
        let groups: std::collections::HashMap<String, Option<String>> =
            lines(text, is_json)?.into_iter().map(|line| (line.file, line.label)).collect();
        Ok(Self { set: self.set.relabelled(|name| groups.get(name).cloned().flatten()) })
    }
}

/// What was measured of an embedding set.
#[wasm_bindgen]
pub struct Evaluation(evaluation::Evaluation);

#[wasm_bindgen]
impl Evaluation {
    /// Measures a template by itself; `labels` are the same labels' embeddings under it.
    pub fn add_template(
        &mut self,
        template: &str,
        embeddings: &EmbeddingSet,
        labels: &LabelSet,
    ) -> Result<(), JsValue> {
        self.0.add_template(template, &embeddings.set, &labels.labels(embeddings.set.width())?);
        Ok(())
    }

    /// The JSON of `clip-wasm eval`.
    pub fn object(&self) -> Result<JsValue, JsValue> {
        object(&self.0)
    }
}

/// Pictures, made of as many names, labels and hashes; an empty label or hash is none.
pub(super) fn pictures(
    names: Vec<JsValue>,
    labels: Vec<JsValue>,
    hashes: Vec<JsValue>,
) -> Result<Vec<Picture>, JsValue> {
    let [names, labels, hashes] = [strings(names)?, strings(labels)?, strings(hashes)?];
    let expected = names.len();
    if let Some(found) = [labels.len(), hashes.len()].into_iter().find(|found| *found != expected) {
        return Err(thrown(Error::EmbeddingCount { found, expected }));
    }
    let filled = |text: String| (!text.is_empty()).then_some(text);
    let picture = |((name, label), sha256)| Picture { name, label: filled(label), sha256: filled(sha256) };
    Ok(names.into_iter().zip(labels).zip(hashes).map(picture).collect())
}

fn lines(text: &str, is_json: bool) -> Result<Vec<table::Line>, JsValue> {
    if is_json { table::read_json(text) } else { table::read_csv(text) }.map_err(thrown)
}

/// Reads a table of files and labels: pairs, one after the other, an empty label for none.
#[wasm_bindgen]
pub fn read_table(text: &str, is_json: bool) -> Result<Vec<String>, JsValue> {
    Ok(lines(text, is_json)?
        .into_iter()
        .flat_map(|line| [line.file, line.label.unwrap_or_default()])
        .collect())
}

/// Rows of text as CSV.
#[wasm_bindgen]
pub fn write_table(cells: Vec<JsValue>, columns: usize) -> Result<String, JsValue> {
    let cells = strings(cells)?;
    let rows = cells.chunks(columns.max(1)).map(|row| row.iter().map(String::as_str).collect::<Vec<_>>());
    table::write_csv(rows).map_err(thrown)
}

/// Compares the predictions of two evaluations of the same pictures, as JSON.
#[wasm_bindgen]
pub fn compare(first: &str, second: &str, seed: u32) -> Result<JsValue, JsValue> {
    object(&Paired::of(&answers(first)?, &answers(second)?, &bootstrap(seed)))
}

/// Compares two evaluations of different pictures by their accuracies alone, as JSON.
#[wasm_bindgen]
pub fn compare_unpaired(first: &str, second: &str) -> Result<JsValue, JsValue> {
    object(&Unpaired::of(&answers(first)?, &answers(second)?))
}

fn answers(predictions: &str) -> Result<Vec<Answer>, JsValue> {
    serde_json::from_str(predictions).map_err(malformed)
}
