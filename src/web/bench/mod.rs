//! The research bench across the boundary: embeddings that are kept, what is measured of them, and damaged
//! pictures. The numbers are those of the command line, from the same functions.

mod damage;
mod runs;

use js_sys::Uint8Array;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::Engine;
use super::convert::{object, strings, thrown};
use crate::error::Error;
use crate::kernels::threads;
use crate::task::comparison::{Answer, Paired};
use crate::task::evaluation::{Evaluation, Labels};
use crate::task::kept::{Kept, Picture, table};
use crate::task::pca::Map;
use crate::task::statistics::Bootstrap;
use crate::task::words::{LabelSets, namings};

/// Kept embeddings.
#[wasm_bindgen]
pub struct Bench {
    kept: Kept,
}

#[wasm_bindgen]
impl Bench {
    /// Nothing yet, for embeddings of `width` values.
    #[wasm_bindgen(constructor)]
    pub fn new(width: usize) -> Self {
        Self { kept: Kept::new(width) }
    }

    /// Keeps what files hold as well, with the hash of the weights that are loaded now.
    pub fn append(&mut self, npy: &[u8], csv: &str, weights: &str) -> Result<(), JsValue> {
        let more = Kept::from_files(npy, csv, self.kept.width(), weights);
        more.and_then(|more| self.kept.append(more)).map_err(thrown)
    }

    /// Pictures that are kept.
    pub fn count(&self) -> usize {
        self.kept.pictures().len()
    }

    /// The pictures' names, in the order they were kept.
    pub fn names(&self) -> Vec<String> {
        self.kept.pictures().iter().map(|picture| picture.name.clone()).collect()
    }

    /// The embeddings from place `first` on as a .npy file.
    pub fn npy(&self, first: usize) -> Uint8Array {
        Uint8Array::from(self.kept.since(first).to_npy().as_slice())
    }

    /// The table that belongs to it.
    pub fn csv(&self, first: usize, weights: &str) -> Result<String, JsValue> {
        self.kept.since(first).to_csv(weights).map_err(thrown)
    }

    /// Where each picture lies along the first two principal components, and what they explain.
    pub fn map(&self) -> Result<JsValue, JsValue> {
        object(&Map::of(&self.kept))
    }

    /// The same embeddings with the groups of a table as their labels.
    pub fn regrouped(&self, text: &str, is_json: bool) -> Result<Self, JsValue> {
        let groups: std::collections::HashMap<String, Option<String>> =
            lines(text, is_json)?.into_iter().map(|line| (line.file, line.label)).collect();
        Ok(Self { kept: self.kept.relabelled(|name| groups.get(name).cloned().flatten()) })
    }
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

/// Compares the predictions of two evaluations, as JSON.
#[wasm_bindgen]
pub fn compare(first: &str, second: &str, seed: u32) -> Result<JsValue, JsValue> {
    let read = |text: &str| serde_json::from_str::<Vec<Answer>>(text).map_err(malformed);
    object(&Paired::of(&read(first)?, &read(second)?, &bootstrap(seed)))
}

#[wasm_bindgen]
impl Engine {
    /// Everything that is measured of kept embeddings: the JSON of `clip-wasm eval`.
    pub fn evaluate(
        &mut self,
        bench: &Bench,
        labels: Vec<JsValue>,
        templates: Vec<JsValue>,
        seed: u32,
    ) -> Result<JsValue, JsValue> {
        let (labels, templates) = (strings(labels)?, strings(templates)?);
        let measure = |asked: &Labels| Evaluation::of(&bench.kept, asked, &bootstrap(seed));
        let mut evaluation = self.session.with_labels(&labels, &templates, measure).map_err(thrown)?;
        for template in templates.iter().filter(|_| templates.len() > 1) {
            let add = |asked: &Labels| evaluation.add_template(template, &bench.kept, asked);
            self.session.with_labels(&labels, std::slice::from_ref(template), add).map_err(thrown)?;
        }
        object(&evaluation)
    }

    /// The class at `class` under its own name and under each of `others`.
    pub fn namings(
        &mut self,
        bench: &Bench,
        labels: Vec<JsValue>,
        templates: Vec<JsValue>,
        class: usize,
        others: Vec<JsValue>,
    ) -> Result<JsValue, JsValue> {
        let (labels, others) = (strings(labels)?, strings(others)?);
        if class >= labels.len() {
            return Err(thrown(Error::NoLabels));
        }
        self.with_both(labels, others, templates, |labels, others| {
            namings(&bench.kept, labels, class, others)
        })
    }

    /// What another set of labels changes: the `label_sets` of `clip-wasm bias`.
    pub fn label_sets(
        &mut self,
        bench: &Bench,
        labels: Vec<JsValue>,
        templates: Vec<JsValue>,
        others: Vec<JsValue>,
    ) -> Result<JsValue, JsValue> {
        let (labels, others) = (strings(labels)?, strings(others)?);
        self.with_both(labels, others, templates, |labels, others| LabelSets::of(&bench.kept, labels, others))
    }

    /// Embeds encoded pictures, several at the same time where there are threads, and keeps them. A list of those
    /// that cannot be: place, code and reason. An empty label is none.
    pub fn embed_into(
        &self,
        bench: &mut Bench,
        names: Vec<JsValue>,
        labels: Vec<JsValue>,
        pictures: Vec<Uint8Array>,
    ) -> Result<JsValue, JsValue> {
        let (names, labels) = (strings(names)?, strings(labels)?);
        let pictures: Vec<Vec<u8>> = pictures.iter().map(Uint8Array::to_vec).collect();
        let embedded = threads::inside(|| self.session.embed_images(&pictures));
        let mut failures = Vec::new();
        for (place, ((name, label), embedded)) in names.into_iter().zip(labels).zip(embedded).enumerate() {
            let label = (!label.is_empty()).then_some(label);
            match embedded {
                Ok(embedded) => {
                    bench.kept.push(Picture { name, label }, &embedded.embedding).map_err(thrown)?;
                }
                Err(error) => {
                    failures.push(Failure { place, code: error.code(), reason: error.to_string() });
                }
            }
        }
        object(&failures)
    }
}

/// A picture that was not embedded.
#[derive(Serialize)]
struct Failure {
    place: usize,
    code: &'static str,
    reason: String,
}

impl Engine {
    fn with_both<T: Serialize>(
        &mut self,
        labels: Vec<String>,
        others: Vec<String>,
        templates: Vec<JsValue>,
        measure: impl FnOnce(&Labels, &Labels) -> T,
    ) -> Result<JsValue, JsValue> {
        let templates = strings(templates)?;
        let embeddings = self.session.label_embeddings(&others, &templates).map_err(thrown)?;
        let others =
            Labels { names: &others, embeddings: &embeddings, logit_scale: self.session.logit_scale() };
        let measured = self.session.with_labels(&labels, &templates, |labels| measure(labels, &others));
        object(&measured.map_err(thrown)?)
    }
}

fn malformed(error: serde_json::Error) -> JsValue {
    thrown(Error::Malformed { format: "JSON", reason: error.to_string() })
}

fn bootstrap(seed: u32) -> Bootstrap {
    Bootstrap { seed: seed.into(), ..Bootstrap::default() }
}
