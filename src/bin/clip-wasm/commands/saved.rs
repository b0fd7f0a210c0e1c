//! Embeddings saved by an earlier `--keep NAME`, from which a run resumes.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clip_wasm::research::dataset::table;
use clip_wasm::research::embedding_set::{EmbeddingSet, VERSION, identity};
use clip_wasm::{Error, Result};
use indicatif::HumanDuration;
use serde::Serialize;

use super::in_file;
use super::settings::Settings;
use crate::output;

/// What NAME.npy and NAME.csv hold.
pub struct Saved {
    path: PathBuf,
    set: EmbeddingSet,
    /// The row of each picture, by the hash of its bytes.
    rows: HashMap<String, usize>,
    when: Option<SystemTime>,
}

/// How much of a run was there before.
#[derive(Clone, Debug, Serialize)]
pub struct Resumed {
    pub from: String,
    pub images: usize,
    /// Seconds since it was saved.
    pub seconds_ago: Option<u64>,
}

impl Saved {
    /// What is kept as `name`, if anything is there: embeddings of `width` values.
    ///
    /// # Errors
    /// `Dataset` if that is of other weights or of another version, so that it would be lost; what reading finds.
    pub fn open(name: &Path, settings: &Settings, width: usize) -> Result<Option<Self>> {
        let path = name.with_added_extension("npy");
        if !path.exists() {
            return Ok(None);
        }
        let other = |what: String| {
            let problem = format!("holds {what}: use another name, or replace it with --fresh");
            Error::Dataset { path: path.clone(), problem }
        };
        let csv = output::read(&name.with_added_extension("csv"))?;
        let csv = String::from_utf8_lossy(&csv);
        let lines = table::read_csv(&csv).map_err(|error| in_file(&path, error))?;
        let weights = &settings.embedder;
        let found = |of: fn(&table::Line) -> Option<&String>| lines.first().and_then(of);
        if let Some(hash) = found(|line| line.weights.as_ref()).filter(|hash| *hash != weights) {
            if same_weights(hash, settings) {
                return Err(other_pixels(&name.with_added_extension("csv")));
            }
            return Err(other(format!("embeddings of other weights ({})", hash.get(..8).unwrap_or(hash))));
        }
        if found(|line| line.version.as_ref()).is_none_or(|version| version != VERSION) {
            let version = found(|line| line.version.as_ref()).map_or("an unknown version", String::as_str);
            return Err(other(format!("embeddings made by {version}, not by {VERSION}")));
        }
        refuse_other_config(&name.with_added_extension("csv"), settings)?;
        let npy = output::read(&path)?;
        let set =
            EmbeddingSet::from_files(&npy, &csv, width, weights).map_err(|error| in_file(&path, error))?;
        let hash = |(row, picture): (usize, &clip_wasm::research::embedding_set::Picture)| {
            Some((picture.sha256.clone()?, row))
        };
        let rows = set.pictures().iter().enumerate().filter_map(hash).collect();
        let when = path.metadata().and_then(|metadata| metadata.modified()).ok();
        Ok(Some(Self { path, set, rows, when }))
    }

    /// The embedding of a picture with these bytes.
    pub fn embedding_of(&self, sha256: &str) -> Option<&[f32]> {
        self.rows.get(sha256).map(|row| self.set.row(*row))
    }

    /// Writes the embeddings of `set`, and those of other pictures that were there before.
    ///
    /// # Errors
    /// As [`keep`].
    pub fn keep_with(&self, name: &Path, set: &EmbeddingSet, settings: &Settings) -> Result<()> {
        let mut whole = set.clone();
        let measured: HashSet<&str> = set.pictures().iter().map(|picture| picture.name.as_str()).collect();
        for (row, picture) in self.set.pictures().iter().enumerate() {
            if !measured.contains(picture.name.as_str()) {
                whole.push(picture.clone(), self.set.row(row))?;
            }
        }
        let settings = Settings { identity: Some(whole.identity()), sample: None, ..settings.clone() };
        keep(name, &whole, &settings)
    }

    /// Tells how many of `all` pictures were there before.
    ///
    /// # Errors
    /// `Dataset` if none was: the saved embeddings are of other pictures, and would be lost.
    pub fn resumed(&self, images: usize, all: usize) -> Result<Resumed> {
        if images == 0 {
            let count = self.set.pictures().len();
            let problem = format!(
                "holds embeddings of {count} other pictures, none of which is in this data: keep these under another \
                 name, or replace it with --fresh"
            );
            return Err(Error::Dataset { path: self.path.clone(), problem });
        }
        let ago = self.when.and_then(|when| when.elapsed().ok());
        let when = ago.map_or(String::new(), |ago| format!(", saved {} ago", HumanDuration(ago)));
        output::note(format!(
            "resumed {images} of {all} pictures from {}{when}; --fresh embeds them again",
            self.path.display()
        ));
        Ok(Resumed { from: output::readable(&self.path), images, seconds_ago: ago.map(|ago| ago.as_secs()) })
    }
}

/// Writes NAME.npy, NAME.csv, and beside them what made them.
pub fn keep(name: &Path, set: &EmbeddingSet, settings: &Settings) -> Result<()> {
    output::write(&name.with_added_extension("npy"), &set.to_npy())?;
    let table = name.with_added_extension("csv");
    output::write(&table, set.to_csv(&settings.embedder)?.as_bytes())?;
    describe(&table, settings)
}

/// Refuses embeddings that the same weights made with another architecture, tokenizer or preprocessing, as far as what
/// lies beside their `table` says it: that of the page does not, and has all of it in the weights' hash.
///
/// # Errors
/// `Dataset`.
pub fn refuse_other_config(table: &Path, settings: &Settings) -> Result<()> {
    let described = std::fs::read(metadata_of(table)).unwrap_or_default();
    let described: serde_json::Value = serde_json::from_slice(&described).unwrap_or_default();
    match described["config_sha256"].as_str() {
        Some(other) if other != settings.config_sha256 => {
            Err(made_otherwise(table, "another config, tokenizer or preprocessing"))
        }
        _ => Ok(()),
    }
}

/// Whether `embedder` of a table names the weights of `settings`, be it with other pixels.
pub fn same_weights(embedder: &str, settings: &Settings) -> bool {
    embedder.split('+').next() == Some(&settings.weights_sha256)
}

/// The error for embeddings that the same weights made of other pixels.
pub fn other_pixels(table: &Path) -> Error {
    made_otherwise(table, "another preprocessing (pillow's pixels or torchvision's: --preprocessor)")
}

fn made_otherwise(table: &Path, what: &str) -> Error {
    let problem = format!(
        "holds embeddings that these weights made with {what}: embed the pictures again (--keep with --fresh, or \
         another name)"
    );
    Error::Dataset { path: table.to_owned(), problem }
}

/// Writes what made a table into a file beside it, named as CSV on the Web names a table's metadata.
pub fn describe(table: &Path, settings: &Settings) -> Result<()> {
    let text = serde_json::to_string_pretty(settings)
        .map_err(|error| Error::Malformed { format: "JSON", reason: error.to_string() })?;
    output::write(&metadata_of(table), format!("{text}\n").as_bytes())
}

fn metadata_of(table: &Path) -> PathBuf {
    let mut path = table.as_os_str().to_owned();
    path.push("-metadata.json");
    path.into()
}

/// The hash of a picture's bytes.
pub fn sha256(bytes: &[u8]) -> String {
    identity::sha256(bytes)
}
