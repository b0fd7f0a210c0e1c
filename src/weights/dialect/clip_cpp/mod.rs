//! What the metadata keys mean: clip.cpp's spellings (`clip.cpp` and its converter at 57f00e2), then our own.
//!
//! A SigLIP is a file of the architecture `clip` whose `clip.family` says so; it has no list of tokens, which serves
//! clip.cpp alone, and no end token's id.

mod preprocessing;

use crate::error::{Error, Result};
use crate::kernels::resample::Backend;
use crate::weights::config::{
    Activation, ClipConfig, ConfigSource, ConvolutionalConfig, Field, ModelFamily, Tower, TowerConfig,
};
use crate::weights::container::gguf::{Array, Metadata, Value};
use crate::weights::dialect::checkpoint_metadata::CheckpointMetadata;
use crate::weights::dialect::hugging_face::ImageStatistics;
use crate::weights::dialect::vocabulary;
use crate::weights::instead;
use crate::weights::outliers::Outliers;
use crate::weights::quantize::blocks::dtype::Dtype;
use crate::weights::record::{Measure, Record, Source};

/// What to call the metadata in messages.
pub(in crate::weights) const FILE: &str = "GGUF metadata";
const ARCHITECTURE: &str = "clip";
const FAMILY: &str = "clip.family";
const TOKENIZER: &str = "tokenizer.huggingface.json";
const PREPROCESSOR: &str = "clip.preprocessor.huggingface.json";
const VISION_PROJECTION_DIM: &str = "clip.vision.projection_dim";
const TOKENS: &str = "tokenizer.ggml.tokens";
pub(in crate::weights) const IMAGE_MEAN: &str = "clip.vision.image_mean";
pub(in crate::weights) const IMAGE_STD: &str = "clip.vision.image_std";
const USE_GELU: &str = "clip.use_gelu";
/// Whether pictures keep their shape.
const NAFLEX: &str = "clip.vision.naflex";
/// Whether texts are canonicalized before they are tokenized.
const CANONICALIZES_TEXTS: &str = "clip.text.canonicalize";
const NEUTRAL_COSINE: &str = "clip.neutral_cosine";
/// Whose pixels the model is run with, where its preprocessing's JSON does not decide.
const BACKEND: &str = "clip.preprocessor.backend";
const FIDELITY_PREFIX: &str = "clip.fidelity.";
/// Prefix of the keys that list outlier channels; the name of a norm follows.
const OUTLIERS_PREFIX: &str = "clip.outlier_channels.";

/// The config of a CLIP file.
///
/// # Errors
/// `UnsupportedArchitecture` if the file holds another model or one tower only, `Config` for a missing or bad
/// key.
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
    match metadata.get(VISION_PROJECTION_DIM).and_then(Value::as_u64) {
        Some(dim) if dim != config.projection_dim as u64 => {
            let problem = format!("is {dim}, but clip.text.projection_dim is {}", config.projection_dim);
            Err(config_error(VISION_PROJECTION_DIM, problem))
        }
        _ => Ok(config),
    }
}

/// The architecture, and the tokenizer's JSON and the preprocessing's as they were in the Hugging Face checkpoint; made
/// from the tokens and the statistics in a file of clip.cpp's, which has neither.
pub(in crate::weights) fn metadata(metadata: &Metadata) -> Result<CheckpointMetadata> {
    let config = config(metadata)?;
    let json = |key: &str| match metadata.get(key) {
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(config_error(key, "is no string".into())),
        None => Ok(None),
    };
    let tokenizer_json = match (json(TOKENIZER)?, metadata.get(TOKENS)) {
        (Some(json), _) => json,
        (None, Some(Value::Array(tokens))) => {
            let tokens = tokens.to_strings();
            vocabulary::from_tokens(
                &tokens.ok_or_else(|| config_error(TOKENS, "is no list of strings".into()))?,
            )?
        }
        (None, _) => {
            return Err(config_error(TOKENIZER, format!("is missing, and so is {TOKENS}")));
        }
    };
    let statistics = |key: &str| metadata.get(key);
    let preprocessing_json = match json(PREPROCESSOR)? {
        Some(json) => json,
        None => preprocessing::preprocessing_json(
            config.image_size,
            statistics(IMAGE_MEAN),
            statistics(IMAGE_STD),
        )?,
    };
    Ok(CheckpointMetadata { config, tokenizer_json, preprocessing_json })
}

/// The outlier channels that the file lists.
///
/// # Errors
/// `Config` for a list that is none, or not ascending.
pub(in crate::weights) fn outliers(metadata: &Metadata) -> Result<Outliers> {
    let mut outliers = Outliers::new();
    for (key, value) in metadata {
        let Some(norm) = key.strip_prefix(OUTLIERS_PREFIX) else { continue };
        let channels = match value {
            Value::Array(array) => array.to_integers(),
            _ => None,
        };
        let channels = channels.filter(|channels| channels.is_sorted_by(|one, next| one < next));
        let channels = channels.ok_or_else(|| config_error(key, "is not an ascending list of u32".into()))?;
        outliers.insert(norm.to_owned(), channels);
    }
    Ok(outliers)
}

/// What the file says of its origin, and whose pixels it is run with. Nothing in it is needed.
///
/// # Errors
/// `Config` for a preprocessor that is not known here.
pub(in crate::weights) fn record(metadata: &Metadata) -> Result<Record> {
    let text = |key: &str| metadata.get(key).and_then(Value::as_str).map(str::to_owned);
    let fidelity = metadata.iter().filter_map(|(key, value)| {
        let name = key.strip_prefix(FIDELITY_PREFIX)?;
        let number = value.as_f64().filter(|number| number.is_finite()).map(Measure::Number);
        Some((name.to_owned(), number.or_else(|| value.as_str().map(|text| Measure::Text(text.to_owned())))?))
    });
    let preprocessor = metadata.get(BACKEND).map(|value| {
        let backend = value.as_str().and_then(Backend::from_name);
        backend.ok_or_else(|| config_error(BACKEND, "is neither \"pillow\" nor \"torchvision\"".into()))
    });
    Ok(Record {
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
        neutral_cosine: metadata
            .get(NEUTRAL_COSINE)
            .and_then(Value::as_f64)
            .filter(|cosine| cosine.abs() <= 1.0)
            .map(|cosine| cosine as f32),
        preprocessor: preprocessor.transpose()?,
        fidelity: fidelity.collect(),
    })
}

/// A file's metadata, read as a config.
struct ConfigKeys<'a>(&'a Metadata);

impl ConfigKeys<'_> {
    /// `false` where the key is missing.
    fn flag(&self, key: &str) -> Result<bool> {
        match self.0.get(key) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(_) => Err(config_error(key, "is neither true nor false".into())),
        }
    }

    fn text(&self, key: &str) -> Result<&str> {
        let value = self.0.get(key).ok_or_else(|| config_error(key, "is missing".into()))?;
        value.as_str().ok_or_else(|| config_error(key, "is no string".into()))
    }
}

impl ConfigSource for ConfigKeys<'_> {
    const FILE: &'static str = FILE;

    fn family(&self) -> Result<ModelFamily> {
        if !self.0.contains_key(FAMILY) {
            return Ok(ModelFamily::Clip);
        }
        let name = self.text(FAMILY)?;
        ModelFamily::parse(name).ok_or_else(|| unsupported(name.to_owned()))
    }

    fn is_naflex(&self) -> Result<bool> {
        self.flag(NAFLEX)
    }

    fn canonicalizes_texts(&self) -> Result<bool> {
        self.flag(CANONICALIZES_TEXTS)
    }

    fn key(&self, field: Field) -> String {
        config_key(field)
    }

    fn integer(&self, field: Field) -> Result<u64> {
        let key = self.key(field);
        match (self.0.get(&key), field) {
            (Some(value), _) => value.as_u64().ok_or_else(|| self.error(field, "is no whole number")),
            (None, Field::Channels) => Ok(3),
            // clip.cpp's files come from configs written before the convention changed.
            (None, Field::EosTokenId) => Ok(2),
            (None, Field::VocabSize) => match self.0.get(TOKENS) {
                Some(Value::Array(tokens)) => Ok(tokens.len() as u64),
                _ => Err(self.error(field, format!("is missing, and so is {TOKENS}"))),
            },
            (None, _) => Err(self.error(field, "is missing")),
        }
    }

    fn float(&self, field: Field) -> Result<f64> {
        let value = self.0.get(&self.key(field)).ok_or_else(|| self.error(field, "is missing"))?;
        value.as_f64().ok_or_else(|| self.error(field, "is no number"))
    }

    fn activation(&self, tower: Tower) -> Result<String> {
        let field = Field::Activation(tower);
        match (self.0.get(&self.key(field)), self.0.get(USE_GELU)) {
            (Some(value), _) => {
                Ok(value.as_str().ok_or_else(|| self.error(field, "is no string"))?.to_owned())
            }
            (None, Some(Value::Bool(true))) => Ok("gelu".to_owned()),
            (None, Some(Value::Bool(false))) => Ok("quick_gelu".to_owned()),
            (None, _) => Err(self.error(field, "is missing, and so is clip.use_gelu")),
        }
    }
}

fn config_key(field: Field) -> String {
    let (tower, key) = match field {
        Field::StageBlocks(stage) => return format!("clip.vision.stage.{stage}.block_count"),
        Field::StageChannels(stage) => return format!("clip.vision.stage.{stage}.channels"),
        Field::Width(tower) => (tower, "embedding_length"),
        Field::MlpWidth(tower) => (tower, "feed_forward_length"),
        Field::Layers(tower) => (tower, "block_count"),
        Field::Heads(tower) => (tower, "attention.head_count"),
        Field::LayerNormEps(tower) => (tower, "attention.layer_norm_epsilon"),
        Field::Activation(tower) => (tower, "activation"),
        Field::ImageSize => (Tower::Vision, "image_size"),
        Field::PatchSize => (Tower::Vision, "patch_size"),
        Field::Channels => (Tower::Vision, "channels"),
        Field::StemChannels => (Tower::Vision, "stem_channels"),
        Field::VocabSize => (Tower::Text, "vocab_size"),
        Field::ContextLength => (Tower::Text, "context_length"),
        Field::EosTokenId => (Tower::Text, "eos_token_id"),
        Field::ProjectionDim => (Tower::Text, "projection_dim"),
        Field::PoolingHeads => (Tower::Vision, "pooling.head_count"),
    };
    let tower = if tower == Tower::Text { "text" } else { "vision" };
    format!("clip.{tower}.{key}")
}

fn config_error(key: &str, problem: String) -> Error {
    Error::Config { file: FILE, key: key.to_owned(), problem }
}

fn unsupported(found: String) -> Error {
    Error::UnsupportedArchitecture {
        found,
        expected: "a GGUF of CLIP (with a ViT or an EfficientNet-Lite), SigLIP, MobileCLIP or Perception Encoder with both towers",
        instead: instead::PHOTOGRAPHS,
    }
}

/// The metadata of a file with these companions, this record and these outlier channels, its matrices in `file_type`.
///
/// `general.file_type` is the number of the type itself, as in clip.cpp, which knows none for q6_k.
///
/// # Errors
/// `Tokenizer`, `TokenId`, `Malformed` or `Config` if the tokenizer's or the preprocessing's JSON is not what
/// it should be.
pub(in crate::weights) fn describe(
    companions: &CheckpointMetadata,
    record: &Record,
    outliers: &Outliers,
    file_type: Dtype,
) -> Result<Vec<(String, Value)>> {
    let config = &companions.config;
    let statistics = ImageStatistics::parse(&companions.preprocessing_json)?;
    let mut keys = Keys::default();
    keys.put("general.architecture", Value::string(ARCHITECTURE));
    keys.put("general.file_type", Value::Unsigned(file_type.ggml_id().into()));
    keys.put("general.quantization_version", Value::Unsigned(QUANTIZATION_VERSION));
    keys.record(record);
    if config.family != ModelFamily::Clip {
        keys.put(FAMILY, Value::string(config.family.name()));
    }
    keys.put("clip.has_text_encoder", Value::Bool(true));
    keys.put("clip.has_vision_encoder", Value::Bool(true));
    keys.put(USE_GELU, Value::Bool(config.vision.activation != Activation::QuickGelu));
    keys.tower(Tower::Text, &config.text);
    keys.field(Field::ContextLength, config.context_length);
    keys.field(Field::VocabSize, config.vocab_size);
    if let Some(id) = config.end_token.eos_token_id() {
        keys.field(Field::EosTokenId, id as usize);
    }
    if config.canonicalizes_texts {
        keys.put(CANONICALIZES_TEXTS, Value::Bool(true));
    }
    keys.field(Field::ProjectionDim, config.projection_dim);
    keys.tower(Tower::Vision, &config.vision);
    keys.field(Field::ImageSize, config.image_size);
    keys.field(Field::PatchSize, config.patch_size);
    keys.field(Field::Channels, config.channels);
    if config.naflex {
        keys.put(NAFLEX, Value::Bool(true));
    }
    if let (ModelFamily::PerceptionEncoder, Some(heads)) = (config.family, config.pooling_heads) {
        keys.field(Field::PoolingHeads, heads);
    }
    config.convolutional.iter().for_each(|sizes| keys.convolutional(sizes));
    keys.put(VISION_PROJECTION_DIM, Value::Unsigned(config.projection_dim as u64));
    for (norm, channels) in outliers {
        keys.put(&format!("{OUTLIERS_PREFIX}{norm}"), Value::Array(Array::integers(channels)));
    }
    keys.put(IMAGE_MEAN, Value::Array(Array::floats(&statistics.mean)));
    keys.put(IMAGE_STD, Value::Array(Array::floats(&statistics.std)));
    keys.put(PREPROCESSOR, Value::String(companions.preprocessing_json.clone()));
    if config.family != ModelFamily::Siglip {
        let tokens = vocabulary::tokens(&companions.tokenizer_json, config.vocab_size)?;
        keys.put(TOKENS, Value::Array(Array::strings(tokens)));
    }
    keys.put(TOKENIZER, Value::String(companions.tokenizer_json.clone()));
    Ok(keys.0)
}

/// The version of ggml's block formats, for readers that ask (`GGML_QNT_VERSION`).
const QUANTIZATION_VERSION: u64 = 2;

/// Metadata in the making.
#[derive(Default)]
struct Keys(Vec<(String, Value)>);

impl Keys {
    fn put(&mut self, key: &str, value: Value) {
        self.0.push((key.to_owned(), value));
    }

    fn text(&mut self, key: &str, text: Option<&String>) {
        if let Some(text) = text {
            self.put(key, Value::string(text));
        }
    }

    fn field(&mut self, field: Field, value: usize) {
        self.put(&config_key(field), Value::Unsigned(value as u64));
    }

    fn tower(&mut self, tower: Tower, config: &TowerConfig) {
        self.field(Field::Width(tower), config.width);
        self.field(Field::MlpWidth(tower), config.mlp_width);
        self.field(Field::Layers(tower), config.layers);
        self.field(Field::Heads(tower), config.heads);
        self.put(&config_key(Field::LayerNormEps(tower)), Value::F32(config.layer_norm_eps));
        self.put(&config_key(Field::Activation(tower)), Value::string(config.activation.name()));
    }

    fn convolutional(&mut self, config: &ConvolutionalConfig) {
        let (channels, blocks) = config.stages();
        self.field(Field::StemChannels, config.stem());
        (0..).zip(channels).for_each(|(stage, &count)| self.field(Field::StageChannels(stage), count));
        (0..).zip(blocks).for_each(|(stage, &count)| self.field(Field::StageBlocks(stage), count));
    }

    fn record(&mut self, record: &Record) {
        self.text("general.name", record.name.as_ref());
        self.text("general.description", record.description.as_ref());
        self.text("general.license", record.license.as_ref());
        self.text("general.source.repo", record.source.repo.as_ref());
        self.text("general.source.revision", record.source.revision.as_ref());
        self.text("general.source.file", record.source.file.as_ref());
        self.text("general.source.sha256", record.source.sha256.as_ref());
        self.text("clip.default_template", record.default_template.as_ref());
        if !record.templates.is_empty() {
            self.put("clip.templates", Value::Array(Array::strings(&record.templates)));
        }
        if let Some(cosine) = record.neutral_cosine {
            self.put(NEUTRAL_COSINE, Value::F32(cosine));
        }
        if let Some(backend) = record.preprocessor {
            self.put(BACKEND, Value::string(backend.name()));
        }
        for (name, measure) in &record.fidelity {
            let value = match measure {
                Measure::Number(number) => Value::F64(*number),
                Measure::Text(text) => Value::string(text),
            };
            self.put(&format!("{FIDELITY_PREFIX}{name}"), value);
        }
    }
}
