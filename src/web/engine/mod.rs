//! The engine for JavaScript: loads a model, embeds pictures and labels, and scores them.

mod saliency;

use js_sys::{Float32Array, Uint8Array, Uint32Array};
use serde::Serialize;
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::*;

use super::js_values::{object, rows_of, strings, thrown};
use crate::image;
use crate::image::corrupt::working_copy;
use crate::image::{Backend, Rgb8};
use crate::kernels::matmul::autotune;
use crate::kernels::threads;
use crate::session::{self, Session, SessionLoader, prompts};
use crate::weights::hexadecimal;

/// A GGUF file on its way in.
#[wasm_bindgen]
pub struct ModelLoader {
    file: SessionLoader,
    hash: FileHash,
}

/// The SHA-256 of a file on its way in.
enum FileHash {
    /// The hash, known to a caller who makes sure that it belongs to these bytes.
    Known(String),
    Counting(Sha256),
}

#[wasm_bindgen]
impl ModelLoader {
    /// A loader for a file announced to have `expected_bytes`, or 0. Its SHA-256 is computed unless the caller
    /// knows it and checks the bytes: that would take as long as all else here.
    #[wasm_bindgen(constructor)]
    pub fn new(expected_bytes: f64, sha256: Option<String>) -> Self {
        threads::start(autotune::warm_up);
        let hash = sha256.map_or_else(|| FileHash::Counting(Sha256::new()), FileHash::Known);
        Self { file: SessionLoader::new(expected_bytes as u64), hash }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), JsValue> {
        if let FileHash::Counting(hash) = &mut self.hash {
            hash.update(chunk);
        }
        self.file.push(chunk).map_err(thrown)
    }

    /// Builds the model of the bytes so far.
    pub fn finish(self) -> Result<Engine, JsValue> {
        let session = self.file.finish().map_err(thrown)?;
        let sha256 = match self.hash {
            FileHash::Known(sha256) => sha256,
            FileHash::Counting(hash) => hexadecimal(&hash.finalize()),
        };
        Ok(Engine { own_preprocessor: session.preprocessor(), session, sha256 })
    }
}

/// A model, ready for pictures and labels.
#[wasm_bindgen]
pub struct Engine {
    session: Session,
    sha256: String,
    /// Whose pixels the model's file names.
    own_preprocessor: Backend,
}

#[wasm_bindgen]
impl Engine {
    /// Facts about the loaded model, as a plain object.
    pub fn info(&self) -> Result<JsValue, JsValue> {
        let flavour = match (cfg!(feature = "relaxed"), cfg!(target_feature = "atomics")) {
            (false, false) => "simd",
            (false, true) => "simd-threads",
            (true, false) => "relaxed",
            (true, true) => "relaxed-threads",
        };
        let info = object(&self.session.info())?;
        js_sys::Reflect::set(&info, &"flavour".into(), &flavour.into())?;
        js_sys::Reflect::set(&info, &"threads".into(), &threads::count().into())?;
        Ok(info)
    }

    /// Takes pixels as `pillow` or `torchvision` makes them from now on, whatever the model's file says. Any other
    /// name changes nothing.
    pub fn set_preprocessor(&mut self, name: &str) -> Result<(), JsValue> {
        let backend = Backend::from_name(name);
        backend.map_or(Ok(()), |backend| self.session.set_preprocessor(backend)).map_err(thrown)
    }

    /// The SHA-256 of the model file, in hexadecimal.
    pub fn sha256(&self) -> String {
        self.sha256.clone()
    }

    /// What embeddings of pictures are saved under: the model file's SHA-256, with `+` and the preprocessor behind it where
    /// that is not the file's own.
    pub fn embedder(&self) -> String {
        session::embedder(&self.sha256, self.own_preprocessor, self.session.preprocessor())
    }

    /// The embedding of an encoded picture.
    pub fn embed_image(&self, bytes: &[u8]) -> Result<ImageEmbedding, JsValue> {
        let start = now();
        let decoded = image::decode(bytes).map_err(thrown)?;
        let decode_ms = now() - start;
        let embedding = self.embed_rgb(&decoded.image)?;
        Ok(ImageEmbedding { format: Some(decoded.format), decode_ms, ..embedding })
    }

    /// The embedding of RGBA pixels, as a canvas gives them.
    pub fn embed_pixels(&self, rgba: &[u8], width: u32, height: u32) -> Result<ImageEmbedding, JsValue> {
        let picture = Rgb8::from_rgba(width as usize, height as usize, rgba).map_err(thrown)?;
        self.embed_rgb(&picture)
    }

    /// The embeddings of encoded pictures, several on each thread, which read the weights together.
    pub fn embed_images(&self, pictures: Vec<Uint8Array>) -> Result<ImageEmbeddings, JsValue> {
        let pictures: Vec<Vec<u8>> = pictures.iter().map(Uint8Array::to_vec).collect();
        Ok(ImageEmbeddings::of(threads::inside(|| self.session.embed_images(&pictures))))
    }

    /// The embeddings of RGBA pixels, as canvases give them, in the same way; each picture has its width and its height in `widths`
    /// and `heights`.
    pub fn embed_canvases(
        &self,
        pictures: Vec<Uint8Array>,
        widths: &[u32],
        heights: &[u32],
    ) -> Result<ImageEmbeddings, JsValue> {
        let sides = widths.iter().zip(heights);
        let picture = |(rgba, (width, height)): (&Uint8Array, (&u32, &u32))| {
            Rgb8::from_rgba(*width as usize, *height as usize, &rgba.to_vec())
        };
        let pictures: Vec<Rgb8> =
            pictures.iter().zip(sides).map(picture).collect::<Result<_, _>>().map_err(thrown)?;
        Ok(ImageEmbeddings::of(threads::inside(|| self.session.embed_rgbs(&pictures))))
    }

    /// The embeddings of square RGB pictures of `side` pixels, several on each thread.
    pub fn embed_squares(&self, pictures: Vec<Uint8Array>, side: usize) -> Result<ImageEmbeddings, JsValue> {
        let picture = |bytes: &Uint8Array| Rgb8::new(side, side, bytes.to_vec());
        let pictures: Vec<Rgb8> = pictures.iter().map(picture).collect::<Result<_, _>>().map_err(thrown)?;
        Ok(ImageEmbeddings::of(threads::inside(|| self.session.embed_rgbs(&pictures))))
    }

    /// How many pictures are best given at once to those that embed several: as many as the threads embed together.
    pub fn pictures_together(&self) -> usize {
        self.session.pictures_together()
    }

    /// The square of `side` pixels, cut from an encoded picture, that corruptions are applied to, RGB.
    pub fn working_copy(&self, bytes: &[u8], side: usize) -> Result<Vec<u8>, JsValue> {
        let decoded = image::decode(bytes).map_err(thrown)?;
        Ok(working_copy(&decoded.image, side).map_err(thrown)?.into_data())
    }

    /// The pixels `[3, image_size, image_size]` that the vision tower sees of an encoded picture.
    pub fn preprocess(&self, bytes: &[u8]) -> Result<Float32Array, JsValue> {
        let decoded = image::decode(bytes).map_err(thrown)?;
        let pixels = self.session.preprocess(&decoded.image).map_err(thrown)?;
        Ok(Float32Array::from(pixels.data.as_slice()))
    }

    /// Embeddings of texts as they stand, row after row `[texts, projection_dim]`, not normalised.
    pub fn embed_texts(&self, texts: Vec<JsValue>) -> Result<Float32Array, JsValue> {
        Ok(rows(&self.session.embed_texts(&strings(texts)?).map_err(thrown)?))
    }

    /// The labels whose embeddings under these templates are not known yet.
    pub fn missing_labels(
        &self,
        labels: Vec<JsValue>,
        templates: Vec<JsValue>,
    ) -> Result<Vec<String>, JsValue> {
        self.session.missing_labels(&strings(labels)?, &strings(templates)?).map_err(thrown)
    }

    /// The prompts of labels, template after template.
    pub fn prompts(&self, labels: Vec<JsValue>, templates: Vec<JsValue>) -> Result<Vec<String>, JsValue> {
        prompts(&strings(labels)?, &strings(templates)?).map_err(thrown)
    }

    /// Keeps the embeddings of labels, given those of their prompts, as projected.
    pub fn keep_labels(
        &mut self,
        labels: Vec<JsValue>,
        templates: Vec<JsValue>,
        embeddings: &[f32],
    ) -> Result<(), JsValue> {
        let (labels, templates) = (strings(labels)?, strings(templates)?);
        let prompts = labels.len() * templates.len();
        let rows = rows_of(embeddings, prompts, self.session.projection_dim(), "prompts")?;
        self.session.keep_labels(&labels, &templates, &rows).map_err(thrown)
    }

    /// The unit embeddings of labels, row after row, computed where they are not known yet.
    pub fn label_embeddings(
        &mut self,
        labels: Vec<JsValue>,
        templates: Vec<JsValue>,
    ) -> Result<Float32Array, JsValue> {
        let embeddings = self.session.label_embeddings(&strings(labels)?, &strings(templates)?);
        Ok(rows(&embeddings.map_err(thrown)?))
    }

    /// Scores labels against a picture's embedding, best first, in the mode "softmax" or "independent"; the model's
    /// own where none is given.
    pub fn classify(
        &mut self,
        embedding: &[f32],
        labels: Vec<JsValue>,
        templates: Vec<JsValue>,
        mode: Option<String>,
    ) -> Result<JsValue, JsValue> {
        let mode = match mode {
            Some(mode) => mode.parse().map_err(thrown)?,
            None => self.session.default_mode(),
        };
        let scores = self.session.classify(embedding, &strings(labels)?, &strings(templates)?, mode);
        object(&scores.map_err(thrown)?)
    }

    /// Times the implementations of the matrix product at the model's own width, and uses the fastest
    /// for each kind of weights. Returns what each implementation reached.
    pub fn try_kernels(&self) -> Result<JsValue, JsValue> {
        object(&threads::inside(|| autotune::run(self.session.width(), now)))
    }

    /// Token ids of a text, cut to the context length.
    pub fn tokenize(&self, text: &str) -> Result<Uint32Array, JsValue> {
        Ok(Uint32Array::from(self.session.tokenize(text).map_err(thrown)?.as_slice()))
    }
}

impl Engine {
    fn embed_rgb(&self, picture: &Rgb8) -> Result<ImageEmbedding, JsValue> {
        let start = now();
        let pixels = self.session.preprocess(picture).map_err(thrown)?;
        let preprocessed = now();
        let embedding = self.session.embed_pixels(pixels).map_err(thrown)?;
        Ok(ImageEmbedding {
            embedding,
            width: picture.width() as u32,
            height: picture.height() as u32,
            format: None,
            decode_ms: 0.0,
            preprocess_ms: preprocessed - start,
            encode_ms: now() - preprocessed,
        })
    }
}

/// A picture's embedding, and how long each step took.
#[wasm_bindgen]
pub struct ImageEmbedding {
    embedding: Vec<f32>,
    /// Pixels of the upright picture.
    #[wasm_bindgen(readonly)]
    pub width: u32,
    #[wasm_bindgen(readonly)]
    pub height: u32,
    format: Option<image::Format>,
    #[wasm_bindgen(readonly)]
    pub decode_ms: f64,
    #[wasm_bindgen(readonly)]
    pub preprocess_ms: f64,
    #[wasm_bindgen(readonly)]
    pub encode_ms: f64,
}

#[wasm_bindgen]
impl ImageEmbedding {
    /// The projected embedding, not normalised. `[projection_dim]`
    #[wasm_bindgen(getter)]
    pub fn embedding(&self) -> Float32Array {
        Float32Array::from(self.embedding.as_slice())
    }

    /// The file's format, or "pixels".
    #[wasm_bindgen(getter)]
    pub fn format(&self) -> String {
        self.format.map_or_else(|| "pixels".to_owned(), |format| format.to_string())
    }
}

/// The embeddings of some pictures, and those that could not be embedded.
#[wasm_bindgen]
pub struct ImageEmbeddings {
    embeddings: Vec<Vec<f32>>,
    failures: Vec<Failure>,
}

/// A picture that was not embedded.
#[derive(Serialize)]
struct Failure {
    place: usize,
    code: &'static str,
    reason: String,
}

#[wasm_bindgen]
impl ImageEmbeddings {
    /// The embeddings of the pictures that could be embedded, in their order, row after row, not normalised.
    #[wasm_bindgen(getter)]
    pub fn embeddings(&self) -> Float32Array {
        rows(&self.embeddings)
    }

    /// Index, code and reason of each picture that could not be embedded.
    #[wasm_bindgen(getter)]
    pub fn failures(&self) -> Result<JsValue, JsValue> {
        object(&self.failures)
    }
}

impl ImageEmbeddings {
    fn of(embedded: Vec<crate::Result<session::ImageEmbedding>>) -> Self {
        let (mut embeddings, mut failures) = (Vec::new(), Vec::new());
        for (place, embedded) in embedded.into_iter().enumerate() {
            match embedded {
                Ok(embedded) => embeddings.push(embedded.embedding),
                Err(error) => {
                    failures.push(Failure { place, code: error.code(), reason: error.to_string() });
                }
            }
        }
        Self { embeddings, failures }
    }
}

/// Milliseconds since some fixed moment.
fn now() -> f64 {
    let scope = js_sys::global().dyn_into::<web_sys::WorkerGlobalScope>().ok();
    scope.and_then(|scope| scope.performance()).map_or_else(js_sys::Date::now, |clock| clock.now())
}

/// Rows of equal length, one after the other.
fn rows(values: &[Vec<f32>]) -> Float32Array {
    Float32Array::from(values.concat().as_slice())
}
