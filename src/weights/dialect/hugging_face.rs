//! Reads `config.json` and `preprocessor_config.json` of a Hugging Face checkpoint.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::weights::config::{ConfigSource, Field, ModelFamily, Tower};
use crate::weights::instead;

/// A parsed `config.json`, with transformers' rule of which of its parts counts.
pub(in crate::weights) struct ConfigJson {
    family: ModelFamily,
    naflex: bool,
    root: Map<String, Value>,
    vision: Map<String, Value>,
    text: Map<String, Value>,
}

impl ConfigJson {
    /// # Errors
    /// `Malformed` if it is no JSON object, `UnsupportedArchitecture` if `model_type` is of no family, `Config` for
    /// a SigLIP without its pooling head.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let root = object(Self::FILE, json)?;
        let (family, naflex) = family(root.get("model_type"))?;
        let vision = tower_config(&root, "vision_config_dict", "vision_config")?;
        let text = tower_config(&root, "text_config_dict", "text_config")?;
        if family == ModelFamily::Siglip && vision.get("vision_use_head") == Some(&Value::Bool(false)) {
            let problem = "is false, but that head produces the embedding of a picture";
            return Err(config_error("vision_config.vision_use_head", problem.into()));
        }
        Ok(Self { family, naflex, root, vision, text })
    }

    fn value(&self, field: Field) -> Option<&Value> {
        let (object, _, key) = self.place(field);
        object.get(key)
    }

    /// The object that contains a field, that object's name, and the field's key in it.
    fn place(&self, field: Field) -> (&Map<String, Value>, &'static str, &'static str) {
        match field {
            Field::ImageSize if self.naflex => (&self.vision, "vision_config.", "num_patches"),
            Field::ImageSize => (&self.vision, "vision_config.", "image_size"),
            Field::PatchSize => (&self.vision, "vision_config.", "patch_size"),
            Field::Channels => (&self.vision, "vision_config.", "num_channels"),
            Field::StemChannels | Field::StageBlocks(_) | Field::StageChannels(_) => {
                (&self.vision, "vision_config.", "(a convolutional tower)")
            }
            Field::VocabSize => (&self.text, "text_config.", "vocab_size"),
            Field::ContextLength => (&self.text, "text_config.", "max_position_embeddings"),
            Field::EosTokenId => (&self.text, "text_config.", "eos_token_id"),
            Field::PoolingHeads => (&self.vision, "vision_config.", "(Perception Encoder)"),
            Field::ProjectionDim => match self.family {
                ModelFamily::Siglip => (&self.text, "text_config.", "projection_size"),
                _ => (&self.root, "", "projection_dim"),
            },
            Field::Width(tower) => self.place_in_tower(tower, "hidden_size"),
            Field::MlpWidth(tower) => self.place_in_tower(tower, "intermediate_size"),
            Field::Layers(tower) => self.place_in_tower(tower, "num_hidden_layers"),
            Field::Heads(tower) => self.place_in_tower(tower, "num_attention_heads"),
            Field::LayerNormEps(tower) => self.place_in_tower(tower, "layer_norm_eps"),
            Field::Activation(tower) => self.place_in_tower(tower, "hidden_act"),
        }
    }

    /// The side of the square of patches whose positions are in the file, in pixels.
    fn side_of_positions(&self) -> Result<u64> {
        let patches = match self.value(Field::ImageSize) {
            None => 256,
            Some(value) => value.as_u64().unwrap_or(0),
        };
        let side = patches.isqrt();
        if side == 0 || side * side != patches {
            return Err(
                self.error(Field::ImageSize, format!("is {patches}, expected the square of a whole number"))
            );
        }
        Ok(side.saturating_mul(self.integer(Field::PatchSize)?))
    }

    fn place_in_tower(
        &self,
        tower: Tower,
        key: &'static str,
    ) -> (&Map<String, Value>, &'static str, &'static str) {
        match tower {
            Tower::Vision => (&self.vision, "vision_config.", key),
            Tower::Text => (&self.text, "text_config.", key),
        }
    }
}

impl ConfigSource for ConfigJson {
    const FILE: &'static str = "config.json";

    fn family(&self) -> Result<ModelFamily> {
        Ok(self.family)
    }

    fn key(&self, field: Field) -> String {
        let (_, object, key) = self.place(field);
        format!("{object}{key}")
    }

    fn is_naflex(&self) -> Result<bool> {
        Ok(self.naflex)
    }

    fn integer(&self, field: Field) -> Result<u64> {
        match self.value(field) {
            _ if self.naflex && field == Field::ImageSize => self.side_of_positions(),
            None if (self.family, field) == (ModelFamily::Siglip, Field::ProjectionDim) => {
                self.integer(Field::Width(Tower::Text))
            }
            None => Ok(default_integer(self.family, field)),
            Some(value) => value
                .as_u64()
                .ok_or_else(|| self.error(field, format!("is {value}, expected a whole number"))),
        }
    }

    fn float(&self, field: Field) -> Result<f64> {
        match self.value(field) {
            None if self.family == ModelFamily::Siglip => Ok(1e-6),
            None => Ok(1e-5),
            Some(value) => {
                value.as_f64().ok_or_else(|| self.error(field, format!("is {value}, expected a number")))
            }
        }
    }

    fn activation(&self, tower: Tower) -> Result<String> {
        match self.value(Field::Activation(tower)) {
            None if self.family == ModelFamily::Siglip => Ok("gelu_pytorch_tanh".to_owned()),
            None => Ok("quick_gelu".to_owned()),
            Some(Value::String(name)) => Ok(name.clone()),
            Some(other) => Err(self.error(Field::Activation(tower), format!("is {other}, expected a name"))),
        }
    }
}

/// The family of a `model_type`, and whether it means NaFlex: the second SigLIP's checkpoints of a fixed resolution say
/// "siglip".
fn family(model_type: Option<&Value>) -> Result<(ModelFamily, bool)> {
    let expected = "expected \"clip\", \"siglip\" or \"siglip2\"";
    match model_type {
        Some(Value::String(kind)) if kind == "siglip2" => Ok((ModelFamily::Siglip, true)),
        Some(Value::String(kind)) => ModelFamily::parse(kind)
            .filter(|family| matches!(family, ModelFamily::Clip | ModelFamily::Siglip))
            .map(|family| (family, false))
            .ok_or_else(|| unsupported(kind.clone())),
        Some(other) => Err(config_error("model_type", format!("is {other}, {expected}"))),
        None => Err(config_error("model_type", format!("is missing, {expected}"))),
    }
}

/// What transformers 5.23 assumes where a key is absent (`models/clip/configuration_clip.py`,
/// `models/siglip/configuration_siglip.py`, `models/siglip2/configuration_siglip2.py`).
fn default_integer(family: ModelFamily, field: Field) -> u64 {
    match field {
        Field::Width(_) if family == ModelFamily::Siglip => 768,
        Field::MlpWidth(_) if family == ModelFamily::Siglip => 3072,
        Field::Heads(_) if family == ModelFamily::Siglip => 12,
        Field::PatchSize if family == ModelFamily::Siglip => 16,
        Field::VocabSize if family == ModelFamily::Siglip => 32000,
        Field::ContextLength if family == ModelFamily::Siglip => 64,
        Field::Width(Tower::Vision) => 768,
        Field::Width(Tower::Text) => 512,
        Field::MlpWidth(Tower::Vision) => 3072,
        Field::MlpWidth(Tower::Text) => 2048,
        Field::Layers(_) => 12,
        Field::Heads(Tower::Vision) => 12,
        Field::Heads(Tower::Text) => 8,
        Field::ImageSize => 224,
        Field::PatchSize => 32,
        Field::Channels => 3,
        Field::VocabSize => 49408,
        Field::ContextLength => 77,
        Field::EosTokenId => 49407,
        Field::ProjectionDim => 512,
        Field::LayerNormEps(_)
        | Field::Activation(_)
        | Field::StemChannels
        | Field::StageBlocks(_)
        | Field::StageChannels(_)
        | Field::PoolingHeads => 0,
    }
}

/// The object that configures a tower. Files written by early versions of transformers carry a
/// `*_config_dict`; where it is given it counts alone, and the keys it lacks have their defaults, whatever
/// `*_config` says of them.
fn tower_config(
    root: &Map<String, Value>,
    early: &'static str,
    current: &'static str,
) -> Result<Map<String, Value>> {
    for key in [early, current] {
        match root.get(key) {
            None | Some(Value::Null) => {}
            Some(Value::Object(object)) => return Ok(object.clone()),
            Some(other) => {
                return Err(config_error(key, format!("is {other}, expected an object")));
            }
        }
    }
    Ok(Map::new())
}

/// What a `processor_config.json` has of a `preprocessor_config.json`: its object `image_processor`, in which
/// transformers 5 saves it; files from before have none.
///
/// # Errors
/// `Malformed` if it is no JSON object, `Config` for an `image_processor` that is none.
pub(in crate::weights) fn image_processor(json: &[u8]) -> Result<Option<Bytes>> {
    const FILE: &str = "processor_config.json";
    if json.is_empty() {
        return Ok(None);
    }
    match object(FILE, json)?.get("image_processor") {
        None | Some(Value::Null) => Ok(None),
        Some(inner @ Value::Object(_)) => Ok(Some(inner.to_string().into())),
        Some(other) => Err(Error::Config {
            file: FILE,
            key: "image_processor".into(),
            problem: format!("is {other}, expected an object"),
        }),
    }
}

/// A `preprocessor_config.json`, as it is.
///
/// # Errors
/// `Malformed` if it is no JSON object.
pub(in crate::weights) fn preprocessor(json: Bytes) -> Result<Bytes> {
    object(PREPROCESSOR, &json).map(|_| json)
}

/// What `preprocessor_config.json` says of the colours: for clip.cpp, which has keys of its own for it.
#[derive(Debug, PartialEq)]
pub(in crate::weights) struct ImageStatistics {
    /// Red, green, blue, of values from 0 to 1.
    pub mean: [f32; 3],
    pub std: [f32; 3],
}

impl ImageStatistics {
    /// # Errors
    /// `Malformed` if it is no JSON object, `Config` if a value is not three numbers.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let root = object(PREPROCESSOR, json)?;
        Ok(Self {
            mean: colour(&root, "image_mean", [0.481_454_66, 0.457_827_5, 0.408_210_73])?,
            std: colour(&root, "image_std", [0.268_629_54, 0.261_302_6, 0.275_777_1])?,
        })
    }
}

const PREPROCESSOR: &str = "preprocessor_config.json";

/// Three numbers, or OpenAI's where there are none, as transformers' processor assumes them.
fn colour(root: &Map<String, Value>, key: &'static str, default: [f32; 3]) -> Result<[f32; 3]> {
    let Some(value) = root.get(key) else {
        return Ok(default);
    };
    let numbers =
        value.as_array().into_iter().flatten().map(|number| number.as_f64().map(|number| number as f32));
    match numbers.collect::<Option<Vec<_>>>().as_deref() {
        Some(&[red, green, blue]) if (red + green + blue).is_finite() => Ok([red, green, blue]),
        _ => Err(Error::Config {
            file: PREPROCESSOR,
            key: key.into(),
            problem: format!("is {value}, expected three numbers"),
        }),
    }
}

fn object(file: &'static str, json: &[u8]) -> Result<Map<String, Value>> {
    serde_json::from_slice(json).map_err(|error| Error::Malformed { format: file, reason: error.to_string() })
}

fn config_error(key: &str, problem: String) -> Error {
    Error::Config { file: ConfigJson::FILE, key: key.into(), problem }
}

fn unsupported(found: String) -> Error {
    let (expected, instead) = match found.as_str() {
        "metaclip_2" => (
            "a CLIPModel with CLIP's tokenizer: MetaCLIP 2's, which is XLM-V's, is not implemented",
            instead::MANY_LANGUAGES,
        ),
        "chinese_clip" | "altclip" => (
            "a CLIPModel with CLIP's text tower: one of BERT's kind is not implemented",
            instead::MANY_LANGUAGES,
        ),
        "clip_text_model"
        | "clip_vision_model"
        | "siglip_text_model"
        | "siglip_vision_model"
        | "siglip2_text_model"
        | "siglip2_vision_model" => {
            ("a model with both towers, to compare pictures with labels", instead::PHOTOGRAPHS)
        }
        _ => (
            "a Hugging Face CLIPModel, SiglipModel or Siglip2Model (model_type \"clip\", \"siglip\" or \"siglip2\")",
            instead::PHOTOGRAPHS,
        ),
    };
    Error::UnsupportedArchitecture { found, expected, instead }
}
