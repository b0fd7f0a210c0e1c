//! What CLIP's metadata keys mean: clip.cpp's spellings (`clip.cpp` and its converter at 57f00e2), then our own.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::value::Value;
use crate::error::{Error, Result};
use crate::weights::config::{ClipConfig, ConfigSource, Field, Tower};
use crate::weights::record::{Measure, Record, Source};

pub(in crate::weights) type Metadata = BTreeMap<String, Value>;

const ARCHITECTURE: &str = "clip";
const TOKENIZER: &str = "tokenizer.huggingface.json";
const PREPROCESSOR: &str = "clip.preprocessor.huggingface.json";
const TOKENS: &str = "tokenizer.ggml.tokens";
const FIDELITY_PREFIX: &str = "clip.fidelity.";

/// The config of a CLIP file.
///
/// # Errors
/// `UnsupportedArchitecture` if the file holds another model or one tower only, `Config` for a missing or bad key.
pub(in crate::weights) fn config(metadata: &Metadata) -> Result<ClipConfig> {
    let source = ConfigKeys(metadata);
    let architecture = source.text("general.architecture")?;
    if architecture != ARCHITECTURE {
        return Err(unsupported(architecture.to_owned()));
    }
    for tower in ["text", "vision"] {
        if metadata.get(&format!("clip.has_{tower}_encoder")) == Some(&Value::Bool(false)) {
            return Err(unsupported(format!("clip without its {tower} tower")));
        }
    }
    let config = ClipConfig::read(&source)?;
    match metadata
        .get("clip.vision.projection_dim")
        .and_then(Value::as_u64)
    {
        Some(dim) if dim != config.projection_dim as u64 => {
            let problem = format!(
                "is {dim}, but clip.text.projection_dim is {}",
                config.projection_dim
            );
            Err(config_error("clip.vision.projection_dim", problem))
        }
        _ => Ok(config),
    }
}

/// The tokenizer's JSON and the preprocessing's, as they were in the Hugging Face checkpoint.
pub(in crate::weights) fn companions(metadata: &Metadata) -> Result<(Bytes, Bytes)> {
    let json = |key: &str| match metadata.get(key) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(config_error(key, "is no string".into())),
        None => Err(config_error(
            key,
            "is missing: the file is of another program".into(),
        )),
    };
    Ok((json(TOKENIZER)?, json(PREPROCESSOR)?))
}

/// What the file says of its origin. Nothing in it is needed.
pub(in crate::weights) fn record(metadata: &Metadata) -> Record {
    let text = |key: &str| metadata.get(key).and_then(Value::as_str).map(str::to_owned);
    let fidelity = metadata.iter().filter_map(|(key, value)| {
        let name = key.strip_prefix(FIDELITY_PREFIX)?;
        let number = value
            .as_f64()
            .filter(|number| number.is_finite())
            .map(Measure::Number);
        Some((
            name.to_owned(),
            number.or_else(|| value.as_str().map(|text| Measure::Text(text.to_owned())))?,
        ))
    });
    Record {
        name: text("general.name"),
        description: text("general.description"),
        license: text("general.license"),
        source: Source {
            repo: text("general.source.repo"),
            revision: text("general.source.revision"),
            file: text("general.source.file"),
            sha256: text("general.source.sha256"),
        },
        default_template: text("clip.default_template"),
        templates: match metadata.get("clip.templates") {
            Some(Value::Array(list)) => list.to_strings().unwrap_or_default(),
            _ => Vec::new(),
        },
        fidelity: fidelity.collect(),
    }
}

/// A file's metadata, read as a config.
struct ConfigKeys<'a>(&'a Metadata);

impl ConfigKeys<'_> {
    fn text(&self, key: &str) -> Result<&str> {
        let value = self
            .0
            .get(key)
            .ok_or_else(|| config_error(key, "is missing".into()))?;
        value
            .as_str()
            .ok_or_else(|| config_error(key, "is no string".into()))
    }
}

impl ConfigSource for ConfigKeys<'_> {
    const FILE: &'static str = "GGUF metadata";

    fn key(&self, field: Field) -> String {
        config_key(field)
    }

    fn integer(&self, field: Field) -> Result<u64> {
        let key = self.key(field);
        match (self.0.get(&key), field) {
            (Some(value), _) => value
                .as_u64()
                .ok_or_else(|| self.error(field, "is no whole number")),
            (None, Field::Channels) => Ok(3),
            // Files of clip.cpp come from configs of before the convention changed.
            (None, Field::EosTokenId) => Ok(2),
            (None, Field::VocabSize) => match self.0.get(TOKENS) {
                Some(Value::Array(tokens)) => Ok(tokens.len() as u64),
                _ => Err(self.error(field, format!("is missing, and so is {TOKENS}"))),
            },
            (None, _) => Err(self.error(field, "is missing")),
        }
    }

    fn float(&self, field: Field) -> Result<f64> {
        let value = self
            .0
            .get(&self.key(field))
            .ok_or_else(|| self.error(field, "is missing"))?;
        value
            .as_f64()
            .ok_or_else(|| self.error(field, "is no number"))
    }

    fn activation(&self, tower: Tower) -> Result<String> {
        let field = Field::Activation(tower);
        match (self.0.get(&self.key(field)), self.0.get("clip.use_gelu")) {
            (Some(value), _) => Ok(value
                .as_str()
                .ok_or_else(|| self.error(field, "is no string"))?
                .to_owned()),
            (None, Some(Value::Bool(true))) => Ok("gelu".to_owned()),
            (None, Some(Value::Bool(false))) => Ok("quick_gelu".to_owned()),
            (None, _) => Err(self.error(field, "is missing, and so is clip.use_gelu")),
        }
    }
}

fn config_key(field: Field) -> String {
    let (tower, key) = match field {
        Field::Width(tower) => (tower, "embedding_length"),
        Field::MlpWidth(tower) => (tower, "feed_forward_length"),
        Field::Layers(tower) => (tower, "block_count"),
        Field::Heads(tower) => (tower, "attention.head_count"),
        Field::LayerNormEps(tower) => (tower, "attention.layer_norm_epsilon"),
        Field::Activation(tower) => (tower, "activation"),
        Field::ImageSize => (Tower::Vision, "image_size"),
        Field::PatchSize => (Tower::Vision, "patch_size"),
        Field::Channels => (Tower::Vision, "channels"),
        Field::VocabSize => (Tower::Text, "vocab_size"),
        Field::ContextLength => (Tower::Text, "context_length"),
        Field::EosTokenId => (Tower::Text, "eos_token_id"),
        Field::ProjectionDim => (Tower::Text, "projection_dim"),
    };
    let tower = if tower == Tower::Text {
        "text"
    } else {
        "vision"
    };
    format!("clip.{tower}.{key}")
}

fn config_error(key: &str, problem: String) -> Error {
    Error::Config {
        file: ConfigKeys::FILE,
        key: key.to_owned(),
        problem,
    }
}

fn unsupported(found: String) -> Error {
    Error::UnsupportedArchitecture {
        found,
        expected: "a GGUF of clip with both towers",
    }
}
