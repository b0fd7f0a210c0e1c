//! `preprocessor_config.json`, read and written.
//!
//! Keys that a file leaves out have the defaults of the processor class it names. Old files
//! (`feature_extractor_type`, `"size": 224`) and new ones are read alike. A key that asks for a step we do
//! not know is an error, not a silent difference.

use serde_json::{Map, Value, json};

use super::{Backend, Normalize, Preprocessing, Resample, Size};
use crate::kernels::resample::Filter;
use crate::{Error, Result};

const FILE: &str = "preprocessor_config.json";

/// The most patches that a record may ask for.
const MAX_PATCHES: u64 = 1 << 14;

/// The largest side that a record may ask for.
const MAX_SIDE: u64 = 1 << 14;

/// `IMAGENET_STANDARD_MEAN` and `_STD` of `image_utils.py`.
const HALF: Normalize = Normalize { mean: [0.5; 3], std: [0.5; 3] };

/// `OPENAI_CLIP_MEAN` and `_STD` of `image_utils.py`.
const OPENAI: Normalize = Normalize {
    mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
    std: [0.268_629_54, 0.261_302_58, 0.275_777_11],
};

const BICUBIC: Resample = Resample::Filter(Filter::Bicubic);
const BILINEAR: Resample = Resample::Filter(Filter::Bilinear);

impl Default for Preprocessing {
    /// `CLIPImageProcessorPil` without a file: 224 pixels, bicubic, OpenAI's statistics.
    fn default() -> Self {
        Self {
            resize: Some((Size::ShortestEdge(224), BICUBIC)),
            center_crop: Some((224, 224)),
            rescale: Some(1.0 / 255.0),
            normalize: Some(OPENAI),
            backend: Backend::Pillow,
        }
    }
}

impl Preprocessing {
    /// The record in a `preprocessor_config.json`.
    ///
    /// A class whose name ends in `Fast` means torchvision's pixels, every other class Pillow's, as it did when these
    /// files were written. Whether these can be had is known once the choice is: [`Preprocessing::with_backend`].
    ///
    /// # Errors
    ///
    /// [`Error::Config`] naming the key whose value cannot be used.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        let fields: Map<String, Value> = serde_json::from_slice(bytes)
            .map_err(|error| invalid("(the file)", format!("is not a JSON object: {error}")))?;
        let fields = Fields(fields);
        fields.refuse_unknown_steps()?;
        let defaults = fields.class_defaults()?;
        Ok(Self {
            resize: fields.resize(&defaults)?,
            center_crop: fields.center_crop(&defaults)?,
            rescale: fields.rescale(&defaults)?,
            normalize: fields.normalize(&defaults)?,
            backend: defaults.backend,
        })
    }

    /// What has to be said beside a `preprocessor_config.json` for the pixels of `named`: nothing where it means these itself.
    ///
    /// # Errors
    ///
    /// As [`Preprocessing::from_json`] and [`Preprocessing::with_backend`], where pixels are named.
    pub fn said_beside(bytes: &[u8], named: Option<Backend>) -> Result<Option<Backend>> {
        let Some(backend) = named else { return Ok(None) };
        let own = Self::from_json(bytes)?;
        let said = (own.backend != backend).then_some(backend);
        own.with_backend(backend)?;
        Ok(said)
    }

    /// The same steps with the pixels of `backend`.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for what torchvision cannot do: resizing by a box or a Hamming window, and a rescaling factor
    /// of 0.
    pub fn with_backend(self, backend: Backend) -> Result<Self> {
        if backend == Backend::Torchvision {
            if let Some((_, method @ Resample::Filter(Filter::Box | Filter::Hamming))) = self.resize {
                let number = method.number();
                let problem = format!(
                    "is {number}, which torchvision does not have: expected 0, 1, 2 or 3, or Pillow's pixels \
                     (preprocessor \"pillow\")"
                );
                return Err(invalid("resample", problem));
            }
            if self.rescale == Some(0.0) {
                return Err(invalid(
                    "rescale_factor",
                    "is 0, by which torchvision's backend divides".to_owned(),
                ));
            }
        }
        Ok(Self { backend, ..self })
    }

    /// The record as a `preprocessor_config.json` that spells out every step; [`Preprocessing::from_json`]
    /// reads it back unchanged, and so does Hugging Face.
    pub fn to_json(&self) -> String {
        let class = match self.resize {
            Some((Size::Patches { .. }, _)) => "Siglip2ImageProcessor",
            _ => "CLIPImageProcessor",
        };
        let mut record = json!({
            "image_processor_type": match self.backend {
                Backend::Pillow => class.to_owned(),
                Backend::Torchvision => format!("{class}Fast"),
            },
            "do_convert_rgb": true,
            "do_resize": self.resize.is_some(),
            "do_center_crop": self.center_crop.is_some(),
            "do_rescale": self.rescale.is_some(),
            "do_normalize": self.normalize.is_some(),
        });
        if let Some((size, resample)) = self.resize {
            record["resample"] = resample.number().into();
            match size {
                Size::ShortestEdge(edge) => record["size"] = json!({ "shortest_edge": edge }),
                Size::Exact { height, width } => record["size"] = json!({ "height": height, "width": width }),
                Size::Patches { side, most } => {
                    record["patch_size"] = side.into();
                    record["max_num_patches"] = most.into();
                }
            }
        }
        if let Some((height, width)) = self.center_crop {
            record["crop_size"] = json!({ "height": height, "width": width });
        }
        if let Some(factor) = self.rescale {
            record["rescale_factor"] = factor.into();
        }
        if let Some(Normalize { mean, std }) = self.normalize {
            record["image_mean"] = json!(mean);
            record["image_std"] = json!(std);
        }
        record.to_string()
    }
}

/// The keys of a file. `null` is not absent: it switches a step off, and is no value for one that is on.
struct Fields(Map<String, Value>);

impl Fields {
    /// The class's name, for which `null` does count as absent.
    fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// What a step that is on needs; `None` for what its class knows.
    fn given(&self, key: &str) -> Result<Option<&Value>> {
        match self.0.get(key) {
            Some(Value::Null) => {
                Err(invalid(key, "is null, which transformers does not replace by a default".to_owned()))
            }
            value => Ok(value),
        }
    }

    /// What the class that the file was written for does where the file says nothing.
    fn class_defaults(&self) -> Result<Preprocessing> {
        let key = if self.get("image_processor_type").is_some() {
            "image_processor_type"
        } else {
            "feature_extractor_type"
        };
        let name = match self.get(key) {
            Some(name) => name.as_str().ok_or_else(|| unusable(key, name, "a class name"))?,
            None => "CLIPImageProcessor",
        };
        let family = ["FeatureExtractor", "ImageProcessorFast", "ImageProcessorPil", "ImageProcessor"]
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix));
        let defaults = match family {
            Some("CLIP") => Preprocessing::default(),
            Some("Siglip") => siglip(),
            Some("Siglip2") => siglip2(),
            _ => {
                let problem = format!(
                    "is {name:?}, expected CLIPImageProcessor, SiglipImageProcessor or Siglip2ImageProcessor"
                );
                return Err(invalid(key, problem));
            }
        };
        let backend = if name.ends_with("Fast") { Backend::Torchvision } else { Backend::Pillow };
        Ok(Preprocessing { backend, ..defaults })
    }

    fn resize(&self, defaults: &Preprocessing) -> Result<Option<(Size, Resample)>> {
        if !self.flag("do_resize", true)? {
            return Ok(None);
        }
        let default = defaults.resize.unwrap_or((Size::ShortestEdge(224), BICUBIC));
        let size = match default.0 {
            // `CLIPImageProcessor` then takes its class's own size, whatever `size` says; SigLIP's knows no such key.
            Size::ShortestEdge(edge) if self.flag("use_square_size", false)? => {
                Size::Exact { height: edge, width: edge }
            }
            // Its class computes the size from these alone.
            Size::Patches { side, most } => Size::Patches {
                side: self.whole("patch_size", side, MAX_SIDE)?,
                most: self.whole("max_num_patches", most, MAX_PATCHES)?,
            },
            default => self.given("size")?.map_or(Ok(default), |size| self.size(size))?,
        };
        let resample = match self.given("resample")? {
            Some(number) => number
                .as_u64()
                .and_then(Resample::from_number)
                .ok_or_else(|| unusable("resample", number, "one of Pillow's methods, 0 to 5"))?,
            None => default.1,
        };
        Ok(Some((size, resample)))
    }

    /// A number from 1 to `largest`.
    fn whole(&self, key: &str, default: usize, largest: u64) -> Result<usize> {
        match self.given(key)? {
            None => Ok(default),
            Some(value) => match value.as_u64() {
                Some(number) if (1..=largest).contains(&number) => Ok(number as usize),
                _ => Err(unusable(key, value, &format!("a whole number, 1 to {largest}"))),
            },
        }
    }

    /// A number alone is the shorter edge, unless the file says that it is a square's.
    fn size(&self, size: &Value) -> Result<Size> {
        let square = self.flag("default_to_square", false)?;
        if size.is_number() && !square {
            return Ok(Size::ShortestEdge(side("size", size)?));
        }
        match size.as_object() {
            Some(sides) if sides.len() == 1 && sides.contains_key("shortest_edge") => {
                Ok(Size::ShortestEdge(side("size", &sides["shortest_edge"])?))
            }
            _ => rectangle("size", size).map(|(height, width)| Size::Exact { height, width }),
        }
    }

    fn center_crop(&self, defaults: &Preprocessing) -> Result<Option<(usize, usize)>> {
        if !self.flag("do_center_crop", defaults.center_crop.is_some())? {
            return Ok(None);
        }
        match self.given("crop_size")? {
            Some(size) => rectangle("crop_size", size).map(Some),
            None if defaults.center_crop.is_some() => Ok(defaults.center_crop),
            None => Err(invalid("crop_size", "is missing, `do_center_crop` needs it".to_owned())),
        }
    }

    fn rescale(&self, defaults: &Preprocessing) -> Result<Option<f64>> {
        if !self.flag("do_rescale", true)? {
            return Ok(None);
        }
        match self.given("rescale_factor")? {
            Some(factor) => number("rescale_factor", factor).map(Some),
            None => Ok(defaults.rescale),
        }
    }

    fn normalize(&self, defaults: &Preprocessing) -> Result<Option<Normalize>> {
        if !self.flag("do_normalize", true)? {
            return Ok(None);
        }
        let default = defaults.normalize.unwrap_or(HALF);
        let std = self.channels("image_std", default.std)?;
        if std.iter().any(|&std| std as f32 == 0.0) {
            return Err(invalid("image_std", format!("is {std:?}, a channel would be divided by 0")));
        }
        Ok(Some(Normalize { mean: self.channels("image_mean", default.mean)?, std }))
    }

    /// One number a channel; a single number stands for all three.
    fn channels(&self, key: &str, default: [f64; 3]) -> Result<[f64; 3]> {
        match self.given(key)? {
            None => Ok(default),
            Some(Value::Array(values)) => match values.as_slice() {
                [red, green, blue] => Ok([number(key, red)?, number(key, green)?, number(key, blue)?]),
                _ => Err(invalid(key, format!("has {} numbers, expected 3", values.len()))),
            },
            Some(value) => number(key, value).map(|value| [value; 3]),
        }
    }

    fn flag(&self, key: &str, default: bool) -> Result<bool> {
        match self.0.get(key) {
            Some(Value::Null) => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| unusable(key, value, "true or false")),
            None => Ok(default),
        }
    }

    /// Every `do_…` that is on must be a step we do. Pictures are RGB by then, so `do_convert_rgb` may say
    /// anything.
    fn refuse_unknown_steps(&self) -> Result<()> {
        const KNOWN: [&str; 5] =
            ["do_resize", "do_center_crop", "do_rescale", "do_normalize", "do_convert_rgb"];
        let unknown = self.0.iter().find(|(key, value)| {
            key.starts_with("do_")
                && !KNOWN.contains(&key.as_str())
                && !matches!(value, Value::Null | Value::Bool(false))
        });
        match unknown {
            Some((key, _)) => {
                Err(invalid(key, format!("asks for an unknown step, expected one of {KNOWN:?}")))
            }
            None => Ok(()),
        }
    }
}

/// `SiglipImageProcessor` without a file.
fn siglip() -> Preprocessing {
    Preprocessing {
        resize: Some((Size::Exact { height: 224, width: 224 }, BICUBIC)),
        center_crop: None,
        rescale: Some(1.0 / 255.0),
        normalize: Some(HALF),
        backend: Backend::Pillow,
    }
}

/// `Siglip2ImageProcessor` without a file.
fn siglip2() -> Preprocessing {
    Preprocessing { resize: Some((Size::Patches { side: 16, most: 256 }, BILINEAR)), ..siglip() }
}

/// Height and width of `{"height": h, "width": w}`, `[h, w]` or one number for both.
fn rectangle(key: &str, value: &Value) -> Result<(usize, usize)> {
    let expected = "a number, [height, width], {\"height\", \"width\"} or, for `size`, {\"shortest_edge\"}";
    match value {
        Value::Array(sides) if sides.len() == 2 => Ok((side(key, &sides[0])?, side(key, &sides[1])?)),
        Value::Object(sides) => match (sides.get("height"), sides.get("width"), sides.len()) {
            (Some(height), Some(width), 2) => Ok((side(key, height)?, side(key, width)?)),
            _ => Err(unusable(key, value, expected)),
        },
        Value::Number(_) => side(key, value).map(|side| (side, side)),
        _ => Err(unusable(key, value, expected)),
    }
}

fn side(key: &str, value: &Value) -> Result<usize> {
    match value.as_u64() {
        Some(side @ 1..=MAX_SIDE) => Ok(side as usize),
        _ => Err(unusable(key, value, &format!("sides of 1 to {MAX_SIDE} pixels"))),
    }
}

fn number(key: &str, value: &Value) -> Result<f64> {
    let number = value.as_f64().filter(|number| (*number as f32).is_finite());
    number.ok_or_else(|| unusable(key, value, "a finite number"))
}

fn unusable(key: &str, value: &Value, expected: &str) -> Error {
    invalid(key, format!("is {value}, expected {expected}"))
}

fn invalid(key: &str, problem: String) -> Error {
    Error::Config { file: FILE, key: key.to_owned(), problem }
}
