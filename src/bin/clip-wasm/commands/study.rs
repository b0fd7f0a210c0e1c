//! What every measurement begins with: the data, a model, and the embeddings of the one by the other.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clip_wasm::session::Session;
use clip_wasm::task::evaluation::Labels;
use clip_wasm::task::kept::{Kept, Picture};
use clip_wasm::{Error, Result, image};
use serde::Serialize;

use super::in_file;
use crate::args::{Data, Model, Prompts};
use crate::dataset::{Dataset, Item};
use crate::{model, output};

/// Pictures that are read before they are embedded side by side: bounds the memory.
pub const PICTURES_TOGETHER: usize = 32;

/// A model and the pictures to measure it on.
pub struct Study {
    pub session: Session,
    pub settings: Settings,
    pub dataset: Dataset,
}

/// Everything that the figures depend on.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    pub version: &'static str,
    pub model: String,
    pub dtype: &'static str,
    pub weights_sha256: String,
    pub data: PathBuf,
    pub labels: Vec<String>,
    pub templates: Vec<String>,
    pub seed: u64,
    pub resamples: usize,
}

/// A picture that could not be read, with the reason.
#[derive(Clone, Debug, Serialize)]
pub struct Skipped {
    pub image: String,
    pub reason: String,
}

impl Study {
    /// Opens data and model; labels and templates are the user's, else the data's, else the model's.
    pub fn open(model: &Model, prompts: &Prompts, data: &Data) -> Result<Self> {
        let mut dataset = open_dataset(&data.data)?;
        if let Some(limit) = data.limit {
            keep_first(&mut dataset, limit);
        }
        let (session, weights_sha256) = model::hashed_session(&model.model)?;
        let info = session.info();
        let labels = if data.labels.is_empty() { dataset.classes.clone() } else { data.labels.clone() };
        let templates = if prompts.templates.is_empty() && !dataset.templates.is_empty() {
            dataset.templates.clone()
        } else {
            prompts.templates(&session)
        };
        let settings = Settings {
            version: info.version,
            model: info.name,
            dtype: info.dtype,
            weights_sha256,
            data: data.data.clone(),
            labels,
            templates,
            seed: data.dice.seed,
            resamples: data.dice.resamples,
        };
        Ok(Self { session, settings, dataset })
    }

    /// The embedding of every picture, and the pictures that have none. Kept embeddings are read.
    pub fn embed(&mut self) -> Result<(Kept, Vec<Skipped>)> {
        let path = &self.settings.data;
        if is_kept(path) {
            return Ok((self.read_kept(path)?, Vec::new()));
        }
        let mut kept = Kept::new(self.session.projection_dim());
        let mut skipped = Vec::new();
        let bar = output::progress(self.dataset.items.len() as u64, "embedding");
        for items in self.dataset.items.chunks(PICTURES_TOGETHER) {
            let (read, bytes): (Vec<&Item>, Vec<Vec<u8>>) = (items.iter())
                .filter_map(|item| match item.place.read() {
                    Ok(bytes) => Some((item, bytes)),
                    Err(error) => {
                        skipped.push(skip(item, &error));
                        None
                    }
                })
                .unzip();
            for (item, embedded) in read.into_iter().zip(self.session.embed_images(&bytes)) {
                match embedded {
                    Ok(embedded) => kept.push(picture_of(item), &embedded.embedding)?,
                    Err(error) => skipped.push(skip(item, &error)),
                }
            }
            bar.inc(items.len() as u64);
        }
        bar.finish_and_clear();
        if kept.pictures().is_empty() {
            let reason = skipped.first().map_or("", |skipped| skipped.reason.as_str());
            let problem = format!("none of its {} pictures can be read; the first: {reason}", skipped.len());
            return Err(Error::Dataset { path: path.clone(), problem });
        }
        Ok((kept, skipped))
    }

    fn read_kept(&self, path: &Path) -> Result<Kept> {
        let (npy, csv) = (output::read(path)?, output::read(&path.with_extension("csv"))?);
        let csv = String::from_utf8_lossy(&csv);
        let kept = Kept::from_files(&npy, &csv, self.session.projection_dim(), &self.settings.weights_sha256);
        kept.map_err(|error| in_file(path, error))
    }

    /// Calls `measure` with the labels' embeddings under some templates.
    pub fn with_labels<T>(&mut self, templates: &[String], measure: impl FnOnce(&Labels) -> T) -> Result<T> {
        self.session.with_labels(&self.settings.labels, templates, measure)
    }
}

/// The picture of an item.
pub fn read_picture(item: &Item) -> Result<image::Rgb8> {
    Ok(image::decode(&item.place.read()?)?.image)
}

/// An item as it is kept.
pub fn picture_of(item: &Item) -> Picture {
    Picture { name: item.name.clone(), label: item.label.clone() }
}

/// An item that is left out.
pub fn skip(item: &Item, error: &Error) -> Skipped {
    Skipped { image: item.name.clone(), reason: error.to_string() }
}

/// A line for each picture that was left out.
pub fn print_skipped(skipped: &[Skipped]) {
    for skipped in skipped {
        output::line(format!("skipped {}: {}", skipped.image, skipped.reason));
    }
}

fn is_kept(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "npy")
}

/// The pictures; of kept embeddings, what their table says.
fn open_dataset(path: &Path) -> Result<Dataset> {
    if is_kept(path) { Dataset::open(&path.with_extension("csv")) } else { Dataset::open(path) }
}

/// Keeps the first pictures of each class.
fn keep_first(dataset: &mut Dataset, limit: usize) {
    let mut seen: HashMap<Option<String>, usize> = HashMap::new();
    dataset.items.retain(|item| {
        let count = seen.entry(item.label.clone()).or_default();
        *count += 1;
        *count <= limit
    });
}
