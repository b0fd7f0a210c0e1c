//! The record of a model: where its checkpoint comes from, and what is known about it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::kernels::resample::Backend;

/// What a checkpoint says about itself besides its architecture. Every field may be absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    pub name: Option<String>,
    pub description: Option<String>,
    /// An SPDX expression, or what the licence calls itself where SPDX does not know it.
    pub license: Option<String>,
    pub source: Source,
    /// The template to use where the user gives none, with `{}` for the label.
    pub default_template: Option<String>,
    /// Templates whose embeddings are averaged where an ensemble is asked for.
    pub templates: Vec<String>,
    /// The cosine at which a label is as likely right as wrong, where that was measured: what scores of each label on
    /// its own are measured from, in place of a label of nothing.
    pub neutral_cosine: Option<f32>,
    /// Whose pixels the model is run with, `pillow` or `torchvision`, where its `preprocessor_config.json` does not
    /// decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preprocessor: Option<Backend>,
    /// Measured agreement with the reference, by name: against what, on what, cosines, flips.
    pub fidelity: BTreeMap<String, Measure>,
}

impl Record {
    /// The record in a JSON file: `models/*.json`, or `record.json` beside a checkpoint.
    ///
    /// # Errors
    /// `Malformed` if it does not have the form of one.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        serde_json::from_slice(json)
            .map_err(|error| Error::Malformed { format: "model record", reason: error.to_string() })
    }
}

/// The published file that a checkpoint was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Source {
    /// `owner/name` on the hub.
    pub repo: Option<String>,
    /// A commit, never a branch.
    pub revision: Option<String>,
    pub file: Option<String>,
    /// SHA-256 of the file, in lower-case hexadecimal.
    pub sha256: Option<String>,
}

/// One entry of [`Record::fidelity`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Measure {
    Number(f64),
    Text(String),
}
