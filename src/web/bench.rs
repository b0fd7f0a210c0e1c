//! The research bench across the boundary: embeddings that are kept, what is measured of them, and damaged
//! pictures. The numbers are those of the command line, from the same functions.

use js_sys::Uint8Array;
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use super::Engine;
use super::convert::{object, strings, thrown};
use crate::error::Error;
use crate::image::corrupt::{Corruption, Severity, working_copy};
use crate::image::{self, Rgb8};
use crate::task::bias::Bias;
use crate::task::comparison::{Answer, Paired};
use crate::task::evaluation::{Evaluation, Labels};
use crate::task::kept::{Kept, Picture, table};
use crate::task::logits::Logits;
use crate::task::pca::principal_components;
use crate::task::robustness::{Damaged, Robustness, Trial};
use crate::task::statistics::Bootstrap;
use crate::task::zero_shot::unit;

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

    /// Embeddings that were kept before, with the hash of the weights that are loaded now.
    pub fn from_files(npy: &[u8], csv: &str, width: usize, weights: &str) -> Result<Self, JsValue> {
        Ok(Self { kept: Kept::from_files(npy, csv, width, weights).map_err(thrown)? })
    }

    /// Keeps one more.
    pub fn push(&mut self, name: String, label: Option<String>, embedding: &[f32]) -> Result<(), JsValue> {
        self.kept.push(Picture { name, label }, embedding).map_err(thrown)
    }

    /// Pictures that are kept.
    pub fn count(&self) -> usize {
        self.kept.pictures().len()
    }

    /// The labels that the pictures have, each once, sorted.
    pub fn classes(&self) -> Vec<String> {
        self.kept.classes()
    }

    /// The embeddings as a .npy file.
    pub fn npy(&self) -> Uint8Array {
        Uint8Array::from(self.kept.to_npy().as_slice())
    }

    /// The table that belongs to it.
    pub fn csv(&self, weights: &str) -> Result<String, JsValue> {
        self.kept.to_csv(weights).map_err(thrown)
    }

    /// Where each picture lies along the first two principal components, and what they explain.
    pub fn map(&self) -> Result<JsValue, JsValue> {
        let units = self.kept.units();
        let rows: Vec<&[f32]> = units.iter().map(Vec::as_slice).collect();
        object(&principal_components(&rows, 2))
    }
}

/// Reads a table of files and labels: pairs, one after the other, an empty label for none.
#[wasm_bindgen]
pub fn read_table(text: &str, is_json: bool) -> Result<Vec<String>, JsValue> {
    let lines = if is_json { table::read_json(text) } else { table::read_csv(text) }.map_err(thrown)?;
    Ok(lines.into_iter().flat_map(|line| [line.file, line.label.unwrap_or_default()]).collect())
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
    let read = |text: &str| {
        serde_json::from_str::<Vec<Answer>>(text)
            .map_err(|error| thrown(Error::Malformed { format: "JSON", reason: error.to_string() }))
    };
    object(&Paired::of(&read(first)?, &read(second)?, &bootstrap(seed)))
}

/// Every corruption: its name and its family, one after the other.
#[wasm_bindgen]
pub fn corruptions() -> Vec<String> {
    Corruption::all().flat_map(|one| [one.name().to_owned(), one.family().name().to_owned()]).collect()
}

/// A cell of a robustness run on its way back in.
#[derive(Deserialize)]
struct Column {
    corruption: String,
    severity: u8,
    trials: Vec<Trial>,
}

/// Measures a robustness run: the clean trials, and a list of `{ corruption, severity, trials }`, as JSON.
#[wasm_bindgen]
pub fn robustness(clean: &str, columns: &str, seed: u32) -> Result<JsValue, JsValue> {
    let wrong =
        |error: serde_json::Error| thrown(Error::Malformed { format: "JSON", reason: error.to_string() });
    let clean: Vec<Trial> = serde_json::from_str(clean).map_err(wrong)?;
    let columns: Vec<Column> = serde_json::from_str(columns).map_err(wrong)?;
    let damaged = |column: Column| {
        let corruption = Corruption::named(&column.corruption)?;
        let (corruption, family) = (corruption.name(), corruption.family().name());
        Ok(Damaged { corruption, family, severity: column.severity, trials: column.trials })
    };
    let damaged = columns.into_iter().map(damaged).collect::<crate::Result<Vec<_>>>().map_err(thrown)?;
    object(&Robustness::of(&clean, &damaged, &bootstrap(seed)))
}

/// A picture of a robustness run, damaged in one way.
#[wasm_bindgen]
pub struct DamagedPicture {
    rgb: Rgb8,
}

#[wasm_bindgen]
impl DamagedPicture {
    /// The working copy of an encoded picture.
    pub fn working(bytes: &[u8], side: usize) -> Result<Self, JsValue> {
        let decoded = image::decode(bytes).map_err(thrown)?;
        Ok(Self { rgb: working_copy(&decoded.image, side).map_err(thrown)? })
    }

    /// A damaged copy of this; `name` stands for the picture.
    pub fn damaged(
        &self,
        corruption: &str,
        severity: u8,
        seed: u32,
        name: &str,
        word: &str,
    ) -> Result<Self, JsValue> {
        let corruption = Corruption::named(corruption).map_err(thrown)?;
        let severity = Severity::new(severity).map_err(thrown)?;
        let mut random = corruption.random(seed.into(), severity, name);
        Ok(Self { rgb: corruption.apply(&self.rgb, severity, word, &mut random).map_err(thrown)? })
    }

    /// Pixels in a row.
    pub fn side(&self) -> usize {
        self.rgb.width()
    }

    /// RGBA, as a canvas takes it.
    pub fn rgba(&self) -> Vec<u8> {
        self.rgb.data().as_chunks().0.iter().flat_map(|&[red, green, blue]| [red, green, blue, 255]).collect()
    }
}

#[wasm_bindgen]
impl Engine {
    /// The answer to a working or damaged picture whose true label stands at `truth`.
    pub fn trial(
        &mut self,
        picture: &DamagedPicture,
        labels: Vec<JsValue>,
        templates: Vec<JsValue>,
        truth: usize,
    ) -> Result<JsValue, JsValue> {
        let (labels, templates) = (strings(labels)?, strings(templates)?);
        if truth >= labels.len() {
            return Err(thrown(Error::NoLabels));
        }
        let embedding = unit(&self.session.embed_rgb(&picture.rgb).map_err(thrown)?.embedding);
        let embeddings = self.session.label_embeddings(&labels, &templates).map_err(thrown)?;
        let logits = Logits::of(&[embedding], &embeddings, self.session.logit_scale());
        object(&logits.rows().next().map(|row| Trial::of(row, truth)))
    }

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

    /// Compares the groups that the kept pictures' labels name: the JSON of `clip-wasm bias`.
    pub fn bias(
        &mut self,
        bench: &Bench,
        labels: Vec<JsValue>,
        templates: Vec<JsValue>,
        seed: u32,
    ) -> Result<JsValue, JsValue> {
        let (labels, templates) = (strings(labels)?, strings(templates)?);
        let measure = |asked: &Labels| Bias::of_kept(&bench.kept, asked, &bootstrap(seed));
        object(&self.session.with_labels(&labels, &templates, measure).map_err(thrown)?)
    }
}

fn bootstrap(seed: u32) -> Bootstrap {
    Bootstrap { seed: seed.into(), ..Bootstrap::default() }
}
