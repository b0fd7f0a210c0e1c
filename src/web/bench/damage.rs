//! Damaged pictures across the boundary, and what is measured of the answers to them.

use serde::Deserialize;
use wasm_bindgen::prelude::*;

use super::super::Engine;
use super::super::convert::{object, thrown};
use super::{bootstrap, malformed};
use crate::image::corrupt::{Corruption, Severity, working_copy};
use crate::image::{self, Rgb8};
use crate::kernels::threads;
use crate::task::robustness::{Damaged, Robustness, Trial};

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
    let clean: Vec<Trial> = serde_json::from_str(clean).map_err(malformed)?;
    let columns: Vec<Column> = serde_json::from_str(columns).map_err(malformed)?;
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
        Ok(Self { rgb: self.damage(corruption, severity, seed, name, word).map_err(thrown)? })
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

impl DamagedPicture {
    fn damage(
        &self,
        corruption: &str,
        severity: u8,
        seed: u32,
        name: &str,
        word: &str,
    ) -> crate::Result<Rgb8> {
        let corruption = Corruption::named(corruption)?;
        let severity = Severity::new(severity)?;
        let mut random = corruption.random(seed.into(), severity, name);
        corruption.apply(&self.rgb, severity, word, &mut random)
    }
}

/// What is asked of a picture, clean and damaged.
#[derive(Deserialize)]
struct Question {
    /// Those without a name leave the picture as it is.
    damages: Vec<Damage>,
    seed: u32,
    /// Stands for the picture.
    name: String,
    /// Of the typographic attack.
    word: String,
    labels: Vec<String>,
    templates: Vec<String>,
    /// Where the true label stands.
    truth: usize,
}

#[derive(Deserialize)]
struct Damage {
    corruption: Option<String>,
    severity: u8,
}

#[wasm_bindgen]
impl Engine {
    /// The answers to a working picture under some damages, several at the same time where there are threads.
    /// The question is JSON: `{ damages: [{ corruption, severity }], seed, name, word, labels, templates, truth }`.
    pub fn trials(&mut self, picture: &DamagedPicture, question: &str) -> Result<JsValue, JsValue> {
        let question: Question = serde_json::from_str(question).map_err(malformed)?;
        let Question { damages, seed, name, word, labels, templates, truth } = question;
        let labels = self.session.label_embeddings(&labels, &templates).map_err(thrown)?;
        let session = &self.session;
        let trial = |Damage { corruption, severity }: &Damage| match corruption {
            None => session.trial(&picture.rgb, &labels, truth),
            Some(corruption) => {
                let damaged = picture.damage(corruption, *severity, seed, &name, &word)?;
                session.trial(&damaged, &labels, truth)
            }
        };
        let trials = threads::inside(|| threads::side_by_side(&damages, trial));
        object(&trials.into_iter().collect::<crate::Result<Vec<Trial>>>().map_err(thrown)?)
    }
}
