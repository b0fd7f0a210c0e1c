//! `open_clip_config.json`: what OpenCLIP (3.x, `model.py`, `transform.py`) says of a model of two transformers, with
//! its defaults, as our config, and its preprocessing in Hugging Face's form.
//!
//! A key that is not known here may change what the model computes, so that the model is refused by that key's name.

mod keys;
mod timm;
mod tokenizer;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use self::keys::{FILE, demand, object, refuse_unknown, unsupported, wrong};
use self::timm::TimmTower;
use self::tokenizer::Tokenizer;
use crate::error::Result;
use crate::weights::config::{ConfigSource, EndToken, Field, ModelFamily, Tower};

/// Keys of `model_cfg`, `vision_cfg` and `text_cfg` that are read here, or that matter in training alone.
const MODEL_KEYS: [&str; 5] = ["embed_dim", "vision_cfg", "text_cfg", "quick_gelu", "custom_text"];
const VISION_KEYS: [&str; 10] = [
    "image_size",
    "layers",
    "width",
    "head_width",
    "mlp_ratio",
    "patch_size",
    "patch_dropout",
    "output_tokens",
    "act_kwargs",
    "norm_kwargs",
];
const TEXT_KEYS: [&str; 10] = [
    "context_length",
    "vocab_size",
    "width",
    "heads",
    "layers",
    "mlp_ratio",
    "pad_id",
    "output_tokens",
    "act_kwargs",
    "norm_kwargs",
];
/// The keys of `vision_cfg` if timm provides the vision tower.
const TIMM_KEYS: [&str; 5] =
    ["image_size", "timm_model_name", "timm_model_pretrained", "timm_drop", "timm_drop_path"];

/// The preprocessing of models that come without a config, OpenAI's, which is the default here, and Perception
/// Encoder's (`core/vision_encoder/transforms.py`): the text of a `preprocessor_config.json`.
///
/// # Errors
/// None; they are [`OpenClipJson::preprocessing_json`]'s.
pub(in crate::weights) fn default_preprocessing_json(
    family: ModelFamily,
    image_size: usize,
) -> Result<Bytes> {
    let [vision, text, mut preprocessing] = [(); 3].map(|()| Map::new());
    if family == ModelFamily::PerceptionEncoder {
        let half = json!([0.5, 0.5, 0.5]);
        preprocessing.insert("mean".to_owned(), half.clone());
        preprocessing.insert("std".to_owned(), half);
        preprocessing.insert("interpolation".to_owned(), json!("bilinear"));
        preprocessing.insert("resize_mode".to_owned(), json!("squash"));
    }
    let model = Map::new();
    let tokenizer = Tokenizer::default();
    OpenClipJson { trunk: None, model, vision, text, preprocessing, tokenizer }.preprocessing_json(image_size)
}

/// A parsed file.
pub(in crate::weights) struct OpenClipJson {
    /// The vision tower, where timm provides it.
    trunk: Option<TimmTower>,
    model: Map<String, Value>,
    vision: Map<String, Value>,
    text: Map<String, Value>,
    preprocessing: Map<String, Value>,
    tokenizer: Tokenizer,
}

impl OpenClipJson {
    /// The file, or `None` if `json` is no OpenCLIP config.
    ///
    /// # Errors
    /// `UnsupportedArchitecture` for models that are more, or others, than two transformers; `Config` for an object
    /// that is none.
    pub fn parse(json: &[u8]) -> Result<Option<Self>> {
        let Ok(mut root) = serde_json::from_slice::<Map<String, Value>>(json) else { return Ok(None) };
        if !root.contains_key("model_cfg") {
            return Ok(None);
        }
        let mut model = object(&mut root, "model_cfg")?;
        let vision = object(&mut model, "vision_cfg")?;
        let text = object(&mut model, "text_cfg")?;
        let preprocessing = object(&mut root, "preprocess_cfg")?;
        if vision.get("layers").is_some_and(Value::is_array) {
            return Err(unsupported("a ResNet (`vision_cfg.layers` is a list)".to_owned()));
        }
        let trunk = TimmTower::named(&vision);
        if let (None, Some(Value::String(name))) = (trunk, vision.get("timm_model_name")) {
            return Err(timm::unknown(name));
        }
        let tokenizer = Tokenizer::default();
        let mut file = Self { trunk, model, vision, text, preprocessing, tokenizer };
        file.take_what_the_family_demands()?;
        refuse_unknown("vision_cfg", &file.vision, if trunk.is_some() { &TIMM_KEYS } else { &VISION_KEYS })?;
        refuse_unknown("text_cfg", &file.text, &TEXT_KEYS)?;
        refuse_unknown("model_cfg", &file.model, &MODEL_KEYS)?;
        Ok(Some(file))
    }

    /// Takes out the keys that must have one value in each model of a family of timm's towers.
    fn take_what_the_family_demands(&mut self) -> Result<()> {
        match self.trunk.map(|trunk| trunk.family()) {
            // What is pooled how, candle's FastViT knows. The text tower of the larger sizes is causal, and S0's first
            // version has another one.
            Some(ModelFamily::MobileClip) => {
                self.vision.remove("timm_pool");
                if self.text.remove("no_causal_mask") != Some(Value::Bool(true)) {
                    return Err(unsupported("MobileCLIP with a causal text tower".to_owned()));
                }
            }
            Some(ModelFamily::Siglip) => {
                // What logits begin with in training.
                self.model.remove("init_logit_scale");
                self.model.remove("init_logit_bias");
                demand("vision_cfg", &mut self.vision, "timm_pool", &json!("map"))?;
                demand("vision_cfg", &mut self.vision, "timm_proj", &json!("none"))?;
                demand("text_cfg", &mut self.text, "no_causal_mask", &json!(true))?;
                demand("text_cfg", &mut self.text, "proj_bias", &json!(true))?;
                demand("text_cfg", &mut self.text, "pool_type", &json!("last"))?;
                demand("text_cfg", &mut self.text, "tokenizer_kwargs", &json!({ "clean": "canonicalize" }))?;
                // The files of this tokenizer are in each repository of such a model.
                if !self.text.remove("hf_tokenizer_name").is_some_and(|name| name.is_string()) {
                    return Err(unsupported("SigLIP without `text_cfg.hf_tokenizer_name`".to_owned()));
                }
                self.tokenizer = Tokenizer { is_hugging_face: true, canonicalizes: true, end: None };
            }
            Some(ModelFamily::EfficientNetClip) => {
                timm::take_mean_and_projection(&mut self.vision)?;
                self.tokenizer = Tokenizer::take(&mut self.text)?;
            }
            Some(ModelFamily::PerceptionEncoder) => {
                demand("vision_cfg", &mut self.vision, "timm_pool", &json!("map"))?;
                // The projection is the tower's own head then. Left out, the key would mean another one.
                demand("vision_cfg", &mut self.vision, "timm_proj", &Value::Null)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether a tokenizer of transformers reads the texts, whose other files count too, and not OpenCLIP's own: of
    /// SigLIP such a tokenizer is demanded, with an EfficientNet it may be, and any other model that names one is refused.
    pub fn has_hugging_face_tokenizer(&self) -> bool {
        self.tokenizer.is_hugging_face
    }

    /// The text of a `preprocessor_config.json` that does what `preprocess_cfg` says.
    ///
    /// The centre crop is Hugging Face's, whose place differs from torchvision's by a pixel where an odd number of
    /// pixels is cut off.
    ///
    /// # Errors
    /// `Config` for ways to resize that are not known here.
    pub fn preprocessing_json(&self, image_size: usize) -> Result<Bytes> {
        let text = |key, default| match self.preprocessing.get(key) {
            None | Some(Value::Null) => Ok(default),
            Some(value) => value.as_str().ok_or_else(|| wrong(key, format!("is {value}, expected a name"))),
        };
        if text("mode", "RGB")? != "RGB" {
            return Err(wrong(
                "mode",
                "is not RGB, the only image mode supported here and in OpenCLIP".to_owned(),
            ));
        }
        let resample = match text("interpolation", "bicubic")? {
            "bicubic" => 3,
            "bilinear" => 2,
            other => {
                return Err(wrong("interpolation", format!("is {other:?}, expected bicubic or bilinear")));
            }
        };
        let crops = match text("resize_mode", "shortest")? {
            "shortest" => true,
            "squash" => false,
            other => return Err(wrong("resize_mode", format!("is {other:?}, expected shortest or squash"))),
        };
        let square = json!({ "height": image_size, "width": image_size });
        let mut json = json!({
            "image_processor_type": "CLIPImageProcessor",
            "do_convert_rgb": true,
            "do_resize": true,
            "size": if crops { json!({ "shortest_edge": image_size }) } else { square.clone() },
            "resample": resample,
            "do_center_crop": crops,
            "crop_size": square,
            "do_rescale": true,
            "do_normalize": true,
        });
        for (ours, theirs) in [("image_mean", "mean"), ("image_std", "std")] {
            // OpenAI's where there are none: the default of Hugging Face too.
            if let Some(values) = self.preprocessing.get(theirs).filter(|values| !values.is_null()) {
                json[ours] = values.clone();
            }
        }
        Ok(json.to_string().into())
    }

    fn value(&self, field: Field) -> Option<&Value> {
        let (object, _, key) = self.place(field)?;
        object.get(key).filter(|value| !value.is_null())
    }

    /// The object a field lies in, that object's name, and the field's key in it; `None` for those that every such
    /// model has in common.
    fn place(&self, field: Field) -> Option<(&Map<String, Value>, &'static str, &'static str)> {
        Some(match field {
            Field::ImageSize => (&self.vision, "vision_cfg", "image_size"),
            Field::PatchSize => (&self.vision, "vision_cfg", "patch_size"),
            Field::VocabSize => (&self.text, "text_cfg", "vocab_size"),
            Field::ContextLength => (&self.text, "text_cfg", "context_length"),
            Field::ProjectionDim => (&self.model, "model_cfg", "embed_dim"),
            Field::Width(tower) => self.place_in_tower(tower, "width"),
            Field::MlpWidth(tower) => self.place_in_tower(tower, "mlp_ratio"),
            Field::Layers(tower) => self.place_in_tower(tower, "layers"),
            Field::Heads(Tower::Vision) => (&self.vision, "vision_cfg", "head_width"),
            Field::Heads(Tower::Text) => (&self.text, "text_cfg", "heads"),
            Field::LayerNormEps(tower) => self.place_in_tower(tower, "norm_kwargs"),
            Field::Activation(tower) => self.place_in_tower(tower, "act_kwargs"),
            _ => return None,
        })
    }

    fn place_in_tower(
        &self,
        tower: Tower,
        key: &'static str,
    ) -> (&Map<String, Value>, &'static str, &'static str) {
        match tower {
            Tower::Vision => (&self.vision, "vision_cfg", key),
            Tower::Text => (&self.text, "text_cfg", key),
        }
    }

    /// The one keyword that a tower's norms or activations are made with.
    fn keyword(&self, field: Field, known: &str) -> Result<Option<&Value>> {
        match self.value(field) {
            None => Ok(None),
            Some(Value::Object(keywords)) if keywords.keys().all(|key| key == known) => {
                Ok(keywords.get(known))
            }
            Some(other) => {
                Err(self.error(field, format!("is {other}, expected an object with at most `{known}`")))
            }
        }
    }

    fn number(&self, field: Field, default: f64) -> Result<f64> {
        let value = self.value(field);
        let number = value.map_or(Some(default), Value::as_f64);
        number.ok_or_else(|| self.error(field, "is no number"))
    }
}

impl ConfigSource for OpenClipJson {
    const FILE: &'static str = FILE;

    fn family(&self) -> Result<ModelFamily> {
        Ok(self.trunk.map_or(ModelFamily::Clip, |trunk| trunk.family()))
    }

    /// `HFTokenizer`'s `clean="canonicalize"`.
    fn canonicalizes_texts(&self) -> Result<bool> {
        Ok(self.tokenizer.canonicalizes)
    }

    fn key(&self, field: Field) -> String {
        self.place(field).map_or_else(|| format!("{field:?}"), |(_, object, key)| format!("{object}.{key}"))
    }

    fn integer(&self, field: Field) -> Result<u64> {
        if let Some(number) = self.trunk.and_then(|trunk| trunk.integer(field)) {
            return Ok(number);
        }
        match field {
            Field::EosTokenId if let Some(end) = self.tokenizer.end => return Ok(end),
            Field::MlpWidth(tower) => {
                let width = self.integer(Field::Width(tower))?;
                return Ok((width as f64 * self.number(field, 4.0)?) as u64);
            }
            Field::Heads(Tower::Vision) => {
                let width = self.integer(Field::Width(Tower::Vision))?;
                let head_width = self.value(field).map_or(Some(64), Value::as_u64);
                let heads = head_width.and_then(|head_width| width.checked_div(head_width));
                return heads.ok_or_else(|| self.error(field, "is no width of a head"));
            }
            _ => {}
        }
        match self.value(field) {
            None => default_integer(field).ok_or_else(|| self.error(field, "is missing")),
            Some(value) => square(value)
                .as_u64()
                .ok_or_else(|| self.error(field, format!("is {value}, expected a whole number"))),
        }
    }

    fn float(&self, field: Field) -> Result<f64> {
        if let (Field::LayerNormEps(Tower::Vision), Some(eps)) =
            (field, self.trunk.and_then(|trunk| trunk.layer_norm_eps()))
        {
            return Ok(eps);
        }
        let eps = self.keyword(field, "eps")?.map_or(Some(1e-5), Value::as_f64);
        eps.ok_or_else(|| self.error(field, "has an `eps` that is not a number"))
    }

    fn activation(&self, tower: Tower) -> Result<String> {
        if let (Tower::Vision, Some(trunk)) = (tower, self.trunk) {
            return Ok(trunk.activation().to_owned());
        }
        let field = Field::Activation(tower);
        let approximate = self.keyword(field, "approximate")?.map(|value| value.as_str().unwrap_or_default());
        let quick = match self.model.get("quick_gelu") {
            None | Some(Value::Null) => false,
            Some(value) => value.as_bool().ok_or_else(|| {
                wrong("model_cfg.quick_gelu", format!("is {value}, expected true or false"))
            })?,
        };
        match (quick, approximate) {
            (true, None) => Ok("quick_gelu".to_owned()),
            (false, None | Some("none")) => Ok("gelu".to_owned()),
            (false, Some("tanh")) => Ok("gelu_pytorch_tanh".to_owned()),
            _ => Err(self.error(field, "asks for an unknown activation")),
        }
    }
}

/// A side that is given twice is that of a square.
fn square(value: &Value) -> &Value {
    match value.as_array().map(Vec::as_slice) {
        Some([height, width]) if height == width => height,
        _ => value,
    }
}

/// What OpenCLIP assumes where a key is absent (`CLIPVisionCfg`, `CLIPTextCfg`).
fn default_integer(field: Field) -> Option<u64> {
    match field {
        Field::Width(Tower::Vision) => Some(768),
        Field::Width(Tower::Text) => Some(512),
        Field::Layers(_) => Some(12),
        Field::Heads(Tower::Text) => Some(8),
        Field::ImageSize => Some(224),
        Field::PatchSize => Some(16),
        Field::Channels => Some(3),
        Field::VocabSize => Some(49408),
        Field::ContextLength => Some(77),
        // The text tower pools at the highest id.
        Field::EosTokenId => Some(EndToken::HIGHEST_ID.into()),
        _ => None,
    }
}
