//! How every measurement begins: opens the data and the model, and embeds the pictures.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clip_wasm::kernels::threads;
use clip_wasm::research::embedding_set::{EmbeddingSet, Picture};
use clip_wasm::research::labels::Labels;
use clip_wasm::research::sample;
use clip_wasm::session::Session;
use clip_wasm::{Error, Result, image};
use serde::Serialize;

use super::in_file;
use super::saved::{self, Saved, sha256};
use super::settings::{Engine, Sample, Settings};
use crate::args::{Data, Model, Prompts, once};
use crate::dataset::{Dataset, Item};
use crate::pictures::TOGETHER;
use crate::{model, output};

/// The error for pictures without labels.
const NO_CLASSES: &str = "holds pictures without labels: expected a folder of pictures for each class, or a .csv with the \
                          columns file and label; --labels gives labels to choose from without measuring how often they \
                          are right";

/// A model and the pictures to measure it on.
pub struct Study {
    pub session: Session,
    pub settings: Settings,
    /// Where the data is.
    pub data: PathBuf,
    pub dataset: Dataset,
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
        let sample = data.limit.map(|each| draw(&mut dataset, each, data.dice.seed));
        let labels = data.labels.read()?;
        let labels = if labels.is_empty() { once(dataset.classes.clone()) } else { labels };
        if labels.is_empty() {
            return Err(Error::Dataset { path: data.data.clone(), problem: NO_CLASSES.to_owned() });
        }
        let (session, hashes) = model::hashed_session(&model.model, model.pixels())?;
        let info = session.info();
        let templates = if prompts.templates.is_empty() && !dataset.templates.is_empty() {
            dataset.templates.clone()
        } else {
            prompts.templates(&session)
        };
        let settings = Settings {
            version: info.version,
            model: info.name,
            dtype: info.dtype,
            preprocessor: info.preprocessor,
            weights_sha256: hashes.weights,
            config_sha256: hashes.config,
            embedder: hashes.embedder,
            data: output::readable(&data.data),
            identity: None,
            labels,
            templates,
            seed: data.dice.seed,
            resamples: data.dice.resamples,
            sample,
            engine: Engine {
                flavour: "native",
                threads: threads::count(),
                platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            },
        };
        Ok(Self { session, settings, data: data.data.clone(), dataset })
    }

    /// The embedding of every picture, and the pictures that have none. Saved embeddings are read.
    pub fn embed(&mut self) -> Result<(EmbeddingSet, Vec<Skipped>)> {
        let (set, skipped, _) = self.embed_all(None)?;
        Ok((set, skipped))
    }

    /// The embedding of every picture, the pictures that have none, and how many embeddings were found among `saved`
    /// and not computed again.
    pub fn embed_all(&mut self, saved: Option<&Saved>) -> Result<(EmbeddingSet, Vec<Skipped>, usize)> {
        let path = &self.data;
        let (set, skipped, resumed) = if is_saved_set(path) {
            // What a limit has drawn, of the rows that are there.
            let drawn: HashSet<&str> = self.dataset.items.iter().map(|item| item.name.as_str()).collect();
            let set = self.read_saved(path)?.only(|name| drawn.contains(name));
            let is_saved = |picture: &&Picture| {
                let known = picture.sha256.as_deref().and_then(|sha256| saved?.embedding_of(sha256));
                known.is_some()
            };
            let resumed = set.pictures().iter().filter(is_saved).count();
            (set, Vec::new(), resumed)
        } else {
            self.embed_pictures(saved)?
        };
        if set.pictures().is_empty() {
            let reason = skipped.first().map_or("", |skipped| skipped.reason.as_str());
            let problem = format!("none of its {} pictures can be read; the first: {reason}", skipped.len());
            return Err(Error::Dataset { path: path.clone(), problem });
        }
        self.settings.identity = Some(set.identity());
        Ok((set, skipped, resumed))
    }

    fn embed_pictures(&self, saved: Option<&Saved>) -> Result<(EmbeddingSet, Vec<Skipped>, usize)> {
        let mut set = EmbeddingSet::new(self.session.projection_dim());
        let (mut skipped, mut resumed) = (Vec::new(), 0);
        let bar = output::progress(self.dataset.items.len() as u64, "embedding");
        for items in self.dataset.items.chunks(TOGETHER) {
            let mut read: Vec<(&Item, Vec<u8>, String)> = Vec::with_capacity(items.len());
            for item in items {
                match item.place.read() {
                    Ok(bytes) => {
                        let sha256 = sha256(&bytes);
                        read.push((item, bytes, sha256));
                    }
                    Err(error) => skipped.push(skip(item, &error)),
                }
            }
            let known = |sha256: &str| saved.and_then(|saved| saved.embedding_of(sha256));
            let new: Vec<&[u8]> = (read.iter().filter(|(_, _, sha256)| known(sha256).is_none()))
                .map(|(_, bytes, _)| bytes.as_slice())
                .collect();
            let mut embedded = self.session.embed_images(&new).into_iter();
            for (item, _, sha256) in read {
                if let Some(embedding) = known(&sha256) {
                    set.push(picture_of(item, sha256.clone()), embedding)?;
                    resumed += 1;
                    continue;
                }
                match embedded.next() {
                    Some(Ok(embedded)) => set.push(picture_of(item, sha256), &embedded.embedding)?,
                    Some(Err(error)) => skipped.push(skip(item, &error)),
                    None => {}
                }
            }
            bar.inc(items.len() as u64);
        }
        bar.finish_and_clear();
        Ok((set, skipped, resumed))
    }

    fn read_saved(&self, path: &Path) -> Result<EmbeddingSet> {
        saved::refuse_other_config(&path.with_extension("csv"), &self.settings)?;
        let (npy, csv) = (output::read(path)?, output::read(&path.with_extension("csv"))?);
        let csv = String::from_utf8_lossy(&csv);
        let set =
            EmbeddingSet::from_files(&npy, &csv, self.session.projection_dim(), &self.settings.embedder);
        set.map_err(|error| match error {
            Error::OtherWeights { found, .. } if saved::same_weights(&found, &self.settings) => {
                saved::other_pixels(&path.with_extension("csv"))
            }
            error => in_file(path, error),
        })
    }

    /// Calls `measure` with the labels' embeddings under some templates.
    pub fn with_labels<T>(&mut self, templates: &[String], measure: impl FnOnce(&Labels) -> T) -> Result<T> {
        let names = &self.settings.labels;
        let embeddings = self.session.label_embeddings(names, templates)?;
        Ok(measure(&Labels { names, embeddings: &embeddings, logit_scale: self.session.logit_scale() }))
    }
}

/// The picture of an item, and the hash of its bytes.
pub fn read_picture(item: &Item) -> Result<(image::Rgb8, String)> {
    let bytes = item.place.read()?;
    Ok((image::decode(&bytes)?.image, sha256(&bytes)))
}

/// An item as it is kept.
fn picture_of(item: &Item, sha256: String) -> Picture {
    Picture { name: item.name.clone(), label: item.label.clone(), sha256: Some(sha256) }
}

/// An item that is left out.
pub fn skip(item: &Item, error: &Error) -> Skipped {
    Skipped { image: item.name.clone(), reason: error.to_string() }
}

/// A line for each picture that was left out.
pub fn print_skipped(skipped: &[Skipped]) -> Result<()> {
    for skipped in skipped {
        output::line(format!("skipped {}: {}", skipped.image, skipped.reason))?;
    }
    Ok(())
}

fn is_saved_set(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "npy")
}

/// The pictures; of saved embeddings, what their table says.
fn open_dataset(path: &Path) -> Result<Dataset> {
    if is_saved_set(path) { Dataset::open(&path.with_extension("csv")) } else { Dataset::open(path) }
}

/// Keeps a sample of each class, and says how it was drawn.
fn draw(dataset: &mut Dataset, each: usize, seed: u64) -> Sample {
    let named: Vec<(&str, Option<&str>)> =
        dataset.items.iter().map(|item| (item.name.as_str(), item.label.as_deref())).collect();
    let of = named.len();
    let drawn: HashSet<usize> = sample::of_each_label(&named, each, seed).into_iter().collect();
    let mut place = 0..;
    dataset.items.retain(|_| place.next().is_some_and(|place| drawn.contains(&place)));
    Sample { method: "stratified", each, of }
}
