//! Heatmaps for JavaScript, one pass at a time, so that the worker can be stopped between passes.

use js_sys::Float32Array;
use wasm_bindgen::prelude::*;

use super::super::js_values::{strings, thrown};
use super::{Engine, rows};
use crate::image::{self, Rgb8};
use crate::session;

/// Embeddings of a picture's parts, which give a heatmap for any label.
#[wasm_bindgen]
pub struct Saliency(session::Saliency);

#[wasm_bindgen]
impl Saliency {
    /// Cells of a heatmap along a side.
    pub fn side(&self) -> usize {
        self.0.side()
    }

    /// How many passes of the vision tower the heatmap takes.
    pub fn passes(&self) -> usize {
        self.0.passes().0
    }

    /// How many of the passes have been made.
    pub fn made(&self) -> usize {
        self.0.passes().1
    }
}

#[wasm_bindgen]
impl Engine {
    /// Begins the heatmaps of an encoded picture, by the method "occlusion" or "patches".
    pub fn saliency(&self, bytes: &[u8], method: &str) -> Result<Saliency, JsValue> {
        self.begin(&image::decode(bytes).map_err(thrown)?.image, method)
    }

    /// Begins the heatmaps of RGBA pixels, as a canvas gives them.
    pub fn saliency_of_pixels(
        &self,
        rgba: &[u8],
        width: u32,
        height: u32,
        method: &str,
    ) -> Result<Saliency, JsValue> {
        self.begin(&Rgb8::from_rgba(width as usize, height as usize, rgba).map_err(thrown)?, method)
    }

    /// Makes the next pass.
    pub fn step(&self, saliency: &mut Saliency) -> Result<(), JsValue> {
        self.session.step(&mut saliency.0).map_err(thrown)
    }

    /// A heatmap for each label, `[labels, side * side]`.
    pub fn heatmaps(
        &mut self,
        saliency: &mut Saliency,
        labels: Vec<JsValue>,
        templates: Vec<JsValue>,
    ) -> Result<Float32Array, JsValue> {
        let (labels, templates) = (strings(labels)?, strings(templates)?);
        let maps = self.session.heatmaps(&mut saliency.0, &labels, &templates);
        Ok(rows(&maps.map_err(thrown)?))
    }
}

impl Engine {
    fn begin(&self, picture: &Rgb8, method: &str) -> Result<Saliency, JsValue> {
        let method = method.parse().map_err(thrown)?;
        self.session.saliency(picture, method).map(Saliency).map_err(thrown)
    }
}
