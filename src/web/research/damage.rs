//! Corrupts pictures, and records what is answered to them.

use js_sys::Uint8Array;
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use super::super::js_values::{object, thrown};
use super::{bootstrap, malformed};
use crate::error::Error;
use crate::image::Rgb8;
use crate::image::corrupt::{Corruption, Severity};
use crate::kernels::threads;
use crate::research::robustness::{Damaged, Robustness, Trial};

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
    if let Some(cell) = damaged.iter().find(|cell| cell.trials.len() != clean.len()) {
        let Damaged { corruption, severity, trials, .. } = cell;
        let (found, expected) = (trials.len(), clean.len());
        return Err(thrown(Error::TrialCount { corruption, severity: *severity, found, expected }));
    }
    object(&Robustness::of(&clean, &damaged, &bootstrap(seed)))
}

/// A square picture of a robustness run, as the engine prepared it.
#[wasm_bindgen]
pub struct DamagedPicture {
    rgb: Rgb8,
}

/// A corruption to apply to a picture.
#[derive(Deserialize)]
struct Damage {
    /// `None` leaves it as it is.
    corruption: Option<String>,
    severity: u8,
}

/// Corruptions, and what their random numbers depend on.
#[derive(Deserialize)]
struct Damages {
    damages: Vec<Damage>,
    seed: u32,
    /// The picture's name, which the random numbers depend on.
    name: String,
    /// The word that the typographic attack writes.
    word: String,
}

#[wasm_bindgen]
impl DamagedPicture {
    /// A picture of its RGB samples.
    #[wasm_bindgen(constructor)]
    pub fn new(side: usize, rgb: Vec<u8>) -> Result<Self, JsValue> {
        Ok(Self { rgb: Rgb8::new(side, side, rgb).map_err(thrown)? })
    }

    /// Corrupted copies of the picture, RGB, several at the same time where there are threads. `asked` is JSON:
    /// `{ damages: [{ corruption, severity }], seed, name, word }`.
    pub fn damaged(&self, asked: &str) -> Result<Vec<Uint8Array>, JsValue> {
        let Damages { damages, seed, name, word } = serde_json::from_str(asked).map_err(malformed)?;
        let damage = |Damage { corruption, severity }: &Damage| {
            let Some(corruption) = corruption else { return Ok(self.rgb.clone()) };
            let (corruption, severity) = (Corruption::named(corruption)?, Severity::new(*severity)?);
            let mut random = corruption.random(seed.into(), severity, &name);
            corruption.apply(&self.rgb, severity, &word, &mut random)
        };
        let pictures = threads::inside(|| threads::side_by_side(&damages, damage));
        pictures.into_iter().map(|picture| Ok(Uint8Array::from(picture.map_err(thrown)?.data()))).collect()
    }
}
