//! The settings that a measurement depends on, saved with its figures.

use clip_wasm::image::Backend;
use clip_wasm::research::embedding_set::identity::Identity;
use serde::Serialize;

/// Everything that the figures depend on.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    pub version: &'static str,
    pub model: String,
    pub dtype: &'static str,
    /// Whose pixels the pictures are embedded from.
    pub preprocessor: Backend,
    pub weights_sha256: String,
    /// Hash of architecture, tokenizer and preprocessing, which a folder has in files of their own.
    pub config_sha256: String,
    /// What the tables of embeddings have for the weights' hash.
    #[serde(skip)]
    pub embedder: String,
    /// Path of the data, as [`output::readable`] writes it.
    pub data: String,
    /// Identity of the pictures that were measured; `None` before they are read.
    #[serde(flatten)]
    pub identity: Option<Identity>,
    pub labels: Vec<String>,
    pub templates: Vec<String>,
    pub seed: u64,
    pub resamples: usize,
    /// How the pictures were picked, where not all of them were.
    pub sample: Option<Sample>,
    pub engine: Engine,
}

/// A sample of a data set.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    /// How the sample was drawn: a number of pictures per label, at random with the seed.
    pub method: &'static str,
    pub each: usize,
    /// Pictures of the whole data.
    pub of: usize,
}

/// What computes.
#[derive(Clone, Debug, Serialize)]
pub struct Engine {
    pub flavour: &'static str,
    pub threads: usize,
    pub platform: String,
}
