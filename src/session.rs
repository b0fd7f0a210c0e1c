//! The facade over model, tokenizer, preprocessing and label cache.

mod labels;
mod loader;
mod pictures;
mod saliency;

use std::collections::HashMap;

use candle_core::{Device, Tensor};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::image::{Backend, Pixels, Preprocessing, Rgb8};
use crate::kernels::threads;
use crate::model::Clip;
use crate::task::zero_shot::Mode;
use crate::text::Tokenizer;
use crate::weights::{Checkpoint, CheckpointMetadata, ClipConfig, Dtype, ModelFamily, Record};

pub use labels::prompts;
pub use loader::SessionLoader;
pub use pictures::ImageEmbedding;
pub use saliency::Saliency;

/// The template to use if neither the user nor the checkpoint has one: OpenAI's, and for SigLIP that of transformers'
/// pipeline.
fn default_template(family: ModelFamily) -> &'static str {
    match family {
        ModelFamily::Siglip => "This is a photo of {}.",
        _ => "a photo of a {}.",
    }
}

/// The token that OpenCLIP's tokenizer pads texts with, which MobileCLIP's text tower sees.
const MOBILE_CLIP_PADDING: u32 = 0;
/// How many prompts go through the text tower at once, which bounds the memory of a pass.
const PROMPTS_PER_PASS: usize = 64;

/// A loaded model, ready for pictures and labels.
#[derive(Debug)]
pub struct Session {
    clip: Clip,
    tokenizer: Tokenizer,
    preprocessing: Preprocessing,
    record: Record,
    dtype: Dtype,
    parameters: u64,
    labels: LabelCache,
}

/// Unit embeddings by list of templates, then by label.
type LabelCache = HashMap<Vec<String>, HashMap<String, Vec<f32>>>;

/// Facts about a loaded model.
#[derive(Clone, Debug, Serialize)]
pub struct Info {
    pub name: String,
    pub architecture: String,
    pub dtype: &'static str,
    pub parameters: u64,
    /// The memory that the weights take, in bytes.
    pub bytes: usize,
    pub image_size: usize,
    /// Whether the model sees the square in the middle of a picture; else it sees the whole.
    pub crops: bool,
    /// Whose pixels the model is run with.
    pub preprocessor: Backend,
    pub context_length: usize,
    pub projection_dim: usize,
    pub logit_scale: f32,
    /// How the model was trained to be read: the mode to use where the user gives none.
    pub mode: Mode,
    /// The templates to use if the user gives none.
    pub templates: Vec<String>,
    /// The templates that the model's record names for an ensemble; may be empty.
    pub ensemble: Vec<String>,
    pub license: Option<String>,
    pub description: Option<String>,
    pub source: Option<String>,
    pub version: &'static str,
}

/// The tokenizer of a checkpoint.
///
/// # Errors
/// `Tokenizer`.
fn tokenizer_of(CheckpointMetadata { config, tokenizer_json, .. }: &CheckpointMetadata) -> Result<Tokenizer> {
    let tokenizer = match config.family {
        ModelFamily::Clip | ModelFamily::EfficientNetClip | ModelFamily::PerceptionEncoder => {
            Tokenizer::from_json(tokenizer_json, config.context_length)
        }
        ModelFamily::Siglip => Tokenizer::siglip(tokenizer_json, config.context_length),
        ModelFamily::MobileClip => {
            Tokenizer::padded(tokenizer_json, config.context_length, MOBILE_CLIP_PADDING)
        }
    }?;
    Ok(if config.canonicalizes_texts { tokenizer.canonicalizing() } else { tokenizer })
}

/// The preprocessing in a `preprocessor_config.json`, with the pixels that the record names, if it names any.
///
/// # Errors
/// As [`Preprocessing::from_json`] and [`Preprocessing::with_backend`].
pub fn preprocessing(json: &[u8], record: &Record) -> Result<Preprocessing> {
    let preprocessing = Preprocessing::from_json(json)?;
    let backend = record.preprocessor.unwrap_or(preprocessing.backend);
    preprocessing.with_backend(backend)
}

/// Whose pixels a model with this `preprocessor_config.json` and this record is run with.
///
/// # Errors
/// As [`Preprocessing::from_json`].
pub fn preprocessor_of(json: &[u8], record: &Record) -> Result<Backend> {
    Ok(record.preprocessor.unwrap_or(Preprocessing::from_json(json)?.backend))
}

/// Makes a record name the pixels that are `asked` for, or else those that it names; it names none where the
/// `preprocessor_config.json` already means these. So every way to name the same pixels makes the same file and hash.
///
/// # Errors
/// As [`preprocessing`], where pixels are asked for or named.
pub fn choose_preprocessor(record: &mut Record, json: &[u8], asked: Option<Backend>) -> Result<()> {
    record.preprocessor = Preprocessing::said_beside(json, asked.or(record.preprocessor))?;
    Ok(())
}

/// What tells embeddings of pictures from those of other weights or other pixels: the weights' hash, and after a `+` the
/// backend that is `used`, where it is not the `own` one, for which the hash stands.
pub fn embedder(weights: &str, own: Backend, used: Backend) -> String {
    if used == own { weights.to_owned() } else { format!("{weights}+{}", used.name()) }
}

impl Session {
    /// Builds the model of a checkpoint.
    ///
    /// # Errors
    /// Whatever [`Clip::load`], the tokenizer's and the preprocessing's readers find.
    pub fn new(checkpoint: Checkpoint) -> Result<Self> {
        let companions = checkpoint.metadata();
        Self::build(checkpoint, || tokenizer_of(&companions))
    }

    /// Builds the model of a checkpoint with a tokenizer that may still be under construction.
    fn build(
        mut checkpoint: Checkpoint,
        tokenizer: impl FnOnce() -> Result<Tokenizer> + Send,
    ) -> Result<Self> {
        let preprocessing = preprocessing(&checkpoint.preprocessing_json, &checkpoint.record)?;
        if let Some(sides) = preprocessing.sides() {
            check_sides(sides, &checkpoint.config)?;
        }
        let dtype = checkpoint.main_dtype();
        let parameters = checkpoint.tensors.iter().map(|tensor| tensor.elements() as u64).sum();
        checkpoint.release_file();
        let (tokenizer, clip) =
            threads::both(tokenizer, || Clip::load(checkpoint.config, checkpoint.tensors));
        let (tokenizer, clip) = (tokenizer?, clip?);
        let record = checkpoint.record;
        Ok(Self { clip, tokenizer, preprocessing, record, dtype, parameters, labels: HashMap::new() })
    }

    /// Takes pixels as another backend makes them from now on, whatever the model's file says.
    ///
    /// # Errors
    /// As [`Preprocessing::with_backend`]; the preprocessing stays as it was.
    pub fn set_preprocessor(&mut self, backend: Backend) -> Result<()> {
        self.preprocessing = self.preprocessing.clone().with_backend(backend)?;
        Ok(())
    }

    /// Whose pixels pictures are prepared with.
    pub fn preprocessor(&self) -> Backend {
        self.preprocessing.backend
    }

    /// Returns facts about the loaded model.
    pub fn info(&self) -> Info {
        let config = &self.clip.config;
        let (family, tower) = match config.family {
            ModelFamily::Clip => ("CLIP", "ViT"),
            ModelFamily::Siglip => ("SigLIP", "ViT"),
            ModelFamily::MobileClip => ("MobileCLIP", "FastViT"),
            ModelFamily::EfficientNetClip => ("CLIP", "EfficientNet-Lite"),
            ModelFamily::PerceptionEncoder => ("Perception Encoder", "ViT"),
        };
        Info {
            name: self.record.name.clone().unwrap_or_else(|| format!("unnamed {family}")),
            architecture: if config.naflex {
                format!("{family} {tower} (NaFlex), any shape, patches of {}", config.patch_size)
            } else {
                format!("{family} {tower}, {} px, patches of {}", config.image_size, config.patch_size)
            },
            dtype: self.dtype.name(),
            parameters: self.parameters,
            bytes: self.clip.bytes(),
            image_size: config.image_size,
            crops: self.preprocessing.center_crop.is_some(),
            preprocessor: self.preprocessing.backend,
            context_length: config.context_length,
            projection_dim: config.projection_dim,
            logit_scale: self.clip.logit_scale,
            mode: self.default_mode(),
            templates: self.default_templates(),
            ensemble: self.record.templates.clone(),
            license: self.record.license.clone(),
            description: self.record.description.clone(),
            source: self.record.source.repo.clone(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// Returns the model itself, for measurements.
    pub fn clip(&self) -> &Clip {
        &self.clip
    }

    /// The width of the vision tower: the inner dimension of most of its products.
    pub fn width(&self) -> usize {
        self.clip.config.vision.width
    }

    /// The templates to use if the user gives none.
    pub fn default_templates(&self) -> Vec<String> {
        let family = self.clip.config.family;
        vec![self.record.default_template.clone().unwrap_or_else(|| default_template(family).to_owned())]
    }

    /// How the model was trained to be read: the mode to use where the user gives none.
    pub fn default_mode(&self) -> Mode {
        match self.clip.config.family {
            ModelFamily::Siglip => Mode::Independent,
            _ => Mode::Softmax,
        }
    }

    /// The pixels `[3, image_size, image_size]` that the vision tower sees of a picture; with NaFlex they have its shape.
    ///
    /// # Errors
    /// As [`Preprocessing::apply`], and `Config` if the result is not of the tower's size.
    pub fn preprocess(&self, picture: &Rgb8) -> Result<Pixels> {
        // Before there are pixels: a picture of any shape may come, and a record without a crop keeps its shape.
        check_sides(self.preprocessing.sides_of(picture)?, &self.clip.config)?;
        self.preprocessing.apply(picture)
    }

    /// The embedding `[projection_dim]` of preprocessed pixels.
    ///
    /// # Errors
    /// `NonFiniteEmbedding` if the weights are damaged.
    pub fn embed_pixels(&self, pixels: Pixels) -> Result<Vec<f32>> {
        let shape = (1, 3, pixels.height, pixels.width);
        let pixels = Tensor::from_vec(pixels.data, shape, &Device::Cpu)?;
        Ok(self.clip.embed_images(&pixels)?.swap_remove(0))
    }

    /// Token ids, truncated to the context length.
    ///
    /// # Errors
    /// `Tokenizer` if the text cannot be split.
    pub fn tokenize(&self, text: &str) -> Result<Vec<u32>> {
        self.tokenizer.encode(text)
    }

    /// Embeddings of texts as they stand, as projected, not normalised. `[texts, projection_dim]`
    ///
    /// # Errors
    /// `Tokenizer`, `TokenId`, `NonFiniteEmbedding`.
    pub fn embed_texts(&self, texts: &[String]) -> Result<Vec<Vec<f32>>> {
        let mut embeddings = Vec::with_capacity(texts.len());
        for texts in texts.chunks(PROMPTS_PER_PASS) {
            let prompts = texts.iter().map(|text| self.tokenizer.encode(text)).collect::<Result<Vec<_>>>()?;
            embeddings.extend(self.clip.embed_prompts(&prompts)?);
        }
        Ok(embeddings)
    }

    /// The factor that cosines are multiplied by.
    pub fn logit_scale(&self) -> f32 {
        self.clip.logit_scale
    }

    /// The number of values of an embedding.
    pub fn projection_dim(&self) -> usize {
        self.clip.config.projection_dim
    }
}

/// Checks that the preprocessing's output, (height, width), is a size that the vision tower takes.
fn check_sides((height, width): (usize, usize), config: &ClipConfig) -> Result<()> {
    const MOST: usize = ClipConfig::MOST_PATCHES;
    let (size, patch) = (config.image_size, config.patch_size);
    let (fits, key, taken) = if config.naflex {
        let is_whole = height.is_multiple_of(patch) && width.is_multiple_of(patch);
        let patches = (height / patch) as u64 * (width / patch) as u64;
        let taken = format!("at most {MOST} patches of {patch}, and these whole");
        (is_whole && patches <= MOST as u64, "max_num_patches", taken)
    } else {
        ((height, width) == (size, size), "crop_size", format!("{size} x {size}"))
    };
    if fits {
        return Ok(());
    }
    let problem = format!("gives {width} x {height} pixels, the model takes {taken}");
    Err(Error::Config { file: "preprocessor_config.json", key: key.to_owned(), problem })
}
